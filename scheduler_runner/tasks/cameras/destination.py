"""The network root as a place for copies: made where that is safe."""

import errno
import os
from collections.abc import Iterable


def make_root(path: str, others: Iterable[str]) -> None:
    """Make a missing root on a drive of its own, apart from the drives of ``others``.

    Where a drive is not mounted, or the client of a synced folder is off, its folder can be missing on a disk that is
    there: made anew, it would take copies that are none. Raises ``OSError``.
    """
    if os.path.isdir(path):
        return
    drive = os.stat(os.path.dirname(path)).st_dev
    if any(os.stat(other).st_dev == drive for other in others):
        reason = "папки нет, а на диске записей или программы она не создаётся; если копии должны быть там, создайте её"
        raise OSError(errno.ENODEV, reason, path)
    os.mkdir(path)
