"""Whether a task does its work: slots, one after the other."""

import pytest

from scheduler_runner.notices.doing import Doing, Slot, after_slot
from scheduler_runner.notices.levels import State

HOUR, DAY = 3600, 86400
START = 1_790_000_000 // DAY * DAY


def states(*ends: str, every: int = HOUR, comes_often: bool = True, took: int = 0) -> "list[str]":
    """Return what the slots show, ``.`` for nothing; ``skipped:copying`` was put off for a reason."""
    doing, shown = Doing(), []
    for number, end in enumerate(ends):
        slot, at = START + number * every, START + (number + 1) * every + took
        end, _, waits = end.partition(":")
        doing, state = after_slot(doing, Slot(slot, slot // DAY, end, waits, comes_often), at)
        shown.append(state.value if state else ".")
    return shown


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        (["succeeded", "warned", "failed", "timed_out", "not_started"], ["works", "works", "fails", "fails", "fails"]),
        (["missed", "missed", "missed", "missed"], [".", ".", "idle", "idle"]),
        (["skipped", "missed", "interrupted"], [".", ".", "idle"]),
        (["missed", "missed", "succeeded", "missed", "missed"], [".", ".", "works", ".", "."]),
        (["missed", "missed", "failed", "missed", "missed"], [".", ".", "fails", ".", "."]),
        (["interrupted", "interrupted"], [".", "fails"]),
        (["interrupted", "skipped", "interrupted"], [".", ".", "idle"]),
        (["coalesced", "paused", "unrecorded", "stopped"] * 3, ["."] * 12),
        (["skipped:outside_hours"] * 500, ["."] * 500),
        (["missed", "missed", "skipped:outside_hours", "missed"], [".", ".", ".", "idle"]),
        (["skipped:copying"] * 74, ["."] * 72 + [".", "."]),
        (["skipped:copying"] * 76, ["."] * 74 + ["idle", "idle"]),
        (["skipped:copying", "succeeded"] * 60, [".", "works"] * 60),
    ],
)
def test_periodic_task_does_nothing_after_three_slots_without_work(ends, expected):
    assert states(*ends) == expected


def test_it_takes_an_hour_at_least():
    shown = states(*["missed"] * 70, every=60)
    assert shown.index("idle") == 59  # minutes


def test_other_tasks_do_nothing_after_three_days_that_had_slots():
    assert states(*["skipped"] * 5, every=DAY, comes_often=False) == [".", ".", "idle", "idle", "idle"]
    assert states(*["missed"] * 12, every=DAY // 4, comes_often=False) == ["."] * 8 + ["idle"] * 4
    assert states(*["skipped"] * 3, every=7 * DAY, comes_often=False) == [".", ".", "idle"]


def test_a_reason_holds_for_three_days_of_another_task_too():
    assert states(*["skipped:network_root_away"] * 8, every=DAY, comes_often=False)[-3:] == ["idle", "idle", "idle"]


def test_clock_set_back_hides_no_task_until_it_has_caught_up():
    doing = Doing(since=START + DAY, empty=2)
    assert after_slot(doing, Slot(START, START // DAY, "missed", comes_often=True), START + 60)[1] is State.IDLE
