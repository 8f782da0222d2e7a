"""Copy what a destination lacks: many files at a time, oldest first, each whole or not at all.

A far drive answers each question after 20-200 ms, so the number of questions counts and many are asked side by
side: one listing a folder, then what each file needs.
"""

import errno
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from scheduler_runner.system.filesystem import (
    SourceChanged,
    copy_file,
    delete_file,
    file_hash,
    file_size,
    host_name,
    is_full,
    is_partial,
)
from scheduler_runner.tasks.cameras.copy_limits import (
    NEAR_WORKERS,
    Absence,
    Ending,
    Pulse,
    Throttle,
    TimeIsOver,
    suitable_workers,
)
from scheduler_runner.tasks.cameras.copy_queue import CopyFolder, CopyJobs, CopyOne, OpenGroup, Sources
from scheduler_runner.tasks.cameras.copy_values import AWAY, FULL, UNTIL, CopyCount, CopyOptions
from scheduler_runner.tasks.cameras.layouts import Group
from scheduler_runner.tasks.cameras.recording_root import RecordingRoot
from scheduler_runner.tasks.common.tally import Tally

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Answer = TypeVar("Answer")

_YOUNG_SECONDS = 60.0
_QUICK_SECONDS = 0.2
_LAST_FILES_SECONDS = 300.0
"""How long after its time a run goes on with files that it has begun."""
_LARGE_BYTES = 32 * 1024 * 1024
_WAITS_A_QUESTION = 5
"""So often a drive that went away is waited for with one question, which may be what makes it go."""

logger = logging.getLogger(__name__)


class CopyRun:
    """One run from some roots to one destination, under the destination's lock.

    ``count`` may be read at any time, for progress, and ``pulse`` tells that it goes on. ``note`` hears of each
    recording before its copy is there: its date, and the Unix time at which it was written.
    """

    def __init__(
        self,
        roots: Iterable[str],
        destination: str,
        options: CopyOptions,
        note: Callable[[str, float], None] = lambda day, written_at: None,
    ) -> None:
        self.count = CopyCount()
        self.pulse = Pulse()
        self._tally = Tally(self.count)
        self._destination = destination
        self._options = options
        self._note = note
        stop_at = float("inf") if options.until is None else options.until + _LAST_FILES_SECONDS
        self._throttle = Throttle(options.bytes_per_second, stop_at)
        self._absence = Absence(destination, options.wait_seconds, options.until, self._is_there)
        self._host = host_name()
        self._flat: dict[str, dict[str, os.DirEntry[str]]] = {}
        self._flat_guard = threading.Lock()
        self._sources = Sources(roots, self._note_failure)
        self._jobs = CopyJobs(self._sources.groups(options.oldest_day), lambda: self._ending.is_over())
        self._ending = Ending(self.count, options.until, self._jobs.end)

    def run(self) -> CopyCount:
        """Copy to the end, or until something ends it; return what happened."""
        number = self._options.workers or suitable_workers(self._destination)
        self._jobs.listers = number if number > NEAR_WORKERS else 1  # near, they would be in each other's way
        workers = [threading.Thread(target=self._work, daemon=True) for _ in range(number)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return self.count

    def _work(self) -> None:
        own: CopyFolder | None = None
        while True:
            try:
                job = self._jobs.take(own)
                self.pulse.beat()
                if job is None:
                    return
                own = self._open(job) if isinstance(job, OpenGroup) else self._handle(job)
            except Exception as error:  # noqa: BLE001 - counted: a worker's silent end would look like success
                own = None
                self._note_failure("copying", error)

    def _open(self, job: OpenGroup) -> CopyFolder | None:
        folder = None
        try:
            folder = self._folder(job.group, job.roots)
        except OSError as error:
            self._note_failure(os.path.join(self._destination, job.group.folder), error)
            if self.count.ended_by:
                self.count.is_left_complete = False  # how many there were in it is not known
        finally:
            self._jobs.opened(folder)
        return folder

    def _folder(self, group: Group, roots: Sequence[RecordingRoot]) -> CopyFolder | None:
        sources = self._sources.recordings(group, roots)
        if not sources:
            return None
        target = os.path.join(self._destination, group.folder)
        present = self._present(group, target, sources)
        folder = CopyFolder(group.day, target, deque(), deque(), present)
        for entry in self._unsettled(sources, present):
            (folder.large if _is_large(entry) else folder.files).append(entry)
        return folder

    def _present(self, group: Group, target: str, names: Iterable[str]) -> dict[str, "os.DirEntry[str]"]:
        """Return what the destination has of these names."""
        if group.is_flat:
            with self._flat_guard:  # listed once, however many groups it has, and by whoever comes first
                if target not in self._flat:
                    self._flat[target] = self._listed(target)
                files = self._flat[target]
        else:
            files = self._listed(target)
        return {name: files[name] for name in names if name in files}

    def _listed(self, target: str) -> dict[str, "os.DirEntry[str]"]:
        """Return the files of a folder, made where it is missing; what a copy left there unfinished is removed."""
        try:
            entries = self._patiently(lambda: _entries(target))
        except FileNotFoundError:
            if self._patiently(lambda: self._make_folder(target)):
                return {}
            entries = self._patiently(lambda: _entries(target))  # the drive was away for a moment
        files = {}
        for entry in entries:
            if is_partial(entry.name, self._host):  # under the lock nobody goes on with it
                self._remove_partial(entry.path)
            elif entry.is_file(follow_symlinks=False):
                files[os.path.normcase(entry.name)] = entry
        return files

    def _remove_partial(self, path: str) -> None:
        try:
            delete_file(self._destination, path)
        except (OSError, ValueError) as error:
            logger.warning("an unfinished copy cannot be removed: %s", error)

    def _unsettled(
        self, sources: "dict[str, os.DirEntry[str]]", present: "dict[str, os.DirEntry[str]]"
    ) -> "list[os.DirEntry[str]]":
        """Return the recordings that need a closer look, oldest first; the others are there already, and counted.

        Sizes mostly come with the listing, or the system still has them from it. Where they do not, the rest is left
        to many workers, who can ask side by side.
        """
        give_up_at = time.perf_counter() + (0 if self._options.is_verified else _QUICK_SECONDS)
        unsettled = []
        for name, entry in sources.items():
            copy = present.get(name)
            if copy is None or time.perf_counter() > give_up_at or not _is_as_long(copy, entry):
                unsettled.append(entry)
        self._tally.add(present=len(sources) - len(unsettled))
        return sorted(unsettled, key=lambda entry: entry.name)

    def _make_folder(self, target: str) -> bool:
        """Make a folder unless nothing is copied any more; return whether it was not there."""
        if not os.path.isdir(self._destination):  # the root itself is never made here: it would hide a lost drive
            raise OSError(errno.ENODEV, "the destination went away", self._destination)
        try:
            if not self._ending.is_counting:
                os.makedirs(target)
        except FileExistsError:
            return False
        return True

    def _handle(self, job: CopyOne) -> CopyFolder:
        folder, source, is_large = job
        size = 0
        try:
            size = file_size(source)
            if self._is_copied(folder, source, size):
                return folder
            self._ending.require_time()
            self._copy(folder, source)
        except TimeIsOver:
            self._ending.begin_counting(UNTIL)
            self._tally.add(left=1, left_bytes=size)
        except SourceChanged:
            self._tally.add(waiting=1)
        except OSError as error:
            if self._is_cleaned(folder, source, size):
                self._tally.add(present=1)
            else:
                self._note_failure(source.path, error, size)
        finally:
            if is_large:
                self._jobs.large_done()
        return folder

    def _is_cleaned(self, folder: CopyFolder, source: "os.DirEntry[str]", size: int) -> bool:
        """Return whether the clean-up took a recording meanwhile: it has its copy, and its root is still there."""
        copy = folder.present.get(os.path.normcase(source.name))
        if copy is None or os.path.exists(source.path) or not self._sources.is_root_there(source.path):
            return False
        return file_size(copy) >= size

    def _is_copied(self, folder: CopyFolder, source: "os.DirEntry[str]", its_size: int) -> bool:
        copy = folder.present.get(os.path.normcase(source.name))
        if copy is None:
            return False
        size = self._patiently(lambda: file_size(copy))
        if size < its_size:
            return False
        if size > its_size:
            self._note_conflict(f"{copy.path}: longer than its source ({size} and {its_size} bytes), left alone")
        elif self._options.is_verified and file_hash(source.path) != self._patiently(lambda: file_hash(copy.path)):
            self._note_conflict(f"{copy.path}: as long as its source, but different, left alone")
        else:
            self._tally.add(present=1)
        return True

    def _copy(self, folder: CopyFolder, source: "os.DirEntry[str]") -> None:
        def copy() -> int:
            return copy_file(
                source.path,
                os.path.join(folder.target, source.name),
                throttle=self._pass,
                is_verified=self._options.is_verified,
                least_age_seconds=_YOUNG_SECONDS,
                before_rename=lambda: self._note(folder.day, source.stat(follow_symlinks=False).st_mtime),
            )

        def copy_into_folder() -> int:
            try:
                return copy()
            except FileNotFoundError:
                if not os.path.exists(source.path) or not os.path.isdir(self._destination):
                    raise
                os.makedirs(folder.target, exist_ok=True)  # an emptied folder may have been cleaned away meanwhile
                return copy()

        self._tally.add(copied_bytes=self._patiently(copy_into_folder), copied=1)

    def _pass(self, size: int) -> None:
        self.pulse.beat()
        self._throttle(size)

    def _is_there(self, destination: str) -> bool:
        self.pulse.beat()
        return os.path.isdir(destination)

    def _patiently(self, ask: "Callable[[], Answer]") -> "Answer":
        """Answer ``ask()``; where the whole destination is away, wait for it and ask again, some times at most."""
        for waits_left in reversed(range(_WAITS_A_QUESTION + 1)):
            try:
                return ask()
            except OSError as error:
                if is_full(error):
                    self._ending.begin_counting(FULL)
                    raise
                if os.path.isdir(self._destination) or self.count.ended_by == AWAY or not waits_left:
                    raise
                if not self._absence.wait():
                    self._ending.give_up(AWAY)
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _note_conflict(self, text: str) -> None:
        self._tally.add(conflicts=1)
        self._tally.name(text)

    def _note_failure(self, path: str, error: Exception, size: int = 0) -> None:
        if self.count.ended_by in (FULL, AWAY):
            self._tally.add(left=1, left_bytes=size)
            return
        self._tally.add(failed=1)
        self._tally.name(f"{path}: {getattr(error, 'strerror', None) or error}")


def _entries(folder: str) -> "list[os.DirEntry[str]]":
    with os.scandir(folder) as entries:
        return list(entries)


def _is_large(entry: "os.DirEntry[str]") -> bool:
    try:
        return file_size(entry) >= _LARGE_BYTES
    except OSError:
        return False  # looked at more closely later


def _is_as_long(copy: "os.DirEntry[str]", entry: "os.DirEntry[str]") -> bool:
    try:
        return copy.stat(follow_symlinks=False).st_size == entry.stat(follow_symlinks=False).st_size
    except OSError:
        return False  # looked at more closely later


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
