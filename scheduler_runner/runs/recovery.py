"""Close the runs whose runner died: from what it left, else from what the script left, else as interrupted."""

import logging
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from scheduler_runner.errors import LedgerUnavailable
from scheduler_runner.logbook.masking import Masker
from scheduler_runner.outcome import Outcome, RunResult
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.records.run_rows import Attempt
from scheduler_runner.run_site import RunSite
from scheduler_runner.runs import journal
from scheduler_runner.runs.attempt import finished_run, slot_state
from scheduler_runner.runs.exit_codes import outcome_of
from scheduler_runner.runs.result_file import ScriptResult, read_result, remove_result, result_path
from scheduler_runner.runs.stop_request import forget_request, is_stop_asked
from scheduler_runner.runs.task_lock import Busy, run_mark, take_locks, task_places
from scheduler_runner.system.process_tree import end_orphans, has_marked
from scheduler_runner.task import Task

_OVERDUE_SECONDS = 60


class Abandoned(NamedTuple):
    """What became of the runs that were open: those that were closed, and those that go on."""

    closed: list[RunResult]
    running: dict[str, str]
    """By task, who runs it."""


def close_abandoned_runs(
    ledger: Ledger,
    tasks: Mapping[str, Task],
    site: RunSite,
    logger: logging.Logger,
    task_logger: Callable[[Task], logging.Logger],
) -> Abandoned:
    """Put an outcome on record for every open run whose runner is dead, ending first what it left.

    Before that, what the ledger could not take when it happened. Runs that go on under a living runner are let be.
    ``tasks`` are the user's, by id; a run's task may be gone. Raises ``LedgerUnavailable``.
    """
    journal.take_in(site, ledger, logger, lambda run: slot_state(ledger, tasks.get(run.task), run))
    found = Abandoned([], {})
    for run in ledger.open_runs():
        task = tasks.get(run.task)
        try:
            result = _close_under_lock(ledger, run, task, site, logger)
            if result is not None:
                _log_closed(result, logger, task_logger(task) if task else logger)
                found.closed.append(result)
        except Busy as busy:
            found.running[run.task] = str(busy)
            _log_busy(run, task, site, logger, busy)
        except LedgerUnavailable:
            raise
        except Exception:
            logger.exception("cannot close a run task=%s run=%s", run.task, run.run)
    return found


def _close_under_lock(
    ledger: Ledger, run: Attempt, task: Task | None, site: RunSite, logger: logging.Logger
) -> RunResult | None:
    """Close one run unless it goes on; ``None`` where its runner did so meanwhile. Raises :class:`Busy`."""
    held = take_locks([task_places(site, run.task)], logger)
    try:
        if not held.locks:
            raise Busy(f"nobody can tell whether it runs still: {held.problem}")
        _require_dead(run, task, site)
        return _close(ledger, run, task, site)
    finally:
        held.release()


def _require_dead(run: Attempt, task: Task | None, site: RunSite) -> None:
    """Raise :class:`Busy` where a run goes on though its lock is free: somebody has removed the lock's file.

    One that is overdue has nobody any more who ends it: it is ended here.
    """
    mark = run_mark(run.run)
    if has_marked(mark) and not (_is_overdue(run, task, site) and end_orphans(mark)):
        raise Busy("its lock was taken away, and its processes live")


def _close(ledger: Ledger, run: Attempt, task: Task | None, site: RunSite) -> RunResult | None:
    if not any(still.run == run.run for still in ledger.open_runs()):
        return None
    path = result_path(site.own.results, run.run)
    result = _result(run, task, site, path)
    finished = finished_run(result)
    ledger.finish(finished, slot_state=slot_state(ledger, task, finished))
    remove_result(path)
    forget_request(site, run.task)
    return result


def _result(run: Attempt, task: Task | None, site: RunSite, path: str) -> RunResult:
    try:
        said = read_result(path, Masker(site.secrets))
    except ValueError:
        said = None
    ended_at = site.clock()
    if said is not None:
        ended_at = min(ended_at, os.lstat(path).st_mtime)
    outcome, reason = _outcome(said, task), "its runner ended before it did"
    if is_stop_asked(site, run.task, run.run):
        outcome, reason = Outcome.STOPPED, "stopped by hand"
    return RunResult(
        task_id=run.task,
        run_id=run.run,
        slot=None if run.slot is None else datetime.fromtimestamp(run.slot).astimezone(site.zone),
        attempt=run.attempt,
        outcome=outcome,
        started_at=datetime.fromtimestamp(run.started_at).astimezone(site.zone),
        ended_at=datetime.fromtimestamp(ended_at).astimezone(site.zone),
        exit_code=said.exit_code if said else None,
        summary=said.summary if said else "",
        metrics=said.metrics if said else {},
        findings=said.findings if said else {},
        reason=reason + (", its script left a result" if said else ""),
    )


def _outcome(said: ScriptResult | None, task: Task | None) -> Outcome:
    if said is None:
        return Outcome.INTERRUPTED
    if task is None:
        return outcome_of(said.exit_code or 0)
    return outcome_of(said.exit_code or 0, task.ok_codes, task.warn_codes)


def _is_overdue(run: Attempt, task: Task | None, site: RunSite) -> bool:
    return task is not None and site.clock() > run.started_at + task.timeout_seconds + _OVERDUE_SECONDS


def _log_busy(run: Attempt, task: Task | None, site: RunSite, logger: logging.Logger, busy: Busy) -> None:
    """Tell a run that should have been ended: its runner is dead, and nobody knows who holds its lock."""
    is_overdue = _is_overdue(run, task, site)
    level = logging.ERROR if is_overdue else logging.DEBUG
    logger.log(level, "runs still%s task=%s run=%s: %s", " after its timeout" * is_overdue, run.task, run.run, busy)


def _log_closed(result: RunResult, *loggers: logging.Logger) -> None:
    """Write a closed run into the task's log and the runner's: the tick's exit code tells of it."""
    level = logging.WARNING if result.outcome.is_failure else logging.INFO
    for logger in dict.fromkeys(loggers):
        logger.log(
            level,
            "run closed task=%s run=%s outcome=%s reason=%s",
            result.task_id,
            result.run_id,
            result.outcome.value,
            result.reason,
        )
