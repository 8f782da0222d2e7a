import json
import os
import shutil
import subprocess
import sys
import threading

import pytest

from scheduler_runner.__main__ import main
from scheduler_runner.tasks.cameras.layouts import LAYOUTS
from scheduler_runner.tasks.cameras.recording_root import RecordingRoot
from tests.linking import link_folder
from tests.tasks.conftest import lay_out, lose_drive, refuse_to_read, set_written


@pytest.fixture(autouse=True)
def english(monkeypatch):
    """Let commands speak English, in lines as long as they need to be."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def recordings(point, roots):
    """Make a point with a listed camera, half of its recordings copied, one that never wrote, and one not listed."""
    path = point(
        "[camera unv_001]\nkind = unv\nuid = sklad\narea = склад\n[camera x]\nkind = xiaomi\nuid = 78DF72A1B2C3"
    )
    lay_out(roots[0], "2026-11-22 14:05", "2026-11-22 15:05", "2026-11-23 14:05", "2026-11-23 15:05")
    shutil.copytree(roots[0] / "unv_camera" / "sklad" / "20261122", roots[1] / "unv_camera" / "sklad" / "20261122")
    lay_out(roots[0], "2026-11-23 14:05", uid="zal")
    return path


def test_cameras_are_shown_and_the_missing_section_is_offered(recordings, capsys):
    assert main(["cameras"]) == 0
    shown = capsys.readouterr().out
    assert "unv_001 (склад)" in shown
    assert "23.11.2026 15:05" in shown
    assert "2 of 4" in shown
    assert "never" in shown
    assert f"add to {recordings}" in shown
    assert "[camera unv_002]\nkind = unv\nuid = zal\narea =\nplace =\n" in shown


def test_programs_get_json(recordings, capsys):
    assert main(["cameras", "--json", "--days", "1"]) == 0
    listed, silent, unlisted = json.loads(capsys.readouterr().out)
    assert listed["newest"] == "2026-11-23T15:05:00"
    assert (listed["files_per_day"], listed["copied"], listed["listed"]) == (2, 0, True)
    assert (silent["id"], silent["newest"], silent["files"]) == ("x", None, 0)
    assert (unlisted["uid"], unlisted["listed"]) == ("zal", False)


def test_point_without_camera_and_recording_is_told_in_a_sentence(point, roots, capsys):
    point()
    assert main(["cameras"]) == 0
    assert capsys.readouterr().out == "no camera is listed, and no recording is there yet\n"


def test_point_without_any_root_is_told_in_one_sentence(recordings, roots, capsys):
    shutil.rmtree(roots[0])
    assert main(["cameras"]) == 1
    assert capsys.readouterr().err == f"error: no recording root is there: {roots[0]}\n"


def test_network_root_that_is_away_is_told_and_nothing_claimed_of_copies(recordings, roots, capsys):
    shutil.rmtree(roots[1])
    assert main(["cameras"]) == 1
    told = capsys.readouterr()
    assert "? of 4" in told.out
    assert told.err.startswith(f"cannot read {roots[1]}: ")
    assert main(["cameras", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)[0]["copied"] is None


def test_disk_that_is_missing_is_told(recordings, roots, capsys):
    recordings.write_text(recordings.read_text().replace("network_root", f"  {roots[0]}2\nnetwork_root"))
    assert main(["cameras"]) == 1
    told = capsys.readouterr()
    assert "2 of 4" in told.out
    assert told.err.startswith(f"cannot read {roots[0]}2: ")


def test_dates_of_a_wrong_clock_are_not_the_newest(recordings, roots, capsys):
    lay_out(roots[0], "2098-01-03 00:05", "2098-01-02 00:05", "2098-01-01 00:05")
    assert main(["cameras"]) == 0
    shown = capsys.readouterr().out
    assert "2 of 4" in shown
    assert "2098" not in shown


def test_network_root_that_cannot_be_read_is_told_and_nothing_claimed_of_copies(recordings, roots, capsys, monkeypatch):
    broken = refuse_to_read(monkeypatch, roots[1] / "unv_camera" / "sklad" / "20261122" / "14")
    assert main(["cameras"]) == 1
    told = capsys.readouterr()
    assert "? of 4" in told.out
    assert told.err == f"cannot read {broken}: the folder is corrupted\n"


def test_network_root_that_goes_away_meanwhile_is_no_empty_one(recordings, roots, capsys, monkeypatch):
    lose_drive(monkeypatch, roots[1], "14")
    assert main(["cameras"]) == 1
    told = capsys.readouterr()
    assert "? of 4" in told.out
    assert told.err.startswith(f"cannot read {roots[1]}: ")


def test_newest_recording_is_the_one_written_last_whatever_the_cameras_clock_says(recordings, roots, capsys):
    (path,) = lay_out(roots[0], "2000-01-01 00:05", uid="zal")
    set_written(path, "2026-11-23 14:58")
    main(["cameras", "--json"])
    assert json.loads(capsys.readouterr().out)[2]["newest"] == "2026-11-23T14:58:00"


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full, a disk that is always full, is Linux's")
@pytest.mark.parametrize("module", ["scheduler_runner", "scheduler_runner.tasks.cameras.VideoMonitorScript"])
def test_output_to_a_full_disk_is_no_traceback(recordings, module, tmp_path):
    environ = {**os.environ, "PVZ_CONFIG_PATH": str(recordings), "LOGS_ROOT": str(tmp_path)}
    environ.pop("SCHEDULER_RESULT_FILE", None)
    argv = [sys.executable, "-m", module, *(["cameras"] if module == "scheduler_runner" else [])]
    with open("/dev/full", "w") as full:
        ended = subprocess.run(argv, env=environ, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert "Traceback" not in ended.stderr


def test_far_drive_is_asked_about_many_hours_at_a_time(point, roots, capsys, monkeypatch):
    point("[camera unv_001]\nkind = unv\nuid = sklad")
    lay_out(roots[0], *(f"2026-11-{day} {hour}:05" for day in (21, 22, 23) for hour in range(10, 16)))
    shutil.copytree(roots[0], roots[1], dirs_exist_ok=True)
    everybody = threading.Barrier(18, timeout=20)  # passed only where all hours are asked about side by side
    recordings = RecordingRoot.recordings

    def slowly(root, group):
        if root.path == str(roots[1]):
            everybody.wait()
        return recordings(root, group)

    monkeypatch.setattr(RecordingRoot, "recordings", slowly)
    assert main(["cameras"]) == 0
    assert "18 of 18" in capsys.readouterr().out


def test_what_nobody_understands_and_links_are_told(recordings, roots, capsys, tmp_path):
    (roots[0] / "hikvision").mkdir()
    (roots[0] / "hikvision" / "one.dav").write_bytes(b"x")
    link_folder(roots[0] / "unv_camera" / "hall", tmp_path)
    assert main(["cameras"]) == 0
    shown = capsys.readouterr().out
    assert f"not understood: 1 file, such as {os.path.join('hikvision', 'one.dav')}" in shown
    assert f"links, nothing behind them is read: {os.path.join('unv_camera', 'hall')}" in shown


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: type(layout).__name__)
def test_cameras_of_each_layout_are_shown(point, roots, capsys, layout):
    point()
    lay_out(roots[0], "2026-11-22 14:05", "2026-11-23 14:05", uid="78DF72A1B2C3", layout=layout)
    main(["cameras", "--json"])
    (camera,) = json.loads(capsys.readouterr().out)
    assert (camera["kind"], camera["uid"], camera["files"], camera["copied"]) == (layout.kind, "78DF72A1B2C3", 2, 0)


def test_screen_is_russian_and_fits_a_console_of_80_columns(recordings, capsys, monkeypatch):
    recordings.write_text(recordings.read_text("utf-8").replace("language = en", "language = ru"), "utf-8")
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["cameras"]) == 0
    shown = capsys.readouterr().out
    assert "последняя" in shown
    assert max(len(line) for line in shown.splitlines() if str(recordings) not in line) < 80
