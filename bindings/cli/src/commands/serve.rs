use crate::{args::Serve, output, session::Session};
use pgs::{Error, Pgs, Proxy, Result, ServeSection, Supervisor};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::path::PathBuf;
use tokio::signal::unix::{SignalKind, signal};

pub(crate) async fn run(mut session: Session, args: Serve) -> Result<()> {
    if !args.listen.is_empty() {
        session.config.serve.listen = args.listen;
        session.config.serve.listener.clear();
    }
    raise_descriptor_limit(&session.config.serve);
    let pgs = Pgs::open(&session.config).await?;
    let proxy = Proxy::builder(&pgs).config(&session.config).start().await?;
    // Before anybody is told that there is something to stop.
    let stop = stop_signal()?;
    let _written = WrittenAddress::keep(&session, &proxy)?;
    announce(&session, &pgs, &proxy);

    let supervisor = Supervisor::new(pgs, session.config.restart.policy());
    supervisor.run(stop).await?;

    output::remark(format!(
        "Stopping: sessions have {} s to end. Send the signal again to end them now.",
        session.config.serve.drain_seconds
    ));
    let again = stop_signal()?;
    let report = tokio::select! {
        report = proxy.shutdown() => report,
        () = again => {
            output::remark("Stopped: the sessions that were left were cut.");
            return Ok(());
        }
    };
    output::remark(format!(
        "Stopped: {} sessions ended by themselves, {} were cut. Tenants' servers go on; stop them with `pgs stop`.",
        report.drained, report.cut
    ));
    Ok(())
}

/// Every session takes two descriptors, and a handshake one; many systems begin with a thousand and allow far more.
fn raise_descriptor_limit(serve: &ServeSection) {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
    let allowed = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let needed = (serve.max_sessions as u64)
        .saturating_mul(2)
        .saturating_add(serve.max_handshakes as u64)
        .saturating_add(RESERVE);
    // A little less than all of it is no news on a system that allows what it can.
    if allowed < needed / 2 {
        tracing::warn!(
            allowed,
            needed,
            "fewer open files are allowed than max_sessions needs: raise the limit (ulimit -n, LimitNOFILE), or lower max_sessions"
        );
    }
}

/// Descriptors for the catalogue, locks, listeners and watched servers.
const RESERVE: u64 = 512;

/// The proxy's address, written down for `pgs url` and its like as long as this value lives.
struct WrittenAddress(PathBuf);

impl WrittenAddress {
    fn keep(session: &Session, proxy: &Proxy) -> Result<Self> {
        let path = session.address_file()?;
        // There is always one: without any, the proxy would not have started.
        let first = proxy.addresses().first().map(ToString::to_string);
        std::fs::write(&path, first.unwrap_or_default() + "\n")
            .map_err(|cause| Error::io(format!("`{}` cannot be written", path.display()), cause))?;
        Ok(Self(path))
    }
}

impl Drop for WrittenAddress {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0) {
            tracing::warn!(%error, "the proxy's written address could not be removed");
        }
    }
}

fn announce(session: &Session, pgs: &Pgs, proxy: &Proxy) {
    if session.json {
        let addresses: Vec<_> = proxy.addresses().iter().map(ToString::to_string).collect();
        output::json(&serde_json::json!({ "listening": addresses, "state_dir": pgs.state_dir() }));
        return;
    }
    let listeners = session.config.serve.listeners();
    for (address, listener) in proxy.addresses().iter().zip(&listeners) {
        output::line(format!(
            "Listening on {address}: clients connect {}.",
            listener.told()
        ));
    }
    if proxy.addresses().iter().any(|address| !address.is_local()) {
        output::remark(
            "There is no TLS yet: what clients on other machines send crosses the network in the clear.",
        );
    }
    output::line(format!(
        "Tenants live in {}. Stop with Ctrl-C; their servers go on.",
        pgs.state_dir().display()
    ));
}

/// Ready at the next SIGINT or SIGTERM.
fn stop_signal() -> Result<impl Future<Output = ()>> {
    let failed = |cause| Error::io("signals cannot be received", cause);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
