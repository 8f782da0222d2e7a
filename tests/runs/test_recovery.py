"""Runs whose runner died: what becomes of them, by what their script left."""

import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from scheduler_runner.runs.recovery import close_abandoned_runs
from scheduler_runner.runs.task_lock import take_locks, task_places
from tests.conftest import python_task
from tests.waiting import wait_for_environment

SLOT = 1_764_000_000


@pytest.fixture
def close(site, ledger, logger):
    """Return a function that closes what is open, as a tick with these tasks does."""
    return lambda *tasks: (
        close_abandoned_runs(ledger, {task.id: task for task in tasks}, site, logger, lambda _: logger).closed
    )


@pytest.fixture
def abandon(site, ledger):
    """Return a function that leaves a run open, and beside it what its script left."""

    def leave(left: "str | None" = None, run: str = "r1", task: str = "demo_Job", started_at: float = SLOT + 2) -> None:
        ledger.claim(run=run, task=task, slot=SLOT, attempt=1, started_at=started_at)
        if left is not None:
            os.makedirs(site.own.results, exist_ok=True)
            Path(site.own.results, f"{run}.json").write_text(left)

    return leave


@pytest.mark.parametrize(
    ("left", "task", "outcome", "state"),
    [
        (None, python_task(""), "interrupted", "open"),
        ("{", python_task(""), "interrupted", "open"),
        ('{"exit_code": 0}', python_task(""), "succeeded", "succeeded"),
        ('{"summary": "as far as it came"}', python_task(""), "succeeded", "succeeded"),
        ('{"exit_code": 3}', python_task(""), "failed", "failed"),
        ('{"exit_code": 3}', python_task("", retries=1), "failed", "open"),
        ('{"exit_code": 3}', python_task("", warn_codes=frozenset({3})), "warned", "warned"),
        ('{"exit_code": 3}', python_task("", ok_codes=frozenset({3})), "succeeded", "succeeded"),
        ('{"exit_code": 0, "outcome": "timed_out"}', python_task(""), "succeeded", "succeeded"),  # that is ours to say
        (None, None, "interrupted", "interrupted"),
        ('{"exit_code": 3}', None, "failed", "failed"),
    ],
)
def test_outcome_is_what_the_script_left_and_an_interruption_allows_one_more_attempt(
    abandon, close, ledger, site, left, task, outcome, state
):
    abandon(left)
    (closed,) = close(*([task] if task else []))
    (run,) = ledger.last_runs("demo_Job", 5)
    assert (closed.outcome.value, run.outcome, ledger.slot_state("demo_Job", SLOT)) == (outcome, outcome, state)
    assert ledger.open_runs() == []
    assert not os.path.isdir(site.own.results) or os.listdir(site.own.results) == []
    assert close(*([task] if task else [])) == []


def test_run_under_a_living_runner_is_let_be(abandon, close, ledger, site, logger):
    abandon()
    held = take_locks([task_places(site, "demo_Job")], logger)
    assert close(python_task("")) == []
    assert len(ledger.open_runs()) == 1
    held.release()


@pytest.mark.skipif(sys.platform == "win32", reason="on Windows no lock can be taken away from a living run")
def test_run_whose_lock_was_taken_away_is_let_be_until_it_is_overdue(abandon, close, ledger, site):
    run = uuid4().hex
    site.clock = lambda: SLOT + 60
    abandon(run=run)
    program = subprocess.Popen(["sleep", "60"], env={"SCHEDULER_RUN_ID": run}, start_new_session=True)
    wait_for_environment(program.pid)
    task = python_task("", timeout_seconds=600)
    assert close(task) == []
    assert program.poll() is None
    site.clock = lambda: SLOT + 700
    assert [result.outcome.value for result in close(task)] == ["interrupted"]
    assert program.wait(60) == -9


def test_run_that_was_stopped_by_hand_with_its_runner_is_on_record_as_stopped(abandon, close, ledger, site):
    abandon()
    os.makedirs(site.own.locks)
    Path(site.own.locks, "demo_job.stop").write_text("r1")
    assert [result.outcome.value for result in close(python_task("", retries=3))] == ["stopped"]
    assert ledger.slot_state("demo_Job", SLOT) == "stopped"


@pytest.mark.parametrize(("started_at", "is_left"), [(SLOT + 2, False), (None, True)])
def test_what_a_kill_left_after_the_record_is_removed_and_what_waits_is_not(
    abandon, close, ledger, site, started_at, is_left
):
    """A runner may be killed between the record of an outcome and the removal of what its script left."""
    if started_at is not None:
        abandon("{}")
        close(python_task(""))
    os.makedirs(site.own.results, exist_ok=True)
    Path(site.own.results, "r1.json").write_text("{}")
    close(python_task(""))
    assert os.listdir(site.own.results) == (["r1.json"] if is_left else [])
    fortnight_ago = site.clock() - 15 * 86400
    if is_left:
        os.utime(Path(site.own.results, "r1.json"), (fortnight_ago, fortnight_ago))
        close(python_task(""))
        assert os.listdir(site.own.results) == []


def test_folder_that_a_script_made_in_the_place_of_its_file_is_removed_with_the_run(abandon, close, site):
    abandon()
    os.makedirs(Path(site.own.results, "r1.json", "within"))
    close(python_task(""))
    close(python_task(""))
    assert os.listdir(site.own.results) == []


def test_run_that_cannot_be_closed_keeps_no_other_from_it(abandon, close, ledger, read_log):
    abandon(run="r1", task="demo_Broken", started_at=1e18)  # no moment that any calendar knows
    abandon(run="r2")
    assert [result.run_id for result in close(python_task(""))] == ["r2"]
    assert [run.run for run in ledger.open_runs()] == ["r1"]
    assert "cannot close a run task=demo_Broken run=r1" in read_log()
