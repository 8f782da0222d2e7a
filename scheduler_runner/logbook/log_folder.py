"""A log's folder: its files, by name and calendar, in order, and which of them are old enough to go."""

import os
import re
from collections.abc import Collection
from datetime import date, timedelta
from typing import BinaryIO

from scheduler_runner.system.folders import is_link
from scheduler_runner.system.layout import NOT_TASKS, UserLayout
from scheduler_runner.system.own_files import open_own, remove_quietly

KEPT_DATES = 30
_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})(_detailed)?(?:\.(\d+))?\.log", re.ASCII)


def log_files_of(folder: str) -> list[str]:
    """Return the names of a log's files, in the order in which they were written, detailed ones left out."""
    try:
        found = [match for name in os.listdir(folder) if (match := _log_name(name)) and not match[2]]
    except OSError:
        return []
    return [match[0] for match in sorted(found, key=lambda match: (match[1], int(match[3] or 0)))]


def remove_old_logs(folder: str, today: str, kept_dates: int = KEPT_DATES, beside: str | None = None) -> None:
    """Keep a log to its dates: a file goes that is old by the calendar and has as many later dates beside it.

    ``today`` is such a date, ``2026-11-24``. ``beside`` is the folder of another log, whose dates count as well.
    So neither a wrong clock nor a point that was closed for long empties a folder. Raises ``OSError``.
    """
    files = _by_date(folder)
    dates = {*files, *(_by_date(beside) if beside is not None else ())}
    kept = {today, *sorted(dates)[-max(1, kept_dates) :]}
    limit = (date.fromisoformat(today) - timedelta(days=kept_dates)).isoformat()
    for day in files:
        if day < limit and day not in kept:
            for name in files[day]:
                remove_quietly(os.path.join(folder, name))  # on Windows one that is being read: tomorrow


def clean_logs_of_gone_tasks(own: UserLayout, task_ids: Collection[str], today: str) -> None:
    """Keep the logs of tasks that are no longer there to the dates of the runner's own; nobody else opens them.

    ``task_ids`` are all tasks of the user. Raises ``OSError`` where the user's folder cannot be listed.
    """
    known = {name.lower() for name in (*task_ids, *NOT_TASKS)}
    for name in os.listdir(own.folder):
        folder = own.log(name)
        if name.lower() in known or is_link(folder) or not os.path.isdir(folder):
            continue
        try:
            remove_old_logs(folder, today, beside=own.log())
            os.rmdir(folder)
        except OSError:
            pass  # something is left in it, or it is not ours


def _by_date(folder: str) -> dict[str, list[str]]:
    """Return the names of a folder's log files by their dates, which are some of the calendar's."""
    files: dict[str, list[str]] = {}
    for name in os.listdir(folder):
        match = _log_name(name)
        if match:
            files.setdefault(match[1], []).append(name)
    return files


def _log_name(name: str) -> "re.Match[str] | None":
    """Return the parts of a log file's name: its date, whether it is detailed, its number; ``None`` for any other."""
    match = _NAME.fullmatch(name)
    try:
        date.fromisoformat(match[1] if match else "")
    except ValueError:
        return None
    return match


def open_log(path: str) -> BinaryIO:
    """Open a log of any account for reading; raises ``OSError`` for a link, a pipe or a device in its place.

    An administrator who reads or packs another account's logs must be led nowhere else, nor wait for ever.
    """
    return os.fdopen(open_own(path, is_anyones=True), "rb")
