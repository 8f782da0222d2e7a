"""The one sentence for who lacks administrator's rights: where to run which command."""

import sys

from scheduler_runner.errors import SchedulerError


class NeedsAdministrator(SchedulerError):
    """The system refuses, or certainly would."""


def refusal(command: str) -> NeedsAdministrator:
    """Return the error that tells to run ``command`` with more rights."""
    return NeedsAdministrator(f"administrator's rights are needed: {_HOW}{command}")


_HOW = (
    "open a console with Win+X, Terminal (Administrator), go to the project's folder and run: "
    if sys.platform == "win32"
    else "run: sudo "
)
