"""When a notice last went out without a ledger: a lock file's mark, which all users' runners share."""

import os

from scheduler_runner.system.folders import ensure_plain_folder
from scheduler_runner.system.layout import Layout
from scheduler_runner.system.locks import FileLock, read_mark, try_lock

EVERY_SECONDS = 4 * 3600
_NAME = "direct_notice"


def is_direct_due(logs_dir: str, now: float) -> bool:
    """Return whether the next notice may go out; a mark in the future comes from a clock that was set back."""
    return not any(0 <= now - read_mark(path) < EVERY_SECONDS for path in _paths(logs_dir))


def direct_lock(logs_dir: str, now: float) -> FileLock | None:
    """Return the lock to send under and to mark; ``None`` where it is not time, or another process is sending.

    Where the logs' folder takes no file, the system's folder for temporary ones does. Raises ``OSError``: without
    a mark the same message would go out with every tick.
    """
    if not is_direct_due(logs_dir, now):
        return None
    first, second = _paths(logs_dir)
    try:
        ensure_plain_folder(os.path.dirname(first))
        return try_lock(first, is_shared_by_users=True)
    except OSError:
        return try_lock(second, is_shared_by_users=True)


def _paths(logs_dir: str) -> tuple[str, str]:
    import tempfile
    import zlib

    project = zlib.crc32(os.path.abspath(logs_dir).encode("utf-8", "replace"))
    return (
        Layout(logs_dir).shared_lock(_NAME),
        os.path.join(tempfile.gettempdir(), f"pvz_scheduler_{project:08x}_{_NAME}.lock"),
    )
