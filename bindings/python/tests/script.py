"""Programs of their own, which end in time or have failed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent

LIMIT_SECONDS = 120

BEGIN = """
import asyncio, os, signal, sys, threading
import pgs, pgs.blocking
LOCAL = {}
if "PGS_TEST_PG18_BINDIR" in os.environ:
    LOCAL = {"bindir": {"18": os.environ["PGS_TEST_PG18_BINDIR"]}}
STATE = sys.argv[1]
"""


def run(state_dir: Path, text: str, *, code: int = 0, before: Sequence[str] = ()) -> str:
    """What the program prints on both streams together; it must end with this code."""
    done = start(state_dir, text, before=before)
    try:
        told, _ = done.communicate(timeout=LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        done.kill()
        raise
    assert done.returncode == code, told
    return told


def start(state_dir: Path, text: str, *, before: Sequence[str] = ()) -> subprocess.Popen[str]:
    """What stands before it runs it."""
    return subprocess.Popen(
        [*before, sys.executable, "-X", "faulthandler", "-W", "error", "-c", BEGIN + dedent(text), str(state_dir)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
