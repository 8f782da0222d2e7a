"""A piece of video that somebody asks for: found whatever the place and the clock, copied under readable names."""

import os
from datetime import datetime, timedelta

import pytest

from config.base_config import PATH_CONFIG
from scheduler_runner.__main__ import main
from scheduler_runner.tasks.cameras.layouts import LAYOUTS
from tests.tasks.conftest import lay_out

CAMERAS = """[camera unv_001]
kind = unv
uid = sklad
area = склад
[camera xiaomi_001]
kind = xiaomi
uid = 78DF72A1B2C3
area = вход
"""
FLAT = next(layout for layout in LAYOUTS if type(layout).__name__ == "XiaomiShare")


@pytest.fixture
def recordings(point, tmp_path, monkeypatch):
    """Return a function that asks for recordings, in a point with two cameras."""
    monkeypatch.setitem(PATH_CONFIG, "LOGS_ROOT", str(tmp_path / "logs"))
    path = point()
    path.write_text(path.read_text("utf-8") + CAMERAS, "utf-8")

    def ask(*arguments: str) -> int:
        return main(["recordings", *arguments])

    return ask


def minutes(day: str, first: int, last: int) -> "list[str]":
    return [f"{day} {minute // 60:02d}:{minute % 60:02d}" for minute in range(first, last)]


def test_recordings_of_an_hour_are_found_on_the_disk_and_in_the_network_root_once(recordings, roots, capsys):
    lay_out(roots[0], *minutes("2026-11-22", 18 * 60, 18 * 60 + 20))
    lay_out(roots[1], *minutes("2026-11-22", 18 * 60, 18 * 60 + 40))
    assert recordings("склад", "--from", "22.11 18:00", "--to", "18:30") == 0
    shown = capsys.readouterr().out
    assert "unv_001 (склад): 30 recordings" in shown
    assert (shown.count("on the disk"), shown.count("in the network root")) == (20, 10)


@pytest.mark.parametrize("layout", [None, FLAT])
def test_recording_that_began_before_the_time_and_lasts_into_it_is_found(recordings, roots, capsys, layout):
    lay_out(roots[0], *minutes("2026-11-22", 17 * 60 + 50, 18 * 60), kind="xiaomi", uid="78DF72A1B2C3", layout=layout)
    assert recordings("вход", "--from", "22.11 18:00", "--to", "18:05") == 0
    assert "xiaomi_001 (вход): 1 recording" in capsys.readouterr().out


@pytest.mark.parametrize("ahead", [60, -60, 170])
def test_camera_whose_clock_is_wrong_is_found_by_the_clock_on_the_wall_and_that_is_said(
    recordings, roots, capsys, ahead
):
    for path in lay_out(roots[0], *minutes("2026-11-22", 15 * 60, 21 * 60 + 50)):
        written = os.stat(path).st_mtime - ahead * 60
        os.utime(path, (written, written))
    assert recordings("unv_001", "--from", "22.11 18:00", "--to", "18:10") == 0
    shown = capsys.readouterr().out
    assert f"wrong by {ahead:+d} minutes" in shown
    assert "10 recordings" in shown or "11 recording" in shown
    named = datetime(2026, 11, 22, 18, 5) + timedelta(minutes=ahead)
    assert f"{named:%H-%M-%S}.jpg" in shown


def test_folders_of_other_cameras_are_not_looked_into(recordings, roots, capsys, monkeypatch):
    lay_out(roots[0], "2026-11-22 18:00")
    others = lay_out(roots[0], "2026-11-22 18:00", kind="xiaomi", uid="78DF72A1B2C3", layout=FLAT)
    listed, scandir = [], os.scandir
    monkeypatch.setattr(os, "scandir", lambda path=".": listed.append(str(path)) or scandir(path))
    assert recordings("sklad", "--from", "22.11 18:00") == 0
    assert [path for path in listed if others[0].parent.name in path] == []
    assert [path for path in listed if "sklad" in path]


def test_copies_have_readable_names_overwrite_nothing_and_are_logged(recordings, roots, capsys, tmp_path):
    lay_out(roots[1], *minutes("2026-11-22", 18 * 60, 18 * 60 + 3))
    target = tmp_path / "для полиции"
    asked = ("sklad", "--from", "22.11 18:00", "--to", "18:10", "--to-folder", str(target))
    assert recordings(*asked) == 0
    names = [f"unv_001 2026-11-22 18-0{minute}-00.jpg" for minute in range(3)]
    assert sorted(os.listdir(target)) == names
    (target / names[0]).write_bytes(b"somebody's own")
    assert recordings(*asked) == 0
    assert (target / names[0]).read_bytes() == b"somebody's own"
    assert len(os.listdir(target)) == 4
    logged = "".join(path.read_text("utf-8") for path in (tmp_path / "logs").rglob("*.log"))
    assert logged.count("recordings taken account=") == 2
    assert names[1] in logged


def test_nothing_is_copied_where_that_cannot_be_logged(recordings, roots, capsys, tmp_path):
    lay_out(roots[0], "2026-11-22 18:00")
    (tmp_path / "logs").write_text("a file in the folder's place")
    target = tmp_path / "out"
    assert recordings("sklad", "--from", "22.11 18:00", "--to-folder", str(target)) == 1
    assert "the log cannot be written" in capsys.readouterr().err
    assert not target.exists()


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["unv_01", "--from", "22.11 18:00"], 2, "there is no camera unv_01: unv_001 would be right"),
        (["sklad", "--from", "evening"], 2, "evening is no moment: 24.11 18:00 would be right"),
        (["sklad", "--from", "22.11 18:00", "--to", "17:00"], 2, "a time of up to two days would be right"),
    ],
)
def test_bad_input_is_one_sentence(recordings, capsys, arguments, code, told):
    assert recordings(*arguments) == code
    assert told in capsys.readouterr().err


def test_no_recording_is_said_and_is_exit_code_1(recordings, capsys):
    assert recordings("sklad", "--from", "22.11 18:00") == 1
    assert "no recording between 22.11.2026 18:00 and 22.11.2026 19:00" in capsys.readouterr().out
