"""Kinds of command-line arguments; each says what would be right."""

from argparse import ArgumentTypeError
from collections.abc import Callable

from scheduler_runner.plans.clock import parse_clock


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Return a reader of whole numbers for ``add_argument(type=...)``.

    >>> whole_number(0, 10)("7")
    7
    """

    def read(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or not least <= int(text) <= most:
            raise ArgumentTypeError(f"{text!r} is wrong: a whole number from {least} to {most} would be right")
        return int(text)

    return read


def number(least: float, most: float) -> Callable[[str], float]:
    """Return a reader of numbers for ``add_argument(type=...)``."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            raise ArgumentTypeError(f"{text!r} is wrong: a number from {least:g} to {most:g} would be right")
        return value

    return read


def clock(text: str) -> int:
    """Read a time of the day, as its minute.

    >>> clock("21:50")
    1310
    """
    minute = parse_clock(text)
    if minute is None:
        raise ArgumentTypeError(f'{text!r} is wrong: "HH:MM" with two digits each would be right')
    return minute
