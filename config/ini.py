"""The INI as a whole, its sections as plain texts; what is wrong is told with file, section, key and what is right.

Every section is read in the same way and differs by a table alone: its keys with their defaults.
"""

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
            raise self.wrong(key, str(error), shown) from error

    def wrong(self, key: str, right: str, value: str | None = None) -> ConfigError:
        """Return the error that says what would be right; a value that may hold a secret is not given."""
        if value == "":
            told = f"{key} is missing in [{self.name}]"
        else:
            told = f"[{self.name}] {key}{'' if value is None else f' = {value!r}'} is wrong"
        return self._error(f"{told}: {right} would be right", key)

    def reject_unknown(self) -> None:
        """Raise for a key that is not in the table: in its place the default would hold in silence."""
        known = [key.lower() for key in self.defaults]
        for key in self.values:
            if key not in known:
                # `E:/camera` at the beginning of a line is read as a key `e` and its value.
                is_root = len(key) == 1
                right = "an indented line for a further root" if is_root else nearest(key, self.defaults)
                raise self._error(f"[{self.name}] {key} is unknown: {right} would be right", key)

    def _error(self, told: str, key: str) -> ConfigError:
        return ConfigError(f"{self.path}: {told}" if self.path else told, key=key)


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
            f"{path}: cannot be read ({error.strerror}): an INI with PVZ_ID and ENV_MODE in [DEFAULT] would be right"
        ) from error
    except WrongValue as error:
        raise ConfigError(f"{path}: {error} would be right") from error
    except IniError as error:
        raise ConfigError(f"{path}: {_told(error)} would be right") from error
    defaults = parser.defaults()
    sections = {
        # A section lists what it inherits from [DEFAULT], too.
        name: {key: value.strip() for key, value in parser.items(name) if defaults.get(key) != value}
        for name in parser.sections()
    }
    return Ini(path, {DEFAULT: {key: value.strip() for key, value in defaults.items()}, **sections})


def nearest(name: str, known: Iterable[str]) -> str:
    """Return which known name was meant, whatever the case; all of them where none is near."""
    from difflib import get_close_matches

    folded = {each.lower(): each for each in known}
    found = get_close_matches(name.lower(), folded, n=1)
    return folded[found[0]] if found else f"one of {', '.join(folded.values())}"


def _told(error: IniError) -> str:
    """Return what is wrong in which line, without the line itself: it may hold a secret."""
    if isinstance(error, DuplicateOptionError):
        return f"line {error.lineno}: [{error.section}] {error.option} is there twice: once"
    if isinstance(error, DuplicateSectionError):
        return f"line {error.lineno}: section [{error.section}] is there twice: once"
    if isinstance(error, MissingSectionHeaderError):
        return f"line {error.lineno} stands in no section: [DEFAULT] above it"
    lines = [line for line, _ in error.errors] if isinstance(error, ParsingError) else []
    return f"line {lines[0] if lines else '?'} cannot be read: `key = value`, or a [section],"


def _decode(content: bytes) -> str:
    """Return the text. Raises ``WrongValue`` where it was saved in a way that would make its names unreadable."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    # Letters of UTF-16 are read as UTF-8 with a zero beside each; a single zero is the matter of its key.
    if content.count(0) > len(content) * _MOST_ZEROS:
        raise WrongValue("it seems to be saved as UTF-16 without its mark: UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        from config.charset import decode_windows

        return decode_windows(content)
