"""Is a camera writing? What its newest recordings say: reading at the edge, judging pure.

Times are naive local ones, from the recordings' paths.
"""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from enum import Enum
from itertools import groupby

from scheduler_runner.tasks.cameras.recordings import DayOfCamera, days_by_camera, days_of_cameras, recordings_in
from scheduler_runner.tasks.cameras.settings import Camera
from scheduler_runner.utils.zones import PC_ZONE

_YOUNG_SECONDS = 60.0
_AHEAD = timedelta(hours=1)
_HEAD_BYTES = 189


@dataclass(frozen=True, slots=True)
class Sighting:
    """What was seen of one camera. ``newest`` is ``None`` for one that never wrote."""

    camera: Camera
    newest: datetime | None = None
    ahead: datetime | None = None
    """The newest recording of a time still to come: by it nobody could tell when the camera fell silent."""
    recent: int = 0
    """How many recordings began within the time that is looked at."""
    flaw: str = ""
    """What is wrong with the newest finished recording, in Russian."""


@dataclass(slots=True)
class Seen:
    """All that was seen: the cameras that were looked for, and folders of others."""

    sightings: list[Sighting] = field(default_factory=list)
    unlisted: list[tuple[str, str]] = field(default_factory=list)
    """Kind and uid of each camera on the disk that no list names."""


def window_start(now: datetime, hours: int, working_hours: tuple[int, int]) -> datetime:
    """Return since when something should have been recorded: so many hours back, not counting the night.

    >>> window_start(datetime(2026, 11, 23, 9, 30), 2, (9 * 60, 21 * 60)).isoformat(" ")
    '2026-11-22 19:30:00'
    """
    start = now - timedelta(hours=hours)
    opening, closing = (start.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(minutes=minute)
                        for minute in working_hours)  # fmt: skip
    if opening <= start < closing:
        return start
    if start < opening:
        opening, closing, next_opening = opening - timedelta(days=1), closing - timedelta(days=1), opening
    else:
        next_opening = opening + timedelta(days=1)
    return max(opening, closing - (next_opening - start))


def look(
    roots: Sequence[str],
    cameras: Sequence[Camera],
    since: datetime,
    least_bytes: int,
    now: datetime,
    zone: tzinfo = PC_ZONE,
) -> Seen:
    """Look at every camera of the list, below all roots together. Raises ``OSError`` where a root cannot be read.

    Without a list, whatever is on the disk is looked at. ``now`` and ``since`` are what the clocks of ``zone`` show.
    """
    found = days_by_camera(roots)
    listed = {(camera.kind, camera.uid): camera for camera in cameras}
    unlisted = sorted(found.keys() - listed.keys())
    looked_for = list(cameras) or [Camera(f"{kind} {uid}", kind, uid) for kind, uid in unlisted]
    sightings = [
        _look_at(camera, found.get((camera.kind, camera.uid), []), since, least_bytes, now, zone)
        for camera in looked_for
    ]
    return Seen(sightings, unlisted)


def newest_recording(roots: Sequence[str], now: datetime) -> datetime | None:
    """Return the time of the newest recording of any camera, to the hour at least; those yet to come do not count.

    Raises ``OSError`` where a root cannot be read.
    """
    days = [(day, root) for root in roots for day in days_of_cameras(root)]
    return next((moment for moment, _ in _newest_first(days) if moment <= now + _AHEAD), None)


class Wrong(Enum):
    """What may be wrong with a camera, the most serious first; the value is for staff."""

    NEVER_WROTE = "Ни разу не писали"
    SILENT = "Нет записей"
    TOO_FEW = "Мало записей"
    FLAWED = "Плохая последняя запись"


def wrong_with(sighting: Sighting, since: datetime, min_files: int) -> Wrong | None:
    """Return the most serious thing that is wrong with a camera; ``None`` where it does what it should."""
    if sighting.newest is None:
        return Wrong.NEVER_WROTE
    if sighting.newest < since:
        return Wrong.SILENT
    if sighting.recent < min_files:
        return Wrong.TOO_FEW
    return Wrong.FLAWED if sighting.flaw else None


def _look_at(
    camera: Camera,
    days: "list[tuple[DayOfCamera, str]]",
    since: datetime,
    least_bytes: int,
    now: datetime,
    zone: tzinfo,
) -> Sighting:
    newest: datetime | None = None
    ahead: datetime | None = None
    recent, flaw = 0, None
    for moment, entry in _newest_first(days):
        if moment > now + _AHEAD:
            ahead = ahead or moment
            continue
        if newest is not None and moment < since:
            break
        newest = newest or _credible(moment, entry, zone)
        recent += moment >= since
        if flaw is None and not _is_still_written(entry):
            flaw = flaw_of(entry.path, least_bytes)
    return Sighting(camera, newest, ahead, recent, flaw or "")


def _credible(moment: datetime, entry: "os.DirEntry[str]", zone: tzinfo) -> datetime:
    """Return when a recording was made: where it was written well before it says, the camera's clock is ahead."""
    written = datetime.fromtimestamp(entry.stat(follow_symlinks=False).st_mtime, zone).replace(tzinfo=None)
    return written if written < moment - _AHEAD else moment


def _newest_first(days: "list[tuple[DayOfCamera, str]]") -> "Iterator[tuple[datetime, os.DirEntry[str]]]":
    """Yield a camera's recordings with their times, one hour after the other, each folder read when it is reached."""
    for _, of_roots in groupby(sorted(days, reverse=True), key=lambda each: each[0].day):
        hours = sorted(((hour, root) for each, root in of_roots for hour in each.hour_folders(root)), reverse=True)
        for hour, root in hours:
            found = [(hour.recorded_at(entry.name), entry) for entry in recordings_in(os.path.join(root, hour.path))]
            yield from sorted(found, key=lambda each: each[0], reverse=True)


def _is_still_written(entry: "os.DirEntry[str]") -> bool:
    return 0 <= time.time() - entry.stat(follow_symlinks=False).st_mtime < _YOUNG_SECONDS


def flaw_of(path: str, least_bytes: int) -> str:
    """Return what is wrong with a recording, for staff; ``""`` where nothing can be seen to be."""
    name = os.path.basename(path)
    try:
        size = os.path.getsize(path)
        with open(path, "rb", buffering=0) as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        return f"не читается {name}: {error.strerror or error}"
    if size < max(1, least_bytes):
        return f"пустой файл {name}" if not size else f"слишком мал {name}: {size} Б"
    return "" if _is_what_it_says(name, head) else f"повреждён {name}"


def _is_what_it_says(name: str, head: bytes) -> bool:
    suffix = os.path.splitext(name)[1].lower()
    if suffix in (".jpg", ".jpeg"):
        return head.startswith(b"\xff\xd8\xff")
    if suffix == ".ts":  # transport stream: packets of 188 bytes, each begins with "G"
        return head[:1] == b"G" and head[188:] == b"G"
    return head[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide")
