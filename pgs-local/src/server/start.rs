use super::{
    cgroup,
    postmaster::{self, Postmaster},
    ready, stop,
};
use crate::{
    host::Host,
    storage::{conf, durable, home::Home, label, layout::gone, secrets::Secrets},
};
use pgs_admin::PgAdmin;
use pgs_core::{Endpoint, ErrorKind, Password, Result, TenantUid, provision::Progress};

/// Starts a tenant's server, or adopts the one that runs, and answers when it takes queries.
pub(crate) async fn start(
    host: &Host,
    uid: TenantUid,
    progress: &dyn Progress,
) -> Result<Endpoint> {
    let home = host.layout.storage(uid)?;
    if !durable::is_there(&home.data())? {
        return Err(gone(uid));
    }
    let server = match Postmaster::find(&home)? {
        Some(server) => {
            hold(&home, progress)?;
            open_to_manager(host, &home, server, progress).await?
        }
        None => start_anew(host, &home, progress).await?,
    };
    tracing::debug!(tenant = %uid, pid = server.process.pid(), "a server is ready");
    progress.step("the server is ready");
    Ok(home.endpoint())
}

/// A server that a killed process had just started may win against ours, which then ends: that one is as good.
async fn start_anew(host: &Host, home: &Home, progress: &dyn Progress) -> Result<Postmaster> {
    let server = spawn(host, home, progress).await?;
    let pid = server.process.pid();
    match open_to_manager(host, home, server, progress).await {
        Ok(server) => Ok(server),
        Err(error) => match Postmaster::find(home) {
            Ok(Some(winner)) if winner.process.pid() != pid => {
                open_to_manager(host, home, winner, progress).await
            }
            _ => Err(error),
        },
    }
}

async fn spawn(host: &Host, home: &Home, progress: &dyn Progress) -> Result<Postmaster> {
    let label = label::read(home)?;
    let binaries = host.binaries(Some(label.pg_version)).await?;
    host.make_roots()?;
    progress.step("clearing up behind the last server");
    postmaster::clear_up(home).await?;
    progress.step("writing the settings");
    conf::write(home, &label, host.user.as_ref())?;
    progress.step("starting the server");
    let server = Postmaster::spawn(home, &binaries, host.user.as_ref())?;
    if let Err(error) = hold(home, progress) {
        stop::put_down(home).await?;
        return Err(error);
    }
    Ok(server)
}

/// A server that runs is under its limits, whoever started it.
fn hold(home: &Home, progress: &dyn Progress) -> Result<()> {
    let limits = label::read(home)?.spec.limits;
    if limits.need_the_host() {
        progress.step("setting the limits");
        cgroup::hold(home, &limits)?;
    }
    Ok(())
}

/// Until the template's password is replaced, whoever made a template could log in.
async fn open_to_manager(
    host: &Host,
    home: &Home,
    server: Postmaster,
    progress: &dyn Progress,
) -> Result<Postmaster> {
    let secrets = Secrets::read(home)?;
    progress.step("waiting for the server");
    let server = match &secrets.inherited {
        Some(inherited) => {
            let server = replace_secret(host, home, server, inherited, &secrets.own).await?;
            progress.step("forgetting the template's secret");
            Secrets::forget_inherited(home)?;
            server
        }
        None => server,
    };
    await_ready(host, home, server, &secrets.own).await
}

/// Refused with the template's password means that it was replaced already, and only not forgotten.
async fn replace_secret(
    host: &Host,
    home: &Home,
    server: Postmaster,
    inherited: &Password,
    own: &Password,
) -> Result<Postmaster> {
    let admin = PgAdmin::new(home.endpoint(), inherited.clone());
    match ready::wait(home, &server, &admin, &host.config).await {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(server),
        outcome => {
            outcome?;
            admin.replace_secret(&own.verifier()).await?;
            Ok(server)
        }
    }
}

async fn await_ready(
    host: &Host,
    home: &Home,
    server: Postmaster,
    secret: &Password,
) -> Result<Postmaster> {
    let admin = PgAdmin::new(home.endpoint(), secret.clone());
    ready::wait(home, &server, &admin, &host.config).await?;
    Ok(server)
}
