from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import pytest_asyncio
from house import House, local

import pgs
import pgs.blocking

@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    async with pgs.ephemeral(local=local()) as manager, manager.serve() as proxy:
        house = House(manager, proxy)
        yield house
        await house.leave()


@pytest.fixture
def state_dir() -> Iterator[Path]:
    """A state directory that servers of another OS user can pass through; its tenants are gone at the end."""
    with TemporaryDirectory(prefix="pgs-python-") as directory:
        Path(directory).chmod(0o711)
        path = Path(directory) / "state"
        yield path
        with pgs.blocking.open(path, local=local()) as manager:
            for tenant in [*manager.list(), *manager.list_trash()]:
                manager.unprotect(tenant.id) if tenant.protected else None
                manager.purge_uid(tenant.uid)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What did not run, one line each, for whoever counts."""
    for report in terminalreporter.stats.get("skipped", []):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        terminalreporter.write_line(f"SKIPPED: {report.nodeid}: {why.removeprefix('Skipped: ')}")
