"""Ctrl+C at any moment of any command: a sentence and 130, or the command's own end, and nothing of a program's inside.

``MOMENTS=40 pytest tests/cli/test_ctrl_c.py`` looks at forty moments of each.
"""

import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from scheduler_runner.errors import ExitCode
from tests.cli.test_every_command import CALLS, CAMERAS, DEFINED
from tests.conftest import PROJECT

SCRIPTS = ("CopyScript", "CleanupScript", "VideoMonitorScript", "CloudMonitorScript", "UpdateOS")
MOMENTS = int(os.environ.get("MOMENTS", "1" if sys.platform == "win32" else "2"))
STRUCK = str(Path(__file__).parent / "struck")


def strike(point, at, *command, count="", module="scheduler_runner"):
    """Run a command that is struck at one moment."""
    struck = {"PYTHONPATH": STRUCK, "STRUCK_AT": str(at), "STRUCK_COUNT": count, "NO_PROXY": "127.0.0.1"}
    return point.run(*command, module=module, **struck)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("command", CALLS)
def test_ctrl_c_at_any_moment_is_a_sentence_and_130(lived, tmp_path, command):
    shutil.copytree(CAMERAS, lived.root / "scheduler_runner" / "tasks" / "cameras", dirs_exist_ok=True)
    call = [command, *CALLS[command]]
    note = tmp_path / "count"
    strike(lived, 0, *call, count=str(note))
    last = int(note.read_text("utf-8"))
    for moment in range(1, MOMENTS + 1):
        at = max(1, last * moment // (MOMENTS + 1))
        done = strike(lived, at, *call)
        where = f"{command} struck at {at} of {last}: {done}"
        assert "Traceback" not in done.stdout + done.stderr, where
        if done.returncode not in DEFINED:  # by then it had said all that it had to say
            assert done.returncode == int(ExitCode.INTERRUPTED), where
            assert done.stdout + done.stderr != "", where


@pytest.mark.slow
def test_ctrl_c_at_any_moment_of_a_dry_run_says_nothing_more(lived, tmp_path):
    call, note = ["--user", "operator", "--dry-run"], tmp_path / "count"
    strike(lived, 0, *call, count=str(note), module="scheduler_runner.runner")
    last = int(note.read_text("utf-8"))
    for moment in range(1, MOMENTS + 1):
        done = strike(lived, last * moment // (MOMENTS + 1), *call, module="scheduler_runner.runner")
        assert done.returncode in {-signal.SIGINT, *DEFINED}, done
        assert done.stderr == "", done


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS)
def test_ctrl_c_while_a_script_loads_says_nothing_of_its_inside(new_point, tmp_path, script):
    """``--help`` loads every module and does no work."""
    domain, note = "system_updates" if script == "UpdateOS" else "cameras", tmp_path / "count"
    module = f"scheduler_runner.tasks.{domain}.{script}"
    folder = PROJECT / "scheduler_runner" / "tasks" / domain
    shutil.copytree(folder, new_point.root / "scheduler_runner" / "tasks" / domain, dirs_exist_ok=True)
    strike(new_point, 0, "--help", count=str(note), module=module)
    last = int(note.read_text("utf-8"))
    for moment in range(1, MOMENTS + 1):
        done = strike(new_point, last * moment // (MOMENTS + 1), "--help", module=module)
        assert done.returncode in {-signal.SIGINT, *DEFINED}, done
        assert done.stderr == "", done
