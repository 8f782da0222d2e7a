"""Facts of the point: PVZ_ID, ENV_MODE, folders, and the environment that every task gets.

They come from ``pvz_config.ini``, or from the file that the variable ``PVZ_CONFIG_PATH`` names, which is read once,
on first use. ``PVZ_ID`` and ``ENV_MODE`` are attributes of this module.
"""

import os
from collections.abc import Mapping
from configparser import ConfigParser, DuplicateOptionError, DuplicateSectionError
from configparser import Error as IniError
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from scheduler_runner.errors import ConfigError
from scheduler_runner.system.folders import is_folder_name

_BASE_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

PATH_CONFIG: dict[str, str] = {
    "BASE_DIR": _BASE_DIR,
    "SCHEDULER_ROOT": os.path.join(_BASE_DIR, "scheduler_runner"),
    "LOGS_ROOT": os.path.abspath(os.environ.get("LOGS_ROOT") or os.path.join(_BASE_DIR, "logs")),
    "TASKS_ROOT": os.path.join(_BASE_DIR, "scheduler_runner", "tasks"),
}

ENV_MODES = ("production", "test")
_SECTION = "scheduler"
_KEYS = ("timezone", "tick_minutes", "max_log_mb")

TYPE_CHECKING = False
if TYPE_CHECKING:
    PVZ_ID: str
    ENV_MODE: str


class Point(NamedTuple):
    """One pick-up point as its INI describes it. ``timezone`` is an IANA name, ``""`` the PC's own."""

    pvz_id: str
    env_mode: str
    timezone: str = ""
    tick_minutes: int = 5
    max_log_mb: int = 500
    path: str = ""
    telegram: Mapping[str, str] = MappingProxyType({})
    healthchecks: Mapping[str, str] = MappingProxyType({})
    """These two sections as they stand; ``utils/notice_settings.py`` says what is right there."""


def __getattr__(name: str) -> str:
    if name == "PVZ_ID":
        return point().pvz_id
    if name == "ENV_MODE":
        return point().env_mode
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@lru_cache(maxsize=1)
def point() -> Point:
    """Return this point's facts; the file is read once. Raises ``ConfigError``."""
    return load_point()


def config_path() -> str:
    """Return which INI holds: ``PVZ_CONFIG_PATH``, below the project where it is relative, else the project's own."""
    return os.path.join(_BASE_DIR, os.environ.get("PVZ_CONFIG_PATH") or "pvz_config.ini")


def read_ini(path: str | None = None) -> ConfigParser:
    """Return the INI as it is now, saved as UTF-8 or by Notepad as cp1251. Raises ``ConfigError``."""
    path = path or config_path()
    parser = ConfigParser(interpolation=None, inline_comment_prefixes=(";",), comment_prefixes=(";", "#"))
    try:
        with open(path, "rb") as file:
            text = _decode(file.read())
        parser.read_string(text, source=path)
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}): an INI with PVZ_ID and ENV_MODE in [DEFAULT] would be right"
        ) from error
    except IniError as error:
        is_double = isinstance(error, (DuplicateOptionError, DuplicateSectionError))
        right = "once" if is_double else "lines such as `key = value`"
        raise ConfigError(f"{path}: {_told(error)}: {right} would be right") from error
    return parser


def load_point(path: str | None = None) -> Point:
    """Return the facts in the INI as it is now. Raises ``ConfigError``: file, key, value, what would be right."""
    path = path or config_path()
    parser = read_ini(path)
    ini = _Ini(path, parser)
    ini.reject_unknown()
    return Point(
        pvz_id=ini.pvz_id(),
        env_mode=ini.env_mode(),
        timezone=ini.timezone(),
        tick_minutes=ini.number("tick_minutes", 5, 1, 60),
        max_log_mb=ini.number("max_log_mb", 500, 1, 1_000_000),
        path=path,
        telegram=section_of(parser, "telegram"),
        healthchecks=section_of(parser, "healthchecks"),
    )


def section_of(parser: ConfigParser, name: str) -> dict[str, str]:
    """Return a section's own keys, those of [DEFAULT] left out; empty where there is none."""
    if not parser.has_section(name):
        return {}
    return {key: value.strip() for key, value in parser.items(name) if key not in parser.defaults()}


def base_environment(log_level: str = "INFO") -> dict[str, str]:
    """Return what every task's environment gets. Raises ``ConfigError`` where the INI is wrong."""
    here = point()
    return {
        **PATH_CONFIG,
        "PVZ_ID": here.pvz_id,
        "ENV_MODE": here.env_mode,
        "LOG_LEVEL": log_level,
        "TASK_RUNNER": "scheduler_runner",
    }


class _Ini(NamedTuple):
    path: str
    parser: ConfigParser

    def pvz_id(self) -> str:
        right = "a number or a name that can be a folder's, such as 182 or СОСНОВКА_10"
        value = self._default("PVZ_ID", right)
        if not is_folder_name(value):
            raise self._wrong("PVZ_ID", value, right)
        return value

    def env_mode(self) -> str:
        right = " or ".join(ENV_MODES)
        value = self._default("ENV_MODE", right)
        if value.lower() not in ENV_MODES:
            raise self._wrong("ENV_MODE", value, right)
        return value.lower()

    def timezone(self) -> str:
        name = self.parser.get(_SECTION, "timezone", fallback="").strip()
        if name:
            from scheduler_runner.plans.clock import zone_named

            try:
                zone_named(name)
            except ConfigError as error:
                raise ConfigError(f"{self.path}: {error}", key="timezone") from error
        return name

    def number(self, key: str, default: int, least: int, most: int) -> int:
        value = self.parser.get(_SECTION, key, fallback=str(default)).strip()
        if not value.isascii() or not value.isdecimal() or not least <= int(value) <= most:
            raise self._wrong(key, value, f"a whole number from {least} to {most}")
        return int(value)

    def reject_unknown(self) -> None:
        """Raise for what is spelled wrong: its default would hold in silence."""
        for section in self.parser.sections():
            if section != _SECTION and section.strip().lower() == _SECTION:
                raise ConfigError(f"{self.path}: section [{section}] is unknown: [{_SECTION}] would be right")
        given = self.parser[_SECTION].keys() if self.parser.has_section(_SECTION) else ()
        unknown = sorted(set(given) - set(self.parser.defaults()) - set(_KEYS))
        if unknown:
            right = f"one of {', '.join(_KEYS)} would be right"
            raise ConfigError(f"{self.path}: [{_SECTION}] {unknown[0]} is unknown: {right}", key=unknown[0])

    def _default(self, key: str, right: str) -> str:
        value = str(self.parser.defaults().get(key.lower(), "")).strip()
        if not value:
            raise ConfigError(f"{self.path}: {key} is missing in [DEFAULT]: {right} would be right", key=key)
        return value

    def _wrong(self, key: str, value: str, right: str) -> ConfigError:
        return ConfigError(f"{self.path}: {key} = {value!r} is wrong: {right} would be right", key=key)


def _told(error: IniError) -> str:
    """Return what is wrong in one line, without the addresses that a line of the file may hold: some are secrets."""
    words = " ".join(str(error).split()).split(" ")
    return " ".join(word.partition("://")[0] + "://***" if "://" in word else word for word in words)


def _decode(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1251", "replace")
