/** A size in bytes: a number, or a text such as `512m`. */
export type Size = number | bigint | string

/** What a manager is opened with: the keys of `pgs.toml`, all of them optional. */
export interface OpenOptions {
  /** Where tenants live. Default: `/var/lib/pgs` for root, else `~/.local/state/pgs`. */
  stateDir?: string
  /** The path of a `pgs.toml`, over whose keys the other options win. */
  config?: string
  /** What makes new tenants. Default: `local`. */
  provisioner?: 'local' | 'docker'
  /** How many days a removed tenant can be restored. Default: 7. */
  trashDays?: number
  /** The local provisioner. */
  local?: LocalOptions
  /** The provisioner of Docker containers. */
  docker?: DockerOptions
  /** What `serve` starts from. */
  serve?: ServeSection
  /** Servers that die: how patiently they are started again. */
  restart?: RestartOptions
}

/** The local provisioner: where PostgreSQL's programs are and who runs them. */
export interface LocalOptions {
  /** The folder of `postgres` and `initdb` for a major version, such as `{ 18: '/usr/lib/postgresql/18/bin' }`. */
  bindir?: Record<string, string>
  /** Such folders that count only if there are no others. What npm brought is always behind them. */
  fallbackBindirs?: string[]
  /** The unprivileged OS user that servers run as when this process is root. Default: `pgs`, else `postgres`. */
  osUser?: string
}

/** The provisioner of Docker containers: where the engine is and what it runs. */
export interface DockerOptions {
  /** Where the engine is, such as `unix:///var/run/docker.sock`. Default: what the `docker` command would use. */
  host?: string
  /** Whose containers and volumes are whose on one engine. Default: the state directory's path. */
  installation?: string
  /** The image of every major version; `{major}` stands for its number. Default: `postgres:{major}`. */
  image?: string
  /** The image of one major version, instead, such as `{ 18: 'postgres:18.1-alpine' }`. */
  images?: Record<string, string>
  /** Whether an image that the engine does not have is pulled. Default: yes. */
  pull?: boolean
  /** The user inside the container that the server runs as. Default: `postgres`. */
  user?: string
  /** Whether the container's root file system is read-only. Default: yes. */
  readOnly?: boolean
  /** How servers are reached. Default: `socket`. */
  transport?: 'socket' | 'bridge' | 'published'
  /** A directory whose `*.sql` and `*.sh` the image runs when a tenant is made. */
  initdbDir?: string
  /** Seconds until a server must have answered its first query. Default: 60. */
  startSeconds?: number
  /** Seconds that a stop may take before it is reported as going on. Default: 120. */
  stopSeconds?: number
}

/** Servers that die: how patiently they are started again. */
export interface RestartOptions {
  /** Milliseconds before the second restart in a row; each further one waits twice as long. Default: 500. */
  firstBackoffMs?: number
  /** The longest wait in seconds. Default: 30. */
  longestBackoffSeconds?: number
  /** How many deaths within the window make a crash loop. Default: 6. */
  deaths?: number
  /** The window in seconds. Default: 600. */
  windowSeconds?: number
}

/** The section `[serve]` of `pgs.toml`: where a proxy listens and what it allows. */
export interface ServeSection {
  /** Addresses without a policy of their own. Default: a free port of 127.0.0.1. */
  listen?: string | string[]
  /** Addresses with a policy of their own. */
  listener?: ListenerOptions[]
  /** Certificates. Default: none, so that no listener speaks TLS. */
  tls?: TlsOptions
  /** Who may learn why a tenant cannot be reached. Default: `loopback`. */
  disclose?: 'loopback' | 'always' | 'never'
  /** Sessions at one time, whoever's. Default: 10 000. */
  maxSessions?: number
  /** Sessions of one tenant at one time, where it has no limit of its own. Default: no limit. */
  maxSessionsPerTenant?: number
  /** Sessions of one address at one time. Default: no limit. */
  maxSessionsPerAddress?: number
  /** Connections at one time that have not said yet what they want. Default: 2 048. */
  maxHandshakes?: number
  /** How many of them may be one address's. Default: 512. */
  maxHandshakesPerAddress?: number
  /** Threads among which connections are shared out. Default: one for each processor. */
  threads?: number
  /** Clients at one time that are held because their tenants are starting. Default: 2 000. */
  maxWaiting?: number
  /** How many of them may be one tenant's. Default: 500. */
  maxWaitingPerTenant?: number
  /** Seconds that such a client is held. Default: 10. */
  startWaitSeconds?: number
  /** Seconds from accepting a connection to the end of its startup packet. Default: 10. */
  handshakeSeconds?: number
  /** Seconds that sessions may go on after the proxy was told to shut down. Default: 30. */
  drainSeconds?: number
  /** Seconds that their servers then have to end those that are left. Default: 5. */
  endSeconds?: number
  /** Failed logins. */
  bans?: BansOptions
  /** Logins that are not finished. */
  logins?: LoginsOptions
  /** Where Prometheus asks for metrics, an address with a port. Default: nowhere. */
  metrics?: string
  /** How many tenants have series of their own. Default: 100. */
  metricsTenants?: number
  /** Whether and how each session is logged at its end. */
  accessLog?: 'text' | 'json' | 'off'
  /** The file that sessions are logged to. */
  accessLogFile?: string
}

/** An address and what it allows. */
export interface ListenerOptions {
  /** An address with a port, or `unix:` and the folder of a Unix socket. */
  address: string
  /** Whether clients speak TLS. Default: with a certificate `allow`, else `off`. */
  tls?: 'off' | 'allow' | 'require'
  /** What may name a client's tenant. Default: `['user']`. */
  keys?: Array<'user' | 'role.tenant' | 'host' | 'database' | 'options'>
  /** For the key `host`: what is behind the tenant's name in a host name, such as `db.example.com`. */
  hostSuffixes?: string[]
  /** From which networks clients may come. Default: from everywhere. */
  allow?: string[]
  /** From which networks none may come, even if it is allowed. Default: none. */
  deny?: string[]
  /** The load balancers in front of it, which say by a PROXY header where each client is. Default: none. */
  proxyProtocol?: string[]
  /** Who may connect to its Unix socket, such as `0770`. Default: everybody on this machine. */
  socketMode?: string
}

/** Certificates. */
export interface TlsOptions {
  /** A PEM file: the certificate, then the intermediate ones. */
  cert?: string
  /** A PEM file: its key, which nobody else may read. */
  key?: string
  /** More pairs, for other host names. */
  pair?: Array<{ cert: string; key: string }>
  /** The oldest version of TLS that is spoken. Default: 1.2. */
  minVersion?: '1.2' | '1.3'
  /** A PEM file of the authorities whose clients are let in. */
  clientCa?: string
  /** Whether clients need a certificate. Default: `request`. */
  clientCert?: 'request' | 'require'
}

/** When failed logins get an address turned away at a tenant. */
export interface BansOptions {
  /** How many wrong passwords within the window make a ban; 0 for no bans. Default: 10. */
  failures?: number
  /** The window in seconds. Default: 60. */
  windowSeconds?: number
  /** The first ban in seconds; each further one is twice as long. Default: 1. */
  firstSeconds?: number
  /** The longest ban in seconds. Default: 900. */
  longestSeconds?: number
  /** Whether addresses of this machine are banned, too. Default: no. */
  loopback?: boolean
}

/** How many logins may be unfinished at one time. */
export interface LoginsOptions {
  /** At one tenant; more wait for their turn. Default: 32. */
  perTenant?: number
  /** At one tenant for replication. Default: 4. */
  perTenantForReplication?: number
  /** At one tenant from one address; more wait for their turn. Default: 16. */
  perTenantAndAddress?: number
  /** From one address, those that wait included. Default: 256. */
  perAddress?: number
  /** Of everybody, those that wait included. Default: a quarter of `maxSessions`. */
  all?: number
  /** Seconds that a login waits for its turn. Default: 10. */
  waitSeconds?: number
}

/** How to serve: the section `[serve]`, and what `pgs serve` does by itself or has flags for. */
export interface ServeOptions extends ServeSection {
  /** Whether a later process may take over. Default: no. */
  replaceable?: boolean
  /** Whether it takes over from the process that serves this state directory. Default: no. */
  takeover?: boolean
  /** Whether `pgs top` and `pgs show` may ask it. Default: no. */
  statusSocket?: boolean
}

/** What a tenant is created with; the names are those of the flags of `pgs create`. */
export interface CreateOptions {
  /** The password of its role. Default: a generated one. */
  password?: string
  /** Whether clients may come in at once. Default: no, they wait for `enable`. */
  enable?: boolean
  /** Whether removing it is refused until `unprotect`. Default: no. */
  protect?: boolean
  /** The major version of PostgreSQL, 15 to 18. Default: the newest found. */
  pgVersion?: number | string
  /** Memory of all its processes, such as `512m`. */
  memory?: Size
  /** Processors, such as 0.5. */
  cpus?: number | string
  /** Processes and threads. */
  pids?: number
  /** Shared memory, such as `64m`. */
  shm?: Size
  /** Sessions through the proxy at one time. */
  maxConnections?: number
  /** PostgreSQL settings of its own. */
  settings?: Record<string, string | number | boolean>
  /** Whether its role is a superuser; refused where that would reach other tenants' files. */
  superuser?: boolean
  /** Networks that clients may come from, such as `10.0.0.0/8`. Default: from everywhere. */
  allowFrom?: string[]
  /** Networks that none may come from, even if it is allowed. */
  denyFrom?: string[]
  /** SQL to run once, in this order, when it is made. */
  initScripts?: InitScript[]
}

/** SQL that is run once in a tenant's database. */
export interface InitScript {
  /** What it is recorded under: a name that was run is not run again. */
  name: string
  /** The SQL. */
  sql: string
  /** Whether it runs with a superuser's rights instead of the tenant's. Default: no. */
  asAdmin?: boolean
}

/** What is to become different about a tenant: what is not named stays, a limit that is null is lifted. */
export interface AlterOptions {
  /** Memory of all its processes, such as `512m`. */
  memory?: Size | null
  /** Processors, such as 0.5. */
  cpus?: number | string | null
  /** Processes and threads. */
  pids?: number | null
  /** Shared memory, such as `64m`. */
  shm?: Size | null
  /** Sessions through the proxy at one time. */
  maxConnections?: number | null
  /** PostgreSQL settings of its own. */
  set?: Record<string, string | number | boolean>
  /** Settings of its own that it is to have no longer. */
  unset?: string[]
}

/** From where clients may come from now on: what is not named stays, null lifts it. */
export interface NetworksOptions {
  /** Networks that clients may come from, such as `10.0.0.0/8`. */
  allowFrom?: string[] | null
  /** Networks that none may come from, even if it is allowed. */
  denyFrom?: string[] | null
}
