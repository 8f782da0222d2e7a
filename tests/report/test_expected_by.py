"""Until when something newer should be there: at night and on closed days nobody waits."""

from datetime import datetime

import pytest

from config.hours import Hours, read_other_days, read_week
from scheduler_runner.report.status import expected_by
from tests.report.scenes import ZONE

HOURS = Hours(read_week("пн-сб 09:00-21:00, вс закрыто"), read_other_days("25.11"))


@pytest.mark.parametrize(
    ("at", "hours_ahead", "expected"),
    [
        ("26.11 12:00", 2, "26.11 14:00"),
        ("26.11 08:40", 2, "26.11 11:00"),  # just opened
        ("26.11 18:50", 2, "26.11 20:50"),
        ("26.11 20:50", 2, "27.11 11:00"),  # the night
        ("24.11 20:50", 2, "26.11 11:00"),  # a closed day
        ("28.11 20:50", 2, "30.11 11:00"),  # Sunday
        ("26.11 12:00", 26, "27.11 14:00"),
        ("28.11 12:00", 26, "30.11 11:00"),
    ],
)
def test_expected_by(at, hours_ahead, expected):
    def moment(text):
        return datetime.strptime(f"2026.{text}", "%Y.%d.%m %H:%M").replace(tzinfo=ZONE).timestamp()

    assert expected_by(moment(at), hours_ahead * 3600, HOURS, ZONE) == moment(expected)


def test_point_that_is_never_open_is_expected_all_the_same():
    week = read_week("пн-вс закрыто")
    assert expected_by(1000.0, 7200, Hours(week), ZONE) == 8200.0
