"""What the metrics of runs add up to, and what a day was like by them. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scheduler_runner.records.run_rows import FinishedRun
from scheduler_runner.records.spans import PastRun

_TOO_MUCH = 2**63

Metrics = Sequence[tuple[PastRun, Mapping[str, object]]]
"""Runs with the numbers that they told, oldest first."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day: from the first tick to the last one, and what was recorded and copied."""

    opened_at: float
    closed_at: float
    copied: int | None = None
    left: int | None = None
    recorded: int | None = None


def day_of_runs(name: str, ticks: Sequence[tuple[float, float]], metrics: Metrics, last: float) -> Day:
    """Return what a day was like, ``YYYYMMDD``; ``ticks`` are the first and the last one of each user.

    What was copied after ``last``, in seconds since 1970, does not count; what was recorded, later runs know as well.
    """
    copies = [(past, values) for past, values in metrics if "copied" in values]  # of updates some are left, too
    return Day(
        min(opened for opened, _ in ticks),
        max(closed for _, closed in ticks),
        copied=added([(past, values) for past, values in copies if past.started_at < last], "copied"),
        **_recorded_and_left(metrics, copies, name),
    )


def metrics_of(past: PastRun | FinishedRun) -> Mapping[str, object]:
    """Return the numbers that a run told."""
    try:
        values = json.loads(past.metrics)
    except ValueError:
        values = None
    return values if isinstance(values, dict) else {}


def added(metrics: Metrics, name: str) -> int | None:
    """Return the sum of a number; ``None`` where no run told it."""
    found = [whole(values[name]) for _, values in metrics if name in values]
    return sum(found) if found else None


def newest(metrics: Metrics, name: str) -> int | None:
    """Return what the last run said that told a number; ``None`` where none did."""
    found = [whole(values[name]) for _, values in metrics if name in values]
    return found[-1] if found else None


def whole(value: object) -> int:
    """Return a number as far as it can be added up: an older version kept what a script wrote, NaN as well."""
    return int(value) if isinstance(value, (int, float)) and abs(value) < _TOO_MUCH else 0


def _recorded_and_left(metrics: Metrics, copies: Metrics, day: str) -> dict[str, int | None]:
    """Return how much was recorded on a day, ``YYYYMMDD``, and how much of it nobody has copied yet.

    The most that a run counted, for one may look at a part; left, or failed, by the newest copy that has seen so much.
    """
    recorded = max((_of_day(values, day) for _, values in metrics), default=0)
    last = next((values for _, values in reversed(copies) if "left" in values), {})
    is_known = "left" in last and last.get("is_left_complete", True) and _of_day(last, day) == recorded
    left = whole(last["left"]) + whole(last.get("failed")) if is_known else None
    return {"recorded": recorded or None, "left": left}


def _of_day(values: Mapping[str, object], day: str) -> int:
    days = values.get("recorded")
    return whole(days.get(day)) if isinstance(days, dict) else 0
