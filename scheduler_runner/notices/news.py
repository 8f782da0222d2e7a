"""What people are told, and when: pure. A task's health changes when a slot is decided; some changes are news."""

from collections.abc import Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

MISSED_IN_ROW = 3
"""So many slots in a row of an hourly or interval task have to pass before it is told."""

_SUCCESSES = ("succeeded", "warned")
_FAILURES = ("failed", "timed_out", "not_started")
_INTERRUPTED = "interrupted"
_SKIPPED = "skipped"
_NOTHING: Mapping[str, object] = MappingProxyType({})


class Kind(Enum):
    """What a notice is about; the text that it becomes is in ``notice_texts.py``."""

    FAILING = "failing"
    REMINDER = "reminder"
    RECOVERED = "recovered"
    MISSED = "missed"
    INTERRUPTED = "interrupted"
    DEFECT = "defect"
    CONFIG = "config"
    CLOCK_BACK = "clock_back"
    CLOCK_AHEAD = "clock_ahead"
    LEDGER_DAMAGED = "ledger_damaged"
    LEDGER_AWAY = "ledger_away"
    EXPOSED = "exposed"
    DIGEST = "digest"
    TEST = "test"
    UNREADABLE = "unreadable"

    @property
    def can_wait(self) -> bool:
        """Whether it may wait until the quiet hours are over."""
        return self in (Kind.REMINDER, Kind.RECOVERED, Kind.MISSED, Kind.INTERRUPTED, Kind.DIGEST)


class Notice(NamedTuple):
    """One thing to tell. ``at`` is when it happened, in seconds since 1970; ``facts`` are what JSON can hold."""

    kind: Kind
    at: float
    task: str = ""
    facts: Mapping[str, object] = _NOTHING
    id: int = 0
    """Its number in the outbox, in the order of events."""


class Health(NamedTuple):
    """How a task does: ``failing_since`` is ``None`` while it does well."""

    failing_since: float | None = None
    failures: int = 0
    told_at: float = 0.0
    missed_in_row: int = 0


def after_slot(health: Health, outcome: str, at: float, remind_seconds: float) -> "tuple[Health, Kind | None]":
    """Return the task's health after a slot that will see no further attempt, and what of it is news.

    >>> after_slot(Health(), "failed", 100.0, 60.0)
    (Health(failing_since=100.0, failures=1, told_at=100.0, missed_in_row=0), <Kind.FAILING: 'failing'>)
    """
    if outcome in _SUCCESSES:
        return Health(), None if health.failing_since is None else Kind.RECOVERED
    if outcome == _SKIPPED:
        return health._replace(missed_in_row=0), None
    if outcome == _INTERRUPTED and health.failing_since is None:
        return health._replace(missed_in_row=0), Kind.INTERRUPTED
    if outcome == _INTERRUPTED or outcome in _FAILURES:
        return _after_failure(health, at, remind_seconds)
    return health, None


def _after_failure(health: Health, at: float, remind_seconds: float) -> "tuple[Health, Kind | None]":
    if health.failing_since is None:
        return Health(at, 1, at), Kind.FAILING
    # A clock that was set back must not silence a task until it has caught up.
    is_time = not 0 <= at - health.told_at < remind_seconds
    told_at = at if is_time else health.told_at
    return Health(health.failing_since, health.failures + 1, told_at), Kind.REMINDER if is_time else None


def after_missed(health: Health, ticks_came: Sequence[bool], *, is_periodic: bool) -> tuple[Health, bool]:
    """Return the task's health after slots that passed without a run, and whether that is news.

    ``ticks_came`` says for each slot whether a tick came while it could have started. Of an hourly or interval task
    only slots with ticks count, and they are news once, when there are three in a row.
    """
    if not is_periodic:
        return health, bool(ticks_came)
    row = health.missed_in_row + sum(ticks_came)
    return health._replace(missed_in_row=row), health.missed_in_row < MISSED_IN_ROW <= row


def condensed(notices: Sequence[Notice]) -> list[Notice]:
    """Return what has to be said when many come together: of a task's reminders the last says it all."""
    kept: list[Notice] = []
    reminded: set[str] = set()
    for notice in reversed(notices):
        if notice.kind is Kind.REMINDER:
            if notice.task in reminded:
                continue
            reminded.add(notice.task)
        elif notice.kind in (Kind.FAILING, Kind.RECOVERED):
            reminded.discard(notice.task)
        kept.append(notice)
    return kept[::-1]


def pause_seconds(failures: int) -> float:
    """Return how long to let be a chat that could not be reached so often in a row: 1, 2, 4, ... 15 minutes.

    >>> [pause_seconds(failures) for failures in (1, 2, 5, 500)]
    [60.0, 120.0, 900.0, 900.0]
    """
    return float(min(900, 60 * 2 ** min(failures - 1, 4)))


def is_due(at: float, now: float) -> bool:
    """Return whether a moment has come; one more than a day ahead comes from a clock that was set back since."""
    return not 0 < at - now < 86400
