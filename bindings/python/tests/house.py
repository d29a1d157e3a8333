"""A throw-away manager with a proxy in front of it, and clients."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from typing import Any

import asyncpg
import psycopg

import pgs

LIMIT_SECONDS = 60
# Tasks of the house itself come and go: a count of them is as exact as that.
PASSING_TASKS = 8


def local() -> pgs.LocalOptions:
    """PostgreSQL where the tests have theirs."""
    bindir = os.environ.get("PGS_TEST_PG18_BINDIR")
    return {} if bindir is None else {"bindir": {"18": bindir}}


class House:
    def __init__(self, manager: pgs.Pgs, proxy: pgs.Proxy) -> None:
        self.pgs = manager
        self.proxy = proxy
        self._sessions: list[psycopg.AsyncConnection[Any]] = []

    async def tenant(self, name: str) -> pgs.Created:
        """A tenant that lets clients in."""
        created = await self.pgs.create(name)
        await self.pgs.enable(name)
        return created

    def url(self, created: pgs.Created) -> str:
        return self.pgs.url_with_password(created.id, self.proxy, created.password)

    async def connect(self, created: pgs.Created) -> psycopg.AsyncConnection[Any]:
        return await self.at(self.url(created))

    async def at(self, url: str) -> psycopg.AsyncConnection[Any]:
        session = await psycopg.AsyncConnection.connect(url, autocommit=True)
        self._sessions.append(session)
        return session

    async def refusal(self, created: pgs.Created) -> str:
        return await refusal(self.url(created))

    async def leave(self) -> None:
        for session in self._sessions:
            await session.close()


async def value(session: psycopg.AsyncConnection[Any], query: str) -> Any:
    """The only value of the only row."""
    row = await (await session.execute(query)).fetchone()
    assert row is not None
    return row[0]


async def refusal(url: str) -> str:
    """The SQLSTATE that a client is turned away with. Asked with asyncpg: libpq tells none before the session is there."""
    try:
        session = await asyncpg.connect(url, ssl=False)
    except asyncpg.PostgresError as error:
        return str(error.sqlstate)
    await session.close()
    raise AssertionError("the client was let in")


async def seen(events: pgs.Events, is_it: Callable[[pgs.Event], bool]) -> pgs.Event:
    """The first event that is it."""
    async for event in events:
        if is_it(event):
            return event
    raise AssertionError("the log of changes ended")


async def until(is_so: Callable[[], bool]) -> None:
    """Lets other tasks run until it is so; what never is fails in time."""
    end = time.monotonic() + LIMIT_SECONDS
    while not is_so():
        assert time.monotonic() < end, "it never was so"
        await asyncio.sleep(0.005)
