"""Why a slot went as it did, against a slow oracle over days in which PCs sleep, are off, hang and are busy."""

import random
from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from scheduler_runner.reasons import Cause, Fate, Past, gaps, reasons
from scheduler_runner.records.history import History, TickSeen
from scheduler_runner.records.ledger import FinishedRun
from scheduler_runner.run_site import RunSite
from scheduler_runner.system.clock import Moment
from scheduler_runner.system.locks import try_lock
from scheduler_runner.tick import Tick
from scheduler_runner.utils.logging import configure_logger
from tests.conftest import python_task
from tests.test_tick import outcomes  # noqa: F401 - a fixture

MOSCOW = ZoneInfo("Europe/Moscow")
TICK = 300
START = int(datetime(2026, 11, 23, tzinfo=MOSCOW).timestamp())


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


class Pc:
    """A PC whose every minute is drawn: on, off, asleep, or on and without ticks; and whose disk is busy at times."""

    def __init__(self, chance: random.Random, minutes: int) -> None:
        self.states: list[str] = []
        while len(self.states) < minutes:
            self.states += [chance.choices(["on", "off", "asleep", "no_ticks", "held"], [8, 1, 1, 1, 2])[0]] * (
                5 * chance.randrange(8, 60)
            )
        self.boot, self.since_boot, self.awake = 1, 0.0, 0.0

    def pass_minute(self, minute: int) -> str:
        """Let a minute pass, and return what the PC did in it."""
        state = self.states[minute]
        if state == "off":
            self.since_boot = self.awake = 0.0
        else:
            self.boot += self.states[minute - 1] == "off" if minute else 0
            self.since_boot += 60
            self.awake += 60 * (state != "asleep")
        return state

    def as_ticks_can_know(self) -> "list[str]":
        """Return what each minute was, as a tick that comes later can tell: what was before the PC went off, it cannot."""
        known, is_off_later = list(self.states), False
        for minute in reversed(range(len(known))):
            comes_tick = known[minute] in ("on", "held") and minute % 5 == 0
            is_off_later = (is_off_later and not comes_tick) or known[minute] == "off"
            if is_off_later:
                known[minute] = "off"
        return known

    def moment(self) -> Moment:
        return Moment(0.0, self.since_boot, self.awake, f"boot {self.boot}")


def rival_ended(ledger, begun: int, minute: int) -> None:
    run = FinishedRun(f"by hand {begun}", "demo_Rival", None, 1, START + begun * 60, START + minute * 60, "succeeded")
    ledger.finish(run, slot_state=None)


def live(tmp_path, ledger, tasks, pc: Pc, minutes: int) -> None:
    """Let ticks come as the PC lets them; while the disk is busy another run holds the group."""
    logs = str(tmp_path / "logs")
    lock = site = None
    for minute in range(minutes):
        state, now = pc.pass_minute(minute), START + minute * 60
        if state == "held" and lock is None:
            site = site or RunSite(logs, "operator", str(tmp_path))
            (tmp_path / "logs" / "locks").mkdir(parents=True, exist_ok=True)
            lock = try_lock(site.layout.group_lock("disk"))
            ledger.start_by_hand(run=f"by hand {minute}", task="demo_Rival", started_at=now)
            begun = minute
        elif state != "held" and lock is not None:
            rival_ended(ledger, begun, minute)
            lock.release()
            lock = None
        if state in ("on", "held") and minute % 5 == 0:
            here = RunSite(logs, "operator", str(tmp_path), zone=MOSCOW,
                           clock=lambda now=now: float(now), read_clock=pc.moment)  # fmt: skip
            logger = configure_logger("operator", logs_dir=here.logs_dir)
            tick = Tick(tasks, here, ledger, logger, lambda task: configure_logger("operator", task.id, logs_dir=logs))
            tick.run_due()
            tick.end(0)
    if lock is not None:
        rival_ended(ledger, begun, minutes)
        lock.release()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_reason_of_every_slot_is_what_the_pc_did_most_of_the_time(tmp_path, ledger, outcomes, seed):  # noqa: F811
    chance = random.Random(seed)
    minutes = 3 * 1440
    plan = {"schedule": "daily", "time": [f"{hour:02d}:{chance.randrange(60):02d}" for hour in range(24)]}
    tasks = [
        python_task("", name="Job", group="disk", plan={**plan, "misfire_grace_time": 2700}),
        python_task("", name="Rival", group="disk", plan={"schedule": "once", "at": "2020-01-01 00:00"}),
    ]
    pc = Pc(chance, minutes)
    live(tmp_path, ledger, tasks, pc, minutes)
    history = History(ledger.file.path)
    until = START + minutes * 60
    now = TickSeen(until, until, history.ticks(START, until)[-1].boot if pc.states[minutes - 1] != "off" else -1,
                   pc.since_boot, pc.awake)  # fmt: skip
    past = Past(history.slots(START, until), history.runs(START, until), [*history.ticks(START, until), now],
                {name: state.first_seen for name, state in ledger.task_states().items()})  # fmt: skip
    history.close()
    did_what = pc.as_ticks_can_know()
    checked = Counter()
    for reason in reasons(tasks, past, START, until, MOSCOW, TICK):
        begun = (reason.slot - START) // 60
        ended = int((reason.runs[0].started_at - START) // 60) if reason.runs else min(begun + 45, minutes)
        did = Counter(did_what[begun:ended])
        (state, most), *rest = did.most_common() or [("on", 0)]
        is_clear = state != "on" and most - max((count for _, count in rest), default=0) > 12 and ended - begun > 12
        if reason.task == "demo_Job" and reason.slot > past.ticks[0].started_at and is_clear:
            assert reason.cause is Cause[state.upper()], (reason, did)
            checked[state] += 1
        assert reason.fate in (Fate.RAN, Fate.MISSED, Fate.COALESCED, Fate.UNDECIDED), reason
    assert len(checked) >= 3, checked
