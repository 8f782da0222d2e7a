"""What the page of this point and ``status.json`` say, gathered from ledgers, notes on copies, checks and the INI."""

import os
import time
from collections.abc import Sequence
from typing import NamedTuple

from config.base_config import PATH_CONFIG, Point
from config.hours import Hours
from scheduler_runner.cli.asking import Here
from scheduler_runner.cli.log import last_lines
from scheduler_runner.cli.picture import Picture, coming, hours_ahead, running, take_picture, tick_at
from scheduler_runner.cli.report_cameras import CamerasSeen, cameras_seen
from scheduler_runner.errors import ConfigError
from scheduler_runner.reading import TooLong, within_limit
from scheduler_runner.records.run_rows import FinishedRun
from scheduler_runner.report.days import columns
from scheduler_runner.report.heat import Looked, rows
from scheduler_runner.report.numbers import copied_by_day, rooms
from scheduler_runner.report.page import Failure, PageFacts
from scheduler_runner.report.past import Owner, Past, read_past
from scheduler_runner.report.presence import Presence, presence
from scheduler_runner.report.status import FRESH_SECONDS, PointFacts, Told, document, expected_by
from scheduler_runner.report.strips import is_failure, strip
from scheduler_runner.russian import plain_words
from scheduler_runner.screens.screen import Screen
from scheduler_runner.system.filesystem import free_bytes
from scheduler_runner.version import VERSION

REPORT_TASK = "point_Report"
ANSWER_SECONDS = 4.0
"""So long the network root may take to say how much room it has."""
_MOST_FAILURES = 8
_FAILURES_OF_A_TASK = 2
_LOG_LINES = 15
_JUST_ON_SECONDS = 1800
"""So long after the PC was switched on nothing is said of ticks that are still to come."""


class Gathered(NamedTuple):
    """All of it."""

    facts: PointFacts
    more: PageFacts
    document: dict[str, object]
    settings: Point
    hours: Hours | None
    """When the point is open; ``None``: the INI does not say it rightly."""


def gather(place: Here) -> Gathered:
    """Return how this point is and was. What cannot be read is told in it; the network root is waited for briefly."""
    picture = take_picture(place)
    settings = picture.settings
    shown = columns(place.now, place.zone)
    past = read_past(place.layout, place.users(), shown[0].start, place.now + 1)
    seen = presence(past.ticks, tick_at(place), place.tick_seconds)
    cameras, hours = cameras_seen(settings), _hours(settings)
    own_title = next((task.shown for task in place.tasks if task.id == REPORT_TASK), "")
    free, is_away = _room(cameras)
    facts = PointFacts(
        point=settings.pvz_id,
        mode=settings.env_mode,
        version=VERSION,
        at=round(place.now, 3),
        expected_by=expected_by(place.now, FRESH_SECONDS, hours, place.zone),
        worked_at=picture.state.worked_at,
        findings=_findings(picture, seen),
        concerns=picture.state.concerns,
        brakes=picture.state.brakes,
        today=picture.today,
        last_ticks=picture.ticks,
        away=picture.quiet,
        waiting=picture.waiting,
        running=[
            {"title": title, "since": since, "says": says}
            for title, since, says in running(place)
            if title != own_title
        ],
        coming=[{"slot": slot, "title": title} for slot, title in coming(place)],
        free_bytes=free,
        network_root=cameras.network_root,
        is_away=is_away,
        cameras=rows(cameras.counts, Looked(shown, hours, seen, cameras.counted_at, place.zone)),
        counted_at=cameras.counted_at,
    )
    return Gathered(facts, _page_facts(place, settings, past, seen), document(facts, place.zone), settings, hours)


def _page_facts(place: Here, settings: Point, past: Past, seen: Presence) -> PageFacts:
    shown = columns(place.now, place.zone)
    every = [run for runs in past.runs.values() for run in runs]
    owners = [(task, (task.user.lower(), task.id)) for task in place.tasks if task.enabled]
    return PageFacts(
        shown,
        seen,
        strips=[
            strip(task, past.runs.get(owner, []), past.slots.get(owner, []), seen, shown, place.zone)
            for task, owner in owners
        ],
        copied=copied_by_day(every, shown, place.zone),
        rooms=rooms(every, {task.id: task.shown for task in place.tasks}),
        failures=_failures(place, past.runs),
        hours=hours_ahead(place, settings),
    )


def _failures(place: Here, runs: dict[Owner, list[FinishedRun]]) -> Sequence[Failure]:
    """Return the newest failures, few of each task, with the end of their logs."""
    titles = {(task.user.lower(), task.id): task.shown for task in place.tasks}
    found = [
        (owner, run)
        for owner, own in runs.items()
        for run in [each for each in own if is_failure(each)][-_FAILURES_OF_A_TASK:]
    ]
    found.sort(key=lambda each: each[1].started_at, reverse=True)
    return [
        Failure(
            titles.get(owner, run.task),
            run.started_at,
            plain_words(run.summary or run.reason),
            last_lines(place.layout.user(owner[0]).log(run.task), run.started_at, run.ended_at, place.zone, _LOG_LINES),
        )
        for owner, run in found[:_MOST_FAILURES]
    ]


def _findings(picture: Picture, seen: Presence) -> list[Told]:
    """Return what is wrong, the worst first, then what is to be known."""
    words = Screen(None, language="ru").words  # type: ignore[arg-type]  # nothing is written on it
    is_just_on = picture.place.now - seen.on[-1][0] < _JUST_ON_SECONDS
    found = [
        Told(check.name, str(each.what), str(each.cure), each.is_drift, words(each.what), words(each.cure))
        for check, each in picture.found
        if not (check.name == "ticks" and is_just_on)
    ]
    return sorted(found, key=lambda each: not each.is_drift)


def _hours(settings: Point) -> Hours | None:
    try:
        return settings.hours
    except ConfigError:
        return None  # told among the findings


def _room(cameras: CamerasSeen) -> tuple[dict[str, int | None], bool]:
    """Return free room by folder, and whether the network root did not answer in time."""
    free = {folder: free_bytes(folder) for folder in cameras.local_roots or (PATH_CONFIG["LOGS_ROOT"],)}
    root = cameras.network_root
    if not root:
        return free, False
    try:
        is_there, room = within_limit(lambda: (os.path.isdir(root), free_bytes(root)), ANSWER_SECONDS)
    except (TooLong, OSError):
        is_there, room = False, None
    return {**free, root: room if is_there else None}, not is_there


def seconds_left(since: float, most: float) -> float:
    """Return how much of a limit is left; ``since`` by ``time.monotonic()``."""
    return max(0.1, most - (time.monotonic() - since))
