"""Another account's ledger is read from a copy: whatever SQLite opens beside it has its owner's hand in it.

SQLite would wait without end for a pipe that is called ``-journal``. It maps the ``-shm`` into its memory, and the
process is killed (SIGBUS) where the owner cuts that file off. For root it makes that file, and gives it away.
"""

import errno
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from scheduler_runner.system.folders import NotOurs
from scheduler_runner.system.own_files import open_own

_WITH_LOG = ("", "-wal")
_CHUNK_BYTES = 1024 * 1024
_TRIES = 5
_PAUSE_SECONDS = 0.1


@contextmanager
def private_copy(path: str, most_bytes: int) -> Iterator[str]:
    """Copy a ledger with its log, in a state that it had at one moment; answer the copy's path, gone at the end.

    Raises ``OSError``, :class:`NotOurs` for more than ``most_bytes`` and for what is no plain file.
    """
    with tempfile.TemporaryDirectory(prefix="pvz-ledger-", ignore_cleanup_errors=True) as folder:
        copy = os.path.join(folder, os.path.basename(path))
        for _ in range(_TRIES):
            before = _states(path)
            for suffix in _WITH_LOG:
                _copy(path + suffix, copy + suffix, most_bytes)
            # Unchanged meanwhile, so nothing was written between the two.
            if _states(path) == before:
                break
            time.sleep(_PAUSE_SECONDS)
        else:
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN), path)
        yield copy


def _states(path: str) -> list[tuple[int, int, int] | None]:
    return [_state(path + suffix) for suffix in _WITH_LOG]


def _state(path: str) -> tuple[int, int, int] | None:
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _copy(source: str, target: str, most_bytes: int) -> None:
    """Copy one file; where there is none, there is no copy either."""
    try:
        descriptor = open_own(source, is_anyones=True)
    except FileNotFoundError:
        if os.path.exists(target):
            os.remove(target)
        return
    with open(descriptor, "rb") as reading, open(target, "wb") as writing:
        left = os.fstat(descriptor).st_size
        if left > most_bytes:
            raise NotOurs("{path} is larger than {most} bytes: no such file is", path=source, most=most_bytes)
        while left and (chunk := reading.read(min(left, _CHUNK_BYTES))):  # no more, however fast it grows
            writing.write(chunk)
            left -= len(chunk)
