"""The point's state, from ledgers of several users that are only read."""

import os
import shutil
import subprocess
import sys
import tempfile
from datetime import timezone
from pathlib import Path

import pytest

from scheduler_runner.notices.digest import PointState
from scheduler_runner.notices.news import Kind, Notice
from scheduler_runner.notices.teller import SafeBook
from scheduler_runner.notices.texts import messages
from scheduler_runner.records.ledger import FinishedRun, Ledger, TaskState
from scheduler_runner.run_site import RunSite
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


def state_of(tmp_path, *tasks) -> PointState:
    return PointState(str(tmp_path / "logs"), tasks)


def test_digest_adds_up_what_all_users_did(tmp_path, ledger_of):
    copy, monitor = python_task("", name="Copy"), python_task("", name="Monitor", user="system")
    mine, theirs = ledger_of("operator", copy), ledger_of("system", monitor)
    run(mine, copy.id, 0, "succeeded", metrics='{"copied": 400, "copied_bytes": 1000}')
    run(
        mine,
        copy.id,
        1,
        "warned",
        metrics='{"copied": 12, "copied_bytes": 24, "free_bytes": 7}',
        summary="осталось 3 файла",
    )
    run(theirs, monitor.id, 0, "failed", metrics='{"cameras": 6}', summary="Молчит камера unv_002")
    run(mine, copy.id, 2, "skipped", metrics='{"free_bytes": null}')
    run(mine, copy.id, 30, "succeeded", metrics='{"copied": 99}')
    facts = state_of(tmp_path, copy, monitor).digest(*SPAN)
    assert (facts["runs"], facts["failed"], facts["copied"], facts["copied_bytes"], facts["cameras"]) == (
        4,
        1,
        412,
        1024,
        6,
    )
    assert [(each["task"], each["summary"]) for each in facts["failing"]] == [("demo_Monitor", "Молчит камера unv_002")]
    assert [(each["task"], each["summary"]) for each in facts["remarks"]] == [("demo_Copy", "осталось 3 файла")]
    assert facts["free"][0] == {"where": "(demo_Copy)", "bytes": 7}
    (text,) = messages("182", [Notice(Kind.DIGEST, SLOT, facts=facts)], timezone.utc)
    assert text.startswith("182: за сутки есть неполадки\nсбой demo_Monitor с ")


def test_numbers_that_an_older_version_kept_and_nobody_can_add_up_are_passed_over(tmp_path, ledger_of):
    task = python_task("", name="Job")
    ledger = ledger_of("operator", task)
    for number, metrics in enumerate(
        ['{"copied": NaN, "free_bytes": Infinity}', '{"copied": 1e999}', "{", '{"copied": 3}']
    ):
        run(ledger, task.id, number, "succeeded", metrics=metrics)
    facts = state_of(tmp_path, task).digest(*SPAN)
    assert (facts["runs"], facts["copied"]) == (4, 3)
    assert [each for each in facts["free"] if "demo" in each["where"]] == []


def test_missed_slots_of_planned_times_are_counted_and_those_of_hours_are_not(tmp_path, ledger_of):
    ledger = ledger_of(
        "operator",
        python_task("", name="Daily", plan={"schedule": "daily", "time": "09:10"}),
        python_task("", name="Hourly"),
    )
    ledger.decide("demo_Daily", TaskState("daily 09:10", 0, SLOT), [SLOT, SLOT + 10], SLOT)
    ledger.decide("demo_Hourly", TaskState("hourly at :00", 0, SLOT), [SLOT], SLOT)
    assert state_of(tmp_path).digest(*SPAN)["missed"] == [{"task": "demo_Daily", "count": 2}]


def test_task_that_is_gone_or_disabled_fails_no_more(tmp_path, ledger_of):
    task = python_task("", name="Job")
    run(ledger_of("operator", task), task.id, 0, "failed")
    assert state_of(tmp_path, task).failing_tasks == ["demo_Job"]
    assert state_of(tmp_path).failing_tasks == []
    assert state_of(tmp_path, task._replace(enabled=False)).failing_tasks == []
    assert state_of(tmp_path, task._replace(user="system")).failing_tasks == []


def test_ledger_that_cannot_be_read_is_told_and_the_rest_counts(tmp_path, ledger_of):
    task = python_task("", name="Job")
    run(ledger_of("operator", task), task.id, 0, "succeeded")
    broken = tmp_path / "logs" / "system" / "ledger.sqlite3"
    broken.parent.mkdir()
    broken.write_bytes(b"damaged" * 1000)
    facts = state_of(tmp_path, task).digest(*SPAN)
    assert facts["unreadable"] == [{"user": "system"}]
    assert facts["runs"] == 1
    assert broken.read_bytes() == b"damaged" * 1000
    assert [path.name for path in broken.parent.iterdir()] == ["ledger.sqlite3"]


@pytest.mark.parametrize("is_open", [True, False])
def test_reading_leaves_every_byte_as_it_is(tmp_path, ledger_of, is_open):
    task = python_task("", name="Job")
    ledger = ledger_of("operator", task)
    run(ledger, task.id, 0, "succeeded")
    if not is_open:
        ledger.close()
    before = _contents(tmp_path / "logs")
    assert state_of(tmp_path, task).digest(*SPAN)["runs"] == 1
    after = _contents(tmp_path / "logs")
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    # What is shared between those who have it open is memory on a file, and no part of the record.
    assert {path.name for path in changed} <= {"ledger.sqlite3-shm"}


@pytest.mark.skipif(
    sys.platform == "win32" or not hasattr(os, "geteuid") or os.geteuid() != 0,
    reason="only root can become another account",
)
def test_another_account_without_the_right_to_write_can_read_a_ledger(ledger_of):
    task = python_task("", name="Job")
    ledger = ledger_of("operator", task)
    run(ledger, task.id, 0, "succeeded")
    ledger.close()
    code = (  # urllib beforehand: that account may be kept out of where Python lies
        "import os, sys, urllib.parse; from scheduler_runner.records.ledger import Ledger; os.setgroups([]);"
        "os.setgid(65534); os.setuid(65534);"
        "print(Ledger(sys.argv[1], is_read_only=True).last_runs('demo_Job', 9)[0].outcome)"
    )
    # Not below pytest's folder: that is root's alone again as soon as another suite begins.
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = shutil.copy(ledger.file.path, folder)
        os.chmod(path, 0o644)
        command = [sys.executable, "-c", code, path]
        answer = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False)
    assert (answer.returncode, answer.stdout) == (0, "succeeded\n"), answer.stderr


def _contents(folder: Path) -> dict:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
