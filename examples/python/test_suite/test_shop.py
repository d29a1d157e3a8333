"""Each test has a PostgreSQL server of its own, with the schema in it. Run it with: pytest -n 2"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from pgs.pytest_plugin import PgsTenant
from shop import OutOfStock, deliver, sell


@pytest.fixture
def database(pgs_tenant: PgsTenant) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(pgs_tenant.url, autocommit=True) as database:
        yield database


def test_what_was_delivered_is_sold(database: psycopg.Connection[Any]) -> None:
    deliver(database, "tea", 3)
    deliver(database, "tea", 2)
    assert sell(database, "tea", 4) == 1


def test_no_more_is_sold_than_there_is(database: psycopg.Connection[Any]) -> None:
    # The tea of the other test is not here.
    with pytest.raises(OutOfStock):
        sell(database, "tea", 1)


@pytest.mark.pgs(settings={"work_mem": "2MB"})
def test_a_server_may_be_made_for_one_test(database: psycopg.Connection[Any]) -> None:
    assert database.execute("show work_mem").fetchone() == ("2MB",)
