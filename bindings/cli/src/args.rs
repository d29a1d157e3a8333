use clap::{Args as ClapArgs, Parser, Subcommand};
use pgs::{
    ByteSize, Change, Cpus, ListenAddress, Network, PgMajor, Setting, SettingName, TenantId,
    TenantUid, import::OldServer,
};
use std::{path::PathBuf, str::FromStr};

/// One port, one PostgreSQL server per tenant.
///
/// Every tenant gets a server of its own, and all of them stand behind one port: a client connects with its tenant's name as the user.
/// There is no daemon to install: every command opens the same state directory, and `pgs serve` is the proxy.
#[derive(Debug, Parser)]
#[command(name = "pgs", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 unexpected, 2 bad input, 3 not found, 4 already exists, 5 not in this state,
6 busy or timed out, 7 something is not installed or not supported, 8 permission denied,
9 disk or memory full, 10 the tenant's server or an init script failed";

/// Options of every command.
#[derive(Debug, ClapArgs)]
pub(crate) struct Global {
    /// Where tenants live [default: /var/lib/pgs for root, else ~/.local/state/pgs]
    #[arg(long, global = true, env = "PGS_STATE_DIR", value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,
    /// A configuration file [default: pgs.toml in the state directory, if it is there]
    #[arg(long, global = true, env = "PGS_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// What makes new tenants [default: local]
    #[arg(long, global = true, env = "PGS_PROVISIONER", value_name = "NAME")]
    pub(crate) provisioner: Option<Provisioner>,
    /// Print JSON: results on standard output, errors on standard error
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say more about what is done; repeat for still more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Provisioner {
    /// PostgreSQL processes on this machine
    Local,
    /// Containers of a Docker Engine
    Docker,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Create a tenant: a server, a role and a database of its own
    Create(Box<Create>),
    /// List tenants
    #[command(visible_alias = "ls")]
    List(List),
    /// Show one tenant in detail
    Show(One),
    /// Print a tenant's connection URI
    Url(Url),
    /// Open psql on a tenant's own server, past the proxy
    Psql(Psql),
    /// Let clients in, from the next connection on
    Enable(One),
    /// Let no client in, from the next connection on, and end live sessions
    Disable(One),
    /// Change a tenant's password
    Passwd(Passwd),
    /// Change a tenant's limits, settings and networks while it runs
    Set(Box<Set>),
    /// Run SQL files in a tenant's database, each once
    Init(Init),
    /// Start tenants' servers
    Start(Start),
    /// Stop tenants' servers
    Stop(Stop),
    /// Move a tenant to the trash, or delete it for good
    #[command(visible_alias = "rm")]
    Remove(Remove),
    /// Bring a tenant back from the trash
    Restore(Restore),
    /// Refuse to remove a tenant until its protection is lifted
    Protect(One),
    /// Allow a tenant to be removed again
    Unprotect(One),
    /// Watch the live sessions of all tenants
    Top(Top),
    /// Run the proxy, and keep running what should run
    Serve(Serve),
    /// Certificates for clients that speak TLS
    #[command(subcommand)]
    Tls(Tls),
    /// Print the end of a tenant's server log
    Logs(Logs),
    /// Print what happened to tenants, the newest last
    Events(Events),
    /// Check this machine: what is there, what is missing, what to do
    Doctor,
    /// Finish what was cut short, and start what should run
    Reconcile(Reconcile),
    /// Take over the tenants of a folder of Docker Compose services, such as that of @sysnee/pgs, with their data
    Import(Import),
    /// Print a completion script for your shell
    Completions(Completions),
}

impl Args {
    /// What `pgs serve` was told, if it is that.
    pub(crate) fn serve(&self) -> Option<&Serve> {
        match &self.command {
            Command::Serve(serve) => Some(serve),
            _ => None,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct One {
    /// The tenant's name
    pub(crate) tenant: TenantId,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Create {
    /// The tenant's name: a-z, 0-9, _ and -, starting with a letter, at most 63 characters
    pub(crate) tenant: TenantId,
    #[command(flatten)]
    pub(crate) password: PasswordSource,
    /// Let clients in at once (the default is to wait for `pgs enable`)
    #[arg(long)]
    pub(crate) enable: bool,
    /// Refuse to remove it until `pgs unprotect`
    #[arg(long)]
    pub(crate) protect: bool,
    /// Memory of all its processes, such as 512m
    #[arg(long, value_name = "SIZE")]
    pub(crate) memory: Option<ByteSize>,
    /// Processors, such as 0.5
    #[arg(long, value_name = "N")]
    pub(crate) cpus: Option<Cpus>,
    /// Processes and threads
    #[arg(long, value_name = "N")]
    pub(crate) pids: Option<u32>,
    /// Shared memory, such as 64m
    #[arg(long, value_name = "SIZE")]
    pub(crate) shm: Option<ByteSize>,
    /// Sessions through the proxy at one time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) max_connections: Option<u32>,
    /// Let clients in from this network only, such as 10.0.0.0/8; may be repeated
    #[arg(long, value_name = "CIDR")]
    pub(crate) allow_from: Vec<Network>,
    /// Let no client in from this network, not even an allowed one; may be repeated
    #[arg(long, value_name = "CIDR")]
    pub(crate) deny_from: Vec<Network>,
    /// PostgreSQL major version: 15 to 18 [default: the newest found, see `pgs doctor`]
    #[arg(long, value_name = "MAJOR")]
    pub(crate) pg_version: Option<PgMajor>,
    /// SQL to run once with the tenant's rights; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) init_script: Vec<PathBuf>,
    /// SQL to run once with superuser rights, before the others; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) init_script_as_admin: Vec<PathBuf>,
    /// A PostgreSQL setting of its own; may be repeated
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub(crate) settings: Vec<Setting>,
    /// Make its role a superuser (refused where that would reach other tenants' files)
    #[arg(long)]
    pub(crate) superuser: bool,
}

/// Where a password comes from; without any of these, one is generated and shown once.
#[derive(Debug, ClapArgs)]
#[group(multiple = false)]
pub(crate) struct PasswordSource {
    /// The password itself (other users of this machine can see it while the command runs)
    #[arg(long, value_name = "P", hide_env_values = true)]
    pub(crate) password: Option<String>,
    /// A file that holds the password; one line break at its end is not part of it
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Read the password from standard input
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct List {
    /// List the trash instead
    #[arg(long)]
    pub(crate) trash: bool,
    /// Also ask every running server for its size and its sessions
    #[arg(long, conflicts_with = "trash")]
    pub(crate) stats: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Url {
    /// The tenant's name
    pub(crate) tenant: TenantId,
    /// The proxy's address [default: the first `listen` of pgs.toml, else 127.0.0.1:5432]
    #[arg(long, value_name = "ADDR")]
    pub(crate) address: Option<ListenAddress>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Psql {
    /// The tenant's name
    pub(crate) tenant: TenantId,
    /// Arguments for psql
    #[arg(last = true)]
    pub(crate) args: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Passwd {
    /// The tenant's name
    pub(crate) tenant: TenantId,
    #[command(flatten)]
    pub(crate) password: PasswordSource,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Set {
    /// The tenant's name
    pub(crate) tenant: TenantId,
    #[command(flatten)]
    pub(crate) changes: Changes,
}

/// What `pgs set` changes; what is not named stays as it is.
#[derive(Debug, ClapArgs)]
#[group(required = true, multiple = true)]
pub(crate) struct Changes {
    /// Memory of all its processes, such as 512m
    #[arg(long, value_name = "SIZE|none", value_parser = change::<ByteSize>)]
    pub(crate) memory: Option<Change<ByteSize>>,
    /// Processors, such as 0.5
    #[arg(long, value_name = "N|none", value_parser = change::<Cpus>)]
    pub(crate) cpus: Option<Change<Cpus>>,
    /// Processes and threads
    #[arg(long, value_name = "N|none", value_parser = change::<u32>)]
    pub(crate) pids: Option<Change<u32>>,
    /// Shared memory, such as 64m
    #[arg(long, value_name = "SIZE|none", value_parser = change::<ByteSize>)]
    pub(crate) shm: Option<Change<ByteSize>>,
    /// Sessions through the proxy at one time
    #[arg(long, value_name = "N|none", value_parser = sessions)]
    pub(crate) max_connections: Option<Change<u32>>,
    /// Let clients in from these networks only, such as `10.0.0.0/8,10.9.0.1`
    #[arg(long, value_name = "CIDR,...|none", value_parser = networks)]
    pub(crate) allow_from: Option<Change<Vec<Network>>>,
    /// Let no client in from these networks, not even an allowed one
    #[arg(long, value_name = "CIDR,...|none", value_parser = networks)]
    pub(crate) deny_from: Option<Change<Vec<Network>>>,
    /// A PostgreSQL setting of its own; may be repeated
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub(crate) set: Vec<Setting>,
    /// A setting of its own that it is to have no longer; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) unset: Vec<SettingName>,
}

/// A limit, or the word that lifts it.
fn change<T: FromStr>(text: &str) -> Result<Change<T>, T::Err> {
    match text {
        "none" => Ok(Change::Lift),
        value => value.parse().map(Change::Set),
    }
}

fn networks(text: &str) -> Result<Change<Vec<Network>>, String> {
    if text == "none" {
        return Ok(Change::Lift);
    }
    let listed: Result<_, pgs::Error> = text.split(',').map(|one| one.trim().parse()).collect();
    listed
        .map(Change::Set)
        .map_err(|error| match error.remedy() {
            Some(remedy) => format!("{error}; {remedy}"),
            None => error.to_string(),
        })
}

fn sessions(text: &str) -> Result<Change<u32>, String> {
    let wrong = || format!("`{text}` is neither a number from 1 to {MOST_SESSIONS} nor `none`");
    match change(text).map_err(|_| wrong())? {
        Change::Set(number) if !(1..=MOST_SESSIONS).contains(&number) => Err(wrong()),
        change => Ok(change),
    }
}

const MOST_SESSIONS: u32 = 100_000;

#[derive(Debug, ClapArgs)]
pub(crate) struct Init {
    /// The tenant's name
    pub(crate) tenant: TenantId,
    /// SQL files, in this order
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Run them with superuser rights
    #[arg(long)]
    pub(crate) as_admin: bool,
}

/// Tenants by name, or all of them.
#[derive(Debug, ClapArgs)]
pub(crate) struct Several {
    /// Only these tenants [default: all]
    #[arg(value_name = "TENANT")]
    named: Vec<TenantId>,
    /// Only this tenant; may be repeated
    #[arg(long = "tenant", value_name = "TENANT")]
    also: Vec<TenantId>,
}

impl Several {
    /// The tenants that were named, none for all.
    pub(crate) fn names(&self) -> Vec<TenantId> {
        self.named.iter().chain(&self.also).cloned().collect()
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Start {
    #[command(flatten)]
    pub(crate) tenants: Several,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Stop {
    #[command(flatten)]
    pub(crate) tenants: Several,
    /// Kill the servers instead of shutting them down; they recover at their next start
    #[arg(long)]
    pub(crate) immediate: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Remove {
    /// The tenant's name
    #[arg(required_unless_present = "uid")]
    pub(crate) tenant: Option<TenantId>,
    /// Delete it for good, there is no way back: the tenant of this name or, if there is none, the last removed one
    #[arg(long)]
    pub(crate) purge: bool,
    /// A certain one, also in the trash, by the uid that `pgs list --trash` shows
    #[arg(long, conflicts_with = "tenant", requires = "purge")]
    pub(crate) uid: Option<TenantUid>,
    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Restore {
    /// The name it had; the one removed last comes back
    #[arg(required_unless_present = "uid")]
    pub(crate) tenant: Option<TenantId>,
    /// A certain one, by the uid that `pgs list --trash` shows
    #[arg(long, conflicts_with = "tenant")]
    pub(crate) uid: Option<TenantUid>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Serve {
    /// An address with a port, `unix:FOLDER` or `unix:FOLDER:PORT`, or `systemd` for the sockets it passed; may be repeated
    /// [default: 127.0.0.1:5432]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Vec<String>,
    /// Take the place of the `pgs serve` that runs on this state directory; no connection attempt fails meanwhile, and that
    /// one keeps its sessions until they end
    #[arg(long)]
    pub(crate) takeover: bool,
    /// Return as soon as it accepts connections, and leave it running; its log goes on to the same standard error, so redirect
    /// that (2>serve.log) where it is read until its end
    #[arg(long)]
    pub(crate) background: bool,
    /// Serve metrics for Prometheus over HTTP [default address: 127.0.0.1:9432]
    #[arg(long, value_name = "ADDR", num_args = 0..=1, default_missing_value = "127.0.0.1:9432")]
    pub(crate) metrics: Option<String>,
    /// How the log is written [default: text, with --json json]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) log_format: Option<LogFormat>,
    /// A certificate, so that clients can speak TLS (PEM, intermediate ones behind it)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Its key (PEM, readable by nobody else)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people
    Text,
    /// A JSON object on each line
    Json,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Top {
    /// Show each session of this tenant instead
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<TenantId>,
    /// What comes first
    #[arg(long, value_name = "COLUMN", default_value = "sessions")]
    pub(crate) sort: Sort,
    /// Print it once, instead of every second until `q`
    #[arg(long)]
    pub(crate) once: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Sort {
    /// By name
    Tenant,
    /// The most sessions
    Sessions,
    /// The most bytes per second, or with --once the most bytes
    Bytes,
    /// The most logins
    Logins,
    /// The oldest session
    Oldest,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Tls {
    /// Make a certificate that vouches for itself, for a first try
    SelfSigned(SelfSigned),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct SelfSigned {
    /// A DNS name or IP address of this machine; may be repeated [default: localhost and its addresses]
    #[arg(long, value_name = "DNS")]
    pub(crate) name: Vec<String>,
    /// Where to write server.crt and server.key [default: tls in the state directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Logs {
    /// The tenant's name
    pub(crate) tenant: TenantId,
    /// How many lines
    #[arg(short = 'n', long, default_value_t = 50)]
    pub(crate) lines: usize,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Events {
    /// Only this tenant's
    pub(crate) tenant: Option<TenantId>,
    /// Only events after this number
    #[arg(long, default_value_t = 0)]
    pub(crate) after: u64,
    /// At most this many, the newest
    #[arg(short = 'n', long, default_value_t = 100)]
    pub(crate) limit: usize,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Reconcile {
    /// Also take storage without a record into the catalogue: the way back from a lost catalogue
    #[arg(long)]
    pub(crate) rebuild: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Import {
    /// Where docker-compose.yml and tenant-access.json are; nothing there is changed
    pub(crate) folder: PathBuf,
    /// Print what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Make the tenants only, and run their init scripts, instead of bringing their data over
    #[arg(long, conflicts_with = "from")]
    pub(crate) without_data: bool,
    /// Leave out the limits of the old servers, where the host cannot enforce them or nobody needs them
    #[arg(long)]
    pub(crate) without_limits: bool,
    /// Where a tenant's old server is, if not where the files say; without a password, that of the files; may be repeated
    #[arg(long, value_name = "TENANT=URL", value_parser = pair::<TenantId, OldServer>)]
    pub(crate) from: Vec<(TenantId, OldServer)>,
    /// The name that a tenant gets instead of its old one; may be repeated
    #[arg(long, value_name = "OLD=NEW", value_parser = pair::<String, TenantId>)]
    pub(crate) rename: Vec<(String, TenantId)>,
    /// Only this tenant, also if it was imported and removed before; may be repeated
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Vec<TenantId>,
    /// PostgreSQL major version of all of them: 15 to 18 [default: that of their images]
    #[arg(long, value_name = "MAJOR")]
    pub(crate) pg_version: Option<PgMajor>,
}

/// Two values with `=` between them.
fn pair<A, B>(text: &str) -> Result<(A, B), String>
where
    A: FromStr<Err: std::fmt::Display>,
    B: FromStr<Err: std::fmt::Display>,
{
    let (first, second) = text
        .split_once('=')
        .ok_or("there is no `=` in it, as in NAME=VALUE")?;
    let first = first.parse().map_err(|error: A::Err| error.to_string())?;
    let second = second.parse().map_err(|error: B::Err| error.to_string())?;
    Ok((first, second))
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}
