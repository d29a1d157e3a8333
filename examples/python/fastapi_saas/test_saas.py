from __future__ import annotations

import asyncio
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pgs.blocking
from saas import create_app


def local() -> pgs.LocalOptions:
    bindir = os.environ.get("PGS_TEST_PG18_BINDIR")
    return {} if bindir is None else {"bindir": {"18": bindir}}


def test_each_customer_has_notes_of_its_own() -> None:
    with TemporaryDirectory() as directory:
        # Servers may run as another OS user, who has to pass through.
        Path(directory).chmod(0o711)
        state_dir = Path(directory) / "tenants"
        asyncio.run(play(state_dir))
        with pgs.blocking.open(state_dir, local=local()) as manager:
            for tenant in manager.list():
                manager.purge(tenant.id)


async def play(state_dir: Path) -> None:
    first, second = create_app(state_dir, local=local()), create_app(state_dir, local=local())
    async with first.router.lifespan_context(first), client_of(first) as client:
        # Twice at one time, and once more: it is one customer.
        answers = await asyncio.gather(*(client.post("/customers", json={"name": "acme"}) for _ in range(2)))
        assert sorted(answer.status_code for answer in answers) == [200, 201]
        assert (await client.post("/customers", json={"name": "acme"})).status_code == 200
        assert (await client.post("/customers", json={"name": "globex"})).status_code == 201
        assert (await client.post("/customers", json={"name": "No Name"})).status_code == 422
        assert (await client.post("/customers", json={"name": "postgres"})).status_code == 422

        acme, globex = {"x-customer": "acme"}, {"x-customer": "globex"}
        assert (await client.post("/notes", json={"text": "mine"}, headers=acme)).status_code == 201
        assert (await client.get("/notes", headers=acme)).json() == ["mine"]
        assert (await client.get("/notes", headers=globex)).json() == []
        assert (await client.get("/notes", headers={"x-customer": "nobody"})).status_code == 404
    # Started again, it knows its customers.
    async with second.router.lifespan_context(second), client_of(second) as client:
        assert (await client.get("/notes", headers=acme)).json() == ["mine"]


def client_of(app: object) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://saas")  # type: ignore[arg-type]
