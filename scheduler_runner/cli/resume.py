"""End a mute or a pause before its time."""

import argparse
from collections.abc import Callable

from config.ini import nearest
from scheduler_runner.cli.asking import Here, here
from scheduler_runner.cli.braking import change
from scheduler_runner.errors import UsageError
from scheduler_runner.notices.brakes import MUTE, Brake, BrokenBrakes, read_brakes
from scheduler_runner.screens.chosen import screen

ALL = "all"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which."""
    parser.add_argument("name", metavar="NAME|all", help="as mute or pause was told")


def run(arguments: argparse.Namespace) -> int:
    """Resume; return 0. Raises ``UsageError`` with the nearest name."""
    place, name = here(), arguments.name.lower()
    in_force: list[str] = []
    is_done = False
    for user in place.users():
        own = place.layout.user(user)
        try:
            brakes = read_brakes(own.brakes, is_anyones=True)
        except BrokenBrakes:
            if name != ALL:
                raise
            change(own, place.now, lambda kept: kept, is_anew=True)
            is_done = True
            continue
        meant = [brake for brake in brakes if brake.holds(place.now) and name in (ALL, *_names(brake, place))]
        in_force += [brake.asked for brake in brakes if brake.holds(place.now)]
        if meant:
            change(own, place.now, _without(meant, place.now))
            is_done = True
    if not is_done and name != ALL:
        raise UsageError("{name} is neither muted nor paused: {right} would be right", name=arguments.name,
                         right=nearest(arguments.name, in_force or [ALL]))  # fmt: skip
    screen().say("nothing of {name} is muted or paused any more", name=arguments.name)
    return 0


def _without(meant: "list[Brake]", now: float) -> "Callable[[list[Brake]], list[Brake]]":
    """Return what ends these: a mute is gone, a pause was one until now, so that its times are not made up for."""

    def change_them(kept: "list[Brake]") -> "list[Brake]":
        ended = [brake._replace(until=now) if brake in meant else brake for brake in kept]
        return [brake for brake in ended if brake.what != MUTE or brake.until > now]

    return change_them


def _names(brake: Brake, place: Here) -> "list[str]":
    tasks = [task.name.lower() for task in place.tasks if task.id in brake.names]
    return [brake.asked.lower(), *(name.lower() for name in brake.names), *tasks]
