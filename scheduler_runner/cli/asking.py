"""What the commands that answer questions share: the point's tasks, their pasts, and how times are shown."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta, tzinfo
from typing import NamedTuple

from config.base_config import PATH_CONFIG, point
from config.ini import nearest
from scheduler_runner.errors import UsageError
from scheduler_runner.notices.brakes import Brake, BrokenBrakes, read_brakes
from scheduler_runner.phrases import Phrase
from scheduler_runner.plans.clock import PC_ZONE, zone_named
from scheduler_runner.records.history import History, TickSeen
from scheduler_runner.records.ledger import boot_number
from scheduler_runner.schedule_config import load_schedule
from scheduler_runner.system.clock import read_clock
from scheduler_runner.system.layout import Layout
from scheduler_runner.task import Task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from scheduler_runner.runs.task_lock import Holder

DAY_SECONDS = 86400
_UNITS = {"m": 60, "h": 3600, "d": DAY_SECONDS}


class Here(NamedTuple):
    """This point at this moment, in seconds since 1970."""

    tasks: tuple[Task, ...]
    zone: tzinfo
    now: float
    tick_seconds: float
    layout: Layout

    def chosen(self, name: str | None) -> tuple[Task, ...]:
        """Return the tasks that are meant: all, or the one called so. Raises ``UsageError`` with the nearest name."""
        if name is None:
            return self.tasks
        found = tuple(task for task in self.tasks if task.is_called(name))
        if not found:
            right = nearest(name, [task.name for task in self.tasks])
            raise UsageError("there is no task {name}: {right} would be right", name=name, right=right)
        return found

    def one(self, name: str, user: str | None) -> Task:
        """Return the one task that is meant. Raises ``UsageError`` where there is none, or several users have one."""
        found = self.chosen(name)
        meant = [task for task in found if user is None or task.user.lower() == user.lower()]
        if len(meant) != 1:
            users = " or ".join(sorted({task.user for task in found}))
            raise UsageError("whose task? --user {users} would be right", users=users)
        return meant[0]

    def users(self) -> list[str]:
        """Return whose tasks there are, each once."""
        return sorted({task.user.lower() for task in self.tasks})

    def midnight(self, day: date) -> int:
        """Return when a day begins here."""
        return int(datetime(day.year, day.month, day.day, tzinfo=self.zone).timestamp())

    def today(self) -> date:
        """Return the date that the wall shows here."""
        return datetime.fromtimestamp(self.now, self.zone).date()

    def date(self, seconds: float) -> date:
        """Return the date of a time here."""
        return datetime.fromtimestamp(seconds, self.zone).date()

    def moment(self, seconds: float) -> str:
        """Return a time as people read it: without the date where that is today's."""
        moment = datetime.fromtimestamp(seconds, self.zone)
        return f"{moment:%H:%M}" if moment.date() == self.today() else f"{moment:%d.%m %H:%M}"


def here() -> Here:
    """Return this point as it is now. Raises ``ConfigError`` where the INI is wrong."""
    settings = point()
    return Here(
        tasks=load_schedule().tasks,
        zone=zone_named(settings.timezone) or PC_ZONE,
        now=read_clock().wall,
        tick_seconds=settings.tick_minutes * 60.0,
        layout=Layout(PATH_CONFIG["LOGS_ROOT"]),
    )


@contextmanager
def history_of(place: Here, user: str) -> Iterator[History]:
    """Give one user's past. Raises ``LedgerUnavailable`` when it is asked and cannot be read."""
    history = History(place.layout.user(user).ledger)
    try:
        yield history
    finally:
        history.close()


def brakes_of(place: Here) -> tuple[list[tuple[str, Brake]], list[BrokenBrakes]]:
    """Return the mutes and pauses that are not forgotten yet, with whose they are, and which files cannot be read."""
    found, unread = [], []
    for user in place.users():
        try:
            found += [(user, brake) for brake in read_brakes(place.layout.user(user).brakes, is_anyones=True)]
        except BrokenBrakes as error:
            unread.append(error)
    return found, unread


def at_work(lock: str) -> "Holder | None":
    """Return who holds a task's lock and runs its program; ``None`` also where the package is missing that knows."""
    if not os.path.exists(f"{os.path.splitext(lock)[0]}.json"):
        return None  # nearly always, and a process is not asked after without need: that imports a good deal
    try:
        from scheduler_runner.runs.task_lock import read_holder
        from scheduler_runner.system.process_identity import is_alive

        holder = read_holder(lock, is_anyones=True)
        return holder if holder is not None and is_alive(holder.child_pid, holder.child_birth) else None
    except ImportError:  # a check of its own tells that
        return None


def tick_now() -> TickSeen:
    """Return this moment as if a tick came, so that the time since the last one is explained as any other."""
    clock = read_clock()
    return TickSeen(clock.wall, clock.wall, boot_number(clock), clock.since_boot, clock.awake)


def duration(seconds: float) -> Phrase:
    """Return a length of time as people say it."""
    if seconds < 60:
        return Phrase("{seconds:.0f} s", seconds=seconds)
    minutes = round(seconds / 60)
    if minutes < 120:
        return Phrase("{minutes} min", minutes=minutes)
    return Phrase("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)


def span_of(text: str) -> float:
    """Return a length of time such as ``7d``, ``12h``, ``30m``, in seconds. Raises ``UsageError``."""
    number, unit = text[:-1], text[-1:].lower()
    if unit not in _UNITS or not (number.isascii() and number.isdecimal()) or not 0 < int(number) < 10_000:
        raise UsageError("{text} is no length of time: 7d, 12h or 30m would be right", text=text)
    return float(int(number) * _UNITS[unit])


def day_of(text: str, today: date) -> date:
    """Return a date such as ``24.11`` (the last one that was), ``24.11.2026`` or ``2026-11-24``. Raises ``UsageError``.

    >>> day_of("31.12", date(2026, 11, 26))
    datetime.date(2025, 12, 31)
    """
    try:
        if "-" in text:
            return date.fromisoformat(text)
        day, month, *year = map(int, text.strip(".").split("."))
        if year:
            return date(year[0], month, day)
        this_year = date(today.year, month, day)
        return this_year if this_year <= today + timedelta(days=1) else date(today.year - 1, month, day)
    except (ValueError, IndexError):
        raise UsageError("{text} is no date: 24.11 or 24.11.2026 would be right", text=text) from None
