"""The record of one user's ticks, slots and runs, in SQLite.

Every method takes and gives plain numbers: slots and times are seconds since 1970 (slots whole ones). A
damaged ledger is set aside and made anew by whichever method meets the damage; see :mod:`.ledger_file`.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from scheduler_runner.records.ledger_file import BUSY_SECONDS, Connection, LedgerFile
from scheduler_runner.system.clock import Moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from scheduler_runner.records.run_rows import Attempt, FinishedRun
    from scheduler_runner.records.slot_book import SlotBook

OPEN = "open"
"""State of a slot that was claimed and may see further attempts."""
MISSED = "missed"
COALESCED = "coalesced"
PAUSED = "paused"

KEPT_DATES = 400
_BOOT_NUMBERS = 2**53
FARTHEST_SECONDS = 15 * 86400.0
"""No look at a level is planned further ahead; what is comes from a clock that was set back since."""

_CURSOR = """
    INSERT INTO tasks (task, plan, first_seen, decided_until) VALUES (?, ?, ?, ?)
    ON CONFLICT (task) DO UPDATE
    SET plan = excluded.plan, first_seen = excluded.first_seen, decided_until = excluded.decided_until
"""
_DECIDE = "INSERT OR IGNORE INTO slots (task, slot, state, decided_at) VALUES (?, ?, ?, ?)"
_SETTLE = """
    INSERT INTO slots (task, slot, state, decided_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (task, slot) DO UPDATE SET state = excluded.state, decided_at = excluded.decided_at
"""
_START = "INSERT OR IGNORE INTO runs (run, task, slot, attempt, started_at) VALUES (?, ?, ?, ?, ?)"
# The whole row, not an update: the ledger may have been made anew while the run went on.
_FINISH = """
    INSERT OR REPLACE INTO runs (run, task, slot, attempt, started_at, ended_at, outcome, exit_code,
                                 cpu_seconds, peak_memory_bytes, summary, metrics, reason)
    VALUES (:run, :task, :slot, :attempt, :started_at, :ended_at, :outcome, :exit_code,
            :cpu_seconds, :peak_memory_bytes, :summary, :metrics, :reason)
"""
_REMEMBER = """
    INSERT INTO meta (key, value) VALUES (?, ?)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE value <> excluded.value
"""
_ATTEMPT_COLUMNS = "run, task, slot, attempt, started_at, ended_at, outcome"
# A slot may be open without a run: its claim came from a ledger that was lost since.
_OPEN_SLOTS = """
    SELECT slots.task, slots.slot, runs.run, runs.task, runs.slot, runs.attempt, started_at, ended_at, outcome
    FROM slots LEFT JOIN runs ON runs.task = slots.task AND runs.slot = slots.slot
    WHERE state = 'open' ORDER BY slots.task, slots.slot, runs.attempt
"""


class TaskState(NamedTuple):
    """How far a task's slots have been decided: none of those up to ``decided_until`` is looked at again."""

    plan: str
    first_seen: int
    decided_until: int


def boot_number(clock: Moment) -> int:
    """Return a start of the system as the ledger notes it: its name is only ever compared, so a number will do."""
    number = 0
    for letter in clock.boot:  # not zlib, which an idle tick would load for this alone
        number = (number * 31 + ord(letter)) % _BOOT_NUMBERS
    return number


def _add_tick(connection: Connection, tick: tuple[object, ...], clock: Moment | None) -> int:
    number = connection.execute("INSERT INTO ticks (started_at, ended_at, pid, exit_code) VALUES (?, ?, ?, ?)", tick)
    if clock is not None:
        values = (number.lastrowid, boot_number(clock), clock.since_boot, clock.awake)
        connection.execute("INSERT OR REPLACE INTO tick_clocks VALUES (?, ?, ?, ?)", values)
    return number.lastrowid or 0


def _storable(value: object) -> object:
    """Return what SQLite takes: half a letter, which JSON and file names may hold, it does not."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


class Glance(NamedTuple):
    """Whether anything waits to be told, whether something that lasts may be told now, and single values."""

    has_notices: bool
    has_due_levels: bool
    known: dict[str, str]


class Ledger:
    """One user's ledger. Methods raise ``LedgerUnavailable`` where it cannot be read or written now.

    ``is_read_only``: for looking only; nothing is made, migrated or mended. ``book`` is told what becomes of slots.
    ``busy_seconds``: how long to wait where another process writes.
    """

    def __init__(
        self,
        path: str,
        *,
        is_read_only: bool = False,
        book: "SlotBook | None" = None,
        busy_seconds: float = BUSY_SECONDS,
    ) -> None:
        self._file = LedgerFile(path, is_read_only=is_read_only, busy_seconds=busy_seconds)
        self._book = book

    @property
    def file(self) -> LedgerFile:
        """The file, which the outbox shares."""
        return self._file

    @property
    def incidents(self) -> list[str]:
        """What happened to the file since it was opened: one sentence each, for the log."""
        return self._file.incidents

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        self._file.close()

    def remade_at(self) -> int:
        """Return when the ledger was made anew after damage; 0 if never."""
        return int(self.remembered("remade_at").get("remade_at", 0))

    def task_states(self) -> dict[str, TaskState]:
        """Return the state of every task that was ever seen."""

        def read(connection: Connection) -> dict[str, TaskState]:
            rows = connection.execute("SELECT task, plan, first_seen, decided_until FROM tasks")
            return {task: TaskState(plan, seen, until) for task, plan, seen, until in rows}

        return self._file.read(read)

    def open_slots(self) -> "dict[str, dict[int, list[Attempt]]]":
        """Return by task the slots that were claimed and are not settled, oldest first, each with its attempts."""
        rows = self._file.read(lambda connection: connection.execute(_OPEN_SLOTS).fetchall())
        if not rows:
            return {}
        from scheduler_runner.records.run_rows import by_slot

        return by_slot(rows)

    def open_runs(self) -> "list[Attempt]":
        """Return the runs that began and have no outcome: they run still, or their runner died."""
        return self._attempts("outcome IS NULL ORDER BY started_at")

    def is_finished(self, run: str) -> bool:
        """Return whether a run's outcome is on record."""
        return bool(self._attempts("run = ? AND outcome IS NOT NULL", run))

    def attempts(self, task: str, slot: int) -> "list[Attempt]":
        """Return the attempts for a slot, first one first."""
        return self._attempts("task = ? AND slot = ? ORDER BY attempt", task, slot)

    def last_runs(self, task: str, count: int) -> "list[FinishedRun]":
        """Return a task's newest finished runs, newest first."""
        from scheduler_runner.records.run_rows import RUN_COLUMNS, FinishedRun

        query = (
            f"SELECT {RUN_COLUMNS} FROM runs WHERE task = ? AND outcome IS NOT NULL ORDER BY started_at DESC LIMIT ?"  # noqa: S608 - columns are our own
        )
        return self._file.read(
            lambda connection: [FinishedRun(*row) for row in connection.execute(query, (task, count))]
        )

    def slot_states(self, task: str, oldest: int) -> dict[int, str]:
        """Return the state of every decided slot of a task from ``oldest`` on; see :meth:`slot_state`."""
        query = "SELECT slot, state FROM slots WHERE task = ? AND slot >= ?"
        return self._file.read(lambda connection: dict(connection.execute(query, (task, oldest)).fetchall()))

    def slot_state(self, task: str, slot: int) -> str | None:
        """Return ``"open"``, ``"missed"``, ``"coalesced"``, ``"unrecorded"`` or an outcome; ``None``: undecided."""

        def read(connection: Connection) -> str | None:
            row = connection.execute("SELECT state FROM slots WHERE task = ? AND slot = ?", (task, slot)).fetchone()
            return None if row is None else str(row[0])

        return self._file.read(read)

    def claim(
        self,
        *,
        run: str,
        task: str,
        slot: int,
        attempt: int,
        started_at: float,
        coalesced: Iterable[int] = (),
        is_decided: bool = True,
    ) -> bool:
        """Begin an attempt for a slot; ``False`` where this very attempt, or the slot as a whole, was taken before.

        Durable before it returns. ``coalesced`` are older slots in whose place this one runs. A slot that was missed
        is free: a clock that was ahead for a while had passed over it. ``is_decided``: so are all slots before it; of
        one that was claimed while the ledger was away, they are not.
        """

        def write(connection: Connection) -> bool:
            row = connection.execute("SELECT state FROM slots WHERE task = ? AND slot = ?", (task, slot)).fetchone()
            is_free = row is None or row[0] == MISSED
            if is_free != (attempt == 1) or not (is_free or row[0] == OPEN):
                return False
            if not connection.execute(_START, (run, task, slot, attempt, started_at)).rowcount:
                return False
            if is_free:
                connection.execute(_SETTLE, (task, slot, OPEN, started_at))
            connection.executemany(_DECIDE, [(task, older, COALESCED, started_at) for older in coalesced])
            if is_decided:
                connection.execute("UPDATE tasks SET decided_until = ? WHERE task = ?", (slot, task))
            return True

        return self._file.write(write, is_durable=True)

    def start_by_hand(self, *, run: str, task: str, started_at: float) -> None:
        """Begin a run that belongs to no slot."""
        self._file.write(
            lambda connection: connection.execute(_START, (run, task, None, 1, started_at)), is_durable=True
        )

    def finish(self, finished: "FinishedRun", *, slot_state: str | None) -> None:
        """Record how a run ended, and its slot's state: ``None`` for a run by hand. Durable before it returns."""
        values = {name: _storable(value) for name, value in finished._asdict().items()}

        def write(connection: Connection) -> None:
            connection.execute(_FINISH, values)
            if finished.findings != "{}":
                found = (finished.run, values["findings"])
                connection.execute("INSERT OR REPLACE INTO findings VALUES (?, ?)", found)
            if finished.slot is not None and slot_state is not None:
                self._settle(connection, finished.task, finished.slot, slot_state, finished.ended_at)

        self._file.write(write, is_durable=True)

    def settle(self, task: str, slot: int, state: str, decided_at: float) -> None:
        """Close a slot that will see no further attempt."""
        self._file.write(lambda connection: self._settle(connection, task, slot, state, decided_at))

    def _settle(self, connection: Connection, task: str, slot: int, state: str, decided_at: float) -> None:
        row = connection.execute("SELECT state FROM slots WHERE task = ? AND slot = ?", (task, slot)).fetchone()
        connection.execute(_SETTLE, (task, slot, state, decided_at))
        # Two ticks may close a slot at the same time: it is news once.
        if self._book is not None and state != OPEN and (row is None or row[0] == OPEN):
            self._book.slot_settled(connection, task, slot, state, decided_at)

    def decide(self, task: str, state: TaskState, missed: Iterable[int], decided_at: float) -> None:
        """Record how far a task's slots are decided, and which of them passed without a run."""

        def write(connection: Connection) -> None:
            new = [slot for slot in missed if connection.execute(_DECIDE, (task, slot, MISSED, decided_at)).rowcount]
            connection.execute(_CURSOR, (task, state.plan, state.first_seen, state.decided_until))
            if self._book is not None and new:
                self._book.slots_missed(connection, task, new, decided_at)

        self._file.write(write)

    def begin_tick(self, started_at: float, pid: int, clock: Moment | None = None) -> int:
        """Note that a tick began, and how long the PC had been on and awake by then; return its number."""
        return self._file.write(lambda connection: _add_tick(connection, (started_at, None, pid, None), clock))

    def end_tick(self, tick: int, ended_at: float, exit_code: int) -> None:
        """Note how a tick ended."""
        query = "UPDATE ticks SET ended_at = ?, exit_code = ? WHERE id = ?"
        self._file.write(lambda connection: connection.execute(query, (ended_at, exit_code, tick)))

    def note_idle_tick(
        self, started_at: float, ended_at: float, pid: int, exit_code: int, clock: Moment | None = None
    ) -> None:
        """Note a tick that had nothing to start: one commit instead of two."""
        self._file.write(lambda connection: _add_tick(connection, (started_at, ended_at, pid, exit_code), clock))

    def newest_times(self) -> tuple[float, float]:
        """Return the newest start of a run and the start of the last tick; 0.0 for none."""

        def read(connection: Connection) -> tuple[float, float]:
            run = connection.execute("SELECT max(started_at) FROM runs").fetchone()[0]
            tick = connection.execute("SELECT started_at FROM ticks ORDER BY id DESC LIMIT 1").fetchone()
            return float(run or 0), float(tick[0] if tick else 0)

        return self._file.read(read)

    def last_ticks(self, count: int) -> list[float]:
        """Return when the newest ticks began, newest first."""
        query = "SELECT started_at FROM ticks ORDER BY id DESC LIMIT ?"
        return self._file.read(lambda connection: [row[0] for row in connection.execute(query, (count,))])

    def remembered(self, *keys: str) -> dict[str, str]:
        """Return what is stored under these keys."""
        query = f"SELECT key, value FROM meta WHERE key IN ({', '.join('?' * len(keys))})"  # noqa: S608 - marks alone
        return self._file.read(lambda connection: dict(connection.execute(query, keys).fetchall()))

    def remember_once(self, key: str, value: str, on_news: "Callable[[Connection], None] | None" = None) -> bool:
        """Store ``value`` under ``key``; return whether it was another one before.

        If so, ``on_news`` adds something within the same transaction, which is durable then.
        """

        def write(connection: Connection) -> bool:
            is_new = bool(connection.execute(_REMEMBER, (key, value)).rowcount)
            if is_new and on_news is not None:
                on_news(connection)
            return is_new

        return self._file.write(write, is_durable=on_news is not None)

    def has_notices(self) -> bool:
        """Return whether anything waits to be told."""
        return self._file.read(_has_notices)

    def glance(self, now: float, *keys: str) -> Glance:
        """Return what a tick has to know of notices before it does anything else; ``keys`` as in :meth:`remembered`."""
        due = "SELECT 1 FROM levels WHERE next_at <= ? OR next_at > ? LIMIT 1"
        values = f"SELECT key, value FROM meta WHERE key IN ({', '.join('?' * len(keys))})"  # noqa: S608 - marks alone

        def read(connection: Connection) -> Glance:
            is_due = connection.execute(due, (now, now + FARTHEST_SECONDS)).fetchone() is not None
            return Glance(_has_notices(connection), is_due, dict(connection.execute(values, keys).fetchall()))

        return self._file.read(read)

    def prune(self, now: float, kept_dates: int = KEPT_DATES) -> None:
        """Drop what is older than ``kept_dates`` days and has as many later dates with ticks beside it.

        So a clock far in the future cannot empty the ledger.
        """

        def write(connection: Connection) -> None:
            days = "SELECT DISTINCT CAST(started_at / 86400 AS INTEGER) AS day FROM ticks ORDER BY day DESC"
            row = connection.execute(f"{days} LIMIT 1 OFFSET ?", (kept_dates - 1,)).fetchone()
            if row is None:
                return
            limit = min(row[0] * 86400, now - kept_dates * 86400)
            connection.execute("DELETE FROM ticks WHERE started_at < ?", (limit,))
            connection.execute("DELETE FROM tick_clocks WHERE tick < (SELECT min(id) FROM ticks)")
            connection.execute("DELETE FROM runs WHERE started_at < ? AND outcome IS NOT NULL", (limit,))
            connection.execute("DELETE FROM findings WHERE run NOT IN (SELECT run FROM runs)")
            connection.execute("DELETE FROM slots WHERE slot < ? AND state <> 'open'", (limit,))

        self._file.write(write)

    def _attempts(self, condition: str, *values: object) -> "list[Attempt]":
        query = f"SELECT {_ATTEMPT_COLUMNS} FROM runs WHERE {condition}"  # noqa: S608 - conditions are our own
        rows = self._file.read(lambda connection: connection.execute(query, values).fetchall())
        if not rows:
            return []
        from scheduler_runner.records.run_rows import Attempt

        return [Attempt(*row) for row in rows]


def _has_notices(connection: Connection) -> bool:
    waits = "SELECT EXISTS (SELECT 1 FROM outbox) OR EXISTS (SELECT 1 FROM late)"
    return bool(connection.execute(waits).fetchone()[0])
