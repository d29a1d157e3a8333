"""Scenarios; bindings/scenarios.txt lists them."""

from __future__ import annotations

from pathlib import Path

import pytest
from house import House, value

import pgs


async def test_a_removed_tenant_is_restored(house: House) -> None:
    acme = await house.tenant("acme")
    session = await house.connect(acme)
    await session.execute("create table kept ()")
    assert await house.pgs.remove("acme") == acme.uid
    assert await house.pgs.list() == []
    assert [tenant.uid for tenant in await house.pgs.list_trash()] == [acme.uid]
    assert await house.refusal(acme) == "28000"
    await house.pgs.restore("acme")
    await house.pgs.remove("acme")
    await house.pgs.restore_uid(acme.uid)
    await house.pgs.start("acme")
    session = await house.connect(acme)
    assert await value(session, "select count(*) from kept") == 0


async def test_a_purged_tenant_is_gone(house: House) -> None:
    acme = await house.tenant("acme")
    await house.pgs.purge("acme")
    assert await house.pgs.list() == await house.pgs.list_trash() == []
    assert not (Path(house.pgs.state_dir) / "tenants" / acme.uid).exists()
    again = await house.tenant("acme")
    await house.pgs.remove("acme")
    await house.pgs.purge_uid(again.uid)
    assert await house.pgs.list_trash() == []


async def test_a_protected_tenant_is_not_removed(house: House) -> None:
    acme = await house.tenant("acme")
    await house.pgs.protect("acme")
    for operation in [house.pgs.remove, house.pgs.purge]:
        with pytest.raises(pgs.ProtectedError):
            await operation("acme")
    await house.connect(acme)
    await house.pgs.unprotect("acme")
    await house.pgs.remove("acme")
