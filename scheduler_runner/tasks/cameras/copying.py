"""Copy what a destination lacks: many files at a time, oldest first, each whole or not at all.

A far drive answers each question after 20-200 ms, so the number of questions counts and many are asked side by
side: one listing a folder, then what each file needs. A worker prefers a folder of its own, because a folder
takes one new file at a time, and helps out in others when no folder is left.
"""

import errno
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from heapq import merge

from scheduler_runner.tasks.cameras.copy_values import AWAY, FULL, UNTIL, CopyCount, CopyOptions
from scheduler_runner.tasks.cameras.pacing import Absence, Throttle
from scheduler_runner.tasks.cameras.recordings import HourFolder, hour_folders, is_recording, recordings_in
from scheduler_runner.tasks.cameras.tally import Tally
from scheduler_runner.utils.filesystem import (
    SourceChanged,
    copy_file,
    delete_file,
    file_hash,
    file_size,
    host_name,
    is_partial,
    list_folder,
)

_YOUNG_SECONDS = 60.0
_COUNTING_SECONDS = 60.0
_FULL_ERRNOS = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_FULL_WINERRORS = {39, 112}


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    size: int
    modified: float


@dataclass(slots=True)
class _Folder:
    """A folder in work: its files that still wait for a worker, and what its destination has."""

    source: str
    target: str
    files: deque[_File]
    present: dict[str, "os.DirEntry[str]"]


class CopyRun:
    """One run from some roots to one destination, under the destination's lock.

    ``count`` may be read at any time, for progress.
    """

    def __init__(self, roots: Iterable[str], destination: str, options: CopyOptions) -> None:
        self.count = CopyCount()
        self._tally = Tally(self.count)
        self._roots = list(roots)
        self._destination = destination
        self._options = options
        self._throttle = Throttle(options.bytes_per_second)
        self._absence = Absence(destination, options.wait_seconds)
        self._host = host_name()
        self._hours: Iterator[tuple[HourFolder, str]] = iter(())
        self._in_work: list[_Folder] = []
        self._opening = 0
        self._is_ended = False
        self._counting_ends_at: float | None = None
        self._changed = threading.Condition()

    def run(self) -> CopyCount:
        """Copy to the end, or until something ends it; return what happened."""
        self._hours = merge(*(self._hours_below(root) for root in self._roots))
        workers = [threading.Thread(target=self._work, daemon=True) for _ in range(self._options.workers)]
        for worker in workers:
            worker.start()
        try:
            for worker in workers:
                while worker.is_alive():
                    worker.join(0.5)
        except BaseException:
            self._is_ended = True
            raise
        return self.count

    def _hours_below(self, root: str) -> Iterator[tuple[HourFolder, str]]:
        try:
            for hour in hour_folders(root):
                if hour.day >= self._options.oldest_day:
                    yield hour, root
        except OSError as error:
            self._note_failure(root, error)

    def _work(self) -> None:
        own: _Folder | None = None
        while True:
            job = self._take(own)
            if job is None:
                return
            if isinstance(job[0], HourFolder):
                own = self._open(job[0], job[1])
            else:
                own = job[0]
                self._handle(own, job[1])

    def _take(self, own: _Folder | None) -> "tuple[HourFolder, str] | tuple[_Folder, _File] | None":
        """Return what to do next: a file of the own folder, a new folder, a file of the fullest; ``None``: all done."""
        with self._changed:
            while not self._is_ended:
                self._look_at_clock()
                if own is not None and own.files:
                    return own, own.files.popleft()
                hour = next(self._hours, None)
                if hour is not None:
                    self._opening += 1
                    return hour
                self._in_work = [folder for folder in self._in_work if folder.files]
                if self._in_work:
                    fullest = max(self._in_work, key=lambda folder: len(folder.files))
                    return fullest, fullest.files.popleft()
                if not self._opening:
                    return None
                self._changed.wait(0.5)
        return None

    def _open(self, hour: HourFolder, root: str) -> _Folder | None:
        folder = None
        try:
            folder = self._listed(os.path.join(root, hour.path), os.path.join(self._destination, hour.path))
        except OSError as error:
            self._note_failure(os.path.join(root, hour.path), error)
        finally:
            with self._changed:
                self._opening -= 1
                if folder is not None:
                    self._in_work.append(folder)
                self._changed.notify_all()
        return folder

    def _listed(self, source: str, target: str) -> _Folder | None:
        files = []
        for entry in recordings_in(source):
            status = entry.stat(follow_symlinks=False)
            files.append(_File(entry.name, status.st_size, status.st_mtime))
        if not files:
            return None
        files.sort(key=lambda file: file.name)
        return _Folder(source, target, deque(files), self._present(target))

    def _present(self, target: str) -> dict[str, "os.DirEntry[str]"]:
        """Return what the destination has, without what a copy of this PC left unfinished, which is removed."""
        try:
            entries = self._patiently(lambda: list(list_folder(target)))
        except FileNotFoundError:
            self._patiently(lambda: self._make_folder(target))
            return {}
        for entry in entries:
            if is_partial(entry.name, self._host):
                delete_file(self._destination, entry.path)
        return {entry.name: entry for entry in entries if is_recording(entry.name) and not entry.is_dir()}

    def _make_folder(self, target: str) -> None:
        if not self._is_counting:  # the root itself is never made here: it would hide a lost drive
            if not os.path.isdir(self._destination):
                raise OSError(errno.ENODEV, "the destination went away", self._destination)
            os.makedirs(target, exist_ok=True)

    def _handle(self, folder: _Folder, file: _File) -> None:
        source, target = os.path.join(folder.source, file.name), os.path.join(folder.target, file.name)
        try:
            if self._is_there(folder, file, source, target):
                return
            if 0 <= time.time() - file.modified < _YOUNG_SECONDS:
                self._tally.add(waiting=1)
            elif self._is_counting:
                self._tally.add(left=1, left_bytes=file.size)
            else:
                self._copy(folder, source, target)
        except SourceChanged:
            self._tally.add(waiting=1)
        except OSError as error:
            self._note_failure(source, error, file.size)

    def _is_there(self, folder: _Folder, file: _File, source: str, target: str) -> bool:
        entry = folder.present.get(file.name)
        if entry is None:
            return False
        size = self._patiently(lambda: file_size(entry))
        if size < file.size:
            return False
        if size > file.size:
            self._note_conflict(f"{target}: longer than its source ({size} and {file.size} bytes), left alone")
        elif self._options.is_verified and file_hash(source) != self._patiently(lambda: file_hash(target)):
            self._note_conflict(f"{target}: as long as its source, but different, left alone")
        else:
            self._tally.add(present=1)
        return True

    def _copy(self, folder: _Folder, source: str, target: str) -> None:
        def copy() -> int:
            try:
                return copy_file(source, target, throttle=self._throttle, is_verified=self._options.is_verified)
            except FileNotFoundError:
                if not os.path.exists(source) or not os.path.isdir(self._destination):
                    raise
                os.makedirs(folder.target, exist_ok=True)  # an emptied folder may have been cleaned away meanwhile
                return copy_file(source, target, throttle=self._throttle, is_verified=self._options.is_verified)

        size = self._patiently(copy)
        self._tally.add(copied=1, copied_bytes=size)

    def _patiently(self, ask: "Callable[[], Answer]") -> "Answer":
        """Answer ``ask()``; where the whole destination is away, wait for it and ask again."""
        while True:
            try:
                return ask()
            except OSError as error:
                if _is_full(error):
                    self._begin_counting(FULL)
                    raise
                if os.path.isdir(self._destination) or self._is_ended:
                    raise
                if not self._absence.wait():
                    self._end(AWAY)
                    raise

    @property
    def _is_counting(self) -> bool:
        return self._counting_ends_at is not None

    def _look_at_clock(self) -> None:
        now = time.monotonic()
        if self._options.until is not None and now >= self._options.until and not self._is_counting:
            self._begin_counting(UNTIL)
        if self._counting_ends_at is not None and now >= self._counting_ends_at:
            self._end(self.count.ended_by)

    def _begin_counting(self, reason: str) -> None:
        """Copy nothing more, and use a minute to count what is left."""
        self.count.ended_by = self.count.ended_by or reason
        self._counting_ends_at = self._counting_ends_at or time.monotonic() + _COUNTING_SECONDS

    def _end(self, reason: str) -> None:
        self.count.ended_by = self.count.ended_by or reason
        self.count.is_left_complete = False
        self._is_ended = True

    def _note_conflict(self, text: str) -> None:
        self._tally.add(conflicts=1)
        self._tally.name(text)

    def _note_failure(self, path: str, error: OSError, size: int = 0) -> None:
        if self.count.ended_by in (FULL, AWAY):
            self._tally.add(left=1, left_bytes=size)
            return
        self._tally.add(failed=1)
        self._tally.name(f"{path}: {error.strerror or error}")


def _is_full(error: OSError) -> bool:
    return error.errno in _FULL_ERRNOS or getattr(error, "winerror", None) in _FULL_WINERRORS


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Answer = TypeVar("Answer")
