"""What is planted in ledgers and notes is found where it belongs, and nothing else is."""

import json

import pytest

from config.base_config import point
from config.hours import Hours, read_week
from scheduler_runner.cli.report_cameras import cameras_seen
from scheduler_runner.report.days import columns, pieces
from scheduler_runner.report.heat import BEHIND, FULL, GAP, GONE, LOW, NONE, OFF, CameraCounts, Looked, rows
from scheduler_runner.report.presence import Presence
from tests.conftest import PROJECT
from tests.report.conftest import NOW
from tests.report.scenes import ZONE, Scene, busy_point
from tests.report.schema import problems

SCHEMA = json.loads((PROJECT / "scheduler_runner" / "report" / "status.schema.json").read_text("utf-8"))


def camera(found, number):
    return found.facts.cameras[number].days


def task(found, name):
    return next(strip for strip in found.more.strips if strip.task.endswith(f"_{name}")).days


def test_gap_stands_in_its_hours_on_both_sides_and_nowhere_else(gathered):
    found = gathered(busy_point(NOW))
    day = camera(found, 1)[-4]
    assert (
        [hour for hour, state in enumerate(day.local) if state == GAP]
        == [13, 14, 15]
        == [hour for hour, state in enumerate(day.network) if state == GAP]
    )
    assert "нет записей 13:00-16:00" in day.words
    others = [
        day for number in range(3) for index, day in enumerate(camera(found, number)) if (number, index) != (1, 10)
    ]
    assert not [day.words for day in others if GAP in day.local or GAP in day.network]


def test_closed_day_is_no_gap_and_says_so(gathered):
    for days in (row.days for row in gathered(busy_point(NOW)).facts.cameras):
        assert days[-7].is_closed and set(days[-7].local) == {NONE} and "закрыто" in days[-7].words
        assert sum(day.is_closed for day in days) == 1


@pytest.mark.slow
def test_day_that_was_not_copied_is_behind_and_counted(gathered):
    found = gathered(busy_point(NOW))
    day = camera(found, 2)[-3]
    assert {FULL} >= {state for state in day.local if state != NONE}
    assert {BEHIND} >= {state for state in day.network if state != NONE} and BEHIND in day.network
    assert [row.behind for row in found.facts.cameras][:2] == [0, 0]
    assert f"не скопировано {found.facts.cameras[2].behind} файл" in day.words
    assert found.document["cameras"][2]["behind"] == found.facts.cameras[2].behind > 0


def test_originals_that_went_by_their_age_are_no_gap(gathered):
    oldest = camera(gathered(busy_point(NOW)), 0)[0]
    assert set(oldest.local) == {NONE, GONE} and FULL in oldest.network and GAP not in oldest.network


@pytest.mark.slow
def test_dead_camera_is_silent_to_this_hour(gathered):
    found = gathered(Scene(NOW, 2, dead={1: 2}))
    today = camera(found, 1)[-1]
    assert [hour for hour, state in enumerate(today.local) if state == GAP] == list(range(9, 18))
    assert found.document["cameras"][1]["last_hour"] == "2026-11-23T20"
    assert found.document["cameras"][0]["last_hour"] == "2026-11-25T17"


def test_camera_that_never_wrote_is_silent_as_long_as_the_others_were_counted(gathered):
    found = gathered(Scene(NOW, 2, days=5, dead={1: 99}))
    assert [GAP in day.local for day in camera(found, 1)] == [False] * 9 + [True] * 5
    assert found.document["cameras"][1]["last_hour"] is None


def test_hours_in_which_the_pc_was_off_are_no_gap(gathered):
    found = gathered(Scene(NOW, 1, off=(4, 3)))
    assert set(camera(found, 0)[-4].local) == {NONE, OFF}
    assert "компьютер выключен 09:00-21:00" in camera(found, 0)[-4].words
    assert found.more.seen.why_not(*found.more.columns[-4][1:]) == "компьютер был выключен"


def test_camera_is_silent_where_another_wrote_although_no_tick_is_known():
    shown = columns(NOW.timestamp(), ZONE)
    hours = Hours(read_week("09:00-21:00"))
    day = f"{shown[-2].day:%Y%m%d}"
    wrote, silent = {(day, hour): (9, 9) for hour in range(9, 15)}, {(day, 9): (9, 9)}
    unseen = Presence(NOW.timestamp(), ((NOW.timestamp(), NOW.timestamp()),), ())
    looked = Looked(shown, hours, unseen, NOW.timestamp(), ZONE)
    _, row = rows([CameraCounts("a", "a", wrote), CameraCounts("b", "b", silent)], looked)
    assert [hour for hour, state in enumerate(row.days[-2].local) if state == GAP] == list(range(10, 15))


def test_camera_that_no_list_names_is_shown(gathered, tmp_path):
    scene = busy_point(NOW)
    found = gathered(scene)
    assert len(found.facts.cameras) == 3
    ini = (tmp_path / "pvz.ini").read_text("utf-8")
    (tmp_path / "pvz.ini").write_text(ini.partition("[camera unv_003]")[0], "utf-8")
    assert [each.title for each in cameras_seen(point()).counts][2] == "cam2 (нет в списке)"


def test_failure_missed_time_and_pause_stand_on_their_days(gathered):
    found = gathered(busy_point(NOW))
    failing = task(found, "VideoMonitorLocal")
    assert [any(mark.look == "bad" for mark in day.marks) for day in failing] == [index == 9 for index in range(14)]
    assert "14:05 сбой (40 с): unv_002: нет записей с 14:00" in failing[9].words
    copying = task(found, "CopyScript")
    assert [any(mark.look == "missed" for mark in day.marks) for day in copying] == [index == 8 for index in range(14)]
    assert "21:10 пропущено: компьютер был выключен" in copying[8].words
    paused = task(found, "CleanupNetwork")
    assert [any(mark.look == "paused" for mark in day.marks) for day in paused] == [index == 11 for index in range(14)]


def test_failures_are_told_newest_first_few_of_each_task(gathered):
    failures = gathered(busy_point(NOW)).more.failures
    assert [each.title for each in failures] == ["Проверка облака"] * 2 + ["Проверка камер"] * 2
    assert failures[0].summary == "O: на диске нет места"


def test_long_run_goes_on_over_midnight():
    shown = columns(NOW.timestamp(), ZONE)
    late = NOW.replace(hour=23, minute=0).timestamp() - 86400
    assert [tuple(piece) for piece in pieces(late, late + 7200, shown, ZONE)] == [(12, 23.0, 24.0), (13, 0.0, 1.0)]


def test_numbers_are_those_of_the_runs(gathered):
    more = gathered(busy_point(NOW)).more
    assert more.copied[7] is None and all(more.copied[:7])
    assert [room.where for room in more.rooms] == ["D:/camera", "O:/cameras/182"]


@pytest.mark.parametrize(
    "scene", [busy_point(NOW), Scene(NOW, 0, days=0), Scene(NOW, 2, off=(0,))], ids=["busy", "empty", "off"]
)
def test_status_is_as_its_schema_says(gathered, scene):
    document = json.loads(json.dumps(gathered(scene).document))
    assert list(problems(document, SCHEMA)) == []
    assert set(document) == set(SCHEMA["properties"])


def test_schema_finds_what_is_wrong(gathered):
    document = gathered(Scene(NOW, 1, days=1)).document
    document["cameras"][0]["behind"] = "many"
    document["schema"] = 2
    del document["ok"]
    assert len(list(problems(document, SCHEMA))) == 3


def test_hour_with_less_than_half_of_the_usual_is_a_poor_one():
    columns_shown = columns(NOW.timestamp(), ZONE)
    seen = Presence(0.0, ((0.0, NOW.timestamp()),), ())
    counts = CameraCounts(
        "a", "a", {("20261125", hour): (10, 10) for hour in range(9, 15)} | {("20261125", 15): (4, 4)}
    )
    (row,) = rows([counts], Looked(columns_shown, None, seen, NOW.timestamp(), ZONE))
    assert [row.days[-1].local[hour] for hour in (14, 15, 16)] == [FULL, LOW, NONE]


def test_point_that_is_well_is_told_so(gathered):
    found = gathered(Scene(NOW, 1))
    assert (found.document["ok"], found.document["headline"]) == (True, "всё в порядке")


def test_task_that_fails_now_makes_the_point_not_well(gathered):
    found = gathered(Scene(NOW, 1, failures={"CloudMonitorScript": (0, "O: away")}))
    assert found.document["ok"] is False
    assert [(each["name"], each["text"]) for each in found.document["concerns"]] == [
        ("cameras_CloudMonitorScript", "O: away")
    ]
    assert found.document["headline"].startswith("Проверка облака: сбой с 25.11 14:10: O: away")


def test_point_of_which_nothing_is_known_is_not_called_well(gathered):
    document = gathered(Scene(NOW, 0, days=0)).document
    assert (document["ok"], document["worked_at"]) == (False, None)


def test_of_ticks_nothing_is_said_while_the_pc_is_just_on(gathered):
    at_once = gathered(Scene(NOW.replace(hour=8, minute=35), 1, off_from={0: 8.6}))
    assert "ticks" not in {each["check"] for each in at_once.document["findings"]}
