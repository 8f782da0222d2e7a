"""One entry of a ``SCHEDULE``, checked key by key and made a ``Task``; every problem is told."""

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from scheduler_runner.errors import EXIT_NOTHING_TO_DO, ConfigError
from scheduler_runner.logbook.masking import secrets_in
from scheduler_runner.phrases import Phrase
from scheduler_runner.plans.plan import FOREIGN_KEYS, SCHEDULE_KEYS, Plan, read_plan
from scheduler_runner.system.folders import is_folder_name
from scheduler_runner.system.layout import NOT_TASKS, NOT_USERS
from scheduler_runner.task import Task

_OWN_KEYS = frozenset(
    {
        *("name", "user", "module", "script", "command", "args", "working_dir", "env", "secrets", "group"),
        *("timeout", "retries", "retry_delay", "ok_codes", "warn_codes", "detailed_logs", "enabled", "title", "advice"),
    }
)
KEYS = _OWN_KEYS | SCHEDULE_KEYS
_MAX_TIMEOUT_SECONDS = 7 * 86400
# What other schedulers have and a name that looks alike does not lead to; those of a schedule are the plan's.
_FOREIGN: dict[str, Phrase | str] = {
    "no_timeout_control": Phrase(
        "timeout, up to {most} seconds: nothing runs without an end,", most=_MAX_TIMEOUT_SECONDS
    ),
    "max_runtime": "timeout",
    "max_retries": "retries",
    "cwd": "working_dir",
    "environment": "env",
    "no_overlap": Phrase("nothing (two runs of a task never overlap), or group for several tasks,"),
    "max_instances": Phrase("nothing (two runs of a task never overlap), or group for several tasks,"),
    "coalesce": Phrase("nothing (of several due slots the latest runs)"),
}


_ZERO, _NONE = frozenset({0}), frozenset[int]()
_A_NAME = Phrase("a text that can be part of a folder's name on Windows, at most 60 letters, would be right")
_A_DICT = Phrase("a dict of names and values (texts, numbers, True, False, None) would be right")
_PRODUCT = __name__.partition(".")[0]


class Place(NamedTuple):
    """Where an entry stands."""

    domain: str
    domain_dir: str
    file: str
    tasks_dir: str = ""
    """The folder of domains in which it lies, where that is not the program's own."""


def parse_entry(entry: object, place: Place, secrets: Mapping[str, str]) -> tuple[Task | None, list[ConfigError]]:
    """Return the task that an entry describes, or ``None`` and everything that is wrong with it.

    ``secrets`` are secret variables of the runner with their values: arguments must not hold one.
    """
    if not isinstance(entry, Mapping):
        return None, [
            ConfigError("it is a {kind}: a dict such as {{'name': ...}} would be right", kind=type(entry).__name__)
        ]
    reader = EntryReader(entry)
    reader.unknown_keys()
    plan, wrong = read_plan(entry)
    reader.errors.extend(wrong)
    env = reader.environment()
    own = {name: value for name, value in (env or {}).items() if value is not None}
    values = {
        "name": reader.folder_name("name", NOT_TASKS),
        "user": reader.folder_name("user", NOT_USERS),
        "argv": reader.check("command", lambda: _argv(entry, place, {**secrets, **secrets_in(own)})),
        "timeout_seconds": reader.seconds("timeout", 600.0, _MAX_TIMEOUT_SECONDS),
        "retries": reader.whole("retries", 0),
        "retry_delay_seconds": reader.seconds("retry_delay", 300.0, _MAX_TIMEOUT_SECONDS),
        "env": env,
        "secrets": reader.names("secrets"),
        "working_dir": reader.text("working_dir"),
        "group": reader.folder_name("group", frozenset()) if entry.get("group") is not None else None,
        "ok_codes": reader.codes("ok_codes", _ZERO),
        "warn_codes": reader.codes("warn_codes", _NONE),
        "detailed_logs": reader.flag("detailed_logs", False),
        "enabled": reader.flag("enabled", True),
        "title": reader.text("title") or "",
        "advice": reader.text("advice") or "",
    }
    if plan is not None and not reader.errors:
        reader.errors.extend(_contradictions(values, plan))
    if plan is None or reader.errors:
        return None, reader.errors
    return Task(domain=place.domain, plan=plan, source=place.file, **values), []  # type: ignore[arg-type]


def env_of(entry: Mapping[str, object]) -> dict[str, str | None]:
    """Return the variables that an entry adds (``None``: removes). Raises ``ConfigError`` where they are wrong."""
    reader = EntryReader(entry)
    env = reader.environment()
    if env is None:
        raise reader.errors[0]
    return env


def _contradictions(values: Mapping[str, object], plan: Plan) -> list[ConfigError]:
    errors = []
    retries, delay = values["retries"], values["retry_delay_seconds"]
    if retries and plan.grace_seconds is not None and plan.grace_seconds < delay:  # type: ignore[operator]
        told = (
            "misfire_grace_time of {grace} s leaves no time for a retry after retry_delay {delay:g} s: "
            'a longer one, or "next", would be right'
        )
        errors.append(ConfigError(told, grace=plan.grace_seconds, delay=delay, key="misfire_grace_time"))
    if values["group"] is not None and plan.is_strict:
        message = (
            "a task of a group may have to wait for another one: a misfire_grace_time longer than the slot's own "
            'minute, or "next", would be right'
        )
        errors.append(ConfigError(message, key="misfire_grace_time"))
    both = values["ok_codes"] & values["warn_codes"]  # type: ignore[operator]
    if both:
        errors.append(
            ConfigError("exit codes {codes} stand in ok_codes and in warn_codes", codes=sorted(both), key="warn_codes")
        )
    return errors


def _argv(entry: Mapping[str, object], place: Place, secrets: Mapping[str, str]) -> tuple[str, ...]:
    arguments = _arguments(entry, secrets)
    given = [key for key in ("module", "script", "command") if entry.get(key) is not None]
    if len(given) > 1:
        raise ConfigError(
            "{names} stand side by side: one of them would be right", names=" and ".join(given), key=given[1]
        )
    if given == ["command"]:
        from scheduler_runner.system.shell_scripts import own_program

        return (*own_program(_command(entry["command"], secrets), place.domain_dir), *arguments)
    if given == ["script"]:
        return (sys.executable, _script(entry["script"], place), *arguments)
    from scheduler_runner.start import module_argv

    module = entry["module"] if given else f"scheduler_runner.tasks.{place.domain}.{entry.get('name')}"
    return (*module_argv(_module(module, place, is_default=not given), place.tasks_dir), *arguments)


def _arguments(entry: Mapping[str, object], secrets: Mapping[str, str]) -> list[str]:
    value = entry.get("args", [])
    is_right = isinstance(value, (list, tuple)) and all(is_argument(each) for each in value)
    if not is_right:
        raise ConfigError("args {value!r} is wrong: a list of texts or numbers would be right", value=value, key="args")
    arguments = [str(each) for each in value]  # type: ignore[attr-defined]
    _reject_secrets(arguments, secrets, "args")
    return arguments


def _reject_secrets(arguments: Sequence[str], secrets: Mapping[str, str], key: str) -> None:
    """Refuse a secret where everybody on the PC can read it."""
    for name, value in secrets.items():
        if any(value in each for each in arguments):
            raise ConfigError(
                "{field} holds the value of {name}, which every process on the PC could read: "
                "secrets = [{name!r}] lets the script read it from its environment",
                field=key,
                name=name,
                key=key,
            )


def _command(value: object, secrets: Mapping[str, str]) -> list[str]:
    if (
        not isinstance(value, (list, tuple))
        or not value
        or not all(is_argument(each) for each in value)
        or not value[0]
    ):
        raise ConfigError(
            "command {value!r} is wrong: a list such as ['robocopy', 'C:/a'] would be right", value=value, key="command"
        )
    command = [str(each) for each in value]
    _reject_secrets(command, secrets, "command")
    return command


def _script(value: object, place: Place) -> str:
    right = Phrase(
        "a Python file below tasks/{domain} would be right; any other program stands in "
        'command: ["program", "argument"]',
        domain=place.domain,
    )
    if (
        not isinstance(value, str)
        or not value.endswith(".py")
        or os.path.isabs(value)
        or ".." in re.split(r"[/\\]", value)
    ):
        raise ConfigError("script {value!r} is wrong: {right}", value=value, right=right, key="script")
    path = os.path.join(place.domain_dir, os.path.normpath(value))
    if not os.path.isfile(path):
        raise ConfigError(
            "script {value!r} does not exist at {path}: {right}", value=value, path=path, right=right, key="script"
        )
    return path


def _module(value: object, place: Place, *, is_default: bool) -> str:
    if not isinstance(value, str) or not all(part.isidentifier() for part in value.split(".")):
        raise ConfigError(
            "module {value!r} is wrong: a name such as package.module would be right", value=value, key="module"
        )
    if not _module_exists(value, place):
        how = Phrase("it is what the task's name says: module, script or command would be right")
        if not is_default:
            how = Phrase("a module that can be imported would be right")
        raise ConfigError("module {value!r} does not exist: {how}", value=value, how=how, key="module")
    return value


def _module_exists(name: str, place: Place) -> bool:
    package = f"scheduler_runner.tasks.{place.domain}."
    if name.startswith(package):  # by the file, as on an idle tick nothing of a domain is imported
        path = os.path.join(place.domain_dir, *name[len(package) :].split("."))
        return os.path.isfile(path + ".py") or os.path.isfile(os.path.join(path, "__main__.py"))
    if name == _PRODUCT:
        return True  # the commands, pvz
    from importlib.util import find_spec

    try:
        return find_spec(name) is not None
    except (ImportError, ValueError, AttributeError):
        return False


class EntryReader:
    """Reads one entry's keys, each by its kind of value, and collects what is wrong.

    Where a key is wrong its method answers ``None``; where it is missing, the default.
    """

    def __init__(self, entry: Mapping[Any, object]) -> None:
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
            if key in _FOREIGN:
                self._wrong(
                    str(key), "key {field!r} is another scheduler's: {right} would be right", right=_FOREIGN[key]
                )
            elif key not in KEYS and key not in FOREIGN_KEYS:
                self.errors.append(_unknown(key))

    def folder_name(self, key: str, taken: frozenset[str]) -> str | None:
        if key not in self._entry:
            self._wrong(key, "{field} is missing: {right}", right=_A_NAME)
            return None
        value = self._entry[key]
        if not isinstance(value, str) or not is_folder_name(value):
            self._wrong(key, "{field} {value!r} is wrong: {right}", value=value, right=_A_NAME)
            return None
        if value.lower() in taken:
            told = "{field} {value!r} is the name of a folder of the runner's own: another would be right"
            self._wrong(key, told, value=value)
            return None
        return value

    def seconds(self, key: str, default: float, most: float) -> float | None:
        value = self._entry.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= most:
            told = "{field} {value!r} is wrong: seconds above 0, at most {most}, would be right"
            self._wrong(key, told, value=value, most=most)
            return None
        return float(value)

    def whole(self, key: str, default: int) -> int | None:
        value = self._entry.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            self._wrong(key, "{field} {value!r} is wrong: a whole number from 0 on would be right", value=value)
            return None
        return value

    def flag(self, key: str, default: bool) -> bool | None:
        value = self._entry.get(key, default)
        if isinstance(value, bool):
            return value
        self._wrong(key, "{field} {value!r} is wrong: True or False would be right", value=value)
        return None

    def text(self, key: str) -> str | None:
        value = self._entry.get(key)
        if value is None or (isinstance(value, str) and value and "\0" not in value):
            return value
        self._wrong(key, "{field} {value!r} is wrong: a text would be right", value=value)
        return None

    def names(self, key: str) -> tuple[str, ...] | None:
        if key not in self._entry:
            return ()
        value = self._entry[key]
        if isinstance(value, (list, tuple)) and all(_is_variable(each) for each in value):
            return tuple(value)
        self._wrong(key, "{field} {value!r} is wrong: a list of variables' names would be right", value=value)
        return None

    def codes(self, key: str, default: frozenset[int]) -> frozenset[int] | None:
        if key not in self._entry:
            return default
        value = self._entry[key]
        if isinstance(value, (list, tuple, set, frozenset)) and all(_is_exit_code(code) for code in value):
            return frozenset(value)
        told = "{field} {value!r} is wrong: a list of exit codes, {not_one} not among them, would be right"
        self._wrong(key, told, value=value, not_one=EXIT_NOTHING_TO_DO)
        return None

    def environment(self) -> dict[str, str | None] | None:
        if "env" not in self._entry:
            return {}
        value = self._entry["env"]
        if not isinstance(value, Mapping):
            self._wrong("env", "env is a {kind}: {right}", kind=type(value).__name__, right=_A_DICT)
            return None
        for name, setting in value.items():
            if not _is_variable(name):
                self._wrong("env", "env has the name {name!r}: {right}", name=name, right=_A_DICT)
                return None
            if not isinstance(setting, (str, int, float, type(None))) or "\0" in str(setting):
                self._wrong(
                    "env", "env has a {kind} for {name}: {right}", kind=type(setting).__name__, name=name, right=_A_DICT
                )
                return None
        return {name: None if setting is None else str(setting) for name, setting in value.items()}

    def _wrong(self, key: str, template: str, /, **values: object) -> None:
        self.errors.append(ConfigError(template, key=key, field=key, **values))


def _is_variable(name: object) -> bool:
    return isinstance(name, str) and bool(name) and "=" not in name and "\0" not in name


def is_argument(value: object) -> bool:
    """Return whether a value can stand on a command line."""
    return isinstance(value, (str, int, float)) and not isinstance(value, bool) and "\0" not in str(value)


def _is_exit_code(value: object) -> bool:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return is_number and value != EXIT_NOTHING_TO_DO and -255 <= value <= 0xFFFFFFFF  # type: ignore[operator]


def _unknown(key: object) -> ConfigError:
    from difflib import get_close_matches

    matches = get_close_matches(str(key).lower(), KEYS, n=1)
    if matches:
        told = "key {field!r} is unknown, perhaps {near!r} was meant"
        return ConfigError(told, field=key, near=matches[0], key=str(key))
    told = "key {field!r} is unknown: one of {names} would be right"
    return ConfigError(told, field=key, names=", ".join(sorted(KEYS)), key=str(key))
