//! Tenants as containers, beside what `docker run` of the same image makes; and many of them on one engine.

mod engine;
mod fleet;
mod house;
mod memory;
mod plain;
mod report;
mod rounds;

use anyhow::Result;
use serde::Serialize;

use super::site::Site;
pub(super) use engine::Engine;
use fleet::Fleet;
use house::House;
use rounds::Rounds;

/// How much is done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    pub(super) rounds: usize,
    pub(super) tenants: usize,
}

/// What was seen on an engine.
#[derive(Debug, Serialize)]
pub(super) struct Findings {
    image: String,
    /// Of the first tenant on the engine, for which the template is made.
    first_create_ms: f64,
    rounds: Rounds,
    fleet: Fleet,
}

impl Findings {
    pub(super) fn of(site: &Site, engine: &Engine, effort: Effort) -> Result<Self> {
        let house = House::build(site, engine)?;
        println!("making the template, with a first tenant");
        let first = house.create("first")?;
        // It stays: an engine on which nothing else runs takes half a second longer for its first container, whoever makes it.
        let rounds = Rounds::play(site, engine, &house, effort.rounds)?;
        house.remove("first")?;
        Ok(Self {
            image: engine.image.clone(),
            first_create_ms: first.ms,
            rounds,
            fleet: Fleet::watch(site, engine, &house, effort.tenants)?,
        })
    }
}
