"""Delete old recordings: local ones that are saved, and those of the network root; see docs/cameras.md for the rules.

By hand: ``python -m scheduler_runner.tasks.cameras.CleanupScript --help``.
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

from config.values import whole
from scheduler_runner.errors import UsageError
from scheduler_runner.runs.result_file import FAILS, Subject
from scheduler_runner.system.filesystem import long_path
from scheduler_runner.system.machine import machine_mark
from scheduler_runner.tasks.cameras.clean_report import Sweeps, clean_report
from scheduler_runner.tasks.cameras.clean_run import CleanRun
from scheduler_runner.tasks.cameras.clean_values import CleanOptions
from scheduler_runner.tasks.cameras.copy_lock import is_copying
from scheduler_runner.tasks.cameras.copy_notes import CopyNotes, notes_path
from scheduler_runner.tasks.cameras.copy_report import NETWORK_ROOT
from scheduler_runner.tasks.cameras.root_owners import Writer, read_owners, told_others
from scheduler_runner.tasks.cameras.settings import (
    NETWORK_ROOT_AWAY,
    CameraSettings,
    load_camera_settings,
    recording_roots,
)
from scheduler_runner.tasks.common.arguments import argument
from scheduler_runner.tasks.common.progress import Progress
from scheduler_runner.tasks.common.script import FAILED, NOTHING_TO_DO, Report, run_script

_GIBIBYTE = 1024**3
_NETWORK_WORKERS = 16
_COMPARING_WORKERS = 16

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


def _clean(arguments: argparse.Namespace) -> Report:
    settings = load_camera_settings()
    is_local = arguments.input_dir_scenario == "local"
    if arguments.override and not is_local:
        raise UsageError("--override unsaved belongs to --input_dir_scenario local: copies have no copies")
    network_root = long_path(settings.network_root)
    if not arguments.override and not os.path.isdir(network_root):
        logger.error("the network root %s is away: nothing is deleted", network_root)
        told = f"Облако недоступно: {settings.network_root}"
        return Report(NOTHING_TO_DO, f"{told}, ничего не удалено", cause=NETWORK_ROOT_AWAY, cause_text=told)
    with closing(CopyNotes(network_root, notes_path())) as notes:
        if is_local:
            return _sweep_local(arguments, settings, network_root, notes)
        return _sweep_network(arguments, settings, network_root, notes)


def _sweep_local(
    arguments: argparse.Namespace, settings: CameraSettings, network_root: str, notes: CopyNotes
) -> Report:
    options = CleanOptions(
        days=arguments.max_age_days or settings.retention_local_days,
        today=settings.now().date(),
        zone=settings.zone,
        network_root=None if arguments.override else network_root,
        notes=None if arguments.override else notes,
        cameras=frozenset(camera.key for camera in settings.cameras),
        least_free_bytes=int(settings.min_free_gb * _GIBIBYTE),
        is_dry_run=arguments.dry_run,
        workers=1 if arguments.override else _COMPARING_WORKERS,
    )
    was_copying = is_copying(network_root)
    sweeps, seconds = _sweep(recording_roots(settings), options)
    # Asked before and after, as it may begin or end meanwhile.
    return clean_report(sweeps, was_copying or is_copying(network_root), [], seconds)


def _sweep_network(
    arguments: argparse.Namespace, settings: CameraSettings, network_root: str, notes: CopyNotes
) -> Report:
    today = settings.now().date()
    own = Writer(machine_mark(), settings.point.pvz_id, today.isoformat())
    others = told_others(network_root, read_owners(network_root).others(own))
    if others:
        # Old copies may be all that is left of the other PC's recordings, and its dates are not this point's.
        subjects = {NETWORK_ROOT: Subject(FAILS, others)}
        return Report(FAILED, f"Копии не удаляются. {others}", subjects=subjects)
    options = CleanOptions(
        days=arguments.max_age_days or settings.retention_network_days,
        today=today,
        zone=settings.zone,
        notes=notes,
        originals=tuple(long_path(root) for root in settings.local_roots if os.path.isdir(root)),
        cameras=frozenset(camera.key for camera in settings.cameras),
        is_dry_run=arguments.dry_run,
        workers=_NETWORK_WORKERS,
    )
    remarks = []
    if settings.retention_local_days > settings.retention_network_days:
        remarks.append(
            f"срок на диске точки ({settings.retention_local_days}) больше, чем в облаке "
            f"({settings.retention_network_days}): копия остаётся, пока есть оригинал"
        )
    sweeps, seconds = _sweep((settings.network_root,), options)
    return clean_report(sweeps, False, remarks, seconds)


def _sweep(roots: Sequence[str], options: CleanOptions) -> tuple[Sweeps, float]:
    """Sweep one root after the other; return what became of them, and the seconds that it took."""
    sweeps, started = Sweeps(options.is_dry_run), time.monotonic()
    with Progress(lambda: f"deleted {sweeps.total('deleted')} recordings", lambda: sweeps.total("deleted")):
        for root in roots:
            run = CleanRun(long_path(root), options)
            sweeps.counts[root] = run.count
            try:
                run.run()
            except (OSError, ValueError) as error:
                logger.error("cannot clean %s: %s", root, error)
                sweeps.refused.append(root)
    return sweeps, time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main())
