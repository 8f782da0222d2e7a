"""The cameras of this point, listed or found on the disk: what they wrote lately, and whether it was copied."""

import argparse
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count

from config.values import whole
from scheduler_runner.errors import ExitCode, SchedulerError
from scheduler_runner.phrases import Phrase
from scheduler_runner.screens.chosen import error_screen, screen
from scheduler_runner.screens.screen import Bytes, Screen
from scheduler_runner.system.filesystem import long_path, plain_path
from scheduler_runner.tasks.cameras.layouts import Group
from scheduler_runner.tasks.cameras.monitor_look import LOCAL_DISK, local_time
from scheduler_runner.tasks.cameras.monitor_rules import Window
from scheduler_runner.tasks.cameras.passed_over import PassedOver, all_together
from scheduler_runner.tasks.cameras.recording_root import Day, Note, RecordingRoot, days_by_camera
from scheduler_runner.tasks.cameras.settings import Camera, CameraSettings, load_camera_settings
from scheduler_runner.tasks.common.arguments import argument

Days = Sequence[tuple[Day, RecordingRoot]]
Found = Mapping[tuple[str, str], Days]
_GROUPS_AT_A_TIME = 48
"""A far drive answers each question after 20-200 ms, and many side by side."""


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class _Part:
    """What one group has; ``copied`` as in :class:`CameraView`."""

    newest: datetime | None
    files: int
    bytes: int
    copied: int | None


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
    views, passed_over = look_at_cameras(
        settings,
        arguments.days,
        lambda path, error: unreadable.update({plain_path(path): error.strerror or str(error)}),
    )
    for path, reason in unreadable.items():
        error_screen().say("cannot read {path}: {reason}", path=path, reason=reason)
    if arguments.json:
        screen().copy(json.dumps([view.values() for view in views], ensure_ascii=False, indent=2))
    else:
        _show(screen(), views, passed_over, arguments.days, settings.point.path)
    return int(ExitCode.TASK_FAILED if unreadable else ExitCode.OK)


def look_at_cameras(settings: CameraSettings, days: int, note: Note) -> tuple[list[CameraView], PassedOver]:
    """Return the listed cameras in their order, then those found beside them, and what is read by nobody.

    ``note`` takes what cannot be read. Raises ``SchedulerError`` where no recording root is there.
    """
    if not any(map(os.path.isdir, settings.local_roots)):
        raise SchedulerError("no recording root is there: {roots}", roots=", ".join(settings.local_roots))
    roots = [RecordingRoot(long_path(root), note) for root in settings.local_roots]
    found = days_by_camera(roots, note)
    now = settings.now()
    window = Window(now, settings.hours, timedelta(), settings.zone)
    copies = _copies_below(long_path(settings.network_root), note)
    look = partial(_part, copies, window, note)
    with ThreadPoolExecutor(_GROUPS_AT_A_TIME) as pool:
        begun = []
        for camera, is_listed in _cameras(settings, found):
            newest = _newest(found.get(camera.key, []), days, now)
            # The groups of all cameras wait in one queue: a camera after the other would take as long as their sum.
            parts = [pool.submit(look, group, root) for day, root in newest for group in _groups(root, day, note)]
            dates = len({day.day for day, _ in newest})
            begun.append((CameraView(camera, is_listed, dates=dates, copied=None if copies is None else 0), parts))
        views = [_whole(view, [part.result() for part in parts]) for view, parts in begun]
    return views, all_together(root.passed_over() for root in roots if os.path.isdir(root.path))


def _cameras(settings: CameraSettings, found: Found) -> Iterator[tuple[Camera, bool]]:
    """Yield the listed cameras, then those found beside them; each with whether it is listed."""
    yield from ((camera, True) for camera in settings.cameras)
    taken = {camera.id for camera in settings.cameras}
    for key in sorted(found.keys() - {camera.key for camera in settings.cameras}):
        first, _ = found[key][0]
        yield Camera(_new_id(first.kind, taken), first.kind, first.uid), False


def _new_id(kind: str, taken: set[str]) -> str:
    """Return, and take, the first of ``unv_001``, ``unv_002``, ... that no camera has."""
    new = next(name for number in count(1) if (name := f"{kind}_{number:03d}") not in taken)
    taken.add(new)
    return new


def _newest(of_camera: Days, days: int, now: datetime) -> Days:
    tomorrow = f"{now + timedelta(days=1):%Y%m%d}"
    dates = sorted({day.day for day, _ in of_camera})
    dates = [day for day in dates if day <= tomorrow] or dates  # what a wrong clock left is not the newest
    return [each for each in of_camera if each[0].day in dates[-days:]]


def _copies_below(network_root: str, note: Note) -> RecordingRoot | None:
    try:
        os.stat(network_root)
    except OSError as error:
        note(network_root, error)
        return None
    return RecordingRoot(network_root, note)


def _groups(root: RecordingRoot, day: Day, note: Note) -> list[Group]:
    try:
        return root.groups_of(day)
    except OSError as error:
        note(root.blamed(error, day.folder), error)
        return []


def _part(copies: RecordingRoot | None, window: Window, note: Note, group: Group, root: RecordingRoot) -> _Part:
    copied = None if copies is None else _recordings(copies, group, note)
    newest: datetime | None = None
    files = _recordings(root, group, note) or {}
    for name, status in files.items():
        moment = group.recorded_at(name)
        moment = LOCAL_DISK.made_at(moment, local_time(status.st_mtime, window.zone), window) or moment
        newest = max(newest or moment, moment)
    return _Part(
        newest,
        len(files),
        sum(status.st_size for status in files.values()),
        None
        if copied is None
        else sum(name in copied and copied[name].st_size >= status.st_size for name, status in files.items()),
    )


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


def _whole(view: CameraView, parts: Sequence[_Part]) -> CameraView:
    copied = [part.copied for part in parts if part.copied is not None]
    is_known = view.copied is not None and len(copied) == len(parts)
    return replace(
        view,
        newest=max((part.newest for part in parts if part.newest is not None), default=None),
        files=sum(part.files for part in parts),
        bytes=sum(part.bytes for part in parts),
        copied=sum(copied) if is_known else None,
    )


def _show(on: Screen, views: Sequence[CameraView], passed_over: PassedOver, days: int, ini: str) -> None:
    heads = ("camera", "newest", "files/day", "size/day", Phrase("copied, {days} days", days=days))
    if views:
        on.table(heads, [_row(on, view) for view in views], right=(2, 3))
    else:
        on.say("no camera is listed, and no recording is there yet")
    if passed_over.files:
        told = "not understood: {files} files, such as {example}"
        on.say(told, files=passed_over.files, example=passed_over.example, look="odd")
    if passed_over.links:
        on.say("links, nothing behind them is read: {links}", links=", ".join(passed_over.links), look="odd")
    unlisted = [view.camera for view in views if not view.is_listed]
    if unlisted:
        on.say()
        on.say("Not listed yet; fill in area and place, and add to {path}:", path=ini)
        on.copy("".join(f"\n{_ini_section(camera)}" for camera in unlisted))


def _row(on: Screen, view: CameraView) -> tuple[object, ...]:
    per_day = max(1, view.dates)
    of = Phrase("{copied} of {files}", copied="?" if view.copied is None else view.copied, files=view.files)
    unlisted = Phrase("{kind} {uid}, not listed", kind=view.camera.kind, uid=view.camera.uid)
    return (
        view.camera.title if view.is_listed else unlisted,
        f"{view.newest:%d.%m.%Y %H:%M}" if view.newest else Phrase("never"),
        round(view.files / per_day),
        Bytes(view.bytes / per_day),
        of,
    )


def _ini_section(camera: Camera) -> str:
    return f"[camera {camera.id}]\nkind = {camera.kind}\nuid = {camera.uid}\narea =\nplace =\n"
