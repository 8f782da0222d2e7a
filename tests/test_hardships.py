"""A tick where little is as it should be: no streams, no environment, odd folders, hardly any descriptors."""

import os
import shlex
import subprocess
import sys

import pytest

from tests.conftest import entry

pytestmark = pytest.mark.slow
RAN = "import os; open(os.path.join(os.environ['BASE_DIR'], 'ran'), 'a').write('x')"
POSIX_ONLY = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX facility")


@pytest.fixture
def point(project):
    project.schedule(entry("Job", RAN))
    return project


def outcomes(point) -> "list[str]":
    ledger = point.ledger()
    found = [run.outcome for run in ledger.last_runs("demo_Job", 10)]
    ledger.close()
    return found


def tick(point, *words: str, **options) -> int:
    argv = [*words, sys.executable, "-m", "scheduler_runner.runner", "--user", "operator"]
    options = {"cwd": point.root, "env": point.environ, "capture_output": True, "timeout": 120, **options}
    return subprocess.run(argv, **options).returncode


@POSIX_ONLY
def test_tick_with_all_standard_streams_closed(point):
    command = shlex.join([sys.executable, "-m", "scheduler_runner.runner", "--user", "operator"])
    assert tick(point, "sh", "-c", f"exec {command} <&- >&- 2>&-") == 0
    assert outcomes(point) == ["succeeded"]


@POSIX_ONLY
@pytest.mark.parametrize("environ", [{}, {"LC_ALL": "C", "HOME": "/nowhere"}, {"LANG": "POSIX", "PATH": ""}])
def test_tick_with_hardly_an_environment(point, environ):
    assert tick(point, env=environ) == 0
    assert outcomes(point) == ["succeeded"]


@POSIX_ONLY
@pytest.mark.parametrize("name", ["100% 'a' \"b\" $(c) ?d #e", "é" * 100])
def test_tick_in_a_folder_of_any_name(point, name):
    root = point.root.with_name(name)
    point.root.rename(root)
    point.root = root
    assert tick(point) == 0
    assert (root / "ran").read_text() == "x"


@POSIX_ONLY
@pytest.mark.parametrize("limit", ["-n 24", "-n 14", "-v 200000"])
def test_tick_with_hardly_any_descriptors_or_memory_gives_the_slot_one_end_and_the_next_one_is_clean(point, limit):
    command = shlex.join([sys.executable, "-m", "scheduler_runner.runner", "--user", "operator"])
    tick(point, "sh", "-c", f"ulimit {limit}; exec {command}")
    assert tick(point) in (0, 1)  # an attempt that the first one could not end is closed as interrupted
    assert tick(point) == 0
    ends = [outcome for outcome in outcomes(point) if outcome != "interrupted"]
    assert ends in (["succeeded"], ["not_started"])  # without descriptors no program can be started, and that is told
    assert os.listdir(point.logs / "operator" / "results") == []
