"""How attempts end, and whether another one may follow. An idle tick needs none of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from scheduler_runner.phrases import Phrase
from scheduler_runner.records.run_rows import Attempt
from scheduler_runner.task import Task


class Outcome(Enum):
    """How an attempt ended."""

    SUCCEEDED = "succeeded"
    WARNED = "warned"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    INTERRUPTED = "interrupted"
    ALREADY_RUNNING = "already_running"
    SKIPPED = "skipped"
    NOT_STARTED = "not_started"
    STOPPED = "stopped"
    """By hand: no success, and no failure either."""

    @property
    def is_success(self) -> bool:
        """Whether the task did what it is for, be it with a remark."""
        return self in (Outcome.SUCCEEDED, Outcome.WARNED)

    @property
    def is_failure(self) -> bool:
        """Whether somebody has to look: the task did not do what it is for, and was not merely put off."""
        return self in (Outcome.FAILED, Outcome.TIMED_OUT, Outcome.INTERRUPTED, Outcome.NOT_STARTED)


class RunResult(NamedTuple):
    """What is known of one attempt once it is over.

    Times are aware datetimes; ``slot`` is ``None`` for a run by hand, ``exit_code`` where no process ended by
    itself or there was none.
    """

    task_id: str
    run_id: str
    slot: datetime | None
    attempt: int
    outcome: Outcome
    started_at: datetime
    ended_at: datetime
    exit_code: int | None = None
    cpu_seconds: float | None = None
    """User and system time of the whole tree; ``None`` where the system does not tell."""
    peak_memory_bytes: int | None = None
    """On Windows of the whole tree, on POSIX of its largest process."""
    summary: str = ""
    metrics: Mapping[str, object] = MappingProxyType({})
    reason: str = ""
    """Why the outcome is not a success, in one sentence."""
    findings: Mapping[str, object] = MappingProxyType({})
    """What its script saw of single things, why it waited, the cause; its last words, where it gave no summary."""
    is_recorded: bool = True
    """``False`` where log, ledger or lock could not be written as they should."""

    @property
    def duration_seconds(self) -> float:
        """Seconds from start to end by the wall clock, never negative (a clock may be set back)."""
        return max(0.0, (self.ended_at - self.started_at).total_seconds())


_COUNTED = (Outcome.FAILED, Outcome.TIMED_OUT, Outcome.NOT_STARTED)
_SET_BACK_SECONDS = 60


def may_follow(outcomes: Sequence[Outcome], retries: int) -> bool:
    """Return whether another attempt may follow those that ended so, time aside.

    A failure allows ``retries`` of them; an interruption one, not counted; exit code 75 as many as there is time.

    >>> may_follow([Outcome.FAILED], retries=0), may_follow([Outcome.INTERRUPTED], retries=0)
    (False, True)
    """
    last = outcomes[-1]
    if last is Outcome.INTERRUPTED:
        return outcomes.count(Outcome.INTERRUPTED) == 1
    if last in _COUNTED:
        return sum(outcome in _COUNTED for outcome in outcomes) <= retries
    return last is Outcome.SKIPPED


def is_time_to_follow(task: Task, last: Outcome, ended_at: float, now: int) -> bool:
    """Return whether the pause after an attempt is over; times in seconds since 1970.

    After an interruption there is none. A clock that was set back since ends the pause, or it could last for years:
    by more than a minute, for two clocks read one after the other may differ by a little.
    """
    passed = now - int(ended_at)  # both whole: ``now`` is, and a run may have ended later within this second
    return last is Outcome.INTERRUPTED or not -_SET_BACK_SECONDS <= passed < task.retry_delay_seconds


def further_attempt(task: Task, attempts: Sequence[Attempt], now: int) -> tuple[int | None, Phrase]:
    """Return the number of the attempt to make for an open slot, and why or why not."""
    if not attempts or attempts[-1].outcome is None:
        return None, Phrase("is running")
    ended = outcomes_of(attempts)
    last = Phrase(ended[-1].value)
    if not may_follow(ended, task.retries):
        return None, Phrase("is decided: {state}", state=last)
    if not is_time_to_follow(task, ended[-1], attempts[-1].ended_at or 0, now):
        return None, Phrase("waits {seconds:g} s after: {state}", seconds=task.retry_delay_seconds, state=last)
    return attempts[-1].attempt + 1, Phrase("again after: {state}", state=last)


def fates_of_open(opened: Mapping[int, Sequence[Attempt]]) -> tuple[tuple[int, str], ...]:
    """Return the slots that nothing runs for, each with the state that it ends in where no attempt follows.

    So end those of a task that is disabled, or that is no longer there: nobody else would ever settle them.
    """
    idle = [slot for slot, attempts in opened.items() if not attempts or attempts[-1].outcome is not None]
    return tuple((slot, outcomes_of(opened[slot])[-1].value) for slot in idle)


def outcomes_of(attempts: Sequence[Attempt]) -> list[Outcome]:
    """Return how attempts ended; a slot that is open without one was claimed in a ledger that is lost."""
    return [Outcome(attempt.outcome) for attempt in attempts] or [Outcome.INTERRUPTED]
