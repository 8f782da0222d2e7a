"""The values that everything above and below shares: a task, an outcome, the result of a run.

What an idle tick imports are named tuples: as dataclasses these values cost it a third of its time.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from scheduler_runner.plans.clock import PC_ZONE
from scheduler_runner.plans.plan import Plan


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


class Task(NamedTuple):
    """One sound entry of a domain's ``SCHEDULE``.

    Built by ``schedule_config`` only; the keys and their defaults are in docs/configuration.md.
    """

    name: str
    domain: str
    user: str
    plan: Plan
    argv: tuple[str, ...]
    """The whole command, the interpreter included."""
    timeout_seconds: float = 600.0
    retries: int = 0
    retry_delay_seconds: float = 300.0
    env: Mapping[str, str | None] = MappingProxyType({})
    """Added to the child's environment; ``None`` removes the variable."""
    secrets: tuple[str, ...] = ()
    working_dir: str | None = None
    """``None``: the project's root."""
    group: str | None = None
    ok_codes: frozenset[int] = frozenset({0})
    warn_codes: frozenset[int] = frozenset()
    detailed_logs: bool = False
    enabled: bool = True
    source: str = ""
    """The configuration file it comes from, relative to the project, with forward slashes."""
    title: str = ""
    """What people read in the place of the name; ``""``: the name."""
    advice: str = ""
    """What to do when it fails, for whoever reads the notice."""

    @property
    def id(self) -> str:
        """``{domain}_{name}``: the task's name in ``--task``, its log folder, its lock and the ledger."""
        return f"{self.domain}_{self.name}"

    @property
    def shown(self) -> str:
        """The task as people read it."""
        return self.title or self.name

    def may_start(self, slot: int, now: int, zone: tzinfo | None) -> bool:
        """Return whether a slot may start now: the latest one, within its time and hours. Zone ``None``: the PC's."""
        return self.plan.due(now, zone or PC_ZONE) == slot

    def is_called(self, name: str) -> bool:
        """Return whether people mean this task: ``NAME``, ``domain_NAME`` or its title, whatever the case."""
        return name.lower() in (self.name.lower(), self.id.lower(), self.title.lower() or None)


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
