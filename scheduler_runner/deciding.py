"""What a tick is to do about one task: pure, over what the ledger says.

The order is: :func:`past_of` puts together what is known of a task, asking the ledger about single slots only where
there is a new one; :func:`decide` answers. The dry run goes the same way.
"""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from types import MappingProxyType
from typing import NamedTuple

from scheduler_runner.phrases import Phrase
from scheduler_runner.plans.clock import local
from scheduler_runner.records.ledger import MISSED, OPEN, PAUSED, Ledger, TaskState
from scheduler_runner.task import Task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from scheduler_runner.records.run_rows import Attempt

_LOOK_BACK_SECONDS = 14 * 86400
_DISABLED = "disabled"
_NOTHING_DECIDED = 0
# Why nothing is to be done, of nearly all tasks in nearly all ticks: made once.
_DISABLED_REASON, _NOTHING_NEW, _NOT_DUE = Phrase("disabled"), Phrase("no new slot"), Phrase("not due")
_DUE, _PAUSED_REASON = Phrase("due"), Phrase("paused")
_SENSIBLE_FROM = 1_704_067_200
"""2024: a clock that shows an earlier year is one whose battery is empty. This program is younger than that."""


class Due(NamedTuple):
    """An attempt to be made now, for a slot in seconds since 1970."""

    task: Task
    slot: int
    attempt: int = 1
    coalesced: tuple[int, ...] = ()
    """Older slots, due as well, in whose place this one runs."""


class Decision(NamedTuple):
    """What a tick found about a task, and what is to go on record; ``reason`` is for the log and for people."""

    reason: Phrase
    due: Due | None = None
    state: TaskState | None = None
    """The task's new state; ``None`` where it is as it was."""
    missed: tuple[int, ...] = ()
    settled: tuple[tuple[int, str], ...] = ()
    """Slots that will see no further attempt, each with its final state."""


class Past(NamedTuple):
    """What the ledger says of one task. Of a task never seen, and without a ledger, the defaults hold."""

    state: TaskState | None = None
    opened: "Mapping[int, Sequence[Attempt]]" = MappingProxyType({})
    """The slots that were claimed and are not settled, each with its attempts, first one first."""
    slot_states: Mapping[int, str] = MappingProxyType({})
    """The state of every decided slot from :func:`oldest_question` on."""
    knows_since: float = float("inf")
    """Of a task never seen: from when on a slot without a state never ran. A ledger may have been made anew."""


def past_of(ledger: Ledger, task: Task, now: int, zone: tzinfo, known: Past) -> Past:
    """Return what a ledger says of a task; ``known`` is what it says of all at once. Raises ``LedgerUnavailable``."""
    if task.enabled and _is_new(task, now, known):
        known = known._replace(knows_since=ledger.remade_at())
    oldest = oldest_question(task, now, zone, known)
    return known if oldest is None else known._replace(slot_states=ledger.slot_states(task.id, oldest))


def oldest_question(task: Task, now: int, zone: tzinfo, past: Past) -> int | None:
    """Return the oldest slot whose state decides something now; ``None`` where there is nothing new to decide."""
    outlook = _outlook(task, _state_now(task, now, past), now, zone, past)
    if outlook is None:
        return None
    slot, fresh = outlook
    return min([*fresh, *past.opened, *([] if slot is None else [slot])], default=None)


def decide(task: Task, now: int, zone: tzinfo, past: Past) -> Decision:
    """Return what to do about ``task`` at ``now``, in seconds since 1970."""
    state = _state_now(task, now, past)
    if not task.enabled:
        return Decision(
            _DISABLED_REASON, state=_changed(state, past, now), settled=_settled(task, now, zone, None, past)
        )
    outlook = _outlook(task, state, now, zone, past)
    if outlook is None:
        return Decision(_NOTHING_NEW, state=_changed(state, past, now))
    slot, fresh = outlook
    due, reason = _look_at(task, slot, now, zone, past)
    waiting = [passed for passed in fresh if task.plan.deadline(passed, zone) > now]
    if due is not None and due.attempt == 1:
        due = due._replace(coalesced=tuple(older for older in waiting if older < due.slot))
        # Not decided before it is claimed: where its lock is held now, a later tick has to find it again.
        waiting.append(due.slot)
    until = min(waiting) - 1 if waiting else now
    return Decision(
        reason,
        due,
        _changed(state._replace(decided_until=until), past, now),
        missed=tuple(slot for slot in fresh if slot not in waiting and slot not in past.slot_states),
        settled=_settled(task, now, zone, slot, past),
    )


def hold_back(decision: Decision, pauses: Sequence[tuple[float, float]], now: int) -> Decision:
    """Return the decision about a task that is, or was, paused: its slots are decided, and none is made up for.

    ``pauses`` say from when to when; a slot counts by its own time, and all are held back while a pause goes on. One
    that ran before stays open: how it ended is its end, unless the pause is over while there is time for an attempt.
    """

    def is_within(moment: int) -> bool:
        return any(first <= moment < last for first, last in pauses)

    due, reason = decision.due, _PAUSED_REASON if is_within(now) else decision.reason
    passed = [slot for slot in decision.missed if is_within(slot)]
    if due is not None and (is_within(now) or is_within(due.slot)):
        passed += [*due.coalesced, due.slot] if due.attempt == 1 else []
        due, reason = None, _PAUSED_REASON
    return decision._replace(
        reason=reason,
        due=due,
        missed=tuple(slot for slot in decision.missed if slot not in passed),
        settled=(*decision.settled, *((slot, PAUSED) for slot in passed)),
    )


def _outlook(
    task: Task, state: TaskState, now: int, zone: tzinfo, past: Past
) -> "tuple[int | None, tuple[int, ...]] | None":
    """Return what is new: the slot that is due, and the others that have passed since the last decision.

    ``None`` where nothing is, which is the answer of nearly every tick: one look at the plan.
    """
    if not task.enabled:
        return None
    # A clock that was set back lets slots come again: then every slot is looked up.
    until = state.decided_until if state.decided_until <= now else _NOTHING_DECIDED
    latest = task.plan.latest(now, zone)
    if not past.opened and (latest is None or latest <= until):
        return None
    slot = task.plan.due(now, zone)
    # A slot that was due when the task was first seen, and found a lock or its group busy, is one of ours.
    since = max(until or state.first_seen, now - _LOOK_BACK_SECONDS)
    fresh = tuple(passed for passed in task.plan.slots(since, now, zone) if passed != slot)
    if latest is not None and slot is None and not fresh and _comes_too_late(task, state, latest, now, zone, past):
        fresh = (latest,)
    return slot, fresh


def _comes_too_late(task: Task, state: TaskState, latest: int, now: int, zone: tzinfo, past: Past) -> bool:
    """Return whether a task is seen first when its last slot is over: a wrong year, most likely, and it never runs."""
    return state is not past.state and latest > past.knows_since and task.plan.next(now, zone) is None


def _is_new(task: Task, now: int, past: Past) -> bool:
    return _state_now(task, now, past) is not past.state


def _state_now(task: Task, now: int, past: Past) -> TaskState:
    """Return the state of a task with this schedule: one that is new, or was changed, begins now.

    So does one that was first seen under a clock that was ahead: until that time nothing would ever be missed. And one
    that was first seen years before this program was written: nothing was planned then.
    """
    plan_text = task.plan.text if task.enabled else _DISABLED
    if past.state is None or past.state.plan != plan_text:
        return TaskState(plan_text, now, _NOTHING_DECIDED)
    is_of_wrong_clock = past.state.first_seen > now or past.state.first_seen < _SENSIBLE_FROM <= now
    return TaskState(plan_text, now, _NOTHING_DECIDED) if is_of_wrong_clock else past.state


def _look_at(task: Task, slot: int | None, now: int, zone: tzinfo, past: Past) -> tuple[Due | None, Phrase]:
    """Return the attempt to make for the slot that is due, and why or why not."""
    if slot is None:
        return None, _NOT_DUE
    state = past.slot_states.get(slot)
    # What is within its time cannot have been missed: a clock that was ahead for a while passed over it.
    if state in (None, MISSED):
        return Due(task, slot), _DUE
    shown = f"{local(slot, zone):%d.%m %H:%M}"
    if state != OPEN:
        return None, Phrase("{slot} is decided: {state}", slot=shown, state=Phrase(str(state)))
    from scheduler_runner.outcome import further_attempt

    attempt, reason = further_attempt(task, past.opened.get(slot, ()), now)
    if attempt is None:
        return None, Phrase("{slot} {reason}", slot=shown, reason=reason)
    return Due(task, slot, attempt), reason


def _settled(task: Task, now: int, zone: tzinfo, slot: int | None, past: Past) -> tuple[tuple[int, str], ...]:
    """Return the open slots that can see no further attempt: their time is over, or a newer one is due."""
    if not past.opened:
        return ()
    from scheduler_runner.outcome import fates_of_open, may_follow, outcomes_of

    def may_wait(opened: int) -> bool:
        is_over = task.plan.deadline(opened, zone) <= now or (slot is not None and slot > opened)
        return task.enabled and not is_over and may_follow(outcomes_of(past.opened[opened]), task.retries)

    return tuple((opened, state) for opened, state in fates_of_open(past.opened) if not may_wait(opened))


def _changed(state: TaskState, past: Past, now: int) -> TaskState | None:
    """Return what is to be noted; ``None``: nothing is new, or this clock makes no sense and the earlier ones did."""
    is_senseless = past.state is not None and now < _SENSIBLE_FROM <= past.state.first_seen
    return None if state == past.state or is_senseless else state
