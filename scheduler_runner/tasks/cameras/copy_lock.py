"""The lock that stands for a destination, in ``logs/locks/``: one copy at a time, and who asks whether one goes on."""

import hashlib
import logging
import os

from config.base_config import PATH_CONFIG
from scheduler_runner.system.filesystem import plain_path
from scheduler_runner.system.folders import ensure_plain_folder
from scheduler_runner.system.locks import try_lock

logger = logging.getLogger(__name__)


def lock_path(destination: str, suffix: str = "lock") -> str:
    """Return the lock that stands for a destination, whoever copies to it; other suffixes are of older versions.

    Raises ``OSError``.
    """
    folder = os.path.join(PATH_CONFIG["LOGS_ROOT"], "locks")
    ensure_plain_folder(folder, is_anyones=True)
    name = hashlib.sha256(whole_name(destination).encode()).hexdigest()[:16]
    return os.path.join(folder, f"copy_{name}.{suffix}")


def is_copying(destination: str) -> bool:
    """Return whether a copy to a destination is under way."""
    try:
        lock = try_lock(lock_path(destination), is_shared_by_users=True)
    except OSError as error:
        logger.warning("whether a copy is under way cannot be told: %s", error)
        return False
    if lock is not None:
        lock.release()
    return lock is None


def whole_name(path: str) -> str:
    """Return a folder's whole name, not what it resolves to: a mapped drive that is away resolves to something else."""
    return os.path.normcase(os.path.abspath(plain_path(path)))
