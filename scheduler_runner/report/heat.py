"""The heat map of recordings: for each camera and hour what is on the disk, and what in the network root. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from functools import lru_cache
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from config.hours import Hours
from scheduler_runner.report.days import Column
from scheduler_runner.report.presence import Presence
from scheduler_runner.russian import files

NONE, LOW, FULL, GONE = "none", "low", "full", "gone"
GAP, OFF, BEHIND = "gap", "off", "behind"
"""No recording although the point was open; as well, and the PC was off; recordings that were not copied."""
_LOW_PART = 0.5


class CameraCounts(NamedTuple):
    """How many recordings of a camera there are, by date (``YYYYMMDD``) and hour: on the disk, in the network root."""

    id: str
    title: str
    hours: Mapping[tuple[str, int], tuple[int, int]]


class CameraDay(NamedTuple):
    """One day of a camera: a state for each hour, on the disk and in the network root, and the day in words."""

    local: tuple[str, ...]
    network: tuple[str, ...]
    words: str
    is_closed: bool


class CameraRow(NamedTuple):
    """One camera's days. ``behind``: so many of its recordings are not in the network root."""

    id: str
    title: str
    days: tuple[CameraDay, ...]
    behind: int


class Looked(NamedTuple):
    """By what a count of recordings is judged. ``counted_at``: when it was taken; ``None``: never."""

    columns: Sequence[Column]
    hours: Hours | None
    """When the point is open; ``None``: that is not known, and nothing is called a gap."""
    seen: Presence
    counted_at: float | None
    zone: tzinfo


def rows(cameras: Sequence[CameraCounts], looked: Looked) -> tuple[CameraRow, ...]:
    """Return the cameras' days, in the order given."""
    first_of_all = min((day for camera in cameras for day, _ in camera.hours), default="")
    written = frozenset(hour for camera in cameras for hour, counts in camera.hours.items() if any(counts))
    return tuple(_row(camera, looked, first_of_all, written) for camera in cameras)


def _row(camera: CameraCounts, looked: Looked, first_of_all: str, written: frozenset[tuple[str, int]]) -> CameraRow:
    # One that never wrote is silent for as long as the others were counted.
    first_day = min((day for day, _ in camera.hours), default=first_of_all)
    usual = median([max(counts) for counts in camera.hours.values() if any(counts)] or [1])
    days = []
    for column in looked.columns:
        is_known = f"{column.day:%Y%m%d}" >= first_day > ""
        days.append(_day(camera, column, looked, usual, _expected_hours(column, looked, written) if is_known else {}))
    return CameraRow(
        camera.id, camera.title, tuple(days), sum(max(0, here - far) for here, far in camera.hours.values())
    )


def _expected_hours(column: Column, looked: Looked, written: frozenset[tuple[str, int]]) -> dict[int, str]:
    """Return the hours of a day of which recordings should have been counted, and what it is if there are none.

    Where any camera wrote the PC was on, whatever is known of ticks.
    """
    span = looked.hours.of(column.day) if looked.hours is not None else None
    if span is None or looked.counted_at is None:
        return {}
    expected = {}
    for hour in range(-(-span[0] // 60), span[1] // 60):
        begin, end = _start(column, hour, looked.zone), _start(column, hour + 1, looked.zone)
        others_wrote = (f"{column.day:%Y%m%d}", hour) in written
        if end <= looked.counted_at and (others_wrote or begin >= looked.seen.begins_at):
            expected[hour] = GAP if others_wrote or looked.seen.was_on(begin, end) else OFF
    return expected


@lru_cache(maxsize=1024)
def _start(column: Column, hour: int, zone: tzinfo) -> float:
    if hour == 24:
        return column.end
    return datetime(column.day.year, column.day.month, column.day.day, hour, tzinfo=zone).timestamp()


def _day(camera: CameraCounts, column: Column, looked: Looked, usual: float, expected: Mapping[int, str]) -> CameraDay:
    day = f"{column.day:%Y%m%d}"
    counts = [camera.hours.get((day, hour), (0, 0)) for hour in range(24)]
    pairs = []
    for hour, (here, far) in enumerate(counts):
        is_over = looked.counted_at is not None and _start(column, hour + 1, looked.zone) <= looked.counted_at
        pairs.append(_states(here, far, usual, expected.get(hour, NONE), is_over=is_over))
    is_closed = looked.hours is not None and looked.hours.of(column.day) is None
    local, network = (tuple(states) for states in zip(*pairs))
    return CameraDay(local, network, _words(column, counts, local, network, is_closed=is_closed), is_closed)


def _states(here: int, far: int, usual: float, empty: str, *, is_over: bool) -> tuple[str, str]:
    """Return the states of an hour on both sides; ``empty`` is what it is without recordings."""
    if not here and not far:
        return empty, empty
    local = _level(here, usual) if here else GONE
    return local, BEHIND if far < here and is_over else _level(far, usual) if far else NONE


def _level(count: int, usual: float) -> str:
    return LOW if count < usual * _LOW_PART else FULL


def _words(
    column: Column, counts: Sequence[tuple[int, int]], local: Sequence[str], network: Sequence[str], *, is_closed: bool
) -> str:
    here, far = (sum(side) for side in zip(*counts))
    told = ["закрыто"] if is_closed else []
    if here or far:
        told.append(f"на диске {files(here)}, в облаке {files(far)}")
    for state, words in ((GAP, "нет записей"), (OFF, "компьютер выключен")):
        told += [f"{words} {', '.join(spans(local, state))}"] if state in local else []
    if BEHIND in network:
        missing = sum(max(0, near - there) for near, there in counts)
        told.append(f"не скопировано {files(missing)} ({', '.join(spans(network, BEHIND))})")
    return f"{column.label}: {'; '.join(told) or 'записей нет'}"


def spans(states: Sequence[str], wanted: str) -> list[str]:
    """Return the hours of a state as people write them.

    >>> spans(["none", "gap", "gap", "none", "gap"], "gap")
    ['01:00-03:00', '04:00-05:00']
    """
    is_in = [state == wanted for state in ["", *states, ""]]
    edges = [hour for hour, (before, after) in enumerate(pairwise(is_in)) if before != after]
    return [f"{first:02d}:00-{last:02d}:00" for first, last in zip(edges[::2], edges[1::2])]
