"""Scenarios; bindings/scenarios.txt lists them."""

from __future__ import annotations

import psycopg
import pytest
from house import House, value


async def test_access_is_disabled_until_it_is_enabled(house: House) -> None:
    acme = await house.pgs.create("acme")
    assert (await house.pgs.get("acme")).access == "disabled"
    assert await house.refusal(acme) == "28000"
    await house.pgs.enable("acme")
    assert (await house.pgs.get("acme")).access == "enabled"
    await house.connect(acme)
    await house.pgs.set_access("acme", "disabled")
    assert await house.refusal(acme) == "28000"


async def test_disabling_ends_live_sessions(house: House) -> None:
    acme = await house.tenant("acme")
    session = await house.connect(acme)
    assert await value(session, "select 'in'") == "in"
    await house.pgs.disable("acme")
    # Its server or the proxy ends it; a query that is under way learns of it.
    with pytest.raises(psycopg.OperationalError):
        await session.execute("select pg_sleep(60)")
    assert await house.refusal(acme) == "28000"


async def test_networks_are_restricted(house: House) -> None:
    acme = await house.tenant("acme")
    networks = await house.pgs.set_networks("acme", allow_from=["10.0.0.0/8"])
    assert networks.allow_from == ["10.0.0.0/8"]
    assert await house.refusal(acme) == "28000"
    networks = await house.pgs.set_networks("acme", allow_from=None)
    assert networks.allow_from == networks.deny_from == []
    await house.connect(acme)
