"""Ends this process when it hangs: by a thread that needs neither the interpreter nor its lock."""

import faulthandler
import os

_HANG_SECONDS = 900.0


class Watchdog:
    """Armed while a tick reads, decides, claims and ends; never while a run is in hand, which has a limit of its own.

    Where it strikes it writes where each thread stands into ``descriptor``, and ends the process with exit code 1.
    """

    def __init__(self, descriptor: int | None, seconds: float = _HANG_SECONDS) -> None:
        self._descriptor = descriptor
        self._seconds = seconds

    def arm(self) -> None:
        """Count anew from now on."""
        if self._descriptor is not None:
            faulthandler.dump_traceback_later(self._seconds, exit=True, file=self._descriptor)

    def disarm(self) -> None:
        """Count no more."""
        faulthandler.cancel_dump_traceback_later()

    def close(self) -> None:
        """Disarm for good."""
        self.disarm()
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)
