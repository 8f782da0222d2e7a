"""A domain's section of the INI: wrong, it is one problem, and its tasks are not started."""

import json
import os

import pytest

from tests.conftest import INI, entry, just_now

RAN = "import os; open(os.path.join(os.environ['BASE_DIR'], 'ran'), 'a').write('x')"
CHECK = """
from config.ini import read_ini
from scheduler_runner.errors import ConfigError

def check(ini_path):
    with open(ini_path + ".checks", "a") as file:
        file.write("x")
    wrong = read_ini(ini_path).own("demo").get("wrong")
    return [ConfigError("{path}: [demo] wrong is there: nothing would be right", path=ini_path)] if wrong else []
"""


@pytest.fixture
def point(project):
    project.schedule(entry("Job", RAN, **just_now()), entry("Daily", RAN, schedule="daily", time="00:00"))
    (project.root / "scheduler_runner" / "tasks" / "demo" / "settings.py").write_text(CHECK)
    return project


def say(project, text: str) -> None:
    (project.root / "pvz_config.ini").write_text(INI + text, "utf-8")


def checks(project) -> int:
    path = project.root / "pvz_config.ini.checks"
    return len(path.read_text()) if path.exists() else 0


@pytest.mark.slow
def test_wrong_section_is_one_problem_its_tasks_are_not_started_and_run_when_it_is_mended(point):
    say(point, "[demo]\nwrong = 1\n")
    assert point.run("--user", "operator").returncode == 3
    assert not (point.root / "ran").exists()
    assert point.log().count("task not started, its section of the INI is wrong task=demo_Job") == 1
    ledger = point.ledger()
    assert "demo" in json.loads(ledger.remembered("section_problems")["section_problems"])
    ledger.close()
    say(point, "[demo]\n")
    assert point.run("--user", "operator").returncode == 0
    assert (point.root / "ran").exists()


@pytest.mark.slow
def test_section_is_not_read_by_a_tick_that_has_nothing_to_start_and_an_ini_that_is_as_it_was(point):
    point.schedule(entry("Once", RAN, schedule="once", at="2020-01-01 00:00"))
    say(point, "")
    for _ in range(3):
        assert point.run("--user", "operator").returncode == 0
    assert checks(point) == 1
    say(point, "[demo]\nother = 1\n")
    os.utime(point.root / "pvz_config.ini", (1, 1))
    assert point.run("--user", "operator").returncode == 0
    assert checks(point) == 2


def test_wrong_section_is_not_read_again_by_a_tick_that_has_nothing_to_start(point):
    point.schedule(entry("Once", RAN, schedule="once", at="2020-01-01 00:00"))
    say(point, "[demo]\nwrong = 1\n")
    for _ in range(3):
        assert point.run("--user", "operator").returncode == 3
    assert checks(point) == 1
    assert point.log().count("[demo] wrong is there") >= 3


@pytest.mark.slow
def test_check_that_breaks_stops_no_task(point):
    settings = point.root / "scheduler_runner" / "tasks" / "demo" / "settings.py"
    settings.write_text("def check(ini_path):\n    return 1 / 0\n")
    assert point.run("--user", "operator").returncode == 0
    assert (point.root / "ran").exists()
    assert "the section of a domain cannot be checked domain=demo" in point.log()


def test_dry_run_tells_a_wrong_section_as_the_tick_does(point):
    assert point.run("--user", "operator", "--dry-run", COLUMNS="500").returncode == 0
    say(point, "[demo]\nwrong = 1\n")
    run = point.run("--user", "operator", "--dry-run", COLUMNS="500")
    assert run.returncode == 3
    assert "[demo] wrong is there: nothing would be right" in run.stdout
