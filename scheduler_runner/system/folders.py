"""Folders that this product writes to, and no others: one that is a link could lead anywhere."""

import os
import stat
import sys
from functools import lru_cache

from scheduler_runner.errors import SchedulerError

_NOT_IN_NAMES = frozenset('<>:"/\\|?*')
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
)
_MAX_NAME = 60
_NAME_SURROGATE = 0x20000000  # IsReparseTagNameSurrogate of winnt.h


class NotOurs(SchedulerError, OSError):
    """What stands in a file's or folder's place is not this account's: it is neither read nor written to."""


def ensure_plain_folder(path: str, below: str | None = None, *, is_anyones: bool = False) -> None:
    """Make the folder ``path`` where it is missing. Raises ``OSError``, :class:`NotOurs` for a link or junction.

    With ``below``, every folder from there down to ``path`` must be plain; ``below`` itself may be a link. On POSIX
    they have to belong to this account or to root: whose folder it is can put something else in any file's place.
    ``is_anyones``: the folder itself need not, as nothing in it decides anything.
    """
    for folder in _folders_between(below, path) if below is not None else ():
        require_own_folder(folder)
    require_own_folder(path, is_anyones=is_anyones)
    if not os.path.isdir(path):
        os.makedirs(path, exist_ok=True)


def require_own_folder(path: str, *, is_anyones: bool = False) -> None:
    """Raise :class:`NotOurs` for a link, and for another account's folder. One that is not there is no error."""
    try:
        status = os.lstat(path)
    except OSError:
        return
    if stat.S_ISLNK(status.st_mode) or leads_elsewhere(status):
        raise NotOurs("{path} is a link: a plain folder is needed there", path=path)
    if not is_anyones and not is_trusted(status):
        raise NotOurs("{path} belongs to another account, who could put anything in it", path=path)


def ensure_shared_folder(path: str, below: str | None = None) -> None:
    """Make the folder ``path``, in which every account may make files, where it is missing; see above."""
    is_new = not os.path.isdir(path)
    ensure_plain_folder(path, below, is_anyones=True)
    if is_new and os.name == "posix":
        # Sticky: of another account's files nobody can take one away. On Windows the folder above passes its rights on.
        os.chmod(path, 0o1777)  # noqa: S103 - locks are all that lies there, and they are meant for all


@lru_cache(maxsize=256)  # each entry names its user
def is_folder_name(name: str) -> bool:
    """Return whether ``name``, of at most 60 letters, may be part of a folder's name on Windows.

    >>> is_folder_name("CopyScript"), is_folder_name("a/b"), is_folder_name("nul"), is_folder_name("x.")
    (True, False, False, False)
    """
    if not 0 < len(name) <= _MAX_NAME or name != name.strip() or name[0] == "." or name[-1] == ".":
        return False
    if not name.isprintable():  # control characters, half letters
        return False
    return name.partition(".")[0].rstrip().lower() not in _DEVICES and not _NOT_IN_NAMES.intersection(name)


def is_link(path: str) -> bool:
    """Return whether ``path`` is a symbolic link or a junction."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISLNK(status.st_mode) or leads_elsewhere(status)


def is_same_folder(path: str, other: str) -> bool:
    """Return whether two names lead to one folder; not where one of them is not there."""
    try:
        return os.path.samefile(path, other)
    except OSError:
        return False


def is_strangers(path: str) -> bool:
    """Return whether what stands at ``path`` belongs to neither this account nor root; on Windows never."""
    try:
        return not is_trusted(os.lstat(path))
    except OSError:
        return False


def leads_elsewhere(status: os.stat_result) -> bool:
    """Return whether a status on Windows is that of a link or junction.

    Other reparse points are files as they are: a cloud drive's placeholders, deduplicated files.
    """
    return bool(getattr(status, "st_reparse_tag", 0) & _NAME_SURROGATE)


if sys.platform == "win32":

    def is_trusted(status: os.stat_result) -> bool:
        """Return whether a status is that of what is this account's or root's; on Windows the rights above it tell."""
        return True

else:

    def is_trusted(status: os.stat_result) -> bool:
        """Return whether a status is that of what is this account's or root's; on Windows the rights above it tell."""
        return status.st_uid in (0, os.geteuid())


def _folders_between(top: str, path: str) -> list[str]:
    folders = []
    folder = os.path.dirname(path)
    while len(folder) > len(top) and folder.startswith(top):
        folders.append(folder)
        folder = os.path.dirname(folder)
    return folders
