"""What is there to be copied: the recordings of several roots together, as a camera may change its disk."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import merge
from itertools import groupby

from scheduler_runner.system.filesystem import file_size
from scheduler_runner.tasks.cameras.copy_jobs import OpenHour
from scheduler_runner.tasks.cameras.recordings import HourFolder, hour_folders, is_only_missing, recordings_in


class Sources:
    """Reads some roots. ``note`` takes what cannot be read: a path and why."""

    def __init__(self, roots: Iterable[str], note: Callable[[str, Exception], None]) -> None:
        self._roots = list(roots)
        self._note = note

    def hours(self, first_day: str) -> Iterator[OpenHour]:
        """Yield each hour from a day (``YYYYMMDD``) on once, oldest first, with the roots that have it."""
        all_hours = merge(*map(self._hours_below, self._roots))
        for (day, _), same_hour in groupby(all_hours, key=lambda each: (each[0].day, each[0].hour)):
            jobs: dict[str, OpenHour] = {}
            for hour, root in same_hour if day >= first_day else ():
                jobs.setdefault(os.path.normcase(hour.path), OpenHour(hour, [])).roots.append(root)
            yield from jobs.values()

    def is_root_there(self, path: str) -> bool:
        """Return whether the root of a recording is still a folder."""
        return any(path.startswith(os.path.join(root, "")) and os.path.isdir(root) for root in self._roots)

    def recordings(self, hour: HourFolder, roots: Sequence[str]) -> "dict[str, os.DirEntry[str]]":
        """Return an hour's recordings, by name in :func:`os.path.normcase`; where two roots have it, the longer one."""
        found: dict[str, os.DirEntry[str]] = {}
        for root in roots:
            try:
                for entry in recordings_in(os.path.join(root, hour.path)):
                    name = os.path.normcase(entry.name)
                    other = found.get(name)
                    if other is None or file_size(entry) > file_size(other):
                        found[name] = entry
            except OSError as error:
                if not is_only_missing(error, root):  # else the clean-up took it
                    self._note(os.path.join(root, hour.path), error)
        return found

    def _hours_below(self, root: str) -> Iterator[tuple[HourFolder, str]]:
        try:
            for hour in hour_folders(root, self._note):
                yield hour, root
        except Exception as error:  # noqa: BLE001 - told: a listing that ends silently would look like success
            self._note(root, error)
