"""What the clock on the wall shows: zones, times of the day as people write them, hours that may pass midnight.

An instant is in whole seconds since 1970.
"""

import os
import sys
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache

from scheduler_runner.errors import ConfigError

_EPOCH = datetime(1970, 1, 1)
_DAY_SECONDS = 86400
_QUARTER_SECONDS = 900
# No zone was ever further from UTC: Guam, Alaska and Kiribati are within a day of each other.
_MOST_AHEAD_SECONDS = 16 * 3600
_MOST_BEHIND_SECONDS = 16 * 3600


class PcZone(tzinfo):
    """The zone of this PC, with its rules for every date; never the offset of the moment."""

    def utcoffset(self, dt: datetime | None) -> timedelta | None:
        """Return the offset at that local time; ``fold`` says which of two (PEP 495)."""
        if dt is None:
            return None
        wall = dt.replace(tzinfo=None)
        return wall - _EPOCH - timedelta(seconds=wall.timestamp())

    def fromutc(self, dt: datetime) -> datetime:
        """Return the local time of that UTC time, ``fold`` included."""
        seconds = (dt.replace(tzinfo=None) - _EPOCH).total_seconds()
        return datetime.fromtimestamp(seconds).replace(tzinfo=self)

    def dst(self, dt: datetime | None) -> None:
        """Return ``None``: nothing here asks for it."""

    def tzname(self, dt: datetime | None) -> str:
        """Return a name for people."""
        return "local"


PC_ZONE = PcZone()


@lru_cache(maxsize=16384)
def _steady_offset(quarter: int, zone: tzinfo) -> int | None:
    """Return the offset of a whole quarter of an hour since 1970; ``None`` where it changes within.

    All tasks of a tick ask about the same few moments, and a zone's answer costs microseconds.
    """
    start = quarter * _QUARTER_SECONDS
    shift = _offset_at(start, zone)
    return shift if shift == _offset_at(start + _QUARTER_SECONDS - 1, zone) else None


def _offset_at(seconds: int, zone: tzinfo) -> int:
    if isinstance(zone, PcZone):
        return wall_seconds(datetime.fromtimestamp(seconds)) - seconds
    distance = datetime.fromtimestamp(seconds, zone).utcoffset()
    return 0 if distance is None else distance.days * _DAY_SECONDS + distance.seconds


def zone_named(name: str) -> tzinfo:
    """Return the zone of an IANA name such as ``Europe/Moscow``; for ``""`` the PC's own.

    Raises ``ConfigError`` for a name that the system, or the package tzdata, does not know.
    """
    if not name:
        return PC_ZONE
    import zoneinfo

    if not zoneinfo.TZPATH:  # Windows
        zoneinfo.reset_tzpath(_tzdata_folders())
    try:
        return zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        from scheduler_runner.plans.zone_names import right_zone

        told = "timezone {name!r} is unknown: {right} would be right"
        raise ConfigError(told, name=name, right=right_zone(name), key="timezone") from error


def _tzdata_folders() -> list[str]:
    """Return where the package tzdata keeps its files.

    Left to itself zoneinfo would import that package, and with it pathlib, tempfile and urllib, in every tick.
    """
    folders = [os.path.abspath(os.path.join(folder, "tzdata", "zoneinfo")) for folder in sys.path]
    return [folder for folder in folders if os.path.isdir(folder)]


def local(seconds: int, zone: tzinfo) -> datetime:
    """Return what the wall shows at an instant, aware."""
    return datetime.fromtimestamp(seconds, zone)


def offset(seconds: int, zone: tzinfo) -> int:
    """Return by how many seconds the wall is ahead of UTC at an instant."""
    steady = _steady_offset(seconds // _QUARTER_SECONDS, zone)
    return _offset_at(seconds, zone) if steady is None else steady


def day_of(seconds: int, zone: tzinfo) -> int:
    """Return the date on the wall at an instant, in days since 1970."""
    return (seconds + offset(seconds, zone)) // _DAY_SECONDS


def minute_of(seconds: int, zone: tzinfo) -> int:
    """Return the minute of the day on the wall at an instant."""
    return (seconds + offset(seconds, zone)) % _DAY_SECONDS // 60


def wall_at(seconds: int, zone: tzinfo) -> datetime:
    """Return what the wall shows at an instant, naive."""
    return _EPOCH + timedelta(seconds=seconds + offset(seconds, zone))


def wall_seconds(wall: datetime) -> int:
    """Return a naive local time as seconds since 1970 on the wall."""
    distance = wall - _EPOCH
    return distance.days * _DAY_SECONDS + distance.seconds


def instant(wall: int, zone: tzinfo) -> int:
    """Return the instant at which a wall that shows whole minutes shows ``wall``, in seconds since 1970 on the wall.

    Of two, the first; of none, because the clock skips that time, the first after the gap.
    """
    earliest, latest = wall - _MOST_AHEAD_SECONDS, wall + _MOST_BEHIND_SECONDS
    before, after = offset(earliest, zone), offset(latest, zone)
    if before == after:
        return wall - before
    found = [wall - shift for shift in (before, after) if offset(wall - shift, zone) == shift]
    return min(found) if found else _transition(earliest, latest, zone)


def turned_back(seconds: int, zone: tzinfo) -> int:
    """Return by how many seconds the clock was turned back within the last day: so much of the wall's time repeats."""
    return max(0, offset(seconds - _DAY_SECONDS, zone) - offset(seconds, zone))


def last_change(earliest: int, latest: int, zone: tzinfo) -> int | None:
    """Return the first instant of the offset that holds at ``latest``, where that is after ``earliest``."""
    after = latest
    while after > earliest:
        before = max(earliest, after - _DAY_SECONDS)
        if offset(before, zone) != offset(latest, zone):
            return _transition(before, after, zone)
        after = before
    return None


def next_change(earliest: int, latest: int, zone: tzinfo) -> int | None:
    """Return the first instant of another offset than that of ``earliest``; ``None`` up to ``latest`` there is none."""
    before = earliest
    while before < latest:
        after = min(latest, before + _DAY_SECONDS)
        if offset(after, zone) != offset(earliest, zone):
            return _transition(before, after, zone)
        before = after
    return None


def aware(now: datetime) -> datetime:
    """Return ``now`` with a zone: a naive one is the PC's local time."""
    return now.replace(tzinfo=PC_ZONE) if now.tzinfo is None else now


def _transition(before: int, after: int, zone: tzinfo) -> int:
    """Return the first instant with the offset that holds at ``after``; another one holds at ``before``."""
    wanted = offset(after, zone)
    while after - before > 1:
        middle = (before + after) // 2
        if offset(middle, zone) == wanted:
            after = middle
        else:
            before = middle
    return after


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


def lies_in(minute: int, between: tuple[int, int]) -> bool:
    """Return whether a minute of the day lies in hours that may pass midnight; the end is not included."""
    first, last = between
    return first <= minute < last if first < last else minute >= first or minute < last
