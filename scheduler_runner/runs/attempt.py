"""One recorded attempt of a task: locks, claim, start, outcome on record, locks freed."""

import json
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from scheduler_runner.errors import LedgerUnavailable
from scheduler_runner.logbook.masking import Masker
from scheduler_runner.records.ledger import OPEN, FinishedRun, Ledger
from scheduler_runner.run_site import RunSite
from scheduler_runner.runs.environment import child_environment
from scheduler_runner.runs.execution import End, Execution, Launch
from scheduler_runner.runs.result_file import (
    RESULT_VARIABLE,
    ScriptResult,
    read_result,
    remove_result,
    result_path,
    write_result,
)
from scheduler_runner.runs.supervision import Ended, Judgement, let_go, log_end, secrets_of, supervise
from scheduler_runner.runs.task_lock import Busy, HeldLocks, Place, holder_now, run_mark, take_locks
from scheduler_runner.system.folders import ensure_plain_folder
from scheduler_runner.system.locks import read_mark
from scheduler_runner.task import Outcome, RunResult, Task, may_follow

_WEEK_SECONDS = 7 * 86400
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
) -> "BegunAttempt | RunResult":
    """Do what comes before the start, locks and claim: the runner does so in the order of slots."""
    begun = BegunAttempt(task, slot, attempt, ledger, logger, site, new_run_id(), HeldLocks([]), site.clock())
    try:
        begun.held = take_locks(site.own.task_lock(task.id), _group_place(task, site), logger, site.logs_dir)
    except Busy as busy:
        return begun.result(Outcome.ALREADY_RUNNING, reason=str(busy))
    try:
        is_ours = begun.claim([int(older.timestamp()) for older in coalesced])
    except BaseException:
        begun.held.release()
        raise
    if not is_ours:
        begun.held.release()
        return begun.result(Outcome.ALREADY_RUNNING, reason="this slot was taken before")
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
    The outcome is ``ALREADY_RUNNING`` where a lock or the slot is taken; then nothing was done. Raises nothing
    that is expected: a ledger or log that cannot be written makes ``is_recorded`` false.
    """
    begun = begin_attempt(
        task, slot=slot, attempt=attempt, ledger=ledger, logger=logger, site=site, coalesced=coalesced
    )
    return begun if isinstance(begun, RunResult) else begun.carry_out()


def _group_place(task: Task, site: RunSite) -> Place | None:
    if not task.group:
        return None
    own = site.own.group_record(task.group)
    others = tuple(record for record in site.layout.group_records(task.group) if record != own)
    return Place(site.layout.group_lock(task.group), own, is_shared=True, others=others)


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
    held: HeldLocks
    started_at: float
    is_recorded: bool = True

    def claim(self, coalesced: Sequence[int]) -> bool:
        """Put the attempt on record; return whether the slot was ours to take."""
        if self.held.problem:
            self._complain("running without a lock", self.held.problem)
        try:
            if self.slot is None:
                self.ledger.start_by_hand(run=self.run_id, task=self.task.id, started_at=self.started_at)
                return True
            if not self._claim_in_ledger(int(self.slot.timestamp()), coalesced):
                return False
        except LedgerUnavailable as error:
            self._complain("running without a ledger", str(error))
            if self.slot is not None and self._is_marked(int(self.slot.timestamp())):
                return False
        self._mark()
        return True

    def carry_out(self) -> RunResult:
        """Start the program, see it to its end, put the outcome on record and free the locks."""
        masker = Masker([*self.site.secrets, *secrets_of(self.task.env)])
        ended = supervise(
            self._launch(),
            self.held,
            holder_now(self.run_id, self.task.id, self.site.user, self._local(self.started_at).isoformat()),
            Judgement(self.task.ok_codes, self.task.warn_codes),
            own_environ=self.site.environ,
            logger=self.logger,
            masker=masker,
            stop=self.site.stop,
            context=self._context(),
        )
        result = self._result_of(ended, self._script_result(masker))
        log_end(self.logger, ended, result.duration_seconds, result.summary)
        self._record(result)
        let_go(self.held, ended.execution)
        return result._replace(is_recorded=self._is_recorded())

    def result(self, outcome: Outcome, reason: str) -> RunResult:
        """Return the result of an attempt that started no program."""
        return self._result_of(Ended(outcome, _NOT_RUN, reason, ""), None)

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
            is_recorded=self._is_recorded(),
        )

    def _is_recorded(self) -> bool:
        return self.is_recorded and not self.held.problem

    def _claim_in_ledger(self, slot: int, coalesced: Sequence[int]) -> bool:
        if self.attempt == 1 and self._was_claimed_without_ledger(slot):
            self.ledger.settle(self.task.id, slot, "unrecorded", self.started_at)
            self.logger.warning("slot was claimed while the ledger could not be written %s", self._context())
            return False
        return self.ledger.claim(
            run=self.run_id,
            task=self.task.id,
            slot=slot,
            attempt=self.attempt,
            started_at=self.started_at,
            coalesced=coalesced,
        )

    def _was_claimed_without_ledger(self, slot: int) -> bool:
        """Ask the lock's mark, where the ledger lacks the slot that it names; not about the time before damage."""
        mark = read_mark(self.site.own.task_lock(self.task.id))
        return (
            self._is_marked(slot)
            and mark > self.ledger.remade_at()
            and self.ledger.slot_state(self.task.id, mark) is None
        )

    def _is_marked(self, slot: int) -> bool:
        """Return whether the mark says that the slot was claimed; one far in the future comes from a wrong clock."""
        return slot <= read_mark(self.site.own.task_lock(self.task.id)) <= self.started_at + _WEEK_SECONDS

    def _mark(self) -> None:
        """Mark after the claim: a mark without a claim would lose the slot."""
        if self.slot is None or not self.held.locks:
            return
        try:
            self.held.locks[0].mark(int(self.slot.timestamp()))
        except OSError as error:
            self._complain("cannot mark the lock", str(error))

    def _launch(self) -> Launch:
        added: dict[str, str | None] = dict(self.site.base_env)
        if self.logger.isEnabledFor(logging.DEBUG):
            added["LOG_LEVEL"] = "DEBUG"
        added.update(self.task.env)
        added["SCHEDULER_RUN_ID"] = self.run_id
        added["SCHEDULER_SLOT"] = None if self.slot is None else self.slot.isoformat()  # none: a run by hand
        try:
            ensure_plain_folder(self.site.own.results, below=self.site.logs_dir)
            added[RESULT_VARIABLE] = result_path(self.site.own.results, self.run_id)
        except OSError as error:
            self._complain("the script cannot leave a result", str(error))
        return Launch(
            argv=self.task.argv,
            env=child_environment(
                self.site.environ, added, secrets=self.task.secrets, project_root=self.site.project_root
            ),
            working_dir=self.site.folder_of(self.task.working_dir),
            timeout_seconds=self.task.timeout_seconds,
            mark=run_mark(self.run_id),
            inherited_descriptors=self.held.descriptors,
        )

    def _script_result(self, masker: Masker) -> ScriptResult | None:
        try:
            return read_result(result_path(self.site.own.results, self.run_id), masker, self.logger)
        except ValueError as error:
            self.logger.warning("result ignored: %s", error)
            return None

    def _record(self, result: RunResult) -> None:
        """Commit the outcome; where that fails, leave it in the result file for a later tick."""
        path = result_path(self.site.own.results, self.run_id)
        try:
            self.ledger.finish(finished_run(result), slot_state=self._slot_state(result.outcome))
        except LedgerUnavailable as error:
            self._complain("the outcome is not on record", str(error))
            self._leave_result(path, result)
        else:
            remove_result(path)

    def _leave_result(self, path: str, result: RunResult) -> None:
        """Keep what the ledger could not take; a full disk may refuse this, too."""
        try:
            ensure_plain_folder(self.site.own.results, below=self.site.logs_dir)
            write_result(path, ScriptResult(result.summary, result.metrics, result.exit_code, result.outcome.value))
        except OSError:
            pass

    def _slot_state(self, outcome: Outcome) -> str | None:
        if self.slot is None:
            return None
        attempts = self.ledger.attempts(self.task.id, int(self.slot.timestamp())) if self.attempt > 1 else []
        earlier = [Outcome(past.outcome) for past in attempts if past.outcome]
        return OPEN if may_follow([*earlier, outcome], self.task.retries) else outcome.value

    def _complain(self, what: str, why: str) -> None:
        self.is_recorded = False
        self.logger.error("%s: %s %s", what, why, self._context())

    def _context(self) -> str:
        slot = "none (by hand)" if self.slot is None else self.slot.isoformat(timespec="minutes")
        return f"run={self.run_id} slot={slot} attempt={self.attempt}"

    def _local(self, seconds: float) -> datetime:
        moment = datetime.fromtimestamp(seconds, timezone.utc)
        return moment.astimezone(self.site.zone)


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
    )
