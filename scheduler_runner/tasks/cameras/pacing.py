"""How fast a copy may go, and how long it waits for a destination that went away."""

import logging
import os
import threading
import time

_PAUSES_SECONDS = (1, 2, 5, 10, 20, 40, 60)

logger = logging.getLogger(__name__)


class Throttle:
    """Lets so many bytes a second pass, for all threads together."""

    def __init__(self, bytes_per_second: float) -> None:
        self._rate = bytes_per_second
        self._free_at = 0.0
        self._guard = threading.Lock()

    def __call__(self, size: int) -> None:
        """Wait until ``size`` bytes may pass."""
        if self._rate <= 0:
            return
        with self._guard:
            now = time.monotonic()
            wait = max(0.0, self._free_at - now)
            self._free_at = max(self._free_at, now) + size / self._rate
        time.sleep(wait)


class Absence:
    """Waits for a destination that went away, with growing pauses, for all threads together."""

    def __init__(self, destination: str, wait_seconds: float) -> None:
        self._destination = destination
        self._wait_seconds = wait_seconds
        self._guard = threading.Lock()
        self._is_given_up = False

    def wait(self) -> bool:
        """Return whether the destination is back."""
        with self._guard:
            if self._is_given_up:
                return False
            give_up_at = time.monotonic() + self._wait_seconds
            pauses = iter(_PAUSES_SECONDS)
            pause = 0.0
            while not os.path.isdir(self._destination):
                left = give_up_at - time.monotonic()
                if left <= 0:
                    self._is_given_up = True
                    return False
                pause = next(pauses, pause)
                logger.warning("the destination %s is away, looking again in %g s", self._destination, min(pause, left))
                time.sleep(min(pause, left))
            return True
