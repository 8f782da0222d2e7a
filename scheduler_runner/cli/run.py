"""Run one task now, whatever its schedule and hours, showing its log as it comes, and end with one sentence."""

import argparse

from scheduler_runner import runner
from scheduler_runner.cli.asking import DAY_SECONDS, here, history_of
from scheduler_runner.cli.outcomes import OUTCOMES, look_of
from scheduler_runner.errors import ExitCode, LedgerUnavailable
from scheduler_runner.phrases import Phrase
from scheduler_runner.screens.chosen import screen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which task."""
    parser.add_argument("task", metavar="TASK", help="its name")
    parser.add_argument("--user", help="whose, where two users have one of this name")
    parser.add_argument("--detailed-logs", "--detailed_logs", action="store_true", help="write DEBUG lines, too")


def run(arguments: argparse.Namespace) -> int:
    """Run; return the runner's exit code."""
    place = here()
    task = place.one(arguments.task, arguments.user)
    given = ["--user", task.user, "--task", task.id, "--console"]
    code = runner.main([*given, "--detailed-logs"] if arguments.detailed_logs else given)
    shown = screen()
    try:
        with history_of(place, task.user) as history:
            runs = history.runs(place.now, place.now + DAY_SECONDS, [task.id])
    except LedgerUnavailable as error:
        shown.say(error, look="odd")
        return code
    for last in runs[:1]:
        shown.say("{task}: {outcome}. {summary}", task=task.shown, outcome=Phrase(OUTCOMES[last.outcome]),
                  summary=last.summary or last.reason, look=look_of(last.outcome))  # fmt: skip
    if not runs and code in (ExitCode.OK, ExitCode.TASK_FAILED, ExitCode.NOT_RECORDED):  # else nothing was run
        shown.say("{task}: how this run ended is not on record: the lines above tell it", task=task.shown, look="odd")
    return code
