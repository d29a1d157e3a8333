"""The same API for threads: the same names, and calls that answer when they are done. Other threads go on meanwhile,
and Ctrl-C is heard.

Generated from _async.py by generate.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Event as ThreadEvent
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from . import _embedded, _exit, _pgs
from ._answers import (
    Alteration,
    Ban,
    Counters,
    DrainReport,
    Event,
    Listening,
    Networks,
    Outcome,
    Report,
    ScriptOutcome,
    Session,
    Tenant,
    TenantView,
)
from ._created import Created
from ._errors import ForkedError
from ._blocked import answer, cut_short, ended

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from ._options import (
        AlterOptions,
        CreateOptions,
        NetworksOptions,
        OpenOptions,
        Path,
        ScriptOptions,
        ServeOptions,
    )

__all__ = ["Events", "Pgs", "Proxy", "Supervision", "ephemeral", "open"]

_NAME = "pgs.blocking"


def open(state_dir: Path | None = None, **options: Unpack[OpenOptions]) -> Pgs:
    """Opens a state directory, making it if it is not there. What killed processes left unfinished is finished or taken back
    first.

    In a `with` statement it is closed at the end. Without a state directory it is the one that the options
    name, or the default one: `/var/lib/pgs` for root, else `~/.local/state/pgs`.
    """
    named = options if state_dir is None else {"state_dir": state_dir, **options}
    return _open(named)


def _open(options: Any) -> Pgs:
    return Pgs(answer(_pgs.open(options, _embedded.bindirs())))


def ephemeral(**options: Unpack[OpenOptions]) -> Pgs:
    """Opens a throw-away manager in a temporary directory. Closing it stops and deletes everything; what is not closed is
    closed at the interpreter's end.

    In a `with` statement it is closed at the end.
    """
    return _ephemeral(options)


def _ephemeral(options: Any) -> Pgs:
    return Pgs(answer(_pgs.ephemeral(options, _embedded.bindirs())))


class Pgs:
    """An open state directory: every operation on tenants. Made by `open` or `ephemeral`.

    Operations that change something go on to their end even if nobody waits for them any more. Tenants' servers outlive
    it.
    """

    def __init__(self, manager: _pgs.Manager) -> None:
        self._manager = manager
        _exit.managers.add(manager)

    def __repr__(self) -> str:
        try:
            note = " (closed)" if self._manager.is_closed else ""
        except ForkedError:
            note = " (forked)"
        return f"<{_NAME}.Pgs {str(self.state_dir)!r}{note}>"

    @property
    def state_dir(self) -> str:
        """Where the tenants live."""
        return str(self._manager.state_dir)

    def url(self, id: str, address: str | Proxy) -> str:
        """The connection URI of a tenant behind a proxy, or behind this address, without a password."""
        return self._manager.url(id, _place(address))

    def url_with_password(self, id: str, address: str | Proxy, password: str) -> str:
        """The same with the password in it: a secret, for a client's configuration, never for a log."""
        return self._manager.url_with_password(id, _place(address), password)

    def create(self, id: str, **options: Unpack[CreateOptions]) -> Created:
        """Creates a tenant and answers when its server has answered an authenticated query.

        If it fails, nothing of it is left. `AlreadyExistsError` if the name is taken.
        """
        return Created._from(answer(self._manager.create(id, dict(options))))

    def get(self, id: str) -> Tenant:
        """The tenant of this name. `NotFoundError` if there is none."""
        return Tenant._from(answer(self._manager.get(id)))

    def list(self) -> Sequence[Tenant]:
        """Every tenant outside the trash, by name."""
        return [Tenant._from(one) for one in answer(self._manager.list())]

    def list_trash(self) -> Sequence[Tenant]:
        """Every tenant in the trash."""
        return [Tenant._from(one) for one in answer(self._manager.list_trash())]

    def show(self, id: str) -> TenantView:
        """A tenant and what its server tells of itself."""
        return TenantView._from(answer(self._manager.show(id)))

    def logs(self, id: str, lines: int = 100) -> str:
        """The last lines of a tenant's server log."""
        return str(answer(self._manager.logs(id, lines)))

    def events(self, after: int = 0, limit: int = 1000) -> Sequence[Event]:
        """A page of the log of changes: at most `limit` events with numbers larger than `after`."""
        return [Event._from(one) for one in answer(self._manager.events(after, limit))]

    def follow(self, after: int = 0) -> Events:
        """The log of changes from after this number on, as it grows, whichever process changes something."""
        return Events(self._manager, after)

    def start(self, id: str) -> None:
        """Starts a tenant's server."""
        answer(self._manager.start(id))

    def stop(self, id: str) -> None:
        """Stops a tenant's server; it stays stopped until it is started."""
        answer(self._manager.stop(id))

    def stop_with(self, id: str, mode: Literal["fast", "immediate"]) -> None:
        """The same in this mode; `immediate` kills the server, which recovers at its next start."""
        answer(self._manager.stop_with(id, mode))

    def start_all(self) -> Sequence[Outcome]:
        """Starts every tenant, and tells what became of each."""
        return [Outcome._from(one) for one in answer(self._manager.start_all())]

    def stop_all(self) -> Sequence[Outcome]:
        """Stops every tenant, and tells what became of each."""
        return [Outcome._from(one) for one in answer(self._manager.stop_all())]

    def set_access(self, id: str, access: Literal["enabled", "disabled"]) -> None:
        """Opens or shuts a tenant's door."""
        answer(self._manager.set_access(id, access))

    def enable(self, id: str) -> None:
        """Lets clients in from the next connection on."""
        self.set_access(id, "enabled")

    def disable(self, id: str) -> None:
        """Lets no client in from the next connection on, and ends live sessions."""
        self.set_access(id, "disabled")

    def set_networks(self, id: str, **options: Unpack[NetworksOptions]) -> Networks:
        """Changes from where a tenant's clients may come, and answers all that now holds."""
        return Networks._from(answer(self._manager.set_networks(id, dict(options))))

    def set_password(self, id: str, password: str | None = None) -> str:
        """Sets a tenant's password, or a generated one, and answers it."""
        return str(answer(self._manager.set_password(id, password)))

    def alter(self, id: str, **options: Unpack[AlterOptions]) -> Alteration:
        """Changes a tenant's limits and settings while it runs."""
        return Alteration._from(answer(self._manager.alter(id, dict(options))))

    def protect(self, id: str) -> None:
        """Refuses removing a tenant from now on."""
        answer(self._manager.protect(id))

    def unprotect(self, id: str) -> None:
        """Allows removing a tenant again."""
        answer(self._manager.unprotect(id))

    def run_init_scripts(
        self, id: str, scripts: Sequence[ScriptOptions]
    ) -> Sequence[ScriptOutcome]:
        """Runs those of the scripts that were not run before."""
        outcomes = answer(self._manager.run_init_scripts(id, scripts))
        return [ScriptOutcome._from(one) for one in outcomes]

    def remove(self, id: str) -> str:
        """Moves a tenant to the trash, and answers its uid."""
        return str(answer(self._manager.remove(id)))

    def restore(self, id: str) -> None:
        """Brings the tenant back from the trash that last had this name."""
        answer(self._manager.restore(id))

    def restore_uid(self, uid: str) -> None:
        """Brings this tenant back from the trash."""
        answer(self._manager.restore_uid(uid))

    def purge(self, id: str) -> None:
        """Deletes a tenant for good, data and all."""
        answer(self._manager.purge(id))

    def purge_uid(self, uid: str) -> None:
        """Deletes this tenant for good, in the trash or not."""
        answer(self._manager.purge_uid(uid))

    def recover(self) -> Report:
        """Finishes or takes back what killed processes left; `open` does this, too."""
        return Report._from(answer(self._manager.recover()))

    def reconcile(self) -> Report:
        """Brings every tenant to where it should be."""
        return Report._from(answer(self._manager.reconcile()))

    def rebuild(self) -> Report:
        """Makes records for storage that has none."""
        return Report._from(answer(self._manager.rebuild()))

    def serve(self, **options: Unpack[ServeOptions]) -> Proxy:
        """Opens a proxy in front of every tenant. It goes on until it is shut down or closed, or this manager is closed.

        In a `with` statement it is closed at the end.
        """
        return self._serve(options)

    def _serve(self, options: Any) -> Proxy:
        return Proxy(self, answer(self._manager.serve(dict(options))))

    def supervise(self) -> Supervision:
        """Starts servers again that die, until it is closed, or this manager is.

        In a `with` statement it is closed at the end.
        """
        return self._supervise()

    def _supervise(self) -> Supervision:
        return Supervision(self, answer(self._manager.supervise()))

    def close(self) -> None:
        """Ends its proxies at once. An ephemeral one stops and deletes everything; tenants of others go on."""
        answer(self._manager.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class Proxy:
    """A running proxy: one or more listeners in front of every tenant. Made by `Pgs.serve`."""

    def __init__(self, pgs: Pgs, server: _pgs.Server) -> None:
        self._pgs = pgs
        self._server = server
        _exit.servers.add(server)

    def __repr__(self) -> str:
        return f"<{_NAME}.Proxy {', '.join(self.addresses)}>"

    @property
    def address(self) -> str:
        """The address of the first listener that has a port, such as `127.0.0.1:5432`."""
        return self._server.address

    @property
    def addresses(self) -> Sequence[str]:
        """Every listener's address."""
        return self._server.addresses

    @property
    def listening(self) -> Sequence[Listening]:
        """Every listener's address as it is configured, and as it is."""
        return [Listening._from(one) for one in self._server.listening]

    @property
    def metrics_address(self) -> str | None:
        """Where metrics are served, if they are."""
        return self._server.metrics_address

    @property
    def exposed(self) -> Sequence[str]:
        """The addresses that other machines can reach and at which no TLS is spoken."""
        return self._server.exposed

    @property
    def predecessors(self) -> Sequence[int]:
        """The processes that it took over from."""
        return self._server.predecessors

    def sessions(self) -> Sequence[Session]:
        """The live sessions, the oldest first."""
        return [Session._from(one) for one in answer(self._server.sessions())]

    def bans(self) -> Sequence[Ban]:
        """Who is turned away now for failed logins, the longest ban first."""
        return [Ban._from(one) for one in answer(self._server.bans())]

    def unban(self, tenant: str, address: str) -> bool:
        """Forgets the failures of an address at a tenant; whether it was banned."""
        return bool(answer(self._server.unban(tenant, address)))

    def counters(self) -> Counters:
        """What it has counted so far."""
        return Counters._from(answer(self._server.counters()))

    def reload_certificates(self) -> None:
        """Reads the certificates again; what is no good leaves the old ones in use."""
        answer(self._server.reload_certificates())

    def replaced(self) -> int | None:
        """Waits until another process has taken over, and answers its id, where the system tells."""
        by: int | None = answer(self._server.replaced())
        return by

    def shutdown(self) -> DrainReport:
        """Lets in nobody new, and ends the sessions: by themselves within `drain_seconds`, then by their servers."""
        return DrainReport._from(answer(self._server.shutdown()))

    def shutdown_until(self, cut: ThreadEvent) -> DrainReport:
        """The same, but no grace lasts longer than until `cut` is set."""
        draining = self._server.shutdown()
        cut_short(draining, cut, self._server.close)
        return DrainReport._from(answer(draining))

    def finished(self) -> DrainReport:
        """Waits for the end of the last session after another process has taken over. Meanwhile, and if waiting is given up, the
        proxy can be asked and shut down as before."""
        return DrainReport._from(answer(self._server.finished()))

    def close(self) -> DrainReport:
        """Lets in nobody new, and ends the sessions at once."""
        return DrainReport._from(answer(self._server.close()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class Supervision:
    """Servers that die are started again. Made by `Pgs.supervise`."""

    def __init__(self, pgs: Pgs, supervision: _pgs.Supervision) -> None:
        self._pgs = pgs
        self._supervision = supervision

    def close(self) -> None:
        """Ends it; servers go on."""
        answer(self._supervision.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class Events(Iterator[Event]):
    """The log of changes as it grows. Made by `Pgs.follow`.

    It ends when it is closed, or its manager is. If waiting for the next event is interrupted, no event is lost.
    """

    def __init__(self, manager: _pgs.Manager, after: int) -> None:
        self._watching = manager.follow(after)
        self._watch: _pgs.Watch | None = None
        self._next: _pgs.Call | None = None
        self._is_closed = False

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Event:
        watch = self._opened()
        while True:
            coming = self._next = self._next or watch.next()
            ended(coming)
            # Or somebody else who waits has taken it.
            if self._next is coming:
                break
        self._next = None
        event = coming.answer()
        if event is None:
            raise StopIteration
        return Event._from(event)

    def _opened(self) -> _pgs.Watch:
        if self._watch is None:
            ended(self._watching)
            # Another task may have been faster.
            watch: _pgs.Watch = self._watch or self._watching.answer()
            self._watch = watch
        if self._is_closed:
            self._watch.close()
        return self._watch

    def close(self) -> None:
        """Ends it; whoever waits for an event gets none."""
        self._is_closed = True
        if self._watch is not None:
            self._watch.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _place(address: str | Proxy) -> str:
    if not isinstance(address, Proxy):
        return address
    # Where all of its listeners are Unix sockets, there is no port.
    return address.addresses[0] if address.address.endswith(":0") else address.address
