"""What a copy run notes and tells of what it saw: one camera's hours, small recordings, roots of a test's own."""

import errno
import os
import shutil
import time
from pathlib import Path

import pytest

from scheduler_runner.tasks.cameras import copy_run
from scheduler_runner.tasks.cameras.copy_notes import GroupState, root_key
from scheduler_runner.tasks.cameras.copy_run import CopyRun
from scheduler_runner.tasks.cameras.copy_values import FULL, UNTIL, CopyCount, CopyOptions
from scheduler_runner.tasks.cameras.layouts import Group, Uniview
from tests.tasks.conftest import files_of, lay_out, notes_on, refuse_to_read


def copy(roots: "tuple[Path, Path]", **options: object) -> CopyCount:
    notes = notes_on(roots[1])
    try:
        return CopyRun([str(roots[0])], str(roots[1]), CopyOptions(**options), notes).run()
    finally:
        notes.close()


def hour(text: str) -> Group:
    return Group("20261120", text, "unv", "sklad", os.path.join("unv_camera", "sklad", "20261120", text), Uniview())


def noted(roots: "tuple[Path, Path]", text: str) -> "tuple[set[str], int, int]":
    """Return the names that are noted of an hour, and how many recordings there are on either side."""
    notes = notes_on(roots[1])
    state: GroupState = notes.of(hour(text))
    notes.close()
    return {*state.notes.get(root_key(str(roots[0])), {})}, state.local, state.network


def test_note_of_a_recording_that_is_gone_goes_and_its_copy_is_counted_still(roots):
    first, second = lay_out(roots[0], "2026-11-20 09:05", "2026-11-20 09:06")
    copy(roots)
    assert noted(roots, "09") == ({first.name, second.name}, 2, 2)
    first.unlink()
    assert copy(roots).present == 1
    assert noted(roots, "09") == ({second.name}, 1, 2)
    second.unlink()
    third, fourth = lay_out(roots[0], "2026-11-20 09:07", "2026-11-20 09:08")
    copy(roots)
    third.unlink()
    (fifth,) = lay_out(roots[0], "2026-11-20 09:09")  # as many as before
    assert copy(roots).copied == 1
    assert noted(roots, "09") == ({fourth.name, fifth.name}, 2, 5)


@pytest.mark.parametrize("large_bytes", [10**9, 1])
def test_copies_are_counted_and_not_what_else_lies_there(roots, large_bytes):
    first, second = lay_out(roots[0], "2026-11-20 09:05", "2026-11-20 09:06")
    copy(roots)
    target = roots[1] / first.parent.relative_to(roots[0])
    (target / first.name).unlink()
    (target / "Thumbs.db").write_bytes(b"x")
    assert copy(roots, large_bytes=large_bytes).copied == 1
    assert noted(roots, "09") == ({first.name, second.name}, 2, 2)
    assert copy(roots).present == 2
    assert noted(roots, "09") == ({first.name, second.name}, 2, 2)


@pytest.mark.parametrize(
    ("oldest_day", "is_unreadable", "is_forgotten"), [("", False, True), ("20261101", False, False), ("", True, False)]
)
def test_hour_that_is_gone_is_forgotten_by_a_run_that_saw_all(
    roots, monkeypatch, oldest_day, is_unreadable, is_forgotten
):
    gone, _ = lay_out(roots[0], "2026-11-20 09:05", "2026-11-20 10:05")
    copy(roots)
    shutil.rmtree(gone.parent)
    if is_unreadable:
        refuse_to_read(monkeypatch, roots[0] / "unv_camera" / "sklad" / "20261120" / "10")
    assert copy(roots, oldest_day=oldest_day).failed == int(is_unreadable)
    assert noted(roots, "09") == ((set(), 0, 1) if is_forgotten else ({gone.name}, 1, 1))


def test_copy_is_noted_where_it_was_read_and_not_where_its_size_was_believed(roots, monkeypatch):
    (path,) = lay_out(roots[0], "2026-11-20 09:05")
    shutil.copytree(roots[0], roots[1], dirs_exist_ok=True)
    monkeypatch.setattr(copy_run, "_QUICK_SECONDS", 0.0)  # as with a drive that is slow to tell sizes
    assert copy(roots).present == 1
    assert noted(roots, "09") == (set(), 1, 1)
    assert copy(roots, is_verified=True).present == 1
    assert noted(roots, "09") == ({path.name}, 1, 1)


def test_all_contents_are_compared_where_that_is_asked_for(roots):
    (path,) = lay_out(roots[0], "2026-11-20 09:05")
    copy(roots)
    target = roots[1] / path.relative_to(roots[0])
    target.write_bytes(bytes(path.stat().st_size))
    shutil.copystat(path, target)
    assert (copy(roots).copied, target.read_bytes() == path.read_bytes()) == (0, False)
    assert (copy(roots, is_verified=True).copied, target.read_bytes() == path.read_bytes()) == (1, True)


def test_folder_of_the_destination_that_cannot_be_listed_is_named_and_costs_nothing_else(roots, monkeypatch):
    lay_out(roots[0], "2026-11-20 09:05", "2026-11-20 10:05")
    broken = roots[1] / "unv_camera" / "sklad" / "20261120" / "09"
    broken.mkdir(parents=True)
    refuse_to_read(monkeypatch, broken)
    count = copy(roots)
    assert (count.copied, count.failed, count.is_left_complete) == (1, 1, True)
    assert count.problems == [f"{broken}: the folder is corrupted"]


def test_what_a_full_destination_did_not_let_be_listed_is_not_counted_to_the_end(roots, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "no space left")

    lay_out(roots[0], "2026-11-20 09:05", "2026-11-20 10:05")
    monkeypatch.setattr(os, "makedirs", full)
    count = copy(roots, workers=1)
    assert (count.ended_by, count.failed, count.is_left_complete) == (FULL, 0, False)
    assert files_of(roots[1]) == {}


@pytest.mark.parametrize(("counting_seconds", "left", "is_complete"), [(0, 0, False), (60, 2, True)])
def test_what_is_left_is_complete_where_all_was_listed(roots, counting_seconds, left, is_complete):
    lay_out(roots[0], "2026-11-20 09:05", "2026-11-20 10:05")
    count = copy(roots, until=time.monotonic() - 1, counting_seconds=counting_seconds)
    assert (count.ended_by, count.left, count.is_left_complete) == (UNTIL, left, is_complete)
