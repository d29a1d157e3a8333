"""What operations may be told: the keys of `pgs.toml`, and the names of the command's flags."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict, Union

Path = Union[str, "os.PathLike[str]"]
"""A path as text, or such as `pathlib.Path`."""
Size = Union[str, int, float]
"""A number, or a text with a unit, such as `512m`."""


class ScriptOptions(TypedDict, total=False):
    """SQL that is run once in a tenant's database. `name` and `sql` are needed."""

    name: str
    """What it is recorded under, usually its file name: a name that was run is not run again."""
    sql: str
    """SQL text."""
    as_admin: bool
    """Whether it has the rights of the manager's superuser, for `CREATE EXTENSION` and the like. Default: no."""


class CreateOptions(TypedDict, total=False):
    """How a tenant is created; the names are those of the flags of `pgs create`."""

    password: str | None
    """Its role's password. Default: a generated one."""
    enable: bool
    """Whether clients may come in at once. Default: no."""
    protect: bool
    """Whether removing is refused. Default: no."""
    pg_version: int | str | None
    """The major version of PostgreSQL. Default: the newest there is."""
    memory: Size | None
    """Bytes of memory of all its processes together."""
    cpus: Size | None
    """Processors."""
    pids: int | None
    """Processes and threads."""
    shm: Size | None
    """Bytes of shared memory."""
    max_connections: int | None
    """Sessions through the proxy at one time."""
    settings: Mapping[str, str | int | float | bool]
    """PostgreSQL settings of its own."""
    superuser: bool
    """Whether its role is a superuser. Default: no."""
    allow_from: Sequence[str]
    """Networks that its clients may come from. Default: everywhere."""
    deny_from: Sequence[str]
    """Networks that none may come from, even if they are allowed."""
    init_scripts: Sequence[ScriptOptions]
    """SQL that is run before it is there."""


class AlterOptions(TypedDict, total=False):
    """What becomes different about a tenant. What is not named stays; a limit that is `None` is lifted."""

    memory: Size | None
    cpus: Size | None
    pids: int | None
    shm: Size | None
    max_connections: int | None
    set: Mapping[str, str | int | float | bool]
    """PostgreSQL settings to set."""
    unset: Sequence[str]
    """PostgreSQL settings to forget."""


class NetworksOptions(TypedDict, total=False):
    """From where clients may come. What is not named stays; what is `None` is lifted."""

    allow_from: Sequence[str] | None
    deny_from: Sequence[str] | None


class LocalOptions(TypedDict, total=False):
    """The local provisioner."""

    bindir: Mapping[str, Path]
    """The folder of PostgreSQL's programs for a major version, such as `{"18": "/usr/lib/postgresql/18/bin"}`."""
    fallback_bindirs: Sequence[Path]
    """Such folders that count only if there are no others. Default: what the extra `embedded` brings."""
    os_user: str | None
    """The OS user that servers run as when this process is root's."""


class DockerOptions(TypedDict, total=False):
    """The provisioner of Docker containers."""

    host: str | None
    installation: str | None
    image: str
    images: Mapping[str, str]
    pull: bool
    user: str
    read_only: bool
    transport: Literal["socket", "bridge", "published"]
    initdb_dir: Path | None
    start_seconds: int
    stop_seconds: int


class PairOptions(TypedDict):
    """A certificate and its key, as PEM files."""

    cert: Path
    key: Path


class TlsOptions(TypedDict, total=False):
    """Certificates."""

    cert: Path | None
    key: Path | None
    pair: Sequence[PairOptions]
    min_version: Literal["1.2", "1.3"]
    client_ca: Path | None
    client_cert: Literal["request", "require"] | None


class ListenerOptions(TypedDict, total=False):
    """An address with a policy of its own. `address` is needed."""

    address: str
    tls: Literal["off", "allow", "require"] | None
    keys: Sequence[str]
    host_suffixes: Sequence[str]
    allow: Sequence[str]
    deny: Sequence[str]
    proxy_protocol: Sequence[str]
    socket_mode: str | None


class BansOptions(TypedDict, total=False):
    """Failed logins."""

    failures: int
    window_seconds: int
    first_seconds: int
    longest_seconds: int
    loopback: bool


class LoginsOptions(TypedDict, total=False):
    """Logins that are not finished."""

    per_tenant: int
    per_tenant_for_replication: int
    per_tenant_and_address: int
    per_address: int
    all: int | None
    wait_seconds: int


class ServeSection(TypedDict, total=False):
    """The section `[serve]` of `pgs.toml`; docs/guides/configuration.md tells what each key means."""

    listen: str | Sequence[str]
    """Addresses to listen on, or one. Default here: a free port of 127.0.0.1."""
    listener: Sequence[ListenerOptions]
    tls: TlsOptions
    disclose: Literal["loopback", "always", "never"]
    max_sessions: int
    max_sessions_per_tenant: int | None
    max_sessions_per_address: int | None
    max_handshakes: int
    max_handshakes_per_address: int
    threads: int
    max_waiting: int
    max_waiting_per_tenant: int
    start_wait_seconds: int
    handshake_seconds: int
    drain_seconds: int
    end_seconds: int
    bans: BansOptions
    logins: LoginsOptions
    metrics: str | None
    metrics_tenants: int
    access_log: Literal["text", "json", "off"] | None
    access_log_file: Path | None


class ServeOptions(ServeSection, total=False):
    """How to serve: the section `[serve]`, and the flags of `pgs serve`."""

    replaceable: bool
    """Whether a later process may take over. Default: no."""
    takeover: bool
    """Whether it takes over from the process that serves this state directory. Default: no."""
    status_socket: bool
    """Whether `pgs top` and `pgs show` may ask it. Default: no."""


class RestartOptions(TypedDict, total=False):
    """How patiently servers that die are started again."""

    first_backoff_ms: int
    longest_backoff_seconds: int
    deaths: int
    window_seconds: int


class OpenOptions(TypedDict, total=False):
    """What a manager is opened with: the keys of `pgs.toml`."""

    config: Path | None
    """A file with such keys, over which the other options win."""
    provisioner: Literal["local", "docker"]
    """What makes new tenants. Default: local."""
    trash_days: int
    """How many days a removed tenant can be restored. Default: 7."""
    local: LocalOptions
    docker: DockerOptions
    serve: ServeSection
    restart: RestartOptions
