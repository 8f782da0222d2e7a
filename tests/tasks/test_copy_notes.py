"""What is known of copying: notes that may be lost, and freshness that no clock may end early."""

import os
import sqlite3
import sys
import threading
from types import SimpleNamespace

import pytest

from config.base_config import PATH_CONFIG
from scheduler_runner.system.clock import Moment
from scheduler_runner.tasks.cameras import copy_fresh, copy_notes, notes_file
from scheduler_runner.tasks.cameras.copy_counts import Counts, HourCount, read_counts
from scheduler_runner.tasks.cameras.copy_fresh import ALL_DATES, NotNoted, is_fresh
from scheduler_runner.tasks.cameras.copy_lock import lock_path
from scheduler_runner.tasks.cameras.copy_notes import (
    CopyNotes,
    GroupState,
    root_key,
)
from scheduler_runner.tasks.cameras.layouts import Group, Uniview, XiaomiHours
from scheduler_runner.tasks.cameras.same_recording import Note
from tests.linking import link_file
from tests.tasks.conftest import Clock, open_notes

HOUR = 3600.0
GROUP = Group("20261120", "09", "unv", "sklad", os.path.join("unv_camera", "sklad", "20261120", "09"), Uniview())
LATER = Group("20261120", "10", "unv", "sklad", os.path.join("unv_camera", "sklad", "20261120", "10"), Uniview())
OTHER = Group("20261120", "09", "xiaomi", "78DF72A1B2C3", "2026112009", XiaomiHours())
NOTE = Note(1000, 1_700_000_000, copied=1_700_000_060)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path) -> str:
    return str(tmp_path / "logs" / "operator" / "copies.sqlite3")


@pytest.fixture
def notes(path, clock):
    notes = open_notes("O:/cameras/182", path, clock)
    yield notes
    notes.close()


def reopened(notes: CopyNotes, path: str, destination: str = "O:/cameras/182") -> CopyNotes:
    notes.close()
    return open_notes(destination, path)


def test_notes_of_a_group_are_found_again_and_belong_to_their_destination(notes, path):
    notes.change(GROUP, {"d:/camera": {"a.jpg": NOTE, "b.jpg": NOTE._replace(beside="b~1a2b3c4d.jpg")}}, 2, 1)
    notes.change(GROUP, {"e:/camera": {"a.jpg": NOTE._replace(is_doubted=True)}}, more_network=1)
    assert reopened(notes, path).of(GROUP) == GroupState(
        {
            "d:/camera": {"a.jpg": NOTE, "b.jpg": NOTE._replace(beside="b~1a2b3c4d.jpg")},
            "e:/camera": {"a.jpg": NOTE._replace(is_doubted=True)},
        },
        local=2,
        network=2,
    )
    assert reopened(notes, path).of(LATER) == GroupState({})
    assert reopened(notes, path, "O:/cameras/77").of(GROUP) == GroupState({})


def test_note_goes_with_its_recording_and_the_group_with_its_last_one(notes, path):
    notes.change(GROUP, {"d": {"a.jpg": NOTE, "b.jpg": NOTE}}, local=2, network=2)
    notes.write()
    notes.change(GROUP, {"d": {"a.jpg": None}}, more_local=-1)
    assert reopened(notes, path).of(GROUP) == GroupState({"d": {"b.jpg": NOTE}}, local=1, network=2)
    notes.change(GROUP, {"d": {"b.jpg": None, "never noted": None}}, more_local=-5)
    assert reopened(notes, path).of(GROUP) == GroupState({}, local=0, network=2)
    notes.change(GROUP, {}, more_network=-2)
    notes.close()
    assert read_counts(path).hours == []


def test_doubt_that_a_clean_up_noted_meanwhile_is_kept(notes, path):
    notes.change(GROUP, {"d": {"a.jpg": NOTE, "b.jpg": NOTE}})
    notes.write()
    other = open_notes("O:/cameras/182", path)
    other.change(GROUP, {"d": {"a.jpg": NOTE._replace(is_doubted=True)}})
    other.close()
    notes.change(GROUP, {"d": {"b.jpg": NOTE._replace(size=2)}})
    expected = {"a.jpg": NOTE._replace(is_doubted=True), "b.jpg": NOTE._replace(size=2)}
    assert reopened(notes, path).of(GROUP).notes == {"d": expected}


def test_run_that_saw_all_forgets_what_is_no_longer_there_but_not_that_of_an_unplugged_disk(notes, path):
    notes.change(GROUP, {"d": {"a.jpg": NOTE}, "e": {"a.jpg": NOTE}}, local=2, network=2)
    notes.change(LATER, {"d": {"a.jpg": NOTE}}, local=1, network=1)
    notes = reopened(notes, path)
    notes.of(LATER)
    notes.forget_the_rest(["d"])
    assert reopened(notes, path).of(GROUP) == GroupState({"e": {"a.jpg": NOTE}}, local=1, network=2)
    assert reopened(notes, path).of(LATER) == GroupState({"d": {"a.jpg": NOTE}}, local=1, network=1)


def test_run_that_saw_all_writes_what_waits_before_it_forgets(notes, path):
    notes.change(GROUP, {"d": {"a.jpg": NOTE}}, local=1, network=1)
    notes.forget_the_rest(["d"])
    assert reopened(notes, path).of(GROUP) == GroupState({}, local=0, network=1)


def test_notes_wait_in_memory_for_a_second_at_most(notes, path, monkeypatch):
    def written() -> int:
        other = open_notes("O:/cameras/182", path)
        try:
            return other.of(GROUP).local
        finally:
            other.close()

    seconds = [100.0]
    monkeypatch.setattr(copy_notes, "time", SimpleNamespace(monotonic=lambda: seconds[0]))
    notes.change(GROUP, {}, local=1)
    notes.write()
    seconds[0] += 0.5
    notes.change(GROUP, {}, local=2)
    assert written() == 1
    seconds[0] += 1
    notes.change(GROUP, {}, local=3)
    assert written() == 3
    seconds[0] += 0.5
    notes.change(GROUP, {}, local=4)
    assert written() == 3


def test_notes_are_read_anew_after_they_were_closed(notes, path):
    assert tuple(notes.of(GROUP)) == ({}, 0, 0)
    notes.close()
    other = open_notes("O:/cameras/182", path)
    other.change(GROUP, {}, local=3, more_network=-3)
    other.close()
    assert tuple(notes.of(GROUP)) == ({}, 3, 0)


def test_file_that_cannot_be_used_is_asked_once(notes, path):
    os.makedirs(path)
    notes.of(GROUP)
    os.rmdir(path)
    notes.change(GROUP, {"d": {"a.jpg": NOTE}})
    notes.write()
    assert not os.path.exists(path)


def test_what_is_told_is_told_for_a_day_from_the_first_time_on(notes, clock):
    assert not notes.was_told("d", "XiaomiFlat")
    notes.note_told("d", "XiaomiFlat")
    clock.go_on(0.5 / 3600)
    notes.note_told("d", "XiaomiFlat")
    clock.go_on(22.999)
    assert not notes.was_told("d", "XiaomiFlat")
    clock.up = 1e6 + 23 * HOUR
    assert notes.was_told("d", "XiaomiFlat")
    assert not notes.was_told("e", "XiaomiFlat")


def test_counts_of_both_sides_are_told_by_camera_and_hour(notes, path, clock):
    assert read_counts(path) == Counts(None, [])
    notes.change(GROUP, {}, local=60, network=59)
    notes.change(OTHER, {}, local=0, network=15)
    notes.note_root("a1b2", "2026-11-26")
    clock.go_on(1)
    notes.end()
    notes.close()
    assert read_counts(path) == Counts(
        pytest.approx(clock.wall),
        [
            HourCount("unv", "sklad", "20261120", "09", 60, 59),
            HourCount("xiaomi", "78DF72A1B2C3", "20261120", "09", 0, 15),
        ],
    )


def test_root_is_known_again_however_it_is_written(tmp_path):
    assert root_key(f"{tmp_path}{os.sep}") == root_key(os.path.join(str(tmp_path), "x", ".."))
    assert root_key("\\\\?\\D:\\camera") == root_key("D:\\camera")


@pytest.mark.parametrize("damaged", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
@pytest.mark.parametrize("is_asked_first", [True, False])
def test_damaged_file_is_kept_aside_and_all_copies_are_fresh(notes, path, clock, damaged, is_asked_first):
    notes.change(GROUP, {"d": {"a.jpg": NOTE}})
    notes.close()
    with open(path, "wb") as file:
        file.write(damaged)
    if is_asked_first:
        assert notes.of(GROUP) == GroupState({})
        notes.begin()
    assert notes.fresh() == {ALL_DATES: pytest.approx(-1e18)}
    (kept,) = [name for name in os.listdir(os.path.dirname(path)) if "damaged" in name]
    with open(os.path.join(os.path.dirname(path), kept), "rb") as file:
        assert file.read() == damaged
    clock.go_on(14)
    assert notes.fresh() == {}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows lets nobody rename a file that is open")
def test_damaged_file_that_another_process_kept_aside_meanwhile_is_left_at_that(notes, path):
    notes.of(GROUP)
    with open(path, "r+b") as file:
        file.write(b"no database at all" * 100)
    other = open_notes("O:/cameras/182", path)
    other.begin()
    other.note_root("a1b2", "2026-11-26")
    other.close()
    assert notes.root() == ("a1b2", "2026-11-26")
    assert len([name for name in os.listdir(os.path.dirname(path)) if "damaged" in name]) == 1


def test_file_that_somebody_holds_is_not_taken_for_damaged(notes, path, monkeypatch):
    monkeypatch.setattr(notes_file, "_BUSY_SECONDS", 0.05)
    notes.begin()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(NotNoted, match="locked"):
        reopened(notes, path).fresh()
    holder.close()
    assert os.listdir(os.path.dirname(path)) == [os.path.basename(path)]


def test_link_in_the_place_of_the_file_is_not_followed(notes, path, tmp_path):
    (tmp_path / "elsewhere").write_bytes(b"")
    os.makedirs(os.path.dirname(path))
    link_file(path, tmp_path / "elsewhere")
    with pytest.raises(NotNoted):
        notes.begin()
    assert (tmp_path / "elsewhere").read_bytes() == b""


@pytest.mark.parametrize(
    "noted", ["null", "[]", "{", '{"d": 1}', '{"d": {"a": 1}}', '{"d": {"a": [1, 2, 3, 4, 5, 6]}}']
)
def test_note_that_is_none_costs_a_comparison_alone(notes, path, noted):
    notes.change(GROUP, {"d": {"a.jpg": NOTE}}, local=1)
    notes.close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE groups SET noted = ?", (noted,))
    connection.commit()
    connection.close()
    assert notes.of(GROUP) == GroupState({}, local=1)
    notes.change(GROUP, {"d": {"a.jpg": NOTE}})
    assert reopened(notes, path).of(GROUP) == GroupState({"d": {"a.jpg": NOTE}}, local=1)


def test_file_that_cannot_be_used_fails_only_who_needs_it(tmp_path):
    notes = open_notes("O:/cameras/182", str(tmp_path))  # a folder in its place
    assert notes.of(GROUP) == GroupState({})
    notes.change(GROUP, {"d": {"a.jpg": NOTE}})
    notes.write()
    notes.forget_the_rest(["d"])
    assert notes.root() == ("", "")
    notes.end()
    for strict in (notes.begin, notes.fresh, lambda: notes.note_fresh("20261120", 0.0)):
        with pytest.raises(NotNoted, match="cannot be used"):
            strict()


def test_many_threads_note_into_one_file(notes, path):
    def work(number: int) -> None:
        for index in range(20):
            notes.note_fresh("20261120", 1000.0 - number * 20 - index)
            notes.change(GROUP, {"d": {f"{number}-{index}.jpg": NOTE}}, more_network=1)
            notes.of(GROUP)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert notes.fresh() == {"20261120": 841.0}
    state = reopened(notes, path).of(GROUP)
    assert (len(state.notes["d"]), state.network) == (160, 160)


def test_copies_are_fresh_for_half_a_day_by_date_and_the_oldest_recording(notes, clock):
    notes.begin()
    notes.note_fresh("20261120", 70.0)
    notes.note_fresh("20261120", 50.0)
    notes.note_fresh("20261120", 60.0)
    notes.note_fresh("20261121", 80.0)
    assert notes.fresh() == {"20261120": 50.0, "20261121": 80.0}
    clock.go_on(12)
    assert notes.fresh() == {"20261120": 50.0, "20261121": 80.0}
    notes.note_fresh("20261121", 90.0)
    clock.go_on(1.1)
    assert notes.fresh() == {"20261121": 90.0}


def test_oldest_recording_of_a_date_counts_whenever_it_was_copied(notes, clock):
    notes.begin()
    for hour, oldest in enumerate((60.0, 50.0, 70.0)):
        notes.note_fresh("20261120", oldest)
        clock.go_on(1)
        assert notes.fresh() == {"20261120": 50.0 if hour else 60.0}


def test_date_is_noted_once_an_hour(notes, path):
    notes.note_fresh("20261120", 50.0)
    notes.close()
    os.remove(path)
    notes.note_fresh("20261120", 50.0)
    notes.note_fresh("20261120", 60.0)
    assert not os.path.exists(path)
    notes.note_fresh("20261120", 40.0)
    assert notes.fresh() == {"20261120": 40.0}


def test_date_is_noted_anew_in_an_hour_that_a_clock_shows_twice(notes, clock):
    notes.begin()
    notes.note_fresh("20261120", 50.0)
    clock.up += 14 * HOUR  # and the clock was set back by as much
    notes.begin()
    assert notes.fresh() == {}
    notes.note_fresh("20261120", 60.0)
    assert notes.fresh() == {"20261120": 60.0}


def test_hours_since_a_copy_count_after_the_next_start_as_well(notes, clock):
    notes.begin()
    notes.note_fresh("20261120", 50.0)
    clock.go_on(5)
    notes.end()
    clock.start_anew(off_hours=6)
    assert notes.fresh() == {"20261120": 50.0}
    clock.go_on(3)
    assert notes.fresh() == {}


@pytest.mark.parametrize("set_by_hours", [2 * 8766.0, -2 * 8766.0, 13.0, -13.0])
def test_clock_that_is_set_makes_no_copy_old(notes, clock, set_by_hours):
    notes.begin()
    notes.note_fresh("20261120", 50.0)
    clock.wall += set_by_hours * HOUR
    assert notes.fresh() == {"20261120": 50.0}
    clock.go_on(13.1)
    assert notes.fresh() == {}


@pytest.mark.parametrize("set_by_hours", [2 * 8766.0, -2 * 8766.0])
def test_clock_that_was_set_during_a_run_makes_no_copy_old_after_the_next_start(notes, clock, set_by_hours):
    notes.begin()
    notes.note_fresh("20261120", 50.0)
    clock.wall += set_by_hours * HOUR
    notes.end()
    clock.start_anew(off_hours=11)
    assert notes.fresh() == {"20261120": 50.0}
    clock.go_on(3)
    assert notes.fresh() == {}


def test_what_was_noted_by_a_clock_ahead_counts_from_the_next_copy_on(notes, clock):
    clock.wall += 100_000 * HOUR
    notes.begin()
    notes.note_fresh("20261120", 50.0)
    clock.wall -= 100_000 * HOUR
    clock.start_anew(off_hours=20)
    assert notes.fresh() == {"20261120": 50.0}
    notes.begin()
    clock.start_anew(off_hours=14)
    assert notes.fresh() == {}


@pytest.mark.parametrize(
    ("hour", "boot", "up", "fresh"),
    [
        (0, "a", 5000.0, True),  # the same start of the PC: the clock is not asked
        (0, "a", 5000.0 - 13 * HOUR + 1, True),
        (10**9, "a", 5000.0 - 13 * HOUR, False),
        (999_988, "b", 0.0, True),
        (999_987, "b", 5000.0, False),
        (10**9, "b", 5000.0, True),
        (999_987, "", 5000.0, False),
        (999_988, "", 5000.0, True),
        (999_987, "a", 5001.0, False),  # a start of that name that was longer: not the same
    ],
)
def test_hours_are_counted_from_the_start_of_the_pc_where_it_is_the_same(hour, boot, up, fresh):
    assert is_fresh(hour, boot, up, Moment(1_000_000 * HOUR, 5000.0, 5000.0, "a")) is fresh


def test_no_name_of_a_start_is_no_same_start():
    assert not is_fresh(0, "", 5000.0, Moment(1_000_000 * HOUR, 5000.0, 5000.0, ""))


def test_root_is_remembered(notes, path):
    assert notes.root() == ("", "")
    notes.note_root("a1b2", "2026-11-26")
    assert reopened(notes, path).root() == ("a1b2", "2026-11-26")
    assert reopened(notes, path, "O:/cameras/77").root() == ("", "")


def earlier_notes(content: str) -> str:
    """Write what the version before noted of fresh copies."""
    path = lock_path("O:/cameras/182", "fresh")
    with open(path, "w", encoding="ascii") as file:
        file.write(content)
    return path


@pytest.fixture
def logs_root(tmp_path, monkeypatch):
    monkeypatch.setitem(PATH_CONFIG, "LOGS_ROOT", str(tmp_path / "logs"))


@pytest.mark.parametrize("ask", ["begin", "fresh"])
def test_what_the_version_before_copied_just_now_is_fresh_after_an_upgrade(logs_root, notes, clock, ask):
    hour = int(clock.wall // HOUR)
    path = earlier_notes(f'[["20261120", {hour}, 50.0], ["20261121", {hour - 3}, 60], ["20261122", {hour - 13}, 70.0]]')
    getattr(notes, ask)()
    assert not os.path.exists(path)
    assert notes.fresh() == {"20261120": 50.0, "20261121": 60.0}
    clock.go_on(11)
    assert notes.fresh() == {"20261120": 50.0}
    clock.go_on(3)
    assert notes.fresh() == {}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[[1]]",
        '{"a": 1}',
        '[["20261120", 1, NaN]]',
        '[["20261120", 1, 5], ["20261121", 1, NaN]]',
        "[" * 100_000,
        "5",
    ],
)
def test_damaged_notes_of_the_version_before_make_all_copies_fresh(logs_root, notes, clock, content):
    path = earlier_notes(content)
    assert notes.fresh().keys() == {ALL_DATES}
    assert not os.path.exists(path)
    clock.go_on(14)
    assert notes.fresh() == {}


def test_notes_of_the_version_before_behind_a_link_are_left_alone(logs_root, notes, tmp_path):
    path = earlier_notes("damaged")
    os.rename(path, tmp_path / "elsewhere")
    link_file(path, tmp_path / "elsewhere")
    assert notes.fresh() == {}
    assert (tmp_path / "elsewhere").exists()


def test_notes_of_the_version_before_that_are_none_of_ours_are_left_alone(logs_root, notes):
    path = earlier_notes("damaged")
    os.link(path, f"{path}.second-name")
    assert notes.fresh() == {}
    assert os.path.exists(path)


def test_notes_of_the_version_before_that_cannot_be_read_let_nothing_go(logs_root, notes, monkeypatch):
    def refuse(path, most_bytes):
        raise OSError(5, "bad sector")

    path = earlier_notes("[]")
    with monkeypatch.context() as patched:
        patched.setattr(copy_fresh, "read_own", refuse)
        for strict in (notes.begin, notes.fresh):
            with pytest.raises(NotNoted, match="bad sector"):
                strict()
    assert notes.fresh() == {}
    assert not os.path.exists(path)
