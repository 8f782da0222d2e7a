"""Where a copy belongs, and whether it is there: real files of one hour on two local disks and at the destination."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from scheduler_runner.tasks.cameras import copy_places
from scheduler_runner.tasks.cameras.copy_limits import Ending, Pulse
from scheduler_runner.tasks.cameras.copy_places import Place, Places
from scheduler_runner.tasks.cameras.copy_queue import CopyFolder, Source
from scheduler_runner.tasks.cameras.copy_values import CopyOptions
from scheduler_runner.tasks.cameras.destination import Destination
from scheduler_runner.tasks.cameras.layouts import Group, Uniview
from scheduler_runner.tasks.cameras.same_recording import Note, beside_name

NAME = "14-05-00.jpg"
GROUP = Group("20261110", "14", "unv", "sklad", "", Uniview())
WRITTEN = 1_794_000_000
LATER = float("inf")


def content(middle: str = "m", *, more: int = 0) -> bytes:
    """Return what has its own middle alone: the first and last four kibibytes are always the same."""
    return b"h" * 5000 + middle.encode() * 5000 + b"t" * (5000 + more)


class Hour:
    """One hour of a camera: the disks ``D`` and ``E``, and the destination ``O``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notes: dict[str, dict[str, Note]] = {}
        for disk in "DEO":
            (folder / disk).mkdir()

    def write(self, disk: str, recording: bytes, name: str = NAME) -> Source:
        path = self.folder / disk / name
        path.write_bytes(recording)
        os.utime(path, (WRITTEN, WRITTEN))
        return next(source for source in self.sources(disk) if source.entry.name == name)

    def sources(self, disk: str) -> "list[Source]":
        with os.scandir(self.folder / disk) as entries:
            return [Source(entry, disk) for entry in entries]

    def note(self, source: Source, *, written: int = WRITTEN, **values: object) -> None:
        values = {"size": os.path.getsize(source.entry.path), "copied": WRITTEN + 60, **values}
        self.notes.setdefault(source.root, {})[source.name] = Note(written=written, **values)

    def opened(self) -> CopyFolder:
        present = {source.name: source.entry for source in self.sources("O")}
        return CopyFolder(GROUP, str(self.folder / "O"), present, self.notes)

    def places(self, *, is_verified: bool = False) -> Places:
        pulse = Pulse()
        destination = Destination(str(self.folder / "O"), CopyOptions(), Ending(), pulse)
        return Places(destination, pulse, is_verified=is_verified)

    def find(self, source: Source, settled: "Sequence[tuple[Source, str]]" = (), **options: bool) -> Place:
        return self.places(**options).find(self.opened(), source, settled)

    def unsettled(self, *disks: str, until: float = LATER) -> "list[list[tuple[str, str]]]":
        found = [(disk, [source.entry for source in self.sources(disk)]) for disk in disks]
        same_name = self.places().unsettled(self.opened(), found, until)
        return [[(source.root, source.entry.name) for source in sources] for sources in same_name]


@pytest.fixture
def hour(tmp_path) -> Hour:
    return Hour(tmp_path)


# -- at a glance -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_noted", [True, False])
def test_listing_and_notes_settle_nearly_all(hour, is_noted):
    for name in (NAME, "14-06-00.jpg"):
        source = hour.write("D", content(), name)
        hour.write("O", content("x"), name)  # nobody reads it
        if is_noted:
            hour.note(source)
    hour.write("D", content(), "14-07-00.jpg")
    assert hour.unsettled("D") == [[("D", "14-07-00.jpg")]]


def test_what_is_not_looked_at_in_time_is_not_settled(hour, monkeypatch):
    hour.note(hour.write("D", content()))
    hour.write("O", content())
    monkeypatch.setattr(copy_places, "time", SimpleNamespace(perf_counter=lambda: 5.0))
    assert hour.unsettled("D", until=5.1) == []
    assert hour.unsettled("D", until=5.0) == [[("D", NAME)]]


def test_one_copy_settles_no_two_recordings_of_its_name_unless_they_are_noted(hour):
    both = [hour.write(disk, content()) for disk in "DE"]
    hour.write("D", content(), "14-06-00.jpg")
    for name in (NAME, "14-06-00.jpg"):
        hour.write("O", content(), name)
    assert hour.unsettled("D", "E") == [[("D", NAME), ("E", NAME)]]
    hour.note(both[0])
    assert hour.unsettled("D", "E") == [[("D", NAME), ("E", NAME)]]  # they find their places together
    hour.note(both[1])
    assert hour.unsettled("D", "E") == []


def test_recording_that_goes_away_in_this_moment_is_looked_at_later(hour):
    def gone(**_):
        raise FileNotFoundError(2, "no such file")

    hour.write("O", content())
    entry = SimpleNamespace(name=NAME, stat=gone)
    assert hour.places().unsettled(hour.opened(), [("D", [entry])], LATER) == [[Source(entry, "D")]]


@pytest.mark.parametrize(
    ("copy", "values", "is_settled"),
    [
        (content(), {}, True),
        (content("x"), {}, True),
        (content(more=10), {}, False),
        (content()[:9000], {}, False),
        (content(), {"is_doubted": True}, False),
        (content(), {"written": WRITTEN - 600}, False),  # written since it was copied
        (content(), {"written": WRITTEN - 7200}, True),  # a drive's clock that was changed is no reason to read
        (content()[:9000], {"written": WRITTEN - 7200}, False),
        (content(), {"written": WRITTEN - 600, "copied": 0}, True),
        (content(), {"size": 9000}, True),
    ],
)
def test_note_settles_what_is_as_it_was_copied(hour, copy, values, is_settled):
    hour.note(hour.write("D", content()), **values)
    hour.write("O", copy)
    assert hour.unsettled("D") == ([] if is_settled else [[("D", NAME)]])


# -- by its own name ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("copy", "is_doubted", "is_verified", "place"),
    [
        (None, False, False, Place(NAME, is_there=False)),
        # believed by its size, and then not noted: a clean-up is to read it
        (content("x"), False, False, Place(NAME, is_there=True, is_read=False)),
        (content(), True, False, Place(NAME, is_there=True, is_read=True)),
        (content(), False, True, Place(NAME, is_there=True, is_read=True)),
        # the recording was cut after it had been copied: the copy stays, and is none to be noted
        (content(more=10), False, False, Place(NAME, is_there=True, is_read=False)),
        (content()[:9000], False, False, Place(NAME, is_there=False)),
    ],
)
def test_copy_of_its_own_name_is_there_if_it_is_the_recording(hour, copy, is_doubted, is_verified, place):
    source = hour.write("D", content())
    if copy is not None:
        hour.write("O", copy)
    if is_doubted:
        hour.note(source, is_doubted=True)
    assert hour.find(source, is_verified=is_verified) == place


# -- beside another recording ------------------------------------------------------------------------------------------


@pytest.fixture
def source(hour) -> Source:
    """Return a recording whose own name is another's at the destination."""
    hour.write("O", content("another"))
    return hour.write("D", content())


@pytest.mark.parametrize(
    ("copy", "is_doubted", "is_verified", "is_there"),
    [
        (None, False, False, False),
        (content(), False, False, True),
        (content("x"), False, False, True),  # its name tells the content; it is read where that is asked for
        (content("x"), True, False, False),
        (content("x"), False, True, False),
        (content(), True, False, True),
        (content(), False, True, True),
        (content()[:9000], False, False, False),
    ],
)
@pytest.mark.parametrize("is_noted", [True, False])
def test_copy_beside_is_whole_or_made_anew(hour, source, copy, is_doubted, is_verified, is_there, is_noted):
    beside = beside_name(source.entry.path)
    if copy is not None:
        hour.write("O", copy, beside)
    if is_noted or is_doubted:
        hour.note(source, written=WRITTEN - 600, is_doubted=is_doubted)
    place = hour.find(source, is_verified=is_verified)
    assert (place.name, place.is_there) == (beside, is_there)
    assert place.is_read or not is_there


def test_copy_beside_that_is_noted_is_not_read_again(hour, source):
    hour.write("O", content("x"), "noted~00000000.jpg")
    hour.note(source, beside="noted~00000000.jpg")
    assert hour.find(source) == Place("noted~00000000.jpg", is_there=True)


def test_name_that_became_free_is_taken_where_the_copy_beside_is_gone(hour, source):
    hour.note(source, beside="noted~00000000.jpg")
    assert hour.find(source) == Place(beside_name(source.entry.path), is_there=False)
    (hour.folder / "O" / NAME).unlink()
    assert hour.find(source) == Place(NAME, is_there=False)


def test_recording_that_goes_on_after_it_was_copied_beside_gets_the_name_of_what_it_is_now(hour, source):
    hour.write("O", content()[:9000], "noted~00000000.jpg")
    hour.note(source, beside="noted~00000000.jpg")
    assert hour.find(source) == Place(beside_name(source.entry.path), is_there=False)


# -- the same on another disk ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "is_twin"),
    [
        (content(), True),
        (content(more=10), True),  # the recording is its beginning
        (content("x"), True),  # as long, with the same ends
        (content("x", more=10), False),
        (content()[:9000], False),
        (b"x" * 15000, False),
    ],
)
def test_recording_that_another_disk_has_as_well_is_copied_once(hour, other, is_twin):
    twin = hour.write("E", other)
    hour.write("O", other, "twin~00000000.jpg")
    source = hour.write("D", content())
    place = Place("twin~00000000.jpg", is_there=True, is_read=True) if is_twin else Place(NAME, is_there=False)
    assert hour.find(source, [(twin, "twin~00000000.jpg")]) == place


@pytest.mark.parametrize(
    ("written", "has_copy", "is_twin"), [(WRITTEN, True, False), (WRITTEN - 600, True, True), (WRITTEN, False, True)]
)
def test_other_disk_is_asked_unless_the_recording_is_noted_and_has_its_copy(hour, written, has_copy, is_twin):
    twin = hour.write("E", content())
    source = hour.write("D", content())
    if has_copy:
        hour.write("O", content())
    hour.note(source, written=written)
    place = Place("twin~00000000.jpg", is_there=True, is_read=True) if is_twin else Place(NAME, is_there=True)
    assert hour.find(source, [(twin, "twin~00000000.jpg")]) == place


def test_name_that_another_disks_recording_has_taken_in_this_run_is_not_free(hour):
    first = hour.write("E", content("x", more=10))
    source = hour.write("D", content())
    assert hour.find(source, [(first, NAME)]) == Place(beside_name(source.entry.path), is_there=False)
    shutil.copy2(first.entry.path, hour.folder / "O" / NAME)
    assert hour.find(source, [(first, NAME)]) == Place(beside_name(source.entry.path), is_there=False)
