// Made by `npm run generate`; change ts/ instead.
/** What every call takes as, or in, its last argument. */
interface CallOptions {
    /**
     * Aborts the waiting: the call rejects at once with an `AbortError`. What was begun goes on to its end, so that nothing stays
     * half-made.
     */
    signal?: AbortSignal | undefined;
}
/** What a call takes that waits for what may never happen. */
interface WaitOptions extends CallOptions {
    /** Whether the process is kept alive while it waits. Default: no. */
    ref?: boolean | undefined;
}

/** A size in bytes: a number, or a text such as `512m`. */
type Size = number | bigint | string;
/** What a manager is opened with: the keys of `pgs.toml`, all of them optional. */
interface OpenOptions {
    /** Where tenants live. Default: `/var/lib/pgs` for root, else `~/.local/state/pgs`. */
    stateDir?: string;
    /** The path of a `pgs.toml`, over whose keys the other options win. */
    config?: string;
    /** What makes new tenants. Default: `local`. */
    provisioner?: 'local' | 'docker';
    /** How many days a removed tenant can be restored. Default: 7. */
    trashDays?: number;
    /** The local provisioner. */
    local?: LocalOptions;
    /** The provisioner of Docker containers. */
    docker?: DockerOptions;
    /** What `serve` starts from. */
    serve?: ServeSection;
    /** Servers that die: how patiently they are started again. */
    restart?: RestartOptions;
}
/** The local provisioner: where PostgreSQL's programs are and who runs them. */
interface LocalOptions {
    /** The folder of `postgres` and `initdb` for a major version, such as `{ 18: '/usr/lib/postgresql/18/bin' }`. */
    bindir?: Record<string, string>;
    /** Such folders that count only if there are no others. What npm brought is always behind them. */
    fallbackBindirs?: string[];
    /** The unprivileged OS user that servers run as when this process is root. Default: `pgs`, else `postgres`. */
    osUser?: string;
}
/** The provisioner of Docker containers: where the engine is and what it runs. */
interface DockerOptions {
    /** Where the engine is, such as `unix:///var/run/docker.sock`. Default: what the `docker` command would use. */
    host?: string;
    /** Whose containers and volumes are whose on one engine. Default: the state directory's path. */
    installation?: string;
    /** The image of every major version; `{major}` stands for its number. Default: `postgres:{major}`. */
    image?: string;
    /** The image of one major version, instead, such as `{ 18: 'postgres:18.1-alpine' }`. */
    images?: Record<string, string>;
    /** Whether an image that the engine does not have is pulled. Default: yes. */
    pull?: boolean;
    /** The user inside the container that the server runs as. Default: `postgres`. */
    user?: string;
    /** Whether the container's root file system is read-only. Default: yes. */
    readOnly?: boolean;
    /** How servers are reached. Default: `socket`. */
    transport?: 'socket' | 'bridge' | 'published';
    /** A directory whose `*.sql` and `*.sh` the image runs when a tenant is made. */
    initdbDir?: string;
    /** Seconds until a server must have answered its first query. Default: 60. */
    startSeconds?: number;
    /** Seconds that a stop may take before it is reported as going on. Default: 120. */
    stopSeconds?: number;
}
/** Servers that die: how patiently they are started again. */
interface RestartOptions {
    /** Milliseconds before the second restart in a row; each further one waits twice as long. Default: 500. */
    firstBackoffMs?: number;
    /** The longest wait in seconds. Default: 30. */
    longestBackoffSeconds?: number;
    /** How many deaths within the window make a crash loop. Default: 6. */
    deaths?: number;
    /** The window in seconds. Default: 600. */
    windowSeconds?: number;
}
/** The section `[serve]` of `pgs.toml`: where a proxy listens and what it allows. */
interface ServeSection {
    /** Addresses without a policy of their own. Default: a free port of 127.0.0.1. */
    listen?: string | string[];
    /** Addresses with a policy of their own. */
    listener?: ListenerOptions[];
    /** Certificates. Default: none, so that no listener speaks TLS. */
    tls?: TlsOptions;
    /** Who may learn why a tenant cannot be reached. Default: `loopback`. */
    disclose?: 'loopback' | 'always' | 'never';
    /** Sessions at one time, whoever's. Default: 10 000. */
    maxSessions?: number;
    /** Sessions of one tenant at one time, where it has no limit of its own. Default: no limit. */
    maxSessionsPerTenant?: number;
    /** Sessions of one address at one time. Default: no limit. */
    maxSessionsPerAddress?: number;
    /** Connections at one time that have not said yet what they want. Default: 2 048. */
    maxHandshakes?: number;
    /** How many of them may be one address's. Default: 512. */
    maxHandshakesPerAddress?: number;
    /** Threads among which connections are shared out. Default: one for each processor. */
    threads?: number;
    /** Clients at one time that are held because their tenants are starting. Default: 2 000. */
    maxWaiting?: number;
    /** How many of them may be one tenant's. Default: 500. */
    maxWaitingPerTenant?: number;
    /** Seconds that such a client is held. Default: 10. */
    startWaitSeconds?: number;
    /** Seconds from accepting a connection to the end of its startup packet. Default: 10. */
    handshakeSeconds?: number;
    /** Seconds that sessions may go on after the proxy was told to shut down. Default: 30. */
    drainSeconds?: number;
    /** Seconds that their servers then have to end those that are left. Default: 5. */
    endSeconds?: number;
    /** Failed logins. */
    bans?: BansOptions;
    /** Logins that are not finished. */
    logins?: LoginsOptions;
    /** Where Prometheus asks for metrics, an address with a port. Default: nowhere. */
    metrics?: string;
    /** How many tenants have series of their own. Default: 100. */
    metricsTenants?: number;
    /** Whether and how each session is logged at its end. */
    accessLog?: 'text' | 'json' | 'off';
    /** The file that sessions are logged to. */
    accessLogFile?: string;
}
/** An address and what it allows. */
interface ListenerOptions {
    /** An address with a port, or `unix:` and the folder of a Unix socket. */
    address: string;
    /** Whether clients speak TLS. Default: with a certificate `allow`, else `off`. */
    tls?: 'off' | 'allow' | 'require';
    /** What may name a client's tenant. Default: `['user']`. */
    keys?: Array<'user' | 'role.tenant' | 'host' | 'database' | 'options'>;
    /** For the key `host`: what is behind the tenant's name in a host name, such as `db.example.com`. */
    hostSuffixes?: string[];
    /** From which networks clients may come. Default: from everywhere. */
    allow?: string[];
    /** From which networks none may come, even if it is allowed. Default: none. */
    deny?: string[];
    /** The load balancers in front of it, which say by a PROXY header where each client is. Default: none. */
    proxyProtocol?: string[];
    /** Who may connect to its Unix socket, such as `0770`. Default: everybody on this machine. */
    socketMode?: string;
}
/** Certificates. */
interface TlsOptions {
    /** A PEM file: the certificate, then the intermediate ones. */
    cert?: string;
    /** A PEM file: its key, which nobody else may read. */
    key?: string;
    /** More pairs, for other host names. */
    pair?: Array<{
        cert: string;
        key: string;
    }>;
    /** The oldest version of TLS that is spoken. Default: 1.2. */
    minVersion?: '1.2' | '1.3';
    /** A PEM file of the authorities whose clients are let in. */
    clientCa?: string;
    /** Whether clients need a certificate. Default: `request`. */
    clientCert?: 'request' | 'require';
}
/** When failed logins get an address turned away at a tenant. */
interface BansOptions {
    /** How many wrong passwords within the window make a ban; 0 for no bans. Default: 10. */
    failures?: number;
    /** The window in seconds. Default: 60. */
    windowSeconds?: number;
    /** The first ban in seconds; each further one is twice as long. Default: 1. */
    firstSeconds?: number;
    /** The longest ban in seconds. Default: 900. */
    longestSeconds?: number;
    /** Whether addresses of this machine are banned, too. Default: no. */
    loopback?: boolean;
}
/** How many logins may be unfinished at one time. */
interface LoginsOptions {
    /** At one tenant; more wait for their turn. Default: 32. */
    perTenant?: number;
    /** At one tenant for replication. Default: 4. */
    perTenantForReplication?: number;
    /** At one tenant from one address; more wait for their turn. Default: 16. */
    perTenantAndAddress?: number;
    /** From one address, those that wait included. Default: 256. */
    perAddress?: number;
    /** Of everybody, those that wait included. Default: a quarter of `maxSessions`. */
    all?: number;
    /** Seconds that a login waits for its turn. Default: 10. */
    waitSeconds?: number;
}
/** How to serve: the section `[serve]`, and what `pgs serve` does by itself or has flags for. */
interface ServeOptions extends ServeSection {
    /** Whether a later process may take over. Default: no. */
    replaceable?: boolean;
    /** Whether it takes over from the process that serves this state directory. Default: no. */
    takeover?: boolean;
    /** Whether `pgs top` and `pgs show` may ask it. Default: no. */
    statusSocket?: boolean;
}
/** What a tenant is created with; the names are those of the flags of `pgs create`. */
interface CreateOptions {
    /** The password of its role. Default: a generated one. */
    password?: string;
    /** Whether clients may come in at once. Default: no, they wait for `enable`. */
    enable?: boolean;
    /** Whether removing it is refused until `unprotect`. Default: no. */
    protect?: boolean;
    /** The major version of PostgreSQL, 15 to 18. Default: the newest found. */
    pgVersion?: number | string;
    /** Memory of all its processes, such as `512m`. */
    memory?: Size;
    /** Processors, such as 0.5. */
    cpus?: number | string;
    /** Processes and threads. */
    pids?: number;
    /** Shared memory, such as `64m`. */
    shm?: Size;
    /** Sessions through the proxy at one time. */
    maxConnections?: number;
    /** PostgreSQL settings of its own. */
    settings?: Record<string, string | number | boolean>;
    /** Whether its role is a superuser; refused where that would reach other tenants' files. */
    superuser?: boolean;
    /** Networks that clients may come from, such as `10.0.0.0/8`. Default: from everywhere. */
    allowFrom?: string[];
    /** Networks that none may come from, even if it is allowed. */
    denyFrom?: string[];
    /** SQL to run once, in this order, when it is made. */
    initScripts?: InitScript[];
}
/** SQL that is run once in a tenant's database. */
interface InitScript {
    /** What it is recorded under: a name that was run is not run again. */
    name: string;
    /** The SQL. */
    sql: string;
    /** Whether it runs with a superuser's rights instead of the tenant's. Default: no. */
    asAdmin?: boolean;
}
/** What is to become different about a tenant: what is not named stays, a limit that is null is lifted. */
interface AlterOptions {
    /** Memory of all its processes, such as `512m`. */
    memory?: Size | null;
    /** Processors, such as 0.5. */
    cpus?: number | string | null;
    /** Processes and threads. */
    pids?: number | null;
    /** Shared memory, such as `64m`. */
    shm?: Size | null;
    /** Sessions through the proxy at one time. */
    maxConnections?: number | null;
    /** PostgreSQL settings of its own. */
    set?: Record<string, string | number | boolean>;
    /** Settings of its own that it is to have no longer. */
    unset?: string[];
}
/** From where clients may come from now on: what is not named stays, null lifts it. */
interface NetworksOptions {
    /** Networks that clients may come from, such as `10.0.0.0/8`. */
    allowFrom?: string[] | null;
    /** Networks that none may come from, even if it is allowed. */
    denyFrom?: string[] | null;
}

/** What became of a change. */
interface Alteration {
  /** What holds only from the next start on, such as `shared_buffers`; empty when everything holds now. */
  atNextStart: Array<string>
}

/** An address that is turned away for failed logins. */
interface Ban {
  /** The tenant that was asked for, whether there is one or not. */
  tenant: string
  /** The address; of an IPv6 address the first 64 bits. */
  address: string
  /** Its failed logins there. */
  failures: number
  /** How many seconds the ban still lasts. */
  remainingSeconds: number
}

/** What a proxy has done since it was started. */
interface Counters {
  /** Connections taken from the listeners. */
  accepted: number
  /** Sessions that were let through to a tenant's server. */
  sessions: number
  /** Those of them that are still there. */
  liveSessions: number
  /** Connections that ended before they made sense. */
  malformed: number
  /** Refused sessions by their true reason; only reasons that occurred. */
  refused: Record<string, number>
  /** Cancel requests that were passed on. */
  cancelsForwarded: number
  /** Bytes from clients to servers. Live sessions report every mebibyte. */
  bytesToBackend: number
  /** Bytes from servers to clients. Live sessions report every mebibyte. */
  bytesToClient: number
  /** How often an address was banned for failed logins. */
  bans: number
  /** Whether it lets in nobody new since it is shutting down. */
  draining: boolean
}

/** A tenant that was just made. */
interface Created {
  /** Its name: role, database and routing key. */
  id: string
  /** Who it is for ever, a UUID. */
  uid: string
  /** The major version of `PostgreSQL` that it runs. */
  pgVersion: number
  /** The password of its role: the given one, or a generated one that nobody can look up again. */
  password: string
}

/** How the sessions of a proxy ended that was shut down. */
interface DrainReport {
  /** Those that ended by themselves before the grace was over. */
  drained: number
  /** Those that their servers ended when it was over. */
  ended: number
  /** Those whose sockets were closed, because no server ended them in time. */
  cut: number
}

/** Something that happened to a tenant. */
interface Event {
  /** Its number; later events have larger ones. */
  seq: number
  /** When it was written. */
  at: Moment
  /** To whom it happened. */
  uid: string
  /** The tenant's name at that time. */
  id: string
  /** What happened, such as `created` or `access_enabled`. */
  kind: string
  /** The reason, where there is one. */
  detail: string | null
}

/** Why something failed. */
interface Failure {
  /** For programs, such as `PGS_BUSY`. */
  code: string
  /** For people. */
  message: string
  /** The one thing to try next, where there is one. */
  remedy: string | null
  /** Whether the same call may succeed later without anybody changing anything. */
  retryable: boolean
}

/** What a tenant may use at most. A limit that is not set is the machine's own. */
interface Limits {
  /** Bytes of memory of all its processes together. */
  memoryBytes: number | null
  /** Processors. */
  cpus: number | null
  /** Processes and threads. */
  pids: number | null
  /** Bytes of shared memory. */
  shmBytes: number | null
  /** Sessions through the proxy at one time. */
  maxConnections: number | null
}

/** A listener's address. */
interface Listening {
  /** As it is configured. */
  configured: string
  /** As it is, with the port that the operating system chose. */
  address: string
}

/** A point in time. */
type Moment = Date

/** From where clients may come. */
interface Networks {
  /** Where they may come from; empty means everywhere. */
  allowFrom: Array<string>
  /** Where none may come from, even if it is allowed. */
  denyFrom: Array<string>
}

/** Storage without a record. */
interface Orphan {
  /** Whose it is. */
  uid: string
  /** The name on its label, where that can be read. */
  id: string | null
}

/** What became of one tenant of many. */
interface Outcome {
  /** Its name. */
  id: string
  /** Why it failed, if it did. */
  failure: Failure | null
}

/** What was done to a tenant. */
interface Reconciled {
  /** Its name. */
  id: string
  /** What was done, such as `started` or `taken_back`. */
  what: string
}

/** What recovering, reconciling or rebuilding found and did. */
interface Report {
  /** What was done. Tenants that were as they should be are not listed. */
  done: Array<Reconciled>
  /** What could not be done, and why. */
  problems: Array<Outcome>
  /** Storage without a record, kept because it is whole or because a server runs on it. */
  orphans: Array<Orphan>
  /** Provisioners that could not be asked, and why. */
  unreachable: Array<Unreachable>
}

/** What became of an init script. */
interface ScriptOutcome {
  /** What it is recorded under. */
  name: string
  /** Whether it was run now; false when it had been run before. */
  applied: boolean
}

/** A live session. */
interface Session {
  /** A number of its own in this proxy. */
  number: number
  /** Whose session it is. */
  tenant: string
  /** The user name that its client sent. */
  user: string
  /** The database that its client asked for. */
  database: string
  /** What its client called itself when it connected. */
  applicationName: string | null
  /** Where its client is. */
  peer: string
  /** The address it came in on. */
  listener: string
  /** How it is encrypted, such as `TLSv1.3`; none in the clear. */
  tls: string | null
  /** How far it is: `connecting`, `logging_in`, `turned_down` or `ready`. */
  state: string
  /** Seconds since its startup packet. */
  ageSeconds: number
  /** The process id that its server told its client. */
  backendPid: number | null
  /** Bytes from the client that reached the server. */
  bytesToBackend: number
  /** Bytes from the server that reached the client. */
  bytesToClient: number
}

/** What a tenant's server tells of itself. */
interface Stats {
  /** Sessions of others than the manager. */
  sessions: number
  /** Bytes of all its databases together. */
  sizeBytes: number
  /** The server's version, such as `18.6`. */
  serverVersion: string
  /** The system identifier from its control file, different for every server. */
  systemIdentifier: string
}

/** What the catalogue knows of a tenant. */
interface Tenant {
  /** Its name: role, database and routing key. In the trash, the name it had. */
  id: string
  /** Who it is for ever, a UUID. */
  uid: string
  /**
   * Where it is: `creating`, `stopped`, `starting`, `running`, `stopping`, `suspended`, `removing`, `trashed` or
   * `failed`.
   */
  state: string
  /** What it should become: `running`, `stopped`, `trashed` or `gone`. */
  desired: string
  /** Whether clients may come in: `enabled` or `disabled`. */
  access: string
  /** Whether removing is refused. */
  protected: boolean
  /** What made it: `local` or `docker`. */
  provisioner: string
  /** The major version of `PostgreSQL` that it runs. */
  pgVersion: number
  /** Where its server listens while it runs. */
  endpoint: string | null
  /** When it was asked for. */
  createdAt: Moment
  /** When it came into the trash. */
  trashedAt: Moment | null
  /** Why it was given up, if it was. */
  error: string | null
  /** What it may use at most. */
  limits: Limits
  /** `PostgreSQL` settings of its own. */
  settings: Record<string, string>
  /** From where its clients may come. */
  networks: Networks
  /** Whether its role is a superuser. */
  superuser: boolean
}

/** A tenant as it is right now. */
interface TenantView {
  /** What the catalogue knows. */
  tenant: Tenant
  /** Whether a server process is there. */
  isUp: boolean
  /** What the server tells; none when it does not run or does not answer. */
  stats: Stats | null
  /** What it uses; none when it does not run or nobody counts. */
  usage: Usage | null
}

/** A provisioner that could not be asked. */
interface Unreachable {
  /** Which one. */
  provisioner: string
  /** Why. */
  failure: Failure
}

/** What a tenant's server uses right now, over all its processes; a field is none where nobody counts it. */
interface Usage {
  /** Bytes of memory, without the page cache that the kernel can take back at once. */
  memoryBytes: number | null
  /** Processor time since the server started, in microseconds. */
  cpuMicros: number | null
  /** Processor time used lately, in processors. */
  cpus: number | null
  /** Processes and threads. */
  pids: number | null
  /** How often the kernel killed one of its processes for want of memory, since the server started. */
  oomKills: number | null
}

/**
 * The log of changes as it grows: `for await (const event of pgs.follow())`. It goes on until it is left, closed or aborted, or
 * until its manager is closed. Waiting for the next event does not keep the process alive, unless `ref` says so.
 */
declare class Follow implements AsyncIterableIterator<Event, undefined> {
    #private;
    private constructor();
    /** The next event, waiting until there is one. Every event comes once, in order. */
    next(): Promise<IteratorResult<Event, undefined>>;
    /** Ends it; whoever waits for an event gets none. */
    close(): void;
    /** Ends it, as `break` does. */
    return(): Promise<IteratorResult<Event, undefined>>;
    [Symbol.asyncIterator](): this;
    [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A running proxy. It goes on until it is shut down or closed, or until its manager is closed. It does not keep the process
 * alive: a program that is nothing but a proxy is `pgs serve`.
 */
declare class Proxy {
    #private;
    private constructor();
    /** The address of the first listener that has a port, such as `127.0.0.1:5432`. Port 0 where all are Unix sockets. */
    get address(): string;
    /** Every listener's address. */
    get addresses(): string[];
    /** Every listener's address as it is configured, and as it is. */
    get listening(): Listening[];
    /** Where metrics are served, if they are. */
    get metricsAddress(): string | null;
    /** The addresses that other machines can reach and at which no TLS is spoken. */
    get exposed(): string[];
    /** The processes that it took over from; empty where there were none. */
    get predecessors(): number[];
    /** The live sessions, the oldest first. */
    sessions(options?: CallOptions): Promise<Session[]>;
    /** Who is turned away now for failed logins, the longest ban first. */
    bans(options?: CallOptions): Promise<Ban[]>;
    /** Forgets the failures of an IP address at a tenant; whether it was banned. */
    unban(tenant: string, address: string, options?: CallOptions): Promise<boolean>;
    /** What it has counted so far. */
    counters(options?: CallOptions): Promise<Counters>;
    /** Reads the configured certificates again; what is no good leaves the old ones in use. Changed files are also noticed
     * without this. */
    reloadCertificates(options?: CallOptions): Promise<void>;
    /**
     * Waits until another process has taken over, and tells its id where the system does; `PGS_CLOSED` if it ends before. Waiting
     * does not keep the process alive, unless `ref` says so.
     */
    replaced(options?: WaitOptions): Promise<number | null>;
    /** Lets in nobody new, and ends the sessions: by themselves within the drain grace, then by their servers. */
    shutdown(options?: CallOptions): Promise<DrainReport>;
    /**
     * The same, but no grace lasts longer than until `cut` settles or is aborted; then the sessions that are left are cut. If `cut`
     * fails until then, they are cut, too, and this fails with its reason.
     */
    shutdownUntil(cut: PromiseLike<unknown> | AbortSignal, options?: CallOptions): Promise<DrainReport>;
    /** Waits for the end of the last session after another process has taken over, and tells how the sessions ended. */
    finished(options?: CallOptions): Promise<DrainReport>;
    /** Lets in nobody new, and ends the sessions at once. Called again, it answers the same. */
    close(options?: CallOptions): Promise<DrainReport>;
    [Symbol.asyncDispose](): Promise<void>;
}

/** Servers that die are started again, until this or its manager is closed. It does not keep the process alive. */
declare class Supervision {
    #private;
    private constructor();
    /** Ends it; servers go on. */
    close(options?: CallOptions): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}

/**
 * An open state directory: every operation on tenants. Tenants' servers outlive it, but for those of `ephemeral`.
 *
 * Operations that change something go on to their end even if nobody waits for them any more.
 */
declare class Pgs {
    #private;
    private constructor();
    /** Where the tenants live. */
    get stateDir(): string;
    /** The connection URI of a tenant behind a proxy, or behind one at this address, without a password. */
    url(id: string, address: string | Proxy): string;
    /** The same with the password in it: a secret, for a client's configuration, never for a log. */
    urlWithPassword(id: string, address: string | Proxy, password: string): string;
    /**
     * Creates a tenant, and answers when its server has answered a query. `password` of what it answers is not enumerable, so
     * that no log shows it by accident.
     */
    create(id: string, options?: CreateOptions & CallOptions): Promise<Created>;
    /** The tenant of this name. */
    get(id: string, options?: CallOptions): Promise<Tenant>;
    /** Every tenant outside the trash. */
    list(options?: CallOptions): Promise<Tenant[]>;
    /** Every tenant in the trash. */
    listTrash(options?: CallOptions): Promise<Tenant[]>;
    /** A tenant and what its server tells of itself. */
    show(id: string, options?: CallOptions): Promise<TenantView>;
    /** The last lines of a tenant's server log. */
    logs(id: string, lines?: number, options?: CallOptions): Promise<string>;
    /** A page of the log of changes: at most `limit` events with numbers larger than `after`. */
    events(after?: number | bigint, limit?: number, options?: CallOptions): Promise<Event[]>;
    /** The log of changes from after this number on, as it grows, whichever process changes something; 0 for all of it. */
    follow(after?: number | bigint, options?: WaitOptions): Follow;
    /** Starts a tenant's server. */
    start(id: string, options?: CallOptions): Promise<void>;
    /** Stops a tenant's server: sessions are ended, a checkpoint is written. */
    stop(id: string, options?: CallOptions): Promise<void>;
    /** Stops a tenant's server in the given mode; `immediate` kills it, and it recovers at its next start. */
    stopWith(id: string, mode: 'fast' | 'immediate', options?: CallOptions): Promise<void>;
    /** Starts every tenant that is to run; what became of each. */
    startAll(options?: CallOptions): Promise<Outcome[]>;
    /** Stops every tenant; what became of each. */
    stopAll(options?: CallOptions): Promise<Outcome[]>;
    /** Opens or shuts a tenant's door. */
    setAccess(id: string, access: 'enabled' | 'disabled', options?: CallOptions): Promise<void>;
    /** Lets clients in from the next connection on. */
    enable(id: string, options?: CallOptions): Promise<void>;
    /** Lets no client in from the next connection on, and ends live sessions. */
    disable(id: string, options?: CallOptions): Promise<void>;
    /** Changes from where a tenant's clients may come, and answers from where they now may. */
    setNetworks(id: string, options: NetworksOptions & CallOptions): Promise<Networks>;
    /** Sets a tenant's password, or a generated one, and answers it. */
    setPassword(id: string, password?: string, options?: CallOptions): Promise<string>;
    /** Changes a tenant's limits and settings while it runs. */
    alter(id: string, options: AlterOptions & CallOptions): Promise<Alteration>;
    /** Refuses removing a tenant from now on. */
    protect(id: string, options?: CallOptions): Promise<void>;
    /** Allows removing a tenant again. */
    unprotect(id: string, options?: CallOptions): Promise<void>;
    /** Runs SQL in a tenant's database, each script once. */
    runInitScripts(id: string, scripts: InitScript[], options?: CallOptions): Promise<ScriptOutcome[]>;
    /** Moves a tenant to the trash, and answers its uid. */
    remove(id: string, options?: CallOptions): Promise<string>;
    /** Brings a tenant back from the trash: of this name, the one removed last. */
    restore(id: string, options?: CallOptions): Promise<void>;
    /** Brings this tenant back from the trash. */
    restoreUid(uid: string, options?: CallOptions): Promise<void>;
    /** Deletes a tenant for good: the one of this name, else the one of this name removed last. */
    purge(id: string, options?: CallOptions): Promise<void>;
    /** Deletes this tenant for good. */
    purgeUid(uid: string, options?: CallOptions): Promise<void>;
    /** Finishes or takes back what killed processes left unfinished. */
    recover(options?: CallOptions): Promise<Report>;
    /** Brings every tenant to where it should be. */
    reconcile(options?: CallOptions): Promise<Report>;
    /** Makes records for storage that has none: the way back from a lost catalogue. */
    rebuild(options?: CallOptions): Promise<Report>;
    /** Opens a proxy in front of all tenants: one port, on which a client names its tenant as the user. */
    serve(options?: ServeOptions & CallOptions): Promise<Proxy>;
    /** Starts servers again that die, until it is closed. */
    supervise(options?: CallOptions): Promise<Supervision>;
    /**
     * Ends its proxies at once, and, of `ephemeral`, stops and deletes everything. Tenants of others go on. Calls after it are
     * `PGS_CLOSED`; called again, it answers the same.
     */
    close(options?: CallOptions): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}

/** What an error of pgs is about. Each is the name of a kind of error in Rust; `PGS_CLOSED` is what is asked of a manager or a
 * proxy after it was closed. */
type PgsErrorCode = 'PGS_ALREADY_EXISTS' | 'PGS_BUSY' | 'PGS_CLOSED' | 'PGS_CONFLICT' | 'PGS_CORRUPT' | 'PGS_INIT_SCRIPT' | 'PGS_INSTANCE_FAILED' | 'PGS_INTERNAL' | 'PGS_INVALID_INPUT' | 'PGS_MISSING_DEPENDENCY' | 'PGS_NOT_FOUND' | 'PGS_PERMISSION_DENIED' | 'PGS_PROTECTED' | 'PGS_RESOURCE_EXHAUSTED' | 'PGS_TIMEOUT' | 'PGS_UNSUPPORTED' | 'PGS_WRONG_STATE';
/** Every error of pgs. Ask its `code`, never its text. */
declare class PgsError extends Error {
    /** For programs, such as `PGS_ALREADY_EXISTS`. */
    readonly code: PgsErrorCode;
    /** The one thing to try next, where there is one. */
    readonly remedy: string | null;
    /** Whether the same call may succeed later without anybody changing anything. */
    readonly retryable: boolean;
    private constructor();
}
/** What a call that was aborted rejects with. What it began goes on to its end. */
declare class AbortError extends Error {
    readonly code = "ABORT_ERR";
    /** @param cause the reason of the signal */
    constructor(cause?: unknown);
}

/**
 * Opens a state directory, making it if it is not there: its path, or the keys of `pgs.toml`. Any number of processes may open
 * the same one; they see the same tenants. What killed processes left unfinished is finished or taken back first.
 *
 * ```js
 * const pgs = await open('./state')
 * const { password } = await pgs.create('acme', { enable: true })
 * const proxy = await pgs.serve({ listen: '127.0.0.1:5432' })
 * console.log(pgs.url('acme', proxy)) // postgresql://acme@127.0.0.1:5432/acme
 * ```
 */
declare function open(options?: string | (OpenOptions & CallOptions)): Promise<Pgs>;
/**
 * Opens a throw-away manager in a temporary directory: what a test suite wants. `close` stops and deletes everything; where it is
 * not closed, that happens at the end of the process, and where that is killed, when the next one is opened.
 */
declare function ephemeral(options?: Omit<OpenOptions, 'stateDir'> & CallOptions): Promise<Pgs>;

export { AbortError, Follow, Pgs, PgsError, Proxy, Supervision, ephemeral, open };
export type { AlterOptions, Alteration, Ban, BansOptions, CallOptions, Counters, CreateOptions, Created, DockerOptions, DrainReport, Event, Failure, InitScript, Limits, ListenerOptions, Listening, LocalOptions, LoginsOptions, Moment, Networks, NetworksOptions, OpenOptions, Orphan, Outcome, PgsErrorCode, Reconciled, Report, RestartOptions, ScriptOutcome, ServeOptions, ServeSection, Session, Size, Stats, Tenant, TenantView, TlsOptions, Unreachable, Usage, WaitOptions };
