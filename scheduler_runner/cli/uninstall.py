"""Remove the entries of Task Scheduler: one user's, or all. Logs, configuration and rights stay."""

import argparse
import os
import subprocess
import sys

from config.ini import nearest
from config.launcher import pvz
from scheduler_runner.errors import ExitCode, SchedulerError, UsageError
from scheduler_runner.schedule_config import load_schedule
from scheduler_runner.screens.chosen import screen
from scheduler_runner.screens.screen import Screen
from scheduler_runner.setup.here import CONFIG_VARIABLE, registered_entries
from scheduler_runner.setup.schtasks import remove, remove_folder
from scheduler_runner.setup.task_entry import RUNNER, entry_path
from scheduler_runner.setup.task_service import registered


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add whose entry."""
    parser.add_argument("--user", help="whose entry: operator, system; without: every entry")
    parser.add_argument("--dry-run", "--dry_run", action="store_true", help="only tell")


def run(arguments: argparse.Namespace) -> int:
    """Remove; return 0, also where there is none."""
    shown = screen()
    known = sorted({task.user.lower() for task in load_schedule().tasks})
    users = [arguments.user.lower()] if arguments.user else known
    if sys.platform != "win32":
        _require_known(users, known)
        for user in users:
            shown.say("remove the line with this from the crontab (crontab -e):")
            shown.copy(f"  {RUNNER} --user {user}")
        return int(ExitCode.OK)
    entries, _ = registered_entries(set(known))
    paths = sorted(path for path, (entry, _) in (entries or {}).items() if not arguments.user or entry.user in users)
    if not paths:
        _require_known(users, known)
        shown.say("there is no entry that this account may see: {paths}", paths=", ".join(map(entry_path, users)))
    for path in paths:
        _remove(shown, path, arguments)
    if not arguments.dry_run:
        remove_folder()
    if os.environ.get(CONFIG_VARIABLE):
        shown.say("the variable {name} stays; where nothing else needs it, as administrator:", name=CONFIG_VARIABLE)
        key = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment"
        shown.copy(f"  {subprocess.list2cmdline(['reg', 'delete', key, '/v', CONFIG_VARIABLE])}")
    return int(ExitCode.OK)


def _require_known(users: list[str], known: list[str]) -> None:
    for user in users:
        if user not in known:
            raise UsageError(
                "user {user} has no entry and no task: {right} would be right", user=user, right=nearest(user, known)
            )


def _remove(shown: Screen, path: str, arguments: argparse.Namespace) -> None:
    shown.say("would remove the entry {path}" if arguments.dry_run else "removing the entry {path}", path=path)
    if arguments.dry_run:
        return
    remove(path, pvz(f"uninstall --user {arguments.user}" if arguments.user else "uninstall"))
    if registered(path) is not None:
        raise SchedulerError("the entry {path} is still there: remove it in Task Scheduler", path=path)
