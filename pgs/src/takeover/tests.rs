use super::{
    Control, Desk, Peers, Place, Predecessor,
    channel::Channel,
    message::{Answer, Hello, Offer, VERSION, Wish},
    place::call,
};
use crate::ListenAddress;
use pgs_core::{ErrorKind, catalog::MemoryCatalog, routing::CatalogRouter};
use pgs_proxy::{CancelPeers, Listener, ProxyConfig};
use std::{
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    net::{UnixListener, UnixStream},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

const A_SECOND: Duration = Duration::from_secs(1);
/// The control socket of a process that was replaced.
const OLDER: &str = "1-0.control";

/// A process that serves: its listener, and its control socket.
struct Serving {
    place: Place,
    control: Control,
    address: SocketAddr,
    replaced: CancellationToken,
    stop: CancellationToken,
    _folder: TempDir,
}

impl Serving {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::make(folder.path()).unwrap();
        let router = CatalogRouter::new(Arc::new(MemoryCatalog::default()));
        let proxy = pgs_proxy::Proxy::new(Arc::new(router), ProxyConfig::default());
        let bound = pgs_proxy::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = bound.local_addr().unwrap();
        let (replaced, stop) = (CancellationToken::new(), CancellationToken::new());
        let listener = Listener::from(bound);
        let listeners = [("127.0.0.1:0", &listener)];
        let ancestors = vec![OLDER.to_owned()];
        let desk = Desk::new(proxy, listeners, ancestors, replaced.clone(), stop.clone()).unwrap();
        // Only the desk's copy is left, so whoever can connect found that or a successor's.
        Self {
            control: Control::open(&place, Arc::new(desk)).unwrap(),
            place,
            address,
            replaced,
            stop,
            _folder: folder,
        }
    }

    /// A control socket of a process that accepts conversations and says nothing.
    fn hung(&self, name: &str) -> UnixListener {
        let path = self.control.path().with_file_name(name);
        UnixListener::bind(path).unwrap()
    }

    async fn predecessor(&self) -> Predecessor {
        let mut all = Predecessor::all(&self.place).await.unwrap();
        assert_eq!(all.len(), 1);
        all.remove(0)
    }

    async fn ask(&self, wish: Wish) -> Answer {
        let mut channel = call(self.control.path(), wish).await.unwrap().unwrap();
        channel.receive().await.unwrap()
    }
}

#[tokio::test]
async fn a_successor_gets_the_socket_and_the_predecessor_lets_go_of_it() {
    let serving = Serving::start();
    let mut predecessor = serving.predecessor().await;
    assert_eq!(predecessor.pid(), std::process::id());
    let own = serving.control.path().file_name().unwrap();
    assert_eq!(predecessor.lineage(), [OLDER, own.to_str().unwrap()]);
    let bound_to = ListenAddress::from(serving.address);
    assert!(predecessor.has("other:1", Some(&bound_to)));
    let taken = predecessor.take("127.0.0.1:0", None).unwrap();
    assert!(!predecessor.has("127.0.0.1:0", Some(&bound_to)));
    assert!(!serving.replaced.is_cancelled());
    predecessor.retire().await;
    assert!(serving.replaced.is_cancelled());

    TcpStream::connect(serving.address).unwrap();
    drop(taken);
    assert!(TcpStream::connect(serving.address).is_err());
    assert!(Predecessor::all(&serving.place).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_successor_that_ends_before_it_accepts_changes_nothing() {
    let serving = Serving::start();
    drop(serving.predecessor().await);
    TcpStream::connect(serving.address).unwrap();
    serving.predecessor().await.retire().await;
    assert!(serving.replaced.is_cancelled());
}

#[tokio::test]
async fn a_process_that_was_replaced_may_hang() {
    let serving = Serving::start();
    let _hung = serving.hung(OLDER);
    let all = Predecessor::all_within(A_SECOND, &serving.place).await;
    assert_eq!(all.unwrap().len(), 1);
}

#[tokio::test]
async fn a_process_that_may_have_the_listeners_may_not_hang() {
    let serving = Serving::start();
    let _hung = serving.hung("2-0.control");
    let all = Predecessor::all_within(A_SECOND, &serving.place).await;
    let error = all.unwrap_err();
    assert!(error.to_string().contains("process 2 serves"), "{error}");
    assert!(!serving.replaced.is_cancelled());
}

#[tokio::test]
async fn a_peer_that_hangs_holds_up_a_cancel_request_for_a_second() {
    let serving = Serving::start();
    let _hung = serving.hung("2-0.control");
    let peers = Peers::new(serving.place.clone());
    let offered = timeout(Duration::from_secs(8), peers.offer(b"no packet")).await;
    assert_eq!(offered, Ok(false));
}

#[tokio::test]
async fn one_successor_at_a_time() {
    let serving = Serving::start();
    let _first = serving.predecessor().await;
    let second = Predecessor::all(&serving.place).await.unwrap_err();
    assert_eq!(second.kind(), ErrorKind::Busy);
    assert!(!serving.replaced.is_cancelled());
}

#[tokio::test]
async fn another_version_is_told_so_and_changes_nothing() {
    let serving = Serving::start();
    let stream = UnixStream::connect(serving.control.path()).await.unwrap();
    let mut channel = Channel::new(stream);
    let future = serde_json::json!({ "version": VERSION + 1, "demand": "everything" });
    channel.send(&future).await.unwrap();
    let answer: Answer = channel.receive().await.unwrap();
    assert!(matches!(answer, Answer::Refused(why) if why.contains("version 1")));
    assert!(!serving.replaced.is_cancelled());
}

#[tokio::test]
async fn a_message_that_is_none_is_not_answered() {
    let serving = Serving::start();
    for text in ["{}", "nonsense"] {
        let stream = UnixStream::connect(serving.control.path()).await.unwrap();
        let mut channel = Channel::new(stream);
        channel.send(&text).await.unwrap();
        assert!(channel.receive::<Answer>().await.is_err());
    }
    let stream = UnixStream::connect(serving.control.path()).await.unwrap();
    let mut channel = Channel::new(stream);
    let unknown = serde_json::json!({ "version": VERSION, "wish": "everything" });
    channel.send(&unknown).await.unwrap();
    assert!(channel.receive::<Answer>().await.is_err());
    serving.predecessor().await;
}

#[tokio::test]
async fn only_a_process_that_was_replaced_stops_at_a_word() {
    let serving = Serving::start();
    assert_eq!(serving.ask(Wish::Stop).await, Answer::Done);
    assert!(!serving.stop.is_cancelled());
    serving.predecessor().await.retire().await;
    assert_eq!(serving.ask(Wish::Stop).await, Answer::Done);
    assert!(serving.stop.is_cancelled());
}

#[tokio::test]
async fn a_key_nobody_has_is_answered_so() {
    let serving = Serving::start();
    let answer = serving.ask(Wish::Cancel(b"no packet".to_vec())).await;
    assert_eq!(answer, Answer::Cancelled(false));
}

#[test]
fn the_messages_stay_what_they_are() {
    let hello = Hello {
        version: 1,
        wish: Wish::Takeover,
    };
    let text = serde_json::to_string(&hello).unwrap();
    assert_eq!(text, r#"{"version":1,"wish":"takeover"}"#);
    let offer = Answer::Offer(Offer {
        addresses: vec!["127.0.0.1:5432".into()],
        ancestors: Vec::new(),
    });
    let text = serde_json::to_string(&offer).unwrap();
    let expected = r#"{"offer":{"addresses":["127.0.0.1:5432"],"ancestors":[]}}"#;
    assert_eq!(text, expected);
}
