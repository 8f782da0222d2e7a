"""Whether a task does its work at all: exit code 75, an interruption or a lost slot is no evidence of it. Pure."""

from typing import NamedTuple

from scheduler_runner.notices.levels import DAY_SECONDS, State

IDLE_SLOTS = 3
"""So many slots of a task that comes often, met by ticks and without work, and it does nothing."""
IDLE_DAYS = 3
"""So many days that had slots, of any other task."""
_LEAST_SECONDS = 3600.0
_EXCUSED_SECONDS = 3 * DAY_SECONDS

_WORKED = ("succeeded", "warned")
_FAILED = ("failed", "timed_out", "not_started")
_INTERRUPTED = "interrupted"
_SKIPPED = "skipped"
MISSED = "missed"
_ALWAYS_RIGHT = "outside_hours"
"""The reason for exit code 75 that may hold for ever: the point is closed."""
_MORE_IN_A_ROW = 2


class Doing(NamedTuple):
    """What became of a task's slots since it last worked or failed. Times are in seconds since 1970."""

    since: float | None = None
    """The first slot without work; ``None``: the last one had some."""
    empty: int = 0
    """How many slots, or days, had none."""
    last_day: int = 0
    """The day of the last one, in days since 1970 on the wall."""
    interrupted: int = 0
    """How many were interrupted in a row."""
    excused_since: float | None = None
    """When the first of them was that a reason excuses."""


class Slot(NamedTuple):
    """What became of one slot: ``end`` is its last outcome, or ``missed``; ``waits`` why exit code 75 was right."""

    start: int
    day: int
    end: str
    waits: str = ""
    comes_often: bool = False


def after_slot(doing: Doing, slot: Slot, at: float) -> tuple[Doing, State | None]:
    """Return what is known of a task's work after a slot, and in which state that shows it; ``None``: in none.

    >>> after_slot(Doing(), Slot(0, 0, "succeeded"), 60.0)[1]
    <State.WORKS: 'works'>
    """
    if slot.end in _WORKED:
        return Doing(), State.WORKS
    if slot.end in _FAILED:
        return Doing(), State.FAILS
    if slot.end not in (_INTERRUPTED, _SKIPPED, MISSED) or slot.waits == _ALWAYS_RIGHT:
        return doing, None
    if slot.end == _SKIPPED and slot.waits:
        doing = doing._replace(excused_since=at if doing.excused_since is None else doing.excused_since)
        if 0 <= at - (doing.excused_since or at) < _EXCUSED_SECONDS:
            return doing, None
    interrupted = doing.interrupted + 1 if slot.end == _INTERRUPTED else 0
    is_counted = slot.comes_often or doing.since is None or slot.day != doing.last_day
    doing = doing._replace(
        since=slot.start if doing.since is None else doing.since,
        empty=doing.empty + is_counted,
        last_day=slot.day,
        interrupted=interrupted,
    )
    if interrupted >= _MORE_IN_A_ROW:  # once is told by itself
        return doing, State.FAILS
    return doing, State.IDLE if _is_idle(doing, at, slot.comes_often) else None


def _is_idle(doing: Doing, at: float, comes_often: bool) -> bool:
    if not comes_often:
        return doing.empty >= IDLE_DAYS
    # A clock that was set back must not hide a task until it has caught up.
    return doing.empty >= IDLE_SLOTS and not 0 <= at - (doing.since or at) < _LEAST_SECONDS
