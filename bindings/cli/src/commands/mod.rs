//! One module for each command, or for each pair that belongs together.

mod access;
mod background;
mod create;
mod doctor;
mod events;
mod import;
mod init;
mod list;
mod logs;
mod password;
mod power;
mod psql;
mod reconcile;
mod serve;
mod service;
mod set;
mod show;
mod through_proxy;
mod tls;
mod top;
mod trash;
mod url;
mod written_address;

use crate::{
    args::{Args, Command},
    exit_code::ExitCode,
    output,
    program::Program,
    session::Session,
};
use clap::CommandFactory;
use pgs::Result;

/// Runs the command that was asked for.
pub(crate) async fn run(args: Args, program: &Program) -> Result<ExitCode> {
    if let Command::Completions(wanted) = &args.command {
        return Ok(completions(wanted.shell));
    }
    let session = Session::new(&args.global)?.falling_back_on(program.fallback_bindirs());
    match args.command {
        Command::Create(args) => create::run(&session, *args).await?,
        Command::List(args) => list::run(&session, &args).await?,
        Command::Show(args) => show::run(&session, &args.tenant).await?,
        Command::Url(args) => url::run(&session, &args).await?,
        Command::Psql(args) => match psql::run(&session, args).await? {},
        Command::Enable(args) => access::run(&session, &args.tenant, pgs::Access::Enabled).await?,
        Command::Disable(args) => {
            access::run(&session, &args.tenant, pgs::Access::Disabled).await?;
        }
        Command::Passwd(args) => password::run(&session, &args).await?,
        Command::Set(args) => set::run(&session, *args).await?,
        Command::Init(args) => init::run(&session, &args).await?,
        Command::Start(args) => return power::start(&session, &args).await,
        Command::Stop(args) => return power::stop(&session, &args).await,
        Command::Remove(args) => trash::remove(&session, &args).await?,
        Command::Restore(args) => trash::restore(&session, &args).await?,
        Command::Protect(args) => access::protect(&session, &args.tenant).await?,
        Command::Unprotect(args) => access::unprotect(&session, &args.tenant).await?,
        Command::Top(args) => top::run(&session, &args).await?,
        Command::Serve(args) => return serve::run(session, args, program).await,
        Command::Tls(command) => tls::run(&session, &command)?,
        Command::Logs(args) => logs::run(&session, &args).await?,
        Command::Events(args) => events::run(&session, &args).await?,
        Command::Doctor => return Ok(doctor::run(&session).await),
        Command::Import(args) => return import::run(&session, args).await,
        Command::Reconcile(args) => return reconcile::run(&session, &args).await,
        // Answered above, before any configuration is read.
        Command::Completions(wanted) => return Ok(completions(wanted.shell)),
    }
    Ok(ExitCode::SUCCESS)
}

fn completions(shell: clap_complete::Shell) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "pgs", &mut script);
    output::raw(&String::from_utf8_lossy(&script));
    ExitCode::SUCCESS
}
