"""Remove folders that a clean-up left empty, or with nothing in them that is of use to anybody."""

import logging
import os
import time

from scheduler_runner.system.filesystem import delete_file, delete_folder_if_empty, delete_tree, is_linked, is_partial
from scheduler_runner.tasks.cameras.layouts import is_rubbish, is_unfinished

_DEAD_SECONDS = 7 * 86400.0
"""No copy is under way for so long."""

logger = logging.getLogger(__name__)


def drop_emptied(root: str, path: str) -> None:
    """Remove a folder below ``root`` if nothing is in it, or only rubbish and copies that were never finished.

    What cannot be removed stays, and is for the log.
    """
    folder = os.path.join(root, path)
    try:
        if delete_folder_if_empty(root, folder):
            return
        for entry in _useless(folder) or ():
            if entry.is_dir(follow_symlinks=False):
                delete_tree(root, entry.path)
            else:
                delete_file(root, entry.path)
        delete_folder_if_empty(root, folder)
    except FileNotFoundError:
        return  # it is gone already
    except (OSError, ValueError) as error:
        logger.warning("an emptied folder cannot be removed: %s", error)


def drop_dead_partials(root: str, path: str) -> None:
    """Remove copies that were never finished, by whatever PC, from a folder below ``root`` that is never emptied.

    Those of this PC go with its next copy. What cannot be removed stays, and is for the log.
    """
    try:
        with os.scandir(os.path.join(root, path)) as entries:
            dead = [entry.path for entry in entries if is_partial(entry.name) and _is_dead(entry)]
        for partial in dead:
            delete_file(root, partial)
    except (OSError, ValueError) as error:
        logger.warning("unfinished copies cannot be removed: %s", error)


def _useless(folder: str) -> "list[os.DirEntry[str]] | None":
    """Return what alone keeps a folder, all of no use to anybody; ``None`` where something else is in it.

    Unfinished copies and downloads, by whatever PC, count once nobody can be at work on them any more.
    """
    with os.scandir(folder) as entries:
        found = list(entries)
    for entry in found:
        if is_linked(entry) or not is_rubbish(entry.name) or (is_unfinished(entry.name) and not _is_dead(entry)):
            return None
    return found


def _is_dead(entry: "os.DirEntry[str]") -> bool:
    status = entry.stat(follow_symlinks=False)
    # A finished copy has its source's time, until it is renamed.
    return max(status.st_mtime, status.st_ctime) < time.time() - _DEAD_SECONDS
