"""Where the copy of a recording belongs, and whether it is there already.

Its own name is right unless another recording has it: then both stay, and the copy goes beside, under a name that
tells its content. See :mod:`.same_recording` for when two files are the same.
"""

import os
from collections.abc import Sequence
from typing import NamedTuple

from scheduler_runner.system.filesystem import file_size
from scheduler_runner.tasks.cameras.copy_limits import Pulse
from scheduler_runner.tasks.cameras.copy_queue import CopyFolder, Source
from scheduler_runner.tasks.cameras.destination import Destination
from scheduler_runner.tasks.cameras.same_recording import (
    Action,
    Likeness,
    Look,
    Note,
    beside_name,
    compare,
    is_noted,
    look_before_copying,
    what_to_do,
)


class Place(NamedTuple):
    """A name in the destination's folder. ``is_read``: the copy there was found the same by its content."""

    name: str
    is_there: bool
    is_read: bool = False


class Places:
    """Finds the places of recordings in one destination; with ``is_verified`` all contents are compared."""

    def __init__(self, destination: Destination, pulse: Pulse, *, is_verified: bool) -> None:
        self._destination = destination
        self._pulse = pulse
        self._is_verified = is_verified

    def are_settled(self, folder: CopyFolder, same_name: "Sequence[Source]") -> bool:
        """Return whether recordings of one name are known to have their copies by what listing and notes tell.

        Where there are several, each needs its note: without one, any of them would pass for the copy's source.
        """
        return all(
            self._is_settled(folder, source) and (len(same_name) == 1 or folder.note_of(source) is not None)
            for source in same_name
        )

    def _is_settled(self, folder: CopyFolder, source: Source) -> bool:
        note = folder.note_of(source)
        copy = folder.copy(note.beside or source.name) if note is not None else folder.present.get(source.name)
        if copy is None:
            return False
        try:
            copy_size = copy.stat(follow_symlinks=False).st_size
            status = source.entry.stat(follow_symlinks=False)
        except OSError:
            return False  # looked at more closely later
        if copy_size != status.st_size:
            return False
        return note is None or look_before_copying(*_age(status), copy_size, note, False) is Look.NOTHING

    def find(self, folder: CopyFolder, source: Source, settled: "Sequence[tuple[Source, str]]") -> Place:
        """Return the place of a recording's copy. Raises ``OSError``.

        ``settled`` are recordings of the same name on other local disks, with the names of their copies.
        """
        status = source.entry.stat(follow_symlinks=False)
        note, name = folder.note_of(source), source.entry.name
        if note is not None and note.beside and folder.copy(note.beside) is not None:
            name = note.beside
        is_known = note is not None and is_noted(*_age(status), note) and folder.copy(name) is not None
        twin = "" if is_known else self._twin(source, status.st_size, settled)
        if twin:
            return Place(twin, is_there=True, is_read=True)
        if os.path.normcase(name) not in {os.path.normcase(place) for _, place in settled}:
            place = self._judged(folder, source, name, note)
            if place is not None:
                return place
        return self._beside(folder, source, status.st_size, is_doubted=note is not None and note.is_doubted)

    def _twin(self, source: Source, size: int, settled: "Sequence[tuple[Source, str]]") -> str:
        """Return the copy of the same recording on another local disk; near, so that the far copy need not be read."""
        for other, place in settled:
            look = Look.ENDS if file_size(other.entry) == size else Look.WHOLE
            likeness = compare(source.entry.path, other.entry.path, look, self._pulse.beat)
            if likeness in (Likeness.SAME, Likeness.SOURCE_CUT):
                return place
        return ""

    def _judged(self, folder: CopyFolder, source: Source, name: str, note: "Note | None") -> "Place | None":
        """Return the place by a name if it is free, has the copy, or a broken one; ``None``: it is another's."""
        copy = folder.copy(name)
        if copy is None:
            return Place(name, is_there=False)
        is_own_name = name == source.entry.name
        if is_own_name and note is not None and note.beside:
            look, note = Look.WHOLE, None  # it was another's when the copy, which is gone, was put beside it
        else:
            copy_size = self._destination.patiently(lambda: file_size(copy))
            status = source.entry.stat(follow_symlinks=False)
            look = look_before_copying(*_age(status), copy_size, note, self._is_verified)
        if look is Look.NOTHING:
            return Place(name, is_there=True)
        likeness = self._compare(source, copy, look)
        action = what_to_do(likeness, look, note)
        if action is Action.LEAVE:
            return Place(name, is_there=True, is_read=likeness is Likeness.SAME)
        return Place(name, is_there=False) if action is Action.REPLACE and is_own_name else None

    def _beside(self, folder: CopyFolder, source: Source, size: int, *, is_doubted: bool) -> Place:
        """Return the place beside; what is there under its name is ours, so whatever is not whole is replaced."""
        name = beside_name(source.entry.path, self._pulse.beat)
        copy = folder.copy(name)
        if copy is None or self._destination.patiently(lambda: file_size(copy)) != size:
            return Place(name, is_there=False)
        if self._is_verified or is_doubted:
            return Place(name, is_there=self._compare(source, copy, Look.WHOLE) is Likeness.SAME, is_read=True)
        return Place(name, is_there=True, is_read=True)

    def _compare(self, source: Source, copy: "os.DirEntry[str]", look: Look) -> Likeness:
        return self._destination.patiently(lambda: compare(source.entry.path, copy.path, look, self._pulse.beat))


def _age(status: os.stat_result) -> tuple[int, float]:
    return status.st_size, status.st_mtime
