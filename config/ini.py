"""The INI as a whole, its sections as plain texts; what is wrong is told with file, section, key and what is right.

Every section is read in the same way and differs by a table alone: its keys with their defaults.
"""

import codecs
from collections.abc import Callable, Iterable, Mapping
from configparser import (
    ConfigParser,
    DuplicateOptionError,
    DuplicateSectionError,
    MissingSectionHeaderError,
    ParsingError,
)
from configparser import Error as IniError
from typing import NamedTuple, TypeVar

from config.values import WrongValue
from scheduler_runner.errors import ConfigError
from scheduler_runner.phrases import Phrase

DEFAULT = "DEFAULT"
_MOST_ZEROS = 0.05

_T = TypeVar("_T")


class Section(NamedTuple):
    """One section as it stands, over the defaults of its table. Without ``path`` messages name no file."""

    name: str
    values: Mapping[str, str]
    defaults: Mapping[str, object]
    path: str = ""

    def text(self, key: str) -> str:
        """Return a value as it stands; where there is none, or an empty one, the default."""
        return self.values.get(key.lower()) or str(self.defaults[key])

    def read(self, key: str, reader: Callable[[str], _T]) -> _T:
        """Return a value as one of the readers of :mod:`config.values` understands it. Raises ``ConfigError``."""
        try:
            return reader(self.text(key))
        except WrongValue as error:
            shown = None if error.is_secret else self.text(key)
            raise self.wrong(key, error, shown) from error

    def wrong(self, key: str, right: "str | Phrase | ConfigError", value: str | None = None) -> ConfigError:
        """Return the error that says what would be right; a value that may hold a secret is not given.

        ``right`` is the end of a sentence: a text, a phrase, or an error whose sentence it is.
        """
        if value == "":
            template = "{field} is missing in [{section}]: {right} would be right"
        elif value is None:
            template = "[{section}] {field} is wrong: {right} would be right"
        else:
            template = "[{section}] {field} = {value!r} is wrong: {right} would be right"
        return self._error(template, key, right=Phrase(right) if isinstance(right, str) else right, value=value)

    def reject_unknown(self) -> None:
        """Raise for a key that is not in the table: in its place the default would hold in silence."""
        known = [key.lower() for key in self.defaults]
        for key in self.values:
            if key not in known:
                # `E:/camera` at the beginning of a line is read as a key `e` and its value.
                is_root = len(key) == 1
                right = Phrase("an indented line for a further root") if is_root else nearest(key, self.defaults)
                raise self._error("[{section}] {field} is unknown: {right} would be right", key, right=right)

    def _error(self, template: str, key: str, **values: object) -> ConfigError:
        place = {"path": self.path} if self.path else {}
        whole = "{path}: " + template if self.path else template
        return ConfigError(whole, key=key, section=self.name, field=key, **values, **place)


class Ini:
    """What stands in a file: sections by their names, their own keys in lower case."""

    # No NamedTuple, of which nothing would be used: to make one costs an idle tick a tenth of a millisecond.
    __slots__ = ("path", "sections")

    def __init__(self, path: str, sections: Mapping[str, Mapping[str, str]]) -> None:
        self.path = path
        self.sections = sections

    def own(self, name: str) -> Mapping[str, str]:
        """Return a section's own keys and values; empty where there is none."""
        return self.sections.get(name, {})

    def section(self, name: str, defaults: Mapping[str, object]) -> Section:
        """Return a section over its table. Raises ``ConfigError`` for a key that is not in it."""
        section = Section(name, self.own(name), defaults, self.path)
        section.reject_unknown()
        return section


def read_ini(path: str) -> Ini:
    """Return the INI as it is now: UTF-8, UTF-16 with its mark, or cp1251 as Notepad saves it.

    Raises ``ConfigError``.
    """
    parser = ConfigParser(interpolation=None, inline_comment_prefixes=(";",), comment_prefixes=(";", "#"))
    try:
        with open(path, "rb") as file:
            content = file.read()
        parser.read_string(_decode(content), source=path)
    except OSError as error:
        raise ConfigError(
            "{path}: cannot be read ({reason}): an INI with PVZ_ID and ENV_MODE in [DEFAULT] would be right",
            path=path,
            reason=error.strerror,
        ) from error
    except WrongValue as error:
        raise ConfigError("{path}: {error} would be right", path=path, error=error) from error
    except IniError as error:
        raise ConfigError("{path}: {told} would be right", path=path, told=_told(error)) from error
    defaults = parser.defaults()
    sections = {
        # A section lists what it inherits from [DEFAULT], too.
        name: {key: value.strip() for key, value in parser.items(name) if defaults.get(key) != value}
        for name in parser.sections()
    }
    return Ini(path, {DEFAULT: {key: value.strip() for key, value in defaults.items()}, **sections})


def nearest(name: str, known: Iterable[str]) -> "str | Phrase":
    """Return which known name was meant, whatever the case; all of them where none is near."""
    from difflib import get_close_matches

    folded = {each.lower(): each for each in known}
    found = get_close_matches(name.lower(), folded, n=1)
    return folded[found[0]] if found else Phrase("one of {names}", names=", ".join(folded.values()))


def _told(error: IniError) -> Phrase:
    """Return what is wrong in which line, without the line itself: it may hold a secret."""
    if isinstance(error, DuplicateOptionError):
        return Phrase(
            "line {line}: [{section}] {option} is there twice: once",
            line=error.lineno,
            section=error.section,
            option=error.option,
        )
    if isinstance(error, DuplicateSectionError):
        return Phrase("line {line}: section [{section}] is there twice: once", line=error.lineno, section=error.section)
    if isinstance(error, MissingSectionHeaderError):
        return Phrase("line {line} stands in no section: [DEFAULT] above it", line=error.lineno)
    lines = [line for line, _ in error.errors] if isinstance(error, ParsingError) else []
    return Phrase("line {line} cannot be read: `key = value`, or a [section],", line=lines[0] if lines else "?")


def _decode(content: bytes) -> str:
    """Return the text. Raises ``WrongValue`` where it was saved in a way that would make its names unreadable."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    # Letters of UTF-16 are read as UTF-8 with a zero beside each; a single zero is the matter of its key.
    if content.count(0) > len(content) * _MOST_ZEROS:
        raise WrongValue("it seems to be saved as UTF-16 without its mark: UTF-8")
    try:
        return content.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError:
        from config.charset import decode_windows

        return decode_windows(content)
