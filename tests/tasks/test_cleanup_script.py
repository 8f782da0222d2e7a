"""Deleting real recordings, small ones, under roots of a test's own: what must go goes, and nothing else."""

import os
import re
import shutil
import sys
import time
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from scheduler_runner.system.clock import Moment
from scheduler_runner.system.filesystem import long_path
from scheduler_runner.system.locks import try_lock
from scheduler_runner.tasks.cameras import clean_run
from scheduler_runner.tasks.cameras.clean_run import CleanRun
from scheduler_runner.tasks.cameras.clean_values import CleanOptions
from scheduler_runner.tasks.cameras.CleanupScript import main
from scheduler_runner.tasks.cameras.copy_lock import lock_path
from scheduler_runner.tasks.cameras.copy_notes import notes_path
from scheduler_runner.tasks.cameras.copy_run import CopyRun
from scheduler_runner.tasks.cameras.copy_values import CopyOptions
from scheduler_runner.tasks.cameras.layouts import LAYOUTS
from scheduler_runner.tasks.cameras.recording_root import RecordingRoot
from tests.linking import link_file, link_folder
from tests.tasks.conftest import Clock, files_of, lay_out, lose_drive, notes_on, open_notes, refuse_to_read, set_written

TODAY = date(2026, 11, 23)


def moments(*ages: int, today: date = TODAY) -> "list[str]":
    """Return one moment of each date that is so many days old."""
    return [f"{today - timedelta(days=age)} 14:05" for age in ages]


def clean(root, network=None, today: date = TODAY, **options):
    notes = notes_on(network) if network is not None else None
    values = {"days": 8, "today": today, "network_root": network and str(network), "notes": notes, **options}
    return CleanRun(long_path(str(root)), CleanOptions(**values)).run()


def tell_first(*roots: Path, network: Path) -> None:
    """Let it be told long ago that cameras of new kinds are cleaned."""
    notes = notes_on(network, lambda: Moment(time.time() - 30 * 86400, 1e6, 1e6, "a start of the PC before this one"))
    for root in roots:
        for layout in LAYOUTS:
            notes.note_told(str(root), type(layout).__name__)
    notes.close()


@pytest.fixture
def saved(roots):
    """Lay out twelve dates of two cameras, all of them copied; return both roots."""
    lay_out(roots[0], *moments(*range(12)))
    lay_out(roots[0], *moments(*range(12)), kind="xiaomi", uid="78DF72A1B2C3")
    shutil.copytree(roots[0], roots[1], dirs_exist_ok=True)
    return roots


def dates_in(root) -> "set[str]":
    return {part[:8] for path in files_of(root) for part in path.split("/") if len(part) >= 8 and part[:8].isdecimal()}


def test_old_dates_go_with_their_folders_and_the_rest_stays(saved):
    local, network = saved
    count = clean(local, network)
    assert (count.deleted, count.unsaved, count.failed) == (6, 0, 0)
    assert count.deleted_bytes > 0
    assert sorted(count.deleted_dates) == ["20261112", "20261113", "20261114"]
    assert min(dates_in(local)) == "20261115"
    assert len(files_of(network)) == 24
    assert not (local / "unv_camera" / "sklad" / "20261114").exists()
    assert not (local / "xiaomi_camera_videos" / "78DF72A1B2C3" / "2026111414").exists()
    assert clean(local, network).deleted == 0


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: type(layout).__name__)
def test_each_layout_is_cleaned_by_the_dates_of_its_recordings(roots, layout):
    local, network = roots
    lay_out(local, *moments(*range(12)), uid="78DF72A1B2C3", layout=layout)
    *_, uncopied = lay_out(local, *moments(9), uid="78DF72A1B2C4", layout=layout)
    shutil.copytree(local, network, dirs_exist_ok=True)
    (network / uncopied.relative_to(local)).unlink()
    tell_first(local, network=network)
    count = clean(local, network)
    assert (count.deleted, count.unsaved, count.failed) == (3, 1, 0)
    assert sorted(count.deleted_dates) == ["20261112", "20261113", "20261114"]
    assert uncopied.exists()
    assert len(files_of(local)) == 10
    assert clean(network, days=10, originals=(str(local),)).deleted == 1  # the other expired one is still local
    assert len(files_of(network)) == 11


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: type(layout).__name__)
def test_rubbish_keeps_no_emptied_folder(roots, layout):
    local, network = roots
    paths = lay_out(local, *moments(*range(12)), uid="78DF72A1B2C3", layout=layout)
    shutil.copytree(local, network, dirs_exist_ok=True)
    day = paths[-1].parent if layout.is_flat else local / paths[-1].relative_to(local).parents[-4]
    for folder in {paths[-1].parent, day}:
        for name in ("Thumbs.db", "desktop.ini", "._a.jpg", "@eaDir/a.jpg/thumb.jpg"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(b"x")
    tell_first(local, network=network)
    assert clean(local, network).deleted == 3
    assert paths[-1].parent.exists() == day.exists() == layout.is_flat  # a flat one is the camera's


def test_recording_that_the_network_copy_lacks_or_has_shorter_is_kept_and_the_others_go(saved):
    local, network = saved
    lacking, shorter, longer = sorted(network.rglob("*.jpg"))[:3]
    lacking.unlink()
    shorter.write_bytes(b"x")
    longer.write_bytes(longer.read_bytes() + b"more")
    count = clean(local, network)
    assert (count.deleted, count.unsaved) == (4, 2)
    assert (local / lacking.relative_to(network)).exists()
    assert (local / shorter.relative_to(network)).exists()
    assert not (local / longer.relative_to(network)).exists()
    assert "no whole copy" in count.problems[0]


@pytest.mark.skipif(sys.platform != "win32", reason="elsewhere letters small and large are different names")
def test_copy_in_other_letters_is_a_copy(saved):
    local, network = saved
    for path in network.rglob("*.jpg"):
        path.rename(path.with_name(path.name.replace("jpg", "JPG")))
    assert CopyRun([str(local)], str(network), CopyOptions(), notes_on(network)).run().copied == 0
    assert clean(local, network).unsaved == 0


def test_folder_is_no_copy_of_itself(saved):
    local, _ = saved
    assert clean(local, local).deleted == 0
    assert len(files_of(local)) == 24


def test_link_from_the_network_root_to_the_local_one_is_no_copy(saved, tmp_path):
    local, _ = saved
    alias = tmp_path / "alias"
    link_folder(alias, local)
    assert clean(local, alias).deleted == 0
    partly = tmp_path / "partly"
    partly.mkdir()
    link_folder(partly / "unv_camera", local / "unv_camera")
    assert clean(local, partly).deleted == 0
    assert len(files_of(local)) == 24


@pytest.mark.parametrize("today", [date(2098, 1, 1), date(2019, 1, 1)])
def test_wrong_clock_never_takes_the_newest_dates(saved, today):
    local, network = saved
    clean(local, network, today=today)
    assert {f"{TODAY - timedelta(days=age):%Y%m%d}" for age in range(8)} <= dates_in(local)


@pytest.mark.parametrize("today", [date(2098, 1, 1), date(2019, 1, 1)])
def test_wrong_clock_and_a_full_disk_never_take_the_two_newest_dates(saved, today):
    local, network = saved
    count = clean(local, network, today=today, least_free_bytes=2**62)
    assert count.is_short_of_room
    assert {"20261122", "20261123"} <= dates_in(local)


def test_full_disk_takes_saved_dates_before_yesterday_oldest_first_until_there_is_room(saved, monkeypatch):
    local, network = saved
    next(iter(sorted(network.rglob("20261116/**/*.jpg")))).unlink()
    monkeypatch.setattr(clean_run, "free_bytes", lambda root: 10**9 if len(files_of(local)) <= 14 else 0)
    count = clean(local, network, least_free_bytes=10**6)
    assert (count.early, count.unsaved, count.is_short_of_room) == (4, 0, False)
    assert max(count.deleted_dates) == "20261117"
    assert [day for day in sorted(dates_in(local)) if day < "20261118"] == ["20261116", "20261117"]


@pytest.mark.parametrize(("more", "early"), [(-1, 0), (0, 0), (1, 1)])
def test_dry_run_on_a_full_disk_tells_no_more_than_makes_room(saved, monkeypatch, more, early):
    local, network = saved
    old = [path for path in local.rglob("*.*") if path.is_file() and re.search("2026111[234]", str(path))]
    monkeypatch.setattr(clean_run, "free_bytes", lambda root: 10**9)
    least = 10**9 + sum(path.stat().st_size for path in old) + more
    count = clean(local, network, least_free_bytes=least, is_dry_run=True)
    assert (count.deleted, count.early) == (6 + early, early)
    assert clean(local, network, least_free_bytes=10**9).early == 0  # there is just room enough
    count = clean(local, network, least_free_bytes=10**9 + 1)
    assert (count.early, count.is_short_of_room) == (14, True)  # what is deleted shows in the room, or not at all


def test_drive_that_does_not_tell_its_room_is_cleaned_by_the_retention(saved, monkeypatch):
    monkeypatch.setattr(clean_run, "free_bytes", lambda root: None)
    count = clean(*saved, least_free_bytes=2**62)
    assert (count.deleted, count.early, count.is_short_of_room) == (6, 0, False)


def test_full_disk_deletes_nothing_early_where_copies_are_not_asked_for(saved):
    assert clean(saved[1], least_free_bytes=2**62).early == 0


def test_dry_run_tells_what_would_go_and_deletes_nothing(saved):
    local, network = saved
    count = clean(local, network, is_dry_run=True, least_free_bytes=0)
    assert (count.deleted, len(files_of(local))) == (6, 24)


@pytest.mark.parametrize("linked", ["unv_camera", "unv_camera/sklad", "unv_camera/sklad/20261101"])
def test_nothing_is_deleted_through_a_link(roots, tmp_path, linked):
    local, _ = roots
    lay_out(local, *moments(*range(8)), uid="zal")
    elsewhere = tmp_path / "elsewhere"
    (old,) = lay_out(elsewhere, "2026-11-01 14:05")
    link = local / linked
    if link.exists():
        shutil.rmtree(link)
    link.parent.mkdir(parents=True, exist_ok=True)
    link_folder(link, elsewhere / linked)
    clean(local)
    assert old.exists()


def test_link_that_takes_a_folders_place_meanwhile_is_refused(saved, tmp_path, monkeypatch):
    link_folder(tmp_path / "trial", tmp_path)  # a system that makes no link is found out before the sweep
    local, _ = saved
    hour = local / "unv_camera" / "sklad" / "20261112" / "14"
    moved = tmp_path / "moved"
    read = RecordingRoot.recordings

    def swap(root, group):
        entries = read(root, group)
        if root.folder(group) == str(hour):
            hour.rename(moved)
            link_folder(hour, moved)
        return entries

    monkeypatch.setattr(RecordingRoot, "recordings", swap)
    count = clean(local, is_dry_run=False)
    assert count.failed == 1
    assert "is a link" in count.problems[0]
    assert len(list(moved.iterdir())) == 1


def test_what_is_no_recording_in_the_layout_stays(saved):
    local, network = saved
    hour = local / "unv_camera" / "sklad" / "20261112" / "14"
    strangers = [hour / "Thumbs.db", hour / ".x.jpg.pc.7.partial", local / "20261112.jpg", hour.parent / "a.jpg"]
    for path in strangers:
        path.write_bytes(b"x")
    assert clean(local, network).deleted == 6
    assert all(path.exists() for path in strangers)


def test_folder_left_empty_by_a_killed_sweep_goes_with_the_next(saved):
    local, network = saved
    empty = local / "unv_camera" / "sklad" / "20261105" / "09"
    empty.mkdir(parents=True)
    without_hours = empty.parent.with_name("20261104")
    without_hours.mkdir()
    clean(local, network, is_dry_run=True)
    assert empty.exists()
    assert without_hours.exists()
    clean(local, network)
    assert not empty.parent.exists()
    assert not without_hours.exists()


@pytest.mark.parametrize("workers", [1, 8])
def test_read_only_file_goes_and_what_cannot_go_is_counted_and_named(saved, workers, monkeypatch):
    local, network = saved
    first, second, *_ = sorted(local.rglob("*.jpg"))
    first.chmod(0o444)
    unlink = os.unlink

    def refuse(path, **values):
        if str(path).endswith(str(second)):
            raise OSError(13, "in use by the recorder")
        unlink(path, **values)

    monkeypatch.setattr(os, "unlink", refuse)
    count = clean(local, network, workers=workers)
    assert (count.deleted, count.failed) == (5, 1)
    assert "in use by the recorder" in count.problems[0]
    assert second.exists()


def test_young_dates_are_not_gone_through(saved, monkeypatch):
    read, days = RecordingRoot.recordings, set()
    monkeypatch.setattr(RecordingRoot, "recordings", lambda root, group: days.add(group.day) or read(root, group))
    clean(*saved)
    assert days == {"20261112", "20261113", "20261114"}


def test_copies_without_what_is_known_of_them_are_refused(saved):
    with pytest.raises(ValueError, match="nothing may be deleted"):
        CleanRun(str(saved[0]), CleanOptions(8, TODAY, network_root=str(saved[1])))


def test_whole_drive_is_refused(roots):
    drive = os.path.splitdrive(str(roots[0]))[0] + os.sep
    with pytest.raises(ValueError, match="whole drive"):
        clean(drive)


def test_local_sweep_is_told_and_its_numbers_are_metrics(point, saved, run_script):
    point("min_free_gb = 0")
    code, result = run_script(main, "--input_dir_scenario", "local")
    assert code == 0
    assert result["metrics"]["deleted"] == 6
    assert re.fullmatch(r"Удалено: 6 записей, \d+,\d КБ, 12\.11\.2026-14\.11\.2026", result["summary"])


def test_unsaved_recordings_fail_the_run_and_can_be_overridden_by_hand(point, saved, run_script):
    point("min_free_gb = 0")
    sorted(saved[1].rglob("*.jpg"))[0].unlink()
    code, result = run_script(main, "--input_dir_scenario", "local")
    assert (code, result["metrics"]["unsaved"], result["metrics"]["deleted"]) == (1, 1, 5)
    assert result["summary"].startswith("Нет копии в облаке, оставлено: 1 запись; Удалено: 5 записей")
    code, result = run_script(main, "--input_dir_scenario", "local", "--override", "unsaved")
    assert (code, result["metrics"]["deleted"]) == (0, 1)


@pytest.mark.parametrize("scenario", ["local", "network"])
def test_network_that_is_away_lets_nothing_go_and_is_the_cause(point, saved, run_script, scenario):
    point()
    saved[1].rename(saved[1].with_name("away"))
    code, result = run_script(main, "--input_dir_scenario", scenario)
    assert (code, result["cause"]) == (75, "network_root_away")
    assert result["summary"] == f"Облако недоступно: {saved[1]}, ничего не удалено"
    assert len(files_of(saved[0])) == 24


def test_network_sweep_keeps_to_its_own_retention(point, saved, run_script):
    point("retention_network_days = 9")
    shutil.rmtree(saved[0])
    code, result = run_script(main, "--input_dir_scenario", "network")
    assert (code, result["metrics"]["deleted"]) == (0, 4)
    code, result = run_script(main, "--input_dir_scenario", "network", "--max_age_days", "8", "--dry-run")
    assert result["summary"] == "Было бы удалено: 2 записи, 5,9 КБ, 14.11.2026"
    assert len(files_of(saved[1])) == 20


def test_nearly_full_disk_is_a_remark_where_it_helped_and_a_failure_where_it_did_not(point, saved, run_script):
    point("min_free_gb = 999999")
    code, result = run_script(main, "--input_dir_scenario", "local")
    assert code == 1
    assert result["metrics"]["early"] == 14
    assert result["summary"].startswith("Мало места на ")
    assert "Не распознано" not in result["summary"]


def test_full_disk_on_which_nothing_more_may_go_is_told_with_what_nobody_understands_there(point, saved, run_script):
    point("min_free_gb = 999999")
    (saved[0] / "hikvision").mkdir()
    (saved[0] / "hikvision" / "one.dav").write_bytes(b"x")
    summary = run_script(main, "--input_dir_scenario", "local")[1]["summary"]
    example = os.path.join("hikvision", "one.dav")
    assert f"удалять больше нечего; Не распознано: 1 файл, например {example}; Удалено: " in summary


def test_missing_root_is_a_failure_and_the_other_is_cleaned(point, saved, run_script, ini):
    path = point("min_free_gb = 0")
    gone = saved[0].with_name("E_camera")
    path.write_text(path.read_text().replace("network_root", f"  {gone}\nnetwork_root"))
    code, result = run_script(main, "--input_dir_scenario", "local")
    assert (code, result["metrics"]["deleted"]) == (1, 6)
    assert result["summary"].startswith(f"Папка записей недоступна: {gone}")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--input_dir_scenario", "all"),
        ("--input_dir_scenario", "local", "--max_age_days", "0"),
        ("--input_dir_scenario", "network", "--override", "unsaved"),
    ],
)
def test_wrong_command_line_is_exit_code_2_and_deletes_nothing(point, saved, run_script, arguments):
    point()
    assert run_script(main, *arguments)[0] == 2
    assert len(files_of(saved[0])) == 24


def test_camera_folder_that_cannot_be_read_costs_nothing_else(saved, monkeypatch):
    local, network = saved
    refuse_to_read(monkeypatch, local / "unv_camera" / "sklad")
    count = clean(local, network)
    assert (count.deleted, count.failed) == (3, 1)


def test_date_that_cannot_be_read_costs_nothing_else(saved, monkeypatch):
    local, network = saved
    refuse_to_read(monkeypatch, local / "unv_camera" / "sklad" / "20261112")
    count = clean(local, network)
    assert (count.deleted, count.failed) == (5, 1)
    assert "20261112 of sklad" in count.problems[0]


def test_copies_are_trusted_after_half_a_day(point, saved, run_script, monkeypatch):
    point("min_free_gb = 0")
    now = Moment(time.time(), 1e6, 1e6, "a start of the PC before this one")
    open_notes(str(saved[1]), notes_path(), lambda: now).note_fresh("20261113", 0.0)
    code, result = run_script(main, "--input_dir_scenario", "local")
    assert (code, result["metrics"]["deleted"], result["metrics"]["fresh"]) == (0, 4, 2)
    assert result["summary"].endswith("скопировано только что, оставлено на полдня: 2 записи")
    later = time.time() + 14 * 3600
    monkeypatch.setattr(time, "time", lambda: later)
    assert run_script(main, "--input_dir_scenario", "local")[1]["metrics"]["deleted"] == 2


def test_notes_that_cannot_be_read_let_nothing_go(point, saved, run_script):
    point("min_free_gb = 0")
    os.makedirs(notes_path())
    code, result = run_script(main, "--input_dir_scenario", "local")
    assert (code, len(files_of(saved[0]))) == (1, 24)
    assert "copies.sqlite3 cannot be used" in result["summary"]


def test_damaged_notes_let_nothing_go_for_half_a_day(point, saved, run_script):
    point("min_free_gb = 0")
    os.makedirs(os.path.dirname(notes_path()))
    Path(notes_path()).write_bytes(b"no database" * 1000)
    code, result = run_script(main, "--input_dir_scenario", "local")
    assert (code, result["metrics"]["deleted"], result["metrics"]["fresh"]) == (0, 0, 6)


def test_full_disk_takes_nothing_that_was_copied_just_now(point, saved, run_script):
    for day in ("20261113", "20261117"):
        notes_on(saved[1]).note_fresh(day, 0.0)
    point("min_free_gb = 999999")
    code, result = run_script(main, "--input_dir_scenario", "local")
    assert code == 1
    assert "удалять пока больше нечего" in result["summary"]
    assert dates_in(saved[0]) == {"20261113", "20261117", "20261122", "20261123"}


def test_full_disk_counts_what_was_copied_just_now_once(saved):
    for day in ("20261113", "20261117"):
        notes_on(saved[1]).note_fresh(day, 0.0)
    assert clean(*saved, least_free_bytes=2**62).fresh == 4


def test_date_that_gets_copies_during_the_sweep_stays(saved, monkeypatch):
    notes, answers = notes_on(saved[1]), iter([{}])
    monkeypatch.setattr(notes, "fresh", lambda: next(answers, dict.fromkeys(("20261112", "20261113", "20261114"), 0.0)))
    count = clean(*saved, notes=notes)
    assert (count.deleted, count.fresh) == (1, 5)


def test_camera_whose_clock_starts_each_morning_at_the_same_date_is_cleaned_all_the_same(saved):
    local, network = saved
    old, new = lay_out(local, "2000-01-01 00:05", "2000-01-01 00:06", uid="zal")
    written = datetime(2026, 11, 13).timestamp()
    os.utime(old, (written, written))
    os.utime(new)
    shutil.copytree(local, network, dirs_exist_ok=True)
    notes = notes_on(network)
    notes.note_fresh("20000101", new.stat().st_mtime - 60)
    count = clean(local, network, notes=notes)
    assert (old.exists(), new.exists()) == (False, True)
    assert count.misdated == 1


def test_what_waits_for_a_copy_under_way_is_a_remark(point, saved, run_script):
    point("min_free_gb = 0")
    sorted(saved[1].rglob("*.jpg"))[0].unlink()
    with try_lock(lock_path(str(saved[1])), is_shared_by_users=True):
        code, result = run_script(main, "--input_dir_scenario", "local")
    assert (code, result["metrics"]["unsaved"]) == (10, 1)
    assert result["summary"].startswith("Ещё не скопировано, копирование идёт, оставлено: 1 запись; Удалено")


def test_copy_stays_as_long_as_its_original_or_it_would_be_made_anew_each_day(point, saved, run_script):
    local, network = saved
    point("retention_network_days = 9")
    shutil.rmtree(local / "xiaomi_camera_videos")
    code, result = run_script(main, "--input_dir_scenario", "network")
    assert (code, result["metrics"]["deleted"], result["metrics"]["still_local"]) == (0, 2, 2)
    assert result["summary"].endswith("оставлено, есть ещё на диске точки: 2 записи")
    assert CopyRun([str(local)], str(network), CopyOptions(), notes_on(network)).run().copied == 0


def test_local_retention_above_the_networks_is_a_remark(point, saved, run_script):
    point("retention_local_days = 90\nretention_network_days = 45")
    code, result = run_script(main, "--input_dir_scenario", "network")
    assert code == 0
    told = "срок на диске точки (90) больше, чем в облаке (45): копия остаётся, пока есть оригинал"
    assert result["summary"] == f"Удалять нечего; {told}"


def test_copy_beside_another_recording_stays_as_long_as_its_original(saved):
    local, network = saved
    path = next(network.rglob("20261112/**/*.jpg"))
    beside = path.with_name(f"{path.stem}~1a2b3c4d.jpg")
    shutil.copy2(path, beside)
    assert clean(network, originals=(str(local),)).deleted == 0
    (local / path.relative_to(network)).unlink()
    assert clean(network, originals=(str(local),)).deleted == 2
    assert not beside.exists()


@pytest.mark.parametrize("cameras", [frozenset(), frozenset({("unv", "sklad")})])
def test_dates_of_2038_go_by_their_time_of_writing_and_are_told(roots, cameras):
    local, network = roots
    lay_out(local, *moments(*range(30)))
    for age, moment in enumerate(moments(*range(30), today=date(2038, 2, 28))):
        (path,) = lay_out(local, moment, uid="zal")
        written = datetime(2026, 11, 23, 12).timestamp() - age * 86400
        os.utime(path, (written, written))
    shutil.copytree(local, network, dirs_exist_ok=True)
    count = clean(local, network, cameras=cameras)
    assert (count.deleted, count.dates_ahead) == (42, {"zal": "20380228"})
    assert len(list(local.rglob("unv_camera/zal/*"))) == len(list(local.rglob("unv_camera/sklad/*"))) == 9
    count = clean(local, network, least_free_bytes=2**62, cameras=cameras)
    assert len(list(local.rglob("unv_camera/zal/*"))) == len(list(local.rglob("unv_camera/sklad/*"))) == 2


def test_only_camera_shows_2038_and_is_cleaned_all_the_same(point, roots, run_script):
    local, network = roots
    for age, moment in enumerate(moments(*range(12), today=date(2038, 2, 28))):
        (path,) = lay_out(local, moment)
        written = datetime(2026, 11, 23, 12).timestamp() - age * 86400
        os.utime(path, (written, written))
    shutil.copytree(local, network, dirs_exist_ok=True)
    point("min_free_gb = 0\n[camera unv_001]\nkind = unv\nuid = sklad")
    code, result = run_script(main, "--input_dir_scenario", "local")
    assert (code, result["metrics"]["deleted"]) == (10, 3)
    assert "Дата из будущего: sklad 28.02.2038" in result["summary"]


def test_listed_camera_that_died_keeps_its_two_newest_dates(saved):
    local, network = saved
    lay_out(local, *moments(40, 41, 42), uid="zal")
    shutil.copytree(local, network, dirs_exist_ok=True)
    assert clean(local, network, cameras=frozenset({("unv", "zal")})).newest == 2
    assert sorted(path.name for path in (local / "unv_camera" / "zal").iterdir()) == ["20261013", "20261014"]
    assert clean(local, network).deleted == 2


def test_dry_run_keeps_the_newest_dates_of_writing_that_the_run_keeps(saved):
    local, network = saved
    paths = lay_out(local, *moments(42, 41, 40, 39), uid="zal")
    set_written(paths[2], "2026-10-15 00:05")  # after midnight, when the next date was written, too
    shutil.copytree(local, network, dirs_exist_ok=True)
    dry, real = (clean(local, network, cameras=frozenset({("unv", "zal")}), is_dry_run=dry) for dry in (True, False))
    assert (dry.deleted, dry.newest) == (real.deleted, real.newest) == (7, 3)


def test_newest_date_that_cannot_be_read_is_none(saved, monkeypatch):
    local, network = saved
    lay_out(local, *moments(40, 41, 42, 43), uid="zal")
    shutil.copytree(local, network, dirs_exist_ok=True)
    refuse_to_read(monkeypatch, local / "unv_camera" / "zal" / "20261014" / "14")
    count = clean(local, network, cameras=frozenset({("unv", "zal")}))
    assert (count.deleted, count.newest, count.failed) == (7, 2, 1)


def test_young_date_that_cannot_be_read_is_none_of_the_later_ones(roots, monkeypatch):
    local, _ = roots
    lay_out(local, *moments(*range(12)))
    refuse_to_read(monkeypatch, local / "unv_camera" / "sklad" / "2026112[01]" / "14")
    count = clean(local)
    assert sorted(count.deleted_dates) == ["20261112", "20261113"]


def test_young_date_with_rubbish_alone_is_none_of_the_later_ones(roots):
    local, _ = roots
    for path in lay_out(local, *moments(*range(12))):
        if path.parts[-3] in ("20261120", "20261121"):
            path.rename(path.with_name("Thumbs.db"))
    assert sorted(clean(local).deleted_dates) == ["20261112", "20261113"]


def test_old_copies_go_also_where_a_local_root_is_gone(point, saved, run_script):
    point("retention_network_days = 9")
    saved[0].rename(saved[0].with_name("away"))
    code, result = run_script(main, "--input_dir_scenario", "network")
    assert (code, result["metrics"]["deleted"]) == (0, 4)


@pytest.mark.parametrize("after", ["unv_camera", "sklad", "20261120", "20261113"])
def test_root_that_goes_away_during_the_sweep_is_a_failure(point, saved, run_script, monkeypatch, after):
    point("min_free_gb = 0")
    lose_drive(monkeypatch, saved[0], after)
    code, result = run_script(main, "--input_dir_scenario", "local")
    assert code == 1
    assert result["summary"].startswith("Папка записей недоступна: ")


def test_hour_that_another_clean_up_took_is_no_failure(saved, monkeypatch):
    local, _ = saved
    read = RecordingRoot.recordings

    def taken(root, group):
        entries = read(root, group)
        if group.day == "20261113":
            shutil.rmtree(root.folder(group))
        return entries

    monkeypatch.setattr(RecordingRoot, "recordings", taken)
    count = clean(local)
    assert (count.deleted, count.failed) == (4, 0)


def test_hour_whose_disk_fails_is_a_failure_though_its_folder_is_not_seen_any_more(saved, monkeypatch):
    local, _ = saved
    read = RecordingRoot.recordings

    def fail(root, group):
        if group.day == "20261113":
            shutil.rmtree(root.folder(group), ignore_errors=True)
            raise OSError(5, "the device does not answer")
        return read(root, group)

    monkeypatch.setattr(RecordingRoot, "recordings", fail)
    count = clean(local)
    assert (count.deleted, count.failed) == (4, 2)


def test_unfinished_copies_go_with_old_dates_when_nobody_can_be_at_work_on_them(saved, monkeypatch):
    _, network = saved
    day = network / "unv_camera" / "sklad" / "20261112"
    partial = day / "14" / ".14-05-00.jpg.old_pc.7.partial"
    partial.write_bytes(b"x")
    os.utime(partial, (1e9, 1e9))  # it has its source's time already: it may be renamed the next moment
    assert clean(network).deleted == 6
    assert partial.exists() or sys.platform == "win32"  # Wine's time of creation is the time of writing
    later = time.time() + 8 * 86400
    monkeypatch.setattr(time, "time", lambda: later)
    clean(network)
    assert not day.exists()


def test_full_disk_keeps_what_was_written_since_yesterday_under_an_older_date(saved):
    local, network = saved
    lately, before = lay_out(local, "2026-11-17 15:05", "2026-11-17 16:05")
    set_written(lately, "2026-11-22 12:00")
    set_written(before, "2026-11-21 12:00")
    shutil.copytree(local, network, dirs_exist_ok=True)
    clean(local, network, least_free_bytes=2**62)
    assert (lately.exists(), before.exists()) == (True, False)


def test_of_a_date_that_is_yet_to_come_goes_what_was_written_long_ago(saved):
    local, network = saved
    old, new = lay_out(local, "2038-01-19 14:05", "2038-01-19 15:05", uid="zal")
    set_written(old, "2026-11-01 12:00")
    set_written(new, "2026-11-23 12:00")
    after_midnight = local / "unv_camera" / "sklad" / "20261114" / "14" / "14-05-00.jpg"
    set_written(after_midnight, "2026-11-15 00:05")
    (young,) = lay_out(local, "2038-01-20 14:05", uid="zal")
    set_written(young, "2026-11-15 12:00")  # the first date that stays: its folder is not gone through
    shutil.copytree(local, network, dirs_exist_ok=True)
    count = clean(local, network)
    assert (old.exists(), new.exists(), count.ahead) == (False, True, 1)
    assert sorted(count.deleted_dates) == ["20261101", "20261112", "20261113", "20261114"]


def test_copies_whose_date_is_wrong_go_by_their_time_of_writing_too(roots):
    _, network = roots
    lay_out(network, *moments(*range(12)))
    fallen, old, new = lay_out(network, "2000-01-01 00:05", "2038-01-19 14:05", "2038-01-19 15:05", uid="zal")
    for path, written in ((fallen, "2026-11-23 12:00"), (old, "2026-11-01 12:00"), (new, "2026-11-23 12:00")):
        set_written(path, written)
    count = clean(network)
    assert (fallen.exists(), old.exists(), new.exists()) == (True, False, True)
    assert (count.deleted, count.misdated, count.ahead) == (4, 1, 1)


def test_empty_dates_take_the_place_of_none_for_recordings_of_2038(roots):
    local, network = roots
    for age, moment in enumerate(moments(*range(8, 20), today=date(2038, 2, 28)), 8):
        (path,) = lay_out(local, moment, uid="zal")
        set_written(path, f"{TODAY - timedelta(days=age)} 12:00")
    for age in range(8):
        (local / "unv_camera" / "sklad" / f"{TODAY - timedelta(days=age):%Y%m%d}" / "14").mkdir(parents=True)
    shutil.copytree(local, network, dirs_exist_ok=True)
    assert clean(local, network).deleted == 4


def test_date_that_is_yet_to_come_and_cannot_be_read_is_told(saved, monkeypatch):
    local, network = saved
    lay_out(local, "2038-01-19 14:05", uid="zal")
    refuse_to_read(monkeypatch, local / "unv_camera" / "zal" / "20380119" / "14")
    count = clean(local, network)
    assert (count.deleted, count.failed) == (6, 1)


FLAT = pytest.mark.parametrize("layout", LAYOUTS[2:], ids=lambda layout: type(layout).__name__)


@FLAT
def test_dead_copies_of_another_pc_go_from_a_flat_folder_with_its_old_recordings(roots, layout, monkeypatch):
    _, network = roots
    paths = lay_out(network, *moments(*range(12)), uid="78DF72A1B2C3", layout=layout)
    partial = paths[0].with_name(".00_20261112140500_20261112141500.mp4.old_pc.7.partial")
    strange = [paths[0].with_name("a.partial"), paths[0].with_name("notes.txt")]
    for path in (partial, *strange):
        path.write_bytes(b"x")
        os.utime(path, (1e9, 1e9))  # it has its source's time already: it may be renamed the next moment
    assert clean(network, days=10).deleted == 1
    assert partial.exists() or sys.platform == "win32"  # Wine's time of creation is the time of writing
    later = time.time() + 8 * 86400
    monkeypatch.setattr(time, "time", lambda: later)
    assert clean(network, days=9, is_dry_run=True).deleted == 1
    assert partial.exists() or sys.platform == "win32"
    assert clean(network, days=9).deleted == 1
    assert not partial.exists()
    assert all(path.exists() for path in strange)


@FLAT
def test_flat_folder_is_the_cameras_and_stays_when_all_of_it_is_old(roots, layout):
    _, network = roots
    old, *_ = lay_out(network, *moments(20, 21), uid="78DF72A1B2C3", layout=layout)
    lay_out(network, *moments(*range(8)))
    assert clean(network).deleted == 2
    assert list(old.parent.iterdir()) == []


@FLAT
def test_link_in_a_flat_folder_is_no_copy_and_no_recording(roots, layout):
    local, network = roots
    paths = lay_out(local, *moments(*range(12)), uid="78DF72A1B2C3", layout=layout)
    for path in paths:
        target = network / path.relative_to(local)
        target.parent.mkdir(parents=True, exist_ok=True)
        link_file(target, path)
    tell_first(local, network=network)
    count = clean(local, network)
    assert (count.deleted, count.unsaved) == (0, 3)
    count = clean(network, days=1)
    assert (count.deleted, count.misdated) == (0, 0)  # nor is it looked at
    assert all((network / path.relative_to(local)).is_symlink() for path in paths)


@FLAT
def test_what_goes_of_a_kind_of_camera_that_is_new_here_is_told_a_day_before(roots, layout):
    local, network = roots
    lay_out(local, *moments(*range(12)), uid="78DF72A1B2C3", layout=layout)
    lay_out(local, *moments(*range(12)))
    shutil.copytree(local, network, dirs_exist_ok=True)
    clock = Clock()
    notes = notes_on(network, clock)
    assert clean(local, network, notes=notes, is_dry_run=True).untold == 3  # tells nobody who counts
    clock.go_on(30)
    first = clean(local, network, notes=notes)
    assert (first.deleted, first.untold, first.failed) == (3, 3, 0)
    assert sorted(first.deleted_dates) == ["20261112", "20261113", "20261114"]
    clock.go_on(3)
    clock.wall += 400 * 86400  # a clock that is set makes no day
    assert clean(local, network, notes=notes).untold == 3
    clock.go_on(20.5)
    second = clean(local, network, notes=notes)
    assert (second.deleted, second.untold) == (3, 0)
    assert clean(network, days=9, notes=notes).untold == 2  # the other root, on its own
    assert len(files_of(network)) == 22


def test_kind_of_camera_of_which_nothing_could_go_was_not_told(roots):
    local, network = roots
    lay_out(local, *moments(*range(12)), uid="78DF72A1B2C3", layout=LAYOUTS[2])
    clock = Clock()
    notes = notes_on(network, clock)
    assert clean(local, network, notes=notes).unsaved == 3
    shutil.copytree(local, network, dirs_exist_ok=True)
    clock.go_on(30)
    count = clean(local, network, notes=notes)
    assert (count.deleted, count.untold) == (0, 3)


def test_new_kind_of_camera_is_a_remark_for_a_day_and_one_told_by_a_clock_ahead_counts_anew(point, roots, run_script):
    point("min_free_gb = 0")
    lay_out(roots[0], *moments(*range(12)), uid="78DF72A1B2C3", layout=LAYOUTS[2])
    shutil.copytree(roots[0], roots[1], dirs_exist_ok=True)
    ahead = Moment(time.time() + 9e6, 1e6, 1e6, "a start of the PC before this one")
    earlier = open_notes(str(roots[1]), notes_path(), lambda: ahead)
    earlier.note_told(str(roots[0]), "XiaomiFlat")
    earlier.close()
    code, result = run_script(main, "--input_dir_scenario", "local")
    told = "камеры нового вида, через сутки начнётся удаление старых: 3 записи"
    assert (code, result["summary"]) == (10, f"Удалять нечего; {told}")
    now = Moment(time.time() + 86400, 1.0, 1.0, "the next start")
    notes = open_notes(str(roots[1]), notes_path(), lambda: now)
    assert notes.was_told(str(roots[0]), "XiaomiFlat")
    assert not notes.was_told(str(roots[0]), "XiaomiShare")


def test_full_disk_waits_for_a_new_kind_of_camera_too(point, roots, run_script):
    point("min_free_gb = 999999")
    lay_out(roots[0], *moments(*range(12)), uid="78DF72A1B2C3", layout=LAYOUTS[2])
    shutil.copytree(roots[0], roots[1], dirs_exist_ok=True)
    code, result = run_script(main, "--input_dir_scenario", "local")
    assert (code, result["metrics"]["deleted"]) == (1, 0)
    assert "удалять пока больше нечего" in result["summary"]
    code, result = run_script(main, "--input_dir_scenario", "local", "--override", "unsaved")
    assert result["metrics"]["deleted"] == 3  # who asks for that by hand has been told


def test_network_root_lost_in_the_middle_is_no_missing_copy(saved, monkeypatch):
    local, network = saved
    run = CleanRun(str(local), CleanOptions(8, TODAY, network_root=str(network), notes=notes_on(network)))
    shutil.rmtree(network)
    count = run.run()
    assert (count.deleted, count.unsaved, count.failed) == (0, 0, 6)


def test_recording_of_today_under_a_wrong_date_of_the_camera_stays(saved):
    local, network = saved
    (wrong,) = lay_out(local, "2000-01-01 00:05", uid="zal")
    os.utime(wrong)
    shutil.copytree(local, network, dirs_exist_ok=True)
    count = clean(local, network)
    assert wrong.exists()
    assert (count.misdated, count.deleted) == (1, 6)
