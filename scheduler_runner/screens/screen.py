"""What a command shows a person: plain text as wide as the console, in the person's language, in signs that it has.

Needs the standard library alone, so that ``status``, ``check`` and ``doctor`` speak where packages are missing. A
sentence is a template with its values, written in English; ``russian/`` has it in Russian.

    >>> screen = Screen(sys.stdout, language="ru", width=40)
    >>> screen.say("{path} is missing", path="pvz.ini")
    нет файла pvz.ini
"""

import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import TextIO

from scheduler_runner.errors import SchedulerError
from scheduler_runner.phrases import Kept, Phrase
from scheduler_runner.russian import size
from scheduler_runner.russian_errors import ROWS as ERRORS
from scheduler_runner.screens.rows import ROWS

WIDTH = 80
UNBROKEN = 10_000
"""A width for sentences that programs may look through."""
_LEAST_WIDTH = 40
_PLAIN_SIGNS = str.maketrans({"«": '"', "»": '"', "—": "-", "–": "-", "·": "*", "…": "...", "№": "N", "\u202f": " "})
_COLOURS = {"good": "32", "bad": "31", "odd": "33", "strong": "1", "faint": "2"}
_UNBROKEN = "\u00a0"
# What a log or a ledger of another account holds must not steer the administrator's console.
_CONTROLS = dict.fromkeys({*range(32), *range(127, 160)} - {ord("\t")}, "?")
_ENGLISH_UNITS = str.maketrans("БКМГТ,", "BKMGT.")
_COUNTED = re.compile(r"\{(\w+)(:[^}]*)?\} [a-z]+s\b")
"""A number and what it counts. Russian sentences are built so that nothing has to agree."""
_COMMANDS = ("command", "commands", "again", "harden")
"""Values of sentences that are commands."""


class _Decimal(float):
    """A measured number as Russian writes it, 63,4; one without fixed places may be an INI's value, and stays."""

    def __format__(self, spec: str) -> str:
        shown = super().__format__(spec)
        return shown.replace(".", ",") if spec.endswith("f") else shown


class Bytes(int):
    """An amount of bytes, which each language writes in its own units.

    >>> Screen(sys.stdout, language="en").words("{size} of {limit}", size=Bytes(16_483), limit="20 MB")
    '16.1 KB of 20 MB'
    """

    def said(self, language: str) -> str:
        """Return it for people."""
        return size(self) if language == "ru" else size(self).translate(_ENGLISH_UNITS)


class Screen:
    """One console, file or pipe. ``language`` is ``ru`` or ``en``, ``width`` in letters."""

    def __init__(self, stream: TextIO, *, language: str, width: int = WIDTH, is_coloured: bool = False) -> None:
        self.language = language
        self.width = max(_LEAST_WIDTH, width)
        self._stream = stream
        self._is_coloured = is_coloured

    def words(self, said: object, /, **values: object) -> str:
        """Return a template, a :class:`Phrase` or an error in the reader's language; anything else as its text."""
        if isinstance(said, Bytes):
            return said.said(self.language)
        if isinstance(said, Kept):
            return said.russian if self.language == "ru" else said.template
        if isinstance(said, (Phrase, SchedulerError)):
            return self.words(said.template, **said.values)
        text = str(said)
        template = (ROWS.get(text) or ERRORS.get(text) or text) if self.language == "ru" else text
        if not values:
            return template
        if self.language != "ru":
            template = _COUNTED.sub(lambda found: _agreeing(found, values), template)
        return template.format_map({name: self._value(value) for name, value in values.items()})

    def _value(self, value: object) -> object:
        if isinstance(value, (Phrase, SchedulerError, Bytes)):
            return self.words(value)
        return _Decimal(value) if self.language == "ru" and type(value) is float else value

    def say(self, said: object = "", /, *, look: str = "", indent: int = 0, **values: object) -> None:
        """Write one paragraph, broken at blanks; ``look`` is ``good``, ``bad``, ``odd``, ``strong`` or ``faint``.

        ``indent`` is for the lines after the first as well: a list's item has two blanks more there.
        """
        margin = " " * indent
        text = self.words(said, **values)
        for command in _commands(said, values):  # to be pasted: never broken
            text = text.replace(command, command.replace(" ", _UNBROKEN))
        for line in text.split("\n"):
            hanging = margin + ("  " if line.startswith(("- ", "• ")) else "")
            wrapped = textwrap.wrap(
                line, self.width - 1, initial_indent=margin, subsequent_indent=hanging,
                break_long_words=False, break_on_hyphens=False,
            )  # fmt: skip
            for each in wrapped or [""]:
                self._write(each, look)

    def copy(self, text: str) -> None:
        """Write lines that are to be pasted, or read by a program, as they are: not broken, not translated."""
        for line in text.split("\n"):
            self._write(line, "")

    def table(self, heads: Sequence[object], rows: Sequence[Sequence[object]], *, right: Sequence[int] = ()) -> None:
        """Write a table; what is too wide goes on in the next line of its cell. ``right`` are columns of numbers.

        Without a word in ``heads`` there is no head.
        """
        cells = [[self.words(cell) for cell in row] for row in ([heads, *rows] if any(heads) else rows)]
        widths = _widths(cells, self.width - 1)
        for number, row in enumerate(cells):
            wrapped = [textwrap.wrap(cell, width) or [""] for cell, width in zip(row, widths)]
            for line in range(max(map(len, wrapped))):
                parts = [part[line] if line < len(part) else "" for part in wrapped]
                shown = [
                    part.rjust(width) if column in right else part.ljust(width)
                    for column, (part, width) in enumerate(zip(parts, widths))
                ]
                self._write("  ".join(shown).rstrip(), "strong" if number == 0 and any(heads) else "")

    def _write(self, line: str, look: str) -> None:
        text = shown_in(
            line.replace(_UNBROKEN, " ").translate(_CONTROLS), getattr(self._stream, "encoding", None) or "utf-8"
        )
        if look and self._is_coloured:
            text = f"\x1b[{_COLOURS[look]}m{text}\x1b[0m"
        print(text, file=self._stream)


def _agreeing(counted: "re.Match[str]", values: Mapping[str, object]) -> str:
    value = values.get(counted[1])
    is_one = isinstance(value, (int, float)) and format(value, (counted[2] or ":")[1:]) == "1"
    return counted[0][:-1] if is_one else counted[0]


def shown_in(text: str, encoding: str) -> str:
    """Return a text in signs that an encoding has: a plain form in the place of one that it lacks.

    >>> shown_in("«Копирование» — готово", "cp866")
    '"Копирование" - готово'
    """
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return text.translate(_PLAIN_SIGNS)
    return text


def screen_for(stream: TextIO, chosen: str = "") -> Screen:
    """Return a screen on a stream; ``chosen`` is ``ru`` or ``en``, ``""``: the system's language.

    A pipe or a file is as wide as COLUMNS says, else 80; colours stand on a console alone.
    """
    is_console = stream.isatty()
    is_measured = is_console or "COLUMNS" in os.environ
    may_colour = is_console and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Screen(
        stream,
        language=chosen or system_language(os.environ),
        width=shutil.get_terminal_size((WIDTH, 25)).columns if is_measured else WIDTH,
        is_coloured=may_colour and _shows_colours(),
    )


def _commands(said: object, values: Mapping[str, object]) -> Iterator[str]:
    """Yield the commands that a sentence tells people to type, each line of them."""
    inner = said.values if isinstance(said, (Phrase, SchedulerError)) else {}
    for name, value in (*inner.items(), *values.items()):
        if isinstance(value, (Phrase, SchedulerError)):
            yield from _commands(value, {})
        elif name in _COMMANDS:
            yield from str(value).split("\n")


def _widths(cells: Sequence[Sequence[str]], most: int) -> list[int]:
    """Return the columns' widths: as needed, and where that is too much, the widest gives way, words last of all."""
    columns = list(zip(*cells))
    widths = [max(1, *map(len, column)) for column in columns]
    words = [max(1, *(len(word) for cell in column for word in cell.split() or [""])) for column in columns]
    while sum(widths) + 2 * (len(widths) - 1) > most and max(widths) > 6:
        # What is wider than its longest word can be broken at a blank; only where nothing is, words are.
        breakable = [number for number, width in enumerate(widths) if width > words[number]]
        widest = max(breakable or range(len(widths)), key=widths.__getitem__)
        widths[widest] -= 1
    return widths


if sys.platform == "win32":
    _RUSSIAN = 0x19
    _PRIMARY = 0x3FF

    def system_language(environ: "os._Environ[str] | dict[str, str]") -> str:
        """Return ``ru`` where Windows shows itself in Russian to this account, else ``en``."""
        import ctypes

        return "ru" if ctypes.windll.kernel32.GetUserDefaultUILanguage() & _PRIMARY == _RUSSIAN else "en"

    def _shows_colours() -> bool:
        """Ask the console for escape sequences, which Windows 10 and later understand and do not by themselves."""
        import ctypes

        console = ctypes.windll.kernel32.GetStdHandle(-11)
        mode = ctypes.c_ulong()
        if not ctypes.windll.kernel32.GetConsoleMode(console, ctypes.byref(mode)):
            return False
        return bool(ctypes.windll.kernel32.SetConsoleMode(console, mode.value | 4))

else:

    def system_language(environ: "os._Environ[str] | dict[str, str]") -> str:
        """Return ``ru`` where the locale's messages are Russian, else ``en``.

        >>> system_language({"LANG": "ru_RU.UTF-8"}), system_language({"LC_ALL": "C", "LANG": "ru_RU.UTF-8"})
        ('ru', 'en')
        """
        chosen = next(filter(None, map(environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
        return "ru" if chosen.lower().startswith("ru") else "en"

    def _shows_colours() -> bool:
        return True
