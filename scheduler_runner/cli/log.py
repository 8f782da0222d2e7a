"""A task's log of today, or of one run; ``--follow`` shows what is added, past midnight and into the next files."""

import argparse
import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, tzinfo

from scheduler_runner.cli.asking import Here, here, history_of
from scheduler_runner.errors import UsageError
from scheduler_runner.logbook.log_folder import log_files_of, open_log
from scheduler_runner.screens.chosen import screen
from scheduler_runner.system.layout import RUNNER

_LOOK_SECONDS = 0.3
_STAMP = "%Y-%m-%d %H:%M:%S.%f"
_STAMP_LETTERS = 23
_LAST_BYTES = 4096
_END_BYTES = 2 * 1024 * 1024
_LINE_LETTERS = 400


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add whose log, and how much of it."""
    parser.add_argument("task", metavar="TASK", help=f"a task, or {RUNNER}: the ticks")
    parser.add_argument("--user", help=f"whose, for {RUNNER}")
    parser.add_argument("--follow", "-f", action="store_true", help="go on showing what is added, until Ctrl+C")
    parser.add_argument("--run", metavar="RUN", help="the part of one run, by the beginning of its name")


def run(arguments: argparse.Namespace) -> int:
    """Show; return 0."""
    place = here()
    user, name = _whose(place, arguments.task, arguments.user)
    folder = place.layout.user(user).log(name)
    shown = screen()
    if arguments.run:
        with history_of(place, user) as history:
            found = [each for each in history.run(arguments.run) if each.task == name]
        if len(found) != 1:
            raise UsageError("there is no one run {name}: pvz history shows their names", name=arguments.run)
        lines = lines_between(folder, found[0].started_at, found[0].ended_at or place.now, place.zone)
    else:
        today = f"{place.today():%Y-%m-%d}"
        lines = following(folder, today) if arguments.follow else _lines_of(folder, today, today)
    is_empty = True
    for line in lines:
        is_empty = False
        shown.copy(line)
    if is_empty:
        shown.say("nothing is in {folder} today", folder=folder)
    return 0


def lines_between(folder: str, since: float, until: float, zone: tzinfo) -> Iterator[str]:
    """Yield the lines that were written in a time, with those that belong to them; seconds since 1970."""
    first = datetime.fromtimestamp(since, zone).replace(tzinfo=None) - timedelta(seconds=1)
    last = datetime.fromtimestamp(until, zone).replace(tzinfo=None) + timedelta(seconds=1)
    for line in _lines_of(folder, f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}"):
        try:
            is_in = first <= datetime.strptime(line[:_STAMP_LETTERS], _STAMP) <= last
        except ValueError:
            continue  # the rest of a line that a full disk cut
        if is_in:
            yield line


def last_lines(folder: str, since: float, until: float, zone: tzinfo, most: int) -> tuple[str, ...]:
    """Return the last lines that were written in a time: of a log of gigabytes the end of each file is looked at."""
    first, last = (datetime.fromtimestamp(moment, zone).replace(tzinfo=None) for moment in (since, until or since))
    stamps = f"{first - timedelta(seconds=1):{_STAMP}}"[:_STAMP_LETTERS], f"{last + timedelta(seconds=1):{_STAMP}}"
    found: list[str] = []
    for name in reversed(log_files_of(folder)):
        if not stamps[0][:10] <= name[:10] <= stamps[1][:10]:
            continue
        path = os.path.join(folder, name)
        content = _read(path, max(0, _size(path) - _END_BYTES))
        for line in reversed(content.decode("utf-8", "replace").splitlines()):
            if line[:_STAMP_LETTERS] < stamps[0] and line[:4].isdecimal():
                return tuple(reversed(found))
            if stamps[0] <= line[:_STAMP_LETTERS] <= stamps[1]:
                found.append(line[:_LINE_LETTERS])
            if len(found) == most:
                return tuple(reversed(found))
    return tuple(reversed(found))


def following(folder: str, today: str, wait: Callable[[], object] = lambda: time.sleep(_LOOK_SECONDS)) -> Iterator[str]:
    """Yield today's lines and then those that are added; a file is left for the next one when all of it was read.

    ``wait`` is called between two looks; who reads ends it.
    """
    seen, position, rest = "", 0, b""
    while True:
        names = [name for name in log_files_of(folder) if name[:10] >= today]
        later = names if not seen else names[names.index(seen) + 1 :] if seen in names else names
        if not seen and later:
            seen, later = later[0], later[1:]
        content = _read(os.path.join(folder, seen), position) if seen else b""
        position += len(content)
        *whole, rest = (rest + content).split(b"\n")
        for line in whole:
            yield line.decode("utf-8", "replace")
        if content:
            continue
        if later:
            seen, position, rest = later[0], 0, b""
        else:
            wait()


def last_words(folder: str, day: str) -> str:
    """Return the last line of a log on a day, ``2026-11-24``, without time and level; ``""`` where there is none."""
    names = [name for name in log_files_of(folder) if name[:10] == day]
    try:
        with open_log(os.path.join(folder, names[-1])) as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _LAST_BYTES))
            line = file.read().decode("utf-8", "replace").rstrip().rpartition("\n")[2]
    except (OSError, IndexError):
        return ""
    return line[_STAMP_LETTERS:].lstrip().partition(" ")[2].strip().removeprefix("progress: ")


def _whose(place: Here, name: str, user: str | None) -> tuple[str, str]:
    """Return user and folder of a log. Raises ``UsageError``."""
    if name.lower() == RUNNER:
        users = [user] if user else place.users()
        if len(users) != 1:
            raise UsageError("whose ticks? --user {users} would be right", users=" or ".join(users))
        return users[0], RUNNER
    task = place.one(name, user)
    return task.user, task.id


def _lines_of(folder: str, first_day: str, last_day: str) -> Iterator[str]:
    for name in log_files_of(folder):
        if first_day <= name[:10] <= last_day:
            content = _read(os.path.join(folder, name), 0)
            yield from content.decode("utf-8", "replace").splitlines()


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


def _read(path: str, position: int) -> bytes:
    try:
        with open_log(path) as file:
            file.seek(position)
            return file.read()
    except OSError:
        return b""  # it was cleaned away meanwhile
