"""What the set-up's tests share: an entry as install writes it, and a point for the doctor to look at."""

import sys
import time
from dataclasses import replace

import pytest

from config.base_config import Point
from scheduler_runner.doctor.patient import Patient
from scheduler_runner.schedule_config import Schedule
from scheduler_runner.setup.task_entry import Wish, wanted_entry
from scheduler_runner.setup.task_service import Registered
from scheduler_runner.setup.task_xml import from_xml, to_xml
from tests.conftest import PROJECT, python_task

ACCOUNT = "S-1-5-21-1-2-3-1001"
PYTHONW = r"D:\точка выдачи\.venv\Scripts\pythonw.exe"
ROOT = r"D:\точка выдачи"
TASKS = PROJECT / "scheduler_runner" / "tasks"
WISH = Wish("operator", ACCOUNT, config=r"C:\ProgramData\пвз №1\pvz.ini")


@pytest.fixture
def xml() -> str:
    """Return the text of an entry as install writes it."""
    return to_xml(wanted_entry(WISH, PYTHONW, ROOT)).decode("utf-16")


@pytest.fixture
def patient(tmp_path, ini):
    """Return a function that makes a point with one task of operator, changed as a test wants it."""
    root = tmp_path / "проект 1"
    (root / "scheduler_runner").mkdir(parents=True)
    (root / "scheduler_runner" / "runner.py").write_text("")
    (root / "requirements.txt").write_text("psutil>=6,<8\n")
    path = ini()

    def make(*xmls: str, last_result: "int | None" = 0, **values) -> Patient:
        entries = [from_xml(text) for text in xmls]
        given = {entry.path: (entry, Registered(entry.path, "", last_result)) for entry in entries}
        well = Patient(
            project_root=str(root),
            logs_root=str(tmp_path / "logs"),
            config_path=str(path),
            now=time.time(),
            users=("operator",),
            schedule=Schedule((python_task("pass"),), (), {"cameras": str(TASKS / "cameras")}),
            point=Point("182", "production", path=str(path)),
            entries=given,
        )
        return replace(well, **values)

    return make


def own_xml(patient: Patient, account: str = ACCOUNT, **wish) -> str:
    """Return the text of the entry that is right for a point of this PC and this Python."""
    from scheduler_runner.setup.here import windowless_python

    longest = max((task.timeout_seconds for task in patient.schedule.tasks), default=0)
    asked = Wish("operator", account, longest_timeout_seconds=longest, **wish)
    wanted = wanted_entry(asked, windowless_python(), patient.project_root)
    return to_xml(wanted).decode("utf-16")


def texts(findings) -> "list[str]":
    """Return findings as the doctor prints them."""
    return list(map(str, findings))


on_windows = pytest.mark.skipif(sys.platform != "win32", reason="Windows only")
on_posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")
