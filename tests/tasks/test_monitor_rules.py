from datetime import datetime

import pytest

from scheduler_runner.tasks.cameras.monitor_look import flaw_of
from scheduler_runner.tasks.cameras.monitor_rules import window_start

HOURS = (9 * 60, 21 * 60)


@pytest.mark.parametrize(
    ("now", "hours", "start"),
    [
        ("2026-11-23 15:00", 2, "2026-11-23 13:00"),
        ("2026-11-23 11:00", 2, "2026-11-23 09:00"),
        ("2026-11-23 10:59", 2, "2026-11-22 20:59"),  # a minute of the two hours lies in yesterday's evening
        ("2026-11-23 09:00", 2, "2026-11-22 19:00"),
        ("2026-11-23 12:00", 24, "2026-11-22 12:00"),
        ("2026-11-23 09:30", 12, "2026-11-22 09:30"),  # 21:30 to 09:00 is night
        ("2026-11-23 09:05", 23, "2026-11-22 10:05"),
        ("2026-11-23 09:05", 48, "2026-11-21 09:05"),
    ],
)
def test_time_that_is_looked_at_leaves_the_night_out(now, hours, start):
    assert window_start(datetime.fromisoformat(now), hours, HOURS) == datetime.fromisoformat(start)


@pytest.mark.parametrize(
    ("name", "content", "flaw"),
    [
        ("a.jpg", b"\xff\xd8\xff" + b"x" * 2000, ""),
        ("a.JPEG", b"\xff\xd8\xff" + b"x" * 2000, ""),
        ("a.mp4", b"\0\0\0\x20ftypisom" + b"x" * 2000, ""),
        ("a.ts", (b"G" + b"x" * 187) * 20, ""),
        ("a.jpg", b"", "пустой файл a.jpg"),
        ("a.jpg", b"\xff\xd8\xff", "слишком мал a.jpg: 3 Б"),
        ("a.jpg", b"\0" * 2000, "повреждён a.jpg"),
        ("a.mp4", b"\0" * 2000, "повреждён a.mp4"),
        ("a.ts", b"G" + b"\0" * 2000, "повреждён a.ts"),
    ],
)
def test_file_is_judged_by_its_size_and_its_beginning(tmp_path, name, content, flaw):
    path = tmp_path / name
    path.write_bytes(content)
    assert flaw_of(str(path), 1024) == flaw


def test_file_that_cannot_be_read_is_told_and_one_that_is_gone_is_not(tmp_path):
    (tmp_path / "a.jpg").mkdir()
    assert flaw_of(str(tmp_path / "a.jpg"), 1024).startswith("не читается a.jpg: ")
    assert flaw_of(str(tmp_path / "b.jpg"), 1024) == ""
