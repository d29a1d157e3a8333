"""The API for threads does the same; these are the scenarios in which waiting differs."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from house import local

import pgs
from pgs import _blocked, blocking


@pytest.fixture
def manager() -> Iterator[blocking.Pgs]:
    with blocking.ephemeral(local=local()) as manager:
        yield manager


def test_a_tenant_lives(manager: blocking.Pgs) -> None:
    with manager.serve() as proxy:
        acme = manager.create("acme", enable=True, settings={"work_mem": "5MB"})
        with psycopg.connect(manager.url_with_password("acme", proxy, acme.password)) as session:
            assert session.execute("show work_mem").fetchone() == ("5MB",)
            assert [one.tenant for one in proxy.sessions()] == ["acme"]
        manager.disable("acme")
        with pytest.raises(psycopg.OperationalError, match="is disabled"):
            psycopg.connect(manager.url_with_password("acme", proxy, acme.password))
        assert [tenant.id for tenant in manager.list()] == ["acme"]
        assert manager.remove("acme") == acme.uid
        manager.restore("acme")
        manager.purge("acme")
        assert manager.list() == []


def test_errors_are_raised(manager: blocking.Pgs) -> None:
    with pytest.raises(pgs.NotFoundError, match="nobody"):
        manager.get("nobody")
    with pytest.raises(pgs.InvalidInputError, match="`memroy`"):
        manager.create("acme", memroy="1g")  # type: ignore[call-arg]


def test_events_are_followed_in_a_loop(manager: blocking.Pgs) -> None:
    manager.create("acme")
    kinds = []
    for event in manager.follow():
        kinds.append(event.kind)
        if event.kind == "created":
            break
    assert kinds[0] == "creating"


def test_a_follower_in_another_thread_is_ended(manager: blocking.Pgs) -> None:
    events = manager.follow()
    with ThreadPoolExecutor() as threads:
        following = threads.submit(list, events)
        manager.create("acme")
        events.close()
        assert all(event.id == "acme" for event in following.result(timeout=30))


def test_other_threads_go_on_while_one_waits(manager: blocking.Pgs) -> None:
    events = manager.follow()
    waiting = threading.Thread(target=next, args=[events])
    waiting.start()
    # The waiting thread has let go of the interpreter, or this would never be reached.
    manager.create("acme")
    waiting.join(30)
    assert not waiting.is_alive()


def test_control_c_interrupts_a_waiting_call(manager: blocking.Pgs) -> None:
    events = manager.follow()
    main = threading.get_ident()

    def interrupt() -> None:
        while sys._current_frames()[main].f_code is not _blocked.ended.__code__:
            pass
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        threading.Thread(target=interrupt).start()
        next(events)
    # The call was taken up again, and lost nothing.
    manager.create("acme")
    assert next(events).kind == "creating"


def test_a_shutdown_is_cut_short(manager: blocking.Pgs) -> None:
    acme = manager.create("acme", enable=True)
    proxy = manager.serve(drain_seconds=60)
    with psycopg.connect(manager.url_with_password("acme", proxy, acme.password)):
        cut = threading.Event()
        cut.set()
        report = proxy.shutdown_until(cut)
        assert report.ended + report.cut == 1


def test_a_state_directory_may_be_a_path(state_dir: Path) -> None:
    with blocking.open(state_dir, local=local()) as manager:
        assert Path(manager.state_dir) == state_dir.resolve()
    with blocking.open(str(state_dir), local=local()) as manager:
        assert manager.list() == []
