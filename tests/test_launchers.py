"""``pvz`` and ``pvz.cmd``: from any folder, with the program's exit code and Cyrillic arguments."""

import os
import shutil
import signal
import subprocess
import sys

import psutil
import pytest

from tests.conftest import PROJECT
from tests.waiting import wait_until

LAUNCHER = "pvz.cmd" if sys.platform == "win32" else "pvz"


@pytest.fixture
def launcher(project):
    """Return the launcher of a project of its own, whose environment is this one."""
    path = project.root / LAUNCHER
    shutil.copy(PROJECT / LAUNCHER, path)
    if sys.platform == "win32":
        dropped = subprocess.run(["cmd", "/c", "goto #left 2>nul & echo goes on"], capture_output=True, check=False)
        if b"goes on" not in dropped.stdout:
            pytest.skip("this cmd drops the rest of a line after a goto that leads nowhere, as Wine's does")
    else:
        (project.root / ".venv" / "bin").mkdir(parents=True)
        (project.root / ".venv" / "bin" / "python").symlink_to(sys.executable)
    return project, path


def test_exit_code_and_cyrillic_arguments_arrive_from_another_folder(launcher, tmp_path):
    project, path = launcher
    environ = {**project.environ, "PATH": f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}"}
    command = ["cmd", "/c", str(path)] if sys.platform == "win32" else [str(path)]
    done = subprocess.run(
        [*command, "мойпункт"], cwd=tmp_path, env=environ, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 2, done
    assert "unknown command мойпункт" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no other program can press Ctrl+C there without a console")
def test_ctrl_c_reaches_the_command_through_the_launcher(launcher):
    project, path = launcher
    command = [str(path), "log", "runner", "--user", "operator", "--follow"]
    process = subprocess.Popen(command, env=project.environ, stderr=subprocess.PIPE, text=True, start_new_session=True)

    def is_over() -> bool:  # before Python is there to answer it, it is ignored
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        return process.returncode is not None

    # The shell itself would die of it.
    wait_until(lambda: any(each.endswith("start.py") for each in psutil.Process(process.pid).cmdline()))
    wait_until(is_over)
    assert (process.returncode, process.stderr.read()) == (130, "interrupted\n")
    process.stderr.close()
