import os
import subprocess
import sys

import pytest

from scheduler_runner.system.locks import read_mark, try_lock
from tests.linking import link_file
from tests.waiting import wait_until

HOLD = """
import sys, time
from scheduler_runner.system.locks import try_lock
from tests.linking import link_file
lock = try_lock(sys.argv[1])
print("held" if lock else "busy", flush=True)
sys.stdin.read() if lock else None
"""


@pytest.fixture
def path(tmp_path) -> str:
    return str(tmp_path / "a.lock")


@pytest.fixture
def other_holder(path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline().strip() == "held"
    yield process
    process.kill()
    process.communicate()


def test_second_one_is_refused_until_the_first_is_released(path):
    lock = try_lock(path)
    assert try_lock(path) is None
    lock.release()
    lock.release()
    with try_lock(path) as again:
        assert again is not None
    assert try_lock(path) is not None


def test_other_process_is_refused_and_a_killed_one_blocks_nobody(path, other_holder):
    assert try_lock(path) is None
    other_holder.kill()
    other_holder.wait()
    wait_until(lambda: try_lock(path))


def test_lock_file_stays_when_the_lock_goes(path):
    try_lock(path).release()
    assert os.path.exists(path)


def test_mark_survives_the_lock_and_a_new_file_has_none(path):
    assert read_mark(path) == 0
    with try_lock(path) as lock:
        assert read_mark(path) == 0
        lock.mark(1_764_000_000)
    with try_lock(path):
        assert read_mark(path) == 1_764_000_000


def test_folder_that_is_missing_is_an_error_and_not_a_busy_lock(tmp_path):
    with pytest.raises(OSError):
        try_lock(str(tmp_path / "none" / "a.lock"))


def test_link_in_the_files_place_is_refused(path, tmp_path):
    link_file(path, tmp_path / "target")
    with pytest.raises(OSError):
        try_lock(path)
    assert not (tmp_path / "target").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="rights of POSIX")
def test_only_a_shared_lock_can_be_opened_by_other_accounts(path, tmp_path):
    try_lock(path).release()
    try_lock(str(tmp_path / "b.lock"), is_shared_by_users=True).release()
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert os.stat(tmp_path / "b.lock").st_mode & 0o777 == 0o666


@pytest.mark.skipif(sys.platform == "win32", reason="a child inherits no lock on Windows: its Job ends it")
def test_child_that_inherits_the_descriptor_holds_the_lock(path):
    lock = try_lock(path)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=[lock.fileno()])
    lock.leave_to_child()
    assert try_lock(path) is None
    child.communicate(b"\n")
    assert try_lock(path) is not None


def test_lock_on_a_disk_that_became_read_only_is_the_same_lock(small_disk):
    path = str(small_disk / "a.lock")
    try_lock(path).release()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with try_lock(path) as lock:
        assert lock is not None
        assert try_lock(path) is None
