"""Is the network root there, can it be written and read, has it room, do copies arrive? See docs/cameras.md.

By hand: ``python -m scheduler_runner.tasks.cameras.CloudMonitorScript --help``.
"""

from scheduler_runner.system.ctrl_c import end_at_once

if __name__ == "__main__":
    end_at_once()  # while the rest is loaded: run_script answers it from then on

import argparse
import logging
import os
import re
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum

from config.values import number, whole
from scheduler_runner.errors import SchedulerError
from scheduler_runner.russian import moment, size
from scheduler_runner.system.filesystem import delete_file, free_bytes, host_name, is_full, list_folder, long_path
from scheduler_runner.tasks.cameras.copy_lock import is_copying
from scheduler_runner.tasks.cameras.monitor_answer import closed_report, lacks
from scheduler_runner.tasks.cameras.monitor_look import NETWORK_ROOT, look
from scheduler_runner.tasks.cameras.monitor_rules import AHEAD, Window
from scheduler_runner.tasks.cameras.settings import NETWORK_ROOT_AWAY, CameraSettings, load_camera_settings
from scheduler_runner.tasks.common.arguments import argument
from scheduler_runner.tasks.common.script import FAILED, OK, WARNED, Report, is_planned, run_script

_CONTENT = b"probe of the network root\n" * 40
_PROBE = re.compile(r"\.probe\.(?P<host>[\w-]+)\.\d+")
_OLD_SECONDS = 3600.0
_GIBIBYTE = 1024**3
_AWAY = "Облако недоступно"

logger = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Check, report, and return the exit code: 0, 1 something is wrong, 3, 10 late, 75 outside the working hours."""
    return run_script(_check, _parser(), argv)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scheduler_runner.tasks.cameras.CloudMonitorScript",
        description="Write, read and delete a small file in the network root; look at its room and its newest copy.",
        allow_abbrev=False,
    )
    parser.add_argument("--retries", type=argument(whole(0, 100)), default=3, help="further attempts where it is away")
    parser.add_argument("--delay", type=argument(number(0, 3600)), default=10, help="seconds between them")
    return parser


def _check(arguments: argparse.Namespace) -> Report:
    settings = load_camera_settings()
    now = settings.now()
    if is_planned() and not settings.hours.is_open(now):
        return closed_report(settings.hours, now, "облако не проверялось")
    root = long_path(settings.network_root)
    try:
        metrics: dict[str, object] = dict(_probe_patiently(root, arguments.retries, arguments.delay))
    except ProbeFailed as failure:
        what = "В облаке нет места" if failure.is_full else _AWAY
        cause = NETWORK_ROOT_AWAY if failure.step is Step.LOOK else ""
        told = f"{what}: {failure.step.value} {settings.network_root} ({failure.reason})"
        return Report(FAILED, told, cause=cause, cause_text=f"{_AWAY}: {settings.network_root}" if cause else "")
    remove_old_probes(root)
    free = free_bytes(root)
    lookback = timedelta(hours=settings.lookback_hours["network"])
    window = Window(now, settings.hours, lookback, settings.zone, is_prompt=False)
    was_copying = is_copying(root)
    seen = look(NETWORK_ROOT, [root], (), window)
    newest = seen.newest
    complaints = [*_lack_of_room(free, settings), *lacks(seen, _AWAY)]
    remarks = []
    if not seen.lost and _is_late(newest, settings, window):
        if was_copying or is_copying(root):
            remarks.append(f"Копии отстают, копирование идёт, последняя запись в облаке: {moment(newest, now)}")
        else:
            complaints.append(f"Копии не поступают, последняя запись в облаке: {moment(newest, now)}")
    metrics.update(free_bytes=free, free_where="в облаке", newest_copy=newest and newest.isoformat())
    told = f"свободно {size(free)}" if free is not None else "свободное место неизвестно"
    fine = f"Облако доступно: {told}, последняя копия {moment(newest, now)}"
    code = FAILED if complaints else WARNED if remarks else OK
    return Report(code, "; ".join([*complaints, *remarks]) or fine, metrics)


def _probe_patiently(root: str, retries: int, delay_seconds: float) -> dict[str, float]:
    """Answer the seconds of each step; raise :class:`ProbeFailed` where no attempt came through."""
    for left in range(retries, -1, -1):
        try:
            return probe(root)
        except ProbeFailed as failure:
            logger.warning("the network root failed step=%s attempts_left=%d: %s", failure.step.name, left, failure)
            if not left:
                raise
            time.sleep(delay_seconds)
    raise AssertionError("a range from retries to 0 is never empty")


def _lack_of_room(free: int | None, settings: CameraSettings) -> list[str]:
    least = settings.network_min_free_gb * _GIBIBYTE
    if free is None or free >= least:
        return []
    return [f"В облаке мало места: свободно {size(free)}, нужно {size(least)}"]


def _is_late(newest: datetime | None, settings: CameraSettings, window: Window) -> bool:
    """Return whether the newest copy is old, and something newer, but older than these hours, waits to be copied."""
    if newest is not None and newest >= window.since:
        return False
    present = [long_path(root) for root in settings.local_roots if os.path.isdir(root)]
    # By names, as the copies: times of writing and names would not agree where a clock is wrong.
    newest_due = look(NETWORK_ROOT, present, (), replace(window, now=window.since - AHEAD)).newest
    return newest_due is not None and (newest is None or newest_due > newest)


class Step(Enum):
    """What is tried, in this order; the value says for staff what could not be done."""

    LOOK = "не открыть папку"
    WRITE = "не записать в"
    READ = "не прочитать записанное в"
    DELETE = "не удалить записанное в"


class ProbeFailed(SchedulerError):
    """A step could not be done."""

    def __init__(self, step: Step, error: OSError) -> None:
        self.step = step
        self.reason = error.strerror or str(error)
        self.is_full = is_full(error)
        super().__init__(f"{step.name.lower()}: {self.reason}")


def probe(root: str) -> dict[str, float]:
    """Return the seconds that each step took, such as ``write_seconds``. Raises :class:`ProbeFailed`."""
    path = os.path.join(root, f".probe.{host_name()}.{os.getpid()}")
    seconds = {}
    for step, carry_out in ((Step.LOOK, _look), (Step.WRITE, _write), (Step.READ, _read), (Step.DELETE, _delete)):
        started = time.perf_counter()
        try:
            carry_out(root, path)
        except OSError as error:
            with suppress(OSError):  # a full drive, or one that could not flush, has made the file all the same
                os.unlink(path)
            raise ProbeFailed(step, error) from error
        seconds[f"{step.name.lower()}_seconds"] = round(time.perf_counter() - started, 3)
    return seconds


def remove_old_probes(root: str) -> None:
    """Remove what a crash of this PC left; a failure is for the log."""
    try:
        for entry in list(list_folder(root)):
            match = _PROBE.fullmatch(entry.name)
            if match and match["host"] == host_name() and time.time() - entry.stat().st_mtime > _OLD_SECONDS:
                delete_file(root, entry.path)
    except OSError as error:
        logger.warning("an old probe cannot be removed from %s: %s", root, error)


def _look(root: str, path: str) -> None:
    with os.scandir(root) as entries:
        next(entries, None)


def _write(root: str, path: str) -> None:
    with open(path, "wb", buffering=0) as file:
        file.write(_CONTENT)
        os.fsync(file.fileno())


def _read(root: str, path: str) -> None:
    with open(path, "rb", buffering=0) as file:
        if file.read() != _CONTENT:
            raise OSError("прочитано не то, что записано")


def _delete(root: str, path: str) -> None:
    os.unlink(path)


if __name__ == "__main__":
    sys.exit(main())
