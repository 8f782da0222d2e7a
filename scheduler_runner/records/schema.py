"""The ledger's tables: each version of the schema, the way from one to the next, and what is none of ours."""

import os
import sqlite3
import time
from contextlib import closing
from functools import lru_cache
from sqlite3 import Connection

from scheduler_runner.errors import LedgerUnavailable
from scheduler_runner.records.set_aside import last_set_aside
from scheduler_runner.system.sqlite_file import is_damage

# Each entry takes the schema one version further; none removes or changes what an older version reads. So a point goes
# back by the number of its schema alone (docs/upgrade.md), and has the tables already when it comes again.
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
    CREATE TABLE IF NOT EXISTS tick_clocks (
        tick INTEGER PRIMARY KEY, boot INTEGER NOT NULL, since_boot REAL NOT NULL, awake REAL NOT NULL
    );
    """,
    """
    CREATE TABLE IF NOT EXISTS levels (
        kind TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, since REAL NOT NULL, looked_at REAL NOT NULL,
        failures INTEGER NOT NULL, told TEXT NOT NULL, told_since REAL NOT NULL, reminders INTEGER NOT NULL,
        loud_at REAL NOT NULL, changes TEXT NOT NULL, facts TEXT NOT NULL, next_at REAL,
        PRIMARY KEY (kind, name)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS doings (
        task TEXT PRIMARY KEY, since REAL, empty INTEGER NOT NULL, last_day INTEGER NOT NULL,
        interrupted INTEGER NOT NULL, excused_since REAL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS findings (run TEXT PRIMARY KEY, findings TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS late (
        id INTEGER PRIMARY KEY AUTOINCREMENT, chat TEXT NOT NULL, part TEXT NOT NULL, copies INTEGER NOT NULL,
        first_at REAL NOT NULL, next_at REAL NOT NULL
    );
    CREATE TABLE IF NOT EXISTS undelivered (chat TEXT PRIMARY KEY, since REAL NOT NULL) WITHOUT ROWID;
    """,
)


def refuse_strange_tables(connection: Connection, path: str) -> None:
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


def migrate(connection: Connection, path: str, patience_seconds: float) -> None:
    """Make the tables, or take them to this version's; of a newer one raise ``LedgerUnavailable``."""
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
    remade_at = 0 if version else last_set_aside(path)
    if remade_at:
        # With the tables, not after them: where the disk is full there is neither, and a later tick makes both.
        connection.execute("INSERT INTO meta (key, value) VALUES ('remade_at', ?)", (str(remade_at),))
    connection.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")
    connection.execute("COMMIT")


def _keep(path: str, version: int) -> None:
    """Keep the ledger as it was before its schema changes, so that a point can go back; nobody writes meanwhile."""
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
