"""Copy what a destination lacks: many files at a time, oldest first, each whole or not at all.

A far drive answers each question after 20-200 ms, so the number of questions counts and many are asked side by
side: one listing a folder, then what each file needs.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence

from scheduler_runner.system.filesystem import SourceChanged, copy_file, file_size, is_shared_with_nobody
from scheduler_runner.system.folders import is_same_folder
from scheduler_runner.tasks.cameras.copy_limits import (
    NEAR_WORKERS,
    Ending,
    Pulse,
    Throttle,
    TimeIsOver,
    suitable_workers,
)
from scheduler_runner.tasks.cameras.copy_notes import CopyNotes, GroupState
from scheduler_runner.tasks.cameras.copy_places import Places
from scheduler_runner.tasks.cameras.copy_queue import CopyFolder, CopyJobs, CopyOne, OpenGroup, Source, Sources
from scheduler_runner.tasks.cameras.copy_values import AWAY, FULL, UNTIL, CopyCount, CopyOptions
from scheduler_runner.tasks.cameras.destination import Destination
from scheduler_runner.tasks.cameras.layouts import Group, Layout
from scheduler_runner.tasks.cameras.recording_root import RecordingRoot
from scheduler_runner.tasks.cameras.same_recording import Note
from scheduler_runner.tasks.common.tally import Tally

_QUICK_SECONDS = 0.2
_HELD_AND_NEW_SECONDS = 86400.0
"""A recorder may hold what it writes for itself alone: no failure unless it does so for longer."""


class CopyRun:
    """One run from some roots to one destination, under the destination's lock.

    ``count`` may be read at any time, for progress, and ``pulse`` tells that it goes on. Each recording is noted before
    its copy is there, and what became of it afterwards. ``before_copying`` is called before each copy.
    """

    def __init__(
        self,
        roots: Iterable[str],
        destination: str,
        options: CopyOptions,
        notes: CopyNotes,
        before_copying: Callable[[], None] = lambda: None,
    ) -> None:
        self.count = CopyCount(recorded=dict.fromkeys(options.counted_days, 0))
        self.pulse = Pulse()
        self._tally = Tally(self.count)
        self._options = options
        self._notes = notes
        self._before_copying = before_copying
        self._ending = Ending(options.until, options.counting_seconds)
        self._destination = Destination(destination, options, self._ending, self.pulse)
        stop_at = float("inf") if options.until is None else options.until + options.last_files_seconds
        self._throttle = Throttle(options.bytes_per_second, stop_at)
        self._places = Places(self._destination, self.pulse, is_verified=options.is_verified)
        self._sources = Sources(roots, self._note_failure)
        self._jobs = CopyJobs(self._sources.groups(options.oldest_day), self._ending)
        self._own_folders: dict[tuple[Layout, str], bool] = {}

    def run(self) -> CopyCount:
        """Copy to the end, or until something ends it; return what happened."""
        number = self._options.workers or suitable_workers(self._destination.path)
        self._jobs.listers = number if number > NEAR_WORKERS else 1  # near, they would be in each other's way
        workers = [threading.Thread(target=self._work, daemon=True) for _ in range(number)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.count.ended_by = self._ending.reason
        if not self._jobs.is_done():
            self.count.is_left_complete = False
        elif not self._options.oldest_day and not self.count.failed:
            self._notes.forget_the_rest(self._sources.keys)
        self._notes.write()
        self.count.passed_over = self._sources.passed_over()
        return self.count

    def _work(self) -> None:
        own: CopyFolder | None = None
        while True:
            try:
                job = self._jobs.take(own)
                self.pulse.beat()
                if job is None:
                    return
                own = self._open(job) if isinstance(job, OpenGroup) else self._handle(job)
            except Exception as error:  # noqa: BLE001 - counted: a worker's silent end would look like success
                own = None
                self._note_failure("copying", error)

    def _open(self, job: OpenGroup) -> CopyFolder | None:
        folder = None
        try:
            folder = self._folder(job.group, job.roots)
        except OSError as error:
            self._note_failure(os.path.join(self._destination.path, job.group.folder), error)
            if self._ending.reason:
                self.count.is_left_complete = False  # how many there were in it is not known
        finally:
            self._jobs.opened(folder)
        return folder

    def _folder(self, group: Group, roots: Sequence[RecordingRoot]) -> CopyFolder | None:
        found = self._sources.recordings(group, roots)
        if not found:
            return None
        target = os.path.join(self._destination.path, group.folder)
        present = self._destination.files(target, is_flat=group.is_flat)
        local = sum(len(entries) for _, entries in found)
        if present and self._is_own_folder(group, target, roots):
            self._tally.add(failed=local)
            self._tally.name(f"{target}: это и есть папка с записями, копий в ней нет")
            return None
        noted = self._notes.of(group)
        folder = CopyFolder(group, target, present, noted.notes)
        # Sizes mostly come with the listing, or the system still has them from it. Where they do not, the rest is left
        # to many workers, who can ask side by side.
        until = time.perf_counter() + (0 if self._options.is_verified else _QUICK_SECONDS)
        unsettled = self._places.unsettled(folder, found, until)
        for same_name in unsettled:
            (folder.large if self._is_large(same_name[0]) else folder.files).append(same_name)
        self._tally.add(present=local - sum(map(len, unsettled)))
        if group.day in self.count.recorded:
            self._tally.add_to("recorded", group.day, local)
        self._note_changes(folder, found, noted, local)
        return folder

    def _is_own_folder(self, group: Group, target: str, roots: Sequence[RecordingRoot]) -> bool:
        """Return whether a link leads a camera's copies to its own recordings; asked once a camera, as it is far."""
        camera = (group.layout, group.uid)  # of two layouts it has a folder each
        if camera not in self._own_folders:
            self._own_folders[camera] = any(is_same_folder(target, root.folder(group)) for root in roots)
        return self._own_folders[camera]

    def _note_changes(
        self, folder: CopyFolder, found: "Sequence[tuple[str, list[os.DirEntry[str]]]]", noted: GroupState, local: int
    ) -> None:
        """Note what has changed in a group since the last run: numbers on either side, recordings that are gone."""
        gone = {}
        for root, entries in found if noted.notes else ():
            names = {os.path.normcase(entry.name) for entry in entries}
            if noted.notes.get(root, {}).keys() - names:
                gone[root] = dict.fromkeys(noted.notes[root].keys() - names)
        is_all = len(folder.present) == local and not folder.files and not folder.large
        network = local if is_all else sum(map(folder.group.has_name, folder.present))
        if gone or (local, network) != (noted.local, noted.network):
            self._notes.change(folder.group, gone, local=local, network=network)

    def _handle(self, job: CopyOne) -> CopyFolder:
        """Find a place for the recordings of one name, one after the other: what has its own name comes first."""
        settled: list[tuple[Source, str]] = []
        try:
            for source in sorted(job.sources, key=lambda source: _rank(job.folder, source)):
                place = self._settle(job.folder, source, settled)
                if place:
                    settled.append((source, place))
        finally:
            if job.is_large:
                self._jobs.large_done()
        return job.folder

    def _settle(self, folder: CopyFolder, source: Source, settled: "Sequence[tuple[Source, str]]") -> str:
        """Copy a recording unless the destination has it; return the name of its copy, ``""`` where it has none."""
        size = 0
        try:
            size = file_size(source.entry)
            place = self._places.find(folder, source, settled)
            if place.is_there:
                self._tally.add(present=1)
                if place.is_read:
                    self._note(folder, source, place.name, source.entry.stat(follow_symlinks=False))
            else:
                self._ending.require_time()
                self._before_copying()
                self._copy(folder, source, place.name)
            return place.name
        except TimeIsOver:
            self._ending.begin_counting(UNTIL)
            self._tally.add(left=1, left_bytes=size)
        except SourceChanged:
            self._tally.add(waiting=1)
        except OSError as error:
            if self._is_cleaned(folder, source, size):
                self._tally.add(present=1)
            elif _is_held_by_recorder(source, error):
                self._tally.add(waiting=1)
            else:
                self._note_failure(source.entry.path, error, size)
        return ""

    def _copy(self, folder: CopyFolder, source: Source, name: str) -> None:
        def copy() -> os.stat_result:
            return copy_file(
                source.entry.path,
                os.path.join(folder.target, name),
                throttle=self._pass,
                is_verified=self._options.is_verified,
                least_age_seconds=self._options.young_seconds,
                before_rename=lambda: self._notes.note_fresh(folder.group.day, _written_at(source)),
            )

        def copy_into_folder() -> os.stat_result:
            try:
                return copy()
            except FileNotFoundError:
                if not os.path.exists(source.entry.path) or not os.path.isdir(self._destination.path):
                    raise
                os.makedirs(folder.target, exist_ok=True)  # an emptied folder may have been cleaned away meanwhile
                return copy()

        status = self._destination.patiently(copy_into_folder)
        is_beside = name != source.entry.name
        self._tally.add(copied=1, copied_bytes=status.st_size, beside=is_beside)
        if is_beside:
            self._tally.name(f"{source.entry.path}: another recording has its name, copied beside it as {name}")
        self._note(folder, source, name, status, is_new=folder.copy(name) is None)

    def _note(
        self, folder: CopyFolder, source: Source, name: str, status: os.stat_result, *, is_new: bool = False
    ) -> None:
        """Note a recording as it is saved now: no more than a comfort for later runs."""
        beside = name if name != source.entry.name else ""
        note = Note(status.st_size, int(status.st_mtime), int(time.time()), beside)
        self._notes.change(folder.group, {source.root: {source.name: note}}, more_network=int(is_new))

    def _pass(self, size: int) -> None:
        self.pulse.beat()
        self._throttle(size)

    def _is_cleaned(self, folder: CopyFolder, source: Source, size: int) -> bool:
        """Return whether the clean-up took a recording meanwhile: it has its copy, and its root is still there."""
        note = folder.note_of(source)
        copy = folder.copy((note.beside if note is not None else "") or source.name)
        if copy is None or os.path.exists(source.entry.path) or not self._sources.is_root_there(source.entry.path):
            return False
        return file_size(copy) >= size

    def _is_large(self, source: Source) -> bool:
        try:
            return file_size(source.entry) >= self._options.large_bytes
        except OSError:
            return False  # looked at more closely later

    def _note_failure(self, path: str, error: Exception, size: int = 0) -> None:
        if self._ending.reason in (FULL, AWAY):
            self._tally.add(left=1, left_bytes=size)
            return
        self._tally.add(failed=1)
        self._tally.name(f"{path}: {getattr(error, 'strerror', None) or error}")


def _rank(folder: CopyFolder, source: Source) -> tuple[bool, int]:
    """Return the place in a row of recordings of one name: what was copied to that name, then the longest."""
    note = folder.note_of(source)
    has_name = note is not None and note.copied > 0 and not note.beside
    try:
        return not has_name, -file_size(source.entry)
    except OSError:
        return True, 0


def _is_held_by_recorder(source: Source, error: OSError) -> bool:
    """Return whether a recorder writes a recording and shares it with nobody: it is new, and waits for its end."""
    if not isinstance(error, PermissionError) or time.time() - _written_at(source) >= _HELD_AND_NEW_SECONDS:
        return False
    return is_shared_with_nobody(source.entry.path)


def _written_at(source: Source) -> float:
    return source.entry.stat(follow_symlinks=False).st_mtime
