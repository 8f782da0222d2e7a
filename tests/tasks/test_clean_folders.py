"""Folders that a clean-up left empty, and what alone is in them."""

import os
import time
from pathlib import Path

import pytest

from scheduler_runner.tasks.cameras.clean_folders import drop_dead_partials, drop_emptied
from tests.linking import link_file, link_folder

WEEK = 7 * 86400


@pytest.mark.parametrize(("seconds", "is_dead"), [(WEEK - 1, False), (WEEK, False), (WEEK + 1, True)])
def test_copy_under_way_is_dead_when_nobody_wrote_it_for_a_week(tmp_path, monkeypatch, seconds, is_dead):
    partial = tmp_path / "hour" / ".14-05-00.jpg.old_pc.7.partial"
    partial.parent.mkdir()
    partial.write_bytes(b"x")
    os.utime(partial, (1_000_000_000, 1_000_000_000))  # its source's time, which says nothing of the copy
    status = partial.stat()
    later = max(status.st_mtime, status.st_ctime) + seconds
    monkeypatch.setattr(time, "time", lambda: later)
    drop_emptied(str(tmp_path), "hour")
    assert partial.exists() is not is_dead
    partial.parent.mkdir(exist_ok=True)
    partial.touch(exist_ok=True)
    status = partial.stat()
    later = max(status.st_mtime, status.st_ctime) + seconds
    drop_dead_partials(str(tmp_path), "hour")
    assert partial.exists() is not is_dead


@pytest.mark.parametrize(("name", "link"), [("@eaDir", link_folder), ("Thumbs.db", link_file)])
def test_link_that_is_named_like_rubbish_is_none(tmp_path, name, link):
    elsewhere = tmp_path / "elsewhere"
    if link is link_folder:
        elsewhere.mkdir()
        (elsewhere / "of-use.txt").write_bytes(b"x")
    else:
        elsewhere.write_bytes(b"x")
    hour: Path = tmp_path / "hour"
    hour.mkdir()
    link(hour / name, elsewhere)
    (hour / "desktop.ini").write_bytes(b"x")
    drop_emptied(str(tmp_path), "hour")
    assert sorted(path.name for path in hour.iterdir()) == sorted([name, "desktop.ini"])
    assert elsewhere.exists()


def test_folder_that_is_gone_is_no_fault(tmp_path):
    drop_emptied(str(tmp_path), "gone")
    drop_dead_partials(str(tmp_path), "gone")
    assert list(tmp_path.iterdir()) == []
