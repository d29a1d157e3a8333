from __future__ import annotations

from pathlib import Path

from house import local
from script import run

from pgs import blocking


def test_a_child_is_told_and_opens_its_own(state_dir: Path) -> None:
    program = """
    import warnings
    warnings.simplefilter("ignore", DeprecationWarning)
    manager = pgs.blocking.open(STATE, local=LOCAL)
    proxy = manager.serve()
    events = manager.follow()
    throw_away = pgs.blocking.ephemeral(local=LOCAL)
    child = os.fork()
    if child == 0:
        for call in [manager.list, proxy.sessions, proxy.close, manager.close, throw_away.close, lambda: next(events)]:
            try:
                call()
            except pgs.ForkedError as error:
                assert error.code == "PGS_FORKED" and "open a manager after forking" in str(error)
            else:
                print("no error", call)
        assert repr(manager).endswith(" (forked)>") and repr(proxy) == f"<pgs.blocking.Proxy {proxy.address}>"
        del throw_away, manager, proxy, events
        with pgs.blocking.open(STATE, local=LOCAL) as own, own.serve() as proxy:
            own.create("acme")
        sys.exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    # The parent's is as it was.
    assert [tenant.id for tenant in manager.list()] == ["acme"]
    assert proxy.sessions() == []
    assert os.path.isdir(throw_away.state_dir)
    throw_away.close()
    """
    assert run(state_dir, program) == ""
    with blocking.open(state_dir, local=local()) as manager:
        assert manager.show("acme").is_up


def test_workers_of_multiprocessing_open_their_own(state_dir: Path) -> None:
    program = """
    import multiprocessing, warnings
    warnings.simplefilter("ignore", DeprecationWarning)

    def work(name):
        with pgs.blocking.open(STATE, local=LOCAL) as manager:
            return manager.create(name).id

    async def loop():
        async with pgs.open(STATE, local=LOCAL) as manager:
            await manager.list()

    asyncio.run(loop())
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(work, ["one", "two"]) == ["one", "two"]
    """
    assert run(state_dir, program) == ""
