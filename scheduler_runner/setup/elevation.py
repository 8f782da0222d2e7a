"""The one sentence for who lacks administrator's rights: where to run which command."""

import sys

from scheduler_runner.errors import SchedulerError


class NeedsAdministrator(SchedulerError):
    """The system refuses, or certainly would."""


def refusal(command: str) -> NeedsAdministrator:
    """Return the error that tells to run ``command`` with more rights."""
    return NeedsAdministrator(_TOLD, command=command)


# With the command on a line of its own, to be copied.
_TOLD = (
    "administrator's rights are needed: open a console with Win+X, Terminal (Administrator), and run there\n{command}"
    if sys.platform == "win32"
    else "administrator's rights are needed: run\nsudo {command}"
)
