use crate::{setup, shell, workspace::Workspace};
use anyhow::{Context, Result, bail, ensure};
use std::{
    fs::Permissions,
    io::{BufRead, BufReader, IsTerminal},
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

pub(crate) const PASSWORD: &str = "demo-only";

/// Where the demo plays: a state directory that is gone afterwards, the built command, and PostgreSQL's programs.
pub(crate) struct Stage {
    state: TempDir,
    password_file: String,
    pgs: PathBuf,
    bindir: PathBuf,
    port: std::cell::Cell<u16>,
    tenants: Vec<String>,
}

/// The running proxy; dropping it stops it.
pub(crate) struct Proxy(Child);

impl Proxy {
    /// Waits until it has ended by itself.
    pub(crate) fn ended(mut self) -> Result<()> {
        let status = self.0.wait()?;
        ensure!(status.success(), "a proxy ended with {status}");
        Ok(())
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let stopped = self.0.kill().and_then(|()| self.0.wait());
        if let Err(error) = stopped {
            eprintln!("the proxy could not be stopped: {error}");
        }
    }
}

impl Stage {
    /// Builds the command with these flags, for a play with these tenants.
    pub(crate) fn set_up(flags: &[&str], tenants: Vec<String>) -> Result<Self> {
        let bindir = setup::product()?;
        println!("Building the pgs command (the first time takes a few minutes):");
        let workspace = Workspace::load()?;
        shell::run(
            workspace
                .cargo()
                .args(["build", "--package", "pgs-cli"])
                .args(flags),
        )?;
        let profile = if flags.contains(&"--release") {
            "release"
        } else {
            "debug"
        };
        let pgs = workspace.target.join(profile).join("pgs");
        let state = tempfile::Builder::new()
            .prefix("pgs-demo-")
            .permissions(Permissions::from_mode(0o711))
            .tempdir()
            .context("a temporary directory is needed")?;
        let password_file = state.path().join("password");
        std::fs::write(&password_file, PASSWORD)?;
        std::fs::set_permissions(&password_file, Permissions::from_mode(0o600))?;
        let password_file = password_file
            .to_str()
            .context("the temporary directory's name is not UTF-8")?;
        Ok(Self {
            password_file: password_file.to_owned(),
            state,
            pgs,
            bindir,
            port: 0.into(),
            tenants,
        })
    }

    pub(crate) fn password_file(&self) -> &str {
        &self.password_file
    }

    #[expect(clippy::unused_self, reason = "the stage is what speaks")]
    pub(crate) fn headline(&self, text: &str) {
        let (bold, plain) = if std::io::stdout().is_terminal() {
            ("\x1b[1m", "\x1b[0m")
        } else {
            ("", "")
        };
        println!("\n{bold}{text}{plain}");
    }

    /// Runs a pgs command before the audience; it must succeed.
    pub(crate) fn pgs(&self, args: &[&str]) -> Result<()> {
        let typed: Vec<_> = args
            .iter()
            .map(|arg| self.file_name(arg).unwrap_or(arg))
            .collect();
        println!("$ pgs {}", typed.join(" "));
        let output = self.pgs_command().args(args).output()?;
        print!("{}{}", text(&output.stdout), text(&output.stderr));
        ensure!(output.status.success(), "pgs {} failed", args.join(" "));
        Ok(())
    }

    /// What the audience sees of a file on the stage: its name.
    fn file_name<'a>(&self, arg: &'a str) -> Option<&'a str> {
        let on_stage = Path::new(arg).strip_prefix(self.state.path()).ok()?;
        on_stage.to_str()
    }

    fn pgs_command(&self) -> Command {
        let mut command = Command::new(&self.pgs);
        command
            .arg("--state-dir")
            .arg(self.state.path())
            .env("PGS_PG_BINDIR", &self.bindir);
        command
    }

    /// Starts the proxy on a free port.
    pub(crate) fn serve(&self) -> Result<Proxy> {
        self.headline("One port in front of all tenants, on whatever port is free");
        self.start_serving(&["serve", "--listen", "127.0.0.1:0"])
    }

    /// Starts another proxy that takes the place of the one that runs.
    pub(crate) fn take_over(&self) -> Result<Proxy> {
        let address = format!("127.0.0.1:{}", self.port.get());
        self.start_serving(&["serve", "--takeover", "--listen", &address])
    }

    fn start_serving(&self, args: &[&str]) -> Result<Proxy> {
        println!("$ pgs {}", args.join(" "));
        let mut child = self
            .pgs_command()
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut said = String::new();
        let stdout = child.stdout.take().context("the proxy says nothing")?;
        BufReader::new(stdout).read_line(&mut said)?;
        print!("{said}");
        let proxy = Proxy(child);
        let port = said.split(':').nth(1).and_then(|port| port.parse().ok());
        self.port
            .set(port.with_context(|| format!("the proxy did not say where it listens: {said}"))?);
        Ok(proxy)
    }

    /// Where the proxy listens, once it does.
    pub(crate) fn port(&self) -> u16 {
        self.port.get()
    }

    /// The password of every tenant.
    pub(crate) const fn password() -> &'static str {
        PASSWORD
    }

    /// Runs SQL as a tenant through the proxy before the audience, and answers what psql printed.
    pub(crate) fn psql(&self, tenant: &str, sql: &str) -> Result<String> {
        let output = self.psql_command(tenant, sql).output()?;
        print!("{}{}", text(&output.stdout), text(&output.stderr));
        ensure!(output.status.success(), "psql as {tenant} failed");
        Ok(text(&output.stdout).trim().to_owned())
    }

    /// Runs SQL as a tenant that is not let in, and checks that the refusal says why.
    pub(crate) fn psql_refused(&self, tenant: &str, sql: &str, why: &str) -> Result<()> {
        let output = self.psql_command(tenant, sql).output()?;
        print!("{}", text(&output.stderr));
        if output.status.success() || !text(&output.stderr).contains(why) {
            bail!("psql as {tenant} was to be refused with: {why}");
        }
        Ok(())
    }

    /// psql as a tenant through the proxy, announced to the audience.
    pub(crate) fn psql_command(&self, tenant: &str, sql: &str) -> Command {
        println!(
            "$ psql -h 127.0.0.1 -p {} -U {tenant} -c \"{sql}\"",
            self.port.get()
        );
        self.psql_silent(tenant, sql)
    }

    /// psql as a tenant through the proxy, behind the scenes.
    pub(crate) fn psql_silent(&self, tenant: &str, sql: &str) -> Command {
        let mut command = self.client("psql", tenant);
        command.args(["-XAt", "-d", tenant, "-c", sql]);
        command
    }

    /// A client program of PostgreSQL that logs in as a tenant through the proxy.
    pub(crate) fn client(&self, program: &str, tenant: &str) -> Command {
        let port = self.port.get().to_string();
        let mut command = Command::new(self.bindir.join(program));
        command
            .args(["-h", "127.0.0.1", "-p", &port, "-U", tenant])
            .env("PGPASSWORD", PASSWORD)
            .stdin(Stdio::null());
        command
    }

    /// Where the tenants and the proxy keep everything.
    pub(crate) fn state_dir(&self) -> &Path {
        self.state.path()
    }

    /// Where the proxy listens.
    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port.get()))
    }

    /// The folder of PostgreSQL's programs.
    pub(crate) fn bindir(&self) -> &Path {
        &self.bindir
    }

    /// Begins a pgs command that finds PostgreSQL's programs somewhere else.
    pub(crate) fn begin(&self, args: &[&str], bindir: &Path) -> Result<Child> {
        let mut command = self.pgs_command();
        let silent = command.args(args).env("PGS_PG_BINDIR", bindir);
        Ok(silent
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?)
    }

    /// Runs a pgs command behind the scenes, and answers what it printed.
    pub(crate) fn pgs_quietly(&self, args: &[&str]) -> Result<String> {
        shell::read(self.pgs_command().args(args))
    }

    /// A file on the stage.
    pub(crate) fn file(&self, name: &str, content: &str) -> Result<PathBuf> {
        let path = self.state.path().join(name);
        std::fs::write(&path, content)?;
        Ok(path)
    }

    /// A directory on the stage.
    pub(crate) fn directory(&self, name: &str) -> Result<PathBuf> {
        let path = self.state.path().join(name);
        std::fs::create_dir(&path)?;
        Ok(path)
    }

    /// Takes the tenants down; the directory goes with the stage.
    pub(crate) fn strike(&self) -> Result<()> {
        for tenant in &self.tenants {
            shell::read(
                self.pgs_command()
                    .args(["remove", "--purge", "--yes", tenant]),
            )?;
        }
        Ok(())
    }
}

impl Drop for Stage {
    /// Also when the demo failed half-way, no server may be left running.
    fn drop(&mut self) {
        for tenant in &self.tenants {
            shell::succeeds(
                self.pgs_command()
                    .args(["remove", "--purge", "--yes", tenant]),
            );
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
