"""How a point is, on one screen: what fails, what comes next; and the zip for the phone call."""

import json
import os
import shutil
import sys
import time
import zipfile
from contextlib import closing
from datetime import datetime
from threading import Event

import pytest

from config import base_config
from scheduler_runner.cli import status
from scheduler_runner.cli.asking import here
from scheduler_runner.notices.news import Kind, Notice
from scheduler_runner.notices.numbers import Day
from scheduler_runner.notices.outbox import add_notice
from scheduler_runner.russian import grouped
from scheduler_runner.screens.screen import Screen
from tests.cli.test_asking import shown
from tests.conftest import INI, PROJECT, ZONE, entry

CHOSEN = INI.replace("= test", "= production") + "[notices]\nchannels = off\n"


@pytest.mark.slow
def test_task_that_fails_is_told_with_its_words_and_the_way_to_why(lived, capsys):
    text = shown(capsys, "status", code=1)
    assert "182: something is wrong" in text
    assert "drift: Broken fails since " in text and "no disk" in text
    assert "why demo_Broken shows why" in text
    assert "next: " in text and "version 0." in text
    assert max(len(line) for line in text.splitlines() if "/" not in line and "\\" not in line) < 80


@pytest.mark.slow
def test_ini_that_cannot_be_read_keeps_nothing_else_from_being_told(lived, capsys):
    (lived.root / "pvz_config.ini").write_text(INI.replace("PVZ_ID = 182\n", ""), "utf-8")
    base_config.point.cache_clear()
    text = " ".join(shown(capsys, "status", code=3).split())
    assert text.startswith("something is wrong drift: ") and "PVZ_ID is missing" in text
    assert "drift: Broken fails since " in text and "no disk" in text


@pytest.mark.slow
def test_zone_that_nobody_knows_for_want_of_a_package_is_told_with_the_package(lived):
    shutil.copy(PROJECT / "requirements.txt", lived.root)
    standard_library_alone = "-S"
    process = lived.start("-m", "scheduler_runner", "status", program=standard_library_alone, PYTHONTZPATH="")
    text = " ".join(process.communicate(timeout=60)[0].split())
    assert process.returncode == 3
    assert "with the package tzdata installed" in text
    assert "package psutil is missing" in text and "pip install -r" in text
    assert "drift: Broken fails since " in text


def test_today_is_told_so_far(new_point):
    place = here()
    day = Day(place.midnight(place.today()) + 60.0, place.now, copied=14210, left=3)
    told = Screen(None, language="ru").words(status.said_of_today(day, place))
    assert told == f"сегодня: открыт в 00:01, скопировано файлов: {grouped(14210)}, осталось: 3"


def mend(project) -> None:
    """Let the point have one task that works, a mode and nobody to tell on purpose."""
    (project.root / "pvz_config.ini").write_text(CHOSEN, "utf-8")
    project.schedule(entry("Copy", "pass"))
    base_config.point.cache_clear()


def note_idle_tick(project) -> None:
    """Put on record that a tick came, nothing was due, and it looked at what is looked at once a day."""
    (project.logs / "operator").mkdir(parents=True)
    with closing(project.ledger()) as ledger:
        ledger.note_idle_tick(time.time(), time.time() + 1, 1, 0)
        ledger.remember_once("levels", "1")


@pytest.mark.slow
def test_all_is_well_with_evidence_alone(new_point, capsys):
    mend(new_point)
    note_idle_tick(new_point)
    assert "182: nothing is known yet" in shown(capsys, "status", code=1)
    assert new_point.run("--user", "operator").returncode == 0
    assert "182: all is well, last seen to work at " in shown(capsys, "status", code=0)


@pytest.mark.slow
def test_point_whose_copy_failed_and_is_tried_again_is_not_called_well(new_point, capsys):
    mend(new_point)
    note_idle_tick(new_point)  # else an administrator's tests find on Windows that anybody may change the project
    again = entry("Copy", "raise SystemExit('no disk')", retries=1, retry_delay=60)
    new_point.schedule(again, entry("Other", "pass"))
    assert new_point.run("--user", "operator").returncode == 1
    text = shown(capsys, "status", code=0)
    assert "182: an attempt failed, a further one follows" in text
    assert "note: Copy: the attempt of " in text


@pytest.mark.slow
def test_what_is_silenced_is_shown_and_is_nothing_new(lived, capsys):
    mend(lived)
    lived.run("--user", "operator")
    shown(capsys, "pause", "Copy", "--until", "3d", "--why", "ремонт")
    text = shown(capsys, "status", code=0)
    assert "182: nothing new is wrong" in text
    assert "note: paused until " in text and "Copy (ремонт)" in text
    told = json.loads(shown(capsys, "status", "--json", code=0))
    assert [brake["asked"] for brake in told["brakes"]] == ["Copy"]


@pytest.mark.slow
def test_notices_that_wait_and_times_without_ticks_are_shown(lived, capsys):
    with closing(lived.ledger()) as ledger:
        at = time.time() - 7200
        ledger.note_idle_tick(at - 7200, at - 7190, 1, 0)
        ledger.file.write(lambda connection: connection.execute("UPDATE ticks SET id = 100 - id"))
        ledger.file.write(lambda connection: add_notice(connection, Notice(Kind.MISSED, at, "demo_Copy")))
    text = shown(capsys, "status", code=1)
    assert "notices that wait to be sent: 1, since " in text
    assert "the scheduler was not started from " in text


@pytest.mark.slow
def test_disk_that_does_not_answer_keeps_nobody_waiting(lived, capsys, monkeypatch):
    asked = Event()
    monkeypatch.setattr(status, "free_bytes", lambda folder: asked.wait(60))
    monkeypatch.setattr(status, "_FREE_SECONDS", 0.01)
    assert "free: " not in shown(capsys, "status", code=1)
    asked.set()


@pytest.mark.slow
def test_point_that_is_well_says_so_and_programs_can_ask(lived, capsys):
    mend(lived)
    lived.run("--user", "operator")
    told = json.loads(shown(capsys, "status", "--json", code=0))
    assert told["concerns"] == [] and told["point"] == "182" and told["ok"]
    assert set(told) >= {"version", "next", "running", "free_bytes", "last_ticks", "findings", "today", "waiting"}


@pytest.mark.slow
def test_no_command_at_all_is_status(lived, capsys):
    assert "182: something is wrong" in shown(capsys, code=1)


@pytest.mark.slow
def test_support_packs_what_a_helper_asks_for_and_no_secret(lived, capsys, tmp_path, monkeypatch):
    secret = "123456789:AAtestTESTtestTESTtestTESTtestTEST-_x"
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", secret)
    (lived.root / "pvz_config.ini").write_text(
        CHOSEN + f"[healthchecks]\nping_url = https://hc.example/{'k' * 20}\n", "utf-8"
    )
    log = next((lived.logs / "operator" / "demo_Copy").glob("*.log"))
    log.write_text(f"{log.read_text('utf-8')}\nset to {secret}\n", "utf-8")
    target = tmp_path / "support.zip"
    assert str(target) in shown(capsys, "support", "--out", str(target)).replace("\n", "")
    with zipfile.ZipFile(target) as packed:
        names = packed.namelist()
        everything = b"".join(packed.read(name) for name in names)
    assert {"status.txt", "doctor.txt", "pvz.ini", "ledger-operator.sqlite3"} <= set(names)
    assert any(name.startswith("logs/operator/demo_Copy/") for name in names)
    assert secret.encode() not in everything and b"k" * 20 not in everything


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX's links and pipes")
def test_what_an_account_puts_in_a_logs_place_is_neither_followed_nor_waited_for(lived, capsys, tmp_path):
    secret, target = tmp_path / "shadow", tmp_path / "support.zip"
    secret.write_text("root's own")
    folder = lived.logs / "operator" / "demo_Off"
    folder.mkdir()
    today = datetime.now(ZONE)
    (folder / f"{today:%Y-%m-%d}.log").symlink_to(secret)
    os.mkfifo(folder / f"{today:%Y-%m-%d}.1.log")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / f"{today:%Y-%m-%d}.log").write_text("root's own")
    (lived.logs / "operator" / "demo_Link").symlink_to(tmp_path / "elsewhere")
    assert "root's own" not in shown(capsys, "log", "Off")
    shown(capsys, "support", "--out", str(target))
    with zipfile.ZipFile(target) as packed:
        assert not [name for name in packed.namelist() if b"root's own" in packed.read(name)]
