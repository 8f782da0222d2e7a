"""What belongs to a run, where no program of the suite can bring it about by itself: `tests/runs/` has the rest."""

import subprocess
import sys
from contextlib import suppress

import pytest

from tests.waiting import wait_for_environment, wait_until

if sys.platform != "linux":
    pytest.skip("how Linux tells of processes", allow_module_level=True)

from scheduler_runner.system import process_tree_posix
from scheduler_runner.system.process_tree_posix import has_marked


@pytest.fixture
def started(tmp_path):
    """Return a process with a mark of its own, and the mark."""
    mark = f"RUN_MARK={tmp_path}"
    process = subprocess.Popen(["sleep", "60"], env=dict([mark.split("=")]), start_new_session=True)
    wait_for_environment(process.pid)
    yield process, mark
    process.kill()
    process.wait()


def test_process_that_becomes_another_program_just_now_belongs_to_its_run(started, monkeypatch):
    """Its environment is empty between the old program and the new one: too short a time to be met on purpose."""
    (process, mark), looks, content = started, [], process_tree_posix._content

    def before_it_is_laid_out(pid: int, name: str) -> bytes:
        found = content(pid, name)
        if pid != process.pid or len(looks) > 6:
            return found
        looks.append(name)
        if name == "environ":
            return b""
        head, mid, tail = found.rpartition(b")")
        fields = tail.split()
        fields[51 - 3] = b"0"
        return head + mid + b" " + b" ".join(fields)

    monkeypatch.setattr(process_tree_posix, "_content", before_it_is_laid_out)
    assert has_marked(mark)


def test_neither_a_process_without_an_environment_nor_a_dead_one_is_waited_for(monkeypatch):
    bare = subprocess.Popen(["sleep", "60"], env={})
    wait_until(lambda: not process_tree_posix._is_in_exec(process_tree_posix._status(bare.pid)))
    monkeypatch.setattr(process_tree_posix, "time", None)  # whoever would wait has no clock
    assert process_tree_posix._environ(bare.pid) == b""
    bare.kill()
    wait_until(lambda: process_tree_posix._status(bare.pid)[0] == b"Z")
    with suppress(ProcessLookupError):  # as newer kernels have it
        assert process_tree_posix._environ(bare.pid) == b""
    bare.wait()
