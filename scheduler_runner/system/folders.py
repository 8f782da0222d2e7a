"""Folders that this product writes to, and no others: one that is a link could lead anywhere."""

import os
import stat

_NOT_IN_NAMES = frozenset('<>:"/\\|?*')
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
)
_MAX_NAME = 60
_NAME_SURROGATE = 0x20000000  # IsReparseTagNameSurrogate of winnt.h


def ensure_plain_folder(path: str, below: str | None = None) -> None:
    """Make the folder ``path`` where it is missing. Raises ``OSError``, also where it is a link or junction.

    With ``below``, every folder from there down to ``path`` must be plain; ``below`` itself may be a link.
    """
    if below is not None:
        for folder in _folders_between(below, path):
            if is_link(folder):
                raise OSError(f"{folder} is a link: a plain folder is needed there")
    if is_link(path):
        raise OSError(f"{path} is a link: a plain folder is needed there")
    if not os.path.isdir(path):
        os.makedirs(path, exist_ok=True)


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


def leads_elsewhere(status: os.stat_result) -> bool:
    """Return whether a status on Windows is that of a link or junction.

    Other reparse points are files as they are: a cloud drive's placeholders, deduplicated files.
    """
    return bool(getattr(status, "st_reparse_tag", 0) & _NAME_SURROGATE)


def _folders_between(top: str, path: str) -> list[str]:
    folders = []
    folder = os.path.dirname(path)
    while len(folder) > len(top) and folder.startswith(top):
        folders.append(folder)
        folder = os.path.dirname(folder)
    return folders
