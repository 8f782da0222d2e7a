"""What this PC knows of copying to a destination: what it copied, how fresh that is, and whether it goes on now.

The notes are in ``logs/{user}/copies.sqlite3``, the lock that stands for a destination is in ``logs/locks/``. What
was noted saves reading files again: where it is lost, contents are compared, and nothing fails. One kind of note is
more: a recording that gets its copy *now* is noted before the copy is there, or it is not copied.
"""

import hashlib
import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from sqlite3 import Connection
from typing import Any, NamedTuple

from config.base_config import PATH_CONFIG
from scheduler_runner.errors import SchedulerError
from scheduler_runner.system.clock import Moment, read_clock
from scheduler_runner.system.filesystem import plain_path
from scheduler_runner.system.folders import ensure_plain_folder
from scheduler_runner.system.locks import try_lock
from scheduler_runner.tasks.cameras.config.cameras_config import SCHEDULE
from scheduler_runner.tasks.cameras.layouts import Group
from scheduler_runner.tasks.cameras.notes_file import NotesFile
from scheduler_runner.tasks.cameras.same_recording import Note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Answer = TypeVar("Answer")

_HOUR_SECONDS = 3600
_FRESH_HOURS = 12
_LONG_AGO = -1e18
_DAYS_IN_MEMORY = 3
"""Groups are asked for by date, by many threads at once."""
_WRITE_SECONDS = 1.0
"""So long notes may wait in memory: a commit is waited for by a slow disk."""
ALL_DATES = ""
"""In the place of a date where notes were lost."""

logger = logging.getLogger(__name__)


class NotNoted(SchedulerError):
    """That a recording gets its copy now cannot be noted: no ``OSError``, as it says nothing of the destination."""


GroupNotes = dict[str, dict[str, Note]]
"""Notes by recording root (:func:`root_key`), then by name in normcase."""


class GroupState(NamedTuple):
    """What was noted of a group of recordings."""

    notes: GroupNotes
    local: int = 0
    network: int = 0
    """How many there were on either side when it was last looked at."""


class CopyNotes:
    """The notes on copies to one destination, in the file ``path``; safe for threads."""

    def __init__(self, destination: str, path: str, clock: "Callable[[], Moment]" = read_clock) -> None:
        self._destination = _whole_name(destination)
        self.path = path
        self._file = NotesFile(path, self._take_all_for_fresh)
        self._clock = clock
        self._waiting: dict[tuple[str, str, str], _Change] = {}
        self._written_at = time.monotonic()
        self._is_given_up = False
        self._asked: set[tuple[str, str, str]] = set()
        self._days: dict[str, dict[tuple[str, str, str], tuple[int, int, str]]] = {}
        self._fresh: dict[tuple[str, int, str], float] = {}
        self._guard = threading.RLock()

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

    def begin(self) -> None:
        """Make ready for :meth:`note_fresh`: what cannot be noted had better be known before anything is copied.

        Belongs under the destination's lock. Raises :class:`NotNoted`.
        """
        self._strictly(lambda: self._file.write(self._set_hours_right))

    def note_fresh(self, day: str, written_at: float) -> None:
        """Note, before its copy is there, a recording of ``day`` (``YYYYMMDD``), written at a Unix time.

        Cloud drives write late: what they list as copied may still be on its way, so for some hours it is no reason
        to delete the recording. Raises :class:`NotNoted`.
        """
        now = self._clock()
        key = (day, _hour(now.wall), now.boot)
        with self._guard:
            if self._fresh.get(key, float("inf")) > written_at:
                values = (self._destination, *key, now.since_boot, written_at)
                self._strictly(lambda: self._file.write(lambda file: file.execute(_NOTE_FRESH, values)))
                self._fresh[key] = written_at

    def fresh(self) -> dict[str, float]:
        """Return the dates (``YYYYMMDD``) that got copies within twelve to thirteen hours.

        Each with the Unix time at which the oldest of these recordings was written: what was written before got none.
        So a camera whose clock starts each morning at the same date keeps that date from being cleaned for hours, not
        for ever. :data:`ALL_DATES` stands for every date. Raises :class:`NotNoted` where it cannot be read.
        """
        now = self._clock()
        key = (self._destination,)
        rows = self._strictly(lambda: self._file.ask(lambda file: file.execute(_SELECT_FRESH, key).fetchall()))
        found: dict[str, float] = {}
        for day, hour, boot, up, oldest in rows:
            if is_fresh(hour, boot, up, now):
                found[day] = min(oldest, found.get(day, oldest))
        return found

    def end(self) -> None:
        """Note that all was counted, and once more what was noted by the clock: it may have been set meanwhile.

        A failure is for the log.
        """

        def end(file: Connection) -> None:
            self._set_hours_right(file)
            file.execute(_NOTE_COUNTED, (self._clock().wall, self._destination))

        self._gently(lambda: self._file.write(end))

    def _set_hours_right(self, connection: Connection) -> None:
        """Write the hours of this start of the PC as the clock shows them now, and drop what is fresh no more.

        After the next start the hours are all that is left to go by. One by a clock that was ahead counts from now on.
        """
        now = self._clock()
        rows = connection.execute(_SELECT_FRESH, (self._destination,)).fetchall()
        connection.execute("DELETE FROM fresh WHERE destination = ?", (self._destination,))
        for day, hour, boot, up, oldest in rows:
            if is_fresh(hour, boot, up, now):
                is_ours = _is_same_boot(boot, up, now)
                right = _hour(now.wall - (now.since_boot - up)) if is_ours else min(hour, _hour(now.wall))
                connection.execute(_NOTE_FRESH, (self._destination, day, right, boot, up, oldest))
        self._fresh = {}

    def root(self) -> tuple[str, str]:
        """Return the destination's id and the last day (``YYYY-MM-DD``) on which it was copied to; empty texts."""
        key = (self._destination,)
        row = self._gently(lambda: self._file.ask(lambda file: file.execute(_SELECT_ROOT, key).fetchone()))
        return (str(row[0]), str(row[1])) if row is not None else ("", "")

    def note_root(self, root_id: str, written_day: str) -> None:
        """Note by what the destination is known again, and on which day it was copied to."""
        values = (self._destination, root_id, written_day, self._clock().wall)
        self._gently(lambda: self._file.write(lambda file: file.execute(_NOTE_ROOT, values)))

    def _take_all_for_fresh(self, file: Connection) -> None:
        now = self._clock()
        file.execute(_NOTE_FRESH, (self._destination, ALL_DATES, _hour(now.wall), now.boot, now.since_boot, _LONG_AGO))

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

    def _strictly(self, work: "Callable[[], Answer]") -> "Answer":
        try:
            return work()
        except (sqlite3.Error, OSError) as error:
            raise NotNoted(f"{self.path} cannot be used: {getattr(error, 'strerror', None) or error}") from error


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
_NOTE_ROOT = "INSERT OR REPLACE INTO roots VALUES (?, ?, ?, ?)"
_SELECT_FRESH = "SELECT day, hour, boot, up, oldest FROM fresh WHERE destination = ?"
_NOTE_FRESH = """
INSERT INTO fresh VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET up = max(up, excluded.up), oldest = min(oldest, excluded.oldest)
"""


class HourCount(NamedTuple):
    """How many recordings of one camera and hour there are on either side; several of its folders may have some."""

    kind: str
    uid: str
    day: str
    hour: str
    local: int
    network: int


class Counts(NamedTuple):
    """What the last looks at both sides counted, and when the last of them ended, as a Unix time; ``None``: never."""

    counted_at: float | None
    hours: list[HourCount]


def read_counts(path: str) -> Counts:
    """Return what was counted, from a file of notes; nothing where there is none.

    Raises ``sqlite3.Error`` where it cannot be read.
    """
    if not os.path.isfile(path):
        return Counts(None, [])
    connection = sqlite3.connect(path, timeout=1)
    try:
        (counted_at,) = connection.execute("SELECT max(counted_at) FROM roots").fetchone()
        select = "SELECT kind, uid, day, hour, sum(local), sum(network) FROM groups GROUP BY kind, uid, day, hour"
        return Counts(counted_at, [HourCount(*row) for row in connection.execute(select)])
    finally:
        connection.close()


def is_fresh(hour: int, boot: str, up: float, now: Moment) -> bool:
    """Return whether what was noted in an hour (since 1970) and so many seconds after a start of the PC is fresh.

    The time since the start decides where it is the same one, for it never jumps; else the clock, by which what lies
    ahead is fresh until the next copy puts it right.
    """
    if _is_same_boot(boot, up, now):
        return now.since_boot - up < (_FRESH_HOURS + 1) * _HOUR_SECONDS
    return hour >= _hour(now.wall) - _FRESH_HOURS


def _is_same_boot(boot: str, up: float, now: Moment) -> bool:
    return boot == now.boot != "" and up <= now.since_boot


def notes_path() -> str:
    """Return the file of notes: among the logs of the account that copies, whoever asks."""
    return os.path.join(PATH_CONFIG["LOGS_ROOT"], str(SCHEDULE[0]["user"]).lower(), "copies.sqlite3")


def root_key(root: str) -> str:
    """Return by what a recording root is known in the notes."""
    return _whole_name(root)


def lock_path(destination: str) -> str:
    """Return the lock that stands for a destination, whoever copies to it. Raises ``OSError``."""
    folder = os.path.join(PATH_CONFIG["LOGS_ROOT"], "locks")
    ensure_plain_folder(folder, is_anyones=True)
    name = hashlib.sha256(_whole_name(destination).encode()).hexdigest()[:16]
    return os.path.join(folder, f"copy_{name}.lock")


def is_copying(destination: str) -> bool:
    """Return whether a copy to a destination is under way."""
    try:
        lock = try_lock(lock_path(destination), is_shared_by_users=True)
    except OSError as error:
        logger.warning("whether a copy is under way cannot be told: %s", error)
        return False
    if lock is not None:
        lock.release()
    return lock is None


def _whole_name(path: str) -> str:
    """Return a folder's whole name, not what it resolves to: a mapped drive that is away resolves to something else."""
    return os.path.normcase(os.path.abspath(plain_path(path)))


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


def _hour(wall: float) -> int:
    return int(wall // _HOUR_SECONDS)
