"""No value becomes another one, and every refusal names what was given."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from house import House

import pgs

NO_COUNTS = [-1, 2**32, 2**64, -(2**64), 10**5000, 1.5, 1.0, math.inf, -math.inf, math.nan, "3", True, [1], {}]


@pytest.mark.parametrize("number", NO_COUNTS, ids=lambda number: str(number)[:20] if not isinstance(number, int) else hex(number)[:20])
async def test_no_number_becomes_another_one(house: House, number: Any) -> None:
    acme = await house.pgs.create("acme")
    calls: dict[str, Any] = {
        "trash_days": lambda: pgs.open("/nonexistent/pgs", trash_days=number),
        "restart.deaths": lambda: pgs.ephemeral(restart={"deaths": -1 if number == 2**32 else number}),
        "pids": lambda: house.pgs.create("other", pids=number),
        "max_connections": lambda: house.pgs.alter("acme", max_connections=number),
        "lines": lambda: house.pgs.logs("acme", number),
        "after": lambda: house.pgs.events(-1 if number == 2**32 else number),
        "limit": lambda: house.pgs.events(0, number),
        "drain_seconds": lambda: house.pgs.serve(drain_seconds=-1 if number == 2**32 else number),
    }
    for option, call in calls.items():
        with pytest.raises(pgs.InvalidInputError) as refused:
            await call()
        assert f"`{option}`" in refused.value.message
        assert refused.value.code == "PGS_INVALID_INPUT"
    with pytest.raises(pgs.InvalidInputError, match="`after`"):
        house.pgs.follow(-1 if number == 2**32 else number)
    assert [tenant.uid for tenant in await house.pgs.list()] == [acme.uid]


async def test_unknown_options_are_refused(house: House) -> None:
    options: dict[str, Any] = {"memroy": "1g"}
    calls: list[Callable[[], Any]] = [
        lambda: pgs.open("/nonexistent/pgs", **options),
        lambda: pgs.ephemeral(**options),
        lambda: house.pgs.create("acme", **options),
        lambda: house.pgs.alter("acme", **options),
        lambda: house.pgs.set_networks("acme", **options),
        lambda: house.pgs.serve(**options),
        lambda: pgs.ephemeral(serve=options),  # type: ignore[arg-type]
    ]
    for call in calls:
        with pytest.raises(pgs.InvalidInputError, match="`memroy`"):
            await call()


class Odd:
    pass


@pytest.mark.parametrize("value", [Odd(), b"bytes", {1, 2}, "\udc80", {1: 2}, math.nan])
async def test_what_is_no_value_is_named(house: House, value: Any) -> None:
    with pytest.raises(pgs.InvalidInputError, match="`settings.work_mem"):
        await house.pgs.create("acme", settings={"work_mem": value})


async def test_a_choice_is_one_of_those_there_are(house: House) -> None:
    choice: Any = "Enabled"
    with pytest.raises(pgs.InvalidInputError, match="`Enabled`"):
        await house.pgs.set_access("acme", choice)
    with pytest.raises(pgs.InvalidInputError, match="`Enabled`"):
        await house.pgs.stop_with("acme", choice)
