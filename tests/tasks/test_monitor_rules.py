"""The table of verdicts: what is said of a camera by what was seen of it. The clock stands at 15:00."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from config.hours import Hours, read_week
from scheduler_runner.tasks.cameras.monitor_rules import Judgement, Sighting, Window, against_local, verdict_on
from scheduler_runner.tasks.cameras.settings import Camera

HOUR = timedelta(hours=1)
DAILY = Hours(read_week("09:00-21:00"))
CAMERA = Camera("unv_001", "unv", "sklad")
OWN = replace(CAMERA, lookback_local_hours=8)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-23 {text}")


def seen(
    newest: "str | None", *, now: str = "15:00", own: "timedelta | None" = None, **values
) -> "tuple[Sighting, Window]":
    """Return a sighting of a camera that wrote last at ``newest`` (``HH:MM``), and the window for it."""
    window = Window(at(now), DAILY, 2 * HOUR)
    given = {"recent": 5, "watched": 2 * HOUR, "watched_short": HOUR, "written_for": 2 * HOUR, **values}
    newest_at = None if newest is None else at(newest) if ":" in newest[:3] else datetime.fromisoformat(newest)
    return Sighting(CAMERA, window.span(CAMERA, own), newest_at, **given), window


@pytest.mark.parametrize(
    ("sighting", "state"),
    [
        (seen("14:55"), "пишет"),
        (seen("14:01"), "пишет"),
        # An hour is enough where the others wrote all the while, the lookback where they did not.
        (seen("13:59"), "молчит"),
        (seen("13:59", watched_short=timedelta(minutes=35)), "пишет"),
        (seen("13:59", watched_short=None), "пишет"),
        (seen("12:59", watched_short=None), "молчит"),
        (seen("12:59", watched_short=None, watched=timedelta(minutes=71)), "рано судить"),
        # Where all are silent, after two hours of work.
        (seen("12:59", watched_short=None, watched=None), "молчит"),
        (seen("2026-11-21 20:55", now="10:59", watched_short=None, watched=None), "рано судить"),
        (seen("2026-11-21 20:55", now="11:00", watched_short=None, watched=None), "молчит"),
        # One with a lookback of its own is judged by that alone.
        (seen("07:01", own=8 * HOUR), "с открытия ещё нет"),
        (seen("09:01", own=8 * HOUR), "пишет"),
        (seen("2026-11-22 18:59", own=8 * HOUR, watched=5 * HOUR), "молчит"),
        (seen("2026-11-22 18:59", own=8 * HOUR, watched=4 * HOUR), "рано судить"),
        # The morning after a working day.
        (seen("2026-11-22 20:55", now="09:05", watched_short=timedelta(minutes=50)), "с открытия ещё нет"),
        (seen("08:05", now="09:05"), "пишет"),
        # Nothing at all, and what a broken folder may hide.
        (seen(None), "ничего нет"),
        (seen(None, is_hidden=True), "не читается"),
        (seen("14:55", is_hidden=True), "пишет"),
        # Damage.
        (seen("14:55", recent=1, hollow=2), "пустые файлы"),
        (seen("14:55", recent=2, hollow=2), "пишет"),
        (seen(None, recent=0, hollow=1), "пустые файлы"),
        (seen("14:55", recent=0), "мало записей"),
        (seen("14:55", recent=0, written_for=HOUR), "пишет"),
        (seen("14:55", flaw="обрезан a.jpg"), "плохая запись"),
        (seen("14:55", is_frozen=True, flaw="обрезан a.jpg"), "застыла"),
        # Copies.
        (seen("2026-11-20 14:55", is_awaited=True), "копии ждут"),
        (seen("2026-11-20 14:55", is_undecided=True), "рано судить"),
    ],
)
def test_camera_is_judged_by_the_first_verdict_that_holds(sighting, state):
    assert verdict_on(*sighting).state == state


def test_copies_are_judged_by_themselves():
    window = Window(at("15:00"), DAILY, 24 * HOUR, is_prompt=False)
    span = window.span(CAMERA, None)
    copied = Sighting(CAMERA, span, at("14:00") - 20 * HOUR, recent=3, watched=24 * HOUR, written_for=24 * HOUR)
    assert verdict_on(copied, window).judgement is Judgement.WORKS  # though nothing came since opening, nor for an hour
    assert verdict_on(replace(copied, newest=at("14:00") - 24 * HOUR), window).state == "молчит"


@pytest.mark.parametrize(
    ("local", "due", "has_copy", "state"),
    [
        ({"newest": at("14:55")}, {"path": "a.jpg"}, True, "копии ждут"),
        ({"newest": at("14:55")}, {"path": "a.jpg"}, False, "молчит"),
        ({"newest": at("14:55")}, {"path": "a.jpg", "is_hidden": True}, True, "молчит"),
        ({"newest": at("14:55")}, {}, False, "копии ждут"),
        ({"newest": None}, {}, True, "молчит"),
        ({"newest": at("14:55") - 48 * HOUR}, {"path": "a.jpg"}, True, "молчит"),
        ({"newest": at("14:55") - 48 * HOUR, "watched": HOUR, "watched_short": None}, {"path": "a.jpg"}, True, "рано судить"),
    ],
)  # fmt: skip
def test_missing_copies_are_judged_by_what_the_local_disk_has(local, due, has_copy, state):
    near, far = Window(at("15:00"), DAILY, 2 * HOUR), Window(at("15:00"), DAILY, 24 * HOUR, is_prompt=False)
    copied = Sighting(CAMERA, far.span(CAMERA, None), at("14:00") - 48 * HOUR, watched=24 * HOUR)
    values = {"recent": 1, "watched": 2 * HOUR, "watched_short": HOUR, **local}
    here, of_before = (
        Sighting(CAMERA, near.span(CAMERA, None), **values),
        Sighting(CAMERA, near.span(CAMERA, None), **due),
    )
    judged = against_local(copied, here, of_before, lambda path: has_copy, near)
    assert verdict_on(judged, far).state == state
