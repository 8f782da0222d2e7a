"""How a registered entry differs from the one that ``install`` would write. Pure."""

import subprocess
from collections.abc import Iterator

from scheduler_runner.doctor.patient import Finding
from scheduler_runner.setup.task_entry import (
    SETTINGS,
    SYSTEM_SID,
    Entry,
    Logon,
    Wish,
    default_logon,
    is_same_path,
    runner_arguments,
    wanted_entry,
)
from scheduler_runner.setup.task_xml import seconds_of


def wish_of(entry: Entry, every_minutes: float, longest_timeout: float = 0.0) -> Wish:
    """Return what an entry seems to have been asked for; what it does not tell is as ``install`` takes it.

    ``longest_timeout`` is that of the user's tasks, in seconds.
    """
    logon = entry.logon or (Logon.SYSTEM if entry.account == SYSTEM_SID else default_logon(entry.user))
    return Wish(
        entry.user,
        entry.account,
        logon,
        every_minutes,
        entry.config,
        entry.is_highest,
        longest_timeout_seconds=longest_timeout,
    )


def drifts(
    entry: Entry, pythonw: str, project_root: str, every_minutes: float, longest_timeout: float = 0.0
) -> Iterator[Finding]:
    """Yield each difference with its cure."""
    wish = wish_of(entry, every_minutes, longest_timeout)
    wanted = wanted_entry(wish, pythonw, project_root)
    cure = wish.command()
    for what in (
        *_program_drifts(entry, wanted),
        *_trigger_drifts(entry, wanted),
        *_account_drifts(entry, wanted),
        *_setting_drifts(entry, wanted),
    ):
        yield Finding(f"entry {entry.path}: {what}", cure)
    if not is_same_path(entry.path, wanted.path):
        yield Finding(
            f"entry {entry.path}: its name is not {wanted.path}, so install would make a second one",
            f"schtasks /Delete /TN {subprocess.list2cmdline([entry.path])} /F, then {cure}",
        )


def _program_drifts(entry: Entry, wanted: Entry) -> Iterator[str]:
    if not is_same_path(entry.command, wanted.command):
        yield f"the interpreter is {entry.command or 'missing'}, not {wanted.command}"
    if '"' in entry.working_dir:
        yield f"the working folder stands in quotes, {entry.working_dir}: Windows does not find it"
    elif not is_same_path(entry.working_dir, wanted.working_dir):
        yield f"the working folder is {entry.working_dir or 'missing'}, not {wanted.working_dir}"
    if entry.arguments != runner_arguments(entry.user, entry.config, is_protected=entry.is_highest):
        yield f"the arguments are {entry.arguments or 'missing'}, not {wanted.arguments}"


def _trigger_drifts(entry: Entry, wanted: Entry) -> Iterator[str]:
    if entry.every_minutes is None:
        yield "it does not repeat without end"
    elif entry.every_minutes != wanted.every_minutes:
        yield f"it repeats every {entry.every_minutes:g} minutes, the INI's tick_minutes is {wanted.every_minutes:g}"
    for kind in wanted.starts:
        if kind not in entry.starts:
            yield f"it has no start at {'logon' if kind == 'LogonTrigger' else 'boot'}: the first tick comes late"


def _account_drifts(entry: Entry, wanted: Entry) -> Iterator[str]:
    if entry.logon is None:
        yield "its kind of logon is none that install writes"
    if wanted.logon is Logon.SYSTEM and not entry.is_highest:
        yield "it runs without the highest privileges"


def _setting_drifts(entry: Entry, wanted: Entry) -> Iterator[str]:
    for name, setting in SETTINGS.items():
        value = entry.settings.get(name, setting.default)
        if _normal(value) != _normal(wanted.settings[name]):
            yield f"{name} is {value}, not {wanted.settings[name]}: {setting.why}"


def _normal(value: str) -> str:
    seconds = seconds_of(value)
    return value.lower() if seconds is None else f"{seconds} s"
