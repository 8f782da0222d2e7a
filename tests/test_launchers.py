"""``pvz`` and ``pvz.cmd``: from any folder, with the program's exit code and Cyrillic arguments."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.conftest import PROJECT

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
