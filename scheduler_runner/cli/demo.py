"""Show on made-up recordings what happens at a point. Touches ``sandbox/`` alone, no record of the point itself.

It shows the same at any hour, and the second time: a point that is open all day, laid out anew each time.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module

from config.base_config import EXAMPLE_ID, PATH_CONFIG
from scheduler_runner.cli.outcomes import OUTCOMES
from scheduler_runner.cli.sample_recordings import SampleRecording, day_of_recordings, remove_samples
from scheduler_runner.errors import ExitCode
from scheduler_runner.phrases import Phrase
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.records.run_rows import FinishedRun
from scheduler_runner.report.fleet import FOLDER, PAGE
from scheduler_runner.schedule_config import get_tasks_by_user
from scheduler_runner.screens.chosen import screen
from scheduler_runner.screens.screen import Screen
from scheduler_runner.system.filesystem import delete_tree
from scheduler_runner.tasks.cameras.root_owners import OWNERS

_USER = "operator"
_DOMAIN = "cameras"
_BUNDLED = (_DOMAIN, "point")
_PAGE_TASK = "point_Report"
_COPY = "CopyScript"
_WRITING = [("unv", "sklad"), ("unv", "zal")]
_SILENT = ("xiaomi", "78DF72A1B2C3")
_SILENT_HOURS = 5
_DAYS = 11
_INI = f"""[DEFAULT]
PVZ_ID = {EXAMPLE_ID}
ENV_MODE = test
[cameras]
; so that the demo shows the same at any hour, and however full this disk is
working_hours = 00:00-24:00
copy_until = off
min_free_gb = 0
network_min_free_gb = 0
lookback_network_hours = 240
retention_local_days = 8
retention_network_days = 9
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
uid = {_SILENT[1]}
area = вход
"""
_SANDBOX = os.path.join(PATH_CONFIG["BASE_DIR"], "sandbox")
_LOCAL = os.path.join(_SANDBOX, "D_camera")
_LOGS = os.path.join(_SANDBOX, "logs")
_NETWORK = os.path.join(_SANDBOX, "O_cameras", EXAMPLE_ID)
_MEANT_TO_FAIL = {"CleanupLocal", "VideoMonitorLocal"}


@dataclass(frozen=True, slots=True)
class _Story:
    """What was laid out. Paths are relative to the roots."""

    paths: "list[str]"
    """On the local disk, and finished."""
    damaged: str
    """An old one whose copy has its size and nothing else of it."""
    old: int
    """So many are older than the retention of their root, and may go, but for the damaged one."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: the demo takes no arguments."""


def run(arguments: argparse.Namespace) -> int:
    """Lay out, run, show. Return 0 where all went as it was meant to, else 1."""
    import_module("scheduler_runner.runs.attempt")  # where a package is missing, nothing is laid out: its name is told
    on = screen()
    environment = {**os.environ, "PVZ_CONFIG_PATH": _begin(), "LOGS_ROOT": _LOGS}
    story = _lay_out(datetime.now())
    _tell_story(on, story)
    on.say("2. The copy, as it runs three times a day:", look="strong")
    copied = _runner(environment, "--task", _COPY)
    missing = [path for path in story.paths if not os.path.exists(os.path.join(_NETWORK, path))]
    _show_runs(on, _runs())
    on.say("3. A tick, as it comes every few minutes, for all the rest:", look="strong")
    _run_the_rest(environment)
    if _PAGE_TASK in {task.id for task in get_tasks_by_user(_USER)}:
        _runner(environment, "--task", _PAGE_TASK)  # once more: now it has seen how the others ended
    runs = _runs()
    _show_runs(on, runs[1:])
    on.say("The camera at the entrance is silent, and the damaged copy is no copy: both were meant, and are told.")
    on.say("4. What would run now, and why the rest would not:", look="strong")
    _runner(environment, "--dry-run", out=None)
    _show_places(on)
    failed = {run.task.removeprefix(f"{_DOMAIN}_") for run in runs if run.outcome not in ("succeeded", "warned")}
    is_well = copied == ExitCode.OK and not missing and failed == _MEANT_TO_FAIL
    if not is_well:
        on.say(
            "This is not as it was meant: {names}",
            names=", ".join(sorted(failed ^ _MEANT_TO_FAIL)) or _COPY,
            look="bad",
        )
    return int(ExitCode.OK if is_well else ExitCode.TASK_FAILED)


def _begin() -> str:
    """Write a test point's INI, and begin its records anew; return the INI's path."""
    os.makedirs(_SANDBOX, exist_ok=True)
    if os.path.isdir(_LOGS):
        delete_tree(_SANDBOX, _LOGS)
    path = os.path.join(_SANDBOX, "demo.ini")
    with open(path, "w", encoding="utf-8") as file:
        file.write(_INI)
    return path


def _lay_out(now: datetime) -> _Story:
    """Lay out eleven days: the oldest in the cloud alone, the next one in both places, the rest on the local disk."""
    for root in (_LOCAL, _NETWORK):
        os.makedirs(root, exist_ok=True)
        remove_samples(root)
    _forget_writers(_NETWORK)
    dates = (now - timedelta(days=age) for age in range(_DAYS - 1, 0, -1))
    oldest, copied, *others = (list(day_of_recordings(date, [*_WRITING, _SILENT])) for date in dates)
    for recording in (*oldest, *copied):
        recording.lay_out(_NETWORK)
    damaged = next(recording for recording in copied if recording.uid == "zal").path
    _fill_with_zeros(os.path.join(_NETWORK, damaged))
    local = [*copied, *(recording for day in others for recording in day), *_lately(now)]
    for recording in local:
        recording.lay_out(_LOCAL)
    unfinished = SampleRecording("unv", "sklad", now.replace(microsecond=0))
    os.utime(unfinished.lay_out(_LOCAL), (now.timestamp(), now.timestamp()))
    return _Story([each.path for each in local], damaged, len(oldest) + len(copied) - 1)


def _forget_writers(root: str) -> None:
    """Let no other PC be known there: where the folder came over from one, its writer is nobody's business any more."""
    with suppress(FileNotFoundError):
        os.unlink(os.path.join(root, OWNERS))


def _lately(now: datetime) -> list[SampleRecording]:
    """Return what cameras wrote in the last hours; one of them fell silent."""
    now = now.replace(microsecond=0)
    moments = [now - timedelta(minutes=age) for age in range(2, 180, 6)]
    lately = [SampleRecording(kind, uid, moment) for kind, uid in _WRITING for moment in moments]
    return [*lately, SampleRecording(*_SILENT, now - timedelta(hours=_SILENT_HOURS))]


def _fill_with_zeros(path: str) -> None:
    status = os.stat(path)
    with open(path, "wb") as file:
        file.write(bytes(status.st_size))
    os.utime(path, (status.st_atime, status.st_mtime))


def _run_the_rest(environment: dict[str, str]) -> None:
    """Run a tick, then what it had no reason to run; at a point with tasks of its own only the latter."""
    if all(task.domain in _BUNDLED for task in get_tasks_by_user(_USER)):
        _runner(environment)
    done = {each.task for each in _runs()}
    for task in get_tasks_by_user(_USER):
        if task.domain in _BUNDLED and task.id not in done:
            _runner(environment, "--task", task.id)


def _runner(environment: dict[str, str], *arguments: str, out: "int | None" = subprocess.DEVNULL) -> int:
    sys.stdout.flush()  # what it prints itself comes after what was said so far
    return subprocess.run(
        [sys.executable, "-m", "scheduler_runner.runner", "--user", _USER, *arguments],
        cwd=PATH_CONFIG["BASE_DIR"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=out,  # how a run ended stands in the table
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        check=False,
    ).returncode


def _runs() -> list[FinishedRun]:
    """Return the runs on record, the first of each task: what a tick runs again has nothing left to do."""
    ledger = Ledger(os.path.join(_LOGS, _USER, "ledger.sqlite3"), is_read_only=True)
    try:
        firsts = (ledger.last_runs(task.id, 10)[-1:] for task in get_tasks_by_user(_USER))
        return sorted((run for first in firsts for run in first), key=lambda run: run.started_at)
    finally:
        ledger.close()


def _tell_story(on: Screen, story: _Story) -> None:
    on.say(
        "1. Eleven days of three cameras, {files} recordings, in {path}:",
        files=len(story.paths) + 1,
        path=_LOCAL,
        look="strong",
    )
    on.say("- {number} are older than they need be kept, on the disk or in the cloud", number=story.old, indent=3)
    on.say("- the cloud's copy of {path} is of the right size, and zeros", path=story.damaged, indent=3)
    on.say("- {camera} wrote last {hours} hours ago", camera="xiaomi_001 (вход)", hours=_SILENT_HOURS, indent=3)
    on.say("- one recording is still being written", indent=3)


def _show_runs(on: Screen, runs: Sequence[FinishedRun]) -> None:
    rows = [(run.task.removeprefix(f"{_DOMAIN}_"), Phrase(OUTCOMES[run.outcome or ""]), run.summary) for run in runs]
    on.table(("task", "outcome", "what it says"), rows)


def _show_places(on: Screen) -> None:
    today = f"{datetime.now():%Y-%m-%d}.log"
    on.say("5. Look at:", look="strong")
    places: Sequence[tuple[Phrase, str]] = (
        (Phrase("the tick's log"), os.path.join(_LOGS, _USER, "runner", today)),
        (Phrase("the copy's log"), os.path.join(_LOGS, _USER, f"{_DOMAIN}_{_COPY}", today)),
        (Phrase("the copies"), _NETWORK),
        (Phrase("the point's page"), os.path.join(_NETWORK, FOLDER, PAGE)),
    )
    for what, path in places:
        if not os.path.exists(path):
            continue  # the page, where a point has no task that writes it
        on.copy(f"   {on.words(what)}: {path}")
