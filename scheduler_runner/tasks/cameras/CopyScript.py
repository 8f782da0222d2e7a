"""Copy every recording that the network root lacks, oldest first; see docs/cameras.md for the rules.

By hand: ``python -m scheduler_runner.tasks.cameras.CopyScript --help``.
"""

from scheduler_runner.system.ctrl_c import end_at_once

if __name__ == "__main__":
    end_at_once()  # while the rest is loaded: run_script answers it from then on

import argparse
import logging
import os
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta

from config.base_config import PATH_CONFIG
from config.values import clock, number, or_off, whole
from scheduler_runner.runs.result_file import COPYING
from scheduler_runner.russian import size
from scheduler_runner.system.filesystem import free_bytes, long_path, plain_path
from scheduler_runner.system.folders import is_same_folder
from scheduler_runner.system.locks import FileLock, try_lock
from scheduler_runner.system.machine import machine_mark
from scheduler_runner.tasks.cameras.copy_limits import Absence, Pulse, Stuck, unless_stuck
from scheduler_runner.tasks.cameras.copy_lock import lock_path
from scheduler_runner.tasks.cameras.copy_notes import CopyNotes, notes_path
from scheduler_runner.tasks.cameras.copy_report import copy_report
from scheduler_runner.tasks.cameras.copy_run import CopyRun
from scheduler_runner.tasks.cameras.copy_values import STUCK, CopyCount, CopyOptions
from scheduler_runner.tasks.cameras.destination import make_root
from scheduler_runner.tasks.cameras.recording_root import RecordingRoot
from scheduler_runner.tasks.cameras.root_owners import Doorkeeper, Writer
from scheduler_runner.tasks.cameras.settings import (
    NETWORK_ROOT_AWAY,
    CameraSettings,
    load_camera_settings,
    recording_roots,
)
from scheduler_runner.tasks.common.arguments import argument
from scheduler_runner.tasks.common.progress import Progress
from scheduler_runner.tasks.common.script import FAILED, NOTHING_TO_DO, Report, is_planned, run_script

_MEBIBYTE = 1024 * 1024
_LEAST_FREE_BYTES = 64 * _MEBIBYTE
_JUST_PASSED = timedelta(hours=3)
_DAY = timedelta(days=1)
_NOT_GIVEN = -1

logger = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None, limits: CopyOptions | None = None) -> int:
    """Copy, report, and return the exit code: 0, 1 failed, 3 wrong configuration, 10 with a remark, 75 busy.

    ``limits`` are what no argument sets.
    """
    return run_script(lambda arguments: _copy(arguments, limits or CopyOptions()), _parser(), argv)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scheduler_runner.tasks.cameras.CopyScript",
        description="Copy every recording that the network root lacks, oldest first.",
        allow_abbrev=False,
    )
    parser.add_argument("--source_dir", action="append", help="a recording root; default: local_roots of the INI")
    parser.add_argument("--dest_dir", help="where the copies go; default: network_root of the INI")
    parser.add_argument(
        "--max_age_days", type=argument(whole(0, 3650)), help="leave out what is older, by the date in the path"
    )
    parser.add_argument(
        "--until",
        type=argument(or_off(clock)),
        default=_NOT_GIVEN,
        metavar="HH:MM",
        help="stop in order at this time; off: when it is done; default: copy_until of the INI where planned, else off",
    )
    parser.add_argument("--verify", action="store_true", help="compare contents, also of what is there already")
    parser.add_argument(
        "--bandwidth-limit",
        "--bandwidth_limit",
        type=argument(number(0, 1e6)),
        metavar="MB",
        help="MB a second; 0: none",
    )
    parser.add_argument(
        "--wait-minutes", type=argument(number(0, 1440)), default=30, help="how long to wait for a lost destination"
    )
    return parser


def _copy(arguments: argparse.Namespace, limits: CopyOptions) -> Report:
    settings = load_camera_settings()
    sources = [long_path(root) for root in arguments.source_dir or recording_roots(settings)]
    destination = long_path(_one_name(arguments.dest_dir, settings.network_root))
    options = _options(arguments, settings, limits)
    lock = _lock(destination)
    if lock is None:
        return Report(NOTHING_TO_DO, "Копирование уже идёт", waits=COPYING)
    with lock, closing(CopyNotes(destination, notes_path())) as notes:
        return _copy_all(settings, sources, destination, options, notes)


def _copy_all(
    settings: CameraSettings, sources: Sequence[str], destination: str, options: CopyOptions, notes: CopyNotes
) -> Report:
    started = time.monotonic()
    notes.begin()
    present = [root for root in sources if os.path.isdir(root)]
    missing = [root for root in sources if root not in present]
    own = Writer(machine_mark(), settings.point.pvz_id, settings.now().date().isoformat())
    door = Doorkeeper(destination, own, notes)
    run = CopyRun(present, destination, options, notes, door.before_copying)

    def carry_out() -> Report | None:
        # One that was never copied to comes by itself no more than a folder that nobody has made: told at once.
        ready = replace(options, wait_seconds=options.wait_seconds if notes.root()[0] else 0)
        refusal = _refusal(destination, present, ready, run.pulse, is_sandbox=settings.point.env_mode == "test")
        if refusal is None:
            door.open()
            logger.info("copying from %s to %s", ", ".join(map(plain_path, present)), plain_path(destination))
            run.run()
            notes.end()
            missing.extend(root for root in present if not os.path.isdir(root))
        return refusal

    with Progress(
        lambda: _progress(run.count, time.monotonic() - started), lambda: run.count.done, lambda: _total(present)
    ):
        try:
            refusal = unless_stuck(carry_out, run.pulse, options.quiet_seconds)
        except Stuck:
            refusal = None
            # Its locks may be held by the thread that hangs, so nothing is asked of the run any more.
            run.count.ended_by, run.count.is_left_complete = STUCK, False
    for root in missing:
        logger.error("the recording root %s is not there", root)
    return refusal or copy_report(run.count, missing, door.greeting, time.monotonic() - started)


def _options(arguments: argparse.Namespace, settings: CameraSettings, limits: CopyOptions) -> CopyOptions:
    now = settings.now()
    bandwidth = settings.bandwidth_limit_mb if arguments.bandwidth_limit is None else arguments.bandwidth_limit
    # Who copies by hand has his reason, whatever the hour.
    is_set = arguments.until != _NOT_GIVEN
    until = arguments.until if is_set else settings.copy_until if is_planned() else None
    return replace(
        limits,
        oldest_day=_oldest_day(arguments.max_age_days, now),
        counted_days=tuple(f"{now - timedelta(days=age):%Y%m%d}" for age in (1, 0)),
        until=_until(until, now),
        is_verified=arguments.verify,
        bytes_per_second=bandwidth * _MEBIBYTE,
        wait_seconds=arguments.wait_minutes * 60,
    )


def _one_name(dest_dir: str | None, network_root: str) -> str:
    """Return the destination by the INI's name where it is that folder: its lock and notes go by the name."""
    return network_root if dest_dir is None or is_same_folder(dest_dir, network_root) else dest_dir


def _lock(destination: str) -> FileLock | None:
    """Take the destination's lock; ``None`` where another copy has it, not only a monitor that has a look at it."""
    lock = try_lock(lock_path(destination), is_shared_by_users=True)
    if lock is None:
        time.sleep(1)
        lock = try_lock(lock_path(destination), is_shared_by_users=True)
    return lock


def _refusal(
    destination: str, sources: Sequence[str], options: CopyOptions, pulse: Pulse, *, is_sandbox: bool
) -> Report | None:
    """Wait until there is a place for copies; return what to tell where there is none."""
    reason = ""

    def is_ready(path: str) -> bool:
        nonlocal reason
        pulse.beat()
        try:
            if is_sandbox:
                os.makedirs(path, exist_ok=True)
            else:
                make_root(path, (*sources, PATH_CONFIG["BASE_DIR"]))
        except OSError as error:
            reason = error.strerror or str(error)
            logger.warning("the destination %s cannot be used: %s", plain_path(path), reason)
            return False
        return True

    if not (is_ready(destination) or Absence(destination, options, is_ready).wait()):
        told = f"Облако недоступно: {plain_path(destination)}"
        return Report(FAILED, f"{told} ({reason})", cause=NETWORK_ROOT_AWAY, cause_text=told)
    if any(is_same_folder(destination, source) for source in sources):  # by a link: names are compared in the INI
        return Report(FAILED, f"Облако и диск с записями — одна и та же папка: {plain_path(destination)}")
    free = free_bytes(destination)
    if free is not None and free < _LEAST_FREE_BYTES:
        return Report(FAILED, f"В облаке нет места: свободно {size(free)}", {"free_bytes": free})
    return None


def _progress(count: CopyCount, seconds: float) -> str:
    copied = count.copied_bytes / _MEBIBYTE
    speed = copied / max(seconds, 0.001)
    return f"copied {count.copied} files, {copied:.0f} MiB, {speed:.1f} MiB/s; present {count.present}"


def _total(roots: Sequence[str]) -> int:
    """Count the recordings: quick beside copying them, as the roots are near."""
    return sum(len(root.recordings(group)) for root in map(RecordingRoot, roots) for group in root.groups())


def _oldest_day(max_age_days: int | None, now: datetime) -> str:
    return "" if max_age_days is None else f"{now - timedelta(days=max_age_days):%Y%m%d}"


def _until(minute: int | None, now: datetime) -> float | None:
    """Return the moment to stop at: at once where it has just passed, also before midnight, else the next one."""
    if minute is None:
        return None
    end = now.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0)
    last = end if end <= now else end - _DAY
    if last + _JUST_PASSED < now:
        last += _DAY
    return time.monotonic() + (last - now).total_seconds()


if __name__ == "__main__":
    sys.exit(main())
