"""This checkout on this PC: which program an entry starts, and what is registered."""

import os
import sys
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from config.base_config import PATH_CONFIG, config_path, load_point
from config.ini import read_ini
from config.launcher import venv_commands
from config.secrets_file import secrets_path
from scheduler_runner.errors import ConfigError, SchedulerError
from scheduler_runner.rights.accounts import sid_of
from scheduler_runner.rights.hardening import Estate
from scheduler_runner.schedule_config import Schedule, load_schedule
from scheduler_runner.setup.task_entry import FOLDER, RUNNER, Entry, entry_path
from scheduler_runner.setup.task_service import Registered, all_registered, registered
from scheduler_runner.setup.task_xml import from_xml

CONFIG_VARIABLE = "PVZ_CONFIG_PATH"


def windowless_python() -> str:
    """Return the interpreter for an entry: on Windows this one's ``pythonw.exe``, elsewhere this one. Whole path.

    Raises ``SchedulerError`` where there is none.
    """
    python = os.path.abspath(sys.executable)
    if sys.platform != "win32":
        return python
    pythonw = os.path.join(os.path.dirname(python), "pythonw.exe")
    if not os.path.isfile(pythonw):
        raise SchedulerError(
            "{path} is missing: make the virtual environment anew\n{commands}", path=pythonw, commands=venv_commands()
        )
    return pythonw


def longest_timeout(schedule: Schedule, user: str) -> float:
    """Return the longest timeout of a user's tasks in seconds; 0 where there is none."""
    return max((task.timeout_seconds for task in schedule.tasks if task.user.lower() == user.lower()), default=0.0)


def estate(wanted: Mapping[str, str] = MappingProxyType({})) -> Estate:
    """Return what ``--harden`` protects: of users whose entry or account is not known, nothing.

    ``wanted`` are accounts, by user, whose entries are to come.
    """
    schedule = load_schedule()
    users = sorted({task.user.lower() for task in schedule.tasks})
    entries, _ = registered_entries(set(users))
    accounts = {entry.user.lower(): entry.account for entry, _ in (entries or {}).values() if entry.user}
    accounts.update({user.lower(): account for user, account in wanted.items()})
    for user in users:
        accounts.setdefault(user, user)
    sids = {user: account if account.startswith("S-1-") else sid_of(account) for user, account in accounts.items()}
    return Estate(
        project_root=PATH_CONFIG["BASE_DIR"],
        config_path=config_path(),
        logs_root=PATH_CONFIG["LOGS_ROOT"],
        accounts={user: sid for user, sid in sids.items() if sid},
        token_file=token_file(),
        secrets_files=secrets_files(users),
        tasks_dirs=tuple(filter(os.path.isdir, own_tasks_dirs())),
    )


def own_tasks_dirs() -> tuple[str, ...]:
    """Return the folders of domains of one's own; none where the INI cannot be read."""
    try:
        return load_point().tasks_dirs
    except ConfigError:
        return ()


def registered_entries(users: set[str]) -> "tuple[dict[str, tuple[Entry, Registered]] | None, SchedulerError | None]":
    """Return the runner's entries by their paths; ``None`` and why where Task Scheduler does not tell."""
    try:
        found = all_registered()
        told: SchedulerError | None = None
    except SchedulerError as error:
        found, told = [], error
    known = bool(found)
    for user in sorted(users):
        try:
            # By its name, too: an account that may not list a folder may still read its own entry.
            found += [task] if (task := registered(entry_path(user))) is not None else []
            known = True
        except SchedulerError as error:
            told = error
    if not known and told:
        return None, told
    ours = [task for task in found if RUNNER in task.xml or task.path.lower().startswith(f"{FOLDER}\\".lower())]
    return {task.path: (from_xml(task.xml, task.path), task) for task in ours}, told


def secrets_files(users: Iterable[str]) -> dict[str, str]:
    """Return the files of secrets that are there, by user."""
    try:
        named = read_ini(config_path()).own("scheduler").get("secrets_file", "").strip()
    except ConfigError:
        return {}
    paths = {user: secrets_path(named, user, config_path()) for user in users}
    return {user: path for user, path in paths.items() if path and os.path.lexists(path)}


def token_file() -> str:
    """Return the whole path of the file that the INI names for the bot's token; ``""`` where there is none."""
    try:
        name = read_ini(config_path()).own("telegram").get("token_file", "")
    except ConfigError:
        return ""
    path = os.path.join(os.path.dirname(config_path()), name)
    return path if name and os.path.isfile(path) else ""
