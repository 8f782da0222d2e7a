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
from scheduler_runner.tasks.cameras.layouts import Group, Layout, camera_key
from scheduler_runner.tasks.cameras.passed_over import PassedOver, Strangers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Answer = TypeVar("Answer")

Note = Callable[[str, OSError], None]
"""Takes a folder that cannot be read, so that it costs nothing but itself."""
Flat = dict[tuple[str, str], "list[os.DirEntry[str]]"]
"""The recordings of a flat folder by day and hour."""

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

    def may_lead_to(self, camera: tuple[str, str] | None) -> bool:
        """Return whether recordings of a camera, ``None``: of any, may lie below."""
        return camera is None or "uid" not in self.known or camera_key(self.layout.kind, self.known["uid"]) == camera

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


class RecordingRoot:
    """One recording root, as one run sees it; safe for threads once its days are known.

    ``note`` takes folders that cannot be read; where there is none, they raise. Nothing is read behind a link.
    """

    def __init__(self, path: str, note: "Note | None" = None) -> None:
        self.path = path
        self._note = note
        self._flat: dict[str, Flat] = {}
        self._strangers = Strangers()
        self._guard = threading.Lock()

    def days(self, only: tuple[str, str] | None = None) -> list[Day]:
        """Return every day of every camera, oldest first. Raises ``OSError`` where the root cannot be read.

        ``only``: of one camera, by its :func:`.layouts.camera_key`; the others' folders are not looked into.
        """
        found: list[Day] = []
        waiting = [[_Branch(layout, "", 0, {}) for layout in layouts.LAYOUTS]]
        while waiting:
            here = waiting.pop()
            for entered in self._noted(here[0].folder, self._enter, here):
                branches = [branch for branch in entered if branch.may_lead_to(only)]
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
            self._strangers.note(group.folder, [entry for entry in listed if entry.name not in names])
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

    def passed_over(self) -> PassedOver:
        """Return what was met so far and is read by nobody; strange folders are counted now."""
        return self._strangers.count(self._entries)

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
        flat = [branch.layout for branch in here if branch.has_recordings]  # others know their day and are not entered
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
        self._strangers.note(folder, others)
        return entered

    def _flat_days(self, here: Sequence[_Branch]) -> Iterator[Day]:
        for branch in here:
            if branch.has_recordings:
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


def days_by_date(root: RecordingRoot) -> dict[str, list[Day]]:
    """Return all cameras' days by date, oldest first; errors as with :meth:`RecordingRoot.days`."""
    found: dict[str, list[Day]] = {}
    for day in root.days():
        found.setdefault(day.day, []).append(day)
    return found


def days_by_camera(
    roots: Iterable[RecordingRoot], note: Note, only: tuple[str, str] | None = None
) -> dict[tuple[str, str], list[tuple[Day, RecordingRoot]]]:
    """Return each camera's days with their roots, by :func:`.layouts.camera_key`.

    ``note`` takes the roots that cannot be read. ``only``: of one camera.
    """
    found: dict[tuple[str, str], list[tuple[Day, RecordingRoot]]] = {}
    for root in roots:
        try:
            for day in root.days(only):
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
