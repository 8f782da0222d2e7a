"""What a tick would do now, and of what it would not: why, and when next. Starts nothing, writes nothing."""

import os
from collections.abc import Iterator, Sequence
from datetime import tzinfo

from scheduler_runner.deciding import Past, decide, past_of
from scheduler_runner.errors import LedgerUnavailable
from scheduler_runner.plans.clock import local
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.task import Task


def describe_tick(tasks: Sequence[Task], now: int, zone: tzinfo, ledger_path: str, tick_minutes: int) -> Iterator[str]:
    """Yield the lines for people; ``now`` in seconds since 1970."""
    yield f"{_shown(now, zone)}, tasks: {len(tasks)}"
    ledger = Ledger(ledger_path, is_read_only=True)
    pasts: dict[str, Past] = {}
    try:
        states, opened = ledger.task_states(), ledger.open_slots()
        for task in tasks:
            known = Past(states.get(task.id), opened.get(task.id, {}))
            pasts[task.id] = past_of(ledger, task, now, zone, known)
    except LedgerUnavailable as error:
        if os.path.exists(ledger_path):
            yield f"  warning    what ran before is not known: {error}"
    finally:
        ledger.close()
    for task in tasks:
        yield _describe(task, now, zone, pasts.get(task.id, Past()))
        yield from _warnings(task, tick_minutes)


def _describe(task: Task, now: int, zone: tzinfo, past: Past) -> str:
    decision = decide(task, now, zone, past)
    if decision.due is not None:
        again = f", attempt {decision.due.attempt}" if decision.due.attempt > 1 else ""
        return f"  would run  {task.id}: slot {_shown(decision.due.slot, zone)}{again} ({task.plan.text})"
    if not task.enabled:
        return f"  disabled   {task.id} ({task.plan.text})"
    following = task.plan.next(now, zone)
    upcoming = "no further slot" if following is None else f"next {_shown(following, zone)}"
    return f"  waits      {task.id}: {decision.reason}, {upcoming} ({task.plan.text})"


def _warnings(task: Task, tick_minutes: int) -> Iterator[str]:
    """Tell a time that no tick can meet: only those of a strict daily task have a single minute."""
    if task.plan.kind != "daily" or not task.plan.is_strict:
        return
    unmet = [time for time in task.plan.rule.text.removeprefix("daily ").split(", ") if int(time[3:]) % tick_minutes]
    if unmet:
        yield (
            f"  warning    {task.id}: no tick of every {tick_minutes} minutes from the full hour on meets "
            f'{", ".join(unmet)}: give it a misfire_grace_time, such as "next"'
        )


def _shown(seconds: int, zone: tzinfo) -> str:
    return f"{local(seconds, zone):%Y-%m-%d %H:%M (%z)}"
