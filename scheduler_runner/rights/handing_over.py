"""Give files and folders to an account, or to all, without following a link: what ``--harden`` runs on POSIX.

What is given away lies in folders that ordinary accounts may change while this is under way. So every name is opened
on its own, from the root on, none of them through a link, and it is the opened file that is given, not its name. A file
with a second name stays as it is: that one may be anybody's.
"""

import argparse
import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

if sys.platform == "win32":  # for mypy, which reads this file on every system
    raise ImportError("this module is for POSIX: on Windows icacls does it")

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
_SHARED_FOLDER_MODE = 0o1777
_LOCK_MODE = 0o666
_SECRET_MODE = 0o600
_DEEPEST = 60
_HANDED_DOWN = "system.posix_acl_default"


def main(argv: Sequence[str] | None = None) -> int:
    """Hand over what the command line names; return 0, or 1 after a sentence."""
    parser = argparse.ArgumentParser(prog="handing_over", description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=tuple(_WAYS))
    parser.add_argument("path")
    parser.add_argument("uid", type=int)
    parser.add_argument("gid", type=int)
    arguments = parser.parse_args(argv)
    try:
        _WAYS[arguments.what](arguments.path, arguments.uid, arguments.gid)
    except OSError as error:
        print(f"{arguments.path}: {error.strerror or error}", file=sys.stderr)  # noqa: T201 - its one answer
        return 1
    return 0


def give_tree(path: str, uid: int, gid: int) -> None:
    """Give a folder with all that is in it to an account, which alone may change it then. Raises ``OSError``."""
    folder = _opened(path, _FOLDER)
    try:
        for descriptor in chain(_contents(folder), [folder]):
            os.fchown(descriptor, uid, gid)
            os.fchmod(descriptor, stat.S_IMODE(os.fstat(descriptor).st_mode) & ~0o022)
    finally:
        os.close(folder)


def disinherit(path: str, uid: int, gid: int) -> None:
    """Take away what a folder, and each one below it, would grant to others on what is made in it. Raises ``OSError``.

    Such a list overrules the umask: a folder that root makes later would be open to whom an earlier owner named.
    """
    folder = _opened(path, _FOLDER)
    try:
        for _, inner in _folders(folder):
            try:
                os.removexattr(inner, _HANDED_DOWN)
            except OSError as error:
                if error.errno not in (errno.ENODATA, errno.ENOTSUP):
                    raise
    finally:
        os.close(folder)


def share_locks(path: str, uid: int, gid: int) -> None:
    """Let every account make and take the locks in a folder, and none remove another's. Raises ``OSError``."""
    folder = _opened(path, _FOLDER)
    try:
        for descriptor in _contents(folder):
            if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
                os.fchmod(descriptor, _LOCK_MODE)
        os.fchown(folder, uid, gid)
        os.fchmod(folder, _SHARED_FOLDER_MODE)
    finally:
        os.close(folder)


def restrict(path: str, uid: int, gid: int) -> None:
    """Let one account, and root, read a file, and nobody else. Raises ``OSError``."""
    descriptor = _opened(path, _FILE)
    try:
        if not _has_one_name(descriptor):
            raise OSError("it is no plain file, or has a second name: make it anew")
        os.fchown(descriptor, uid, gid)
        os.fchmod(descriptor, _SECRET_MODE)
    finally:
        os.close(descriptor)


_WAYS: dict[str, Callable[[str, int, int], None]] = {
    "give": give_tree,
    "share": share_locks,
    "restrict": restrict,
    "disinherit": disinherit,
}


def _opened(path: str, flags: int) -> int:
    """Open a path, one name after the other, so that no link is followed on the way. Raises ``OSError``."""
    *above, last = os.path.abspath(path).strip(os.sep).split(os.sep)
    folder = os.open(os.sep, _FOLDER)
    try:
        for name in above:
            inner = os.open(name, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(last, flags, dir_fd=folder)
    finally:
        os.close(folder)


def _contents(folder: int) -> Iterator[int]:
    """Yield descriptors of the plain files and folders below an opened folder, each closed when the next one comes."""
    for names, above in _folders(folder):
        for name in names:
            try:
                descriptor = os.open(name, _FILE, dir_fd=above)
            except OSError:
                continue  # a link, or gone: nothing to hand over
            try:
                if stat.S_ISDIR(os.fstat(descriptor).st_mode) or _has_one_name(descriptor):
                    yield descriptor
            finally:
                os.close(descriptor)


def _folders(folder: int) -> Iterator[tuple[list[str], int]]:
    """Yield the names in an opened folder and in those below it, with a descriptor of each; nothing of ours is deeper.

    Folders within folders without end would keep an administrator from ever hardening.
    """
    for path, folders, files, descriptor in os.fwalk(".", follow_symlinks=False, dir_fd=folder):
        names = [*folders, *files]
        if path.count(os.sep) >= _DEEPEST:
            folders.clear()
        yield names, descriptor


def _has_one_name(descriptor: int) -> bool:
    status = os.fstat(descriptor)
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1


if __name__ == "__main__":
    sys.exit(main())
