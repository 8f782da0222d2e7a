import json
import logging
import os
import subprocess
import sys
from dataclasses import asdict
from uuid import uuid4

import pytest

from scheduler_runner.runs.task_lock import (
    Busy,
    Holder,
    Place,
    holder_now,
    read_holder,
    record_path,
    run_mark,
    take_locks,
    with_child,
    write_holder,
)
from scheduler_runner.system.locks import try_lock
from scheduler_runner.system.process_identity import is_alive, process_birth
from tests.waiting import wait_for_environment, wait_until

LOGGER = logging.getLogger("test_task_lock")


def own(path: str) -> "tuple[Place, ...]":
    return (Place(path, record_path(path)),)


# By it a run's processes are found and killed: those of another suite that runs beside this one must not bear it.
RUN = f"run-{uuid4().hex}"


@pytest.fixture
def path(tmp_path) -> str:
    return str(tmp_path / "locks" / "job.lock")


@pytest.fixture
def sleeper():
    """Return a function that starts a process of a session of its own, with a mark."""
    started = []

    def start(mark: str = "A=b") -> subprocess.Popen:
        name, _, value = mark.partition("=")
        process = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(60)"],
            env={**os.environ, name: value},
            start_new_session=True,
        )
        started.append(process)
        wait_for_environment(process.pid)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def dead_process() -> tuple[int, str]:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    birth = process_birth(process.pid)
    process.communicate(b"\n")
    return process.pid, birth


def test_process_is_told_from_a_later_one_with_its_number():
    pid = os.getpid()
    assert is_alive(pid, process_birth(pid))
    dead, its_birth = dead_process()
    assert not is_alive(pid, its_birth)
    assert not is_alive(dead, its_birth)
    assert not is_alive(pid, "")


def test_group_that_is_busy_gives_the_tasks_lock_back(path, tmp_path):
    group = Place(str(tmp_path / "locks" / "disk.lock"), str(tmp_path / "groups" / "disk.json"), is_shared=True)
    held = take_locks([own(path), (group,)], LOGGER)
    assert len(held.locks) == 2
    with pytest.raises(Busy):
        take_locks([own(str(tmp_path / "locks" / "other.lock")), (group,)], LOGGER)
    assert try_lock(str(tmp_path / "locks" / "other.lock")) is not None
    held.release()
    take_locks([own(path), (group,)], LOGGER).release()


def test_busy_lock_names_its_holder(path):
    held = take_locks([own(path)], LOGGER)
    held.record(holder_now(RUN, "demo_Job", "operator", "2026-11-24T09:10+03:00"))
    with pytest.raises(Busy, match=rf"run={RUN} task=demo_Job user=operator pid={os.getpid()}"):
        take_locks([own(path)], LOGGER)
    held.release()
    assert read_holder(path) is None


def test_unreadable_record_blocks_nobody(path):
    take_locks([own(path)], LOGGER).release()
    with open(record_path(path), "w") as file:
        file.write("{damaged")
    take_locks([own(path)], LOGGER).release()


def test_lock_that_cannot_be_made_is_told_and_the_task_goes_on(tmp_path):
    (tmp_path / "locks").write_text("a file in the folder's place")
    held = take_locks([own(str(tmp_path / "locks" / "job.lock"))], LOGGER)
    assert held.locks == []
    assert "cannot lock" in held.problem


@pytest.mark.skipif(sys.platform == "win32", reason="on Windows the Job ends the child with its runner")
def test_child_of_a_dead_runner_is_ended_and_the_lock_taken(path, sleeper):
    held = take_locks([own(path)], LOGGER)
    child = sleeper(run_mark(RUN))
    write_holder(path, with_child(Holder(RUN, "demo_Job", "operator", "now", *dead_process()), child.pid))
    held.locks[0].release()
    take_locks([own(path)], LOGGER).release()
    assert child.wait(60) == -9


@pytest.mark.skipif(sys.platform == "win32", reason="on Windows the Job ends the child with its runner")
def test_child_is_found_by_its_mark_where_the_runner_died_before_it_wrote_it_down(path, sleeper):
    held = take_locks([own(path)], LOGGER)
    child = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"],
        env={**os.environ, "SCHEDULER_RUN_ID": RUN},
        start_new_session=True,
        pass_fds=held.descriptors,
    )
    wait_for_environment(child.pid)
    held.leave_to_child()
    pid, birth = dead_process()
    write_holder(path, Holder(RUN, "demo_Job", "operator", "now", pid, birth))
    take_locks([own(path)], LOGGER).release()
    assert child.wait(60) == -9


@pytest.mark.skipif(sys.platform == "win32", reason="on Windows the Job ends the child with its runner")
def test_stranger_with_the_recorded_number_is_left_alone(path, sleeper):
    take_locks([own(path)], LOGGER).release()
    stranger = sleeper()
    pid, birth = dead_process()
    write_holder(path, Holder(RUN, "demo_Job", "operator", "now", pid, birth, stranger.pid, "another birth"))
    take_locks([own(path)], LOGGER).release()
    assert stranger.poll() is None


def test_process_that_does_not_bear_the_runs_mark_is_let_live(path, sleeper):
    take_locks([own(path)], LOGGER).release()
    stranger = sleeper()
    runner, child = dead_process(), (stranger.pid, process_birth(stranger.pid))
    write_holder(path, Holder(RUN, "demo_Job", "operator", "now", *runner, *child))
    with pytest.raises(Busy, match="cannot end"):
        take_locks([own(path)], LOGGER)
    assert stranger.poll() is None


@pytest.mark.skipif(sys.platform == "win32", reason="on Windows the Job ends the child with its runner")
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become another account")
def test_process_of_another_account_is_let_live_though_it_bears_the_mark(path):
    take_locks([own(path)], LOGGER).release()
    environ = {**os.environ, "SCHEDULER_RUN_ID": RUN}
    stranger = subprocess.Popen(["sleep", "60"], env=environ, cwd="/", user=12345)
    wait_for_environment(stranger.pid)
    write_holder(path, Holder(RUN, "demo_Job", "operator", "now", *dead_process()))
    take_locks([own(path)], LOGGER).release()
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


@pytest.mark.parametrize("change", [{"run_id": ""}, {"child_pid": "1"}, {"runner_birth": None}, {"since": 5}])
def test_record_with_a_wrong_value_is_none(path, change):
    os.makedirs(os.path.dirname(path))
    good = asdict(Holder(RUN, "demo_Job", "operator", "now", 1, "birth"))
    with open(record_path(path), "w") as file:
        json.dump({**good, **change}, file)
    assert read_holder(path) is None


def test_what_another_account_says_of_a_group_is_shown_and_decides_nothing(tmp_path):
    theirs = str(tmp_path / "operator" / "disk.json")
    os.makedirs(os.path.dirname(theirs))
    write_holder(theirs, Holder("forged", "cameras_Copy\nScript\x1b[2J", "operator", "now", *dead_process(), 1, "x"))
    place = Place(str(tmp_path / "disk.lock"), str(tmp_path / "system" / "disk.json"), is_shared=True, others=(theirs,))
    job = own(str(tmp_path / "system" / "job.lock"))
    take_locks([job, (place,)], LOGGER).release()
    with (
        try_lock(place.lock, is_shared_by_users=True),
        pytest.raises(Busy, match=r"run=forged task=cameras_Copy Script\?\[2J "),
    ):
        take_locks([job, (place,)], LOGGER)


def test_group_is_written_down_in_the_accounts_own_folder(tmp_path):
    place = Place(str(tmp_path / "disk.lock"), str(tmp_path / "own" / "groups" / "disk.json"), is_shared=True)
    held = take_locks([own(str(tmp_path / "own" / "job.lock")), (place,)], LOGGER)
    held.record(holder_now(RUN, "demo_Job", "operator", "now"))
    assert read_holder(place.record).run_id == RUN
    assert sorted(os.listdir(tmp_path)) == ["disk.lock", "own"]
    held.release()
    assert os.listdir(tmp_path / "own" / "groups") == []


@pytest.mark.skipif(sys.platform == "win32", reason="on Windows the Job ends the child with its runner")
def test_helper_of_a_dead_program_is_ended_though_the_lock_is_free(path, sleeper):
    """It inherits no descriptor, as Python's helpers do not; and it has helpers of its own, with another environment."""
    take_locks([own(path)], LOGGER).release()
    between = "import subprocess, sys, time; print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], env={}).pid, flush=True); time.sleep(60)"
    helper = subprocess.Popen(
        [sys.executable, "-c", between],
        env={**os.environ, "SCHEDULER_RUN_ID": "run-9"},
        start_new_session=True,
        stdout=subprocess.PIPE,
    )
    grandchild = int(helper.stdout.readline())
    pid, birth = dead_process()
    write_holder(path, Holder("run-9", "demo_Job", "operator", "now", pid, birth, *dead_process()))
    take_locks([own(path)], LOGGER).release()
    assert helper.wait(5) == -9
    wait_until(lambda: process_birth(grandchild) == "")
    helper.stdout.close()


def test_lock_that_the_logs_folder_refuses_is_made_in_the_refuge(tmp_path):
    (tmp_path / "logs").write_text("a file in the folder's place")
    first, second = str(tmp_path / "logs" / "job.lock"), str(tmp_path / "refuge" / "job.lock")
    places = (*own(first), *own(second))
    held = take_locks([places], LOGGER)
    held.record(holder_now(RUN, "demo_Job", "operator", "now"))
    assert [lock.path for lock in held.locks] == [second]
    assert "cannot lock" in held.problem
    with pytest.raises(Busy, match=f"run={RUN}"):
        take_locks([places], LOGGER)
    held.release()
    assert os.listdir(tmp_path / "refuge") == ["job.lock"]


def test_record_on_a_disk_that_became_read_only_is_in_the_refuge(small_disk, tmp_path):
    places = (*own(str(small_disk / "job.lock")), *own(str(tmp_path / "refuge" / "job.lock")))
    take_locks([places], LOGGER).release()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    held = take_locks([places], LOGGER)
    held.record(holder_now(RUN, "demo_Job", "operator", "now"))
    assert [lock.path for lock in held.locks] == [str(small_disk / "job.lock")]
    assert read_holder(str(tmp_path / "refuge" / "job.lock")).run_id == RUN
    held.release()
    assert read_holder(str(tmp_path / "refuge" / "job.lock")) is None


@pytest.mark.skipif(sys.platform == "win32", reason="on Windows a folder has the rights of the one above")
def test_folder_of_the_groups_locks_lets_every_account_make_one_and_take_none_away(tmp_path):
    shared = Place(str(tmp_path / "locks" / "disk.lock"), str(tmp_path / "own" / "disk.json"), is_shared=True)
    take_locks([(shared,)], LOGGER).release()
    assert os.stat(tmp_path / "locks").st_mode & 0o7777 == 0o1777
