"""What a tick is to do about one task: pure, over what the ledger says.

The order is: :func:`past_of` puts together what is known of a task, asking the ledger about single slots only where
there is a new one; :func:`decide` answers. The dry run goes the same way.
"""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from types import MappingProxyType
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
    opened: Mapping[int, Sequence[Attempt]] = MappingProxyType({})
    """The slots that were claimed and are not settled, each with its attempts, first one first."""
    slot_states: Mapping[int, str] = MappingProxyType({})
    """The state of every decided slot from :func:`oldest_question` on."""


def past_of(ledger: Ledger, task: Task, now: int, zone: tzinfo, known: Past) -> Past:
    """Return what a ledger says of a task; ``known`` is what it says of all at once. Raises ``LedgerUnavailable``."""
    oldest = oldest_question(task, now, zone, known)
    return known if oldest is None else known._replace(slot_states=ledger.slot_states(task.id, oldest))


def oldest_question(task: Task, now: int, zone: tzinfo, past: Past) -> int | None:
    """Return the oldest slot whose state decides something now; ``None`` where there is nothing new to decide."""
    outlook = _outlook(task, now, zone, past)
    if outlook is None:
        return None
    return min([*outlook.fresh, *past.opened, *([] if outlook.slot is None else [outlook.slot])], default=None)


def decide(task: Task, now: int, zone: tzinfo, past: Past) -> Decision:
    """Return what to do about ``task`` at ``now``, in seconds since 1970."""
    state = _state_now(task, now, past)
    if not task.enabled:
        return Decision("disabled", state=_changed(state, past))
    outlook = _outlook(task, now, zone, past)
    if outlook is None:
        return Decision("no new slot", state=_changed(state, past))
    due, reason = _look_at(task, outlook.slot, now, zone, past)
    waiting = [passed for passed in outlook.fresh if task.plan.deadline(passed, zone) > now]
    if due is not None and due.attempt == 1:
        due = due._replace(coalesced=tuple(older for older in waiting if older < due.slot))
        # Not decided before it is claimed: where its lock is held now, a later tick has to find it again.
        waiting.append(due.slot)
    until = min(waiting) - 1 if waiting else now
    return Decision(
        reason,
        due,
        _changed(state._replace(decided_until=until), past),
        missed=tuple(slot for slot in outlook.fresh if slot not in waiting and slot not in past.slot_states),
        settled=_settled(task, now, zone, outlook.slot, past),
    )


class _Outlook(NamedTuple):
    """What of a task is new: the slot that is due, and the others that have passed since the last decision."""

    slot: int | None
    fresh: tuple[int, ...]


def _outlook(task: Task, now: int, zone: tzinfo, past: Past) -> _Outlook | None:
    """Return what is new; ``None`` where nothing is, which is the answer of nearly every tick: one look at the plan."""
    if not task.enabled:
        return None
    state = _state_now(task, now, past)
    # A clock that was set back lets slots come again: then every slot is looked up.
    until = state.decided_until if state.decided_until <= now else _NOTHING_DECIDED
    latest = task.plan.latest(now, zone)
    if latest is None or (latest <= until and not past.opened):
        return None
    slot = task.plan.due(now, zone)
    since = max(until, state.first_seen, now - _LOOK_BACK_SECONDS)
    return _Outlook(slot, tuple(passed for passed in task.plan.slots(since, now, zone) if passed != slot))


def _state_now(task: Task, now: int, past: Past) -> TaskState:
    """Return the state of a task with this schedule: one that is new, or was changed, begins now."""
    plan_text = task.plan.text if task.enabled else _DISABLED
    if past.state is None or past.state.plan != plan_text:
        return TaskState(plan_text, now, _NOTHING_DECIDED)
    return past.state


def _look_at(task: Task, slot: int | None, now: int, zone: tzinfo, past: Past) -> tuple[Due | None, str]:
    """Return the attempt to make for the slot that is due, and why or why not."""
    if slot is None:
        return None, "not due"
    state = past.slot_states.get(slot)
    if state is None:
        return Due(task, slot), "due"
    shown = local(slot, zone).isoformat(timespec="minutes")
    if state != OPEN:
        return None, f"slot {shown} is decided: {state}"
    attempts = past.opened.get(slot, ())
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
    for opened, attempts in past.opened.items():
        if attempts and attempts[-1].outcome is None:
            continue
        outcomes = [Outcome(attempt.outcome) for attempt in attempts] or [Outcome.INTERRUPTED]
        is_over = task.plan.deadline(opened, zone) <= now or (slot is not None and slot > opened)
        if is_over or not may_follow(outcomes, task.retries):
            settled.append((opened, outcomes[-1].value))
    return tuple(settled)


def _changed(state: TaskState, past: Past) -> TaskState | None:
    return None if state == past.state else state
