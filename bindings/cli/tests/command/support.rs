//! A state directory of a test's own, and the real command run in it.

use serde_json::Value;
use std::{
    fs::Permissions,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Output, Stdio},
};
use tempfile::TempDir;

/// A state directory that takes its tenants with it.
pub(crate) struct House {
    directory: TempDir,
    /// The engine that its tenants are containers of, where they are.
    engine: Option<String>,
}

impl House {
    /// One whose tenants are processes of this machine.
    pub(crate) fn new() -> Self {
        Self::with(None)
    }

    /// One whose tenants are containers of the engine that the test run announces; without one, the test is skipped.
    pub(crate) fn docker() -> Option<Self> {
        let Ok(engine) = std::env::var("PGS_TEST_DOCKER") else {
            testkit::skip("the command over Docker", "PGS_TEST_DOCKER names no engine");
            return None;
        };
        let image = |major: u32| {
            let name = std::env::var(format!("PGS_TEST_DOCKER_IMAGE_{major}"));
            format!("{major} = {:?}\n", name.unwrap())
        };
        let config = format!(
            "provisioner = \"docker\"\n[docker]\nhost = {engine:?}\n[docker.images]\n{}{}",
            image(18),
            image(15)
        );
        let house = Self::with(Some(engine));
        std::fs::write(house.path().join("pgs.toml"), config).unwrap();
        Some(house)
    }

    fn with(engine: Option<String>) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("pgs-cli-")
            .permissions(Permissions::from_mode(0o711))
            .tempdir()
            .unwrap();
        Self { directory, engine }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// What `docker <list>` prints of this house's own; none where its tenants are no containers.
    pub(crate) fn docker_has(&self, list: &[&str]) -> Option<Vec<String>> {
        let engine = self.engine.as_ref()?;
        let path = self.path().canonicalize().unwrap();
        let output = Command::new("docker")
            .args(["--host", engine])
            .args(list)
            .arg("--quiet")
            .arg("--filter")
            .arg(format!("label=pgs.installation={}", path.display()))
            .output()
            .unwrap();
        assert!(output.status.success(), "docker {list:?}: {output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        Some(text.lines().map(str::to_owned).collect())
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pgs"));
        command
            .args(args)
            .env("PGS_STATE_DIR", self.path())
            .env_remove("PGS_CONFIG")
            .env_remove("PGS_PROVISIONER");
        if let Some(bindir) = std::env::var_os("PGS_TEST_PG18_BINDIR") {
            command.env("PGS_PG_BINDIR", bindir);
        }
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs a command that must succeed, and answers what it printed.
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "pgs {args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must succeed with `--json`, and answers the value.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let text = self.ok(&[&["--json"], args].concat());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("pgs {args:?}: {error}: {text}"))
    }

    /// Runs a command that must fail, and answers its exit code and the JSON error's `code`.
    pub(crate) fn fails(&self, args: &[&str]) -> (i32, String) {
        let output = self.run(&[&["--json"], args].concat());
        let stderr = String::from_utf8(output.stderr).unwrap();
        let start = stderr
            .find('{')
            .unwrap_or_else(|| panic!("pgs {args:?}: {stderr}"));
        let error: Value = serde_json::from_str(&stderr[start..]).unwrap();
        let code = error["error"]["code"].as_str().unwrap().to_owned();
        (output.status.code().unwrap(), code)
    }

    /// The state of one tenant, as `pgs list` tells it; none when it is not listed.
    pub(crate) fn state(&self, tenant: &str) -> Option<String> {
        let list = self.json(&["list"]);
        let found = list
            .as_array()
            .unwrap()
            .iter()
            .find(|entry| entry["id"] == tenant)?;
        Some(found["state"].as_str().unwrap().to_owned())
    }

    pub(crate) fn serve(&self) -> Served {
        self.serve_at("127.0.0.1:0")
    }

    pub(crate) fn serve_at(&self, address: &str) -> Served {
        Served::start(self.command(&["--json", "serve", "--listen", address]))
    }

    /// A `pgs serve` that takes the place of the one that runs.
    pub(crate) fn take_over(&self) -> Served {
        let args = ["--json", "serve", "--takeover", "--listen", "127.0.0.1:0"];
        Served::start(self.command(&args))
    }
}

impl Drop for House {
    fn drop(&mut self) {
        for list in [
            ["--json", "list"].as_slice(),
            &["--json", "list", "--trash"],
        ] {
            let Ok(output) = self.command(list).output() else {
                continue;
            };
            let tenants: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
            for tenant in tenants.as_array().into_iter().flatten() {
                let id = tenant["id"].as_str().unwrap_or_default();
                drop(self.command(&["unprotect", id]).output());
                drop(self.command(&["remove", "--purge", "--yes", id]).output());
            }
        }
    }
}

/// A running `pgs serve` on a port of its own.
pub(crate) struct Served {
    pub(crate) child: Child,
    pub(crate) port: u16,
}

impl Served {
    /// Waits until this `pgs --json serve` says where it listens.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut text = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        while serde_json::from_str::<Value>(&text).is_err() {
            assert_ne!(
                lines.read_line(&mut text).unwrap(),
                0,
                "pgs serve ended: {text}"
            );
        }
        let said: Value = serde_json::from_str(&text).unwrap();
        let address = said["listening"][0].as_str().unwrap();
        let port = address.rsplit(':').next().unwrap().parse().unwrap();
        Self { child, port }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has ended by itself.
    pub(crate) fn ended(mut self) {
        assert!(self.child.wait().unwrap().success());
    }

    /// What `psql` answers as this tenant through the proxy, or its complaint.
    pub(crate) fn psql(&self, tenant: &str, password: &str, sql: &str) -> Result<String, String> {
        let output = self
            .psql_command(tenant, password)
            .args(["-c", sql])
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
        if output.status.success() {
            Ok(text(output.stdout))
        } else {
            Err(text(output.stderr))
        }
    }

    pub(crate) fn signal(&self, signal: &str) {
        send_signal(&self.child, signal);
    }

    pub(crate) fn psql_command(&self, tenant: &str, password: &str) -> Command {
        psql_command(self.port, tenant, password)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub(crate) fn send_signal(child: &Child, signal: &str) {
    let pid = child.id().to_string();
    let sent = Command::new("kill").args(["-s", signal, &pid]).status();
    assert!(sent.unwrap().success());
}

/// `psql` as this tenant, through whatever listens on this port.
pub(crate) fn psql_command(port: u16, tenant: &str, password: &str) -> Command {
    let bindir = std::env::var_os("PGS_TEST_PG18_BINDIR").map(std::path::PathBuf::from);
    let psql = bindir.map_or_else(|| "psql".into(), |bindir| bindir.join("psql"));
    let port = port.to_string();
    let mut command = Command::new(psql);
    command
        .args(["-XAt", "-h", "127.0.0.1", "-p", &port])
        .args(["-U", tenant, "-d", tenant])
        .env("PGPASSWORD", password)
        .stdin(Stdio::null());
    command
}

/// The ids of the processes whose working directory is below this one: its postmasters and their children.
pub(crate) fn processes_below(directory: &Path) -> Vec<u32> {
    let directory = directory.canonicalize().unwrap();
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_below = |pid: &u32| {
        std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.starts_with(&directory))
    };
    pids.filter(is_below).collect()
}
