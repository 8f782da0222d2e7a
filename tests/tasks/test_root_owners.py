"""Who writes to a network root, as CopyScript and CleanupScript tell it."""

import json
import os
from functools import partial

import pytest

from scheduler_runner.system.filesystem import partial_name
from scheduler_runner.system.machine import machine_mark
from scheduler_runner.tasks.cameras import CleanupScript, root_owners
from scheduler_runner.tasks.cameras.copy_values import CopyOptions
from scheduler_runner.tasks.cameras.CopyScript import main
from scheduler_runner.tasks.cameras.root_owners import (
    OWNERS,
    Owners,
    Writer,
    greet_root,
    read_owners,
    sibling_archive,
    strange_root,
    write_owners,
)
from tests.tasks.conftest import files_of, lay_out, notes_on

OWN = Writer(machine_mark(), "182", "2026-11-23")
OTHER = Writer("b" * 16, "77", "2026-11-22")


@pytest.fixture
def copy(point, run_script):
    """Return a function that runs CopyScript at a real point on 23 November 2026."""
    point("min_free_gb = 0\nretention_network_days = 9")
    return partial(run_script, partial(main, limits=CopyOptions(young_seconds=0)))


def on_root(root, **changes) -> None:
    owners = read_owners(str(root))
    write_owners(str(root), Owners(changes.get("root_id", owners.root_id), changes.get("writers", owners.writers)))


def test_pc_enters_itself_once_a_day(roots, copy, at):
    lay_out(roots[0], "2026-11-20 09:00")
    assert copy()[0] == 0
    listed = json.loads((roots[1] / OWNERS).read_text("utf-8"))
    assert listed["writers"] == [{"pc": machine_mark(), "point": "182", "day": "2026-11-23"}]
    written = (roots[1] / OWNERS).stat().st_mtime_ns
    assert copy()[0] == 0
    assert (roots[1] / OWNERS).stat().st_mtime_ns == written
    at("2026-11-24 09:10")
    assert copy()[0] == 0
    again = json.loads((roots[1] / OWNERS).read_text("utf-8"))
    assert again == {**listed, "writers": [{**listed["writers"][0], "day": "2026-11-24"}]}
    assert [name for name in os.listdir(roots[1]) if name.endswith(".partial")] == []


def test_another_pc_is_told_with_its_cure_until_it_has_not_written_for_two_days(roots, copy, at):
    lay_out(roots[0], "2026-11-20 09:00")
    copy()
    on_root(roots[1], writers=(OTHER, OWN))
    code, result = copy()  # the same day, and nothing to copy: no question is asked for it
    assert (code, result.get("subjects")) == (0, None)
    lay_out(roots[0], "2026-11-20 09:01")
    code, result = copy()
    assert code == 10
    told = (
        f"В {roots[1]} пишет ещё один компьютер, пункт 77: "
        "проверьте PVZ_ID и network_root в INI обоих; копии там пока не удаляются"
    )
    assert result["summary"].endswith(told)
    assert result["subjects"] == {"network_root": {"state": "fails", "text": told}}
    at("2026-11-25 15:00")
    code, result = copy()
    assert (code, result["subjects"]) == (0, {"network_root": {"state": "works", "text": ""}})
    assert len(files_of(roots[1])) == 2


def test_copies_stay_while_another_pc_writes_to_the_root(roots, copy, run_script, at):
    dates = [f"2026-11-{day:02d} 14:05" for day in range(1, 24)]
    lay_out(roots[1], *dates)
    on_root(roots[1], writers=(OTHER, OWN))
    code, result = run_script(CleanupScript.main, "--input_dir_scenario", "network")
    assert (code, len(files_of(roots[1]))) == (1, 23)
    assert result["summary"].startswith(f"Копии не удаляются. В {roots[1]} пишет ещё один компьютер, пункт 77: ")
    assert result["subjects"]["network_root"]["state"] == "fails"
    at("2026-11-25 15:00")
    assert run_script(CleanupScript.main, "--input_dir_scenario", "network")[1]["metrics"]["deleted"] > 0


def test_local_recordings_go_also_while_another_pc_writes(roots, copy, run_script):
    dates = [f"2026-11-{day:02d} 14:05" for day in range(1, 24)]
    for root in roots:
        lay_out(root, *dates)
    on_root(roots[1], writers=(OTHER,))
    assert run_script(CleanupScript.main, "--input_dir_scenario", "local")[1]["metrics"]["deleted"] == 14


def test_pc_that_was_replaced_goes_on_at_once(roots, copy):
    lay_out(roots[0], "2026-11-20 09:00")
    on_root(roots[1], writers=(Writer("c" * 16, "182", "2026-11-22"),))
    code, result = copy()
    assert (code, result["metrics"]["copied"]) == (10, 1)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda root: (root / OWNERS).unlink(), "это не та папка, куда копировали до 22.11.2026, или её очистили"),
        (lambda root: on_root(root, root_id="other"), "это другая папка, не та, куда копировали до 22.11.2026"),
        (
            lambda root: on_root(root, writers=(Writer(machine_mark(), "182", "2026-11-10"),)),
            "папку вернули в прежнее состояние, не позже 10.11.2026",
        ),
        (lambda root: on_root(root, writers=()), "папку вернули в прежнее состояние, не позже 22.11.2026"),
    ],
)
def test_root_that_is_not_as_it_was_left_is_told_once(roots, copy, at, change, told):
    lay_out(roots[0], "2026-11-20 09:00")
    at("2026-11-22 09:10")
    copy()
    change(roots[1])
    at("2026-11-23 09:10")
    code, result = copy()
    assert (code, result["summary"].split("; ")[-1]) == (10, told)
    assert copy()[0] == 0


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b"\0" * 100, b'{"root": "a", "writers": [{"pc": 1}]}', b"[" * 9999]
)
def test_list_that_makes_no_sense_is_written_anew_and_nobody_is_alarmed(roots, copy, content):
    lay_out(roots[0], "2026-11-20 09:00")
    copy()
    (roots[1] / OWNERS).write_bytes(content)
    lay_out(roots[0], "2026-11-20 09:01")
    assert copy()[0] == 0
    assert len(read_owners(str(roots[1])).writers) == 1


def test_list_that_cannot_be_written_costs_nothing_else(roots, tmp_path):
    (roots[1] / OWNERS).mkdir()
    assert greet_root(str(roots[1]), OWN, notes_on(roots[1])).remarks == []


def test_list_that_cannot_be_written_is_not_taken_for_written(roots, monkeypatch):
    def refuse(*_):
        raise OSError(28, "no space left")

    notes = notes_on(roots[1])
    monkeypatch.setattr(root_owners, "replace_file", refuse)
    assert greet_root(str(roots[1]), OWN, notes).remarks == []
    assert notes.root() == ("", "")
    assert list(roots[1].iterdir()) == []


def test_writers_are_known_by_machine_and_point():
    owners = Owners("root", (OTHER,)).with_writer(OWN).with_writer(Writer(OWN.pc, OWN.point, "2026-11-24"))
    assert owners.writers == (OTHER, Writer(OWN.pc, OWN.point, "2026-11-24"))
    clone = Writer(OWN.pc, "77", "2026-11-23")  # a cloned disk: the same id at two points
    assert Owners("root", (OWN, clone)).others(OWN) == [clone]
    assert Owners("root", (Writer("b", "1", "2025-01-01"),)).with_writer(OWN).writers == (OWN,)


@pytest.mark.parametrize(("day", "is_known"), [("2025-10-19", True), ("2025-10-18", False)])
def test_writer_is_forgotten_after_four_hundred_days(day, is_known):
    long_ago = Writer("b", "77", day)
    assert Owners("root", (long_ago,)).with_writer(OWN).writers == ((long_ago, OWN) if is_known else (OWN,))


def test_last_day_of_a_pc_is_its_own():
    earlier, later = Writer(OWN.pc, OWN.point, "2026-11-20"), Writer("b", "77", "2026-11-30")
    assert Owners("root", (OTHER, earlier, later)).last_day_of(OWN) == "2026-11-20"
    assert Owners("root", (earlier, OWN, earlier)).last_day_of(OWN) == OWN.day
    assert Owners("root", (later,)).last_day_of(OWN) == ""


@pytest.mark.parametrize(("day", "is_recent"), [("2026-11-20", False), ("2026-11-21", True), ("2027-01-01", True)])
def test_other_writers_count_for_two_days(day, is_recent):
    assert bool(Owners("root", (Writer("b", "77", day),)).others(OWN)) is is_recent


def test_root_that_nobody_remembers_is_not_strange():
    assert strange_root(Owners(), OWN, "", "") == ""
    assert strange_root(Owners("root", (OTHER,)), OWN, "", "") == ""
    assert strange_root(Owners("root", (OWN,)), OWN, "root", OWN.day) == ""


@pytest.mark.parametrize(
    ("own", "folders", "found"),
    [
        ("СОСНОВКА_10", ["SOSNOVKA_10", "SOSNOVKA_1", "182"], "SOSNOVKA_10"),
        ("СОСНОВКА_10", ["sosnovka-10"], "sosnovka-10"),
        ("СОСНОВКА_10", ["SOSNOVKA_11", "СОСНОВКА_11"], ""),
        ("Щёлково", ["Shchyolkovo"], "Shchyolkovo"),
        ("ЮЖНЫЙ", ["YUZHNYY"], "YUZHNYY"),
        ("Жуковский", ["Zhukovskij"], "Zhukovskij"),
        ("182", ["182a"], ""),
    ],
)
def test_older_archive_with_the_points_name_in_latin_letters_is_found(tmp_path, own, folders, found):
    for name in (own, *folders):
        (tmp_path / name).mkdir()
    (tmp_path / "SOSNOVKA_10.txt").touch()
    assert sibling_archive(str(tmp_path / own)) == found


def test_older_archive_is_told_before_the_first_copy_alone(ini, tmp_path, run_script, at):
    local, network = tmp_path / "D_camera", tmp_path / "O" / "СОСНОВКА_10"
    network.mkdir(parents=True)
    (network.parent / "SOSNOVKA_10").mkdir()
    lay_out(local, "2026-11-20 09:00")
    ini(
        "[DEFAULT]\nPVZ_ID = СОСНОВКА_10\nENV_MODE = production\n"
        f"[cameras]\nlocal_roots = {local}\nnetwork_root = {network.parent}/{{PVZ_ID}}\n"
    )
    code, result = run_script(main)
    assert code == 10
    assert (
        "Рядом есть папка SOSNOVKA_10: если это прежний архив пункта, переименуйте её в СОСНОВКА_10"
        in result["summary"]
    )
    assert run_script(main)[0] == 0


def test_unfinished_list_of_a_killed_run_goes_and_that_of_another_pc_stays(tmp_path):
    own, others = tmp_path / partial_name(OWNERS), tmp_path / f".{OWNERS}.other-pc.7.partial"
    killed = own.with_name(own.name.replace(f".{os.getpid()}.", ".1."))
    for path in (killed, others):
        path.write_bytes(b"{")
    write_owners(str(tmp_path), Owners("r1", ()))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([others.name, OWNERS])


@pytest.mark.parametrize(
    ("is_noted", "is_listed", "has_copies", "is_told"),
    [
        (False, False, False, True),
        (True, False, False, False),
        (False, True, False, False),
        (False, False, True, False),
    ],
)
def test_older_archive_is_told_where_nothing_was_ever_copied(tmp_path, is_noted, is_listed, has_copies, is_told):
    root = tmp_path / "СОСНОВКА_10"
    root.mkdir()
    (tmp_path / "SOSNOVKA_10").mkdir()
    notes = notes_on(root)
    if is_noted:
        notes.note_root("r1", "2026-11-22")
    if is_listed:
        write_owners(str(root), Owners("r1", (OWN,)))
    if has_copies:
        (root / "unv_camera").mkdir()
    assert bool(greet_root(str(root), OWN, notes).sibling) is is_told
