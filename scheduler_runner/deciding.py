"""What a tick is to do about one task: pure, over what the ledger says."""

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from typing import NamedTuple

from scheduler_runner.plans.clock import local
from scheduler_runner.records.ledger import OPEN, Attempt, Ledger, TaskState
from scheduler_runner.task import Outcome, Task, is_time_to_follow, may_follow

_LOOK_BACK_SECONDS = 14 * 86400
_DISABLED = "disabled"
_NOTHING_DECIDED = 0


class Due(NamedTuple):
    """An attempt to be made now, for a slot in seconds since 1970."""

    task: Task
    slot: int
    attempt: int = 1
    coalesced: tuple[int, ...] = ()
    """Older slots, due as well, in whose place this one runs."""


class Decision(NamedTuple):
    """What a tick found about a task, and what is to go on record; ``reason`` is for the log and for people."""

    reason: str
    due: Due | None = None
    state: TaskState | None = None
    """The task's new state; ``None`` where it is as it was."""
    missed: tuple[int, ...] = ()
    settled: tuple[tuple[int, str], ...] = ()
    """Slots that will see no further attempt, each with its final state."""


class Past(NamedTuple):
    """What the ledger says of one task. Of a task never seen, and without a ledger, the defaults hold."""

    state: TaskState | None = None
    open_slots: Sequence[int] = ()
    attempts: Callable[[int], Sequence[Attempt]] = lambda slot: ()
    slot_state: Callable[[int], str | None] = lambda slot: None


def past_of(
    ledger: Ledger, task_id: str, states: Mapping[str, TaskState], open_slots: Mapping[str, Sequence[int]]
) -> Past:
    """Return what a ledger says of a task; ``states`` and ``open_slots`` are those of all tasks, asked for once."""
    return Past(
        states.get(task_id),
        open_slots.get(task_id, ()),
        lambda slot: ledger.attempts(task_id, slot),
        lambda slot: ledger.slot_state(task_id, slot),
    )


def decide(task: Task, now: int, zone: tzinfo, past: Past) -> Decision:
    """Return what to do about ``task`` at ``now``, in seconds since 1970."""
    plan_text = task.plan.text if task.enabled else _DISABLED
    state = past.state
    if state is None or state.plan != plan_text:
        state = TaskState(plan_text, now, _NOTHING_DECIDED)
    if not task.enabled:
        return Decision("disabled", state=_changed(state, past))
    latest = task.plan.latest(now, zone)
    # A clock that was set back lets slots come again: then every slot is looked up.
    until = state.decided_until if state.decided_until <= now else _NOTHING_DECIDED
    if latest is None or (latest <= until and not past.open_slots):
        return Decision("no new slot", state=_changed(state, past))
    return _decide_slots(task, now, zone, past, TaskState(state.plan, state.first_seen, until))


def _decide_slots(task: Task, now: int, zone: tzinfo, past: Past, state: TaskState) -> Decision:
    plan = task.plan
    slot = plan.due(now, zone)
    since = max(state.decided_until, state.first_seen, now - _LOOK_BACK_SECONDS)
    fresh = [passed for passed in plan.slots(since, now, zone) if passed != slot]
    waiting = [passed for passed in fresh if plan.deadline(passed, zone) > now]
    due, reason = _look_at(task, slot, now, zone, past)
    if due is not None and due.attempt == 1:
        due = Due(task, due.slot, 1, tuple(older for older in waiting if older < due.slot))
        waiting.append(due.slot)
    until = min(waiting) - 1 if waiting else now
    return Decision(
        reason,
        due,
        _changed(TaskState(state.plan, state.first_seen, until), past),
        missed=tuple(passed for passed in fresh if passed not in waiting and past.slot_state(passed) is None),
        settled=_settled(task, now, zone, slot, past),
    )


def _look_at(task: Task, slot: int | None, now: int, zone: tzinfo, past: Past) -> tuple[Due | None, str]:
    """Return the attempt to make for the slot that is due, and why or why not."""
    if slot is None:
        return None, "not due"
    state = past.slot_state(slot)
    if state is None:
        return Due(task, slot), "due"
    shown = local(slot, zone).isoformat(timespec="minutes")
    if state != OPEN:
        return None, f"slot {shown} is decided: {state}"
    attempts = past.attempts(slot)
    if not attempts or attempts[-1].outcome is None:
        return None, f"slot {shown} is running"
    outcomes = [Outcome(attempt.outcome) for attempt in attempts]
    if not may_follow(outcomes, task.retries):
        return None, f"slot {shown} is decided: {outcomes[-1].value}"
    if not is_time_to_follow(task, outcomes[-1], attempts[-1].ended_at or 0, now):
        return None, f"slot {shown} waits {task.retry_delay_seconds:g} s after {outcomes[-1].value}"
    return Due(task, slot, attempts[-1].attempt + 1), f"again after {outcomes[-1].value}"


def _settled(task: Task, now: int, zone: tzinfo, slot: int | None, past: Past) -> tuple[tuple[int, str], ...]:
    """Return the open slots that can see no further attempt: their time is over, or a newer one is due."""
    settled = []
    for opened in past.open_slots:
        attempts = past.attempts(opened)
        if attempts and attempts[-1].outcome is None:
            continue
        outcomes = [Outcome(attempt.outcome) for attempt in attempts] or [Outcome.INTERRUPTED]
        is_over = task.plan.deadline(opened, zone) <= now or (slot is not None and slot > opened)
        if is_over or not may_follow(outcomes, task.retries):
            settled.append((opened, outcomes[-1].value))
    return tuple(settled)


def _changed(state: TaskState, past: Past) -> TaskState | None:
    return None if state == past.state else state
