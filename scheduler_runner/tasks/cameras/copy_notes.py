"""What this PC knows of copying to a destination: what it copied, how fresh that is, what was told of it.

The notes are in ``logs/{user}/copies.sqlite3``. What was noted saves reading files again: where it is lost, contents
are compared, and nothing fails. Those on fresh copies alone are more: see :mod:`.copy_fresh`.
"""

import json
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from sqlite3 import Connection
from typing import Any, NamedTuple

from config.base_config import PATH_CONFIG
from scheduler_runner.system.clock import Moment, read_clock
from scheduler_runner.tasks.cameras.config.cameras_config import SCHEDULE
from scheduler_runner.tasks.cameras.copy_fresh import FreshCopies, is_same_boot
from scheduler_runner.tasks.cameras.copy_lock import whole_name
from scheduler_runner.tasks.cameras.layouts import Group
from scheduler_runner.tasks.cameras.same_recording import Note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Answer = TypeVar("Answer")

_DAYS_IN_MEMORY = 3
"""Groups are asked for by date, by many threads at once."""
_WRITE_SECONDS = 1.0
"""So long notes may wait in memory: a commit is waited for by a slow disk."""
_TOLD_BEFORE_SECONDS = 23 * 3600.0
"""A day, with some room for a plan's next run to begin a little earlier."""

logger = logging.getLogger(__name__)


GroupNotes = dict[str, dict[str, Note]]
"""Notes by recording root (:func:`root_key`), then by name in normcase."""


class GroupState(NamedTuple):
    """What was noted of a group of recordings."""

    notes: GroupNotes
    local: int = 0
    network: int = 0
    """How many there were on either side when it was last looked at."""


class CopyNotes(FreshCopies):
    """All notes on copies to one destination, in the file ``path``; safe for threads."""

    def __init__(self, destination: str, path: str, clock: "Callable[[], Moment]" = read_clock) -> None:
        super().__init__(whole_name(destination), path, clock)
        self._waiting: dict[tuple[str, str, str], _Change] = {}
        self._written_at = time.monotonic()
        self._is_given_up = False
        self._asked: set[tuple[str, str, str]] = set()
        self._days: dict[str, dict[tuple[str, str, str], tuple[int, int, str]]] = {}

    def of(self, group: Group) -> GroupState:
        """Return what was noted of a group; nothing where it cannot be read."""
        key = (group.folder, group.day, group.hour)
        with self._guard:
            self._asked.add(key)
            if group.day not in self._days:
                if len(self._days) >= _DAYS_IN_MEMORY:
                    del self._days[min(self._days)]
                self._days[group.day] = self._read_day(group.day)
            row = self._days[group.day].get(key)
        return _state(row) if row is not None else GroupState({})

    def _read_day(self, day: str) -> "dict[tuple[str, str, str], tuple[int, int, str]]":
        """Read all that was noted of a date: a question for each of its groups would take longer."""
        values = (self._destination, day)
        rows = self._gently(lambda: self._file.ask(lambda file: file.execute(_SELECT_DAY, values).fetchall()))
        return {(folder, day, hour): rest for folder, hour, *rest in rows or ()}

    def change(
        self,
        group: Group,
        notes: "Mapping[str, Mapping[str, Note | None]]",
        local: "int | None" = None,
        network: "int | None" = None,
        more_local: int = 0,
        more_network: int = 0,
    ) -> None:
        """Note, soon, what has changed in a group; ``None`` in the place of a note: it is gone.

        ``local`` and ``network`` are how many recordings there are on either side, ``more_...`` how many more (or
        fewer) than before.
        """
        with self._guard:
            key = (group.folder, group.day, group.hour)
            change = self._waiting.setdefault(key, _Change(group))
            for root, by_name in notes.items():
                change.notes.setdefault(root, {}).update(by_name)
            if local is not None:
                change.local, change.more_local = local, 0
            if network is not None:
                change.network, change.more_network = network, 0
            change.more_local += more_local
            change.more_network += more_network
            if time.monotonic() - self._written_at > _WRITE_SECONDS:
                self.write()

    def write(self) -> None:
        """Write what waits in memory."""
        with self._guard:
            waiting, self._waiting = self._waiting, {}
            for _, day, _ in waiting:
                self._days.pop(day, None)
            self._written_at = time.monotonic()
            if waiting:
                self._gently(lambda: self._file.write(lambda connection: self._write_changes(connection, waiting)))

    def forget_the_rest(self, roots: "Iterable[str]") -> None:
        """Drop the notes that some roots (:func:`root_key`) have in groups that were never asked for.

        For a run that has seen all of these roots: no such recording is there any more. How many copies there are
        stays on record.
        """
        self.write()

        def forget(file: Connection) -> None:
            for folder, day, hour, *row in file.execute(_SELECT_LOCAL, (self._destination,)).fetchall():
                if (folder, day, hour) not in self._asked:
                    others = {root: by_name for root, by_name in _state(row).notes.items() if root not in roots}
                    values = (sum(map(len, others.values())), _packed(others), self._destination, folder, day, hour)
                    file.execute(_FORGET, values)

        self._gently(lambda: self._file.write(forget))

    def close(self) -> None:
        """Write what waits, and let go of the file."""
        with self._guard:
            self.write()
            self._days = {}
            self._file.close()

    def _write_changes(self, connection: Connection, waiting: "Mapping[tuple[str, str, str], _Change]") -> None:
        for change in waiting.values():
            key = self._key(change.group)
            # Read again: a clean-up may have noted its doubts since the group was opened.
            row = connection.execute(_SELECT, key).fetchone()
            before = _state(row) if row is not None else GroupState({})
            notes = _merged(before.notes, change.notes)
            local = max(0, (before.local if change.local is None else change.local) + change.more_local)
            network = max(0, (before.network if change.network is None else change.network) + change.more_network)
            if notes or local or network:
                values = (change.group.kind, change.group.uid, local, network, _packed(notes))
                connection.execute("INSERT OR REPLACE INTO groups VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", key + values)
            else:
                connection.execute(_DELETE, key)

    def _key(self, group: Group) -> tuple[str, str, str, str]:
        return self._destination, group.folder, group.day, group.hour

    def end(self) -> None:
        """Note that all was counted, and once more what was noted by the clock: it may have been set meanwhile.

        A failure is for the log.
        """

        def end(file: Connection) -> None:
            self._set_hours_right(file)
            file.execute(_NOTE_COUNTED, (self._clock().wall, self._destination))

        self._gently(lambda: self._file.write(end))

    def root(self) -> tuple[str, str]:
        """Return the destination's id and the last day (``YYYY-MM-DD``) on which it was copied to; empty texts."""
        key = (self._destination,)
        row = self._gently(lambda: self._file.ask(lambda file: file.execute(_SELECT_ROOT, key).fetchone()))
        return (str(row[0]), str(row[1])) if row is not None else ("", "")

    def note_root(self, root_id: str, written_day: str) -> None:
        """Note by what the destination is known again, and on which day it was copied to."""
        values = (self._destination, root_id, written_day, self._clock().wall)
        self._gently(lambda: self._file.write(lambda file: file.execute(_NOTE_ROOT, values)))

    def was_told(self, root: str, what: str) -> bool:
        """Return whether :meth:`note_told` was called a day ago, or longer; ``False`` where that cannot be read."""
        key = (self._destination, root_key(root), what)
        row = self._gently(lambda: self._file.ask(lambda file: file.execute(_SELECT_TOLD, key).fetchone()))
        return row is not None and _seconds_since(row, self._clock()) >= _TOLD_BEFORE_SECONDS

    def note_told(self, root: str, what: str) -> None:
        """Note that people are told, now, what a clean-up of a root is going to do; the first time counts.

        One by a clock that was ahead counts from now on.
        """
        now = self._clock()
        key = (self._destination, root_key(root), what)

        def note(file: Connection) -> None:
            row = file.execute(_SELECT_TOLD, key).fetchone()
            if row is None or _seconds_since(row, now) < 0:
                file.execute(_NOTE_TOLD, (*key, now.wall, now.boot, now.since_boot))

        self._gently(lambda: self._file.write(note))

    def _gently(self, work: "Callable[[], Answer]") -> "Answer | None":
        """Answer ``work()``; ``None`` where that is not possible, which costs no more than comparisons."""
        if self._is_given_up:
            return None
        try:
            return work()
        except (sqlite3.Error, OSError, ValueError) as error:
            # Once: each folder would wait as long for whoever holds the file.
            self._is_given_up = True
            logger.warning("%s cannot be used, copies are compared instead: %s", self.path, error)
            return None


@dataclass(slots=True)
class _Change:
    """What waits to be written of a group."""

    group: Group
    notes: "dict[str, dict[str, Note | None]]" = field(default_factory=dict)
    local: "int | None" = None
    network: "int | None" = None
    more_local: int = 0
    more_network: int = 0


_SELECT = "SELECT local, network, noted FROM groups WHERE destination = ? AND folder = ? AND day = ? AND hour = ?"
_SELECT_DAY = "SELECT folder, hour, local, network, noted FROM groups WHERE destination = ? AND day = ?"
_DELETE = "DELETE FROM groups WHERE destination = ? AND folder = ? AND day = ? AND hour = ?"
_SELECT_LOCAL = """
SELECT folder, day, hour, local, network, noted FROM groups WHERE destination = ? AND (local > 0 OR noted != '{}')
"""
_FORGET = "UPDATE groups SET local = ?, noted = ? WHERE destination = ? AND folder = ? AND day = ? AND hour = ?"
_SELECT_ROOT = "SELECT root_id, written_day FROM roots WHERE destination = ?"
_NOTE_COUNTED = "UPDATE roots SET counted_at = ? WHERE destination = ?"
_SELECT_TOLD = "SELECT told_at, boot, up FROM told WHERE destination = ? AND root = ? AND what = ?"
_NOTE_TOLD = "INSERT OR REPLACE INTO told VALUES (?, ?, ?, ?, ?, ?)"
_NOTE_ROOT = "INSERT OR REPLACE INTO roots VALUES (?, ?, ?, ?)"


def notes_path() -> str:
    """Return the file of notes: among the logs of the account that copies, whoever asks."""
    return os.path.join(PATH_CONFIG["LOGS_ROOT"], str(SCHEDULE[0]["user"]).lower(), "copies.sqlite3")


def root_key(root: str) -> str:
    """Return by what a recording root is known in the notes."""
    return whole_name(root)


def _state(row: "Sequence[Any]") -> GroupState:
    """Read a group's row; notes that make no sense are none."""
    local, network, noted = row
    try:
        notes = {root: {name: Note(*note) for name, note in by.items()} for root, by in json.loads(noted).items()}
    except (ValueError, TypeError, AttributeError) as error:
        logger.warning("a note on copies makes no sense, it is dropped: %s", error)
        notes = {}
    return GroupState(notes, local, network)


def _merged(notes: GroupNotes, changes: "Mapping[str, Mapping[str, Note | None]]") -> GroupNotes:
    found = {root: dict(by_name) for root, by_name in notes.items()}
    for root, by_name in changes.items():
        here = found.setdefault(root, {})
        for name, note in by_name.items():
            if note is not None:
                here[name] = note
            else:
                here.pop(name, None)
    return {root: by_name for root, by_name in found.items() if by_name}


def _packed(notes: GroupNotes) -> str:
    """Return notes as they are stored, without what is as it mostly is."""
    return json.dumps({root: {name: _short(note) for name, note in by.items()} for root, by in notes.items()})


def _short(note: Note) -> "tuple[object, ...]":
    return tuple(note) if note.beside or note.is_doubted else tuple(note[:3])


def _seconds_since(row: "tuple[float, str, float]", now: Moment) -> float:
    """Return how long ago something was told: by the time since the PC's start where it is the same one."""
    told_at, boot, up = row
    return now.since_boot - up if is_same_boot(boot, up, now) else now.wall - told_at
