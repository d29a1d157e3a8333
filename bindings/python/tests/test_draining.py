"""How proxies end: with grace, cut short, or after a takeover."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import psycopg
import pytest
from house import LIMIT_SECONDS, House, local

import pgs


async def test_waiting_for_the_end_may_be_given_up(house: House) -> None:
    acme = await house.tenant("acme")
    proxy = await house.pgs.serve(drain_seconds=1)
    session = await house.at(house.pgs.url_with_password("acme", proxy, acme.password))
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(proxy.finished(), 0.1)
    await ends_with_grace(proxy, session)


async def test_a_proxy_that_was_replaced_may_be_shut_down(state_dir: Path) -> None:
    async with pgs.open(state_dir, local=local()) as manager:
        acme = await manager.create("acme", enable=True)
        proxy = await manager.serve(listen="127.0.0.1:0", replaceable=True, drain_seconds=1)
        url = manager.url_with_password("acme", proxy, acme.password)
        session = await psycopg.AsyncConnection.connect(url, autocommit=True)
        finishing = asyncio.create_task(proxy.finished())
        successor = subprocess.Popen(
            [sys.executable, "-m", "pgs", "--state-dir", state_dir, "serve", "--takeover", "--listen", proxy.address],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            # Whoever waits for the end of it hears of the takeover, too.
            assert await asyncio.wait_for(proxy.replaced(), LIMIT_SECONDS) == successor.pid
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(proxy.finished(), 0.1)
            report = await ends_with_grace(proxy, session)
            assert await finishing == report
        finally:
            successor.terminate()
            successor.wait(LIMIT_SECONDS)


async def ends_with_grace(proxy: pgs.Proxy, session: psycopg.AsyncConnection[object]) -> pgs.DrainReport:
    """With one session, which the end of the drain ends."""
    assert [one.tenant for one in await proxy.sessions()] == ["acme"]
    assert (await proxy.counters()).live_sessions == 1
    report = await asyncio.wait_for(proxy.shutdown(), LIMIT_SECONDS)
    assert (report.drained, report.ended + report.cut) == (0, 1)
    with pytest.raises(psycopg.OperationalError):
        await session.execute("select 1")
    return report


async def test_the_end_after_a_takeover_is_heard_of(state_dir: Path) -> None:
    async with pgs.open(state_dir, local=local()) as manager:
        acme = await manager.create("acme", enable=True)
        proxy = await manager.serve(listen="127.0.0.1:0", replaceable=True)
        url = manager.url_with_password("acme", proxy, acme.password)
        session = await psycopg.AsyncConnection.connect(url)
        async with pgs.open(state_dir, local=local()) as other:
            await other.serve(listen=proxy.address, takeover=True)
            finishing = asyncio.create_task(proxy.finished())
            await proxy.replaced()
            await session.close()
            report = await asyncio.wait_for(finishing, LIMIT_SECONDS)
            assert (report.drained, report.ended, report.cut) == (1, 0, 0)


async def test_a_task_that_is_to_cut_is_left_alone(house: House) -> None:
    cut = asyncio.create_task(asyncio.Event().wait())
    await house.proxy.shutdown_until(cut)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.shield(cut), 0.01)
    assert not cut.done()
    cut.cancel()


async def fail() -> None:
    raise RuntimeError("mine")


CUTS: dict[str, Callable[[], Awaitable[None]]] = {"coroutine": fail, "task": lambda: asyncio.ensure_future(fail())}


@pytest.mark.parametrize("cut", CUTS)
async def test_a_cut_that_fails_cuts_and_is_told(house: House, cut: str) -> None:
    acme = await house.tenant("acme")
    proxy = await house.pgs.serve(drain_seconds=600)
    session = await house.at(house.pgs.url_with_password("acme", proxy, acme.password))
    with pytest.raises(RuntimeError, match="mine"):
        await asyncio.wait_for(proxy.shutdown_until(CUTS[cut]()), LIMIT_SECONDS)
    report = await proxy.shutdown()
    assert (report.drained, report.ended + report.cut) == (0, 1)
    with pytest.raises(psycopg.OperationalError):
        await session.execute("select 1")


async def test_a_cut_that_is_cancelled_cuts(house: House) -> None:
    acme = await house.tenant("acme")
    proxy = await house.pgs.serve(drain_seconds=600)
    await house.at(house.pgs.url_with_password("acme", proxy, acme.password))
    cut = asyncio.create_task(asyncio.Event().wait())
    cut.cancel()
    report = await asyncio.wait_for(proxy.shutdown_until(cut), LIMIT_SECONDS)
    assert (report.drained, report.ended + report.cut) == (0, 1)
