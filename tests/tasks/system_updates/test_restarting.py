"""Restarts that wait for tasks, and the order itself."""

import os
import sys
import time

import pytest

from scheduler_runner.system.process_identity import process_birth
from scheduler_runner.tasks.system_updates.restarting import order_restart, running_tasks, wait_for_tasks
from scheduler_runner.tasks.system_updates.update_values import Restart
from tests.tasks.system_updates.conftest import record_of


def test_running_tasks_are_those_whose_recorded_process_lives(tmp_path, sleeper):
    tmp_path = tmp_path / "point [1]"
    locks = tmp_path / "operator" / "locks"
    record_of(locks, "cameras_CopyScript", sleeper.pid, process_birth(sleeper.pid))
    record_of(locks, "cameras_Reused", sleeper.pid, "another birth")
    record_of(locks, "cameras_Never")
    record_of(tmp_path / "system" / "locks", "system_updates_UpdateOS", os.getpid(), process_birth(os.getpid()), "own")
    (locks / "broken.json").write_text("{")
    assert running_tasks(str(tmp_path), "own") == ["cameras_CopyScript"]
    assert running_tasks(str(tmp_path), "") == ["cameras_CopyScript", "system_updates_UpdateOS"]
    assert running_tasks(str(tmp_path / "none"), "") == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_record_of_another_account_that_names_somebodys_process_or_a_pipe_hinders_no_restart(tmp_path, sleeper):
    locks = tmp_path / "operator" / "locks"
    record_of(locks, "cameras_CopyScript", sleeper.pid, process_birth(sleeper.pid))
    os.chown(locks / "cameras_CopyScript.json", 12345, 12345)
    os.mkfifo(locks / "pipe.json")
    assert running_tasks(str(tmp_path), "") == []


def test_running_task_is_waited_for_within_a_limit():
    started = time.monotonic()
    assert wait_for_tasks(lambda: ["cameras_CopyScript"], started + 0.3, look_seconds=30) == ["cameras_CopyScript"]
    assert 0.3 <= time.monotonic() - started < 20


def test_restart_goes_on_once_the_task_has_ended(tmp_path, sleeper):
    record_of(tmp_path / "operator" / "locks", "cameras_CopyScript", sleeper.pid, process_birth(sleeper.pid))
    looks = []

    def look() -> "list[str]":
        looks.append(running_tasks(str(tmp_path), ""))
        sleeper.kill()
        return looks[-1]

    assert wait_for_tasks(look, time.monotonic() + 60, look_seconds=0.05) == []
    assert looks[0] == ["cameras_CopyScript"]


@pytest.mark.parametrize(
    ("command", "restart"),
    [
        ([sys.executable, "-c", ""], Restart(is_needed=True, is_ordered=True)),
        ([sys.executable, "-c", "raise SystemExit(5)"], Restart(True, False, "система отказала в перезагрузке")),
        (["no-such-program"], Restart(True, False, "команда shutdown не запускается")),
    ],
)
def test_restart_is_ordered_or_its_refusal_told(command, restart):
    assert order_restart(command) == restart
