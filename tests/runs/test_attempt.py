"""One recorded attempt: ``run_task`` with real processes and a real ledger."""

import json
import os
import subprocess
import sys
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from scheduler_runner.errors import LedgerUnavailable
from scheduler_runner.outcome import Outcome
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.run_site import RunSite
from scheduler_runner.runs.attempt import begin_attempt, run_task
from scheduler_runner.runs.recovery import close_abandoned_runs
from scheduler_runner.runs.stop_request import ask_to_stop
from scheduler_runner.runs.task_lock import read_holder, record_path
from scheduler_runner.system.locks import read_mark, try_lock
from scheduler_runner.utils.logging import close_logger, configure_logger
from tests.conftest import fill, python_task
from tests.waiting import UNTIL_GO, wait_until

SLOT = datetime(2026, 11, 23, 18, 0, tzinfo=timezone.utc)


@pytest.fixture
def attempt(site, ledger, logger):
    """Return a function that carries out one attempt of a task, a little after its slot."""

    def carry_out(task, *, slot=SLOT, number=1, late=1, **values):
        given = {"ledger": ledger, "logger": logger, "site": site, **values}
        given["site"].clock, given["site"].zone = (lambda: (slot or SLOT).timestamp() + late), timezone.utc
        return run_task(task, slot=slot, attempt=number, **given)

    return carry_out


def site_with(logs: Path, tmp_path: Path) -> RunSite:
    return RunSite(str(logs), "operator", str(tmp_path), refuge_dir=str(tmp_path / "refuge"), zone=timezone.utc)


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
    found = close_abandoned_runs(ledger, {task.id: task}, site, logger, lambda _: logger)
    assert (found.closed, found.running) == ([], {})
    assert ledger.slot_state(task.id, seconds()) == "timed_out"
    (run,) = ledger.last_runs(task.id, 5)
    assert (run.outcome, run.reason) == ("timed_out", "its time was over")
    assert os.listdir(site.own.results) == []


def test_failure_without_a_summary_is_explained_by_its_last_lines(attempt):
    result = attempt(python_task("import sys; print('a', file=sys.stderr); sys.exit('disk D: is gone')"))
    assert result.reason == "exit code 1: a / disk D: is gone"


def test_child_gets_base_environment_and_its_own(attempt, site, ledger, logger, read_log):
    where = RunSite(site.logs_dir, "operator", site.project_root, {"PVZ_ID": "182", "LOG_LEVEL": "INFO", "A": "base"})
    code = "import os; print([os.environ.get(n) for n in ('PVZ_ID', 'A', 'B', 'LOG_LEVEL')])"
    attempt(python_task(code, env={"A": "own", "PVZ_ID": None}), site=where)
    assert "[None, 'own', None, 'INFO']" in read_log()


@pytest.mark.parametrize(("slot", "told"), [(SLOT, "'2026-11-23T18:00:00+00:00'"), (None, "None")])
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

    @pytest.fixture
    def no_logs(self, tmp_path):
        """Return what an attempt is given where the logs folder takes nothing at all."""
        place = tmp_path / "file"
        place.write_text("a file in the folder's place")
        site = site_with(place, tmp_path)
        return {"site": site, "logger": configure_logger("operator", "demo_Job", logs_dir=site.logs_dir)}

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

    def test_claim_and_outcome_are_taken_in_when_it_is_back(self, attempt, unwritable, ledger, site, logger):
        task = python_task("raise SystemExit(3)", retries=2, env={"A": "b"})
        attempt(python_task("pass"), slot=SLOT - timedelta(hours=1))
        result = attempt(task, ledger=unwritable)
        assert (result.outcome, result.is_recorded) == (Outcome.FAILED, False)
        close_abandoned_runs(ledger, {task.id: task}, site, logger, lambda _: logger)
        (run,) = ledger.attempts(task.id, seconds())
        assert (run.run, run.outcome) == (result.run_id, "failed")
        assert ledger.slot_state(task.id, seconds()) == "open"  # its retries are left
        assert os.listdir(site.own.results) == []
        assert attempt(task, number=2).outcome is Outcome.FAILED

    def test_run_that_goes_on_when_it_is_back_is_open_until_it_ends(self, attempt, unwritable, ledger, site, logger):
        attempt(python_task("pass"), slot=SLOT - timedelta(hours=1))
        task = python_task(UNTIL_GO)
        runner = threading.Thread(target=attempt, args=(task,), kwargs={"ledger": unwritable})
        runner.start()
        wait_until(lambda: list(Path(site.own.results).glob("*.record.json")))  # whole: it is written beside first
        found = close_abandoned_runs(ledger, {task.id: task}, site, logger, lambda _: logger)
        assert (found.closed, list(found.running)) == ([], [task.id])
        Path(site.project_root, "go").touch()
        runner.join()
        close_abandoned_runs(ledger, {task.id: task}, site, logger, lambda _: logger)
        assert ledger.slot_state(task.id, seconds()) == "succeeded"

    @pytest.mark.parametrize("content", ["{", "[]", '{"run": "r", "outcome": "odd"}', '{"run": ["r"], "task": "t"}'])
    def test_record_that_is_none_is_told_and_stops_nothing(self, attempt, ledger, site, logger, read_log, content):
        attempt(python_task("pass"))
        Path(site.own.results, "r.record.json").write_text(content)
        close_abandoned_runs(ledger, {}, site, logger, lambda _: logger)
        assert os.listdir(site.own.results) == []
        assert "cannot take in what a run left" in read_log()

    @pytest.mark.parametrize(("late", "outcome"), [(299, Outcome.SUCCEEDED), (301, Outcome.SKIPPED)])
    def test_slot_of_which_nobody_knows_starts_only_while_it_is_younger_than_a_tick(
        self, attempt, unwritable, no_logs, tmp_path, late, outcome
    ):
        result = attempt(python_task("open('ran', 'w').close()"), ledger=unwritable, late=late, **no_logs)
        assert (result.outcome, result.is_recorded) == (outcome, False)
        assert (tmp_path / "ran").exists() == (outcome is Outcome.SUCCEEDED)

    def test_slot_is_claimed_once_where_the_refuge_alone_can_be_written(self, attempt, unwritable, no_logs, tmp_path):
        task = python_task("open('ran', 'a').write('x')")
        assert attempt(task, ledger=unwritable, **no_logs).outcome is Outcome.SUCCEEDED
        assert attempt(task, ledger=unwritable, late=200, **no_logs).outcome is Outcome.ALREADY_RUNNING
        assert (tmp_path / "ran").read_text() == "x"


def test_disk_that_became_read_only_runs_each_slot_once_and_one_at_a_time(small_disk, tmp_path):
    """Lock, mark and ledger fail together there; the lock of yesterday can still be taken."""
    site = site_with(small_disk / "logs", tmp_path)
    os.makedirs(site.own.folder)
    ledger, logger = Ledger(site.own.ledger), configure_logger("operator", "demo_Job", logs_dir=site.logs_dir)
    task = python_task(UNTIL_GO + "open('ran', 'a').write('x')")

    def tick(late):
        site.clock = lambda: SLOT.timestamp() + late
        return run_task(task, slot=SLOT, attempt=1, ledger=ledger, logger=logger, site=site)

    site.clock = lambda: SLOT.timestamp() - 3600
    yesterday = python_task("pass")
    run_task(yesterday, slot=SLOT - timedelta(hours=1), attempt=1, ledger=ledger, logger=logger, site=site)
    ledger.close()
    close_logger(logger)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    first = threading.Thread(target=tick, args=(900,))
    first.start()
    wait_until(lambda: read_holder(site.own_refuge.task_lock(task.id)))
    beside = tick(1200)
    assert beside.outcome is Outcome.ALREADY_RUNNING
    (tmp_path / "go").touch()
    first.join()
    assert tick(1500).reason == "this slot was taken before"
    assert (tmp_path / "ran").read_text() == "x"
    ledger.close()


@pytest.mark.parametrize("late", [60, 86400])
def test_slot_whose_time_is_over_when_its_turn_has_come_is_not_started(attempt, ledger, tmp_path, late):
    """The PC may have slept since the decision, and it is the next morning."""
    task = python_task("open('ran', 'w')", plan={"schedule": "hourly", "misfire_grace_time": 60})
    result = attempt(task, late=late)
    assert (result.outcome, result.reason) == (Outcome.SKIPPED, "its time was over before it could start")
    assert not (tmp_path / "ran").exists()
    assert ledger.slot_state("demo_Job", seconds()) is None


def test_slot_whose_time_passes_between_claim_and_start_is_not_started(attempt, site, ledger, tmp_path, monkeypatch):
    task = python_task("open('ran', 'w')", plan={"schedule": "hourly", "misfire_grace_time": 60})
    claim = ledger.claim

    def claimed_and_slept(**values):
        site.clock = lambda: SLOT.timestamp() + 9999
        return claim(**values)

    monkeypatch.setattr(ledger, "claim", claimed_and_slept)
    assert attempt(task).outcome is Outcome.NOT_STARTED
    assert not (tmp_path / "ran").exists()
    assert ledger.slot_state("demo_Job", seconds()) == "not_started"


@pytest.mark.slow
def test_run_that_is_stopped_by_hand_is_on_record_as_that_and_not_repeated(attempt, site, ledger):
    task = python_task("import time; time.sleep(60)", retries=3)
    asked = []

    def ask() -> None:
        wait_until(lambda: (holder := read_holder(site.own.task_lock(task.id))) and holder.child_pid)
        asked.append(ask_to_stop(site, task.id))

    asker = threading.Thread(target=ask)
    asker.start()
    result = attempt(task)
    asker.join()
    assert (result.outcome, result.reason, result.run_id) == (Outcome.STOPPED, "stopped by hand", asked[0].run_id)
    assert ledger.slot_state("demo_Job", seconds()) == "stopped"
    assert sorted(os.listdir(site.own.locks)) == ["demo_job.lock"]


def test_request_for_another_run_stops_nothing(attempt, site):
    os.makedirs(site.own.locks)
    Path(site.own.locks, "demo_job.stop").write_text("another run")
    assert attempt(python_task("pass")).outcome is Outcome.SUCCEEDED


def test_who_has_nothing_running_can_stop_nothing(site):
    assert ask_to_stop(site, "demo_Job") is None


def test_who_is_refused_hears_by_whom_also_within_one_tick(site, ledger, logger):
    site.clock = lambda: SLOT.timestamp() + 1
    values = {"attempt": 1, "ledger": ledger, "logger": logger, "site": site, "slot": SLOT}
    first = begin_attempt(python_task("pass", group="disk"), **values)
    second = begin_attempt(python_task("pass", name="Other", group="Disk"), **values)
    assert f"run={first.run_id} task=demo_Job" in second.reason
    first.carry_out()


def test_full_disk_does_not_stop_the_task_that_frees_it(small_disk, tmp_path):
    site = site_with(small_disk / "logs", tmp_path)
    os.makedirs(os.path.dirname(site.own.task_lock("demo_Job")))
    ledger = Ledger(site.own.ledger)
    logger = configure_logger("operator", "demo_Job", logs_dir=site.logs_dir)
    site.clock = lambda: SLOT.timestamp() - 3600
    run_task(python_task("pass"), slot=SLOT - timedelta(hours=1), attempt=1, ledger=ledger, logger=logger, site=site)
    fill(small_disk)
    site.clock = lambda: SLOT.timestamp() + 900
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
