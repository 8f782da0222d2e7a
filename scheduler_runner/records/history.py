"""What people ask a ledger: which ticks came, which runs there were, what became of slots. Reads alone.

Times and slots are seconds since 1970.
"""

from collections.abc import Sequence
from typing import NamedTuple

from scheduler_runner.records.ledger_file import Connection, LedgerFile
from scheduler_runner.records.run_rows import RUN_COLUMNS, FinishedRun

_TICKS = """
    SELECT started_at, coalesce(ended_at, started_at), boot, since_boot, awake, coalesce(exit_code, 0)
    FROM ticks LEFT JOIN tick_clocks ON tick = id WHERE id BETWEEN ? AND ? ORDER BY id
"""
# There is no index on the ticks' times, and their numbers grow as they come: both ends are looked for from the newest
# on, so that ticks of a clock that was ahead for a while end nothing.
_LAST_BEFORE = "SELECT id FROM ticks WHERE started_at < ? ORDER BY id DESC LIMIT 1"
_OLD_TICKS = """
    SELECT started_at, coalesce(ended_at, started_at), 0, 0.0, 0.0, coalesce(exit_code, 0)
    FROM ticks WHERE id BETWEEN ? AND ? ORDER BY id
"""
_SLOTS = "SELECT task, slot, state, decided_at FROM slots WHERE slot >= ? AND slot < ?"


class TickSeen(NamedTuple):
    """One tick, and by what clocks it came; ``boot`` is 0 where that was not noted."""

    started_at: float
    ended_at: float
    boot: int = 0
    since_boot: float = 0.0
    awake: float = 0.0
    exit_code: int = 0


class SlotSeen(NamedTuple):
    """What became of one slot."""

    task: str
    slot: int
    state: str
    decided_at: float


class History:
    """One user's past. Every method raises ``LedgerUnavailable`` where the ledger cannot be read."""

    def __init__(self, path: str) -> None:
        self._file = LedgerFile(path, is_read_only=True)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def ticks(self, since: float, until: float) -> list[TickSeen]:
        """Return the ticks of a time, and the one before it and after it, in the order in which they came."""

        def read(connection: Connection) -> list[TickSeen]:
            first = connection.execute(_LAST_BEFORE, (since,)).fetchone()
            last = connection.execute(_LAST_BEFORE, (until,)).fetchone()
            query = _TICKS if _has_clocks(connection) else _OLD_TICKS
            bounds = (first[0] if first else 0, last[0] + 1 if last else 0)
            return [_tick(row) for row in connection.execute(query, bounds)]

        return self._file.read(read)

    def slots(self, since: float, until: float, task: str | None = None) -> list[SlotSeen]:
        """Return the decided and open slots of a time, oldest first; of one task or of all."""
        condition, values = ("", (since, until)) if task is None else (" AND task = ?", (since, until, task))
        query = f"{_SLOTS}{condition} ORDER BY slot, task"
        return self._file.read(lambda connection: [SlotSeen(*row) for row in connection.execute(query, values)])

    def runs(
        self, since: float, until: float, tasks: Sequence[str] = (), outcomes: Sequence[str] = (), most: int = -1
    ) -> list[FinishedRun]:
        """Return runs that began within a time, newest first, those under way too (``ended_at`` is 0, ``outcome`` "").

        ``tasks`` and ``outcomes``: only those, where any are named; ``most``: no more than so many, -1 for all.
        """
        conditions = ["started_at >= ?", "started_at < ?"]
        values: list[object] = [since, until]
        for column, wanted in (("task", tasks), ("outcome", outcomes)):
            if wanted:
                conditions.append(f"{column} IN ({', '.join('?' * len(wanted))})")
                values += list(wanted)
        query = f"SELECT {RUN_COLUMNS} FROM runs WHERE {' AND '.join(conditions)} ORDER BY started_at DESC LIMIT ?"  # noqa: S608 - columns and marks alone
        return self._file.read(lambda connection: [_run(row) for row in connection.execute(query, (*values, most))])

    def run(self, name: str) -> list[FinishedRun]:
        """Return the runs of this name, or of this beginning or end of it: one, where it is long enough."""
        query = f"SELECT {RUN_COLUMNS} FROM runs WHERE run LIKE ? OR run LIKE ? LIMIT 5"  # noqa: S608 - columns alone
        plain = name.replace("%", "").replace("_", "")
        ends = (f"{plain}%", f"%{plain}")
        return self._file.read(lambda connection: [_run(row) for row in connection.execute(query, ends)])


def _tick(row: Sequence[object]) -> TickSeen:
    seen = TickSeen(*row)  # type: ignore[arg-type]
    return seen if seen.boot else seen._replace(boot=0, since_boot=0.0, awake=0.0)  # an outer join's nothing


def _run(row: Sequence[object]) -> FinishedRun:
    values = dict(zip(FinishedRun._fields, row))
    values["ended_at"], values["outcome"] = values["ended_at"] or 0.0, values["outcome"] or ""
    return FinishedRun(**values)  # type: ignore[arg-type]


def _has_clocks(connection: Connection) -> bool:
    """Return whether the ledger's version notes clocks; one that is only looked at is not migrated."""
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'tick_clocks'").fetchone() is not None
