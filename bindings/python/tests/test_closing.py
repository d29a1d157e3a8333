from __future__ import annotations

import gc
import time
from collections.abc import Awaitable
from pathlib import Path

import psycopg
import pytest
from house import House, local

import pgs


async def test_what_is_closed_says_so(house: House) -> None:
    acme = await house.tenant("acme")
    await house.pgs.close()
    await house.pgs.close()
    calls: list[Awaitable[object]] = [
        house.pgs.list(),
        house.pgs.create("other"),
        house.pgs.serve(),
        house.pgs.supervise(),
        anext(house.pgs.follow()),
        house.proxy.sessions(),
        house.proxy.counters(),
    ]
    for call in calls:
        with pytest.raises(pgs.ClosedError) as refused:
            await call
        assert refused.value.code == "PGS_CLOSED"
    assert "(closed)" in repr(house.pgs)
    # A name is made a URL all the same.
    assert house.pgs.url(acme.id, "127.0.0.1:1").endswith("/acme")
    await house.proxy.close()


async def test_closing_waits_for_no_drain(house: House) -> None:
    acme = await house.tenant("acme")
    proxy = await house.pgs.serve(drain_seconds=600)
    session = await house.at(house.pgs.url_with_password("acme", proxy, acme.password))
    begin = time.monotonic()
    await house.pgs.close()
    assert time.monotonic() - begin < 60
    with pytest.raises(psycopg.OperationalError):
        await session.execute("select 1")


async def test_what_nobody_has_any_more_is_taken_down(house: House) -> None:
    manager = await pgs.ephemeral(local=local())
    await manager.create("acme")
    directory = Path(manager.state_dir)
    del manager
    # In the background: whoever lets go of it does not wait for its servers.
    assert directory.exists()
    while directory.exists():
        await house.pgs.list()


async def test_a_proxy_keeps_its_manager(house: House) -> None:
    manager = await pgs.ephemeral(local=local())
    acme = await manager.create("acme", enable=True)
    url = manager.url_with_password("acme", proxy := await manager.serve(), acme.password)
    del manager
    gc.collect()
    session = await house.at(url)
    await session.execute("select 1")
    await session.close()
    await proxy._pgs.close()


async def test_a_context_closes_even_when_it_fails() -> None:
    with pytest.raises(RuntimeError, match="mine"):
        async with pgs.ephemeral(local=local()) as manager:
            directory = Path(manager.state_dir)
            raise RuntimeError("mine")
    assert not directory.exists()


async def test_an_opening_is_shown_by_its_place(house: House) -> None:
    assert repr(house.pgs) == f"<pgs.Pgs {house.pgs.state_dir!r}>"
    assert repr(house.proxy) == f"<pgs.Proxy {house.proxy.address}>"
