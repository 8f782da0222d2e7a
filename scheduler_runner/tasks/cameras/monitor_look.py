"""Look at the recordings of cameras: which is the newest, how many are recent, is the newest one sound?

A recording counts for the time at which its file was written last, where that can be trusted: a camera's own clock, by
which files are named, can be wrong by hours or years.
"""

import logging
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from itertools import groupby

from scheduler_runner.tasks.cameras.layouts import Group, may_hold
from scheduler_runner.tasks.cameras.monitor_file import flaw_of, is_frozen
from scheduler_runner.tasks.cameras.monitor_rules import LONGEST, Seen, Sighting, Span, Window
from scheduler_runner.tasks.cameras.monitor_time import open_between
from scheduler_runner.tasks.cameras.passed_over import all_together
from scheduler_runner.tasks.cameras.recording_root import Day, Note, RecordingRoot, days_by_camera
from scheduler_runner.tasks.cameras.settings import Camera

_YOUNG_SECONDS = 60.0
_CREDIBLE_FROM = datetime(2015, 1, 1)
"""A file that was written earlier stands on a drive without times."""
_FEW_FOLDERS = 3
_ALIKE = 3
"""So many newest pictures that are equal are a frozen camera."""
DaysInRoots = Sequence[tuple[Day, RecordingRoot]]

logger = logging.getLogger(__name__)


def look(place: "Place", roots: Sequence[str], cameras: Sequence[Camera], window: Window) -> Seen:
    """Look at every camera of the list, below all roots together; without a list, at whatever is on the disk."""
    seen = Seen()

    def note(path: str, error: OSError) -> None:
        if path not in seen.lost and path not in seen.unreadable:
            logger.error("cannot read %s: %s", path, error.strerror or error)
            (seen.lost if path in roots else seen.unreadable).append(path)

    readers = [RecordingRoot(root, note) for root in roots]
    found = days_by_camera(readers, note)
    listed = {camera.key for camera in cameras}
    others = sorted((kind, days[0][0].uid) for (kind, uid), days in found.items() if (kind, uid) not in listed)
    on_disk = [Camera(f"{kind} {uid}", kind, uid) for kind, uid in others]
    spans = {camera: window.span(camera, place.lookback_of(camera)) for camera in (*cameras, *on_disk)}
    marks = sorted({mark for span in spans.values() for mark in (span.since, span.short) if mark is not None})
    finds = {
        camera: place.read(_Reader(found.get(camera.key, []), seen.lost, note), Finds(window, span, place, marks))
        for camera, span in spans.items()
    }
    lately = window.since.replace(hour=0, minute=0, second=0, microsecond=0)
    seen.unlisted = [
        (camera.kind, camera.uid) for camera in on_disk if (newest := finds[camera].newest) and newest >= lately
    ]
    seen.sightings = [
        replace(place.beside(sighting, finds, window), is_hidden=_may_be_hidden(sighting.camera, roots, seen))
        for sighting in (finds[camera].sighting(camera) for camera in cameras or on_disk)
    ]
    if place.is_ours:
        seen.passed_over = all_together(reader.passed_over() for reader in readers if reader.path not in seen.lost)
    return seen


def _may_be_hidden(camera: Camera, roots: Sequence[str], seen: Seen) -> bool:
    """Return whether a folder that cannot be read is the camera's, lies below it, or has it below."""
    for path in (*seen.lost, *seen.unreadable):
        root = next(root for root in roots if os.path.join(path, "").startswith(os.path.join(root, "")))
        if may_hold(camera.kind, camera.uid, os.path.relpath(path, root)):
            return True
    return False


class Finds:
    """What is known of one camera after some of its recordings."""

    def __init__(self, window: Window, span: Span, place: "Place", marks: Sequence[datetime]) -> None:
        self.window = window
        self.span = span
        self.counts = {mark: Count() for mark in marks}
        self._place = place
        self.newest: datetime | None = None
        self._clock: datetime | None = None
        self._named: datetime | None = None
        self._hollow = 0
        self._finished: list[tuple[datetime, str]] = []
        """The newest finished recordings, the newest first."""

    def anew(self) -> "Finds":
        """Return the same with nothing found."""
        return Finds(self.window, self.span, self._place, tuple(self.counts))

    @property
    def first_mark(self) -> datetime:
        """Since when recordings are counted, for this camera or others."""
        return min(self.counts)

    @property
    def recent(self) -> int:
        """How many recordings there are within the lookback."""
        return self.counts[self.span.since].number

    @property
    def is_enough(self) -> bool:
        """Whether it is known that the camera wrote as it should, and what to look into."""
        return self.recent >= self.span.min_files and bool(self._finished)

    def take(self, moment: datetime, entry: "os.DirEntry[str]") -> datetime | None:
        """Count a recording that is named by ``moment``; return when it was made, ``None`` where that is unknown."""
        try:
            # Of a file that is still open, a folder's listing may be out of date (NTFS): the newest are asked for.
            status = os.stat(entry.path) if not self._finished else entry.stat(follow_symlinks=False)
        except OSError:
            return None  # gone
        made = self._place.made_at(moment, local_time(status.st_mtime, self.window.zone), self.window)
        if made is None:
            return None
        is_finished = not 0 <= time.time() - status.st_mtime < _YOUNG_SECONDS
        if is_finished:
            self._finished = sorted([*self._finished, (made, entry.path)], reverse=True)[:_ALIKE]
        if is_finished and status.st_size < max(1, self.window.least_bytes or 0):
            self._hollow += made >= self.span.since
            return made
        self.newest = max(self.newest or made, made)
        if made < moment <= self.window.latest:
            self._named = max(self._named or moment, moment)
        for mark, count in self.counts.items():
            if made >= mark:
                count.add(made)
        if made >= self.span.since and (moment > self.window.latest or made - moment > LONGEST):
            self._clock = self._clock or moment
        return made

    def sighting(self, camera: Camera) -> Sighting:
        """Return what was seen, the newest finished recording looked into."""
        least, flaw, frozen = self.window.least_bytes, "", False
        lately = [path for made, path in self._finished if made >= self.span.since]
        if least is not None and lately:
            flaw = self._place.flaw_of(lately[0], least)
            frozen = len(lately) == _ALIKE and self._place.is_frozen(lately)
        return Sighting(
            camera,
            self.span,
            newest=self.newest,
            clock=self._clock,
            named=self._named if self.newest and self._named and self._named - self.newest > LONGEST else None,
            recent=self.recent,
            hollow=self._hollow,
            flaw=flaw,
            is_frozen=frozen,
            path=self._finished[0][1] if self._finished else "",
        )


@dataclass(slots=True)
class Count:
    """How many recordings were made since a moment, and when the first of them."""

    number: int = 0
    first: datetime | None = None

    def add(self, made: datetime) -> None:
        """Count one."""
        self.number += 1
        self.first = made if self.first is None else min(self.first, made)


class Place:
    """Where one looks; how, and what to believe there, differs between a near disk and a far drive."""

    is_ours = True
    """Whether all that lies there is for the cameras, so that the rest is told."""

    def lookback_of(self, camera: Camera) -> timedelta | None:
        """Return a camera's own lookback; ``None``: it has the common one."""
        raise NotImplementedError

    def read(self, reader: "_Reader", finds: Finds) -> Finds:
        """Take as many recordings as it needs, the newest first; return what was found."""
        raise NotImplementedError

    def made_at(self, moment: datetime, written: datetime | None, window: Window) -> datetime | None:
        """Return when a recording was made: when it was written, where that is credible, else the time in its name.

        ``None`` where neither can be.
        """
        if written is None or not _CREDIBLE_FROM <= written <= window.latest:
            written = moment
        return written if written <= window.latest else None

    def flaw_of(self, path: str, least_bytes: int) -> str:
        """Return what is wrong with a recording, for staff; ``""``: nothing."""
        raise NotImplementedError

    def is_frozen(self, paths: Sequence[str]) -> bool:
        """Return whether the newest pictures are all the same."""
        return False

    def beside(self, sighting: Sighting, finds: "dict[Camera, Finds]", window: Window) -> Sighting:
        """Return a sighting in the light of the other cameras'."""
        raise NotImplementedError


class LocalDisk(Place):
    """A disk of this PC, to which cameras write: all of these hours is read, for clocks may be wrong."""

    def lookback_of(self, camera: Camera) -> timedelta | None:
        """See :class:`Place`."""
        return _hours(camera.lookback_local_hours)

    def read(self, reader: "_Reader", finds: Finds) -> Finds:
        """Take what bears a time of these hours or a later one; where that is little, what was written in them."""
        last_day = f"{finds.window.latest:%Y%m%d}"
        for moment, entry in reader.newest_first([each for each in reader.days if each[0].day > last_day]):
            finds.take(moment, entry)
        is_first = True
        for moment, entry in reader.newest_first([each for each in reader.days if each[0].day <= last_day]):
            if moment < finds.first_mark and not is_first:
                break
            is_first &= finds.take(moment, entry) is None
        if finds.recent >= finds.span.min_files:
            return finds
        written = finds.anew()
        for moment, entry in reader.written_since(_timestamp(finds.first_mark, finds.window.zone)):
            written.take(moment, entry)
        return written if written.recent > finds.recent else finds

    def flaw_of(self, path: str, least_bytes: int) -> str:
        """See :class:`Place`."""
        return flaw_of(path, least_bytes)

    def is_frozen(self, paths: Sequence[str]) -> bool:
        """See :class:`Place`."""
        return is_frozen(paths)

    def beside(self, sighting: Sighting, finds: "dict[Camera, Finds]", window: Window) -> Sighting:
        """Tell for how long others wrote: nobody is silent five minutes after the PC was switched on."""

        def watched(mark: "datetime | None", cameras: "Sequence[Camera]") -> timedelta | None:
            if mark is None:
                return None
            firsts = [first for camera in cameras if (first := finds[camera].counts[mark].first) is not None]
            return open_between(window.hours, min(firsts), window.judged_at) if firsts else None

        others = [camera for camera in finds if camera != sighting.camera]
        return replace(
            sighting,
            watched=watched(sighting.span.since, others),
            watched_short=watched(sighting.span.short, others),
            written_for=watched(sighting.span.since, list(finds)),
        )


class NetworkRoot(Place):
    """A far drive, which may keep no times: asked only until enough is known."""

    is_ours = False

    def lookback_of(self, camera: Camera) -> timedelta | None:
        """See :class:`Place`."""
        return _hours(camera.lookback_network_hours)

    def read(self, reader: "_Reader", finds: Finds) -> Finds:
        """Take recordings until the camera is known to have enough, or to have none of these hours."""
        last_day = f"{finds.window.latest:%Y%m%d}"
        for moment, entry in reader.newest_first([each for each in reader.days if each[0].day > last_day]):
            made = finds.take(moment, entry)
            if finds.is_enough or made is None or made < finds.span.since:
                break
        is_first = True
        for moment, entry in reader.newest_first([each for each in reader.days if each[0].day <= last_day]):
            if finds.is_enough or (moment < finds.span.since and not is_first):
                break
            is_first &= finds.take(moment, entry) is None
        return finds

    def made_at(self, moment: datetime, written: datetime | None, window: Window) -> datetime | None:
        """Do not believe what was written long after the time in its name: a copy on a drive without times."""
        is_copied = written is not None and written - moment > LONGEST
        return super().made_at(moment, None if is_copied else written, window)

    def flaw_of(self, path: str, least_bytes: int) -> str:
        """Look at its beginning alone: for its end a cloud drive may fetch all of it."""
        return flaw_of(path, least_bytes, is_near=False)

    def beside(self, sighting: Sighting, finds: "dict[Camera, Finds]", window: Window) -> Sighting:
        """Judge each by itself: copies come some times a day, whatever the cameras do."""
        return replace(sighting, watched=sighting.span.lookback, written_for=sighting.span.lookback)


LOCAL_DISK, NETWORK_ROOT = LocalDisk(), NetworkRoot()


def _hours(number: "int | None") -> timedelta | None:
    return None if number is None else timedelta(hours=number)


def _timestamp(moment: datetime, zone: tzinfo) -> float:
    return moment.replace(tzinfo=zone).timestamp()


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
