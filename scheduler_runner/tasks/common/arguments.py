"""The INI's values as command-line arguments: the same readers, the same sentences."""

from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import TypeVar

from config.values import WrongValue

_T = TypeVar("_T")


def argument(reader: Callable[[str], _T]) -> Callable[[str], _T]:
    """Return a reader of :mod:`config.values` for ``add_argument(type=...)``."""

    def read(text: str) -> _T:
        try:
            return reader(text)
        except WrongValue as error:
            raise ArgumentTypeError(f"{text!r} is wrong: {error} would be right") from error

    return read
