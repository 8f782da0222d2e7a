"""What was tried to lose a recording. The table in docs/cameras.md has a row for each test here that it names.

A point with one Uniview camera, twelve dates of three recordings; the PC shows 23 November 2026.
"""

import os
import random
import re
import shutil
import time
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from scheduler_runner.tasks.cameras import clean_other_side
from scheduler_runner.tasks.cameras.clean_run import CleanRun
from scheduler_runner.tasks.cameras.clean_values import CleanOptions
from scheduler_runner.tasks.cameras.copy_counts import read_counts
from scheduler_runner.tasks.cameras.copy_run import CopyRun
from scheduler_runner.tasks.cameras.copy_values import CopyCount, CopyOptions
from scheduler_runner.tasks.cameras.same_recording import compare
from tests.linking import link_file, link_folder
from tests.tasks.conftest import Clock, files_of, open_notes

TODAY = date(2026, 11, 23)
CAMERA = ("unv", "sklad")


class Point:
    """A point's disks, its network root and its PC; ``written`` has the content of all that its cameras ever wrote."""

    def __init__(self, folder: Path, network: Path, *, seed: int = 1) -> None:
        self.roots = [folder / "D_camera"]
        self.network = network
        self.clock = Clock()
        self.notes = open_notes(str(network), str(folder / "logs" / "copies.sqlite3"), self.clock)
        self.written: set[bytes] = set()
        self._chance = random.Random(seed)

    def write(self, day: date, hour: int = 14, *, uid: str = "sklad", size: int = 3000, root: int = 0, at=None) -> Path:
        """Write a recording of its own content, at its own time or ``at`` another one."""
        moment = datetime(day.year, day.month, day.day, hour, 5)
        folder = self.roots[root] / "unv_camera" / uid / f"{day:%Y%m%d}" / f"{hour:02d}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{hour:02d}-05-00.jpg"
        content = b"\xff\xd8\xff" + self._chance.randbytes(size - 3)
        path.write_bytes(content)
        self.written.add(content)
        seconds = (at or moment).timestamp()
        os.utime(path, (seconds, seconds))
        return path

    def fill(self, dates: int = 12, **values: object) -> "list[Path]":
        days = [TODAY - timedelta(days=age) for age in reversed(range(dates))]
        return [self.write(day, hour, **values) for day in days for hour in (9, 14, 20)]

    def copy(self, **options: object) -> CopyCount:
        self.notes.begin()
        values = {"young_seconds": 0, **options}
        present = [str(root) for root in self.roots if root.is_dir()]
        count = CopyRun(present, str(self.network), CopyOptions(**values), self.notes).run()
        self.notes.end()
        return count

    def clean(self, *, today: date = TODAY, after_hours: float = 14, root: int = 0, **options: object):
        self.clock.go_on(after_hours)
        values = {"network_root": str(self.network), "notes": self.notes, "cameras": frozenset({CAMERA}), **options}
        count = CleanRun(str(self.roots[root]), CleanOptions(8, today, **values)).run()
        self.notes.write()
        return count

    def clean_network(self, *, today: date = TODAY, days: int = 8, **options: object):
        originals = tuple(map(str, self.roots))
        values = {"originals": originals, "cameras": frozenset({CAMERA}), **options}
        return CleanRun(str(self.network), CleanOptions(days, today, **values)).run()

    def copy_of(self, path: Path) -> Path:
        return self.network / path.relative_to(self.roots[0])

    @property
    def local(self) -> "set[bytes]":
        return {content for root in self.roots for content in files_of(root).values()}

    @property
    def lost(self) -> "set[bytes]":
        """What was written and is nowhere any more."""
        return self.written - self.local - set(files_of(self.network).values())


@pytest.fixture
def point(tmp_path) -> Point:
    (tmp_path / "O_cameras").mkdir()
    point = Point(tmp_path / "point", tmp_path / "O_cameras")
    yield point
    point.notes.close()


@pytest.fixture
def other(point, tmp_path) -> Point:
    """Return another point, which writes to the same root by mistake."""
    other = Point(tmp_path / "other", point.network, seed=2)
    yield other
    other.notes.close()


def test_all_is_well(point):
    point.fill()
    assert point.copy().copied == 36
    count = point.clean()
    assert (count.deleted, count.unsaved, count.different, count.doubted, count.failed) == (9, 0, 0, 0, 0)
    assert not point.lost
    assert sum(hour.local for hour in read_counts(point.notes.path).hours) == 27
    assert sum(hour.network for hour in read_counts(point.notes.path).hours) == 36
    assert (point.copy().copied, point.clean().deleted) == (0, 0)
    shutil.rmtree(point.roots[0])
    assert point.clean_network(notes=point.notes).deleted == 9
    point.notes.write()
    assert sum(hour.network for hour in read_counts(point.notes.path).hours) == 27


# -- clocks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("today", [date(2027, 11, 23), date(2098, 1, 1), date(2016, 1, 1), date(1970, 1, 1)])
def test_clock_of_the_pc_is_years_ahead_or_behind(point, today):
    point.fill()
    point.copy()
    point.clean(today=today, least_free_bytes=2**62)
    assert not point.lost
    assert len(point.local) == (36 if today < TODAY else 6)
    point.clean_network(today=today)
    kept = {path.parts[-3] for path in point.network.rglob("*.jpg")}
    assert {f"{TODAY - timedelta(days=age):%Y%m%d}" for age in range(8)} <= kept


def test_camera_shows_2038_and_the_clock_of_the_pc_is_ahead(point):
    point.fill()
    for age in range(9):
        point.write(date(2038, 1, 19) - timedelta(days=age), uid="zal", at=datetime(2026, 11, 23 - age, 12))
    point.copy()
    count = point.clean(today=date(2027, 11, 23))
    assert count.dates_ahead == {"zal": "20380119"}
    kept = {path.parts[-3] for path in point.roots[0].rglob("*.jpg") if "sklad" in path.parts}
    assert {f"{TODAY - timedelta(days=age):%Y%m%d}" for age in range(8)} <= kept
    assert not point.lost


def test_all_clocks_are_wrong_together(point):
    point.fill()
    for age in range(9):
        point.write(date(2038, 1, 19) - timedelta(days=age), uid="zal", at=datetime(2026, 11, 1))
    point.copy()
    point.clean(today=date(2098, 1, 1), least_free_bytes=2**62)
    kept = {path.parts[-3] for path in point.roots[0].rglob("*.jpg") if "sklad" in path.parts}
    assert {"20261123", "20261122"} <= kept
    point.clean_network(today=date(2098, 1, 1), days=1)
    kept = {path.parts[-3] for path in point.network.rglob("*.jpg") if "sklad" in path.parts}
    assert {"20261123", "20261122"} <= kept


def test_clock_of_a_camera_fell_back(point):
    point.fill()
    fallen = point.write(date(2000, 1, 1), at=datetime(2026, 11, 23, 9))
    point.copy()
    count = point.clean(cameras=frozenset())
    assert (fallen.exists(), count.misdated) == (True, 1)
    assert not point.lost


@pytest.mark.parametrize("days", [-730, 730])
def test_recording_was_copied_while_the_clock_was_wrong(point, days):
    point.fill()
    point.clock.wall += days * 86400
    point.copy()
    point.clock.wall -= days * 86400
    assert (point.clean(after_hours=0.2).fresh, point.clean(after_hours=13).deleted) == (9, 9)


@pytest.mark.parametrize("seconds", [3600, -5 * 3600])
def test_drive_of_the_recordings_shifts_its_times_by_hours(point, seconds):
    paths = point.fill()
    point.copy()
    for path in paths:
        os.utime(path, (path.stat().st_mtime + seconds,) * 2)
    assert point.copy().copied == 0
    assert (point.clean().deleted, point.lost) == (9, set())


@pytest.mark.parametrize("written", [0, 1_795_000_000])
def test_network_drive_keeps_no_times(point, written):
    point.fill()
    point.copy()
    for path in point.network.rglob("*.jpg"):
        os.utime(path, (written, written))
    assert (point.copy().copied, point.clean().deleted) == (0, 9)
    for root in point.roots:
        shutil.rmtree(root)
    point.clean_network()
    assert {"20261123", "20261116"} <= {path.parts[-3] for path in point.network.rglob("*.jpg")}


# -- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", [(3000, 3500), (3500, 3000), (3000, 3000)])
def test_two_points_share_a_root_by_mistake(point, other, sizes):
    point.fill(size=sizes[0])
    other.fill(size=sizes[1])
    for _ in range(3):  # day after day
        for each in (point, other):
            each.copy()
            each.clean()
    assert not point.lost
    assert not other.lost
    assert len(point.local) == len(other.local) == 27
    assert len(files_of(point.network)) == (45 if sizes[0] == sizes[1] else 72)


def test_name_begins_anew_after_a_power_cut(point):
    point.fill()
    first = point.write(date(2026, 11, 10))
    point.copy()
    was = first.read_bytes()
    point.write(date(2026, 11, 10), size=2500)
    count = point.copy()
    assert (count.copied, count.beside) == (1, 1)
    assert point.copy_of(first).read_bytes() == was
    point.clean()
    assert not first.exists()
    assert not point.lost


def test_copy_was_broken_off(point):
    point.fill()
    path = point.write(date(2026, 11, 10))
    target = point.copy_of(path)
    target.parent.mkdir(parents=True)
    target.write_bytes(path.read_bytes()[:1000])
    assert point.clean().unsaved > 0
    assert (point.copy().beside, target.read_bytes()) == (0, path.read_bytes())


def test_recording_was_cut_by_a_power_failure_after_it_was_copied(point):
    point.fill()
    path = point.write(date(2026, 11, 10))
    whole = path.read_bytes()
    point.copy()
    path.write_bytes(whole[:700])
    os.utime(path, (point.copy_of(path).stat().st_mtime,) * 2)
    count = point.copy()
    assert (count.copied, point.copy_of(path).read_bytes()) == (0, whole)
    point.clean()
    assert not path.exists()
    assert not point.lost


@pytest.mark.parametrize("has_notes", [True, False])
def test_recorder_reserves_the_full_size_and_fills_it_later(point, has_notes):
    point.fill()
    path = point.write(date(2026, 11, 10), size=100_000)
    whole, written = path.read_bytes(), path.stat().st_mtime
    path.write_bytes(whole[:5000] + bytes(95_000))
    os.utime(path, (written, written))
    point.copy()
    path.write_bytes(whole)
    os.utime(path, (written + 1800, written + 1800))
    if not has_notes:
        forget_notes(point)
        assert point.copy().copied == 0
    assert point.clean().different == 1
    count = point.copy()
    assert (count.copied, count.beside) == (1, int(not has_notes))
    point.clean()
    assert not path.exists()
    assert not point.lost


# -- drives ------------------------------------------------------------------------------------------------------------


def test_network_root_was_emptied(point):
    point.fill()
    point.copy()
    shutil.rmtree(point.network / "unv_camera")
    count = point.clean()
    assert (count.deleted, count.unsaved) == (0, 9)
    assert (point.copy().copied, point.lost) == (36, set())


def test_network_root_was_put_back_to_an_older_state(point):
    paths = point.fill()
    point.copy()
    for path in paths[::2]:
        point.copy_of(path).write_bytes(path.read_bytes()[:100])
    assert point.clean().deleted == 4
    assert point.copy().copied == 18
    assert (point.clean().deleted, point.lost) == (5, set())


def test_copy_that_was_made_last_is_the_one_that_is_read(point, monkeypatch):
    """Of an hour whose copies are noted: what was made before it may have been there in the older state, too."""
    paths = point.fill()
    point.copy()
    later = paths[1].with_name("14-04-00.jpg")  # a name that is no evidence of what came last
    later.write_bytes(b"\xff\xd8\xff" + bytes(range(256)) * 10)
    shutil.copystat(paths[1], later)
    now = time.time() + 60
    monkeypatch.setattr(time, "time", lambda: now)
    assert point.copy().copied == 1
    copy = point.copy_of(later)
    copy.write_bytes(b"x" * copy.stat().st_size)
    count = point.clean()
    assert (count.deleted, count.doubted) == (6, 4)
    assert later.exists()


def test_copies_are_placeholders_without_content(point):
    """As a cloud drive's client leaves them, or an archive of another program; nothing is noted of them."""
    for path in point.fill():
        target = point.copy_of(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(target, "wb") as file:
            file.truncate(path.stat().st_size)
    assert point.copy().copied == 0
    assert point.clean(is_dry_run=True).different == 9
    assert point.copy().copied == 0  # a dry run notes nothing
    count = point.clean()
    assert (count.deleted, count.different) == (0, 9)
    assert point.copy().beside == 9
    assert (point.clean().deleted, point.lost) == (9, set())


def test_drive_lies_about_what_it_wrote(point):
    """It has zeros for what it took: each copy has its note, its size and its time."""
    paths = point.fill()
    point.copy()
    for path in paths[:9]:
        target = point.copy_of(path)
        written = target.stat().st_mtime
        target.write_bytes(bytes(target.stat().st_size))
        os.utime(target, (written, written))
    count = point.clean()
    assert (count.deleted, count.doubted) == (0, 9)
    count = point.copy()
    assert (count.copied, count.beside) == (9, 0)
    assert (point.clean().deleted, point.lost) == (9, set())


def test_one_bad_copy_keeps_its_cameras_date_and_no_other(point):
    paths = point.fill()
    hall = [point.write(date(2026, 11, 12), hour, uid="zal") for hour in (9, 14)]
    point.copy()
    bad = point.copy_of(paths[1])  # 14:05 of 12 November
    written = bad.stat().st_mtime
    bad.write_bytes(b"somebody else's".ljust(3000, b"x"))
    os.utime(bad, (written, written))
    count = point.clean()
    assert (count.deleted, count.doubted) == (8, 3)
    assert "14: a copy is not what was copied, all of sklad of that date is kept" in count.problems[0]
    assert [path.exists() for path in (*paths[:4], *hall)] == [True, True, True, False, False, False]
    assert (point.copy().beside, point.clean().deleted, point.lost) == (1, 3, set())


def test_copy_that_cannot_be_read_keeps_its_cameras_date(point, monkeypatch):
    paths = point.fill()
    point.copy()
    bad = str(point.copy_of(paths[1]))

    def refuse(source, copy, *rest):
        if copy == bad:
            raise OSError(5, "bad sector")
        return compare(source, copy, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(clean_other_side, "compare", refuse)
        count = point.clean()
    assert (count.deleted, count.doubted, count.failed) == (6, 3, 1)
    assert (point.clean().deleted, point.lost) == (3, set())  # which says nothing of the copy itself


def test_copy_that_is_not_noted_and_cannot_be_read_is_none(point, monkeypatch):
    paths = point.fill()
    point.copy()
    forget_notes(point)
    bad = str(point.copy_of(paths[1]))

    def refuse(source, copy, *rest):
        if copy == bad:
            raise OSError(5, "bad sector")
        return compare(source, copy, *rest)

    monkeypatch.setattr(clean_other_side, "compare", refuse)
    count = point.clean()
    assert (count.deleted, count.unsaved, count.failed, paths[1].exists()) == (8, 1, 1, True)
    assert count.problems[0] == f"{bad}: bad sector"


def test_network_root_that_goes_away_while_copies_are_compared_lacks_none(point, monkeypatch):
    point.fill()
    point.copy()
    forget_notes(point)

    def lose(source, copy, *rest):
        point.network.rename(point.network.with_name("away"))
        raise FileNotFoundError(2, "the network path was not found", copy)

    monkeypatch.setattr(clean_other_side, "compare", lose)
    count = point.clean()
    assert (count.deleted, count.unsaved, count.failed) == (0, 0, 9)


def test_network_root_is_that_of_another_point(point, other):
    """A drive letter that was mapped anew: all names are there, nothing is ours."""
    other.fill(size=5000)
    other.copy()
    point.fill()
    count = point.clean()
    assert (count.deleted, count.different) == (0, 9)
    assert (point.copy().beside, point.clean().deleted) == (36, 9)
    assert not point.lost
    assert not other.lost


def test_network_root_is_away(point):
    point.fill()
    point.copy()
    point.network.rename(point.network.with_name("away"))
    count = point.clean()
    assert (count.deleted, len(point.local)) == (0, 36)


def test_local_disk_is_full_and_nothing_is_saved(point):
    point.fill()
    count = point.clean(least_free_bytes=2**62)
    assert (count.deleted, count.is_short_of_room) == (0, True)


def test_network_drive_is_full(small_disk, point):
    point.network = small_disk
    point.fill(size=20_000)
    point.copy()
    point.notes.close()
    assert not point.lost
    for content in files_of(small_disk).values():
        assert content in point.written


# -- links -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("linked", ["", "unv_camera", "unv_camera/sklad", "unv_camera/sklad/20261112/09"])
def test_network_root_is_a_link_to_the_local_disk(point, linked):
    point.fill()
    link, target = point.network / linked, point.roots[0] / linked
    link.parent.mkdir(parents=True, exist_ok=True)
    if not linked:
        point.network.rmdir()
    link_folder(Path(str(link).rstrip("/")), target)
    point.copy()
    point.clean()
    assert not point.lost


def test_copy_is_a_link_to_its_original(point):
    for path in point.fill():
        target = point.copy_of(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        link_file(target, path)
    point.copy()
    point.clean()
    point.clean()
    assert not point.lost


# -- two PCs, two disks ------------------------------------------------------------------------------------------------


def test_two_disks_have_the_same_names(point, tmp_path):
    point.fill()
    point.roots.append(tmp_path / "point" / "E_camera")
    point.fill(root=1)  # as long, other content
    point.write(date(2026, 11, 10), 15)
    twin = point.write(date(2026, 11, 10), 15, root=1, size=2000)
    longer = point.write(date(2026, 11, 10), 16)
    shutil.copytree(longer.parent, point.roots[1] / longer.parent.relative_to(point.roots[0]))  # the very same
    count = point.copy()
    assert (count.copied, count.beside, count.present) == (75, 37, 1)
    assert (twin.exists(), point.copy().copied) == (True, 0)
    assert (point.clean().deleted, point.clean(root=1).deleted) == (11, 11)
    assert not point.lost


def test_second_disk_gets_the_name_of_what_was_copied_from_the_first(point, tmp_path):
    point.write(date(2026, 11, 10))
    point.copy()
    point.roots.append(tmp_path / "point" / "E_camera")
    point.write(date(2026, 11, 10), root=1)  # as long, other content
    assert point.copy().beside == 1
    assert not point.written - set(files_of(point.network).values())


def test_two_disks_have_the_same_names_in_an_archive_of_the_last_version(point, tmp_path):
    """Of each pair that version copied the longer one, or either; nothing is noted."""
    for path in point.fill():
        point.copy_of(path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, point.copy_of(path))
    point.roots.append(tmp_path / "point" / "E_camera")
    point.fill(root=1)
    for _ in range(2):
        point.copy()
        point.clean()
        point.clean(root=1)
    assert not point.lost
    assert len(files_of(point.network)) == 72


def test_disk_is_unplugged_for_a_while(point, tmp_path):
    point.roots.append(tmp_path / "point" / "E_camera")
    point.fill()
    point.fill(root=1)
    point.copy()
    away = point.roots[1].rename(point.roots[1].with_name("away"))
    point.copy()
    point.clean()
    away.rename(point.roots[1])
    assert (point.copy().copied, point.clean(root=1).deleted, point.lost) == (0, 9, set())


# -- notes -------------------------------------------------------------------------------------------------------------


def forget_notes(point: Point) -> None:
    point.notes.close()
    os.remove(point.notes.path)


def test_notes_were_lost(point):
    point.fill()
    point.copy()
    forget_notes(point)
    assert (point.copy().copied, point.clean().deleted, point.lost) == (0, 9, set())


def test_notes_of_copies_beside_others_were_lost(point, other):
    point.fill()
    point.copy()
    other.fill(size=2500)
    assert other.copy().beside == 36
    forget_notes(other)
    cut, empty, *_ = sorted(point.network.rglob("*~*.jpg"))
    cut.write_bytes(cut.read_bytes()[:100])
    empty.write_bytes(bytes(2500))
    assert (other.clean().deleted, other.copy().copied) == (7, 2)
    assert (other.clean().deleted, other.lost, point.lost) == (2, set(), set())


def test_copies_beside_others_were_lost(point, other):
    point.fill()
    point.copy()
    other.fill()  # as long, so that the others' files would pass for their copies
    other.copy()
    assert (other.clean().different, other.copy().beside) == (9, 9)
    for path in point.network.rglob("*~*.jpg"):
        path.unlink()
    assert other.clean().deleted == 0
    assert (other.copy().beside, other.copy().copied) == (9, 0)
    assert (other.clean().deleted, other.lost, point.lost) == (9, set(), set())


def test_copy_beside_counts_where_the_file_that_had_its_name_is_gone_and_the_notes_as_well(point, other):
    point.fill()
    point.copy()
    other.fill(size=2500)
    other.copy()
    forget_notes(other)
    for path in point.network.rglob("*.jpg"):
        if "~" not in path.name:
            path.unlink()
    assert (other.clean().deleted, other.lost) == (9, set())


def test_what_stands_beside_is_no_copy_unless_its_name_tells_so(point):
    paths = point.fill()
    point.copy()
    forget_notes(point)
    copy = point.copy_of(paths[1])
    copy.rename(copy.with_name(f"{copy.stem}~00000000.jpg"))
    count = point.clean()
    assert (count.deleted, count.unsaved, count.failed, paths[1].exists()) == (8, 1, 0, True)


def test_no_recording_is_read_to_look_beside_without_need(point, monkeypatch):
    paths = point.fill()
    point.copy()
    forget_notes(point)
    point.copy_of(paths[0]).with_name("09-05-00~00000000.jpg").write_bytes(b"another")  # its own copy is there
    point.copy_of(paths[1]).unlink()  # nothing is beside

    def refuse(path):
        raise OSError(5, "not to be read", path)

    monkeypatch.setattr(clean_other_side, "beside_name", refuse)
    count = point.clean()
    assert (count.deleted, count.unsaved, count.failed) == (8, 1, 0)


def test_archive_is_of_the_last_version(point):
    for path in point.fill():
        point.copy_of(path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, point.copy_of(path))
    assert (point.copy().copied, point.clean().deleted, point.lost) == (0, 9, set())


def test_notes_say_what_is_not_so(point):
    """The notes of another archive: their sizes and times are right, the copies are not there or others'."""
    paths = point.fill()
    point.copy()
    for path in paths[:3]:
        point.copy_of(path).unlink()
    for path in paths[3:6]:
        point.copy_of(path).write_bytes(b"another".ljust(3000, b"x"))
    count = point.clean()
    assert count.unsaved == 3
    assert count.doubted == 3
    assert not point.lost


def rows_of(page: str) -> "list[str]":
    """Return the tests that the table on a page of the documents names."""
    text = (Path(__file__).parents[2] / "docs" / page).read_text("utf-8")
    return re.findall(r"^\|.*\| `(test_\w+)` \|$", text, re.MULTILINE)


def test_every_row_of_the_documents_table_is_a_test():
    named = rows_of("cameras.md")
    assert rows_of("cameras.ru.md") == named
    tests = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert len(named) > 20
    assert [name for name in named if f"def {name}(" not in tests] == []
