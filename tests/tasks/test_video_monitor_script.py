"""Watching cameras by real recordings, small ones; the point's clock stands at 15:00 of 23 November 2026."""

import os
from contextlib import ExitStack
from datetime import datetime, timedelta

import pytest

from config.base_config import PATH_CONFIG
from scheduler_runner.system.locks import try_lock
from scheduler_runner.tasks.cameras import VideoMonitorScript
from scheduler_runner.tasks.cameras.copy_lock import lock_path
from scheduler_runner.tasks.cameras.layouts import LAYOUTS, XiaomiShare
from scheduler_runner.tasks.cameras.VideoMonitorScript import main
from tests.linking import link_folder
from tests.tasks.conftest import lay_out, lose_drive, refuse_to_read, set_written

CAMERAS = (
    "[camera unv_001]\nkind = unv\nuid = sklad\narea = склад\n"
    "[camera unv_002]\nkind = unv\nuid = zal\narea = клиентская зона\nplace = над ресепшн\n"
)


@pytest.fixture
def watch(point, run_script, planned, monkeypatch):
    """Return a function that runs the script, as the plan would, on a point with two cameras."""
    point(CAMERAS)
    monkeypatch.setattr(VideoMonitorScript, "sleep", lambda seconds: None)  # no copy begins meanwhile
    return lambda *arguments: run_script(main, *arguments)


@pytest.mark.parametrize("where", ["local", "network"])
def test_sandbox_without_recordings_has_no_camera_that_could_be_silent(
    ini, at, run_script, tmp_path, monkeypatch, where
):
    ini()
    monkeypatch.setitem(PATH_CONFIG, "BASE_DIR", str(tmp_path))
    code, result = run_script(main, "--check_type", where)
    assert (code, result["waits"]) == (75, "too_early")


def test_all_cameras_that_write_are_well(watch, roots):
    lay_out(roots[0], "2026-11-23 13:05", "2026-11-23 14:05")
    lay_out(roots[0], "2026-11-23 14:59", uid="zal")
    code, result = watch()
    assert (code, result["summary"]) == (0, "Все камеры пишут: 2")
    assert result["metrics"] == {"cameras": 2, "wrong": 0, "unlisted": 0, "recent": 3}


def test_silent_camera_is_told_with_its_place_and_since_when(watch, roots):
    lay_out(roots[0], "2026-11-23 14:05")
    lay_out(roots[0], "2026-11-23 12:00", "2026-11-23 11:00", uid="zal")
    code, result = watch()
    assert (code, result["summary"]) == (1, "Нет записей с 12:00: unv_002 (клиентская зона, над ресепшн)")


def test_cameras_that_fell_silent_together_share_a_sentence(watch, roots):
    lay_out(roots[0], "2026-11-22 12:00")
    lay_out(roots[0], "2026-11-22 12:00", uid="zal")
    assert watch()[1]["summary"] == (
        "Нет записей с 22.11 12:00: unv_001 (склад), unv_002 (клиентская зона, над ресепшн)"
    )


def test_camera_that_never_wrote_is_told(watch, roots):
    lay_out(roots[0], "2026-11-23 14:05")
    code, result = watch()
    assert (code, result["summary"]) == (1, "Нет ни одной записи: unv_002 (клиентская зона, над ресепшн)")


def test_morning_is_no_silence(watch, roots, at):
    at("2026-11-23 09:05")
    for uid in ("sklad", "zal"):
        lay_out(roots[0], "2026-11-22 20:30", uid=uid)
    for moment in ("2026-11-23 09:05", "2026-11-23 10:05"):
        at(moment)
        code, result = watch()
        assert (code, result["waits"]) == (75, "too_early")  # and nobody says that all cameras write
        assert result["summary"] == "Рано судить: с открытия ещё ничего не записано"
    at("2026-11-23 11:05")
    assert watch()[1]["summary"].startswith("Нет записей с 22.11 20:30: ")


def test_few_recordings_are_told_with_their_number(watch, roots):
    lay_out(roots[0], "2026-11-23 13:05", "2026-11-23 14:10")
    lay_out(roots[0], "2026-11-23 14:05", uid="zal")
    code, result = watch("--min_files", "2")
    assert (code, result["summary"]) == (1, "Мало записей: unv_002 (клиентская зона, над ресепшн): 1")


def test_few_recordings_are_few_only_where_there_was_time_for_more(watch, roots):
    lay_out(roots[0], "2026-11-23 14:05", "2026-11-23 14:10")
    lay_out(roots[0], "2026-11-23 14:05", uid="zal")
    assert watch("--min_files", "2")[0] == 0  # the PC was switched on an hour ago


def test_newest_file_is_looked_into(watch, roots):
    (sklad,) = lay_out(roots[0], "2026-11-23 14:05")
    (zal,) = lay_out(roots[0], "2026-11-23 14:05", uid="zal")
    sklad.write_bytes(b"")
    zal.write_bytes(b"\0" * 5000)
    for path in (sklad, zal):
        os.utime(path, (datetime(2026, 11, 23, 14, 5).timestamp(),) * 2)
    code, result = watch()
    assert code == 1
    assert result["summary"] == (
        "Пустые записи: unv_001 (склад): 1 из 1; "
        "Плохая последняя запись: unv_002 (клиентская зона, над ресепшн): повреждён 14-05-00.jpg"
    )


def test_file_that_is_still_written_is_not_judged(watch, roots):
    (sklad,) = lay_out(roots[0], "2026-11-23 14:05")
    sklad.write_bytes(b"")  # modified just now
    lay_out(roots[0], "2026-11-23 14:05", uid="zal")
    assert watch()[0] == 0


def test_unlisted_camera_is_a_remark(watch, roots):
    for uid in ("sklad", "zal", "dvor"):
        lay_out(roots[0], "2026-11-23 14:05", uid=uid)
    code, result = watch()
    assert (code, result["summary"]) == (10, "Все камеры пишут: 2; Не описаны в настройках: unv dvor")


def test_recording_from_the_future_hides_no_silence(watch, roots):
    lay_out(roots[0], "2098-01-01 00:05", "2026-11-23 12:00")
    lay_out(roots[0], "2098-01-01 00:05", "2026-11-23 14:05", uid="zal")
    code, result = watch()
    assert code == 1
    assert result["summary"] == ("Нет записей с 12:00: unv_001 (склад)")


def test_network_has_a_longer_time_of_its_own(watch, roots):
    for uid in ("sklad", "zal"):
        lay_out(roots[1], "2026-11-22 16:00", uid=uid)
    assert watch("--check_type", "network")[0] == 0
    code, result = watch("--check_type", "network", "--max_lookback_hours", "2")
    assert code == 1
    assert result["summary"].startswith("Нет записей с 22.11 16:00: ")


def test_network_root_that_is_away_is_the_cause_that_others_fail_of(watch, roots):
    roots[1].rmdir()
    code, result = watch("--check_type", "network")
    assert (code, result["summary"]) == (75, f"Облако недоступно: {roots[1]}")
    assert (result["cause"], result["cause_text"]) == ("network_root_away", result["summary"])


def test_disk_that_is_away_is_a_failure_and_a_cause(watch, roots):
    roots[0].rmdir()
    code, result = watch()
    assert (code, result["summary"]) == (1, f"Диск с записями недоступен: {roots[0]}")
    assert (result["cause"], result["cause_text"]) == ("local_root_away", "Диск с записями недоступен")


def test_without_a_list_whatever_is_on_the_disk_is_watched(point, roots, run_script):
    point()
    code, result = run_script(main)
    assert (code, result["summary"]) == (1, "Нет записей ни одной камеры")
    lay_out(roots[0], "2026-11-23 12:00")
    code, result = run_script(main)
    assert (code, result["summary"]) == (1, "Нет записей с 12:00: unv sklad; Не описаны в настройках: unv sklad")


def test_camera_of_several_roots_is_one(point, roots, run_script, tmp_path):
    path = point("[camera a]\nkind = unv\nuid = sklad")
    path.write_text(path.read_text().replace("network_root", f"  {tmp_path / 'E'}\nnetwork_root"))
    lay_out(roots[0], "2026-11-23 10:00")
    lay_out(tmp_path / "E", "2026-11-23 14:30")
    assert run_script(main)[1]["summary"] == "Все камеры пишут: 1"


def test_by_hand_there_is_a_table(watch, roots, monkeypatch, capsys):
    monkeypatch.delenv("SCHEDULER_RESULT_FILE")
    lay_out(roots[0], "2026-11-23 14:05")
    assert main([]) == 1
    shown = capsys.readouterr().out
    assert "unv_001 (склад)" in shown
    assert "ничего нет" in shown


def test_under_the_runner_every_camera_has_a_line(watch, roots, capsys):
    lay_out(roots[0], "2026-11-23 14:05")
    watch()
    assert "<6>unv_001 (склад) | 23.11.2026 14:05:00 | 1 | пишет" in capsys.readouterr().err


def test_clock_of_a_camera_a_day_ahead_hides_no_silence(watch, roots):
    lay_out(roots[0], *(f"2026-11-{day} {hour:02d}:00" for day in (23, 24) for hour in range(0, 20)))
    for path in roots[0].rglob("*.jpg"):
        os.utime(path, (1_700_000_000, 1_700_000_000))  # nothing was written for long
    lay_out(roots[0], "2026-11-23 14:05", uid="zal")
    assert watch()[0] == 1


def test_first_minutes_after_a_closed_day_are_no_silence(watch, roots, at):
    at("2026-11-23 09:05")
    for uid in ("sklad", "zal"):
        lay_out(roots[0], "2026-11-21 20:59", uid=uid)
    assert watch()[0] in (0, 75)


def test_camera_whose_clock_is_ahead_is_not_silent_while_it_writes(watch, roots):
    (sklad,) = lay_out(roots[0], "2026-11-24 14:30")
    lay_out(roots[0], "2026-11-22 10:00")
    set_written(sklad, "2026-11-23 14:30")
    lay_out(roots[0], "2026-11-23 14:05", uid="zal")
    code, result = watch()
    assert (code, result["summary"]) == (
        10,
        "Все камеры пишут: 2; Неверные часы камеры: unv_001 (склад) показывает 24.11.2026 14:30",
    )


def test_long_video_that_is_still_written_is_no_silence(watch, roots):
    (long,) = lay_out(roots[0], "2026-11-23 12:10")
    set_written(long, "2026-11-23 14:59")
    lay_out(roots[0], "2026-11-23 14:05", uid="zal")
    assert watch()[0] == 0
    set_written(long, "2026-11-23 12:59")
    assert watch()[1]["summary"].startswith("Нет записей с 12:59: unv_001")


def test_folder_that_cannot_be_read_hides_no_other_camera(watch, roots, monkeypatch):
    lay_out(roots[0], "2026-11-23 14:05", uid="zal")
    lay_out(roots[0], "2026-11-23 14:05")
    broken = refuse_to_read(monkeypatch, roots[0] / "unv_camera" / "sklad")
    code, result = watch()
    assert (code, result["summary"]) == (1, f"Не читается: {broken}")
    assert result["metrics"]["recent"] == 1


def test_day_that_cannot_be_read_is_told(watch, roots, monkeypatch):
    for uid in ("sklad", "zal"):
        lay_out(roots[0], "2026-11-23 14:05", "2026-11-22 14:05", uid=uid)
    broken = refuse_to_read(monkeypatch, roots[0] / "unv_camera" / "sklad" / "20261123")
    code, result = watch()
    assert (code, result["summary"]) == (1, f"Не читается: {broken}; Нет записей с 22.11 14:05: unv_001 (склад)")


def test_missing_disk_hides_no_camera_of_the_other(point, roots, run_script, tmp_path):
    path = point(CAMERAS)
    path.write_text(path.read_text().replace("network_root", f"  {tmp_path / 'E'}\nnetwork_root"))
    lay_out(roots[0], "2026-11-23 12:05")
    code, result = run_script(main)
    assert code == 1
    assert result["summary"] == f"Диск с записями недоступен: {tmp_path / 'E'}; Нет записей с 12:05: unv_001 (склад)"


def test_copies_are_not_judged_while_copying_goes_on(watch, roots):
    for uid in ("sklad", "zal"):
        lay_out(roots[1], "2026-11-20 14:05", uid=uid)
    assert watch("--check_type", "network")[0] == 1
    with try_lock(lock_path(str(roots[1]))):
        code, result = watch("--check_type", "network")
        assert (code, result["summary"][:40]) == (75, "Копирование ещё идёт, судить рано: Нет з")
        assert watch()[0] == 1
        (damaged,) = lay_out(roots[1], "2026-11-23 14:05")
        damaged.write_bytes(b"")
        set_written(damaged, "2026-11-23 14:05")
        assert watch("--check_type", "network")[0] == 1


def test_copy_that_the_same_tick_began_may_take_its_lock_or_be_done_a_moment_later(watch, roots, monkeypatch):
    def lay_out_copies(seconds: float) -> None:
        for uid in ("sklad", "zal"):
            lay_out(roots[1], "2026-11-23 14:05", uid=uid)

    for uid in ("sklad", "zal"):
        lay_out(roots[1], "2026-11-20 14:05", uid=uid)
    with ExitStack() as copy:
        monkeypatch.setattr(
            VideoMonitorScript, "sleep", lambda seconds: copy.enter_context(try_lock(lock_path(str(roots[1]))))
        )
        code, result = watch("--check_type", "network")
    assert (code, result["waits"]) == (75, "copying")
    monkeypatch.setattr(VideoMonitorScript, "sleep", lay_out_copies)
    assert watch("--check_type", "network")[0] == 0


def test_uid_is_compared_as_windows_compares_names(point, roots, run_script):
    point("[camera a]\nkind = xiaomi\nuid = 78df72a1b2c3")
    lay_out(roots[0], "2026-11-23 14:05", kind="xiaomi", uid="78DF72A1B2C3")
    code, result = run_script(main)
    assert (code, result["summary"]) == (0, "Все камеры пишут: 1")


@pytest.mark.parametrize("hours", [3, 5, 24 * 300])
def test_camera_whose_clock_is_behind_is_not_silent_while_it_writes(watch, roots, hours):
    shown = datetime(2026, 11, 23, 14, 55) - timedelta(hours=hours)
    (sklad,) = lay_out(roots[0], f"{shown:%Y-%m-%d %H:%M}")
    lay_out(roots[0], "2026-11-22 10:00")
    set_written(sklad, "2026-11-23 14:56")
    set_written(sklad.parent, "2026-11-23 14:56")
    lay_out(roots[0], "2026-11-23 14:05", uid="zal")
    code, result = watch()
    told = f"Все камеры пишут: 2; Неверные часы камеры: unv_001 (склад) показывает {shown:%d.%m.%Y %H:%M}"
    assert (code, result["summary"]) == (10, told)


def test_camera_that_writes_times_of_the_past_into_its_files_is_told_with_what_their_names_say(watch, roots):
    (sklad,) = lay_out(roots[0], "2026-11-23 14:55")
    set_written(sklad, "2026-11-23 09:55")
    lay_out(roots[0], "2026-11-23 14:05", uid="zal")
    lay_out(roots[0], "2026-11-23 10:00", uid="zal")
    code, result = watch()
    told = "Нет записей с 09:55: unv_001 (склад): имена файлов до 23.11 14:55, часы камеры неверны"
    assert (code, result["summary"]) == (1, told)


def test_last_recording_is_the_last_that_was_written(watch, roots):
    (leftover,) = lay_out(roots[0], "2026-12-23 11:59")
    set_written(leftover, "2026-10-23 11:59")
    leftover.write_bytes(b"")
    lay_out(roots[0], "2026-11-23 14:05")
    (zal,) = lay_out(roots[0], "2026-11-23 14:05", uid="zal")
    (ahead,) = lay_out(roots[0], "2026-12-23 11:59", uid="zal")
    set_written(ahead, "2026-11-23 11:59")
    zal.write_bytes(b"")
    for path, text in ((leftover, "2026-10-23 11:59"), (zal, "2026-11-23 14:05")):
        set_written(path, text)
    assert watch()[1]["summary"] == "Пустые записи: unv_002 (клиентская зона, над ресепшн): 1 из 1"


def test_drive_without_times_is_judged_by_names(watch, roots):
    for uid in ("sklad", "zal"):
        (path,) = lay_out(roots[0], "2026-11-23 14:05", uid=uid)
        set_written(path, "1980-01-01 00:00")
        (due,) = lay_out(roots[0], "2026-11-22 20:05", uid=uid)
        set_written(due, "1980-01-01 00:00")
        (copied,) = lay_out(roots[1], "2026-11-20 14:05", uid=uid)
        set_written(copied, "2026-11-23 14:05")
    assert watch()[0] == 0
    assert watch("--check_type", "network")[1]["summary"].startswith("Нет записей с 20.11 14:05: ")


@pytest.mark.parametrize("day", ["9999-12-31 23:05", "1000-01-01 00:05"])
def test_absurd_date_breaks_nothing(watch, roots, day):
    for uid in ("sklad", "zal"):
        (path,) = lay_out(roots[0], "2026-11-23 14:05", uid=uid)
        hour = roots[0] / "unv_camera" / uid / day[:10].replace("-", "") / day[11:13]
        hour.mkdir(parents=True)
        (hour / path.name).write_bytes(path.read_bytes())
        set_written(hour / path.name, "2026-11-23 14:05")
    assert watch()[0] in (0, 10)


def test_all_cameras_silent_through_the_day_are_told_however_long_the_look_back(point, roots, run_script, at):
    point(f"lookback_local_hours = 8\nworking_hours = 10:00-18:00\n{CAMERAS}")
    at("2026-11-23 17:59")
    for uid in ("sklad", "zal"):
        lay_out(roots[0], "2026-11-16 12:00", uid=uid)
    assert run_script(main)[0] == 1


def test_camera_without_any_recording_makes_no_silence_of_the_others_after_a_closed_day(watch, roots, at):
    at("2026-11-23 09:05")
    lay_out(roots[0], "2026-11-21 20:59")
    lay_out(roots[1], "2026-11-21 20:59")
    assert watch()[0] == 75
    assert watch("--check_type", "network")[0] == 75
    at("2026-11-23 11:05")
    assert watch()[0] == 1


def test_lost_drive_is_asked_no_more_and_told_shortly(watch, roots, monkeypatch):
    for uid in ("sklad", "zal"):
        lay_out(roots[1], *(f"2026-11-{day:02d} 14:00" for day in range(1, 24)), uid=uid)
    asked = lose_drive(monkeypatch, roots[1], after="20261123")
    code, result = watch("--check_type", "network")
    assert (code, result["summary"]) == (75, f"Облако недоступно: {roots[1]}")
    assert len(asked) < 10


def test_far_drive_is_asked_only_until_enough_is_known(watch, roots, monkeypatch):
    for uid in ("sklad", "zal"):
        lay_out(roots[1], *(f"2026-11-{day} {hour}:00" for day in (21, 22, 23) for hour in range(10, 15)), uid=uid)
        lay_out(roots[1], *(f"2098-01-{day} {hour}:00" for day in (11, 12) for hour in range(10, 15)), uid=uid)
    asked = lose_drive(monkeypatch, roots[1], after="never")
    assert watch("--check_type", "network")[0] == 0
    assert len(asked) < 25


def test_many_broken_folders_are_told_shortly(watch, roots, monkeypatch):
    for uid in ("sklad", "zal"):
        lay_out(roots[0], *(f"2026-11-{day} 14:00" for day in range(10, 24)), uid=uid)
    refuse_to_read(monkeypatch, roots[0] / "unv_camera" / "*" / "*")
    assert watch()[1]["summary"].endswith(" и ещё 3")


def test_folder_of_another_camera_that_cannot_be_read_hides_no_missing_one(watch, roots, monkeypatch):
    lay_out(roots[0], "2026-11-23 14:05")
    lay_out(roots[0], "2026-11-23 14:05", uid="foreign")
    broken = refuse_to_read(monkeypatch, roots[0] / "unv_camera" / "foreign")
    assert watch()[1]["summary"] == (
        f"Не читается: {broken}; Нет ни одной записи: unv_002 (клиентская зона, над ресепшн)"
    )


def test_camera_that_was_replaced_long_ago_is_no_remark(watch, roots):
    for uid in ("sklad", "zal"):
        lay_out(roots[0], "2026-11-23 14:05", uid=uid)
    lay_out(roots[0], "2026-08-01 14:05", uid="old")
    assert watch()[0] == 0


def test_recordings_of_today_are_not_missed_in_the_network_root_before_they_are_copied(watch, roots, at):
    at("2026-11-23 12:00")
    for uid in ("sklad", "zal"):
        lay_out(roots[0], "2026-11-21 20:55", "2026-11-23 09:30", uid=uid)
    lay_out(roots[1], "2026-11-21 20:55")
    code, result = watch("--check_type", "network")
    assert (code, result["summary"]) == (1, "Нет ни одной записи: unv_002 (клиентская зона, над ресепшн)")
    lay_out(roots[1], "2026-11-21 20:55", uid="zal")  # Sunday was closed, and the copy of 14:00 is still to come
    code, result = watch("--check_type", "network")
    assert code == 75
    assert result["summary"].startswith("Рано судить, сегодняшние записи ещё не скопированы: unv_001 (склад), ")
    at("2026-11-23 10:55")
    assert watch("--check_type", "network")[1]["summary"] == result["summary"]


def test_camera_that_fell_silent_is_missed_in_the_network_root_too(watch, roots, at):
    at("2026-11-23 12:00")
    for root in roots:
        lay_out(root, "2026-11-21 20:55", uid="zal")
        lay_out(root, "2026-11-22 20:55")
    lay_out(roots[0], "2026-11-23 09:55", "2026-11-23 10:15", "2026-11-23 11:55")
    code, result = watch("--check_type", "network")
    assert (code, result["summary"]) == (1, "Нет записей с 21.11 20:55: unv_002 (клиентская зона, над ресепшн)")


def test_camera_whose_clock_is_behind_is_not_missed_in_the_network_root(watch, roots):
    for root in roots:
        lay_out(root, "2026-11-23 14:05", uid="zal")
        (wrong,) = lay_out(root, "2000-01-01 00:05")
        set_written(wrong, "2026-11-23 14:30")
    code, result = watch("--check_type", "network")
    assert code == 10
    assert result["summary"].endswith("Неверные часы камеры: unv_001 (склад) показывает 01.01.2000 00:05")


def test_recordings_of_a_camera_whose_clock_is_behind_are_counted(watch, roots):
    lay_out(roots[0], "2026-11-23 13:05", "2026-11-23 14:10", uid="zal")
    for minute in range(5, 8):
        (path,) = lay_out(roots[0], f"2026-11-23 09:{minute:02d}")
        set_written(path, f"2026-11-23 14:{minute:02d}")
    code, result = watch("--min_files", "2")
    assert (code, result["metrics"]["wrong"], result["metrics"]["recent"]) == (10, 0, 5)


def test_unlisted_cameras_are_told_by_what_they_wrote(watch, roots):
    for uid in ("sklad", "zal"):
        lay_out(roots[0], "2026-11-23 14:05", uid=uid)
    (path,) = lay_out(roots[0], "2000-01-01 00:05", uid="new")
    set_written(path, "2026-11-23 14:30")
    (roots[0] / "unv_camera" / "empty" / "20261123" / "14").mkdir(parents=True)
    assert watch()[1]["summary"] == "Все камеры пишут: 2; Не описаны в настройках: unv new"


def test_cameras_that_fell_silent_one_after_another_share_a_heading(watch, roots):
    lay_out(roots[0], "2026-11-23 12:05")
    lay_out(roots[0], "2026-11-23 12:04", uid="zal")
    assert watch()[1]["summary"] == (
        "Нет записей: unv_001 (склад) с 12:05, unv_002 (клиентская зона, над ресепшн) с 12:04"
    )


@pytest.mark.parametrize("after", ["unv_camera", "sklad"])
@pytest.mark.parametrize("kind", ["local", "network"])
def test_drive_that_goes_away_during_the_look_is_no_empty_one(watch, roots, monkeypatch, after, kind):
    for root in roots:
        for uid in ("sklad", "zal"):
            lay_out(root, "2026-11-23 14:05", uid=uid)
    lose_drive(monkeypatch, roots[kind == "network"], after)
    code, result = watch("--check_type", kind)
    assert code == (1 if kind == "local" else 75)
    assert result["summary"].startswith("Диск с записями недоступен: " if kind == "local" else "Облако недоступно: ")


def test_copies_that_stopped_are_not_excused_by_one_file_that_was_written_late(watch, roots):
    for uid in ("sklad", "zal"):
        lay_out(roots[0], "2026-11-20 14:05", "2026-11-22 14:05", "2026-11-23 13:30", uid=uid)
        lay_out(roots[1], "2026-11-20 14:05", uid=uid)
    (late,) = lay_out(roots[0], "2026-11-23 09:05")
    set_written(late, "2026-11-23 13:35")
    code, result = watch("--check_type", "network")
    assert code == 1
    assert result["summary"].startswith("Нет записей с 20.11 14:05: unv_001 (склад), unv_002 ")


def test_few_copies_are_told_however_new_one_of_them_is(watch, roots):
    for uid in ("sklad", "zal"):
        lay_out(roots[0], *(f"2026-11-22 20:{minute}" for minute in range(10, 50)), "2026-11-23 14:00", uid=uid)
        lay_out(roots[1], "2026-11-22 20:49", uid=uid)
    code, result = watch("--check_type", "network", "--min_files", "10")
    assert code == 1
    assert result["summary"].startswith("Мало записей: ")


def every(day: str, hours: range, *minutes: int) -> "list[str]":
    """Return moments of a day of November 2026."""
    return [f"2026-11-{day} {hour:02d}:{minute:02d}" for hour in hours for minute in minutes or (5, 35)]


@pytest.mark.parametrize("hours", ["09:00-21:00", "пн-сб 09:00-21:00, вс закрыто"])
def test_morning_after_a_closed_day_is_no_silence_of_the_camera_that_writes_last(
    point, roots, run_script, at, planned, hours
):
    point(f"working_hours = {hours}\n{CAMERAS}")
    for uid in ("sklad", "zal"):
        lay_out(roots[0], *every("21", range(9, 21)), uid=uid)
    lay_out(roots[0], "2026-11-23 08:56")
    at("2026-11-23 09:05")
    code, result = run_script(main)
    assert code in (0, 75)
    assert "Все камеры пишут" not in result["summary"]
    assert [name for name, each in result.get("subjects", {}).items() if each["state"] == "fails"] == []
    lay_out(roots[0], *every("23", range(9, 10)))
    at("2026-11-23 10:05")  # the point has been open, and the other has written, for an hour
    assert run_script(main)[1]["summary"] == "Нет записей с 21.11 20:35: unv_002 (клиентская зона, над ресепшн)"


def test_camera_that_wrote_nothing_since_opening_is_not_said_to_write(watch, roots, at):
    for uid in ("sklad", "zal"):
        lay_out(roots[0], *every("22", range(9, 21)), uid=uid)
    lay_out(roots[0], "2026-11-23 08:56")
    at("2026-11-23 09:05")
    code, result = watch()
    told = "Пишут: 1 из 2, с открытия ещё нет записей: unv_002 (клиентская зона, над ресепшн)"
    assert (code, result["summary"]) == (0, told)
    assert result["subjects"] == {"unv_001": {"state": "works", "text": "пишет — склад"}}


def test_camera_that_is_silent_for_an_hour_is_told_where_the_others_write(watch, roots, at):
    lay_out(roots[0], *every("23", range(9, 13), *range(5, 60, 10)))
    lay_out(roots[0], *every("23", range(9, 12)), uid="zal")
    at("2026-11-23 12:34")
    assert watch()[0] == 0
    at("2026-11-23 12:36")
    code, result = watch()
    assert (code, result["summary"]) == (1, "Нет записей с 11:35: unv_002 (клиентская зона, над ресепшн)")
    assert result["subjects"] == {
        "unv_001": {"state": "works", "text": "пишет — склад"},
        "unv_002": {"state": "fails", "text": "нет записей с 11:35 — клиентская зона, над ресепшн"},
    }


def test_pc_that_was_off_for_hours_makes_no_silence(watch, roots, at):
    for uid in ("sklad", "zal"):
        lay_out(roots[0], *every("23", range(9, 12)), uid=uid)
    lay_out(roots[0], "2026-11-23 15:01")
    at("2026-11-23 15:05")
    code, result = watch()
    told = "Рано судить, камеры пишут ещё недолго: unv_002 (клиентская зона, над ресепшн)"
    assert (code, result["summary"], result["waits"]) == (75, told, "too_early")


@pytest.mark.parametrize("hours", ["пн-сб 09:00-21:00, вс закрыто", "09:00-21:00\nclosed_days = 22.11"])
def test_closed_day_is_not_looked_at(point, roots, run_script, at, planned, hours):
    point(f"working_hours = {hours}\n{CAMERAS}")
    lay_out(roots[0], "2026-11-21 20:59")
    for hour in (9, 12, 20):
        at(f"2026-11-22 {hour:02d}:05")
        code, result = run_script(main)
        assert (code, result["summary"]) == (75, "Сегодня закрыто: камеры не проверялись")
        assert result["waits"] == "outside_hours"


def test_outside_the_working_hours_the_plan_looks_at_nothing(watch, at):
    at("2026-11-23 21:00")
    code, result = watch()
    assert (code, result["summary"]) == (75, "Вне рабочих часов (09:00-21:00): камеры не проверялись")
    assert result["waits"] == "outside_hours"


def test_by_hand_the_last_working_hours_are_looked_at_and_named(watch, roots, at, monkeypatch):
    monkeypatch.delenv("SCHEDULER_SLOT")
    for uid in ("sklad", "zal"):
        lay_out(roots[0], *every("23", range(9, 21)), uid=uid)
    for moment, told in (("2026-11-23 22:14", "21:00"), ("2026-11-24 08:30", "23.11 21:00")):
        at(moment)
        code, result = watch()
        assert (code, result["summary"]) == (0, f"Судя по рабочему времени до {told}: Все камеры пишут: 2")
    at("2026-11-23 22:14")
    for path in roots[0].glob("unv_camera/zal/20261123/2*/*"):
        path.unlink()
    code, result = watch()
    assert code == 1
    assert result["summary"].endswith(": Нет записей с 19:35: unv_002 (клиентская зона, над ресепшн)")


def test_camera_may_have_a_lookback_and_a_number_of_its_own(point, roots, run_script, planned):
    own = CAMERAS + "lookback_local_hours = 5\nlookback_network_hours = 48\nmin_files = 2\n"
    point(own)
    lay_out(roots[0], *every("23", range(9, 15)))
    lay_out(roots[0], "2026-11-23 10:35", "2026-11-23 11:35", uid="zal")  # it writes when somebody comes in
    assert run_script(main)[0] == 0
    (roots[0] / "unv_camera" / "zal" / "20261123" / "10" / "10-35-00.jpg").unlink()
    assert run_script(main)[1]["summary"] == "Мало записей: unv_002 (клиентская зона, над ресепшн): 1"
    for root in roots:
        lay_out(root, "2026-11-21 16:00", "2026-11-21 17:00", uid="zal")
    lay_out(roots[1], *every("23", range(9, 14)))
    assert run_script(main, "--check_type", "network")[0] == 0
    code, result = run_script(main, "--max_lookback_hours", "2")
    assert (code, result["summary"]) == (1, "Нет записей с 11:35: unv_002 (клиентская зона, над ресепшн)")


def empty(path) -> None:
    """Make a file empty, and leave its times."""
    status = path.stat()
    path.write_bytes(b"")
    os.utime(path, (status.st_atime, status.st_mtime))


def test_empty_files_do_not_count(watch, roots):
    lay_out(roots[0], *every("23", range(9, 15)))
    *most, _ = lay_out(roots[0], *every("23", range(9, 15)), uid="zal")
    for path in most:
        empty(path)
    code, result = watch()
    assert (code, result["summary"]) == (1, "Пустые записи: unv_002 (клиентская зона, над ресепшн): 3 из 4")


def test_recordings_that_a_power_cut_left_are_told(watch, roots):
    for uid in ("sklad", "zal"):
        (path,) = lay_out(roots[0], "2026-11-23 14:05", uid=uid)
        path.write_bytes(path.read_bytes()[:-100])
        set_written(path, "2026-11-23 14:05")
    code, result = watch()
    assert code == 1
    assert result["summary"].startswith("Плохая последняя запись: unv_001 (склад): обрезан 14-05-00.jpg, unv_002 ")


def test_frozen_picture_is_told(watch, roots):
    lay_out(roots[0], *every("23", range(9, 15)))
    first, *others = lay_out(roots[0], *every("23", range(9, 15)), uid="zal")
    for path in others:
        status = path.stat()
        path.write_bytes(first.read_bytes())
        os.utime(path, (status.st_atime, status.st_mtime))
    code, result = watch()
    assert (code, result["summary"]) == (1, "Картинка не меняется: unv_002 (клиентская зона, над ресепшн)")


def test_what_nobody_understands_is_a_remark(watch, roots):
    for uid in ("sklad", "zal"):
        lay_out(roots[0], "2026-11-23 14:05", uid=uid)
    for name in ("one", "two"):
        (roots[0] / "hikvision" / "yard").mkdir(parents=True, exist_ok=True)
        (roots[0] / "hikvision" / "yard" / f"{name}.dav").write_bytes(b"x")
    (roots[0] / "unv_camera" / "sklad" / "20261123" / "14" / "14-05-00.avi").write_bytes(b"x")
    code, result = watch()
    example = os.path.join("hikvision", "yard", "one.dav")
    assert (code, result["summary"]) == (10, f"Все камеры пишут: 2; Не распознано: 3 файла, например {example}")


def test_link_is_a_remark(watch, roots, tmp_path):
    for uid in ("sklad", "zal"):
        lay_out(roots[0], "2026-11-23 14:05", uid=uid)
    (roots[0] / "hikvision").mkdir()
    link_folder(roots[0] / "hikvision" / "link", tmp_path)  # below what is strange nothing more is told
    link_folder(roots[0] / "unv_camera" / "hall", tmp_path)
    assert watch()[1]["summary"].endswith("; Ссылки, записи за ними не видны: " + os.path.join("unv_camera", "hall"))


def test_new_model_in_the_place_of_an_old_one_is_named_beside_it(point, roots, run_script, planned):
    point("[camera xiaomi_001]\nkind = xiaomi\nuid = 78DF72A1B2C3")
    lay_out(roots[0], *every("22", range(9, 21)), kind="xiaomi", uid="78DF72A1B2C3")
    lay_out(roots[0], *every("23", range(9, 15)), uid="B888809544F6", layout=XiaomiShare())
    code, result = run_script(main)
    told = "Нет записей с 22.11 20:36: xiaomi_001; Не описаны в настройках: xiaomi B888809544F6"
    assert (code, result["summary"]) == (1, told)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: type(layout).__name__)
def test_each_layout_is_watched(point, roots, run_script, planned, layout):
    point(f"[camera a]\nkind = {layout.kind}\nuid = 78DF72A1B2C3")
    lay_out(roots[0], *every("23", range(9, 15)), uid="78DF72A1B2C3", layout=layout)
    lay_out(roots[1], *every("22", range(9, 21)), uid="78DF72A1B2C3", layout=layout)
    for arguments in ((), ("--check_type", "network")):
        assert run_script(main, *arguments)[1]["summary"] == "Все камеры пишут: 1"


def test_copies_of_a_camera_that_only_now_begins_are_not_judged(watch, roots, at):
    for root in roots:
        for uid in ("sklad", "zal"):
            lay_out(root, *every("20", range(9, 21)), uid=uid)
    lay_out(roots[0], *every("23", range(11, 12), 35, 55))  # the PC was off on two days, and in the morning
    at("2026-11-23 12:00")
    code, result = watch("--check_type", "network")
    assert (code, result["waits"]) == (75, "too_early")


def test_causes_and_reasons_of_a_copy_under_way(watch, roots):
    for uid in ("sklad", "zal"):
        lay_out(roots[1], "2026-11-20 14:05", uid=uid)
    with try_lock(lock_path(str(roots[1]))):
        result = watch("--check_type", "network")[1]
    assert (result["waits"], result.get("subjects")) == ("copying", None)
