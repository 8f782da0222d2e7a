"""Whatever dies, at whatever moment: no lock stays, no two attempts overlap, each slot runs once or once again."""

import os
import random
import signal
import sys
import time

import psutil
import pytest

from tests.conftest import entry, just_now
from tests.waiting import UNTIL_GO, content_of, wait_until

POSIX_ONLY = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX facility")
SLEEP = "time.sleep(60)"
# Each attempt writes a line at its start and at its end, and fails where another one is at work.
EXCLUSIVE = (
    "import os, sys, time\n"
    "try: os.mkdir('at work')\n"
    "except FileExistsError: open('overlap', 'a').write('x')\n"
    "open('attempts', 'a').write('begin\\n')\n"
    "{work}\n"
    "open('attempts', 'a').write('end\\n')\n"
    "os.rmdir('at work')\n"
)


def living(project) -> "list[psutil.Process]":
    """Return the processes that belong to this project."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("BASE_DIR") == str(project.root) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def outcomes(project, task: str = "demo_Job") -> "list[str]":
    ledger = project.ledger()
    found = [run.outcome for run in reversed(ledger.last_runs(task, 100))]
    assert ledger.open_runs() == []
    ledger.close()
    return found


@pytest.mark.slow
def test_twenty_runners_of_the_same_second_run_each_slot_once(project):
    names = ["A", "B", "C"]
    project.schedule(*(entry(name, f"open('{name}', 'a').write('x')") for name in names))
    runners = [project.start("--user", "operator") for _ in range(20)]
    errors = [runner.communicate(timeout=100)[1] for runner in runners]
    assert {runner.returncode for runner in runners} == {0}, errors
    assert [(project.root / name).read_text() for name in names] == ["x", "x", "x"]
    assert project.log().count("tick finished") == 20


@pytest.mark.slow
def test_dead_runner_is_found_by_the_next_tick_which_tries_the_slot_once_more(project):
    project.schedule(entry("Job", EXCLUSIVE.format(work=SLEEP)))
    for attempt in (1, 2):
        runner = project.start("--user", "operator")
        wait_until(
            lambda n=attempt: (
                (project.root / "attempts").exists() and (project.root / "attempts").read_text().count("begin") == n
            )
        )
        runner.kill()
        runner.communicate()
        if (project.root / "at work").exists():
            (project.root / "at work").rmdir()
    last = project.run("--user", "operator")
    assert last.returncode == 1
    assert outcomes(project) == ["interrupted", "interrupted"]
    assert living(project) == []
    assert (project.root / "attempts").read_text().split() == ["begin", "begin"]
    assert not (project.root / "overlap").exists()
    assert project.log("demo_Job").count("outcome=interrupted reason=its runner ended before it did") == 2
    assert project.run("--user", "operator").returncode == 0


@pytest.mark.slow
def test_run_that_left_its_result_before_its_runner_died_is_not_repeated(project):
    leave = (
        "import json, os, time; p = os.environ['SCHEDULER_RESULT_FILE'];"
        "open(p + 'x', 'w').write(json.dumps({'summary': 'fertig', 'exit_code': 0})); os.replace(p + 'x', p);"
        "open('left', 'w').close(); time.sleep(60)"
    )
    project.schedule(entry("Job", leave))
    runner = project.start("--user", "operator")
    wait_until((project.root / "left").exists)
    runner.kill()
    runner.communicate()
    assert project.run("--user", "operator").returncode == 0
    ledger = project.ledger()
    (run,) = ledger.last_runs("demo_Job", 5)
    assert (run.outcome, run.summary) == ("succeeded", "fertig")
    ledger.close()
    assert "attempt=2" not in project.log()


@pytest.mark.slow
@POSIX_ONLY
def test_dead_child_of_a_living_runner_is_a_failure(project):
    project.schedule(entry("Job", "import os; open('pid', 'w').write(str(os.getpid())); __import__('time').sleep(60)"))
    runner = project.start("--user", "operator")
    pid = int(content_of(project.root / "pid"))
    os.kill(pid, signal.SIGKILL)
    runner.communicate(timeout=60)
    assert runner.returncode == 1
    assert outcomes(project) == ["failed"]
    assert "ended by signal SIGKILL" in project.log()


@pytest.mark.slow
def test_runner_killed_hard_leaves_no_program_and_no_lock(project):
    """On Windows the Job ends the tree with its runner, on POSIX the next tick does."""
    start = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
    code = (
        "import os, subprocess, sys, time\n"
        "if os.path.exists('pids'): sys.exit(0)\n"
        f"other = {start}\n"
        "open('pids', 'w').write(f'{os.getpid()} {other.pid}')\n"
        "time.sleep(60)"
    )
    project.schedule(entry("Job", code))
    runner = project.start("--user", "operator")
    pids = [int(pid) for pid in content_of(project.root / "pids").split()]
    psutil.Process(runner.pid).kill()
    runner.communicate(timeout=60)
    assert project.run("--user", "operator").returncode in (0, 1)
    wait_until(lambda: not any(map(is_running, pids)))
    assert outcomes(project) == ["interrupted", "succeeded"]


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@POSIX_ONLY
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_kill_at_any_moment_leaves_no_lock_and_no_overlap(project, seed):
    """Kill the runner, its child or both at moments by chance; ticks go on all the while."""
    project.schedule(
        entry(
            "Job",
            EXCLUSIVE.format(work="time.sleep(0.3)"),
            schedule="once",
            at="2026-01-01 00:00",
            misfire_grace_time=10**9,
        )
    )
    chance = random.Random(seed)
    for _ in range(6):
        runner = project.start("--user", "operator")
        time.sleep(chance.random() * 0.9)
        children = [process for process in living(project) if process.pid != runner.pid]
        victims = chance.choice([["runner"], ["child"], ["runner", "child"]])
        if "runner" in victims:
            runner.kill()
        for child in children if "child" in victims else []:
            try:
                child.kill()
            except psutil.NoSuchProcess:
                pass
        runner.communicate(timeout=30)
        if not living(project) and (project.root / "at work").exists():
            (project.root / "at work").rmdir()
    final = project.run("--user", "operator")
    assert final.returncode in (0, 1)
    assert living(project) == []
    found = outcomes(project)
    assert found.count("interrupted") <= 2
    assert sum(outcome in ("succeeded", "failed") for outcome in found) <= 1
    assert found, project.log()
    locks = [name for name in os.listdir(project.logs / "operator" / "locks") if name.endswith(".json")]
    assert locks == []
    assert list((project.logs / "operator" / "results").iterdir()) == []


@pytest.mark.slow
@POSIX_ONLY
def test_stopped_runner_blocks_its_own_task_alone(project):
    project.schedule(entry("A", EXCLUSIVE.format(work=UNTIL_GO)), entry("B", "pass", **just_now()))
    runner = project.start("--user", "operator", "--task", "A")
    wait_until((project.root / "at work").exists)
    os.kill(runner.pid, signal.SIGSTOP)
    tick = project.run("--user", "operator")
    assert tick.returncode == 0
    assert "task ended task=demo_A outcome=already_running" in project.log()
    assert outcomes_of_b(project) == ["succeeded"]
    (project.root / "go").touch()
    os.kill(runner.pid, signal.SIGCONT)
    runner.communicate(timeout=30)
    assert runner.returncode == 0
    assert not (project.root / "overlap").exists()


def outcomes_of_b(project) -> "list[str]":
    ledger = project.ledger()
    found = [run.outcome for run in ledger.last_runs("demo_B", 5)]
    ledger.close()
    return found


@pytest.mark.slow
def test_million_lines_reach_the_log_to_the_last(project):
    code = "import sys\nfor block in range(1000): sys.stdout.write(''.join(f'{block * 1000 + n:07d} ' + 'x' * 91 + '\\n' for n in range(1000)))"
    project.schedule(entry("Job", code, timeout=110))
    assert project.run("--user", "operator").returncode == 0
    count = 0
    for path in sorted(
        (project.logs / "operator" / "demo_Job").glob("*.log"), key=lambda path: (len(path.name), path.name)
    ):
        with open(path, "rb") as file:
            for line in file:
                if line[33:34].isdigit() and line.endswith(b"x\n"):
                    assert int(line[33:40]) == count
                    count += 1
    assert count == 1_000_000


@pytest.mark.slow
@POSIX_ONLY
def test_absurd_result_of_a_dead_runner_does_not_stop_every_later_tick(project):
    text = '{"exit_code": 1' + "0" * 30 + "}"
    leave = f"import os, time; open(os.environ['SCHEDULER_RESULT_FILE'], 'w').write({text!r}); time.sleep(60)"
    project.schedule(entry("Job", leave))
    runner = project.start("--user", "operator")
    wait_until(lambda: list(project.logs.glob("operator/results/*.json")))
    runner.kill()
    runner.communicate()
    project.schedule(entry("Other", "open('other', 'w')"))
    project.run("--user", "operator")
    assert (project.root / "other").exists()
    assert outcomes(project) == ["interrupted"]


@pytest.mark.slow
@POSIX_ONLY
def test_run_whose_holder_nobody_knows_is_told_once_its_time_is_over(project):
    project.schedule(entry("Job", "open('begun', 'w').close()\n" + UNTIL_GO, timeout=600))
    runner = project.start("--user", "operator")
    wait_until((project.root / "begun").exists)
    runner.kill()
    runner.communicate()
    (project.logs / "operator" / "locks" / "demo_job.json").unlink()
    ledger = project.ledger()
    ledger.file.write(lambda connection: connection.execute("UPDATE runs SET started_at = started_at - 3600"))
    ledger.close()
    project.run("--user", "operator")
    assert "runs still after its timeout task=demo_Job" in project.log()
    (project.root / "go").touch()
    wait_until(lambda: project.run("--user", "operator").returncode == 1)
