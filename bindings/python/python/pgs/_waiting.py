"""How coroutines wait for calls: a bell for each event loop, which calls ring when they have ended."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from itertools import count
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from . import _pgs


async def answer(call: _pgs.Call) -> Any:
    """What a call answers. If the task is cancelled, a call that changes something goes on to its end all the same."""
    try:
        await ended(call)
    except asyncio.CancelledError:
        call.abandon()
        raise
    return call.answer()


async def ended(call: _pgs.Call) -> None:
    """Waits for the end of a call, which may be waited for again."""
    await _bell().rung_by(call)


async def cut_short(draining: _pgs.Call, cut: Awaitable[object], close: Callable[[], _pgs.Call]) -> None:
    """Waits for the end of a call, which `close` brings about once `cut` is ready. If `cut` fails, it is ready too, and what it
    raised is raised in the end. A task or future goes on, whatever comes of the call: it is the caller's."""
    cutting = asyncio.ensure_future(cut)
    drained = asyncio.ensure_future(ended(draining))
    try:
        await asyncio.wait({cutting, drained}, return_when=asyncio.FIRST_COMPLETED)
        if not drained.done():
            await answer(close())
    finally:
        drained.cancel()
        if cutting is not cut:
            cutting.cancel()
    if cutting.done() and not cutting.cancelled():
        cutting.result()


class _Bell:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._bell = _pgs.Bell()
        self._numbers = count()
        self._waiting: dict[int, asyncio.Future[None]] = {}
        # From here on the loop has this object, until it is closed.
        loop.add_reader(self._bell.fileno(), self._wake)

    async def rung_by(self, call: _pgs.Call) -> None:
        number = next(self._numbers)
        future = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            call.ring(self._bell, number)
            await future
        finally:
            del self._waiting[number]
            call.unring(self._bell, number)

    def _wake(self) -> None:
        for number in self._bell.ended():
            future = self._waiting.get(number)
            # Nobody waits for it, or its task was cancelled.
            if future is not None and not future.done():
                future.set_result(None)


_bells: WeakKeyDictionary[asyncio.AbstractEventLoop, _Bell] = WeakKeyDictionary()
_lock = Lock()


def _bell() -> _Bell:
    loop = asyncio.get_running_loop()
    with _lock:
        bell = _bells.get(loop)
        if bell is None:
            # Whoever waited in a loop that was closed would keep it.
            for closed in [one for one in _bells if one.is_closed()]:
                del _bells[closed]
            bell = _bells[loop] = _Bell(loop)
        return bell


def _forget() -> None:
    """A forked child has loops of its own; and nobody is left who would give back a lock that another thread had."""
    global _lock
    _lock = Lock()
    _bells.clear()


os.register_at_fork(after_in_child=_forget)
