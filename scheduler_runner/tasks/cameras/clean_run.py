"""Delete recordings that are old enough and saved; see :mod:`.retention` for which dates may go.

Deleted is only what looks like a recording, inside its root, never through a link, and, where copies are asked
for, only what the network copy has at least as long. A copy stays as long as its original: it would only be made anew.
"""

import errno
import logging
import os
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from scheduler_runner.system.filesystem import (
    delete_file,
    delete_files,
    delete_folder_if_empty,
    delete_tree,
    file_size,
    free_bytes,
    is_drive_root,
    is_linked,
)
from scheduler_runner.tasks.cameras.copy_notes import ALL_DATES
from scheduler_runner.tasks.cameras.layouts import Group, is_rubbish, is_unfinished
from scheduler_runner.tasks.cameras.may_delete import expendable_dates, expired_dates
from scheduler_runner.tasks.cameras.recording_root import Day, RecordingRoot, days_by_date, require_readable
from scheduler_runner.tasks.common.tally import Tally

_LATE = timedelta(days=3)
"""A copy on a drive that keeps no times may be so much younger than its recording."""
_DEAD_SECONDS = 7 * 86400.0
"""No copy is under way for so long."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CleanOptions:
    """How to clean one root. ``today`` is the point's date by its clock."""

    days: int
    """The retention: how old a date must be, and how many later ones there must be."""
    today: date
    network_root: str | None = None
    """Where each recording must have its copy; ``None``: copies are not asked for."""
    fresh_copies: Callable[[], Mapping[str, float]] = dict
    """Tells which copies are too new to be trusted, as :func:`.copy_state.fresh_copies` does."""
    originals: tuple[str, ...] = ()
    """Where copies are deleted: the local roots. What those that are there have would only be copied again."""
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
    """Kept: copied only some hours ago."""
    still_local: int = 0
    """Kept copies: a local root has the recording still."""
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
        self._read = RecordingRoot(root, self._note_failure)
        self._copies = RecordingRoot(options.network_root or root)
        self._originals = [RecordingRoot(original) for original in options.originals]
        self._days: dict[str, list[Day]] = {}

    def run(self) -> CleanCount:
        """Delete what may go, and return what happened.

        Raises ``OSError`` where the root cannot be read, ``ValueError`` where nothing may be deleted below it.
        """
        if is_drive_root(self._root):
            raise ValueError(f"{self._root} is a whole drive: a folder of recordings would be right")
        self._days = days_by_date(self._read)
        dates = list(self._days)
        expired = expired_dates(dates, self._has_recording, self._options.days, self._options.today)
        with ThreadPoolExecutor(self._options.workers) as pool:
            for day in expired:
                self._clean_date(day, lambda groups: list(pool.map(self._clean_group, groups)))
        if self._lacks_room():
            self._make_room(dates[len(expired) :])
        require_readable(self._root)  # a root that went away looks like one in which nothing is left
        return self.count

    def _make_room(self, dates: list[str]) -> None:
        """Go on below the retention, an hour at a time, until there is room."""
        for day in expendable_dates(dates, self._has_recording, self._options.today):
            logger.warning("the disk is nearly full: going on with %s", day)
            self._clean_date(day, self._clean_while_room_lacks)
            if not self._lacks_room():
                return
        self.count.is_short_of_room = True

    def _clean_while_room_lacks(self, groups: Iterable[Group]) -> None:
        for group in groups:
            if not self._lacks_room():
                return
            self._clean_group(group, is_early=True)

    def _lacks_room(self) -> bool:
        if not self._options.least_free_bytes or self._options.network_root is None:
            return False
        free = free_bytes(self._root)
        promised = self.count.deleted_bytes if self._options.is_dry_run else 0
        return free is not None and free + promised < self._options.least_free_bytes

    def _has_recording(self, day: str) -> bool:
        return is_any_recorded(self._read, self._days[day])

    def _clean_date(self, day: str, clean: Callable[[list[Group]], object]) -> None:
        before = self.count.deleted
        groups: list[Group] = []
        for of_camera in self._days[day]:
            try:
                groups += self._read.groups_of(of_camera)
            except OSError as error:
                self._note_failure(f"{day} of {of_camera.uid}", error)
        clean(sorted(groups))
        for of_camera in self._days[day]:
            if of_camera.branch is not None:  # else its folder is that of a group, or a camera's
                self._drop_emptied(of_camera.folder)
        if self.count.deleted > before:
            self.count.deleted_dates.append(day)

    def _clean_group(self, group: Group, is_early: bool = False) -> None:
        folder = self._read.folder(group)
        try:
            old = self._without_misdated(self._read.recordings(group), group, 1 if is_early else self._options.days)
            expendable = self._without_needed(old, group, is_early) if old else old
            sizes = {entry.name: file_size(entry) for entry in expendable}
            failed = [] if self._options.is_dry_run else delete_files(self._root, folder, sizes)
        except (OSError, ValueError) as error:
            is_missing = isinstance(error, OSError) and self._read.is_only_missing(error)
            if not is_missing or os.path.isdir(folder):  # else another clean-up took it
                self._note_failure(folder, error)
            return
        for name, refusal in failed:
            self._note_failure(os.path.join(folder, name), refusal)
            del sizes[name]
        self._tally.add(deleted=len(sizes), deleted_bytes=sum(sizes.values()), early=len(sizes) if is_early else 0)
        if not group.is_flat:
            self._drop_emptied(group.folder)

    def _without_misdated(
        self, recordings: "list[os.DirEntry[str]]", group: Group, days: int
    ) -> "list[os.DirEntry[str]]":
        """Leave out what was written within the last days, and long after the date that its path bears."""
        midnight = datetime(self._options.today.year, self._options.today.month, self._options.today.day)
        young_from = max(midnight - timedelta(days=days), group.began_at + _LATE).timestamp()
        old = [entry for entry in recordings if _written_at(entry) < young_from]
        number = len(recordings) - len(old)
        if number:
            self._tally.add(misdated=number)
            self._tally.name(f"{group.folder}: {number} recordings were written long after the date they bear, kept")
        return old

    def _without_needed(
        self, recordings: "list[os.DirEntry[str]]", group: Group, is_early: bool
    ) -> "list[os.DirEntry[str]]":
        """Leave out what is not saved yet, and copies that would be made anew."""
        if self._options.network_root is None:
            local = {name for root in self._originals for name in _names(root, group)}
            gone = [entry for entry in recordings if os.path.normcase(entry.name) not in local]
            self._tally.add(still_local=len(recordings) - len(gone))
            return gone
        folder = self._read.folder(group)
        copies = self._copies_of(group)
        saved = [entry for entry in recordings if _is_saved(entry, copies.get(os.path.normcase(entry.name)))]
        if not is_early:
            self._note_unsaved(folder, len(recordings) - len(saved))
        # Asked after the listing: a copy that is under way notes before it writes.
        fresh = self._options.fresh_copies()
        fresh_from = min(fresh.get(day, float("inf")) for day in (group.day, ALL_DATES))
        trusted = [entry for entry in saved if _written_at(entry) < fresh_from]
        self._tally.add(fresh=len(saved) - len(trusted))
        return trusted

    def _copies_of(self, group: Group) -> "dict[str, os.DirEntry[str]]":
        """Return what the network root has of a group, by name in normcase.

        Nothing where that is the very folder, by whatever way. Raises ``OSError``.
        """
        try:
            if os.path.samefile(self._read.folder(group), self._copies.folder(group)):
                return {}
            return {os.path.normcase(entry.name): entry for entry in self._copies.recordings(group)}
        except FileNotFoundError as error:
            if not os.path.isdir(self._copies.path):
                raise OSError(errno.ENODEV, "the network root went away", self._copies.path) from error
            return {}

    def _note_unsaved(self, folder: str, number: int) -> None:
        if number:
            self._tally.add(unsaved=number)
            self._tally.name(f"{folder}: {number} recordings have no whole copy in {self._options.network_root}, kept")

    def _note_failure(self, path: str, error: Exception) -> None:
        self._tally.add(failed=1)
        self._tally.name(f"{path}: {getattr(error, 'strerror', None) or error}")

    def _drop_emptied(self, path: str) -> None:
        """Remove a folder if nothing is in it, or only rubbish and copies that were never finished."""
        if self._options.is_dry_run or self._drop_folder(path):
            return
        folder = os.path.join(self._root, path)
        try:
            for entry in _useless(folder) or ():
                if entry.is_dir(follow_symlinks=False):
                    delete_tree(self._root, entry.path)
                else:
                    delete_file(self._root, entry.path)
        except (OSError, ValueError) as error:
            logger.warning("what keeps an emptied folder cannot be removed: %s", error)
        self._drop_folder(path)

    def _drop_folder(self, path: str) -> bool:
        """Remove a folder that was left empty, and return whether it is gone; one that is not empty stays."""
        try:
            return not self._options.is_dry_run and delete_folder_if_empty(self._root, os.path.join(self._root, path))
        except ValueError as error:
            logger.warning("%s", error)
            return False


def is_any_recorded(root: RecordingRoot, days: Iterable[Day]) -> bool:
    """Return whether any of these days has a recording, read no further than the first; an unreadable one has none."""
    for day in days:
        try:
            if root.is_recorded(day):
                return True
        except OSError as error:
            logger.warning("cannot look into %s of %s: %s", day.day, day.uid, error)
    return False


def _written_at(entry: "os.DirEntry[str]") -> float:
    return entry.stat(follow_symlinks=False).st_mtime


def _is_saved(entry: "os.DirEntry[str]", copy: "os.DirEntry[str] | None") -> bool:
    return copy is not None and file_size(copy) >= file_size(entry)


def _names(root: RecordingRoot, group: Group) -> list[str]:
    try:
        return [os.path.normcase(entry.name) for entry in root.recordings(group)]
    except FileNotFoundError:
        return []


def _useless(folder: str) -> "list[os.DirEntry[str]] | None":
    """Return what alone keeps a folder, all of no use to anybody; ``None`` where something else is in it.

    Unfinished copies and downloads, by whatever PC, count once nobody can be at work on them any more.
    """
    dead_before = time.time() - _DEAD_SECONDS
    with os.scandir(folder) as entries:
        found = list(entries)
    for entry in found:
        if is_linked(entry) or not is_rubbish(entry.name):
            return None
        if is_unfinished(entry.name):
            status = entry.stat(follow_symlinks=False)
            # A finished one has its source's time, until it is renamed.
            if max(status.st_mtime, status.st_ctime) >= dead_before:
                return None
    return found
