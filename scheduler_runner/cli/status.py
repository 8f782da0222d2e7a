"""How this point is: what is wrong now and what to do, what runs, when the last tick came, what comes next."""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from config.base_config import PATH_CONFIG, Point, point
from config.launcher import pvz
from scheduler_runner.cli.asking import DAY_SECONDS, Here, here, history_of
from scheduler_runner.cli.commands import screen
from scheduler_runner.cli.doctor import show_findings
from scheduler_runner.cli.outcomes import OUTCOMES
from scheduler_runner.cli.screen import Screen
from scheduler_runner.doctor.checks import CHECKS, look
from scheduler_runner.doctor.patient import Check, Finding, Patient
from scheduler_runner.errors import ConfigError, ExitCode, LedgerUnavailable
from scheduler_runner.phrases import Phrase
from scheduler_runner.records.ledger import FinishedRun
from scheduler_runner.runs.task_lock import read_holder
from scheduler_runner.schedule_config import load_schedule
from scheduler_runner.system.filesystem import free_bytes
from scheduler_runner.system.process_identity import is_alive
from scheduler_runner.task import Outcome
from scheduler_runner.version import VERSION

_LOOK_BACK_SECONDS = 14 * DAY_SECONDS
_NEXT_RUNS = 5
_HOURS_DAYS = 7
_GIBIBYTE = 1024**3
_SAYS_NOTHING = (None, "", "skipped", "already_running", "stopped")
"""Outcomes of runs that were put off or ended by hand, or none yet: whether the task works they do not tell."""
# What can be looked at at once, without Task Scheduler, rights or servers: the doctor has the rest.
_QUICK = ("packages", "configuration", "choices", "space", "ticks")


class Fault(NamedTuple):
    """A task whose last run did not do what it is for."""

    title: str
    task: str
    since: float
    runs: int
    last: FinishedRun


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how to tell."""
    parser.add_argument("--json", action="store_true", help="for programs")


def run(arguments: argparse.Namespace) -> int:
    """Show; return 0 where all is well, else 1."""
    place, settings = here(), point()
    runs, ticks, unread = _pasts(place)
    faults = list(_faults(place, runs))
    found = list(look(_patient(place, settings), [check for check in CHECKS if check.name in _QUICK]))
    is_well = not faults and not any(finding.is_drift for _, finding in found)
    if arguments.json:
        json.dump(_values(place, settings, faults, ticks, found, is_well), sys.stdout, ensure_ascii=False, indent=2)
        print()
    else:
        _show(screen(), place, settings, faults, ticks, [*unread, *found], is_well)
    return int(ExitCode.OK if is_well else ExitCode.TASK_FAILED)


def _pasts(
    place: Here,
) -> tuple[dict[tuple[str, str], list[FinishedRun]], dict[str, float], list[tuple[Check, Finding]]]:
    """Return runs by user and task, the newest first, the last tick of each user, and whose past is not known."""
    runs: dict[tuple[str, str], list[FinishedRun]] = {}
    ticks: dict[str, float] = {}
    unread = []
    for user in place.users():
        try:
            with history_of(place, user) as history:
                for each in history.runs(place.now - _LOOK_BACK_SECONDS, place.now + DAY_SECONDS):
                    runs.setdefault((user, each.task), []).append(each)
                seen = history.ticks(place.now - _LOOK_BACK_SECONDS, place.now + DAY_SECONDS)
                ticks[user] = max((tick.started_at for tick in seen), default=0.0)
        except LedgerUnavailable as error:
            if not os.path.exists(place.layout.user(user).ledger):
                continue  # no tick has come yet: told by the check of ticks
            cure = Phrase("ask as administrator, or as its account")
            unread.append((CHECKS[0], Finding(error, cure, is_drift=False)))
    return runs, ticks, unread


def _faults(place: Here, runs: dict[tuple[str, str], list[FinishedRun]]) -> Iterator[Fault]:
    for task in place.tasks:
        failed = []
        for each in runs.get((task.user.lower(), task.id), []) if task.enabled else ():
            if each.slot is None or each.outcome in _SAYS_NOTHING:
                continue
            if not Outcome(each.outcome).is_failure:
                break
            failed.append(each)
        if failed:
            yield Fault(task.shown, task.id, failed[-1].started_at, len(failed), failed[0])


def _patient(place: Here, settings: Point) -> Patient:
    schedule = load_schedule()
    return Patient(
        project_root=PATH_CONFIG["BASE_DIR"],
        logs_root=PATH_CONFIG["LOGS_ROOT"],
        config_path=settings.path,
        now=time.time(),
        users=tuple(sorted({task.user.lower() for task in place.tasks if task.enabled})),
        schedule=schedule,
        point=settings,
    )


def _show(
    shown: Screen,
    place: Here,
    settings: Point,
    faults: list[Fault],
    ticks: dict[str, float],
    found: list[tuple[Check, Finding]],
    is_well: bool,
) -> None:
    if is_well:
        shown.say("{point}: all is well", point=settings.pvz_id, look="good")
    else:
        shown.say("{point}: something is wrong", point=settings.pvz_id, look="bad")
    for fault in faults:
        told = "{title}: {outcome} since {since}, {runs} runs: {summary}"
        shown.say(
            told,
            title=fault.title,
            outcome=Phrase(OUTCOMES[fault.last.outcome]),
            since=place.moment(fault.since),
            runs=fault.runs,
            summary=fault.last.summary or fault.last.reason,
            look="bad",
        )
        shown.say("why: {command}", command=pvz(f"why {fault.task}"), indent=2)
    show_findings(shown, found)
    for user, tick in ticks.items():
        shown.say("last tick of {user}: {moment}", user=user, moment=place.moment(tick) if tick else Phrase("never"))
    for title, since in _running(place):
        shown.say("runs now: {title}, since {since}", title=title, since=since)
    coming = _coming(place)
    if coming:
        shown.say("next: {runs}", runs=", ".join(f"{place.moment(slot)} {title}" for slot, title in coming))
    hours = _hours(place, settings)
    if hours:
        shown.say("open: {hours}", hours=hours)
    for folder in _disks(settings):
        free = free_bytes(folder)
        if free is not None:
            shown.say("free: {folder} {free:.1f} GiB", folder=folder, free=free / _GIBIBYTE)
    shown.say("version {version}", version=VERSION, look="faint")


def _running(place: Here) -> Iterator[tuple[str, str]]:
    for task in place.tasks:
        holder = read_holder(place.layout.user(task.user).task_lock(task.id))
        if holder is not None and is_alive(holder.child_pid, holder.child_birth):
            yield task.shown, holder.since[11:16]


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
        span = hours.of(day)
        shown = "-" if span is None else "-".join(f"{minute // 60:02d}:{minute % 60:02d}" for minute in span)
        told.append(f"{day:%d.%m}\u00a0{shown}")
    return ", ".join(told)


def _disks(settings: Point) -> list[str]:
    try:
        from scheduler_runner.tasks.cameras.settings import load_camera_settings

        cameras = load_camera_settings(settings.path)
    except (ImportError, ConfigError):
        return [PATH_CONFIG["LOGS_ROOT"]]
    return [*cameras.local_roots, cameras.network_root]


def _values(
    place: Here,
    settings: Point,
    faults: list[Fault],
    ticks: dict[str, float],
    found: list[tuple[Check, Finding]],
    is_well: bool,
) -> dict[str, object]:
    return {
        "point": settings.pvz_id,
        "mode": settings.env_mode,
        "version": VERSION,
        "at": place.now,
        "ok": is_well,
        "failing": [
            {"task": each.task, "title": each.title, "since": each.since, "runs": each.runs,
             "outcome": each.last.outcome, "summary": each.last.summary}
            for each in faults
        ],
        "findings": [
            {"check": check.name, "what": str(each.what), "cure": str(each.cure), "is_drift": each.is_drift}
            for check, each in found
        ],
        "last_ticks": ticks,
        "running": [{"title": title, "since": since} for title, since in _running(place)],
        "next": [{"slot": slot, "title": title} for slot, title in _coming(place)],
        "free_bytes": {folder: free_bytes(folder) for folder in _disks(settings)},
    }  # fmt: skip
