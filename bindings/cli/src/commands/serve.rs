use super::{background, service, written_address::WrittenAddress};
use crate::{
    args::Serve,
    exit_code::ExitCode,
    output,
    program::Program,
    session::Session,
    stop_signal::{cannot_receive, stop_signal},
};
use pgs::{DrainReport, ListenerSection, Pgs, Proxy, Result, ServeSection, Supervisor};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{convert::Infallible, future::pending, pin::pin};
use tokio::signal::unix::{Signal, SignalKind, signal};

pub(crate) async fn run(mut session: Session, args: Serve, program: &Program) -> Result<ExitCode> {
    if args.background {
        return background::run(program);
    }
    if !args.listen.is_empty() {
        session.config.serve.listen = args.listen;
        session.config.serve.listener.clear();
    }
    if args.metrics.is_some() {
        session.config.serve.metrics = args.metrics;
    }
    if let (Some(cert), Some(key)) = (args.tls_cert, args.tls_key) {
        session.config.serve.tls.cert = Some(cert);
        session.config.serve.tls.key = Some(key);
    }
    raise_descriptor_limit(&session.config.serve);
    let stop = stop_signal()?;
    // From here on it is no end.
    let hangups = signal(SignalKind::hangup()).map_err(cannot_receive)?;
    let pgs = Pgs::open(&session.config).await?;
    let address_file = session.address_file()?;
    let proxy = start(&session, &pgs, args.takeover).await?;
    let _written = WrittenAddress::keep(address_file, &proxy);
    announce(&session, &pgs, &proxy);
    service::ready();
    serve(&session, pgs, proxy, (stop, hangups)).await?;
    Ok(ExitCode::SUCCESS)
}

async fn start(session: &Session, pgs: &Pgs, takeover: bool) -> Result<Proxy> {
    let builder = Proxy::builder(pgs)
        .config(&session.config)
        .status_socket()
        .replaceable();
    if !takeover {
        return builder.start().await;
    }
    let proxy = builder.takeover().start().await?;
    if proxy.predecessors().is_empty() {
        output::remark("No other pgs serve runs on this state directory: nothing to take over.");
    }
    for pid in proxy.predecessors() {
        output::remark(format!(
            "Taken over from process {pid}, which keeps its sessions until they end."
        ));
    }
    Ok(proxy)
}

/// Until a signal ends it, or until another process has taken over and the last session has ended.
async fn serve(
    session: &Session,
    pgs: Pgs,
    proxy: Proxy,
    (stop, hangups): (impl Future<Output = ()>, Signal),
) -> Result<()> {
    let supervisor = Supervisor::new(pgs, session.config.restart.policy());
    let (mut stop, mut stopped) = (pin!(stop), false);
    let reload = reload_on_hangup(hangups, &proxy);
    let over = async {
        tokio::select! {
            () = &mut stop => stopped = true,
            successor = proxy.replaced() => service::replaced_by(successor),
            never = reload => match never {},
        }
    };
    supervisor.run(over).await?;
    if stopped {
        service::stopping();
        return drain(session, proxy).await;
    }
    see_out(session, proxy, stop).await
}

/// Another process accepts now. What is left here ends by itself, or by a signal.
async fn see_out(
    session: &Session,
    mut proxy: Proxy,
    stop: impl Future<Output = ()>,
) -> Result<()> {
    output::remark(
        "Another process has taken over. Sessions here go on until they end; send SIGTERM to end them.",
    );
    let report = tokio::select! {
        report = proxy.finished() => report,
        () = stop => return drain(session, proxy).await,
    };
    tell_how_sessions_ended(report);
    Ok(())
}

async fn drain(session: &Session, proxy: Proxy) -> Result<()> {
    output::remark(format!(
        "Stopping: sessions have {} s to end, then their servers end them. Send the signal again to cut them now.",
        session.config.serve.drain_seconds
    ));
    let again = stop_signal()?;
    tell_how_sessions_ended(proxy.shutdown_until(again).await);
    Ok(())
}

fn tell_how_sessions_ended(report: DrainReport) {
    output::remark(format!(
        "Stopped: {} sessions ended by themselves, {} by their servers, {} were cut. Tenants' servers go on; stop them with `pgs stop`.",
        report.drained, report.ended, report.cut
    ));
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

fn announce(session: &Session, pgs: &Pgs, proxy: &Proxy) {
    if session.json {
        let addresses: Vec<_> = proxy.addresses().iter().map(ToString::to_string).collect();
        output::json(&serde_json::json!({
            "listening": addresses,
            "metrics": proxy.metrics_address(),
            "state_dir": pgs.state_dir(),
        }));
        return;
    }
    let listeners = session.config.serve.listeners();
    let listening = proxy.listening().map(|(configured, address)| {
        let section = listeners.iter().find(|one| one.address == configured);
        let how = section.map_or_else(String::new, ListenerSection::told);
        format!("Listening on {address}: clients connect {how}.\n")
    });
    let listening: String = listening.collect();
    for address in proxy.exposed() {
        output::remark(format!(
            "No TLS on {address}: what clients on other machines send crosses the network in the clear. Make a first certificate with: pgs tls self-signed",
        ));
    }
    let metrics = proxy.metrics_address();
    let metrics = metrics.map(|address| format!("Metrics are at http://{address}/metrics.\n"));
    let metrics = metrics.unwrap_or_default();
    // At once: whoever started it in the background reads no further.
    output::line(format!(
        "{listening}{metrics}Tenants live in {}. Stop with Ctrl-C; their servers go on.",
        pgs.state_dir().display()
    ));
}

/// Reads the certificates again at every SIGHUP.
async fn reload_on_hangup(mut hangups: Signal, proxy: &Proxy) -> Infallible {
    loop {
        match hangups.recv().await {
            Some(()) => proxy.reload_certificates().await,
            None => pending().await,
        }
    }
}
