"""Scenarios; bindings/scenarios.txt lists them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from house import House, local, seen

import pgs


async def test_two_managers_see_the_same_tenants(state_dir: Path) -> None:
    async with pgs.open(state_dir, local=local()) as one, pgs.open(state_dir, local=local()) as two:
        acme = await one.create("acme")
        assert (await two.get("acme")).uid == acme.uid
        await two.enable("acme")
        assert await one.list() == await two.list()
        await two.stop("acme")
        assert not (await one.show("acme")).is_up


async def test_tenants_outlive_their_manager(state_dir: Path) -> None:
    async with pgs.open(state_dir, local=local()) as first:
        acme = await first.create("acme")
    async with pgs.open(state_dir, local=local()) as second:
        view = await second.show("acme")
        assert view.is_up
        assert view.stats is not None
        assert view.tenant.uid == acme.uid


async def test_an_ephemeral_manager_leaves_nothing(house: House) -> None:
    await house.tenant("acme")
    endpoint = (await house.pgs.get("acme")).endpoint
    assert endpoint is not None
    directory = Path(house.pgs.state_dir)
    assert directory.exists()
    await house.pgs.protect("acme")
    await house.pgs.close()
    assert not directory.exists()
    assert not Path(endpoint.removeprefix("unix:")).exists()


async def test_an_abandoned_call_goes_on_to_its_end(house: House) -> None:
    events = house.pgs.follow()
    create = asyncio.create_task(house.pgs.create("acme"))
    # Long enough to begin, too short to end.
    await seen(events, lambda event: event.kind == "creating")
    assert create.cancel()
    with pytest.raises(asyncio.CancelledError):
        await create
    await seen(events, lambda event: event.kind == "created")
    assert (await house.pgs.show("acme")).is_up
