"""Whether people were told what was wrong, by the next quiet tick at the latest, and nothing else."""

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

from tests.faults.driver import Memory, Point

FAILED = ("failed", "timed_out", "not_started")
WORKED = ("succeeded", "warned")
DAY, WEEK = 86400, 7 * 86400
NOT_NOTED = (
    "fill_the_disk",
    "leave_little_room",
    "take_away_rights",
    "kill_everything",
    "kill_a_runner",
    "damage_the_ledger",
)
AS_OFTEN_AS = {"missed": ("missed",), "interrupted": ("interrupted",), "failing": (*FAILED, "interrupted")}
"""What may be told as often as slots ended so: whether it was news then, the order in which they became known tells."""
AGAIN_SECONDS = 4 * 3600 + 60
HEADLINES = {
    "failing": r"сбой: (.+)",
    "idle": r"не выполняется: (\S+).*",
    "unstable": r"с перебоями: (?:сбой|не выполняется): (.+)",
    "reminder": r"всё ещё (?:с перебоями: )?(?:сбой: |не выполняется: )?(.+)",
    "works": r"снова работает: (.+)",
    "missed": r"не запускалось вовремя: (.+)",
    "interrupted": r"прервано и не доделано: (.+)",
    "config": r"ошибка в настройках()",
    "clock_back": r"часы переведены назад()",
    "clock_ahead": r".* без запусков: часы ушли вперёд или компьютер был выключен()",
    "ledger_damaged": r"журнал учёта был повреждён()",
    "ledger_away": r"журнал учёта не записывается()",
    "undelivered": r"уведомления (?:снова доходят|не доходят).*()",
}
EXPLAINED_BY = {
    "config": ("break_a_configuration", "kill_a_program"),  # a trial that is killed speaks against its file
    "clock_back": ("set_the_clock_back", "set_the_clock_ahead"),
    "clock_ahead": ("set_the_clock_ahead",),
    "ledger_away": ("fill_the_disk", "leave_little_room", "take_away_rights", "damage_the_ledger"),
    "undelivered": ("cut_the_network",),
}
REMINDED = {
    "ошибка в настройках": "config",
    "часы переведены назад": "clock_back",
    "долго не было запусков": "clock_ahead",
    "журнал учёта был повреждён": "ledger_damaged",
    "уведомления не доходят": "undelivered",
}
"""What a reminder calls what is no task."""
MAY_REPEAT = ("kill_a_program", "kill_everything", "suspend_a_program")
"""What may strike a sender between a message's arrival and its note: it comes twice rather than never."""


class Told(NamedTuple):
    """A piece of news that arrived: ``name`` is a task, or what a reminder is about."""

    step: int
    kind: str
    name: str


class Event(NamedTuple):
    """Something that people have to hear of."""

    step: int
    kind: str
    name: str = ""


def what_was_told(point: Point) -> Iterator[str]:
    told = [each for step, text in point.memory.told for each in news_in(step, text)]
    events = [*_events_of_tasks(point), *_events_of_the_point(point), *_times_without_a_ledger(point, told)]
    yield from _was_silent(point, told, events)
    yield from _was_made_up(point, told, events)


def news_in(step: int, text: str) -> Iterator[Told]:
    """Yield what a message tells: one that was put together from many has a line with a date for each."""
    first, *rest = html.unescape(re.sub(r"<[^>]*>", "", text)).split("\n")
    merged = [line[12:] for line in rest if re.match(r"\d\d\.\d\d \d\d:\d\d ", line)]
    for line in merged or [first.removeprefix("182 test: ")]:
        found = [(kind, match[1]) for kind, form in HEADLINES.items() if (match := re.fullmatch(form, line))]
        yield Told(step, *(found[0] if found else ("unknown", line)))


def _events_of_tasks(point: Point) -> Iterator[Event]:
    """Yield what became of tasks, from the states of their slots in the order in which they were settled."""
    levels: dict[str, str] = {}
    era, losses = 0, point.memory.losses
    for step, _, name, slot, state in point.memory.settled:
        if era < sum(loss <= step for loss in losses):
            era, levels = era + 1, {}  # with the ledger it is forgotten who fails
        before = levels.get(name, "works")
        task = next(each for each in point.tasks if each.name == name)
        if state in FAILED and before != "fails":
            yield Event(step, "failing", name)
        if state in WORKED and before == "fails":
            yield Event(step, "works", name)
        if state == "interrupted" and before != "fails":
            yield Event(step, "interrupted", name)
        if state == "missed" and not task.is_periodic and not at_work(point.memory, name, slot, task.deadline(slot)):
            yield Event(step, "missed", name)
        if state in (*FAILED, *WORKED):
            levels[name] = "fails" if state in FAILED else "works"


def at_work(memory: Memory, name: str, slot: int, deadline: float) -> bool:
    runs = [run for run in memory.runs.values() if run["task"] == name]
    return any(run["started_at"] <= deadline and slot <= (run["ended_at"] or deadline) for run in runs)


def _events_of_the_point(point: Point) -> Iterator[Event]:
    memory = point.memory
    for step in memory.losses:
        yield Event(step, "ledger_damaged")
    for step in range(1, point.step):
        are_broken = [memory.did(each, "break_a_configuration") for each in (step - 1, step, step + 1)]
        # One that ends the process is named by the tick after it; without a ledger it stands in that message.
        is_kept = not any(memory.did(each, *NOT_NOTED) for each in (step, step + 1))
        if are_broken == [False, True, True] and is_kept:
            yield Event(step, "config")
    last, last_step, told_of = 0.0, 0, 0.0
    for number, tick in enumerate(memory.ticks):
        known = [run["started_at"] for run in memory.runs.values() if run["ticks_before"] <= number]
        newest = max(known, default=0.0)
        # It was ended, or could not write down what it saw; of two codes a failed task's is the one that counts.
        if tick.code not in (0, 1) or memory.did(tick.step, *NOT_NOTED):
            continue
        if any(last_step <= loss <= tick.step for loss in memory.losses):
            last = 0.0  # with the ledger it is forgotten when the last tick came
        if last and tick.at > last + WEEK + 60:
            yield Event(tick.step, "clock_ahead")
        if newest > tick.at + DAY + 60 and newest != told_of:
            told_of = newest
            yield Event(tick.step, "clock_back")
        last, last_step = tick.at, tick.step


def _times_without_a_ledger(point: Point, told: "list[Told]") -> Iterator[Event]:
    """Yield that a ledger could not be written, which is told past it, once in four hours."""
    at = {tick.step: tick.at for tick in point.memory.ticks}
    known = [at[each.step] for each in told if each.kind == "ledger_away"]
    for tick in point.memory.ticks:
        done = {*point.memory.blows.get(tick.step, ())}
        is_away = (
            tick.code == 5
            and abs(point.memory.looks.get(tick.step, 0.0) - tick.at) > 60  # else its log alone lost lines
            and done & {"fill_the_disk", "take_away_rights"}
            and not done & {"cut_the_network", *MAY_REPEAT}
        )
        if is_away and not any(0 <= tick.at - moment <= AGAIN_SECONDS for moment in known):
            yield Event(tick.step, "ledger_away")


def _was_silent(point: Point, told: "list[Told]", events: "list[Event]") -> Iterator[str]:
    """Yield events of which nobody heard, though there was a quiet tick since."""
    for event in events:
        until = _quiet_after(point, event.step)
        since = event.step - (event.kind == "clock_back")  # a tick that was killed may have told it before
        heard = [each for each in told if since <= each.step <= until and _is_about(each, event)]
        is_lost = any(event.step <= step <= until for step in point.memory.losses)
        if not heard and not is_lost:
            yield f"nobody heard of {event.kind} {event.name} of step {event.step} by step {until}"


def _is_about(told: Told, event: Event) -> bool:
    return told.name == event.name if event.name else event.kind in (told.kind, REMINDED.get(told.name))


def _quiet_after(point: Point, step: int) -> int:
    """Return the step by which people have heard of something: the second in a row in which nothing struck."""
    quiet = [each for each in range(step + 1, point.step) if not {each, each + 1} & point.memory.blows.keys()]
    return (quiet[0] + 1) if quiet else point.step


def _was_made_up(point: Point, told: "list[Told]", events: "list[Event]") -> Iterator[str]:
    """Yield what was told without a reason, or more often than it happened."""
    memory = point.memory
    for number, each in enumerate(told):
        kind, name, step = each.kind, each.name, each.step
        steps = range(step + 1)
        repeats = sum(memory.did(one, *MAY_REPEAT) for one in steps)
        before = sum(earlier.kind == kind and earlier.name == name for earlier in told[: number + 1])
        happened = sum(event.kind == kind and event.name == name and event.step <= step for event in events)
        if kind in AS_OFTEN_AS:
            ended = [one for one in memory.settled if one[2] == name and one[4] in AS_OFTEN_AS[kind]]
            happened = max(happened, sum(one[0] <= step for one in ended))
        did_not_work = any(one[2] == name and one[4] not in WORKED and one[0] <= step for one in memory.settled)
        kind = REMINDED.get(name, kind) if REMINDED.get(name) in EXPLAINED_BY else kind
        if kind in EXPLAINED_BY:
            is_right = any(memory.did(one, *EXPLAINED_BY[kind]) for one in steps)
        elif kind in ("idle", "unstable", "works"):
            is_right = did_not_work
        elif kind == "reminder":
            about = [event for event in events if event.step < step and event.kind == REMINDED.get(name, event.kind)]
            is_right = bool(about) if name in REMINDED else did_not_work
        elif kind == "failing":
            also = sum(
                earlier.kind in ("idle", "unstable", "interrupted") and earlier.name == name
                for earlier in told[:number]
            )
            is_right = before <= happened + repeats + also
        else:
            is_right = before <= happened + repeats
        if not is_right:
            yield f"{kind} {name} was told in step {step} for the {before}. time, and happened {happened} times"
