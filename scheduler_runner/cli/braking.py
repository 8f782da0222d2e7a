"""What ``mute``, ``pause`` and ``resume`` share: an end as people write it, and the file of each user."""

import argparse
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from scheduler_runner.cli.asking import Here
from scheduler_runner.errors import UsageError
from scheduler_runner.notices.brakes import KEPT_SECONDS, MOST_SECONDS, Brake, BrokenBrakes, read_brakes, write_brakes
from scheduler_runner.notices.levels import Level, State
from scheduler_runner.notices.news import CAUSE, SUBJECT, TASK
from scheduler_runner.records.ledger_file import LedgerFile
from scheduler_runner.records.levels import read_levels
from scheduler_runner.system.folders import require_own_folder
from scheduler_runner.system.layout import UserLayout

_DAYS = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")
_ENGLISH = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Known(NamedTuple):
    """A level of one user's, as a mute may name it."""

    user: str
    level: Level

    @property
    def called(self) -> str:
        """What people call it: a task by its name, a camera by its id, a cause by its name."""
        return self.level.name.rpartition("/")[2]


def add_until(parser: argparse.ArgumentParser) -> None:
    """Add what both need: an end, and why."""
    parser.add_argument(
        "--until",
        required=True,
        metavar="WHEN",
        help='"пн 09:00", "mon 09:00", "01.12 09:00", 18:00 or 3d; 14 days at most',
    )
    parser.add_argument("--why", default="", help="for whoever reads it in the digest")


def end_of(text: str, place: Here) -> float:
    """Return the moment that an end means, in seconds since 1970. Raises ``UsageError``."""
    until = _moment(" ".join(text.lower().split()), place)
    if until is None:
        raise UsageError('{text} is no end: "пн 09:00", "01.12 09:00", 18:00 or 3d would be right', text=text)
    if not 0 < until - place.now <= MOST_SECONDS:
        raise UsageError("{text} does not lie within the next 14 days", text=text)
    return until


def levels_of(place: Here) -> list[Known]:
    """Return what lasts in all users' ledgers. Raises ``LedgerUnavailable``."""
    found = []
    for user in place.users():
        own = place.layout.user(user)
        if os.path.isfile(own.ledger):
            file = LedgerFile(own.ledger, is_read_only=True)
            try:
                found += [Known(user, Level.of(row)) for row in file.read(read_levels)]
            finally:
                file.close()
    return found


def meant(name: str, place: Here, known: Sequence[Known]) -> list[Known]:
    """Return the levels that a name stands for: a task with what explains it, a camera everywhere, a cause."""
    tasks = {(task.user.lower(), task.id) for task in place.tasks if task.is_called(name)}
    found = [each for each in known if (each.user, each.level.name) in tasks and each.level.kind == TASK]
    causes = {str(each.level.facts.get("cause")) for each in found if each.level.state.is_wrong}
    for each in known:
        level = each.level
        is_part = level.kind == SUBJECT and (each.user, level.name.partition("/")[0]) in tasks
        is_cause = level.kind == CAUSE and level.name in causes
        is_named = level.kind in (SUBJECT, CAUSE) and each.called.lower() == name.lower()
        if is_named or ((is_part or is_cause) and level.state is State.FAILS):
            found.append(each)
    for user, task in tasks:
        if not any(each.user == user and each.level.kind == TASK for each in found):
            found.append(Known(user, Level(TASK, task)))
    return found


def change(own: UserLayout, now: float, work: "Callable[[list[Brake]], list[Brake]]", *, is_anew: bool = False) -> None:
    """Let ``work`` change what is in force for one user, under a lock, and write it, old entries left out.

    ``is_anew``: what cannot be read is written anew. Raises :class:`BrokenBrakes`, ``UsageError``.
    """
    from scheduler_runner.system.locks import try_lock

    try:
        for folder in (own.folder, own.locks):
            require_own_folder(folder, is_anyones=True)  # an administrator brakes another's tasks, and follows no link
        os.makedirs(own.locks, exist_ok=True)
        lock = try_lock(own.task_lock("brakes"), is_shared_by_users=True)  # the account's and administrators'
        if lock is None:
            raise UsageError("another command is changing {path}: try again", path=own.brakes)
        with lock:
            try:
                brakes = [*read_brakes(own.brakes, is_anyones=True)]
            except BrokenBrakes:
                if not is_anew:
                    raise
                brakes = []
            kept = [brake for brake in brakes if now - KEPT_SECONDS < brake.until <= now + MOST_SECONDS]
            write_brakes(own.brakes, work(kept))
    except OSError as error:
        raise UsageError(
            "{path} cannot be written ({error}): it is for the account {user} and for administrators",
            path=own.brakes, error=error.strerror or error, user=own.name,
        ) from error  # fmt: skip


def by_user(found: Iterable[Known]) -> dict[str, list[str]]:
    """Return the names of levels by their user."""
    names: dict[str, list[str]] = {}
    for each in found:
        names.setdefault(each.user, []).append(each.level.key)
    return names


def _moment(text: str, place: Here) -> float | None:
    now = datetime.fromtimestamp(place.now, place.zone)
    if text[-1:] in ("d", "h", "m", "д", "ч") and text[:-1].isdecimal():
        unit = {"d": 86400, "д": 86400, "h": 3600, "ч": 3600, "m": 60}[text[-1]]
        return place.now + int(text[:-1]) * unit
    day, _, clock = text.rpartition(" ")
    minute = _minute(clock)
    if minute is None:
        return None
    midnight = _midnight(day, now)
    if midnight is None:
        return None
    at = midnight + timedelta(minutes=minute)
    step = timedelta(days=1) if not day else timedelta(days=7)
    if at <= now and (not day or day[:3] in (*_DAYS, *_ENGLISH)):
        at += step
    return at.timestamp()


def _midnight(day: str, now: datetime) -> datetime | None:
    """Return the beginning of a day: today's where none is named, of a weekday the next one's, else of the date."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    names = _DAYS if day in _DAYS else _ENGLISH
    if not day:
        return today
    if day in names:
        return today + timedelta(days=(names.index(day) - now.weekday()) % 7)
    try:
        number, month, *year = (int(part) for part in day.split("."))
        date = today.replace(year=year[0] if year else now.year, month=month, day=number)
        return date if year or date >= today else date.replace(year=now.year + 1)
    except (ValueError, TypeError):
        return None


def _minute(clock: str) -> int | None:
    hour, _, minute = clock.partition(":")
    if not (hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60):
        return None
    return int(hour) * 60 + int(minute)
