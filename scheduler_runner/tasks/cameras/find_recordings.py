"""Find a piece of video that somebody asks for: by camera and time, on the local disks and in the network root.

A recording is named by its camera's clock and written by the PC's. Where the two disagree by the same amount for all of
a camera's recordings, the camera's clock is wrong, and the PC's counts: that is what a wall clock in the shop showed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from scheduler_runner.system.filesystem import long_path
from scheduler_runner.tasks.cameras.layouts import Group
from scheduler_runner.tasks.cameras.monitor_look import local_time
from scheduler_runner.tasks.cameras.recording_root import Note, RecordingRoot, days_by_camera
from scheduler_runner.tasks.cameras.settings import Camera, CameraSettings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Answer = TypeVar("Answer")

_LONGEST = timedelta(minutes=70)
"""The longest file that a camera writes is an hour."""
_WRONG_CLOCK = timedelta(minutes=15)
_FEW = 3
_PICTURES = (".jpg", ".jpeg")
_SEARCHED = timedelta(hours=3)
"""So much further than asked is looked, for cameras whose clock is wrong."""


@dataclass(frozen=True, slots=True)
class FoundRecording:
    """One recording; times are naive and those of the point."""

    path: str
    began: datetime
    ended: datetime
    """When its last byte was written; the beginning where that cannot be."""
    bytes: int
    is_local: bool
    clock_error: timedelta = timedelta()
    """By how much its camera's clock is ahead of the PC's, already taken off its times."""


@dataclass(frozen=True, slots=True)
class _Seen:
    path: str
    name: str
    named: datetime
    written: datetime | None
    bytes: int
    is_local: bool


def find_recordings(
    settings: CameraSettings, camera: Camera, since: datetime, until: datetime, note: Note
) -> list[FoundRecording]:
    """Return a camera's recordings that show some of a time, oldest first; one that is in both places is the local one.

    ``note`` takes folders and roots that cannot be read. Of a copy in the network root the time of writing is its
    source's.
    """
    seen: dict[tuple[str, str], _Seen] = {}
    # Local roots first: what is on the disk is at hand.
    for path, is_local in [*((path, True) for path in settings.local_roots), (settings.network_root, False)]:
        root = RecordingRoot(long_path(path), note)
        for each in _seen_in(root, camera, since, until, settings, note, is_local=is_local):
            seen.setdefault((each.name.lower(), f"{each.named:%Y%m%d%H}"), each)
    error = _clock_error(list(seen.values()))
    found = [_found(each, error) for each in seen.values()]
    return sorted((each for each in found if each.began < until and each.ended >= since), key=lambda each: each.began)


def _seen_in(
    root: RecordingRoot,
    camera: Camera,
    since: datetime,
    until: datetime,
    settings: CameraSettings,
    note: Note,
    *,
    is_local: bool,
) -> list[_Seen]:
    first, last = since - _SEARCHED - _LONGEST, until + _SEARCHED
    found = []
    for day, _ in days_by_camera([root], note, camera.key).get(camera.key, []):
        if not f"{first:%Y%m%d}" <= day.day <= f"{last:%Y%m%d}":
            continue
        for group in _noted(root, day.folder, note, root.groups_of, day):
            if not first - timedelta(hours=24 if not group.hour else 1) <= group.began_at <= last:
                continue
            found += _noted(root, group.folder, note, _recordings, root, group, settings, is_local)
    return [each for each in found if first <= each.named <= last]


def _recordings(root: RecordingRoot, group: Group, settings: CameraSettings, is_local: bool) -> list[_Seen]:
    found = []
    for entry in root.recordings(group):
        status = entry.stat(follow_symlinks=False)
        written = local_time(status.st_mtime, settings.zone)
        named = group.recorded_at(entry.name)
        found.append(_Seen(entry.path, entry.name, named, written, status.st_size, is_local))
    return found


def _noted(
    root: RecordingRoot, folder: str, note: Note, ask: "Callable[..., list[Answer]]", *arguments: object
) -> "list[Answer]":
    """Answer ``ask()``; a folder that cannot be read is noted, one that is gone holds nothing."""
    try:
        return ask(*arguments)
    except OSError as error:
        if not root.is_only_missing(error):
            note(root.blamed(error, folder), error)
        return []


def _clock_error(seen: Sequence[_Seen]) -> timedelta:
    """Return by how much a camera's clock is ahead of the PC's; nothing where they agree, or too few files tell."""
    lags = [(each.named - each.written).total_seconds() for each in seen if each.written is not None]
    if len(lags) < _FEW:
        return timedelta()
    names = sorted(each.named for each in seen)
    # A video is named when it begins and written until the next one does: that much is no error.
    steps = [(later - earlier).total_seconds() for earlier, later in pairwise(names)]
    is_video = not seen[0].name.lower().endswith(_PICTURES)
    length = min(median(steps), _LONGEST.total_seconds()) if is_video else 0.0
    middle = median(lags)
    agreeing = sum(abs(lag - middle) < _WRONG_CLOCK.total_seconds() for lag in lags)
    error = timedelta(minutes=round((middle + length) / 60))
    return error if abs(error) > _WRONG_CLOCK and agreeing > len(lags) / 2 else timedelta()


def _found(seen: _Seen, error: timedelta) -> FoundRecording:
    began = seen.named - error
    is_credible = seen.written is not None and timedelta() <= seen.written - began <= _LONGEST
    ended = seen.written if is_credible and seen.written is not None else began
    return FoundRecording(seen.path, began, ended, seen.bytes, seen.is_local, error)
