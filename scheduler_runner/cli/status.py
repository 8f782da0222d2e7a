"""How this point is: what is wrong now and what to do, what runs, when the last tick came, what comes next.

Asked are the levels, of which notices, digest and pings tell, and those of the doctor's checks that need no time.
"""

import argparse
import json
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import NamedTuple

from config.base_config import PATH_CONFIG, Point, point
from scheduler_runner.cli.asking import DAY_SECONDS, Here, here, history_of, tick_now
from scheduler_runner.cli.commands import screen
from scheduler_runner.cli.doctor import Found, show_findings
from scheduler_runner.cli.log import last_words
from scheduler_runner.cli.screen import Screen
from scheduler_runner.cli.why import CAUSES, span
from scheduler_runner.doctor.checks import CHECKS, look
from scheduler_runner.doctor.checks_work import findings_of
from scheduler_runner.doctor.patient import Patient
from scheduler_runner.errors import ConfigError, ExitCode, LedgerUnavailable
from scheduler_runner.notices.digest import PointState
from scheduler_runner.notices.numbers import Day
from scheduler_runner.phrases import Phrase
from scheduler_runner.reasons import Gap, gaps
from scheduler_runner.records.history import TickSeen
from scheduler_runner.runs.task_lock import read_holder
from scheduler_runner.russian import grouped
from scheduler_runner.schedule_config import Schedule, load_schedule
from scheduler_runner.system.filesystem import free_bytes
from scheduler_runner.system.process_identity import is_alive
from scheduler_runner.version import VERSION

_NEXT_RUNS = 5
_MOST_GAPS = 3
_HOURS_DAYS = 7
_GIBIBYTE = 1024**3
_FREE_SECONDS = 2.0
# What can be looked at at once, without Task Scheduler, rights or servers: the doctor has the rest.
_QUICK = ("packages", "configuration", "choices", "space", "ticks")


class Picture(NamedTuple):
    """How the point is at this moment."""

    place: Here
    settings: Point
    state: PointState
    found: Found
    ticks: Mapping[str, float]
    """When the last tick of each user came, 0 for never; of those whose ledger can be read."""
    quiet: tuple[Gap, ...]
    """When no tick came at all since yesterday."""
    today: Day | None
    waiting: tuple[float, ...]
    """Of when the notices are that wait to be sent."""

    @property
    def is_wrong(self) -> bool:
        """Whether somebody has to do something."""
        return any(finding.is_drift for _, finding in self.found)

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong, and something was seen to work."""
        return not self.is_wrong and self.state.worked_at is not None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how to tell."""
    parser.add_argument("--json", action="store_true", help="for programs")


def run(arguments: argparse.Namespace) -> int:
    """Show; return 0 where all is well, else 1."""
    picture = take_picture()
    if arguments.json:
        json.dump(_values(picture), sys.stdout, ensure_ascii=False, indent=2)
        print()
    else:
        _show(screen(), picture)
    return int(ExitCode.OK if picture.is_well else ExitCode.TASK_FAILED)


def take_picture() -> Picture:
    """Look at everything that can be seen at once. Raises ``ConfigError`` where the INI is wrong."""
    place, settings = here(), point()
    schedule = load_schedule()
    state = PointState(PATH_CONFIG["LOGS_ROOT"], schedule.tasks, place.now)
    work = next(check for check in CHECKS if check.name == "work")
    found = [(work, finding) for finding in findings_of(state, place.now, place.zone)]
    found += look(_patient(settings, schedule), [check for check in CHECKS if check.name in _QUICK])
    seen = _ticks(place)
    return Picture(
        place,
        settings,
        state,
        found,
        ticks={user: max((tick.started_at for tick in ticks), default=0.0) for user, ticks in seen.items()},
        quiet=_quiet(place, seen),
        today=state.day(place.midnight(place.today()), place.now + 1, place.now + 1, place.zone),
        waiting=tuple(state.waiting()),
    )


def _patient(settings: Point, schedule: Schedule) -> Patient:
    return Patient(
        project_root=PATH_CONFIG["BASE_DIR"],
        logs_root=PATH_CONFIG["LOGS_ROOT"],
        config_path=settings.path,
        now=time.time(),
        users=tuple(sorted({task.user.lower() for task in schedule.tasks if task.enabled})),
        schedule=schedule,
        point=settings,
    )


def _ticks(place: Here) -> dict[str, list[TickSeen]]:
    """Return the ticks since yesterday, and the one before, by user; whose ledger cannot be read, a check has told."""
    found = {}
    for user in place.users():
        try:
            with history_of(place, user) as history:
                found[user] = history.ticks(_yesterday(place), place.now + DAY_SECONDS)
        except LedgerUnavailable:
            continue
    return found


def _quiet(place: Here, seen: Mapping[str, list[TickSeen]]) -> tuple[Gap, ...]:
    """Return the times since yesterday's midnight at which nobody's ticks came."""
    merged = sorted((tick for ticks in seen.values() for tick in ticks), key=lambda tick: tick.started_at)
    if not merged:
        return ()
    found = gaps([*merged, tick_now()], place.tick_seconds)
    return tuple(gap for gap in found if gap.until > _yesterday(place))


def _yesterday(place: Here) -> int:
    return place.midnight(place.today() - timedelta(days=1))


def _show(shown: Screen, picture: Picture) -> None:
    place = picture.place
    _show_headline(shown, picture)
    show_findings(shown, picture.found)
    if picture.today is not None:
        shown.say(said_of_today(picture.today, place))
    for title, since, words in _running(place):
        shown.say("runs now: {title}, since {since}", title=title, since=since)
        if words:
            shown.say(words, indent=2, look="faint")
    for user, tick in picture.ticks.items():
        shown.say("last tick of {user}: {moment}", user=user, moment=place.moment(tick) if tick else Phrase("never"))
    for gap in picture.quiet[-_MOST_GAPS:]:
        shown.say(Phrase(CAUSES[gap.cause], span=span(gap.since, gap.until, place)), look="faint")
    if picture.waiting:
        first = place.moment(picture.waiting[0])
        shown.say("notices that wait to be sent: {count}, since {since}", count=len(picture.waiting), since=first)
    coming = _coming(place)
    if coming:
        shown.say("next: {runs}", runs=", ".join(f"{place.moment(slot)} {title}" for slot, title in coming))
    hours = _hours(place, picture.settings)
    if hours:
        shown.say("open: {hours}", hours=hours)
    for folder, free in _free_bytes(picture.settings).items():
        if free is not None:
            shown.say("free: {folder} {free:.1f} GiB", folder=folder, free=free / _GIBIBYTE)
    shown.say("version {version}", version=VERSION, look="faint")


def _show_headline(shown: Screen, picture: Picture) -> None:
    name, quiet_checks = picture.settings.pvz_id, {"work", "ticks"}
    if picture.is_wrong:
        shown.say("{point}: something is wrong", point=name, look="bad")
    elif picture.state.worked_at is None:
        shown.say("{point}: nothing is known yet", point=name, look="odd")
    elif any(check.name in quiet_checks for check, _ in picture.found):  # muted, paused, or not to be seen from here
        shown.say("{point}: nothing new is wrong", point=name, look="odd")
    else:
        worked = picture.place.moment(picture.state.worked_at)
        shown.say("{point}: all is well, last seen to work at {moment}", point=name, moment=worked, look="good")


def said_of_today(day: Day, place: Here) -> Phrase:
    """Return what today has been like so far."""
    told = Phrase("today: first tick {moment}", moment=place.moment(day.opened_at))
    if day.recorded is not None:
        told = Phrase("{day}, recordings written: {count}", day=told, count=grouped(day.recorded))
    if day.copied is not None:
        told = Phrase("{day}, copied: {count}", day=told, count=grouped(day.copied))
        told = Phrase("{day}, left: {count}", day=told, count=grouped(day.left)) if day.left else told
    return told


def _running(place: Here) -> Iterator[tuple[str, str, str]]:
    """Yield what runs: its title, since when, and its last line in the log, which tells how far it is."""
    for task in place.tasks:
        own = place.layout.user(task.user)
        holder = read_holder(own.task_lock(task.id), is_anyones=True)
        if holder is not None and is_alive(holder.child_pid, holder.child_birth):
            yield task.shown, holder.since[11:16], last_words(own.log(task.id), f"{place.today():%Y-%m-%d}")


def _coming(place: Here) -> list[tuple[int, str]]:
    slots = ((task.plan.next(int(place.now), place.zone), task.shown) for task in place.tasks if task.enabled)
    return sorted((slot, title) for slot, title in slots if slot is not None)[:_NEXT_RUNS]


def _hours(place: Here, settings: Point) -> str:
    """Return the hours of the next days, each as ``27.11 09:00-21:00``; of a closed one ``27.11 -``."""
    try:
        hours = settings.hours
    except ConfigError:
        return ""  # told among the findings
    told = []
    for ahead in range(_HOURS_DAYS):
        day = place.today() + timedelta(days=ahead)
        open_at = hours.of(day)
        shown = "-" if open_at is None else "-".join(f"{minute // 60:02d}:{minute % 60:02d}" for minute in open_at)
        told.append(f"{day:%d.%m}\u00a0{shown}")
    return ", ".join(told)


def _disks(settings: Point) -> list[str]:
    try:
        from scheduler_runner.tasks.cameras.settings import load_camera_settings

        cameras = load_camera_settings(settings.path)
    except (ImportError, ConfigError):
        return [PATH_CONFIG["LOGS_ROOT"]]
    return [*cameras.local_roots, cameras.network_root]


def _free_bytes(settings: Point) -> dict[str, int | None]:
    """Return what is free on each disk; ``None`` where it does not tell, as a drive on a dead server does not."""
    found: dict[str, int | None] = dict.fromkeys(_disks(settings))
    threads = [
        threading.Thread(target=lambda folder=folder: found.update({folder: free_bytes(folder)}), daemon=True)
        for folder in found
    ]
    for thread in threads:
        thread.start()
    until = time.monotonic() + _FREE_SECONDS
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return dict(found)


def _values(picture: Picture) -> dict[str, object]:
    place, state = picture.place, picture.state
    return {
        "point": picture.settings.pvz_id,
        "mode": picture.settings.env_mode,
        "version": VERSION,
        "at": place.now,
        "ok": picture.is_well,
        "worked_at": state.worked_at,
        "concerns": [asdict(concern) for concern in state.concerns],
        "brakes": [asdict(brake) for brake in state.brakes],
        "findings": [
            {"check": check.name, "what": str(each.what), "cure": str(each.cure), "is_drift": each.is_drift}
            for check, each in picture.found
        ],
        "today": picture.today and asdict(picture.today),
        "last_ticks": picture.ticks,
        "away": [{"cause": gap.cause.value, "since": gap.since, "until": gap.until} for gap in picture.quiet],
        "waiting": picture.waiting,
        "running": [{"title": title, "since": since, "says": says} for title, since, says in _running(place)],
        "next": [{"slot": slot, "title": title} for slot, title in _coming(place)],
        "free_bytes": _free_bytes(picture.settings),
    }
