"""A service whose customers each have a PostgreSQL server of their own: signing up makes it, and a dependency hands out a
session in it.

Run it with: uvicorn --factory saas:create_app
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated

import pgs
from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

SCHEMA: pgs.ScriptOptions = {
    "name": "001_notes.sql",
    "sql": "create table notes (id bigint generated always as identity primary key, text text not null)",
}
NAME = re.compile(r"[a-z][a-z0-9_-]{1,30}")


class Customers:
    """The tenants of the customers, and an engine for each that is used."""

    def __init__(self, manager: pgs.Pgs, proxy: pgs.Proxy, secret: bytes) -> None:
        self._manager = manager
        self._proxy = proxy
        self._secret = secret
        self._engines: dict[str, AsyncEngine] = {}

    async def sign_up(self, name: str) -> bool:
        """Makes the customer's tenant; whether it is new. Asked again, for instance after a lost answer, it is no other."""
        try:
            await self._manager.create(name, password=self._password(name), enable=True, init_scripts=[SCHEMA])
        except pgs.AlreadyExistsError:
            return False
        return True

    async def engine(self, name: str) -> AsyncEngine:
        engine = self._engines.get(name)
        if engine is None:
            await self._manager.get(name)
            url = self._manager.url_with_password(name, self._proxy, self._password(name))
            url = url.replace("postgresql://", "postgresql+asyncpg://", 1)
            # Few connections for each: a proxy and a server of its own stand behind every customer.
            engine = self._engines.setdefault(name, create_async_engine(url, pool_size=2, pool_pre_ping=True))
        return engine

    async def close(self) -> None:
        for engine in self._engines.values():
            await engine.dispose()

    def _password(self, name: str) -> str:
        """Derived, so that nothing but the one secret has to be kept."""
        return hmac.digest(self._secret, name.encode(), "sha256").hex()


def create_app(state_dir: Path = Path("tenants"), *, local: pgs.LocalOptions | None = None) -> FastAPI:
    """The service over this state directory."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            manager = await stack.enter_async_context(pgs.open(state_dir, local=local or {}))
            proxy = await stack.enter_async_context(manager.serve())
            await stack.enter_async_context(manager.supervise())
            app.state.customers = Customers(manager, proxy, secret_in(Path(manager.state_dir)))
            stack.push_async_callback(app.state.customers.close)
            yield

    app = FastAPI(title="Notes", lifespan=lifespan)
    app.post("/customers")(sign_up)
    app.post("/notes", status_code=201)(write_note)
    app.get("/notes")(read_notes)
    return app


def secret_in(directory: Path) -> bytes:
    """The service's own secret, made at its first start."""
    path = directory / "saas-secret"
    with NamedTemporaryFile(dir=directory) as new:
        new.write(secrets.token_bytes(32))
        new.flush()
        # Whole or not at all, and only by the first of several workers.
        with suppress(FileExistsError):
            os.link(new.name, path)
    return path.read_bytes()


class SignUp(BaseModel):
    name: str


class Note(BaseModel):
    text: str


async def sign_up(wanted: SignUp, request: Request, response: Response) -> dict[str, str]:
    """201 for a new customer, 200 for one that is there already."""
    if not NAME.fullmatch(wanted.name):
        raise HTTPException(422, "a customer's name is 2 to 31 of a-z, 0-9, _ and -, and begins with a letter")
    customers: Customers = request.app.state.customers
    try:
        response.status_code = 201 if await customers.sign_up(wanted.name) else 200
    except pgs.InvalidInputError as error:
        raise HTTPException(422, error.message) from error
    return {"name": wanted.name}


async def session(request: Request, x_customer: Annotated[str, Header()]) -> AsyncIterator[AsyncSession]:
    """A session in the tenant of the customer that the request is for.

    A real service takes the customer from who is logged in, not from a header.
    """
    customers: Customers = request.app.state.customers
    try:
        engine = await customers.engine(x_customer)
    except (pgs.NotFoundError, pgs.InvalidInputError) as error:
        raise HTTPException(404, "there is no such customer") from error
    async with AsyncSession(engine) as session, session.begin():
        yield session


Session = Annotated[AsyncSession, Depends(session)]


async def write_note(note: Note, session: Session) -> dict[str, int]:
    insert = text("insert into notes (text) values (:text) returning id")
    return {"id": (await session.execute(insert, {"text": note.text})).scalar_one()}


async def read_notes(session: Session) -> list[str]:
    return list((await session.execute(text("select text from notes order by id"))).scalars())
