//! One run of the suite on a new tenant.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::results::Results;
use crate::setup::{self, Regression};
use crate::shell;
use crate::stage::Stage;

/// How clients reach the tenant.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way {
    Socket,
    Proxy,
}

pub(super) struct Round<'a> {
    stage: &'a Stage,
    suite: &'a Regression,
    /// Whom the servers run as. Tests and servers write into each other's files.
    user: Option<(u32, u32)>,
    promotion: PathBuf,
}

impl<'a> Round<'a> {
    pub(super) fn new(stage: &'a Stage, suite: &'a Regression) -> Result<Self> {
        // The suite is for superusers, which no tenant of the local provisioner is: the manager itself makes it one.
        let promotion = stage.file("promote.sql", &format!("ALTER ROLE {TENANT} SUPERUSER"))?;
        let user = setup::servers_ids()?;
        Ok(Self {
            stage,
            suite,
            user,
            promotion,
        })
    }

    pub(super) fn run(&self, way: Way) -> Result<Results> {
        self.create_tenant()?;
        let proxy = match way {
            Way::Socket => None,
            Way::Proxy => Some(self.stage.serve()?),
        };
        let (host, port) = match way {
            Way::Socket => (self.socket_directory()?, SOCKET_PORT),
            Way::Proxy => ("127.0.0.1".to_owned(), self.stage.port()),
        };
        let output = self.output(way)?;
        let ran = self.pg_regress(&host, port, &output);
        drop(proxy);
        ran?;
        self.stage.strike()?;
        Results::read(&output)
    }

    fn create_tenant(&self) -> Result<()> {
        let promotion = self.promotion.to_string_lossy();
        let password = self.stage.password_file();
        self.stage.pgs_quietly(&[
            "create",
            TENANT,
            "--enable",
            "--pg-version=15",
            "--password-file",
            password,
            "--init-script-as-admin",
            &promotion,
        ])?;
        Ok(())
    }

    fn socket_directory(&self) -> Result<String> {
        let shown = self.stage.pgs_quietly(&["show", TENANT, "--json"])?;
        let shown: serde_json::Value = serde_json::from_str(&shown)?;
        let endpoint = shown["endpoint"]
            .as_str()
            .and_then(|endpoint| endpoint.strip_prefix("unix:"))
            .context("the tenant's server has no Unix socket")?;
        let socket = fs::canonicalize(endpoint)?;
        let directory = socket.parent().and_then(Path::to_str);
        directory
            .map(str::to_owned)
            .context("the socket's directory has no name")
    }

    fn output(&self, way: Way) -> Result<PathBuf> {
        let directory = self.stage.directory(match way {
            Way::Socket => "socket",
            Way::Proxy => "proxy",
        })?;
        if let Some((uid, gid)) = self.user {
            chown(&directory, Some(uid), Some(gid))?;
        }
        Ok(directory)
    }

    /// As `make installcheck-parallel` runs it. It fails when a test fails, which is for the comparison to judge.
    fn pg_regress(&self, host: &str, port: u16, output: &Path) -> Result<()> {
        let mut command = Command::new("./pg_regress");
        command
            .current_dir(&self.suite.suite)
            .args(["--inputdir=.", "--dlpath=.", "--max-concurrent-tests=20"])
            .args(["--schedule=./parallel_schedule", "--dbname=regression"])
            .arg(format!("--bindir={}", self.suite.bindir.display()))
            .arg(format!("--outputdir={}", output.display()))
            .args([format!("--host={host}"), format!("--port={port}")])
            .arg(format!("--user={TENANT}"));
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LC_ALL", "C")
            .env("PGPASSWORD", Stage::password())
            .stdin(Stdio::null());
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        println!("+ {}", shell::line(&command));
        let status = command.status()?;
        ensure!(
            matches!(status.code(), Some(0 | 1)),
            "pg_regress could not run the tests: {status}"
        );
        Ok(())
    }
}

pub(super) const TENANT: &str = "regress";
const SOCKET_PORT: u16 = 5432;
