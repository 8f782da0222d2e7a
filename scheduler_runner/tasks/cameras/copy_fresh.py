"""Which recordings got copies lately: no reason to delete them yet, by whatever clock.

Cloud drives write late: what they list as copied may still be on its way. So a recording that gets its copy *now* is
noted before the copy is there, or it is not copied, and where the notes cannot be read, nothing goes.
"""

import json
import logging
import sqlite3
import threading
from collections.abc import Callable
from math import isfinite
from sqlite3 import Connection

from scheduler_runner.errors import SchedulerError
from scheduler_runner.system.clock import Moment
from scheduler_runner.system.folders import NotOurs, is_link
from scheduler_runner.system.own_files import read_own, remove_quietly
from scheduler_runner.tasks.cameras.copy_lock import lock_path
from scheduler_runner.tasks.cameras.notes_file import NotesFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Answer = TypeVar("Answer")

_HOUR_SECONDS = 3600
_FRESH_HOURS = 12
_LONG_AGO, _NEVER = -1e18, float("inf")
_MOST_BYTES = 4 * 1024 * 1024
ALL_DATES = ""
"""In the place of a date where notes were lost."""

logger = logging.getLogger(__name__)


class NotNoted(SchedulerError):
    """That a recording gets its copy now cannot be noted: no ``OSError``, as it says nothing of the destination."""


class FreshCopies:
    """The notes on copies that are some hours old, to one destination (its whole name); safe for threads."""

    def __init__(self, destination: str, path: str, clock: "Callable[[], Moment]") -> None:
        self.path = path
        self._destination = destination
        self._clock = clock
        self._file = NotesFile(path, self._take_all_for_fresh)
        self._guard = threading.RLock()
        self._fresh: dict[tuple[str, int, str], float] = {}
        self._is_taken_over = False

    def begin(self) -> None:
        """Make ready for :meth:`note_fresh`: what cannot be noted had better be known before anything is copied.

        Belongs under the destination's lock. Raises :class:`NotNoted`.
        """
        self._strictly(self._take_over)
        self._strictly(lambda: self._file.write(self._set_hours_right))

    def note_fresh(self, day: str, written_at: float) -> None:
        """Note, before its copy is there, a recording of ``day`` (``YYYYMMDD``), written at a Unix time.

        Raises :class:`NotNoted`.
        """
        now = self._clock()
        key = (day, _hour(now.wall), now.boot)
        if self._fresh.get(key, _NEVER) <= written_at:  # asked without the guard: nearly all recordings end here
            return
        with self._guard:
            if self._fresh.get(key, _NEVER) > written_at:
                values = (self._destination, *key, now.since_boot, written_at)
                self._strictly(lambda: self._file.write(lambda file: file.execute(_NOTE_FRESH, values)))
                self._fresh[key] = written_at

    def fresh(self) -> dict[str, float]:
        """Return the dates (``YYYYMMDD``) that got copies within twelve to thirteen hours.

        Each with the Unix time at which the oldest of these recordings was written: what was written before got none.
        So a camera whose clock starts each morning at the same date keeps that date from being cleaned for hours, not
        for ever. :data:`ALL_DATES` stands for every date. Raises :class:`NotNoted` where it cannot be read.
        """
        self._strictly(self._take_over)
        now = self._clock()
        key = (self._destination,)
        rows = self._strictly(lambda: self._file.ask(lambda file: file.execute(_SELECT_FRESH, key).fetchall()))
        found: dict[str, float] = {}
        for day, hour, boot, up, oldest in rows:
            if is_fresh(hour, boot, up, now):
                found[day] = min(oldest, found.get(day, oldest))
        return found

    def _set_hours_right(self, connection: Connection) -> None:
        """Write the hours of this start of the PC as the clock shows them now, and drop what is fresh no more.

        After the next start the hours are all that is left to go by. One by a clock that was ahead counts from now on.
        """
        now = self._clock()
        rows = connection.execute(_SELECT_FRESH, (self._destination,)).fetchall()
        connection.execute("DELETE FROM fresh WHERE destination = ?", (self._destination,))
        for day, hour, boot, up, oldest in rows:
            if is_fresh(hour, boot, up, now):
                is_ours = is_same_boot(boot, up, now)
                right = _hour(now.wall - (now.since_boot - up)) if is_ours else min(hour, _hour(now.wall))
                connection.execute(_NOTE_FRESH, (self._destination, day, right, boot, up, oldest))
        self._fresh = {}

    def _take_all_for_fresh(self, file: Connection) -> None:
        now = self._clock()
        file.execute(_NOTE_FRESH, (self._destination, ALL_DATES, _hour(now.wall), now.boot, now.since_boot, _LONG_AGO))

    def _take_over(self) -> None:
        """Take over, once, what the version before noted in a file of its own: after an upgrade it is fresh as well."""
        with self._guard:
            if self._is_taken_over:
                return
            path = lock_path(self._destination, "fresh")
            try:
                earlier = _earlier_notes(path)
                if earlier:
                    rows = [(self._destination, day, hour, "", 0.0, oldest) for day, hour, oldest in earlier]
                    self._file.write(lambda file: file.executemany(_NOTE_FRESH, rows))
            except (ValueError, TypeError, OverflowError, RecursionError) as error:
                logger.warning("%s is damaged (%s): all copies are taken for fresh", path, error)
                self._file.write(self._take_all_for_fresh)
                earlier = []
            if earlier is not None:
                remove_quietly(path)
            self._is_taken_over = True

    def _strictly(self, work: "Callable[[], Answer]") -> "Answer":
        try:
            return work()
        except (sqlite3.Error, OSError) as error:
            raise NotNoted(f"{self.path} cannot be used: {getattr(error, 'strerror', None) or error}") from error


_SELECT_FRESH = "SELECT day, hour, boot, up, oldest FROM fresh WHERE destination = ?"
_NOTE_FRESH = """
INSERT INTO fresh VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET up = max(up, excluded.up), oldest = min(oldest, excluded.oldest)
"""


def is_fresh(hour: int, boot: str, up: float, now: Moment) -> bool:
    """Return whether what was noted in an hour (since 1970) and so many seconds after a start of the PC is fresh.

    The time since the start decides where it is the same one, for it never jumps; else the clock, by which what lies
    ahead is fresh until the next copy puts it right.
    """
    if is_same_boot(boot, up, now):
        return now.since_boot - up < (_FRESH_HOURS + 1) * _HOUR_SECONDS
    return hour >= _hour(now.wall) - _FRESH_HOURS


def is_same_boot(boot: str, up: float, now: Moment) -> bool:
    """Return whether something that was noted so many seconds after a start of the PC was since its last start."""
    return boot == now.boot != "" and up <= now.since_boot


def _earlier_notes(path: str) -> "list[tuple[str, int, float]] | None":
    """Return date, hour since 1970 and oldest time of writing, as the version before noted them; ``None``: nothing.

    Raises ``ValueError`` and the like for what makes no sense, ``OSError`` where it cannot be read.
    """
    try:
        content = read_own(path, _MOST_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        if not isinstance(error, NotOurs) and not is_link(path):
            raise
        logger.warning("%s", error)
        return None
    notes = [(str(day), int(hour), float(oldest)) for day, hour, oldest in json.loads(content)]
    if not all(isfinite(oldest) for _, _, oldest in notes):
        raise ValueError("a time that is none")
    return notes


def _hour(wall: float) -> int:
    return int(wall // _HOUR_SECONDS)
