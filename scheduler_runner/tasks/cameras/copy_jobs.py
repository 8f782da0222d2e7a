"""What a copying worker does next: a file of its own folder, a new folder, a file of the fullest.

A folder takes one new file at a time, so workers spread over folders, and help out in others when none is left.
"""

import os
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from scheduler_runner.tasks.cameras.recordings import HourFolder

_LOOK_SECONDS = 0.5


@dataclass(slots=True)
class CopyFolder:
    """A folder in work: recordings that still wait for a worker, and what its destination has, by name in normcase."""

    day: str
    target: str
    files: "deque[os.DirEntry[str]]"
    present: dict[str, "os.DirEntry[str]"]


class OpenHour(NamedTuple):
    """List an hour's folder in the roots that have it, and at the destination."""

    hour: HourFolder
    roots: list[str]


class CopyOne(NamedTuple):
    """Deal with one recording."""

    folder: CopyFolder
    source: "os.DirEntry[str]"


class CopyJobs:
    """Hands out work to many threads. At most ``listers`` of them, set before they begin, list folders at a time."""

    def __init__(self, hours: Iterator[OpenHour]) -> None:
        self.listers = 1
        self._hours = hours
        self._opening = 0
        self._in_work: list[CopyFolder] = []
        self._is_listed = False
        self._is_ended = False
        self._changed = threading.Condition()

    def take(self, own: CopyFolder | None) -> "OpenHour | CopyOne | None":
        """Return what to do next; ``None``: there is nothing more. ``own`` is the folder that the worker opened."""
        with self._changed:
            while not self._is_ended:
                if own is not None and own.files:
                    return CopyOne(own, own.files.popleft())
                hour = self._next_hour()
                if hour is not None:
                    return hour
                self._in_work = [folder for folder in self._in_work if folder.files]
                if self._in_work:
                    fullest = max(self._in_work, key=lambda folder: len(folder.files))
                    return CopyOne(fullest, fullest.files.popleft())
                if self._is_listed and not self._opening:
                    return None
                self._changed.wait(_LOOK_SECONDS)
        return None

    def opened(self, folder: CopyFolder | None) -> None:
        """Take the files of an hour that was handed out; ``None`` where there are none."""
        with self._changed:
            self._opening -= 1
            if folder is not None and folder.files:
                self._in_work.append(folder)
            if self._in_work or self._is_listed or self.listers > 1:
                self._changed.notify_all()

    def end(self) -> None:
        """Hand out nothing more."""
        with self._changed:
            self._is_ended = True
            self._changed.notify_all()

    def _next_hour(self) -> OpenHour | None:
        if self._is_listed or self._opening >= self.listers:
            return None
        hour = next(self._hours, None)
        if hour is None:
            self._is_listed = True
            self._changed.notify_all()
        else:
            self._opening += 1
        return hour
