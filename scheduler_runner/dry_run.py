"""What a tick would do now, and of what it would not: why, and when next. Starts nothing, writes nothing."""

import os
from collections.abc import Iterator, Sequence
from datetime import tzinfo

from scheduler_runner.deciding import Decision, Past, decide, past_of
from scheduler_runner.errors import LedgerUnavailable
from scheduler_runner.plans.clock import local, minute_of
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.task import Task

_TICKS_ASKED = 5


def describe_tick(tasks: Sequence[Task], now: int, zone: tzinfo, ledger_path: str, tick_minutes: int) -> Iterator[str]:
    """Yield the lines for people; ``now`` in seconds since 1970."""
    yield f"{_shown(now, zone)}, tasks: {len(tasks)}"
    ledger = Ledger(ledger_path, is_read_only=True)
    pasts: dict[str, Past] = {}
    first_minute = 0
    try:
        states, opened = ledger.task_states(), ledger.open_slots()
        for task in tasks:
            known = Past(states.get(task.id), opened.get(task.id, {}))
            pasts[task.id] = past_of(ledger, task, now, zone, known)
        first_minute = _first_minute(ledger.last_ticks(_TICKS_ASKED), zone, tick_minutes)
    except LedgerUnavailable as error:
        if os.path.exists(ledger_path):
            yield f"  warning    what ran before is not known: {error}"
    finally:
        ledger.close()
    for task in tasks:
        decision = decide(task, now, zone, pasts.get(task.id, Past()))
        yield _describe(task, now, zone, decision)
        yield from _warnings(task, zone, decision, tick_minutes, first_minute)


def _first_minute(ticks: Sequence[float], zone: tzinfo, tick_minutes: int) -> int:
    """Return from which minute on ticks come, where the last ones agree: else they are meant to begin with the hour."""
    found = {minute_of(int(tick), zone) % tick_minutes for tick in ticks}
    return found.pop() if len(found) == 1 else 0


def _describe(task: Task, now: int, zone: tzinfo, decision: Decision) -> str:
    if decision.due is not None:
        again = f", attempt {decision.due.attempt}" if decision.due.attempt > 1 else ""
        return f"  would run  {task.id}: slot {_shown(decision.due.slot, zone)}{again} ({task.plan.text})"
    if not task.enabled:
        return f"  disabled   {task.id} ({task.plan.text})"
    following = task.plan.next(now, zone)
    upcoming = "no further slot" if following is None else f"next {_shown(following, zone)}"
    return f"  waits      {task.id}: {decision.reason}, {upcoming} ({task.plan.text})"


def _warnings(task: Task, zone: tzinfo, decision: Decision, tick_minutes: int, first_minute: int) -> Iterator[str]:
    """Tell a time that no tick can meet, and slots that passed without a run."""
    if task.enabled and not task.plan.meets_ticks(tick_minutes, first_minute):
        yield (
            f"  warning    {task.id}: ticks of every {tick_minutes} minutes from :{first_minute:02d} on do not meet "
            f'all of "{task.plan.text}", each within its own minute: give it a misfire_grace_time, such as "next"'
        )
    if decision.missed:
        yield f"  warning    {task.id}: {len(decision.missed)} missed, the last {_shown(decision.missed[-1], zone)}"


def _shown(seconds: int, zone: tzinfo) -> str:
    return f"{local(seconds, zone):%Y-%m-%d %H:%M (%z)}"
