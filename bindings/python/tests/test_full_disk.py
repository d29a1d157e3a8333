"""A full disk, in a program that has a small one of its own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from script import run

ALONE = ["unshare", "--mount", "--propagation", "private"]


def has_a_disk_of_its_own() -> bool:
    """Only root may mount, and not in every container."""
    with TemporaryDirectory() as place:
        mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place]
        try:
            return os.geteuid() == 0 and subprocess.run([*ALONE, *mount], capture_output=True).returncode == 0
        except FileNotFoundError:
            return False


PROGRAM = """
import pathlib, subprocess
place = pathlib.Path(STATE).parent / "disk"
place.mkdir()
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m,mode=711", "tmpfs", place], check=True)
filler = place / "filler"

def fill(left):
    with open(filler, "wb") as file:
        there = os.statvfs(place)
        os.posix_fallocate(file.fileno(), 0, there.f_bavail * there.f_frsize - left)

with pgs.blocking.open(place / "state", local=LOCAL) as manager:
    manager.create("first")
    for left in LEFT:
        fill(left)
        try:
            manager.create("second")
        except pgs.ResourceExhaustedError as error:
            assert error.code == "PGS_RESOURCE_EXHAUSTED", error.code
            assert "free" in error.remedy and "space" in error.remedy, error.remedy
        else:
            print("no error with", left)
        assert [tenant.id for tenant in manager.list()] == ["first"], manager.list()
        assert manager.show("first").is_up
        filler.unlink()
    # The same call, once there is room.
    manager.create("second")
    assert manager.show("second").is_up
    for name in ["first", "second"]:
        manager.purge(name)
"""


@pytest.mark.skipif(not has_a_disk_of_its_own(), reason="only root may mount a small disk")
def test_a_full_disk_fails_a_create_and_nothing_else(state_dir: Path) -> None:
    # Too little for the record, for the copy of the template, for the server's write-ahead log.
    left = "LEFT = [0, 1 << 20, 20 << 20, 40 << 20]\n"
    assert run(state_dir, left + PROGRAM, before=ALONE) == ""
