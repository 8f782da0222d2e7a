"""The point's state, from ledgers of several users that are only read."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

import pytest

from scheduler_runner.notices.brakes import MUTE, Brake, write_brakes
from scheduler_runner.notices.digest import Digest, PointState
from scheduler_runner.notices.news import Kind, Notice
from scheduler_runner.notices.safe_book import SafeBook
from scheduler_runner.notices.texts import messages
from scheduler_runner.records.ledger import Ledger, TaskState
from scheduler_runner.records.run_rows import FinishedRun
from scheduler_runner.run_site import RunSite
from scheduler_runner.system.layout import Layout
from tests.conftest import PROJECT, python_task

SLOT = 1_790_000_000 // 3600 * 3600
SPAN = (SLOT - 100.0, SLOT + 86000.0)


@pytest.fixture
def ledger_of(tmp_path, logger):
    """Return a function that makes a user's ledger, with a book."""
    made = []

    def make(user: str, *tasks) -> Ledger:
        site = RunSite(str(tmp_path / "logs"), user, str(tmp_path), zone=timezone.utc)
        os.makedirs(site.own.folder, exist_ok=True)
        made.append(Ledger(site.own.ledger, book=SafeBook(tasks, site, None, logger)))
        return made[-1]

    yield make
    for ledger in made:
        ledger.close()


def run(ledger, task: str, number: int, outcome: str, **values) -> None:
    slot = SLOT + number * 3600
    ledger.claim(run=f"{task}{number}", task=task, slot=slot, attempt=1, started_at=slot)
    made = FinishedRun(f"{task}{number}", task, slot, 1, slot, slot + 60, outcome, **values)
    ledger.finish(made, slot_state=outcome)


def state_of(tmp_path, *tasks, now: float = SPAN[1]) -> PointState:
    return PointState(str(tmp_path / "logs"), tasks, now)


def digest_of(tmp_path, *tasks) -> Digest:
    return state_of(tmp_path, *tasks).digest(*SPAN, timezone.utc)


def test_digest_adds_up_what_all_users_did(tmp_path, ledger_of):
    copy = python_task("", name="Copy", title="Копирование")
    monitor = python_task("", name="Monitor", user="system", title="Проверка")
    mine, theirs = ledger_of("operator", copy), ledger_of("system", monitor)
    run(mine, copy.id, 0, "succeeded", metrics='{"copied": 400, "copied_bytes": 1000}')
    metrics = '{"copied": 12, "copied_bytes": 24, "free_bytes": 7}'
    run(mine, copy.id, 1, "warned", metrics=metrics, summary="осталось 3 файла")
    run(theirs, monitor.id, 0, "failed", metrics='{"cameras": 6}', summary="Молчит камера unv_002")
    run(mine, copy.id, 2, "skipped", metrics='{"free_bytes": null}')
    run(mine, copy.id, 30, "succeeded", metrics='{"copied": 99}')
    digest = digest_of(tmp_path, copy, monitor)
    assert (digest.runs, digest.failed, digest.copied, digest.copied_bytes, digest.cameras) == (4, 1, 412, 1024, 6)
    assert [(each.name, each.facts["summary"]) for each in digest.concerns] == [
        ("demo_Monitor", "Молчит камера unv_002")
    ]
    assert digest.remarks == {"Копирование": "осталось 3 файла"}
    assert digest.free["Копирование"] == 7
    (text,) = messages("182", [Notice(Kind.DIGEST, SLOT, facts=digest.facts)], timezone.utc)
    assert text.startswith("182: неполадки: Проверка\nмолчит камера unv_002, с ")


def test_numbers_that_an_older_version_kept_and_nobody_can_add_up_are_passed_over(tmp_path, ledger_of):
    task = python_task("", name="Job")
    ledger = ledger_of("operator", task)
    for number, metrics in enumerate(
        ['{"copied": NaN, "free_bytes": Infinity}', '{"copied": 1e999}', "{", '{"copied": 3}']
    ):
        run(ledger, task.id, number, "succeeded", metrics=metrics)
    digest = digest_of(tmp_path, task)
    assert (digest.runs, digest.copied) == (4, 3)
    assert "Job" not in digest.free


def test_missed_slots_of_planned_times_are_counted_and_those_of_hours_are_not(tmp_path, ledger_of):
    tasks = (
        python_task("", name="Daily", plan={"schedule": "daily", "time": "09:10"}),
        python_task("", name="Hourly"),
        python_task("", name="Weekly", plan={"schedule": "cron", "cron": "0 9 * * 1"}),
    )
    ledger = ledger_of("operator", *tasks)
    ledger.decide("demo_Daily", TaskState("daily 09:10", 0, SLOT), [SLOT, SLOT + 10], SLOT)
    ledger.decide("demo_Hourly", TaskState("hourly at :00", 0, SLOT), [SLOT], SLOT)
    ledger.decide("demo_Weekly", TaskState("it was another one", 0, SLOT), [SLOT], SLOT)
    assert digest_of(tmp_path, *tasks).missed == {"Daily": 2, "Weekly": 1}


def names(state: PointState) -> "list[str]":
    return [concern.name for concern in state.concerns]


def test_task_that_is_gone_or_disabled_fails_no_more(tmp_path, ledger_of):
    task = python_task("", name="Job")
    run(ledger_of("operator", task), task.id, 0, "failed")
    assert names(state_of(tmp_path, task)) == ["demo_Job"]
    assert names(state_of(tmp_path)) == []
    assert names(state_of(tmp_path, task._replace(enabled=False))) == []
    assert names(state_of(tmp_path, task._replace(user="system"))) == []


def test_ledger_that_cannot_be_read_is_told_and_the_rest_counts(tmp_path, ledger_of):
    task = python_task("", name="Job")
    run(ledger_of("operator", task), task.id, 0, "succeeded")
    broken = tmp_path / "logs" / "system" / "ledger.sqlite3"
    broken.parent.mkdir()
    broken.write_bytes(b"damaged" * 1000)
    state = state_of(tmp_path, task)
    digest = state.digest(*SPAN, timezone.utc)
    assert (digest.unreadable, digest.runs, state.is_well) == (("system",), 1, False)
    assert broken.read_bytes() == b"damaged" * 1000
    assert [path.name for path in broken.parent.iterdir()] == ["ledger.sqlite3"]


def test_ledger_that_no_newer_version_has_opened_yet_tells_what_fails(tmp_path, ledger_of):
    task = python_task("", name="Job")
    ledger = ledger_of("operator", task)
    run(ledger, task.id, 0, "succeeded")

    def as_before(connection) -> None:
        for table in ("levels", "doings", "findings", "late", "undelivered"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("INSERT INTO health VALUES ('demo_Job', ?, 3, ?, 0)", (SLOT - 50.0, SLOT))
        connection.execute("PRAGMA user_version = 3")

    ledger.file.write(as_before)
    ledger.close()
    state = state_of(tmp_path, task)
    assert [(each.name, each.since, each.failures) for each in state.concerns] == [("demo_Job", SLOT - 50, 3)]
    assert not state.unreadable


def test_all_is_well_only_where_nothing_is_wrong_and_unmuted(tmp_path, ledger_of):
    task = python_task("", name="Job")
    ledger = ledger_of("operator", task)
    run(ledger, task.id, 0, "succeeded")
    assert state_of(tmp_path, task).is_well
    run(ledger, task.id, 1, "failed")
    assert not state_of(tmp_path, task).is_well
    brakes = Layout(str(tmp_path / "logs")).user("operator").brakes
    write_brakes(brakes, [Brake(MUTE, "Job", ("task demo_Job",), SLOT, SPAN[1] + 60)])
    muted = state_of(tmp_path, task)
    assert muted.is_well
    assert muted.concerns[0].muted_until == SPAN[1] + 60
    assert [brake.asked for brake in muted.brakes] == ["Job"]
    assert not state_of(tmp_path, task, now=SPAN[1] + 60).is_well


def test_day_is_told_from_its_first_tick_to_its_last(tmp_path, ledger_of):
    task = python_task("", name="Job")
    ledger = ledger_of("operator", task)
    midnight = SLOT // 86400 * 86400
    for hour in (-20, -16, -3, 1, 9):
        ledger.note_idle_tick(midnight + hour * 3600, midnight + hour * 3600 + 1, 1, 0)
    finished = FinishedRun(
        "r", task.id, None, 1, midnight - 7200, midnight - 7100, "succeeded", metrics='{"copied": 5, "left": 2}'
    )
    updates = finished._replace(run="u", started_at=midnight - 7000, ended_at=midnight - 6900, metrics='{"left": 0}')
    for each in (finished, updates):  # of updates some are left as well, and they are no recordings
        ledger.start_by_hand(run=each.run, task=task.id, started_at=each.started_at)
        ledger.finish(each, slot_state=None)
    day = state_of(tmp_path, task).digest(SLOT, midnight + 36000, timezone.utc).day
    assert (day.opened_at, day.closed_at, day.copied, day.left) == (midnight - 72000, midnight - 10800, 5, 2)


DAY = f"{datetime.fromtimestamp(SLOT // 86400 * 86400 - 1, timezone.utc):%Y%m%d}"


@pytest.mark.parametrize(
    ("evening", "morning", "told"),
    [
        ({"copied": 5, "left": 0, "recorded": {DAY: 9}}, {}, (9, 0)),
        ({"copied": 5, "left": 0, "failed": 2, "recorded": {DAY: 9}}, {}, (9, 2)),
        ({"copied": 5, "left": 0, "recorded": {DAY: 9}}, {"copied": 0, "left": 0, "recorded": {DAY: 12}}, (12, 0)),
        ({"copied": 5, "left": 0, "recorded": {DAY: 9}}, {"recorded": {DAY: 12}}, (12, None)),
        ({"copied": 5, "left": 0, "recorded": {DAY: 9}}, {"copied": 0, "left": 3, "recorded": {DAY: 4}}, (9, None)),
        ({"copied": 5, "left": 3, "recorded": {DAY: 9}}, {"installed": 2, "left": 0}, (9, 3)),
        ({"copied": 5, "left": 0, "is_left_complete": False}, {}, (None, None)),
        ({"copied": 5}, {}, (None, None)),
    ],
)
def test_all_of_a_day_is_called_copied_only_by_who_has_counted_it(tmp_path, ledger_of, evening, morning, told):
    task = python_task("", name="Job")
    ledger = ledger_of("operator", task)
    midnight = SLOT // 86400 * 86400
    ledger.note_idle_tick(midnight - 7200, midnight - 7199, 1, 0)
    for started_at, metrics in ((midnight - 7200, evening), (midnight + 7200, morning)):
        run_id = f"r{started_at}"
        ledger.start_by_hand(run=run_id, task=task.id, started_at=started_at)
        finished = FinishedRun(run_id, task.id, None, 1, started_at, started_at + 9, "succeeded")
        ledger.finish(finished._replace(metrics=json.dumps(metrics)), slot_state=None)
    day = state_of(tmp_path, task).digest(SLOT, midnight + 36000, timezone.utc).day
    assert (day.recorded, day.left) == told


@pytest.mark.parametrize("is_open", [True, False])
def test_reading_leaves_every_byte_as_it_is(tmp_path, ledger_of, is_open):
    task = python_task("", name="Job")
    ledger = ledger_of("operator", task)
    run(ledger, task.id, 0, "succeeded")
    if not is_open:
        ledger.close()
    before = _contents(tmp_path / "logs")
    assert digest_of(tmp_path, task).runs == 1
    after = _contents(tmp_path / "logs")
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    # What is shared between those who have it open is memory on a file, and no part of the record.
    assert {path.name for path in changed} <= {"ledger.sqlite3-shm"}


@pytest.mark.parametrize("wrong", ["changes = ''", "facts = '['", "since = 'long ago'", "state = 'x'", "told = 5"])
def test_ledger_with_something_else_in_its_levels_hides_no_other_accounts_trouble(tmp_path, ledger_of, wrong):
    mine, theirs = python_task("", name="Mine", user="system"), python_task("", name="Theirs")
    good, forged = ledger_of("system", mine), ledger_of("operator", theirs)
    run(good, mine.id, 0, "failed")
    run(forged, theirs.id, 0, "failed")
    forged.file.write(lambda connection: connection.execute(f"UPDATE levels SET {wrong}"))
    digest = digest_of(tmp_path, mine, theirs)
    assert [each.name for each in digest.concerns] == [mine.id]
    assert digest.unreadable == ("operator",)


@pytest.mark.skipif(
    sys.platform == "win32" or not hasattr(os, "geteuid") or os.geteuid() != 0,
    reason="only root can become another account",
)
def test_another_account_without_the_right_to_write_can_read_a_ledger(ledger_of):
    task = python_task("", name="Job")
    ledger = ledger_of("operator", task)
    run(ledger, task.id, 0, "succeeded")
    ledger.close()
    code = (  # asked twice: that account may be kept out of where Python and the program lie, so all is loaded before
        "import os, sys;"
        "from scheduler_runner.records.ledger import Ledger;"
        "ask = lambda path: Ledger(path, is_read_only=True).last_runs('demo_Job', 9)[0].outcome;"
        "ask(sys.argv[2]); os.setgroups([]); os.setgid(65534); os.setuid(65534);"
        "print(ask(sys.argv[1]))"
    )
    # Not below pytest's folder: that is root's alone again as soon as another suite begins.
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = shutil.copy(ledger.file.path, folder)
        os.chmod(path, 0o644)
        command = [sys.executable, "-c", code, path, ledger.file.path]
        answer = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False)
    assert (answer.returncode, answer.stdout) == (0, "succeeded\n"), answer.stderr


def _contents(folder: Path) -> dict:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
