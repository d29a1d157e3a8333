//! Taking over tenants from a folder of Docker Compose services, one `PostgreSQL` each, such as the npm package `@sysnee/pgs`
//! keeps.
//!
//! Three steps: [`OldFolder::read`] reads the folder's files, [`Plan::new`] makes typed tenants of their text without
//! touching anything, and [`Importer::run`] makes the tenants and brings their data over. The old tool's files and
//! containers are only read.
//!
//! ```no_run
//! use pgs::{Config, Pgs, import::{Importer, OldFolder, Plan, Wishes}};
//!
//! # async fn example() -> pgs::Result<()> {
//! let config = Config::default();
//! let plan = Plan::new(&OldFolder::read("./old".as_ref())?, &Wishes::default())?;
//! let importer = Importer::new(Pgs::open(&config).await?, &config);
//! for (tenant, outcome) in importer.run(&plan).await? {
//!     println!("{tenant}: {outcome:?}");
//! }
//! # Ok(())
//! # }
//! ```

mod access;
mod compose;
mod copy;
mod folder;
mod image;
mod importer;
mod ledger;
mod old_server;
mod passfile;
mod plan;
mod port;
mod programs;
mod text;

pub use folder::OldFolder;
pub use importer::{Importer, Outcome};
pub use old_server::OldServer;
pub use plan::{Plan, PlannedTenant, Wishes};
