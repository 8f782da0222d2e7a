"""Tell a process from any other that had or will have its number: systems reuse process numbers quickly."""

import os
import sys


def process_birth(pid: int) -> str:
    """Return a text that only process ``pid`` has, as long as it lives; ``""`` where none lives (a zombie does not)."""
    return _birth(pid)


def is_alive(pid: int, birth: str) -> bool:
    """Return whether the very process lives that was recorded as ``pid`` and ``birth``."""
    return bool(birth) and process_birth(pid) == birth


def runs_for_owner_of(path: str, pid: int) -> bool:
    """Return whether a process runs as the account that a file belongs to; on Windows that is taken for granted."""
    return _runs_for_owner_of(path, pid)


if sys.platform == "win32":

    def _runs_for_owner_of(path: str, pid: int) -> bool:
        return True

else:

    def _runs_for_owner_of(path: str, pid: int) -> bool:
        import psutil

        try:
            return bool(psutil.Process(pid).uids().real == os.lstat(path).st_uid)
        except (psutil.Error, OSError):
            return False


if sys.platform == "linux":

    def _birth(pid: int) -> str:
        """Count from boot, in the kernel's own ticks: psutil's absolute time moves when the clock is corrected."""
        try:
            with open(f"/proc/{pid}/stat", "rb") as stat:
                fields = stat.read().rpartition(b")")[2].split()
            with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as boot:
                boot_id = boot.read().strip()
        except OSError:
            return ""
        return "" if fields[0] in (b"Z", b"X") else f"{boot_id}:{int(fields[19])}"

else:

    def _birth(pid: int) -> str:
        import psutil

        try:
            process = psutil.Process(pid)
            return "" if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.2f}"
        except psutil.Error:
            return ""
