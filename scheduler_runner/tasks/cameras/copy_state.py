"""What this PC knows of copying to a destination: whether it goes on now, and which recordings got copies lately.

Both lie in ``logs/locks/``, named by a hash of the destination.
"""

import hashlib
import json
import logging
import os
import threading
import time

from config.base_config import PATH_CONFIG
from scheduler_runner.utils.filesystem import plain_path, replace_file
from scheduler_runner.utils.folders import ensure_plain_folder
from scheduler_runner.utils.locks import try_lock

_HOUR_SECONDS = 3600
_FRESH_HOURS = 12

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


class FreshCopies:
    """Notes which recordings get copies, for the clean-up; belongs under the destination's lock, safe for threads.

    Cloud drives write late: what they list as copied may still be on its way, so for some hours it is no reason to
    delete the recording.
    """

    def __init__(self, destination: str) -> None:
        self._path = _path(destination, "fresh")
        self._guard = threading.Lock()
        try:
            self._notes = _read_notes(self._path)
        except (OSError, ValueError) as error:
            logger.warning("which copies are fresh is noted anew: %s", error)
            self._notes = {}

    def note(self, day: str, written_at: float) -> None:
        """Note, before its copy is there, a recording of ``day`` (``YYYYMMDD``), written at a Unix time.

        A failure is for the log.
        """
        key = (day, int(time.time() // _HOUR_SECONDS))
        with self._guard:
            if self._notes.get(key, float("inf")) <= written_at:
                return
            self._notes = {**_still_fresh(self._notes), key: written_at}
            try:
                with open(f"{self._path}.tmp", "w", encoding="ascii") as file:
                    json.dump([[*key, oldest] for key, oldest in self._notes.items()], file)
                replace_file(f"{self._path}.tmp", self._path)
            except OSError as error:
                logger.warning("cannot note that %s gets copies now: %s", day, error)


def fresh_copies(destination: str) -> dict[str, float]:
    """Return the dates (``YYYYMMDD``) that got copies within twelve to thirteen hours.

    Each with the Unix time at which the oldest of these recordings was written: what was written before got none. So a
    camera whose clock starts each morning at the same date keeps that date from being cleaned for hours, not for ever.
    Raises ``OSError`` and ``ValueError`` where what was noted cannot be read.
    """
    found: dict[str, float] = {}
    for (day, _), oldest in _still_fresh(_read_notes(_path(destination, "fresh"))).items():
        found[day] = min(oldest, found.get(day, oldest))
    return found


def _read_notes(path: str) -> dict[tuple[str, int], float]:
    """Return the oldest time of writing by date and hour of copying (hours since 1970)."""
    try:
        with open(path, encoding="ascii") as file:
            return {(str(day), int(hour)): float(oldest) for day, hour, oldest in json.load(file)}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"{path} is damaged ({error}); delete it") from error


def _still_fresh(notes: dict[tuple[str, int], float]) -> dict[tuple[str, int], float]:
    """Leave out what was noted too long ago, or, by a clock that was wrong then or is now, as far ahead."""
    this_hour = time.time() // _HOUR_SECONDS
    return {key: oldest for key, oldest in notes.items() if abs(this_hour - key[1]) <= _FRESH_HOURS}


def _path(destination: str, suffix: str) -> str:
    folder = os.path.join(PATH_CONFIG["LOGS_ROOT"], "locks")
    ensure_plain_folder(folder)
    # Not what it resolves to: a mapped drive that is away resolves to something else than one that is there.
    whole = os.path.normcase(os.path.abspath(plain_path(destination)))
    return os.path.join(folder, f"copy_{hashlib.sha256(whole.encode()).hexdigest()[:16]}.{suffix}")
