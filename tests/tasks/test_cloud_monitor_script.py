"""The network root as it is, away, full, read-only or late; the point's clock stands at 15:00 of 23 November 2026."""

import os
import sys
import threading
import time

import pytest

from scheduler_runner.system.filesystem import host_name
from scheduler_runner.system.locks import try_lock
from scheduler_runner.tasks.cameras import CloudMonitorScript
from scheduler_runner.tasks.cameras.CloudMonitorScript import main
from scheduler_runner.tasks.cameras.copy_lock import lock_path
from tests.conftest import fill
from tests.tasks.conftest import files_of, lay_out, lose_drive, refuse_to_read, set_written


@pytest.fixture
def check(point, run_script, planned):
    """Return a function that runs the script without waiting between its attempts."""
    point("network_min_free_gb = 0")
    return lambda *arguments: run_script(main, "--retries", "0", "--delay", "0", *arguments)


def test_root_that_can_be_used_is_told_with_room_and_newest_copy_and_each_step_has_its_time(check, roots):
    lay_out(roots[1], "2026-11-23 13:58")
    code, result = check()
    assert code == 0
    assert result["summary"].startswith("Облако доступно: свободно ")
    assert result["summary"].endswith("последняя копия 13:58")
    steps = ("look_seconds", "write_seconds", "read_seconds", "delete_seconds")
    assert all(0 <= result["metrics"][step] < 10 for step in steps)
    assert result["metrics"]["free_bytes"] > 0
    assert not [name for name in files_of(roots[1]) if "probe" in name]


def test_missing_root_is_a_failure(check, roots):
    roots[1].rmdir()
    code, result = check()
    assert code == 1
    assert result["summary"].startswith(f"Облако недоступно: не открыть папку {roots[1]} (")


def test_root_that_comes_back_between_two_attempts_is_well(point, roots, run_script):
    point("network_min_free_gb = 0")
    roots[1].rmdir()
    threading.Timer(0.3, roots[1].mkdir).start()
    assert run_script(main, "--retries", "20", "--delay", "0.1")[0] == 0


def test_full_root_cannot_be_written(point, roots, run_script, small_disk):
    path = point("network_min_free_gb = 0")
    path.write_text(path.read_text().replace(str(roots[1]), str(small_disk)))
    fill(small_disk)
    code, result = run_script(main, "--retries", "0")
    assert code == 1
    assert result["summary"].startswith(f"В облаке нет места: не записать в {small_disk} (")
    assert list(files_of(small_disk)) == ["filler"]


def test_lack_of_room_is_told(point, roots, run_script):
    point("network_min_free_gb = 999999")
    code, result = run_script(main)
    assert code == 1
    assert result["summary"].startswith("В облаке мало места: свободно ")
    assert result["summary"].endswith("нужно 976,6 ТБ")


def test_room_that_the_drive_does_not_tell_is_no_lack(check, roots, monkeypatch):
    monkeypatch.setattr(CloudMonitorScript, "free_bytes", lambda root: None)
    assert check()[1]["summary"] == "Облако доступно: свободное место неизвестно, последняя копия нет"


def test_old_copies_are_told_where_there_is_something_newer_to_copy(check, roots):
    lay_out(roots[1], "2026-11-21 20:00")
    assert check()[0] == 0
    lay_out(roots[0], "2026-11-23 14:00")
    assert check()[0] == 0  # yesterday the point was closed, and the next copy comes
    lay_out(roots[0], "2026-11-22 14:00")
    code, result = check()
    assert (code, result["summary"]) == (1, "Копии не поступают, последняя запись в облаке: 21.11 20:00")
    lay_out(roots[1], "2026-11-23 09:00")
    assert check()[0] == 0


def test_late_copies_are_a_remark_while_copying_goes_on(check, roots):
    lay_out(roots[1], "2026-11-21 20:00")
    lay_out(roots[0], "2026-11-22 14:00", "2026-11-23 14:00")
    with try_lock(lock_path(str(roots[1]))):
        code, result = check()
    assert code == 10
    assert result["summary"] == "Копии отстают, копирование идёт, последняя запись в облаке: 21.11 20:00"


def test_clock_of_a_camera_ahead_hides_no_lack_of_copies(check, roots):
    (ahead,) = lay_out(roots[1], "2026-11-23 14:00")
    set_written(ahead, "2026-11-13 14:00")
    lay_out(roots[0], "2026-11-20 14:00")
    code, result = check()
    assert (code, result["summary"]) == (1, "Копии не поступают, последняя запись в облаке: 13.11 14:00")


def test_clock_of_all_cameras_behind_is_no_lack_of_copies(check, roots):
    for root in roots:
        for day in ("21", "22", "23"):
            (path,) = lay_out(root, f"2026-11-{int(day) - 3} 14:00")
            set_written(path, f"2026-11-{day} 14:00")
    assert check()[0] == 0


def test_drive_that_is_lost_is_asked_no_more(check, roots, monkeypatch):
    for day in range(1, 24):
        lay_out(roots[1], f"2026-11-{day:02d} 14:00", kind="xiaomi", uid="78DF72A1B2C3")
    asked = lose_drive(monkeypatch, roots[1], after="78DF72A1B2C3")
    code, result = check()
    assert (code, result["summary"]) == (1, f"Облако недоступно: {roots[1]}")
    assert len(asked) < 10


def test_folder_of_copies_that_cannot_be_read_is_told(check, roots, monkeypatch):
    lay_out(roots[1], "2026-11-23 14:00")
    lay_out(roots[1], "2026-11-23 14:10", uid="zal")
    broken = refuse_to_read(monkeypatch, roots[1] / "unv_camera" / "zal")
    code, result = check()
    assert (code, result["summary"]) == (1, f"Не читается: {broken}")
    assert result["metrics"]["newest_copy"] == "2026-11-23T14:00:00"
    assert result["metrics"]["free_where"] == "в облаке"


def test_probe_that_a_crash_of_this_pc_left_is_removed_later(check, roots):
    own, young, stranger = (roots[1] / f".probe.{name}" for name in (f"{host_name()}.7", f"{host_name()}.8", "other.7"))
    for path in (own, young, stranger):
        path.write_bytes(b"x")
    for path in (own, stranger):
        os.utime(path, (time.time() - 7200,) * 2)
    assert check()[0] == 0
    assert sorted(roots[1].iterdir()) == sorted([young, stranger])


def test_nothing_is_done_outside_the_working_hours(check, roots, at):
    at("2026-11-23 08:59")
    code, result = check()
    told = "Вне рабочих часов (09:00-21:00): облако не проверялось"
    assert (code, result["summary"], result["waits"]) == (75, told, "outside_hours")


def test_by_hand_it_is_tried_at_any_hour(check, at, monkeypatch):
    monkeypatch.delenv("SCHEDULER_SLOT")
    at("2026-11-23 23:30")
    assert check()[0] == 0


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root and Windows may write everywhere")
def test_read_only_root_is_a_failure(check, roots):
    roots[1].chmod(0o555)
    assert check()[1]["summary"].startswith("Облако недоступно: не записать")
    roots[1].chmod(0o755)


@pytest.mark.parametrize("arguments", [("--retries", "-1"), ("--delay", "nan"), ("--retries", "many")])
def test_wrong_command_line_is_exit_code_2(check, arguments):
    assert check(*arguments)[0] == 2
