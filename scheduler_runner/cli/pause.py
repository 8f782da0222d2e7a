"""Stop a task, or all, for a while: its times are passed over, and none is made up for."""

import argparse

from scheduler_runner.cli.asking import Here, here
from scheduler_runner.cli.braking import add_until, change, end_of
from scheduler_runner.notices.brakes import PAUSE, Brake
from scheduler_runner.screens.chosen import screen
from scheduler_runner.task import Task

ALL = "all"
# Without them the disk fills up, or recordings are lost: they stop only where they are named.
_GOES_ON = ("scheduler_runner.tasks.cameras.CopyScript", "scheduler_runner.tasks.cameras.CleanupScript")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which, how long and why."""
    parser.add_argument("task", metavar="TASK|all", nargs="+", help="all: without copying and clean-up, unless named")
    add_until(parser)


def run(arguments: argparse.Namespace) -> int:
    """Pause; return 0. Raises ``UsageError`` with the nearest name."""
    place = here()
    until, chosen = end_of(arguments.until, place), _chosen(place, arguments.task)
    asked = ", ".join(arguments.task)
    for user in sorted({task.user.lower() for task in chosen}):
        names = tuple(task.id for task in chosen if task.user.lower() == user)
        brake = Brake(PAUSE, asked, names, float(int(place.now)), until, arguments.why)  # ticks know whole seconds
        change(place.layout.user(user), place.now, lambda brakes, brake=brake: [*brakes, brake])  # type: ignore[misc]
    shown = screen()
    for task in chosen:
        shown.say("{name} is paused until {until}", name=task.shown, until=place.moment(until))
    return 0


def _chosen(place: Here, names: "list[str]") -> "list[Task]":
    chosen: list[Task] = []
    for name in names:
        if name.lower() == ALL:
            chosen += [task for task in place.tasks if not any(module in task.argv for module in _GOES_ON)]
        else:
            chosen += place.chosen(name)
    return [*{(task.user.lower(), task.id): task for task in chosen}.values()]
