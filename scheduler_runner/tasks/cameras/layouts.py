"""Where the cameras put their recordings, below a recording root.

| kind | folder of an hour |
| --- | --- |
| unv | ``unv_camera/<uid>/YYYYMMDD/HH/`` |
| xiaomi | ``xiaomi_camera_videos/<uid>/YYYYMMDDHH/`` |

Whatever looks otherwise is none of ours: it is neither copied nor deleted.
"""

import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from scheduler_runner.system.filesystem import list_folder

Note = Callable[[str, OSError], None]
"""Takes a folder that cannot be read, so that it costs nothing but itself."""

SUFFIXES = (".jpg", ".jpeg", ".mp4", ".ts")
FOLDERS = {"unv": "unv_camera", "xiaomi": "xiaomi_camera_videos"}
_HOUR = re.compile(r"[01][0-9]|2[0-3]", re.ASCII)
_DAY = re.compile(r"[0-9]{8}", re.ASCII)
_UNV_NAME = re.compile(r"([01][0-9]|2[0-3])-([0-5][0-9])-([0-5][0-9])", re.ASCII)
_XIAOMI_NAME = re.compile(r"([0-5][0-9])M([0-5][0-9])S_", re.ASCII)
_DAY_AND_HOUR = re.compile(r"([0-9]{8})([01][0-9]|2[0-3])", re.ASCII)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, order=True)
class HourFolder:
    """The folder in which one camera puts one hour's recordings; sorts by age."""

    day: str
    """``YYYYMMDD``."""
    hour: str
    kind: str
    uid: str

    @property
    def path(self) -> str:
        """The folder, relative to its root."""
        if self.kind == "unv":
            return os.path.join(FOLDERS["unv"], self.uid, self.day, self.hour)
        return os.path.join(FOLDERS["xiaomi"], self.uid, self.day + self.hour)

    @property
    def began_at(self) -> datetime:
        """The hour's first moment, naive local time; of the path and not of the clock."""
        return datetime.strptime(self.day + self.hour, "%Y%m%d%H")

    def recorded_at(self, name: str) -> datetime:
        """Return when a recording in this folder began, by its name; where that does not tell, the hour's beginning.

        >>> HourFolder("20261123", "14", "xiaomi", "78DF72A1B2C3").recorded_at("04M22S_1751868262.mp4").isoformat()
        '2026-11-23T14:04:22'
        """
        if self.kind == "unv":
            match = _UNV_NAME.match(name)
            return self.began_at.replace(minute=int(match[2]), second=int(match[3])) if match else self.began_at
        match = _XIAOMI_NAME.match(name)
        return self.began_at.replace(minute=int(match[1]), second=int(match[2])) if match else self.began_at


@dataclass(frozen=True, slots=True, order=True)
class DayOfCamera:
    """One camera's folders of one day; of a Uniview camera the hours are looked up when they are asked for."""

    day: str
    kind: str
    uid: str
    hours: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The folder of a Uniview camera's day, relative to its root; a Xiaomi camera has none."""
        return os.path.join(FOLDERS["unv"], self.uid, self.day)

    def hour_folders(self, root: str, note: "Note | None" = None) -> list[HourFolder]:
        """Return the day's hours, oldest first. Raises ``OSError`` where no ``note`` takes it."""
        hours = self.hours
        if self.kind == "unv":
            names = _folder_names(root, self.path, note)
            hours = tuple(name for name in names if _HOUR.fullmatch(name))
        return [HourFolder(self.day, hour, self.kind, self.uid) for hour in sorted(hours)]


def is_recording(entry: "os.DirEntry[str]") -> bool:
    """Return whether an entry of an hour's folder is a recording: a plain file with the name of one."""
    return is_recording_name(entry.name) and entry.is_file(follow_symlinks=False)


def is_recording_name(name: str) -> bool:
    """Return whether a file of this name, in the folder of an hour, is a recording.

    >>> is_recording_name("04M22S_1751868262.mp4"), is_recording_name(".a.jpg.pc.7.partial"), is_recording_name("x.db")
    (True, False, False)
    """
    return name[0] != "." and name.lower().endswith(SUFFIXES)


def recordings_in(folder: str) -> "list[os.DirEntry[str]]":
    """Return the recordings in the folder of an hour, in no order. Raises ``OSError``."""
    with os.scandir(folder) as entries:
        return [entry for entry in entries if is_recording(entry)]


def has_recording(folder: str) -> bool:
    """Return whether there is a recording in the folder of an hour; reads no further than the first."""
    with os.scandir(folder) as entries:
        return any(is_recording(entry) for entry in entries)


def days_of_cameras(root: str, note: "Note | None" = None) -> list[DayOfCamera]:
    """Return every day of every camera below a root, oldest first.

    Raises ``OSError`` where the root cannot be read, and where a folder cannot and no ``note`` takes that.
    """
    require_readable(root)
    found = [*_unv_days(root, note), *_xiaomi_days(root, note)]
    return sorted(found)


def days_by_date(root: str, note: "Note | None" = None) -> dict[str, list[DayOfCamera]]:
    """Return all cameras' days by date, oldest first; errors as with :func:`days_of_cameras`."""
    found: dict[str, list[DayOfCamera]] = {}
    for day in days_of_cameras(root, note):
        found.setdefault(day.day, []).append(day)
    return found


def camera_key(kind: str, uid: str) -> tuple[str, str]:
    """Return by what a camera is known: letters small or large are the same, as in the names of Windows."""
    return kind, uid.lower()


def days_by_camera(roots: Iterable[str], note: Note) -> dict[tuple[str, str], list[tuple[DayOfCamera, str]]]:
    """Return each camera's days with their roots, by :func:`camera_key`.

    ``note`` takes what cannot be read, a whole root too.
    """
    found: dict[tuple[str, str], list[tuple[DayOfCamera, str]]] = {}
    for root in roots:
        try:
            for day in days_of_cameras(root, note):
                found.setdefault(camera_key(day.kind, day.uid), []).append((day, root))
        except OSError as error:
            note(root, error)
    return found


def is_only_missing(error: OSError, root: str) -> bool:
    """Return whether an error says that something below a root is not there, and not that the root went away."""
    return isinstance(error, FileNotFoundError) and os.path.isdir(root)


def is_any_recorded(root: str, days: Iterable[DayOfCamera]) -> bool:
    """Return whether any of these days has a recording, read no further than the first; an unreadable one has none."""
    for day in days:
        try:
            if any(has_recording(os.path.join(root, hour.path)) for hour in day.hour_folders(root)):
                return True
        except OSError as error:
            logger.warning("cannot look into %s of %s: %s", day.day, day.uid, error)
    return False


def hour_folders(root: str, note: "Note | None" = None) -> Iterator[HourFolder]:
    """Yield every hour below a root, oldest first; errors as with :func:`days_of_cameras`."""
    for _, same_day in groupby(days_of_cameras(root, note), key=lambda day: day.day):
        yield from sorted(hour for day in same_day for hour in day.hour_folders(root, note))


def require_readable(root: str) -> None:
    """Raise ``OSError`` where a root cannot be read, or is gone."""
    with os.scandir(root):
        pass


def _unv_days(root: str, note: "Note | None") -> Iterator[DayOfCamera]:
    for uid in _folder_names(root, FOLDERS["unv"], note):
        for name in _folder_names(root, os.path.join(FOLDERS["unv"], uid), note):
            if _DAY.fullmatch(name) and _is_date(name):
                yield DayOfCamera(name, "unv", uid)


def _xiaomi_days(root: str, note: "Note | None") -> Iterator[DayOfCamera]:
    for uid in _folder_names(root, FOLDERS["xiaomi"], note):
        hours: dict[str, list[str]] = {}
        for name in _folder_names(root, os.path.join(FOLDERS["xiaomi"], uid), note):
            match = _DAY_AND_HOUR.fullmatch(name)
            if match and _is_date(match[1]):
                hours.setdefault(match[1], []).append(match[2])
        for day, names in hours.items():
            yield DayOfCamera(day, "xiaomi", uid, tuple(sorted(names)))


def _folder_names(root: str, folder: str, note: "Note | None") -> list[str]:
    """Return the folders below a folder of a root: none where that is missing, but not where the root went away."""
    path = os.path.join(root, folder)
    try:
        return [entry.name for entry in list_folder(path) if entry.is_dir(follow_symlinks=False)]
    except OSError as error:
        if is_only_missing(error, root):
            return []
        if note is None:
            raise
        note(root if isinstance(error, FileNotFoundError) else path, error)
        return []


def _is_date(day: str) -> bool:
    try:
        date(int(day[:4]), int(day[4:6]), int(day[6:]))
    except ValueError:
        return False
    return True
