"""Is the network root there, can it be written and read, has it room, do copies arrive? See docs/cameras.md.

By hand: ``python -m scheduler_runner.tasks.cameras.CloudMonitorScript --help``.
"""

import argparse
import logging
import os
import sys
import time
from collections.abc import Sequence
from datetime import datetime

from scheduler_runner.tasks.cameras.copy_state import is_copying
from scheduler_runner.tasks.cameras.probing import ProbeFailed, probe, remove_old_probes
from scheduler_runner.tasks.cameras.settings import CameraSettings, load_camera_settings
from scheduler_runner.tasks.cameras.watching import newest_recording, window_start
from scheduler_runner.tasks.common.arguments import number, whole_number
from scheduler_runner.tasks.common.script import FAILED, NOTHING_TO_DO, OK, WARNED, Report, run_script
from scheduler_runner.utils.filesystem import free_bytes, long_path, plain_path
from scheduler_runner.utils.rule import lies_in
from scheduler_runner.utils.russian import moment, size

_GIBIBYTE = 1024**3

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
    parser.add_argument("--retries", type=whole_number(0, 100), default=3, help="further attempts where it is away")
    parser.add_argument("--delay", type=number(0, 3600), default=10, help="seconds between them")
    return parser


def _check(arguments: argparse.Namespace) -> Report:
    settings = load_camera_settings()
    now = settings.now()
    if not lies_in(now.hour * 60 + now.minute, settings.working_hours):
        return Report(NOTHING_TO_DO, "Вне рабочих часов: облако не проверялось")
    root = long_path(settings.network_root)
    try:
        metrics: dict[str, object] = dict(_probe_patiently(root, arguments.retries, arguments.delay))
    except ProbeFailed as failure:
        return Report(FAILED, f"Облако недоступно: {failure.step.value} {settings.network_root} ({failure.reason})")
    remove_old_probes(root)
    free = free_bytes(root)
    unreadable: list[str] = []
    newest = newest_recording(
        [root], now, lambda path, error: unreadable.append(f"{plain_path(path)} ({error.strerror})")
    )
    complaints = _lack_of_room(free, settings)
    if unreadable:
        complaints.append(f"Не читается: {', '.join(unreadable)}")
    remarks = []
    if _is_late(newest, settings, now):
        if is_copying(root):
            remarks.append(f"Копии отстают, копирование идёт, последняя запись в облаке: {moment(newest, now)}")
        else:
            complaints.append(f"Копии не поступают, последняя запись в облаке: {moment(newest, now)}")
    metrics.update(free_bytes=free, newest_copy=newest and newest.isoformat())
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


def _is_late(newest: datetime | None, settings: CameraSettings, now: datetime) -> bool:
    """Return whether the newest copy is old, and there is something newer to copy."""
    since = window_start(now, settings.lookback_hours["network"], settings.working_hours)
    if newest is not None and newest >= since:
        return False
    present = [long_path(root) for root in settings.local_roots if os.path.isdir(root)]
    newest_local = newest_recording(present, now, _log)
    return newest_local is not None and (newest is None or newest_local > newest)


def _log(path: str, error: OSError) -> None:
    """Leave what cannot be read on the local disk to the monitor of the cameras, which tells it."""
    logger.warning("cannot read %s: %s", path, error.strerror)


if __name__ == "__main__":
    sys.exit(main())
