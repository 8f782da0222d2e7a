"""The days that a report shows, as columns: what lies in which of them. Pure.

Times are in seconds since 1970; within a day they are hours on the point's own wall clock.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import NamedTuple

DAYS = 14
_WEEKDAYS = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")


class Column(NamedTuple):
    """One day of the report, the oldest first."""

    day: date
    start: float
    end: float
    """The midnights around it."""

    @property
    def label(self) -> str:
        """The day as people say it: ``вт 24.11``."""
        return f"{_WEEKDAYS[self.day.weekday()]} {self.day:%d.%m}"


class Piece(NamedTuple):
    """A span's part that lies in one column, in hours of that day."""

    column: int
    begin: float
    end: float


def columns(now: float, zone: tzinfo, count: int = DAYS) -> tuple[Column, ...]:
    """Return today's column and those of the days before it, the oldest first.

    >>> from datetime import timezone
    >>> [column.label for column in columns(1_790_000_000, timezone.utc, 2)]
    ['вс 20.09', 'пн 21.09']
    """
    today = datetime.fromtimestamp(now, zone).date()
    days = [today - timedelta(days=ago) for ago in range(count - 1, -1, -1)]
    midnights = [
        datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() for day in [*days, today + timedelta(days=1)]
    ]
    return tuple(Column(*each) for each in zip(days, midnights, midnights[1:]))


def pieces(begin: float, end: float, shown: Sequence[Column], zone: tzinfo) -> Iterator[Piece]:
    """Yield the parts of a span, each in its column; one that passes midnight has several."""
    for index, column in enumerate(shown):
        if begin < column.end and end >= column.start:
            first = hour_of(begin, zone) if begin >= column.start else 0.0
            last = hour_of(end, zone) if end < column.end else 24.0
            yield Piece(index, first, max(first, last))


def hour_of(moment: float, zone: tzinfo) -> float:
    """Return a moment's hour on the wall, ``14.5`` for half past two."""
    seen = datetime.fromtimestamp(moment, zone)
    return seen.hour + seen.minute / 60 + seen.second / 3600


def clock(moment: float, zone: tzinfo) -> str:
    """Return a moment's time of the day."""
    return f"{datetime.fromtimestamp(moment, zone):%H:%M}"
