"""Runs whose runner died: what becomes of them, by what their script left."""

import os
from pathlib import Path

import pytest

from scheduler_runner.runs.recovery import close_abandoned_runs
from scheduler_runner.runs.task_lock import take_lock
from tests.conftest import python_task

SLOT = 1_764_000_000


@pytest.fixture
def close(site, ledger, logger):
    """Return a function that closes what is open, as a tick with these tasks does."""
    return lambda *tasks: close_abandoned_runs(
        ledger, {task.id: task for task in tasks}, site, logger, lambda _: logger
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
        ('{"exit_code": 0, "outcome": "timed_out"}', python_task(""), "timed_out", "timed_out"),
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
    with take_lock(site.own.task_lock("demo_Job"), logger):
        assert close(python_task("")) == []
    assert len(ledger.open_runs()) == 1


def test_run_that_cannot_be_closed_keeps_no_other_from_it(abandon, close, ledger, read_log):
    abandon(run="r1", task="demo_Broken", started_at=1e18)  # no moment that any calendar knows
    abandon(run="r2")
    assert [result.run_id for result in close(python_task(""))] == ["r2"]
    assert [run.run for run in ledger.open_runs()] == ["r1"]
    assert "cannot close a run task=demo_Broken run=r1" in read_log()
