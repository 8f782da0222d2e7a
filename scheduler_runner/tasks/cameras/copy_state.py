"""What this PC knows of copying to a destination: whether it goes on now, and which dates got copies today.

Both lie in ``logs/locks/``, named by a hash of the destination.
"""

import hashlib
import logging
import os
import threading
from datetime import date

from config.base_config import PATH_CONFIG
from scheduler_runner.utils.filesystem import plain_path
from scheduler_runner.utils.folders import ensure_plain_folder
from scheduler_runner.utils.locks import try_lock

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


class FreshDates:
    """The dates of recordings that got copies today.

    Cloud drives write late: what they list as copied may still be on its way, so it is no reason yet to delete the
    recording. Kept in a file whose first line is the day that it is about; belongs under the destination's lock.
    """

    def __init__(self, destination: str, today: date) -> None:
        self._destination = destination
        self._today = today.isoformat()
        self._noted = set(fresh_dates(destination, today))
        self._guard = threading.Lock()

    def note(self, day: str) -> None:
        """Note ``day`` (``YYYYMMDD``) before its first copy; safe for threads. A failure is for the log."""
        with self._guard:
            if day in self._noted:
                return
            mode, text = ("a", f"{day}\n") if self._noted else ("w", f"{self._today}\n{day}\n")
            try:
                with open(_path(self._destination, "fresh"), mode, encoding="ascii") as file:
                    file.write(text)
            except OSError as error:
                logger.warning("cannot note that %s gets copies today: %s", day, error)
            else:
                self._noted.add(day)


def fresh_dates(destination: str, today: date) -> frozenset[str]:
    """Return the dates (``YYYYMMDD``) that got copies today; none where nothing is known."""
    try:
        with open(_path(destination, "fresh"), encoding="ascii") as file:
            noted_on, *days = file.read().split()
    except (OSError, ValueError):
        return frozenset()
    return frozenset(days) if noted_on == today.isoformat() else frozenset()


def _path(destination: str, suffix: str) -> str:
    folder = os.path.join(PATH_CONFIG["LOGS_ROOT"], "locks")
    ensure_plain_folder(folder)
    # Not what it resolves to: a mapped drive that is away resolves to something else than one that is there.
    whole = os.path.normcase(os.path.abspath(plain_path(destination)))
    return os.path.join(folder, f"copy_{hashlib.sha256(whole.encode()).hexdigest()[:16]}.{suffix}")
