"""The network root as a place for copies: made where that is safe."""

import errno
import logging
import os
from collections.abc import Collection, Iterable

from scheduler_runner.utils.filesystem import plain_path

logger = logging.getLogger(__name__)


def make_root(path: str, others: Iterable[str]) -> None:
    """Make a missing root on a drive of its own, apart from the drives of ``others``. Raises ``OSError``.

    Where a drive is not mounted, or the client of a synced folder is off, its folder can be missing on a disk that is
    there: made anew, it would take copies that are none.
    """
    if os.path.isdir(path):
        return
    drive = os.stat(os.path.dirname(path)).st_dev
    if any(os.stat(other).st_dev == drive for other in others):
        reason = "it is missing, on the disk of the recordings or of this program; where copies belong there, make it"
        raise OSError(errno.ENODEV, reason, path)
    os.mkdir(path)


def is_ready(path: str, others: Collection[str]) -> bool:
    """Return whether a root is there, made where it may be; without ``others``, as in the sandbox, wherever it is."""
    try:
        if not others:
            os.makedirs(path, exist_ok=True)
        make_root(path, others)
    except OSError as error:
        logger.warning("the destination %s cannot be used: %s", plain_path(path), error.strerror or error)
        return False
    return True
