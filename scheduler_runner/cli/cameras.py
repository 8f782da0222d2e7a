"""The cameras of this point, listed or found on the disk: what they wrote lately, and whether it was copied."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from rich.table import Table

from config.values import whole
from scheduler_runner.errors import ExitCode, SchedulerError
from scheduler_runner.russian import size
from scheduler_runner.system.filesystem import long_path, plain_path
from scheduler_runner.system.streams import console_for_people
from scheduler_runner.tasks.cameras.layouts import Group
from scheduler_runner.tasks.cameras.monitor_look import LOCAL_DISK, local_time
from scheduler_runner.tasks.cameras.monitor_rules import Window
from scheduler_runner.tasks.cameras.recording_root import Day, Note, RecordingRoot, days_by_camera
from scheduler_runner.tasks.cameras.settings import Camera, CameraSettings, load_camera_settings
from scheduler_runner.tasks.common.arguments import argument

_CAMERAS_AT_A_TIME = 8


@dataclass(slots=True)
class CameraView:
    """One camera as it is now. The numbers are of its ``dates`` newest dates together."""

    camera: Camera
    is_listed: bool
    newest: datetime | None = None
    """When its newest recording was written."""
    dates: int = 0
    files: int = 0
    bytes: int = 0
    copied: int | None = None
    """How many of them have a whole copy in the network root; ``None``: it is away, or cannot be read."""

    def values(self) -> dict[str, object]:
        """Return what ``--json`` prints of it."""
        days = max(1, self.dates)
        return {
            **{name: getattr(self.camera, name) for name in ("id", "kind", "uid", "area", "place")},
            "listed": self.is_listed,
            "newest": self.newest and self.newest.isoformat(),
            "files_per_day": round(self.files / days),
            "bytes_per_day": round(self.bytes / days),
            "files": self.files,
            "copied": self.copied,
        }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how far to look and how to tell."""
    parser.add_argument(
        "--days", type=argument(whole(1, 366)), default=3, help="how many of the newest dates to look at"
    )
    parser.add_argument("--json", action="store_true", help="for programs")


def run(arguments: argparse.Namespace) -> int:
    """Look and show; return 1 where something cannot be read, else 0: silence is VideoMonitorScript's to tell."""
    settings = load_camera_settings()
    unreadable: dict[str, str] = {}
    views = look_at_cameras(
        settings,
        arguments.days,
        lambda path, error: unreadable.update({plain_path(path): error.strerror or str(error)}),
    )
    for path, reason in unreadable.items():
        print(f"cannot read {path}: {reason}", file=sys.stderr)
    code = ExitCode.TASK_FAILED if unreadable else ExitCode.OK
    console = console_for_people()
    if arguments.json:
        console.print(json.dumps([view.values() for view in views], ensure_ascii=False, indent=2))
        return int(code)
    console.print(_table(views, arguments.days))
    unlisted = [view.camera for view in views if not view.is_listed]
    if unlisted:
        console.print(f"Not listed yet; fill in area and place, and add to {settings.point.path}:\n")
        console.print("\n".join(_ini_section(camera) for camera in unlisted))
    return int(code)


def look_at_cameras(settings: CameraSettings, days: int, note: Note) -> list[CameraView]:
    """Return the listed cameras in their order, then those found beside them; ``note`` takes what cannot be read.

    Raises ``SchedulerError`` where no recording root is there.
    """
    if not any(map(os.path.isdir, settings.local_roots)):
        raise SchedulerError(f"no recording root is there: {', '.join(settings.local_roots)}")
    found = days_by_camera([RecordingRoot(long_path(root), note) for root in settings.local_roots], note)
    network_root = long_path(settings.network_root)
    try:
        os.stat(network_root)
    except OSError as error:
        note(network_root, error)
        network_root = ""
    copies = RecordingRoot(network_root, note) if network_root else None
    now = settings.now()
    window = Window(now, settings.hours, timedelta(), settings.zone)
    tomorrow = f"{now + timedelta(days=1):%Y%m%d}"
    views = [CameraView(camera, is_listed=True) for camera in settings.cameras]
    taken = {camera.id for camera in settings.cameras}
    for key in sorted(found.keys() - {camera.key for camera in settings.cameras}):
        first, _ = found[key][0]
        views.append(CameraView(Camera(_new_id(first.kind, taken), first.kind, first.uid), is_listed=False))

    def look(view: CameraView) -> None:
        of_camera = found.get(view.camera.key, [])
        dates = sorted({day.day for day, _ in of_camera})
        dates = [day for day in dates if day <= tomorrow] or dates  # what a wrong clock left is not the newest
        _look_at(view, [each for each in of_camera if each[0].day in dates[-days:]], copies, window, note)

    with ThreadPoolExecutor(_CAMERAS_AT_A_TIME) as pool:
        list(pool.map(look, views))
    return views


def _look_at(
    view: CameraView,
    days: Sequence[tuple[Day, RecordingRoot]],
    network_root: RecordingRoot | None,
    window: Window,
    note: Note,
) -> None:
    view.dates = len({day.day for day, _ in days})
    view.copied = None if network_root is None else 0
    for day, root in days:
        for group in _groups(root, day, note):
            copies = {} if network_root is None else _recordings(network_root, group, note)
            if copies is None:
                view.copied = None
            for name, status in (_recordings(root, group, note) or {}).items():
                moment = group.recorded_at(name)
                moment = LOCAL_DISK.made_at(moment, local_time(status.st_mtime, window.zone), window) or moment
                view.newest = max(view.newest or moment, moment)
                view.files += 1
                view.bytes += status.st_size
                if copies is not None and view.copied is not None and name in copies:
                    view.copied += copies[name].st_size >= status.st_size


def _groups(root: RecordingRoot, day: Day, note: Note) -> list[Group]:
    try:
        return root.groups_of(day)
    except OSError as error:
        note(root.blamed(error, day.folder), error)
        return []


def _recordings(root: RecordingRoot, group: Group, note: Note) -> dict[str, os.stat_result] | None:
    """Return what is known of a group's recordings, by name in normcase; ``None`` where that cannot be read."""
    try:
        found = root.recordings(group)
        return {os.path.normcase(entry.name): entry.stat(follow_symlinks=False) for entry in found}
    except OSError as error:
        if root.is_only_missing(error):
            return {}  # what was not copied has no folder there, and what was cleaned none here
        note(root.folder(group) if os.path.isdir(root.path) else root.path, error)
        return None


def _new_id(kind: str, taken: set[str]) -> str:
    """Return, and take, the first of ``unv_001``, ``unv_002``, ... that no camera has."""
    new = next(name for number in count(1) if (name := f"{kind}_{number:03d}") not in taken)
    taken.add(new)
    return new


def _table(views: Sequence[CameraView], days: int) -> Table:
    table = Table("camera", "newest recording", "files a day", "bytes a day", f"copied, {days} newest dates")
    for view in views:
        per_day = max(1, view.dates)
        table.add_row(
            view.camera.title if view.is_listed else f"{view.camera.kind} {view.camera.uid}, not listed",
            f"{view.newest:%Y-%m-%d %H:%M:%S}" if view.newest else "never",
            str(round(view.files / per_day)),
            size(view.bytes / per_day),
            f"{'?' if view.copied is None else view.copied} of {view.files}",
        )
    return table


def _ini_section(camera: Camera) -> str:
    return f"[camera {camera.id}]\nkind = {camera.kind}\nuid = {camera.uid}\narea =\nplace =\n"
