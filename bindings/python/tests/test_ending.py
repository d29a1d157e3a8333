"""The interpreter ends, or is killed, at any moment."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from house import local
from script import LIMIT_SECONDS, run, start

from pgs import blocking

IN_FLIGHT = """
async def main():
    manager = await pgs.open(STATE, local=LOCAL)
    creating = asyncio.create_task(manager.create("acme"))
    async for event in manager.follow():
        if event.kind == "creating":
            break
    {end}

asyncio.run(main())
"""


@pytest.mark.parametrize("end, code", [("return", 0), ("sys.exit(3)", 3)])
def test_a_call_in_flight_is_finished(state_dir: Path, end: str, code: int) -> None:
    assert run(state_dir, IN_FLIGHT.format(end=end), code=code) == ""
    with blocking.open(state_dir, local=local()) as manager:
        assert [tenant.state for tenant in manager.list()] == ["running"]


@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_after_a_sudden_end_no_tenant_is_half_made(state_dir: Path, end: str) -> None:
    run(state_dir, IN_FLIGHT.format(end=end), code=-9 if "KILL" in end else 0)
    with blocking.open(state_dir, local=local()) as manager:
        # It was taken back; its name is free.
        assert manager.list() == []
        assert manager.show(manager.create("acme").id).is_up


def test_a_killed_program_leaves_its_tenants_alone(state_dir: Path) -> None:
    program = """
    manager = pgs.blocking.open(STATE, local=LOCAL)
    proxy = manager.serve()
    print(manager.create("acme", enable=True, password="s3cret").uid)
    os.kill(os.getpid(), signal.SIGKILL)
    """
    uid = run(state_dir, program, code=-9).strip()
    with blocking.open(state_dir, local=local()) as manager, manager.serve() as proxy:
        view = manager.show("acme")
        assert (view.tenant.uid, view.is_up) == (uid, True)
        with psycopg.connect(manager.url_with_password("acme", proxy, "s3cret")) as session:
            assert session.execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize(
    "waiting",
    [
        "next(manager.follow())",
        "proxy.replaced()",
        "manager.create('other')",
    ],
)
def test_a_thread_may_be_waiting(state_dir: Path, waiting: str) -> None:
    program = f"""
    import contextlib
    manager = pgs.blocking.open(STATE, local=LOCAL)
    proxy = manager.serve()
    begun = threading.Event()

    def wait():
        begun.set()
        # What it waits for may end before the interpreter does.
        with contextlib.suppress(pgs.ClosedError, StopIteration):
            {waiting}

    threading.Thread(target=wait, daemon=True).start()
    begun.wait()
    """
    assert run(state_dir, program) == ""


def test_what_was_not_closed_is_closed(state_dir: Path) -> None:
    program = """
    async def main():
        global manager, proxy
        manager = await pgs.ephemeral(local=LOCAL)
        proxy = await manager.serve()
        await manager.create("acme")
        print(manager.state_dir)

    asyncio.run(main())
    """
    directory = Path(run(state_dir, program).strip())
    assert directory.name.startswith("pgs-")
    assert not directory.exists()


def test_an_open_manager_keeps_no_program_alive(state_dir: Path) -> None:
    program = """
    manager = pgs.blocking.open(STATE, local=LOCAL)
    proxy = manager.serve()
    supervision = manager.supervise()
    events = manager.follow()
    """
    assert run(state_dir, program) == ""


def test_control_c_ends_a_program(state_dir: Path) -> None:
    program = """
    async def main():
        async with pgs.open(STATE, local=LOCAL) as manager, manager.serve() as proxy:
            print("ready", flush=True)
            await proxy.replaced()

    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        print("interrupted")
    """
    running = start(state_dir, program)
    assert running.stdout is not None
    assert running.stdout.readline() == "ready\n"
    running.send_signal(2)
    told, _ = running.communicate(timeout=LIMIT_SECONDS)
    assert (told, running.returncode) == ("interrupted\n", 0)
