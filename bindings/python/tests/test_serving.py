"""Scenarios; bindings/scenarios.txt lists them."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from house import House, refusal, value

import pgs


async def test_sessions_are_listed_and_drained(house: House) -> None:
    acme = await house.tenant("acme")
    session = await house.connect(acme)
    assert await value(session, "select 'x'") == "x"
    sessions = await house.proxy.sessions()
    assert [(one.tenant, one.user) for one in sessions] == [("acme", "acme")]
    assert (await house.proxy.counters()).live_sessions == 1
    now = asyncio.Event()
    now.set()
    report = await house.proxy.shutdown_until(now.wait())
    assert (report.drained, report.ended + report.cut) == (0, 1)
    with pytest.raises(psycopg.OperationalError):
        await session.execute("select 1")


async def test_failed_logins_are_banned_and_forgiven(house: House) -> None:
    bans: pgs.BansOptions = {"failures": 3, "first_seconds": 600, "loopback": True}
    acme = await house.tenant("acme")
    async with house.pgs.serve(bans=bans) as strict:
        url = house.pgs.url_with_password("acme", strict, acme.password)
        wrong = house.pgs.url_with_password("acme", strict, "wrong")
        for _ in range(3):
            assert await refusal(wrong) == "28P01"
        assert await refusal(url) == "53300"
        banned = await strict.bans()
        assert [(ban.tenant, ban.address, ban.failures) for ban in banned] == [("acme", "127.0.0.1", 3)]
        assert await strict.unban("acme", "127.0.0.1")
        assert not await strict.unban("acme", "127.0.0.1")
        await house.at(url)


async def test_a_listener_has_a_policy_of_its_own(house: House) -> None:
    acme = await house.tenant("acme")
    listener: pgs.ListenerOptions = {"address": "127.0.0.1:0", "keys": ["role.tenant"]}
    async with house.pgs.serve(listener=[listener]) as other:
        assert other.listening[0].configured == "127.0.0.1:0"
        url = house.pgs.url_with_password("acme", other, acme.password)
        assert await refusal(url) == "28000"
        session = await house.at(url.replace("acme:", "acme.acme:", 1))
        assert await value(session, "select current_user::text") == "acme"
        await session.close()
