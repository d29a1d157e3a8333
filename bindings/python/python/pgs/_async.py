"""The API for coroutines. `blocking.py` is generated from this file by `generate.py`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Coroutine, Generator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

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
from ._waiting import answer, cut_short, ended

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

__all__ = ["Events", "Opening", "Pgs", "Proxy", "Supervision", "ephemeral", "open"]

_NAME = "pgs"


def open(state_dir: Path | None = None, **options: Unpack[OpenOptions]) -> Opening[Pgs]:
    """Opens a state directory, making it if it is not there. What killed processes left unfinished is finished or taken back
    first.

    To be awaited, or used in `async with`, which closes it. Without a state directory it is the one that the options
    name, or the default one: `/var/lib/pgs` for root, else `~/.local/state/pgs`.
    """
    named = options if state_dir is None else {"state_dir": state_dir, **options}
    return Opening(_open(named))


async def _open(options: Any) -> Pgs:
    return Pgs(await answer(_pgs.open(options, _embedded.bindirs())))


def ephemeral(**options: Unpack[OpenOptions]) -> Opening[Pgs]:
    """Opens a throw-away manager in a temporary directory. Closing it stops and deletes everything; what is not closed is
    closed at the interpreter's end.

    To be awaited, or used in `async with`, which closes it.
    """
    return Opening(_ephemeral(options))


async def _ephemeral(options: Any) -> Pgs:
    return Pgs(await answer(_pgs.ephemeral(options, _embedded.bindirs())))


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

    async def create(self, id: str, **options: Unpack[CreateOptions]) -> Created:
        """Creates a tenant and answers when its server has answered an authenticated query.

        If it fails, nothing of it is left. `AlreadyExistsError` if the name is taken.
        """
        return Created._from(await answer(self._manager.create(id, dict(options))))

    async def get(self, id: str) -> Tenant:
        """The tenant of this name. `NotFoundError` if there is none."""
        return Tenant._from(await answer(self._manager.get(id)))

    async def list(self) -> Sequence[Tenant]:
        """Every tenant outside the trash, by name."""
        return [Tenant._from(one) for one in await answer(self._manager.list())]

    async def list_trash(self) -> Sequence[Tenant]:
        """Every tenant in the trash."""
        return [Tenant._from(one) for one in await answer(self._manager.list_trash())]

    async def show(self, id: str) -> TenantView:
        """A tenant and what its server tells of itself."""
        return TenantView._from(await answer(self._manager.show(id)))

    async def logs(self, id: str, lines: int = 100) -> str:
        """The last lines of a tenant's server log."""
        return str(await answer(self._manager.logs(id, lines)))

    async def events(self, after: int = 0, limit: int = 1000) -> Sequence[Event]:
        """A page of the log of changes: at most `limit` events with numbers larger than `after`."""
        return [Event._from(one) for one in await answer(self._manager.events(after, limit))]

    def follow(self, after: int = 0) -> Events:
        """The log of changes from after this number on, as it grows, whichever process changes something."""
        return Events(self._manager, after)

    async def start(self, id: str) -> None:
        """Starts a tenant's server."""
        await answer(self._manager.start(id))

    async def stop(self, id: str) -> None:
        """Stops a tenant's server; it stays stopped until it is started."""
        await answer(self._manager.stop(id))

    async def stop_with(self, id: str, mode: Literal["fast", "immediate"]) -> None:
        """The same in this mode; `immediate` kills the server, which recovers at its next start."""
        await answer(self._manager.stop_with(id, mode))

    async def start_all(self) -> Sequence[Outcome]:
        """Starts every tenant, and tells what became of each."""
        return [Outcome._from(one) for one in await answer(self._manager.start_all())]

    async def stop_all(self) -> Sequence[Outcome]:
        """Stops every tenant, and tells what became of each."""
        return [Outcome._from(one) for one in await answer(self._manager.stop_all())]

    async def set_access(self, id: str, access: Literal["enabled", "disabled"]) -> None:
        """Opens or shuts a tenant's door."""
        await answer(self._manager.set_access(id, access))

    async def enable(self, id: str) -> None:
        """Lets clients in from the next connection on."""
        await self.set_access(id, "enabled")

    async def disable(self, id: str) -> None:
        """Lets no client in from the next connection on, and ends live sessions."""
        await self.set_access(id, "disabled")

    async def set_networks(self, id: str, **options: Unpack[NetworksOptions]) -> Networks:
        """Changes from where a tenant's clients may come, and answers all that now holds."""
        return Networks._from(await answer(self._manager.set_networks(id, dict(options))))

    async def set_password(self, id: str, password: str | None = None) -> str:
        """Sets a tenant's password, or a generated one, and answers it."""
        return str(await answer(self._manager.set_password(id, password)))

    async def alter(self, id: str, **options: Unpack[AlterOptions]) -> Alteration:
        """Changes a tenant's limits and settings while it runs."""
        return Alteration._from(await answer(self._manager.alter(id, dict(options))))

    async def protect(self, id: str) -> None:
        """Refuses removing a tenant from now on."""
        await answer(self._manager.protect(id))

    async def unprotect(self, id: str) -> None:
        """Allows removing a tenant again."""
        await answer(self._manager.unprotect(id))

    async def run_init_scripts(
        self, id: str, scripts: Sequence[ScriptOptions]
    ) -> Sequence[ScriptOutcome]:
        """Runs those of the scripts that were not run before."""
        outcomes = await answer(self._manager.run_init_scripts(id, scripts))
        return [ScriptOutcome._from(one) for one in outcomes]

    async def remove(self, id: str) -> str:
        """Moves a tenant to the trash, and answers its uid."""
        return str(await answer(self._manager.remove(id)))

    async def restore(self, id: str) -> None:
        """Brings the tenant back from the trash that last had this name."""
        await answer(self._manager.restore(id))

    async def restore_uid(self, uid: str) -> None:
        """Brings this tenant back from the trash."""
        await answer(self._manager.restore_uid(uid))

    async def purge(self, id: str) -> None:
        """Deletes a tenant for good, data and all."""
        await answer(self._manager.purge(id))

    async def purge_uid(self, uid: str) -> None:
        """Deletes this tenant for good, in the trash or not."""
        await answer(self._manager.purge_uid(uid))

    async def recover(self) -> Report:
        """Finishes or takes back what killed processes left; `open` does this, too."""
        return Report._from(await answer(self._manager.recover()))

    async def reconcile(self) -> Report:
        """Brings every tenant to where it should be."""
        return Report._from(await answer(self._manager.reconcile()))

    async def rebuild(self) -> Report:
        """Makes records for storage that has none."""
        return Report._from(await answer(self._manager.rebuild()))

    def serve(self, **options: Unpack[ServeOptions]) -> Opening[Proxy]:
        """Opens a proxy in front of every tenant. It goes on until it is shut down or closed, or this manager is closed.

        To be awaited, or used in `async with`, which closes it.
        """
        return Opening(self._serve(options))

    async def _serve(self, options: Any) -> Proxy:
        return Proxy(self, await answer(self._manager.serve(dict(options))))

    def supervise(self) -> Opening[Supervision]:
        """Starts servers again that die, until it is closed, or this manager is.

        To be awaited, or used in `async with`, which closes it.
        """
        return Opening(self._supervise())

    async def _supervise(self) -> Supervision:
        return Supervision(self, await answer(self._manager.supervise()))

    async def close(self) -> None:
        """Ends its proxies at once. An ephemeral one stops and deletes everything; tenants of others go on."""
        await answer(self._manager.close())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


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

    async def sessions(self) -> Sequence[Session]:
        """The live sessions, the oldest first."""
        return [Session._from(one) for one in await answer(self._server.sessions())]

    async def bans(self) -> Sequence[Ban]:
        """Who is turned away now for failed logins, the longest ban first."""
        return [Ban._from(one) for one in await answer(self._server.bans())]

    async def unban(self, tenant: str, address: str) -> bool:
        """Forgets the failures of an address at a tenant; whether it was banned."""
        return bool(await answer(self._server.unban(tenant, address)))

    async def counters(self) -> Counters:
        """What it has counted so far."""
        return Counters._from(await answer(self._server.counters()))

    async def reload_certificates(self) -> None:
        """Reads the certificates again; what is no good leaves the old ones in use."""
        await answer(self._server.reload_certificates())

    async def replaced(self) -> int | None:
        """Waits until another process has taken over, and answers its id, where the system tells."""
        by: int | None = await answer(self._server.replaced())
        return by

    async def shutdown(self) -> DrainReport:
        """Lets in nobody new, and ends the sessions: by themselves within `drain_seconds`, then by their servers."""
        return DrainReport._from(await answer(self._server.shutdown()))

    async def shutdown_until(self, cut: Awaitable[object]) -> DrainReport:
        """The same, but no grace lasts longer than until `cut` is ready. If `cut` fails, the sessions that are left are ended, and
        what it raised is raised. A task or future goes on: it is the caller's."""
        draining = self._server.shutdown()
        await cut_short(draining, cut, self._server.close)
        return DrainReport._from(await answer(draining))

    async def finished(self) -> DrainReport:
        """Waits for the end of the last session after another process has taken over. Meanwhile, and if waiting is given up, the
        proxy can be asked and shut down as before."""
        return DrainReport._from(await answer(self._server.finished()))

    async def close(self) -> DrainReport:
        """Lets in nobody new, and ends the sessions at once."""
        return DrainReport._from(await answer(self._server.close()))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


class Supervision:
    """Servers that die are started again. Made by `Pgs.supervise`."""

    def __init__(self, pgs: Pgs, supervision: _pgs.Supervision) -> None:
        self._pgs = pgs
        self._supervision = supervision

    async def close(self) -> None:
        """Ends it; servers go on."""
        await answer(self._supervision.close())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


class Events(AsyncIterator[Event]):
    """The log of changes as it grows. Made by `Pgs.follow`.

    It ends when it is closed, or its manager is. If waiting for the next event is cancelled, no event is lost.
    """

    def __init__(self, manager: _pgs.Manager, after: int) -> None:
        self._watching = manager.follow(after)
        self._watch: _pgs.Watch | None = None
        self._next: _pgs.Call | None = None
        self._is_closed = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        watch = await self._opened()
        while True:
            coming = self._next = self._next or watch.next()
            await ended(coming)
            # Or somebody else who waits has taken it.
            if self._next is coming:
                break
        self._next = None
        event = coming.answer()
        if event is None:
            raise StopAsyncIteration
        return Event._from(event)

    async def _opened(self) -> _pgs.Watch:
        if self._watch is None:
            await ended(self._watching)
            # Another task may have been faster.
            watch: _pgs.Watch = self._watch or self._watching.answer()
            self._watch = watch
        if self._is_closed:
            self._watch.close()
        return self._watch

    async def aclose(self) -> None:
        """Ends it; whoever waits for an event gets none."""
        self._is_closed = True
        if self._watch is not None:
            self._watch.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()


# begin: only for coroutines
T = TypeVar("T", bound="Pgs | Proxy | Supervision")


class Opening(Generic[T]):
    """Something that is being opened: awaited it answers it, and in `async with` it also closes it."""

    def __init__(self, opening: Coroutine[Any, Any, T]) -> None:
        self._opening = opening
        self._opened: T | None = None

    def __await__(self) -> Generator[Any, Any, T]:
        return self._opening.__await__()

    async def __aenter__(self) -> T:
        self._opened = await self._opening
        return self._opened

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._opened is not None:
            await self._opened.close()


# end: only for coroutines


def _place(address: str | Proxy) -> str:
    if not isinstance(address, Proxy):
        return address
    # Where all of its listeners are Unix sockets, there is no port.
    return address.addresses[0] if address.address.endswith(":0") else address.address
