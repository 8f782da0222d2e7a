"""The root that is copied to: far and slow, full or away at times, and never to be made by mistake."""

import errno
import logging
import os
import threading
from collections.abc import Callable, Iterable

from scheduler_runner.system.filesystem import delete_file, host_name, is_full, is_partial
from scheduler_runner.tasks.cameras.copy_limits import Absence, Ending, Pulse
from scheduler_runner.tasks.cameras.copy_values import AWAY, FULL, CopyOptions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Answer = TypeVar("Answer")

_WAITS_A_QUESTION = 5
"""So often a drive that went away is waited for with one question, which may be what makes it go."""

logger = logging.getLogger(__name__)


class Destination:
    """A root that is copied to, under its lock; safe for threads.

    What makes a run end before its work, a full drive or one that does not come back, goes into ``ending``.
    """

    def __init__(self, path: str, options: CopyOptions, ending: Ending, pulse: Pulse) -> None:
        self.path = path
        self._ending = ending
        self._pulse = pulse
        self._absence = Absence(path, options, self._is_there)
        self._host = host_name()
        self._flat: dict[str, dict[str, os.DirEntry[str]]] = {}
        self._flat_guard = threading.Lock()

    def files(self, target: str, *, is_flat: bool) -> dict[str, "os.DirEntry[str]"]:
        """Return the files of a folder by name in normcase; it is made where it is missing.

        What a copy left there unfinished is removed. A flat folder is listed once, however many groups it has.
        """
        if not is_flat:
            return self._listed(target)
        with self._flat_guard:
            if target not in self._flat:
                self._flat[target] = self._listed(target)
            return self._flat[target]

    def patiently(self, ask: "Callable[[], Answer]") -> "Answer":
        """Answer ``ask()``; where the whole destination is away, wait for it and ask again, some times at most."""
        for waits_left in reversed(range(_WAITS_A_QUESTION + 1)):
            try:
                return ask()
            except OSError as error:
                if is_full(error):
                    self._ending.begin_counting(FULL)
                    raise
                if os.path.isdir(self.path) or self._ending.reason == AWAY or not waits_left:
                    raise
                if not self._absence.wait():
                    self._ending.give_up(AWAY)
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _listed(self, target: str) -> dict[str, "os.DirEntry[str]"]:
        try:
            entries = self.patiently(lambda: _entries(target))
        except FileNotFoundError:
            if self.patiently(lambda: self._make_folder(target)):
                return {}
            entries = self.patiently(lambda: _entries(target))  # the drive was away for a moment
        files = {}
        for entry in entries:
            if entry.name[0] == "." and is_partial(entry.name, self._host):  # under the lock nobody goes on with it
                self._remove_partial(entry.path)
            elif entry.is_file(follow_symlinks=False):
                files[os.path.normcase(entry.name)] = entry
        return files

    def _make_folder(self, target: str) -> bool:
        """Make a folder unless nothing is copied any more; return whether it was not there."""
        if not os.path.isdir(self.path):  # the root itself is never made here: it would hide a lost drive
            raise OSError(errno.ENODEV, "the destination went away", self.path)
        try:
            if not self._ending.is_counting():
                os.makedirs(target)
        except FileExistsError:
            return False
        return True

    def _remove_partial(self, path: str) -> None:
        try:
            delete_file(self.path, path)
        except (OSError, ValueError) as error:
            logger.warning("an unfinished copy cannot be removed: %s", error)

    def _is_there(self, path: str) -> bool:
        self._pulse.beat()
        return os.path.isdir(path)


def make_root(path: str, others: Iterable[str]) -> None:
    """Make a missing root on a drive of its own, apart from the drives of ``others``.

    Where a drive is not mounted, or the client of a synced folder is off, its folder can be missing on a disk that is
    there: made anew, it would take copies that are none. Raises ``OSError``.
    """
    if os.path.isdir(path):
        return
    drive = os.stat(os.path.dirname(path)).st_dev
    if any(os.stat(other).st_dev == drive for other in others):
        reason = "папки нет, а на диске записей или программы она не создаётся; если копии должны быть там, создайте её"
        raise OSError(errno.ENODEV, reason, path)
    os.mkdir(path)


def _entries(folder: str) -> "list[os.DirEntry[str]]":
    with os.scandir(folder) as entries:
        return list(entries)
