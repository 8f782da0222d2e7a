"""Close the runs whose runner died: from what the script left, else as interrupted."""

import logging
import os
from collections.abc import Callable, Mapping
from datetime import datetime

from scheduler_runner.errors import LedgerUnavailable
from scheduler_runner.logbook.masking import Masker
from scheduler_runner.records.ledger import OPEN, Attempt, Ledger
from scheduler_runner.run_site import RunSite
from scheduler_runner.runs.attempt import finished_run
from scheduler_runner.runs.exit_codes import outcome_of
from scheduler_runner.runs.result_file import ScriptResult, read_result, remove_result, result_path
from scheduler_runner.runs.task_lock import Busy, remove_holder, take_lock
from scheduler_runner.task import Outcome, RunResult, Task, may_follow

_OVERDUE_SECONDS = 60
_OUTCOMES = frozenset(outcome.value for outcome in Outcome)


def close_abandoned_runs(
    ledger: Ledger,
    tasks: Mapping[str, Task],
    site: RunSite,
    logger: logging.Logger,
    task_logger: Callable[[Task], logging.Logger],
) -> list[RunResult]:
    """Put an outcome on record for every open run whose runner is dead, ending first what it left; return them.

    Runs that go on under a living runner are let be. ``tasks`` are the user's, by id; a run's task may be gone.
    Raises ``LedgerUnavailable``.
    """
    closed = []
    for run in ledger.open_runs():
        task = tasks.get(run.task)
        try:
            with take_lock(site.own.task_lock(run.task), logger, site.logs_dir):
                result = _close(ledger, run, task, site)
                if result is None:
                    continue
                _tell(result, task_logger(task) if task else logger)
                closed.append(result)
        except Busy as busy:
            _tell_busy(run, task, site, logger, busy)
        except LedgerUnavailable:
            raise
        except Exception:
            logger.exception("cannot close a run task=%s run=%s", run.task, run.run)
    return closed


def _close(ledger: Ledger, run: Attempt, task: Task | None, site: RunSite) -> RunResult | None:
    """Close one run under its task's lock; ``None`` where its runner did so meanwhile."""
    if not any(still.run == run.run for still in ledger.open_runs()):
        return None
    path = result_path(site.own.results, run.run)
    result = _result(run, task, site, path)
    ledger.finish(finished_run(result), slot_state=_slot_state(ledger, run, task, result.outcome))
    remove_result(path)
    remove_holder(site.own.task_lock(run.task))
    return result


def _result(run: Attempt, task: Task | None, site: RunSite, path: str) -> RunResult:
    try:
        said = read_result(path, Masker(site.secrets))
    except ValueError:
        said = None
    ended_at = site.clock()
    if said is not None:
        ended_at = min(ended_at, os.lstat(path).st_mtime)
    return RunResult(
        task_id=run.task,
        run_id=run.run,
        slot=None if run.slot is None else datetime.fromtimestamp(run.slot).astimezone(site.zone),
        attempt=run.attempt,
        outcome=_outcome(said, task),
        started_at=datetime.fromtimestamp(run.started_at).astimezone(site.zone),
        ended_at=datetime.fromtimestamp(ended_at).astimezone(site.zone),
        exit_code=said.exit_code if said else None,
        summary=said.summary if said else "",
        metrics=said.metrics if said else {},
        reason="its runner ended before it did" + (", its script left a result" if said else ""),
    )


def _outcome(said: ScriptResult | None, task: Task | None) -> Outcome:
    if said is None:
        return Outcome.INTERRUPTED
    if said.outcome in _OUTCOMES:
        return Outcome(said.outcome)
    if task is None:
        return outcome_of(said.exit_code or 0)
    return outcome_of(said.exit_code or 0, task.ok_codes, task.warn_codes)


def _slot_state(ledger: Ledger, run: Attempt, task: Task | None, outcome: Outcome) -> str | None:
    if run.slot is None:
        return None
    earlier = [Outcome(past.outcome) for past in ledger.attempts(run.task, run.slot) if past.outcome]
    return OPEN if task and may_follow([*earlier, outcome], task.retries) else outcome.value


def _tell_busy(run: Attempt, task: Task | None, site: RunSite, logger: logging.Logger, busy: Busy) -> None:
    """Tell a run that should have been ended: its runner is dead, and nobody knows who holds its lock."""
    is_overdue = task is not None and site.clock() > run.started_at + task.timeout_seconds + _OVERDUE_SECONDS
    level = logging.ERROR if is_overdue else logging.DEBUG
    logger.log(level, "runs still%s task=%s run=%s: %s", " after its timeout" * is_overdue, run.task, run.run, busy)


def _tell(result: RunResult, logger: logging.Logger) -> None:
    level = logging.WARNING if result.outcome.is_failure else logging.INFO
    logger.log(
        level,
        "run closed task=%s run=%s outcome=%s reason=%s",
        result.task_id,
        result.run_id,
        result.outcome.value,
        result.reason,
    )
