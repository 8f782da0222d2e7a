"""Days drawn as paths of an SVG, one for each look. Pure.

A row is as wide as its columns; the browser stretches it. Units: an hour is one, a column has a gap behind it.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from scheduler_runner.report.heat import NONE, CameraDay
from scheduler_runner.report.strips import TaskDay

GAP = 1.0
"""Between two days."""


class Scale(NamedTuple):
    """Which hours of a day are drawn, and how many days."""

    first: int
    last: int
    days: int

    @property
    def width(self) -> float:
        """Of a row."""
        return self.days * (self.last - self.first + GAP) - GAP

    def at(self, column: int, hour: float) -> float:
        """Return where an hour of a day lies."""
        return column * (self.last - self.first + GAP) + min(max(hour, self.first), self.last) - self.first


class Path(NamedTuple):
    """What is drawn in one look."""

    look: str
    d: str


def scale(hours: Iterable[float], days: int) -> Scale:
    """Return a scale on which these hours can be seen, whole ones; at least eight.

    >>> scale([9, 20.5], 14)
    Scale(first=9, last=21, days=14)
    """
    given = list(hours) or [9.0, 21.0]
    first, last = int(min(given)), min(24, int(-(-max(given) // 1)))
    while last - first < 8:
        first, last = max(0, first - 1), min(24, last + 1)
    return Scale(first, last, days)


def camera_paths(days: Sequence[CameraDay], drawn: Scale) -> list[Path]:
    """Return the paths of a camera: what is on the disk in the upper half (of 20), what is in the network below."""
    found: dict[str, list[str]] = {}
    for column, day in enumerate(days):
        for states, top in ((day.local, 0), (day.network, 11)):
            hour = 0
            for state, group in groupby(states):
                length = len(list(group))
                if state != NONE:
                    found.setdefault(state, []).append(_box(drawn, column, hour, hour + length, top, 9))
                hour += length
    return _paths(found)


def task_paths(days: Sequence[TaskDay], drawn: Scale) -> list[Path]:
    """Return the paths of a task, over the whole height (of 20); the worst is drawn last, over what it lies on."""
    found: dict[str, list[str]] = {}
    for column, day in enumerate(days):
        for mark in day.marks:
            found.setdefault(mark.look, []).append(_box(drawn, column, mark.begin, mark.end, 2, 16))
    order = ("idle", "runs", "good", "paused", "odd", "missed", "bad")
    return sorted(_paths(found), key=lambda path: order.index(path.look))


def span_path(pieces: Iterable[tuple[int, float, float]], look: str, drawn: Scale) -> Path:
    """Return spans of days (column, from hour, to hour) as one path over the whole height."""
    return Path(look, "".join(_box(drawn, *piece, 0, 20) for piece in pieces))


def bars(values: Sequence[int | None], height: float = 40) -> list[float]:
    """Return how high bars are; the highest has the whole height.

    >>> bars([5, None, 10], 40)
    [20.0, 0.0, 40.0]
    """
    most = max((value or 0 for value in values), default=0) or 1
    return [round((value or 0) / most * height, 1) for value in values]


def line(points: Sequence[tuple[float, float]], longest_step: float, height: float = 40) -> str:
    """Return the path of a curve; its zero is the bottom, its highest point a little below the top.

    It is broken where nobody looked for longer than a step.

    >>> line([(0, 5), (1, 10), (9, 10)], 2)
    'M0 21.2L1 2.4M9 2.4'
    """
    most = max((value for _, value in points), default=0) or 1
    path, before = "", float("-inf")
    for at, value in points:
        path += f"{'L' if at - before <= longest_step else 'M'}{at:.4g} {height - value / most * height * 0.94:.1f}"
        before = at
    return path


def _box(drawn: Scale, column: int, begin: float, end: float, top: float, height: float) -> str:
    left, right = drawn.at(column, begin), drawn.at(column, end)
    if right <= left:
        return ""
    return f"M{left:.4g} {top}h{right - left:.3g}v{height}h-{right - left:.3g}z"


def _paths(found: "dict[str, list[str]]") -> list[Path]:
    drawn = (Path(look, "".join(boxes)) for look, boxes in found.items())
    return [path for path in drawn if path.d]
