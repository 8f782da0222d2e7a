"""One recorded attempt: ``run_task`` with real processes and a real ledger."""

import json
import os
import sys
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from scheduler_runner.errors import LedgerUnavailable
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.run_site import RunSite
from scheduler_runner.runs.attempt import run_task
from scheduler_runner.runs.recovery import close_abandoned_runs
from scheduler_runner.runs.task_lock import read_holder, record_path
from scheduler_runner.system.locks import read_mark, try_lock
from scheduler_runner.task import Outcome
from scheduler_runner.utils.logging import configure_logger
from tests.conftest import fill, python_task
from tests.waiting import UNTIL_GO, wait_until

SLOT = datetime(2026, 11, 23, 18, 10, tzinfo=timezone.utc)


@pytest.fixture
def attempt(site, ledger, logger):
    """Return a function that carries out one attempt of a task."""

    def carry_out(task, *, slot=SLOT, number=1, **values):
        given = {"ledger": ledger, "logger": logger, "site": site, **values}
        return run_task(task, slot=slot, attempt=number, **given)

    return carry_out


def seconds(slot: datetime = SLOT) -> int:
    return int(slot.timestamp())


@pytest.mark.parametrize(
    ("code", "values", "outcome"),
    [
        ("pass", {}, Outcome.SUCCEEDED),
        ("raise SystemExit(10)", {"warn_codes": frozenset({10})}, Outcome.WARNED),
        ("raise SystemExit(3)", {}, Outcome.FAILED),
        ("import time; time.sleep(60)", {"timeout_seconds": 0.5}, Outcome.TIMED_OUT),
        ("raise SystemExit(75)", {}, Outcome.SKIPPED),
        ("pass", {"working_dir": "/no/such/folder"}, Outcome.NOT_STARTED),
    ],
)
def test_outcome_is_returned_and_on_record(attempt, ledger, code, values, outcome):
    result = attempt(python_task(code, **values))
    assert result.outcome is outcome
    assert result.is_recorded
    (run,) = ledger.attempts("demo_Job", seconds())
    assert (run.run, run.outcome) == (result.run_id, outcome.value)


def test_result_file_gives_summary_and_metrics_and_is_removed(attempt, ledger, site, read_log):
    said = json.dumps({"summary": "Скопировано: 3 файла", "metrics": {"files": 3}})
    code = f"import os; open(os.environ['SCHEDULER_RESULT_FILE'], 'w', encoding='utf-8').write({said!r})"
    result = attempt(python_task(code))
    assert (result.summary, result.metrics) == ("Скопировано: 3 файла", {"files": 3})
    (run,) = ledger.last_runs("demo_Job", 1)
    assert (run.summary, json.loads(run.metrics)) == ("Скопировано: 3 файла", {"files": 3})
    assert "summary=Скопировано: 3 файла" in read_log()
    assert os.listdir(site.own.results) == []


def test_damaged_result_file_changes_no_outcome(attempt, read_log):
    code = "import os; open(os.environ['SCHEDULER_RESULT_FILE'], 'w').write('{')"
    assert attempt(python_task(code)).outcome is Outcome.SUCCEEDED
    assert "result ignored: the result file is no JSON" in read_log()


def test_secret_reaches_neither_log_nor_ledger_nor_result(attempt, site, tmp_path):
    said = json.dumps({"summary": "swordfish", "metrics": {"swordfish": ["swordfish"]}})
    code = (
        f"import os, sys; open(os.environ['SCHEDULER_RESULT_FILE'], 'w').write({said!r}); print('swordfish');"
        "sys.exit('swordfish')"
    )
    result = attempt(python_task(code, env={"CAMERA_PASSWORD": "swordfish"}))
    assert "swordfish" not in repr(result)
    for path in Path(site.logs_dir).rglob("*"):
        assert not path.is_file() or b"swordfish" not in path.read_bytes(), path


def test_outcome_that_the_ledger_refused_is_put_on_record_by_a_later_tick_as_it_was(
    attempt, ledger, site, logger, monkeypatch
):
    def refuse(*_, **__):
        raise LedgerUnavailable("no room")

    task = python_task("import time; time.sleep(60)", timeout_seconds=0.5)
    with monkeypatch.context() as patched:
        patched.setattr(ledger, "finish", refuse)
        assert not attempt(task).is_recorded
    (closed,) = close_abandoned_runs(ledger, {task.id: task}, site, logger, lambda _: logger)
    assert closed.outcome is Outcome.TIMED_OUT
    assert os.listdir(site.own.results) == []


def test_failure_without_a_summary_is_explained_by_its_last_lines(attempt):
    result = attempt(python_task("import sys; print('a', file=sys.stderr); sys.exit('disk D: is gone')"))
    assert result.reason == "exit code 1: a / disk D: is gone"


def test_child_gets_base_environment_and_its_own(attempt, site, ledger, logger, read_log):
    where = RunSite(site.logs_dir, "operator", site.project_root, {"PVZ_ID": "182", "LOG_LEVEL": "INFO", "A": "base"})
    code = "import os; print([os.environ.get(n) for n in ('PVZ_ID', 'A', 'B', 'LOG_LEVEL')])"
    attempt(python_task(code, env={"A": "own", "PVZ_ID": None}), site=where)
    assert "[None, 'own', None, 'INFO']" in read_log()


@pytest.mark.parametrize(("slot", "told"), [(SLOT, "'2026-11-23T18:10:00+00:00'"), (None, "None")])
def test_child_knows_whether_it_was_planned(attempt, site, read_log, slot, told):
    where = RunSite(site.logs_dir, "operator", site.project_root, {}, environ={"SCHEDULER_SLOT": "of another run"})
    attempt(python_task("import os; print(repr(os.environ.get('SCHEDULER_SLOT')))"), slot=slot, site=where)
    assert f"INFO     {told}" in read_log()


def test_working_folder_is_below_the_project(attempt, tmp_path, read_log):
    (tmp_path / "sub").mkdir()
    attempt(python_task("import os; print(os.path.basename(os.getcwd()))", working_dir="sub"))
    assert "INFO     sub" in read_log()


def test_detailed_task_is_told_to_log_debug_lines(attempt, site, read_log):
    detailed = configure_logger("operator", "demo_Job", detailed=True, logs_dir=site.logs_dir)
    attempt(python_task("import os; print(os.environ['LOG_LEVEL'])"), logger=detailed)
    assert "INFO     DEBUG" in read_log()


def test_busy_lock_leaves_the_slot_untouched(attempt, site, ledger):
    os.makedirs(os.path.dirname(site.own.task_lock("demo_Job")))
    with try_lock(site.own.task_lock("demo_Job")):
        result = attempt(python_task("pass"))
    assert result.outcome is Outcome.ALREADY_RUNNING
    assert ledger.slot_state("demo_Job", seconds()) is None
    assert attempt(python_task("pass")).outcome is Outcome.SUCCEEDED


def test_tasks_of_one_group_never_run_at_the_same_time(attempt, site, ledger, logger, tmp_path):
    code = "open('begun', 'w').close()\n" + UNTIL_GO
    first = threading.Thread(target=attempt, args=(python_task(code, group="disk"),))
    first.start()
    wait_until((tmp_path / "begun").exists)
    other_user = RunSite(site.logs_dir, "system", site.project_root)
    result = attempt(python_task("pass", name="Other", group="Disk"), site=other_user)
    (tmp_path / "go").touch()
    first.join()
    assert result.outcome is Outcome.ALREADY_RUNNING
    assert attempt(python_task("pass", name="Other", group="Disk"), site=other_user).outcome is Outcome.SUCCEEDED


def test_slot_that_another_tick_took_is_not_run_again(attempt, tmp_path):
    task = python_task("open('ran', 'a').write('x')")
    assert attempt(task).outcome is Outcome.SUCCEEDED
    assert attempt(task).outcome is Outcome.ALREADY_RUNNING
    assert (tmp_path / "ran").read_text() == "x"


def test_failed_slot_stays_open_while_retries_are_left(attempt, ledger):
    task = python_task("raise SystemExit(1)", retries=1)
    attempt(task)
    assert ledger.slot_state("demo_Job", seconds()) == "open"
    attempt(task, number=2)
    assert ledger.slot_state("demo_Job", seconds()) == "failed"


def test_run_by_hand_decides_no_slot(attempt, ledger):
    result = attempt(python_task("pass"), slot=None)
    assert result.slot is None
    assert ledger.open_slots() == {}
    assert [run.outcome for run in ledger.last_runs("demo_Job", 5)] == ["succeeded"]


def test_holder_is_on_record_while_it_runs_and_gone_afterwards(attempt, site, tmp_path):
    code = (
        "import json, time\nrecord = {}\n"
        # It is written twice: the second time with the program, which runs by then.
        "while not record.get('child_birth'):\n"
        "    time.sleep(0.1)\n"
        f"    record = json.load(open({record_path(site.own.task_lock('demo_Job'))!r}))\n"
        "json.dump(record, open('seen', 'w'))"
    )
    assert attempt(python_task(code, timeout_seconds=60)).outcome is Outcome.SUCCEEDED
    assert json.loads((tmp_path / "seen").read_text())["runner_pid"] == os.getpid()
    assert read_holder(site.own.task_lock("demo_Job")) is None


def test_stop_is_recorded_as_an_interruption(attempt, site, ledger):
    threading.Timer(0.7, site.stop.throw).start()
    result = attempt(python_task("import time; time.sleep(60)"))
    assert result.outcome is Outcome.INTERRUPTED
    assert ledger.slot_state("demo_Job", seconds()) == "open"


class TestWithoutALedger:
    """Tasks run all the same, each slot once: the lock file's time says which."""

    @pytest.fixture
    def unwritable(self, tmp_path):
        (tmp_path / "folder").mkdir()
        return Ledger(str(tmp_path / "folder"))

    def test_task_runs_and_the_slot_is_marked(self, attempt, unwritable, site, tmp_path):
        result = attempt(python_task("open('ran', 'a').write('x')"), ledger=unwritable)
        assert (result.outcome, result.is_recorded) == (Outcome.SUCCEEDED, False)
        assert read_mark(site.own.task_lock("demo_Job")) == seconds()
        assert attempt(python_task("open('ran', 'a').write('x')"), ledger=unwritable).outcome is Outcome.ALREADY_RUNNING
        later = attempt(python_task("pass"), ledger=unwritable, slot=SLOT + timedelta(hours=1))
        assert later.outcome is Outcome.SUCCEEDED
        assert (tmp_path / "ran").read_text() == "x"

    def test_slot_claimed_without_a_ledger_is_not_run_again_when_it_is_back(
        self, attempt, unwritable, ledger, tmp_path
    ):
        attempt(python_task("open('ran', 'a').write('x')"), slot=SLOT - timedelta(hours=1))
        attempt(python_task("open('ran', 'a').write('x')"), ledger=unwritable)
        assert attempt(python_task("open('ran', 'a').write('x')")).outcome is Outcome.ALREADY_RUNNING
        assert (tmp_path / "ran").read_text() == "xx"
        assert ledger.slot_state("demo_Job", seconds()) == "unrecorded"

    def test_ledger_made_anew_after_damage_runs_rather_than_not(self, attempt, ledger, site, tmp_path):
        attempt(python_task("open('ran', 'a').write('x')"))
        ledger.close()
        Path(site.own.ledger).write_bytes(b"no database" * 1000)
        assert attempt(python_task("open('ran', 'a').write('x')")).outcome is Outcome.SUCCEEDED
        assert (tmp_path / "ran").read_text() == "xx"

    def test_mark_of_a_clock_far_ahead_blocks_nothing(self, attempt, unwritable, site):
        attempt(python_task("pass"), ledger=unwritable)
        ahead = seconds() + 400 * 86400
        os.utime(site.own.task_lock("demo_Job"), (ahead, ahead))
        later = attempt(python_task("pass"), ledger=unwritable, slot=SLOT + timedelta(hours=1))
        assert later.outcome is Outcome.SUCCEEDED

    def test_no_lock_no_log_and_no_ledger_do_not_stop_the_task(self, site, unwritable, tmp_path):
        Path(site.logs_dir).write_text("a file in the folder's place")
        logger = configure_logger("operator", "demo_Job", logs_dir=site.logs_dir)
        result = run_task(
            python_task("open('ran', 'w').close()"), slot=SLOT, attempt=1, ledger=unwritable, logger=logger, site=site
        )
        assert (result.outcome, result.is_recorded) == (Outcome.SUCCEEDED, False)
        assert (tmp_path / "ran").exists()


def test_full_disk_does_not_stop_the_task_that_frees_it(small_disk, tmp_path):
    site = RunSite(str(small_disk / "logs"), "operator", str(tmp_path))
    os.makedirs(os.path.dirname(site.own.task_lock("demo_Job")))
    ledger = Ledger(site.own.ledger)
    logger = configure_logger("operator", "demo_Job", logs_dir=site.logs_dir)
    run_task(python_task("pass"), slot=SLOT - timedelta(hours=1), attempt=1, ledger=ledger, logger=logger, site=site)
    fill(small_disk)
    freeing = python_task(f"import os; os.remove({str(small_disk / 'filler')!r}); print('freed')")
    result = run_task(freeing, slot=SLOT, attempt=1, ledger=ledger, logger=logger, site=site)
    assert result.outcome is Outcome.SUCCEEDED
    assert not (small_disk / "filler").exists()
    again = run_task(freeing, slot=SLOT, attempt=1, ledger=ledger, logger=logger, site=site)
    assert again.outcome is Outcome.ALREADY_RUNNING
    ledger.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows inherits no lock")
def test_child_holds_the_lock_for_its_dead_runner(attempt, site, tmp_path):
    code = "import os; print(sorted(os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd') if os.path.exists(f'/proc/self/fd/{n}')))"
    attempt(python_task(code))
    text = "".join(path.read_text("utf-8") for path in (Path(site.own.folder) / "demo_Job").glob("*.log"))
    assert "demo_job.lock" in text
