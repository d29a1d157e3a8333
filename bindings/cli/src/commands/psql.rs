use crate::{args::Psql, session::Session};
use pgs::{Endpoint, Error, ErrorKind, Result, local::LocalProvisioner};
use std::{convert::Infallible, os::unix::process::CommandExt, path::PathBuf, process::Command};

/// Runs psql as the tenant's role; psql asks for the password, or takes it from PGPASSWORD or ~/.pgpass.
pub(crate) async fn run(session: &Session, args: Psql) -> Result<Infallible> {
    let pgs = session.look()?;
    let record = pgs.get(&args.tenant).await?;
    let Some(endpoint) = &record.endpoint else {
        let message = format!(
            "tenant `{}` is {}, not running",
            record.id, record.lifecycle
        );
        return Err(Error::new(ErrorKind::WrongState, message)
            .with_remedy(format!("start it with `pgs start --tenant {}`", record.id)));
    };
    let mut psql = Command::new(program(session));
    at(&mut psql, endpoint)
        .args([
            "--username",
            record.id.as_str(),
            "--dbname",
            record.id.as_str(),
        ])
        .args(&args.args);
    drop(pgs);
    // In place of this process, so that the terminal and its Ctrl-C are psql's alone. Only a failure returns.
    let cause = psql.exec();
    Err(
        Error::new(ErrorKind::MissingDependency, "psql cannot be run")
            .with_remedy(
                "install PostgreSQL's client programs, such as: apt-get install postgresql-client",
            )
            .with_source(cause),
    )
}

/// The psql beside the server's programs, else the one on PATH.
fn program(session: &Session) -> PathBuf {
    let beside = || {
        let local = LocalProvisioner::new(session.config.local().ok()?).ok()?;
        let psql = local.search().choose(None).ok()?.bindir.join("psql");
        psql.exists().then_some(psql)
    };
    beside().unwrap_or_else(|| "psql".into())
}

fn at<'a>(psql: &'a mut Command, endpoint: &Endpoint) -> &'a mut Command {
    match endpoint {
        Endpoint::Unix(socket) => {
            let port = socket.extension().unwrap_or_default();
            psql.arg("--host")
                .arg(socket.parent().unwrap_or(socket))
                .arg("--port")
                .arg(port)
        }
        Endpoint::Tcp(address) => psql.args([
            "--host",
            &address.ip().to_string(),
            "--port",
            &address.port().to_string(),
        ]),
        _ => psql,
    }
}
