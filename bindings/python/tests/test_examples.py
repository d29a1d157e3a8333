"""The examples that people start from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "python"


@pytest.mark.parametrize("example, arguments", [("fastapi_saas", []), ("test_suite", []), ("test_suite", ["-n", "2"])])
def test_an_example_works(example: str, arguments: list[str]) -> None:
    env = dict(os.environ)
    if (bindir := env.get("PGS_TEST_PG18_BINDIR")) is not None:
        env["PGS_PG_BINDIR"] = bindir
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:asyncio", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=EXAMPLES / example, env=env, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
