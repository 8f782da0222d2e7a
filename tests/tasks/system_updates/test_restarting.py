"""Restarts that wait for tasks, and the order itself."""

import os
import sys

import pytest

from scheduler_runner.system.clock import Moment, awake_seconds
from scheduler_runner.system.process_identity import process_birth
from scheduler_runner.tasks.system_updates import restarting
from scheduler_runner.tasks.system_updates.restarting import (
    OrderedRestart,
    order_restart,
    running_tasks,
    wait_for_tasks,
)
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
    started = awake_seconds()
    assert wait_for_tasks(lambda: ["cameras_CopyScript"], started + 0.3, look_seconds=30) == ["cameras_CopyScript"]
    assert 0.3 <= awake_seconds() - started < 20


def test_restart_goes_on_once_the_task_has_ended(tmp_path, sleeper):
    record_of(tmp_path / "operator" / "locks", "cameras_CopyScript", sleeper.pid, process_birth(sleeper.pid))
    looks = []

    def look() -> "list[str]":
        looks.append(running_tasks(str(tmp_path), ""))
        sleeper.kill()
        return looks[-1]

    assert wait_for_tasks(look, awake_seconds() + 60, look_seconds=0.05) == []
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


@pytest.mark.parametrize(("asleep", "is_in_vain"), [(0, True), (3600, False)])
def test_start_of_the_pc_is_known_however_long_it_slept(tmp_path, monkeypatch, asleep, is_in_vain):
    restart = OrderedRestart(str(tmp_path))
    restart.note(["KB1"])
    os.utime(tmp_path / "restart_ordered.txt", (10_000, 10_000))
    now = Moment(wall=10_500 + asleep, since_boot=400 + asleep * 1.2, awake=400, boot="a")
    monkeypatch.setattr(restarting, "read_clock", lambda: now)
    assert restart.was_in_vain(["KB1"]) is is_in_vain
