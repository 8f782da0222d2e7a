"""Delete recordings that are old enough and saved; see :mod:`.retention` for which dates may go.

Deleted is only what looks like a recording, inside its root, never through a link, and, where copies are asked
for, only what the network copy has at least as long.
"""

import logging
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from scheduler_runner.tasks.cameras.recordings import (
    DayOfCamera,
    HourFolder,
    days_by_date,
    is_any_recorded,
    recordings_in,
)
from scheduler_runner.tasks.cameras.retention import expendable_dates, expired_dates
from scheduler_runner.tasks.cameras.tally import Tally
from scheduler_runner.utils.filesystem import (
    delete_files,
    delete_folder_if_empty,
    file_size,
    free_bytes,
    is_drive_root,
)

_LATE = timedelta(days=3)
"""A copy on a drive that keeps no times may be so much younger than its recording."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CleanOptions:
    """How to clean one root. ``today`` is the point's date by its clock."""

    days: int
    """The retention: how old a date must be, and how many later ones there must be."""
    today: date
    network_root: str | None = None
    """Where each recording must have its copy; ``None``: copies are not asked for."""
    fresh_dates: Callable[[], frozenset[str]] = frozenset
    """Tells the dates (``YYYYMMDD``) that got copies today: they stay until tomorrow, as cloud drives write late."""
    least_free_bytes: int = 0
    """Where copies are asked for: with less room than this, younger dates go too."""
    is_dry_run: bool = False
    workers: int = 1


@dataclass(slots=True)
class CleanCount:
    """What happened to the recordings. In a dry run: what would have."""

    deleted: int = 0
    deleted_bytes: int = 0
    deleted_dates: list[str] = field(default_factory=list)
    early: int = 0
    """Those of ``deleted`` that were younger than the retention: the disk was nearly full."""
    unsaved: int = 0
    """Kept, though old: the network copy lacks them, or has them shorter."""
    misdated: int = 0
    """Kept, though the path says they are old: they were written lately, by a camera with a wrong clock."""
    fresh: int = 0
    """How many old dates were left out, as they got copies today."""
    failed: int = 0
    is_short_of_room: bool = False
    """There is less room than there should be, and nothing more may go."""
    problems: list[str] = field(default_factory=list)
    """The first of them, for people."""


class CleanRun:
    """One sweep over one root. ``count`` may be read at any time, for progress."""

    def __init__(self, root: str, options: CleanOptions) -> None:
        self.count = CleanCount()
        self._tally = Tally(self.count)
        self._root = root
        self._options = options
        self._days: dict[str, list[DayOfCamera]] = {}

    def run(self) -> CleanCount:
        """Delete what may go, and return what happened.

        Raises ``OSError`` where the root cannot be read, ``ValueError`` where nothing may be deleted below it.
        """
        if is_drive_root(self._root):
            raise ValueError(f"{self._root} is a whole drive: a folder of recordings would be right")
        self._days = days_by_date(self._root, self._note_failure)
        dates = list(self._days)
        expired = expired_dates(dates, self._has_recording, self._options.days, self._options.today)
        with ThreadPoolExecutor(self._options.workers) as pool:
            for day in self._without_fresh(expired):
                self._clean_date(day, lambda hours: list(pool.map(self._clean_hour, hours)))
        if self._lacks_room():
            self._make_room(dates[len(expired) :])
        return self.count

    def _without_fresh(self, dates: list[str]) -> list[str]:
        fresh = self._options.fresh_dates()
        self.count.fresh += sum(day in fresh for day in dates)
        return [day for day in dates if day not in fresh]

    def _make_room(self, dates: list[str]) -> None:
        """Go on below the retention, an hour at a time, until there is room."""
        for day in self._without_fresh(expendable_dates(dates, self._has_recording, self._options.today)):
            logger.warning("the disk is nearly full: going on with %s", day)
            self._clean_date(day, self._clean_hours_while_room_lacks)
            if not self._lacks_room():
                return
        self.count.is_short_of_room = True

    def _clean_hours_while_room_lacks(self, hours: Iterable[HourFolder]) -> None:
        for hour in hours:
            if not self._lacks_room():
                return
            self._clean_hour(hour, is_early=True)

    def _lacks_room(self) -> bool:
        if not self._options.least_free_bytes or self._options.network_root is None:
            return False
        free = free_bytes(self._root)
        promised = self.count.deleted_bytes if self._options.is_dry_run else 0
        return free is not None and free + promised < self._options.least_free_bytes

    def _has_recording(self, day: str) -> bool:
        return is_any_recorded(self._root, self._days[day])

    def _clean_date(self, day: str, clean: Callable[[list[HourFolder]], object]) -> None:
        before = self.count.deleted
        for of_camera in self._days[day]:
            try:
                clean(of_camera.hour_folders(self._root))
            except OSError as error:
                self._note_failure(f"{day} of {of_camera.uid}", error)
            if of_camera.kind == "unv":
                self._drop_folder(of_camera.path)
        if self.count.deleted > before:
            self.count.deleted_dates.append(day)

    def _clean_hour(self, hour: HourFolder, is_early: bool = False) -> None:
        folder = os.path.join(self._root, hour.path)
        try:
            recordings = self._without_misdated(recordings_in(folder), hour, 1 if is_early else self._options.days)
            sizes = self._sizes_of_saved(recordings, hour)
            if sizes is None:
                return
            failed = [] if self._options.is_dry_run else delete_files(self._root, folder, sizes)
        except (OSError, ValueError) as error:
            self._note_failure(folder, error)
            return
        if not is_early:
            self._note_unsaved(folder, len(recordings) - len(sizes))
        for name, refusal in failed:
            self._note_failure(os.path.join(folder, name), refusal)
            del sizes[name]
        self._tally.add(deleted=len(sizes), deleted_bytes=sum(sizes.values()), early=len(sizes) if is_early else 0)
        self._drop_folder(hour.path)

    def _without_misdated(
        self, recordings: "list[os.DirEntry[str]]", hour: HourFolder, days: int
    ) -> "list[os.DirEntry[str]]":
        """Leave out what was written within the last days, and long after the date that its path bears."""
        midnight = datetime.combine(self._options.today, time())
        young_from = max(midnight - timedelta(days=days), hour.began_at + _LATE).timestamp()
        old = [entry for entry in recordings if entry.stat(follow_symlinks=False).st_mtime < young_from]
        number = len(recordings) - len(old)
        if number:
            self._tally.add(misdated=number)
            self._tally.name(f"{hour.path}: {number} recordings were written long after the date they bear, kept")
        return old

    def _sizes_of_saved(self, recordings: "list[os.DirEntry[str]]", hour: HourFolder) -> dict[str, int] | None:
        """Return the recordings that may go, each with its bytes; ``None`` where their date gets copies just now."""
        sizes = {entry.name: file_size(entry) for entry in recordings}
        if self._options.network_root is None or not recordings:
            return sizes
        copies = self._copies(os.path.join(self._root, hour.path), os.path.join(self._options.network_root, hour.path))
        if hour.day in self._options.fresh_dates():  # asked after the listing: a copy under way notes before it writes
            return None
        return {name: size for name, size in sizes.items() if name in copies and file_size(copies[name]) >= size}

    def _copies(self, folder: str, copied: str) -> "dict[str, os.DirEntry[str]]":
        """Return what the network root has of a folder: nothing where that is the very folder, by whatever way."""
        try:
            if os.path.samefile(folder, copied):
                return {}
            return {entry.name: entry for entry in recordings_in(copied)}
        except FileNotFoundError:
            os.stat(self._options.network_root or copied)  # raises where it is the whole drive that went away
            return {}

    def _note_unsaved(self, folder: str, number: int) -> None:
        if number:
            self._tally.add(unsaved=number)
            self._tally.name(f"{folder}: {number} recordings have no whole copy in {self._options.network_root}, kept")

    def _note_failure(self, path: str, error: Exception) -> None:
        self._tally.add(failed=1)
        self._tally.name(f"{path}: {getattr(error, 'strerror', None) or error}")

    def _drop_folder(self, path: str) -> None:
        """Remove a folder that was left empty; one that is not stays."""
        if not self._options.is_dry_run:
            try:
                delete_folder_if_empty(self._root, os.path.join(self._root, path))
            except ValueError as error:
                logger.warning("%s", error)
