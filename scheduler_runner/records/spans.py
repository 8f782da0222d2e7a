"""What happened in a span of time, as digest, status and report ask for it. Plain values out; nothing is written."""

from typing import NamedTuple

from scheduler_runner.records.ledger_file import Connection


class PastRun(NamedTuple):
    """A run that is over; ``metrics`` is JSON."""

    task: str
    outcome: str
    summary: str
    reason: str
    metrics: str
    started_at: float


def runs_between(connection: Connection, since: float, until: float) -> list[PastRun]:
    """Return the finished runs that began in a span, oldest first."""
    query = """
        SELECT task, outcome, summary, reason, metrics, started_at FROM runs
        WHERE started_at >= ? AND started_at < ? AND outcome IS NOT NULL ORDER BY started_at
    """
    return [PastRun(*row) for row in connection.execute(query, (since, until))]


def slots_between(connection: Connection, since: float, until: float) -> dict[tuple[str, str], int]:
    """Return how many slots were decided in a span, by task and state."""
    query = "SELECT task, state, count(*) FROM slots WHERE decided_at >= ? AND decided_at < ? GROUP BY task, state"
    return {(task, state): count for task, state, count in connection.execute(query, (since, until))}


def ticks_between(connection: Connection, since: float, until: float) -> tuple[float, float] | None:
    """Return when the first tick of a span began, and the last one; ``None`` where there was none."""
    first, last = connection.execute(
        "SELECT min(started_at), max(started_at) FROM ticks WHERE started_at >= ? AND started_at < ?", (since, until)
    ).fetchone()
    return None if first is None else (first, last)


def worked_since(connection: Connection, since: float) -> list[float]:
    """Return when the last planned run ended that did its work, of those that began since; ``[]`` for none."""
    query = """
        SELECT max(ended_at) FROM runs WHERE started_at >= ? AND slot IS NOT NULL AND outcome IN ('succeeded', 'warned')
    """
    (ended_at,) = connection.execute(query, (since,)).fetchone()
    return [] if ended_at is None else [ended_at]


def retried_since(connection: Connection, since: float) -> list[PastRun]:
    """Return the last attempt at each slot that waits for a further one, of those begun since; in no order."""
    query = """
        SELECT task, outcome, summary, reason, metrics, started_at, max(attempt) FROM slots JOIN runs USING (task, slot)
        WHERE state = 'open' AND started_at >= ? GROUP BY task, slot
    """
    return [PastRun(*row[:-1]) for row in connection.execute(query, (since,)) if row[1]]


def waiting_since(connection: Connection) -> list[float]:
    """Return of when the notices are that wait in the outbox; those that every chat has are gone from there."""
    return [at for (at,) in connection.execute("SELECT at FROM outbox ORDER BY at")]


def free_bytes_since(connection: Connection, domain: str, since: float) -> list[tuple[str, float, str]]:
    """Return the runs of a domain's tasks that told of free room: task, when, metrics; oldest first."""
    query = """
        SELECT task, started_at, metrics FROM runs WHERE started_at >= ? AND substr(task, 1, length(?) + 1) = ? || '_'
        AND metrics LIKE '%"free_bytes"%' ORDER BY started_at
    """
    return [(task, at, metrics) for task, at, metrics in connection.execute(query, (since, domain, domain))]
