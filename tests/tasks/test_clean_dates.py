"""On which date a recording was written, whatever the zone, and which dates are a camera's newest."""

import os
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import pytest

from scheduler_runner.tasks.cameras.clean_dates import NewestDates, date_written
from scheduler_runner.tasks.cameras.recording_root import RecordingRoot, days_by_date
from tests.tasks.conftest import lay_out, set_written


@pytest.mark.parametrize("zone", ["Europe/Moscow", "Asia/Kathmandu", "America/St_Johns"])
def test_date_begins_at_midnight_by_the_points_clocks(zone):
    clocks = ZoneInfo(zone)
    midnight = datetime(2026, 11, 23, tzinfo=clocks).timestamp()
    assert date_written(midnight, clocks) == "20261123"
    assert date_written(midnight - 1, clocks) == "20261122"
    assert date_written(midnight + 86399, clocks) == "20261123"


@pytest.mark.parametrize(
    ("written_at", "day"),
    [
        (0.0, "19700101"),
        (-1.0, "19691231"),
        (-50_000_000_000.0, "03850725"),
        (-1e14, "00000000"),
        (1e14, "99999999"),
    ],
)
def test_time_that_no_calendar_has_is_before_or_after_all_dates(written_at, day):
    assert date_written(written_at, timezone.utc) == day


def test_newest_dates_are_looked_up_until_three_dates_of_writing_are_known(roots):
    days = [f"202611{day}" for day in (10, 11, 12, 13, 14)]
    paths = lay_out(roots[0], *(f"2026-11-{day[-2:]} 14:05" for day in days))
    lay_out(roots[0], "2026-11-20 14:05", uid="zal")
    set_written(paths[3], "2026-11-14 00:05")  # after midnight, as the last ones of each date are
    root = RecordingRoot(str(roots[0]))
    newest = NewestDates(root, days_by_date(root), (), None)
    assert newest.of(("unv", "sklad")) == list(zip(days[:0:-1], (days[4], days[4], days[2], days[1])))
    assert newest.of(("unv", "zal")) == [("20261120", "20261120")]


def test_newest_dates_are_those_before_anything_was_deleted(roots):
    paths = lay_out(roots[0], *(f"2026-11-{day} 14:05" for day in (11, 12, 13, 14)))
    root = RecordingRoot(str(roots[0]))
    newest = NewestDates(root, days_by_date(root), (), None)
    found = newest.of(("unv", "sklad"))
    os.remove(paths[1])
    assert newest.of(("unv", "sklad")) == found
