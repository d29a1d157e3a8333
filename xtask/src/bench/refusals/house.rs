//! The real `pgs serve`, which tells nobody why, in front of tenants that are live, disabled and stopped.

use std::net::SocketAddr;
use std::process::Command;

use anyhow::Result;

use crate::bench::daemon::free_port;
use crate::bench::peer::{self, Peer};
use crate::bench::server::{PASSWORD, loopback};
use crate::bench::site::Site;
use crate::shell;

/// Dropping it stops the tenants' servers.
#[derive(Debug)]
pub(super) struct House<'a> {
    site: &'a Site,
    pub(super) address: SocketAddr,
    serve: Option<Peer>,
}

impl<'a> House<'a> {
    pub(super) fn build(site: &'a Site) -> Result<Self> {
        let port = free_port()?;
        let mut house = Self {
            site,
            address: loopback(port),
            serve: None,
        };
        let password = site.write("tenant-password", PASSWORD)?;
        for tenant in ["live-one", "live-two", "disabled", "stopped-"] {
            let mut create = house.pgs();
            create.args(["create", tenant, "--password-file"]);
            create.arg(&password);
            if tenant != "disabled" {
                create.arg("--enable");
            }
            shell::read(&mut create)?;
        }
        shell::read(house.pgs().args(["stop", "--tenant", "stopped-"]))?;
        let config = site.write("refusals.toml", &config(house.address))?;
        let mut serve = house.pgs();
        serve.arg("--config").arg(config).arg("serve");
        house.serve = Some(peer::start(site, "pgs serve", port, &mut serve)?);
        house.let_in("live-one")?;
        house.let_in("live-two")?;
        Ok(house)
    }

    /// A live tenant has clients: the proxy knows their roles.
    fn let_in(&self, tenant: &str) -> Result<()> {
        let mut psql = self.site.postgresql("psql");
        psql.args(["-Xw", "-U", tenant, "-d", tenant, "-c", "SELECT 1"]);
        psql.args(["-h", "127.0.0.1", "-p", &self.address.port().to_string()]);
        psql.env("PGPASSWORD", PASSWORD);
        shell::read(&mut psql).map(drop)
    }

    fn pgs(&self) -> Command {
        let mut command = self.site.ours("pgs");
        command.arg("--state-dir").arg(self.site.state_dir());
        command
    }
}

impl Drop for House<'_> {
    fn drop(&mut self) {
        // `pgs serve` first, which would start the tenants again.
        self.serve = None;
        if let Err(error) = shell::read(self.pgs().arg("stop")) {
            eprintln!("the tenants' servers are still there: {error:#}");
        }
    }
}

fn config(address: SocketAddr) -> String {
    format!(
        "[serve]\ndisclose = \"never\"\n\n[[serve.listener]]\naddress = \"{address}\"\nkeys = [\"user\", \"role.tenant\"]\n"
    )
}
