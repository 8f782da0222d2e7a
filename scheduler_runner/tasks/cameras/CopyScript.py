"""Copy every recording that the network root lacks, oldest first; see docs/cameras.md for the rules.

By hand: ``python -m scheduler_runner.tasks.cameras.CopyScript --help``.
"""

import argparse
import logging
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from config.base_config import PATH_CONFIG
from config.values import clock, number, whole
from scheduler_runner.russian import duration, files, size
from scheduler_runner.system.filesystem import free_bytes, long_path, plain_path
from scheduler_runner.system.locks import FileLock, try_lock
from scheduler_runner.tasks.cameras.copy_limits import Absence, Pulse, Stuck, unless_stuck
from scheduler_runner.tasks.cameras.copy_notes import FreshCopies, lock_path
from scheduler_runner.tasks.cameras.copy_run import CopyRun, make_root
from scheduler_runner.tasks.cameras.copy_values import AWAY, FULL, STUCK, UNTIL, CopyCount, CopyOptions
from scheduler_runner.tasks.cameras.recording_root import RecordingRoot
from scheduler_runner.tasks.cameras.settings import CameraSettings, load_camera_settings
from scheduler_runner.tasks.common.arguments import argument
from scheduler_runner.tasks.common.progress import Progress
from scheduler_runner.tasks.common.script import FAILED, NOTHING_TO_DO, OK, WARNED, Report, run_script

_MEBIBYTE = 1024 * 1024
_LEAST_FREE_BYTES = 64 * _MEBIBYTE
_JUST_PASSED = timedelta(hours=3)
_QUIET_SECONDS = 3600.0
"""A run in which nothing happens for so long is given up. The end of a large file may take half of it."""

logger = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Copy, report, and return the exit code: 0, 1 failed, 3 wrong configuration, 10 with a remark, 75 busy."""
    return run_script(_copy, _parser(), argv)


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
    parser.add_argument("--until", type=argument(clock), metavar="HH:MM", help="stop in order at this time")
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


def _copy(arguments: argparse.Namespace) -> Report:
    settings = load_camera_settings()
    sources = [long_path(root) for root in arguments.source_dir or settings.local_roots]
    destination = long_path(_one_name(arguments.dest_dir, settings.network_root))
    options = _options(arguments, settings)
    lock = _lock(destination)
    if lock is None:
        return Report(NOTHING_TO_DO, "Копирование уже идёт")
    started = time.monotonic()
    with lock:
        present = [root for root in sources if os.path.isdir(root)]
        missing = [root for root in sources if root not in present]
        fresh = FreshCopies(destination)
        run = CopyRun(present, destination, options, fresh.note)
        is_sandbox = settings.point.env_mode == "test"

        def copy_all() -> Report | None:
            refusal = _refusal(destination, present, options, run.pulse, is_sandbox=is_sandbox)
            if refusal is None:
                logger.info("copying from %s to %s", ", ".join(map(plain_path, present)), plain_path(destination))
                run.run()
                fresh.renew()
                missing.extend(root for root in present if not os.path.isdir(root))
            return refusal

        with Progress(
            lambda: _progress(run.count, time.monotonic() - started), lambda: run.count.done, lambda: _total(present)
        ):
            try:
                refusal = unless_stuck(copy_all, run.pulse, _QUIET_SECONDS)
            except Stuck:
                refusal = None
                # Its locks may be held by the thread that hangs, so nothing is asked of the run any more.
                run.count.ended_by, run.count.is_left_complete = STUCK, False
    for root in missing:
        logger.error("the recording root %s is not there", root)
    return refusal or _report(run.count, missing, time.monotonic() - started)


def _options(arguments: argparse.Namespace, settings: CameraSettings) -> CopyOptions:
    now = settings.now()
    limit = settings.bandwidth_limit_mb if arguments.bandwidth_limit is None else arguments.bandwidth_limit
    return CopyOptions(
        oldest_day=_oldest_day(arguments.max_age_days, now),
        until=_until(arguments.until, now),
        is_verified=arguments.verify,
        bytes_per_second=limit * _MEBIBYTE,
        wait_seconds=arguments.wait_minutes * 60,
    )


def _one_name(dest_dir: str | None, network_root: str) -> str:
    """Return the destination by the INI's name where it is that folder: its lock and notes go by the name."""
    if dest_dir is None:
        return network_root
    try:
        return network_root if os.path.samefile(dest_dir, network_root) else dest_dir
    except OSError:
        return dest_dir


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

    if not (is_ready(destination) or Absence(destination, options.wait_seconds, options.until, is_ready).wait()):
        return Report(FAILED, f"Облако недоступно: {plain_path(destination)} ({reason})")
    free = free_bytes(destination)
    if free is not None and free < _LEAST_FREE_BYTES:
        return Report(FAILED, f"В облаке нет места: свободно {size(free)}", {"free_bytes": free})
    return None


def _report(count: CopyCount, missing: Sequence[str], seconds: float) -> Report:
    metrics = {**asdict(count), "seconds": round(seconds, 1)}
    del metrics["problems"]
    parts = [f"Скопировано: {files(count.copied)}, {size(count.copied_bytes)} за {duration(seconds)}"]
    if count.ended_by == FULL:
        parts.insert(0, "В облаке кончилось место")
    if count.ended_by == AWAY:
        parts.insert(0, "Облако пропало и не вернулось")
    if count.ended_by == STUCK:
        parts.insert(0, "Диск не отвечает час, копирование брошено")
    if count.ended_by == UNTIL and not count.is_left_complete and not count.left:
        parts.append("остановлено по времени, сколько осталось, неизвестно")
    if count.left:
        parts.append(
            f"{'' if count.is_left_complete else 'не менее чем '}осталось {files(count.left)}, {size(count.left_bytes)}"
        )
    if count.waiting:
        parts.append(f"ещё пишется: {files(count.waiting)}")
    if count.conflicts:
        parts.append(f"в облаке длиннее, не тронуто: {files(count.conflicts)}")
    if count.failed:
        parts.append(f"не скопировано: {files(count.failed)} ({count.problems[0] if count.problems else ''})")
    if missing:
        parts.append(f"нет папки записей: {', '.join(plain_path(root) for root in missing)}")
    return Report(_exit_code(count, missing), "; ".join(parts), metrics)


def _exit_code(count: CopyCount, missing: Sequence[str]) -> int:
    if count.failed or missing or count.ended_by in (FULL, AWAY, STUCK):
        return FAILED
    is_cut_short = count.ended_by == UNTIL and (count.left or not count.is_left_complete)
    return WARNED if count.conflicts or is_cut_short else OK


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
    """Return the moment to stop at: today's, at once where it has just passed, else tomorrow's."""
    if minute is None:
        return None
    end = now.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0)
    if end + _JUST_PASSED < now:
        end += timedelta(days=1)
    return time.monotonic() + (end - now).total_seconds()


if __name__ == "__main__":
    sys.exit(main())
