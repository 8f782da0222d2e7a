"""What time it is by three clocks: the PC's, which may be set, and two that count from the start of the system."""

import sys
import time
from functools import lru_cache
from typing import NamedTuple


class Moment(NamedTuple):
    """One moment by all clocks, in seconds."""

    wall: float
    """Since 1970, as the PC's clock has it: it may be set, also back."""
    since_boot: float
    """Since the system started; sleep and hibernation count, setting the clock changes nothing."""
    awake: float
    """Since the system started, sleep and hibernation left out."""
    boot: str
    """A name for this run of the system; ``""`` where that is not to be had.

    Another name need not mean another start. After Windows' fast startup it is the old one: the kernel slept.
    """


def read_clock() -> Moment:
    """Return this moment."""
    return Moment(time.time(), _since_boot(), awake_seconds(), _boot())


def clock_was_set_by(earlier: Moment, later: Moment) -> float | None:
    """Return by how many seconds the PC's clock was set between two moments, below 0: back.

    ``None`` where that cannot be told, as the system was started meanwhile. What a clock drifts counts as well.

    >>> earlier = Moment(1000.0, 50.0, 40.0, "a")
    >>> clock_was_set_by(earlier, Moment(1600.0, 650.0, 40.0, "a")), clock_was_set_by(earlier, Moment(400.0, 9, 9, "b"))
    (0.0, None)
    """
    is_one_boot = earlier.boot == later.boot != "" and earlier.since_boot <= later.since_boot
    if not is_one_boot:
        return None
    return (later.wall - earlier.wall) - (later.since_boot - earlier.since_boot)


if sys.platform == "win32":
    _HUNDRED_NANOSECONDS = 1e7

    def _since_boot() -> float:
        """Count what GetTickCount64 is said to leave out on some systems, too: the time of sleep."""
        import ctypes

        ticks = ctypes.c_ulonglong()
        try:
            ctypes.WinDLL("api-ms-win-core-realtime-l1-1-1").QueryInterruptTime(ctypes.byref(ticks))
        except (OSError, AttributeError):  # before Windows 10
            count = ctypes.windll.kernel32.GetTickCount64
            count.restype = ctypes.c_ulonglong
            return float(count()) / 1000
        return ticks.value / _HUNDRED_NANOSECONDS

    def awake_seconds() -> float:
        """Return seconds since the start of the system, without those that the PC slept: what a limit is counted by.

        ``time.monotonic`` goes on through sleep on Windows: a copy that slept with the PC would be found out of time.
        """
        import ctypes

        ticks = ctypes.c_ulonglong()
        ctypes.windll.kernel32.QueryUnbiasedInterruptTime(ctypes.byref(ticks))
        return ticks.value / _HUNDRED_NANOSECONDS

    @lru_cache(maxsize=1)
    def _boot() -> str:
        """Name what the kernel writes anew at each start: a key of a hive that is on no disk, and a count of starts.

        Now less the time since the start is no name: the clock is corrected all the time.
        """
        import winreg

        names = []
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"HARDWARE\DESCRIPTION") as key:
                names.append(str(winreg.QueryInfoKey(key)[2]))
            path = r"SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management\PrefetchParameters"
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path) as key:
                names.append(str(winreg.QueryValueEx(key, "BootId")[0]))
        except OSError:
            pass  # the second is missing where prefetching is off
        return "-".join(names)

elif sys.platform == "linux":

    def _since_boot() -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def awake_seconds() -> float:
        """Return seconds since the start of the system, without those that the PC slept: what a limit is counted by."""
        return time.monotonic()

    @lru_cache(maxsize=1)  # a copy run asks at every recording, and no process outlives a run of the system
    def _boot() -> str:
        try:
            with open("/proc/sys/kernel/random/boot_id", encoding="utf-8") as file:
                return file.read().strip()
        except OSError:
            return ""

else:

    def _since_boot() -> float:
        return time.monotonic()

    def awake_seconds() -> float:
        """Return seconds since the start of the system: what a limit is counted by."""
        return time.monotonic()

    def _boot() -> str:
        return ""
