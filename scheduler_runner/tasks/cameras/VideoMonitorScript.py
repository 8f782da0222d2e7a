"""Is every camera writing, or, with ``--check_type network``, do its recordings arrive? See docs/cameras.md.

By hand: ``python -m scheduler_runner.tasks.cameras.VideoMonitorScript --help``.
"""

from scheduler_runner.system.ctrl_c import end_at_once

if __name__ == "__main__":
    end_at_once()  # while the rest is loaded: run_script answers it from then on

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from time import sleep

from config.values import whole
from scheduler_runner.runs.result_file import TOO_EARLY
from scheduler_runner.system.filesystem import long_path
from scheduler_runner.tasks.cameras.copy_lock import is_copying
from scheduler_runner.tasks.cameras.monitor_answer import Picture, at_closing, closed_report, report
from scheduler_runner.tasks.cameras.monitor_look import LOCAL_DISK, NETWORK_ROOT, look
from scheduler_runner.tasks.cameras.monitor_rules import (
    AHEAD,
    Seen,
    Sighting,
    Window,
    against_local,
    verdict_on,
)
from scheduler_runner.tasks.cameras.settings import (
    LOCAL_ROOT_AWAY,
    NETWORK_ROOT_AWAY,
    Camera,
    CameraSettings,
    load_camera_settings,
    recording_roots,
)
from scheduler_runner.tasks.common.arguments import argument
from scheduler_runner.tasks.common.script import NOTHING_TO_DO, Report, is_planned, run_script

_AWAY = "Облако недоступно"
_SECOND_LOOK_SECONDS = 3.0


def main(argv: Sequence[str] | None = None) -> int:
    """Look, report, and return the exit code: 0, 1 a camera is missing, 3, 10 with a remark, 75 nothing to say yet."""
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
    if is_planned() and not settings.hours.is_open(now):
        return closed_report(settings.hours, now, "камеры не проверялись")
    asked = _Asked(arguments, settings, now)
    if settings.point.env_mode == "test" and not settings.cameras and not any(map(os.listdir, asked.roots)):
        return Report(NOTHING_TO_DO, "Тестовый режим, в песочнице нет ни одной записи", waits=TOO_EARLY)
    told = _watch_disk(asked) if arguments.check_type == "local" else _watch_copies(asked)
    return told if settings.hours.is_open(now) else at_closing(told, asked.window("local"))


class _Asked:
    """What is looked for: the INI's cameras, and what the command line says instead of it."""

    def __init__(self, arguments: argparse.Namespace, settings: CameraSettings, now: datetime) -> None:
        self.settings = settings
        self.roots = [long_path(root) for root in recording_roots(settings)]
        self.network_root = long_path(settings.network_root)
        self.cameras = [_asked(camera, arguments) for camera in settings.cameras]
        self._arguments = arguments
        self._now = now

    def window(self, where: str) -> Window:
        """Return what is looked at, ``local`` or ``network``."""
        hours = self._arguments.max_lookback_hours or self.settings.lookback_hours[where]
        return Window(
            self._now,
            self.settings.hours,
            timedelta(hours=hours),
            zone=self.settings.zone,
            min_files=self._arguments.min_files or self.settings.min_files,
            least_bytes=int(self.settings.min_recording_kb * 1024),
            is_prompt=where == "local",
        )


def _asked(camera: Camera, arguments: argparse.Namespace) -> Camera:
    hours, number = arguments.max_lookback_hours, arguments.min_files
    return replace(
        camera,
        lookback_local_hours=hours or camera.lookback_local_hours,
        lookback_network_hours=hours or camera.lookback_network_hours,
        min_files=number or camera.min_files,
    )


def _watch_disk(asked: _Asked) -> Report:
    window = asked.window("local")
    seen = look(LOCAL_DISK, asked.roots, asked.cameras, window)
    return report(Picture(seen, window, cause_away=LOCAL_ROOT_AWAY))


def _watch_copies(asked: _Asked) -> Report:
    picture = _copies(asked)
    if is_planned() and picture.complaints and picture.is_only_lacking and not picture.is_copying:
        sleep(_SECOND_LOOK_SECONDS)  # a copy that the same tick began may not have had its lock yet
        picture = _copies(asked)
    if picture.seen.lost:
        # CloudMonitorScript and CopyScript fail of it; here it only means that nothing can be seen.
        told = f"{_AWAY}: {asked.settings.network_root}"
        return Report(NOTHING_TO_DO, told, cause=NETWORK_ROOT_AWAY, cause_text=told)
    return report(picture)


def _copies(asked: _Asked) -> Picture:
    window, root = asked.window("network"), asked.network_root
    was_copying = is_copying(root)  # asked before and after, as it may begin or end meanwhile
    seen = look(NETWORK_ROOT, [root], asked.cameras, window)
    if not seen.lost:
        seen.sightings = _against_local(seen, window, asked)
    return Picture(seen, window, _AWAY, is_copying=was_copying or is_copying(root))


def _against_local(copied: Seen, window: Window, asked: _Asked) -> list[Sighting]:
    """Look into the local roots where copies of cameras are missing, and judge by what is there."""
    missing = {each.camera for each in copied.sightings if verdict_on(each, window).is_missing}
    if not missing:
        return copied.sightings
    near = asked.window("local")
    before_today = near.now.replace(hour=0, minute=0, second=0, microsecond=0) - AHEAD
    local, due = (
        {each.camera: each for each in look(LOCAL_DISK, asked.roots, asked.cameras, its_window).sightings}
        for its_window in (near, replace(near, now=before_today, least_bytes=None))
    )
    has_copy = partial(_has_copy, asked.roots, asked.network_root)
    return [
        against_local(each, local[each.camera], due[each.camera], has_copy, near)
        if each.camera in missing & local.keys() & due.keys()
        else each
        for each in copied.sightings
    ]


def _has_copy(roots: Sequence[str], network_root: str, path: str) -> bool:
    """Return whether the network root has a local recording, at least as long, in the same folder."""
    root = next(root for root in roots if path.startswith(os.path.join(root, "")))
    try:
        return os.path.getsize(os.path.join(network_root, os.path.relpath(path, root))) >= os.path.getsize(path)
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
