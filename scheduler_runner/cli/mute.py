"""Silence a camera, a cause or a task for a while: it is looked at as ever, and what is known of it is not told."""

import argparse

from config.ini import nearest
from scheduler_runner.cli.asking import here
from scheduler_runner.cli.braking import add_until, by_user, change, end_of, levels_of, meant
from scheduler_runner.errors import UsageError
from scheduler_runner.notices.brakes import MUTE, Brake
from scheduler_runner.screens.chosen import screen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add whom, how long and why."""
    parser.add_argument("name", metavar="CAMERA|CAUSE|TASK", help="as a notice or list has it")
    add_until(parser)


def run(arguments: argparse.Namespace) -> int:
    """Mute; return 0. Raises ``UsageError`` with the nearest name."""
    place = here()
    until, known = end_of(arguments.until, place), levels_of(place)
    found = meant(arguments.name, place, known)
    if not found:
        names = [*(each.called for each in known), *(task.name for task in place.tasks)]
        raise UsageError("nothing is called {name}: {right} would be right", name=arguments.name,
                         right=nearest(arguments.name, names))  # fmt: skip
    for user, names in by_user(found).items():
        brake = Brake(MUTE, arguments.name, tuple(names), place.now, until, arguments.why)
        change(
            place.layout.user(user),
            place.now,
            lambda brakes, brake=brake: [*(each for each in brakes if not _is_same(each, brake)), brake],  # type: ignore[misc]
        )
    screen().say("{name} is muted until {until}", name=arguments.name, until=place.moment(until))
    return 0


def _is_same(brake: Brake, other: Brake) -> bool:
    return brake.what == other.what and brake.asked.lower() == other.asked.lower()
