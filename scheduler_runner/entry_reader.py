"""Reads the keys of one entry of a ``SCHEDULE``, each with what would be right instead."""

from collections.abc import Callable, Mapping

from scheduler_runner.errors import EXIT_NOTHING_TO_DO, ConfigError
from scheduler_runner.plans.plan import SCHEDULE_KEYS
from scheduler_runner.system.folders import is_folder_name

_OWN_KEYS = frozenset(
    {
        *("name", "user", "module", "script", "command", "args", "working_dir", "env", "secrets", "group"),
        *("timeout", "retries", "retry_delay", "ok_codes", "warn_codes", "detailed_logs", "enabled"),
    }
)
KEYS = _OWN_KEYS | SCHEDULE_KEYS


class EntryReader:
    """Reads one entry's keys, each by its kind of value, and collects what is wrong.

    Where a key is wrong its method answers ``None``; where it is missing, the default.
    """

    def __init__(self, entry: Mapping[object, object]) -> None:
        self._entry = entry
        self.errors: list[ConfigError] = []

    def check(self, key: str, read: "Callable[[], object]") -> object:
        try:
            return read()
        except ConfigError as error:
            error.key = error.key or key
            self.errors.append(error)
            return None

    def unknown_keys(self) -> None:
        for key in self._entry:
            if key not in KEYS:
                self._wrong(str(key), f"key {key!r} is unknown{_nearest(key)}")

    def folder_name(self, key: str, taken: frozenset[str]) -> str | None:
        value = self._entry.get(key)
        right = "a text that can be part of a folder's name on Windows, at most 60 letters, would be right"
        if key not in self._entry:
            self._wrong(key, f"{key} is missing: {right}")
            return None
        if not isinstance(value, str) or not is_folder_name(value):
            self._wrong(key, f"{key} {value!r} is wrong: {right}")
            return None
        if value.lower() in taken:
            self._wrong(key, f"{key} {value!r} is the name of a folder of the runner's own: another would be right")
            return None
        return value

    def seconds(self, key: str, default: float, most: float) -> float | None:
        value = self._entry.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= most:
            self._wrong(key, f"{key} {value!r} is wrong: seconds above 0, at most {most}, would be right")
            return None
        return float(value)

    def whole(self, key: str, default: int) -> int | None:
        value = self._entry.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            self._wrong(key, f"{key} {value!r} is wrong: a whole number from 0 on would be right")
            return None
        return value

    def flag(self, key: str, default: bool) -> bool | None:
        value = self._entry.get(key, default)
        if isinstance(value, bool):
            return value
        self._wrong(key, f"{key} {value!r} is wrong: True or False would be right")
        return None

    def text(self, key: str) -> str | None:
        value = self._entry.get(key)
        if value is None or (isinstance(value, str) and value and "\0" not in value):
            return value
        self._wrong(key, f"{key} {value!r} is wrong: a text would be right")
        return None

    def names(self, key: str) -> tuple[str, ...] | None:
        value = self._entry.get(key, ())
        if isinstance(value, (list, tuple)) and all(_is_variable(each) for each in value):
            return tuple(value)
        self._wrong(key, f"{key} {value!r} is wrong: a list of variables' names would be right")
        return None

    def codes(self, key: str, default: set[int]) -> frozenset[int] | None:
        value = self._entry.get(key, default)
        if isinstance(value, (list, tuple, set, frozenset)) and all(_is_exit_code(code) for code in value):
            return frozenset(value)
        self._wrong(
            key, f"{key} {value!r} is wrong: a list of exit codes, {EXIT_NOTHING_TO_DO} not among them, would be right"
        )
        return None

    def environment(self) -> dict[str, str | None] | None:
        value = self._entry.get("env", {})
        right = "a dict of names and values (texts, numbers, True, False, None) would be right"
        if not isinstance(value, Mapping):
            self._wrong("env", f"env is a {type(value).__name__}: {right}")
            return None
        for name, setting in value.items():
            if not _is_variable(name):
                self._wrong("env", f"env has the name {name!r}: {right}")
                return None
            if not isinstance(setting, (str, int, float, type(None))) or "\0" in str(setting):
                self._wrong("env", f"env has a {type(setting).__name__} for {name}: {right}")
                return None
        return {name: None if setting is None else str(setting) for name, setting in value.items()}

    def _wrong(self, key: str, message: str) -> None:
        self.errors.append(ConfigError(message, key=key))


def _is_variable(name: object) -> bool:
    return isinstance(name, str) and bool(name) and "=" not in name and "\0" not in name


def is_argument(value: object) -> bool:
    """Return whether a value can stand on a command line."""
    return isinstance(value, (str, int, float)) and not isinstance(value, bool) and "\0" not in str(value)


def _is_exit_code(value: object) -> bool:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return is_number and value != EXIT_NOTHING_TO_DO and -255 <= value <= 0xFFFFFFFF  # type: ignore[operator]


def _nearest(key: object) -> str:
    from difflib import get_close_matches

    matches = get_close_matches(str(key).lower(), KEYS, n=1)
    return f", perhaps {matches[0]!r} was meant" if matches else f": one of {', '.join(sorted(KEYS))} would be right"
