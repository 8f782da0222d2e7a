"""The SQLite file below a ledger: opening, its schema and migrations, damage, and what "not now" means.

Damaged means that SQLite says so (CORRUPT, NOTADB). Anything else - busy, input/output error, full disk, no
rights, written by a newer version - is "not writable now", and the file is left alone.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from functools import lru_cache
from sqlite3 import Connection

from scheduler_runner.errors import LedgerUnavailable
from scheduler_runner.system.folders import is_trusted, require_own_folder
from scheduler_runner.system.layout import UserLayout
from scheduler_runner.system.own_files import require_plain
from scheduler_runner.system.sqlite_file import identity_of, in_transaction, is_damage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Answer = TypeVar("Answer")

__all__ = ["Connection", "LedgerFile"]

BUSY_SECONDS = 10.0
_STILL_BUSY_SECONDS = 0.2
_IMPATIENT_SECONDS = 60.0
_MOST_READ_BYTES = 512 * 1024 * 1024
_DAMAGED_AT = "%Y-%m-%dT%H%M%S"

# Each entry takes the schema one version further; none removes or changes what an older version reads.
_MIGRATIONS = (
    """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE ticks (
        id INTEGER PRIMARY KEY, started_at REAL NOT NULL, ended_at REAL, pid INTEGER, exit_code INTEGER
    );
    CREATE TABLE tasks (
        task TEXT PRIMARY KEY, plan TEXT NOT NULL, first_seen INTEGER NOT NULL, decided_until INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE slots (
        task TEXT NOT NULL, slot INTEGER NOT NULL, state TEXT NOT NULL, decided_at REAL NOT NULL,
        PRIMARY KEY (task, slot)
    ) WITHOUT ROWID;
    CREATE INDEX slots_open ON slots (task, slot) WHERE state = 'open';
    CREATE TABLE runs (
        run TEXT PRIMARY KEY, task TEXT NOT NULL, slot INTEGER, attempt INTEGER NOT NULL,
        started_at REAL NOT NULL, ended_at REAL, outcome TEXT, exit_code INTEGER,
        cpu_seconds REAL, peak_memory_bytes INTEGER,
        summary TEXT NOT NULL DEFAULT '', metrics TEXT NOT NULL DEFAULT '{}', reason TEXT NOT NULL DEFAULT '',
        UNIQUE (task, slot, attempt)
    ) WITHOUT ROWID;
    CREATE INDEX runs_open ON runs (started_at) WHERE outcome IS NULL;
    CREATE INDEX runs_started ON runs (started_at);
    """,
    """
    CREATE TABLE health (
        task TEXT PRIMARY KEY, failing_since REAL, failures INTEGER NOT NULL, told_at REAL NOT NULL,
        missed_in_row INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE outbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, at REAL NOT NULL, task TEXT NOT NULL,
        facts TEXT NOT NULL, can_wait INTEGER NOT NULL
    );
    CREATE TABLE chats (
        chat TEXT PRIMARY KEY, delivered_until INTEGER NOT NULL, rest TEXT NOT NULL, rest_until INTEGER NOT NULL,
        next_at REAL NOT NULL, failures INTEGER NOT NULL, moved_to TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE tick_clocks (
        tick INTEGER PRIMARY KEY, boot INTEGER NOT NULL, since_boot REAL NOT NULL, awake REAL NOT NULL
    );
    """,
    """
    CREATE TABLE levels (
        kind TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, since REAL NOT NULL, looked_at REAL NOT NULL,
        failures INTEGER NOT NULL, told TEXT NOT NULL, told_since REAL NOT NULL, reminders INTEGER NOT NULL,
        loud_at REAL NOT NULL, changes TEXT NOT NULL, facts TEXT NOT NULL, next_at REAL,
        PRIMARY KEY (kind, name)
    ) WITHOUT ROWID;
    CREATE TABLE doings (
        task TEXT PRIMARY KEY, since REAL, empty INTEGER NOT NULL, last_day INTEGER NOT NULL,
        interrupted INTEGER NOT NULL, excused_since REAL
    ) WITHOUT ROWID;
    CREATE TABLE findings (run TEXT PRIMARY KEY, findings TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE late (
        id INTEGER PRIMARY KEY AUTOINCREMENT, chat TEXT NOT NULL, part TEXT NOT NULL, copies INTEGER NOT NULL,
        first_at REAL NOT NULL, next_at REAL NOT NULL
    );
    CREATE TABLE undelivered (chat TEXT PRIMARY KEY, since REAL NOT NULL) WITHOUT ROWID;
    """,
)


class LedgerFile:
    """A ledger's file, opened on first use and safe for several threads.

    With ``is_read_only`` nothing is made, migrated or set aside. ``busy_seconds``: how long to wait where another
    process writes; for a minute after a wait in vain, by ``clock``, the next ones are short.
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
                _refuse_strange_tables(connection, self.path)
            else:
                _migrate(connection, self.path, self._patience_seconds)
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
        place = _read_only_uri(self.path) if self._is_read_only else self.path
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
            os.makedirs(own.locks, exist_ok=True)
            lock = try_lock(own.ledger_lock)
        except OSError as error:
            raise _unavailable(self.path, error) from error
        if lock is None:
            raise LedgerUnavailable(f"the ledger {self.path} is damaged ({damage}) and being set aside by another tick")
        with lock:
            if seen == identity_of(self.path):
                self._replace(damage)

    def _replace(self, damage: str) -> None:
        before, extension = _damaged_name(self.path)
        kept = f"{before}{time.strftime(_DAMAGED_AT)}{extension}"
        try:
            # Its log first: a new ledger must never find the old one's.
            for suffix in ("-wal", "-shm", ""):
                if os.path.exists(self.path + suffix):
                    os.rename(self.path + suffix, kept + suffix)
        except OSError as error:
            raise _unavailable(self.path, error) from error
        self.incidents.append(f"ledger damaged ({damage}): set aside as {kept}, a new one begun")


def _refuse_strange_tables(connection: Connection, path: str) -> None:
    """Refuse a ledger, maybe another account's, with something else in the place of our tables.

    A view or a computed column would take as long, and as much memory, as its author likes.
    """
    names = {name for _, name, _ in _our_tables()}
    strange = {row for row in _tables(connection) if row[1] in names} - _our_tables()
    if strange:
        raise LedgerUnavailable(
            "the ledger {path} holds {what}, which is none of this program's", path=path, what=sorted(strange)[0][1]
        )


@lru_cache(maxsize=1)
def _our_tables() -> frozenset[tuple[str, str, str]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        for statements in _MIGRATIONS:
            connection.executescript(statements)
        return frozenset(_tables(connection))


def _tables(connection: Connection) -> list[tuple[str, str, str]]:
    """Return kind, name and definition of everything in a schema."""
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
    return [(kind, name, " ".join(str(sql).split())) for kind, name, sql in rows]


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


def _migrate(connection: Connection, path: str, patience_seconds: float) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(_MIGRATIONS):
        raise LedgerUnavailable(
            f"the ledger {path} was written by a newer version of this program (schema {version}, this one knows "
            f"{len(_MIGRATIONS)}): update the program"
        )
    if version == len(_MIGRATIONS):
        return
    _switch_to_wal(connection, patience_seconds)
    connection.execute("BEGIN IMMEDIATE")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if 0 < version < len(_MIGRATIONS):
        _keep(path, version)
    for statements in _MIGRATIONS[version:]:
        for statement in statements.split(";"):
            connection.execute(statement)
    remade_at = 0 if version else _last_set_aside(path)
    if remade_at:
        # With the tables, not after them: where the disk is full there is neither, and a later tick makes both.
        connection.execute("INSERT INTO meta (key, value) VALUES ('remade_at', ?)", (str(remade_at),))
    connection.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")
    connection.execute("COMMIT")


def _damaged_name(path: str) -> tuple[str, str]:
    """Return what stands before and after the date in the name of a ledger that was set aside."""
    name, extension = os.path.splitext(path)
    return f"{name}.damaged-", extension


def _last_set_aside(path: str) -> int:
    """Return when a damaged ledger was last set aside beside this one; 0: none was."""
    before, extension = _damaged_name(path)
    found = 0
    for name in os.listdir(os.path.dirname(path)):
        begun = os.path.basename(before)
        if name.startswith(begun) and name.endswith(extension):
            try:
                at = time.strptime(name[len(begun) : -len(extension)], _DAMAGED_AT)
                found = max(found, int(time.mktime(at)))
            except (ValueError, OverflowError):
                continue  # a name of somebody else's making
    return found


def _keep(path: str, version: int) -> None:
    """Keep the ledger as it was before its schema changes, so that a point can go back; nobody writes meanwhile."""
    from contextlib import closing

    name, extension = os.path.splitext(path)
    kept = f"{name}.before-{version}{extension}"
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(f"{kept}.tmp")) as target:
            source.backup(target)
        os.replace(f"{kept}.tmp", kept)
    except (OSError, sqlite3.Error) as error:
        if isinstance(error, sqlite3.Error) and is_damage(error):
            raise  # to be set aside
        raise LedgerUnavailable(f"the ledger {path} cannot be kept as {kept} before it is migrated: {error}") from error


def _read_only_uri(path: str) -> str:
    """Return the address to read a ledger at, also another account's, and leave every byte in its folder as it is.

    A plain connection that is the last to close would write what is in the log into the file. Without a log
    nobody has the ledger open; SQLite would make one all the same, or fail where it may not, but for ``immutable``.
    """
    from urllib.parse import quote

    place = os.path.abspath(path).replace(os.sep, "/")
    is_idle = not os.path.exists(path + "-wal")
    return f"file://{'' if place[0] == '/' else '/'}{quote(place)}?{'immutable=1' if is_idle else 'mode=ro'}"


def _switch_to_wal(connection: Connection, patience_seconds: float) -> None:
    """Wait here, too: SQLite does not call its busy handler for this statement."""
    give_up_at = time.monotonic() + patience_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up_at:
                raise
            time.sleep(0.02)


def _unavailable(path: str, error: Exception) -> LedgerUnavailable:
    return LedgerUnavailable("the ledger {path} cannot be used now: {error}", path=path, error=error)
