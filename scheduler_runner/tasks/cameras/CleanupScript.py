"""Delete old recordings: local ones that are saved, and those of the network root; see docs/cameras.md for the rules.

By hand: ``python -m scheduler_runner.tasks.cameras.CleanupScript --help``.
"""

import argparse
import logging
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from config.values import whole
from scheduler_runner.errors import UsageError
from scheduler_runner.russian import counted, date_text, size
from scheduler_runner.system.filesystem import free_bytes, long_path, plain_path
from scheduler_runner.tasks.cameras.clean_run import CleanCount, CleanOptions, CleanRun
from scheduler_runner.tasks.cameras.copy_notes import fresh_copies, is_copying
from scheduler_runner.tasks.cameras.settings import CameraSettings, load_camera_settings
from scheduler_runner.tasks.common.arguments import argument
from scheduler_runner.tasks.common.progress import Progress
from scheduler_runner.tasks.common.script import FAILED, OK, WARNED, Report, run_script

_GIBIBYTE = 1024**3
_NETWORK_WORKERS = 16
_COMPARING_WORKERS = 8

logger = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Clean, report, and return the exit code: 0, 1 something was kept that should have gone, 3, 10 with a remark."""
    return run_script(_clean, _parser(), argv)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scheduler_runner.tasks.cameras.CleanupScript",
        description="Delete recordings that are older than the retention.",
        allow_abbrev=False,
    )
    parser.add_argument("--input_dir_scenario", choices=("local", "network"), required=True, help="which root")
    parser.add_argument(
        "--max_age_days",
        type=argument(whole(1, 3650)),
        help="the retention: how old a date must be, and how many later ones stay; default: the INI's",
    )
    parser.add_argument("--override", choices=("unsaved",), help="delete local recordings that have no copy, too")
    parser.add_argument("--dry-run", "--dry_run", action="store_true", help="tell what would go, delete nothing")
    return parser


@dataclass(slots=True)
class _Sweeps:
    """What became of all roots of one scenario."""

    is_dry_run: bool
    counts: dict[str, CleanCount] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    """Roots that could not be cleaned at all, each with its reason."""

    def total(self, name: str) -> int:
        return sum(int(getattr(count, name)) for count in list(self.counts.values()))

    def short_of_room(self) -> list[str]:
        return [root for root, count in self.counts.items() if count.is_short_of_room]


def _clean(arguments: argparse.Namespace) -> Report:
    settings = load_camera_settings()
    is_local = arguments.input_dir_scenario == "local"
    if arguments.override and not is_local:
        raise UsageError("--override unsaved belongs to --input_dir_scenario local: copies have no copies")
    options = _options(arguments, settings)
    if options.network_root is not None and not os.path.isdir(options.network_root):
        logger.error("the network root %s is away: what is saved cannot be told", options.network_root)
        return Report(FAILED, f"Облако недоступно, ничего не удалено: {settings.network_root}")
    was_copying = options.network_root is not None and is_copying(options.network_root)
    sweeps = _Sweeps(arguments.dry_run)
    started = time.monotonic()
    with Progress(lambda: f"deleted {sweeps.total('deleted')} recordings", lambda: sweeps.total("deleted")):
        for root in settings.local_roots if is_local else (settings.network_root,):
            _sweep(root, options, sweeps)
    # Asked before and after, as it may begin or end meanwhile.
    may_be_coming = was_copying or (options.network_root is not None and is_copying(options.network_root))
    return _report(sweeps, may_be_coming, time.monotonic() - started)


def _options(arguments: argparse.Namespace, settings: CameraSettings) -> CleanOptions:
    if arguments.input_dir_scenario == "network":
        days = arguments.max_age_days or settings.retention_network_days
        return CleanOptions(
            days=days,
            today=settings.now().date(),
            originals=tuple(long_path(root) for root in settings.local_roots if os.path.isdir(root)),
            is_dry_run=arguments.dry_run,
            workers=_NETWORK_WORKERS,
        )
    network_root = None if arguments.override else long_path(settings.network_root)
    return CleanOptions(
        days=arguments.max_age_days or settings.retention_local_days,
        today=settings.now().date(),
        network_root=network_root,
        fresh_copies=partial(fresh_copies, network_root) if network_root else dict,
        least_free_bytes=int(settings.min_free_gb * _GIBIBYTE),
        is_dry_run=arguments.dry_run,
        workers=1 if arguments.override else _COMPARING_WORKERS,
    )


def _sweep(root: str, options: CleanOptions, sweeps: _Sweeps) -> None:
    run = CleanRun(long_path(root), options)
    sweeps.counts[root] = run.count
    try:
        run.run()
    except (OSError, ValueError) as error:
        logger.error("cannot clean %s: %s", root, error)
        sweeps.refused.append(root)


def _report(sweeps: _Sweeps, may_be_coming: bool, seconds: float) -> Report:
    deleted, unsaved, early, failed = map(sweeps.total, ("deleted", "unsaved", "early", "failed"))
    parts = [_told_deleted(sweeps, deleted)]
    if early:
        parts.append(f"из них раньше срока, мало места на диске: {_recordings(early)}")
    if unsaved:
        missing = "Ещё не скопировано, копирование идёт" if may_be_coming else "Нет копии в облаке"
        parts.insert(0, f"{missing}, оставлено: {_recordings(unsaved)}")
    misdated = sweeps.total("misdated")
    if misdated:
        parts.append(f"оставлено, дата камеры неверна: {_recordings(misdated)}")
    fresh = sweeps.total("fresh")
    if fresh:
        parts.append(f"скопировано только что, оставлено на полдня: {_recordings(fresh)}")
    still_local = sweeps.total("still_local")
    if still_local:
        parts.append(f"оставлено, есть ещё на диске точки: {_recordings(still_local)}")
    if failed:
        problems = [problem for count in sweeps.counts.values() for problem in count.problems]
        parts.append(f"не удалось удалить: {failed} ({plain_path(problems[0]) if problems else ''})")
    for root in sweeps.short_of_room():
        free = free_bytes(root)
        more = "удалять пока больше нечего" if fresh else "удалять больше нечего"
        parts.insert(0, f"Мало места на {root}: свободно {size(free or 0)}, {more}")
    if sweeps.refused:
        parts.insert(0, f"Папка записей недоступна: {', '.join(sweeps.refused)}")
    metrics = {
        name: sweeps.total(name)
        for name in ("deleted", "deleted_bytes", "early", "unsaved", "misdated", "fresh", "still_local", "failed")
    }
    is_failed = (unsaved and not may_be_coming) or failed or sweeps.refused or sweeps.short_of_room()
    code = FAILED if is_failed else WARNED if early or misdated or unsaved else OK
    return Report(code, "; ".join(parts), {**metrics, "seconds": round(seconds, 1)})


def _told_deleted(sweeps: _Sweeps, deleted: int) -> str:
    dates = sorted({date for count in sweeps.counts.values() for date in count.deleted_dates})
    if not deleted:
        return "Удалять нечего"
    what = "Было бы удалено" if sweeps.is_dry_run else "Удалено"
    amount = sweeps.total("deleted_bytes")
    told = f"{what}: {_recordings(deleted)}" + (f", {size(amount)}" if amount else "")
    return f"{told}, {date_text(dates[0])}" + (f"-{date_text(dates[-1])}" if len(dates) > 1 else "")


def _recordings(number: int) -> str:
    return counted(number, "запись", "записи", "записей")


if __name__ == "__main__":
    sys.exit(main())
