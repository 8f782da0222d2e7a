"""What a copy run notes and tells of what it saw: one camera's hours, small recordings, roots of a test's own."""

import errno
import os
import shutil
import sys
import threading
import time
from collections import deque
from pathlib import Path
from types import SimpleNamespace

import pytest

from scheduler_runner.system.filesystem import copy_file
from scheduler_runner.tasks.cameras import copy_places, copy_queue, copy_run
from scheduler_runner.tasks.cameras.copy_limits import Ending
from scheduler_runner.tasks.cameras.copy_notes import GroupState, root_key
from scheduler_runner.tasks.cameras.copy_queue import CopyFolder, CopyJobs, OpenGroup, Source
from scheduler_runner.tasks.cameras.copy_run import CopyRun, _rank
from scheduler_runner.tasks.cameras.copy_values import AWAY, FULL, UNTIL, CopyCount, CopyOptions
from scheduler_runner.tasks.cameras.destination import Destination
from scheduler_runner.tasks.cameras.layouts import Group, Uniview
from scheduler_runner.tasks.cameras.recording_root import RecordingRoot
from scheduler_runner.tasks.cameras.same_recording import Note, beside_name
from tests.linking import link_file
from tests.tasks.conftest import files_of, lay_out, notes_on, refuse_to_read


def copy(roots: "tuple[Path, ...]", **options: object) -> CopyCount:
    """Copy to the second root from the first, and from what others there are."""
    notes = notes_on(roots[1])
    sources = [str(root) for root in (roots[0], *roots[2:])]
    try:
        return CopyRun(sources, str(roots[1]), CopyOptions(**options), notes).run()
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

    _, second = lay_out(roots[0], "2026-11-20 09:05", "2026-11-20 10:05")
    monkeypatch.setattr(os, "makedirs", full)
    count = copy(roots, workers=1)
    assert (count.ended_by, count.failed, count.is_left_complete) == (FULL, 0, False)
    assert (count.left, count.left_bytes) == (2, second.stat().st_size)  # how much was in the first is not known
    assert files_of(roots[1]) == {}


@pytest.mark.parametrize(("counting_seconds", "left", "is_complete"), [(0, 0, False), (60, 2, True)])
def test_what_is_left_is_complete_where_all_was_listed(roots, counting_seconds, left, is_complete):
    lay_out(roots[0], "2026-11-20 09:05", "2026-11-20 10:05")
    count = copy(roots, until=time.monotonic() - 1, counting_seconds=counting_seconds)
    assert (count.ended_by, count.left, count.is_left_complete) == (UNTIL, left, is_complete)


def after_listing(monkeypatch, happens) -> None:
    """Let something happen after an hour was listed on both sides, and before its first recording is dealt with."""
    open_folder = CopyRun._folder

    def opened(run, group, found):
        folder = open_folder(run, group, found)
        happens()
        return folder

    monkeypatch.setattr(CopyRun, "_folder", opened)


def test_emptied_folder_that_was_cleaned_away_meanwhile_is_made_anew(roots, monkeypatch):
    (path,) = lay_out(roots[0], "2026-11-20 09:05")
    target = roots[1] / path.parent.relative_to(roots[0])
    after_listing(monkeypatch, target.rmdir)
    count = copy(roots)
    assert (count.copied, count.failed) == (1, 0)
    assert files_of(roots[0]) == files_of(roots[1])


def test_folder_that_was_away_for_a_moment_is_taken_as_it_is(roots, monkeypatch):
    lay_out(roots[0], "2026-11-20 09:05")
    failures = [FileNotFoundError(2, "the network path was not found")]

    def away_once(*arguments, **options):
        if failures:
            raise failures.pop()
        return copy_file(*arguments, **options)

    monkeypatch.setattr(copy_run, "copy_file", away_once)
    assert copy(roots).copied == 1


def test_root_that_went_away_is_never_made_for_a_copy(roots, monkeypatch):
    lay_out(roots[0], "2026-11-20 09:05")
    after_listing(monkeypatch, lambda: roots[1].rename(roots[1].with_name("away")))
    count = copy(roots, wait_seconds=0.05, pauses_seconds=(0.01,))
    assert (count.copied, count.left, count.ended_by) == (0, 1, AWAY)
    assert not roots[1].exists()


def test_copy_beside_another_recording_is_named(roots):
    (path,) = lay_out(roots[0], "2026-11-20 09:05")
    target = roots[1] / path.relative_to(roots[0])
    target.parent.mkdir(parents=True)
    target.write_bytes(b"another")
    assert copy(roots).problems == [
        f"{path}: another recording has its name, copied beside it as {beside_name(str(path))}"
    ]


@pytest.mark.parametrize("is_beside", [False, True])
def test_recording_that_the_clean_up_took_has_its_copy_or_is_a_failure(roots, monkeypatch, is_beside):
    saved, unsaved = lay_out(roots[0], "2026-11-20 09:05", "2026-11-20 09:06")
    target = roots[1] / saved.relative_to(roots[0])
    if is_beside:
        target.parent.mkdir(parents=True)
        target.write_bytes(b"another")
    copy(roots)
    (roots[1] / unsaved.relative_to(roots[0])).unlink()
    after_listing(monkeypatch, lambda: [path.unlink() for path in (saved, unsaved)])
    count = copy(roots, is_verified=True)
    assert (count.present, count.failed, count.copied) == (1, 1, 0)
    assert count.problems[0].startswith(f"{unsaved}: ")


def test_recording_that_cannot_be_read_is_a_failure_though_a_copy_is_there(roots, monkeypatch):
    def refuse(*_):
        raise OSError(5, "bad sector")

    (path,) = lay_out(roots[0], "2026-11-20 09:05")
    copy(roots)
    monkeypatch.setattr(copy_places, "compare", refuse)
    count = copy(roots, is_verified=True)
    assert (count.present, count.failed, count.problems) == (0, 1, [f"{path}: bad sector"])


@pytest.mark.parametrize("is_beside_another", [False, True])
def test_disk_that_is_unplugged_during_the_copy_is_a_failure_though_the_copies_are_there(
    roots, tmp_path, monkeypatch, is_beside_another
):
    lay_out(roots[0], "2026-11-20 09:05")
    other = tmp_path / "E_camera"
    other.mkdir()
    disks = (*roots, other) if is_beside_another else roots
    copy(disks)
    after_listing(monkeypatch, lambda: roots[0].rename(roots[0].with_name("away")))
    count = copy(disks, is_verified=True)
    assert (count.present, count.failed) == (0, 1)


def test_recording_that_the_clean_up_took_of_one_of_several_disks_is_no_failure(roots, tmp_path, monkeypatch):
    (path,) = lay_out(roots[0], "2026-11-20 09:05")
    disks = (*roots, tmp_path / "E_camera")
    disks[2].mkdir()
    copy(disks)
    after_listing(monkeypatch, path.unlink)
    count = copy(disks, is_verified=True)
    assert (count.present, count.failed) == (1, 0)


def test_hour_that_cannot_be_read_is_named_and_costs_nothing_of_another_disk(roots, tmp_path, monkeypatch):
    other = tmp_path / "E_camera"
    (path,) = lay_out(roots[0], "2026-11-20 09:05")
    lay_out(other, "2026-11-20 09:06")
    broken = refuse_to_read(monkeypatch, path.parent)
    count = copy((*roots, other))
    assert (count.copied, count.failed, count.problems) == (1, 1, [f"{broken}: the folder is corrupted"])


def test_oldest_day_is_copied_itself(roots):
    lay_out(roots[0], "2026-11-19 09:05", "2026-11-20 09:05", "2026-11-21 09:05")
    assert copy(roots, oldest_day="20261120").copied == 2


def test_hour_without_recordings_leaves_no_folder_at_the_destination(roots):
    (path,) = lay_out(roots[0], "2026-11-20 09:05")
    path.rename(path.with_name("Thumbs.db"))
    assert copy(roots).done == 0
    assert list(roots[1].iterdir()) == []


@pytest.fixture
def letters_alike(monkeypatch) -> None:
    """Take names in small and large letters as the same, as Windows does."""
    if sys.platform != "win32":
        monkeypatch.setattr(os.path, "normcase", lambda path: os.fspath(path).lower())


def in_other_letters(path: Path) -> Path:
    """Rename a file so by way of another name: where letters are alike the two are one."""
    return path.rename(path.with_name("between")).rename(path.with_name(path.name.swapcase()))


@pytest.mark.usefixtures("letters_alike")
def test_name_in_other_letters_is_the_same_where_the_system_takes_it_so(roots):
    (small,) = lay_out(roots[0], "2026-11-20 09:05")
    path = in_other_letters(small)
    assert copy(roots).copied == 1
    in_other_letters(roots[1] / path.relative_to(roots[0]))
    for _ in range(2):
        count = copy(roots)
        assert (count.copied, count.present) == (0, 1)
        assert noted(roots, "09") == ({small.name}, 1, 1)


@pytest.mark.usefixtures("letters_alike")
def test_another_recording_whose_name_has_other_letters_keeps_it(roots):
    (small,) = lay_out(roots[0], "2026-11-20 09:05")
    target = roots[1] / small.relative_to(roots[0])
    in_other_letters(small)
    target.parent.mkdir(parents=True)
    target.write_bytes(b"another")
    count = copy(roots)
    assert (count.copied, count.beside, target.read_bytes()) == (1, 1, b"another")


@pytest.mark.parametrize("workers", [4, 6])  # of more than four several list folders
def test_workers_wait_for_the_folder_that_one_of_them_lists_and_help_with_it(roots, monkeypatch, workers):
    lay_out(roots[0], *(f"2026-11-20 09:{minute:02d}" for minute in range(3 * workers)))
    together = threading.Barrier(workers, timeout=20)
    after_listing(monkeypatch, lambda: time.sleep(0.1))  # time for the others to look

    def copy_together(*arguments, **options):
        together.wait()
        return copy_file(*arguments, **options)

    monkeypatch.setattr(copy_run, "copy_file", copy_together)
    count = copy(roots, workers=workers)
    assert (count.copied, count.problems) == (3 * workers, [])


class EndsAfter(Ending):
    """Is over once it was looked at so often."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self.looks = looks

    def is_counting(self) -> bool:
        self.looks -= 1
        if self.looks < 0:
            self.give_up(AWAY)
        return super().is_counting()


@pytest.mark.parametrize(("small", "large", "is_done"), [(0, 0, True), (1, 0, False), (0, 1, False)])
def test_work_is_done_when_all_was_listed_and_nothing_waits(small, large, is_done, monkeypatch):
    monkeypatch.setattr(copy_queue, "_LOOK_SECONDS", 0.01)
    jobs = CopyJobs(iter([OpenGroup(hour("09"), [])]), EndsAfter(2))
    jobs.listers = 2
    assert not jobs.is_done()  # nothing was listed yet
    assert jobs.take(None) == OpenGroup(hour("09"), [])
    assert jobs.take(None) is None
    assert not jobs.is_done()  # what the group has is not known yet
    jobs.opened(CopyFolder(hour("09"), "", {}, {}, deque([[]] * small), deque([[]] * large)))
    assert jobs.is_done() is is_done


@pytest.mark.parametrize("listers", [1, 2])
def test_so_many_folders_are_listed_at_a_time(listers, monkeypatch):
    monkeypatch.setattr(copy_queue, "_LOOK_SECONDS", 0.01)
    jobs = CopyJobs(iter([OpenGroup(hour(f"{number:02d}"), []) for number in range(10)]), EndsAfter(5))
    jobs.listers = listers
    taken = [jobs.take(None) for _ in range(4)]
    assert sum(job is not None for job in taken) == listers


def test_recording_that_vanishes_costs_nothing_else_and_leaves_no_folder(roots, monkeypatch):
    first, second, alone = lay_out(roots[0], "2026-11-20 09:05", "2026-11-20 09:06", "2026-11-20 10:05")
    read = RecordingRoot.recordings

    def vanished(root, group):
        entries = read(root, group)
        (first if group.hour == "09" else alone).unlink()
        return entries

    monkeypatch.setattr(RecordingRoot, "recordings", vanished)
    target = roots[1] / alone.parent.relative_to(roots[0])
    after_listing(monkeypatch, lambda: target.exists() and target.rmdir())
    count = copy(roots, workers=1)
    assert (count.copied, count.failed) == (1, 2)
    assert files_of(roots[0]) == files_of(roots[1])
    assert (second.exists(), target.exists()) == (True, False)


def test_no_folder_is_made_for_a_recording_that_vanished_with_its_folder_there(roots, monkeypatch):
    (path,) = lay_out(roots[0], "2026-11-20 09:05")
    target = roots[1] / path.parent.relative_to(roots[0])

    def vanish(*_, **__):
        path.unlink()
        target.rmdir()
        raise FileNotFoundError(2, "no such file")

    monkeypatch.setattr(copy_run, "copy_file", vanish)
    assert copy(roots).failed == 1
    assert not target.exists()


@pytest.mark.parametrize(
    ("note", "rank"),
    [
        (Note(1000, 1_794_000_000, copied=1), (False, -1000)),  # it has its own name
        (Note(1000, 1_794_000_000, copied=0), (True, -1000)),
        (Note(1000, 1_794_000_000, copied=1, beside="14-05-00~1a2b3c4d.jpg"), (True, -1000)),
        (None, (True, -1000)),
    ],
)
def test_of_one_name_comes_first_what_was_copied_to_it_then_the_longest(tmp_path, note, rank):
    (tmp_path / "14-05-00.jpg").write_bytes(b"x" * 1000)
    with os.scandir(tmp_path) as entries:
        source = Source(next(entries), "d")
    folder = CopyFolder(hour("14"), "", {}, {"d": {source.name: note} if note is not None else {}})
    assert _rank(folder, source) == rank


def test_of_one_name_comes_last_what_is_gone(tmp_path):
    def gone(**_):
        raise FileNotFoundError(2, "no such file")

    entry = SimpleNamespace(name="14-05-00.jpg", stat=gone)
    folder = CopyFolder(hour("14"), "", {}, {"d": {"14-05-00.jpg": Note(1000, 1, copied=1)}})
    assert _rank(folder, Source(entry, "d")) == (True, 0)


def test_link_at_the_destination_is_no_copy(roots, tmp_path):
    (path,) = lay_out(roots[0], "2026-11-20 09:05")
    target = roots[1] / path.relative_to(roots[0])
    target.parent.mkdir(parents=True)
    link_file(target, path)
    assert copy(roots).copied == 1
    assert (target.is_symlink(), target.read_bytes()) == (False, path.read_bytes())


def test_root_that_goes_away_in_this_moment_is_never_made_for_a_folder(roots, monkeypatch):
    make = Destination._make_folder

    def gone(destination, target):
        if roots[1].exists():
            roots[1].rename(roots[1].with_name("away"))
        return make(destination, target)

    lay_out(roots[0], "2026-11-20 09:05")
    monkeypatch.setattr(Destination, "_make_folder", gone)
    count = copy(roots, wait_seconds=0.05, pauses_seconds=(0.01,))
    assert (count.copied, count.ended_by, roots[1].exists()) == (0, AWAY, False)
