"""Run a program under a lock, with a clean environment, its output in the log, and an end in time.

:func:`run_subprocess` is the plain form; :func:`run_task` keeps the ledger, too.
"""

import json
import logging
import os
import sys
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from scheduler_runner.errors import LedgerUnavailable
from scheduler_runner.task import Outcome, RunResult, Task
from scheduler_runner.utils.attempts import may_follow
from scheduler_runner.utils.environment import changed_variables, child_environment
from scheduler_runner.utils.execution import End, Execution, Launch, StopSwitch, execute
from scheduler_runner.utils.exit_codes import describe_exit_code, outcome_of
from scheduler_runner.utils.folders import ensure_plain_folder
from scheduler_runner.utils.ledger import OPEN, FinishedRun, Ledger
from scheduler_runner.utils.locks import read_mark
from scheduler_runner.utils.masking import Masker, secret_values
from scheduler_runner.utils.output import OutputLog
from scheduler_runner.utils.result_file import (
    RESULT_VARIABLE,
    ScriptResult,
    read_result,
    remove_result,
    result_path,
    write_result,
)
from scheduler_runner.utils.run_site import RunSite
from scheduler_runner.utils.task_lock import Busy, HeldLocks, holder_now, run_mark, take_locks, with_child

_PROJECT_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_WEEK_SECONDS = 7 * 86400


def run_subprocess(
    script_name: str | Sequence[str],
    args: Sequence[object],
    env: Mapping[str, str | None],
    logger: logging.Logger,
    timeout: float = 60,
    working_dir: str | None = None,
    lock_path: str | None = None,
    *,
    secrets: Collection[str] = (),
    ok_codes: Collection[int] = frozenset({0}),
    warn_codes: Collection[int] = frozenset(),
    stop: StopSwitch | None = None,
) -> bool:
    """Run a program to its end; return whether it did what it is for.

    ``script_name`` is a Python file (``clean.py``), a module (``package.module``) or a whole command as a list.
    ``env`` is added to the runner's environment, less every secret that ``secrets`` does not name; ``None``
    removes a variable. ``timeout`` is in seconds, for the whole process tree. ``working_dir`` is the project's
    root by default. ``lock_path`` names a lock file: while another process holds it, nothing is started and the
    answer is ``False``. What happened is in the log; nothing is raised.

    >>> run_subprocess([sys.executable, "-c", "pass"], [], {}, logging.getLogger("example"))
    True
    """
    masker = Masker([*secret_values(os.environ), *_task_secrets(env)])
    run_id = new_run_id()
    try:
        held = take_locks(lock_path, None, logger) if lock_path else HeldLocks([])
    except Busy as busy:
        logger.warning("not started, already running: %s", busy)
        return False
    if held.problem:
        logger.error("running without a lock: %s", held.problem)
    launch = Launch(
        argv=_command(script_name, args),
        env=child_environment(
            os.environ,
            {**env, "SCHEDULER_RUN_ID": run_id},
            secrets=secrets,
            project_root=_PROJECT_ROOT,
        ),
        working_dir=working_dir or _PROJECT_ROOT,
        timeout_seconds=timeout,
        mark=run_mark(run_id),
        inherited_descriptors=held.descriptors,
    )
    holder = holder_now(run_id, launch.argv[0], "", datetime.now().astimezone().isoformat(timespec="seconds"))
    held.record(holder)
    _log_start(logger, launch, masker, "")
    output = OutputLog(logger, masker)
    execution = execute(launch, output, logger, stop=stop, on_start=lambda pid: held.record(with_child(holder, pid)))
    output.close()
    outcome, reason = _judge(execution, ok_codes, warn_codes)
    _log_end(logger, outcome, execution, reason, masker)
    _let_go(held, execution)
    return outcome.is_success


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
    group_lock = site.group_lock(task.group) if task.group else None
    try:
        begun.held = take_locks(site.task_lock(task.id), group_lock, logger)
    except Busy as busy:
        return begun.result(Outcome.ALREADY_RUNNING, reason=str(busy))
    try:
        is_ours = begun.claim([int(older.timestamp()) for older in coalesced])
    except BaseException:
        begun.held.release()
        raise
    if not is_ours:
        begun.held.release()
        return begun.result(Outcome.ALREADY_RUNNING, reason="another tick has taken this slot")
    return begun


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
        masker = Masker([*self.site.secrets, *_task_secrets(self.task.env)])
        launch = self._launch()
        holder = holder_now(self.run_id, self.task.id, self.site.user, self._local(self.started_at).isoformat())
        self.held.record(holder)
        _log_start(self.logger, launch, masker, self._context())
        output = OutputLog(self.logger, masker)
        execution = execute(
            launch,
            output,
            self.logger,
            stop=self.site.stop,
            on_start=lambda pid: self.held.record(with_child(holder, pid)),
        )
        output.close()
        outcome, reason = _judge(execution, self.task.ok_codes, self.task.warn_codes)
        said = self._script_result()
        result = self.result(outcome, execution, masker.text(reason), masker, said, output.tail())
        _log_end(self.logger, outcome, execution, reason, masker, result.summary)
        self._record(result)
        _let_go(self.held, execution)
        return result

    def result(
        self,
        outcome: Outcome,
        execution: Execution | None = None,
        reason: str = "",
        masker: Masker | None = None,
        said: ScriptResult | None = None,
        tail: str = "",
    ) -> RunResult:
        """Build the result; texts that a script wrote are masked."""
        said, masker, execution = said or ScriptResult(), masker or Masker(), execution or Execution(End.NOT_STARTED)
        if outcome is Outcome.FAILED and tail and not said.summary:
            reason = f"{reason}: {tail}"
        return RunResult(
            task_id=self.task.id,
            run_id=self.run_id,
            slot=self.slot,
            attempt=self.attempt,
            outcome=outcome,
            started_at=self._local(self.started_at),
            ended_at=self._local(self.site.clock()),
            exit_code=execution.exit_code,
            cpu_seconds=execution.cpu_seconds,
            peak_memory_bytes=execution.peak_memory_bytes,
            summary=masker.text(said.summary),
            metrics=json.loads(masker.text(json.dumps(said.metrics, ensure_ascii=False))),
            reason=reason,
            is_recorded=self.is_recorded and not self.held.problem,
        )

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
        mark = read_mark(self.site.task_lock(self.task.id))
        return (
            self._is_marked(slot)
            and mark > self.ledger.remade_at()
            and self.ledger.slot_state(self.task.id, mark) is None
        )

    def _is_marked(self, slot: int) -> bool:
        """Return whether the mark says that the slot was claimed; one far in the future comes from a wrong clock."""
        return slot <= read_mark(self.site.task_lock(self.task.id)) <= self.started_at + _WEEK_SECONDS

    def _mark(self) -> None:
        """Mark after the claim: a mark without a claim would lose the slot."""
        if self.slot is None or not self.held.locks:
            return
        try:
            self.held.locks[0].mark(int(self.slot.timestamp()))
        except OSError as error:
            self._complain("cannot mark the lock", str(error))

    def _launch(self) -> Launch:
        added: dict[str, str | None] = {**self.site.base_env, **self.task.env}
        added["SCHEDULER_RUN_ID"] = self.run_id
        try:
            ensure_plain_folder(self.site.results_dir)
            added[RESULT_VARIABLE] = result_path(self.site.results_dir, self.run_id)
        except OSError as error:
            self._complain("the script cannot leave a result", str(error))
        return Launch(
            argv=self.task.argv,
            env=child_environment(
                self.site.environ, added, secrets=self.task.secrets, project_root=self.site.project_root
            ),
            working_dir=self.task.working_dir or self.site.project_root,
            timeout_seconds=self.task.timeout_seconds,
            mark=run_mark(self.run_id),
            inherited_descriptors=self.held.descriptors,
        )

    def _script_result(self) -> ScriptResult | None:
        try:
            return read_result(result_path(self.site.results_dir, self.run_id))
        except ValueError as error:
            self.logger.warning("result ignored: %s", error)
            return None

    def _record(self, result: RunResult) -> None:
        """Commit the outcome; where that fails, leave it in the result file for a later tick."""
        path = result_path(self.site.results_dir, self.run_id)
        try:
            self.ledger.finish(finished_run(result), slot_state=self._slot_state(result.outcome))
        except LedgerUnavailable as error:
            self._complain("the outcome is not on record", str(error))
            _leave_result(path, result)
        else:
            remove_result(path)

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
        metrics=json.dumps(result.metrics, ensure_ascii=False),
        reason=result.reason,
    )


def _command(script_name: str | Sequence[str], args: Sequence[object]) -> tuple[str, ...]:
    rest = tuple(str(argument) for argument in args)
    if not isinstance(script_name, str):
        return (*script_name, *rest)
    if script_name.lower().endswith((".py", ".pyw")):
        return (sys.executable, script_name, *rest)
    return (sys.executable, "-m", script_name, *rest)


def _task_secrets(env: Mapping[str, str | None]) -> list[str]:
    return secret_values({name: value for name, value in env.items() if value is not None})


def _judge(execution: Execution, ok_codes: Collection[int], warn_codes: Collection[int]) -> tuple[Outcome, str]:
    if execution.end is End.NOT_STARTED:
        return Outcome.NOT_STARTED, execution.reason
    if execution.end is End.TIMED_OUT:
        return Outcome.TIMED_OUT, execution.reason or "its time was over"
    if execution.end is End.STOPPED:
        return Outcome.INTERRUPTED, execution.reason or "the runner was asked to end"
    code = execution.exit_code or 0
    outcome = outcome_of(code, ok_codes, warn_codes)
    return outcome, "" if outcome is Outcome.SUCCEEDED else describe_exit_code(code)


def _log_start(logger: logging.Logger, launch: Launch, masker: Masker, context: str) -> None:
    added, removed = changed_variables(os.environ, launch.env)
    logger.info(
        "task started %s command=%s folder=%s timeout=%gs env_added=%s env_removed=%s",
        context,
        masker.text(" ".join(launch.argv)),
        launch.working_dir,
        launch.timeout_seconds,
        ",".join(added),
        ",".join(removed),
    )


def _log_end(
    logger: logging.Logger,
    outcome: Outcome,
    execution: Execution,
    reason: str,
    masker: Masker,
    summary: str = "",
) -> None:
    facts = [f"outcome={outcome.value}", f"exit_code={execution.exit_code}"]
    if execution.cpu_seconds is not None:
        facts.append(f"cpu={execution.cpu_seconds:.1f}s")
    if execution.peak_memory_bytes is not None:
        facts.append(f"memory={execution.peak_memory_bytes / 2**20:.0f}MiB")
    if reason:
        facts.append(f"reason={masker.text(reason)}")
    if summary:
        facts.append(f"summary={summary}")
    level = logging.ERROR if outcome.is_failure else logging.WARNING if outcome is Outcome.WARNED else logging.INFO
    logger.log(level, "task finished %s", " ".join(facts))


def _let_go(held: HeldLocks, execution: Execution) -> None:
    if execution.is_over:
        held.release()
    else:
        held.leave_to_child()


def _leave_result(path: str, result: RunResult) -> None:
    """Keep what the ledger could not take; a full disk may refuse this, too."""
    try:
        write_result(path, ScriptResult(result.summary, result.metrics, result.exit_code))
    except OSError:
        pass
