"""What operations answer. Generated from bindings/common/src/reports.rs by generate.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def _moment(millis: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=millis)


@dataclass(frozen=True, slots=True)
class Tenant:
    """What the catalogue knows of a tenant."""

    id: str
    """Its name: role, database and routing key. In the trash, the name it had."""
    uid: str
    """Who it is for ever, a UUID."""
    state: str
    """Where it is: `creating`, `stopped`, `starting`, `running`, `stopping`, `suspended`, `removing`, `trashed` or `failed`."""
    desired: str
    """What it should become: `running`, `stopped`, `trashed` or `gone`."""
    access: str
    """Whether clients may come in: `enabled` or `disabled`."""
    protected: bool
    """Whether removing is refused."""
    provisioner: str
    """What made it: `local` or `docker`."""
    pg_version: int
    """The major version of PostgreSQL that it runs."""
    endpoint: str | None
    """Where its server listens while it runs."""
    created_at: datetime
    """When it was asked for."""
    trashed_at: datetime | None
    """When it came into the trash."""
    error: str | None
    """Why it was given up, if it was."""
    limits: Limits
    """What it may use at most."""
    settings: dict[str, str]
    """PostgreSQL settings of its own."""
    networks: Networks
    """From where its clients may come."""
    superuser: bool
    """Whether its role is a superuser."""

    @classmethod
    def _from(cls, fields: dict[str, Any]) -> Tenant:
        fields["created_at"] = _moment(fields["created_at"])
        fields["trashed_at"] = None if fields["trashed_at"] is None else _moment(fields["trashed_at"])
        fields["limits"] = Limits._from(fields["limits"])
        fields["networks"] = Networks._from(fields["networks"])
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a tenant may use at most. A limit that is not set is the machine's own."""

    memory_bytes: int | None
    """Bytes of memory of all its processes together."""
    cpus: float | None
    """Processors."""
    pids: int | None
    """Processes and threads."""
    shm_bytes: int | None
    """Bytes of shared memory."""
    max_connections: int | None
    """Sessions through the proxy at one time."""

    @classmethod
    def _from(cls, fields: dict[str, Any]) -> Limits:
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Networks:
    """From where clients may come."""

    allow_from: list[str]
    """Where they may come from; empty means everywhere."""
    deny_from: list[str]
    """Where none may come from, even if it is allowed."""

    @classmethod
    def _from(cls, fields: dict[str, Any]) -> Networks:
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class TenantView:
    """A tenant as it is right now."""

    tenant: Tenant
    """What the catalogue knows."""
    is_up: bool
    """Whether a server process is there."""
    stats: Stats | None
    """What the server tells; `None` when it does not run or does not answer."""
    usage: Usage | None
    """What it uses; `None` when it does not run or nobody counts."""

    @classmethod
    def _from(cls, fields: dict[str, Any]) -> TenantView:
        fields["tenant"] = Tenant._from(fields["tenant"])
        fields["stats"] = None if fields["stats"] is None else Stats._from(fields["stats"])
        fields["usage"] = None if fields["usage"] is None else Usage._from(fields["usage"])
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Stats:
    """What a tenant's server tells of itself."""

    sessions: int
    """Sessions of others than the manager."""
    size_bytes: int
    """Bytes of all its databases together."""
    server_version: str
    """The server's version, such as `18.6`."""
    system_identifier: str
    """The system identifier from its control file, different for every server."""

    @classmethod
    def _from(cls, fields: dict[str, Any]) -> Stats:
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a tenant's server uses right now, over all its processes; a field is none where nobody counts it."""

    memory_bytes: int | None
    """Bytes of memory, without the page cache that the kernel can take back at once."""
    cpu_micros: int | None
    """Processor time since the server started, in microseconds."""
    cpus: float | None
    """Processor time used lately, in processors."""
    pids: int | None
    """Processes and threads."""
    oom_kills: int | None
    """How often the kernel killed one of its processes for want of memory, since the server started."""

    @classmethod
    def _from(cls, fields: dict[str, Any]) -> Usage:
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a tenant."""

    seq: int
    """Its number; later events have larger ones."""
    at: datetime
    """When it was written."""
    uid: str
    """To whom it happened."""
    id: str
    """The tenant's name at that time."""
    kind: str
    """What happened, such as `created` or `access_enabled`."""
    detail: str | None
    """The reason, where there is one."""

    @classmethod
    def _from(cls, fields: dict[str, Any]) -> Event:
        fields["at"] = _moment(fields["at"])
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something failed."""

    code: str
    """For programs, such as `PGS_BUSY`."""
    message: str
    """For people."""
    remedy: str | None
    """The one thing to try next, where there is one."""
    retryable: bool
    """Whether the same call may succeed later without anybody changing anything."""

    @classmethod
    def _from(cls, fields: dict[str, Any]) -> Failure:
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one tenant of many."""

    id: str
    """Its name."""
    failure: Failure | None
    """Why it failed, if it did."""

    @classmethod
    def _from(cls, fields: dict[str, Any]) -> Outcome:
        fields["failure"] = None if fields["failure"] is None else Failure._from(fields["failure"])
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Report:
    """What recovering, reconciling or rebuilding found and did."""

    done: list[Reconciled]
    """What was done. Tenants that were as they should be are not listed."""
    problems: list[Outcome]
    """What could not be done, and why."""
    orphans: list[Orphan]
    """Storage without a record, kept because it is whole or because a server runs on it."""
    unreachable: list[Unreachable]
    """Provisioners that could not be asked, and why."""

    @classmethod
    def _from(cls, fields: dict[str, Any]) -> Report:
        fields["done"] = [Reconciled._from(one) for one in fields["done"]]
        fields["problems"] = [Outcome._from(one) for one in fields["problems"]]
        fields["orphans"] = [Orphan._from(one) for one in fields["orphans"]]
        fields["unreachable"] = [Unreachable._from(one) for one in fields["unreachable"]]
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was done to a tenant."""

    id: str
    """Its name."""
    what: str
    """What was done, such as `started` or `taken_back`."""

    @classmethod
    def _from(cls, fields: dict[str, Any]) -> Reconciled:
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Orphan:
    """Storage without a record."""

    uid: str
    """Whose it is."""
    id: str | None
    """The name on its label, where that can be read."""

    @classmethod
    def _from(cls, fields: dict[str, Any]) -> Orphan:
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A provisioner that could not be asked."""

    provisioner: str
    """Which one."""
    failure: Failure
    """Why."""

    @classmethod
    def _from(cls, fields: dict[str, Any]) -> Unreachable:
        fields["failure"] = Failure._from(fields["failure"])
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Alteration:
    """What became of a change."""

    at_next_start: list[str]
    """What holds only from the next start on, such as `shared_buffers`; empty when everything holds now."""

    @classmethod
    def _from(cls, fields: dict[str, Any]) -> Alteration:
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class ScriptOutcome:
    """What became of an init script."""

    name: str
    """What it is recorded under."""
    applied: bool
    """Whether it was run now; false when it had been run before."""

    @classmethod
    def _from(cls, fields: dict[str, Any]) -> ScriptOutcome:
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Listening:
    """A listener's address."""

    configured: str
    """As it is configured."""
    address: str
    """As it is, with the port that the operating system chose."""

    @classmethod
    def _from(cls, fields: dict[str, Any]) -> Listening:
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Session:
    """A live session."""

    number: int
    """A number of its own in this proxy."""
    tenant: str
    """Whose session it is."""
    user: str
    """The user name that its client sent."""
    database: str
    """The database that its client asked for."""
    application_name: str | None
    """What its client called itself when it connected."""
    peer: str
    """Where its client is."""
    listener: str
    """The address it came in on."""
    tls: str | None
    """How it is encrypted, such as `TLSv1.3`; `None` in the clear."""
    state: str
    """How far it is: `connecting`, `logging_in`, `turned_down` or `ready`."""
    age_seconds: float
    """Seconds since its startup packet."""
    backend_pid: int | None
    """The process id that its server told its client."""
    bytes_to_backend: int
    """Bytes from the client that reached the server."""
    bytes_to_client: int
    """Bytes from the server that reached the client."""

    @classmethod
    def _from(cls, fields: dict[str, Any]) -> Session:
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Ban:
    """An address that is turned away for failed logins."""

    tenant: str
    """The tenant that was asked for, whether there is one or not."""
    address: str
    """The address; of an IPv6 address the first 64 bits."""
    failures: int
    """Its failed logins there."""
    remaining_seconds: float
    """How many seconds the ban still lasts."""

    @classmethod
    def _from(cls, fields: dict[str, Any]) -> Ban:
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class DrainReport:
    """How the sessions of a proxy ended that was shut down."""

    drained: int
    """Those that ended by themselves before the grace was over."""
    ended: int
    """Those that their servers ended when it was over."""
    cut: int
    """Those whose sockets were closed, because no server ended them in time."""

    @classmethod
    def _from(cls, fields: dict[str, Any]) -> DrainReport:
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Counters:
    """What a proxy has done since it was started."""

    accepted: int
    """Connections taken from the listeners."""
    sessions: int
    """Sessions that were let through to a tenant's server."""
    live_sessions: int
    """Those of them that are still there."""
    malformed: int
    """Connections that ended before they made sense."""
    refused: dict[str, int]
    """Refused sessions by their true reason; only reasons that occurred."""
    cancels_forwarded: int
    """Cancel requests that were passed on."""
    bytes_to_backend: int
    """Bytes from clients to servers. Live sessions report every mebibyte."""
    bytes_to_client: int
    """Bytes from servers to clients. Live sessions report every mebibyte."""
    bans: int
    """How often an address was banned for failed logins."""
    draining: bool
    """Whether it lets in nobody new since it is shutting down."""

    @classmethod
    def _from(cls, fields: dict[str, Any]) -> Counters:
        return cls(**fields)
