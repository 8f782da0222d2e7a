"""Put a user's runner into Task Scheduler, or update it there; set rights. Elsewhere: print the crontab's line."""

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from config.base_config import PATH_CONFIG, config_path, load_point
from config.launcher import pvz
from config.values import WrongValue
from scheduler_runner.errors import ConfigError, ExitCode, UsageError
from scheduler_runner.phrases import Phrase
from scheduler_runner.rights import hardening
from scheduler_runner.rights.accounts import (
    current_account,
    is_privileged,
    known_accounts,
    name_of,
    sid_of,
    user_sid,
)
from scheduler_runner.rights.exposure import Premises, exposures
from scheduler_runner.schedule_config import Schedule, load_schedule
from scheduler_runner.screens.chosen import screen
from scheduler_runner.screens.screen import Screen
from scheduler_runner.setup.crontab import crontab_line
from scheduler_runner.setup.elevation import refusal
from scheduler_runner.setup.here import estate, longest_timeout, own_tasks_dirs, windowless_python
from scheduler_runner.setup.place import require_place
from scheduler_runner.setup.schtasks import create_command, register
from scheduler_runner.setup.task_entry import DEFAULT_EVERY_MINUTES, Entry, Logon, Wish, default_logon, wanted_entry
from scheduler_runner.setup.task_xml import to_xml
from scheduler_runner.system.folders import is_folder_name
from scheduler_runner.tasks.common.arguments import argument

_DIVISORS = tuple(minutes for minutes in range(1, 61) if 60 % minutes == 0)
_HARDEN = pvz("install --harden")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add whose runner, how it is started, and what is to be done with the entry."""
    parser.add_argument("--user", help="whose tasks the entry runs: operator, system")
    parser.add_argument("--every", type=argument(every_minutes), help="minutes between two starts, a divisor of 60")
    parser.add_argument("--account", help="the Windows account, where it is not called as the user is")
    parser.add_argument(
        "--logon", choices=[logon.value for logon in Logon], help="interactive; system for the user system"
    )
    parser.add_argument("--highest", action="store_true", help="with the account's highest privileges")
    parser.add_argument("--config", metavar="INI", help="the point's INI; PVZ_CONFIG_PATH, else the project's own")
    parser.add_argument("--xml", metavar="FILE", help="write the entry to this file, register nothing")
    parser.add_argument("--dry-run", "--dry_run", action="store_true", help="only show what would be done")
    parser.add_argument("--harden", action="store_true", help="set rights: code for administrators, logs for accounts")


def run(arguments: argparse.Namespace) -> int:
    """Harden, or install, or both, in this order: an entry that refuses exposed code is written when none is left.

    Without either, ask.
    """
    if not arguments.user and not arguments.harden:
        from scheduler_runner.cli.set_up import set_up

        users = sorted({task.user.lower() for task in load_schedule().tasks if task.enabled})
        return set_up(screen(), users, lambda words: run(_parsed(words)))
    if not arguments.user:
        return int(_harden(arguments))
    wish = wish_from(arguments)
    code = ExitCode.OK
    if arguments.harden or (wish.is_privileged and sys.platform == "win32" and not arguments.xml):
        if not arguments.dry_run and not is_privileged():
            raise refusal(wish.command())
        code = _harden(arguments, {wish.user: wish.account})
    if wish.is_privileged and code is not ExitCode.OK:
        wish = replace(wish, is_protected=False)
    return int(_install(wish, arguments) or code)


def _parsed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(words)


def every_minutes(text: str) -> int:
    """Return minutes between two starts that come at the same minutes of every hour. Raises ``WrongValue``.

    >>> every_minutes("5")
    5
    """
    if text not in map(str, _DIVISORS):
        raise WrongValue("one of {names}", names=", ".join(map(str, _DIVISORS)))
    return int(text)


def wish_from(arguments: argparse.Namespace) -> Wish:
    """Return what was asked for. Raises ``UsageError`` or ``ConfigError``, one sentence each."""
    if not is_folder_name(arguments.user):
        raise UsageError(
            "user {user!r} cannot be an account's name: --user operator would be right", user=arguments.user
        )
    schedule = load_schedule()
    _require_tasks(schedule, arguments.user)
    logon = Logon(arguments.logon) if arguments.logon else default_logon(arguments.user)
    config = os.path.abspath(arguments.config) if arguments.config else os.environ.get("PVZ_CONFIG_PATH", "")
    point = load_point(config or None)
    return Wish(
        user=arguments.user,
        account=_account(arguments, logon),
        logon=logon,
        every_minutes=arguments.every or point.tick_minutes or DEFAULT_EVERY_MINUTES,
        config=point.path if config else "",
        is_highest=arguments.highest,
        is_protected=True,
        longest_timeout_seconds=longest_timeout(schedule, arguments.user),
    )


def _require_tasks(schedule: Schedule, user: str) -> None:
    users = {task.user.lower() for task in schedule.tasks}
    if user.lower() not in users:
        raise UsageError(
            "user {user!r} has no task: {users} would be right",
            user=user,
            users=", ".join(sorted(users)) or "a *_config.py first",
        )


def _account(arguments: argparse.Namespace, logon: Logon) -> str:
    """Return the SID of the account that is meant: a person's, never a group's or the PC's own."""
    if logon is Logon.SYSTEM:
        return sid_of("SYSTEM")
    name = arguments.account or arguments.user
    sid = user_sid(name)
    if sid:
        return sid
    if not arguments.account and _may_only_be_own():
        return sid_of(current_account())
    raise UsageError(
        "account {name!r} is not known here, or is none of a person: --account with one of {known} would be right",
        name=name,
        known=", ".join(known_accounts()),
    )


def _may_only_be_own() -> bool:
    """Return whether no other account than the asking one can be meant; an administrator may mean anybody."""
    return sys.platform != "win32" or not is_privileged()


def _install(wish: Wish, arguments: argparse.Namespace) -> ExitCode:
    python = windowless_python()
    root = PATH_CONFIG["BASE_DIR"]
    shown = screen()
    if sys.platform != "win32" and not arguments.xml:
        shown.say("# add to the crontab of {user} (crontab -e):", user=wish.user)
        shown.copy(crontab_line(wish, python, root))
        premises = Premises(root, config_path(), tasks_dirs=own_tasks_dirs())
        if wish.is_privileged and wish.is_protected and exposures(premises.trees(is_quick=True)):
            shown.say("# it would run nothing yet, ordinary accounts could change its code:")
            shown.copy(f"# sudo {_HARDEN}")
        return ExitCode.OK
    if sys.platform == "win32":
        require_place(sys.base_prefix, (python, root, wish.config), os.environ)
    entry = wanted_entry(wish, python, root)
    _describe(shown, entry)
    if not arguments.account and wish.logon is not Logon.SYSTEM and not user_sid(wish.user):
        shown.say("note: no account is called {user}: the entry is for the one that asks", user=wish.user, look="odd")
    if sys.prefix == sys.base_prefix:
        shown.say("note: this Python is no virtual environment: packages of other programs may change it", look="odd")
    if arguments.xml:
        return _write(entry, arguments)
    if arguments.dry_run:
        command = subprocess.list2cmdline(create_command(entry, "FILE"))
        shown.say("would run this, with FILE as follows:")
        shown.copy(command)
        shown.copy(to_xml(entry).decode("utf-16").replace("\r\n", "\n"))
        return ExitCode.OK
    if not is_privileged() and _needs_rights(entry):
        raise refusal(wish.command())
    register(entry, wish.command())
    shown.say("registered {path}; its state: {command}", path=entry.path, command=pvz("doctor"), look="good")
    if wish.is_privileged and not wish.is_protected:
        shown.say("it only warns of what ordinary accounts could change: mend what is open, then install again")
    _keep_history(shown)
    return ExitCode.OK


def _describe(shown: Screen, entry: Entry) -> None:
    logon = entry.logon or Logon.INTERACTIVE
    told = "{path}, every {minutes:g} minutes and at boot"
    if "LogonTrigger" in entry.starts:
        told = "{path}, every {minutes:g} minutes and at logon"
    account = Phrase("{account}: {consequence}", account=name_of(entry.account), consequence=Phrase(logon.consequence))
    rows = (
        (Phrase("entry"), Phrase(told, path=entry.path, minutes=entry.every_minutes)),
        (Phrase("starts"), f"{entry.command} {entry.arguments}"),
        (Phrase("in"), entry.working_dir),
        (Phrase("account"), account),
    )
    shown.table((), rows)


def _keep_history(shown: Screen) -> None:
    """Let Task Scheduler keep its history, which Windows leaves off: only an administrator may."""
    from scheduler_runner.doctor.checks_entries import keep_history

    if is_privileged() and keep_history():
        shown.say("Task Scheduler keeps its history from now on")


def _write(entry: Entry, arguments: argparse.Namespace) -> ExitCode:
    if not arguments.dry_run:
        try:
            with open(arguments.xml, "wb") as file:
                file.write(to_xml(entry))
        except OSError as error:
            raise ConfigError(
                "{path} cannot be written ({reason}): another --xml FILE would be right",
                path=arguments.xml,
                reason=error.strerror,
            ) from error
    command = subprocess.list2cmdline(create_command(entry, arguments.xml))
    told = "would write {path}; registered by:" if arguments.dry_run else "wrote {path}; registered by:"
    screen().say(told, path=arguments.xml)
    screen().copy(command)
    return ExitCode.OK


def _needs_rights(entry: Entry) -> bool:
    """Return whether Windows certainly refuses this entry to an ordinary account."""
    return entry.logon is not Logon.INTERACTIVE or entry.is_highest or entry.account != sid_of(current_account())


def _harden(arguments: argparse.Namespace, wanted: Mapping[str, str] = MappingProxyType({})) -> ExitCode:
    """Show the plan, or carry it out and tell what is open still. ``wanted``: accounts whose entries are to come."""
    here = estate(wanted)
    steps = hardening.hardening_plan(here)
    shown = screen()
    shown.say("would run:" if arguments.dry_run else "running:")
    for step in steps:
        shown.copy(f"  {subprocess.list2cmdline(step.argv)}")
    if arguments.dry_run:
        return ExitCode.OK
    if not is_privileged():
        raise refusal(_HARDEN)
    failures = list(hardening.carry_out(here, steps))
    open_still = exposures(Premises(here.project_root, here.config_path, tasks_dirs=here.tasks_dirs).trees())
    for failure in failures:
        shown.say(failure, look="bad")
    for exposure in open_still:
        shown.say("still open: {exposure}", exposure=exposure.said, look="bad")
    return ExitCode.TASK_FAILED if failures or open_still else ExitCode.OK
