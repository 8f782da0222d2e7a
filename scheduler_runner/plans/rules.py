"""The kinds of schedule, one class each: which slots there are in a zone. A further kind is one class in KINDS.

Moments and slots are whole seconds since 1970.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, tzinfo

from scheduler_runner.errors import ConfigError
from scheduler_runner.phrases import Phrase
from scheduler_runner.plans.clock import (
    PC_ZONE,
    day_of,
    instant,
    last_change,
    lies_in,
    minute_of,
    next_change,
    offset,
    parse_clock,
    turned_back,
    wall_at,
    wall_seconds,
)

_HOUR_SECONDS = 3600
_DAY_SECONDS = 86400
_DAY_MINUTES = 1440
_LATE_MINUTE = 21 * 60
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_SEARCHED_DAYS = 4
"""A calendar date may be missing (Samoa, 30 December 2011), so one step further than a day is needed."""
_OWN_MINUTE_SECONDS = 60
_LAST_YEAR = 9999
_WEEK_SECONDS = 7 * 86400
_MOMENT = "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}"


class Rule:
    """What all kinds of schedule have in common."""

    __slots__ = ()

    kind = ""
    own_keys: tuple[str, ...] = ()
    default_grace_seconds: int | None = None
    """``None``: until the next slot."""
    has_next = True
    """Whether a slot is followed by another."""
    is_periodic = False
    """Whether a slot lasts until the next one by nature, whatever the hours of the task."""

    @classmethod
    def parse(cls, entry: Mapping[str, object]) -> "Rule":
        """Return the rule that an entry describes; raise ``ConfigError`` for a wrong key."""
        raise NotImplementedError

    @property
    def text(self) -> str:
        """The rule in words, as the ledger and the log have it: two rules of one text have the same slots."""
        raise NotImplementedError

    @property
    def words(self) -> Phrase:
        """The rule for people, in their language."""
        raise NotImplementedError

    def at_or_before(self, moment: int, zone: tzinfo) -> int | None:
        """Return the latest slot at or before ``moment``; ``None`` if there is none."""
        raise NotImplementedError

    def after(self, moment: int, zone: tzinfo) -> int | None:
        """Return the first slot after ``moment``; ``None`` if there is none."""
        raise NotImplementedError

    def meets(self, between: tuple[int, int]) -> bool:
        """Return whether some slot may lie in those minutes of the day."""
        return any(lies_in(minute, between) for minute in self.minutes_of_day())

    def minutes_of_day(self) -> Iterable[int]:
        """Return the minutes of a day, on the wall, at which there may be slots."""
        raise NotImplementedError


class Hourly(Rule):
    """A slot at one minute of each hour, by elapsed time: the hour that comes twice has two."""

    __slots__ = ("minute",)

    kind = "hourly"
    own_keys = ("minute",)
    is_periodic = True

    def __init__(self, minute: int) -> None:
        self.minute = minute

    @classmethod
    def parse(cls, entry: Mapping[str, object]) -> "Hourly":
        value = entry.get("minute", 0)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 59:
            raise ConfigError(
                "minute {value!r} is wrong: a number from 0 to 59 would be right", value=value, key="minute"
            )
        return cls(value)

    @property
    def text(self) -> str:
        return f"hourly at :{self.minute:02d}"

    @property
    def words(self) -> Phrase:
        return Phrase("hourly at :{minute:02d}", minute=self.minute)

    def at_or_before(self, moment: int, zone: tzinfo) -> int:
        shift = offset(moment, zone)
        slot = moment - (moment + shift - self.minute * 60) % _HOUR_SECONDS
        if self._shows(slot, zone):
            return slot
        # The clock moved by a part of an hour in between (Lord Howe Island): ask by the earlier offset.
        slot = moment - (moment + offset(slot, zone) - self.minute * 60) % _HOUR_SECONDS
        return slot if self._shows(slot, zone) else slot - _HOUR_SECONDS

    def after(self, moment: int, zone: tzinfo) -> int:
        slot = self._following(moment, offset(moment, zone))
        if self._shows(slot, zone):
            return slot
        slot = self._following(moment, offset(slot, zone))
        return slot if self._shows(slot, zone) else slot + _HOUR_SECONDS

    def minutes_of_day(self) -> Iterable[int]:
        return range(self.minute, _DAY_MINUTES, 60)

    def _following(self, moment: int, shift: int) -> int:
        return moment + _HOUR_SECONDS - (moment + shift - self.minute * 60) % _HOUR_SECONDS

    def _shows(self, slot: int, zone: tzinfo) -> bool:
        return (slot + offset(slot, zone) - self.minute * 60) % _HOUR_SECONDS == 0


class Daily(Rule):
    """Slots at given minutes of the day; one that the clock skips comes after the gap, one that comes twice, once."""

    __slots__ = ("minutes",)

    kind = "daily"
    own_keys = ("time",)
    default_grace_seconds = _OWN_MINUTE_SECONDS

    def __init__(self, minutes: tuple[int, ...]) -> None:
        self.minutes = minutes

    @classmethod
    def parse(cls, entry: Mapping[str, object]) -> "Daily":
        value = entry.get("time")
        values = value if isinstance(value, (list, tuple)) else [value]
        minutes = [parse_clock(each) for each in values]
        if not values or None in minutes:
            wrong = next((each for each, minute in zip(values, minutes) if minute is None), value)
            what = Phrase("is missing") if "time" not in entry else Phrase("{value!r} is wrong", value=wrong)
            raise ConfigError(
                'time {what}: "HH:MM" with two digits each, or a list of them, would be right', what=what, key="time"
            )
        return cls(tuple(sorted({minute for minute in minutes if minute is not None})))

    @property
    def text(self) -> str:
        return f"daily {self._times}"

    @property
    def words(self) -> Phrase:
        return Phrase("daily at {times}", times=self._times)

    @property
    def _times(self) -> str:
        return ", ".join(f"{minute // 60:02d}:{minute % 60:02d}" for minute in self.minutes)

    def at_or_before(self, moment: int, zone: tzinfo) -> int | None:
        day = day_of(moment + turned_back(moment, zone), zone)
        for _ in range(_SEARCHED_DAYS):
            for minute in reversed(self.minutes):
                slot = _at(day, minute, zone)
                if slot <= moment:
                    return slot
            day -= 1
        return None

    def after(self, moment: int, zone: tzinfo) -> int | None:
        day = day_of(moment, zone) - 1
        for _ in range(_SEARCHED_DAYS):
            for minute in self.minutes:
                slot = _at(day, minute, zone)
                if slot > moment:
                    return slot
            day += 1
        return None

    def minutes_of_day(self) -> Iterable[int]:
        return self.minutes


class Interval(Rule):
    """Slots every so many elapsed seconds, counted from local midnight and begun anew at each midnight."""

    __slots__ = ("seconds",)

    kind = "interval"
    own_keys = ("interval",)
    is_periodic = True

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds

    @classmethod
    def parse(cls, entry: Mapping[str, object]) -> "Interval":
        value = entry.get("interval")
        if isinstance(value, bool) or not isinstance(value, int) or not 60 <= value <= 86400:
            what = Phrase("is missing") if "interval" not in entry else Phrase("{value!r} is wrong", value=value)
            raise ConfigError("interval {what}: seconds from 60 to 86400 would be right", what=what, key="interval")
        return cls(value)

    @property
    def text(self) -> str:
        return f"every {self.seconds} s"

    @property
    def words(self) -> Phrase:
        if self.seconds % 60:
            return Phrase("every {seconds} s", seconds=self.seconds)
        return Phrase("every {minutes} min", minutes=self.seconds // 60)

    def at_or_before(self, moment: int, zone: tzinfo) -> int:
        midnight = self._midnight(moment, zone)
        return moment - (moment - midnight) % self.seconds

    def after(self, moment: int, zone: tzinfo) -> int:
        slot = self.at_or_before(moment, zone) + self.seconds
        following = day_of(moment, zone)
        for _ in range(_SEARCHED_DAYS):
            following += 1
            midnight = _at(following, 0, zone)
            if midnight > moment:
                return min(slot, midnight)
        return slot

    def minutes_of_day(self) -> Iterable[int]:
        return (seconds // 60 for seconds in range(0, _DAY_SECONDS, self.seconds))

    def _midnight(self, moment: int, zone: tzinfo) -> int:
        day = day_of(moment, zone)
        if minute_of(moment, zone) >= _LATE_MINUTE:  # midnight itself may come twice
            day = day_of(moment + turned_back(moment, zone), zone)
        midnight = _at(day, 0, zone)
        return midnight if midnight <= moment else _at(day - 1, 0, zone)


class Cron(Rule):
    """Slots by a cron expression of five fields, with Debian cron's meaning: cronsim reads and steps it.

    Where minute or hour is a star, slots follow elapsed time; else each comes once, as with :class:`Daily`.
    """

    __slots__ = ("_is_elapsed", "expression")

    kind = "cron"
    own_keys = ("cron",)
    default_grace_seconds = _OWN_MINUTE_SECONDS

    def __init__(self, expression: str) -> None:
        self.expression = expression
        minute, hour = expression.split()[:2]
        self._is_elapsed = minute.startswith("*") or hour.startswith("*")

    @classmethod
    def parse(cls, entry: Mapping[str, object]) -> "Cron":
        value = entry.get("cron")
        right = Phrase('five fields such as "30 9 * * 1-5" (minute, hour, day, month, weekday) would be right')
        if not isinstance(value, str) or len(value.split()) != 5:
            what = Phrase("is missing") if "cron" not in entry else Phrase("{value!r} is wrong", value=value)
            raise ConfigError("cron {what}: {right}", what=what, right=right, key="cron")
        expression = " ".join(value.split())
        try:
            from cronsim import CronSim, CronSimError
        except ImportError as error:
            how = "pip install -r requirements.txt"
            raise ConfigError(
                "cron needs the package cronsim ({error}): {how}", error=error, how=how, key="cron"
            ) from error
        try:
            CronSim(expression, datetime(2026, 1, 1))
        except CronSimError as error:
            raise ConfigError(
                "cron {value!r} is wrong ({error}): {right}", value=value, error=error, right=right, key="cron"
            ) from error
        return cls(expression)

    @property
    def text(self) -> str:
        return f"cron {self.expression}"

    @property
    def words(self) -> Phrase:
        return Phrase("by cron: {expression}", expression=self.expression)

    def at_or_before(self, moment: int, zone: tzinfo) -> int | None:
        if self._is_elapsed:
            return self._elapsed_before(moment, zone)
        wall = wall_at(moment + turned_back(moment, zone) + 1, zone)
        for step in _steps(self.expression, wall, -1):
            slot = instant(wall_seconds(step), zone)
            if slot <= moment:
                return slot
        return None

    def after(self, moment: int, zone: tzinfo) -> int | None:
        if self._is_elapsed:
            return self._elapsed_after(moment, zone)
        wall = wall_at(moment, zone) - _DAY
        for step in _steps(self.expression, wall, 1):
            slot = instant(wall_seconds(step), zone)
            if slot > moment:
                return slot
        return None

    def minutes_of_day(self) -> Iterable[int]:
        from cronsim import CronSim

        times = CronSim(self.expression, datetime(2026, 1, 1))
        return (hour * 60 + minute for hour in times.hours for minute in times.minutes)

    def _elapsed_before(self, moment: int, zone: tzinfo) -> int | None:
        """Step back on the wall as it is set at ``moment``; from where it was set, go on by what it showed before.

        Left to itself cronsim steps by whole hours over half an hour of daylight saving, and not alike in both ways.
        """
        while True:
            wall = wall_at(moment, zone)
            step = next(_steps(self.expression, wall + _SECOND, -1), None)
            if step is None:
                return None
            slot = moment - wall_seconds(wall) + wall_seconds(step)
            change = last_change(slot, moment, zone)
            if change is None:
                return slot
            moment = change - 1

    def _elapsed_after(self, moment: int, zone: tzinfo) -> int | None:
        first = moment + 1
        while True:
            wall = wall_at(first, zone)
            step = next(_steps(self.expression, wall - _SECOND, 1), None)
            if step is None:
                return None
            slot = first - wall_seconds(wall) + wall_seconds(step)
            change = next_change(first, slot, zone)
            if change is None:
                return slot
            first = change


class Once(Rule):
    """One slot."""

    __slots__ = ("at",)

    kind = "once"
    own_keys = ("at",)
    default_grace_seconds = _WEEK_SECONDS
    has_next = False

    def __init__(self, at: datetime) -> None:
        self.at = at  # naive: local time

    @classmethod
    def parse(cls, entry: Mapping[str, object]) -> "Once":
        value = entry.get("at")
        try:
            if not isinstance(value, str) or not re.fullmatch(_MOMENT, value):
                raise ValueError
            moment = datetime.strptime(value, "%Y-%m-%d %H:%M")
            if moment.year == _LAST_YEAR:  # in another zone it may be over
                raise ValueError
            instant(wall_seconds(moment), PC_ZONE)
        except (ValueError, OverflowError, OSError):
            what = Phrase("is missing") if "at" not in entry else Phrase("{value!r} is wrong", value=value)
            raise ConfigError('at {what}: "YYYY-MM-DD HH:MM" would be right', what=what, key="at") from None
        return cls(moment)

    @property
    def text(self) -> str:
        return f"once {self.at:%Y-%m-%d %H:%M}"

    @property
    def words(self) -> Phrase:
        return Phrase("once, {at:%d.%m.%Y %H:%M}", at=self.at)

    def at_or_before(self, moment: int, zone: tzinfo) -> int | None:
        slot = instant(wall_seconds(self.at), zone)
        return slot if slot <= moment else None

    def after(self, moment: int, zone: tzinfo) -> int | None:
        slot = instant(wall_seconds(self.at), zone)
        return slot if slot > moment else None

    def minutes_of_day(self) -> Iterable[int]:
        return (self.at.hour * 60 + self.at.minute,)


KINDS: dict[str, type[Rule]] = {kind.kind: kind for kind in (Hourly, Daily, Interval, Cron, Once)}


def _at(day: int, minute: int, zone: tzinfo) -> int:
    return instant(day * _DAY_SECONDS + minute * 60, zone)


def _steps(expression: str, start: datetime, direction: int) -> Iterator[datetime]:
    """Yield the moments that match, strictly after ``start`` (1) or strictly before (-1)."""
    from cronsim import CronSim

    yield from CronSim(expression, start, reverse=direction < 0)
