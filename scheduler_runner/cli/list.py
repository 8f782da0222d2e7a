"""The tasks of this point: when, what comes next, how the last run ended, how long it takes, who runs."""

import argparse
import json

from scheduler_runner.cli.asking import DAY_SECONDS, Here, at_work, brakes_of, duration, here, history_of
from scheduler_runner.cli.outcomes import OUTCOMES
from scheduler_runner.errors import LedgerUnavailable, SchedulerError
from scheduler_runner.notices.brakes import MUTE, PAUSE, Brake
from scheduler_runner.phrases import Phrase
from scheduler_runner.records.run_rows import FinishedRun
from scheduler_runner.screens.chosen import screen
from scheduler_runner.task import Task

_LOOK_BACK_SECONDS = 30 * DAY_SECONDS
_BRAKED = {PAUSE: "{name} is paused until {until}", MUTE: "{name} is muted until {until}"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how to tell."""
    parser.add_argument("--json", action="store_true", help="for programs")


def run(arguments: argparse.Namespace) -> int:
    """Show; return 0."""
    place = here()
    runs: dict[tuple[str, str], list[FinishedRun]] = {}
    braked, broken = brakes_of(place)
    unread: list[SchedulerError] = [*broken]
    for user in place.users():
        try:
            with history_of(place, user) as history:
                for each in history.runs(place.now - _LOOK_BACK_SECONDS, place.now + DAY_SECONDS):
                    runs.setdefault((user, each.task), []).append(each)
        except LedgerUnavailable as error:
            unread.append(error)
    in_force = [each for each in braked if each[1].holds(place.now)]
    found = [(task, runs.get((task.user.lower(), task.id), []), _paused_until(task, in_force)) for task in place.tasks]
    shown = screen()
    if arguments.json:
        shown.copy(json.dumps([_values(place, *each) for each in found], ensure_ascii=False, indent=2))
        return 0
    for reason in unread:
        shown.say(reason, look="odd")
    heads = [Phrase(head) for head in ("name", "task", "when", "next", "last", "takes")]
    shown.table(heads, [_row(place, *each) for each in found])
    for what, told in _BRAKED.items():
        for asked, until, why in dict.fromkeys((b.asked, b.until, b.why) for _, b in in_force if b.what == what):
            shown.say(told, name=asked, until=place.moment(until), look="odd")
            if why:
                shown.say("why: {why}", why=why, indent=2)
    return 0


def _paused_until(task: Task, in_force: "list[tuple[str, Brake]]") -> float:
    """Return until when a task is paused; 0: it is not."""
    ends = [b.until for user, b in in_force if b.what == PAUSE and user == task.user.lower() and task.id in b.names]
    return max(ends, default=0.0)


def _row(place: Here, task: Task, runs: "list[FinishedRun]", paused_until: float) -> tuple[object, ...]:
    following = _next(place, task, paused_until)
    last = _last(runs)
    holder = at_work(place.layout.user(task.user).task_lock(task.id))
    if holder is not None:
        state: object = Phrase("runs since {since}", since=holder.since[11:16])
    elif last is None:
        state = Phrase("never")
    else:
        state = Phrase(
            "{moment} {outcome}", moment=place.moment(last.started_at), outcome=Phrase(OUTCOMES[last.outcome])
        )
    takes = _takes(runs)
    return (
        task.name,
        task.title,
        task.plan.words,
        Phrase("disabled") if not task.enabled else "" if following is None else place.moment(following),
        state,
        "" if takes is None else duration(takes),
    )


def _values(place: Here, task: Task, runs: "list[FinishedRun]", paused_until: float) -> dict[str, object]:
    last = _last(runs)
    return {
        "task": task.id,
        "user": task.user.lower(),
        "title": task.shown,
        "schedule": task.plan.text,
        "enabled": task.enabled,
        "next": _next(place, task, paused_until),
        "paused_until": paused_until or None,
        "last": last and {"run": last.run, "started_at": last.started_at, "outcome": last.outcome},
        "usual_seconds": _takes(runs),
    }


def _next(place: Here, task: Task, paused_until: float) -> int | None:
    """Return the next slot that runs: the first one from the end of a pause on."""
    return task.plan.next(max(int(place.now), int(paused_until) - 1), place.zone) if task.enabled else None


def _last(runs: "list[FinishedRun]") -> FinishedRun | None:
    return next((each for each in runs if each.outcome), None)


def _takes(runs: "list[FinishedRun]") -> float | None:
    """Return how long a run usually takes, of those that did what they are for."""
    newest = [each.ended_at - each.started_at for each in runs if each.outcome in ("succeeded", "warned")][:20]
    return sorted(newest)[len(newest) // 2] if newest else None
