"""One recorded attempt of a task: locks, claim, start, outcome on record, locks freed."""

import json
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone

from scheduler_runner.errors import LedgerUnavailable
from scheduler_runner.logbook.masking import Masker
from scheduler_runner.outcome import Outcome, RunResult, may_follow
from scheduler_runner.records.ledger import OPEN, Ledger
from scheduler_runner.records.run_rows import FinishedRun
from scheduler_runner.run_site import RunSite
from scheduler_runner.runs import journal
from scheduler_runner.runs.claim import Claim, Refusal
from scheduler_runner.runs.execution import End, Execution
from scheduler_runner.runs.program import Ended, Program, RunLog, log_end, masker_of, supervised
from scheduler_runner.runs.result_file import RESULT_VARIABLE, ScriptResult, read_result, remove_result, result_path
from scheduler_runner.runs.stop_request import forget_request, is_stop_asked
from scheduler_runner.runs.task_lock import Busy, HeldLocks, Holder, group_places, holder_now, take_locks, task_places
from scheduler_runner.system.folders import ensure_plain_folder
from scheduler_runner.task import Task

SLOT_VARIABLE = "SCHEDULER_SLOT"
"""The child's environment variable that names a planned run's slot; without it somebody has started the run by hand."""
_NOT_RUN = Execution(End.NOT_STARTED)


def begin_attempt(
    task: Task,
    *,
    slot: datetime | None,
    attempt: int,
    ledger: Ledger,
    logger: logging.Logger,
    site: RunSite,
    coalesced: Sequence[datetime] = (),
    busy: str = "",
) -> "BegunAttempt | RunResult":
    """Do what comes before the start, locks and claim: the runner does so in the order of slots.

    ``busy`` says what is known to run still for this task, whether or not its lock is free.
    """
    begun = BegunAttempt(task, slot, attempt, ledger, logger, site, new_run_id(), site.clock())
    if busy:
        return begun.result(Outcome.ALREADY_RUNNING, reason=busy)
    try:
        groups = [group_places(site, task.group)] if task.group else []
        begun.held = take_locks([task_places(site, task.id), *groups], logger)
    except Busy as busy:
        return begun.result(Outcome.ALREADY_RUNNING, reason=str(busy))
    try:
        # At once, so that who is refused next hears by whom.
        begun.held.record(begun.holder)
        # Looked at again: the locks may have taken a while, and the PC may have slept since the decision.
        begun.started_at = site.clock()
        refusal = begun.claim([int(older.timestamp()) for older in coalesced])
    except BaseException:
        begun.held.release()
        raise
    if refusal is not None:
        begun.held.release()
        return begun.result(*refusal)
    return begun


def run_task(
    task: Task,
    *,
    slot: datetime | None,
    attempt: int,
    ledger: Ledger,
    logger: logging.Logger,
    site: RunSite,
    coalesced: Sequence[datetime] = (),
) -> RunResult:
    """Carry out one attempt of ``task`` with all its records, and return how it ended.

    ``slot`` is ``None`` for a run by hand, which decides no slot. ``logger`` is the task's own. ``coalesced`` are
    older slots in whose place this one runs. The order is: locks, claim, start, outcome on record, locks freed.
    The outcome is ``ALREADY_RUNNING`` where a lock or the slot is taken, ``SKIPPED`` where the slot's time is over;
    then nothing was done. Raises nothing that is expected: a ledger or log that cannot be written makes
    ``is_recorded`` false.
    """
    begun = begin_attempt(
        task, slot=slot, attempt=attempt, ledger=ledger, logger=logger, site=site, coalesced=coalesced
    )
    return begun if isinstance(begun, RunResult) else begun.carry_out()


def new_run_id() -> str:
    """Return a name for a run that no other has; they sort by time within a second's precision."""
    return f"{datetime.now(timezone.utc):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"


@dataclass(slots=True)
class BegunAttempt:
    """An attempt that holds its locks and its slot, and is to be carried out."""

    task: Task
    slot: datetime | None
    attempt: int
    ledger: Ledger
    logger: logging.Logger
    site: RunSite
    run_id: str
    started_at: float
    held: HeldLocks = field(default_factory=lambda: HeldLocks([]))
    is_recorded: bool = True

    @property
    def holder(self) -> Holder:
        """The record of who holds the locks."""
        since = self._local(self.started_at).isoformat()
        return holder_now(self.run_id, self.task.id, self.site.user, since)

    def why_too_late(self) -> str:
        """Return why a planned run may not start any more, or ``""``."""
        slot = self._slot_seconds
        if slot is None or self.task.may_start(slot, int(self.site.clock()), self.site.zone):
            return ""
        return "its time was over before it could start"

    def claim(self, coalesced: Sequence[int]) -> Refusal | None:
        """Take the slot and return ``None``, or why it is not to be taken."""
        too_late = self.why_too_late()
        if too_late:
            return Refusal(Outcome.SKIPPED, too_late)
        if self.held.problem:
            self._complain("the locks are not as they should be", self.held.problem)
        lock = self.held.locks[0] if self.held.locks else None
        begun = journal.Begun(self.run_id, self.task.id, self._slot_seconds, self.attempt, self.started_at)
        claim = Claim(begun, self.site, self.ledger, lock, tuple(coalesced))
        refusal = claim.refusal()
        for problem in claim.problems:
            self._complain("not all is on record", problem)
        return refusal

    def carry_out(self) -> RunResult:
        """Start the program, see it to its end, put the outcome on record and free the locks."""
        masker = masker_of(self.site, self.task.env)
        log = RunLog(self.logger, self._context())
        with supervised(
            self._program(),
            self.held,
            self.holder,
            site=self.site,
            log=log,
            masker=masker,
            why_not=self.why_too_late,
            is_stop_asked=lambda: is_stop_asked(self.site, self.task.id, self.run_id),
        ) as ended:
            result = self._result_of(ended, self._script_result(masker))
            log_end(log, ended, result.duration_seconds, result.summary)
            self._record(result)
        return result._replace(is_recorded=self._is_recorded())

    def result(self, outcome: Outcome, reason: str) -> RunResult:
        """Return the result of an attempt that started no program."""
        return self._result_of(Ended(outcome, _NOT_RUN, reason), None)

    @property
    def _slot_seconds(self) -> int | None:
        return None if self.slot is None else int(self.slot.timestamp())

    def _result_of(self, ended: Ended, said: ScriptResult | None) -> RunResult:
        said = said or ScriptResult()
        is_unexplained = ended.outcome is Outcome.FAILED and ended.tail and not said.summary
        return RunResult(
            task_id=self.task.id,
            run_id=self.run_id,
            slot=self.slot,
            attempt=self.attempt,
            outcome=ended.outcome,
            started_at=self._local(self.started_at),
            ended_at=self._local(self.site.clock()),
            exit_code=ended.execution.exit_code,
            cpu_seconds=ended.execution.cpu_seconds,
            peak_memory_bytes=ended.execution.peak_memory_bytes,
            summary=said.summary,
            metrics=said.metrics,
            reason=f"{ended.reason}: {ended.tail}" if is_unexplained else ended.reason,
            findings={**said.findings, "tail": ended.tail} if is_unexplained else said.findings,
            is_recorded=self._is_recorded(),
        )

    def _is_recorded(self) -> bool:
        return self.is_recorded and not self.held.problem

    def _program(self) -> Program:
        task, env = self.task, dict[str, "str | None"](self.site.base_env)
        if self.logger.isEnabledFor(logging.DEBUG):
            env["LOG_LEVEL"] = "DEBUG"
        env.update(task.env)
        env[SLOT_VARIABLE] = None if self.slot is None else self.slot.isoformat()
        env[RESULT_VARIABLE] = self._result_place()
        return Program(
            task.argv, task.timeout_seconds, env, task.secrets, task.working_dir, task.ok_codes, task.warn_codes
        )

    def _result_place(self) -> str | None:
        """Return where the script may leave a result, ``None``: nowhere."""
        try:
            ensure_plain_folder(self.site.own.results, below=self.site.logs_dir)
        except OSError as error:
            self._complain("the script cannot leave a result", str(error))
            return None
        return result_path(self.site.own.results, self.run_id)

    def _script_result(self, masker: Masker) -> ScriptResult | None:
        try:
            return read_result(result_path(self.site.own.results, self.run_id), masker)
        except ValueError as error:
            self.logger.warning("result ignored: %s", error)
            return None

    def _record(self, result: RunResult) -> None:
        """Commit the outcome; where that fails, leave it whole in the journal for a later tick."""
        finished = finished_run(result)
        try:
            self.ledger.finish(finished, slot_state=slot_state(self.ledger, self.task, finished))
            journal.forget(self.site, self.run_id)
        except LedgerUnavailable as error:
            self._complain("the outcome is not on record", str(error))
            try:
                journal.leave(self.site, finished)
            except OSError as failed:
                self._complain("the outcome is lost", str(failed))
                return  # what the script left says more than nothing
        remove_result(result_path(self.site.own.results, self.run_id))
        forget_request(self.site, self.task.id)

    def _complain(self, what: str, why: str) -> None:
        self.is_recorded = False
        self.logger.error("%s: %s %s", what, why, self._context())

    def _context(self) -> str:
        slot = "none (by hand)" if self.slot is None else self.slot.isoformat(timespec="minutes")
        return f"run={self.run_id} slot={slot} attempt={self.attempt}"

    def _local(self, seconds: float) -> datetime:
        moment = datetime.fromtimestamp(seconds, timezone.utc)
        return moment.astimezone(self.site.zone)


def slot_state(ledger: Ledger, task: Task | None, run: FinishedRun) -> str | None:
    """Return what a run makes of its slot: ``open`` where another attempt may follow, ``None`` where it has none.

    ``task`` is ``None`` where it is gone: then nothing follows. Raises ``LedgerUnavailable``.
    """
    if run.slot is None or task is None:
        return None if run.slot is None else run.outcome
    earlier = ledger.attempts(run.task, run.slot) if run.attempt > 1 else []
    outcomes = [Outcome(past.outcome) for past in earlier if past.outcome and past.attempt < run.attempt]
    return OPEN if may_follow([*outcomes, Outcome(run.outcome)], task.retries) else run.outcome


def finished_run(result: RunResult) -> FinishedRun:
    """Return a result as the ledger keeps it."""
    return FinishedRun(
        run=result.run_id,
        task=result.task_id,
        slot=None if result.slot is None else int(result.slot.timestamp()),
        attempt=result.attempt,
        started_at=result.started_at.timestamp(),
        ended_at=result.ended_at.timestamp(),
        outcome=result.outcome.value,
        exit_code=result.exit_code,
        cpu_seconds=result.cpu_seconds,
        peak_memory_bytes=result.peak_memory_bytes,
        summary=result.summary,
        metrics=json.dumps(dict(result.metrics), ensure_ascii=False),
        reason=result.reason,
        findings=json.dumps(dict(result.findings), ensure_ascii=False),
    )
