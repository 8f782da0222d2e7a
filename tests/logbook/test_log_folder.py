from datetime import date, timedelta
from pathlib import Path

import pytest

from scheduler_runner.logbook.log_folder import KEPT_DATES, clean_logs_of_gone_tasks
from scheduler_runner.system.layout import Layout
from tests.conftest import entry

TODAY = date(2026, 11, 24)


def lay_out(folder: Path, first: int, last: int) -> None:
    """Write logs of the days from ``first`` to ``last`` days ago, two files each."""
    folder.mkdir(parents=True)
    for ago in range(first, last + 1):
        day = TODAY - timedelta(days=ago)
        (folder / f"{day}.log").write_text("line\n")
        (folder / f"{day}_detailed.1.log").write_text("line\n")


def ages(folder: Path) -> "set[int]":
    return {(TODAY - date.fromisoformat(path.name[:10])).days for path in folder.glob("*.log")}


@pytest.fixture
def own(tmp_path):
    lay_out(tmp_path / "operator" / "runner", 0, KEPT_DATES + 9)
    return Layout(str(tmp_path)).user("operator")


def clean(own, *tasks: str) -> None:
    clean_logs_of_gone_tasks(own, tasks, str(TODAY))


def test_log_of_a_gone_task_goes_with_the_runners_dates_and_its_empty_folder_with_it(own):
    old, recent = Path(own.log("demo_Old")), Path(own.log("demo_Recent"))
    lay_out(old, 35, 60)
    lay_out(recent, 20, 60)
    clean(own, "demo_Job")
    assert not old.exists()
    assert ages(recent) == set(range(20, KEPT_DATES + 1))


def test_log_of_a_task_that_is_there_and_folders_of_the_runners_own_are_left_to_those_who_write_them(own):
    kept = [Path(own.log(name)) for name in ("demo_Yearly", "results", "locks")]
    for folder in kept:
        lay_out(folder, 100, 101)
    clean(own, "demo_yearly")
    assert [ages(folder) for folder in kept] == [{100, 101}] * 3
    assert len(ages(Path(own.log()))) == KEPT_DATES + 10


def test_what_else_lies_in_the_folder_of_a_gone_task_stays(own):
    folder = Path(own.log("demo_Gone"))
    lay_out(folder, 100, 101)
    for name in ("notes.txt", "2020-13-45.log"):
        (folder / name).write_text("keep")
    clean(own)
    assert sorted(path.name for path in folder.iterdir()) == ["2020-13-45.log", "notes.txt"]


def test_point_that_was_closed_for_long_keeps_the_newest_dates_of_a_gone_task(tmp_path):
    lay_out(tmp_path / "operator" / "runner", 0, 0)
    lay_out(tmp_path / "operator" / "demo_Gone", 100, 140)
    clean_logs_of_gone_tasks(Layout(str(tmp_path)).user("operator"), (), str(TODAY))
    assert ages(tmp_path / "operator" / "demo_Gone") == set(range(100, 100 + KEPT_DATES - 1))


@pytest.mark.slow
def test_first_tick_of_a_day_cleans_after_gone_tasks_unless_a_file_is_broken(project):
    project.schedule(entry("Job", "pass", schedule="once", at="2020-01-01 00:00"))
    project.configure("this is no Python", domain="broken")
    gone = project.logs / "operator" / "demo_Gone"
    gone.mkdir(parents=True)
    for number in range(2 * KEPT_DATES):
        (gone / f"{TODAY - timedelta(days=400 + number)}.log").write_text("old\n")
    assert project.run("--user", "operator").returncode == 3
    assert len(list(gone.iterdir())) == 2 * KEPT_DATES
    project.configure("SCHEDULE = []", domain="broken")
    (project.logs / "operator" / "ledger.sqlite3").unlink()
    assert project.run("--user", "operator").returncode == 0
    # Two where it is another day in this PC's zone, in which a tick begins to write, than in the point's.
    own = {path.name[:10] for path in (project.logs / "operator" / "runner").iterdir()}
    assert len(list(gone.iterdir())) == KEPT_DATES - len(own)
