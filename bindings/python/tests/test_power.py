"""Scenarios; bindings/scenarios.txt lists them."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Literal

from house import House, seen

import pgs


async def test_a_tenant_is_stopped_and_started(house: House) -> None:
    acme = await house.tenant("acme")
    await house.connect(acme)
    modes: list[Literal["fast", "immediate"]] = ["fast", "immediate"]
    for mode in modes:
        await house.pgs.stop_with("acme", mode)
        assert (await house.pgs.get("acme")).state == "stopped"
        assert await house.refusal(acme) == "57P03"
        await house.pgs.start("acme")
        assert (await house.pgs.get("acme")).state == "running"
        await house.connect(acme)


async def test_all_tenants_are_stopped_and_started(house: House) -> None:
    one, two = await house.tenant("one"), await house.tenant("two")
    stopped = await house.pgs.stop_all()
    assert [(outcome.id, outcome.failure) for outcome in stopped] == [("one", None), ("two", None)]
    assert await house.refusal(one) == "57P03"
    started = await house.pgs.start_all()
    assert [(outcome.id, outcome.failure) for outcome in started] == [("one", None), ("two", None)]
    await house.connect(one)
    await house.connect(two)


async def test_a_killed_server_is_started_again(house: House) -> None:
    acme = await house.tenant("acme")
    async with house.pgs.supervise():
        events = house.pgs.follow((await house.pgs.events())[-1].seq)
        kill_server(house, acme)
        # That it has crashed is noted only by who saw it alive.
        await seen(events, lambda event: event.kind == "started")
        await house.connect(acme)


def kill_server(house: House, acme: pgs.Created) -> None:
    """The process whose id the first line of `postmaster.pid` is."""
    file = Path(house.pgs.state_dir) / "tenants" / acme.uid / "data" / "postmaster.pid"
    os.kill(int(file.read_text().splitlines()[0]), signal.SIGKILL)
