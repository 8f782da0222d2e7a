"""Read a recording root: which days and groups there are, their recordings, and what no layout understands.

A far drive answers each question after 20-200 ms: each folder is listed once, one of a day's hours only when it is
asked for.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from scheduler_runner.system.filesystem import is_linked
from scheduler_runner.tasks.cameras import layouts
from scheduler_runner.tasks.cameras.layouts import Group, Layout, camera_key, is_passed_over

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Answer = TypeVar("Answer")

Note = Callable[[str, OSError], None]
"""Takes a folder that cannot be read, so that it costs nothing but itself."""
Flat = dict[tuple[str, str], "list[os.DirEntry[str]]"]
"""The recordings of a flat folder by day and hour."""
_MOST_LISTINGS = 200

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Branch:
    """A folder on the way to recordings of one layout, and what its path tells."""

    layout: Layout
    folder: str
    depth: int
    known: Mapping[str, str]

    def step(self, name: str) -> "_Branch | None":
        known = self.layout.step(self.known, self.depth, name)
        if known is None:
            return None
        return _Branch(self.layout, os.path.join(self.folder, name), self.depth + 1, known)

    @property
    def has_recordings(self) -> bool:
        return self.depth == len(self.layout.levels)

    def group(self, day: str, hour: str) -> Group:
        return Group(day, hour, self.layout.kind, self.known["uid"], self.folder, self.layout)


@dataclass(frozen=True, slots=True, order=True)
class Day:
    """One camera's groups of one day below one folder; a camera may have several."""

    day: str
    """``YYYYMMDD``."""
    kind: str
    uid: str
    folder: str
    groups: "tuple[Group, ...]" = field(compare=False)
    """Those that are known already."""
    branch: "_Branch | None" = field(compare=False, default=None)
    """Where the others are looked up when they are asked for."""


@dataclass(frozen=True, slots=True)
class Strange:
    """Files that no layout understands."""

    files: int = 0
    example: str = ""
    """A file or folder, relative to its root."""
    is_complete: bool = True
    """``False``: there are more."""


class RecordingRoot:
    """One recording root, as one run sees it; safe for threads once its days are known.

    ``note`` takes folders that cannot be read; where there is none, they raise. Nothing is read behind a link.
    """

    def __init__(self, path: str, note: "Note | None" = None) -> None:
        self.path = path
        self.links: set[str] = set()
        """Links and junctions that were met, relative to the root."""
        self._note = note
        self._flat: dict[str, Flat] = {}
        self._strange_files: dict[str, tuple[int, str]] = {}
        self._strange_folders: set[str] = set()
        self._guard = threading.Lock()

    def days(self) -> list[Day]:
        """Return every day of every camera, oldest first. Raises ``OSError`` where the root cannot be read."""
        found: list[Day] = []
        waiting = [[_Branch(layout, "", 0, {}) for layout in layouts.LAYOUTS]]
        while waiting:
            here = waiting.pop()
            for branches in self._noted(here[0].folder, self._enter, here):
                found += [_dated(branch) for branch in branches if "day" in branch.known]
                undated = [branch for branch in branches if "day" not in branch.known]
                if undated:
                    waiting.append(undated)
            found += self._flat_days(here)
        return sorted(found)

    def groups_of(self, day: Day) -> list[Group]:
        """Return a day's groups, oldest first; they are looked up now where they are not known yet.

        Raises ``OSError``.
        """
        return sorted([*day.groups, *(self._groups_below(day.branch) if day.branch is not None else ())])

    def groups(self) -> Iterator[Group]:
        """Yield every group, oldest first; errors as with :meth:`days`."""
        for _, same_day in groupby(self.days(), key=lambda day: day.day):
            yield from sorted(group for day in same_day for group in self._noted(day.folder, self.groups_of, day))

    def recordings(self, group: Group) -> "list[os.DirEntry[str]]":
        """Return the recordings of a group, which may come from another root, in no order. Raises ``OSError``."""
        if group.is_flat:
            return self._flat_folder(group).get((group.day, group.hour), [])
        is_named = group.layout.is_recording_name
        with os.scandir(self.folder(group)) as entries:
            listed = list(entries)
        found = [entry for entry in listed if is_named(entry.name) and entry.is_file(follow_symlinks=False)]
        if len(found) < len(listed):
            names = {entry.name for entry in found}
            self._note_strange(group.folder, [entry for entry in listed if entry.name not in names])
        return found

    def first_recording(self, day: Day) -> "os.DirEntry[str] | None":
        """Return the first recording of a day that is found; reads no further. Raises ``OSError``."""
        return next(filter(None, map(self._first_recording, self.groups_of(day))), None)

    def folder(self, group: Group) -> str:
        """Return the folder of a group's recordings."""
        return os.path.join(self.path, group.folder)

    def is_only_missing(self, error: OSError) -> bool:
        """Return whether an error says that something below the root is not there, and not that the root went away."""
        return isinstance(error, FileNotFoundError) and os.path.isdir(self.path)

    def blamed(self, error: OSError, folder: str) -> str:
        """Return what cannot be read: a folder, or the root where that went away."""
        return self.path if isinstance(error, FileNotFoundError) else os.path.join(self.path, folder)

    def strange(self) -> Strange:
        """Count the files that were met and that no layout understands, those in strange folders as well."""
        files = sum(number for number, _ in self._strange_files.values())
        examples = [os.path.join(folder, name) for folder, (_, name) in self._strange_files.items()]
        waiting = sorted(self._strange_folders)
        listings = 0
        while waiting and listings < _MOST_LISTINGS:
            listings += 1
            folder = waiting.pop()
            entries = [entry for entry in self._entries(folder) if not is_passed_over(entry.name)]
            waiting += [os.path.join(folder, entry.name) for entry in entries if _is_folder(entry)]
            names = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
            files += len(names)
            examples += [os.path.join(folder, min(names))] if names else []
        return Strange(files, min(examples, default=""), not waiting)

    def _first_recording(self, group: Group) -> "os.DirEntry[str] | None":
        if group.is_flat:
            return next(iter(self.recordings(group)), None)
        with os.scandir(self.folder(group)) as entries:
            return next((entry for entry in entries if _is_recording(entry, group.layout)), None)

    def _enter(self, here: Sequence[_Branch]) -> list[list[_Branch]]:
        """List the folder of some branches, and return its folders: each with the branches that go on there.

        The recordings of a flat folder are kept, in the day and hour of each.
        """
        folder = here[0].folder
        flat = [branch.layout for branch in here if branch.has_recordings and branch.layout.is_flat]
        by_hour: Flat = {}
        entered: list[list[_Branch]] = []
        others: list[os.DirEntry[str]] = []
        for entry in self._entries(folder):
            if _is_folder(entry):
                steps = [step for branch in here if (step := branch.step(entry.name)) is not None]
                if steps:
                    entered.append(steps)
                    continue
            hour = next(filter(None, (layout.hour_of(entry.name) for layout in flat)), None)
            if hour is not None and entry.is_file(follow_symlinks=False):
                by_hour.setdefault(hour, []).append(entry)
            else:
                others.append(entry)
        if flat:
            self._flat[folder] = by_hour
        self._note_strange(folder, others)
        return entered

    def _flat_days(self, here: Sequence[_Branch]) -> Iterator[Day]:
        for branch in here:
            if branch.has_recordings and branch.layout.is_flat:
                groups = sorted(branch.group(*hour) for hour in self._flat.get(branch.folder, ()))
                for day, same_day in groupby(groups, key=lambda group: group.day):
                    yield Day(day, branch.layout.kind, branch.known["uid"], branch.folder, tuple(same_day))

    def _flat_folder(self, group: Group) -> Flat:
        """Return a flat folder's recordings, listed at most once."""
        with self._guard:
            if group.folder not in self._flat:
                by_hour: Flat = {}
                with os.scandir(self.folder(group)) as entries:
                    for entry in entries:
                        hour = group.layout.hour_of(entry.name)
                        if hour is not None and entry.is_file(follow_symlinks=False):
                            by_hour.setdefault(hour, []).append(entry)
                self._flat[group.folder] = by_hour
            return self._flat[group.folder]

    def _groups_below(self, branch: _Branch) -> Iterator[Group]:
        for (step,) in self._enter([branch]):
            if step.has_recordings:
                yield step.group(step.known["day"], step.known.get("hour", ""))
            else:
                yield from self._groups_below(step)

    def _entries(self, folder: str) -> "list[os.DirEntry[str]]":
        """Return what is in a folder: nothing where that is missing, but not where the root went away."""
        try:
            with os.scandir(os.path.join(self.path, folder)) as entries:
                return list(entries)
        except OSError as error:
            if folder and self.is_only_missing(error):
                return []
            raise

    def _noted(self, folder: str, ask: "Callable[..., list[Answer]]", *arguments: object) -> "list[Answer]":
        """Answer ``ask()``; a folder that cannot be read is noted and costs nothing but itself. The root raises."""
        try:
            return ask(*arguments)
        except OSError as error:
            if not folder or self._note is None:
                raise
            self._note(self.blamed(error, folder), error)
            return []

    def _note_strange(self, folder: str, entries: "Iterable[os.DirEntry[str]]") -> None:
        names = []
        for entry in entries:
            path = os.path.join(folder, entry.name)
            if is_passed_over(entry.name):
                continue
            if is_linked(entry):
                self.links.add(path)
            elif _is_folder(entry):
                self._strange_folders.add(path)
            else:
                names.append(entry.name)
        if names:
            self._strange_files[folder] = len(names), min(names)


def days_by_date(root: RecordingRoot) -> dict[str, list[Day]]:
    """Return all cameras' days by date, oldest first; errors as with :meth:`RecordingRoot.days`."""
    found: dict[str, list[Day]] = {}
    for day in root.days():
        found.setdefault(day.day, []).append(day)
    return found


def days_by_camera(
    roots: Iterable[RecordingRoot], note: Note
) -> dict[tuple[str, str], list[tuple[Day, RecordingRoot]]]:
    """Return each camera's days with their roots, by :func:`.layouts.camera_key`.

    ``note`` takes the roots that cannot be read.
    """
    found: dict[tuple[str, str], list[tuple[Day, RecordingRoot]]] = {}
    for root in roots:
        try:
            for day in root.days():
                found.setdefault(camera_key(day.kind, day.uid), []).append((day, root))
        except OSError as error:
            note(root.path, error)
    return found


def require_readable(root: str) -> None:
    """Raise ``OSError`` where a root cannot be read, or is gone."""
    with os.scandir(root):
        pass


def _dated(branch: _Branch) -> Day:
    known, layout = branch.known, branch.layout
    if not branch.has_recordings:
        return Day(known["day"], layout.kind, known["uid"], branch.folder, (), branch)
    group = branch.group(known["day"], known.get("hour", ""))
    return Day(group.day, group.kind, group.uid, group.folder, (group,))


def _is_recording(entry: "os.DirEntry[str]", layout: Layout) -> bool:
    return layout.is_recording_name(entry.name) and entry.is_file(follow_symlinks=False)


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    """Return whether an entry is a folder, and no junction of Windows."""
    return entry.is_dir(follow_symlinks=False) and not is_linked(entry)
