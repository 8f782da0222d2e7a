"""Which log files are old enough to go; what has not the name of a log is left alone."""

import os
import re
from collections.abc import Collection
from datetime import date, timedelta

from scheduler_runner.system.folders import is_link
from scheduler_runner.system.layout import NOT_TASKS, UserLayout
from scheduler_runner.system.own_files import remove_quietly

KEPT_DATES = 30
_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})(?:_detailed)?(?:\.\d+)?\.log", re.ASCII)


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
        match = _NAME.fullmatch(name)
        if match and _is_date(match[1]):
            files.setdefault(match[1], []).append(name)
    return files


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
