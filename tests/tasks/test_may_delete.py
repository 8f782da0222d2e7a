"""The rule for deleting: why a recording stays, and which dates are old. Pure; the PC shows 23 November 2026."""

from datetime import date, timedelta

import pytest

from scheduler_runner.tasks.cameras.may_delete import (
    NOTHING_GOES,
    Copy,
    Notes,
    Reason,
    Recording,
    Today,
    day_after,
    days_before,
    expendable_dates,
    is_ahead,
    is_newest,
    kept_from,
    reason_to_keep,
)

TODAY = date(2026, 11, 23)
NOON = 1_794_000_000.0
RETENTION = Today(TODAY, "20261115", "20261114", lately_days=8)
NOTHING_OLD = Today(TODAY, NOTHING_GOES, NOTHING_GOES, lately_days=8)
FULL_DISK = Today(TODAY, "20261119", "20261119", lately_days=1)


def dates_before(today: date, count: int, *, step: int = 1) -> "list[str]":
    """Return so many dates up to ``today``, which is the last."""
    return [f"{today - timedelta(days=step * number):%Y%m%d}" for number in reversed(range(count))]


def always(day: str) -> bool:
    return True


@pytest.mark.parametrize(
    ("day", "written", "copy", "today", "reason"),
    [
        # its age by its own date
        ("20261114", "20261114", Copy.SAME, RETENTION, None),
        ("20261115", "20261115", Copy.SAME, RETENTION, Reason.YOUNG),
        ("20261123", "20261123", Copy.SAME, RETENTION, Reason.YOUNG),
        ("20261124", "20261123", Copy.SAME, RETENTION, Reason.YOUNG),  # a camera some minutes ahead at midnight
        ("20261101", "20261101", Copy.SAME, NOTHING_OLD, Reason.YOUNG),
        ("00010101", "00010101", Copy.SAME, RETENTION, None),
        ("20261118", "20261118", Copy.SAME, FULL_DISK, None),
        # a date that its file is much younger than
        ("20261114", "20261116", Copy.SAME, RETENTION, None),  # written after midnight, or copied late
        ("20261114", "20261117", Copy.SAME, RETENTION, Reason.MISDATED),
        ("20000101", "20261123", Copy.SAME, RETENTION, Reason.MISDATED),
        ("20000101", "20261115", Copy.SAME, RETENTION, Reason.MISDATED),
        ("20000101", "20261114", Copy.SAME, RETENTION, None),
        ("20000101", "20261121", Copy.SAME, FULL_DISK, None),
        ("20000101", "20261122", Copy.SAME, FULL_DISK, Reason.MISDATED),
        ("20261114", "20380101", Copy.SAME, RETENTION, Reason.MISDATED),
        # a date that is yet to come goes by the time of writing
        ("20261125", "20261113", Copy.SAME, RETENTION, None),
        ("20380101", "20261113", Copy.SAME, RETENTION, None),
        ("20380101", "20261114", Copy.SAME, RETENTION, Reason.AHEAD),
        ("20380101", "20380101", Copy.SAME, RETENTION, Reason.AHEAD),
        ("20380101", "20200101", Copy.SAME, RETENTION, None),
        ("20380101", "20191231", Copy.SAME, RETENTION, Reason.AHEAD),  # such a drive keeps no times
        ("20380101", "19700101", Copy.SAME, RETENTION, Reason.AHEAD),
        ("20380101", "20261101", Copy.SAME, NOTHING_OLD, Reason.AHEAD),
        ("20380101", "20261118", Copy.SAME, FULL_DISK, None),
        ("20380101", "20261119", Copy.SAME, FULL_DISK, Reason.AHEAD),
        # its copy
        ("20261101", "20261101", Copy.MISSING, RETENTION, Reason.UNSAVED),
        ("20261101", "20261101", Copy.DIFFERENT, RETENTION, Reason.DIFFERENT),
        ("20261101", "20261101", Copy.DOUBTED, RETENTION, Reason.DOUBTED),
        ("20261101", "20261101", Copy.ORIGINAL, RETENTION, Reason.STILL_LOCAL),
        ("20380101", "20261101", Copy.MISSING, RETENTION, Reason.UNSAVED),
        ("20261118", "20261118", Copy.MISSING, FULL_DISK, Reason.UNSAVED),
    ],
)
def test_recording_stays_for_a_reason(day, written, copy, today, reason):
    assert reason_to_keep(Recording(day, written, NOON), copy, Notes(), today) is reason
    # Whatever else holds, its camera's two newest dates stay, and so does what was copied just now.
    newest = reason_to_keep(Recording(day, written, NOON, is_newest=True), copy, Notes(), today)
    assert newest is (reason if reason in (Reason.YOUNG, Reason.MISDATED, Reason.AHEAD) else Reason.NEWEST)
    fresh = reason_to_keep(Recording(day, written, NOON), copy, Notes(fresh_from=NOON), today)
    assert fresh is (Reason.FRESH if reason is None else reason)
    assert reason_to_keep(Recording(day, written, NOON), copy, Notes(fresh_from=NOON + 1), today) is reason
    # Of a kind that is new here, what would go is told first, and nothing else.
    untold = reason_to_keep(Recording(day, written, NOON, is_untold=True), copy, Notes(), today)
    assert untold is (Reason.UNTOLD if reason is None else reason)


@pytest.mark.parametrize(
    ("count", "first_kept"),
    [
        (8, NOTHING_GOES),
        (9, NOTHING_GOES),  # the oldest is eight days old, not older
        (10, "20261115"),
        (12, "20261115"),
    ],
)
def test_date_goes_when_it_is_older_and_as_many_later_ones_exist(count, first_kept):
    dates = dates_before(TODAY, count)
    assert kept_from(dates, always, 8, TODAY) == first_kept


@pytest.mark.parametrize("today", [date(2098, 1, 1), date(9999, 12, 31)])
def test_clock_far_ahead_leaves_as_many_dates_as_the_retention(today):
    dates = dates_before(TODAY, 30)
    assert kept_from(dates, always, 8, today) == dates[-8]


@pytest.mark.parametrize("today", [date(2019, 1, 1), date(1970, 1, 1), date(1, 1, 1)])
def test_clock_far_behind_deletes_nothing(today):
    assert kept_from(dates_before(TODAY, 300), always, 8, today) == NOTHING_GOES
    assert expendable_dates(dates_before(TODAY, 300), always, today) == []


def test_point_that_was_closed_keeps_its_newest_dates():
    dates = dates_before(TODAY - timedelta(days=20), 10)
    assert kept_from(dates, always, 8, TODAY) == dates[-8]
    assert kept_from(dates[-8:], always, 8, TODAY) == dates[-8]
    assert kept_from(dates[-7:], always, 8, TODAY) == NOTHING_GOES
    assert kept_from([], always, 8, TODAY) == NOTHING_GOES


def test_date_without_recordings_counts_for_none():
    dates = dates_before(TODAY, 12)
    empty = set(dates[-3:])
    assert kept_from(dates, lambda day: day not in empty, 8, TODAY) == dates[1]


def test_disk_is_asked_about_no_more_dates_than_needed():
    asked = []
    assert kept_from(dates_before(TODAY, 8), lambda day: bool(asked.append(day)), 8, TODAY) == NOTHING_GOES
    assert asked == []
    kept_from(dates_before(TODAY, 300), lambda day: asked.append(day) or True, 8, TODAY)
    assert len(asked) == 8


def test_yesterday_and_today_are_never_expendable_where_cameras_clocks_are_ahead():
    dates = ["20261120", "20261121", "20261122", "20261123", "20261124", "20261125"]
    assert expendable_dates(dates, always, TODAY) == ["20261120", "20261121"]


def test_two_newest_dates_are_never_expendable():
    assert expendable_dates(dates_before(TODAY, 5), always, TODAY) == ["20261119", "20261120", "20261121"]
    assert expendable_dates(dates_before(TODAY - timedelta(days=9), 3), always, TODAY) == ["20261112"]
    assert expendable_dates(dates_before(TODAY, 1), always, TODAY) == []
    assert expendable_dates([], always, TODAY) == []
    assert expendable_dates(dates_before(TODAY, 5), lambda day: day == "20261123", TODAY) == []
    assert expendable_dates(dates_before(TODAY, 30), always, date(2098, 1, 1)) == dates_before(TODAY, 30)[:-2]


def test_dates_end_where_they_end():
    assert days_before(date(1, 1, 3), 8) == "00010101"
    assert days_before(date(9999, 12, 30), -8) == "99991231"
    assert day_after("20261231") == "20270101"


@pytest.mark.parametrize(("day", "ahead"), [("20261123", False), ("20261124", False), ("20261125", True)])
def test_clocks_may_differ_by_a_day(day, ahead):
    assert is_ahead(day, TODAY) is ahead
    assert not is_ahead(day, date(9999, 12, 31))


@pytest.mark.parametrize(
    ("day", "written", "others", "newest"),
    [
        # a sound camera
        ("20261112", "20261112", {"20261123": "20261123", "20261122": "20261122"}, False),
        ("20261122", "20261122", {"20261123": "20261123", "20261121": "20261121"}, True),
        ("20261121", "20261122", {"20261123": "20261123", "20261122": "20261122", "20261120": "20261120"}, True),
        # one whose clock shows 2038: its newest date is the one that was written last
        ("20380101", "20261112", {"20380228": "20261123", "20380227": "20261122"}, False),
        ("20261122", "20261122", {"20380102": "20261101", "20380101": "20261031"}, True),
        # one that begins each day with the same date
        ("20000101", "20261112", {"20000101": "20261123", "20261122": "20261122"}, False),
        ("20000101", "20261123", {"20261120": "20261120", "20261119": "20261119"}, True),
        # a drive that keeps no times, or recordings that were copied there together: the dates that they bear tell
        ("20261112", "19700101", {"20261123": "19700101", "20261122": "19700101"}, False),
        ("20261122", "19700101", {"20261123": "19700101", "20261121": "19700101"}, True),
        ("20261112", "20261123", {"20261123": "20261123", "20261122": "20261123"}, False),
        ("20261112", "20261122", {"20261123": "20261123", "20261122": "20261123"}, False),
        # the only ones
        ("20261112", "20261112", {}, True),
        ("20261112", "20261112", {"20261113": "20261113"}, True),
    ],
)
def test_two_newest_dates_of_a_camera_are_those_written_last(day, written, others, newest):
    assert is_newest(day, written, list(others.items())) is newest
