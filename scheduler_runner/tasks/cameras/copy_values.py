"""How to copy, and what came of it."""

from dataclasses import dataclass, field

from scheduler_runner.tasks.cameras.passed_over import NOTHING, PassedOver

UNTIL, FULL, AWAY, STUCK = "until", "full", "away", "stuck"
"""Why a run may end before its work: its time is over, the destination is full, is gone, or does not answer."""


@dataclass(frozen=True, slots=True)
class CopyOptions:
    """How to copy. ``until`` is a moment of :func:`time.monotonic`."""

    oldest_day: str = ""
    """``YYYYMMDD``; ``""``: all."""
    counted_days: tuple[str, ...] = ()
    """``YYYYMMDD``: of these it is counted how much the cameras have recorded."""
    until: float | None = None
    is_verified: bool = False
    bytes_per_second: float = 0.0
    """0: no limit."""
    wait_seconds: float = 1800.0
    """How long a destination that went away is waited for."""
    workers: int | None = None
    """``None``: as many as suit the destination."""
    young_seconds: float = 60.0
    """What was written so lately may be written still."""
    large_bytes: int = 32 * 1024 * 1024
    """From this size on a file counts as large: only a few of them are copied at a time."""
    last_files_seconds: float = 300.0
    """How long after its time a run goes on with files that it has begun."""
    counting_seconds: float = 60.0
    """How long it may count what is left."""
    pauses_seconds: tuple[float, ...] = (1, 2, 5, 10, 20, 40, 60)
    """Between two looks at a destination that went away; the last one again and again."""
    quiet_seconds: float = 3600.0
    """A run in which nothing happens for so long is given up. The end of a large file may take half of it."""


@dataclass(slots=True)
class CopyCount:
    """What happened to the recordings."""

    copied: int = 0
    copied_bytes: int = 0
    present: int = 0
    recorded: dict[str, int] = field(default_factory=dict)
    """What lies below the roots of each day that is counted, copied or not."""
    waiting: int = 0
    """Still being written."""
    beside: int = 0
    """Those of ``copied`` whose name is another recording's at the destination: both stay."""
    failed: int = 0
    left: int = 0
    left_bytes: int = 0
    is_left_complete: bool = True
    """``False``: what is left could not be counted to the end."""
    passed_over: PassedOver = NOTHING
    """What lies below the roots and is read by nobody."""
    problems: list[str] = field(default_factory=list)
    """The first of them, for people."""
    ended_by: str = ""
    """Why the run ended before its work: ``until``, ``full``, ``away``, ``stuck``."""

    @property
    def done(self) -> int:
        """How many recordings have been dealt with."""
        return self.copied + self.present + self.waiting + self.failed + self.left
