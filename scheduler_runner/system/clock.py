"""Clocks that are no wall clock."""

import sys

if sys.platform == "win32":
    import ctypes

    _TICKS_PER_SECOND = 10_000_000

    def awake_seconds() -> float:
        """Return seconds since some moment in the past, without those that the PC slept: what a limit is counted by.

        ``time.monotonic`` goes on through sleep on Windows: a copy that slept with the PC would be found out of time.
        """
        ticks = ctypes.c_ulonglong()
        ctypes.windll.kernel32.QueryUnbiasedInterruptTime(ctypes.byref(ticks))
        return ticks.value / _TICKS_PER_SECOND

else:
    import time

    def awake_seconds() -> float:
        """Return seconds since some moment in the past, without those that the PC slept: what a limit is counted by."""
        return time.monotonic()
