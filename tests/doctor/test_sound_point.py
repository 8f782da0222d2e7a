"""A point set up as the guide says has no drift, and each single fault of its own makes exactly one.

Fakes stand for what no machine of tests has: the crontab, Telegram's server, drives and cameras.
"""

import io
import json
import logging
import os
import re
import shutil
import sys
import time
from contextlib import closing, redirect_stdout
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from config import base_config
from scheduler_runner.__main__ import main
from scheduler_runner.cli import doctor, install
from scheduler_runner.doctor import patient as doctor_patient
from scheduler_runner.doctor.checks import CHECKS
from scheduler_runner.notices.safe_book import SafeBook
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.records.run_rows import FinishedRun
from scheduler_runner.rights.accounts import current_account, sid_of
from scheduler_runner.run_site import RunSite
from scheduler_runner.setup.task_entry import Entry
from scheduler_runner.setup.task_service import Registered
from scheduler_runner.setup.task_xml import from_xml, to_xml
from tests.bot_api import NO_CHAT, OK, TOKEN, BotApi
from tests.cli.test_status import note_idle_tick
from tests.conftest import PROJECT, Project, entry, forget, python_task
from tests.tasks.conftest import lay_out

pytestmark = pytest.mark.slow
OF_THE_PC = {"history", "protected folders"}
"""What Windows notes, whatever is installed."""
CHAT = {"ok": True, "result": [{"update_id": 7, "message": {"chat": {"id": -100500, "title": "Пункты"}}}]}
NOTHING = {"ok": True, "result": []}
AT_ANY_HOUR_ON_ANY_DISK = "copy_until = off\nmin_free_gb = 0\nnetwork_min_free_gb = 0\n"
PLACES = {"BASE_DIR": "", "SCHEDULER_ROOT": "scheduler_runner", "TASKS_ROOT": "scheduler_runner/tasks"}
NOT_ASKED = {"clock online", *(["token file"] if sys.platform == "win32" else [])}
"""A server of the internet; and where the tests lie on Windows, under Wine above all, everybody may read."""
JOB = entry("Job", "pass")


@dataclass
class Point:
    """A point that is well, until a test changes it."""

    project: Project
    ini: Path
    api: BotApi

    def changed(self, pattern: str, new: str) -> None:
        """Change the INI."""
        text, count = re.subn(pattern, new, self.ini.read_text("utf-8"), flags=re.DOTALL)
        assert count, pattern
        self.ini.write_text(text, "utf-8")

    def added(self, section: str) -> None:
        """Add lines at the INI's end."""
        self.ini.write_text(self.ini.read_text("utf-8") + section, "utf-8")

    def has_task(self, name: str, **values) -> None:
        """Give it one more task."""
        self.project.schedule(JOB, entry(name, "pass", **values))

    def ended(self, *outcomes: str) -> None:
        """Let a task have ended so in the last hours."""
        self.has_task("Other")
        site = RunSite(str(self.project.logs), "operator", str(self.project.root))
        task = python_task("", name="Other")
        book = SafeBook([task], site, None, logging.getLogger("point"))
        with closing(Ledger(site.own.ledger, book=book)) as ledger:
            for number, outcome in enumerate(outcomes):
                slot = int(time.time()) // 3600 * 3600 - 3600 * (len(outcomes) - number)
                ledger.claim(run=f"r{number}", task=task.id, slot=slot, attempt=1, started_at=slot)
                run = FinishedRun(f"r{number}", task.id, slot, 1, slot, slot + 60, outcome)
                ledger.finish(run, slot_state=outcome)


@pytest.fixture(scope="module")
def installed(tmp_path_factory, _sources):
    """Set a point up as a person does: answers to ``pvz install``, the line for the crontab, the first tick."""
    folder = tmp_path_factory.mktemp("point")
    ini = folder / "own" / "pvz.ini"
    (folder / "O").mkdir()
    now = datetime.now()
    lay_out(folder / "D", *(f"{now - timedelta(minutes=age):%Y-%m-%d %H:%M}" for age in (3, 20, 50)))
    with pytest.MonkeyPatch.context() as patch, BotApi() as api:
        project = unpacked(folder / "pvz", _sources, patch)
        for name, value in {"PVZ_CONFIG_PATH": "", "TELEGRAM_API_URL": api.url, "NO_PROXY": "127.0.0.1"}.items():
            patch.setenv(name, value)
        api.answers.extend([NOTHING, CHAT])
        answers = (str(ini), "182", str(folder / "D"), str(folder / "O"), "00:00-24:00", TOKEN, "склад", "над входом")
        patch.setattr(sys, "stdin", io.StringIO("".join(f"{answer}\n" for answer in answers)))
        registered = task_scheduler(patch)
        with redirect_stdout(io.StringIO()) as shown:
            assert main(["install"]) == 0, shown.getvalue()
        if not registered:
            (line,) = (line for line in shown.getvalue().splitlines() if line.startswith("*/5 "))
            patch.setenv("PATH", str(crontab(folder / "bin", line)), prepend=os.pathsep)
        point = Point(project, ini, api)
        point.changed(r"\[cameras]\n", f"[cameras]\n{AT_ANY_HOUR_ON_ANY_DISK}")
        point.added("[scheduler]\nlanguage = en\n")
        project.environ = dict(os.environ)
        if sys.platform == "win32":  # an administrator's first tick of a day looks who may change the program
            note_idle_tick(project)
        assert project.run("--user", "operator", "--config", str(ini)).returncode == 0, project.log()
        patch.setattr(doctor, "CHECKS", [check for check in CHECKS if check.name not in NOT_ASKED])
        yield point
        forget(project.logs)
    base_config.point.cache_clear()


def task_scheduler(patch: pytest.MonkeyPatch) -> "dict[str, tuple[Entry, Registered]]":
    """Let what is installed be registered here, and not in the Task Scheduler of whoever runs the tests."""
    entries: dict[str, tuple[Entry, Registered]] = {}

    def register(entry: Entry, _: str) -> None:
        entries[entry.path] = from_xml(to_xml(entry), entry.path), Registered(entry.path, "", 0)

    patch.setattr(install, "register", register)
    patch.setattr(install, "_account", lambda *_: sid_of(current_account()))
    patch.setattr(install, "_keep_history", lambda _: None)
    for name in ("PUBLIC", "USERPROFILE", "LOCALAPPDATA", "APPDATA"):
        patch.delenv(name, raising=False)  # so that the Python which runs this may lie anywhere
    if sys.platform == "win32":
        patch.setattr(doctor_patient, "registered_entries", lambda _: (entries, None))
    return entries


def crontab(folder: Path, line: str) -> Path:
    """Make a program of that name which shows this line; return its folder."""
    folder.mkdir()
    program = folder / "crontab"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{line}\nEND\n")
    program.chmod(0o755)
    return folder


def unpacked(root: Path, sources: Path, patch: pytest.MonkeyPatch) -> Project:
    """Put the program there, with the tasks of ``operator`` and no others; commands of this process are about it."""
    shutil.copytree(sources, root)
    for name in ("cameras", "point"):
        shutil.copytree(PROJECT / "scheduler_runner" / "tasks" / name, root / "scheduler_runner" / "tasks" / name)
    for name in ("requirements.txt", "pvz_config.ini"):
        shutil.copy(PROJECT / name, root)
    for name in ("TELEGRAM_BOT_TOKEN", "REPORT_TOKEN", "LOGS_ROOT", "PYTHONPATH", "COVERAGE_PROCESS_START"):
        patch.delenv(name, raising=False)
    for name, value in {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1", "LC_ALL": "C"}.items():
        patch.setenv(name, value)
    for name, place in {**PLACES, "LOGS_ROOT": "logs"}.items():
        patch.setitem(base_config.PATH_CONFIG, name, os.path.normpath(root / place))
    base_config.point.cache_clear()
    project = Project(root, dict(os.environ))
    project.schedule(JOB)
    return project


@pytest.fixture
def point(installed, tmp_path):
    """Return the point, as it is again after the test."""
    kept = {path: path.read_bytes() for path in (installed.ini, installed.project.root / "requirements.txt")}
    logs = installed.project.logs
    saved = shutil.copytree(logs, tmp_path / "logs")
    base_config.point.cache_clear()
    yield installed
    for path, content in kept.items():
        path.write_bytes(content)
    shutil.rmtree(logs)
    shutil.copytree(saved, logs)
    installed.project.schedule(JOB)
    installed.api.always = OK


def looked(capsys, *options: str) -> "tuple[int, list[dict]]":
    """Return the doctor's exit code, and what it found at the point."""
    capsys.readouterr()
    code = main(["doctor", "--json", *options])
    found = json.loads(capsys.readouterr().out)["findings"]
    return code, [each for each in found if each["check"] not in OF_THE_PC]


def test_point_set_up_as_the_guide_says_has_no_drift_and_is_well(point, capsys):
    assert looked(capsys, "--online") == (0, [])
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith(" checks, 0 drifts")
    assert main(["status"]) == 0
    assert "182: all is well, last seen to work at " in capsys.readouterr().out


def without(section: str):
    return lambda point: point.changed(rf"\[{section}.*?(?=\n\[|$)", "")


def adds(lines: str):
    return lambda point: point.added(f"\n{lines}\n")


def in_section(section: str, line: str):
    return lambda point: point.changed(rf"\[{section}]\n", f"[{section}]\n{line}\n")


def tasks(**values):
    return lambda point: point.has_task("Other", **values)


def lacks_package(point: Point) -> None:
    requirements = point.project.root / "requirements.txt"
    requirements.write_text("no-such-package>=1\n" + requirements.read_text("utf-8"), "utf-8")


def chat_is_gone(point: Point) -> None:
    point.api.always = NO_CHAT


FAULTS = {
    "nobody is told": (without("telegram"), "choices", "nobody is told of failures"),
    "chat that does not exist": (chat_is_gone, "telegram", "chat -100500 is not reached"),
    "misspelt section": (adds("[healthcheks]"), "configuration", "healthchecks would be right"),
    "nobody's runner": (
        in_section("telegram", "notify_user = oprator"),
        "choices",
        "notify_user = oprator has no tasks",
    ),
    "test mode": (lambda point: point.changed("= production", "= test"), "choices", "test mode"),
    "no camera": (without("camera unv_001"), "choices", "no camera is listed"),
    "wrong general key": (in_section("DEFAULT", "PVZ = 3"), "configuration", "pvz is unknown"),
    "wrong scheduler": (
        in_section("scheduler", "tick_minutes = often"),
        "configuration",
        "tick_minutes = 'often' is wrong",
    ),
    "wrong cameras": (in_section("cameras", "min_free = 3"), "configuration", "min_free is unknown"),
    "wrong camera": (in_section("camera unv_001", "colour = 3"), "configuration", "colour is unknown"),
    "wrong hours": (in_section("cameras", "closed_dates = soon"), "configuration", "closed_dates"),
    "wrong telegram": (in_section("telegram", "api_urll = x"), "configuration", "api_urll is unknown"),
    "wrong vk": (adds("[vk]\npeer = 3"), "configuration", "peer is unknown"),
    "wrong notices": (adds("[notices]\nquiet = often"), "configuration", "quiet is unknown"),
    "wrong healthchecks": (adds("[healthchecks]\nping_url = me"), "configuration", "ping_url"),
    "wrong report": (adds("[report]\nfoldr = x"), "configuration", "foldr is unknown"),
    "task that fails": (lambda point: point.ended("failed"), "work", "Other fails since"),
    "task that does nothing": (lambda point: point.ended(*["skipped"] * 4), "work", "does nothing since"),
    "daily that no tick meets": (tasks(schedule="daily", time="21:13"), "tasks", "do not meet all of its times"),
    "cron that no tick meets": (tasks(schedule="cron", cron="13 21 * * *"), "tasks", "do not meet all of its times"),
    "program that is not there": (tasks(command=["C:/no/report.exe"]), "tasks", "report.exe is not there"),
    "folder that is not there": (tasks(working_dir="no such folder"), "tasks", "no such folder is not there"),
    "package that is missing": (lacks_package, "packages", "package no-such-package is missing"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_single_fault_is_exactly_one_drift(point, capsys, monkeypatch, fault):
    # To look through the whole of Python, whose rights no fault here touches, takes an administrator seconds each time.
    monkeypatch.setattr(doctor, "CHECKS", [check for check in doctor.CHECKS if check.name != "rights"])
    bring, check, told = FAULTS[fault]
    bring(point)
    code, found = looked(capsys, "--online")
    drifts = [(each["check"], told in each["what"] + each["cure"]) for each in found if each["is_drift"]]
    assert (code, drifts) == (1, [(check, True)]), found


def test_what_a_wrong_ini_keeps_from_being_looked_at_is_not_called_well(point, capsys):
    point.changed("PVZ_ID", "PVZ_IT")
    assert main(["doctor"]) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert ", 1 drift" in shown and "all is well: packages, tasks, " in shown
    assert not any(name in shown for name in ("what must be chosen", "network root", "recording roots", "free space"))


def test_secret_that_is_not_there_is_told_and_may_be_the_runners_alone(point, capsys):
    point.has_task("Other", secrets=["REPORT_TOKEN"])
    code, (found,) = looked(capsys)
    assert (code, found["is_drift"]) == (0, False)
    assert "REPORT_TOKEN" in found["what"]
