"""What is tested: a shop's stock."""

from __future__ import annotations

from typing import Any

import psycopg


class OutOfStock(Exception):
    """There is not enough of it."""


def deliver(database: psycopg.Connection[Any], article: str, count: int) -> None:
    database.execute(
        "insert into stock values (%s, %s) on conflict (article) do update set count = stock.count + excluded.count",
        [article, count],
    )


def sell(database: psycopg.Connection[Any], article: str, count: int) -> int:
    """What is left of it."""
    sold = "update stock set count = count - %s where article = %s and count >= %s returning count"
    row = database.execute(sold, [count, article, count]).fetchone()
    if row is None:
        raise OutOfStock(article)
    left: int = row[0]
    return left
