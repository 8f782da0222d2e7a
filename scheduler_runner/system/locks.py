"""OS locks on open files, taken without waiting.

The kernel frees such a lock when its holder dies, however it dies, so a lock is never stale and nothing
ever has to be broken. A lock file is never deleted: two processes could then hold "the" lock on two files.
"""

import os
import stat
import sys

from scheduler_runner.system.folders import is_trusted
from scheduler_runner.system.own_files import open_own

_NEVER_MARKED = 0


class FileLock:
    """A lock that this process holds. Made by :func:`try_lock`; a context manager that releases it.

    The file's modification time carries a *mark*, a whole number of seconds since 1970: it survives where no
    byte can be written any more. See :func:`read_mark`.
    """

    __slots__ = ("_descriptor", "path")

    def __init__(self, path: str, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    def fileno(self) -> int:
        """Return the descriptor; on POSIX a child that inherits it holds the lock too."""
        return self._descriptor

    def mark(self, seconds: int) -> None:
        """Set the mark. Raises ``OSError`` where even that is not possible."""
        _set_mark(self._descriptor, self.path, seconds)

    def release(self) -> None:
        """Free the lock, also for a descendant that still holds the descriptor. Harmless when repeated."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            _unlock(descriptor)
            os.close(descriptor)

    def leave_to_child(self) -> None:
        """Let go of the descriptor alone: on POSIX a child that inherited it goes on holding the lock."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)

    def __enter__(self) -> "FileLock":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def try_lock(path: str, *, is_shared_by_users: bool = False) -> FileLock | None:
    """Take the lock of the file ``path`` now, making the file where there is none; the folder must exist.

    ``is_shared_by_users``: any account may take this lock later. Returns ``None`` where another process (or
    another lock of this one) holds it. Raises ``OSError`` where no lock can be made: no rights, a full disk,
    a link or another account's file in its place.
    """
    descriptor = _open(path, is_shared_by_users)
    try:
        is_free = _lock(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    if not is_free:
        os.close(descriptor)
        return None
    return FileLock(path, descriptor)


def read_mark(path: str) -> int:
    """Return the mark of the lock file ``path``; 0 where there is no file of ours or it was never marked.

    A file's time of creation has a fraction of a second on every file system but FAT, a mark has none.
    """
    try:
        status = os.lstat(path)
    except OSError:
        return _NEVER_MARKED
    seconds, fraction = divmod(status.st_mtime_ns, 1_000_000_000)
    is_mark = fraction == 0 and stat.S_ISREG(status.st_mode) and is_trusted(status)
    return seconds if is_mark else _NEVER_MARKED


def mark_file(path: str, seconds: int) -> None:
    """Set the mark of a lock that is not held, making its file where there is none. Raises ``OSError``."""
    descriptor = open_own(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _set_mark(descriptor, path, seconds)
    finally:
        os.close(descriptor)


def _set_mark(descriptor: int, path: str, seconds: int) -> None:
    # By the descriptor where that can be: the name may be another file's by now.
    os.utime(descriptor if os.utime in os.supports_fd else path, (seconds, seconds))


def _open(path: str, is_shared: bool) -> int:
    try:
        return open_own(path, os.O_RDWR, is_anyones=is_shared)
    except FileNotFoundError:
        pass
    except OSError:
        # A lock needs no right to write: on a disk that became read-only it is the same file, and the same lock.
        return open_own(path, is_anyones=is_shared)
    try:
        descriptor = open_own(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666 if is_shared else 0o600)
    except FileExistsError:
        return open_own(path, os.O_RDWR, is_anyones=is_shared)
    if is_shared:
        _open_to_all(descriptor)
    return descriptor


if sys.platform == "win32":
    import errno
    import msvcrt

    def _lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            # Held is EACCES on Windows; Wine says nothing and leaves errno as it was.
            if error.errno in (errno.EBADF, errno.EINVAL):
                raise
            return False
        return True

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

    def _open_to_all(descriptor: int) -> None:
        """Leave it to the folder, whose rights a new file inherits."""

else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)

    def _open_to_all(descriptor: int) -> None:
        """Undo what the umask took: another account's runner has to open it."""
        os.fchmod(descriptor, 0o666)  # it is empty, and meant for all
