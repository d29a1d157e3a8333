"""The command `pgs` of the package: the same program, in the interpreter's process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from script import LIMIT_SECONDS

WAYS = {"script": [str(Path(sys.executable).with_name("pgs"))], "module": [sys.executable, "-m", "pgs"]}


class Command:
    def __init__(self, way: list[str], state_dir: Path, cwd: Path | None = None) -> None:
        self.way = way
        self._state_dir = state_dir
        self._cwd = cwd
        self._started: list[subprocess.Popen[str]] = []

    def run(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*self.way, "--state-dir", str(self._state_dir), *arguments],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=LIMIT_SECONDS,
            cwd=self._cwd,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def json(self, *arguments: str) -> object:
        return json.loads(self.run("--json", *arguments).stdout)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        started = subprocess.Popen(
            [*self.way, "--state-dir", str(self._state_dir), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            cwd=self._cwd,
        )
        self._started.append(started)
        return started

    def end(self) -> None:
        for started in self._started:
            if started.poll() is None:
                started.kill()
            started.communicate()


@pytest.fixture(params=WAYS)
def command(request: pytest.FixtureRequest, state_dir: Path) -> Iterator[Command]:
    command = Command(WAYS[request.param], state_dir)
    yield command
    command.end()


def test_it_tells_its_version_and_its_mistakes(command: Command) -> None:
    assert command.run("--version").stdout.startswith("pgs ")
    told = command.run("creat", code=2)
    assert "creat" in told.stderr and told.stdout == ""
    told = command.run("show", "nobody", code=3)
    assert "nobody" in told.stderr
    assert command.run("list").stdout != ""


def test_a_tenant_lives(command: Command) -> None:
    created = command.json("create", "acme", "--enable")
    assert isinstance(created, dict) and created["id"] == "acme"
    listed = command.json("list")
    assert "acme" in json.dumps(listed)
    command.run("create", "acme", code=4)
    assert command.run("psql", "acme", "--", "--version").stdout.startswith("psql (PostgreSQL)")
    command.run("stop", "acme")
    command.run("psql", "acme", code=5)
    command.run("remove", "acme")


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_serving_once(command: Command, end: signal.Signals) -> None:
    command.run("create", "acme", "--enable", "--password", "s3cret")
    serving = command.start("--json", "serve", "--listen", "127.0.0.1:0")
    address = announced(serving)
    url = command.run("url", "acme").stdout.strip()
    assert address in url
    with psycopg.connect(url, password="s3cret") as session:
        # To the whole group, as a terminal does.
        os.killpg(serving.pid, end)
        assert serving.stderr is not None
        told = serving.stderr.readline()
        while "Stopping" not in told:
            assert told, "it ended without a word"
            told = serving.stderr.readline()
        # A session goes on while it drains.
        assert session.execute("select 1").fetchone() == (1,)
    _, rest = serving.communicate(timeout=LIMIT_SECONDS)
    assert "Stopped: 1 sessions ended by themselves" in rest
    assert "Traceback" not in rest
    assert serving.returncode == 0


def test_a_second_signal_cuts(command: Command) -> None:
    command.run("create", "acme", "--enable", "--password", "s3cret")
    serving = command.start("--json", "serve", "--listen", "127.0.0.1:0")
    announced(serving)
    url = command.run("url", "acme").stdout.strip()
    session = psycopg.connect(url, password="s3cret")
    serving.terminate()
    assert serving.stderr is not None
    while "Stopping" not in serving.stderr.readline():
        pass
    serving.terminate()
    serving.communicate(timeout=LIMIT_SECONDS)
    assert serving.returncode == 0
    session.close()


def test_in_the_background_it_returns_once_it_accepts(command: Command) -> None:
    command.run("create", "acme", "--enable", "--password", "s3cret")
    behind = command.start("--json", "serve", "--background", "--listen", "127.0.0.1:0")
    address = announced(behind)
    assert behind.wait(LIMIT_SECONDS) == 0
    with psycopg.connect(command.run("url", "acme").stdout.strip(), password="s3cret") as session:
        assert session.execute("select 1").fetchone() == (1,)
    taken = command.run("serve", "--background", "--listen", address, code=4)
    assert "Traceback" not in taken.stderr
    # A takeover of the one in the background, so that it ends with this test.
    last = command.start("--json", "serve", "--takeover", "--listen", address)
    assert announced(last) == address
    last.terminate()
    last.communicate(timeout=LIMIT_SECONDS)


def test_in_the_background_nothing_of_the_current_directory_runs(state_dir: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    for name in ["pgs", "signal", "pathlib"]:
        (tmp_path / f"{name}.py").write_text(f"open({str(ran)!r}, 'w')\nraise SystemExit('mine')\n")
    command = Command(WAYS["script"], state_dir, tmp_path)
    try:
        behind = command.start("--json", "serve", "--background", "--listen", "127.0.0.1:0")
        address = announced(behind)
        assert behind.wait(LIMIT_SECONDS) == 0
        last = command.start("--json", "serve", "--takeover", "--listen", address)
        assert announced(last) == address
        last.terminate()
        last.communicate(timeout=LIMIT_SECONDS)
    finally:
        command.end()
    assert not ran.exists()


def test_it_takes_over_from_another(command: Command) -> None:
    first = command.start("--json", "serve", "--listen", "127.0.0.1:0")
    address = announced(first)
    second = command.start("--json", "serve", "--takeover", "--listen", address)
    assert announced(second) == address
    first.communicate(timeout=LIMIT_SECONDS)
    assert first.returncode == 0
    second.terminate()
    second.communicate(timeout=LIMIT_SECONDS)
    assert second.returncode == 0


def test_a_reader_may_go_away(command: Command) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([*command.way, "--help"], stdout=write, stderr=subprocess.PIPE, text=True, timeout=LIMIT_SECONDS)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


def announced(serving: subprocess.Popen[str]) -> str:
    """Where it says that it listens."""
    assert serving.stdout is not None
    lines = serving.stdout.readline()
    while lines.count("{") > lines.count("}"):
        lines += serving.stdout.readline()
    address: str = json.loads(lines)["listening"][0]
    return address
