"""The kinds of schedule by themselves: hours that one never meets, clocks that move by half an hour, last moments."""

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim

from scheduler_runner.plans.plan import parse_plan, read_plan
from scheduler_runner.utils.timing import should_run_now

LORD_HOWE = ZoneInfo("Australia/Lord_Howe")


@pytest.mark.parametrize(
    ("entry", "is_met"),
    [
        ({"schedule": "cron", "cron": "45 9 * * *", "between": ["08:00", "09:30"]}, False),
        ({"schedule": "cron", "cron": "45 9 * * *", "between": ["09:30", "10:00"]}, True),
        ({"schedule": "cron", "cron": "45 9,21 * * *", "between": ["21:30", "06:00"]}, True),
        ({"schedule": "interval", "interval": 86400, "between": ["09:00", "21:00"]}, False),
        ({"schedule": "interval", "interval": 40000, "between": ["09:00", "21:00"]}, True),
        ({"schedule": "hourly", "minute": 30, "between": ["09:40", "10:10"]}, False),
        ({"schedule": "hourly", "minute": 30, "between": ["09:20", "09:40"]}, True),
        ({"schedule": "once", "at": "2026-11-23 08:59", "between": ["09:00", "21:00"]}, False),
        ({"schedule": "once", "at": "2026-11-23 09:00", "between": ["09:00", "21:00"]}, True),
    ],
)
def test_hours_in_which_no_slot_lies_are_told(entry, is_met):
    assert [problem.key for problem in read_plan(entry)[1]] == ([] if is_met else ["between"])


def test_slot_of_the_evening_is_not_due_the_next_morning():
    entry = {"schedule": "interval", "interval": 7000, "between": ["09:00", "21:00"]}
    assert should_run_now(entry, datetime(2026, 11, 23, 20, 59))
    assert not should_run_now(entry, datetime(2026, 11, 24, 9, 10))
    assert should_run_now(entry, datetime(2026, 11, 24, 9, 50))


@pytest.mark.parametrize(
    ("minute", "after", "expected"),
    [
        # 5 April 2026: 02:00 becomes 01:30. 4 October: 02:00 becomes 02:30.
        (0, "2026-04-05T00:30+11:00", ["01:00+11:00", "02:00+10:30", "03:00+10:30"]),
        (40, "2026-04-05T00:30+11:00", ["00:40+11:00", "01:40+11:00", "01:40+10:30", "02:40+10:30"]),
        (0, "2026-10-04T00:30+10:30", ["01:00+10:30", "03:00+11:00", "04:00+11:00"]),
        (40, "2026-10-04T00:30+10:30", ["00:40+10:30", "01:40+10:30", "02:40+11:00", "03:40+11:00"]),
    ],
)
def test_hourly_slots_keep_their_minute_where_the_clock_moves_by_half_an_hour(minute, after, expected):
    plan = parse_plan({"schedule": "hourly", "minute": minute})
    slots = [int(datetime.fromisoformat(after).timestamp())]
    for _ in expected:
        slots.append(plan.next(slots[-1], LORD_HOWE))
    shown = [datetime.fromtimestamp(slot, LORD_HOWE).isoformat(timespec="minutes")[11:] for slot in slots[1:]]
    assert shown == expected
    for slot, following in pairwise(slots[1:]):
        assert {plan.latest(moment, LORD_HOWE) for moment in range(slot, following, 60)} == {slot}


@pytest.mark.parametrize("at", ["0001-01-01 00:00", "9999-01-01 00:00"])
def test_moment_that_no_clock_shows_is_told(at):
    (problem,) = read_plan({"schedule": "once", "at": at})[1]
    assert (problem.key, str(problem)) == ("at", f'at {at!r} is wrong: "YYYY-MM-DD HH:MM" would be right')


def shows(expression: str, moment: int, zone: ZoneInfo) -> bool:
    """Return whether the wall shows, at an instant, a time that a cron expression names: without cronsim's stepping."""
    fields, wall = CronSim(expression, datetime(2026, 1, 1)), datetime.fromtimestamp(moment, zone)
    return wall.minute in fields.minutes and wall.hour in fields.hours


@pytest.mark.parametrize("expression", ["0 */3 * * *", "*/15 */2 * * *", "30 */6 * * *", "*/40 1-4 * * *"])
@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 15)),
        ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30)),
        ("Pacific/Chatham", datetime(2026, 4, 4, 14)),
        ("Pacific/Chatham", datetime(2026, 9, 26, 14)),
        ("Europe/Berlin", datetime(2026, 10, 25, 1)),
    ],
)
def test_starred_cron_meets_each_moment_that_it_names_both_ways_when_the_clock_is_set(expression, zone, change):
    rule, where = parse_plan({"schedule": "cron", "cron": expression}).rule, ZoneInfo(zone)
    turn = int(change.replace(tzinfo=ZoneInfo("UTC")).timestamp())
    slots = [moment for moment in range(turn - 43200, turn + 43200, 60) if shows(expression, moment, where)]
    for moment in range(slots[0], slots[-1], 900):
        earlier = max(slot for slot in slots if slot <= moment)
        assert (rule.at_or_before(moment, where), rule.after(moment, where)) == (
            earlier,
            slots[slots.index(earlier) + 1],
        )
