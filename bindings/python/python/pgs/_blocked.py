"""How threads wait for calls. The interpreter goes on meanwhile, and Ctrl-C is heard."""

from __future__ import annotations

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


def cut_by(draining: _pgs.Call, cut: Event) -> bool:
    """Whether `cut` was set before the call had ended."""
    while not draining.wait(0.05):
        if cut.is_set():
            return True
    return False
