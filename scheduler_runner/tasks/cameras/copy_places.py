"""Where the copy of a recording belongs, and whether it is there already.

Its own name is right unless another recording has it: then both stay, and the copy goes beside, under a name that
tells its content. See :mod:`.same_recording` for when two files are the same.
"""

import os
import time
from collections import Counter
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

    def unsettled(
        self, folder: CopyFolder, found: "Sequence[tuple[str, list[os.DirEntry[str]]]]", until: float
    ) -> "list[list[Source]]":
        """Return the recordings that listing and notes alone do not show to be copied, those of one name together.

        ``found`` has the recordings of each root; what is not looked at until then (:func:`time.perf_counter`) counts
        as unsettled. This is all that most recordings ever get, so it goes through them without a detour.
        """
        unsettled: dict[str, list[Source]] = {}
        names = Counter(os.path.normcase(entry.name) for _, entries in found for entry in entries) if found[1:] else {}
        for root, entries in found:
            notes = folder.notes.get(root, {})
            for entry in entries:
                name = os.path.normcase(entry.name)
                note = notes.get(name)
                copy = folder.present.get(name) if note is None or not note.beside else folder.copy(note.beside)
                is_settled = (
                    copy is not None
                    and time.perf_counter() < until
                    and (note is not None or names.get(name, 1) == 1)  # of several, any would pass for its source
                    and _is_known(entry, copy, note)
                )
                if not is_settled:
                    unsettled.setdefault(name, []).append(Source(entry, root))
        for name in unsettled if found[1:] else ():
            unsettled[name] = [
                Source(entry, root)
                for root, entries in found
                for entry in entries
                if os.path.normcase(entry.name) == name
            ]
        return [unsettled[name] for name in sorted(unsettled)]

    def find(self, folder: CopyFolder, source: Source, settled: "Sequence[tuple[Source, str]]") -> Place:
        """Return the place of a recording's copy. Raises ``OSError``.

        ``settled`` are recordings of the same name on other local disks, with the names of their copies.
        """
        status = source.entry.stat(follow_symlinks=False)
        note, name = folder.note_of(source), source.entry.name
        if note is not None and folder.copy(note.beside) is not None:  # no file has no name
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


def _is_known(entry: "os.DirEntry[str]", copy: "os.DirEntry[str]", note: "Note | None") -> bool:
    try:
        copy_size = copy.stat(follow_symlinks=False).st_size
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return False  # looked at more closely later
    size, written = status.st_size, status.st_mtime
    if note is None or (note.written == int(written) and not note.is_doubted):
        return copy_size == size  # what the next line would answer, for nearly all in half the time
    return look_before_copying(size, written, copy_size, note, False) is Look.NOTHING


def _age(status: os.stat_result) -> tuple[int, float]:
    return status.st_size, status.st_mtime
