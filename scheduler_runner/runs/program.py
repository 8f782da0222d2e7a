"""One program from its start line in the log to what its end means: the way of every run, recorded or not."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from scheduler_runner.logbook.masking import Masker, secret_values
from scheduler_runner.outcome import Outcome
from scheduler_runner.run_site import RunSite
from scheduler_runner.runs.environment import changed_variables, child_environment
from scheduler_runner.runs.execution import End, Execution, Launch, execute
from scheduler_runner.runs.exit_codes import describe_exit_code, outcome_of
from scheduler_runner.runs.output import OutputLog
from scheduler_runner.runs.task_lock import HeldLocks, Holder, run_mark, with_child

RUN_VARIABLE = "SCHEDULER_RUN_ID"
"""The child's environment variable that names its run."""


@dataclass(frozen=True, slots=True)
class Program:
    """What is to be run, whoever asks for it: a task of the schedule, or a call of ``run_subprocess``."""

    argv: tuple[str, ...]
    timeout_seconds: float
    env: Mapping[str, str | None] = field(default_factory=dict)
    """Added to the environment; ``None`` removes a variable."""
    secrets: Collection[str] = ()
    """The names of those secrets of the runner's that it may see."""
    working_dir: str | None = None
    """Relative to the project; ``None``: the project itself."""
    ok_codes: Collection[int] = frozenset({0})
    warn_codes: Collection[int] = frozenset()


@dataclass(frozen=True, slots=True)
class RunLog:
    """A task's log, as one run writes it: its own lines bear its facts."""

    logger: logging.Logger
    context: str

    def write(self, level: int, event: str, facts: str = "") -> None:
        """Write a line: the event, which run it is, and what there is to say."""
        self.logger.log(level, "%s %s%s", event, self.context, f" {facts}" if facts else "")


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a program. ``reason`` and ``tail``, its last lines, are masked."""

    outcome: Outcome
    execution: Execution
    reason: str = ""
    tail: str = ""


@contextmanager
def supervised(
    program: Program,
    held: HeldLocks,
    holder: Holder,
    *,
    site: RunSite,
    log: RunLog,
    masker: Masker,
    why_not: Callable[[], str] = lambda: "",
    is_stop_asked: Callable[[], bool] = lambda: False,
) -> Iterator[Ended]:
    """Run a program under locks that are on record, its output in the log, and yield how it ended.

    The locks are held until the block is over: what it puts on record is there before another run can begin. Then they
    are freed, whatever happened, unless the program could not be ended. ``why_not`` is asked last of all before the
    start, and may still forbid it; ``is_stop_asked`` every second: somebody may want this run ended by hand.
    """
    execution = None
    try:
        launch = _launch(program, held, holder.run_id, site)
        _log_start(log, launch, masker, site.environ)
        output = OutputLog(log.logger, masker)
        reason = why_not()
        if reason:
            execution = Execution(End.NOT_STARTED, reason=reason)
        else:
            execution = execute(
                launch, output, log.logger, stop=site.stop, is_stop_asked=is_stop_asked,
                on_start=lambda pid: held.record(with_child(holder, pid)),
            )  # fmt: skip
        output.close()
        outcome, reason = judged(program, execution)
        yield Ended(outcome, execution, masker.text(reason), output.tail())
    finally:
        if execution is None or execution.is_over:
            held.release()
        else:
            held.leave_to_child()


def judged(program: Program, execution: Execution) -> tuple[Outcome, str]:
    """Return what an end means for a program, and in one sentence why it is no plain success."""
    if execution.end is not End.EXITED:
        outcome, reason = _BY_END[execution.end]
        return outcome, execution.reason or reason
    code = execution.exit_code
    if code is None:
        return Outcome.FAILED, "its exit code is not known: this process ignores its children (SIGCHLD)"
    outcome = outcome_of(code, program.ok_codes, program.warn_codes)
    return outcome, "" if outcome is Outcome.SUCCEEDED else describe_exit_code(code)


_BY_END = {
    End.NOT_STARTED: (Outcome.NOT_STARTED, "it could not be started"),
    End.TIMED_OUT: (Outcome.TIMED_OUT, "its time was over"),
    End.INTERRUPTED: (Outcome.INTERRUPTED, "the runner was asked to end"),
    End.STOPPED: (Outcome.STOPPED, "stopped by hand"),
}


def log_end(log: RunLog, ended: Ended, seconds: float, summary: str = "") -> None:
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
    is_remarkable = ended.outcome in (Outcome.WARNED, Outcome.STOPPED)
    level = logging.ERROR if ended.outcome.is_failure else logging.WARNING if is_remarkable else logging.INFO
    log.write(level, "task finished", " ".join(facts))


def masker_of(site: RunSite, env: Mapping[str, str | None]) -> Masker:
    """Return what masks the point's secrets, and those that a program brings in its own environment."""
    return Masker([*site.secrets, *secret_values({name: value for name, value in env.items() if value is not None})])


def _launch(program: Program, held: HeldLocks, run_id: str, site: RunSite) -> Launch:
    added = {**program.env, RUN_VARIABLE: run_id}
    return Launch(
        argv=program.argv,
        env=child_environment(site.environ, added, secrets=program.secrets, project_root=site.project_root),
        working_dir=site.folder_of(program.working_dir),
        timeout_seconds=program.timeout_seconds,
        mark=run_mark(run_id),
        inherited_descriptors=held.descriptors,
    )


def _log_start(log: RunLog, launch: Launch, masker: Masker, own_environ: Mapping[str, str]) -> None:
    added, removed = changed_variables(own_environ, launch.env)
    command, folder = masker.text(" ".join(launch.argv)), launch.working_dir
    log.write(
        logging.INFO,
        "task started",
        f"command={command} folder={folder} timeout={launch.timeout_seconds:g}s "
        f"env_added={','.join(added)} env_removed={','.join(removed)}",
    )
