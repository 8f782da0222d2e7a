"""A request to end one run by hand: a file beside the task's lock that names the run.

The runner looks for it every second while the program runs, ends the tree and records that it was stopped. A request
that names another run than the one at work is an old one, and nobody's business.
"""

import os

from scheduler_runner.run_site import RunSite
from scheduler_runner.runs.task_lock import Holder, read_holder, record_path
from scheduler_runner.system.folders import require_own_folder
from scheduler_runner.system.own_files import read_own, remove_quietly, write_whole

_MOST_BYTES = 200


def ask_to_stop(site: RunSite, task_id: str) -> Holder | None:
    """Ask for the end of what runs for a task; return who runs it, ``None`` where nothing does. Raises ``OSError``.

    Whether it has ended tells the lock: it is free, and the record of its holder gone. An administrator may ask of
    another account's task: its runner looks at the request, and minds none that names another run than its own.
    """
    for folder in (site.own.folder, site.own.locks):
        require_own_folder(folder, is_anyones=True)
    for lock in _locks(site, task_id):
        try:
            os.lstat(record_path(lock))
        except (FileNotFoundError, NotADirectoryError):
            continue
        holder = read_holder(record_path(lock), is_anyones=True)
        if holder is not None:
            write_whole(_request_path(lock), holder.run_id.encode())
            return holder
    return None


def is_stop_asked(site: RunSite, task_id: str, run_id: str) -> bool:
    """Return whether somebody has asked for the end of this very run."""
    return any(_named_by(_request_path(lock)) == run_id for lock in _locks(site, task_id))


def forget_request(site: RunSite, task_id: str) -> None:
    """Remove a request that has been seen to."""
    for lock in _locks(site, task_id):
        remove_quietly(_request_path(lock))


def _locks(site: RunSite, task_id: str) -> tuple[str, str]:
    return site.own.task_lock(task_id), site.own_refuge.task_lock(task_id)


def _request_path(lock_path: str) -> str:
    return os.path.splitext(lock_path)[0] + ".stop"


def _named_by(path: str) -> str:
    try:
        return read_own(path, _MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
