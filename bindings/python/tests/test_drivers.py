"""The drivers that applications use."""

from __future__ import annotations

import asyncpg
import psycopg
import sqlalchemy
from house import House
from sqlalchemy.ext.asyncio import create_async_engine

PASSWORD = "s3cret / with @ : signs %41"


async def test_psycopg(house: House) -> None:
    acme = await house.pgs.create("acme", enable=True, password=PASSWORD)
    async with await psycopg.AsyncConnection.connect(house.url(acme)) as session:
        cursor = await session.execute("select %s::int + 1", [41])
        assert await cursor.fetchone() == (42,)


async def test_asyncpg(house: House) -> None:
    acme = await house.pgs.create("acme", enable=True, password=PASSWORD)
    async with asyncpg.create_pool(house.url(acme), min_size=1, max_size=3) as pool:
        assert await pool.fetchval("select $1::int + 1", 41) == 42


async def test_sqlalchemy(house: House) -> None:
    acme = await house.pgs.create("acme", enable=True, password=PASSWORD)
    for driver in ["asyncpg", "psycopg"]:
        engine = create_async_engine(house.url(acme).replace("postgresql", f"postgresql+{driver}", 1))
        async with engine.connect() as session:
            assert await session.scalar(sqlalchemy.text("select current_user")) == "acme"
        await engine.dispose()
