"""Why a recording stays: the whole rule for deleting, pure, and never by one clock alone.

A date is the text ``YYYYMMDD``: of a recording's path or name, or the one on which its file was written.

1. Old is what is older than the retention **and** has as many later dates with recordings in its root: a PC whose
   clock is ahead, and a point that was closed for weeks, keep their newest dates.
2. A date ahead of the PC's clock is none: it counts for nobody, and such a recording is as old as its file.
3. A date that its file is much younger than is none either: a camera whose clock fell back writes today.
4. Whatever all clocks say together, the two newest dates of each listed camera, by time of writing, stay.
5. A local recording goes only when its copy is known to be the same, and not for some hours after it was copied.
   A copy goes only when its original is gone: it would be made anew.
6. Of a kind of camera that was not understood before, months may be old at once: what would go is told a day before.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import lru_cache
from math import inf

KEPT_NEWEST = 2
"""So many of the newest dates stay, however little room there is."""
NOTHING_GOES = ""
"""In the place of the first date that stays."""
_TOLERANCE_DAYS = 1
"""A camera's clock may be so far ahead of the PC's."""
_LATE_DAYS = 3
"""A copy on a drive that keeps no times may be so much younger than its recording."""
_FIRST_SOUND_DATE = "20200101"
"""A file was not written before: its drive keeps no times."""


class Reason(Enum):
    """Why a recording stays."""

    YOUNG = "young"
    """Within the retention, or too few later dates have recordings."""
    AHEAD = "ahead"
    """Its date is yet to come, and its file is not old, or keeps no time."""
    MISDATED = "misdated"
    """Its date is old, but it was written lately."""
    NEWEST = "newest"
    """Of one of the two newest dates of its camera."""
    STILL_LOCAL = "still_local"
    """A copy whose original is on a local disk still."""
    UNSAVED = "unsaved"
    """There is no copy, or only a part of one."""
    DIFFERENT = "different"
    """What has the name of its copy is another recording, or broken."""
    DOUBTED = "doubted"
    """A copy of its camera and date was read, and is not what was noted of it."""
    FRESH = "fresh"
    """It was copied only some hours ago."""
    UNTOLD = "untold"
    """Its kind of camera was not understood before, and that such recordings go was not told yet, or just now."""


class Copy(Enum):
    """What is known of the other side's file for a recording, and why the recording stays for that."""

    SAME = None
    """Or there is none to ask for: in the network root where no original is left, or by ``--override unsaved``."""
    MISSING = Reason.UNSAVED
    DIFFERENT = Reason.DIFFERENT
    DOUBTED = Reason.DOUBTED
    ORIGINAL = Reason.STILL_LOCAL

    @property
    def reason(self) -> "Reason | None":
        """Why a recording stays for it."""
        return self.value  # type: ignore[no-any-return]  # an enum's values have no type


@dataclass(frozen=True, slots=True)
class Recording:
    """What is known of a recording's age. Dates are texts ``YYYYMMDD``."""

    day: str
    """Of its path or name."""
    written_day: str
    written_at: float
    """Unix time at which it was written."""
    is_newest: bool = False
    """Of one of its camera's two newest dates: :func:`is_newest`."""
    is_untold: bool = False
    """Of a kind that is understood since less than a day, as far as people were told."""


@dataclass(frozen=True, slots=True)
class Notes:
    """What was noted of copies."""

    fresh_from: float = inf
    """What was written from this Unix time on may have got its copy only some hours ago."""


@dataclass(frozen=True, slots=True)
class Today:
    """What clock and dates say together of one root."""

    today: date
    """By the PC's clock, at the point."""
    kept_from: str
    """The first date that stays: :func:`kept_from`; :data:`NOTHING_GOES`."""
    kept_from_ahead: str
    """The same for recordings whose date is ahead, which go by the date on which they were written."""
    lately_days: int
    """What was written within so many days stays, if it was written long after the date that it bears."""


def reason_to_keep(recording: Recording, copy: Copy, notes: Notes, today: Today) -> "Reason | None":
    """Return why a recording stays; ``None``: it may go."""
    if is_ahead(recording.day, today.today):
        # By its file's time alone, so that has to be one: some drives keep none.
        is_old = _FIRST_SOUND_DATE <= recording.written_day < today.kept_from_ahead
        if not is_old:
            return Reason.AHEAD
    elif recording.day >= today.kept_from:  # where nothing goes, no date comes before
        return Reason.YOUNG
    elif recording.written_day >= max(days_before(today.today, today.lately_days), _late(recording.day)):
        return Reason.MISDATED
    if recording.is_newest:
        return Reason.NEWEST
    if copy is Copy.SAME and recording.written_at >= notes.fresh_from:
        return Reason.FRESH
    # Last, so that what is told is what would go.
    return copy.reason or (Reason.UNTOLD if recording.is_untold else None)


@lru_cache(maxsize=4096)
def days_before(day: date, days: int) -> str:
    """Return the date so many days before another one; no further than dates go.

    >>> days_before(date(2026, 11, 26), 8), days_before(date(9999, 12, 31), -1)
    ('20261118', '99991231')
    """
    number = min(max(day.toordinal() - days, 1), date.max.toordinal())
    earlier = date.fromordinal(number)
    return f"{earlier.year:04d}{earlier.month:02d}{earlier.day:02d}"  # %Y has no zeros before a year of three digits


def is_ahead(day: str, today: date) -> bool:
    """Return whether a date is yet to come, by more than clocks differ."""
    return day > days_before(today, -_TOLERANCE_DAYS)


def kept_from(dates: Sequence[str], has_recording: Callable[[str], bool], days: int, today: date) -> str:
    """Return the first date that stays by the retention; :data:`NOTHING_GOES`.

    ``dates`` are sorted, and none of them ahead. Older ones are older than ``days`` and have as many later dates with
    recordings. ``has_recording`` looks at the disk: it is asked about no more dates than it needs.
    """
    first_young = days_before(today, days)
    if not dates or dates[0] >= first_young:
        return NOTHING_GOES
    newest = _newest(dates, has_recording, days)
    return min(newest[-1], first_young) if len(newest) == days else NOTHING_GOES


def expendable_dates(dates: Sequence[str], has_recording: Callable[[str], bool], today: date) -> list[str]:
    """Return the dates that may go where the disk is nearly full, oldest first.

    Those before yesterday (cloud drives write late), and never the two newest ones with recordings.
    """
    kept = _newest(dates, has_recording, KEPT_NEWEST)
    if len(kept) < KEPT_NEWEST:
        return []
    yesterday = days_before(today, 1)
    return [day for day in dates if day < kept[-1] and day < yesterday]


def day_after(day: str) -> str:
    """Return the next date.

    >>> day_after("20261231")
    '20270101'
    """
    return days_before(_date(day), -1)


def is_newest(day: str, written_day: str, others: "Collection[tuple[str, str]]") -> bool:
    """Return whether a recording is of one of its camera's two newest dates by time of writing.

    ``others``: date and date of writing of some of the camera's recordings, those of its newest dates among them. The
    fewer, the more stays. Where they were all written on one or two dates, their drive may keep no times, or they may
    have been copied there together: then the dates that they bear tell.
    """
    written = sorted({written_day, *(written for _, written in others)})
    if len(written) > KEPT_NEWEST:
        return written_day >= written[-KEPT_NEWEST]
    borne = sorted({day, *(day for day, _ in others)})
    return day in borne[-KEPT_NEWEST:]


def _newest(dates: Iterable[str], has_recording: Callable[[str], bool], count: int) -> list[str]:
    """Return the newest dates with recordings, newest first, at most ``count``."""
    found: list[str] = []
    for day in sorted(dates, reverse=True):
        if len(found) == count:
            break
        if has_recording(day):
            found.append(day)
    return found


@lru_cache(maxsize=4096)
def _late(day: str) -> str:
    """Return from which date of writing on a recording is younger than its date by more than a slow drive is late."""
    return days_before(_date(day), -_LATE_DAYS)


def _date(day: str) -> date:
    return date(int(day[:4]), int(day[4:6]), int(day[6:]))
