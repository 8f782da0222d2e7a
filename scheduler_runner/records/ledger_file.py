"""The SQLite file below a ledger: opening, damage, and what "not now" means.

Damaged means that SQLite says so (CORRUPT, NOTADB). Anything else - busy, input/output error, full disk, no
rights, written by a newer version - is "not writable now", and the file is left alone.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from sqlite3 import Connection

from scheduler_runner.errors import LedgerUnavailable
from scheduler_runner.system.folders import ensure_plain_folder, is_strangers, is_trusted, require_own_folder
from scheduler_runner.system.layout import UserLayout
from scheduler_runner.system.own_files import require_plain
from scheduler_runner.system.sqlite_file import identity_of, in_transaction, is_damage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Answer = TypeVar("Answer")

__all__ = ["Connection", "LedgerFile"]

BUSY_SECONDS = 10.0
SCHEMA_VERSION = 4
"""Of the ledgers that this version writes; :mod:`.schema` has the way there, which few ticks need."""
_STILL_BUSY_SECONDS = 0.2
_IMPATIENT_SECONDS = 60.0
_MOST_READ_BYTES = 512 * 1024 * 1024


class LedgerFile:
    """A ledger's file, opened on first use and safe for several threads.

    With ``is_read_only`` nothing is made, migrated or set aside, and another account's is read as it is when it is
    opened. ``busy_seconds``: how long to wait where another process writes; for a minute after a wait in vain, by
    ``clock``, the next ones are short.
    """

    def __init__(
        self,
        path: str,
        *,
        is_read_only: bool = False,
        busy_seconds: float = BUSY_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path
        self._is_read_only = is_read_only
        self.incidents: list[str] = []
        self._connection: Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._guard = threading.Lock()
        self._busy_seconds = self._patience_seconds = busy_seconds
        self._clock = clock
        self._patient_again_at = 0.0

    def read(self, work: "Callable[[Connection], Answer]") -> "Answer":
        """Answer ``work(connection)``; raise ``LedgerUnavailable`` where that is not possible now."""
        with self._guard:
            return self._with_damage_mended(work)

    def write(self, work: "Callable[[Connection], Answer]", *, is_durable: bool = False) -> "Answer":
        """Answer ``work(connection)`` inside one transaction; ``is_durable``: on the disk before it returns."""

        def transaction(connection: Connection) -> "Answer":
            connection.execute(f"PRAGMA synchronous = {'FULL' if is_durable else 'NORMAL'}")
            return in_transaction(connection, work)

        with self._guard:
            return self._with_damage_mended(transaction)

    def close(self) -> None:
        """Close the file if it is open."""
        with self._guard:
            self._disconnect()

    def _with_damage_mended(self, work: "Callable[[Connection], Answer]") -> "Answer":
        try:
            return work(self._connected())
        except sqlite3.Error as error:
            if "locked" in str(error):
                self._lose_patience()
            if self._is_read_only or not is_damage(error):
                raise _unavailable(self.path, error) from error
            damage = str(error)
        try:
            # Within the same rule: damage and a full disk come together, and a new ledger needs room.
            self._set_aside(damage)
            return work(self._connected())
        except sqlite3.Error as error:
            raise _unavailable(self.path, error) from error

    def _lose_patience(self) -> None:
        """Wait no more as long as this for a while: each call of a tick would; an outcome hours later may again."""
        self._patience_seconds = _STILL_BUSY_SECONDS
        self._patient_again_at = self._clock() + _IMPATIENT_SECONDS
        self._disconnect()

    def _connected(self) -> Connection:
        if self._patience_seconds != self._busy_seconds and self._clock() >= self._patient_again_at:
            self._patience_seconds = self._busy_seconds
            self._disconnect()
        if self._connection is not None and self._identity != identity_of(self.path):
            self._disconnect()  # another process has set the file aside
        if self._connection is None:
            self._identity = identity_of(self.path)  # also of a file that is too damaged to be opened
            self._connection = self._connect()
            self._identity = identity_of(self.path)
        return self._connection

    def _connect(self) -> Connection:
        if self._is_read_only and not os.path.exists(self.path):
            raise LedgerUnavailable("there is no ledger {path} yet", path=self.path)
        self._refuse_others()
        connection = self._open()
        try:
            if self._is_read_only:
                connection.execute("PRAGMA query_only = ON")
                from scheduler_runner.records.schema import refuse_strange_tables

                refuse_strange_tables(connection, self.path)
            elif connection.execute("PRAGMA user_version").fetchone()[0] != SCHEMA_VERSION:
                from scheduler_runner.records.schema import migrate

                migrate(connection, self.path, self._patience_seconds)
        except BaseException:
            connection.close()
            raise
        return connection

    def _refuse_others(self) -> None:
        """Refuse what SQLite would follow, wait for, or fill with our tables; read is another account's ledger, too."""
        try:
            require_own_folder(os.path.dirname(self.path), is_anyones=self._is_read_only)
            status = os.lstat(self.path)
            require_plain(self.path, status)
        except FileNotFoundError:
            return
        except OSError as error:
            raise _unavailable(self.path, error) from error
        if not self._is_read_only and not is_trusted(status):
            raise LedgerUnavailable("the ledger {path} belongs to another account", path=self.path)
        if self._is_read_only and status.st_size > _MOST_READ_BYTES:
            raise LedgerUnavailable("the ledger {path} is larger than any: it is not read", path=self.path)

    def _open(self) -> Connection:
        if not self._is_read_only:
            return self._opened(self.path)
        if not any(map(is_strangers, (os.path.dirname(self.path), self.path))):
            return self._opened(_read_only_uri(self.path))
        from scheduler_runner.records.private_copy import private_copy

        try:
            with private_copy(self.path, _MOST_READ_BYTES) as copy:
                connection = self._opened(copy)
                try:
                    connection.execute("SELECT 1 FROM sqlite_master").fetchone()  # all is open: it needs no name now
                except BaseException:
                    connection.close()
                    raise
                return connection
        except OSError as error:
            raise _unavailable(self.path, error) from error

    def _opened(self, place: str) -> Connection:
        return sqlite3.connect(
            place, timeout=self._patience_seconds, isolation_level=None, check_same_thread=False, uri=self._is_read_only
        )

    def _disconnect(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()

    def _set_aside(self, damage: str) -> None:
        """Move a damaged ledger out of the way, unless another process has done so meanwhile."""
        from scheduler_runner.system.locks import try_lock  # late: a sound ledger needs none of its modules

        seen = self._identity
        self._disconnect()
        own = UserLayout(os.path.dirname(self.path))
        try:
            ensure_plain_folder(own.locks, below=own.top)
            lock = try_lock(own.ledger_lock)
        except OSError as error:
            raise _unavailable(self.path, error) from error
        if lock is None:
            raise LedgerUnavailable(f"the ledger {self.path} is damaged ({damage}) and being set aside by another tick")
        with lock:
            if seen == identity_of(self.path):
                self._replace(damage)

    def _replace(self, damage: str) -> None:
        from scheduler_runner.records.set_aside import set_aside_name

        kept = set_aside_name(self.path)
        try:
            # Its log first: a new ledger must never find the old one's.
            for suffix in ("-wal", "-shm", ""):
                if os.path.exists(self.path + suffix):
                    os.rename(self.path + suffix, kept + suffix)
        except OSError as error:
            raise _unavailable(self.path, error) from error
        self.incidents.append(f"ledger damaged ({damage}): set aside as {kept}, a new one begun")


def attempted(connection: Connection, work: "Callable[[], object]") -> Exception | None:
    """Carry out a part of a transaction that may fail by itself: then it alone is undone, and what failed returned.

    Raises what concerns the whole: no room, busy, damaged.
    """
    connection.execute("SAVEPOINT part")
    failed = None
    try:
        work()
    except Exception as error:
        if isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError:
            raise
        connection.execute("ROLLBACK TO part")
        failed = error
    connection.execute("RELEASE part")
    return failed


def _read_only_uri(path: str) -> str:
    """Return the address to read a ledger at, also another account's, and leave every byte in its folder as it is.

    A plain connection that is the last to close would write what is in the log into the file. Without a log
    nobody has the ledger open; SQLite would make one all the same, or fail where it may not, but for ``immutable``.
    """
    from urllib.parse import quote

    place = os.path.abspath(path).replace(os.sep, "/")
    is_idle = not os.path.exists(path + "-wal")
    return f"file://{'' if place[0] == '/' else '/'}{quote(place)}?{'immutable=1' if is_idle else 'mode=ro'}"


def _unavailable(path: str, error: Exception) -> LedgerUnavailable:
    return LedgerUnavailable("the ledger {path} cannot be used now: {error}", path=path, error=error)
