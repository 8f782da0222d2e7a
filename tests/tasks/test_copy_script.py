"""Copying real recordings, small ones, from roots of a test's own."""

import gc
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import warnings
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from config.base_config import PATH_CONFIG
from scheduler_runner.cli.sample_recordings import PICTURE, VIDEO, SampleRecording, day_of_recordings, remove_samples
from scheduler_runner.system.filesystem import SourceChanged, copy_file, host_name, long_path
from scheduler_runner.system.locks import try_lock
from scheduler_runner.tasks.cameras import copy_limits, copy_queue, copy_run
from scheduler_runner.tasks.cameras.copy_limits import Absence, Ending, Pulse, Throttle, TimeIsOver, unless_stuck
from scheduler_runner.tasks.cameras.copy_lock import is_copying, lock_path
from scheduler_runner.tasks.cameras.copy_report import copy_report
from scheduler_runner.tasks.cameras.copy_run import CopyRun
from scheduler_runner.tasks.cameras.copy_values import AWAY, FULL, UNTIL, CopyCount, CopyOptions
from scheduler_runner.tasks.cameras.CopyScript import _until, main
from scheduler_runner.tasks.cameras.destination import make_root
from scheduler_runner.tasks.cameras.layouts import LAYOUTS, XiaomiHours, XiaomiShare
from scheduler_runner.tasks.cameras.recording_root import RecordingRoot
from tests.conftest import ZONE
from tests.linking import link_folder
from tests.tasks.conftest import files_of, lay_out, notes_on, refuse_to_read

NOW = datetime(2026, 11, 23, 21, 10)
MAC = "78DF72A1B2C3"
CAMERAS = [("unv", "sklad"), ("xiaomi", MAC)]


@pytest.fixture
def recordings(roots) -> "list[Path]":
    """Lay out 72 recordings of two cameras and three days; return their paths, relative to the root."""
    laid_out = [
        SampleRecording(kind, uid, recording.moment)
        for age in (3, 2, 1)
        for recording in day_of_recordings(NOW - timedelta(days=age), [CAMERAS[0]])
        for kind, uid in CAMERAS
    ]
    for recording in laid_out:
        recording.lay_out(str(roots[0]))
    return [Path(recording.path) for recording in laid_out]


@pytest.fixture
def script(ini, roots, run_script):
    """Return a function that runs the script in this process, as the runner would; it returns code and result."""
    ini()
    return lambda *arguments: run_script(main, "--source_dir", str(roots[0]), "--dest_dir", str(roots[1]), *arguments)


@pytest.fixture
def given_up():
    """Let a run that was given up go, with the notes that it held open: a later test would be told of them."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def copy(roots, **options) -> CopyCount:
    return copying([roots[0]], roots[1], **options).run()


def with_limits(**limits):
    return partial(main, limits=CopyOptions(**limits))


def copying(sources, destination, **options) -> CopyRun:
    notes = notes_on(destination)
    return CopyRun([str(source) for source in sources], str(destination), CopyOptions(**options), notes)


def test_samples_are_a_real_video_and_a_real_picture():
    assert Path(VIDEO).read_bytes()[4:8] == b"ftyp"
    assert Path(PICTURE).read_bytes()[:3] == b"\xff\xd8\xff"
    assert os.path.getsize(VIDEO) + os.path.getsize(PICTURE) < 10_000


def test_every_recording_arrives_whole_with_its_time_and_the_next_run_copies_none(roots, recordings):
    count = copy(roots)
    assert (count.copied, count.present, count.failed) == (72, 0, 0)
    assert files_of(roots[0]) == files_of(roots[1])
    for path in recordings:
        assert int((roots[1] / path).stat().st_mtime) == int((roots[0] / path).stat().st_mtime)
    again = copy(roots)
    assert (again.copied, again.present) == (0, 72)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: type(layout).__name__)
def test_each_layout_is_copied_once(roots, layout):
    lay_out(
        roots[0], *(f"2026-11-{day} {hour}:05" for day in (20, 21) for hour in (10, 11, 12)), uid=MAC, layout=layout
    )
    count = copy(roots)
    assert (count.copied, count.failed) == (6, 0)
    assert files_of(roots[0]) == files_of(roots[1])
    again = copy(roots)
    assert (again.copied, again.present) == (0, 6)


def test_backlog_of_a_layout_that_came_late_is_copied_last_and_its_newest_two_dates_before_it(roots):
    days = [str(day) for day in range(10, 22)]
    lay_out(roots[0], *(f"2026-11-{day} 10:05" for day in days))
    lay_out(roots[0], *(f"2026-11-{day} 10:05" for day in days), uid=MAC, layout=XiaomiShare())
    found = copy_queue.Sources([str(roots[0])], lambda *_: None).groups("")
    assert [(job.group.kind, job.group.day[-2:]) for job in found] == [
        *(("unv", day) for day in days),
        *(("xiaomi", day) for day in (*days[-2:], *days[:-2])),
    ]


def test_flat_folder_is_listed_once_a_run_on_both_sides(roots, monkeypatch):
    lay_out(roots[0], *(f"2026-11-20 {hour}:05" for hour in range(10, 20)), uid=MAC, layout=XiaomiShare())
    copy(roots)
    listed = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: listed.append(str(path)) or scandir(path))
    assert copy(roots, workers=24).present == 10
    assert sorted(path for path in listed if MAC in path) == [str(root / f"XiaomiCamera_00_{MAC}") for root in roots]


def test_what_nobody_understands_is_counted_and_told(script, roots, recordings):
    (roots[0] / recordings[0]).with_suffix(".avi").write_bytes(b"x")
    (roots[0] / "hikvision" / "yard").mkdir(parents=True)
    (roots[0] / "hikvision" / "yard" / "one.dav").write_bytes(b"x")
    code, result = script()
    assert code == 10
    assert result["summary"].endswith(
        "; Не распознано: 2 файла, например " + os.path.join("hikvision", "yard", "one.dav")
    )
    assert result["metrics"]["passed_over"] == 2


def test_network_root_that_leads_to_the_local_one_saves_nothing_and_fails(point, roots, recordings, run_script):
    point()
    roots[1].rmdir()
    link_folder(roots[1], roots[0])
    code, result = run_script(main)
    assert (code, result["summary"]) == (1, f"Облако и диск с записями — одна и та же папка: {roots[1]}")
    assert len(files_of(roots[0])) == 72
    assert list(roots[0].glob(".*")) == []


@pytest.mark.parametrize(
    ("linked", "failed"), [("unv_camera", 2), ("unv_camera/sklad", 2), (f"XiaomiCamera_00_{MAC}", 1)]
)
def test_camera_of_the_network_root_that_leads_to_the_local_one_fails_and_the_others_are_saved(
    point, roots, run_script, linked, failed
):
    point()
    lay_out(roots[0], "2026-11-20 09:05", "2026-11-21 09:05")
    lay_out(roots[0], "2026-11-20 09:05", uid=MAC, layout=XiaomiShare())
    lay_out(roots[0], "2026-11-20 09:05", uid=MAC, kind="xiaomi", layout=XiaomiHours())  # a camera may have two folders
    (roots[1] / linked).parent.mkdir(exist_ok=True)
    link_folder(roots[1] / linked, roots[0] / linked)
    for expected in ({"copied": 4 - failed, "present": 0}, {"copied": 0, "present": 4 - failed}):
        code, result = run_script(main)
        counts = {name: result["metrics"][name] for name in ("copied", "present", "failed")}
        assert (code, counts) == (1, {**expected, "failed": failed})
        assert "это и есть папка с записями, копий в ней нет" in result["summary"]
    assert len(files_of(roots[0])) == 4


def test_camera_of_the_network_root_that_is_on_another_drive_is_copied_to(
    point, roots, recordings, run_script, tmp_path
):
    point()
    (tmp_path / "F").mkdir()
    link_folder(roots[1] / "unv_camera", tmp_path / "F")
    code, result = run_script(main)
    assert (code, result["metrics"]["copied"]) == (0, 72)


def test_camera_behind_a_link_is_told(script, roots, recordings, tmp_path):
    (roots[0] / "unv_camera" / "sklad").rename(tmp_path / "E")
    link_folder(roots[0] / "unv_camera" / "sklad", tmp_path / "E")
    code, result = script()
    assert (code, result["metrics"]["copied"]) == (10, 36)
    assert result["summary"].endswith("; Ссылки, записи за ними не видны: " + os.path.join("unv_camera", "sklad"))


def test_only_recordings_in_the_layout_are_copied(roots, recordings):
    (roots[0] / recordings[0]).with_name("Thumbs.db").write_bytes(b"x")
    (roots[0] / "notes.txt").write_bytes(b"x")
    (roots[0] / "unv_camera" / "sklad" / "stray.jpg").write_bytes(b"x")
    assert copy(roots).copied == 72


def test_file_that_is_still_written_waits_for_the_next_run(script, roots, recordings):
    os.utime(roots[0] / recordings[0])
    code, result = script()
    assert code == 0
    assert result["metrics"]["waiting"] == 1
    assert "ещё пишется: 1 файл" in result["summary"]
    assert not (roots[1] / recordings[0]).exists()
    past = time.time() - 61
    os.utime(roots[0] / recordings[0], (past, past))
    assert script()[1]["metrics"]["copied"] == 1


def test_file_with_a_time_in_the_future_is_copied(roots, recordings):
    ahead = time.time() + 86400
    os.utime(roots[0] / recordings[0], (ahead, ahead))
    assert copy(roots).copied == 72


def test_oldest_recordings_arrive_first(roots, recordings):
    copy(roots, workers=1)
    arrived = sorted(files_of(roots[1]), key=lambda name: (roots[1] / name).stat().st_ctime_ns)
    days = ["".join(filter(str.isdigit, name.split("/")[2]))[:8] for name in arrived]
    assert days == sorted(days) or sys.platform == "win32"  # Wine's ctime is the source's


def test_age_is_a_filter_for_use_by_hand(script, recordings, monkeypatch):
    days = (datetime.now() - (NOW - timedelta(days=1))).days
    assert script("--max_age_days", str(days))[1]["metrics"]["copied"] in (0, 24)
    assert script("--max_age_days", "-1")[0] == 2


def test_one_bad_file_is_counted_and_named_and_the_rest_goes_on(script, roots, recordings):
    (roots[1] / recordings[0]).mkdir(parents=True)
    bad = roots[0] / recordings[1]
    if sys.platform != "win32":
        bad.unlink()
        bad.symlink_to("/nowhere")  # a link is none of ours
    code, result = script()
    assert code == 1
    assert result["metrics"]["failed"] == 1
    assert result["metrics"]["copied"] >= 70
    assert "не скопировано: 1 файл (" in result["summary"]
    assert recordings[0].name in result["summary"]


def test_unfinished_copy_of_this_pc_is_removed_and_that_of_another_stays(roots, recordings):
    folder = (roots[1] / recordings[0]).parent
    folder.mkdir(parents=True)
    own, other = folder / f".a.jpg.{host_name()}.7.partial", folder / ".a.jpg.other-pc.7.partial"
    own.write_bytes(b"half")
    other.write_bytes(b"half")
    copy(roots)
    assert not own.exists()
    assert other.exists()


def test_unfinished_copy_of_another_pc_is_left_to_it(roots, recordings):
    strange = (roots[1] / recordings[0]).with_name(".09-00-00.jpg.old_pc.7.partial")
    strange.parent.mkdir(parents=True)
    strange.write_bytes(b"x")
    copy(roots)
    assert strange.exists()


def test_several_roots_go_to_one_destination(roots, recordings, tmp_path):
    second = tmp_path / "E_camera"
    SampleRecording("unv", "second", NOW - timedelta(days=1)).lay_out(str(second))
    count = copying([roots[0], second], roots[1]).run()
    assert count.copied == 73


def test_missing_root_is_a_failure_and_the_others_are_copied(script, roots, recordings, tmp_path):
    code, result = script("--source_dir", str(tmp_path / "F_camera"))
    assert code == 1
    assert result["metrics"]["copied"] == 72
    assert "нет папки записей" in result["summary"]


def test_second_copy_to_a_destination_has_nothing_to_do(script, roots, recordings):
    os.makedirs(os.path.dirname(lock_path(str(roots[1]))), exist_ok=True)
    with try_lock(lock_path(str(roots[1]))):
        code, result = script()
    assert (code, result["summary"]) == (75, "Копирование уже идёт")
    assert files_of(roots[1]) == {}


def test_destination_has_one_lock_however_it_is_spelled(script, roots):
    spelled = os.path.join(str(roots[1]), "..", roots[1].name)
    assert lock_path(spelled) == lock_path(str(roots[1])) == lock_path(long_path(str(roots[1])))


def test_end_of_time_stops_between_files_and_tells_what_is_left(script, roots, recordings, monkeypatch):
    ago = datetime.now(ZONE) - timedelta(minutes=1)  # as the INI has it
    code, result = script("--until", f"{ago:%H:%M}")
    assert code == 10
    assert result["metrics"]["left"] + result["metrics"]["copied"] == 72
    assert "осталось 72 файла" in result["summary"]
    assert script("--until", "25:00")[0] == 2
    assert script("--until", "9.00")[0] == 2


@pytest.mark.parametrize(
    ("until", "now", "hours"),
    [
        ("21:50", "2026-11-25 21:10", 2 / 3),
        ("21:50", "2026-11-25 21:50", 0),
        ("21:50", "2026-11-25 21:55", -1 / 12),
        ("21:50", "2026-11-25 23:59", -2.15),
        ("21:50", "2026-11-26 00:05", -2.25),  # just passed, also across midnight
        ("23:50", "2026-11-26 00:05", -0.25),
        ("21:50", "2026-11-26 00:51", 20 + 59 / 60),
        ("21:50", "2026-11-26 09:10", 12 + 2 / 3),
        ("00:10", "2026-11-25 23:50", 1 / 3),
    ],
)
def test_time_to_stop_has_just_passed_or_is_the_next_one(until, now, hours):
    hour, minute = map(int, until.split(":"))
    stop = _until(hour * 60 + minute, datetime.fromisoformat(now))
    assert (stop - time.monotonic()) / 3600 == pytest.approx(hours, abs=0.001)


@pytest.mark.parametrize(
    ("slot", "copy_until", "arguments", "left"),
    [
        ("2026-11-23T14:00+03:00", "14:30", (), 72),
        ("2026-11-23T14:00+03:00", "off", (), 0),
        ("2026-11-23T14:00+03:00", "15:30", (), 0),
        ("2026-11-23T14:00+03:00", "14:30", ("--until", "off"), 0),
        ("", "14:30", (), 0),  # by hand it copies whatever the hour
        ("", "off", ("--until", "14:30"), 72),
    ],
)
def test_copy_until_holds_for_planned_runs_alone(
    point, roots, recordings, run_script, monkeypatch, slot, copy_until, arguments, left
):
    monkeypatch.setenv("SCHEDULER_SLOT", slot)
    point(f"copy_until = {copy_until}")
    code, result = run_script(main, *arguments)
    assert (code, result["metrics"]["left"]) == (10 if left else 0, left)


def test_what_was_recorded_yesterday_and_today_is_counted_copied_or_not(point, at, roots, recordings, run_script):
    point()
    lay_out(roots[0], "2026-11-23 10:05", "2026-11-23 10:06", "2026-11-24 00:05")
    yesterday = sum("20261122" in "".join(filter(str.isdigit, str(path.parent))) for path in recordings)
    counted = {"20261122": yesterday, "20261123": 2}
    assert yesterday > 0
    assert run_script(main)[1]["metrics"]["recorded"] == counted
    again = run_script(main)[1]["metrics"]
    assert (again["copied"], again["recorded"]) == (0, counted)
    at("2026-11-26 15:00")
    assert run_script(main)[1]["metrics"]["recorded"] == {}


@pytest.mark.parametrize(("is_complete", "told"), [(True, {"20261122": 5}), (False, {})])
def test_what_was_recorded_is_told_only_where_all_was_listed(is_complete, told):
    count = CopyCount(recorded={"20261122": 5, "20261123": 0}, is_left_complete=is_complete)
    assert copy_report(count, [], None, 1.0).metrics["recorded"] == told


def test_what_is_left_is_the_least_where_not_all_was_listed():
    count = CopyCount(left=4, left_bytes=2048, ended_by=AWAY, is_left_complete=False)
    assert copy_report(count, [], None, 1.0).summary.endswith("; осталось не менее чем 4 файла, 2,0 КБ")


@pytest.mark.skipif(sys.platform != "win32", reason="POSIX shares every file")
@pytest.mark.parametrize(("age_hours", "waiting"), [(1, 1), (23, 1), (25, 0)])
def test_recording_that_its_recorder_holds_for_itself_waits_for_a_day(roots, recordings, age_hours, waiting):
    import _winapi

    path = roots[0] / recordings[0]
    os.utime(path, (time.time() - age_hours * 3600,) * 2)
    handle = _winapi.CreateFile(str(path), _winapi.GENERIC_READ, 0, 0, _winapi.OPEN_EXISTING, 0, 0)
    try:
        count = copy(roots)
    finally:
        _winapi.CloseHandle(handle)
    assert (count.copied, count.waiting, count.failed) == (71, waiting, 1 - waiting)


def test_time_that_comes_up_ends_a_slow_copy(roots, recordings):
    count = copy(roots, until=time.monotonic() + 0.5, bytes_per_second=20_000, workers=2)
    assert count.ended_by == UNTIL
    assert count.copied + count.left == 72
    assert count.left > 0
    assert not [name for name in files_of(roots[1]) if name.endswith(".partial")]


def test_bandwidth_is_limited_for_all_workers_together():
    throttle = Throttle(1_000_000)
    started = time.monotonic()
    threads = [threading.Thread(target=lambda: [throttle(25_000) for _ in range(4)]) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0.4 < time.monotonic() - started < 2


class FakeTime:
    """A monotonic clock that goes on while somebody sleeps, and when it is told to."""

    def __init__(self) -> None:
        self.now, self.slept = 1000.0, []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def fake_time(monkeypatch) -> FakeTime:
    clock = FakeTime()
    monkeypatch.setattr(copy_limits, "time", clock)
    monkeypatch.setattr(copy_limits, "awake_seconds", clock.monotonic)
    return clock


def test_bytes_that_would_pass_too_late_are_refused_at_once(fake_time):
    throttle = Throttle(1.0, stop_at=fake_time.now + 5)
    throttle(4)
    throttle(4)
    with pytest.raises(TimeIsOver):
        throttle(1)
    assert fake_time.slept == [4]


def test_counting_of_what_is_left_does_not_begin_anew_with_each_file(fake_time):
    ending = Ending(counting_seconds=60)
    for _ in range(3):
        ending.begin_counting(UNTIL)
        assert ending.is_counting()
        fake_time.now += 25
    assert ending.is_counting()
    assert ending.is_over


def test_run_that_is_given_up_copies_nothing_more_and_tells_the_first_reason(fake_time):
    ending = Ending()
    ending.require_time()
    ending.give_up(AWAY)
    assert ending.is_over
    with pytest.raises(TimeIsOver):
        ending.require_time()
    ending.begin_counting(UNTIL)
    ending.give_up(FULL)
    assert ending.reason == AWAY


def test_full_destination_ends_the_run_and_leaves_no_half_file(small_disk, roots, recordings):
    count = copying([roots[0]], small_disk).run()
    assert count.ended_by == FULL
    assert count.copied + count.left == 72
    assert count.copied > 0
    assert not [name for name in files_of(small_disk) if name.endswith(".partial")]
    for name, content in files_of(small_disk).items():
        assert content == (roots[0] / name).read_bytes()


def test_destination_that_goes_away_is_waited_for(roots, recordings, monkeypatch):
    away = roots[1].with_name("away")
    roots[1].rename(away)
    threading.Timer(0.5, lambda: away.rename(roots[1])).start()
    count = copy(roots, pauses_seconds=(0.1,))
    assert (count.copied, count.failed) == (72, 0)


def test_destination_that_stays_away_ends_the_run(roots, recordings, monkeypatch):
    shutil.rmtree(roots[1])
    count = copy(roots, wait_seconds=0.4, pauses_seconds=(0.1,))
    assert count.ended_by == AWAY
    assert count.copied == 0
    assert not roots[1].exists()


def test_destination_that_was_never_there_is_made_by_the_script(script, roots, recordings):
    roots[1].rmdir()
    assert script()[0] == 0
    assert len(files_of(roots[1])) == 72


def test_destination_that_cannot_be_reached_is_a_failure(script, roots, recordings):
    roots[1].rmdir()
    roots[1].write_text("a file in its place")
    code, result = script("--wait-minutes", "0")
    assert code == 1
    assert result["summary"].startswith("Облако недоступно")


@pytest.mark.slow
def test_destination_that_is_away_at_the_beginning_is_waited_for(point, roots, recordings, run_script, monkeypatch):
    point()
    assert run_script(main)[0] == 0
    away = roots[1].with_name("away")
    roots[1].rename(away)
    threading.Timer(0.5, lambda: away.rename(roots[1])).start()
    code, result = run_script(with_limits(pauses_seconds=(0.1,)))
    assert (code, result["metrics"]["present"]) == (0, 72)


def test_first_copy_of_a_test_point_makes_its_own_sandbox(ini, run_script, tmp_path, monkeypatch):
    ini()
    monkeypatch.setitem(PATH_CONFIG, "BASE_DIR", str(tmp_path / "checkout"))
    code, result = run_script(main)
    assert (code, result["summary"][:30]) == (0, "Скопировано: 0 файлов, 0 Б за ")


def test_missing_root_of_a_real_point_is_not_made_on_the_disk_of_the_recordings(point, roots, recordings, run_script):
    point()
    roots[1].rmdir()
    code, result = run_script(main)  # it was never there, so nobody waits for it
    assert code == 1
    assert result["summary"].startswith(f"Облако недоступно: {roots[1]} (папки нет, ")
    assert not roots[1].exists()


def test_missing_root_is_made_on_a_drive_of_its_own_but_never_its_parent(point, recordings, small_disk, roots):
    make_root(str(small_disk / "182"), [str(roots[0])])
    assert (small_disk / "182").is_dir()
    with pytest.raises(FileNotFoundError):
        make_root(str(small_disk / "cameras" / "182"), [str(roots[0])])
    assert not (small_disk / "cameras").exists()
    with pytest.raises(OSError, match="если копии должны быть там, создайте её"):
        make_root(str(small_disk / "183"), [str(roots[0]), str(small_disk)])


def test_recording_whose_copy_cannot_be_noted_is_not_copied_and_told(script, roots, recordings, tmp_path):
    (tmp_path / "logs" / "operator" / "copies.sqlite3").mkdir(parents=True)
    code, result = script()
    assert code == 1
    assert "copies.sqlite3 cannot be used: " in result["summary"]
    assert not files_of(roots[1])


def test_file_that_cannot_be_copied_makes_no_date_fresh(roots, recordings, monkeypatch):
    def refuse(*_, **__):
        raise OSError(13, "in use by the recorder")

    monkeypatch.setattr(copy_run, "copy_file", refuse)
    assert copy(roots).failed == 72
    assert notes_on(roots[1]).fresh() == {}


def test_copy_under_way_can_be_seen_from_without(roots, monkeypatch, tmp_path):
    monkeypatch.setitem(PATH_CONFIG, "LOGS_ROOT", str(tmp_path / "logs"))
    assert not is_copying(str(roots[1]))
    with try_lock(lock_path(str(roots[1]))):
        assert is_copying(str(roots[1]))
    assert not is_copying(str(roots[1]))


def test_file_in_work_is_given_up_some_minutes_after_the_end_of_time(roots, recordings, monkeypatch):
    large = roots[0] / recordings[0].with_name("09-00-00.mp4")
    large.write_bytes(bytes(8_000_000))
    os.utime(large, (1e9, 1e9))
    started = time.monotonic()
    count = copy(roots, until=started + 0.3, bytes_per_second=1_000_000, last_files_seconds=0.3)
    assert time.monotonic() - started < 3
    assert (count.ended_by, count.copied + count.left, count.failed) == (UNTIL, 73, 0)
    assert not (roots[1] / recordings[0].with_name(large.name)).exists()
    assert not [name for name in files_of(roots[1]) if name.endswith(".partial")]


def test_few_large_files_are_copied_at_a_time_however_many_small_ones_are_done(roots, monkeypatch):
    lay_out(roots[0], *(f"2026-11-20 09:{minute:02d}" for minute in range(12)))
    for path in lay_out(roots[0], *(f"2026-11-20 08:{minute:02d}" for minute in range(12))):
        path.write_bytes(b"small")
        os.utime(path, (1e9, 1e9))
    working, most = [], []

    def counted(source, *arguments, **options):
        if os.path.getsize(source) < 1000:
            return copy_file(source, *arguments, **options)
        working.append(1)
        most.append(len(working))
        time.sleep(0.02)
        working.pop()
        return copy_file(source, *arguments, **options)

    monkeypatch.setattr(copy_run, "copy_file", counted)
    assert copy(roots, workers=10, large_bytes=1000).copied == 24
    assert max(most) <= 3


def test_samples_alone_are_removed(roots, recordings):
    (roots[0] / recordings[0]).write_bytes(b"a recording of somebody's own")
    assert remove_samples(str(roots[0])) == 71
    assert (roots[0] / recordings[0]).exists()


def test_wrong_ini_is_exit_code_3_in_one_sentence(script, ini, capsys):
    ini("[DEFAULT]\nPVZ_ID = 1\nENV_MODE = test\n[cameras]\nretention_local_days = 0\n")
    code, result = script()
    assert code == 3
    assert "retention_local_days = '0' is wrong" in result["summary"]


@pytest.mark.slow
def test_by_hand_the_summary_is_the_answer(ini, roots, recordings, tmp_path):
    environ = {**os.environ, "PVZ_CONFIG_PATH": str(ini()), "LOGS_ROOT": str(tmp_path / "logs"), "PYTHONUTF8": "1"}
    environ.pop("SCHEDULER_RESULT_FILE", None)
    argv = [sys.executable, "-m", "scheduler_runner.tasks.cameras.CopyScript"]
    run = subprocess.run([*argv, "--source_dir", str(roots[0]), "--dest_dir", str(roots[1])],
                         env=environ, capture_output=True, encoding="utf-8", check=True)  # fmt: skip
    assert run.stdout.startswith("Скопировано: 72 файла, ")
    assert re.search(r"скорость\W+\d+,\d [КМ]Б/с", run.stdout)
    assert "copied_bytes" not in run.stdout
    assert "<6>" not in run.stderr


def test_host_name_can_be_part_of_a_file_name():
    assert re.fullmatch(r"[\w-]+", host_name())


def test_one_hour_of_a_camera_on_two_disks_is_copied_whole(roots, tmp_path):
    other = tmp_path / "E_camera"
    for minute in range(60):
        lay_out(roots[0] if minute < 30 else other, f"2026-11-20 09:{minute:02d}")
    (roots[1] / "unv_camera" / "sklad" / "20261120" / "09").mkdir(parents=True)
    count = copying([roots[0], other], roots[1], bytes_per_second=500_000, workers=24).run()
    assert (count.copied, count.failed) == (60, 0)


def test_stale_file_that_cannot_be_removed_costs_nothing_else(roots, tmp_path):
    lay_out(roots[0], "2026-11-20 09:00")
    real = tmp_path / "real" / "20261120" / "09"
    real.mkdir(parents=True)
    (real / f".09-00-00.jpg.{host_name()}.1.partial").touch()
    (roots[1] / "unv_camera").mkdir()
    link_folder(roots[1] / "unv_camera" / "sklad", tmp_path / "real")
    count = copy(roots)
    assert (count.copied, count.failed) == (1, 0)


def test_worker_that_breaks_makes_the_run_a_failure(script, roots, recordings, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("defect")

    monkeypatch.setattr(copy_run, "copy_file", broken)
    code, result = script()
    assert (code, result["metrics"]["failed"]) == (1, 72)


def test_file_that_only_its_folders_listing_shows_as_old_waits(roots, recordings):
    path = roots[0] / recordings[0]
    os.utime(path)  # NTFS tells a folder's listing only when the file is closed
    with pytest.raises(SourceChanged):
        copy_file(str(path), str(roots[1] / "copy.jpg"), least_age_seconds=60)
    assert not (roots[1] / "copy.jpg").exists()


def test_drive_that_comes_and_goes_is_not_asked_without_a_pause(tmp_path):
    absence = Absence(str(tmp_path), CopyOptions(until=time.monotonic() + 0.3))
    started = time.monotonic()
    while absence.wait():
        pass
    assert 0.2 < time.monotonic() - started < 2


@pytest.mark.parametrize(
    ("options", "slept"),
    [
        ({"wait_seconds": 10}, [1, 3, 3, 3]),
        ({"wait_seconds": 5}, [1, 3, 1]),
        ({"until": 1005.0}, [1, 3, 1]),
        ({"wait_seconds": 0}, []),
    ],
)
def test_lost_drive_is_looked_at_with_growing_pauses_and_given_up_for_all(tmp_path, fake_time, options, slept):
    absence = Absence(str(tmp_path / "none"), CopyOptions(pauses_seconds=(1, 3), **options))
    assert [absence.wait(), absence.wait()] == [False, False]
    assert fake_time.slept == slept


def test_drive_has_its_time_to_come_back_after_the_pc_slept(tmp_path, monkeypatch):
    looks = iter([False, False, True])
    hours = iter(range(0, 100_000, 3600))  # the PC falls asleep between any two looks
    monkeypatch.setattr(copy_limits, "time", SimpleNamespace(monotonic=lambda: next(hours), sleep=time.sleep))
    monkeypatch.setattr(copy_limits, "awake_seconds", lambda: 5.0)
    options = CopyOptions(wait_seconds=60, pauses_seconds=(0.01,))
    assert Absence(str(tmp_path), options, lambda path: next(looks)).wait()


def test_threads_that_wait_for_the_same_drive_wait_once(tmp_path, monkeypatch):
    absence = Absence(str(tmp_path), CopyOptions(pauses_seconds=(0.2,)))
    found = []
    threads = [threading.Thread(target=lambda: found.append(absence.wait())) for _ in range(20)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 20
    assert time.monotonic() - started < 1.5


def test_what_breaks_the_work_is_told_to_who_waits_for_it():
    def broken():
        raise LookupError("defect")

    with pytest.raises(LookupError, match="defect"):
        unless_stuck(broken, Pulse(), quiet_seconds=5)


@pytest.mark.slow
def test_thread_that_hangs_does_not_keep_the_process():
    code = (
        "import time; from scheduler_runner.tasks.cameras.copy_limits import Pulse, unless_stuck;"
        "unless_stuck(lambda: time.sleep(100), Pulse(), 0.1)"
    )
    run = subprocess.run([sys.executable, "-c", code], stderr=subprocess.PIPE, encoding="utf-8", timeout=60)
    assert (run.returncode, run.stderr.splitlines()[-1].endswith("Stuck: nothing goes on any more")) == (1, True)


@pytest.mark.slow
def test_drive_that_never_answers_is_given_up(point, roots, recordings, run_script, monkeypatch):
    answers = threading.Event()
    monkeypatch.setattr(copy_run, "copy_file", lambda *_, **__: answers.wait(20))
    point()
    started = time.monotonic()
    code, result = run_script(with_limits(quiet_seconds=1))
    answers.set()
    assert time.monotonic() - started < 10
    assert code == 1
    assert result["summary"].startswith("Диск не отвечает час, копирование брошено; Скопировано: 0 файлов")


@pytest.mark.slow
@pytest.mark.usefixtures("given_up")
def test_local_disk_that_never_answers_a_listing_is_given_up(point, roots, recordings, run_script, monkeypatch):
    answers = threading.Event()

    def hang(*_):
        answers.wait(20)
        yield from ()

    monkeypatch.setattr(RecordingRoot, "groups", hang)
    point()
    started = time.monotonic()
    code, result = run_script(with_limits(quiet_seconds=1))
    answers.set()
    assert time.monotonic() - started < 10
    assert (code, result["metrics"]["ended_by"]) == (1, "stuck")


@pytest.mark.slow
def test_all_files_are_counted_while_large_ones_go_on_after_the_end_of_time(roots, monkeypatch):
    lay_out(roots[0], *(f"2026-11-20 {hour}:05" for hour in range(10, 23)))
    lay_out(roots[0], *(f"2026-11-21 10:{minute}" for minute in range(10, 40)))

    until = time.monotonic() + 2

    def slowly(*arguments, **options):
        time.sleep(max(0.0, until + 2.3 - time.monotonic()))  # past the end of counting
        return copy_file(*arguments, **options)

    monkeypatch.setattr(copy_run, "copy_file", slowly)
    count = copy(roots, workers=5, until=until, large_bytes=1000, counting_seconds=2)
    assert (count.copied, count.left, count.is_left_complete) == (3, 40, True)


@pytest.mark.slow
def test_slow_copy_is_not_taken_for_one_that_hangs(point, roots, recordings, run_script, monkeypatch):
    monkeypatch.setattr("scheduler_runner.system.filesystem._CHUNK_BYTES", 20_000)
    large = roots[0] / recordings[0].with_name("09-00-00.mp4")
    large.write_bytes(bytes(1_000_000))
    os.utime(large, (1e9, 1e9))
    point()
    started = time.monotonic()
    # A chunk takes a thirtieth of the limit, so that a machine may be slow; the whole takes longer than it.
    code, _ = run_script(with_limits(quiet_seconds=2), "--bandwidth-limit", "0.3")
    assert code == 0
    assert time.monotonic() - started > 2


def test_drive_that_is_lost_again_and_again_by_one_file_does_not_hold_up_the_others(roots, recordings, monkeypatch):
    worst = str(roots[0] / recordings[5])
    away = roots[1].with_name("away")

    def crashing(source, *arguments, **options):
        if source == worst:
            roots[1].rename(away)
            threading.Timer(0.05, lambda: away.rename(roots[1])).start()
            raise OSError(5, "the upload crashed the drive")
        return copy_file(source, *arguments, **options)

    monkeypatch.setattr(copy_run, "copy_file", crashing)
    count = copy(roots, workers=1, pauses_seconds=(0.01,))
    assert (count.copied, count.failed) == (71, 1)
    assert "the upload crashed the drive" in count.problems[0]


def test_recording_that_vanishes_and_has_a_broken_copy_alone_is_a_failure(roots, recordings, monkeypatch):
    shutil.copytree(roots[0], roots[1], dirs_exist_ok=True)
    (roots[1] / recordings[0]).write_bytes(b"broken")

    def vanishes(source, *arguments, **options):
        os.unlink(source)
        return copy_file(source, *arguments, **options)

    monkeypatch.setattr(copy_run, "copy_file", vanishes)
    count = copy(roots)
    assert (count.failed, count.present) == (1, 71)


@pytest.mark.slow
def test_small_files_do_not_wait_for_large_ones(roots, monkeypatch):
    for minute in range(12):
        (large,) = lay_out(roots[0], f"2026-11-20 09:{minute:02d}")
        large.write_bytes(bytes(1_000_000))
        os.utime(large, (1e9, 1e9))
    lay_out(roots[0], *(f"2026-11-20 10:{minute:02d}" for minute in range(30)))
    ended = []

    def recorded(source, *arguments, **options):
        if os.path.getsize(source) >= 1_000_000:
            time.sleep(0.3)
        status = copy_file(source, *arguments, **options)
        ended.append(status.st_size)
        return status

    monkeypatch.setattr(copy_run, "copy_file", recorded)
    assert copy(roots, workers=5, large_bytes=1_000_000).copied == 42
    last_small = max(number for number, size in enumerate(ended) if size < 1_000_000)
    assert sum(size >= 1_000_000 for size in ended[:last_small]) <= 6


@pytest.mark.slow
def test_large_files_that_wait_for_their_turn_are_left_when_time_is_over(roots, monkeypatch):
    lay_out(roots[0], *(f"2026-11-20 09:{minute:02d}" for minute in range(12)))

    def slowly(*arguments, **options):
        time.sleep(1.8)
        return copy_file(*arguments, **options)

    monkeypatch.setattr(copy_run, "copy_file", slowly)
    started = time.monotonic()
    # A slow machine has a second to begin the three; the nine would take three times as long as is allowed.
    count = copy(roots, workers=10, until=started + 1.2, large_bytes=1000)
    assert (count.copied, count.left, count.ended_by) == (3, 9, UNTIL)
    assert time.monotonic() - started < 5


@pytest.mark.slow
def test_destination_by_another_way_has_the_same_lock(point, roots, recordings, run_script, tmp_path):
    point()
    link_folder(tmp_path / "other", roots[1])
    with try_lock(lock_path(str(roots[1]))):
        assert run_script(main, "--dest_dir", str(tmp_path / "other"))[0] == 75


@pytest.mark.slow
def test_glance_of_a_monitor_at_the_lock_does_not_keep_a_copy_from_beginning(script, roots, recordings, monkeypatch):
    taken = try_lock(lock_path(str(roots[1])))
    threading.Timer(0.3, taken.release).start()
    assert script()[0] == 0


def test_hour_that_the_clean_up_took_before_it_was_looked_into_is_no_failure(roots, recordings, monkeypatch):
    run = copying([roots[0]], roots[1], workers=1)
    open_folder = run._folder

    def cleaned_before_listing(hour, found):
        shutil.rmtree(roots[0] / hour.folder)
        return open_folder(hour, found)

    monkeypatch.setattr(run, "_folder", cleaned_before_listing)
    count = run.run()
    assert (count.failed, count.copied) == (0, 0)


def test_recording_root_that_goes_away_is_a_failure(roots, recordings, monkeypatch):
    run = copying([roots[0]], roots[1], workers=1)
    open_folder = run._folder

    def unplugged(hour, found):
        shutil.rmtree(roots[0], ignore_errors=True)
        return open_folder(hour, found)

    monkeypatch.setattr(run, "_folder", unplugged)
    assert run.run().failed > 0


@pytest.mark.skipif(sys.platform != "win32", reason="elsewhere letters small and large are different cameras")
def test_camera_in_other_letters_on_a_second_disk_is_copied_once(roots, tmp_path):
    other = tmp_path / "E_camera"
    for root, uid in ((roots[0], "SKLAD"), (other, "sklad"), (roots[0], "Zal")):
        lay_out(root, "2026-11-20 09:00", uid=uid)
    found = list(copy_queue.Sources([str(roots[0]), str(other)], lambda *_: None).groups(""))
    assert [len(job.roots) for job in found] == [2, 1]


def test_lost_destination_is_not_waited_for_beyond_the_end_of_time(tmp_path):
    started = time.monotonic()
    assert not Absence(str(tmp_path / "none"), CopyOptions(until=time.monotonic() + 0.3)).wait()
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("broken", [os.path.join("sklad", "20261121"), os.path.join("unv_camera", "sklad")])
def test_folder_that_cannot_be_listed_costs_nothing_else(roots, recordings, monkeypatch, broken):
    refuse_to_read(monkeypatch, Path("*", broken))
    count = copy(roots)
    assert count.failed == 1
    assert count.copied == sum(broken not in str(path) for path in recordings)


def test_listing_that_breaks_makes_the_run_a_failure(roots, recordings, monkeypatch):
    def broken(self):
        raise MemoryError("defect")
        yield

    monkeypatch.setattr(RecordingRoot, "groups", broken)
    count = copy(roots)
    assert (count.failed, count.problems) == (1, [f"{roots[0]}: defect"])


def test_far_drive_whose_client_remembers_absent_names_is_far(monkeypatch):
    seen = set()

    def exists(path):
        if path not in seen:
            seen.add(path)
            time.sleep(0.02)
        return False

    monkeypatch.setattr(os.path, "exists", exists)
    assert copy_limits.suitable_workers("/far") == copy_limits.FAR_WORKERS


@pytest.mark.parametrize(
    ("seconds", "workers"),
    [
        ((0.0001,), copy_limits.NEAR_WORKERS),
        ((0.05,), copy_limits.FAR_WORKERS),
        ((0.05, 0.0001), copy_limits.NEAR_WORKERS),
    ],
)
def test_drive_that_answers_at_once_is_near_though_it_was_busy_for_a_moment(monkeypatch, seconds, workers):
    clock = [0.0]
    answers = iter([*seconds, *[seconds[-1]] * 10])

    def exists(_path):
        clock[0] += next(answers)
        return False

    monkeypatch.setattr(copy_limits, "time", SimpleNamespace(perf_counter=lambda: clock[0]))
    monkeypatch.setattr(os.path, "exists", exists)
    assert copy_limits.suitable_workers("/drive") == workers


def test_recording_that_the_clean_up_took_meanwhile_is_no_failure(roots, recordings, monkeypatch):
    shutil.copytree(roots[0], roots[1], dirs_exist_ok=True)
    run = copying([roots[0]], roots[1], is_verified=True, workers=1)
    open_folder = run._folder

    def cleaned_after_listing(hour, found):
        folder = open_folder(hour, found)
        shutil.rmtree(roots[0] / hour.folder)
        return folder

    monkeypatch.setattr(run, "_folder", cleaned_after_listing)
    assert run.run().failed == 0


def test_longer_copy_outlives_a_moment_without_the_drive(roots, recordings, monkeypatch):
    copied = roots[1] / recordings[0]
    copied.parent.mkdir(parents=True)
    copied.write_bytes((roots[0] / recordings[0]).read_bytes() + b"more")
    whole = copied.stat().st_size
    real, blips = os.scandir, [str(copied.parent)]

    def scandir(path="."):
        if str(path) in blips:
            blips.clear()
            raise FileNotFoundError(2, "the network path was not found", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert copy(roots).present == 1
    assert copied.stat().st_size == whole
