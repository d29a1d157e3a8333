"""How threads wait for calls. The interpreter goes on meanwhile, and Ctrl-C is heard."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any

from . import _pgs


def answer(call: _pgs.Call) -> Any:
    """What a call answers. If an exception such as `KeyboardInterrupt` comes first, a call that changes something goes on to
    its end all the same."""
    try:
        call.wait()
    except BaseException:
        call.abandon()
        raise
    return call.answer()


def ended(call: _pgs.Call) -> None:
    """Waits for the end of a call, which may be waited for again."""
    call.wait()


def cut_short(draining: _pgs.Call, cut: Event, close: Callable[[], _pgs.Call]) -> None:
    """Waits for the end of a call, which `close` brings about once `cut` is set."""
    while not draining.wait(0.05):
        if cut.is_set():
            answer(close())
            return
