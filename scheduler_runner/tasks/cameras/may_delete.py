"""Which dates of recordings may go: pure, and never by the clock alone.

Dates are texts ``YYYYMMDD``, from the recordings' paths, sorted.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

KEPT_NEWEST = 2
"""So many of the newest dates stay, however little room there is."""


def expired_dates(dates: Sequence[str], has_recording: Callable[[str], bool], days: int, today: date) -> list[str]:
    """Return the dates that are older than ``days`` and have as many later dates with recordings, oldest first.

    The second condition makes a wrong clock harmless, and leaves a point that was closed for long its newest dates.
    ``has_recording`` looks at the disk: it is asked about no more dates than it needs.
    """
    old = [day for day in dates if day < _text(today - timedelta(days=days))]
    if not old:
        return []
    kept = _newest(dates, has_recording, days)
    return [day for day in old if day < kept[-1]] if len(kept) == days else []


def expendable_dates(dates: Sequence[str], has_recording: Callable[[str], bool], today: date) -> list[str]:
    """Return the dates that may go where the disk is nearly full, oldest first.

    Those before yesterday (cloud drives write late), and never the two newest ones with recordings.
    """
    kept = _newest(dates, has_recording, KEPT_NEWEST)
    if len(kept) < KEPT_NEWEST:
        return []
    yesterday = _text(today - timedelta(days=1))
    return [day for day in dates if day < kept[-1] and day < yesterday]


def _newest(dates: Sequence[str], has_recording: Callable[[str], bool], count: int) -> list[str]:
    """Return the newest dates with recordings, newest first, at most ``count``."""
    found: list[str] = []
    for day in reversed(dates):
        if len(found) == count:
            break
        if has_recording(day):
            found.append(day)
    return found


def _text(day: date) -> str:
    return f"{day:%Y%m%d}"
