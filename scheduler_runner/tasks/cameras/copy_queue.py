"""What a copying worker does next: a file of its own folder, a new folder, a file of the fullest.

A folder takes one new file at a time, so workers spread over folders, and help out in others when none is left. Large
files have a queue of their own: on a slow line many side by side would all be cut off by the evening, again and again.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import merge
from itertools import groupby
from typing import NamedTuple

from scheduler_runner.tasks.cameras.copy_limits import Ending
from scheduler_runner.tasks.cameras.copy_notes import GroupNotes, root_key
from scheduler_runner.tasks.cameras.layouts import Group
from scheduler_runner.tasks.cameras.passed_over import PassedOver, all_together
from scheduler_runner.tasks.cameras.recording_root import RecordingRoot
from scheduler_runner.tasks.cameras.same_recording import Note

_LARGE_AT_A_TIME = 3
_LARGE_WAITING = 100
_LOOK_SECONDS = 0.5
_NEWEST_DATES = 2


class Source(NamedTuple):
    """A recording on a local disk."""

    entry: "os.DirEntry[str]"
    root: str
    """Its recording root, as the notes know it."""

    @property
    def name(self) -> str:
        """Its name as names are compared."""
        return os.path.normcase(self.entry.name)


@dataclass(slots=True)
class CopyFolder:
    """A folder in work: recordings that still wait for a worker, and what its destination has, by name in normcase.

    Recordings of several local roots that bear one name wait together: one after the other they find their places.
    """

    group: Group
    target: str
    present: dict[str, "os.DirEntry[str]"]
    notes: GroupNotes
    files: "deque[list[Source]]" = field(default_factory=deque)
    large: "deque[list[Source]]" = field(default_factory=deque)

    def note_of(self, source: Source) -> "Note | None":
        """Return what was noted of a recording."""
        return self.notes.get(source.root, {}).get(source.name)

    def copy(self, name: str) -> "os.DirEntry[str] | None":
        """Return the file of a name at the destination, as it was when the folder was listed."""
        return self.present.get(os.path.normcase(name))


class OpenGroup(NamedTuple):
    """List a group in the roots that have it, and at the destination."""

    group: Group
    roots: list[RecordingRoot]


class CopyOne(NamedTuple):
    """Deal with the recordings of one name: mostly one."""

    folder: CopyFolder
    sources: list[Source]
    is_large: bool = False


class CopyJobs:
    """Hands out work to many threads until there is none, or until the ``ending`` says so.

    At most ``listers`` of them, set before they begin, list folders at a time.
    """

    def __init__(self, groups: Iterator[OpenGroup], ending: Ending) -> None:
        self.listers = 1
        self._ending = ending
        self._groups = groups
        self._opening = 0
        self._in_work: list[CopyFolder] = []
        self._large: deque[CopyOne] = deque()
        self._large_in_work = 0
        self._is_listed = False
        self._changed = threading.Condition()

    def take(self, own: CopyFolder | None) -> "OpenGroup | CopyOne | None":
        """Return what to do next; ``None``: there is nothing more. ``own`` is the folder that the worker opened.

        Of a large file :meth:`large_done` is to be told.
        """
        with self._changed:
            while True:
                is_counting = self._ending.is_counting()  # asked also while all others are busy with what they began
                if self._ending.is_over:
                    return None
                if self._large and (is_counting or self._large_in_work < _LARGE_AT_A_TIME):
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
                self._large.extend(CopyOne(folder, sources, is_large=True) for sources in folder.large)
                if folder.files:
                    self._in_work.append(folder)
            if self._in_work or self._large or self._is_listed or self.listers > 1:
                self._changed.notify_all()

    def large_done(self) -> None:
        """Let the next large file be begun."""
        with self._changed:
            self._large_in_work -= 1
            self._changed.notify_all()

    def is_done(self) -> bool:
        """Return whether all was handed out; asked when nobody takes anything any more."""
        with self._changed:
            is_waiting = bool(self._large) or any(folder.files for folder in self._in_work)
            return self._is_listed and not is_waiting and not self._opening

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
        self._keys = {root.path: root_key(root.path) for root in self._roots}
        self._note = note

    @property
    def keys(self) -> list[str]:
        """By what the roots are known in the notes."""
        return list(self._keys.values())

    def groups(self, first_day: str) -> Iterator[OpenGroup]:
        """Yield each group from a day (``YYYYMMDD``) on once, oldest first, with the roots that have it.

        Those of a layout that came late are last, and of each camera the two newest dates first: months of recordings
        may lie there when it is understood for the first time, and keep nothing of today waiting.
        """
        late: list[OpenGroup] = []
        all_groups = merge(*map(self._groups_below, self._roots), key=lambda each: each[0])
        for (day, _), same_hour in groupby(all_groups, key=lambda each: (each[0].day, each[0].hour)):
            jobs: dict[str, OpenGroup] = {}
            for group, root in same_hour if day >= first_day else ():
                jobs.setdefault(os.path.normcase(group.folder), OpenGroup(group, [])).roots.append(root)
            late += (job for job in jobs.values() if job.group.layout.is_late)
            yield from (job for job in jobs.values() if not job.group.layout.is_late)
        yield from _newest_dates_first(late)

    def passed_over(self) -> PassedOver:
        """Return what of all that was listed is read by nobody."""
        return all_together(root.passed_over() for root in self._roots)

    def is_root_there(self, path: str) -> bool:
        """Return whether the root of a recording is still a folder."""
        return any(path.startswith(os.path.join(root.path, "")) and os.path.isdir(root.path) for root in self._roots)

    def recordings(self, group: Group, roots: Sequence[RecordingRoot]) -> "list[tuple[str, list[os.DirEntry[str]]]]":
        """Return a group's recordings for each root that has some, by which the notes know it."""
        found = []
        for root in roots:
            try:
                entries = root.recordings(group)
                if entries:
                    found.append((self._keys[root.path], entries))
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


def _newest_dates_first(jobs: Sequence[OpenGroup]) -> list[OpenGroup]:
    dates: dict[str, set[str]] = {}
    for job in jobs:
        dates.setdefault(job.group.uid, set()).add(job.group.day)
    newest = {uid: sorted(days)[-_NEWEST_DATES:] for uid, days in dates.items()}
    return sorted(jobs, key=lambda job: (job.group.day not in newest[job.group.uid], job.group))
