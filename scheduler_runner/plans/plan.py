"""A task's schedule: a rule, the hours of its slots, how late one may start; and how an entry's keys are read.

Pure: the moment is always an argument. Slots and moments are whole seconds since 1970, which is a slot's identity;
the zone says which slots there are. (Two aware datetimes of one zone compare by the wall's time, and go wrong in the
hour that comes twice.)
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import tzinfo
from typing import NamedTuple

from scheduler_runner.errors import ConfigError
from scheduler_runner.phrases import Phrase
from scheduler_runner.plans.clock import lies_in, minute_of, parse_clock
from scheduler_runner.plans.rules import KINDS, Rule

NEXT = "next"
_OWN_MINUTE_SECONDS = 60
_MAX_SLOTS_OUTSIDE = 20_000
_DAY_MINUTES = 1440
_OFTEN_SLOTS, _OFTEN_MINUTES = 4, 180

SCHEDULE_KEYS = frozenset(
    {"schedule", "misfire_grace_time", "between"}.union(*({*kind.own_keys} for kind in KINDS.values()))
)
"""The keys of an entry that are checked here."""
FOREIGN_KEYS: dict[str, Phrase | str] = {
    "time_window": 'between: ["09:00", "21:00"]',
    "day_of_week": Phrase('schedule: "cron" with a weekday, such as cron: "30 9 * * 1-5",'),
    "weekdays": Phrase('schedule: "cron" with weekdays, such as cron: "30 9 * * 1-5",'),
    "start_date": 'schedule: "once" with at: "YYYY-MM-DD HH:MM"',
}
"""Keys of other schedulers, each with what says it here: ignored, they would change when a task runs."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Value = TypeVar("Value")


class Plan(NamedTuple):
    """A task's schedule: a rule that makes slots, the hours in which there are any, and how late one may start."""

    rule: Rule
    grace_seconds: int | None
    """``None``: until the next slot."""
    between: tuple[int, int] | None = None
    """Minutes of the day, first one included and last one not; the first may be the greater one."""

    @property
    def kind(self) -> str:
        """``hourly``, ``daily``, ``interval``, ``cron`` or ``once``."""
        return self.rule.kind

    @property
    def text(self) -> str:
        """The schedule in words, without the grace time: two plans with one text have the same slots."""
        hours = "" if self.between is None else f" between {_clock(self.between[0])}-{_clock(self.between[1])}"
        return self.rule.text + hours

    @property
    def words(self) -> Phrase:
        """The schedule for people, in their language."""
        if self.between is None:
            return self.rule.words
        first, last = map(_clock, self.between)
        return Phrase("{rule}, between {first} and {last}", rule=self.rule.words, first=first, last=last)

    @property
    def is_strict(self) -> bool:
        """Whether a slot may only start within its own minute."""
        return self.grace_seconds is not None and self.grace_seconds <= _OWN_MINUTE_SECONDS

    def due(self, moment: int, zone: tzinfo) -> int | None:
        """Return the slot that may start at ``moment``: the latest one, within its grace time and hours."""
        if not self.is_open(moment, zone):
            return None
        slot = self.latest(moment, zone)
        if slot is None:
            return None
        if self.grace_seconds is None:
            # No slot follows the latest one yet; of a periodic rule, none outside the task's hours either.
            is_newest = not self.rule.is_periodic or slot == self.rule.at_or_before(moment, zone)
            return slot if self.between is None or is_newest else None
        return slot if moment < slot + self.grace_seconds else None

    def latest(self, moment: int, zone: tzinfo) -> int | None:
        """Return the latest slot at or before ``moment``; ``None`` if there is none."""
        slot = self.rule.at_or_before(moment, zone)
        for _ in range(_MAX_SLOTS_OUTSIDE):
            if slot is None or self.is_open(slot, zone):
                return slot
            slot = self.rule.at_or_before(slot - 1, zone)
        return None

    def next(self, moment: int, zone: tzinfo) -> int | None:
        """Return the first slot after ``moment``; ``None`` if there is none."""
        slot = self.rule.after(moment, zone)
        for _ in range(_MAX_SLOTS_OUTSIDE):
            if slot is None or self.is_open(slot, zone):
                return slot
            slot = self.rule.after(slot, zone)
        return None

    def slots(self, after: int, until: int, zone: tzinfo) -> Iterator[int]:
        """Yield the slots with ``after < slot <= until``, in their order."""
        slot = self.next(after, zone)
        while slot is not None and slot <= until:
            yield slot
            slot = self.next(slot, zone)

    def deadline(self, slot: int, zone: tzinfo) -> float:
        """Return the first moment at which ``slot`` may no longer start; infinite where nothing follows it.

        With the grace time ``"next"`` an hourly slot lasts an hour, and one of an interval the interval, also
        where the next one lies outside the task's hours.
        """
        if self.grace_seconds is not None:
            return slot + self.grace_seconds
        following = self.rule.after(slot, zone) if self.rule.is_periodic else self.next(slot, zone)
        return float("inf") if following is None else following

    @property
    def comes_often(self) -> bool:
        """Whether a slot is one of many, so that it alone is no news: of a periodic rule, or of four in three hours.

        A cron expression may say what an interval says, and is measured as that.
        """
        if self.rule.is_periodic:
            return True
        minutes = sorted(
            minute for minute in self.rule.minutes_of_day() if self.between is None or lies_in(minute, self.between)
        )
        return any(last - first <= _OFTEN_MINUTES for first, last in zip(minutes, minutes[_OFTEN_SLOTS - 1 :]))

    def meets_ticks(self, every_minutes: int, first_minute: int = 0) -> bool:
        """Return whether each slot is met by ticks that come every so many minutes, on time.

        They are counted from midnight, the first one at minute ``first_minute``. Only a strict plan can miss them.
        """
        # Ticks that do not divide the day come at other minutes each day: now and then they meet any slot.
        return not self.is_strict or bool(_DAY_MINUTES % every_minutes) or all(
            (minute - first_minute) % every_minutes == 0
            for minute in self.rule.minutes_of_day()
            if self.between is None or lies_in(minute, self.between)
        )  # fmt: skip

    def is_open(self, moment: int, zone: tzinfo) -> bool:
        """Return whether ``moment`` lies in the hours of this plan."""
        if self.between is None:
            return True
        return lies_in(minute_of(moment, zone), self.between)


def read_plan(entry: Mapping[str, object]) -> tuple[Plan | None, list[ConfigError]]:
    """Return the plan that an entry's schedule keys describe, or ``None`` and everything that is wrong with them.

    Other keys are ignored, but for those by which another scheduler would say the same.
    """
    errors = [
        ConfigError("key {field!r} is another scheduler's: {right} would be right", field=key, right=right, key=key)
        for key, right in FOREIGN_KEYS.items()
        if key in entry
    ]
    kind = _read(errors, lambda: _kind(entry))
    rule = grace = None
    if kind is not None:
        rule = _read(errors, lambda: kind.parse(entry))
        errors.extend(_other_kinds_keys(entry, kind))
        grace = _read(errors, lambda: _grace(entry, kind))
    between = _read(errors, lambda: _between(entry))
    if rule is None or errors:
        return None, errors
    if between is not None and not rule.meets(between):
        first, last = map(_clock, between)
        told = "no slot of {rule!r} lies between {first} and {last}: it would never run"
        return None, [ConfigError(told, rule=rule.text, first=first, last=last, key="between")]
    return Plan(rule, grace, between), []


def parse_plan(entry: Mapping[str, object]) -> Plan:
    """Return the plan of an entry that is right; raise ``ConfigError`` with the first thing that is wrong with it."""
    plan, errors = read_plan(entry)
    if plan is None:
        raise errors[0]
    return plan


def _read(errors: list[ConfigError], reader: "Callable[[], Value]") -> "Value | None":
    try:
        return reader()
    except ConfigError as error:
        errors.append(error)
        return None


def _kind(entry: Mapping[str, object]) -> type[Rule]:
    name = entry.get("schedule")
    if isinstance(name, str) and name in KINDS:
        return KINDS[name]
    known = ", ".join(KINDS)
    if "schedule" not in entry:
        raise ConfigError("schedule is missing: one of {known} would be right", known=known, key="schedule")
    if near := _nearest(name):
        told = "schedule {name!r} is unknown, perhaps {near!r} was meant: one of {known} would be right"
        raise ConfigError(told, name=name, near=near, known=known, key="schedule")
    raise ConfigError(
        "schedule {name!r} is unknown: one of {known} would be right", name=name, known=known, key="schedule"
    )


def _nearest(name: object) -> str:
    from difflib import get_close_matches

    matches = get_close_matches(str(name).lower(), KINDS, n=1)
    return matches[0] if matches else ""


def _other_kinds_keys(entry: Mapping[str, object], kind: type[Rule]) -> Iterator[ConfigError]:
    for other in KINDS.values():
        for key in other.own_keys:
            if key in entry and key not in kind.own_keys:
                yield ConfigError(
                    "{field} belongs to the schedule {other!r}, not to {kind!r}",
                    field=key,
                    other=other.kind,
                    kind=kind.kind,
                    key=key,
                )


def _grace(entry: Mapping[str, object], kind: type[Rule]) -> int | None:
    if "misfire_grace_time" not in entry:
        return kind.default_grace_seconds
    value = entry["misfire_grace_time"]
    if value == NEXT and kind.has_next:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    right = Phrase('seconds above 0, or "next"') if kind.has_next else Phrase("seconds above 0")
    raise ConfigError(
        "misfire_grace_time {value!r} is wrong: {right} would be right",
        value=value,
        right=right,
        key="misfire_grace_time",
    )


def _between(entry: Mapping[str, object]) -> tuple[int, int] | None:
    value = entry.get("between")
    if value is None:
        return None
    right = Phrase('["09:00", "21:00"], start included and end not, would be right')
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise ConfigError("between {value!r} is wrong: {right}", value=value, right=right, key="between")
    first, last = (_minutes(part, value, right) for part in value)
    if first == last:
        raise ConfigError("between {value!r} starts where it ends: {right}", value=value, right=right, key="between")
    return first, last


def _minutes(part: object, value: object, right: Phrase) -> int:
    minutes = parse_clock(part)
    if minutes is None:
        raise ConfigError(
            "between {value!r} is wrong at {part!r}: {right}", value=value, part=part, right=right, key="between"
        )
    return minutes


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
