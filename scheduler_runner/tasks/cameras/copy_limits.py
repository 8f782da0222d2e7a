"""The limits of a copy: speed, workers, how long a lost destination is waited for, and until when it goes on."""

import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from itertools import chain, repeat

from scheduler_runner.errors import SchedulerError
from scheduler_runner.system.clock import awake_seconds
from scheduler_runner.tasks.cameras.copy_values import UNTIL, CopyOptions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Answer = TypeVar("Answer")

FAR_WORKERS = 24
NEAR_WORKERS = 4
_LOOK_SECONDS = 0.5
_FAR_SECONDS = 0.001

logger = logging.getLogger(__name__)


class TimeIsOver(SchedulerError):
    """Nothing more is copied, what is under way included."""


class Ending:
    """Whether a run goes on, counts what is left, or is over; looked at by all threads, as time passes.

    It ends at ``until``, a moment of :func:`time.monotonic`, or when it is told to; ``reason`` is the first one. That
    moment is one of the wall clock, and comes while the PC sleeps as well: unlike limits, which count waking hours.
    """

    def __init__(self, until: float | None = None, counting_seconds: float = 60.0) -> None:
        self.reason = ""
        self.is_over = False
        """Nothing more is done, not even counted."""
        self._until = until
        self._counting_seconds = counting_seconds
        self._counting_ends_at: float | None = None

    def is_counting(self) -> bool:
        """Return whether nothing more is copied; begin and end the counting where it is time to."""
        now = time.monotonic()
        if self._until is not None and now >= self._until:
            self.begin_counting(UNTIL)
        if self._counting_ends_at is not None and now >= self._counting_ends_at:
            self.is_over = True
        return self._counting_ends_at is not None or self.is_over

    def require_time(self) -> None:
        """Raise :class:`TimeIsOver` where nothing more is copied."""
        if self.is_counting():
            raise TimeIsOver("nothing more is copied")

    def begin_counting(self, reason: str) -> None:
        """Copy nothing more, and take some time to count what is left; ``reason`` is one of those for ``ended_by``."""
        self.reason = self.reason or reason
        if self._counting_ends_at is None:
            self._counting_ends_at = time.monotonic() + self._counting_seconds

    def give_up(self, reason: str) -> None:
        """End the run, whatever is left."""
        self.reason = self.reason or reason
        self.is_over = True


class Throttle:
    """Lets so many bytes a second pass, for all threads together, and none after ``stop_at`` (monotonic)."""

    def __init__(self, bytes_per_second: float, stop_at: float = float("inf")) -> None:
        self._rate = bytes_per_second
        self._stop_at = stop_at
        self._free_at = 0.0
        self._guard = threading.Lock()

    def __call__(self, size: int) -> None:
        """Wait until ``size`` bytes may pass. Raises :class:`TimeIsOver`."""
        wait = 0.0
        now = time.monotonic()
        if self._rate > 0:
            with self._guard:
                wait = max(0.0, self._free_at - now)
                self._free_at = max(self._free_at, now) + size / self._rate
        if now + wait > self._stop_at:
            raise TimeIsOver("nothing more is copied")
        if wait:
            time.sleep(wait)


class Absence:
    """Waits for a destination that was found away, with growing pauses, for all threads together, ``until`` at most.

    ``is_there`` looks at it, and may do what makes it ready.
    """

    def __init__(self, destination: str, options: CopyOptions, is_there: Callable[[str], bool] = os.path.isdir) -> None:
        self._destination = destination
        self._is_there = is_there
        self._wait_seconds = options.wait_seconds
        self._until = float("inf") if options.until is None else options.until
        self._pauses = options.pauses_seconds
        self._guard = threading.Lock()
        self._is_given_up = False
        self._back_at = float("-inf")

    def wait(self) -> bool:
        """Return whether the destination is back: never at once, as a drive may come and go many times a second."""
        found_at = time.monotonic()
        with self._guard:
            if self._back_at > found_at:
                return True
            give_up_at = awake_seconds() + self._wait_seconds  # after sleep a drive takes its time to come back
            for pause in chain(self._pauses, repeat(self._pauses[-1])):
                left = min(give_up_at - awake_seconds(), self._until - time.monotonic())
                if left <= 0 or self._is_given_up:
                    break
                logger.warning("the destination %s is away, looking again in %g s", self._destination, min(pause, left))
                time.sleep(min(pause, left))
                if self._is_there(self._destination):
                    self._back_at = time.monotonic()
                    return True
            self._is_given_up = True
            return False


class Pulse:
    """The moment (:func:`time.monotonic`) at which work was last seen to go on."""

    def __init__(self) -> None:
        self.at = time.monotonic()

    def beat(self) -> None:
        """Note that it goes on."""
        self.at = time.monotonic()


class Stuck(SchedulerError):
    """Work that does not go on."""


def unless_stuck(work: "Callable[[], Answer]", pulse: Pulse, quiet_seconds: float) -> "Answer":
    """Return the answer of ``work``; raise :class:`Stuck` when its pulse has been still for so long.

    What this PC slept does not count. A drive that never answers holds a thread for good: only this process's end
    frees it.
    """
    outcome: Future[Answer] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again below
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    last, quiet = pulse.at, 0.0
    while not outcome.done():
        wait([outcome], timeout=_LOOK_SECONDS)  # short: on Windows no Ctrl+C ends a wait
        last, quiet = pulse.at, quiet + _LOOK_SECONDS if pulse.at == last else 0.0
        if quiet > quiet_seconds:
            raise Stuck("nothing goes on any more")
    return outcome.result()


def suitable_workers(destination: str) -> int:
    """Return how many files to copy at a time: many where each question is waited for, few where a disk is near."""
    times = []
    for number in range(3):  # each time another name: what is absent may be remembered, too
        absent = os.path.join(destination, f".absent.{os.getpid()}.{number}")
        started = time.perf_counter()
        os.path.exists(absent)
        times.append(time.perf_counter() - started)
    return FAR_WORKERS if min(times) > _FAR_SECONDS else NEAR_WORKERS
