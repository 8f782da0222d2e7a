"""Which plans come so often that a slot alone is no news."""

import pytest

from scheduler_runner.plans.plan import parse_plan


@pytest.mark.parametrize(
    ("entry", "is_often"),
    [
        ({"schedule": "hourly"}, True),
        ({"schedule": "interval", "interval": 86400}, True),
        ({"schedule": "cron", "cron": "*/5 * * * *"}, True),
        ({"schedule": "cron", "cron": "*/5 9-20 * * 1-5", "between": ["09:00", "12:00"]}, True),
        ({"schedule": "cron", "cron": "0 * * * *"}, True),
        ({"schedule": "cron", "cron": "0 */2 * * *"}, False),
        ({"schedule": "cron", "cron": "0,30 9 * * *"}, False),
        ({"schedule": "cron", "cron": "*/5 * * * *", "between": ["09:00", "09:15"]}, False),
        ({"schedule": "daily", "time": ["09:00", "14:00", "20:00"]}, False),
        ({"schedule": "once", "at": "2026-11-26 12:00"}, False),
    ],
)
def test_four_slots_within_three_hours_are_often_whatever_the_kind(entry, is_often):
    assert parse_plan(entry).comes_often == is_often
