"""Run and stop by hand: real programs, a real runner."""

import json
import os
import sys
import time

import pytest

from scheduler_runner.__main__ import main
from scheduler_runner.cli import stop
from scheduler_runner.runs.task_lock import holder_now, write_holder
from tests.cli.test_asking import shown
from tests.conftest import entry

OTHER = 54321
# A tree of two that ends at no polite request; the file says that it is there.
DEAF = """
import os, signal, subprocess, sys, time
if os.name != "nt":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open(os.path.join(os.environ["BASE_DIR"], "pids"), "w").write(f"{os.getpid()} {child.pid}")
time.sleep(600)
"""


def command(project, *arguments: str):
    return project.run(*arguments, module="scheduler_runner")


@pytest.mark.slow
def test_run_carries_out_one_task_now_and_ends_with_one_sentence(lived):
    ran = command(lived, "run", "copy")
    assert ran.returncode == 0, ran.stderr
    assert "copied 3 files" in ran.stderr
    assert ran.stdout.splitlines()[-1].startswith("Copy: succeeded.")
    failed = command(lived, "run", "Broken")
    assert failed.returncode == 1
    assert "Broken: failed. exit code 3" in failed.stdout


def wait_for(path) -> "list[int]":
    give_up_at = time.monotonic() + 60
    while time.monotonic() < give_up_at:
        if path.exists() and len(pids := path.read_text().split()) == 2:
            return [int(pid) for pid in pids]
        time.sleep(0.05)
    raise AssertionError(f"{path} was not written")


def lives(pid: int) -> bool:
    import psutil

    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.mark.slow
def test_stop_ends_a_tree_that_is_deaf_and_it_is_on_record_and_not_tried_again(lived, capsys):
    lived.schedule(entry("Deaf", DEAF, retries=3, retry_delay=1, timeout=3600))
    tick = lived.start("--user", "operator")
    pids = wait_for(lived.root / "pids")
    stopped = command(lived, "stop", "Deaf")
    assert (stopped.returncode, stopped.stdout.splitlines()[-1]) == (0, "stopped"), stopped.stdout + stopped.stderr
    tick.communicate(timeout=60)
    assert [pid for pid in pids if lives(pid)] == []
    (run,) = json.loads(shown(capsys, "history", "Deaf", "--json"))
    assert run["outcome"] == "stopped"
    (lived.root / "pids").unlink()
    assert lived.run("--user", "operator").returncode == 0
    assert not (lived.root / "pids").exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can be two accounts")
def test_administrator_may_stop_another_accounts_task(lived, capsys, monkeypatch):
    locks = lived.logs / "operator" / "locks"
    write_holder(str(locks / "demo_copy.lock"), holder_now("run-1", "demo_Copy", "operator", "2026-11-26T10:00:00"))
    os.chown(locks / "demo_copy.json", OTHER, OTHER)
    monkeypatch.setattr(stop, "_PATIENCE_SECONDS", 0.0)
    assert "run run-1: asked to end" in shown(capsys, "stop", "Copy", code=1)
    assert (locks / "demo_copy.stop").read_text() == "run-1"


def test_stop_of_what_does_not_run_is_said(lived, capsys):
    assert shown(capsys, "stop", "Copy") == "Copy does not run\n"
    assert main(["stop", "Kopy"]) == 2
