"""What this PC knows of copying to a destination: whether it goes on now, and which recordings got copies lately.

Both lie in ``logs/locks/``, named by a hash of the destination.
"""

import hashlib
import json
import logging
import os
import threading
import time
from math import isfinite

from config.base_config import PATH_CONFIG
from scheduler_runner.errors import SchedulerError
from scheduler_runner.system.filesystem import plain_path
from scheduler_runner.system.folders import ensure_plain_folder
from scheduler_runner.system.layout import Layout
from scheduler_runner.system.locks import try_lock
from scheduler_runner.system.own_files import read_own, write_whole

_HOUR_SECONDS = 3600
_FRESH_HOURS = 12
_LONG_AGO = -1e18
_ATTEMPTS = 4
_PAUSE_SECONDS = 0.05
_MOST_BYTES = 4 * 1024 * 1024
ALL_DATES = ""
"""In the place of a date where notes were lost."""

logger = logging.getLogger(__name__)


def lock_path(destination: str) -> str:
    """Return the lock that stands for a destination, whoever copies to it. Raises ``OSError``."""
    return _path(destination, "lock")


def is_copying(destination: str) -> bool:
    """Return whether a copy to a destination is under way."""
    try:
        lock = try_lock(lock_path(destination), is_shared_by_users=True)
    except OSError as error:
        logger.warning("whether a copy is under way cannot be told: %s", error)
        return False
    if lock is not None:
        lock.release()
    return lock is None


class NotNoted(SchedulerError):
    """That a recording gets its copy now cannot be noted: no ``OSError``, as it says nothing of the destination."""


class FreshCopies:
    """Notes which recordings get copies, for the clean-up; belongs under the destination's lock, safe for threads.

    Raises :class:`NotNoted`, at once where nothing can be written.

    Cloud drives write late: what they list as copied may still be on its way, so for some hours it is no reason to
    delete the recording.
    """

    def __init__(self, destination: str) -> None:
        self._path = _path(destination, "fresh")
        self._guard = threading.Lock()
        self._notes: dict[tuple[str, int], float] = {}
        self._own: dict[str, float] = {}
        now = _this_hour()
        try:
            for (day, hour), oldest in _read_notes(self._path).items():
                key = day, min(hour, now)  # one by a clock that was ahead counts from now on
                self._notes[key] = min(oldest, self._notes.get(key, oldest))
        except (OSError, ValueError) as error:
            logger.warning("which copies are fresh is not known, so all are taken for fresh: %s", error)
            self._notes = {(ALL_DATES, now): _LONG_AGO}
        self._write({})  # what cannot be noted had better be known before anything is copied

    def note(self, day: str, written_at: float) -> None:
        """Note, before its copy is there, a recording of ``day`` (``YYYYMMDD``), written at a Unix time.

        Raises :class:`NotNoted`.
        """
        key = (day, _this_hour())
        with self._guard:
            if self._notes.get(key, float("inf")) > written_at:
                self._write({key: written_at})
            self._own[day] = min(written_at, self._own.get(day, written_at))

    def renew(self) -> None:
        """Note once more what this object noted: the clock may have been set meanwhile. A failure is for the log."""
        with self._guard:
            try:
                if self._own:
                    self._write({(day, _this_hour()): oldest for day, oldest in self._own.items()})
            except NotNoted as error:
                logger.warning("%s", error)

    def _write(self, more: dict[tuple[str, int], float]) -> None:
        notes = _still_fresh(self._notes)
        for key, oldest in more.items():
            notes[key] = min(oldest, notes.get(key, oldest))
        try:
            content = json.dumps([[*key, oldest] for key, oldest in notes.items()]).encode("ascii")
            write_whole(self._path, content, is_durable=True)
        except OSError as error:
            raise NotNoted(f"{self._path} cannot be written: {error.strerror or error}") from error
        self._notes = notes


def fresh_copies(destination: str) -> dict[str, float]:
    """Return the dates (``YYYYMMDD``) that got copies within twelve to thirteen hours.

    Each with the Unix time at which the oldest of these recordings was written: what was written before got none. So a
    camera whose clock starts each morning at the same date keeps that date from being cleaned for hours, not for ever.
    :data:`ALL_DATES` stands for every date. Raises ``OSError`` and ``ValueError`` where what was noted cannot be read.
    """
    found: dict[str, float] = {}
    for (day, _), oldest in _still_fresh(_read_notes(_path(destination, "fresh"))).items():
        found[day] = min(oldest, found.get(day, oldest))
    return found


def _read_notes(path: str) -> dict[tuple[str, int], float]:
    """Return the oldest time of writing by date and hour of copying (hours since 1970)."""
    try:
        listed = json.loads(_read_patiently(path))
        notes = {(str(day), int(hour)): float(oldest) for day, hour, oldest in listed}
        if not all(map(isfinite, notes.values())):
            raise ValueError("a time that is none")
        return notes
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"{path} is damaged ({error}), the next copy mends it") from error


def _read_patiently(path: str) -> bytes:
    """Read a file that may be replaced just now: Windows refuses that for a moment."""
    for _ in range(_ATTEMPTS):
        try:
            return read_own(path, _MOST_BYTES, is_anyones=True)
        except PermissionError:
            time.sleep(_PAUSE_SECONDS)
    return read_own(path, _MOST_BYTES, is_anyones=True)


def _still_fresh(notes: dict[tuple[str, int], float]) -> dict[tuple[str, int], float]:
    """Leave out what was noted too long ago."""
    oldest_hour = _this_hour() - _FRESH_HOURS
    return {key: oldest for key, oldest in notes.items() if key[1] >= oldest_hour}


def _this_hour() -> int:
    return int(time.time() // _HOUR_SECONDS)


def _path(destination: str, suffix: str) -> str:
    folder = Layout(PATH_CONFIG["LOGS_ROOT"]).locks
    ensure_plain_folder(folder)
    # Not what it resolves to: a mapped drive that is away resolves to something else than one that is there.
    whole = os.path.normcase(os.path.abspath(plain_path(destination)))
    return os.path.join(folder, f"copy_{hashlib.sha256(whole.encode()).hexdigest()[:16]}.{suffix}")
