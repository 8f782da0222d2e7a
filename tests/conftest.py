"""What many tests share: a place to run in, tasks made of a line of Python, a project of one's own."""

import compileall
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from config import base_config
from scheduler_runner.plans.plan import parse_plan
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.run_site import RunSite
from scheduler_runner.system.own_files import name_among_installations, private_folder_path
from scheduler_runner.task import Task
from scheduler_runner.utils.logging import close_logger, configure_logger

PROJECT = Path(__file__).resolve().parent.parent
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # So a shell starts what it puts into the background; every runner that a test starts would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _zone_of_noon() -> str:
    return f"Etc/GMT{time.gmtime().tm_hour - 12:+}"  # by POSIX's signs: west of Greenwich is plus


ZONE = ZoneInfo(_zone_of_noon())
"""The zone of the tests' points. It is about noon there: no day ends in the middle of a test."""
INI = f"[DEFAULT]\nPVZ_ID = 182\nENV_MODE = test\n[scheduler]\ntimezone = {ZONE.key}\nlanguage = en\n"


def python_task(code: str, *, name: str = "Job", user: str = "operator", plan=None, **values) -> Task:
    """Return a task that runs a text as Python."""
    entry = plan or {"schedule": "hourly"}
    argv = (sys.executable, "-c", code)
    return Task(name=name, domain="demo", user=user, plan=parse_plan(entry), argv=argv, **values)


@pytest.fixture
def site(tmp_path) -> RunSite:
    logs_dir, refuge_dir = str(tmp_path / "logs"), str(tmp_path / "refuge")
    # In the zone of a PC whose hours begin at :15 of UTC, as some do, what tests take for a slot would be none.
    return RunSite(logs_dir, "operator", str(tmp_path), refuge_dir=refuge_dir, zone=timezone.utc)


@pytest.fixture
def ledger(site):
    os.makedirs(site.own.folder, exist_ok=True)
    ledger = Ledger(site.own.ledger)
    yield ledger
    ledger.close()


@pytest.fixture
def logger(site):
    logger = configure_logger("operator", "demo_Job", logs_dir=site.logs_dir)
    yield logger
    close_logger(logger)


@pytest.fixture
def read_log(site):
    """Return a function that reads a log's files of all days as one text."""

    def read(task_name: str = "demo_Job") -> str:
        folder = Path(site.own.folder, task_name)
        files = sorted(folder.glob("*.log")) if folder.is_dir() else []
        return "".join(file.read_text("utf-8") for file in files if "_detailed" not in file.name)

    return read


@pytest.fixture(autouse=True)
def _loggers_closed():
    """On Windows an open file keeps its folder from being removed."""
    yield
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("scheduler_runner.logs."):
            close_logger(logging.getLogger(name))


@pytest.fixture
def ini(tmp_path, monkeypatch):
    """Return a function that makes a text, or bytes, the INI of this test."""

    def write(content: "str | bytes" = INI) -> Path:
        path = tmp_path / "pvz.ini"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        monkeypatch.setenv("PVZ_CONFIG_PATH", str(path))
        base_config.point.cache_clear()
        return path

    yield write
    base_config.point.cache_clear()


def half_an_hour_ago() -> int:
    """Return the minute of an hourly task that no test's end is late for: its slot is followed by none for as long."""
    return _minute(ago=30)


def just_now() -> dict:
    """Return a schedule whose slot is a minute old, as a tick without a ledger asks for, and is followed by none for long."""
    return {"schedule": "hourly", "minute": _minute(ago=1)}


def _minute(ago: int) -> int:
    return (int(time.time()) // 60 - ago) % 60  # the zone of INI has whole hours, the machine's need not


@dataclass
class Project:
    """A checkout of one's own, without the bundled domains."""

    root: Path
    environ: dict[str, str]
    minute: int = field(default_factory=half_an_hour_ago)

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    def configure(self, text: str, domain: str = "demo", name: str = "demo") -> Path:
        folder = self.root / "scheduler_runner" / "tasks" / domain / "config"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}_config.py"
        path.write_text(text, "utf-8")
        return path

    def schedule(self, *entries: dict, domain: str = "demo") -> Path:
        """Write entries; an hourly one without a minute gets this project's, whatever the time of this test."""
        timed = [{"minute": self.minute, **each} if each["schedule"] == "hourly" else each for each in entries]
        return self.configure(f"SCHEDULE = {timed!r}\n", domain)

    def start(
        self, *arguments: str, module: str = "scheduler_runner.runner", program: str = "", **environ: str
    ) -> subprocess.Popen:
        """Start a module of the product, or Python with an option such as ``-c``."""
        return subprocess.Popen(
            [sys.executable, *([program] if program else ["-m", module]), *arguments],
            cwd=self.root,
            env={**self.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def run(self, *arguments: str, module: str = "scheduler_runner.runner", **environ: str):
        process = self.start(*arguments, module=module, **environ)
        out, err = process.communicate(timeout=100)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def log(self, name: str = "runner", user: str = "operator") -> str:
        folder = self.logs / user / name
        return "".join(file.read_text("utf-8") for file in sorted(folder.glob("*.log")) if "_detailed" not in file.name)

    def ledger(self, user: str = "operator") -> Ledger:
        return Ledger(str(self.logs / user / "ledger.sqlite3"))


def entry(name: str, code: str, **values) -> dict:
    """Return a schedule's entry that runs a text as Python, every hour."""
    command = [sys.executable, "-c", code]
    return {"name": name, "user": "operator", "schedule": "hourly", "command": command, **values}


@pytest.fixture(scope="session")
def _sources(tmp_path_factory) -> Path:
    """Return the product's code, compiled: hundreds of processes would each compile a hundred modules otherwise."""
    root = tmp_path_factory.mktemp("sources")
    not_copied = shutil.ignore_patterns("cameras", "point", "system_updates")
    for package in ("config", "scheduler_runner"):
        # The bytecode that is there comes along; a copy keeps its times, and by them Python knows that it is good.
        shutil.copytree(PROJECT / package, root / package, ignore=not_copied)
        compileall.compile_dir(root / package, quiet=1)
    return root


@pytest.fixture
def project(tmp_path, _sources) -> Iterator[Project]:
    root = tmp_path / "проект 1"
    shutil.copytree(_sources, root)
    (root / "pvz_config.ini").write_text(INI, "utf-8")
    dropped = ("PVZ_CONFIG_PATH", "LOGS_ROOT", "PYTHONPATH", "COVERAGE_PROCESS_START")
    environ = {name: value for name, value in os.environ.items() if name not in dropped}
    project = Project(root, {**environ, "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"})
    yield project
    forget(project.logs)


def forget(logs: Path) -> None:
    """Remove what a project left in this account's private folder: one at the same path later would heed it."""
    for folder in (logs, *(logs / user for user in ("operator", "system"))):
        for left in Path(private_folder_path()).glob(f"{name_among_installations(str(folder))}*"):
            with suppress(OSError):  # held still by what a test has started
                shutil.rmtree(left) if left.is_dir() else left.unlink()


@pytest.fixture
def small_disk(tmp_path):
    """Return a folder that holds 256 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if sys.platform != "linux" or os.geteuid():
        pytest.skip("only root on Linux can make a small disk")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], check=False)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(folder: Path) -> None:
    """Write a file ``filler`` until the disk takes no byte more."""
    with open(folder / "filler", "wb", buffering=0) as file:
        try:
            while file.write(b"x" * 1024):
                pass
        except OSError:
            pass
