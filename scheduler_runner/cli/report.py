"""The page of this point with ``status.json`` beside it; or one page over all points from their ``status.json``."""

import argparse
import json
import os
import time
from pathlib import Path

from config.base_config import Point, point
from config.launcher import pip_command
from config.report_section import ReportSettings, report_settings
from scheduler_runner.cli.asking import Here, here
from scheduler_runner.cli.report_facts import Gathered, gather, seconds_left
from scheduler_runner.errors import ConfigError, ExitCode, SchedulerError, UsageError
from scheduler_runner.logbook.masking import Masker, secrets_in
from scheduler_runner.notices.settings import notice_settings, secrets_of
from scheduler_runner.phrases import Phrase
from scheduler_runner.plans.clock import PC_ZONE, zone_named
from scheduler_runner.report.fleet import FOLDER, PAGE, STATUS, fleet_message, fleet_page, read_fleet
from scheduler_runner.report.numbers import FREE
from scheduler_runner.report.page import page
from scheduler_runner.report.placing import (
    DAY_SECONDS,
    Away,
    Memory,
    is_due,
    put,
    put_far,
    read_memory,
    state_of,
    write_memory,
)
from scheduler_runner.report.status import FRESH_SECONDS, expected_by
from scheduler_runner.runs.result_file import RESULT_VARIABLE, ScriptResult, write_result
from scheduler_runner.screens.chosen import screen
from scheduler_runner.screens.screen import Screen
from scheduler_runner.system.folders import NotOurs, ensure_plain_folder
from scheduler_runner.system.own_files import write_whole
from scheduler_runner.tasks.common.script import is_planned

FAR_SECONDS = 10.0
"""A network root that is slow or away costs no more than this, all in all."""
_OWNER = "operator"
_FOLDER = "report"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where to, and the page over all points."""
    parser.add_argument("--out", metavar="FILE", help="the page; status.json goes beside it, and nothing elsewhere")
    parser.add_argument("--open", action="store_true", help="show it in the browser")
    parser.add_argument("--index", metavar="FOLDER", help="one page over all points whose folders are in there")
    parser.add_argument("--send", action="store_true", help="with --index: one message over all points, too")


def run(arguments: argparse.Namespace) -> int:
    """Write; return 0 where the page is written, whatever it says, and 1 where nothing could be."""
    if arguments.index:
        return _index(os.path.abspath(arguments.index), is_sent=arguments.send)
    begun = time.monotonic()
    place, wanted = here(), report_settings(pvz_id=point().pvz_id)
    found = gather(place)
    masker = Masker([*secrets_in(os.environ).values(), *_own_secrets(found.settings)])
    status = json.dumps(masker.values(found.document), ensure_ascii=False, indent=1).encode()
    if arguments.out:
        path = os.path.abspath(arguments.out)
        files = {os.path.basename(path): _page(found, place, wanted, masker), STATUS: status}
        _put_here(os.path.dirname(path), files)
        said = Phrase("written: {path}", path=path)
    else:
        path = os.path.join(place.layout.user(_OWNER).folder, _FOLDER, PAGE)
        said = _deliver(place, wanted, found, masker, status, begun)
    _tell(said, found)
    if arguments.open:
        import webbrowser

        webbrowser.open(Path(path).as_uri())
    return int(ExitCode.OK)


def _deliver(
    place: Here, wanted: ReportSettings, found: Gathered, masker: Masker, status: bytes, begun: float
) -> Phrase:
    """Write beside the ledger, then where everybody reads it; return what to say."""
    near = os.path.join(place.layout.user(_OWNER).folder, _FOLDER)
    _require_own(near, place.layout.folder)
    far = _far_folder(wanted, found)
    state, memory = state_of(found.document), read_memory(near)
    files = {STATUS: status}
    is_written = not is_planned() or is_due(memory, state, far, place.now)
    if is_written:
        files = {PAGE: _page(found, place, wanted, masker), **files}
    _put_here(near, files)
    if not far:
        said = Phrase("written: {path}", path=os.path.join(near, PAGE))
    elif found.facts.is_away:
        return Phrase(
            "{folder} is away: the page is on this PC alone, {path}", folder=far, path=os.path.join(near, PAGE)
        )
    else:
        try:
            put_far(far, files, seconds_left(begun, FAR_SECONDS))
        except Away as error:
            return Phrase("{error}: the page is on this PC alone, {path}", error=error, path=os.path.join(near, PAGE))
        said = Phrase("written: {path}", path=os.path.normpath(os.path.join(far, PAGE)))
    if not is_written:
        return Phrase("nothing has changed since {moment}", moment=place.moment(memory.at))
    write_memory(near, Memory(state, place.now, far))
    return said


def _require_own(folder: str, logs_root: str) -> None:
    """Raise ``UsageError`` where another account could lead what is written there elsewhere, as an administrator's."""
    try:
        ensure_plain_folder(folder, below=logs_root)
    except NotOurs as error:
        raise UsageError("{reason}: --out FILE would be right", reason=error) from error
    except OSError:
        pass  # told where it is written


def _far_folder(wanted: ReportSettings, found: Gathered) -> str:
    if wanted.folder is None:
        return ""
    root = found.facts.network_root
    return wanted.folder or (os.path.join(root, FOLDER) if root else "")


def _page(found: Gathered, place: Here, wanted: ReportSettings, masker: Masker) -> bytes:
    """Return the page. Raises ``SchedulerError`` where its package is missing."""
    # ``status.json`` comes each hour; the page when there is news, or a day has passed.
    late_at = expected_by(place.now, DAY_SECONDS + FRESH_SECONDS, found.hours, place.zone)
    more = found.more
    if wanted.has_frames:
        from scheduler_runner.cli.report_frames import frames_of

        more = more._replace(frames=frames_of(found.settings))
    try:
        return masker.text(page(found.facts._replace(expected_by=late_at), more, place.zone)).encode()
    except ImportError as error:
        missing = error.name or "jinja2"
        raise SchedulerError("package {name} is missing: {command}", name=missing, command=pip_command()) from error


def _put_here(folder: str, files: dict[str, bytes]) -> None:
    try:
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        put(folder, files)
    except OSError as error:
        reason = error.strerror or error
        raise SchedulerError("{path} cannot be written: {reason}", path=folder, reason=reason) from error


def _tell(said: Phrase, found: Gathered) -> None:
    screen().say(said)
    result = os.environ.get(RESULT_VARIABLE)
    if result:
        russian = Screen(None, language="ru").words(said)  # type: ignore[arg-type]  # nothing is written on it
        known = {folder: free for folder, free in found.facts.free_bytes.items() if free is not None}
        write_result(result, ScriptResult(summary=russian, metrics={FREE: known}))


def _own_secrets(settings: Point) -> list[str]:
    try:
        return list(secrets_of(settings))
    except ConfigError:
        return []


def _index(folder: str, *, is_sent: bool) -> int:
    """Write the page over all points below a folder, and tell."""
    try:
        settings: Point | None = point()
    except ConfigError:
        settings = None  # the page over all points may be made on a PC that is none
    zone = zone_named(settings.timezone) if settings is not None else PC_ZONE
    now = time.time()
    shown = screen()
    try:
        points = read_fleet(folder, now)
        write_whole(os.path.join(folder, "index.html"), fleet_page(points, now, zone).encode())
    except OSError as error:
        reason = error.strerror or error
        raise SchedulerError("{path} cannot be written: {reason}", path=folder, reason=reason) from error
    text = fleet_message(points, now, zone)
    shown.copy(text)
    shown.say("written: {path}", path=os.path.join(folder, "index.html"), look="good")
    if is_sent:
        return _send(text)
    return int(ExitCode.OK)


def _send(text: str) -> int:
    from scheduler_runner.cli.notify import say_delivery
    from scheduler_runner.notices.texts import split
    from scheduler_runner.utils.notifications import send_now

    here = point()
    settings = notice_settings(here)
    if not settings.is_on:
        raise ConfigError(
            "{path}: nobody can be told: there is {missing}; see docs/notices.md",
            path=here.path,
            missing=settings.missing,
        )
    masker, shown = Masker([*settings.tokens, *secrets_of(here)]), screen()
    answers = send_now(settings, split(text, "…"))
    for chat, answer in answers.items():
        say_delivery(shown, chat, answer, masker)
    is_told = bool(answers) and all(answer.is_sent for answer in answers.values())
    return int(ExitCode.OK if is_told else ExitCode.TASK_FAILED)
