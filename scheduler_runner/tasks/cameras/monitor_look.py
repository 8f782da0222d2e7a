"""Look at the recordings of cameras: which is the newest, how many are recent, is the newest one sound?

A recording counts for the time at which its file was written last, where that can be trusted: a camera's own clock, by
which files are named, can be wrong by hours or years.
"""

import logging
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from itertools import groupby

from scheduler_runner.tasks.cameras.layouts import Group, may_hold
from scheduler_runner.tasks.cameras.monitor_rules import LONGEST, Seen, Sighting, Window
from scheduler_runner.tasks.cameras.recording_root import Day, Note, RecordingRoot, days_by_camera
from scheduler_runner.tasks.cameras.settings import Camera

_HEAD_BYTES = 189
_YOUNG_SECONDS = 60.0
_CREDIBLE_FROM = datetime(2015, 1, 1)
"""A file that was written earlier stands on a drive without times."""
_FEW_FOLDERS = 3
DaysInRoots = Sequence[tuple[Day, RecordingRoot]]

logger = logging.getLogger(__name__)


def look(roots: Sequence[str], cameras: Sequence[Camera], window: Window) -> Seen:
    """Look at every camera of the list, below all roots together; without a list, at whatever is on the disk."""
    seen = Seen()

    def note(path: str, error: OSError) -> None:
        if path not in seen.lost and path not in seen.unreadable:
            logger.error("cannot read %s: %s", path, error.strerror or error)
            (seen.lost if path in roots else seen.unreadable).append(path)

    found = days_by_camera([RecordingRoot(root, note) for root in roots], note)
    listed = {camera.key for camera in cameras}
    others = sorted((kind, days[0][0].uid) for (kind, uid), days in found.items() if (kind, uid) not in listed)
    on_disk = [Camera(f"{kind} {uid}", kind, uid) for kind, uid in others]
    sightings = {
        camera: _look_at(camera, _Reader(found.get(camera.key, []), seen.lost, note), window)
        for camera in (*cameras, *on_disk)
    }
    lately = window.since.replace(hour=0, minute=0, second=0, microsecond=0)
    wrote = [camera for camera in on_disk if (sightings[camera].newest or window.since.min) >= lately]
    seen.unlisted = [(camera.kind, camera.uid) for camera in wrote]
    seen.sightings = [
        replace(sightings[camera], is_hidden=_may_be_hidden(camera, roots, seen)) for camera in cameras or on_disk
    ]
    return seen


def _may_be_hidden(camera: Camera, roots: Iterable[str], seen: Seen) -> bool:
    """Return whether a folder that cannot be read is the camera's, lies below it, or has it below."""
    for path in (*seen.lost, *seen.unreadable):
        root = next(root for root in roots if os.path.join(path, "").startswith(os.path.join(root, "")))
        if may_hold(camera.kind, camera.uid, os.path.relpath(path, root)):
            return True
    return False


def _look_at(camera: Camera, reader: "_Reader", window: Window) -> Sighting:
    finds = _Finds(window)
    last_day = f"{window.latest:%Y%m%d}"
    for moment, entry in reader.newest_first([each for each in reader.days if each[0].day > last_day]):
        made = finds.take(moment, entry)
        if finds.is_enough or (window.is_far and (made is None or made < window.since)):
            break
    is_first = True
    for moment, entry in reader.newest_first([each for each in reader.days if each[0].day <= last_day]):
        if finds.is_enough or (moment < window.since and not is_first):
            break
        is_first &= finds.take(moment, entry) is None
    if finds.recent < window.min_files and not window.is_far:
        written = _Finds(window)
        for moment, entry in reader.written_since(window.since.replace(tzinfo=window.zone).timestamp()):
            written.take(moment, entry)
        if written.recent > finds.recent:
            finds = written
    return finds.sighting(camera)


class _Finds:
    """What is known of one camera after some of its recordings."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self.newest: datetime | None = None
        self.clock: datetime | None = None
        self.recent = 0
        self._finished: tuple[datetime, str] | None = None

    @property
    def is_enough(self) -> bool:
        """Whether a far drive need not be asked for more."""
        is_known = self.recent >= self._window.min_files and self._finished is not None
        return self._window.is_far and is_known

    def take(self, moment: datetime, entry: "os.DirEntry[str]") -> datetime | None:
        """Count a recording that is named by ``moment``; return when it was made, ``None`` where that is unknown."""
        try:
            # Of a file that is still open, a folder's listing may be out of date (NTFS): the newest are asked for.
            status = os.stat(entry.path) if self._finished is None else entry.stat(follow_symlinks=False)
        except OSError:
            return None  # gone
        made = made_at(moment, local_time(status.st_mtime, self._window.zone), self._window)
        if made is None:
            return None
        self.newest = max(self.newest or made, made)
        if made >= self._window.since:
            self.recent += 1
            if moment > self._window.latest or made - moment > LONGEST:
                self.clock = self.clock or moment
        is_finished = not 0 <= time.time() - status.st_mtime < _YOUNG_SECONDS
        if is_finished and (self._finished is None or made > self._finished[0]):
            self._finished = made, entry.path
        return made

    def sighting(self, camera: Camera) -> Sighting:
        least = self._window.least_bytes
        flaw = ""
        if least is not None and self._finished is not None and self._finished[0] >= self._window.since:
            flaw = flaw_of(self._finished[1], least)
        path = self._finished[1] if self._finished else ""
        return Sighting(camera, self.newest, self.clock, self.recent, flaw, path=path)


def flaw_of(path: str, least_bytes: int) -> str:
    """Return what is wrong with a recording, for staff; ``""`` where nothing can be seen to be."""
    name = os.path.basename(path)
    try:
        size = os.path.getsize(path)
        with open(path, "rb", buffering=0) as file:
            head = file.read(_HEAD_BYTES)
    except FileNotFoundError:
        return ""  # the clean-up took it
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


def made_at(moment: datetime, written: datetime | None, window: Window) -> datetime | None:
    """Return when a recording was made: when it was written, where that is credible, else the time in its name.

    What was written long after the time in its name may be a copy on a drive without times, or of a camera whose clock
    is behind: the latter on the disk to which cameras write.
    """
    is_credible = written is not None and _CREDIBLE_FROM <= written <= window.latest
    if written is None or not is_credible or (window.is_far and written - moment > LONGEST):
        written = moment
    return written if written <= window.latest else None


def local_time(timestamp: float, zone: tzinfo) -> datetime | None:
    """Return what the clocks of a zone show at a Unix time, naive; ``None`` for one beyond all calendars."""
    try:
        return datetime.fromtimestamp(timestamp, zone).replace(tzinfo=None)
    except (OSError, ValueError, OverflowError):
        return None


class _Reader:
    """Reads one camera's recordings, each folder when it is reached; nothing more of a root once it is lost."""

    def __init__(self, days: DaysInRoots, lost: Sequence[str], note: Note) -> None:
        self.days = days
        self._lost = lost
        self._note = note
        self._failures = 0

    def newest_first(self, days: DaysInRoots) -> "Iterator[tuple[datetime, os.DirEntry[str]]]":
        """Yield recordings with the times in their names, the newest first."""
        for _, of_roots in groupby(sorted(days, key=_of_day, reverse=True), key=lambda each: each[0].day):
            groups = [(group, root) for day, root in of_roots for group in self._groups(day, root)]
            for group, root in sorted(groups, key=_of_group, reverse=True):
                found = [(group.recorded_at(entry.name), entry) for entry in self._recordings(group, root)]
                yield from sorted(found, key=lambda each: each[0], reverse=True)

    def written_since(self, timestamp: float) -> "Iterator[tuple[datetime, os.DirEntry[str]]]":
        """Yield the recordings in folders that got one since then, whatever their date."""
        for day, root in self.days:
            for group in self._groups(day, root):
                if _is_changed_since(root.folder(group), timestamp):
                    yield from ((group.recorded_at(entry.name), entry) for entry in self._recordings(group, root))

    def _groups(self, day: Day, root: RecordingRoot) -> list[Group]:
        if not self._is_asked(root):
            return []
        try:
            groups = root.groups_of(day)
        except OSError as error:
            self._fail(root.blamed(error, day.folder), error)
            return []
        if not groups:
            self._look_for(root.path)
        return groups

    def _recordings(self, group: Group, root: RecordingRoot) -> "list[os.DirEntry[str]]":
        if not self._is_asked(root):
            return []
        try:
            return root.recordings(group)
        except FileNotFoundError:  # the clean-up took it, or the drive is gone
            self._look_for(root.path)
        except OSError as error:
            if self._look_for(root.path):
                self._fail(root.folder(group), error)
        return []

    def _is_asked(self, root: RecordingRoot) -> bool:
        return root.path not in self._lost and self._failures < _FEW_FOLDERS

    def _fail(self, path: str, error: OSError) -> None:
        self._failures += 1
        self._note(path, error)

    def _look_for(self, root: str) -> bool:
        try:
            os.stat(root)
        except OSError as error:
            self._note(root, error)
            return False
        return True


def _of_day(each: tuple[Day, RecordingRoot]) -> Day:
    return each[0]


def _of_group(each: tuple[Group, RecordingRoot]) -> Group:
    return each[0]


def _is_changed_since(folder: str, timestamp: float) -> bool:
    try:
        return os.stat(folder).st_mtime >= timestamp
    except OSError:
        return False
