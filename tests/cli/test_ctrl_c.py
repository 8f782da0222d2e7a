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
from tests.cli.test_every_command import CALLS, CAMERAS, DEFINED, ON_ITS_OWN
from tests.conftest import PROJECT

SCRIPTS = ("CopyScript", "CleanupScript", "VideoMonitorScript", "CloudMonitorScript", "UpdateOS")
MOMENTS = int(os.environ.get("MOMENTS", "1" if sys.platform == "win32" else "2"))
STRUCK = str(Path(__file__).parent / "struck")


def struck(point, *command, module="scheduler_runner"):
    """Yield where a command was struck, and how that run of it ended, for each of its moments."""
    note = point.root / "count"

    def run(at):
        values = {"PYTHONPATH": STRUCK, "STRUCK_AT": str(at), "STRUCK_COUNT": "" if at else str(note)}
        return point.run(*command, module=module, NO_PROXY="127.0.0.1", **values)

    run(0)
    last = int(note.read_text("utf-8"))
    for moment in range(1, MOMENTS + 1):
        at = max(1, last * moment // (MOMENTS + 1))
        done = run(at)
        yield f"{command} struck at {at} of {last}: {done}", done


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("command", [*CALLS, *ON_ITS_OWN])
def test_ctrl_c_at_any_moment_is_a_sentence_and_130(lived, command):
    shutil.copytree(CAMERAS, lived.root / "scheduler_runner" / "tasks" / "cameras", dirs_exist_ok=True)
    for where, done in struck(lived, command, *CALLS.get(command, ())):
        assert "Traceback" not in done.stdout + done.stderr, where
        if done.returncode not in DEFINED:  # by then it had said all that it had to say
            assert done.returncode == int(ExitCode.INTERRUPTED), where
            assert done.stdout + done.stderr != "", where


@pytest.mark.slow
def test_ctrl_c_at_any_moment_of_a_dry_run_says_nothing_more(lived):
    for where, done in struck(lived, "--user", "operator", "--dry-run", module="scheduler_runner.runner"):
        assert done.returncode in {-signal.SIGINT, *DEFINED}, where
        assert done.stderr == "", where


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS)
def test_ctrl_c_while_a_script_loads_says_nothing_of_its_inside(new_point, script):
    """``--help`` loads every module and does no work."""
    domain = "system_updates" if script == "UpdateOS" else "cameras"
    module = f"scheduler_runner.tasks.{domain}.{script}"
    folder = PROJECT / "scheduler_runner" / "tasks" / domain
    shutil.copytree(folder, new_point.root / "scheduler_runner" / "tasks" / domain, dirs_exist_ok=True)
    for where, done in struck(new_point, "--help", module=module):
        assert done.returncode in {-signal.SIGINT, *DEFINED}, where
        assert done.stderr == "", where
