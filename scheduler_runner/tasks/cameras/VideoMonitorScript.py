"""Is every camera writing, or, with ``--check_type network``, do its recordings arrive? See docs/cameras.md.

By hand: ``python -m scheduler_runner.tasks.cameras.VideoMonitorScript --help``.
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta

from scheduler_runner.tasks.cameras.copy_state import is_copying
from scheduler_runner.tasks.cameras.settings import load_camera_settings
from scheduler_runner.tasks.cameras.watching import Seen, Sighting, Wrong, look, window_start, wrong_with
from scheduler_runner.tasks.common.arguments import whole_number
from scheduler_runner.tasks.common.script import FAILED, NOTHING_TO_DO, OK, WARNED, Report, run_script
from scheduler_runner.utils.filesystem import long_path, plain_path
from scheduler_runner.utils.rule import lies_in
from scheduler_runner.utils.russian import moment

_MOST_OF_A_DAY = timedelta(hours=8)
"""Who looks back further has to judge in the first hours, too."""

logger = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Look, report, and return the exit code: 0, 1 a camera is missing, 3, 10 with a remark, 75 outside the hours."""
    return run_script(_watch, _parser(), argv)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scheduler_runner.tasks.cameras.VideoMonitorScript",
        description="Look whether every camera has recorded lately.",
        allow_abbrev=False,
    )
    parser.add_argument("--check_type", choices=("local", "network"), default="local", help="which recordings")
    parser.add_argument(
        "--max_lookback_hours",
        type=whole_number(1, 240),
        help="how far back, the night not counted; default: the INI's",
    )
    parser.add_argument("--min_files", type=whole_number(1, 100_000), help="so many recordings are expected at least")
    return parser


def _watch(arguments: argparse.Namespace) -> Report:
    settings = load_camera_settings()
    now = settings.now()
    if not lies_in(now.hour * 60 + now.minute, settings.working_hours):
        return Report(NOTHING_TO_DO, "Вне рабочих часов: камеры не проверялись")
    is_local = arguments.check_type == "local"
    roots = settings.local_roots if is_local else (settings.network_root,)
    hours = arguments.max_lookback_hours or settings.lookback_hours[arguments.check_type]
    since = window_start(now, hours, settings.working_hours)
    least_bytes = int(settings.min_recording_kb * 1024)
    seen = look([long_path(root) for root in roots], settings.cameras, since, least_bytes, now, settings.zone)
    if is_too_early(seen, since, now, hours, settings.working_hours[0]):
        return Report(NOTHING_TO_DO, "Рано судить: с открытия ещё ничего не записано")
    result = report(seen, since, now, arguments.min_files or settings.min_files, is_local)
    if result.exit_code == FAILED and not is_local and may_be_under_way(seen, since) and is_copying(roots[0]):
        return Report(NOTHING_TO_DO, f"Копирование ещё идёт, судить рано: {result.summary}")
    return result


def is_too_early(seen: Seen, since: datetime, now: datetime, hours: int, opening_minute: int) -> bool:
    """Return whether all cameras are silent together in the first hours of work: the PC may have been off for a day."""
    opening = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(minutes=opening_minute)
    are_all_silent = all(each.newest is not None and each.newest < since for each in seen.sightings)
    is_all_known = bool(seen.sightings) and not seen.lost and not seen.unreadable
    return is_all_known and are_all_silent and now - opening < timedelta(hours=hours) <= _MOST_OF_A_DAY


def may_be_under_way(seen: Seen, since: datetime) -> bool:
    """Return whether a copy that is going on may be all that copies lack: nothing is damaged or cannot be read."""
    return not (
        seen.lost or seen.unreadable or any(wrong_with(each, since, 0) is Wrong.FLAWED for each in seen.sightings)
    )


def report(seen: Seen, since: datetime, now: datetime, min_files: int, is_local: bool = True) -> Report:
    """Return what to tell of the cameras. Pure."""
    judged = [(each, wrong_with(each, since, min_files)) for each in seen.sightings]
    if seen.lost or seen.unreadable:  # of what could not be seen nothing is claimed
        judged = [(each, wrong) for each, wrong in judged if wrong is not Wrong.NOTHING_FOUND]
    complaints = _lacks(seen, is_local) + _complaints(judged, now)
    if not judged and not complaints:
        complaints = ["Нет записей ни одной камеры"]
    remarks = _remarks(seen)
    parts = [*(complaints or [f"Все камеры пишут: {len(judged)}"]), *remarks]
    metrics = {
        "cameras": len(judged),
        "wrong": sum(wrong is not None for _, wrong in judged),
        "unlisted": len(seen.unlisted),
        "recent": sum(each.recent for each in seen.sightings),
    }
    rows = [("camera", "newest recording", "recent", "state"), *(_row(each, wrong) for each, wrong in judged)]
    return Report(FAILED if complaints else WARNED if remarks else OK, "; ".join(parts), metrics, rows)


def _lacks(seen: Seen, is_local: bool) -> list[str]:
    what = "Диск с записями недоступен" if is_local else "Облако недоступно"
    return [
        f"{heading}: {', '.join(map(plain_path, paths))}"
        for heading, paths in ((what, seen.lost), ("Не читается", seen.unreadable))
        if paths
    ]


def _complaints(judged: Sequence[tuple[Sighting, Wrong | None]], now: datetime) -> list[str]:
    """Return one text for each thing that is wrong, all its cameras in it."""
    kinds: dict[str, list[str]] = {}
    for sighting, wrong in judged:
        if wrong is not None:
            kinds.setdefault(_heading(wrong, sighting, now), []).append(_named(wrong, sighting))
    return [f"{heading}: {', '.join(named)}" for heading, named in kinds.items()]


def _heading(wrong: Wrong, sighting: Sighting, now: datetime) -> str:
    return f"{wrong.value} с {moment(sighting.newest, now)}" if wrong is Wrong.SILENT else wrong.value


def _named(wrong: Wrong, sighting: Sighting) -> str:
    title = sighting.camera.title
    if wrong is Wrong.FLAWED:
        return f"{title}: {sighting.flaw}"
    return f"{title}: {sighting.recent}" if wrong is Wrong.TOO_FEW else title


def _remarks(seen: Seen) -> list[str]:
    ahead = [f"{each.camera.title}: {each.ahead:%d.%m.%Y %H:%M}" for each in seen.sightings if each.ahead is not None]
    unlisted = [f"{kind} {uid}" for kind, uid in seen.unlisted]
    return [
        f"{heading}: {', '.join(named)}"
        for heading, named in (("Есть записи из будущего", ahead), ("Не описаны в настройках", unlisted))
        if named
    ]


def _row(sighting: Sighting, wrong: Wrong | None) -> tuple[str, ...]:
    newest = "-" if sighting.newest is None else f"{sighting.newest:%Y-%m-%d %H:%M:%S}"
    state = "ok" if wrong is None else wrong.name.lower().replace("_", " ")
    return sighting.camera.title, newest, str(sighting.recent), state


if __name__ == "__main__":
    sys.exit(main())
