"""Why a slot went as it did, against a slow oracle over days in which PCs sleep, are off, hang and are busy."""

import random
from collections import Counter
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from scheduler_runner.outcome import Outcome
from scheduler_runner.reasons import Cause, Fate, Past, gaps, reasons
from scheduler_runner.records.history import History, SlotSeen, TickSeen
from scheduler_runner.records.run_rows import FinishedRun
from scheduler_runner.run_site import RunSite
from scheduler_runner.runs import attempt as attempt_module
from scheduler_runner.runs.attempt import SLOT_VARIABLE
from scheduler_runner.runs.execution import End, Execution
from scheduler_runner.runs.program import Ended
from scheduler_runner.system.clock import Moment
from scheduler_runner.system.locks import try_lock
from scheduler_runner.tick import Tick
from scheduler_runner.utils.logging import configure_logger
from tests.conftest import python_task

MOSCOW = ZoneInfo("Europe/Moscow")
TICK = 300
GRACE_MINUTES = 45
START = int(datetime(2026, 11, 27, tzinfo=MOSCOW).timestamp())
"""A Friday, so that there is a Sunday."""
DAYS = 3


def seen(at: float, boot: int, since_boot: float, awake: float) -> TickSeen:
    return TickSeen(at, at + 1, boot, since_boot, awake)


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (seen(7200, 1, 7300, 7300), [(Cause.NO_TICKS, 1, 7200)]),
        (seen(7200, 1, 7300, 400), [(Cause.ASLEEP, 1, 7200)]),
        (seen(7200, 2, 120, 120), [(Cause.OFF, 1, 7200)]),
        (seen(7200, 2, 3600, 3600), [(Cause.OFF, 1, 3600), (Cause.NO_TICKS, 3600, 7200)]),
        (seen(7200, 1, 400, 400), [(Cause.CLOCK_SET, 1, 7200)]),
        (seen(300, 1, 400, 400), []),
        (TickSeen(7200, 7201), [(Cause.AWAY, 1, 7200)]),
    ],
)
def test_what_two_ticks_say_of_the_time_between_them(later, expected):
    found = gaps([seen(0, 1, 100, 100), later], TICK)
    assert [(gap.cause, gap.since, gap.until) for gap in found] == expected


@pytest.mark.parametrize(
    ("ticks", "expected"),
    [
        ([seen(4e9, 1, 400, 400), seen(3600, 1, 3700, 3700)], [(Cause.CLOCK_SET, 1, 3600)]),
        ([seen(4e9, 1, 400, 400), seen(300, 1, 430, 430)], []),
        ([seen(4e9, 2, 60, 60), seen(4e9 + 3600, 2, 3660, 3660), seen(7200, 2, 3700, 3700)],
         [(Cause.OFF, 1, 3500), (Cause.CLOCK_SET, 3500, 7200)]),
    ],
)  # fmt: skip
def test_ticks_of_a_clock_that_was_ahead_count_as_none(ticks, expected):
    found = gaps([seen(0, 1, 100, 100), *ticks], TICK)
    assert [(gap.cause, gap.since, gap.until) for gap in found] == expected


class Pc:
    """A PC whose every minute on the wall is drawn: on, off, asleep, on and without ticks, or one that a clock skipped.

    In "held" minutes another task of the group runs.
    """

    def __init__(self, chance: random.Random, minutes: int) -> None:
        self.states: list[str] = []
        kinds, weights = ["on", "off", "asleep", "no_ticks", "held", "clock_set"], [8, 1, 1, 1, 2, 1]
        while len(self.states) < minutes:
            (kind,) = chance.choices(kinds, weights)
            # What two ticks say of a time in which the clock was set tells of nothing else in it.
            apart = ["on"] * (10 * (kind == "clock_set"))
            self.states += apart + [kind] * (5 * chance.randrange(8, 60)) + apart
        self.boot, self.since_boot, self.awake = 1, 0.0, 0.0

    def pass_minute(self, minute: int) -> str:
        """Let a minute pass, and return what the PC did in it."""
        state = self.states[minute]
        if state == "off":
            self.since_boot = self.awake = 0.0
        elif state != "clock_set":
            self.boot += self.states[minute - 1] == "off" if minute else 0
            self.since_boot += 60
            self.awake += 60 * (state != "asleep")
        return state

    def as_ticks_can_know(self) -> "list[str]":
        """Return what each minute was, as a tick that comes later can tell.

        What was before the PC went off, it cannot; of a time without ticks in which it slept and did not, what it did most.
        """
        known, first = list(self.states), 0
        for minute in range(len(known) + 1):
            if minute == len(known) or self.has_tick(minute):
                span = self.states[first:minute]
                off_until = max((place for place, state in enumerate(span) if state == "off"), default=-1) + 1
                rest = Counter(state for state in span[off_until:] if state in ("asleep", "no_ticks"))
                (most, _), *_ = rest.most_common() or [("", 0)]
                known[first : first + off_until] = ["off"] * off_until
                known[first + off_until : minute] = [most if state in rest else state for state in span[off_until:]]
                first = minute + 1
        return known

    def has_tick(self, minute: int) -> bool:
        return minute < len(self.states) and self.states[minute] in ("on", "held") and minute % 5 == 0

    def moment(self) -> Moment:
        return Moment(0.0, self.since_boot, self.awake, f"boot {self.boot}")


class Program(NamedTuple):
    """One that a tick began: in which minute, and how it ended."""

    minute: int
    end: str


Began = dict[tuple[str, int], list[Program]]


@pytest.fixture
def began(monkeypatch) -> Began:
    """Replace programs: each ends as it is drawn, at once; return what began, by task and minute of the slot.

    One that "died" took its runner with it: the next tick finds its run open.
    """
    began: Began = {}
    chance = random.Random(7)

    @contextmanager
    def supervised(program, held, holder, *, site, **_):
        (end,) = chance.choices(list(FATES), [10, 3, 1, 2, 1, 2])
        slot = int(datetime.fromisoformat(program.env[SLOT_VARIABLE]).timestamp())
        began.setdefault((holder.task_id, slot), []).append(Program(minute_of(site.clock()), end))
        try:
            if end == "died":
                raise RuntimeError("the runner was killed")
            yield Ended(Outcome(end), Execution(End.EXITED, exit_code=0))
        finally:
            held.release()

    monkeypatch.setattr(attempt_module, "supervised", supervised)
    return began


FATES = {
    "succeeded": Fate.RAN,
    "failed": Fate.FAILED,
    "timed_out": Fate.FAILED,
    "skipped": Fate.SKIPPED,
    "stopped": Fate.STOPPED,
    "died": Fate.FAILED,
}


def minute_of(seconds: float) -> int:
    return int(seconds - START) // 60


def rival_ended(ledger, begun: int, minute: int) -> None:
    run = FinishedRun(f"by hand {begun}", "demo_Rival", None, 1, START + begun * 60, START + minute * 60, "succeeded")
    ledger.finish(run, slot_state=None)


def live(tmp_path, ledger, tasks, pc: Pc, pauses) -> None:
    """Let ticks come as the PC lets them; while the disk is busy another run holds the group."""
    logs = str(tmp_path / "logs")
    lock, begun, minutes = None, 0, len(pc.states)
    (tmp_path / "logs" / "locks").mkdir(parents=True, exist_ok=True)
    for minute in range(minutes):
        state, now = pc.pass_minute(minute), START + minute * 60
        here = RunSite(logs, "operator", str(tmp_path), zone=MOSCOW,
                       clock=lambda now=now: float(now), read_clock=pc.moment)  # fmt: skip
        if state == "held" and lock is None:
            lock, begun = try_lock(here.layout.group_lock("disk")), minute
            ledger.start_by_hand(run=f"by hand {minute}", task="demo_Rival", started_at=now)
        elif state != "held" and lock is not None:
            rival_ended(ledger, begun, minute)
            lock = lock.release()
        if pc.has_tick(minute):
            logger = configure_logger("operator", logs_dir=here.logs_dir)
            spans = [(START + first * 60, START + last * 60) for first, last in pauses]
            tick = Tick(tasks, here, ledger, logger, lambda task: configure_logger("operator", task.id, logs_dir=logs),
                        pauses={task.id: spans for task in tasks})  # fmt: skip
            tick.run_due()
            tick.end(0)
    if lock is not None:
        rival_ended(ledger, begun, minutes)
        lock.release()


class Oracle:
    """What became of a task's slots, found out by going through every tick with each of them."""

    def __init__(self, pc: Pc, task: str, slots: "list[int]", pauses, began: Began) -> None:
        self.pc, self.task, self.slots, self.pauses, self.began = pc, task, slots, pauses, began
        self.did_what = pc.as_ticks_can_know()

    def is_paused(self, minute: int) -> bool:
        return any(first <= minute < last for first, last in self.pauses)

    def fate(self, slot: int) -> Fate:
        """Return what became of a slot that was over long before the end."""
        programs = self.began.get((self.task, START + slot * 60), [])
        if programs:
            return FATES[programs[-1].end]
        for minute in filter(self.pc.has_tick, range(slot, slot + GRACE_MINUTES)):
            newest = max(each for each in self.slots if each <= minute)
            if self.is_paused(minute) or self.is_paused(newest):
                return Fate.PAUSED
            if newest != slot and minute in [
                each.minute for each in self.began.get((self.task, START + newest * 60), [])
            ]:
                return Fate.COALESCED
            assert self.task == "demo_Job" and self.pc.states[minute] == "held", (
                slot,
                minute,
                newest,
                self.pauses,
                self.began,
            )
        return Fate.PAUSED if self.is_paused(slot) else Fate.MISSED

    def cause(self, slot: int) -> "tuple[Cause | None, ...]":
        """Return why, where that is clear; else all that may be said."""
        programs, fate = self.began.get((self.task, START + slot * 60), []), self.fate(slot)
        if fate in (Fate.COALESCED, Fate.PAUSED):
            return (None,)
        ended = programs[0].minute if programs else slot + GRACE_MINUTES
        if programs and ended - slot <= 12:
            return (Cause.FAILED_BEFORE if len(programs) > 1 else None,)
        minutes = Counter(Cause[state.upper()] for state in self.did_what[slot:ended] if state != "on")
        most = max(minutes.values())
        return tuple(cause for cause, count in minutes.items() if most - count <= 12)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_reason_of_every_slot_is_the_right_one(tmp_path, ledger, began, seed):
    chance = random.Random(seed)
    times = [f"{hour:02d}:{chance.randrange(60):02d}" for hour in range(24)]
    plan = {"schedule": "daily", "time": times, "misfire_grace_time": GRACE_MINUTES * 60}
    shop = {"schedule": "cron", "cron": "*/50 9-20 * * 1-6", "misfire_grace_time": GRACE_MINUTES * 60}
    again = {"retries": 1, "retry_delay_seconds": 300.0}
    tasks = [
        python_task("", name="Job", group="disk", plan=plan, **again),
        python_task("", name="Shop", plan=shop, **again),
        python_task("", name="Rival", group="disk", plan={"schedule": "once", "at": "2020-01-01 00:00"}),
    ]
    pc = Pc(chance, DAYS * 1440)
    pauses = [(first, first + chance.randrange(20, 120)) for first in chance.sample(range(DAYS * 1440), 12)]
    live(tmp_path, ledger, tasks, pc, pauses)
    until = START + len(pc.states) * 60
    told = reasons(tasks, past(ledger, pc, until), START, until, MOSCOW, TICK)
    first_tick = next(filter(pc.has_tick, range(DAYS * 1440)))
    last_tick = max(filter(pc.has_tick, range(len(pc.states))))
    checked = Counter()
    for task in tasks[:2]:
        slots = [minute_of(slot) for slot in task.plan.slots(START - 1, until, MOSCOW)]
        oracle = Oracle(pc, task.id, slots, pauses, began)
        mine = {minute_of(reason.slot): reason for reason in told if reason.task == task.id}
        assert [slot for slot in slots if slot > first_tick] == [slot for slot in mine if slot > first_tick]
        for slot, reason in mine.items():
            if first_tick < slot < last_tick - 2 * GRACE_MINUTES:
                assert (reason.fate, len(reason.runs)) == (
                    oracle.fate(slot),
                    len(began.get((task.id, reason.slot), [])),
                ), (slot, reason)
                assert reason.cause in oracle.cause(slot), (slot, reason)
                assert reason.cause is not Cause.HELD or reason.other.task == "demo_Rival"
                checked[reason.fate] += 1
                checked[reason.cause] += 1
    fates = {Fate.RAN, Fate.FAILED, Fate.SKIPPED, Fate.STOPPED, Fate.MISSED, Fate.COALESCED, Fate.PAUSED}
    causes = {Cause.OFF, Cause.ASLEEP, Cause.NO_TICKS, Cause.CLOCK_SET, Cause.HELD, Cause.FAILED_BEFORE}
    assert len(fates & checked.keys()) >= 5, checked
    assert len(causes & checked.keys()) >= 4, checked


def test_slot_that_ticks_met_and_refused_is_told_so():
    task = python_task("", name="Job", plan={"schedule": "hourly"})
    ticks = [TickSeen(START + at, START + at, 1, at, at, exit_code=3 * (at >= 3600)) for at in range(0, 7800, TICK)]
    slots = [SlotSeen("demo_Job", START + 3600, "missed", START + 7200)]
    (told,) = reasons([task], Past(slots, [], ticks, {"demo_Job": START}), START + 60, START + 7000, MOSCOW, TICK)
    assert (told.fate, told.cause) == (Fate.MISSED, Cause.REFUSED)


def past(ledger, pc: Pc, until: int) -> Past:
    """Return what the ledger says, as ``why`` asks for it."""
    history = History(ledger.file.path)
    ticks = history.ticks(START, until)
    boot = ticks[-1].boot if pc.states[-1] != "off" else -1
    now = TickSeen(until, until, boot, pc.since_boot, pc.awake)
    first_seen = {name: state.first_seen for name, state in ledger.task_states().items()}
    found = Past(history.slots(START, until), history.runs(START, until), [*ticks, now], first_seen)
    history.close()
    return found
