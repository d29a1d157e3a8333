//! `cargo xtask demo`: the main job, on real parts: two tenants, one port, real psql sessions.

mod cancel;

use crate::stage::Stage;
use anyhow::{Context, Result, ensure};
use std::process::ExitCode;

/// Run the main job before your eyes: two tenants, one port, real psql sessions (no Docker needed)
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

impl Args {
    #[expect(clippy::unused_self, reason = "every verb is run the same way")]
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let stage = Stage::set_up(&[], vec!["acme".to_owned(), "globex".to_owned()])?;
        let proxy = stage.serve()?;
        create_two_tenants(&stage)?;
        each_sees_only_its_own_server(&stage)?;
        the_door_opens_and_shuts(&stage)?;
        cancel::ctrl_c_stops_a_query(&stage)?;
        what_was_removed_comes_back(&stage)?;
        drop(proxy);
        stage.strike()?;
        what_next();
        Ok(ExitCode::SUCCESS)
    }
}

/// A tenant may not ask where its data is; an init script of the administrator's lets it, for the show.
const MAY_ASK: &str = "do $$ begin
  execute format('grant pg_read_all_settings to %I', current_database());
end $$;
";

fn create_two_tenants(stage: &Stage) -> Result<()> {
    stage.headline("Two tenants: each gets a PostgreSQL server of its own");
    let may_ask = stage.file("may-ask.sql", MAY_ASK)?;
    let may_ask = may_ask.to_str().context("the stage's name is not UTF-8")?;
    let (password, script) = ("--password-file", "--init-script-as-admin");
    let secret = stage.password_file();
    stage.pgs(&[
        "create", "acme", password, secret, script, may_ask, "--enable",
    ])?;
    stage.pgs(&["create", "globex", password, secret, script, may_ask])?;
    stage.pgs(&["list"])
}

fn each_sees_only_its_own_server(stage: &Stage) -> Result<()> {
    stage.headline("Through the one port, each reaches its own server and nothing else");
    stage.pgs(&["enable", "globex"])?;
    stage.psql(
        "acme",
        "create table invoices as select 1001 as no, 'rocket skates' as item",
    )?;
    stage.psql(
        "globex",
        "create table patents as select 7 as no, 'weather machine' as title",
    )?;
    let tables = "select current_user, string_agg(tablename, ',') from pg_tables where schemaname = 'public'";
    let (acme, globex) = (stage.psql("acme", tables)?, stage.psql("globex", tables)?);
    ensure!(
        acme == "acme|invoices" && globex == "globex|patents",
        "a tenant saw another's tables"
    );
    let server =
        "select system_identifier, current_setting('data_directory') from pg_control_system()";
    let (acme, globex) = (stage.psql("acme", server)?, stage.psql("globex", server)?);
    ensure!(differ(&acme, &globex), "both tenants are one server");
    Ok(())
}

/// Whether neither the system identifier nor the data directory is the same.
fn differ(one: &str, other: &str) -> bool {
    one.split('|')
        .zip(other.split('|'))
        .all(|(one, other)| one != other)
}

fn the_door_opens_and_shuts(stage: &Stage) -> Result<()> {
    stage.headline("Access is switched at run time: nothing is restarted");
    let started = "select pg_postmaster_start_time()";
    let before = stage.psql("acme", started)?;
    stage.pgs(&["disable", "acme"])?;
    stage.psql_refused("acme", "select 1", "access to tenant \"acme\" is disabled")?;
    stage.pgs(&["enable", "acme"])?;
    ensure!(
        stage.psql("acme", started)? == before,
        "the server was restarted"
    );
    Ok(())
}

fn what_was_removed_comes_back(stage: &Stage) -> Result<()> {
    stage.headline("A removed tenant goes to the trash, and comes back with its data");
    stage.pgs(&["remove", "acme"])?;
    stage.psql_refused("acme", "select 1", "no tenant is named \"acme\"")?;
    stage.pgs(&["restore", "acme"])?;
    let item = stage.psql("acme", "select item from invoices where no = 1001")?;
    ensure!(item == "rocket skates", "the data did not come back");
    Ok(())
}

fn what_next() {
    println!(
        "
All of that was real, and all of it is gone again. Now yours:

  cargo install --path bindings/cli       the pgs command
  pgs doctor                              what this machine has and lacks
  pgs create acme --enable                a tenant; its password is shown once
  pgs serve                               the one port, 127.0.0.1:5432
  psql postgresql://acme@127.0.0.1/acme   in another terminal

In a Rust program: cargo run -p pgs-examples --bin embed. Every command: pgs --help. The tour: README.md."
    );
}
