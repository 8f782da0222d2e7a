"""What a copying worker does next: a file of its own folder, a new folder, a file of the fullest.

A folder takes one new file at a time, so workers spread over folders, and help out in others when none is left. Large
files have a queue of their own: on a slow line many side by side would all be cut off by the evening, again and again.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from typing import NamedTuple

from scheduler_runner.system.filesystem import file_size
from scheduler_runner.tasks.cameras.layouts import HourFolder, hour_folders, is_only_missing, recordings_in

_LARGE_AT_A_TIME = 3
_LARGE_WAITING = 100
_LOOK_SECONDS = 0.5


@dataclass(slots=True)
class CopyFolder:
    """A folder in work: recordings that still wait for a worker, and what its destination has, by name in normcase."""

    day: str
    target: str
    files: "deque[os.DirEntry[str]]"
    large: "deque[os.DirEntry[str]]"
    present: dict[str, "os.DirEntry[str]"]


class OpenHour(NamedTuple):
    """List an hour's folder in the roots that have it, and at the destination."""

    hour: HourFolder
    roots: list[str]


class CopyOne(NamedTuple):
    """Deal with one recording."""

    folder: CopyFolder
    source: "os.DirEntry[str]"
    is_large: bool = False


class CopyJobs:
    """Hands out work to many threads; where ``is_over`` says so, only to be counted.

    At most ``listers`` of them, set before they begin, list folders at a time.
    """

    def __init__(self, hours: Iterator[OpenHour], is_over: Callable[[], bool] = lambda: False) -> None:
        self.listers = 1
        self._is_over = is_over
        self._hours = hours
        self._opening = 0
        self._in_work: list[CopyFolder] = []
        self._large: deque[CopyOne] = deque()
        self._large_in_work = 0
        self._is_listed = False
        self._is_ended = False
        self._changed = threading.Condition()

    def take(self, own: CopyFolder | None) -> "OpenHour | CopyOne | None":
        """Return what to do next; ``None``: there is nothing more. ``own`` is the folder that the worker opened.

        Of a large file :meth:`large_done` is to be told.
        """
        with self._changed:
            while True:
                is_over = self._is_over()  # asked also while all others are busy with what they began
                if self._is_ended:
                    return None
                if self._large and (is_over or self._large_in_work < _LARGE_AT_A_TIME):
                    self._large_in_work += 1
                    return self._large.popleft()
                if own is not None and own.files:
                    return CopyOne(own, own.files.popleft())
                hour = self._next_hour()
                if hour is not None:
                    return hour
                self._in_work = [folder for folder in self._in_work if folder.files]
                if self._in_work:
                    fullest = max(self._in_work, key=lambda folder: len(folder.files))
                    return CopyOne(fullest, fullest.files.popleft())
                if self._is_listed and not self._opening and not self._large:
                    return None
                self._changed.wait(_LOOK_SECONDS)

    def opened(self, folder: CopyFolder | None) -> None:
        """Take the files of an hour that was handed out; ``None`` where there are none."""
        with self._changed:
            self._opening -= 1
            if folder is not None:
                self._large.extend(CopyOne(folder, source, is_large=True) for source in folder.large)
                if folder.files:
                    self._in_work.append(folder)
            if self._in_work or self._large or self._is_listed or self.listers > 1:
                self._changed.notify_all()

    def large_done(self) -> None:
        """Let the next large file be begun."""
        with self._changed:
            self._large_in_work -= 1
            self._changed.notify_all()

    def end(self) -> bool:
        """Hand out nothing more; return whether something was left."""
        with self._changed:
            self._is_ended = True
            self._changed.notify_all()
            is_waiting = bool(self._large) or any(folder.files for folder in self._in_work)
            return is_waiting or not self._is_listed or self._opening > 0

    def _next_hour(self) -> OpenHour | None:
        if self._is_listed or self._opening >= self.listers or len(self._large) >= _LARGE_WAITING:
            return None
        hour = next(self._hours, None)
        if hour is None:
            self._is_listed = True
            self._changed.notify_all()
        else:
            self._opening += 1
        return hour


class Sources:
    """Reads some roots. ``note`` takes what cannot be read: a path and why."""

    def __init__(self, roots: Iterable[str], note: Callable[[str, Exception], None]) -> None:
        self._roots = list(roots)
        self._note = note

    def hours(self, first_day: str) -> Iterator[OpenHour]:
        """Yield each hour from a day (``YYYYMMDD``) on once, oldest first, with the roots that have it."""
        all_hours = merge(*map(self._hours_below, self._roots))
        for (day, _), same_hour in groupby(all_hours, key=lambda each: (each[0].day, each[0].hour)):
            jobs: dict[str, OpenHour] = {}
            for hour, root in same_hour if day >= first_day else ():
                jobs.setdefault(os.path.normcase(hour.path), OpenHour(hour, [])).roots.append(root)
            yield from jobs.values()

    def is_root_there(self, path: str) -> bool:
        """Return whether the root of a recording is still a folder."""
        return any(path.startswith(os.path.join(root, "")) and os.path.isdir(root) for root in self._roots)

    def recordings(self, hour: HourFolder, roots: Sequence[str]) -> "dict[str, os.DirEntry[str]]":
        """Return an hour's recordings, by name in :func:`os.path.normcase`; where two roots have it, the longer one."""
        found: dict[str, os.DirEntry[str]] = {}
        for root in roots:
            try:
                for entry in recordings_in(os.path.join(root, hour.path)):
                    name = os.path.normcase(entry.name)
                    other = found.get(name)
                    if other is None or file_size(entry) > file_size(other):
                        found[name] = entry
            except OSError as error:
                if not is_only_missing(error, root):  # else the clean-up took it
                    self._note(os.path.join(root, hour.path), error)
        return found

    def _hours_below(self, root: str) -> Iterator[tuple[HourFolder, str]]:
        try:
            for hour in hour_folders(root, self._note):
                yield hour, root
        except Exception as error:  # noqa: BLE001 - told: a listing that ends silently would look like success
            self._note(root, error)
