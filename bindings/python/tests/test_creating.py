"""Scenarios; bindings/scenarios.txt lists them."""

from __future__ import annotations

import pytest
from house import House, value

import pgs


async def test_a_created_tenant_answers_through_the_proxy(house: House) -> None:
    acme = await house.tenant("acme")
    session = await house.connect(acme)
    assert await value(session, "select current_user::text") == "acme"
    assert await value(session, "select current_database()::text") == "acme"
    assert acme.pg_version == 18


async def test_a_generated_password_is_shown_once(house: House) -> None:
    acme, other = await house.tenant("acme"), await house.tenant("other")
    assert len(acme.password) == 32
    assert acme.password != other.password
    told = [repr(acme), str(acme), f"{acme}", repr(await house.pgs.show("acme")), repr(await house.pgs.events())]
    assert not any(acme.password in text for text in told)


async def test_a_given_password_is_kept(house: House) -> None:
    acme = await house.pgs.create("acme", password="s3cret / with @ signs", enable=True)
    assert acme.password == "s3cret / with @ signs"
    await house.connect(acme)


@pytest.mark.parametrize("name", ["Acme", "", "postgres", "pg_x", "a b", "1st", "a" * 64])
async def test_a_bad_name_is_refused_by_its_rule(house: House, name: str) -> None:
    with pytest.raises(pgs.InvalidInputError) as refused:
        await house.pgs.create(name)
    error = refused.value
    assert error.code == "PGS_INVALID_INPUT"
    assert name in error.message
    assert error.remedy


async def test_a_taken_name_is_refused(house: House) -> None:
    acme = await house.tenant("acme")
    with pytest.raises(pgs.AlreadyExistsError) as refused:
        await house.pgs.create("acme")
    assert refused.value.code == "PGS_ALREADY_EXISTS"
    await house.connect(acme)


async def test_an_unknown_tenant_is_named(house: House) -> None:
    for operation in [house.pgs.get, house.pgs.start, house.pgs.enable, house.pgs.remove]:
        with pytest.raises(pgs.NotFoundError, match="nobody"):
            await operation("nobody")


async def test_init_scripts_run_once(house: House) -> None:
    table: pgs.ScriptOptions = {"name": "table.sql", "sql": "create table notes (text text)"}
    extension: pgs.ScriptOptions = {
        "name": "extension.sql",
        "sql": "create extension pg_trgm",
        "as_admin": True,
    }
    acme = await house.pgs.create("acme", enable=True, init_scripts=[extension, table])
    row: pgs.ScriptOptions = {"name": "row.sql", "sql": "insert into notes values ('one')"}
    for applied in [[False, True], [False, False]]:
        outcomes = await house.pgs.run_init_scripts("acme", [table, row])
        assert [outcome.name for outcome in outcomes] == ["table.sql", "row.sql"]
        assert [outcome.applied for outcome in outcomes] == applied
    session = await house.connect(acme)
    assert await value(session, "select count(*) from notes") == 1


async def test_a_failing_init_script_leaves_nothing(house: House) -> None:
    script: pgs.ScriptOptions = {"name": "bad.sql", "sql": "select 1;\nselect from nowhere"}
    with pytest.raises(pgs.InitScriptError) as failed:
        await house.pgs.create("acme", init_scripts=[script])
    assert "bad.sql" in failed.value.message
    assert "nowhere" in failed.value.message
    assert await house.pgs.list() == []
    await house.tenant("acme")
