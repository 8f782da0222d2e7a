"""Is a camera writing? What its newest recordings say: reading at the edge, judging pure.

Times are naive local ones, from the recordings' paths.
"""

import logging
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from enum import Enum
from itertools import groupby

from scheduler_runner.tasks.cameras.recordings import DayOfCamera, Note, days_by_camera, recordings_in
from scheduler_runner.tasks.cameras.settings import Camera
from scheduler_runner.utils.zones import PC_ZONE

_YOUNG_SECONDS = 60.0
_AHEAD = timedelta(hours=1)
_LONGEST = timedelta(hours=3)
"""So long may one video be."""
_HEAD_BYTES = 189

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sighting:
    """What was seen of one camera. ``newest`` is ``None`` where there is nothing of it."""

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
    lost: list[str] = field(default_factory=list)
    """Roots that are not there or cannot be read: what was recorded there cannot be told."""
    unreadable: list[str] = field(default_factory=list)
    """Folders below the others that cannot be read."""


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
    """Look at every camera of the list, below all roots together.

    Without a list, whatever is on the disk is looked at. ``now`` and ``since`` are what the clocks of ``zone`` show.
    """
    seen = Seen()

    def note(path: str, error: OSError) -> None:
        logger.error("cannot read %s: %s", path, error.strerror or error)
        (seen.lost if path in roots else seen.unreadable).append(path)

    found = days_by_camera(roots, note)
    listed = {camera.key for camera in cameras}
    seen.unlisted = sorted((kind, days[0][0].uid) for (kind, uid), days in found.items() if (kind, uid) not in listed)
    for camera in cameras or [Camera(f"{kind} {uid}", kind, uid) for kind, uid in seen.unlisted]:
        recordings = _newest_first(found.get(camera.key, []), note)
        seen.sightings.append(_look_at(camera, recordings, since, least_bytes, now, zone))
    seen.lost += [root for root in roots if root not in seen.lost and not os.path.isdir(root)]  # lost meanwhile
    return seen


def newest_recording(roots: Sequence[str], now: datetime, note: Note) -> datetime | None:
    """Return the time of the newest recording of any camera, to the hour at least; those yet to come do not count.

    ``note`` takes what cannot be read.
    """
    days = [day for of_camera in days_by_camera(roots, note).values() for day in of_camera]
    return next((moment for moment, _ in _newest_first(days, note) if moment <= now + _AHEAD), None)


class Wrong(Enum):
    """What may be wrong with a camera, the most serious first; the value is for staff."""

    NOTHING_FOUND = "Нет ни одной записи"
    SILENT = "Нет записей"
    TOO_FEW = "Мало записей"
    FLAWED = "Плохая последняя запись"


def wrong_with(sighting: Sighting, since: datetime, min_files: int) -> Wrong | None:
    """Return the most serious thing that is wrong with a camera; ``None`` where it does what it should."""
    if sighting.newest is None:
        return Wrong.NOTHING_FOUND
    if sighting.newest < since:
        return Wrong.SILENT
    if sighting.recent < min_files:
        return Wrong.TOO_FEW
    return Wrong.FLAWED if sighting.flaw else None


def _look_at(
    camera: Camera,
    recordings: "Iterable[tuple[datetime, os.DirEntry[str]]]",
    since: datetime,
    least_bytes: int,
    now: datetime,
    zone: tzinfo,
) -> Sighting:
    newest: datetime | None = None
    ahead: datetime | None = None
    recent, flaw, is_doubted = 0, None, True  # its clock, so that each file's own time is looked at
    is_first = True
    for moment, entry in recordings:
        if moment > now + _AHEAD:
            ahead = ahead or moment
        elif moment < since and not is_first:
            break
        else:
            is_first = False
        made = _made(moment, _written(entry, zone)) if is_doubted else moment
        if made > now + _AHEAD:
            continue
        is_doubted = made < moment
        newest = max(newest or made, made)
        recent += made >= since
        if flaw is None and not _is_still_written(entry):
            flaw = flaw_of(entry.path, least_bytes)
    return Sighting(camera, newest, ahead, recent, flaw or "")


def _made(moment: datetime, written: datetime | None) -> datetime:
    """Return when a recording was made: its end, for a video may be long.

    Where it was written well before it says, the camera's clock is ahead.
    """
    if written is None or moment + _LONGEST < written or moment - _AHEAD <= written < moment:
        return moment
    return written


def _is_still_written(entry: "os.DirEntry[str]") -> bool:
    """Return whether a file may not be judged yet, or is gone."""
    try:
        return 0 <= time.time() - entry.stat(follow_symlinks=False).st_mtime < _YOUNG_SECONDS
    except OSError:
        return True


def _written(entry: "os.DirEntry[str]", zone: tzinfo) -> datetime | None:
    """Return what a clock of the zone showed when a file was written last; ``None`` for one that is gone."""
    try:
        return datetime.fromtimestamp(entry.stat(follow_symlinks=False).st_mtime, zone).replace(tzinfo=None)
    except (OSError, ValueError, OverflowError):
        return None


def _newest_first(days: "list[tuple[DayOfCamera, str]]", note: Note) -> "Iterator[tuple[datetime, os.DirEntry[str]]]":
    """Yield a camera's recordings with their times, one hour after the other, each folder read when it is reached."""
    for _, of_roots in groupby(sorted(days, reverse=True), key=lambda each: each[0].day):
        hours = sorted(
            ((hour, root) for each, root in of_roots for hour in each.hour_folders(root, note)), reverse=True
        )
        for hour, root in hours:
            folder = os.path.join(root, hour.path)
            try:
                found = [(hour.recorded_at(entry.name), entry) for entry in recordings_in(folder)]
            except FileNotFoundError:  # the clean-up took it
                continue
            except OSError as error:
                note(folder, error)
                continue
            yield from sorted(found, key=lambda each: each[0], reverse=True)


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
