"""The rows behind what lasts: levels, what tasks did since they last worked, what runs said. Plain values in and out.

Each function works within a transaction that its caller has begun.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from scheduler_runner.records.ledger import FARTHEST_SECONDS
from scheduler_runner.records.ledger_file import Connection

FIRST_SCHEMA = 4
"""The schema that has these tables; an older one knows which tasks fail, and no more."""

_COLUMNS = (
    "kind, name, state, since, looked_at, failures, told, told_since, reminders, loud_at, changes, facts, next_at"
)
_FAILING_BEFORE = """
    SELECT 'task', task, 'fails', failing_since, coalesce(
        (SELECT max(ended_at) FROM runs WHERE runs.task = health.task AND outcome IS NOT NULL), told_at
    ), failures, 'fails', failing_since, 0, 0.0, '[]', '{}', NULL FROM health WHERE failing_since IS NOT NULL
"""


class LevelRow(NamedTuple):
    """One level as it stands in the ledger; ``changes`` and ``facts`` are JSON."""

    kind: str
    name: str
    state: str
    since: float
    looked_at: float
    failures: int
    told: str
    told_since: float
    reminders: int
    loud_at: float
    changes: str
    facts: str
    next_at: float | None


class LastRun(NamedTuple):
    """How a slot's last attempt ended; ``findings`` is JSON."""

    outcome: str
    summary: str
    reason: str
    attempt: int
    exit_code: int | None
    findings: str


def read_level(connection: Connection, kind: str, name: str) -> LevelRow | None:
    """Return one level."""
    query = f"SELECT {_COLUMNS} FROM levels WHERE kind = ? AND name = ?"  # noqa: S608 - columns are our own
    row = connection.execute(query, (kind, name)).fetchone()
    return None if row is None else LevelRow(*row)


def read_levels(connection: Connection, kind: str | None = None) -> list[LevelRow]:
    """Return all levels, or those of a kind; of a ledger that no newer version has opened, the tasks that fail."""
    if connection.execute("PRAGMA user_version").fetchone()[0] < FIRST_SCHEMA:
        return [LevelRow(*row) for row in connection.execute(_FAILING_BEFORE)]
    query = f"SELECT {_COLUMNS} FROM levels WHERE kind = ? OR ? IS NULL ORDER BY since, kind, name"  # noqa: S608
    return [LevelRow(*row) for row in connection.execute(query, (kind, kind))]


def due_levels(connection: Connection, now: float) -> list[LevelRow]:
    """Return the levels of which something may be told now."""
    query = f"SELECT {_COLUMNS} FROM levels WHERE next_at <= ? OR next_at > ? ORDER BY since"  # noqa: S608
    return [LevelRow(*row) for row in connection.execute(query, (now, now + FARTHEST_SECONDS))]


def save_level(connection: Connection, row: LevelRow) -> None:
    """Keep a level."""
    connection.execute(f"INSERT OR REPLACE INTO levels ({_COLUMNS}) VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608


def drop_level(connection: Connection, kind: str, name: str) -> None:
    """Forget a level."""
    connection.execute("DELETE FROM levels WHERE kind = ? AND name = ?", (kind, name))


def read_doing(connection: Connection, task: str) -> tuple[object, ...] | None:
    """Return what became of a task's slots since it last worked or failed."""
    query = "SELECT since, empty, last_day, interrupted, excused_since FROM doings WHERE task = ?"
    row: tuple[object, ...] | None = connection.execute(query, (task,)).fetchone()
    return row


def save_doing(connection: Connection, task: str, doing: Sequence[object]) -> None:
    """Keep it."""
    connection.execute("INSERT OR REPLACE INTO doings VALUES (?, ?, ?, ?, ?, ?)", (task, *doing))


def last_run(connection: Connection, task: str, slot: int) -> LastRun | None:
    """Return how a slot's last attempt ended."""
    query = """
        SELECT outcome, summary, reason, attempt, exit_code, coalesce(findings, '{}')
        FROM runs LEFT JOIN findings USING (run) WHERE task = ? AND slot = ? ORDER BY attempt DESC LIMIT 1
    """
    row = connection.execute(query, (task, slot)).fetchone()
    return None if row is None else LastRun(*row)


def newest_run(connection: Connection, task: str) -> LastRun | None:
    """Return how a task's newest run ended."""
    query = """
        SELECT outcome, summary, reason, attempt, exit_code, '{}' FROM runs
        WHERE task = ? AND outcome IS NOT NULL ORDER BY started_at DESC LIMIT 1
    """
    row = connection.execute(query, (task,)).fetchone()
    return None if row is None else LastRun(*row)


def ran_within(connection: Connection, task: str, start: float, end: float, oldest_open: float) -> bool:
    """Return whether a run of a task was under way at some time from ``start`` to ``end``.

    One that has not ended counts where it began at ``oldest_open`` or later.
    """
    query = """
        SELECT 1 FROM runs
        WHERE task = ? AND started_at < ? AND (ended_at > ? OR (ended_at IS NULL AND started_at >= ?)) LIMIT 1
    """
    return connection.execute(query, (task, end, start, oldest_open)).fetchone() is not None


def tick_came(connection: Connection, start: float, end: float) -> bool:
    """Return whether a tick began from ``start`` on and before ``end``; not of times more than a week ago."""
    # Only the newest ticks are looked at: there is no index on their times.
    query = """
        SELECT 1 FROM ticks WHERE id > (SELECT max(id) FROM ticks) - 2000 AND started_at >= ? AND started_at < ? LIMIT 1
    """
    return connection.execute(query, (start, end)).fetchone() is not None


def newest_slots(connection: Connection, task: str, since: float) -> Iterator[tuple[int, str, float]]:
    """Yield a task's decided slots, newest first: slot, state, when it was decided."""
    query = "SELECT slot, state, decided_at FROM slots WHERE task = ? AND slot >= ? ORDER BY slot DESC"
    yield from connection.execute(query, (task, since))


def has_past(connection: Connection) -> bool:
    """Return whether a tick was ever noted here: this ledger is not new."""
    return connection.execute("SELECT 1 FROM ticks LIMIT 1").fetchone() is not None


def failing_before(connection: Connection) -> Iterable[LevelRow]:
    """Return the tasks that fail as the version before this one knew it."""
    return [LevelRow(*row) for row in connection.execute(_FAILING_BEFORE)]
