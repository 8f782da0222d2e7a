import os
import random
import sys
import time
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler_runner.errors import ConfigError
from scheduler_runner.plans.clock import PC_ZONE, _steady_offset, zone_named
from scheduler_runner.plans.plan import parse_plan, read_plan
from scheduler_runner.utils.timing import should_run_now

BERLIN = ZoneInfo("Europe/Berlin")
MOSCOW = ZoneInfo("Europe/Moscow")
HOURLY = {"schedule": "hourly"}
DAILY = {"schedule": "daily", "time": "12:30"}


def seconds(text: str, zone=MOSCOW) -> int:
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp())


def shown(slot, zone=MOSCOW) -> str | None:
    return None if slot is None else datetime.fromtimestamp(slot, zone).isoformat(timespec="minutes")


@pytest.mark.parametrize(
    ("entry", "now", "is_due"),
    [
        (DAILY, "2026-11-23 12:30", True),
        (DAILY, "2026-11-23 12:30:59.900", True),
        (DAILY, "2026-11-23 12:31", False),
        (DAILY, "2026-11-23 12:29:59", False),
        ({**DAILY, "time": ["09:00", "12:30"]}, "2026-11-23 09:00:30", True),
        ({**DAILY, "misfire_grace_time": 600}, "2026-11-23 12:39:59", True),
        ({**DAILY, "misfire_grace_time": 600}, "2026-11-23 12:40", False),
        ({**DAILY, "misfire_grace_time": "next"}, "2026-11-24 12:29", True),
        (HOURLY, "2026-11-23 13:59:59", True),
        ({**HOURLY, "minute": 15}, "2026-11-23 13:14", True),
        ({**HOURLY, "misfire_grace_time": 300}, "2026-11-23 13:04:59", True),
        ({**HOURLY, "misfire_grace_time": 300}, "2026-11-23 13:05", False),
        ({"schedule": "interval", "interval": 3600}, "2026-11-23 13:59", True),
        ({"schedule": "interval", "interval": 3600, "misfire_grace_time": 60}, "2026-11-23 13:59", False),
        ({"schedule": "cron", "cron": "30 12 * * 1"}, "2026-11-23 12:30:10", True),
        ({"schedule": "cron", "cron": "30 12 * * 2"}, "2026-11-23 12:30:10", False),
        ({"schedule": "once", "at": "2026-11-23 12:30"}, "2026-11-30 12:29", True),
        ({"schedule": "once", "at": "2026-11-23 12:30"}, "2026-11-30 12:30", False),
        ({"schedule": "once", "at": "2026-11-23 12:30"}, "2026-11-23 12:29", False),
    ],
)
@pytest.mark.parametrize("zone", [None, MOSCOW, timezone(timedelta(hours=3))])
def test_a_slot_is_due_from_its_minute_to_the_end_of_its_grace_time(entry, now, is_due, zone):
    assert should_run_now(entry, datetime.fromisoformat(now).replace(tzinfo=zone)) is is_due


@pytest.mark.parametrize(
    ("entry", "now", "is_due"),
    [
        ({**HOURLY, "between": ["09:00", "21:00"]}, "2026-11-23 09:00", True),
        ({**HOURLY, "between": ["09:00", "21:00"]}, "2026-11-23 20:59", True),
        ({**HOURLY, "between": ["09:00", "21:00"]}, "2026-11-23 21:00", False),
        ({**HOURLY, "between": ["09:00", "21:00"]}, "2026-11-24 08:59", False),
        # The slot of 20:00 lasts one hour: it is not still due the next morning.
        ({**HOURLY, "minute": 30, "between": ["09:00", "21:00"]}, "2026-11-24 09:10", False),
        ({**HOURLY, "between": ["22:00", "02:00"]}, "2026-11-24 01:30", True),
        ({**HOURLY, "between": ["22:00", "02:00"]}, "2026-11-24 02:00", False),
        # A daily slot with the grace time "next" waits for the task's hours.
        ({**DAILY, "misfire_grace_time": "next", "between": ["12:00", "13:00"]}, "2026-11-23 13:30", False),
        ({**DAILY, "misfire_grace_time": "next", "between": ["12:00", "13:00"]}, "2026-11-24 12:10", True),
    ],
)
def test_nothing_starts_outside_its_hours(entry, now, is_due):
    assert should_run_now(entry, datetime.fromisoformat(now)) is is_due


@pytest.mark.parametrize(
    ("entry", "after", "expected"),
    [
        # 29 March: 02:00 becomes 03:00. 25 October: 03:00 becomes 02:00.
        ({"schedule": "daily", "time": "02:30"}, "2026-03-28 12:00", ["2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"]),
        ({"schedule": "daily", "time": "02:30"}, "2026-10-24 12:00", ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"]),
        ({"schedule": "daily", "time": ["02:00", "02:30"]}, "2026-03-28 12:00", ["2026-03-29T03:00+02:00", "2026-03-30T02:00+02:00"]),
        ({"schedule": "cron", "cron": "30 2 * * *"}, "2026-03-28 12:00", ["2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"]),
        ({"schedule": "cron", "cron": "30 2 * * *"}, "2026-10-24 12:00", ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"]),
        ({"schedule": "hourly"}, "2026-03-29 00:30", ["2026-03-29T01:00+01:00", "2026-03-29T03:00+02:00"]),
        ({"schedule": "hourly"}, "2026-10-25 01:30", ["2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00", "2026-10-25T03:00+01:00"]),
        ({"schedule": "interval", "interval": 5400}, "2026-10-25 01:00", ["2026-10-25T01:30+02:00", "2026-10-25T02:00+01:00", "2026-10-25T03:30+01:00"]),
        ({"schedule": "interval", "interval": 50000}, "2026-10-24 22:00", ["2026-10-25T00:00+02:00", "2026-10-25T12:53+01:00", "2026-10-26T00:00+01:00"]),
        ({"schedule": "cron", "cron": "*/30 * * * *"}, "2026-10-25 02:00", ["2026-10-25T02:30+02:00", "2026-10-25T02:00+01:00", "2026-10-25T02:30+01:00"]),
    ],
)  # fmt: skip
def test_daylight_saving_skips_and_repeats_nothing(entry, after, expected):
    plan = parse_plan(entry)
    moment, found = seconds(after, BERLIN), []
    for _ in expected:
        moment = plan.next(moment, BERLIN)
        found.append(shown(moment, BERLIN))
    assert found == expected


ZONES = [
    "Europe/Berlin",
    "Europe/Moscow",
    "UTC",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "America/Havana",
    "America/St_Johns",
    "Africa/Cairo",
    "Pacific/Apia",
    "Asia/Gaza",
]
PLANS = [
    {"schedule": "hourly", "minute": 0},
    {"schedule": "hourly", "minute": 40},
    {"schedule": "daily", "time": ["00:00", "00:20", "02:30", "23:45"]},
    {"schedule": "daily", "time": "12:30", "between": ["12:00", "13:00"]},
    {"schedule": "interval", "interval": 4000},
    {"schedule": "interval", "interval": 86400},
    {"schedule": "hourly", "between": ["22:30", "02:15"]},
    {"schedule": "cron", "cron": "15 1,2,3,23 * * *"},
    {"schedule": "cron", "cron": "*/20 * * * *"},
    {"schedule": "cron", "cron": "45 0 1 * *"},
]
TRANSITIONS = [
    seconds(text, timezone.utc)
    for text in (
        "2026-03-29 01:00", "2026-10-25 01:00", "2026-04-04 15:00", "2026-10-03 15:30", "2018-02-18 02:00",
        "2018-11-04 03:00", "2026-03-08 05:00", "2026-11-01 05:00", "2011-12-30 10:00", "2026-04-23 22:00",
        "2026-10-29 21:00", "2009-11-01 02:31", "2010-03-14 03:31", "2026-06-15 12:00",
    )
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(PLANS),
    st.sampled_from(ZONES),
    st.sampled_from(TRANSITIONS),
    st.integers(-30 * 3600, 30 * 3600),
    st.integers(1, 20 * 3600),
)
def test_a_plan_has_one_set_of_slots_whatever_the_moment_it_is_asked_at(entry, name, near, shift, span):
    plan, zone = parse_plan(entry), ZoneInfo(name)
    start = near + shift
    slots = list(plan.slots(start, start + span, zone))
    assert slots == sorted(set(slots))
    for moment in [*slots, *(slot - 1 for slot in slots), *range(start, start + span, 1571)]:
        before = [slot for slot in slots if slot <= moment]
        latest = plan.latest(moment, zone)
        assert latest is not None
        assert latest <= moment
        assert latest == before[-1] if before else latest <= start


def test_the_pcs_own_zone_knows_its_rules_for_every_date(monkeypatch):
    if sys.platform == "win32":
        pytest.skip("Windows has no tzset: its zone is the PC's")
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    _steady_offset.cache_clear()
    try:
        plan = parse_plan({"schedule": "daily", "time": ["02:30", "12:00"]})
        for near in ("2026-03-29 01:00", "2026-10-25 01:30", "2026-07-01 00:00"):
            start = seconds(near, BERLIN)
            assert list(plan.slots(start, start + 172800, PC_ZONE)) == list(plan.slots(start, start + 172800, BERLIN))
        # Noon of the day on which the clock moves, asked for before it does.
        assert shown(plan.next(seconds("2026-03-29 04:00", BERLIN), PC_ZONE), BERLIN) == "2026-03-29T12:00+02:00"
    finally:
        monkeypatch.undo()
        time.tzset()
        _steady_offset.cache_clear()


@pytest.mark.parametrize("seed", range(4))
def test_irregular_ticks_meet_each_slot_exactly_once(seed):
    chance = random.Random(seed)
    plans = [
        parse_plan({"schedule": "hourly"}),
        parse_plan({"schedule": "interval", "interval": 7000}),
        parse_plan({"schedule": "daily", "time": "21:10", "misfire_grace_time": "next"}),
    ]
    strict = parse_plan(DAILY)
    start = seconds("2026-03-20 00:03", BERLIN)
    claimed = [[] for _ in plans]
    ran, ticked_in_its_minute = set(), set()
    for number in range(21 * 288):
        if chance.random() < 0.2:
            continue
        tick = start + number * 300 + chance.randrange(240)
        for plan, slots in zip(plans, claimed):
            slot = plan.due(tick, BERLIN)
            if slot is not None and slot not in slots:
                slots.append(slot)
        if strict.due(tick, BERLIN) is not None:
            ran.add(shown(tick, BERLIN))
        if shown(tick, BERLIN)[11:16] == "12:30":
            ticked_in_its_minute.add(shown(tick, BERLIN))
    for plan, slots in zip(plans, claimed):
        assert slots[1:] == list(plan.slots(slots[0], tick, BERLIN))
    assert ran == ticked_in_its_minute


@pytest.mark.parametrize("now", ["2098-05-05 12:30", "1971-05-05 12:30"])
def test_a_clock_far_away_is_no_error(now):
    for entry in (DAILY, HOURLY, {"schedule": "interval", "interval": 60}, {"schedule": "cron", "cron": "30 12 * * *"}):
        assert should_run_now(entry, datetime.fromisoformat(now).replace(tzinfo=BERLIN))


def test_grace_next_ends_at_the_next_slot():
    daily = parse_plan({**DAILY, "time": ["09:10", "21:10"], "misfire_grace_time": "next"})
    assert shown(daily.deadline(seconds("2026-11-23 21:10"), MOSCOW)) == "2026-11-24T09:10+03:00"
    interval = parse_plan({"schedule": "interval", "interval": 50000})
    assert shown(interval.deadline(seconds("2026-11-23 13:53:20"), MOSCOW)) == "2026-11-24T00:00+03:00"


@pytest.mark.parametrize(
    ("entry", "key", "said"),
    [
        ({}, "schedule", "missing"),
        ({"schedule": "dayly"}, "schedule", "'daily' was meant"),
        ({"schedule": 5}, "schedule", "5 is unknown"),
        ({"schedule": "daily"}, "time", "missing"),
        ({"schedule": "daily", "time": "9:10"}, "time", "'9:10'"),
        ({"schedule": "daily", "time": "24:00"}, "time", "'24:00'"),
        ({"schedule": "daily", "time": "12:30 "}, "time", "HH:MM"),
        ({"schedule": "daily", "time": "１２:30"}, "time", "HH:MM"),
        ({"schedule": "daily", "time": []}, "time", "HH:MM"),
        ({"schedule": "daily", "time": ["09:00", 5]}, "time", "5 is wrong"),
        ({"schedule": "hourly", "minute": 60}, "minute", "0 to 59"),
        ({"schedule": "hourly", "minute": True}, "minute", "True"),
        ({"schedule": "interval", "interval": 59}, "interval", "60 to 86400"),
        ({"schedule": "interval", "interval": 86401}, "interval", "86401"),
        ({"schedule": "interval"}, "interval", "missing"),
        ({"schedule": "interval", "interval": 60.5}, "interval", "60.5"),
        ({"schedule": "cron", "cron": "* * * * * *"}, "cron", "five fields"),
        ({"schedule": "cron", "cron": "61 * * * *"}, "cron", "61"),
        ({"schedule": "cron", "cron": "0 0 31 2 *"}, "cron", "31 2"),
        ({"schedule": "cron", "cron": "@daily"}, "cron", "@daily"),
        ({"schedule": "once", "at": "2026-13-01 10:00"}, "at", "2026-13-01"),
        ({"schedule": "once", "at": "tomorrow"}, "at", "YYYY-MM-DD"),
        (
            {"schedule": "once", "at": "2026-11-23 12:30", "misfire_grace_time": "next"},
            "misfire_grace_time",
            ": seconds above 0 would",
        ),
        ({**DAILY, "misfire_grace_time": 0}, "misfire_grace_time", "above 0"),
        ({**DAILY, "misfire_grace_time": "soon"}, "misfire_grace_time", 'seconds above 0, or "next"'),
        ({**DAILY, "between": ["09:00", "09:00"]}, "between", "starts where it ends"),
        ({**DAILY, "between": ["09:00"]}, "between", "21:00"),
        ({**DAILY, "between": ["9:00", "21:00"]}, "between", "'9:00'"),
        ({**DAILY, "between": ["13:00", "14:00"]}, "between", "never run"),
        ({**DAILY, "minute": 5}, "minute", "belongs to the schedule 'hourly'"),
    ],
)
def test_a_wrong_schedule_is_one_sentence_that_names_key_and_value(entry, key, said):
    with pytest.raises(ValueError, match=".") as caught:
        parse_plan(entry)
    assert isinstance(caught.value, ConfigError)
    assert caught.value.key == key
    assert said in str(caught.value)
    assert [problem.key for problem in read_plan(entry)[1]] == [key]


def test_every_wrong_key_is_told_at_once():
    entry = {"schedule": "daily", "time": "9", "misfire_grace_time": -1, "between": 5}
    assert [problem.key for problem in read_plan(entry)[1]] == ["time", "misfire_grace_time", "between"]


def test_an_unknown_zone_is_told():
    with pytest.raises(ConfigError, match="Europe/Moskau"):
        zone_named("Europe/Moskau")
    assert zone_named("") is PC_ZONE
    assert os.name == "nt" or zone_named("Europe/Moscow") == MOSCOW


@pytest.mark.parametrize(
    ("entry", "first_minute", "are_met"),
    [
        (DAILY, 0, True),
        (DAILY, 2, False),
        ({**DAILY, "time": ["21:10", "20:47"]}, 0, False),
        ({**DAILY, "time": "20:47", "misfire_grace_time": "next"}, 0, True),
        ({"schedule": "cron", "cron": "7 9 * * *"}, 0, False),
        ({"schedule": "cron", "cron": "7 9 * * *"}, 2, True),
        ({"schedule": "cron", "cron": "*/10 * * * *"}, 0, True),
        ({"schedule": "cron", "cron": "*/3 * * * *"}, 0, False),
        ({"schedule": "cron", "cron": "3 9 * * *", "misfire_grace_time": 3600}, 0, True),
        ({"schedule": "cron", "cron": "0,3 9,10 * * *", "between": ["10:01", "11:00"]}, 3, True),
        ({"schedule": "hourly", "minute": 13}, 0, True),
        ({"schedule": "hourly", "minute": 13, "misfire_grace_time": 60}, 0, False),
        ({"schedule": "interval", "interval": 180, "misfire_grace_time": 60}, 0, False),
        ({"schedule": "once", "at": "2026-12-01 10:03", "misfire_grace_time": 60}, 0, False),
    ],
)
def test_strict_slots_that_ticks_of_every_five_minutes_miss_are_known(entry, first_minute, are_met):
    assert parse_plan(entry).meets_ticks(5, first_minute) is are_met


def test_ticks_that_do_not_divide_the_day_meet_any_minute_now_and_then():
    assert parse_plan({"schedule": "cron", "cron": "7 9 * * *"}).meets_ticks(7)


def test_key_of_another_scheduler_is_answered_with_what_is_right_here():
    with pytest.raises(
        ConfigError, match=r"'time_window' is another scheduler's: between: \[\"09:00\", \"21:00\"\] would"
    ):
        parse_plan({"schedule": "hourly", "time_window": "09:00-21:00"})
