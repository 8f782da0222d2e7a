"""The recordings of a camera at a time: where they are, and copies for whoever asks; who took what is logged."""

import argparse
import getpass
import os
from collections.abc import Sequence
from datetime import datetime, timedelta

from config.base_config import PATH_CONFIG
from config.ini import nearest
from scheduler_runner.cli.asking import day_of
from scheduler_runner.errors import ExitCode, SchedulerError, UsageError
from scheduler_runner.phrases import Phrase
from scheduler_runner.screens.chosen import screen
from scheduler_runner.screens.screen import Bytes
from scheduler_runner.system.filesystem import copy_file, long_path, plain_path
from scheduler_runner.system.folders import is_folder_name
from scheduler_runner.tasks.cameras.find_recordings import FoundRecording, find_recordings
from scheduler_runner.tasks.cameras.settings import Camera, CameraSettings, load_camera_settings
from scheduler_runner.utils.logging import close_logger, configure_logger, lost_lines

_MOST_SHOWN = 30
_LOG = "recordings"
_LONGEST = timedelta(days=2)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which camera, which time, and where to."""
    parser.add_argument("camera", metavar="CAMERA", help="its id, uid or area")
    parser.add_argument("--from", dest="since", required=True, metavar='"24.11 18:00"', help="the first moment")
    parser.add_argument("--to", dest="until", metavar="19:00", help="the last one; an hour later")
    parser.add_argument("--to-folder", "--to_folder", dest="folder", metavar="E:/video", help="copy them there")


def run(arguments: argparse.Namespace) -> int:
    """List, or copy; return 0 where some were found and nothing failed, else 1."""
    settings = load_camera_settings()
    camera = camera_called(settings, arguments.camera)
    since = _moment(arguments.since, settings.now())
    until = _moment(arguments.until, since) if arguments.until else since + timedelta(hours=1)
    if not since < until <= since + _LONGEST:
        raise UsageError("from {since} to {until}: a time of up to two days would be right", since=since, until=until)
    shown = screen()
    unreadable: dict[str, OSError] = {}
    found = find_recordings(settings, camera, since, until, lambda path, error: unreadable.update({path: error}))
    for path, error in unreadable.items():
        shown.say("{path} cannot be read: {error}", path=plain_path(path), error=error, look="odd")
    if not found:
        shown.say("{camera}: no recording between {since:%d.%m.%Y %H:%M} and {until:%d.%m.%Y %H:%M}",
                  camera=camera.title, since=since, until=until, look="odd")  # fmt: skip
        return int(ExitCode.TASK_FAILED)
    total = sum(each.bytes for each in found)
    shown.say(
        "{camera}: {count} recordings, {size}", camera=camera.title, count=len(found), size=Bytes(total), look="strong"
    )
    if found[0].clock_error:
        minutes = round(found[0].clock_error.total_seconds() / 60)
        told = "this camera's clock is wrong by {minutes:+d} minutes: times are the PC's, names are the camera's"
        shown.say(told, minutes=minutes, look="odd")
    if arguments.folder:
        return _copy(settings, camera, found, os.path.abspath(arguments.folder))
    rows = [
        (
            f"{each.began:%d.%m %H:%M:%S}",
            Bytes(each.bytes),
            Phrase("on the disk") if each.is_local else Phrase("in the network root"),
            plain_path(each.path),
        )
        for each in found[:_MOST_SHOWN]
    ]
    for row in rows:
        shown.copy("  ".join(shown.words(cell) for cell in row))
    if len(found) > _MOST_SHOWN:
        shown.say("and {count} more", count=len(found) - _MOST_SHOWN, look="faint")
    shown.say("--to-folder copies them", look="faint")
    return 0


def camera_called(settings: CameraSettings, name: str) -> Camera:
    """Return the camera of this id or uid, or the only one of this area. Raises ``UsageError``."""
    wanted = name.lower()
    exact = [each for each in settings.cameras if wanted in (each.id.lower(), each.uid.lower())]
    found = exact or [each for each in settings.cameras if wanted in (each.area.lower(), each.where.lower())]
    if len(found) == 1:
        return found[0]
    if found:
        right = " or ".join(each.id for each in found)
        raise UsageError("several cameras are called {name}: {right} would be right", name=name, right=right)
    if not settings.cameras:
        raise UsageError("no camera is listed: pvz cameras shows what there is, and what the INI lacks")
    near = nearest(name, [each.id for each in settings.cameras])
    raise UsageError("there is no camera {name}: {right} would be right", name=name, right=near)


def _copy(settings: CameraSettings, camera: Camera, found: Sequence[FoundRecording], folder: str) -> int:
    """Copy under readable names, nothing overwritten; each is logged before it is taken, else it is not taken."""
    shown = screen()
    account = getpass.getuser()
    logger = configure_logger(
        account if is_folder_name(account) else "unknown", _LOG, logs_dir=PATH_CONFIG["LOGS_ROOT"]
    )
    try:
        logger.info("recordings taken account=%s camera=%s count=%d from=%s to=%s folder=%s", account, camera.id,
                    len(found), found[0].began, found[-1].ended, folder)  # fmt: skip
        if lost_lines(logger):
            raise SchedulerError("nothing is copied: who takes recordings is logged, and the log cannot be written")
        failed = 0
        os.makedirs(long_path(folder), exist_ok=True)
        for each in found:
            name = f"{camera.id} {each.began:%Y-%m-%d %H-%M-%S}{os.path.splitext(each.path)[1].lower()}"
            target = _free_name(os.path.join(folder, name), each.bytes)
            try:
                if target:
                    copy_file(each.path, long_path(target))
                    logger.info("recording taken source=%s copy=%s", plain_path(each.path), target)
            except (OSError, SchedulerError) as error:
                failed += 1
                logger.error("recording not taken source=%s: %s", plain_path(each.path), error)
                shown.say("{path} was not copied: {error}", path=plain_path(each.path), error=error, look="bad")
    finally:
        close_logger(logger)
    shown.say(
        "copied to {folder}: {count}", folder=folder, count=len(found) - failed, look="good" if not failed else "bad"
    )
    return int(ExitCode.TASK_FAILED if failed else ExitCode.OK)


def _free_name(path: str, size_bytes: int) -> str:
    """Return a name that nothing has; ``""`` where this very recording seems to be there already."""
    stem, ending = os.path.splitext(path)
    for number in range(1, 1000):
        candidate = path if number == 1 else f"{stem} ({number}){ending}"
        try:
            if os.stat(long_path(candidate)).st_size == size_bytes:
                return ""
        except FileNotFoundError:
            return candidate
    raise SchedulerError("{path}: a thousand files have this name", path=path)


def _moment(text: str, near: datetime) -> datetime:
    """Return a moment such as ``24.11 18:00``, or ``19:00`` of the day of ``near``. Raises ``UsageError``."""
    day, _, clock = text.strip().rpartition(" ")
    try:
        time_of_day = datetime.strptime(clock, "%H:%M:%S" if clock.count(":") == 2 else "%H:%M").time()
    except ValueError:
        raise UsageError("{text} is no moment: 24.11 18:00 would be right", text=text) from None
    date = day_of(day.strip(), near.date()) if day.strip() else near.date()
    return datetime.combine(date, time_of_day)
