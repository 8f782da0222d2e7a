"""Facts of the point: PVZ_ID, ENV_MODE, folders, and the environment that every task gets.

They come from ``pvz_config.ini``, or from the file that the variable ``PVZ_CONFIG_PATH`` names, which is read once,
on first use. ``PVZ_ID`` and ``ENV_MODE`` are attributes of this module.
"""

import os
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from config.ini import DEFAULT, Ini, Section, nearest, read_ini
from config.values import WrongValue, whole
from scheduler_runner.errors import ConfigError
from scheduler_runner.phrases import Phrase
from scheduler_runner.system.folders import is_folder_name

_BASE_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

PATH_CONFIG: dict[str, str] = {
    "BASE_DIR": _BASE_DIR,
    "SCHEDULER_ROOT": os.path.join(_BASE_DIR, "scheduler_runner"),
    "LOGS_ROOT": os.path.abspath(os.environ.get("LOGS_ROOT") or os.path.join(_BASE_DIR, "logs")),
    "TASKS_ROOT": os.path.join(_BASE_DIR, "scheduler_runner", "tasks"),
}

ENV_MODES = ("production", "test")
EXAMPLE_ID = "TEST"
"""The PVZ_ID of the INI that comes with the program."""

_SCHEDULER, _CAMERAS, _CAMERA = "scheduler", "cameras", "camera "
_SECTIONS = (DEFAULT, _SCHEDULER, _CAMERAS, "notices", "telegram", "vk", "healthchecks", "report")
# Tables of sections: the keys, and what holds where nothing stands.
GENERAL_KEYS = {"PVZ_ID": "", "ENV_MODE": ""}
OPENING_KEYS = {"working_hours": "09:00-21:00", "closed_days": ""}
SCHEDULER_KEYS = {
    "timezone": "", "tick_minutes": 5, "max_runs": 20, "max_log_mb": 500, "language": "", "secrets_file": "",
    "tasks_dirs": "", **OPENING_KEYS,
}  # fmt: skip
LANGUAGES = ("", "ru", "en")

TYPE_CHECKING = False
if TYPE_CHECKING:
    PVZ_ID: str
    ENV_MODE: str
    from config.hours import Hours


class Point(NamedTuple):
    """One pick-up point as its INI describes it. ``timezone`` is an IANA name, ``""`` the PC's own."""

    pvz_id: str
    env_mode: str
    timezone: str = ""
    tick_minutes: int = 5
    max_log_mb: int = 500
    language: str = ""
    """Of what the commands show: ``ru`` or ``en``; ``""``: the system's."""
    secrets_file: str = ""
    """Where each account's secrets lie, ``{user}`` in the place of its name; ``""``: in variables alone."""
    tasks_dirs: tuple[str, ...] = ()
    """Folders of domains of one's own, each laid out as ``scheduler_runner/tasks/`` is; whole paths."""
    max_runs: int = 20
    """So many runs of one user go on side by side; the others begin at a later tick."""
    path: str = ""
    notices: Mapping[str, str] = MappingProxyType({})
    telegram: Mapping[str, str] = MappingProxyType({})
    vk: Mapping[str, str] = MappingProxyType({})
    healthchecks: Mapping[str, str] = MappingProxyType({})
    """These sections as they stand; ``notices/settings.py`` says what is right there."""
    opening: Section = Section(_CAMERAS, MappingProxyType({}), OPENING_KEYS)
    """The section that says when the point is open, as it stands; :attr:`hours` understands it."""
    remarks: tuple[Phrase, ...] = ()
    """What is odd in the INI and stops nothing, a sentence each."""

    @property
    def hours(self) -> "Hours":
        """When the point is open. Raises ``ConfigError``."""
        from config.hours import hours_in

        return hours_in(self.opening)


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


def tasks_roots() -> list[str]:
    """Return the folders of domains: the program's own, then those of one's own. Raises ``ConfigError``.

    >>> tasks_roots() == [PATH_CONFIG["TASKS_ROOT"]]
    True
    """
    return [PATH_CONFIG["TASKS_ROOT"], *point().tasks_dirs]


def load_point(path: str | None = None) -> Point:
    """Return the facts in the INI as it is now. Raises ``ConfigError``: file, key, value, what would be right."""
    ini = read_ini(path or config_path())
    for name in ini.sections:
        meant = next((known for known in (DEFAULT, _SCHEDULER) if name.strip().lower() == known.lower()), name)
        if name != meant:
            raise ConfigError(
                "{path}: section [{name}] is unknown: [{meant}] would be right", path=ini.path, name=name, meant=meant
            )
    general, scheduler = ini.section(DEFAULT, GENERAL_KEYS), ini.section(_SCHEDULER, SCHEDULER_KEYS)
    pvz_id, env_mode = general.read("PVZ_ID", read_pvz_id), general.read("ENV_MODE", _env_mode)
    if env_mode == "production" and pvz_id.upper() == EXAMPLE_ID:
        # Two points that kept it would write to one folder of the network root.
        right = WrongValue("the point's own number or name in the place of the example's, such as 182 or СОСНОВКА_10,")
        raise general.wrong("PVZ_ID", right, pvz_id)
    return Point(
        pvz_id=pvz_id,
        env_mode=env_mode,
        timezone=scheduler.read("timezone", _timezone),
        tick_minutes=scheduler.read("tick_minutes", whole(1, 60)),
        max_log_mb=scheduler.read("max_log_mb", whole(1, 1_000_000)),
        language=scheduler.read("language", _language),
        secrets_file=scheduler.text("secrets_file"),
        tasks_dirs=_folders(scheduler.text("tasks_dirs"), ini.path),
        max_runs=scheduler.read("max_runs", whole(1, 1000)),
        path=ini.path,
        notices=ini.own("notices"),
        telegram=ini.own("telegram"),
        vk=ini.own("vk"),
        healthchecks=ini.own("healthchecks"),
        opening=_opening(ini, scheduler),
        remarks=tuple(_remarks(ini, _folders(scheduler.text("tasks_dirs"), ini.path))),
    )


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


def read_pvz_id(text: str) -> str:
    """Return a point's number or name. Raises ``WrongValue``."""
    if not is_folder_name(text):
        raise WrongValue("a number or a name that can be a folder's, such as 182 or СОСНОВКА_10")
    return text


def _env_mode(text: str) -> str:
    if text.lower() not in ENV_MODES:
        raise WrongValue("production or test")
    return text.lower()


def _language(text: str) -> str:
    if text.lower() not in LANGUAGES:
        raise WrongValue("ru or en")
    return text.lower()


def _timezone(name: str) -> str:
    if name:
        from scheduler_runner.plans.clock import zone_named

        try:
            zone_named(name)
        except ConfigError as error:
            from scheduler_runner.plans.zone_names import right_zone

            raise WrongValue(right_zone(name)) from error
    return name


def _opening(ini: Ini, scheduler: Section) -> Section:
    """Return the section that says when the point is open: the cameras', as ever, or [scheduler], never both."""
    cameras = Section(_CAMERAS, ini.own(_CAMERAS), OPENING_KEYS, ini.path)
    if not any(map(scheduler.values.get, OPENING_KEYS)):
        return cameras
    if any(map(cameras.values.get, OPENING_KEYS)):
        raise ConfigError(
            "{path}: [{one}] and [{other}] both say when the point is open ({keys}): one of them would be right",
            path=ini.path,
            one=_SCHEDULER,
            other=_CAMERAS,
            keys=", ".join(OPENING_KEYS),
            key="working_hours",
        )
    from config.hours import hours_in

    hours_in(scheduler)  # wrong there, it is told as all of this section is; the cameras' is left to who asks for it
    return scheduler


def _folders(text: str, ini_path: str) -> tuple[str, ...]:
    """Return folders that are named one a line, each once; relative to the INI."""
    here = os.path.dirname(os.path.abspath(ini_path))
    named = (line.strip() for line in text.splitlines())
    return tuple(dict.fromkeys(os.path.normpath(os.path.join(here, name)) for name in named if name))


def _remarks(ini: Ini, tasks_dirs: tuple[str, ...]) -> "Iterator[Phrase]":
    """Yield what is odd about sections: one that nobody reads is a misspelt one, and its defaults hold in silence.

    A domain of one's own may have a section that bears its name.
    """
    strange = [name for name in ini.sections if name not in _SECTIONS and not name.startswith(_CAMERA)]
    roots = (PATH_CONFIG["TASKS_ROOT"], *tasks_dirs) if strange else ()
    domains = [domain for root in roots for domain in _names_in(root)]
    for name in strange:
        if name.partition(" ")[0] not in domains:
            right = nearest(name.lower(), _SECTIONS)
            told = "{path}: section [{name}] is unknown and read by nobody: {right} would be right"
            yield Phrase(told, path=ini.path, name=name, right=right)


def _names_in(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []  # told where its tasks are looked for
