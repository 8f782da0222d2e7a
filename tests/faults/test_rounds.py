"""Rounds of faults by chance: ``FAULT_ROUNDS=11-200 pytest tests/faults/test_rounds.py``; ``FAULT_ROUNDS=137`` repeats one.

What a round does is decided by its number; when exactly a blow strikes, by the machine.
"""

import os
import sys
import time

import pytest

from tests.bot_api import BotApi
from tests.faults.driver import Point
from tests.faults.faults import BLOWS, DAMAGE, DAY, HOUR, STATES
from tests.faults.invariants import broken_promises
from tests.faults.plans import shown

STEPS = 10
MINUTE = 60
GAPS = (5 * MINUTE,) * 5 + (15 * MINUTE, HOUR, HOUR, 6 * HOUR, 12 * HOUR, 26 * HOUR)
FIRST, _, LAST = os.environ.get("FAULT_ROUNDS", "1-10").partition("-")


@pytest.fixture
def point(project, tmp_path, seed):
    with BotApi() as api:
        point = Point(project, api, tmp_path, seed)
        yield point
        point.close()


@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform == "win32", reason="no round has passed there yet: what can be had there is to be found out"
)
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(int(FIRST), int(LAST or FIRST) + 1))
def test_whatever_happens_each_slot_has_one_fate_and_people_are_told(point):
    point.tick()
    for point.step in range(1, STEPS):
        play(point)
    end_all(point)
    broken = broken_promises(point)
    assert not broken, f"FAULT_ROUNDS={point.seed}\n" + "\n".join([*broken, story(point)])


def play(point: Point) -> None:
    """One step: time passes, something begins or ends, something is damaged, runners start, something strikes."""
    chance = point.chance
    pass_time(point)
    for name in [name for name in point.states if chance.random() < 0.4]:
        point.states.pop(name)()
    if chance.random() < 0.2:
        begin(point, chance.choice(STATES))
    if chance.random() < 0.2:
        strike(point, chance.choice(DAMAGE))
    for name in point.states:
        point.strike(name)
    point.start_runners(chance.choice([1] * 12 + [2, 2, 4, 12]))
    if chance.random() < 0.5:
        time.sleep(chance.uniform(0, 1.2))
        strike(point, chance.choice(BLOWS))
    point.settle()


def pass_time(point: Point) -> None:
    """Let time pass: minutes, a night, or until right after the next slot of one of the tasks."""
    chance = point.chance
    if chance.random() < 0.3:
        slots = chance.choice(point.tasks).slots(point.now + 1, point.now + 2 * DAY)
        if slots:
            return point.pass_time(slots[0] + chance.uniform(1, 20) - point.now)
    return point.pass_time(chance.choice(GAPS))


def strike(point: Point, fault) -> None:
    if fault(point):
        point.strike(fault.__name__)


def begin(point: Point, state) -> None:
    if state.__name__ not in point.states:
        end = state(point)
        if end is not None:
            point.states[state.__name__] = end


def end_all(point: Point) -> None:
    """Everything is well again: a few quiet ticks have to put all in order."""
    while point.states:
        point.states.popitem()[1]()
    for _ in range(3):
        point.step += 1
        point.pass_time(20 * MINUTE)
        point.tick()


def story(point: Point) -> str:
    """Return what was done and told, step by step."""
    memory, lines = point.memory, []
    for step in range(point.step + 1):
        at, codes = memory.looks.get(step), [tick.code for tick in memory.ticks if tick.step == step]
        lines.append(f"step {step}: {shown(at) if at else 'unread'} {memory.blows.get(step, '')} {codes}")
        lines += [f"    told: {text!r}" for each, text in memory.told if each == step]
        fates = [f"{name} {shown(slot)} {state}" for each, _, name, slot, state in memory.settled if each == step]
        fates = [fate for fate in fates if not fate.endswith("coalesced")]
        lines += [f"    {', '.join(fates)}"] if fates else []
    return "\n".join(lines)
