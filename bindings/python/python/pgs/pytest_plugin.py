"""Fixtures for pytest: a PostgreSQL server of its own for each test that asks for one.

`pgs_tenant` is a fresh tenant, which lets clients in. While a test runs, the tenants of the next ones are made, so tests hardly
wait. Each worker of pytest-xdist has a manager of its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from . import _pgs, blocking
from ._blocked import answer
from ._created import Created
from ._errors import Error


@dataclass(frozen=True)
class PgsTenant:
    """A tenant of a test's own, and where its clients find it."""

    id: str
    """Its name."""
    host: str
    port: int
    user: str
    dbname: str
    password: str = field(repr=False)
    url: str = field(repr=False)
    """Where clients connect, such as `postgresql://t1:secret@127.0.0.1:40001/t1`."""

    @property
    def dsn(self) -> dict[str, Any]:
        """The same in parts, as the arguments of `psycopg.connect`; `asyncpg.connect` calls `dbname` `database`."""
        return {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "dbname": self.dbname,
        }

    def url_for(self, driver: str) -> str:
        """The URL as SQLAlchemy writes it, such as `url_for("asyncpg")`."""
        return self.url.replace("postgresql://", f"postgresql+{driver}://", 1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """What `pytest.ini` may say."""
    parser.addini("pgs_config", "The pgs.toml that managers are opened with.", type="paths")
    parser.addini("pgs_settings", "PostgreSQL settings of every tenant, as lines name=value.", type="linelist")
    parser.addini("pgs_init_scripts", "SQL files that are run in every tenant.", type="paths")


def pytest_configure(config: pytest.Config) -> None:
    """Makes the marker known, and reads what the ini file says."""
    config.addinivalue_line(
        "markers",
        "pgs(**options): what the tenant of a test is created with: the options of `Pgs.create`, over those in the ini file",
    )
    # Once, and not in every test.
    _settings(config)


@pytest.fixture(scope="session")
def pgs_manager(pytestconfig: pytest.Config) -> Iterator[blocking.Pgs]:
    """The throw-away manager of this run, or of this worker of pytest-xdist."""
    config = pytestconfig.getini("pgs_config")
    with blocking.ephemeral(config=config[0] if config else None) as manager:
        yield manager


@pytest.fixture(scope="session")
def pgs_proxy(pgs_manager: blocking.Pgs) -> Iterator[blocking.Proxy]:
    """The proxy in front of every tenant of the manager."""
    with pgs_manager.serve() as proxy:
        yield proxy


@pytest.fixture(scope="session")
def _pgs_nursery(request: pytest.FixtureRequest, pgs_manager: blocking.Pgs) -> Iterator[_Nursery]:
    asking = sum("pgs_tenant" in getattr(item, "fixturenames", ()) for item in request.session.items)
    nursery = _Nursery(pgs_manager._manager, asking)
    yield nursery
    nursery.close()


@pytest.fixture
def pgs_tenant(
    request: pytest.FixtureRequest,
    pytestconfig: pytest.Config,
    pgs_manager: blocking.Pgs,
    pgs_proxy: blocking.Proxy,
    _pgs_nursery: _Nursery,
) -> Iterator[PgsTenant]:
    """A tenant of this test's own."""
    options = _options(pytestconfig)
    for marker in reversed(list(request.node.iter_markers("pgs"))):
        options.update(marker.kwargs)
    created = _pgs_nursery.tenant(options)
    url = pgs_manager.url_with_password(created.id, pgs_proxy, created.password)
    place = urlsplit(url)
    yield PgsTenant(
        id=created.id,
        host=place.hostname or "",
        port=place.port or 5432,
        user=created.id,
        dbname=created.id,
        password=created.password,
        url=url,
    )
    _pgs_nursery.done_with(created)


def _options(config: pytest.Config) -> dict[str, Any]:
    scripts = [_script(path) for path in config.getini("pgs_init_scripts")]
    return {"enable": True, "settings": _settings(config), "init_scripts": scripts}


def _settings(config: pytest.Config) -> dict[str, str]:
    settings: dict[str, str] = {}
    for line in config.getini("pgs_settings"):
        name, equals, value = (part.strip() for part in line.partition("="))
        if not (name and equals):
            raise pytest.UsageError(
                f"{config.inipath}: pgs_settings: `{line}` is no setting: write it as name=value, such as work_mem=16MB"
            )
        if name in settings:
            raise pytest.UsageError(f"{config.inipath}: pgs_settings: `{name}` is set twice: leave one of the lines")
        settings[name] = value
    return settings


def _script(path: Path) -> dict[str, str]:
    return {"name": path.name, "sql": path.read_text()}


class _Nursery:
    """Makes the tenants of the next tests while this one runs."""

    def __init__(self, manager: _pgs.Manager, asking: int) -> None:
        self._manager = manager
        self._asking = asking
        self._names = (f"t{number}" for number in count(1))
        self._options: dict[str, Any] = {}
        self._coming: deque[_pgs.Call] = deque()
        self._leaving: list[_pgs.Call] = []

    def tenant(self, options: dict[str, Any]) -> Created:
        if options != self._options:
            self._send_away()
            self._options = options
        self._asking -= 1
        # Below zero tests ask that were not counted, such as by `getfixturevalue`: how many more there are is not known.
        ahead = AHEAD if self._asking < 0 else min(AHEAD, self._asking)
        if not self._coming:
            self._coming.append(self._manager.create(next(self._names), options))
        made = Created._from(answer(self._coming.popleft()))
        # Not before, so that who waits shares the processors with few.
        while len(self._coming) < ahead:
            self._coming.append(self._manager.create(next(self._names), options))
        return made

    def done_with(self, created: Created) -> None:
        self._leaving = [call for call in self._leaving if not call.wait(0)]
        self._leaving.append(self._manager.purge(created.id))

    def close(self) -> None:
        """Waits for what it began; what became of it counts no more."""
        for call in [*self._leaving, *self._coming]:
            call.wait()

    def _send_away(self) -> None:
        """Those that were made for a test with other options."""
        while self._coming:
            # A test that has to do with what failed hears of it.
            with suppress(Error):
                self.done_with(Created._from(answer(self._coming.popleft())))


AHEAD = 4
"""Tests that take less time than a tenant use up what was made while longer ones ran. An idle server takes some 10 MB of memory."""
