"""What a tick is to do about one task: pure, over what the ledger says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler_runner.task import Outcome, Task
from scheduler_runner.utils.attempts import is_time_to_follow, may_follow
from scheduler_runner.utils.ledger import OPEN, Attempt, TaskState

_LOOK_BACK = timedelta(days=14)
_DISABLED = "disabled"
_NOTHING_DECIDED = 0


@dataclass(frozen=True, slots=True)
class Due:
    """An attempt to be made now."""

    task: Task
    slot: datetime
    attempt: int = 1
    coalesced: tuple[datetime, ...] = ()
    """Older slots, due as well, in whose place this one runs."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a tick found about a task, and what is to go on record; ``reason`` is for the log and for people."""

    reason: str
    due: Due | None = None
    state: TaskState | None = None
    """The task's new state; ``None`` where it is as it was."""
    missed: tuple[int, ...] = ()
    settled: tuple[tuple[int, str], ...] = ()
    """Slots that will see no further attempt, each with its final state."""


@dataclass(frozen=True, slots=True)
class Past:
    """What the ledger says of one task. Of a task never seen, and without a ledger, the defaults hold."""

    state: TaskState | None = None
    open_slots: Sequence[int] = ()
    attempts: Callable[[int], Sequence[Attempt]] = lambda slot: ()
    slot_state: Callable[[int], str | None] = lambda slot: None


def decide(task: Task, now: datetime, past: Past) -> Decision:
    """Return what to do about ``task`` at ``now`` (aware)."""
    moment = int(now.timestamp())
    plan_text = task.plan.text if task.enabled else _DISABLED
    state = past.state
    if state is None or state.plan != plan_text:
        state = TaskState(plan_text, moment, _NOTHING_DECIDED)
    if not task.enabled:
        return Decision("disabled", state=_changed(state, past))
    latest = task.plan.latest(now)
    # A clock that was set back lets slots come again: then every slot is looked up.
    until = state.decided_until if state.decided_until <= moment else _NOTHING_DECIDED
    if latest is None or (int(latest.timestamp()) <= until and not past.open_slots):
        return Decision("no new slot", state=_changed(state, past))
    return _decide_slots(task, now, past, TaskState(state.plan, state.first_seen, until))


def _decide_slots(task: Task, now: datetime, past: Past, state: TaskState) -> Decision:
    plan = task.plan
    slot = plan.due(now)
    fresh = _slots_since(task, now, state)
    pending = [passed for passed in fresh if plan.deadline(passed) > now and passed != slot]
    waiting = set(pending) | ({slot} if slot is not None else set())
    missed = tuple(int(passed.timestamp()) for passed in fresh if passed not in waiting)
    due, reason = _look_at(task, slot, now, past, tuple(older for older in pending if slot and older < slot))
    undecided = [*pending, *([slot] if due is not None and due.attempt == 1 else [])]
    until = _decided_until(now, undecided)
    return Decision(
        reason,
        due,
        _changed(TaskState(state.plan, state.first_seen, until), past),
        missed,
        _settled(task, now, slot, past),
    )


def _slots_since(task: Task, now: datetime, state: TaskState) -> list[datetime]:
    moment = now.timestamp()
    since = max(state.decided_until, state.first_seen, moment - _LOOK_BACK.total_seconds())
    if since >= moment:
        return []
    return list(task.plan.slots(datetime.fromtimestamp(since, now.tzinfo), now))


def _look_at(
    task: Task, slot: datetime | None, now: datetime, past: Past, coalesced: tuple[datetime, ...]
) -> tuple[Due | None, str]:
    """Return the attempt to make for the slot that is due, and why or why not."""
    if slot is None:
        return None, "not due"
    seconds = int(slot.timestamp())
    state = past.slot_state(seconds)
    if state is None:
        return Due(task, slot, 1, coalesced), "due"
    if state != OPEN:
        return None, f"slot {_minute(slot)} is decided: {state}"
    attempts = past.attempts(seconds)
    if not attempts or attempts[-1].outcome is None:
        return None, f"slot {_minute(slot)} is running"
    outcomes = [Outcome(attempt.outcome) for attempt in attempts]
    if not may_follow(outcomes, task.retries):
        return None, f"slot {_minute(slot)} is decided: {outcomes[-1].value}"
    if not is_time_to_follow(task, outcomes[-1], attempts[-1].ended_at or 0, now.timestamp()):
        return None, f"slot {_minute(slot)} waits {task.retry_delay_seconds:g} s after {outcomes[-1].value}"
    return Due(task, slot, attempts[-1].attempt + 1), f"again after {outcomes[-1].value}"


def _settled(task: Task, now: datetime, slot: datetime | None, past: Past) -> tuple[tuple[int, str], ...]:
    """Return the open slots that can see no further attempt: their time is over, or a newer one is due."""
    settled = []
    for seconds in past.open_slots:
        opened = datetime.fromtimestamp(seconds, now.tzinfo)
        is_over = task.plan.deadline(opened) <= now or (slot is not None and slot > opened)
        attempts = past.attempts(seconds)
        if attempts and attempts[-1].outcome is None:
            continue
        outcomes = [Outcome(attempt.outcome) for attempt in attempts] or [Outcome.INTERRUPTED]
        if is_over or not may_follow(outcomes, task.retries):
            settled.append((seconds, outcomes[-1].value))
    return tuple(settled)


def _decided_until(now: datetime, undecided: Sequence[datetime]) -> int:
    if undecided:
        return int(min(undecided).timestamp()) - 1
    return int(now.timestamp())


def _changed(state: TaskState, past: Past) -> TaskState | None:
    return None if state == past.state else state


def _minute(slot: datetime) -> str:
    return slot.isoformat(timespec="minutes")
