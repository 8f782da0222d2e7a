from datetime import date, timedelta

import pytest

from scheduler_runner.tasks.cameras.may_delete import expendable_dates, expired_dates

TODAY = date(2026, 11, 23)


def dates_before(today: date, count: int, *, step: int = 1) -> "list[str]":
    """Return so many dates up to ``today``, which is the last."""
    return [f"{today - timedelta(days=step * number):%Y%m%d}" for number in reversed(range(count))]


def always(day: str) -> bool:
    return True


@pytest.mark.parametrize(
    ("count", "expired"),
    [
        (8, []),
        (9, []),  # the oldest is eight days old, not older
        (10, ["20261114"]),
        (12, ["20261112", "20261113", "20261114"]),
    ],
)
def test_date_goes_when_it_is_older_and_as_many_later_ones_exist(count, expired):
    assert expired_dates(dates_before(TODAY, count), always, 8, TODAY) == expired


@pytest.mark.parametrize("today", [date(2098, 1, 1), date(9999, 12, 31)])
def test_clock_far_ahead_leaves_as_many_dates_as_the_retention(today):
    dates = dates_before(TODAY, 30)
    assert expired_dates(dates, always, 8, today) == dates[:-8]


@pytest.mark.parametrize("today", [date(2019, 1, 1), date(1970, 1, 1)])
def test_clock_far_behind_deletes_nothing(today):
    assert expired_dates(dates_before(TODAY, 300), always, 8, today) == []
    assert expendable_dates(dates_before(TODAY, 300), always, today) == []


def test_point_that_was_closed_keeps_its_newest_dates():
    dates = dates_before(TODAY - timedelta(days=20), 10)
    assert expired_dates(dates, always, 8, TODAY) == dates[:-8]
    assert expired_dates(dates[-8:], always, 8, TODAY) == []


def test_date_without_recordings_counts_for_none():
    dates = dates_before(TODAY, 12)
    empty = set(dates[-3:])
    assert expired_dates(dates, lambda day: day not in empty, 8, TODAY) == dates[:1]


def test_disk_is_asked_about_no_more_dates_than_needed():
    asked = []
    assert expired_dates(dates_before(TODAY, 8), lambda day: bool(asked.append(day)), 8, TODAY) == []
    assert asked == []
    expired_dates(dates_before(TODAY, 300), lambda day: asked.append(day) or True, 8, TODAY)
    assert len(asked) == 8


def test_yesterday_and_today_are_never_expendable_where_cameras_clocks_are_ahead():
    dates = ["20261120", "20261121", "20261122", "20261123", "20261124", "20261125"]
    assert expendable_dates(dates, always, TODAY) == ["20261120", "20261121"]


def test_two_newest_dates_are_never_expendable():
    assert expendable_dates(dates_before(TODAY, 5), always, TODAY) == ["20261119", "20261120", "20261121"]
    assert expendable_dates(dates_before(TODAY - timedelta(days=9), 3), always, TODAY) == ["20261112"]
    assert expendable_dates(dates_before(TODAY, 1), always, TODAY) == []
    assert expendable_dates(dates_before(TODAY, 30), always, date(2098, 1, 1)) == dates_before(TODAY, 30)[:-2]
