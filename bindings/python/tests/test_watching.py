"""Scenarios; bindings/scenarios.txt lists them."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone

from house import House


async def test_events_come_in_order(house: House) -> None:
    acme = await house.tenant("acme")
    await house.pgs.disable("acme")
    events = await house.pgs.events(0, 100)
    assert events[0].kind == "creating"
    assert events[-1].kind == "access_disabled"
    numbers = [event.seq for event in events]
    assert numbers == sorted(set(numbers))
    assert all((event.id, event.uid) == ("acme", acme.uid) for event in events)
    assert await house.pgs.events(events[0].seq, 1) == events[1:2]
    # Aware of its time zone.
    assert abs(datetime.now(timezone.utc) - events[-1].at) < timedelta(minutes=10)


async def test_events_are_followed(house: House) -> None:
    await house.tenant("acme")
    seen = await house.pgs.events(0, 100)
    events = house.pgs.follow(seen[-1].seq)

    async def next_two() -> list[str]:
        return [(await anext(events)).kind, (await anext(events)).kind]

    following = asyncio.create_task(next_two())
    await house.pgs.protect("acme")
    await house.pgs.disable("acme")
    assert await following == ["protected", "access_disabled"]
    assert await anext(house.pgs.follow()) == seen[0]
    await events.aclose()
    assert [event async for event in events] == []


async def test_a_tenant_is_shown_with_what_its_server_tells(house: House) -> None:
    acme = await house.tenant("acme")
    await house.connect(acme)
    view = await house.pgs.show("acme")
    assert view.is_up
    assert view.stats is not None
    assert view.stats.sessions == 1
    assert view.stats.server_version.startswith("18")
    assert view.stats.size_bytes > 1_000_000
    await house.pgs.stop("acme")
    view = await house.pgs.show("acme")
    assert not view.is_up
    assert view.stats is None


async def test_a_servers_log_is_read(house: House) -> None:
    await house.tenant("acme")
    assert "ready to accept connections" in await house.pgs.logs("acme", 100)
    assert len((await house.pgs.logs("acme", 1)).strip().splitlines()) == 1
