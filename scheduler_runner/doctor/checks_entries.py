"""Checks of what starts the runner: the entries of Task Scheduler, elsewhere the crontab."""

import configparser
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

from config.launcher import pvz, venv_commands
from scheduler_runner.doctor.drift import drifts, wish_of
from scheduler_runner.doctor.patient import Finding, Patient
from scheduler_runner.errors import ConfigError, SchedulerError
from scheduler_runner.phrases import Phrase
from scheduler_runner.rights.accounts import current_account, is_privileged, sid_of
from scheduler_runner.setup.crontab import crontab_line
from scheduler_runner.setup.here import longest_timeout, windowless_python
from scheduler_runner.setup.result_codes import NEVER_RUN, meaning_of
from scheduler_runner.setup.task_entry import (
    DEFAULT_EVERY_MINUTES,
    RUNNER,
    Entry,
    Logon,
    Wish,
    default_logon,
    is_same_path,
)
from scheduler_runner.system.programs import run_program, system_program

_SECONDS = 30.0
HISTORY = "Microsoft-Windows-TaskScheduler/Operational"


def check_entries(patient: Patient) -> Iterator[Finding]:
    """Is there one entry for each user that has tasks, as ``install`` would write it?"""
    if patient.silence:
        if patient.entries is None:
            yield Finding(Phrase("no entries could be looked at"), patient.silence)
        else:
            yield Finding(Phrase("not all entries could be looked at"), patient.silence, is_drift=False)
    if patient.entries is None:
        return
    try:
        pythonw = windowless_python()
    except SchedulerError as error:
        yield Finding(Phrase("no interpreter for an entry"), error)
        return
    for user in patient.users:
        yield from _user_findings(user, patient)
    for entry, _ in patient.entries.values():
        longest = longest_timeout(patient.schedule, entry.user)
        yield from drifts(entry, pythonw, patient.project_root, _tick_minutes(patient), longest)
        yield from environment_findings(entry)
        yield from _network_findings(entry, patient)
        if entry.user.lower() not in patient.users:
            cure = pvz(f"uninstall --user {entry.user}")
            yield Finding(
                Phrase("entry {path}: user {user} has no enabled task", path=entry.path, user=entry.user), cure
            )


def check_config_variable(patient: Patient) -> Iterator[Finding]:
    """Do commands by hand read the same INI as the entries?"""
    given = os.environ.get("PVZ_CONFIG_PATH", "")
    for entry, _ in (patient.entries or {}).values():
        if given and entry.config and not is_same_path(given, entry.config):
            yield Finding(
                Phrase(
                    "entry {path} names {config}, the variable PVZ_CONFIG_PATH {given}",
                    path=entry.path,
                    config=entry.config,
                    given=given,
                ),
                Phrase(
                    'setx PVZ_CONFIG_PATH "{config}", then a new console; or install again with --config',
                    config=entry.config,
                ),
            )


def check_results(patient: Patient) -> Iterator[Finding]:
    """How did the last start end, by Task Scheduler's own account?"""
    for entry, registered in (patient.entries or {}).values():
        if registered.last_result is None:
            yield Finding(
                Phrase("entry {path}: its last result is unknown", path=entry.path),
                Phrase("look at it in Task Scheduler"),
                is_drift=False,
            )
            continue
        again = wish_of(entry, _tick_minutes(patient)).command()
        meaning = meaning_of(registered.last_result, entry.user, again)
        if meaning.cure is not None:
            code = f"0x{registered.last_result:X}" if registered.last_result > 255 else str(registered.last_result)
            # One that was made a moment ago has not run: that is no drift.
            is_drift = registered.last_result != NEVER_RUN
            yield Finding(
                Phrase("entry {path}: last result {code}: {told}", path=entry.path, code=code, told=meaning.told),
                meaning.cure,
                is_drift,
            )


def environment_findings(entry: Entry) -> Iterator[Finding]:
    """Tell an interpreter that is gone, or whose base Python is."""
    if not entry.command:
        return
    cure = Phrase("make it anew: {commands}", commands=venv_commands())
    if not os.path.isfile(entry.command):
        yield Finding(
            Phrase(
                "entry {path}: {command} does not exist: the virtual environment has moved or is gone",
                path=entry.path,
                command=entry.command,
            ),
            cure,
        )
        return
    home = _base_python(os.path.dirname(os.path.dirname(entry.command)))
    if home and not os.path.isdir(home):
        yield Finding(
            Phrase(
                "entry {path}: the Python in {home}, which its virtual environment needs, is gone",
                path=entry.path,
                home=home,
            ),
            cure,
        )


def _base_python(environment: str) -> str:
    """Return the folder of a virtual environment's Python; ``""`` where it is none."""
    try:
        with open(os.path.join(environment, "pyvenv.cfg"), encoding="utf-8") as file:
            parser = configparser.ConfigParser(interpolation=None)
            parser.read_string("[venv]\n" + file.read())
    except (OSError, ValueError, configparser.Error):
        return ""
    return parser.get("venv", "home", fallback="")


def _tick_minutes(patient: Patient) -> int:
    return patient.point.tick_minutes if patient.point else DEFAULT_EVERY_MINUTES


def _network_findings(entry: Entry, patient: Patient) -> Iterator[Finding]:
    """Tell an entry whose account cannot reach the network root that its tasks copy to."""
    root = network_root_of(patient)
    is_cameras = any(
        task.domain == "cameras" and task.user.lower() == entry.user.lower() for task in patient.schedule.tasks
    )
    if not root or not is_cameras or entry.logon in (None, Logon.INTERACTIVE):
        return
    is_mapped = not root.startswith(("\\\\", "//"))
    if entry.logon is Logon.S4U or is_mapped:
        why = Phrase("mapped drives need a person logged on")
        if entry.logon is Logon.S4U:
            why = Phrase("that kind of logon has no network")
        wish = replace(wish_of(entry, _tick_minutes(patient)), logon=Logon.INTERACTIVE)
        yield Finding(
            Phrase(
                "entry {path}: logged on as {logon} it cannot reach {root}: {why}",
                path=entry.path,
                logon=entry.logon.value,
                root=root,
                why=why,
            ),
            Phrase("{command}, or with --logon password and network_root = \\\\server\\share", command=wish.command()),
        )


def network_root_of(patient: Patient) -> str:
    """Return the cameras' network root; ``""`` where there are no cameras, or no sound settings of theirs."""
    try:
        from scheduler_runner.tasks.cameras.settings import load_camera_settings

        return load_camera_settings(patient.config_path).network_root
    except (ImportError, ConfigError):
        return ""


if sys.platform == "win32":
    import winreg

    HISTORY_KEY = rf"SOFTWARE\Microsoft\Windows\CurrentVersion\WINEVT\Channels\{HISTORY}"

    def check_history(patient: Patient) -> Iterator[Finding]:
        """Does Task Scheduler keep a history? By default it does not."""
        if not _has_history():
            yield Finding(
                Phrase("Task Scheduler keeps no history of starts"),
                Phrase("as administrator: wevtutil set-log {log} /enabled:true", log=HISTORY),
                is_drift=False,
            )

    def keep_history() -> bool:
        """Switch the history on where it is off; return whether that was done."""
        if _has_history():
            return False
        try:
            run_program([system_program("wevtutil"), "set-log", HISTORY, "/enabled:true"], timeout_seconds=_SECONDS)
        except (OSError, subprocess.TimeoutExpired):
            return False
        return _has_history()

    def _has_history() -> bool:
        try:
            with winreg.OpenKey(
                winreg.HKEY_LOCAL_MACHINE, HISTORY_KEY, 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY
            ) as key:
                return bool(winreg.QueryValueEx(key, "Enabled")[0] == 1)
        except OSError:
            return False

    def _user_findings(user: str, patient: Patient) -> Iterator[Finding]:
        entries = [entry for entry, _ in patient.entries_of(user)]
        if not entries:
            # Of another account's entry an ordinary account sees nothing, whether there is one or not.
            is_seen = is_privileged() or sid_of(user) == sid_of(current_account())
            cure = pvz(f"install --user {user}") if is_seen else Phrase("ask as administrator")
            yield Finding(
                Phrase("user {user}: no entry starts its runner, as far as this account may see", user=user),
                cure,
                is_seen,
            )
        for extra in sorted(entry.path for entry in entries)[1:] if len(entries) > 1 else ():
            first = min(entry.path for entry in entries)
            cure = f"schtasks /Delete /TN {subprocess.list2cmdline([extra])} /F"
            yield Finding(
                Phrase(
                    "user {user}: two entries start its runner, {first} and {extra}",
                    user=user,
                    first=first,
                    extra=extra,
                ),
                cure,
            )

else:

    def check_history(patient: Patient) -> Iterator[Finding]:
        """Yield nothing: cron's history is the system's journal."""
        yield from ()

    def keep_history() -> bool:
        """Return that nothing was to do."""
        return False

    def _user_findings(user: str, patient: Patient) -> Iterator[Finding]:
        lines = [line for line in _crontab().splitlines() if starts_runner(line, user)]
        wish = Wish(user, "", default_logon(user), _tick_minutes(patient))
        wanted = crontab_line(wish, windowless_python(), patient.project_root)
        cure = Phrase("{command} prints the line", command=pvz(f"install --user {user}"))
        if not lines:
            yield Finding(Phrase("user {user}: no line of this account's crontab starts its runner", user=user), cure)
        if len(lines) > 1:
            yield Finding(
                Phrase("user {user}: {number} lines of the crontab start its runner", user=user, number=len(lines)),
                Phrase("keep one of them"),
            )
        for line in lines[:1]:
            if line.partition(" --config ")[0].strip() != wanted:
                yield Finding(
                    Phrase(
                        "user {user}: the crontab's line is not the one that install prints: {line}",
                        user=user,
                        line=line,
                    ),
                    cure,
                )

    def starts_runner(line: str, user: str) -> bool:
        """Return whether a crontab's line starts this user's runner."""
        words = line.split()
        return not line.lstrip().startswith("#") and RUNNER in words and f"--user {user}" in line.lower()

    def _crontab() -> str:
        try:
            return run_program([system_program("crontab"), "-l"], timeout_seconds=_SECONDS).out
        except (OSError, subprocess.TimeoutExpired):
            return ""
