"""The page of a point: one HTML file that needs nothing else. What it says is made here, the template only sets it."""

import base64
import hashlib
import os
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import NamedTuple

from scheduler_runner.report import drawing
from scheduler_runner.report.days import Column, pieces
from scheduler_runner.report.heat import CameraRow
from scheduler_runner.report.numbers import Room
from scheduler_runner.report.presence import Presence
from scheduler_runner.report.status import PointFacts
from scheduler_runner.report.strips import Strip
from scheduler_runner.russian import counted, date_and_time, grouped, size

_PAGES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pages")


class Failure(NamedTuple):
    """A run that failed, with the end of its log."""

    title: str
    at: float
    summary: str
    log: tuple[str, ...]


class Frame(NamedTuple):
    """The last picture of a camera; ``jpeg`` is its content in Base64."""

    title: str
    at: str
    jpeg: str


class PageFacts(NamedTuple):
    """What the page shows beside what ``status.json`` says."""

    columns: Sequence[Column]
    seen: Presence
    strips: Sequence[Strip] = ()
    copied: Sequence[int | None] = ()
    rooms: Sequence[Room] = ()
    failures: Sequence[Failure] = ()
    frames: Sequence[Frame] = ()
    hours: str = ""
    """When the point is open within the next days."""


def page(facts: PointFacts, more: PageFacts, zone: tzinfo) -> str:
    """Return the page. Raises ``ImportError`` where jinja2 is missing."""
    drawn = _scale(facts.cameras, more, zone)
    copied = drawing.bars([*more.copied])
    values = {
        "facts": facts,
        "more": more,
        "at": _moment(facts.at, zone),
        "look": "bad" if facts.is_wrong else "good" if facts.is_well and not facts.is_away else "odd",
        "numbers": list(_numbers(facts, more, zone)),
        "labels": [column.label.split() for column in more.columns],
        "width": drawn.width,
        "day_width": drawn.last - drawn.first,
        "starts": [drawn.at(index, drawn.first) for index in range(drawn.days)],
        "hours_drawn": f"{drawn.first:02d}:00–{drawn.last:02d}:00",
        "presence": _presence(more, drawn, zone),
        "cameras": [
            (
                row,
                drawing.camera_paths(row.days, drawn),
                counted(row.behind, "файл", "файла", "файлов"),
                [drawn.at(index, drawn.first) for index, day in enumerate(row.days) if day.is_closed],
            )
            for row in facts.cameras
        ],
        "counted": _moment(facts.counted_at, zone) if facts.counted_at else "",
        "strips": [(strip, drawing.task_paths(strip.days, drawn)) for strip in more.strips],
        "copied": [
            (f"{column.label}: {size(value) if value is not None else 'не копировалось'}", height)
            for column, value, height in zip(more.columns, more.copied, copied)
        ],
        "most_copied": size(max((value or 0 for value in more.copied), default=0)),
        "rooms": [
            (
                room.where,
                size(room.told[-1][1]),
                _curve(room, more, drawn, zone),
                size(max(free for _, free in room.told)),
            )
            for room in more.rooms
        ],
        "failures": [(each, _moment(each.at, zone)) for each in more.failures],
        "next": [(_moment(float(str(each["slot"])), zone), each["title"]) for each in facts.coming],
        "ticks": [(user, _moment(at, zone) if at else "за 14 дней ни одного") for user, at in facts.last_ticks.items()],
    }
    return render("page.html", values)


def render(name: str, values: Mapping[str, object]) -> str:
    """Return a template filled in; whatever stands in the values stays text. Raises ``ImportError``."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    setting = Environment(
        loader=FileSystemLoader(_PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script = _own("page.js")
    # Of all that the page may come to hold, this script alone is carried out, and nothing is fetched.
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    return setting.get_template(name).render(values, style=_own("look.css"), script=script, policy=policy)


@lru_cache(maxsize=4)
def _own(name: str) -> str:
    with open(os.path.join(_PAGES, name), encoding="utf-8", newline="") as file:
        return file.read().replace("\r\n", "\n")  # the browser reckons the script's hash without returns


def _moment(seconds: float, zone: tzinfo) -> str:
    return date_and_time(seconds, zone)


def _numbers(facts: PointFacts, more: PageFacts, zone: tzinfo) -> "list[tuple[str, str, str]]":
    """Return what a look is for: a name, a number, what belongs to it."""
    last_tick = max(facts.last_ticks.values(), default=0.0)
    told = [("Последний запуск планировщика", _moment(last_tick, zone) if last_tick else "нет", "")]
    if facts.cameras:
        behind = sum(row.behind for row in facts.cameras)
        when = f"на {_moment(facts.counted_at, zone)}" if facts.counted_at else "ещё не считалось"
        told.append(("Ждут копирования", grouped(behind), when))
    recent = [value for value in more.copied[-2:] if value is not None]
    if recent:
        told.append(("Скопировано за два дня", size(sum(recent)), ""))
    for folder, free in facts.free_bytes.items():
        is_away = folder == facts.network_root and facts.is_away
        told.append(("Свободно", "недоступен" if is_away else size(free) if free is not None else "—", folder))
    return told


def _scale(cameras: Sequence[CameraRow], more: PageFacts, zone: tzinfo) -> drawing.Scale:
    """Return the hours in which anything happened, on any day."""
    hours: list[float] = []
    for row in cameras:
        for day in row.days:
            hours += [
                edge for hour, states in enumerate(zip(day.local, day.network)) if set(states) != {"none"}
                for edge in (hour, hour + 1)
            ]  # fmt: skip
    for strip in more.strips:
        hours += [edge for day in strip.days for mark in day.marks for edge in (mark.begin, min(mark.end, 24.0))]
    for begin, end in more.seen.on:
        hours += [edge for piece in pieces(begin, end, more.columns, zone) for edge in (piece.begin, piece.end)]
    return drawing.scale(hours, len(more.columns))


def _presence(more: PageFacts, drawn: drawing.Scale, zone: tzinfo) -> "tuple[list[drawing.Path], list[str]]":
    """Return when ticks came, drawn and in words for each day."""
    on = [piece for span in more.seen.on for piece in pieces(*span, more.columns, zone)]
    silent = [
        piece for gap in more.seen.quiet if gap.cause.value == "no_ticks"
        for piece in pieces(gap.since, gap.until, more.columns, zone)
    ]  # fmt: skip
    words = []
    for column in more.columns:
        spans = [
            f"{datetime.fromtimestamp(max(begin, column.start), zone):%H:%M}–"
            f"{'24:00' if end >= column.end else format(datetime.fromtimestamp(end, zone), '%H:%M')}"
            for begin, end in more.seen.on
            if begin < column.end and end > column.start
        ]
        why = more.seen.why_not(column.start, column.end) if not spans else ""
        none = why or ("запусков не было" if column.end > more.seen.begins_at else "ещё не наблюдалось")
        words.append(f"{column.label}: {'запуски ' + ', '.join(spans) if spans else none}")
    return [drawing.span_path(on, "on", drawn), drawing.span_path(silent, "silent", drawn)], words


def _curve(room: Room, more: PageFacts, drawn: drawing.Scale, zone: tzinfo) -> str:
    """Return free room over the days, where it was told within them."""
    points = [
        (drawn.at(piece.column, piece.begin), float(free))
        for at, free in room.told
        for piece in pieces(at, at, more.columns, zone)
    ]
    return drawing.line(points, 1.5 * (drawn.last - drawn.first))
