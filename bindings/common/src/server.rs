use crate::{Fault, ServeOptions};
use pgs::{DrainReport, ListenAddress, Pgs, Proxy};
use std::{
    future::{pending, ready},
    net::SocketAddr,
    sync::Arc,
};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// A running proxy that can be asked and closed. Clones are the same.
///
/// It goes on until it is shut down or its manager is closed, whoever still has this value.
#[derive(Clone, Debug)]
pub struct Server {
    asks: mpsc::Sender<Ask>,
    /// Told to end at once.
    cut: CancellationToken,
    replaced: watch::Receiver<Option<Replaced>>,
    ended: watch::Receiver<Option<DrainReport>>,
    places: Arc<Places>,
}

/// By whom, where the system tells.
type Replaced = Option<u32>;

#[derive(Debug)]
struct Places {
    addresses: Vec<ListenAddress>,
    listening: Vec<(String, ListenAddress)>,
    metrics: Option<SocketAddr>,
    exposed: Vec<SocketAddr>,
    predecessors: Vec<u32>,
}

enum Ask {
    Look(Box<dyn FnOnce(&Proxy) + Send>),
    ReloadCertificates(oneshot::Sender<()>),
    /// Lets in nobody new and ends the sessions.
    Shutdown,
    /// Waits for the end of the last session after another process has taken over.
    Finish,
}

impl Server {
    pub(crate) async fn start(
        pgs: &Pgs,
        options: &ServeOptions,
        end: &CancellationToken,
        tasks: &TaskTracker,
    ) -> Result<Self, Fault> {
        let mut builder = Proxy::builder(pgs).config(&options.config);
        if options.status_socket {
            builder = builder.status_socket();
        }
        if options.replaceable {
            builder = builder.replaceable();
        }
        if options.takeover {
            builder = builder.takeover();
        }
        let proxy = builder.start().await?;
        let (asks, asked) = mpsc::channel(WAITING);
        let (replaced, ended) = (watch::Sender::new(None), watch::Sender::new(None));
        let server = Self {
            asks,
            cut: end.child_token(),
            replaced: replaced.subscribe(),
            ended: ended.subscribe(),
            places: Arc::new(Places::of(&proxy)),
        };
        let cut = server.cut.clone();
        tasks.spawn(async move {
            let report = run(proxy, asked, &cut, &replaced).await;
            ended.send_replace(Some(report));
        });
        Ok(server)
    }

    /// The address of the first listener that has a port; see [`Proxy::address`].
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        let tcp = self.places.addresses.iter().find_map(|one| match one {
            ListenAddress::Tcp(address) => Some(*address),
            _ => None,
        });
        tcp.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// Every listener's address; see [`Proxy::addresses`].
    #[must_use]
    pub fn addresses(&self) -> &[ListenAddress] {
        &self.places.addresses
    }

    /// Every listener's address as it is configured, and as it is; see [`Proxy::listening`].
    #[must_use]
    pub fn listening(&self) -> &[(String, ListenAddress)] {
        &self.places.listening
    }

    /// Where metrics are served, if they are; see [`Proxy::metrics_address`].
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.places.metrics
    }

    /// The addresses that others can reach and at which no TLS is spoken; see [`Proxy::exposed`].
    #[must_use]
    pub fn exposed(&self) -> &[SocketAddr] {
        &self.places.exposed
    }

    /// The processes that it took over from; see [`Proxy::predecessors`].
    #[must_use]
    pub fn predecessors(&self) -> &[u32] {
        &self.places.predecessors
    }

    /// Asks the proxy, as long as it runs.
    pub async fn look<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Proxy) -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let (answer, answered) = oneshot::channel();
        let look = move |proxy: &Proxy| drop(answer.send(ask(proxy)));
        self.ask(Ask::Look(Box::new(look))).await?;
        answered.await.map_err(|_| closed())
    }

    /// Reads the certificates again; see [`Proxy::reload_certificates`].
    pub async fn reload_certificates(&self) -> Result<(), Fault> {
        let (answer, answered) = oneshot::channel();
        self.ask(Ask::ReloadCertificates(answer)).await?;
        answered.await.map_err(|_| closed())
    }

    /// Waits until another process has taken over, and tells which; see [`Proxy::replaced`]. An error if it ends before.
    pub async fn replaced(&self) -> Result<Option<u32>, Fault> {
        let mut replaced = self.replaced.clone();
        let by = replaced.wait_for(Option::is_some).await;
        by.map(|by| by.flatten()).map_err(|_| closed())
    }

    /// Lets in nobody new, and ends the sessions with grace; see [`Proxy::shutdown`]. Called again, it answers the same.
    pub async fn shutdown(&self) -> DrainReport {
        // It may be ending already.
        let _ = self.ask(Ask::Shutdown).await;
        self.ended().await
    }

    /// The same, but no grace lasts longer than until `cut` is ready; see [`Proxy::shutdown_until`].
    pub async fn shutdown_until(&self, cut: impl Future<Output = ()>) -> DrainReport {
        tokio::select! {
            report = self.shutdown() => report,
            () = cut => self.close().await,
        }
    }

    /// Waits for the end of the last session after another process has taken over; see [`Proxy::finished`].
    ///
    /// Meanwhile it can be asked, and ended, as before.
    pub async fn finished(&self) -> DrainReport {
        let _ = self.ask(Ask::Finish).await;
        self.ended().await
    }

    /// Lets in nobody new, and ends the sessions at once.
    pub async fn close(&self) -> DrainReport {
        self.cut.cancel();
        self.ended().await
    }

    async fn ask(&self, ask: Ask) -> Result<(), Fault> {
        self.asks.send(ask).await.map_err(|_| closed())
    }

    async fn ended(&self) -> DrainReport {
        let mut ended = self.ended.clone();
        let report = ended.wait_for(Option::is_some).await;
        // Without a report the runtime itself has ended.
        report.ok().and_then(|report| *report).unwrap_or_default()
    }
}

impl Places {
    fn of(proxy: &Proxy) -> Self {
        let listening = proxy.listening();
        let listening =
            listening.map(|(configured, address)| (configured.to_owned(), address.clone()));
        Self {
            addresses: proxy.addresses().to_vec(),
            listening: listening.collect(),
            metrics: proxy.metrics_address(),
            exposed: proxy.exposed(),
            predecessors: proxy.predecessors().to_vec(),
        }
    }
}

/// Answers until it is told to end, or has nothing left to do, and ends.
async fn run(
    mut proxy: Proxy,
    mut asked: mpsc::Receiver<Ask>,
    cut: &CancellationToken,
    replaced: &watch::Sender<Option<Replaced>>,
) -> DrainReport {
    let mut is_finishing = false;
    loop {
        let is_replaced = replaced.borrow().is_some();
        let ask = tokio::select! {
            () = cut.cancelled() => return proxy.shutdown_until(ready(())).await,
            turn = next_turn(&mut proxy, is_replaced, is_finishing) => match turn {
                Turn::Replaced(by) => {
                    replaced.send_replace(Some(by));
                    continue;
                }
                Turn::Finished(report) => return report,
            },
            // Nobody can ask any more, but its manager can still end it.
            ask = asked.recv(), if !asked.is_closed() || !asked.is_empty() => ask,
        };
        match ask {
            Some(Ask::Look(look)) => look(&proxy),
            Some(Ask::ReloadCertificates(answer)) => {
                proxy.reload_certificates().await;
                let _ = answer.send(());
            }
            Some(Ask::Shutdown) => {
                drop(asked);
                return proxy.shutdown_until(cut.cancelled()).await;
            }
            // Whoever asked may have given up waiting, and ask for something else.
            Some(Ask::Finish) => is_finishing = true,
            None => {}
        }
    }
}

/// What happens to a proxy without anybody asking.
enum Turn {
    Replaced(Replaced),
    /// Its last session has ended.
    Finished(DrainReport),
}

/// Cancel safe: both that it waits for are.
async fn next_turn(proxy: &mut Proxy, is_replaced: bool, is_finishing: bool) -> Turn {
    if !is_replaced {
        Turn::Replaced(proxy.replaced().await)
    } else if is_finishing {
        Turn::Finished(proxy.finished().await)
    } else {
        pending().await
    }
}

fn closed() -> Fault {
    Fault::closed("proxy")
}

/// Questions at one time; more wait.
const WAITING: usize = 64;
