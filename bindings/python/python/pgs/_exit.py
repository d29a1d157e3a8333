"""What happens at the interpreter's end: proxies end, calls that change something are waited for, throw-away managers are
taken down."""

from __future__ import annotations

import atexit
import os
from weakref import WeakSet

from . import _pgs

managers: WeakSet[_pgs.Manager] = WeakSet()
"""The open ones of this process."""
servers: WeakSet[_pgs.Server] = WeakSet()
"""The running ones of this process."""

SETTLE_SECONDS = 30
"""How long the interpreter waits for calls; what is not finished then is finished or taken back at the next `open`."""


@atexit.register
def _end() -> None:
    _close(servers)
    settling = _pgs.settle(SETTLE_SECONDS)
    if settling is not None:
        settling.wait()
    _close(managers)


def _close(open_ones: WeakSet[_pgs.Manager] | WeakSet[_pgs.Server]) -> None:
    for call in [one.close() for one in open_ones]:
        call.wait()


def _forget() -> None:
    """A forked child has none of them."""
    managers.clear()
    servers.clear()


os.register_at_fork(after_in_child=_forget)
