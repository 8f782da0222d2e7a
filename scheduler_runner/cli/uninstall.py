"""Remove a user's entry from Task Scheduler. Logs, configuration and rights stay."""

import argparse
import sys

from scheduler_runner.errors import ExitCode, SchedulerError
from scheduler_runner.setup.schtasks import remove
from scheduler_runner.setup.task_entry import RUNNER, entry_path
from scheduler_runner.setup.task_service import registered
from scheduler_runner.system.streams import console_for_people


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add whose entry."""
    parser.add_argument("--user", required=True, help="whose entry: operator, system")
    parser.add_argument("--dry-run", "--dry_run", action="store_true", help="only tell")


def run(arguments: argparse.Namespace) -> int:
    """Remove it; return 0, also where there is none."""
    console = console_for_people()
    path = entry_path(arguments.user)
    if sys.platform != "win32":
        console.print(f"remove the line with `{RUNNER} --user {arguments.user}`: crontab -e")
        return int(ExitCode.OK)
    if registered(path) is None:
        console.print(f"there is no entry {path} that this account may see")
        return int(ExitCode.OK)
    console.print(f"{'would remove' if arguments.dry_run else 'removing'} the entry {path}")
    if not arguments.dry_run:
        remove(path, f"python -m scheduler_runner uninstall --user {arguments.user}")
        if registered(path) is not None:
            raise SchedulerError(f"the entry {path} is still there: remove it in Task Scheduler")
    return int(ExitCode.OK)
