"""One program from its start line in the log to what its end means: what a plain run and a recorded one share."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from scheduler_runner.logbook.masking import Masker, secret_values
from scheduler_runner.run_site import StopSwitch
from scheduler_runner.runs.environment import changed_variables
from scheduler_runner.runs.execution import End, Execution, Launch, execute
from scheduler_runner.runs.exit_codes import describe_exit_code, outcome_of
from scheduler_runner.runs.output import OutputLog
from scheduler_runner.runs.task_lock import HeldLocks, Holder, with_child
from scheduler_runner.task import Outcome


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a program. ``reason`` and ``tail``, its last lines, are masked."""

    outcome: Outcome
    execution: Execution
    reason: str
    tail: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """Which exit codes are a success, and which a success with a remark."""

    ok_codes: Collection[int] = frozenset({0})
    warn_codes: Collection[int] = frozenset()

    def of(self, execution: Execution) -> tuple[Outcome, str]:
        """Return an execution's outcome, and in one sentence why it is no plain success."""
        if execution.end is End.NOT_STARTED:
            return Outcome.NOT_STARTED, execution.reason
        if execution.end is End.TIMED_OUT:
            return Outcome.TIMED_OUT, execution.reason or "its time was over"
        if execution.end is End.STOPPED:
            return Outcome.INTERRUPTED, execution.reason or "the runner was asked to end"
        code = execution.exit_code
        if code is None:
            return Outcome.FAILED, "its exit code is not known: this process ignores its children (SIGCHLD)"
        outcome = outcome_of(code, self.ok_codes, self.warn_codes)
        return outcome, "" if outcome is Outcome.SUCCEEDED else describe_exit_code(code)


def supervise(
    launch: Launch,
    held: HeldLocks,
    holder: Holder,
    judgement: Judgement,
    *,
    own_environ: Mapping[str, str],
    logger: logging.Logger,
    masker: Masker,
    stop: StopSwitch,
    context: str,
) -> Ended:
    """Run a program under locks that are held, its output in the log; they are still held when it is over."""
    try:
        held.record(holder)
        _log_start(logger, launch, masker, own_environ, context)
        output = OutputLog(logger, masker)
        execution = execute(
            launch, output, logger, stop=stop, on_start=lambda pid: held.record(with_child(holder, pid))
        )
        output.close()
    except BaseException:
        held.release()
        raise
    outcome, reason = judgement.of(execution)
    return Ended(outcome, execution, masker.text(reason), output.tail())


def log_end(logger: logging.Logger, ended: Ended, seconds: float, summary: str = "") -> None:
    """Write the line that ends a run in the task's log."""
    execution = ended.execution
    facts = [f"outcome={ended.outcome.value}", f"exit_code={execution.exit_code}", f"seconds={seconds:.1f}"]
    if execution.cpu_seconds is not None:
        facts.append(f"cpu={execution.cpu_seconds:.1f}s")
    if execution.peak_memory_bytes is not None:
        facts.append(f"memory={execution.peak_memory_bytes / 2**20:.0f}MiB")
    if ended.reason:
        facts.append(f"reason={ended.reason}")
    if summary:
        facts.append(f"summary={summary}")
    is_remarkable = ended.outcome is Outcome.WARNED
    level = logging.ERROR if ended.outcome.is_failure else logging.WARNING if is_remarkable else logging.INFO
    logger.log(level, "task finished %s", " ".join(facts))


def let_go(held: HeldLocks, execution: Execution) -> None:
    """Free the locks, unless the program could not be ended."""
    if execution.is_over:
        held.release()
    else:
        held.leave_to_child()


def secrets_of(env: Mapping[str, str | None]) -> list[str]:
    """Return the secrets that a task brings in its own environment."""
    return secret_values({name: value for name, value in env.items() if value is not None})


def _log_start(
    logger: logging.Logger, launch: Launch, masker: Masker, own_environ: Mapping[str, str], context: str
) -> None:
    added, removed = changed_variables(own_environ, launch.env)
    logger.info(
        "task started %s command=%s folder=%s timeout=%gs env_added=%s env_removed=%s",
        context,
        masker.text(" ".join(launch.argv)),
        launch.working_dir,
        launch.timeout_seconds,
        ",".join(added),
        ",".join(removed),
    )
