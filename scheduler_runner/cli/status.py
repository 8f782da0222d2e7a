"""How this point is: what is wrong now and what to do, what runs, when the last tick came, what comes next.

Asked are the levels, of which notices, digest and pings tell, and those of the doctor's checks that need no time.
"""

import argparse
import json
import threading
import time

from config.base_config import PATH_CONFIG, Point
from scheduler_runner.cli.asking import Here, here
from scheduler_runner.cli.doctor import show_findings
from scheduler_runner.cli.picture import Picture, coming, findings_without_ini, hours_ahead, running, take_picture
from scheduler_runner.cli.why import CAUSES, span
from scheduler_runner.errors import ConfigError, ExitCode
from scheduler_runner.notices.numbers import Day
from scheduler_runner.phrases import Phrase
from scheduler_runner.russian import grouped
from scheduler_runner.screens.chosen import screen
from scheduler_runner.screens.screen import Screen
from scheduler_runner.system.filesystem import free_bytes
from scheduler_runner.version import VERSION

_MOST_GAPS = 3
_GIBIBYTE = 1024**3
_FREE_SECONDS = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how to tell."""
    parser.add_argument("--json", action="store_true", help="for programs")


def run(arguments: argparse.Namespace) -> int:
    """Show; return 0 where all is well, else 1, and 3 where the INI cannot be read: then the rest is shown."""
    if arguments.json:
        from scheduler_runner.cli.report_facts import gather

        told = gather(here())
        screen().copy(json.dumps(told.document, ensure_ascii=False, indent=2))
        return int(ExitCode.OK if told.facts.is_well else ExitCode.TASK_FAILED)
    try:
        picture = take_picture()
    except ConfigError as error:
        shown = screen()
        shown.say("something is wrong", look="bad")
        show_findings(shown, findings_without_ini())
        return int(error.exit_code)
    _show(screen(), picture)
    return int(ExitCode.OK if picture.is_well else ExitCode.TASK_FAILED)


def _show(shown: Screen, picture: Picture) -> None:
    place = picture.place
    _show_headline(shown, picture)
    show_findings(shown, picture.found)
    if picture.today is not None:
        shown.say(said_of_today(picture.today, place))
    for title, since, words in running(place):
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
    following = coming(place)
    if following:
        shown.say("next: {runs}", runs=", ".join(f"{place.moment(slot)} {title}" for slot, title in following))
    hours = hours_ahead(place, picture.settings)
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
    elif picture.state.retried:
        shown.say("{point}: an attempt failed, a further one follows", point=name, look="odd")
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
