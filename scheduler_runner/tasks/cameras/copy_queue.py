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
from scheduler_runner.tasks.cameras.layouts import Group
from scheduler_runner.tasks.cameras.recording_root import RecordingRoot

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


class OpenGroup(NamedTuple):
    """List a group in the roots that have it, and at the destination."""

    group: Group
    roots: list[RecordingRoot]


class CopyOne(NamedTuple):
    """Deal with one recording."""

    folder: CopyFolder
    source: "os.DirEntry[str]"
    is_large: bool = False


class CopyJobs:
    """Hands out work to many threads; where ``is_over`` says so, only to be counted.

    At most ``listers`` of them, set before they begin, list folders at a time.
    """

    def __init__(self, groups: Iterator[OpenGroup], is_over: Callable[[], bool] = lambda: False) -> None:
        self.listers = 1
        self._is_over = is_over
        self._groups = groups
        self._opening = 0
        self._in_work: list[CopyFolder] = []
        self._large: deque[CopyOne] = deque()
        self._large_in_work = 0
        self._is_listed = False
        self._is_ended = False
        self._changed = threading.Condition()

    def take(self, own: CopyFolder | None) -> "OpenGroup | CopyOne | None":
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
                group = self._next_group()
                if group is not None:
                    return group
                self._in_work = [folder for folder in self._in_work if folder.files]
                if self._in_work:
                    fullest = max(self._in_work, key=lambda folder: len(folder.files))
                    return CopyOne(fullest, fullest.files.popleft())
                if self._is_listed and not self._opening and not self._large:
                    return None
                self._changed.wait(_LOOK_SECONDS)

    def opened(self, folder: CopyFolder | None) -> None:
        """Take the files of a group that was handed out; ``None`` where there are none."""
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

    def _next_group(self) -> OpenGroup | None:
        if self._is_listed or self._opening >= self.listers or len(self._large) >= _LARGE_WAITING:
            return None
        group = next(self._groups, None)
        if group is None:
            self._is_listed = True
            self._changed.notify_all()
        else:
            self._opening += 1
        return group


class Sources:
    """Reads some roots. ``note`` takes what cannot be read: a path and why."""

    def __init__(self, roots: Iterable[str], note: Callable[[str, Exception], None]) -> None:
        self._roots = [RecordingRoot(root, note) for root in roots]
        self._note = note

    def groups(self, first_day: str) -> Iterator[OpenGroup]:
        """Yield each group from a day (``YYYYMMDD``) on once, oldest first, with the roots that have it."""
        all_groups = merge(*map(self._groups_below, self._roots), key=lambda each: each[0])
        for (day, _), same_hour in groupby(all_groups, key=lambda each: (each[0].day, each[0].hour)):
            jobs: dict[str, OpenGroup] = {}
            for group, root in same_hour if day >= first_day else ():
                jobs.setdefault(os.path.normcase(group.folder), OpenGroup(group, [])).roots.append(root)
            yield from jobs.values()

    def is_root_there(self, path: str) -> bool:
        """Return whether the root of a recording is still a folder."""
        return any(path.startswith(os.path.join(root.path, "")) and os.path.isdir(root.path) for root in self._roots)

    def recordings(self, group: Group, roots: Sequence[RecordingRoot]) -> "dict[str, os.DirEntry[str]]":
        """Return a group's recordings, by name in :func:`os.path.normcase`; where two roots have it, the longer one."""
        found: dict[str, os.DirEntry[str]] = {}
        for root in roots:
            try:
                for entry in root.recordings(group):
                    name = os.path.normcase(entry.name)
                    other = found.get(name)
                    if other is None or file_size(entry) > file_size(other):
                        found[name] = entry
            except OSError as error:
                if not root.is_only_missing(error):  # else the clean-up took it
                    self._note(root.folder(group), error)
        return found

    def _groups_below(self, root: RecordingRoot) -> Iterator[tuple[Group, RecordingRoot]]:
        try:
            for group in root.groups():
                yield group, root
        except Exception as error:  # noqa: BLE001 - told: a listing that ends silently would look like success
            self._note(root.path, error)
