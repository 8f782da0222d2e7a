"""What Task Scheduler's "last run result" means, in words. Pure.

Whatever is not listed is the runner's own exit code. The names are those of winerror.h and "Task Scheduler Error and
Success Constants" of Microsoft's documentation.
"""

from typing import NamedTuple

from scheduler_runner.errors import ExitCode


class Meaning(NamedTuple):
    """What a result says, and what to do; ``cure`` is empty where nothing is wrong."""

    told: str
    cure: str = ""


NEVER_RUN = 0x41303

_LOGS = "see logs/{user}/runner/"
_AGAIN = "if it stays so, look at logs/{user}/runner/"
_REINSTALL = "{again}"

MEANINGS = {
    0x0: Meaning("all was well"),
    0x41300: Meaning("it waits for its next start"),
    0x41301: Meaning("it is running"),
    0x41302: Meaning("it is disabled", _REINSTALL),
    NEVER_RUN: Meaning("it has never run", "wait for the next full five minutes, or start it in Task Scheduler"),
    0x41304: Meaning("no further start is planned", _REINSTALL),
    0x41305: Meaning("a part of the entry is missing", _REINSTALL),
    0x41306: Meaning("a person or Task Scheduler ended it", _AGAIN),
    0x41307: Meaning("it has no trigger that is valid", _REINSTALL),
    0x41308: Meaning("it starts by an event only", _REINSTALL),
    0x4131B: Meaning("some of its triggers could not be registered", _REINSTALL),
    0x4131C: Meaning(
        "the account has no right to be logged on without a person",
        'grant it "Log on as a batch job" in secpol.msc, or install with --logon interactive',
    ),
    0x41325: Meaning("it is queued", _AGAIN),
    0x8004130F: Meaning("the account or its password is not known to Windows", _REINSTALL),
    0x80041310: Meaning("the service of Task Scheduler's accounts is out of order", "restart the PC"),
    0x80041315: Meaning("Task Scheduler's service does not run", "sc start Schedule"),
    0x8004131F: Meaning("it was running already, and no second instance is allowed", _REINSTALL),
    0x80041326: Meaning("it is disabled", _REINSTALL),
    0x80070002: Meaning("the program was not found: the virtual environment has moved or is gone", _REINSTALL),
    0x80070003: Meaning("the program's folder was not found", _REINSTALL),
    0x80070005: Meaning(
        "access was denied: the account may not read the program", "python -m scheduler_runner install --harden"
    ),
    0x8007010B: Meaning("the working folder is wrong: it is not there, or stands in quotes", _REINSTALL),
    0x800704DD: Meaning("the account was not logged on", "log it on, or install with --logon password"),
    0x8007052E: Meaning("the account's password has changed", _REINSTALL),
    0x80070532: Meaning("the account's password has expired", "set a new one, then install again"),
    0x80070533: Meaning("the account is disabled", "enable it in lusrmgr.msc"),
    0x80070569: Meaning(
        "the account has no right to be logged on without a person",
        'grant it "Log on as a batch job" in secpol.msc, or install with --logon interactive',
    ),
    0x800710E0: Meaning("a condition did not hold: battery, nobody logged on, or an instance was there", _REINSTALL),
    0xC000013A: Meaning("it was ended with its console, or by Ctrl+C", _AGAIN),
    0xC0000135: Meaning(
        "a DLL is missing: its Python is damaged or gone", "install Python again, then the virtual environment"
    ),
    0xC0000142: Meaning("Windows was shutting down", _AGAIN),
    0x40010004: Meaning("the account was logged off while it ran", _AGAIN),
    ExitCode.TASK_FAILED: Meaning("a task failed", _LOGS),
    ExitCode.USAGE: Meaning("no task is configured for this user", _REINSTALL),
    ExitCode.CONFIG: Meaning("the configuration is unusable in part or whole", _LOGS),
    ExitCode.NOT_RECORDED: Meaning("a log or record could not be written", _LOGS),
    ExitCode.INTERRUPTED: Meaning("it was interrupted", _AGAIN),
    ExitCode.TERMINATED: Meaning("it was terminated", _AGAIN),
}


def meaning_of(result: int, user: str, again: str) -> Meaning:
    """Return what a last result means, signed or not, and the cure for that user's entry.

    ``again`` is the command that installs the entry as it was.

    >>> meaning_of(-2147024629, "operator", "install").told
    'the working folder is wrong: it is not there, or stands in quotes'
    """
    meaning = MEANINGS.get(result & 0xFFFFFFFF)
    if meaning is None:
        return Meaning("an exit code that nobody listed", _LOGS.format(user=user))
    return Meaning(meaning.told, meaning.cure.format(user=user, again=again))
