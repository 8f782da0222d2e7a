"""All points on one page: their ``status.json`` read, the silent and the wrong first, and one message of all."""

import json
import math
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import tzinfo
from typing import NamedTuple
from urllib.parse import quote

from scheduler_runner.errors import SchedulerError
from scheduler_runner.notices.phrases import cut, lowered
from scheduler_runner.report.page import render
from scheduler_runner.russian import counted, date_and_time, grouped, size
from scheduler_runner.system.own_files import read_own

PAGE, STATUS = "report.html", "status.json"
FOLDER = "_report"
"""Where a point's page lies, in its network root."""
_MOST_BYTES = 256 * 1024
_READERS = 16
"""A network drive is slow for each question: they are asked side by side."""
_LINE = 90
_IN_A_ROW = 3


class FleetPoint(NamedTuple):
    """One point as its ``status.json`` has it; times in seconds since 1970, 0 where none is told."""

    name: str
    link: str
    """Its page, relative to the folder."""
    at: float = 0.0
    expected_by: float = 0.0
    is_well: bool = False
    headline: str = ""
    version: str = ""
    behind: int = 0
    least_free: int | None = None
    """The least free room of its folders, in bytes."""
    trouble: str = ""
    """Why its file cannot be read."""

    def rank(self, now: float) -> tuple[object, ...]:
        """Return where it stands: who is not heard of, then what is wrong, then the rest, numbers as numbers."""
        order = 0 if self.trouble or self.is_silent(now) else 2 if self.is_well else 1
        return order, not self.name.isdecimal(), int(self.name) if self.name.isdecimal() else 0, self.name.lower()

    def is_silent(self, now: float) -> bool:
        """Return whether a newer file should be there."""
        return now > self.expected_by


def read_fleet(folder: str, now: float) -> list[FleetPoint]:
    """Return the points below a folder: ``FOLDER/POINT/status.json`` or ``FOLDER/POINT/_report/status.json``.

    Raises ``OSError`` where the folder cannot be listed.
    """
    names = sorted(name for name in os.listdir(folder) if not name.startswith((".", "_")))
    with ThreadPoolExecutor(_READERS) as readers:
        found = readers.map(lambda name: _read(folder, name), names)
        return sorted((point for point in found if point is not None), key=lambda point: point.rank(now))


def fleet_page(points: Sequence[FleetPoint], now: float, zone: tzinfo) -> str:
    """Return the page over all points. Raises ``ImportError`` where jinja2 is missing."""
    rows = [
        {
            "point": point,
            "look": "late" if point.trouble or point.is_silent(now) else "good" if point.is_well else "bad",
            "told": point.trouble or (f"последнее: {point.headline}" if point.is_silent(now) else point.headline),
            "at": date_and_time(point.at, zone) if point.at else "—",
            "free": size(point.least_free) if point.least_free is not None else "—",
            "behind": grouped(point.behind) if point.behind else "—",
        }
        for point in points
    ]
    newest_due = now + 86400
    values = {"rows": rows, "headline": _counts(points, now), "now": now, "expected_by": newest_due,
              "at": date_and_time(now, zone), "is_well": all(row["look"] == "good" for row in rows)}  # fmt: skip
    return render("index.html", values)


def fleet_message(points: Sequence[FleetPoint], now: float, zone: tzinfo) -> str:
    """Return what one message says of all points: how many are well, who is wrong, who is silent since when."""
    told = [*_wrong(points, now), *_silent(points, now, zone)]
    counts = _counts(points, now)
    line = "; ".join([counts, *told])
    if len(told) <= _IN_A_ROW and len(line) <= _LINE:
        return line
    return "\n".join([counts, *told])


def _counts(points: Sequence[FleetPoint], now: float) -> str:
    well = sum(point.is_well and not point.is_silent(now) and not point.trouble for point in points)
    names = counted(len(points), "пункт", "пункта", "пунктов")
    return f"{names}: {'все' if well == len(points) and points else well} в порядке"


def _wrong(points: Sequence[FleetPoint], now: float) -> Iterator[str]:
    for point in points:
        if point.trouble:
            yield f"{point.name} — {point.trouble}"
        elif not point.is_well and not point.is_silent(now):
            yield f"{point.name} — {cut(lowered(point.headline), _LINE)}"


def _silent(points: Sequence[FleetPoint], now: float, zone: tzinfo) -> Iterator[str]:
    by_moment: dict[str, list[str]] = {}
    for point in points:
        if point.is_silent(now) and not point.trouble:
            by_moment.setdefault(date_and_time(point.at, zone)[:-2] + "00", []).append(point.name)
    for moment, names in by_moment.items():
        yield f"{', '.join(names)} — нет вестей с {moment}"


def _read(folder: str, name: str) -> FleetPoint | None:
    """Return a folder's point; ``None`` where it is none."""
    for below in ((), (FOLDER,)):
        path = os.path.join(folder, name, *below, STATUS)
        try:
            content = read_own(path, _MOST_BYTES, is_anyones=True)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, SchedulerError):
            return FleetPoint(name, "", trouble="status.json не читается")
        link = "/".join(quote(part, safe="") for part in (name, *below, PAGE))
        try:
            return _point(json.loads(content.decode("utf-8-sig")), name, link)
        except (ValueError, TypeError, RecursionError):
            return FleetPoint(name, link, trouble="status.json не читается")
    return None


def _point(values: object, name: str, link: str) -> FleetPoint:
    """Return a point by what its file says. Raises ``TypeError`` where that is no such file."""
    if not isinstance(values, dict):
        raise TypeError("a status is an object")
    at, expected_by = values.get("at"), values.get("expected_by")
    if not isinstance(at, (int, float)) or not isinstance(expected_by, (int, float)) or not math.isfinite(at):
        raise TypeError("a status has its time")
    cameras, free = values.get("cameras"), values.get("free_bytes")
    known = [_count(each) for each in free.values()] if isinstance(free, dict) else []
    listed = [each for each in cameras if isinstance(each, dict)] if isinstance(cameras, list) else []
    return FleetPoint(
        name=str(values.get("point") or name)[:60],
        link=link,
        at=float(at),
        expected_by=float(expected_by),
        is_well=values.get("ok") is True,
        headline=cut(str(values.get("headline") or ""), 300),
        version=str(values.get("version") or "")[:20],
        behind=sum(_count(each.get("behind")) or 0 for each in listed),
        least_free=min((each for each in known if each is not None), default=None),
    )


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else None
