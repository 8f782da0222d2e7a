"""A strip for each task: what became of it on each day. Pure."""

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import NamedTuple

from scheduler_runner.outcome import Outcome
from scheduler_runner.records.history import SlotSeen
from scheduler_runner.records.ledger import MISSED, PAUSED
from scheduler_runner.records.run_rows import FinishedRun
from scheduler_runner.report.days import Column, clock, pieces
from scheduler_runner.report.presence import Presence
from scheduler_runner.russian import counted, duration, plain_words
from scheduler_runner.task import Task

_MOST_TOLD = 6
_LEAST_HOURS = 0.4
"""A run of seconds is drawn so wide that it can be seen."""
_LOOKS = {"succeeded": "good", "warned": "odd", "skipped": "idle", "already_running": "idle", "": "runs",
          "stopped": "odd"}  # fmt: skip
RANKS = ("bad", MISSED, "odd", PAUSED, "good", "runs", "idle")
"""The worst of a day, first."""
_ENDS = {
    "failed": "сбой",
    "timed_out": "не уложилось во время",
    "interrupted": "прервано",
    "not_started": "не запустилось",
    "warned": "замечание",
    "stopped": "остановлено вручную",
}


class Mark(NamedTuple):
    """One thing on a day: its look, from when to when, in hours."""

    look: str
    begin: float
    end: float


class TaskDay(NamedTuple):
    """What became of a task on one day: for the eye, and in words."""

    marks: tuple[Mark, ...]
    words: str


class Strip(NamedTuple):
    """One task."""

    task: str
    title: str
    days: tuple[TaskDay, ...]
    last: str
    """How its last run ended: a look; ``""``: it never ran."""
    told: str
    """The last run in a few words."""


def look_of(outcome: str) -> str:
    """Return how an outcome looks."""
    return _LOOKS.get(outcome, "bad")


def strip(
    task: Task, runs: Sequence[FinishedRun], slots: Sequence[SlotSeen], seen: Presence, shown: Sequence[Column],
    zone: tzinfo,
) -> Strip:  # fmt: skip
    """Return a task's days; runs and slots are the oldest first."""
    marks: list[list[Mark]] = [[] for _ in shown]
    words: list[list[str]] = [[] for _ in shown]
    counts = [0] * len(shown)
    now = seen.on[-1][1]
    for run in runs:
        look, end = look_of(run.outcome), run.ended_at or now
        for number, piece in enumerate(pieces(run.started_at, end, shown, zone)):
            marks[piece.column].append(Mark(look, piece.begin, max(piece.end, piece.begin + _LEAST_HOURS)))
            if not number:
                counts[piece.column] += look != "idle"
                words[piece.column] += _told(run, zone)
    for slot in slots:
        for piece in pieces(slot.slot, slot.slot, shown, zone) if slot.state in (MISSED, PAUSED) else ():
            marks[piece.column].append(Mark(slot.state, piece.begin, piece.begin + _LEAST_HOURS))
            words[piece.column].append(_passed(slot, seen, zone))
    days = (
        TaskDay(tuple(sorted(on, key=lambda mark: -RANKS.index(mark.look))), _day(column, count, told))
        for column, on, count, told in zip(shown, marks, counts, words)
    )
    last = next((run for run in reversed(runs) if look_of(run.outcome) != "idle"), None)
    ended = f"{column_label(last.started_at, shown, zone)}{clock(last.started_at, zone)}" if last else "не запускалось"
    takes = f", {duration(last.ended_at - last.started_at)}" if last and last.outcome else ""
    return Strip(task.id, task.shown, tuple(days), look_of(last.outcome) if last else "", ended + takes)


def column_label(moment: float, shown: Sequence[Column], zone: tzinfo) -> str:
    """Return the day of a moment, with a blank behind it; ``""`` for today."""
    found = next((column for column in shown if column.start <= moment < column.end), None)
    return "" if found is shown[-1] else f"{found.label} " if found else ""


def _told(run: FinishedRun, zone: tzinfo) -> Iterator[str]:
    """Yield what is unusual about a run."""
    if run.outcome in _ENDS:
        why = plain_words(" ".join((run.summary or run.reason).split()))[:160]
        took = f" ({duration(run.ended_at - run.started_at)})" if run.ended_at > run.started_at else ""
        yield f"{clock(run.started_at, zone)} {_ENDS[run.outcome]}{took}{f': {why}' if why else ''}"


def _passed(slot: SlotSeen, seen: Presence, zone: tzinfo) -> str:
    at = clock(slot.slot, zone)
    if slot.state == PAUSED:
        return f"{at} на паузе"
    why = seen.why_not(slot.slot, slot.decided_at)
    return f"{at} пропущено{f': {why}' if why else ''}"


def _day(column: Column, count: int, told: Sequence[str]) -> str:
    runs = counted(count, "запуск", "запуска", "запусков") if count else "запусков не было"
    shown = [*told[:_MOST_TOLD], *([f"и ещё {len(told) - _MOST_TOLD}"] if len(told) > _MOST_TOLD else [])]
    return f"{column.label}: {'; '.join([runs, *shown])}"


def is_failure(run: FinishedRun) -> bool:
    """Return whether somebody has to look at a run that is over."""
    return bool(run.outcome) and Outcome(run.outcome).is_failure
