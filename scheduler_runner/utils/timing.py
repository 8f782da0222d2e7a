"""The door of ``plans/``: whether a task is due at a moment. Pure: the moment is an argument."""

from collections.abc import Mapping
from datetime import datetime

from scheduler_runner.plans.clock import aware
from scheduler_runner.plans.plan import parse_plan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from scheduler_runner.task import Task


def should_run_now(task: "Task | Mapping[str, object]", now: datetime) -> bool:
    """Return whether a slot of ``task`` is due at ``now``; whether it ran already, the ledger knows.

    ``task`` may be a plain dict with the schedule's keys; a naive ``now`` is the PC's local time. Raises
    ``ConfigError``, which is a ``ValueError``, for a schedule that is wrong.

    >>> should_run_now({"schedule": "daily", "time": "12:30"}, datetime(2026, 11, 23, 12, 30, 59))
    True
    >>> should_run_now({"schedule": "daily", "time": "12:30"}, datetime(2026, 11, 23, 12, 31))
    False
    """
    plan = parse_plan(task) if isinstance(task, Mapping) else task.plan
    now = aware(now)
    assert now.tzinfo is not None  # noqa: S101 - for mypy
    return plan.due(int(now.timestamp() // 1), now.tzinfo) is not None
