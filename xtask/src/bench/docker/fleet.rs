//! Many tenants on one engine at one time.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use super::engine::Engine;
use super::house::{House, timed};
use super::memory::{self, Memory};
use crate::bench::peer::Peer;
use crate::bench::series::load;
use crate::bench::server::PASSWORD;
use crate::bench::site::Site;
use crate::shell;

#[derive(Debug, Serialize)]
pub(super) struct Fleet {
    load: String,
    /// One after the other, each until its first query was answered.
    pub(super) create_ms: Vec<f64>,
    pub(super) list_ms: Vec<f64>,
    pub(super) stop_all_s: f64,
    pub(super) start_all_s: f64,
    /// How many different servers answered behind the one port.
    pub(super) answering: usize,
    pub(super) memory: Memory,
}

impl Fleet {
    pub(super) fn watch(
        site: &Site,
        engine: &Engine,
        house: &House<'_>,
        tenants: usize,
    ) -> Result<Self> {
        let names: Vec<_> = (1..=tenants)
            .map(|number| format!("t{number:03}"))
            .collect();
        let load = load();
        let without = memory::Engine::now();
        let create_ms = create(house, &names)?;
        let list_ms = list(house, tenants)?;
        println!("stopping and starting {tenants} tenants");
        let stop_all_s = timed(|| house.stop(&[]))? / 1e3;
        let available = memory::available_kib()?;
        let start_all_s = timed(|| house.start(&[]))? / 1e3;
        let serve = house.serve()?;
        let answering = routed_apart(site, &serve, &names)?;
        let memory = Memory::settled(engine, house, &without, available)?;
        drop(serve);
        println!("removing {tenants} tenants");
        for name in &names {
            house.remove(name)?;
        }
        Ok(Self {
            load,
            create_ms,
            list_ms,
            stop_all_s,
            start_all_s,
            answering,
            memory,
        })
    }
}

fn create(house: &House<'_>, names: &[String]) -> Result<Vec<f64>> {
    println!("making {} tenants", names.len());
    let create = |name: &String| house.create(name).map(|made| made.ms);
    names.iter().map(create).collect()
}

fn list(house: &House<'_>, tenants: usize) -> Result<Vec<f64>> {
    let list = |_| {
        timed(|| {
            let listed = house.list()?;
            ensure!(
                listed == tenants,
                "pgs list shows {listed} of {tenants} tenants"
            );
            Ok(())
        })
    };
    (0..LISTS).map(list).collect()
}

/// Asks every tenant through the port who it is: there must be as many servers as tenants.
fn routed_apart(site: &Site, serve: &Peer, names: &[String]) -> Result<usize> {
    let mut systems = BTreeSet::new();
    for name in names {
        let mut psql = site.postgresql("psql");
        serve.address.libpq(&mut psql);
        psql.args(["-XAtw", "-U", name, "-d", name])
            .env("PGPASSWORD", PASSWORD);
        let answer = shell::read(psql.args(["-c", WHO]))?;
        let (user, system) = answer
            .trim()
            .split_once('|')
            .with_context(|| format!("{name} answered `{answer}`"))?;
        ensure!(user == name, "{name} was taken for {user}");
        systems.insert(system.to_owned());
    }
    ensure!(systems.len() == names.len(), "two tenants share a server");
    Ok(systems.len())
}

const LISTS: usize = 20;
const WHO: &str = "select current_user, system_identifier from pg_control_system()";
