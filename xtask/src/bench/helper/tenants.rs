//! Rows in a catalogue for tenants that do not exist.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use pgs_catalog::SqliteCatalog;
use pgs_core::catalog::{Catalog, EventKind};
use pgs_core::{Desired, Lifecycle, TenantRecord, TenantUid, Timestamp};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where one tenant is known already, and no other program has the catalogue open
    #[arg(long)]
    state_dir: PathBuf,
    /// How many tenants the catalogue then knows
    #[arg(long)]
    count: usize,
}

impl Args {
    /// In memory, since a catalogue has every change on the disk before it says so, which would take minutes.
    pub(crate) async fn run(self) -> Result<()> {
        let memory = tempfile::tempdir_in(MEMORY).or_else(|_| tempfile::tempdir())?;
        let [original, copy] = [&self.state_dir, memory.path()].map(|dir| dir.join(CATALOG));
        fs::copy(&original, &copy)?;
        let known = fill(memory.path(), self.count).await?;
        let log = copy.with_extension("sqlite3-wal");
        ensure!(!log.exists(), "the catalogue was not closed");
        fs::copy(&copy, &original)?;
        println!("{known}");
        Ok(())
    }
}

async fn fill(directory: &Path, count: usize) -> Result<usize> {
    let catalog = SqliteCatalog::open(directory)?;
    let known = catalog.list().await?;
    let model = known.first().context("there is no tenant to go by")?;
    for number in known.len()..count {
        let record = stopped(model, number)?;
        let at = record.created_at;
        catalog.insert(&record, EventKind::Created, at).await?;
    }
    Ok(catalog.list().await?.len())
}

/// Like the model in all but its name, and stopped on purpose, so that nobody looks for its server.
fn stopped(model: &TenantRecord, number: usize) -> Result<TenantRecord> {
    let mut record = model.clone();
    record.uid = TenantUid::new(Timestamp::from_millis(number.try_into()?));
    record.id = format!("t{number:06}").parse()?;
    record.desired = Desired::Stopped;
    record.lifecycle = Lifecycle::Stopped;
    record.endpoint = None;
    Ok(record)
}

const CATALOG: &str = "catalog.sqlite3";
/// Linux's files that are on no disk.
const MEMORY: &str = "/dev/shm";
