//! One conversation, held twice.

use crate::{common::Stage, mask::masked};
use std::fmt::Debug;
use testkit::{Closing, Frame, Greeting, RawClient};

/// Holds this conversation with the real server and with the proxy that tells reasons; both have to say the same.
pub(crate) fn same<T: Debug + PartialEq>(
    case: &str,
    stage: &Stage,
    talk: impl Fn(&mut RawClient) -> T,
) -> T {
    let server = talk(&mut stage.direct());
    let proxy = talk(&mut stage.frank());
    assert_same(case, &proxy, &server);
    proxy
}

/// The same with the proxy that tells nobody anything.
pub(crate) fn same_in_secret<T: Debug + PartialEq>(
    case: &str,
    stage: &Stage,
    talk: impl Fn(&mut RawClient) -> T,
) -> T {
    let server = talk(&mut stage.direct());
    let proxy = talk(&mut stage.secretive());
    assert_same(case, &proxy, &server);
    proxy
}

/// Everything from here to the end of the connection, which the proxy brings to a proper end.
///
/// The real server ends with a reset if it leaves input unread, which may or may not have arrived by then.
pub(crate) fn same_to_the_end(
    case: &str,
    stage: &Stage,
    talk: impl Fn(&mut RawClient),
) -> Vec<Frame> {
    let end = |mut client: RawClient| {
        talk(&mut client);
        let (bytes, closing) = client.rest();
        (masked(&Frame::all(&bytes)), closing)
    };
    let (server, _) = end(stage.direct());
    let (proxy, closing) = end(stage.frank());
    assert_same(case, &proxy, &server);
    assert_eq!(closing, Closing::Finished, "{case}");
    proxy
}

/// Shows only the lines that differ, since conversations are long.
fn assert_same<T: Debug + PartialEq>(case: &str, proxy: &T, server: &T) {
    if proxy == server {
        return;
    }
    let (proxy, server) = (format!("{proxy:#?}"), format!("{server:#?}"));
    let missing = |from: &str, in_this: &str| -> Vec<String> {
        let lines = from.lines().filter(|line| !in_this.contains(line));
        lines.map(str::to_owned).collect()
    };
    panic!(
        "{case}\nonly the proxy says: {:#?}\nonly the server says: {:#?}",
        missing(&proxy, &server),
        missing(&server, &proxy)
    );
}

/// Everything that is said, and whether the last words can be trusted to arrive.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) frames: Vec<Frame>,
    pub(crate) ended: bool,
}

impl Said {
    pub(crate) fn sqlstate(&self) -> Option<String> {
        self.frames.iter().find_map(Frame::sqlstate)
    }
}

impl From<Greeting> for Said {
    fn from(greeting: Greeting) -> Self {
        Self {
            ended: !greeting.is_ready(),
            frames: masked(&greeting.frames),
        }
    }
}

/// All messages up to the end of the connection.
///
/// The real server may end with a reset where it leaves input unread; which of the two it is depends on the timing.
pub(crate) fn said(client: &mut RawClient) -> Said {
    let (bytes, _) = client.rest();
    Said {
        frames: masked(&Frame::all(&bytes)),
        ended: true,
    }
}

/// What the proxy says of its own has to arrive, so it never ends with a reset.
pub(crate) fn must_end_in_order(case: &str, bytes: &[u8], closing: Closing) {
    assert!(
        bytes.is_empty() || closing == Closing::Finished,
        "{case}: the last words may be lost"
    );
}
