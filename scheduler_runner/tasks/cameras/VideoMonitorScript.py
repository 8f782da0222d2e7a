"""Is every camera writing, or, with ``--check_type network``, do its recordings arrive? See docs/cameras.md.

By hand: ``python -m scheduler_runner.tasks.cameras.VideoMonitorScript --help``.
"""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from config.values import whole
from scheduler_runner.plans.clock import lies_in
from scheduler_runner.russian import listed, moment
from scheduler_runner.system.filesystem import long_path
from scheduler_runner.tasks.cameras.copy_notes import is_copying
from scheduler_runner.tasks.cameras.monitor_look import look
from scheduler_runner.tasks.cameras.monitor_rules import (
    AHEAD,
    Seen,
    Sighting,
    Window,
    Wrong,
    against_local,
    lacks,
    window_start,
    wrong_with,
)
from scheduler_runner.tasks.cameras.settings import CameraSettings, load_camera_settings
from scheduler_runner.tasks.common.arguments import argument
from scheduler_runner.tasks.common.script import FAILED, NOTHING_TO_DO, OK, WARNED, Report, run_script

_FIRST_HOURS = timedelta(hours=2)

logger = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Look, report, and return the exit code: 0, 1 a camera is missing, 3, 10 with a remark, 75 outside the hours."""
    return run_script(_watch, _parser(), argv)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scheduler_runner.tasks.cameras.VideoMonitorScript",
        description="Look whether every camera has recorded lately.",
        allow_abbrev=False,
    )
    parser.add_argument("--check_type", choices=("local", "network"), default="local", help="which recordings")
    parser.add_argument(
        "--max_lookback_hours",
        type=argument(whole(1, 240)),
        help="how far back, the night not counted; default: the INI's",
    )
    parser.add_argument(
        "--min_files", type=argument(whole(1, 100_000)), help="so many recordings are expected at least"
    )
    return parser


def _watch(arguments: argparse.Namespace) -> Report:
    settings = load_camera_settings()
    now = settings.now()
    if not lies_in(now.hour * 60 + now.minute, settings.working_hours):
        return Report(NOTHING_TO_DO, "Вне рабочих часов: камеры не проверялись")
    is_local = arguments.check_type == "local"
    roots = settings.local_roots if is_local else (settings.network_root,)
    hours = arguments.max_lookback_hours or settings.lookback_hours[arguments.check_type]
    window = Window(
        since=window_start(now, hours, settings.working_hours),
        now=now,
        zone=settings.zone,
        min_files=arguments.min_files or settings.min_files,
        least_bytes=int(settings.min_recording_kb * 1024),
        is_far=not is_local,
    )
    was_copying = not is_local and is_copying(roots[0])  # asked before and after, as it may begin or end meanwhile
    seen = look([long_path(root) for root in roots], settings.cameras, window)
    if not is_local:
        seen.sightings = _against_local(seen.sightings, settings, window)
    result = report(seen, window)
    awaited = [each.camera.title for each in seen.sightings if each.is_awaited and each.clock is None]
    if not awaited and is_too_early(seen, window, settings.working_hours[0]):
        return Report(NOTHING_TO_DO, "Рано судить: с открытия ещё ничего не записано")
    if awaited and result.exit_code != FAILED:
        told = f"Рано судить, сегодняшние записи ещё не скопированы: {listed(awaited)}"
        return Report(NOTHING_TO_DO, "; ".join([told, *_remarks(seen)]))
    may_be_coming = not is_local and result.exit_code == FAILED and is_only_lacking(seen, window)
    if may_be_coming and (was_copying or is_copying(roots[0])):
        return Report(NOTHING_TO_DO, f"Копирование ещё идёт, судить рано: {result.summary}")
    return result


def _against_local(copied: Sequence[Sighting], settings: CameraSettings, window: Window) -> list[Sighting]:
    """Look into the local roots for the cameras whose copies are missing, and judge by what is there."""
    missing = [each.camera for each in copied if wrong_with(each, window) in (Wrong.NOTHING_FOUND, Wrong.SILENT)]
    if not missing:
        return list(copied)
    roots = [long_path(root) for root in settings.local_roots]
    before_today = window.now.replace(hour=0, minute=0, second=0, microsecond=0) - AHEAD
    near = replace(window, least_bytes=None, is_far=False)
    local, due = (
        {each.camera: each for each in look(roots, missing, its_window).sightings}
        for its_window in (near, replace(near, now=before_today))
    )
    has_copy = partial(_has_copy, roots, long_path(settings.network_root))
    return [
        against_local(each, local[each.camera], due[each.camera], window, has_copy) if each.camera in local else each
        for each in copied
    ]


def _has_copy(roots: Sequence[str], network_root: str, path: str) -> bool:
    """Return whether the network root has a local recording, at least as long, in the same folder."""
    root = next(root for root in roots if path.startswith(os.path.join(root, "")))
    try:
        return os.path.getsize(os.path.join(network_root, os.path.relpath(path, root))) >= os.path.getsize(path)
    except OSError:
        return False


def is_too_early(seen: Seen, window: Window, opening_minute: int) -> bool:
    """Return whether all cameras are silent together in the first hours of work: the PC may have been off for a day."""
    opening = window.now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(minutes=opening_minute)
    are_all_silent = seen.newest is not None and seen.newest < window.since
    is_all_known = not seen.lost and not seen.unreadable
    return is_all_known and are_all_silent and window.now - opening < _FIRST_HOURS


def is_only_lacking(seen: Seen, window: Window) -> bool:
    """Return whether nothing is damaged or unreadable, so that a copy under way may bring all that is missing."""
    are_flawed = any(wrong_with(each, window) is Wrong.FLAWED for each in seen.sightings)
    return not (seen.lost or seen.unreadable or are_flawed)


def report(seen: Seen, window: Window) -> Report:
    """Return what to tell of the cameras. Pure."""
    judged = [(each, wrong_with(each, window)) for each in seen.sightings]
    judged = [(each, wrong) for each, wrong in judged if wrong is not Wrong.NOTHING_FOUND or not each.is_hidden]
    complaints = lacks(seen, is_far=window.is_far) + _complaints(judged, window.now)
    if not judged and not complaints:
        complaints = ["Нет записей ни одной камеры"]
    remarks = _remarks(seen)
    parts = [*(complaints or [f"Все камеры пишут: {len(judged)}"]), *remarks]
    metrics = {
        "cameras": len(judged),
        "wrong": sum(wrong is not None for _, wrong in judged),
        "unlisted": len(seen.unlisted),
        "recent": sum(each.recent for each in seen.sightings),
    }
    rows = [("camera", "newest recording", "recent", "state"), *(_row(each, wrong) for each, wrong in judged)]
    return Report(FAILED if complaints else WARNED if remarks else OK, "; ".join(parts), metrics, rows)


def _complaints(judged: Sequence[tuple[Sighting, Wrong | None]], now: datetime) -> list[str]:
    """Return one text for each thing that is wrong, all its cameras in it."""
    kinds: dict[Wrong, list[Sighting]] = {}
    for sighting, wrong in judged:
        if wrong is not None:
            kinds.setdefault(wrong, []).append(sighting)
    return [_complaint(wrong, sightings, now) for wrong, sightings in kinds.items()]


def _complaint(wrong: Wrong, sightings: Sequence[Sighting], now: datetime) -> str:
    since = [f" с {moment(each.newest, now)}" if wrong is Wrong.SILENT else "" for each in sightings]
    if len(set(since)) == 1:  # they fell silent together
        return f"{wrong.value}{since[0]}: {', '.join(_named(wrong, each) for each in sightings)}"
    return f"{wrong.value}: {', '.join(_named(wrong, each) + text for each, text in zip(sightings, since))}"


def _named(wrong: Wrong, sighting: Sighting) -> str:
    title = sighting.camera.title
    if wrong is Wrong.FLAWED:
        return f"{title}: {sighting.flaw}"
    return f"{title}: {sighting.recent}" if wrong is Wrong.TOO_FEW else title


def _remarks(seen: Seen) -> list[str]:
    clocks = [
        f"{each.camera.title} показывает {each.clock:%d.%m.%Y %H:%M}"
        for each in seen.sightings
        if each.clock is not None
    ]
    unlisted = [f"{kind} {uid}" for kind, uid in seen.unlisted]
    return [
        f"{heading}: {', '.join(named)}"
        for heading, named in (("Неверные часы камеры", clocks), ("Не описаны в настройках", unlisted))
        if named
    ]


def _row(sighting: Sighting, wrong: Wrong | None) -> tuple[str, ...]:
    newest = "-" if sighting.newest is None else f"{sighting.newest:%Y-%m-%d %H:%M:%S}"
    state = "ok" if wrong is None else wrong.name.lower().replace("_", " ")
    return sighting.camera.title, newest, str(sighting.recent), state


if __name__ == "__main__":
    sys.exit(main())
