"""What there is to install, what may be installed, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from scheduler_runner.errors import SchedulerError


@dataclass(frozen=True, slots=True)
class Update:
    """One update that the system offers."""

    id: str
    """What the system calls it: the name of a package, or Windows Update's identifier."""
    name: str
    """What people call it: ``KB5034441``, ``curl``; the title of one that has no number."""
    title: str
    is_important: bool
    """Whether it mends the security, or is critical."""
    size_bytes: int = 0
    """The most that it may download."""
    revision: int = 0
    by_hand: str = ""
    """Why no program should install it; ``""``: nothing is in the way."""
    version: str = ""
    """The version that it brings, where there are such."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search brought. ``is_complete``: every source answered."""

    updates: tuple[Update, ...]
    is_complete: bool = True
    doubt: str = ""
    """Why it is not, in Russian; ``""``: a source did not answer."""
    waiting: tuple[str, ...] = ()
    """Important updates that the system leaves out, each with the reason, in Russian."""
    broken: tuple[str, ...] = ()
    """What stands half-way since an installation, by name."""
    remark: str = ""
    """What else people have to know of the system's updates, in Russian."""

    @property
    def for_people(self) -> tuple[str, ...]:
        """What is important and no run installs: it may ask questions, or something keeps it back."""
        by_hand = (update.name for update in self.updates if update.is_important and update.by_hand)
        return (*by_hand, *self.waiting)


@dataclass(frozen=True, slots=True)
class Installed:
    """What an installation said of itself."""

    needs_restart: bool = False
    has_errors: bool = False


class Kind(Enum):
    """What a trouble means for the updates that are left."""

    FAILED = "failed"
    """Nothing: it is this update's own."""
    HOPELESS = "hopeless"
    """They would fail alike: no network, no space, no rights."""
    BUSY = "busy"
    """Somebody else is installing: a later tick."""
    RESTART_FIRST = "restart first"
    """Nothing can be installed before the restart that is due."""
    NOT_NEEDED = "not needed"
    """There is nothing to do: it is there already, or not for this PC."""
    OUT_OF_TIME = "out of time"
    """There is no time to finish another one."""


NO_CONNECTION = "нет связи с сервером обновлений"


class Trouble(SchedulerError):
    """A stage could not be carried out. The text is for the log, ``told`` says it to staff, in Russian."""

    def __init__(self, kind: Kind, text: str, told: str) -> None:
        super().__init__(text)
        self.kind = kind
        self.told = told

    @property
    def cause(self) -> str:
        """What is wrong beside the updates themselves, as a result names it; ``""``: nothing."""
        if self.kind is Kind.BUSY:
            return "updates_busy"
        return "updates_server_away" if self.told == NO_CONNECTION else ""

    @property
    def cause_text(self) -> str:
        """The cause for staff, in Russian."""
        return f"{self.told[0].upper()}{self.told[1:]}" if self.cause else ""


class UpdateSystem(Protocol):
    """What the operating system can do; each stage raises :class:`Trouble`."""

    @property
    def download_folder(self) -> str:
        """Where downloads go."""

    def needed_bytes(self, update: Update) -> int:
        """Return the free space without which the update is not begun."""

    def is_privileged(self) -> bool:
        """Return whether this process may install."""

    def search(self) -> Found:
        """Return what could be installed."""

    def download(self, update: Update, timeout_seconds: float) -> None:
        """Download one update; a download may be broken off."""

    def install(self, update: Update) -> Installed:
        """Install one that is downloaded; an installation is never broken off."""


@dataclass(frozen=True, slots=True)
class Options:
    """What may be installed. ``excluded`` holds names, in upper case."""

    is_everything: bool = False
    excluded: frozenset[str] = frozenset()


@dataclass(slots=True)
class UpdateCount:
    """What came of the updates that were chosen."""

    installed: list[Update] = field(default_factory=list)
    with_errors: list[Update] = field(default_factory=list)
    """Some of the installed ones."""
    failed: list[tuple[Update, str]] = field(default_factory=list)
    """Each with the reason, in Russian."""
    left: list[Update] = field(default_factory=list)
    ended_by: Trouble | None = None
    """Why nothing more was begun."""
    needs_restart: bool = False
    download_seconds: float = 0.0
    install_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Restart:
    """Whether the PC waits for a restart, and what becomes of it. ``hindrance`` is in Russian."""

    is_needed: bool = False
    is_ordered: bool = False
    hindrance: str = ""


def chosen(found: Sequence[Update], options: Options) -> list[Update]:
    """Return which of the updates to install, in the order in which the system offers them."""
    return [
        update
        for update in found
        if (update.is_important or options.is_everything)
        and not update.by_hand
        and not options.excluded.intersection((update.name.upper(), update.id.upper()))
    ]
