"""When a notice last went out without a ledger: a lock file's mark in this account's own folder.

No account asks another's mark: one that could set it for others could silence them.
"""

import os

from scheduler_runner.system.folders import ensure_plain_folder
from scheduler_runner.system.layout import UserLayout
from scheduler_runner.system.locks import FileLock, read_mark, try_lock
from scheduler_runner.system.own_files import name_among_installations, private_folder

EVERY_SECONDS = 4 * 3600


def is_direct_due(own: UserLayout, now: float) -> bool:
    """Return whether the next notice may go out; a mark in the future comes from a clock that was set back."""
    return not any(0 <= now - read_mark(path) < EVERY_SECONDS for path in _paths(own))


def direct_lock(own: UserLayout, now: float) -> FileLock | None:
    """Return the lock to send under and to mark; ``None`` where it is not time, or another process is sending.

    Where the logs' folder takes no file, the account's private folder does. Raises ``OSError``: without a mark the
    same message would go out with every tick.
    """
    if not is_direct_due(own, now):
        return None
    first, *others = _paths(own)
    try:
        ensure_plain_folder(own.locks, below=own.top)
        return try_lock(first)
    except OSError:
        if not others:
            raise
        return try_lock(others[0])


def _paths(own: UserLayout) -> list[str]:
    paths = [own.direct_lock]
    name = f"{name_among_installations(own.folder)}_{os.path.basename(own.direct_lock)}"
    try:
        paths.append(os.path.join(private_folder(), name))
    except OSError:
        pass  # then the first place is the only one
    return paths
