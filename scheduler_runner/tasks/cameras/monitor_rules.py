"""What was seen of cameras, and what is to be said of each: a table of verdicts, the first that holds. Pure.

Times are naive local ones.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from enum import Enum
from functools import cached_property

from config.hours import Hours
from scheduler_runner.plans.clock import PC_ZONE
from scheduler_runner.tasks.cameras.monitor_time import last_open, look_from, open_between, opened_at
from scheduler_runner.tasks.cameras.passed_over import NOTHING, PassedOver
from scheduler_runner.tasks.cameras.settings import Camera

AHEAD = timedelta(hours=1)
"""What is later than this lies in the future."""
LONGEST = timedelta(hours=3)
"""So long may one video be, from the time that names it to its last byte."""
SHORT = timedelta(hours=1)
"""A camera without a lookback of its own is told after so long a silence, where the others write."""
FIRST_HOURS = timedelta(hours=2)
"""So long after opening nothing is said of cameras that are silent together: the PC may have been off for days."""
_BEFORE_OPENING = timedelta(hours=1)
"""The PC is on a little earlier: what was written then belongs to this opening."""
_WATCHED_PART = 0.6
"""The others must have written for this part of a lookback: they write now and then, not at its first second."""


@dataclass(frozen=True, slots=True)
class Span:
    """What is expected of one camera."""

    lookback: timedelta
    since: datetime
    """When the lookback begins; nights and closed days are left out."""
    min_files: int = 1
    short: datetime | None = None
    """When the last hour of open time begins; ``None``: it is judged by its own lookback alone."""


@dataclass(frozen=True)
class Window:
    """When and how cameras are looked at. ``now`` is what the clocks of ``zone`` show."""

    now: datetime
    hours: Hours
    lookback: timedelta
    zone: tzinfo = PC_ZONE
    min_files: int = 1
    least_bytes: int | None = None
    """What a recording must have; ``None``: none is looked into."""
    is_prompt: bool = True
    """Whether recordings arrive as they are made; copies come some times a day."""

    @property
    def latest(self) -> datetime:
        """What is later lies in the future."""
        return self.now + AHEAD

    @cached_property
    def judged_at(self) -> datetime:
        """The moment for which cameras are judged: now, or when the point closed last."""
        return last_open(self.hours, self.now)

    @cached_property
    def opened_at(self) -> datetime:
        """When the point opened last before that."""
        return opened_at(self.hours, self.judged_at)

    @cached_property
    def open_for(self) -> timedelta:
        """For how long the point had been open by then."""
        return open_between(self.hours, self.opened_at, self.judged_at)

    @cached_property
    def since(self) -> datetime:
        """When the lookback begins."""
        return look_from(self.hours, self.judged_at, self.lookback)

    @property
    def begins_at(self) -> datetime:
        """From when on something must have come, before anybody says that all is well."""
        return self.opened_at - _BEFORE_OPENING if self.is_prompt else self.since

    def span(self, camera: Camera, own_lookback: timedelta | None) -> Span:
        """Return what is expected of a camera."""
        min_files = camera.min_files or self.min_files
        if own_lookback is not None:
            return Span(own_lookback, look_from(self.hours, self.judged_at, own_lookback), min_files)
        has_short = self.is_prompt and self.lookback > SHORT
        short = look_from(self.hours, self.judged_at, SHORT) if has_short else None
        return Span(self.lookback, self.since, min_files, short)


@dataclass(frozen=True, slots=True)
class Sighting:
    """What was seen of one camera. ``newest`` is ``None`` where there is nothing of it; empty files are nothing."""

    camera: Camera
    span: Span
    newest: datetime | None = None
    clock: datetime | None = None
    """Where the camera's clock is wrong: what it showed for a recording of these hours."""
    named: datetime | None = None
    """The newest time in a name, where it is later by hours than all that was written: one of the two clocks is wrong,
    and the older time counts, as nobody knows which."""
    recent: int = 0
    """How many recordings were made within the lookback; of a far drive, so many at least."""
    hollow: int = 0
    """How many files of these hours are empty or far too small."""
    flaw: str = ""
    """What is wrong with the newest finished recording, in Russian."""
    is_frozen: bool = False
    """The newest pictures are equal to the byte."""
    watched: timedelta | None = None
    """For how much of the lookback's open time others wrote; ``None``: no other did."""
    watched_short: timedelta | None = None
    """The same of the last hour."""
    written_for: timedelta | None = None
    """The same of the lookback where its own recordings count, too."""
    is_hidden: bool = False
    """A folder that cannot be read may hide its recordings."""
    path: str = ""
    """The newest finished recording; ``""``: none."""
    is_awaited: bool = False
    """Of the network root: all that is missing is of today, so that the next copy may bring it."""
    is_undecided: bool = False
    """Of the network root: all is copied, and whether the camera itself is silent is not known yet."""


@dataclass(slots=True)
class Seen:
    """All that was seen: the cameras that were looked for, and what else is there."""

    sightings: list[Sighting] = field(default_factory=list)
    unlisted: list[tuple[str, str]] = field(default_factory=list)
    """Kind and uid of each camera that wrote lately and that no list names."""
    lost: list[str] = field(default_factory=list)
    """Roots that are not there or cannot be read: what was recorded there cannot be told."""
    unreadable: list[str] = field(default_factory=list)
    """Folders below the others that cannot be read."""
    passed_over: PassedOver = NOTHING
    """What is read by nobody."""

    @property
    def newest(self) -> datetime | None:
        """The time of the newest recording of any camera."""
        return max((each.newest for each in self.sightings if each.newest is not None), default=None)


class Judgement(Enum):
    """What a verdict means for the outcome."""

    WORKS = "works"
    FAILS = "fails"
    QUIET = "quiet"
    """Nothing since opening, and not yet too long."""
    UNKNOWN = "unknown"
    """Too early to say, whatever it was before."""
    AWAITED = "awaited"
    """Its recordings of today are still to be copied."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One thing that may be said of a camera. Texts are Russian."""

    judgement: Judgement
    state: str
    """For the table of cameras."""
    holds: Callable[[Sighting, Window], bool]
    heading: str = ""
    """What is wrong: the beginning of a sentence."""
    detail: Callable[[Sighting], str] = lambda sighting: ""
    """What is to be added for one camera."""
    is_dated: bool = False
    """Whether to tell since when."""
    may_come: bool = False
    """Whether a copy under way may bring what is missing."""
    is_missing: bool = False
    """Whether there is nothing of these hours at all."""


def _is_silent(sighting: Sighting, window: Window) -> bool:
    """Tell silence after the lookback, and where others write after an hour: never before they did for so long."""
    newest, span = sighting.newest, sighting.span
    if newest is None:
        return False
    if span.short is not None and newest < span.short and _is_enough(sighting.watched_short, SHORT):
        return True
    if newest >= span.since:
        return False
    if sighting.watched is None:  # all are silent
        return window.open_for >= min(FIRST_HOURS, span.lookback)
    return _is_enough(sighting.watched, span.lookback)


def _is_too_few(sighting: Sighting, window: Window) -> bool:
    return sighting.recent < sighting.span.min_files and _is_enough(sighting.written_for, sighting.span.lookback)


def _is_enough(watched: timedelta | None, lookback: timedelta) -> bool:
    return watched is not None and watched >= lookback * _WATCHED_PART


def wrote(sighting: Sighting, since: datetime) -> bool:
    """Return whether a camera wrote since then."""
    return sighting.newest is not None and sighting.newest >= since


VERDICTS = (
    Verdict(Judgement.AWAITED, "копии ждут", lambda seen, window: seen.is_awaited),
    Verdict(Judgement.UNKNOWN, "не читается", lambda seen, window: seen.newest is None and seen.is_hidden),
    Verdict(Judgement.UNKNOWN, "рано судить", lambda seen, window: seen.is_undecided),
    Verdict(
        Judgement.FAILS,
        "пустые файлы",
        lambda seen, window: seen.hollow > seen.recent,
        "Пустые записи",
        lambda seen: f"{seen.hollow} из {seen.hollow + seen.recent}",
    ),
    Verdict(
        Judgement.FAILS,
        "ничего нет",
        lambda seen, window: seen.newest is None,
        "Нет ни одной записи",
        may_come=True,
        is_missing=True,
    ),
    Verdict(
        Judgement.FAILS,
        "молчит",
        _is_silent,
        "Нет записей",
        lambda seen: f"имена файлов до {seen.named:%d.%m %H:%M}, часы камеры неверны" if seen.named else "",
        is_dated=True,
        may_come=True,
        is_missing=True,
    ),
    Verdict(Judgement.UNKNOWN, "рано судить", lambda seen, window: not wrote(seen, seen.span.since)),
    Verdict(Judgement.FAILS, "мало записей", _is_too_few, "Мало записей", lambda seen: str(seen.recent), may_come=True),
    Verdict(Judgement.FAILS, "застыла", lambda seen, window: seen.is_frozen, "Картинка не меняется"),
    Verdict(
        Judgement.FAILS,
        "плохая запись",
        lambda seen, window: bool(seen.flaw),
        "Плохая последняя запись",
        lambda seen: seen.flaw,
    ),
    Verdict(Judgement.QUIET, "с открытия ещё нет", lambda seen, window: not wrote(seen, window.begins_at)),
    Verdict(Judgement.WORKS, "пишет", lambda seen, window: True),
)
"""What may be said of a camera: the first that holds counts."""


def verdict_on(sighting: Sighting, window: Window) -> Verdict:
    """Return what is to be said of a camera."""
    return next(verdict for verdict in VERDICTS if verdict.holds(sighting, window))


def against_local(
    copied: Sighting, local: Sighting, due: Sighting, has_copy: Callable[[str], bool], near: Window
) -> Sighting:
    """Return what was seen of a camera whose copies are missing, in the light of what the local roots have.

    ``local`` was seen in the window ``near``; ``due`` is of local recordings alone that were made before today. A
    camera that writes, and whose newest of those has its copy, in the same folder whatever its clock shows, is not
    missing: only recordings of today can be.
    """
    if due.is_hidden or (due.path and not has_copy(due.path)):
        return copied
    if wrote(local, copied.span.since):
        return replace(copied, is_awaited=True, clock=local.clock)
    return copied if verdict_on(local, near).is_missing else replace(copied, is_undecided=True)
