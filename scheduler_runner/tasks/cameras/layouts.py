"""Where each kind of camera puts its recordings, below a recording root: one class each, and nothing else knows it.

| class | kind | folder of a group | files |
| --- | --- | --- | --- |
| Uniview | unv | ``unv_camera/<uid>/YYYYMMDD/HH/`` | ``HH-MM-SS.jpg`` |
| XiaomiHours | xiaomi | ``xiaomi_camera_videos/<MAC>/YYYYMMDDHH/`` | ``MMMSSS_<unix time>.mp4`` |
| XiaomiFlat | xiaomi | ``xiaomi_camera_videos/<MAC>/`` | ``00_<start>_<end>.mp4`` |
| XiaomiShare | xiaomi | ``XiaomiCamera_00_<MAC>/`` | ``00_<start>_<end>.mp4`` |
| XiaomiLenses | xiaomi | ``XiaomiCamera_01_<MAC>/0/`` | ``00_<start>_<end>.mp4`` |

Pure: what is read from the disk is in :mod:`.recording_root`.
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

_RECORDINGS = (".jpg", ".jpeg", ".mp4", ".ts")
_RUBBISH = {"thumbs.db", "ehthumbs.db", "desktop.ini", ".ds_store", "@eadir"}
_UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".download")
_SYSTEM = {"system volume information", "$recycle.bin", "lost+found", "#recycle", "@recycle", "_report"}
_HOUR = r"(?P<hour>[01][0-9]|2[0-3])"
_DAY = r"(?P<day>[0-9]{8})"
_MINUTE_SECOND = r"(?P<minute>[0-5][0-9]){}(?P<second>[0-5][0-9])"


def _names(*patterns: str) -> "tuple[re.Pattern[str], ...]":
    """Compile patterns of names; on Windows small and large letters are the same, so they are here."""
    return tuple(re.compile(pattern, re.ASCII | re.IGNORECASE) for pattern in patterns)


class Layout:
    """How one kind of camera lays out its recordings. A further kind: a subclass, and a place in ``LAYOUTS``.

    The named parts of the patterns, ``uid``, ``day`` (``YYYYMMDD``), ``hour``, ``minute``, ``second``, say what a name
    tells; what no folder tells is told by the recording's name. A folder without a day in its path is flat: it has all
    recordings of a camera, and is split by their names.
    """

    kind: str
    """As the INI names it; several layouts may be of one kind."""
    levels: "tuple[re.Pattern[str], ...]"
    """The whole name of each folder on the way, from the root down to the recordings."""
    name: "re.Pattern[str]"
    """How the name of a recording begins; one that begins otherwise counts for the beginning of its group."""
    suffixes: tuple[str, ...] = _RECORDINGS
    is_late: bool = False
    """Whether points were at work before it was understood, so that months of recordings may wait there."""

    def path(self, uid: str, moment: datetime) -> str:
        """Return where a camera puts a recording that begins at ``moment``, relative to its root."""
        raise NotImplementedError

    @cached_property
    def is_flat(self) -> bool:
        """Whether one folder has all recordings of a camera, so that their day is known by their names alone."""
        return not any("day" in level.groupindex for level in self.levels)

    def step(self, known: Mapping[str, str], depth: int, name: str) -> "dict[str, str] | None":
        """Return what is known in a folder of this name, ``depth`` folders below the root; ``None``: none of ours."""
        match = self.levels[depth].fullmatch(name) if depth < len(self.levels) else None
        if match is None or not _is_date(match.groupdict().get("day", "20000101")):
            return None
        return {**known, **match.groupdict()}

    def is_recording_name(self, name: str) -> bool:
        """Return whether a file of this name, in a folder of recordings, is one.

        >>> Uniview().is_recording_name("14-05-59.jpg"), Uniview().is_recording_name(".14-05-59.jpg.pc.7.partial")
        (True, False)
        """
        return name[0] not in ".~" and name.lower().endswith(self.suffixes)

    def hour_of(self, name: str) -> "tuple[str, str] | None":
        """Return day and hour of a recording in a flat folder; ``None``: none of ours."""
        match = self.name.match(name) if self.is_recording_name(name) else None
        return (match["day"], match["hour"]) if match is not None and _is_date(match["day"]) else None

    def may_hold(self, uid: str, folders: Iterable[str]) -> bool:
        """Return whether a camera's recordings may lie in or below a folder, given by the names on the way to it."""
        for level, name in zip(self.levels, folders):
            match = level.fullmatch(name)
            if match is None or match.groupdict().get("uid", uid).lower() != uid.lower():
                return False
        return True


@dataclass(frozen=True, slots=True, order=True)
class Group:
    """The recordings of one camera, folder and hour: what is copied, watched and deleted together. Sorts by age."""

    day: str
    """``YYYYMMDD``: of the recordings, whatever the clock says."""
    hour: str
    """``HH``; ``""`` where a folder has those of a whole day."""
    kind: str
    uid: str
    folder: str
    """Relative to the root; a flat one has the recordings of other groups as well."""
    layout: Layout = field(compare=False)

    @property
    def is_flat(self) -> bool:
        """Whether its folder has other groups, too."""
        return self.layout.is_flat

    @property
    def began_at(self) -> datetime:
        """The group's first moment, naive local time; of path or names and not of the clock."""
        return datetime(int(self.day[:4]), int(self.day[4:6]), int(self.day[6:]), int(self.hour or 0))

    def has_name(self, name: str) -> bool:
        """Return whether a file of this name in the group's folder is one of its recordings."""
        if self.is_flat:
            return self.layout.hour_of(name) == (self.day, self.hour)
        return self.layout.is_recording_name(name)

    def recorded_at(self, name: str) -> datetime:
        """Return when a recording of this group began, by its name; where that does not tell, the group's beginning.

        >>> Group("20261123", "14", "xiaomi", "", "", XiaomiHours()).recorded_at("04M22S_1751868262.mp4").isoformat()
        '2026-11-23T14:04:22'
        """
        match = self.layout.name.match(name)
        if match is None:
            return self.began_at
        told = {"hour": self.hour or "0", "minute": "0", "second": "0", **match.groupdict()}
        return self.began_at.replace(hour=int(told["hour"]), minute=int(told["minute"]), second=int(told["second"]))


class Uniview(Layout):
    """Uniview: a folder a day, in it one an hour."""

    kind = "unv"
    levels = _names("unv_camera", "(?P<uid>.+)", _DAY, _HOUR)
    (name,) = _names("[0-2][0-9]-" + _MINUTE_SECOND.format("-"))

    def path(self, uid: str, moment: datetime) -> str:
        """See :class:`Layout`."""
        return os.path.join("unv_camera", uid, f"{moment:%Y%m%d}", f"{moment:%H}", f"{moment:%H-%M-%S}.jpg")


class XiaomiHours(Layout):
    """The older cameras of Xiaomi: a folder an hour, a file a minute."""

    kind = "xiaomi"
    levels = _names("xiaomi_camera_videos", "(?P<uid>.+)", _DAY + _HOUR)
    (name,) = _names(_MINUTE_SECOND.format("M") + "S_")

    def path(self, uid: str, moment: datetime) -> str:
        """See :class:`Layout`."""
        name = f"{moment:%MM%SS}_{int(moment.timestamp())}.mp4"
        return os.path.join("xiaomi_camera_videos", uid, f"{moment:%Y%m%d%H}", name)


class XiaomiFlat(Layout):
    """Newer cameras of Xiaomi (Smart Camera 3 and others): all in the camera's folder, 5 to 60 minutes a file."""

    kind = "xiaomi"
    is_late = True
    levels = _names("xiaomi_camera_videos", "(?P<uid>.+)")
    (name,) = _names("[0-9]{2}_" + _DAY + _HOUR + _MINUTE_SECOND.format("") + "_[0-9]{14}")

    def path(self, uid: str, moment: datetime) -> str:
        """See :class:`Layout`."""
        end = moment + timedelta(minutes=10)
        return os.path.join("xiaomi_camera_videos", uid, f"00_{moment:%Y%m%d%H%M%S}_{end:%Y%m%d%H%M%S}.mp4")


class XiaomiShare(XiaomiFlat):
    """The same at the root of the share."""

    levels = _names("XiaomiCamera_[0-9]{2}_(?P<uid>[0-9A-F]{12})")

    def path(self, uid: str, moment: datetime) -> str:
        """See :class:`Layout`."""
        return os.path.join(f"XiaomiCamera_00_{uid}", os.path.basename(super().path(uid, moment)))


class XiaomiLenses(XiaomiFlat):
    """A camera with several lenses: a folder each."""

    levels = (*XiaomiShare.levels, *_names("[0-9]"))

    def path(self, uid: str, moment: datetime) -> str:
        """See :class:`Layout`."""
        return os.path.join(f"XiaomiCamera_01_{uid}", "0", os.path.basename(super().path(uid, moment)))


LAYOUTS: tuple[Layout, ...] = (Uniview(), XiaomiHours(), XiaomiFlat(), XiaomiShare(), XiaomiLenses())
"""All that are understood; the first of a kind is the one that samples are laid out in."""


def kinds() -> list[str]:
    """Return the kinds of cameras, as the INI names them."""
    return list(dict.fromkeys(layout.kind for layout in LAYOUTS))


def layout_of(kind: str) -> Layout:
    """Return the first layout of a kind."""
    return next(layout for layout in LAYOUTS if layout.kind == kind)


def may_hold(kind: str, uid: str, folder: str) -> bool:
    """Return whether recordings of a camera may lie in or below a folder, relative to its root (``"."``: the root)."""
    names = [] if folder == os.curdir else folder.split(os.sep)
    return any(layout.kind == kind and layout.may_hold(uid, names) for layout in LAYOUTS)


def is_rubbish(name: str) -> bool:
    """Return whether a name is known as of no use to anybody: it keeps no emptied folder.

    >>> is_rubbish("Thumbs.db"), is_rubbish("._14-05-59.jpg"), is_rubbish("x.mp4.tmp"), is_rubbish("x.avi")
    (True, True, True, False)
    """
    small = name.lower()
    return small in _RUBBISH or small.startswith("._") or is_unfinished(name)


def is_unfinished(name: str) -> bool:
    """Return whether a name is that of a copy or download that somebody may still be at work on."""
    return name.lower().endswith(_UNFINISHED)


def is_passed_over(name: str) -> bool:
    """Return whether nothing need be told of a name that no layout understands: rubbish, ours, the system's.

    What is ours begins with a dot: list of owners, probes, unfinished copies; beside it the folder of reports.
    """
    return name[0] in ".~" or is_rubbish(name) or name.lower() in _SYSTEM


def camera_key(kind: str, uid: str) -> tuple[str, str]:
    """Return by what a camera is known: letters small or large are the same, as in the names of Windows."""
    return kind, uid.lower()


def _is_date(day: str) -> bool:
    try:
        date(int(day[:4]), int(day[4:6]), int(day[6:]))
    except ValueError:
        return False
    return True
