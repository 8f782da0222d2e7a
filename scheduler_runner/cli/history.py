"""Which runs there were, newest first; of one run everything, with its part of the log."""

import argparse
import json
from datetime import datetime

from config.values import whole
from scheduler_runner.cli.asking import DAY_SECONDS, Here, duration, here, history_of, span_of
from scheduler_runner.cli.log import lines_between
from scheduler_runner.cli.outcomes import OUTCOMES, look_of
from scheduler_runner.errors import LedgerUnavailable, UsageError
from scheduler_runner.outcome import Outcome
from scheduler_runner.phrases import Phrase
from scheduler_runner.records.run_rows import FinishedRun
from scheduler_runner.screens.chosen import screen
from scheduler_runner.screens.screen import Bytes
from scheduler_runner.tasks.common.arguments import argument

_MOST = 10
"""Two lines each: so many stay on a screen of 24."""
_LEAST_NAME = 6
_FAILURES = [outcome.value for outcome in Outcome if outcome.is_failure]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which runs."""
    parser.add_argument("what", nargs="?", metavar="TASK|RUN", help="a task, or a run's name")
    parser.add_argument("--failed", action="store_true", help="those that failed")
    parser.add_argument("--last", default="7d", metavar="7d", help="how far to look back: 7d, 12h, 30m")
    parser.add_argument("--count", type=argument(whole(1, 1000)), default=_MOST, help="how many of the newest")
    parser.add_argument("--json", action="store_true", help="for programs")


def run(arguments: argparse.Namespace) -> int:
    """Show; return 0."""
    place = here()
    if arguments.what and not any(task.is_called(arguments.what) for task in place.tasks):
        found = _named(place, arguments.what)
        if found:
            return _show_one(place, *found[0], is_json=arguments.json)
    chosen = place.chosen(arguments.what)
    ids = [task.id for task in chosen]
    since = place.now - span_of(arguments.last)
    runs, unread = [], []
    for user in sorted({task.user.lower() for task in chosen}):
        try:
            with history_of(place, user) as history:
                runs += history.runs(since, place.now + DAY_SECONDS, ids, _FAILURES if arguments.failed else ())
        except LedgerUnavailable as error:
            unread.append(error)
    runs.sort(key=lambda each: each.started_at, reverse=True)
    if arguments.json:
        screen().copy(json.dumps([_values(each) for each in runs], ensure_ascii=False, indent=2))
        return 0
    _show(place, runs, unread, arguments.count)
    return 0


def _named(place: Here, name: str) -> list[tuple[str, FinishedRun]]:
    """Return the runs that are meant, with their users. Raises ``UsageError`` where the name is too short to tell."""
    if len(name) < _LEAST_NAME:
        return []
    found = []
    for user in place.users():
        try:
            with history_of(place, user) as history:
                found += [(user, each) for each in history.run(name)]
        except LedgerUnavailable:
            continue
    if len(found) > 1:
        raise UsageError("several runs are called {name}: more of it would be right", name=name)
    return found


def _show(place: Here, runs: "list[FinishedRun]", unread: "list[LedgerUnavailable]", most: int) -> None:
    shown = screen()
    for error in unread:
        shown.say(error, look="odd")
    if not runs:
        shown.say("no runs in this time")
        return
    titles = {task.id: task.shown for task in place.tasks}
    for each in runs[:most]:
        told = "{moment} {task}: {outcome}, {took}, run {run}" if each.outcome else "{moment} {task}: runs, run {run}"
        shown.say(
            told,
            moment=place.moment(each.started_at),
            task=titles.get(each.task, each.task),
            outcome=Phrase(OUTCOMES[each.outcome]),
            took=duration(each.ended_at - each.started_at),
            run=each.run.rpartition("-")[2],
            look=look_of(each.outcome),
        )
        if each.summary or each.reason:
            shown.say(each.summary or each.reason, indent=2)
    if len(runs) > most:
        shown.say("and {count} more: --count 50 shows more, --json all", count=len(runs) - most, look="faint")
    shown.say("pvz history RUN shows one with its log", look="faint")


def _show_one(place: Here, user: str, one: FinishedRun, *, is_json: bool) -> int:
    shown = screen()
    if is_json:
        shown.copy(json.dumps(_values(one), ensure_ascii=False, indent=2))
        return 0
    slot = place.moment(one.slot) if one.slot is not None else Phrase("by hand")
    ended = one.ended_at or place.now
    titles = {task.id: task.shown for task in place.tasks}
    shown.say("{task}, run {run}", task=titles.get(one.task, one.task), run=one.run, look="strong")
    shown.say("{outcome}: {summary}", outcome=Phrase(OUTCOMES[one.outcome]), summary=one.summary or one.reason or "-",
              look=look_of(one.outcome))  # fmt: skip
    rows: list[tuple[object, object]] = [
        (Phrase("planned"), slot),
        (Phrase("began"), f"{datetime.fromtimestamp(one.started_at, place.zone):%d.%m.%Y %H:%M:%S}"),
        (Phrase("took"), duration(ended - one.started_at)),
        (Phrase("attempt"), one.attempt),
        (Phrase("exit code"), "" if one.exit_code is None else one.exit_code),
        (Phrase("processor"), "" if one.cpu_seconds is None else duration(one.cpu_seconds)),
        (Phrase("memory"), "" if one.peak_memory_bytes is None else Bytes(one.peak_memory_bytes)),
    ]
    shown.table((), [row for row in rows if row[1] != ""])
    shown.say("its part of the log:", look="strong")
    for line in lines_between(place.layout.user(user).log(one.task), one.started_at, ended, place.zone):
        shown.copy(line)
    return 0


def _values(one: FinishedRun) -> dict[str, object]:
    return {**one._asdict(), "metrics": json.loads(one.metrics or "{}")}
