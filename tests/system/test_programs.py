"""Other programs that are run to their end."""

import os
import signal
import subprocess
import sys
import time

import pytest

from scheduler_runner.system import programs
from scheduler_runner.system.programs import run_program, system_program
from tests.conftest import PROJECT
from tests.waiting import UNTIL_GO, wait_until


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_installation_outlives_ctrl_c(tmp_path):
    install = "open('begun', 'w').close()\n" + UNTIL_GO + "open('done', 'w').close()"
    code = (
        "import sys\nfrom scheduler_runner.system.programs import run_program\n"
        f"run_program([sys.executable, '-c', {install!r}], is_protected=True)\n"
    )
    environ = {**os.environ, "PYTHONPATH": str(PROJECT)}
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, env=environ, stderr=subprocess.DEVNULL, start_new_session=True
    )
    wait_until((tmp_path / "begun").exists)
    os.killpg(process.pid, signal.SIGINT)  # as a console does
    (tmp_path / "go").touch()
    process.communicate(timeout=60)
    assert process.returncode != 0
    wait_until((tmp_path / "done").exists)


def test_program_is_not_waited_for_by_what_it_leaves_behind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    left = UNTIL_GO + "open('ended', 'w').close()"
    finished = run_program(
        [sys.executable, "-c", f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {left!r}]); print(1)"]
    )
    assert (finished.exit_code, finished.out.strip()) == (0, "1")
    assert not (tmp_path / "ended").exists()
    (tmp_path / "go").touch()
    wait_until((tmp_path / "ended").exists)


def test_program_that_takes_too_long_is_ended():
    started = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        run_program([sys.executable, "-c", "import time; time.sleep(60)"], timeout_seconds=0.5)
    assert time.monotonic() - started < 20


def test_output_that_is_no_utf_8_is_kept():
    finished = run_program([sys.executable, "-c", r"import sys; sys.stdout.buffer.write(b'\xcd\xe5\xf2\n')"])
    assert len(finished.out.strip()) == 3


def test_what_the_pc_sleeps_does_not_count_for_the_limit(monkeypatch):
    monkeypatch.setattr(programs, "awake_seconds", lambda: 5.0)  # it fell asleep at once
    monkeypatch.setattr(programs, "_WAIT_SECONDS", 0.05)
    nap = [sys.executable, "-c", "import time; time.sleep(0.3)"]
    assert run_program(nap, timeout_seconds=0.1).exit_code == 0


def test_program_that_takes_longer_than_its_limit_is_ended():
    with pytest.raises(subprocess.TimeoutExpired):
        run_program([sys.executable, "-c", "import time; time.sleep(60)"], timeout_seconds=0.2)


def test_systems_own_program_is_named_by_its_whole_path_and_never_found_in_the_current_folder(tmp_path, monkeypatch):
    name = "icacls" if sys.platform == "win32" else "sh"
    for planted in (name, f"{name}.exe"):
        (tmp_path / planted).write_text("#!/bin/sh\n")
        (tmp_path / planted).chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.pathsep.join(["", "."]))  # as bad as it can be, and cron's has half of the folders
    found = system_program(name)
    assert os.path.isabs(found)
    assert os.path.dirname(os.path.realpath(found)) != str(tmp_path.resolve())
