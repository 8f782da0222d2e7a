"""How a registered entry differs from the one that ``install`` would write. Pure."""

import subprocess
from collections.abc import Iterator

from scheduler_runner.doctor.patient import Finding
from scheduler_runner.phrases import Phrase
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
        yield Finding(Phrase("entry {path}: {what}", path=entry.path, what=what), cure)
    if not is_same_path(entry.path, wanted.path):
        quoted = subprocess.list2cmdline([entry.path])
        yield Finding(
            Phrase(
                "entry {path}: its name is not {wanted_path}, so install would make a second one",
                path=entry.path,
                wanted_path=wanted.path,
            ),
            Phrase("schtasks /Delete /TN {name} /F, then {command}", name=quoted, command=cure),
        )


def _program_drifts(entry: Entry, wanted: Entry) -> Iterator[Phrase]:
    if not is_same_path(entry.command, wanted.command):
        yield _differs("the interpreter is {given}, not {wanted}", entry.command, wanted.command)
    if '"' in entry.working_dir:
        yield Phrase(
            "the working folder stands in quotes, {folder}: Windows does not find it", folder=entry.working_dir
        )
    elif not is_same_path(entry.working_dir, wanted.working_dir):
        yield _differs("the working folder is {given}, not {wanted}", entry.working_dir, wanted.working_dir)
    if entry.arguments != runner_arguments(entry.user, entry.config, is_protected=entry.is_highest):
        yield _differs("the arguments are {given}, not {wanted}", entry.arguments, wanted.arguments)


def _trigger_drifts(entry: Entry, wanted: Entry) -> Iterator[Phrase]:
    if entry.every_minutes is None:
        yield Phrase("it does not repeat without end")
    elif entry.every_minutes != wanted.every_minutes:
        told = "it repeats every {minutes:g} minutes, the INI's tick_minutes is {wanted:g}"
        yield Phrase(told, minutes=entry.every_minutes, wanted=wanted.every_minutes)
    for kind in wanted.starts:
        if kind not in entry.starts:
            if kind == "LogonTrigger":
                yield Phrase("it has no start at logon: the first tick comes late")
            else:
                yield Phrase("it has no start at boot: the first tick comes late")


def _account_drifts(entry: Entry, wanted: Entry) -> Iterator[Phrase]:
    if entry.logon is None:
        yield Phrase("its kind of logon is none that install writes")
    if wanted.logon is Logon.SYSTEM and not entry.is_highest:
        yield Phrase("it runs without the highest privileges")


def _setting_drifts(entry: Entry, wanted: Entry) -> Iterator[Phrase]:
    for name, setting in SETTINGS.items():
        value = entry.settings.get(name, setting.default)
        if _normal(value) != _normal(wanted.settings[name]):
            told = "{name} is {value}, not {wanted}: {why}"
            yield Phrase(told, name=name, value=value, wanted=wanted.settings[name], why=Phrase(setting.why))


def _differs(template: str, given: str, wanted: str) -> Phrase:
    return Phrase(template, given=given or Phrase("missing"), wanted=wanted)


def _normal(value: str) -> str:
    seconds = seconds_of(value)
    return value.lower() if seconds is None else f"{seconds} s"
