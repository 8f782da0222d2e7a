"""What to clean, and what came of it."""

from dataclasses import dataclass, field
from datetime import date, tzinfo

from scheduler_runner.tasks.cameras.copy_notes import CopyNotes
from scheduler_runner.tasks.cameras.passed_over import NOTHING, PassedOver


@dataclass(frozen=True, slots=True)
class CleanOptions:
    """How to clean one root. ``today`` is the point's date by its clock."""

    days: int
    """The retention: how old a date must be, and how many later ones there must be."""
    today: date
    zone: "tzinfo | None" = None
    """Of the point's clocks; ``None``: the PC's own."""
    network_root: str | None = None
    """Where each recording must have its copy; ``None``: copies are not asked for."""
    notes: "CopyNotes | None" = None
    """What is known of the copies in the network root, and was told; ``None``, by hand: nothing is told first."""
    originals: tuple[str, ...] = ()
    """Where copies are deleted: the local roots. What those that are there have would only be copied again."""
    cameras: frozenset[tuple[str, str]] = frozenset()
    """The listed cameras, by :func:`.layouts.camera_key`: the two newest dates of each stay."""
    least_free_bytes: int = 0
    """Where copies are asked for: with less room than this, younger dates go too."""
    is_dry_run: bool = False
    workers: int = 1


@dataclass(slots=True)
class CleanCount:
    """What happened to the recordings. In a dry run: what would have."""

    deleted: int = 0
    deleted_bytes: int = 0
    deleted_dates: set[str] = field(default_factory=set)
    early: int = 0
    """Those of ``deleted`` that were younger than the retention: the disk was nearly full."""
    unsaved: int = 0
    """This and the next ones: kept, though old, for the :class:`.may_delete.Reason` of that name."""
    different: int = 0
    doubted: int = 0
    fresh: int = 0
    still_local: int = 0
    misdated: int = 0
    newest: int = 0
    ahead: int = 0
    untold: int = 0
    failed: int = 0
    dates_ahead: dict[str, str] = field(default_factory=dict)
    """Cameras with dates that are yet to come, by uid, each with the last of them."""
    is_short_of_room: bool = False
    """There is less room than there should be, and nothing more may go."""
    passed_over: PassedOver = NOTHING
    """Where it is short of room: what lies there and is read by nobody."""
    problems: list[str] = field(default_factory=list)
    """The first of them, for people."""
