/// Defines what operations answer, in the package of a language: `$object` is what makes a struct one of that language's
/// objects, `Moment` and `moment` must be in scope, that language's type for a point in time and what makes one.
///
/// One definition, so that no language has a field the other has not. Whole numbers are 64 bits wide and signed, which
/// JavaScript and Python both have.
#[macro_export]
macro_rules! reports {
    ($(#[$object:meta])+) => {
        /// What the catalogue knows of a tenant.
        $(#[$object])+
        #[derive(Clone, Debug)]
        pub struct Tenant {
            /// Its name: role, database and routing key. In the trash, the name it had.
            pub id: String,
            /// Who it is for ever, a UUID.
            pub uid: String,
            /// Where it is: `creating`, `stopped`, `starting`, `running`, `stopping`, `suspended`, `removing`, `trashed` or
            /// `failed`.
            pub state: String,
            /// What it should become: `running`, `stopped`, `trashed` or `gone`.
            pub desired: String,
            /// Whether clients may come in: `enabled` or `disabled`.
            pub access: String,
            /// Whether removing is refused.
            pub protected: bool,
            /// What made it: `local` or `docker`.
            pub provisioner: String,
            /// The major version of `PostgreSQL` that it runs.
            pub pg_version: i64,
            /// Where its server listens while it runs.
            pub endpoint: Option<String>,
            /// When it was asked for.
            pub created_at: Moment,
            /// When it came into the trash.
            pub trashed_at: Option<Moment>,
            /// Why it was given up, if it was.
            pub error: Option<String>,
            /// What it may use at most.
            pub limits: Limits,
            /// `PostgreSQL` settings of its own.
            pub settings: ::std::collections::HashMap<String, String>,
            /// From where its clients may come.
            pub networks: Networks,
            /// Whether its role is a superuser.
            pub superuser: bool,
        }

        /// What a tenant may use at most. A limit that is not set is the machine's own.
        $(#[$object])+
        #[derive(Clone, Debug)]
        pub struct Limits {
            /// Bytes of memory of all its processes together.
            pub memory_bytes: Option<i64>,
            /// Processors.
            pub cpus: Option<f64>,
            /// Processes and threads.
            pub pids: Option<i64>,
            /// Bytes of shared memory.
            pub shm_bytes: Option<i64>,
            /// Sessions through the proxy at one time.
            pub max_connections: Option<i64>,
        }

        /// From where clients may come.
        $(#[$object])+
        #[derive(Clone, Debug)]
        pub struct Networks {
            /// Where they may come from; empty means everywhere.
            pub allow_from: Vec<String>,
            /// Where none may come from, even if it is allowed.
            pub deny_from: Vec<String>,
        }

        /// A tenant as it is right now.
        $(#[$object])+
        #[derive(Clone, Debug)]
        pub struct TenantView {
            /// What the catalogue knows.
            pub tenant: Tenant,
            /// Whether a server process is there.
            pub is_up: bool,
            /// What the server tells; none when it does not run or does not answer.
            pub stats: Option<Stats>,
            /// What it uses; none when it does not run or nobody counts.
            pub usage: Option<Usage>,
        }

        /// What a tenant's server tells of itself.
        $(#[$object])+
        #[derive(Clone, Debug)]
        pub struct Stats {
            /// Sessions of others than the manager.
            pub sessions: i64,
            /// Bytes of all its databases together.
            pub size_bytes: i64,
            /// The server's version, such as `18.6`.
            pub server_version: String,
            /// The system identifier from its control file, different for every server.
            pub system_identifier: String,
        }

        /// What a tenant's server uses right now, over all its processes; a field is none where nobody counts it.
        $(#[$object])+
        #[derive(Clone, Debug)]
        pub struct Usage {
            /// Bytes of memory, without the page cache that the kernel can take back at once.
            pub memory_bytes: Option<i64>,
            /// Processor time since the server started, in microseconds.
            pub cpu_micros: Option<i64>,
            /// Processor time used lately, in processors.
            pub cpus: Option<f64>,
            /// Processes and threads.
            pub pids: Option<i64>,
            /// How often the kernel killed one of its processes for want of memory, since the server started.
            pub oom_kills: Option<i64>,
        }

        /// Something that happened to a tenant.
        $(#[$object])+
        #[derive(Clone, Debug)]
        pub struct Event {
            /// Its number; later events have larger ones.
            pub seq: i64,
            /// When it was written.
            pub at: Moment,
            /// To whom it happened.
            pub uid: String,
            /// The tenant's name at that time.
            pub id: String,
            /// What happened, such as `created` or `access_enabled`.
            pub kind: String,
            /// The reason, where there is one.
            pub detail: Option<String>,
        }

        /// Why something failed.
        $(#[$object])+
        #[derive(Clone, Debug)]
        pub struct Failure {
            /// For programs, such as `PGS_BUSY`.
            pub code: String,
            /// For people.
            pub message: String,
            /// The one thing to try next, where there is one.
            pub remedy: Option<String>,
            /// Whether the same call may succeed later without anybody changing anything.
            pub retryable: bool,
        }

        /// What became of one tenant of many.
        $(#[$object])+
        #[derive(Clone, Debug)]
        pub struct Outcome {
            /// Its name.
            pub id: String,
            /// Why it failed, if it did.
            pub failure: Option<Failure>,
        }

        /// What recovering, reconciling or rebuilding found and did.
        $(#[$object])+
        #[derive(Clone, Debug)]
        pub struct Report {
            /// What was done. Tenants that were as they should be are not listed.
            pub done: Vec<Reconciled>,
            /// What could not be done, and why.
            pub problems: Vec<Outcome>,
            /// Storage without a record, kept because it is whole or because a server runs on it.
            pub orphans: Vec<Orphan>,
            /// Provisioners that could not be asked, and why.
            pub unreachable: Vec<Unreachable>,
        }

        /// What was done to a tenant.
        $(#[$object])+
        #[derive(Clone, Debug)]
        pub struct Reconciled {
            /// Its name.
            pub id: String,
            /// What was done, such as `started` or `taken_back`.
            pub what: String,
        }

        /// Storage without a record.
        $(#[$object])+
        #[derive(Clone, Debug)]
        pub struct Orphan {
            /// Whose it is.
            pub uid: String,
            /// The name on its label, where that can be read.
            pub id: Option<String>,
        }

        /// A provisioner that could not be asked.
        $(#[$object])+
        #[derive(Clone, Debug)]
        pub struct Unreachable {
            /// Which one.
            pub provisioner: String,
            /// Why.
            pub failure: Failure,
        }

        /// What became of a change.
        $(#[$object])+
        #[derive(Clone, Debug)]
        pub struct Alteration {
            /// What holds only from the next start on, such as `shared_buffers`; empty when everything holds now.
            pub at_next_start: Vec<String>,
        }

        /// What became of an init script.
        $(#[$object])+
        #[derive(Clone, Debug)]
        pub struct ScriptOutcome {
            /// What it is recorded under.
            pub name: String,
            /// Whether it was run now; false when it had been run before.
            pub applied: bool,
        }

        /// A listener's address.
        $(#[$object])+
        #[derive(Clone, Debug)]
        pub struct Listening {
            /// As it is configured.
            pub configured: String,
            /// As it is, with the port that the operating system chose.
            pub address: String,
        }

        /// A live session.
        $(#[$object])+
        #[derive(Clone, Debug)]
        pub struct Session {
            /// A number of its own in this proxy.
            pub number: i64,
            /// Whose session it is.
            pub tenant: String,
            /// The user name that its client sent.
            pub user: String,
            /// The database that its client asked for.
            pub database: String,
            /// What its client called itself when it connected.
            pub application_name: Option<String>,
            /// Where its client is.
            pub peer: String,
            /// The address it came in on.
            pub listener: String,
            /// How it is encrypted, such as `TLSv1.3`; none in the clear.
            pub tls: Option<String>,
            /// How far it is: `connecting`, `logging_in`, `turned_down` or `ready`.
            pub state: String,
            /// Seconds since its startup packet.
            pub age_seconds: f64,
            /// The process id that its server told its client.
            pub backend_pid: Option<i64>,
            /// Bytes from the client that reached the server.
            pub bytes_to_backend: i64,
            /// Bytes from the server that reached the client.
            pub bytes_to_client: i64,
        }

        /// An address that is turned away for failed logins.
        $(#[$object])+
        #[derive(Clone, Debug)]
        pub struct Ban {
            /// The tenant that was asked for, whether there is one or not.
            pub tenant: String,
            /// The address; of an IPv6 address the first 64 bits.
            pub address: String,
            /// Its failed logins there.
            pub failures: i64,
            /// How many seconds the ban still lasts.
            pub remaining_seconds: f64,
        }

        /// How the sessions of a proxy ended that was shut down.
        $(#[$object])+
        #[derive(Clone, Debug)]
        pub struct DrainReport {
            /// Those that ended by themselves before the grace was over.
            pub drained: i64,
            /// Those that their servers ended when it was over.
            pub ended: i64,
            /// Those whose sockets were closed, because no server ended them in time.
            pub cut: i64,
        }

        /// What a proxy has done since it was started.
        $(#[$object])+
        #[derive(Clone, Debug)]
        pub struct Counters {
            /// Connections taken from the listeners.
            pub accepted: i64,
            /// Sessions that were let through to a tenant's server.
            pub sessions: i64,
            /// Those of them that are still there.
            pub live_sessions: i64,
            /// Connections that ended before they made sense.
            pub malformed: i64,
            /// Refused sessions by their true reason; only reasons that occurred.
            pub refused: ::std::collections::HashMap<String, i64>,
            /// Cancel requests that were passed on.
            pub cancels_forwarded: i64,
            /// Bytes from clients to servers. Live sessions report every mebibyte.
            pub bytes_to_backend: i64,
            /// Bytes from servers to clients. Live sessions report every mebibyte.
            pub bytes_to_client: i64,
            /// How often an address was banned for failed logins.
            pub bans: i64,
            /// Whether it lets in nobody new since it is shutting down.
            pub draining: bool,
        }

        /// A count as both languages have it.
        fn whole(count: u64) -> i64 {
            i64::try_from(count).unwrap_or(i64::MAX)
        }

        fn texts<T: ToString>(list: &[T]) -> Vec<String> {
            list.iter().map(ToString::to_string).collect()
        }

        impl From<::pgs::TenantRecord> for Tenant {
            fn from(record: ::pgs::TenantRecord) -> Self {
                let settings = record.spec.settings.iter();
                let settings = settings.map(|one| (one.name().to_owned(), one.value().to_owned()));
                Self {
                    id: record.id.to_string(),
                    uid: record.uid.to_string(),
                    state: record.lifecycle.name().to_owned(),
                    desired: record.desired.name().to_owned(),
                    access: record.access.to_string(),
                    protected: record.protected,
                    pg_version: record.pg_version.number().into(),
                    endpoint: record.endpoint.as_ref().map(ToString::to_string),
                    created_at: moment(record.created_at),
                    trashed_at: record.trashed_at.map(moment),
                    error: match record.lifecycle {
                        ::pgs::Lifecycle::Failed(reason) => Some(reason),
                        _ => None,
                    },
                    settings: settings.collect(),
                    limits: record.spec.limits.into(),
                    networks: record.networks.into(),
                    superuser: record.spec.privilege == ::pgs::Privilege::Superuser,
                    provisioner: record.provisioner,
                }
            }
        }

        impl From<::pgs::Limits> for Limits {
            fn from(limits: ::pgs::Limits) -> Self {
                Self {
                    memory_bytes: limits.memory.map(|size| whole(size.bytes())),
                    cpus: limits.cpus.map(|cpus| f64::from(cpus.millis()) / 1000.0),
                    pids: limits.pids.map(i64::from),
                    shm_bytes: limits.shm.map(|size| whole(size.bytes())),
                    max_connections: limits.max_connections.map(i64::from),
                }
            }
        }

        impl From<::pgs::NetworkRules> for Networks {
            fn from(rules: ::pgs::NetworkRules) -> Self {
                Self {
                    allow_from: texts(&rules.allow),
                    deny_from: texts(&rules.deny),
                }
            }
        }

        impl From<::pgs::manager::TenantView> for TenantView {
            fn from(view: ::pgs::manager::TenantView) -> Self {
                Self {
                    tenant: view.record.into(),
                    is_up: view.is_up,
                    stats: view.stats.map(Stats::from),
                    usage: view.usage.map(Usage::from),
                }
            }
        }

        impl From<::pgs::provision::InstanceStats> for Stats {
            fn from(stats: ::pgs::provision::InstanceStats) -> Self {
                Self {
                    sessions: whole(stats.sessions),
                    size_bytes: whole(stats.size_bytes),
                    server_version: stats.server_version,
                    system_identifier: stats.system_identifier,
                }
            }
        }

        impl From<::pgs::provision::Usage> for Usage {
            fn from(usage: ::pgs::provision::Usage) -> Self {
                Self {
                    memory_bytes: usage.memory_bytes.map(whole),
                    cpu_micros: usage.cpu_micros.map(whole),
                    cpus: usage.cpu_millis.map(|millis| f64::from(millis) / 1000.0),
                    pids: usage.pids.map(whole),
                    oom_kills: usage.oom_kills.map(whole),
                }
            }
        }

        impl From<::pgs::catalog::Event> for Event {
            fn from(event: ::pgs::catalog::Event) -> Self {
                Self {
                    seq: whole(event.seq),
                    at: moment(event.at),
                    uid: event.uid.to_string(),
                    id: event.id.to_string(),
                    kind: event.kind.name().to_owned(),
                    detail: event.detail,
                }
            }
        }

        impl From<$crate::Fault> for Failure {
            fn from(fault: $crate::Fault) -> Self {
                Self {
                    code: fault.code,
                    message: fault.message,
                    remedy: fault.remedy,
                    retryable: fault.retryable,
                }
            }
        }

        impl From<(::pgs::TenantId, ::pgs::Result<()>)> for Outcome {
            fn from((id, outcome): (::pgs::TenantId, ::pgs::Result<()>)) -> Self {
                Self {
                    id: id.to_string(),
                    failure: outcome.err().map(|error| $crate::Fault::from(error).into()),
                }
            }
        }

        impl From<::pgs::manager::Report> for Report {
            fn from(report: ::pgs::manager::Report) -> Self {
                let done = report.done.into_iter().map(|(id, what)| Reconciled {
                    id: id.to_string(),
                    what: what.name().to_owned(),
                });
                let problems = report.problems.into_iter();
                let orphans = report.orphans.into_iter().map(|found| Orphan {
                    uid: found.uid.to_string(),
                    id: found.label.map(|label| label.id.to_string()),
                });
                let unreachable = report.unreachable.into_iter();
                let unreachable = unreachable.map(|(name, error)| Unreachable {
                    provisioner: name.to_owned(),
                    failure: $crate::Fault::from(error).into(),
                });
                Self {
                    done: done.collect(),
                    problems: problems.map(|(id, error)| (id, Err(error)).into()).collect(),
                    orphans: orphans.collect(),
                    unreachable: unreachable.collect(),
                }
            }
        }

        impl From<::pgs::provision::Alteration> for Alteration {
            fn from(alteration: ::pgs::provision::Alteration) -> Self {
                Self {
                    at_next_start: alteration.at_next_start,
                }
            }
        }

        impl From<(String, ::pgs::provision::ScriptOutcome)> for ScriptOutcome {
            fn from((name, outcome): (String, ::pgs::provision::ScriptOutcome)) -> Self {
                Self {
                    name,
                    applied: outcome == ::pgs::provision::ScriptOutcome::Applied,
                }
            }
        }

        impl From<&(String, ::pgs::ListenAddress)> for Listening {
            fn from((configured, address): &(String, ::pgs::ListenAddress)) -> Self {
                Self {
                    configured: configured.clone(),
                    address: address.to_string(),
                }
            }
        }

        impl From<::pgs::SessionInfo> for Session {
            fn from(session: ::pgs::SessionInfo) -> Self {
                Self {
                    number: whole(session.number),
                    tenant: session.tenant.to_string(),
                    user: session.user,
                    database: session.database,
                    application_name: session.application_name,
                    peer: session.peer.to_string(),
                    listener: session.listener.to_string(),
                    tls: session.tls.map(|version| version.to_string()),
                    state: session.state.name().to_owned(),
                    age_seconds: session.age.as_secs_f64(),
                    backend_pid: session.backend_pid.map(i64::from),
                    bytes_to_backend: whole(session.bytes_to_backend),
                    bytes_to_client: whole(session.bytes_to_client),
                }
            }
        }

        impl From<::pgs::Ban> for Ban {
            fn from(ban: ::pgs::Ban) -> Self {
                Self {
                    tenant: ban.tenant_text(),
                    address: ban.address.to_string(),
                    failures: whole(ban.failures),
                    remaining_seconds: ban.remaining.as_secs_f64(),
                }
            }
        }

        impl From<::pgs::DrainReport> for DrainReport {
            fn from(report: ::pgs::DrainReport) -> Self {
                let count = |count: usize| whole(count as u64);
                Self {
                    drained: count(report.drained),
                    ended: count(report.ended),
                    cut: count(report.cut),
                }
            }
        }

        impl From<&::pgs::Counters> for Counters {
            fn from(counters: &::pgs::Counters) -> Self {
                let now = counters.snapshot();
                let refused = now.refused.iter();
                let refused = refused.map(|(reason, count)| ((*reason).to_owned(), whole(*count)));
                Self {
                    accepted: whole(now.accepted),
                    sessions: whole(now.sessions),
                    live_sessions: whole(now.live_sessions),
                    malformed: whole(now.malformed),
                    refused: refused.collect(),
                    cancels_forwarded: whole(now.cancels_forwarded),
                    bytes_to_backend: whole(now.bytes_to_backend),
                    bytes_to_client: whole(now.bytes_to_client),
                    bans: whole(now.bans),
                    draining: now.draining,
                }
            }
        }
    };
}
