"""Nothing is left of what was done. `cargo xtask packages --test --long` does it a thousand times, and a hundred at one time."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from pathlib import Path

import psycopg
import pytest
from house import PASSING_TASKS, House, local, until

import pgs
from pgs import _pgs

LONG = os.environ.get("PGS_TEST_LONG") == "1"
ROUNDS = 1000 if LONG else 10
AT_ONE_TIME = 100 if LONG else 10
needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="there is no /proc here")


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def threads() -> int:
    return len(list(Path("/proc/self/task").iterdir()))


def resident_kib() -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1])


@pytest.mark.timeout(3000 if LONG else 120)
@needs_proc
async def test_tenants_come_and_go(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    async def round_trip(number: int) -> None:
        acme = await house.pgs.create(f"t{number}", enable=True)
        async with await psycopg.AsyncConnection.connect(house.url(acme)) as session:
            await session.execute("select 1")
        if number % 2:
            await house.pgs.purge(acme.id)
        else:
            await house.pgs.purge_uid(await house.pgs.remove(acme.id))

    async def rounds(count: int) -> None:
        for number in range(0, count, 4):
            await asyncio.gather(*(round_trip(one) for one in range(number, min(number + 4, count))))

    warm = max(8, ROUNDS // 10)
    await rounds(warm)
    gc.collect()
    before = descriptors(), threads(), resident_kib()
    await rounds(ROUNDS)
    views = await asyncio.gather(*(house.pgs.list() for _ in range(100)))
    assert views == [[]] * 100
    assert await house.pgs.list_trash() == []
    gc.collect()
    after = descriptors(), threads(), resident_kib()
    with capsys.disabled():
        print(f"\n{ROUNDS} creates and purges: descriptors, threads, KiB before {before}, after {after}")
    assert after[0] <= before[0] + 8
    assert after[1] <= before[1] + 8
    # An allocator never gives all of it back.
    assert after[2] <= before[2] + 20 * 1024


@pytest.mark.timeout(3000 if LONG else 300)
@needs_proc
async def test_many_tenants_are_made_and_removed_at_one_time(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    async def make_and_remove(names: list[str]) -> None:
        made = await asyncio.gather(*(house.pgs.create(name) for name in names))
        assert [one.id for one in made] == names
        assert all(view.is_up for view in await asyncio.gather(*(house.pgs.show(name) for name in names)))
        removed = await asyncio.gather(*(house.pgs.remove(name) for name in names))
        assert removed == [one.uid for one in made]
        assert await house.pgs.list() == []
        assert {tenant.uid for tenant in await house.pgs.list_trash()} >= set(removed)
        await asyncio.gather(*(house.pgs.purge_uid(uid) for uid in removed))

    await make_and_remove(["warm"])
    before, begin = (descriptors(), threads()), time.monotonic()
    await make_and_remove([f"t{number}" for number in range(AT_ONE_TIME)])
    after, seconds = (descriptors(), threads()), time.monotonic() - begin
    with capsys.disabled():
        print(f"\n{AT_ONE_TIME} at one time in {seconds:.1f} s: descriptors, threads before {before}, after {after}")
    assert after[0] <= before[0] + 8
    # Those that wait for the disk stay for a few seconds.
    await until(lambda: threads() <= before[1] + 8)


async def test_given_up_followers_leave_nothing(house: House) -> None:
    await house.pgs.create("acme")
    known, seen = await house.pgs.events(), []

    async def follow() -> None:
        async for event in house.pgs.follow():
            seen.append(event)

    before = _pgs.tasks()
    followers = [asyncio.create_task(follow()) for _ in range(100)]
    # Each of them waits for an event that never comes.
    await until(lambda: len(seen) == 100 * len(known) and _pgs.tasks() >= before + 100 - PASSING_TASKS)
    for follower in followers:
        follower.cancel()
    assert all(isinstance(end, asyncio.CancelledError) for end in await asyncio.gather(*followers, return_exceptions=True))
    del follower, followers
    gc.collect()
    await until(lambda: _pgs.tasks() <= before + PASSING_TASKS)


@needs_proc
async def test_managers_come_and_go() -> None:
    async def come_and_go() -> None:
        async with pgs.ephemeral(local=local()) as manager, manager.serve():
            await manager.list()

    for _ in range(3):
        await come_and_go()
    gc.collect()
    before = descriptors()
    for _ in range(ROUNDS):
        await come_and_go()
    gc.collect()
    assert descriptors() <= before + 8
