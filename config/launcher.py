"""The commands that people are told to type: by whole paths, in words that cmd and Windows PowerShell read alike."""

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence

from config.base_config import PATH_CONFIG

REQUIREMENTS = "requirements-point.txt"


def pvz(words: str = "") -> str:
    """Return one of the administrator's commands, as it works from every folder."""
    return typed(os.path.join(PATH_CONFIG["BASE_DIR"], "pvz"), words)


def typed(program: str, words: str = "", is_windows: bool = sys.platform == "win32") -> str:
    r"""Return a command line that starts a program by its whole path.

    A path with blanks needs quotes, and a command in quotes is a mere text to PowerShell: there the way is through the
    program's folder, in two lines.

    >>> typed("C:\\PVZ\\pvz", "doctor", is_windows=True)
    'C:\\PVZ\\pvz doctor'
    >>> print(typed("C:\\мой пункт\\pvz", "doctor", is_windows=True))
    cd "C:\мой пункт"
    .\pvz doctor
    """
    if not is_windows:
        return f"{shlex.quote(program)} {words}".strip()
    if " " not in program and not set("&()'^;,=%!{}") & set(program):
        return f"{program} {words}".strip()
    folder, _, name = program.rpartition("\\")
    return f'cd "{folder}"\n.\\{name} {words}'.strip()


def python_command(words: Sequence[str]) -> str:
    """Return the command that gives arguments to this project's Python, the one that writes on a console."""
    python = os.path.abspath(sys.executable)
    folder, name = os.path.split(python)
    if name.lower() == "pythonw.exe":
        python = os.path.join(folder, "python.exe")
    return typed(python, subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words))


def runner_command(user: str) -> str:
    """Return the command that does one tick before a person's eyes."""
    start = os.path.join(PATH_CONFIG["SCHEDULER_ROOT"], "start.py")
    return python_command([start, "scheduler_runner.runner", "--user", user, "--console"])


def pip_command() -> str:
    """Return the command that installs what a point needs."""
    return python_command(["-m", "pip", "install", "-r", os.path.join(PATH_CONFIG["BASE_DIR"], REQUIREMENTS)])


def venv_commands() -> str:
    """Return the commands that make the virtual environment and install what a point needs."""
    folder = os.path.join(PATH_CONFIG["BASE_DIR"], ".venv")
    if sys.platform == "win32":
        return f"py -m venv {subprocess.list2cmdline([folder])}\n{pip_command()}"
    return f"python3 -m venv {shlex.quote(folder)}\n{pip_command()}"
