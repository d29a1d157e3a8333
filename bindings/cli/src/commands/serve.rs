use crate::{args::Serve, output, session::Session};
use pgs::{Error, Pgs, Proxy, Result, Supervisor};
use tokio::signal::unix::{SignalKind, signal};

pub(crate) async fn run(mut session: Session, args: Serve) -> Result<()> {
    if !args.listen.is_empty() {
        session.config.serve.listen = args.listen;
    }
    let pgs = Pgs::open(&session.config).await?;
    let proxy = Proxy::builder(&pgs).config(&session.config).start().await?;
    announce(&session, &pgs, &proxy);

    let supervisor = Supervisor::new(pgs, session.config.restart.policy());
    supervisor.run(stop_signal()?).await?;

    output::remark(format!(
        "Stopping: sessions have {} s to end. Send the signal again to end them now.",
        session.config.serve.drain_seconds
    ));
    let again = stop_signal()?;
    let report = tokio::select! {
        report = proxy.shutdown() => report,
        () = again => return Ok(()),
    };
    output::remark(format!(
        "Stopped: {} sessions ended by themselves, {} were cut. Tenants' servers go on; stop them with `pgs stop`.",
        report.drained, report.cut
    ));
    Ok(())
}

fn announce(session: &Session, pgs: &Pgs, proxy: &Proxy) {
    if session.json {
        output::json(
            &serde_json::json!({ "listening": proxy.addresses(), "state_dir": pgs.state_dir() }),
        );
        return;
    }
    for address in proxy.addresses() {
        output::line(format!(
            "Listening on {address}: clients connect as user <tenant>."
        ));
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
