"""On which dates recordings were made and written: the newest of a camera, and whether a date has any."""

import itertools
import logging
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from scheduler_runner.tasks.cameras.layouts import camera_key
from scheduler_runner.tasks.cameras.may_delete import KEPT_NEWEST
from scheduler_runner.tasks.cameras.recording_root import Day, RecordingRoot

_QUARTER_SECONDS = 900
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

logger = logging.getLogger(__name__)


class NewestDates:
    """Looks up a root's newest dates camera by camera, no more of them than it takes; safe for threads.

    ``days`` are those by date, ``ahead`` those that are yet to come.
    """

    def __init__(
        self,
        read: RecordingRoot,
        days: Mapping[str, Sequence[Day]],
        ahead: Collection[Day],
        zone: "tzinfo | None",
    ) -> None:
        self._read = read
        self._days = days
        self._ahead = ahead
        self._zone = zone
        self._samples: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self._guard = threading.Lock()

    def of(self, camera: tuple[str, str]) -> list[tuple[str, str]]:
        """Return date and date of writing of one recording each of a camera's newest dates, as many as it takes.

        Looked up when it is first asked for, before anything of the camera is deleted: a dry run answers alike.
        """
        with self._guard:
            if camera not in self._samples:
                samples = self._samples[camera] = []
                for sample in self._newest_first(camera):
                    samples.append(sample)
                    if len({written for _, written in samples}) > KEPT_NEWEST:
                        break
            return self._samples[camera]

    def _newest_first(self, camera: tuple[str, str]) -> Iterator[tuple[str, str]]:
        of_camera = [
            day
            for day in (*itertools.chain.from_iterable(self._days.values()), *self._ahead)
            if camera_key(day.kind, day.uid) == camera
        ]
        for day in sorted(of_camera, reverse=True):
            try:
                entry = self._read.first_recording(day)
                if entry is not None:
                    yield day.day, date_written(entry.stat(follow_symlinks=False).st_mtime, self._zone)
            except OSError as error:
                logger.warning("cannot look into %s of %s: %s", day.day, day.uid, error)


def is_any_recorded(root: RecordingRoot, days: Iterable[Day]) -> bool:
    """Return whether any of these days has a recording, read no further than the first; an unreadable one has none."""
    for day in days:
        try:
            if root.first_recording(day) is not None:
                return True
        except OSError as error:
            logger.warning("cannot look into %s of %s: %s", day.day, day.uid, error)
    return False


def date_written(written_at: float, zone: "tzinfo | None") -> str:
    """Return the date (``YYYYMMDD``), by a zone, of a time of writing; ``None``: the PC's own."""
    return _date_of_quarter(int(written_at // _QUARTER_SECONDS), zone)


@lru_cache(maxsize=16384)
def _date_of_quarter(quarter: int, zone: "tzinfo | None") -> str:
    """Return the date of a quarter of an hour since 1970: no zone changes within one. Far beyond dates: one as well."""
    try:
        moment = (_EPOCH + timedelta(seconds=quarter * _QUARTER_SECONDS)).astimezone(zone)
    except (OverflowError, OSError, ValueError):
        return "00000000" if quarter < 0 else "99999999"
    return f"{moment.year:04d}{moment.month:02d}{moment.day:02d}"
