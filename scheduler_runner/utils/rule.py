"""What all kinds of schedule have in common; the kinds themselves are in :mod:`.rules`."""

from collections.abc import Mapping
from datetime import tzinfo


def parse_clock(value: object) -> int | None:
    """Return the minute of the day that a strict ``"HH:MM"`` names; ``None`` for anything else.

    >>> parse_clock("09:05"), parse_clock("9:05")
    (545, None)
    """
    if not isinstance(value, str) or len(value) != 5 or value[2] != ":" or not value.isascii():
        return None
    hour, minute = value[:2], value[3:]
    if not (hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60):
        return None
    return int(hour) * 60 + int(minute)


def parse_hours(text: str) -> tuple[int, int] | None:
    """Return first and last minute of the day of hours within one day; ``None`` for anything else.

    >>> parse_hours("09:00-21:00"), parse_hours("21:00-09:00")
    ((540, 1260), None)
    """
    parts = [parse_clock(part.strip()) for part in text.split("-")]
    if len(parts) != 2 or parts[0] is None or parts[1] is None or parts[0] >= parts[1]:
        return None
    return parts[0], parts[1]


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
        """The rule in words."""
        raise NotImplementedError

    def at_or_before(self, moment: int, zone: tzinfo) -> int | None:
        """Return the latest slot at or before ``moment``; ``None`` if there is none."""
        raise NotImplementedError

    def after(self, moment: int, zone: tzinfo) -> int | None:
        """Return the first slot after ``moment``; ``None`` if there is none."""
        raise NotImplementedError

    def meets(self, between: tuple[int, int]) -> bool:
        """Return whether some slot may lie in those minutes of the day; where that is hard to tell, ``True``."""
        return True


def lies_in(minute: int, between: tuple[int, int]) -> bool:
    """Return whether a minute of the day lies in hours that may pass midnight; the end is not included."""
    first, last = between
    return first <= minute < last if first < last else minute >= first or minute < last
