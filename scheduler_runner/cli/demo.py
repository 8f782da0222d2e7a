"""Show on made-up recordings what a tick does at a point. Touches ``sandbox/`` alone, no record of the point itself."""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta

from rich.console import Console
from rich.table import Table

from config.base_config import EXAMPLE_ID, PATH_CONFIG
from scheduler_runner.cli.sample_recordings import SampleRecording, recordings_before, remove_samples
from scheduler_runner.errors import ExitCode
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.schedule_config import get_tasks_by_user
from scheduler_runner.system.streams import console_for_people

_USER = "operator"
_TASK = "cameras_CopyScript"
_CAMERAS = [("unv", "sklad"), ("unv", "zal"), ("xiaomi", "78DF72A1B2C3")]
# However full this machine's disk is, and whatever was copied in an earlier demo, nothing is wrong with it.
_INI = f"""[DEFAULT]
PVZ_ID = {EXAMPLE_ID}
ENV_MODE = test
[cameras]
min_free_gb = 0
network_min_free_gb = 0
lookback_network_hours = 240
[camera unv_001]
kind = unv
uid = sklad
area = склад
[camera unv_002]
kind = unv
uid = zal
area = клиентская зона
[camera xiaomi_001]
kind = xiaomi
uid = 78DF72A1B2C3
area = вход
"""
_SANDBOX = os.path.join(PATH_CONFIG["BASE_DIR"], "sandbox")
_LOCAL = os.path.join(_SANDBOX, "D_camera")
_LOGS = os.path.join(_SANDBOX, "logs")
_NETWORK = os.path.join(_SANDBOX, "O_cameras", EXAMPLE_ID)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: the demo takes no arguments."""


def run(arguments: argparse.Namespace) -> int:
    """Lay out, run, show. Returns 0 where every recording but the unfinished one has arrived, else 1."""
    console = console_for_people()
    environment = {**os.environ, "PVZ_CONFIG_PATH": _write_ini(), "LOGS_ROOT": _LOGS}
    paths = _lay_out()
    complete = len(paths) - 1
    console.print(f"1. Laid out {len(paths)} recordings of three cameras in {_LOCAL}")
    code = _tick(console, environment)
    if _count_copies(paths) < complete and code == ExitCode.OK:
        console.print("   Not due now, or its hours are over, so by hand: --task CopyScript, then the script itself")
        code = _run(environment, "scheduler_runner.runner", "--user", _USER, "--task", "CopyScript")
    if _count_copies(paths) < complete and code == ExitCode.OK:
        code = _run(environment, "scheduler_runner.tasks.cameras.CopyScript")
    arrived = _count_copies(paths)
    _show(console, len(paths), arrived, code)
    return int(ExitCode.OK if arrived >= complete and code == ExitCode.OK else ExitCode.TASK_FAILED)


def _tick(console: Console, environment: dict[str, str]) -> int:
    """Run one tick; where the point has tasks of its own for this user, only the demo's task."""
    command = ["scheduler_runner.runner", "--user", _USER]
    if any(task.domain != "cameras" for task in get_tasks_by_user(_USER)):
        command += ["--task", _TASK]
    console.print(f"2. A tick, as Task Scheduler starts it: python -m {' '.join(command)}")
    return _run(environment, *command)


def _write_ini() -> str:
    """Write a test point's INI: on a real point, too, the demo stays in its sandbox."""
    os.makedirs(_SANDBOX, exist_ok=True)
    path = os.path.join(_SANDBOX, "demo.ini")
    with open(path, "w", encoding="utf-8") as file:
        file.write(_INI)
    return path


def _lay_out() -> list[str]:
    """Lay out the recordings anew, one of them as if it were still being written; return their relative paths."""
    for root in (_LOCAL, _NETWORK):
        os.makedirs(root, exist_ok=True)
        remove_samples(root)
    now = datetime.now()
    recordings = list(recordings_before(now, _CAMERAS))
    for recording in recordings[: len(_CAMERAS) * 12]:  # the oldest day was copied before
        recording.lay_out(_NETWORK)
    lately = (now - timedelta(minutes=70)).replace(microsecond=0)
    recordings += [SampleRecording(kind, uid, lately) for kind, uid in _CAMERAS]
    for recording in recordings:
        recording.lay_out(_LOCAL)
    unfinished = SampleRecording("unv", "sklad", now.replace(microsecond=0))
    os.utime(unfinished.lay_out(_LOCAL))
    return [recording.path for recording in (*recordings, unfinished)]


def _run(environment: dict[str, str], module: str, *arguments: str) -> int:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=PATH_CONFIG["BASE_DIR"],
        env=environment,
        stdin=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        check=False,
    ).returncode


def _count_copies(paths: Iterable[str]) -> int:
    return sum(os.path.exists(os.path.join(_NETWORK, path)) for path in paths)


def _show(console: Console, laid_out: int, arrived: int, code: int) -> None:
    user_dir = os.path.join(_LOGS, _USER)
    today = f"{datetime.now():%Y-%m-%d}.log"
    console.print(f"   exit code {code}: {arrived} of {laid_out} recordings are in {_NETWORK}")
    if arrived < laid_out:
        console.print("   (one was modified within the last minute: it waits for the next run)")
    console.print("3. What is on record:")
    table = Table("task", "slot", "outcome", "summary")
    ledger = Ledger(os.path.join(user_dir, "ledger.sqlite3"), is_read_only=True)
    for task in get_tasks_by_user(_USER):
        for run in ledger.last_runs(task.id, 1):
            slot = "by hand" if run.slot is None else f"{datetime.fromtimestamp(run.slot):%Y-%m-%d %H:%M}"
            table.add_row(run.task, slot, run.outcome or "", run.summary)
    ledger.close()
    console.print(table)
    console.print("4. Look at:")
    for what, path in (
        ("the tick's log", os.path.join(user_dir, "runner", today)),
        ("the task's log", os.path.join(user_dir, _TASK, today)),
        ("the ledger", os.path.join(user_dir, "ledger.sqlite3")),
        ("the copies", _NETWORK),
    ):
        console.print(f"   {what:<15} {path}")
    console.print(f"   next: python -m scheduler_runner.runner --user {_USER} --dry-run")
