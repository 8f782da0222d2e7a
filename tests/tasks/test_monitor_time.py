"""How far back is looked, and how long a point was open: by weekday, closed days, and hours that pass midnight."""

from datetime import datetime, timedelta

import pytest

from config.hours import Hours, read_other_days, read_week
from scheduler_runner.tasks.cameras.monitor_time import last_open, look_from, open_between, opened_at

DAILY = Hours(read_week("09:00-21:00"))
WEEK = Hours(read_week("пн-пт 09:00-21:00, сб 10:00-18:00, вс закрыто"), read_other_days("01.01-08.01"))
ALWAYS = Hours(read_week("00:00-24:00"))
NEVER = Hours((None,) * 7)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("hours", "now", "lookback", "start"),
    [
        (DAILY, "2026-11-23 15:00", 2, "2026-11-23 13:00"),
        (DAILY, "2026-11-23 11:00", 2, "2026-11-23 09:00"),
        (DAILY, "2026-11-23 10:59", 2, "2026-11-22 20:59"),  # a minute of the two hours lies in yesterday's evening
        (DAILY, "2026-11-23 09:00", 2, "2026-11-22 19:00"),
        (DAILY, "2026-11-23 12:00", 24, "2026-11-22 12:00"),
        (DAILY, "2026-11-23 09:30", 12, "2026-11-22 09:30"),  # 21:30 to 09:00 is night
        (DAILY, "2026-11-23 09:05", 23, "2026-11-22 10:05"),
        (DAILY, "2026-11-23 09:05", 48, "2026-11-21 09:05"),
        (WEEK, "2026-11-23 09:30", 2, "2026-11-21 16:30"),  # Monday: before a closed Sunday Saturday closed at 18:00
        (WEEK, "2026-11-23 12:00", 24, "2026-11-21 12:00"),
        (WEEK, "2026-11-23 09:05", 12, "2026-11-21 10:00"),
        (WEEK, "2026-11-24 12:00", 24, "2026-11-23 12:00"),
        (WEEK, "2027-01-09 10:30", 2, "2026-12-31 19:30"),  # after the holidays
        (ALWAYS, "2026-11-23 00:30", 2, "2026-11-22 22:30"),
        (NEVER, "2026-11-23 15:00", 2, None),
    ],
)
def test_time_that_is_looked_at_leaves_nights_and_closed_days_out(hours, now, lookback, start):
    found = look_from(hours, at(now), timedelta(hours=lookback))
    assert found <= at(now) if start is None else found == at(start)


@pytest.mark.parametrize(
    ("hours", "now", "last"),
    [
        (DAILY, "2026-11-23 15:00", "2026-11-23 15:00"),
        (DAILY, "2026-11-23 21:00", "2026-11-23 21:00"),
        (DAILY, "2026-11-23 23:10", "2026-11-23 21:00"),
        (DAILY, "2026-11-23 08:59", "2026-11-22 21:00"),
        (WEEK, "2026-11-22 12:00", "2026-11-21 18:00"),
        (WEEK, "2027-01-05 12:00", "2026-12-31 21:00"),
        (ALWAYS, "2026-11-23 03:00", "2026-11-23 03:00"),
        (NEVER, "2026-11-23 03:00", "2026-11-23 03:00"),
    ],
)
def test_point_was_open_last(hours, now, last):
    assert last_open(hours, at(now)) == at(last)


@pytest.mark.parametrize(
    ("hours", "now", "opened"),
    [
        (DAILY, "2026-11-23 15:00", "2026-11-23 09:00"),
        (DAILY, "2026-11-23 21:00", "2026-11-23 09:00"),
        (WEEK, "2026-11-22 12:00", "2026-11-21 10:00"),
        (Hours(read_week("пн 20:00-24:00, вт 00:00-24:00, ср 00:00-06:00, чт-вс закрыто")), "2026-11-25 05:00",
         "2026-11-23 20:00"),
    ],
)  # fmt: skip
def test_point_opened(hours, now, opened):
    assert opened_at(hours, at(now)) == at(opened)


def test_point_that_never_closes_opened_long_ago():
    assert opened_at(ALWAYS, at("2026-11-23 15:00")) < at("2026-01-01")


@pytest.mark.parametrize(
    ("hours", "start", "end", "minutes"),
    [
        (DAILY, "2026-11-23 10:00", "2026-11-23 10:40", 40),
        (DAILY, "2026-11-22 20:55", "2026-11-23 09:05", 10),
        (WEEK, "2026-11-21 17:00", "2026-11-23 09:05", 65),
        (DAILY, "2026-11-23 08:00", "2026-11-23 08:30", 0),
        (ALWAYS, "2026-11-22 20:00", "2026-11-23 20:00", 1440),
    ],
)
def test_open_time_between_two_moments(hours, start, end, minutes):
    assert open_between(hours, at(start), at(end)) == timedelta(minutes=minutes)
