"""The plan of a day, by the very functions that a tick uses: what would run when, and what would be missed."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from scheduler_runner.cli.asking import Here, brakes_of, day_of, here
from scheduler_runner.deciding import Past, decide, hold_back
from scheduler_runner.errors import UsageError
from scheduler_runner.notices.brakes import BrokenBrakes, pauses_of
from scheduler_runner.phrases import Phrase
from scheduler_runner.plans.clock import lies_in, minute_of, parse_clock
from scheduler_runner.records.ledger import COALESCED, MISSED, PAUSED, TaskState
from scheduler_runner.screens.chosen import screen
from scheduler_runner.task import Task

_SETTLING_SECONDS = 2 * 86400
_STATES = {"": "runs for {moment}", MISSED: "would be missed: {moment}", PAUSED: "is paused: {moment}"}
Pauses = Mapping[tuple[str, str], Sequence[tuple[float, float]]]
"""By user and task: from when to when it is stopped."""


class Event(NamedTuple):
    """What a tick would do: start a task for a slot, or find slots that passed."""

    at: int
    task: Task
    slot: int
    state: str = ""
    """``missed`` or ``paused``; ``""``: it runs."""
    coalesced: int = 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which days, and what the PC would do."""
    parser.add_argument("task", nargs="?", metavar="TASK", help="one task; none: all")
    parser.add_argument("--date", metavar="24.11", help="the first day; today")
    parser.add_argument("--days", type=int, default=1, help="how many")
    parser.add_argument(
        "--off", action="append", default=[], metavar="13:00-15:00", help="the PC is off then, each day"
    )
    parser.add_argument("--tick", metavar="5m", help="how often ticks come; tick_minutes of the INI")


def run(arguments: argparse.Namespace) -> int:
    """Show; return 0."""
    place = here()
    if not 1 <= arguments.days <= 31:
        raise UsageError("--days {days}: 1 to 31 would be right", days=arguments.days)
    first = day_of(arguments.date, place.today()) if arguments.date else place.today()
    since, until = place.midnight(first), place.midnight(first + timedelta(days=arguments.days))
    seconds = _tick_seconds(arguments.tick, place)
    off = [_off(each) for each in arguments.off]
    pauses, unread = _pauses(place)
    events = list(simulated(place.chosen(arguments.task), place, since, until, seconds, off, pauses))
    shown = screen()
    for error in unread:
        shown.say(error, look="odd")
    if not events:
        shown.say("nothing would run")
    rows = [
        (
            place.moment(event.at),
            event.task.shown,
            Phrase(_STATES[event.state], moment=place.moment(event.slot)),
            Phrase("in the place of {count} earlier", count=event.coalesced) if event.coalesced else "",
        )
        for event in events
    ]
    if rows:
        shown.table((), rows)
    shown.say("a run takes no time here: tasks of one group may have to wait for each other", look="faint")
    return 0


def _pauses(place: Here) -> tuple[Pauses, list[BrokenBrakes]]:
    found, unread = brakes_of(place)
    users = place.users()
    by_user = {user: pauses_of(brake for whose, brake in found if whose == user) for user in users}
    return {(user, task): spans for user in users for task, spans in by_user[user].items()}, unread


def simulated(
    tasks: Sequence[Task],
    place: Here,
    since: int,
    until: int,
    tick_seconds: int,
    off: Sequence[tuple[int, int]],
    pauses: Pauses,
) -> Iterator[Event]:
    """Yield what ticks would do, in their order; every run succeeds at once. ``off``: minutes of the day without ticks.

    The days before are lived through as well, with a PC that is on: a task's first tick is like no other.
    """
    pasts = {(task.user, task.id): Past() for task in tasks}
    for now in range(since - _SETTLING_SECONDS, until, tick_seconds):
        is_before = now < since
        if not is_before and any(lies_in(minute_of(now, place.zone), hours) for hours in off):
            continue
        for task in tasks:
            for event in _lived(task, now, place, pasts, pauses.get((task.user.lower(), task.id), ())):
                if not is_before:
                    yield event


def _lived(
    task: Task, now: int, place: Here, pasts: "dict[tuple[str, str], Past]", pauses: Sequence[tuple[float, float]]
) -> Iterator[Event]:
    """Decide about one task, and remember it as the ledger would."""
    past = pasts[task.user, task.id]
    decision = hold_back(decide(task, now, place.zone, past), pauses, now)
    states = {slot: state for slot, state in past.slot_states.items() if slot > now - 14 * 86400}
    for slot, decided in [*((slot, MISSED) for slot in decision.missed), *decision.settled]:
        states[slot] = decided
        yield Event(now, task, slot, decided)
    state = decision.state or past.state
    if decision.due is not None:
        states[decision.due.slot] = "succeeded"
        states.update(dict.fromkeys(decision.due.coalesced, COALESCED))
        assert state is not None  # noqa: S101 - a task that is due has a state
        state = TaskState(state.plan, state.first_seen, decision.due.slot)
        yield Event(now, task, decision.due.slot, coalesced=len(decision.due.coalesced))
    pasts[task.user, task.id] = Past(state, {}, states)


def _tick_seconds(text: str | None, place: Here) -> int:
    if text is None:
        return int(place.tick_seconds)
    number = text.removesuffix("m")
    if not (number.isascii() and number.isdecimal()) or not 1 <= int(number) <= 60:
        raise UsageError("--tick {text}: 1m to 60m would be right", text=text)
    return int(number) * 60


def _off(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    begins, ends = parse_clock(first), parse_clock(last)
    if begins is None or ends is None or begins == ends:
        raise UsageError("--off {text}: 13:00-15:00 would be right", text=text)
    return begins, ends
