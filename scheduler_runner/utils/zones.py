"""Time zones: an instant, in whole seconds since 1970, and what the clock on the wall shows there and then."""

from datetime import datetime, timedelta, timezone, tzinfo

from scheduler_runner.errors import ConfigError

_EPOCH = datetime(1970, 1, 1)
_DAY_SECONDS = 86400


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


def zone_named(name: str) -> tzinfo:
    """Return the zone of an IANA name such as ``Europe/Moscow``; for ``""`` the PC's own.

    Raises ``ConfigError`` for a name that the system, or the package tzdata, does not know.
    """
    if not name:
        return PC_ZONE
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ConfigError(
            f"timezone {name!r} is unknown: an IANA name such as Europe/Moscow would be right "
            "(on Windows the package tzdata has to be installed)",
            key="timezone",
        ) from error


def local(seconds: int, zone: tzinfo) -> datetime:
    """Return what the wall shows at an instant, aware."""
    return datetime.fromtimestamp(seconds, zone)


def offset(seconds: int, zone: tzinfo) -> int:
    """Return by how many seconds the wall is ahead of UTC at an instant."""
    distance = datetime.fromtimestamp(seconds, zone).utcoffset()
    return 0 if distance is None else distance.days * _DAY_SECONDS + distance.seconds


def instant(wall: datetime, zone: tzinfo) -> int:
    """Return the instant at which a wall that shows whole minutes shows ``wall`` (naive).

    Of two, the first; of none, because the clock skips that time, the first after the gap.
    """
    seconds = int(wall.replace(tzinfo=zone).timestamp())
    if datetime.fromtimestamp(seconds, zone).replace(tzinfo=None, fold=0) == wall:
        return seconds
    before = int(wall.replace(tzinfo=zone, fold=1).timestamp())
    return _transition(before, seconds, zone)


def turned_back(seconds: int, zone: tzinfo) -> int:
    """Return by how many seconds the clock was turned back within the last day: so much of the wall's time repeats."""
    return max(0, offset(seconds - _DAY_SECONDS, zone) - offset(seconds, zone))


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


UTC = timezone.utc
