"""How a copy ends before its work: nothing more is copied, and for a minute it is counted what is left."""

import time
from collections.abc import Callable

from scheduler_runner.tasks.cameras.copy_values import UNTIL, CopyCount

_COUNTING_SECONDS = 60.0


class TimeIsOver(Exception):
    """Nothing more is copied, what is under way included."""


class Ending:
    """Ends a run at ``until``, a moment of :func:`time.monotonic`, or when it is told to; writes why into ``count``.

    ``stop`` is called when nothing more is to be done; it tells whether something was still to be counted.
    """

    def __init__(self, count: CopyCount, until: float | None, stop: Callable[[], bool]) -> None:
        self._count = count
        self._until = until
        self._stop = stop
        self._counting_ends_at: float | None = None

    @property
    def is_counting(self) -> bool:
        """Whether nothing more is copied."""
        return self._counting_ends_at is not None

    def is_over(self) -> bool:
        """Begin or end the counting where it is time to, and return whether nothing more is copied."""
        now = time.monotonic()
        if self._until is not None and now >= self._until and not self.is_counting:
            self.begin_counting(UNTIL)
        if self._counting_ends_at is not None and now >= self._counting_ends_at:
            self.give_up(self._count.ended_by)
        return self.is_counting

    def require_time(self) -> None:
        """Raise :class:`TimeIsOver` where nothing more is copied."""
        if self.is_over():
            raise TimeIsOver

    def begin_counting(self, reason: str) -> None:
        """Copy nothing more, and use a minute to count what is left; ``reason`` is one of those for ``ended_by``."""
        self._count.ended_by = self._count.ended_by or reason
        self._counting_ends_at = self._counting_ends_at or time.monotonic() + _COUNTING_SECONDS

    def give_up(self, reason: str) -> None:
        """End the run, whatever is left."""
        self._count.ended_by = self._count.ended_by or reason
        if self._stop():
            self._count.is_left_complete = False
