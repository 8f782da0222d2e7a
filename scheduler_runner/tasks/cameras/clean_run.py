"""Delete recordings that are old enough and saved; why one stays is told by :mod:`.may_delete` alone.

Deleted is only what looks like a recording, inside its root, never through a link. A camera's date goes as a whole:
first all its groups are looked at, and what is there of copies, then the first recording is deleted.
"""

import itertools
import logging
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import groupby

from scheduler_runner.system.filesystem import delete_files, file_size, free_bytes, is_drive_root
from scheduler_runner.tasks.cameras.clean_dates import NewestDates, date_written, is_any_recorded
from scheduler_runner.tasks.cameras.clean_folders import drop_dead_partials, drop_emptied
from scheduler_runner.tasks.cameras.clean_other_side import Copies, Originals
from scheduler_runner.tasks.cameras.clean_told import FirstTold
from scheduler_runner.tasks.cameras.clean_values import CleanCount, CleanOptions
from scheduler_runner.tasks.cameras.layouts import Group, camera_key
from scheduler_runner.tasks.cameras.may_delete import (
    NOTHING_GOES,
    Copy,
    Notes,
    Reason,
    Recording,
    Today,
    day_after,
    expendable_dates,
    is_ahead,
    is_newest,
    kept_from,
    reason_to_keep,
)
from scheduler_runner.tasks.cameras.recording_root import Day, RecordingRoot, days_by_date, require_readable
from scheduler_runner.tasks.common.tally import Tally

_NAMED = {
    Reason.UNSAVED: "have no whole copy",
    Reason.DIFFERENT: "have the name of another recording's copy, or of a broken one",
    Reason.MISDATED: "were written long after the date that they bear",
}
_SOON = (Reason.FRESH, Reason.UNTOLD)
"""What stays for them goes within a day."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Found:
    """What of a group may go, by name with its size, and the dates that it counts for."""

    group: Group
    sizes: dict[str, int]
    dates: frozenset[str]
    is_doubted: bool
    """One of the copies is not what was noted of it."""


class CleanRun:
    """One sweep over one root. ``count`` may be read at any time, for progress."""

    def __init__(self, root: str, options: CleanOptions) -> None:
        self.count = CleanCount()
        self._tally = Tally(self.count)
        self._root = root
        self._options = options
        self._read = RecordingRoot(root, self._note_failure)
        self._other_side = self._choose_other_side()
        self._days: dict[str, list[Day]] = {}
        self._ahead: dict[Day, set[str]] = {}
        self._newest = NewestDates(self._read, self._days, self._ahead, options.zone)
        self._first_told = FirstTold(root, options.notes)
        self._flat_folders: set[str] = set()

    def run(self) -> CleanCount:
        """Delete what may go, and return what happened.

        Raises ``OSError`` where the root cannot be read, ``ValueError`` where nothing may be deleted below it.
        """
        if is_drive_root(self._root):
            raise ValueError(f"{self._root} is a whole drive: a folder of recordings would be right")
        today = self._options.today
        for day, of_cameras in days_by_date(self._read).items():
            if is_ahead(day, today):
                self._look_ahead(of_cameras)
            else:
                self._days[day] = of_cameras
        retention = self._retention()
        with ThreadPoolExecutor(self._options.workers) as pool:
            self._each = pool.map if self._options.workers > 1 else map  # alone, a thread would only be waited for
            for day in list(self._days):
                if day < retention.kept_from:
                    self._clean_date(self._days[day], retention)
            self._clean_date(self._written_before(retention.kept_from_ahead), retention)
            if self._lacks_room():
                self._make_room(retention)
        require_readable(self._root)  # a root that went away looks like one in which nothing is left
        self._end()
        return self.count

    def _choose_other_side(self) -> "Copies | Originals":
        options = self._options
        if options.network_root is None:
            return Originals(options.originals, options.notes)
        if options.notes is None:  # else all would go as if copies were not asked for
            raise ValueError(f"the notes on the copies in {options.network_root} are missing: nothing may be deleted")
        return Copies(
            self._read, options.network_root, options.notes, self._note_failure, is_dry_run=options.is_dry_run
        )

    def _look_ahead(self, of_cameras: Iterable[Day]) -> None:
        """Take dates that are yet to come out of the count, and see when their recordings were written."""
        for day in of_cameras:
            self.count.dates_ahead[day.uid] = max(day.day, self.count.dates_ahead.get(day.uid, ""))
            try:
                groups = self._read.groups_of(day)
                entries = [entry for group in groups for entry in self._read.recordings(group)]
                self._ahead[day] = {self._date_of(entry.stat(follow_symlinks=False).st_mtime) for entry in entries}
            except OSError as error:
                self._note_failure(f"{day.day} of {day.uid}", error)

    def _retention(self) -> Today:
        days, today = self._options.days, self._options.today
        from_date = kept_from(list(self._days), self._has_recording, days, today)
        written = kept_from(self._dates_or_written(), self._has_any, days, today) if self._ahead else NOTHING_GOES
        return Today(today, from_date, written, lately_days=days)

    def _make_room(self, retention: Today) -> None:
        """Go on below the retention, an hour at a time, until there is room."""
        dates = [day for day in self._dates_or_written() if day >= retention.kept_from]
        for day in expendable_dates(dates, self._has_any, self._options.today):
            logger.warning("the disk is nearly full: going on with %s", day)
            next_day = day_after(day)
            so_far = Today(self._options.today, next_day, next_day, lately_days=1)
            self._clean_date([*self._days.get(day, ()), *self._written_before(next_day)], so_far, is_early=True)
            if not self._lacks_room():
                return
        self.count.is_short_of_room = True
        self.count.passed_over = self._read.passed_over()

    def _dates_or_written(self) -> list[str]:
        """Return all dates, those on which recordings were written that bear dates yet to come among them."""
        return sorted({*self._days, *itertools.chain.from_iterable(self._ahead.values())})

    def _written_before(self, first_kept: str) -> list[Day]:
        """Return the days yet to come that have recordings written before a date."""
        return [day for day, written in self._ahead.items() if any(date < first_kept for date in written)]

    def _has_any(self, day: str) -> bool:
        return any(day in written for written in self._ahead.values()) or self._has_recording(day)

    def _has_recording(self, day: str) -> bool:
        return is_any_recorded(self._read, self._days.get(day, ()))

    def _lacks_room(self) -> bool:
        if self._options.network_root is None:
            return False
        free = free_bytes(self._root)
        promised = self.count.deleted_bytes if self._options.is_dry_run else 0
        return free is not None and free + promised < self._options.least_free_bytes

    def _clean_date(self, of_cameras: "Iterable[Day]", today: Today, *, is_early: bool = False) -> None:
        def camera(day: Day) -> tuple[str, str]:
            return camera_key(day.kind, day.uid)

        for _, its_days in groupby(sorted(of_cameras, key=camera), key=camera):
            self._clean_camera(list(its_days), today, is_early)

    def _clean_camera(self, days: Sequence[Day], today: Today, is_early: bool) -> None:
        """Clean one camera's folders of one date, or none of them: where one copy is not what it was, who knows."""
        groups: list[Group] = []
        for day in days:
            try:
                groups += self._read.groups_of(day)
            except OSError as error:
                self._note_failure(f"{day.day} of {day.uid}", error)
        looked_at = list(self._each(lambda group: self._examine(group, today, is_early), sorted(groups)))
        found = [each for each in looked_at if each is not None]
        doubted = [each.group.folder for each in found if each.is_doubted]
        if doubted:
            self._tally.add(doubted=sum(len(each.sizes) for each in found))
            self._tally.name(f"{doubted[0]}: a copy is not what was copied, all of {days[0].uid} of that date is kept")
            return
        if is_early:
            for each in found:
                if self._lacks_room():
                    self._delete(each, is_early=True)
        else:
            list(self._each(self._delete, found))
        for day in days:
            if day.branch is not None and not self._options.is_dry_run:  # else its folder is a group's, or a camera's
                drop_emptied(self._root, day.folder)

    def _examine(self, group: Group, today: Today, is_early: bool) -> "_Found | None":
        """Return what of a group may go; ``None`` where it cannot be told."""
        kept: Counter[Reason] = Counter()
        try:
            old = self._old_enough(group, today, kept)
            judged = self._other_side.judge(group, [entry for entry, _ in old])
            is_untold = bool(old) and self._first_told.is_untold(group)
            is_sure = not judged.copies and not is_untold
            going = old if is_sure else []
            for entry, written_day in old if not is_sure else ():
                written_at = entry.stat(follow_symlinks=False).st_mtime
                recording = Recording(group.day, written_day, written_at, is_untold=is_untold)
                reason = reason_to_keep(recording, judged.copies.get(entry.name, Copy.SAME), judged.notes, today)
                if reason is None:
                    going.append((entry, written_day))
                else:
                    kept[reason] += 1
            is_proven = self._other_side.prove(group, judged, [entry for entry, _ in going])
            sizes = {entry.name: file_size(entry) for entry, _ in going}
        except (OSError, ValueError) as error:
            self._note_unreadable(group, error)
            return None
        self._count_kept(group, kept, is_early)
        is_date_ahead = is_ahead(group.day, self._options.today)
        dates = frozenset(written_day if is_date_ahead else group.day for _, written_day in going)
        return _Found(group, sizes, dates, is_doubted=not is_proven)

    def _end(self) -> None:
        """Note what the report of this run tells for the next day, and remove what others left in flat folders."""
        if self._options.is_dry_run:
            return
        self._first_told.note()
        for folder in sorted(self._flat_folders):
            drop_dead_partials(self._root, folder)

    def _old_enough(self, group: Group, today: Today, kept: "Counter[Reason]") -> "list[tuple[os.DirEntry[str], str]]":
        """Return the recordings that are old enough, whatever is known of their copies, each with its date of writing.

        Why others are not is counted.
        """
        old = []
        reasons: dict[str, Reason | None] = {}  # those written on one date are alike
        for entry in self._read.recordings(group):
            written_at = entry.stat(follow_symlinks=False).st_mtime
            written_day = self._date_of(written_at)
            if written_day not in reasons:
                reasons[written_day] = self._why_too_young(group, Recording(group.day, written_day, written_at), today)
            reason = reasons[written_day]
            if reason is None:
                old.append((entry, written_day))
            else:
                kept[reason] += 1
        return old

    def _why_too_young(self, group: Group, recording: Recording, today: Today) -> "Reason | None":
        reason = reason_to_keep(recording, Copy.SAME, Notes(), today)
        camera = camera_key(group.kind, group.uid)
        if reason is not None or camera not in self._options.cameras:
            return reason
        is_of_newest = is_newest(recording.day, recording.written_day, self._newest.of(camera))
        return reason_to_keep(replace(recording, is_newest=is_of_newest), Copy.SAME, Notes(), today)

    def _delete(self, found: _Found, is_early: bool = False) -> None:
        group, sizes = found.group, dict(found.sizes)
        folder = self._read.folder(group)
        try:
            failed = [] if self._options.is_dry_run else delete_files(self._root, folder, sizes)
        except (OSError, ValueError) as error:
            self._note_unreadable(group, error)
            return
        for name, refusal in failed:
            self._note_failure(os.path.join(folder, name), refusal)
            del sizes[name]
        self._tally.add(deleted=len(sizes), deleted_bytes=sum(sizes.values()), early=len(sizes) if is_early else 0)
        self.count.deleted_dates.update(found.dates if sizes else ())
        if not self._options.is_dry_run:
            self._other_side.forget(group, list(sizes))
            if group.is_flat:
                self._flat_folders.add(group.folder)
            else:
                drop_emptied(self._root, group.folder)

    def _count_kept(self, group: Group, kept: "Counter[Reason]", is_early: bool) -> None:
        """Count why recordings stay; early only what bars the way to more room, as the others are not old."""
        if kept[Reason.UNTOLD]:
            self._first_told.is_told_now(group)
        for reason, number in kept.items():
            if reason in _SOON or not is_early:
                self._tally.add(**{reason.value: number})
                if reason in _NAMED:
                    self._tally.name(f"{self._read.folder(group)}: {number} recordings {_NAMED[reason]}, kept")

    def _note_unreadable(self, group: Group, error: Exception) -> None:
        folder = self._read.folder(group)
        is_missing = isinstance(error, OSError) and self._read.is_only_missing(error)
        if not is_missing or os.path.isdir(folder):  # else another clean-up took it
            self._note_failure(folder, error)

    def _note_failure(self, path: str, error: Exception) -> None:
        self._tally.add(failed=1)
        self._tally.name(f"{path}: {getattr(error, 'strerror', None) or error}")

    def _date_of(self, written_at: float) -> str:
        return date_written(written_at, self._options.zone)
