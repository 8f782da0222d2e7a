"""End what runs for a task now, with everything that it started; on record as stopped by hand, and not tried again."""

import argparse
import time

from config.base_config import PATH_CONFIG
from scheduler_runner.cli.asking import here
from scheduler_runner.errors import ExitCode, SchedulerError
from scheduler_runner.run_site import RunSite
from scheduler_runner.runs.stop_request import ask_to_stop
from scheduler_runner.runs.task_lock import read_holder
from scheduler_runner.screens.chosen import screen

_PATIENCE_SECONDS = 20.0
_LOOK_SECONDS = 0.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which task."""
    parser.add_argument("task", metavar="TASK", help="its name")
    parser.add_argument("--user", help="whose, where two users have one of this name")


def run(arguments: argparse.Namespace) -> int:
    """Ask its runner to end it, and wait for that; return 0 where nothing runs any more."""
    place = here()
    task = place.one(arguments.task, arguments.user)
    site = RunSite(PATH_CONFIG["LOGS_ROOT"], task.user.lower(), PATH_CONFIG["BASE_DIR"])
    shown = screen()
    try:
        holder = ask_to_stop(site, task.id)
    except OSError as error:
        raise SchedulerError("only {user} and administrators may stop {task}: {error}",
                             user=task.user, task=task.shown, error=error) from error  # fmt: skip
    if holder is None:
        shown.say("{task} does not run", task=task.shown)
        return int(ExitCode.OK)
    if not holder.has_living_runner:
        shown.say("the runner of {task} is dead: the next tick ends what it left", task=task.shown, look="odd")
        return int(ExitCode.TASK_FAILED)
    shown.say("{task}, run {run}: asked to end", task=task.shown, run=holder.run_id)
    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < give_up_at:
        now = read_holder(site.own.task_lock(task.id))
        if now is None or now.run_id != holder.run_id:
            shown.say("stopped", look="good")
            return int(ExitCode.OK)
        time.sleep(_LOOK_SECONDS)
    shown.say("it has not ended within {seconds:.0f} s; pvz log {task} tells more",
              seconds=_PATIENCE_SECONDS, task=task.name, look="bad")  # fmt: skip
    return int(ExitCode.TASK_FAILED)
