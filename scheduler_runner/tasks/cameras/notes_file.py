"""The SQLite file below the notes on copies: opening it, its tables, and what happens where it is damaged."""

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from sqlite3 import Connection

from scheduler_runner.system.folders import ensure_plain_folder
from scheduler_runner.system.own_files import require_plain
from scheduler_runner.system.sqlite_file import identity_of, in_transaction, is_damage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Answer = TypeVar("Answer")

_BUSY_SECONDS = 10.0
# A rollback journal and no write-ahead log: where the disk is full, which is when the clean-up is needed most, the
# notes can still be read.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS groups (
    destination TEXT NOT NULL, folder TEXT NOT NULL, day TEXT NOT NULL, hour TEXT NOT NULL,
    kind TEXT NOT NULL, uid TEXT NOT NULL, local INTEGER NOT NULL, network INTEGER NOT NULL, noted TEXT NOT NULL,
    PRIMARY KEY (destination, day, hour, folder)
);
CREATE TABLE IF NOT EXISTS fresh (
    destination TEXT NOT NULL, day TEXT NOT NULL, hour INTEGER NOT NULL, boot TEXT NOT NULL, up REAL NOT NULL,
    oldest REAL NOT NULL, PRIMARY KEY (destination, day, hour, boot)
);
CREATE TABLE IF NOT EXISTS roots (
    destination TEXT PRIMARY KEY, root_id TEXT NOT NULL, written_day TEXT NOT NULL, counted_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS told (
    destination TEXT NOT NULL, root TEXT NOT NULL, what TEXT NOT NULL, told_at REAL NOT NULL, boot TEXT NOT NULL,
    up REAL NOT NULL, PRIMARY KEY (destination, root, what)
);
"""

logger = logging.getLogger(__name__)


class NotesFile:
    """A file of notes, opened on first use; safe for threads. A damaged one is kept aside, and a new one begun.

    ``on_new`` is told of a new file in the place of a damaged one.
    """

    def __init__(self, path: str, on_new: Callable[[Connection], None]) -> None:
        self.path = path
        self._on_new = on_new
        self._connection: Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._guard = threading.RLock()

    def ask(self, work: "Callable[[Connection], Answer]") -> "Answer":
        """Answer ``work(connection)``. Raises ``sqlite3.Error`` and ``OSError`` where that is not possible now."""
        with self._guard:
            try:
                return work(self._connected())
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                self._set_aside(error)
            return work(self._connected())

    def write(self, work: "Callable[[Connection], Answer]") -> "Answer":
        """Answer ``work(connection)`` in one transaction, which is on the disk when this returns; errors as above."""
        return self.ask(lambda connection: in_transaction(connection, work))

    def close(self) -> None:
        """Close the file if it is open."""
        with self._guard:
            if self._connection is not None:
                connection, self._connection = self._connection, None
                connection.close()

    def _connected(self) -> Connection:
        if self._connection is None:
            ensure_plain_folder(os.path.dirname(self.path))
            if os.path.lexists(self.path):  # SQLite would follow a link, and fill whatever it leads to
                require_plain(self.path, os.lstat(self.path))
            self._connection = sqlite3.connect(
                self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._identity = identity_of(self.path)
            if not self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'told'").fetchone():
                self._connection.executescript(_SCHEMA)
        return self._connection

    def _set_aside(self, damage: Exception) -> None:
        seen = self._identity
        self.close()
        if seen != identity_of(self.path):
            return  # another process has done so meanwhile
        name, extension = os.path.splitext(self.path)
        kept = f"{name}.damaged-{time.strftime('%Y-%m-%dT%H%M%S')}{extension}"
        for suffix in ("-journal", ""):  # its journal first: a new file must never find the old one's
            if os.path.exists(self.path + suffix):
                os.rename(self.path + suffix, kept + suffix)
        logger.warning("the notes on copies were damaged (%s), new ones are begun; the old ones are %s", damage, kept)
        self._on_new(self._connected())
