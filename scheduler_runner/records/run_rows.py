"""Runs as the ledger has them. An idle tick meets none."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple


class Attempt(NamedTuple):
    """One attempt as the ledger has it; ``outcome`` is ``None`` while it is open."""

    run: str
    task: str
    slot: int | None
    attempt: int
    started_at: float
    ended_at: float | None
    outcome: str | None


class FinishedRun(NamedTuple):
    """A run as it goes into the ledger, its texts masked; ``metrics`` is JSON."""

    run: str
    task: str
    slot: int | None
    attempt: int
    started_at: float
    ended_at: float
    outcome: str
    exit_code: int | None = None
    cpu_seconds: float | None = None
    peak_memory_bytes: int | None = None
    summary: str = ""
    metrics: str = "{}"
    reason: str = ""
    findings: str = "{}"
    """What it saw of single things, why it waited, the cause: JSON, in a table of its own."""


RUN_COLUMNS = ", ".join(FinishedRun._fields[:-1])
"""What of a run stands in its own table: all but what it found."""


def by_slot(rows: Iterable[Sequence[Any]]) -> dict[str, dict[int, list[Attempt]]]:
    """Return attempts by task and slot out of rows of task, slot and an attempt, all ``None`` where there is none."""
    found: dict[str, dict[int, list[Attempt]]] = {}
    for task, slot, *run in rows:
        attempts = found.setdefault(task, {}).setdefault(slot, [])
        if run[0] is not None:
            attempts.append(Attempt(*run))
    return found
