"""Options of every kind that their types allow, and none of another."""

from __future__ import annotations

from collections import ChainMap, UserDict, UserList, deque
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from house import House, local

import pgs


async def test_any_mapping_and_any_sequence_will_do(house: House) -> None:
    script: Any = UserDict(name="a.sql", sql="create table a ()")
    await house.pgs.create(
        "acme",
        settings=MappingProxyType({"work_mem": "5MB"}),
        allow_from=UserList(["127.0.0.0/8"]),
        init_scripts=deque([script]),
    )
    assert (await house.pgs.get("acme")).networks.allow_from == ["127.0.0.0/8"]
    await house.pgs.alter("acme", set=ChainMap({"jit": False}, {"work_mem": "6MB"}))
    assert (await house.pgs.get("acme")).settings == {"jit": "off", "work_mem": "6MB"}
    assert [one.applied for one in await house.pgs.run_init_scripts("acme", (script,))] == [False]


async def test_paths_are_paths(state_dir: Path, tmp_path: Path) -> None:
    folders = [Path(folder) for folder in local().get("bindir", {}).values()]
    config = tmp_path / "pgs.toml"
    config.write_text("trash_days = 3\n")
    async with pgs.open(state_dir, config=config, local={"fallback_bindirs": folders}) as manager:
        assert Path(manager.state_dir) == state_dir.resolve()
    missing = tmp_path / "missing.pem"
    tls: pgs.TlsOptions = {"cert": missing, "key": missing, "pair": [{"cert": missing, "key": missing}]}
    async with pgs.ephemeral(serve={"tls": tls}) as manager:
        for options in [pgs.ServeOptions(), pgs.ServeOptions(tls=tls)]:
            with pytest.raises(pgs.Error, match="missing.pem"):
                await manager.serve(**options)


async def test_a_path_is_no_text(house: House, tmp_path: Path) -> None:
    path: Any = tmp_path / "secret"
    calls: dict[str, Callable[[], Any]] = {
        "password": lambda: house.pgs.create("acme", password=path),
        "init_scripts[0].sql": lambda: house.pgs.create("acme", init_scripts=[{"name": "a", "sql": path}]),
        "settings.config": lambda: house.pgs.create("acme", settings={"config": path}),
        "scripts[0].sql": lambda: house.pgs.run_init_scripts("acme", [{"name": "a", "sql": path}]),
        "listen": lambda: house.pgs.serve(listen=path),
        "serve.metrics": lambda: pgs.ephemeral(serve={"metrics": path}),
    }
    for option, call in calls.items():
        with pytest.raises(pgs.InvalidInputError) as refused:
            await call()
        assert f"`{option}`" in refused.value.message
        assert "read_text()" in str(refused.value.remedy)
    assert await house.pgs.list() == []


async def test_a_text_is_no_list(house: House) -> None:
    script: Any = "create table a ()"
    calls: dict[str, Callable[[], Any]] = {
        "allow_from": lambda: house.pgs.create("acme", allow_from="10.0.0.0/8"),
        "deny_from": lambda: house.pgs.set_networks("acme", deny_from="10.0.0.0/8"),
        "unset": lambda: house.pgs.alter("acme", unset="jit"),
        "scripts": lambda: house.pgs.run_init_scripts("acme", script),
        "local.fallback_bindirs": lambda: pgs.ephemeral(local={"fallback_bindirs": "/usr/bin"}),
    }
    for option, call in calls.items():
        with pytest.raises(pgs.InvalidInputError) as refused:
            await call()
        assert f"`{option}`" in refused.value.message
        assert "expected a list" in refused.value.message
        assert "into a list" in str(refused.value.remedy)


async def test_what_is_in_itself_is_refused(house: House) -> None:
    endless: Any = []
    endless.append(endless)
    with pytest.raises(pgs.InvalidInputError, match="nested too deeply"):
        await house.pgs.create("acme", allow_from=endless)
    with pytest.raises(pgs.InvalidInputError, match="`allow_from`"):
        await house.pgs.create("acme", allow_from=memoryview(b"10"))
