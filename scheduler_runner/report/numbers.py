"""Bytes copied a day, free room over time: what runs told in their metrics. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import NamedTuple

from scheduler_runner.notices.numbers import metrics_of, whole
from scheduler_runner.records.run_rows import FinishedRun
from scheduler_runner.report.days import Column, pieces

FREE = "free"
"""The metric of the report's own runs: free bytes by folder."""


class Room(NamedTuple):
    """Free room at one place: when (in seconds since 1970), how many bytes; the oldest first."""

    where: str
    told: tuple[tuple[float, int], ...]


def copied_by_day(runs: Iterable[FinishedRun], shown: Sequence[Column], zone: tzinfo) -> tuple[int | None, ...]:
    """Return how many bytes were copied on each day; ``None`` where no run told of it."""
    found: list[int | None] = [None] * len(shown)
    for run in runs:
        values = metrics_of(run)
        for piece in pieces(run.started_at, run.started_at, shown, zone) if "copied_bytes" in values else ():
            found[piece.column] = (found[piece.column] or 0) + whole(values["copied_bytes"])
    return tuple(found)


def rooms(runs: Iterable[FinishedRun], titles: Mapping[str, str]) -> tuple[Room, ...]:
    """Return the free room that runs of the report told of by place, else that tasks told of; once is no curve."""
    found: dict[str, list[tuple[float, int]]] = {}
    by_task: dict[str, list[tuple[float, int]]] = {}
    for run in sorted(runs, key=lambda each: each.started_at):
        values = metrics_of(run)
        places = values.get(FREE)
        for where, free in places.items() if isinstance(places, dict) else ():
            if whole(free):
                found.setdefault(str(where), []).append((run.started_at, whole(free)))
        if whole(values.get("free_bytes")):
            where = str(values.get("free_where") or titles.get(run.task, run.task))
            by_task.setdefault(where, []).append((run.started_at, whole(values["free_bytes"])))
    return tuple(Room(where, tuple(told)) for where, told in sorted((found or by_task).items()) if len(told) > 1)
