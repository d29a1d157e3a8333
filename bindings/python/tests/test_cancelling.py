"""Coroutines that are cancelled, loops that are closed, several loops and threads."""

from __future__ import annotations

import asyncio
import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import uvloop
from house import PASSING_TASKS, House, local, seen, until

import pgs
from pgs import _pgs, _waiting, blocking


async def test_waiting_for_an_event_may_be_given_up(house: House) -> None:
    events = house.pgs.follow()
    for _ in range(3):
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(anext(events), 0.05)
    # Given up again while events come: none is lost, and none comes twice.
    create = asyncio.create_task(house.pgs.create("acme"))
    got: list[pgs.Event] = []
    while not got or got[-1].kind != "created":
        try:
            got.append(await asyncio.wait_for(anext(events), 0.001))
        except asyncio.TimeoutError:
            pass
    await create
    assert got == await house.pgs.events()


async def test_two_who_wait_get_each_event_once(house: House) -> None:
    events = house.pgs.follow()
    got: list[pgs.Event] = []

    async def take() -> None:
        async for event in events:
            got.append(event)
            if event.kind == "created":
                await events.aclose()

    await asyncio.gather(take(), take(), house.pgs.create("acme"))
    assert got == await house.pgs.events()


async def test_a_given_up_proxy_is_closed(house: House) -> None:
    acme = await house.tenant("acme")
    port = house.proxy.address.rsplit(":", 1)[1]
    await house.proxy.close()
    serving = asyncio.ensure_future(house.pgs._serve({"listen": f"127.0.0.1:{port}"}))
    await asyncio.wait({serving}, timeout=0)
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    # Its address is free for the next one, at the latest when it has noticed that nobody wants it.
    while True:
        try:
            async with house.pgs.serve(listen=f"127.0.0.1:{port}") as proxy:
                await house.at(house.pgs.url_with_password("acme", proxy, acme.password))
                return
        except pgs.Error as error:
            assert "in use" in error.message


async def test_given_up_supervisions_are_closed(house: House) -> None:
    before = _pgs.tasks()
    supervising = [asyncio.ensure_future(house.pgs._supervise()) for _ in range(100)]
    # Each of them begins, and none is answered before the loop looks for answers again.
    await asyncio.sleep(0)
    for one in supervising:
        one.cancel()
    # Who keeps these exceptions, keeps the calls that they came from.
    ends = await asyncio.gather(*supervising, return_exceptions=True)
    assert all(isinstance(end, asyncio.CancelledError) for end in ends)
    await until(lambda: _pgs.tasks() <= before + PASSING_TASKS)


async def test_a_given_up_manager_is_taken_down(monkeypatch: pytest.MonkeyPatch) -> None:
    with TemporaryDirectory(prefix="pgs-python-") as place:
        Path(place).chmod(0o711)
        monkeypatch.setenv("TMPDIR", place)
        opening = asyncio.ensure_future(pgs._async._ephemeral({"local": local()}))
        await asyncio.wait({opening}, timeout=0)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        async with pgs.ephemeral(local=local()) as manager:
            # At the latest when it has noticed that nobody wants it.
            while list(Path(place).iterdir()) != [Path(manager.state_dir)]:
                await manager.list()


async def test_a_cancelled_wait_is_no_answer(house: House) -> None:
    task = asyncio.create_task(house.pgs.list())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(house.proxy.replaced(), 0.01)
    assert await house.pgs.list() == []


async def test_a_hundred_calls_at_one_time(house: House) -> None:
    await house.tenant("acme")
    views = await asyncio.gather(*(house.pgs.show("acme") for _ in range(100)))
    assert all(view.is_up for view in views)


def test_a_loop_may_be_closed_with_calls_in_flight(state_dir: Path) -> None:
    loop = asyncio.new_event_loop()

    async def open_one() -> pgs.Pgs:
        return await pgs.open(state_dir, local=local())

    manager = loop.run_until_complete(open_one())
    creating = loop.create_task(manager.create("acme"))
    loop.run_until_complete(seen(manager.follow(), lambda event: event.kind == "creating"))
    creating.cancel()
    loop.close()
    # It went on to its end all the same.
    with blocking.open(state_dir, local=local()) as other:
        assert next(event for event in other.follow() if event.kind == "created").id == "acme"
    asyncio.run(manager.close())


def test_a_closed_loop_is_not_kept() -> None:
    async def call() -> weakref.ref[asyncio.AbstractEventLoop]:
        async with pgs.ephemeral(local=local()) as manager:
            await manager.list()
        return weakref.ref(asyncio.get_running_loop())

    loops = [asyncio.run(call()) for _ in range(3)]
    gc.collect()
    assert [loop() for loop in loops] == [None, None, None]
    assert len(_waiting._bells) == 0


def test_one_manager_in_several_loops_and_threads(state_dir: Path) -> None:
    async def make(manager: pgs.Pgs, name: str) -> str:
        created, tenants = await asyncio.gather(manager.create(name), manager.list())
        return created.id

    async def opened() -> pgs.Pgs:
        return await pgs.open(state_dir, local=local())

    manager = asyncio.run(opened())
    names = ["one", "two", "three"]
    with ThreadPoolExecutor() as threads:
        assert list(threads.map(lambda name: asyncio.run(make(manager, name)), names)) == names
    asyncio.run(manager.close())


async def test_the_same_name_is_made_once(house: House) -> None:
    made = await asyncio.gather(*(house.pgs.create("acme") for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(one, pgs.Created) for one in made) == 1
    assert sum(isinstance(one, pgs.AlreadyExistsError) for one in made) == 4


def test_another_event_loop_will_do() -> None:
    async def make() -> list[str]:
        async with pgs.ephemeral(local=local()) as manager, manager.serve() as proxy:
            made = await asyncio.gather(manager.create("one"), manager.create("two"))
            assert await proxy.sessions() == []
            return [one.id for one in made]

    assert uvloop.run(make()) == ["one", "two"]
