"""How everything does that can be right or wrong, and what of it people are to hear. Pure.

A :class:`Level` is what lasts, as a message does not: what is wrong stays wrong in digest, ping and status until it was
seen to be right. :func:`looked` takes in what somebody saw, :func:`news` says what is to be told of it now, and
:func:`next_moment` when to ask again although nobody looks.
"""

import json
from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from scheduler_runner.notices.news import Kind
from scheduler_runner.records.levels import LevelRow

DAY_SECONDS = 86400.0
MOST_CHANGES = 4
"""What changes its state more often within a day is told as unstable, once, in the place of each change."""
_LONG_SECONDS = 3600.0
"""What is unstable and then fails for so long is told as failing all the same."""
_URGENT_SECONDS = 2 * DAY_SECONDS
_NOTHING: Mapping[str, object] = MappingProxyType({})


class State(Enum):
    """How something does."""

    WORKS = "works"
    FAILS = "fails"
    IDLE = "idle"
    """It does not fail, and does nothing either."""
    UNCHECKED = "unchecked"
    """It failed for a cause that is over, and has not been looked at since."""

    @property
    def is_wrong(self) -> bool:
        """Whether somebody has to do something."""
        return self in (State.FAILS, State.IDLE)


class Told(Enum):
    """What people know of it."""

    NOTHING = ""
    FAILS = "fails"
    IDLE = "idle"
    UNSTABLE = "unstable"


class Level(NamedTuple):
    """How one thing does: a task, a camera, a cause, the configuration. Times are in seconds since 1970."""

    kind: str
    name: str
    state: State = State.WORKS
    since: float = 0.0
    """When it came into this state."""
    looked_at: float = 0.0
    failures: int = 0
    """How often it was seen to fail since it began to."""
    told: Told = Told.NOTHING
    told_since: float = 0.0
    """When that began of which people know."""
    reminders: int = 0
    """How many reminders of that were due so far."""
    loud_at: float = 0.0
    """When it was last told out of turn, or that there is no time to lose."""
    changes: tuple[float, ...] = ()
    """When it went wrong or right within the last day."""
    facts: Mapping[str, object] = _NOTHING
    """What was seen when it was last wrong, for the texts; what JSON can hold."""

    @classmethod
    def of(cls, row: LevelRow) -> "Level":
        """Return it as the ledger has it."""
        values = row._asdict()
        del values["next_at"]
        values.update(state=State(row.state), told=Told(row.told))
        return cls(**{**values, "changes": tuple(json.loads(row.changes)), "facts": json.loads(row.facts)})

    def row(self, next_at: float | None) -> LevelRow:
        """Return it as the ledger keeps it; ``next_at`` is when to ask again, see :func:`next_moment`."""
        # Half a letter, which a file's name may hold, can neither be stored nor sent.
        facts = json.dumps(dict(self.facts), ensure_ascii=False).encode("utf-8", "replace").decode()
        values = self._asdict() | {"state": self.state.value, "told": self.told.value, "facts": facts}
        return LevelRow(**{**values, "changes": json.dumps(self.changes)}, next_at=next_at)

    @property
    def key(self) -> str:
        """Its kind and name, as a mute has it."""
        return f"{self.kind} {self.name}"

    @property
    def is_wrong(self) -> bool:
        """Whether somebody has to do something about it, as far as is known."""
        return self.state.is_wrong or self.told is Told.UNSTABLE

    @property
    def expires_at(self) -> float | None:
        """When it is over by itself: what happened at one moment is wrong for a day; ``None``: never."""
        moment = self.facts.get("expires_at")
        return moment if isinstance(moment, float) else None

    @property
    def full_at(self) -> float | None:
        """When a disk will be full if this lasts; ``None``: nobody knows, or it never will."""
        moment = self.facts.get("full_at")
        return moment if isinstance(moment, float) else None

    @property
    def is_explained(self) -> bool:
        """Whether something else is told in its place: a cause, or the cameras that a task looked at."""
        return bool(self.facts.get("is_explained"))


def looked(level: Level, state: State, at: float, facts: Mapping[str, object] = _NOTHING) -> Level:
    """Return the level after somebody looked; ``facts`` hold of what is wrong."""
    is_wrong = state.is_wrong
    recent = _changes_of_today(level, at)
    was_explained = level.state is not State.WORKS and level.is_explained and level.told is not Told.UNSTABLE
    if was_explained and is_wrong and not facts.get("is_explained"):
        # It failed for a cause that was told in its place, now by itself: that begins now. Who was told of it before
        # the cause thinks that this is over.
        recent = recent if level.told is Told.NOTHING else (*recent, at)
        level = level._replace(told=Told.NOTHING, since=at, changes=recent)
    if is_wrong != level.state.is_wrong:
        # What was never looked at before, or not since its cause was over, has not changed: it is met as it is.
        is_change = level.looked_at > 0 and State.UNCHECKED not in (state, level.state)
        level = level._replace(since=at, changes=(*recent, at) if is_change else recent)
        if is_wrong:
            level = level._replace(failures=0)
    elif state is not level.state:
        level = level._replace(since=at)
    return level._replace(
        state=state,
        looked_at=at,
        failures=level.failures + (state is State.FAILS),
        facts=facts if is_wrong else level.facts,
    )


def news(level: Level, now: float, remind_seconds: float) -> tuple[Level, Kind | None]:
    """Return what is to be told now, if anything, and the level as it is once that is told."""
    if _is_told_by_another(level):
        return level, None
    if now < level.told_since:  # a clock that was set back must not silence anything until it has caught up
        level = level._replace(told_since=now, reminders=0, loud_at=0.0)
    if level.told is Told.UNSTABLE:
        return _news_of_unstable(level, now, remind_seconds)
    if len(_changes_of_today(level, now)) > MOST_CHANGES:
        return _told(level, Told.UNSTABLE, now, now, remind_seconds), Kind.UNSTABLE
    if level.state is State.WORKS and level.told is not Told.NOTHING:
        return _told(level, Told.NOTHING, now, now, remind_seconds), Kind.RECOVERED
    if level.state.is_wrong and level.told is not Told(level.state.value):
        # What did nothing and now fails is told anew, with what it says; it has been wrong all the while.
        since = level.since if level.told is Told.NOTHING else level.told_since
        kind = Kind.FAILING if level.state is State.FAILS else Kind.IDLE
        return _told(level, Told(level.state.value), since, now, remind_seconds), kind
    return _reminded(level, now, remind_seconds) if level.state.is_wrong else (level, None)


def next_moment(level: Level, now: float, remind_seconds: float) -> float | None:
    """Return when :func:`news` may have something to tell although nobody looks; ``None``: never."""
    moments = [level.expires_at] if level.expires_at is not None else []
    if level.told is Told.UNSTABLE and not _is_told_by_another(level):
        moments.append(max(level.changes, default=now) + DAY_SECONDS)
        if level.state.is_wrong:
            moments.append(max(level.since + _LONG_SECONDS, level.loud_at + DAY_SECONDS))
    if level.is_wrong and not _is_told_by_another(level):
        moments.append(level.told_since + reminder_seconds(level.reminders, remind_seconds))
        if level.full_at is not None:
            moments.append(max(level.full_at - _URGENT_SECONDS, level.loud_at + DAY_SECONDS))
    _, untold = news(level, now, remind_seconds)
    return now if untold is not None else min(moments, default=None)


def reminder_seconds(number: int, remind_seconds: float) -> float:
    """Return how long after the beginning a reminder comes, the first one being number 0; then there is one a day.

    >>> [reminder_seconds(number, 4 * 3600) / 3600 for number in range(5)]
    [4.0, 8.0, 24.0, 48.0, 72.0]
    """
    if number < 2:
        return remind_seconds * (number + 1)
    step = max(DAY_SECONDS, remind_seconds)
    return (2 * remind_seconds // step + number - 1) * step


def _is_told_by_another(level: Level) -> bool:
    """Return whether it is not to be told by itself: its cause is, or its subjects are, or nobody knows how it does."""
    return level.state is State.UNCHECKED or (level.state.is_wrong and level.is_explained)


def _news_of_unstable(level: Level, now: float, remind_seconds: float) -> tuple[Level, Kind | None]:
    if not _changes_of_today(level, now):
        if level.state.is_wrong:
            return _told(level, Told(level.state.value), level.since, now, remind_seconds), Kind.FAILING
        return _told(level, Told.NOTHING, now, now, remind_seconds), Kind.RECOVERED
    is_long = level.state.is_wrong and now - level.since >= _LONG_SECONDS
    if is_long and now - level.loud_at >= DAY_SECONDS:
        return level._replace(loud_at=now), Kind.FAILING
    return _reminded(level, now, remind_seconds)


def _reminded(level: Level, now: float, remind_seconds: float) -> tuple[Level, Kind | None]:
    elapsed = now - level.told_since
    if reminder_seconds(level.reminders, remind_seconds) <= elapsed:
        number = _reminders_until(elapsed, remind_seconds)
        return level._replace(reminders=number, loud_at=now if _is_urgent(level, now) else level.loud_at), Kind.REMINDER
    if _is_urgent(level, now) and now - level.loud_at >= DAY_SECONDS:
        return level._replace(loud_at=now), Kind.REMINDER
    return level, None


def _reminders_until(elapsed: float, remind_seconds: float) -> int:
    """Return how many reminders are over once something was told so long after the beginning.

    Of those that came due while the PC was off one is told; and one that would follow other news within an hour or two
    says nothing new.
    """
    number = 0
    while reminder_seconds(number, remind_seconds) <= elapsed + remind_seconds / 2:
        number += 1
    return number


def _told(level: Level, told: Told, since: float, now: float, remind_seconds: float) -> Level:
    return level._replace(
        told=told,
        told_since=since if told is not Told.NOTHING else 0.0,
        reminders=_reminders_until(now - since, remind_seconds),
        loud_at=now if _is_urgent(level, now) else 0.0,
    )


def _is_urgent(level: Level, now: float) -> bool:
    return level.state.is_wrong and level.full_at is not None and level.full_at - now <= _URGENT_SECONDS


def _changes_of_today(level: Level, now: float) -> tuple[float, ...]:
    return tuple(change for change in level.changes if 0 <= now - change < DAY_SECONDS)
