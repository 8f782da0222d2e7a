"""Why a slot ran, ran late or did not run: pure, over what the ledger says. For ``why`` and ``status``.

Two things are told apart that look alike: a PC that was off, one that slept, ticks that did not come although it was
awake, and a clock that was set. Each tick notes how long the PC had been on and awake; the difference between two ticks
says which it was. (Windows' fast startup lets the kernel sleep through a shutdown: that is told as sleep.)
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from enum import Enum
from typing import NamedTuple

from scheduler_runner.errors import ExitCode
from scheduler_runner.outcome import Outcome
from scheduler_runner.records.history import SlotSeen, TickSeen
from scheduler_runner.records.ledger import COALESCED, MISSED, OPEN
from scheduler_runner.records.run_rows import FinishedRun
from scheduler_runner.task import Task

_SET_SECONDS = 120
"""A clock that is corrected is off by less."""


class Cause(Enum):
    """Why nothing was started for a while, or why a slot was not."""

    OFF = "off"
    ASLEEP = "asleep"
    NO_TICKS = "no_ticks"
    CLOCK_SET = "clock_set"
    AWAY = "away"
    """Off, asleep or without ticks: an older version did not note which."""
    HELD = "held"
    """Its lock, or its group's, was held by another run."""
    FAILED_BEFORE = "failed_before"
    """An earlier attempt had failed, been interrupted or put off."""
    REFUSED = "refused"
    """Ticks came and ended with exit code 3: the configuration was wrong, or others could change the program."""
    STRICT = "strict"
    """No tick came within the one minute in which it may start."""
    UNKNOWN = "unknown"


_UNSEEN = (Cause.UNKNOWN, Cause.STRICT)


class Fate(Enum):
    """What became of a slot."""

    RAN = "ran"
    RUNS = "runs"
    WAITS = "waits"
    FAILED = "failed"
    SKIPPED = "skipped"
    STOPPED = "stopped"
    MISSED = "missed"
    COALESCED = "coalesced"
    PAUSED = "paused"
    UNDECIDED = "undecided"
    UNRECORDED = "unrecorded"


class Gap(NamedTuple):
    """A time without ticks, in seconds since 1970."""

    cause: Cause
    since: float
    until: float


class Reason(NamedTuple):
    """What became of one slot, and why."""

    task: str
    slot: int
    fate: Fate
    cause: Cause | None = None
    """``None``: nothing unusual."""
    since: float = 0.0
    until: float = 0.0
    """Of the cause: when it began and ended; 0: not known."""
    runs: tuple[FinishedRun, ...] = ()
    """The slot's own attempts, first one first."""
    other: FinishedRun | None = None
    """The run that held it up."""

    @property
    def is_unusual(self) -> bool:
        """Whether an administrator may want to know: it failed, or did not simply run in its time."""
        return self.cause is not None or self.fate not in (Fate.RAN, Fate.RUNS, Fate.UNDECIDED)


class Past(NamedTuple):
    """What the ledgers say of a time, and of the hours before it in which a long run may have begun."""

    slots: Sequence[SlotSeen]
    runs: Sequence[FinishedRun]
    """Of all users whose ledgers can be read: a group is shared."""
    ticks: Sequence[TickSeen]
    """The last one may be the moment at which is asked."""
    first_seen: Mapping[str, int]
    """When each task was first seen with its schedule; slots before that are nobody's."""


def reasons(
    tasks: Sequence[Task], past: Past, since: int, until: int, zone: tzinfo, tick_seconds: float
) -> list[Reason]:
    """Return what became of every slot from ``since`` to ``until``, seconds since 1970, oldest first."""
    quiet = gaps(past.ticks, tick_seconds)
    recorded = {(seen.task, seen.slot): seen for seen in past.slots}
    attempts = _runs_by_slot(past.runs)
    found = []
    for task in tasks:
        rivals = {other.id for other in tasks if other.id == task.id or (task.group and other.group == task.group)}
        slots = {slot for name, slot in recorded if name == task.id and since <= slot < until}
        if task.enabled and task.id in past.first_seen:
            slots |= set(task.plan.slots(max(since - 1, past.first_seen[task.id]), until - 1, zone))
        for slot in slots:
            own = attempts.get((task.id, slot), [])
            others = [run for run in past.runs if run.task in rivals and run not in own]
            seen = recorded.get((task.id, slot), SlotSeen(task.id, slot, "", until))
            deadline = task.plan.deadline(slot, zone)
            told = reason_of(seen, deadline, own, others, quiet, tick_seconds, is_strict=task.plan.is_strict)
            if told.cause in _UNSEEN and _is_refused(past.ticks, slot, min(deadline, seen.decided_at)):
                told = told._replace(cause=Cause.REFUSED)
            # One from before the task was first seen was late by nobody's fault.
            is_first = told.fate is Fate.RAN and slot < past.first_seen.get(task.id, 0)
            found.append(told._replace(cause=None) if is_first else told)
    return sorted(found, key=lambda reason: (reason.slot, reason.task))


def gaps(ticks: Sequence[TickSeen], tick_seconds: float) -> list[Gap]:
    """Return the times without ticks: those between two ticks that lie further apart than two and a half should.

    >>> hour = [TickSeen(0.0, 1.0, 7, 100.0, 100.0), TickSeen(3600.0, 3601.0, 7, 3700.0, 400.0)]
    >>> [(gap.cause.name, gap.since, gap.until) for gap in gaps(hour, 300)]
    [('ASLEEP', 1.0, 3600.0)]
    """
    found: list[Gap] = []
    known: list[TickSeen] = []
    for tick in ticks:
        was_ahead = bool(known) and known[-1].started_at > tick.started_at
        while known and known[-1].started_at > tick.started_at:
            known.pop()  # of a clock that was ahead and was set back since: by the right time nothing came meanwhile
        while was_ahead and found and found[-1].until > tick.started_at:
            found.pop()
        if known and tick.started_at - known[-1].started_at > 2.5 * tick_seconds:
            found += _gaps_between(known[-1], tick, tick_seconds, was_ahead=was_ahead)
        known.append(tick)
    return found


def reason_of(
    slot: SlotSeen,
    deadline: float,
    attempts: Sequence[FinishedRun],
    others: Iterable[FinishedRun],
    quiet: Sequence[Gap],
    tick_seconds: float,
    *,
    is_strict: bool = False,
) -> Reason:
    """Return what became of a slot, and why.

    ``attempts`` are the slot's own runs, first one first; ``others`` the runs that its lock or its group's kept it
    waiting for, ``quiet`` the times without ticks. ``deadline``: until when it may start, maybe infinite.
    """
    fate = _fate(slot.state, attempts)
    answer = Reason(slot.task, slot.slot, fate, runs=tuple(attempts))
    if fate in (Fate.MISSED, Fate.UNDECIDED):
        return _because(answer, slot.slot, min(deadline, slot.decided_at), others, quiet, is_strict=is_strict)
    if not attempts or attempts[0].started_at - slot.slot <= 2.5 * tick_seconds:
        return answer._replace(cause=Cause.FAILED_BEFORE) if len(attempts) > 1 else answer
    return _because(answer, slot.slot, attempts[0].started_at, others, quiet, is_strict=False)


def _is_refused(ticks: Iterable[TickSeen], since: float, until: float) -> bool:
    return any(tick.exit_code == ExitCode.CONFIG and since <= tick.started_at < until for tick in ticks)


def _runs_by_slot(runs: Iterable[FinishedRun]) -> Mapping[tuple[str, int], list[FinishedRun]]:
    """Return the attempts of each slot, first one first."""
    found: dict[tuple[str, int], list[FinishedRun]] = {}
    for run in sorted(runs, key=lambda run: run.attempt):
        if run.slot is not None:
            found.setdefault((run.task, run.slot), []).append(run)
    return found


def _fate(state: str, attempts: Sequence[FinishedRun]) -> Fate:
    if state == OPEN:
        return Fate.RUNS if attempts and not attempts[-1].outcome else Fate.WAITS
    known = {MISSED: Fate.MISSED, COALESCED: Fate.COALESCED, "paused": Fate.PAUSED, "unrecorded": Fate.UNRECORDED,
             "": Fate.UNDECIDED, "skipped": Fate.SKIPPED, "stopped": Fate.STOPPED}  # fmt: skip
    if state in known:
        return known[state]
    return Fate.RAN if Outcome(state).is_success else Fate.FAILED


def _because(
    answer: Reason, since: float, until: float, others: Iterable[FinishedRun], quiet: Sequence[Gap], *, is_strict: bool
) -> Reason:
    """Add what kept a slot from starting between its moment and ``until``: the longest of what lies in that time."""
    in_the_way = [
        (
            _overlap(since, until, gap.since, gap.until),
            answer._replace(cause=gap.cause, since=gap.since, until=gap.until),
        )
        for gap in quiet
    ]
    for run in others:
        told = answer._replace(cause=Cause.HELD, since=run.started_at, until=run.ended_at, other=run)
        in_the_way.append((_overlap(since, until, run.started_at, run.ended_at or until), told))
    seconds, longest = max(in_the_way, key=lambda each: each[0], default=(0.0, answer))
    if seconds > 0:
        return longest
    return answer._replace(cause=Cause.STRICT if is_strict else Cause.UNKNOWN)


def _gaps_between(earlier: TickSeen, later: TickSeen, tick_seconds: float, *, was_ahead: bool) -> list[Gap]:
    since, until = earlier.ended_at, later.started_at
    if not earlier.boot or not later.boot:
        return [Gap(Cause.CLOCK_SET if was_ahead else Cause.AWAY, since, until)]
    if earlier.boot != later.boot or later.since_boot < earlier.since_boot:
        return _off_and_waiting(since, until, later, tick_seconds, was_ahead=was_ahead)
    passed = later.since_boot - earlier.since_boot
    if was_ahead or until - earlier.started_at - passed > max(_SET_SECONDS, passed):
        return [Gap(Cause.CLOCK_SET, since, until)]
    return [Gap(_awake_or_not(passed, later.awake - earlier.awake), since, until)]


def _off_and_waiting(since: float, until: float, later: TickSeen, tick_seconds: float, *, was_ahead: bool) -> list[Gap]:
    """Divide a time at whose end the PC had been on for a while: it may have waited for somebody to log on."""
    switched_on = until - later.since_boot
    if later.since_boot <= 2.5 * tick_seconds or switched_on <= since:
        return [Gap(Cause.OFF, since, until)]
    cause = Cause.CLOCK_SET if was_ahead else _awake_or_not(later.since_boot, later.awake)
    return [Gap(Cause.OFF, since, switched_on), Gap(cause, switched_on, until)]


def _awake_or_not(passed: float, awake: float) -> Cause:
    return Cause.NO_TICKS if awake > passed / 2 else Cause.ASLEEP


def _overlap(since: float, until: float, first: float, last: float) -> float:
    return min(until, last) - max(since, first)
