"""A notice, and what of many is said when they come together. Pure."""

from collections.abc import Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

_NOTHING: Mapping[str, object] = MappingProxyType({})


class Kind(Enum):
    """What a notice is about; the text that it becomes is in ``sentences.py``."""

    FAILING = "failing"
    REMINDER = "reminder"
    RECOVERED = "recovered"
    MISSED = "missed"
    INTERRUPTED = "interrupted"
    STOPPED = "stopped"
    BRAKE_ENDS = "brake_ends"
    IDLE = "idle"
    UNSTABLE = "unstable"
    PACKAGES = "packages"
    UNDELIVERED = "undelivered"
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
        return self in _CAN_WAIT


LONGEST_SECONDS = 900.0
"""The longest pause before a chat that could not be reached is tried again."""
TASK, SUBJECT, CAUSE = "task", "subject", "cause"
"""Kinds of level that staff can see to; of the others each is named like the notice that tells of it."""
STAFF, ADMIN, EVERYBODY = "staff", "admin", "everybody"
"""What somebody is told: what staff can see to, the rest, or both."""
_OF_LEVELS = frozenset({Kind.FAILING, Kind.REMINDER, Kind.RECOVERED, Kind.IDLE, Kind.UNSTABLE})
_CAN_WAIT = frozenset(
    {
        *(Kind.REMINDER, Kind.RECOVERED, Kind.UNSTABLE, Kind.MISSED, Kind.INTERRUPTED, Kind.STOPPED),
        *(Kind.BRAKE_ENDS, Kind.DIGEST),
    }
)
_FOR_ADMIN = frozenset(
    {
        *(Kind.CONFIG, Kind.DEFECT, Kind.CLOCK_BACK, Kind.CLOCK_AHEAD, Kind.LEDGER_DAMAGED, Kind.LEDGER_AWAY),
        *(Kind.EXPOSED, Kind.PACKAGES, Kind.UNDELIVERED, Kind.BRAKE_ENDS, Kind.UNREADABLE),
    }
)


class Notice(NamedTuple):
    """One thing to tell. ``at`` is when it happened, in seconds since 1970; ``facts`` are what JSON can hold."""

    kind: Kind
    at: float
    task: str = ""
    facts: Mapping[str, object] = _NOTHING
    id: int = 0
    """Its number in the outbox, in the order of events."""

    @property
    def is_for_admin(self) -> bool:
        """Whether it is nothing that staff at the point can do something about."""
        level = self.facts.get("level")
        return self.kind in _FOR_ADMIN if level is None else level not in (TASK, SUBJECT, CAUSE)

    def is_for(self, audience: str) -> bool:
        """Return whether they are told it; how the day was is told to everybody, each in their own way."""
        if audience == EVERYBODY or self.kind in (Kind.DIGEST, Kind.TEST):
            return True
        return self.is_for_admin == (audience == ADMIN)


def condensed(notices: Sequence[Notice]) -> list[Notice]:
    """Return what has to be said when many come together: of each thing the last word, mistakes of the INI as one."""
    last: dict[object, Notice] = {}
    for notice in notices:
        key: object = notice.id, notice.at, id(notice)
        if notice.kind is Kind.CONFIG or (notice.kind is Kind.REMINDER and notice.facts.get("level") == "config"):
            key = Kind.CONFIG
            notice = _with_problems_of(last.get(key), notice)
        elif notice.kind is Kind.DIGEST:  # each says how things are now
            key = Kind.DIGEST
        elif notice.facts.get("level"):
            key = notice.facts["level"], notice.facts.get("name")
        elif notice.kind in _OF_LEVELS:  # an older version knew tasks alone
            key = TASK, notice.task
        elif notice.kind is Kind.INTERRUPTED:
            key = Kind.INTERRUPTED, notice.task
        if notice.kind is Kind.FAILING:  # which says as much, and more
            last.pop((Kind.INTERRUPTED, notice.task), None)
        last.pop(key, None)  # its last word stands where it was said
        last[key] = notice
    return [*last.values()]


def _with_problems_of(earlier: "Notice | None", notice: Notice) -> Notice:
    problems = [*(problems_of(earlier) if earlier else []), *problems_of(notice)]
    kind = Kind.CONFIG if earlier is not None and earlier.kind is Kind.CONFIG else notice.kind
    return notice._replace(kind=kind, facts={**notice.facts, "problems": [*dict.fromkeys(problems)]})


def problems_of(notice: Notice) -> list[str]:
    """Return the sentences of a notice on the configuration."""
    problems = notice.facts.get("problems")
    return [str(each) for each in problems] if isinstance(problems, list) else [str(notice.facts.get("problem") or "")]


def pause_seconds(failures: int) -> float:
    """Return how long to let be a chat that could not be reached so often in a row: 1, 2, 4, ... 15 minutes.

    >>> [pause_seconds(failures) for failures in (1, 2, 5, 500)]
    [60.0, 120.0, 900.0, 900.0]
    """
    return float(min(LONGEST_SECONDS, 60 * 2 ** min(failures - 1, 4)))


def is_due(at: float, now: float, longest: float = LONGEST_SECONDS) -> bool:
    """Return whether a pause is over; one longer than any that is made comes from a clock that was set back since.

    >>> is_due(1000, 400), is_due(1000, 1000), is_due(5000, 1000)
    (False, True, True)
    """
    return not 0 < at - now <= longest
