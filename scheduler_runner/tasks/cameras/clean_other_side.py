"""What the other side has of old recordings: copies of local ones, originals of those in the network root."""

import errno
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from scheduler_runner.system.filesystem import file_size
from scheduler_runner.tasks.cameras.copy_fresh import ALL_DATES
from scheduler_runner.tasks.cameras.copy_notes import CopyNotes, root_key
from scheduler_runner.tasks.cameras.layouts import Group
from scheduler_runner.tasks.cameras.may_delete import Copy, Notes
from scheduler_runner.tasks.cameras.recording_root import RecordingRoot
from scheduler_runner.tasks.cameras.same_recording import (
    Likeness,
    Look,
    Note,
    beside_name,
    compare,
    look_before_deleting,
    own_name,
)

Files = dict[str, "os.DirEntry[str]"]
"""By name in normcase."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known of the other side of some recordings; one that is not named needs nothing of it."""

    copies: dict[str, Copy] = field(default_factory=dict)
    notes: Notes = field(default_factory=Notes)
    noted: "dict[str, tuple[Note, os.DirEntry[str]]]" = field(default_factory=dict)
    """Those that count as saved by their notes alone, each with the note and the copy."""


class Originals:
    """The local roots, where the network root is cleaned; or nothing that is asked for."""

    def __init__(self, roots: Sequence[str], notes: "CopyNotes | None") -> None:
        self._roots = [RecordingRoot(root) for root in roots]
        self._notes = notes

    def judge(self, group: Group, recordings: "Sequence[os.DirEntry[str]]") -> Judged:
        """Return which recordings are copies of what a local root has still. Raises ``OSError``."""
        if not recordings or not self._roots:
            return Judged()
        local = {name for root in self._roots for name in _names(root, group)}
        names = (entry.name for entry in recordings)
        return Judged({name: Copy.ORIGINAL for name in names if {_folded(name), _folded(own_name(name))} & local})

    def prove(self, group: Group, judged: Judged, going: "Sequence[os.DirEntry[str]]") -> bool:
        """Return ``True``: there is nothing to prove."""
        return True

    def forget(self, group: Group, names: Sequence[str]) -> None:
        """Note that there are fewer copies."""
        if self._notes is not None and names:
            self._notes.change(group, {}, more_network=-len(names))


class Copies:
    """The network root, where a local root is cleaned. Each recording needs its copy there, and not by its name alone.

    ``note_failure`` takes what cannot be read. What is found broken or different is noted, unless it is a dry run: the
    next copy puts it right.
    """

    def __init__(
        self,
        local: RecordingRoot,
        network_root: str,
        notes: CopyNotes,
        note_failure: Callable[[str, Exception], None],
        *,
        is_dry_run: bool,
    ) -> None:
        self._local = local
        self._network = RecordingRoot(network_root)
        self._notes = notes
        self._root = root_key(local.path)
        self._note_failure = note_failure
        self._is_dry_run = is_dry_run

    def judge(self, group: Group, recordings: "Sequence[os.DirEntry[str]]") -> Judged:
        """Return what is known of the copies of some recordings; reads what the notes do not tell. Raises ``OSError``.

        Raises :class:`.copy_notes.NotNoted` where it cannot be told which copies are fresh.
        """
        if not recordings:
            return Judged()
        files = self._files(group)
        notes = self._notes.of(group).notes.get(self._root, {})
        copies, noted, doubts = {}, {}, {}
        for entry in recordings:
            note = notes.get(_folded(entry.name))
            copy = files.get(_folded(note.beside if note is not None and note.beside else entry.name))
            copies[entry.name] = self._judge(entry, copy, note, files)
            if copies[entry.name] is Copy.DIFFERENT:
                doubts[_folded(entry.name)] = _doubted(entry, note)
            elif note is not None and copy is not None and _is_known(entry, copy, note):
                noted[entry.name] = note, copy
        self._doubt(group, doubts)
        # Asked after the listing: a copy that is under way notes before it writes.
        fresh = self._notes.fresh()
        fresh_from = min(fresh.get(day, float("inf")) for day in (group.day, ALL_DATES))
        return Judged(copies, Notes(fresh_from), noted)

    def prove(self, group: Group, judged: Judged, going: "Sequence[os.DirEntry[str]]") -> bool:
        """Read the ends of one copy that is known by its note alone, the latest; return whether it is what it was.

        A drive that lies, or an older state of the root that was put back, shows in any of them.
        """
        names = {entry.name: entry for entry in going if entry.name in judged.noted}
        if not names:
            return True
        latest = max(names, key=lambda name: (judged.noted[name][0].copied, name))
        _, copy = judged.noted[latest]
        try:
            if compare(names[latest].path, copy.path, Look.ENDS) is Likeness.SAME:
                return True
        except OSError as error:
            self._note_failure(copy.path, error)
            return False
        # Nothing that was noted of this group is worth much any more.
        self._doubt(group, {_folded(name): _doubted(entry, judged.noted[name][0]) for name, entry in names.items()})
        return False

    def forget(self, group: Group, names: Sequence[str]) -> None:
        """Drop the notes of recordings that are gone."""
        if names:
            self._notes.change(group, {self._root: dict.fromkeys(map(_folded, names))}, more_local=-len(names))

    def _judge(
        self, entry: "os.DirEntry[str]", copy: "os.DirEntry[str] | None", note: "Note | None", files: Files
    ) -> Copy:
        found = Copy.MISSING
        try:
            if copy is not None:
                found = self._look_at(entry, copy, note)
            if found is Copy.SAME or not any(own_name(name) == _folded(entry.name) != name for name in files):
                return found
            beside = files.get(_folded(beside_name(entry.path)))
            if beside is not None and self._look_at(entry, beside, None) is Copy.SAME:
                return Copy.SAME
        except OSError as error:
            if not os.path.isdir(self._network.path):
                raise
            self._note_failure(copy.path if copy is not None else entry.path, error)
        return found

    def _look_at(self, entry: "os.DirEntry[str]", copy: "os.DirEntry[str]", note: "Note | None") -> Copy:
        copy_size = file_size(copy)
        if copy_size < file_size(entry):
            return Copy.MISSING
        look = look_before_deleting(*_age(entry), copy_size, note)
        if look is Look.NOTHING or compare(entry.path, copy.path, look) in (Likeness.SAME, Likeness.SOURCE_CUT):
            return Copy.SAME
        return Copy.DIFFERENT

    def _files(self, group: Group) -> Files:
        """Return what the network root has of a group: nothing where that is the very folder, by whatever way."""
        try:
            if os.path.samefile(self._local.folder(group), self._network.folder(group)):
                return {}
            return {_folded(entry.name): entry for entry in self._network.recordings(group)}
        except FileNotFoundError as error:
            if not os.path.isdir(self._network.path):
                raise OSError(errno.ENODEV, "the network root went away", self._network.path) from error
            return {}

    def _doubt(self, group: Group, doubts: "dict[str, Note]") -> None:
        if doubts and not self._is_dry_run:
            self._notes.change(group, {self._root: {**doubts}})


def _is_known(entry: "os.DirEntry[str]", copy: "os.DirEntry[str]", note: Note) -> bool:
    """Return whether a recording counts as saved without a look at its copy."""
    return look_before_deleting(*_age(entry), file_size(copy), note) is Look.NOTHING


def _doubted(entry: "os.DirEntry[str]", note: "Note | None") -> Note:
    size, written = _age(entry)
    return (note or Note(size, int(written)))._replace(is_doubted=True)


def _age(entry: "os.DirEntry[str]") -> tuple[int, float]:
    status = entry.stat(follow_symlinks=False)
    return status.st_size, status.st_mtime


def _folded(name: str) -> str:
    return os.path.normcase(name)


def _names(root: RecordingRoot, group: Group) -> list[str]:
    try:
        return [_folded(entry.name) for entry in root.recordings(group)]
    except FileNotFoundError:
        return []
