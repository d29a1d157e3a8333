"""The pytest plugin, in runs of its own."""

from __future__ import annotations

import os

import pytest

SUITE = """
import psycopg, pytest

@pytest.fixture
def database(pgs_tenant):
    with psycopg.connect(pgs_tenant.url, autocommit=True) as database:
        yield database

@pytest.mark.parametrize("number", range(3))
def test_each_has_its_own(database, number):
    database.execute("insert into notes values ('one')")
    assert database.execute("select count(*) from notes").fetchone() == (1,)

def test_the_parts_fit(pgs_tenant):
    assert psycopg.connect(**pgs_tenant.dsn).execute("show work_mem").fetchone() == ("5MB",)
    assert pgs_tenant.password not in repr(pgs_tenant)
    assert pgs_tenant.url_for("asyncpg").startswith("postgresql+asyncpg://")

@pytest.mark.pgs(settings={"work_mem": "6MB"})
def test_a_marker_wins(database):
    assert database.execute("show work_mem").fetchone() == ("6MB",)
    assert database.execute("select count(*) from notes").fetchone() == (0,)

def test_the_manager_is_there(pgs_manager, pgs_proxy, pgs_tenant):
    assert pgs_manager.show(pgs_tenant.id).is_up
    assert pgs_tenant.url.endswith(f"@{pgs_proxy.address}/{pgs_tenant.id}")
"""
INI = """
[pytest]
pgs_init_scripts = schema.sql
pgs_settings =
    work_mem = 5MB
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    if (bindir := os.environ.get("PGS_TEST_PG18_BINDIR")) is not None:
        monkeypatch.setenv("PGS_PG_BINDIR", bindir)
    pytester.makefile(".sql", schema="create table notes (text text)")
    pytester.makefile(".ini", pytest=INI)
    pytester.makepyfile(test_suite=SUITE)
    return pytester


@pytest.mark.parametrize("workers", ["0", "2"])
def test_each_test_has_a_tenant_of_its_own(suite: pytest.Pytester, workers: str) -> None:
    result = suite.runpytest_subprocess("-p", "no:asyncio", "-n", workers, timeout=280)
    result.assert_outcomes(passed=6)


def test_no_more_are_made_than_tests_ask_for(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        test_suite="""
import pytest
@pytest.mark.parametrize("number", range(7))
def test_it(pgs_tenant, number): pass
def test_how_many_there_were(pgs_manager):
    assert sum(event.kind == "created" for event in pgs_manager.events()) == 7
"""
    )
    result = suite.runpytest_subprocess("-p", "no:asyncio", timeout=280)
    result.assert_outcomes(passed=8)


def test_who_does_not_ask_pays_nothing(suite: pytest.Pytester) -> None:
    suite.makepyfile(test_suite="import sys\ndef test_nothing(): assert 'pgs._pgs' in sys.modules")
    result = suite.runpytest_subprocess("-p", "no:asyncio", "--setup-show", timeout=280)
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*SETUP*pgs_*")


def test_a_bad_option_is_told(suite: pytest.Pytester) -> None:
    suite.makepyfile(test_suite="import pytest\n@pytest.mark.pgs(memroy=1)\ndef test_it(pgs_tenant): pass")
    result = suite.runpytest_subprocess("-p", "no:asyncio", timeout=280)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*InvalidInputError: there is no option `memroy`*"])


@pytest.mark.parametrize("line, told", [("jit", "`jit` is no setting"), ("= 5MB", "`= 5MB` is no setting"), ("a=1\n    a = 2", "`a` is set twice")])
def test_a_bad_line_of_the_ini_file_is_told_once(suite: pytest.Pytester, line: str, told: str) -> None:
    suite.makefile(".ini", pytest=f"[pytest]\npgs_settings =\n    {line}\n")
    result = suite.runpytest_subprocess("-p", "no:asyncio", timeout=280)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *pytest.ini: pgs_settings: {told}*"])
