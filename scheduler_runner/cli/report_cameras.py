"""What is known of the cameras without looking at a single folder: the INI's list, and the counts of the last copy."""

import os
import sqlite3
from typing import NamedTuple

from config.base_config import Point
from scheduler_runner.errors import ConfigError
from scheduler_runner.report.heat import CameraCounts


class CamerasSeen(NamedTuple):
    """The cameras of a point; ``counted_at`` in seconds since 1970, ``None``: never."""

    counts: tuple[CameraCounts, ...] = ()
    counted_at: float | None = None
    local_roots: tuple[str, ...] = ()
    network_root: str = ""
    """``""``: there is none as far as anybody knows: no camera is listed, and nothing was ever copied there."""


def cameras_seen(settings: Point) -> CamerasSeen:
    """Return what is known of the cameras; nothing where their section cannot be read, which is told elsewhere."""
    try:
        from scheduler_runner.tasks.cameras.copy_counts import Counts, read_counts
        from scheduler_runner.tasks.cameras.copy_notes import notes_path
        from scheduler_runner.tasks.cameras.layouts import camera_key
        from scheduler_runner.tasks.cameras.settings import load_camera_settings

        listed = load_camera_settings(settings.path)
    except (ImportError, ConfigError):
        return CamerasSeen()
    try:
        counts = read_counts(notes_path())
    except sqlite3.Error:
        counts = Counts(None, [])
    hours: dict[tuple[str, str], dict[tuple[str, int], tuple[int, int]]] = {}
    titles: dict[tuple[str, str], str] = {}
    for each in counts.hours:
        if not each.hour.isdecimal():
            continue
        key = camera_key(each.kind, each.uid)
        titles.setdefault(key, f"{each.uid} (нет в списке)")
        by_hour = hours.setdefault(key, {})
        before = by_hour.get((each.day, int(each.hour)), (0, 0))
        by_hour[each.day, int(each.hour)] = (before[0] + each.local, before[1] + each.network)
    known = [CameraCounts(camera.id, camera.title, hours.pop(camera.key, {})) for camera in listed.cameras]
    strange = [CameraCounts(key[1], titles[key], by_hour) for key, by_hour in sorted(hours.items())]
    is_used = listed.cameras or counts.counted_at is not None
    return CamerasSeen(
        (*known, *strange), counts.counted_at, _there(listed.local_roots), listed.network_root if is_used else ""
    )


def _there(roots: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(root for root in roots if os.path.isdir(root))
