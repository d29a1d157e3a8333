"""The files of the package agree with each other."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


def test_generated_files_are_up_to_date() -> None:
    check(HERE.parent / "generate.py", "--check")


def test_the_stub_says_what_the_native_module_has() -> None:
    check("-m", "mypy.stubtest", "--concise", "pgs._pgs")


@pytest.mark.parametrize("what", ["package", "tests"])
def test_types_hold(what: str) -> None:
    where = ["-p", "pgs"] if what == "package" else [str(path) for path in sorted(HERE.glob("*.py"))]
    check("-m", "mypy", "--strict", "--config-file", str(HERE.parent / "pyproject.toml"), *where)


def test_the_package_is_typed() -> None:
    spec = find_spec("pgs")
    assert spec is not None and spec.origin is not None
    assert Path(spec.origin).with_name("py.typed").exists()


def check(*arguments: str | Path) -> None:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, cwd=HERE, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
