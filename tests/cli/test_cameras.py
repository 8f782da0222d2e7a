import json
import os
import shutil
import subprocess
import sys

import pytest

from scheduler_runner.__main__ import main
from tests.tasks.conftest import lay_out, lose_drive, refuse_to_read, set_written


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
    assert "2026-11-23 15:05:00" in shown
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


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a disk that is always full")
@pytest.mark.parametrize("module", ["scheduler_runner", "scheduler_runner.tasks.cameras.VideoMonitorScript"])
def test_output_to_a_full_disk_is_no_traceback(recordings, module, tmp_path):
    environ = {**os.environ, "PVZ_CONFIG_PATH": str(recordings), "LOGS_ROOT": str(tmp_path)}
    environ.pop("SCHEDULER_RESULT_FILE", None)
    argv = [sys.executable, "-m", module, *(["cameras"] if module == "scheduler_runner" else [])]
    with open("/dev/full", "w") as full:
        ended = subprocess.run(argv, env=environ, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert "Traceback" not in ended.stderr
