"""What was seen of cameras, and whether something is wrong with them: pure, but for a look at a file's beginning.

Times are naive local ones.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from enum import Enum

from scheduler_runner.plans.clock import PC_ZONE
from scheduler_runner.russian import listed
from scheduler_runner.system.filesystem import plain_path
from scheduler_runner.tasks.cameras.settings import Camera

AHEAD = timedelta(hours=1)
"""What is later than this lies in the future."""


LONGEST = timedelta(hours=3)
"""So long may one video be, from the time that names it to its last byte."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which recordings are looked at. ``now`` and ``since`` are what the clocks of ``zone`` show."""

    since: datetime
    now: datetime
    zone: tzinfo = PC_ZONE
    min_files: int = 1
    least_bytes: int | None = None
    """What the newest recording must have; ``None``: none is looked into."""
    is_far: bool = False
    """A far drive, which may keep no times: asked only until enough is known."""

    @property
    def latest(self) -> datetime:
        """What is later lies in the future."""
        return self.now + AHEAD


@dataclass(frozen=True, slots=True)
class Sighting:
    """What was seen of one camera. ``newest`` is ``None`` where there is nothing of it."""

    camera: Camera
    newest: datetime | None = None
    clock: datetime | None = None
    """Where the camera's clock is wrong: what it showed for a recording of these hours."""
    recent: int = 0
    """How many recordings were made within the time that is looked at; of a far drive, so many at least."""
    flaw: str = ""
    """What is wrong with the newest finished recording, in Russian."""
    is_hidden: bool = False
    """A folder that cannot be read may hide its recordings."""
    path: str = ""
    """The newest finished recording; ``""``: none."""
    is_awaited: bool = False
    """Of the network root: all that is missing is of today, so that the next copy may bring it."""


@dataclass(slots=True)
class Seen:
    """All that was seen: the cameras that were looked for, and folders of others."""

    sightings: list[Sighting] = field(default_factory=list)
    unlisted: list[tuple[str, str]] = field(default_factory=list)
    """Kind and uid of each camera that wrote lately and that no list names."""
    lost: list[str] = field(default_factory=list)
    """Roots that are not there or cannot be read: what was recorded there cannot be told."""
    unreadable: list[str] = field(default_factory=list)
    """Folders below the others that cannot be read."""

    @property
    def newest(self) -> datetime | None:
        """The time of the newest recording of any camera."""
        return max((each.newest for each in self.sightings if each.newest is not None), default=None)


def window_start(now: datetime, hours: int, working_hours: tuple[int, int]) -> datetime:
    """Return since when something should have been recorded: so many hours back, not counting the night.

    >>> window_start(datetime(2026, 11, 23, 9, 30), 2, (9 * 60, 21 * 60)).isoformat(" ")
    '2026-11-22 19:30:00'
    """
    start = now - timedelta(hours=hours)
    opening, closing = (start.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(minutes=minute)
                        for minute in working_hours)  # fmt: skip
    if opening <= start < closing:
        return start
    if start < opening:
        opening, closing, next_opening = opening - timedelta(days=1), closing - timedelta(days=1), opening
    else:
        next_opening = opening + timedelta(days=1)
    return max(opening, closing - (next_opening - start))


class Wrong(Enum):
    """What may be wrong with a camera, the most serious first; the value is for staff."""

    NOTHING_FOUND = "Нет ни одной записи"
    SILENT = "Нет записей"
    TOO_FEW = "Мало записей"
    FLAWED = "Плохая последняя запись"


def wrong_with(sighting: Sighting, window: Window) -> Wrong | None:
    """Return the most serious thing that is wrong with a camera; ``None`` where it does what it should."""
    if sighting.is_awaited:
        return None
    if sighting.newest is None:
        return Wrong.NOTHING_FOUND
    if sighting.newest < window.since:
        return Wrong.SILENT
    if sighting.recent < window.min_files:
        return Wrong.TOO_FEW
    return Wrong.FLAWED if sighting.flaw else None


def against_local(
    copied: Sighting, local: Sighting, due: Sighting, window: Window, has_copy: Callable[[str], bool]
) -> Sighting:
    """Return what was seen of a camera in the network root, in the light of what the local roots have.

    ``due`` is of local recordings alone that were made before today. A camera that writes, and whose newest of those
    has its copy, in the same folder whatever its clock shows, is not missing: only recordings of today can be.
    """
    is_missing = wrong_with(copied, window) in (Wrong.NOTHING_FOUND, Wrong.SILENT)
    is_writing = local.newest is not None and local.newest >= window.since
    if not is_missing or not is_writing or due.is_hidden or (due.path and not has_copy(due.path)):
        return copied
    return replace(copied, is_awaited=True, clock=local.clock)


def lacks(seen: Seen, *, is_far: bool) -> list[str]:
    """Return one text, for staff, for the roots that are away and one for the folders that cannot be read."""
    what = "Облако недоступно" if is_far else "Диск с записями недоступен"
    return [
        f"{heading}: {listed([plain_path(path) for path in paths])}"
        for heading, paths in ((what, seen.lost), ("Не читается", seen.unreadable))
        if paths
    ]
