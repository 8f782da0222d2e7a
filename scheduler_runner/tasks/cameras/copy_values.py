"""How to copy, and what came of it."""

from dataclasses import dataclass, field

UNTIL, FULL, AWAY, STUCK = "until", "full", "away", "stuck"
"""Why a run may end before its work: its time is over, the destination is full, is gone, or does not answer."""


@dataclass(frozen=True, slots=True)
class CopyOptions:
    """How to copy. ``until`` is a moment of :func:`time.monotonic`."""

    oldest_day: str = ""
    """``YYYYMMDD``; ``""``: all."""
    until: float | None = None
    is_verified: bool = False
    bytes_per_second: float = 0.0
    """0: no limit."""
    wait_seconds: float = 1800.0
    """How long a destination that went away is waited for."""
    workers: int | None = None
    """``None``: as many as suit the destination."""


@dataclass(slots=True)
class CopyCount:
    """What happened to the recordings."""

    copied: int = 0
    copied_bytes: int = 0
    present: int = 0
    waiting: int = 0
    """Still being written."""
    conflicts: int = 0
    """Longer at the destination, or, where contents are compared, as long and different."""
    failed: int = 0
    left: int = 0
    left_bytes: int = 0
    is_left_complete: bool = True
    """``False``: what is left could not be counted to the end."""
    problems: list[str] = field(default_factory=list)
    """The first of them, for people."""
    ended_by: str = ""
    """Why the run ended before its work: ``until``, ``full``, ``away``, ``stuck``."""

    @property
    def done(self) -> int:
        """How many recordings have been dealt with."""
        return self.copied + self.present + self.waiting + self.conflicts + self.failed + self.left
