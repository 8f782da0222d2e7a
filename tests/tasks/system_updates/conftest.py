"""What the tests of system updates share: a process that runs on, keys of the registry."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scheduler_runner.runs.task_lock import Holder, write_holder


@pytest.fixture
def sleeper():
    """Return a process that lives until the test ends."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.communicate(b"\n", timeout=20)


def record_of(folder: Path, task: str, pid: int = 0, birth: str = "", run: str = "r1") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    holder = Holder(run, task, "operator", "2026-11-23T21:10+03:00", 0, "", pid, birth)
    write_holder(str(folder / f"{task}.lock"), holder)


@pytest.fixture
def registry():
    """Return a function that makes keys below one of this test's own, where the system would have them."""
    import winreg

    top = rf"SOFTWARE\pvz-scheduler-test-{os.getpid()}"
    made = [top]

    def make(name: str) -> str:
        for depth in range(len(name.split("\\"))):
            made.append("\\".join([top, *name.split("\\")[: depth + 1]]))
        winreg.CreateKeyEx(winreg.HKEY_LOCAL_MACHINE, made[-1], 0, winreg.KEY_WRITE | winreg.KEY_WOW64_64KEY).Close()
        return top

    yield make
    for key in sorted(set(made), reverse=True):
        try:
            winreg.DeleteKeyEx(winreg.HKEY_LOCAL_MACHINE, key, winreg.KEY_WOW64_64KEY)
        except FileNotFoundError:
            pass
