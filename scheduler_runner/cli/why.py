"""Why a slot ran, ran late or did not: a sentence for each, or for everything unusual since yesterday."""

import argparse
import json
from datetime import timedelta

from scheduler_runner.cli.asking import DAY_SECONDS, Here, day_of, duration, here, history_of, tick_now
from scheduler_runner.cli.outcomes import OUTCOMES
from scheduler_runner.errors import LedgerUnavailable
from scheduler_runner.phrases import Phrase
from scheduler_runner.reasons import Cause, Fate, Past, Reason, reasons
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.records.run_rows import FinishedRun
from scheduler_runner.screens.chosen import screen
from scheduler_runner.task import Task

_LONG_RUN_SECONDS = 7 * DAY_SECONDS
_FATES = {
    Fate.RAN: "ran at {begun}",
    Fate.RUNS: "runs since {begun}",
    Fate.WAITS: "waits for a further attempt",
    Fate.FAILED: "{outcome} at {begun}: {why}",
    Fate.SKIPPED: "put off until its time was over: {why}",
    Fate.STOPPED: "stopped by hand at {begun}",
    Fate.MISSED: "did not run",
    Fate.COALESCED: "a later one ran in its place",
    Fate.PAUSED: "paused",
    Fate.UNDECIDED: "has not run yet",
    Fate.UNRECORDED: "ran while the ledger could not be written: how it ended is in the log",
}
CAUSES = {
    Cause.OFF: "the PC was off {span}",
    Cause.ASLEEP: "the PC slept, or was shut down with fast startup, {span}",
    Cause.NO_TICKS: "the PC was on and nothing started the scheduler {span}",
    Cause.CLOCK_SET: "the clock was set {span}",
    Cause.AWAY: "the scheduler was not started {span}",
    Cause.HELD: "{other} held it up {span}",
    Cause.FAILED_BEFORE: "{before}",
    Cause.REFUSED: "ticks came and refused: the configuration was wrong, or others could change the program",
    Cause.STRICT: "no tick came within its minute",
    Cause.UNKNOWN: "why is in the runner's log alone",
}
"""Why a slot did not run, or no tick came; ``{span}`` is when."""
_CURES = {
    Cause.ASLEEP: "let the PC stay awake: its power settings, or choose a time at which it is on",
    Cause.NO_TICKS: (
        "pvz doctor looks at the entry that starts it, and at what a protected one refuses; "
        "nobody may have been logged on"
    ),
    Cause.REFUSED: "pvz check and pvz doctor tell what is wrong still",
    Cause.STRICT: 'give the task a misfire_grace_time, such as "next"',
    Cause.HELD: "a longer misfire_grace_time, or another time, leaves room for both",
    Cause.CLOCK_SET: "let the PC set its clock from the network; a dead battery on the board does this each morning",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which task and which day."""
    parser.add_argument("task", nargs="?", metavar="TASK", help="a task; none: everything unusual since yesterday")
    parser.add_argument("--date", metavar="24.11", help="a day; today for a task")
    parser.add_argument("--json", action="store_true", help="for programs")


def run(arguments: argparse.Namespace) -> int:
    """Tell; return 0."""
    place = here()
    meant = place.chosen(arguments.task)
    chosen = {task.id for task in meant}
    today = place.today()
    first = day_of(arguments.date, today) if arguments.date else today - timedelta(days=0 if arguments.task else 1)
    since = place.midnight(first)
    now = int(place.now) + 1  # what has begun within this second has begun
    until = min(place.midnight(first + timedelta(days=1)) if arguments.date else now, now)
    found, unread = reasons_since(place, since, until)
    wanted = [each for each in found if each.task in chosen and (arguments.task or arguments.date or each.is_unusual)]
    shown = screen()
    if arguments.json:
        shown.copy(json.dumps([_values(each) for each in wanted], ensure_ascii=False, indent=2))
        return 0
    told = [unread[user] for user in sorted({task.user.lower() for task in meant}) if user in unread]
    for error in told:
        shown.say(error, look="odd")
    if not wanted and not told:
        nothing = "nothing was planned since {moment}" if arguments.task else "nothing unusual since {moment}"
        shown.say(nothing, moment=place.moment(since), look="good")
    titles = {task.id: task for task in place.tasks}
    for reason in wanted:
        look = "" if not reason.is_unusual else "bad" if reason.fate in (Fate.FAILED, Fate.MISSED) else "odd"
        shown.say("{moment} {task}: {story}", moment=place.moment(reason.slot), task=titles[reason.task].shown,
                  story=story(reason, place, titles), look=look)  # fmt: skip
    for cause in dict.fromkeys(each.cause for each in wanted if each.cause in _CURES):
        shown.say("- {cure}", cure=Phrase(_CURES[cause]), look="faint")
    return 0


def reasons_since(place: Here, since: int, until: int) -> tuple[list[Reason], dict[str, LedgerUnavailable]]:
    """Return what became of every slot of a time, and by user why his cannot be told."""
    pasts: dict[str, Past] = {}
    unread: dict[str, LedgerUnavailable] = {}
    found: list[Reason] = []
    for user in place.users():
        try:
            with history_of(place, user) as history:
                ticks, slots = history.ticks(since, until), history.slots(since, until)
                runs = history.runs(since - _LONG_RUN_SECONDS, place.now + DAY_SECONDS)
            pasts[user] = Past(slots, runs, [*ticks, tick_now()], _first_seen(place, user))
        except LedgerUnavailable as error:
            unread[user] = error
    for user, past in pasts.items():
        own = {task.id for task in place.tasks if task.user.lower() == user}
        # A group is shared by all users, and a task's name may be: of another user's it is nobody's here.
        tasks = [task for task in place.tasks if task.user.lower() == user or task.id not in own]
        others = [run for other in pasts if other != user for run in pasts[other].runs if run.task not in own]
        past = past._replace(runs=[*past.runs, *others])
        answers = reasons(tasks, past, since, until, place.zone, place.tick_seconds)
        found += [each for each in answers if each.task in own]
    return sorted(found, key=lambda each: (each.slot, each.task)), unread


def story(reason: Reason, place: Here, tasks: dict[str, Task]) -> Phrase:
    """Return the sentence about one slot, without its moment."""
    runs = reason.runs
    fate = Phrase(_FATES[reason.fate], **_ended(runs[-1], place, len(runs)) if runs else {})
    if reason.fate is Fate.WAITS and runs:
        return Phrase("{fate}: {cause}", fate=fate, cause=_attempt(runs[-1], place))
    if reason.cause is None or (reason.cause is Cause.FAILED_BEFORE and reason.fate is Fate.FAILED):
        return fate
    other = reason.other and tasks.get(reason.other.task)
    cause = Phrase(
        CAUSES[reason.cause],
        span=span(reason.since, reason.until, place),
        other=other.shown if other else reason.other.task if reason.other else "",
        before=_attempt(runs[-2], place) if len(runs) > 1 else "",
    )
    late = runs[0].started_at - reason.slot if runs else 0.0
    if late > 2.5 * place.tick_seconds:
        return Phrase("{fate}, {late} late: {cause}", fate=fate, late=duration(late), cause=cause)
    return Phrase("{fate}: {cause}", fate=fate, cause=cause)


def _attempt(run: FinishedRun, place: Here) -> Phrase:
    """Return how one attempt ended."""
    return Phrase(_FATES[Fate.FAILED], **_ended(run, place))


def _ended(run: FinishedRun, place: Here, number: int = 1) -> dict[str, object]:
    begun: object = place.moment(run.started_at)
    if run.slot is not None and place.date(run.started_at) == place.date(run.slot):
        begun = place.moment(run.started_at)[-5:]  # the slot's own date stands before it
    if number > 1:
        begun = Phrase("{moment}, attempt {count}", moment=begun, count=number)
    return {"begun": begun, "outcome": Phrase(OUTCOMES[run.outcome]), "why": run.summary or run.reason or "-"}


def span(since: float, until: float, place: Here) -> Phrase:
    """Return a time as people say it; ``until`` 0: it goes on."""
    if not until:
        return Phrase("since {since}", since=place.moment(since))
    return Phrase("from {since} to {until}", since=place.moment(since), until=place.moment(until))


def _first_seen(place: Here, user: str) -> dict[str, int]:
    ledger = Ledger(place.layout.user(user).ledger, is_read_only=True)
    try:
        return {name: state.first_seen for name, state in ledger.task_states().items()}
    finally:
        ledger.close()


def _values(reason: Reason) -> dict[str, object]:
    return {
        "task": reason.task,
        "slot": reason.slot,
        "fate": reason.fate.value,
        "cause": reason.cause and reason.cause.value,
        "since": reason.since or None,
        "until": reason.until or None,
        "runs": [run.run for run in reason.runs],
        "held_by": reason.other and reason.other.run,
    }
