"""Scenarios; bindings/scenarios.txt lists them."""

from __future__ import annotations

from house import House, value


async def test_a_password_is_changed_while_serving(house: House) -> None:
    acme = await house.tenant("acme")
    session = await house.connect(acme)
    assert await house.pgs.set_password("acme", "n3w") == "n3w"
    assert await house.refusal(acme) == "28P01"
    assert await value(session, "select 'still here'") == "still here"
    generated = await house.pgs.set_password("acme")
    assert len(generated) == 32
    await house.at(house.pgs.url_with_password("acme", house.proxy, generated))


async def test_limits_and_settings_are_altered(house: House) -> None:
    acme = await house.tenant("acme")
    settings = {"work_mem": "5MB", "shared_buffers": "20MB"}
    altered = await house.pgs.alter("acme", max_connections=3, set=settings)
    assert "shared_buffers" in altered.at_next_start
    session = await house.connect(acme)
    assert await value(session, "show work_mem") == "5MB"
    assert (await house.pgs.get("acme")).limits.max_connections == 3
    await house.pgs.stop("acme")
    await house.pgs.start("acme")
    session = await house.connect(acme)
    assert await value(session, "show shared_buffers") == "20MB"
    await house.pgs.alter("acme", max_connections=None, unset=["work_mem"])
    tenant = await house.pgs.get("acme")
    assert tenant.limits.max_connections is None
    assert list(tenant.settings) == ["shared_buffers"]
