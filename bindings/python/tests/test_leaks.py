"""Nothing is left of what was done. `PGS_TEST_LONG=1` does it a thousand times."""

from __future__ import annotations

import asyncio
import gc
import os
from pathlib import Path

import psycopg
import pytest
from house import House, local

import pgs

LONG = os.environ.get("PGS_TEST_LONG") == "1"
ROUNDS = 1000 if LONG else 10


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def threads() -> int:
    return len(list(Path("/proc/self/task").iterdir()))


def resident_kib() -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1])


@pytest.mark.timeout(3000 if LONG else 120)
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="there is no /proc here")
async def test_tenants_come_and_go(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    async def round_trip(number: int) -> None:
        acme = await house.pgs.create(f"t{number}", enable=True)
        async with await psycopg.AsyncConnection.connect(house.url(acme)) as session:
            await session.execute("select 1")
        await house.pgs.purge(acme.id)

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
    gc.collect()
    after = descriptors(), threads(), resident_kib()
    with capsys.disabled():
        print(f"\n{ROUNDS} creates and purges: descriptors, threads, KiB before {before}, after {after}")
    assert after[0] <= before[0] + 8
    assert after[1] <= before[1] + 8
    # An allocator never gives all of it back.
    assert after[2] <= before[2] + 20 * 1024


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="there is no /proc here")
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
