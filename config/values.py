"""Values as people write them, in the INI and on the command line; each reader says what would be right.

A reader takes the text and returns the value, or raises :class:`WrongValue`; where the text stands, its caller adds.
"""

from collections.abc import Callable
from typing import TypeVar

from scheduler_runner.errors import ConfigError
from scheduler_runner.phrases import Phrase

DAY_MINUTES = 24 * 60
_MOST_DIGITS = 20

_T = TypeVar("_T")


class WrongValue(ConfigError):
    """A text is not the value that it should be; the message is what would be right, as the end of a sentence.

    ``is_secret``: the text may hold a secret, and is not to be shown.
    """

    def __init__(self, right: str, /, *, is_secret: bool = False, **values: object) -> None:
        super().__init__(right, key=None, **values)
        self.is_secret = is_secret


def whole(least: int, most: int, unit: str = "") -> Callable[[str], int]:
    """Return a reader of whole numbers; ``unit`` such as ``"days"`` is for its message.

    >>> whole(0, 10)("7")
    7
    """

    def read(text: str) -> int:
        # Not int() alone: it takes "1_000", "+5" and the digits of every script, and of thousands of digits it raises.
        is_number = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
        if not is_number or not least <= int(text) <= most:
            if unit:
                told = "a whole number of {unit} from {least} to {most}"
                raise WrongValue(told, unit=Phrase(unit), least=least, most=most)
            raise WrongValue("a whole number from {least} to {most}", least=least, most=most)
        return int(text)

    return read


def number(least: float, most: float) -> Callable[[str], float]:
    """Return a reader of numbers, ends included.

    >>> number(0, 10)("2.5")
    2.5
    """

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")  # which lies between no two numbers
        if not least <= value <= most:
            raise WrongValue("a number from {least:.10g} to {most:.10g}", least=least, most=most)
        return value

    return read


def clock(text: str) -> int:
    """Return a time of the day as its minute; the hour may have one digit.

    >>> clock("21:50"), clock("9:00")
    (1310, 540)
    """
    minute = _minute(text)
    if minute is None or minute == DAY_MINUTES:
        raise WrongValue("a time of the day from 00:00 to 23:59, such as 09:30,")
    return minute


def or_off(reader: Callable[[str], _T]) -> Callable[[str], _T | None]:
    """Return a reader that understands ``off``, and nothing at all, as ``None``.

    >>> or_off(clock)("off"), or_off(clock)("9:30")
    (None, 570)
    """

    def read(text: str) -> _T | None:
        if text.lower() in ("", "off"):
            return None
        try:
            return reader(text)
        except WrongValue as error:
            raise WrongValue("{error} or off,", error=error) from None

    return read


def switch(text: str) -> bool:
    """Return whether something is switched on.

    >>> switch("on"), switch("Off")
    (True, False)
    """
    if text.lower() not in ("on", "off"):
        raise WrongValue("on or off")
    return text.lower() == "on"


def hours(text: str) -> tuple[int, int]:
    """Return first and last minute of hours that may pass midnight, as those of the night do.

    >>> hours("22:00-8:00")
    (1320, 480)
    """
    first, last = _ends(text)
    if first is None or last is None or first % DAY_MINUTES == last % DAY_MINUTES:
        raise WrongValue("hours such as 22:00-08:00, each from 00:00 to 23:59,")
    return first % DAY_MINUTES, last % DAY_MINUTES


def hours_of_one_day(text: str) -> tuple[int, int]:
    """Return first and last minute of hours within one day; the last may be 24:00.

    >>> hours_of_one_day("9:00-24:00")
    (540, 1440)
    """
    first, last = _ends(text)
    if first is None or last is None or first >= last:
        raise WrongValue("hours of one day such as 09:00-21:00, within 00:00-24:00,")
    return first, last


def address(*schemes: str) -> Callable[[str], str]:
    """Return a reader of addresses that begin with one of these, such as ``http://``; ``""`` is none."""

    def read(text: str) -> str:
        if text and (not text.lower().startswith(schemes) or not text.partition("//")[2].strip("/")):
            raise WrongValue("an address that begins with {names}", names=" / ".join(schemes), is_secret=True)
        return text

    return read


def _ends(text: str) -> tuple[int | None, int | None]:
    # A dash in the place of the hyphen comes from a word processor or a phone.
    first, _, last = text.replace("–", "-").replace("—", "-").partition("-")
    return _minute(first.strip()), _minute(last.strip())


def _minute(text: str) -> int | None:
    """Return the minute of the day from 0:00 to 24:00; ``None`` for anything else."""
    hour, _, minute = text.partition(":")
    if not (text.isascii() and hour.isdecimal() and minute.isdecimal() and len(hour) <= 2 and len(minute) == 2):
        return None
    minutes = int(hour) * 60 + int(minute)
    return minutes if int(minute) < 60 and minutes <= DAY_MINUTES else None
