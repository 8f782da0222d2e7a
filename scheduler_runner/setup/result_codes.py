"""What Task Scheduler's "last run result" means, in words. Pure.

It is Task Scheduler's own word, Windows' error at the start, or the exit code of what was started: the launcher of
a virtual environment, or the runner.
"""

from typing import NamedTuple

from config.launcher import pvz, venv_commands
from scheduler_runner.errors import ExitCode
from scheduler_runner.phrases import Phrase


class Meaning(NamedTuple):
    """What a result says, and what to do; ``cure`` is empty where nothing is wrong."""

    told: str
    cure: str = ""


NEVER_RUN = 0x41303

_LOGS = "see logs/{user}/runner/"
_AGAIN = "if it stays so, look at logs/{user}/runner/"
_REINSTALL = "{again}"
_SERVICE = "as administrator: net start Schedule; if it stays so, restart the PC"
_RIGHT = 'grant it "Log on as a batch job" in secpol.msc, or install with --logon interactive'
_ENVIRONMENT = "make it anew: {commands}"

# Microsoft's whole list, in its order; some of it only programs ever see.
_SCHEDULER = {
    0x41300: Meaning("it waits for its next start"),
    0x41301: Meaning("it is running"),
    0x41302: Meaning("it is disabled", _REINSTALL),
    NEVER_RUN: Meaning("it has never run", "wait for the next full five minutes, or start it in Task Scheduler"),
    0x41304: Meaning("no further start is planned", _REINSTALL),
    0x41305: Meaning("a part of the entry is missing", _REINSTALL),
    0x41306: Meaning("a person or Task Scheduler ended it", _AGAIN),
    0x41307: Meaning("it has no trigger that is valid", _REINSTALL),
    0x41308: Meaning("it starts by an event only", _REINSTALL),
    0x80041309: Meaning("one of its triggers was not found", _REINSTALL),
    0x8004130A: Meaning("a part of the entry is missing", _REINSTALL),
    0x8004130B: Meaning("it was to be ended, and did not run", _AGAIN),
    0x8004130C: Meaning("Task Scheduler's service is not installed", "mend Windows: sfc /scannow, as administrator"),
    0x8004130D: Meaning("the entry could not be opened: its file is damaged or locked", _REINSTALL),
    0x8004130E: Meaning("the entry is none, or damaged", _REINSTALL),
    0x8004130F: Meaning("Task Scheduler has no account or password on record for it", _REINSTALL),
    0x80041310: Meaning("its account does not exist (any more)", "install again with --account NAME of one that does"),
    0x80041311: Meaning("Task Scheduler lost its passwords and began anew", _REINSTALL),
    0x80041312: Meaning("this Windows runs no entries under an account", _REINSTALL),
    0x80041313: Meaning("the entry was written by another version of Windows", _REINSTALL),
    0x80041314: Meaning("its kind of logon does not go with its account", _REINSTALL),
    0x80041315: Meaning("Task Scheduler's service does not run", _SERVICE),
    0x80041316: Meaning("the entry holds something that is not known there", _REINSTALL),
    0x80041317: Meaning("the entry holds something of another kind of file", _REINSTALL),
    0x80041318: Meaning("the entry holds a value that is wrong", _REINSTALL),
    0x80041319: Meaning("the entry lacks something that is required", _REINSTALL),
    0x8004131A: Meaning("the entry is no XML", _REINSTALL),
    0x4131B: Meaning("some of its triggers could not be registered", _REINSTALL),
    0x4131C: Meaning("the account has no right to be logged on without a person", _RIGHT),
    0x8004131D: Meaning("the entry holds something twice", _REINSTALL),
    0x8004131E: Meaning("its trigger has an end, and that is over", _REINSTALL),
    0x8004131F: Meaning("it was running already, and no second instance is allowed", _REINSTALL),
    0x80041320: Meaning("the account was not logged on", "log it on, or install with --logon password"),
    0x80041321: Meaning("the entry was changed behind Task Scheduler's back, or is damaged", _REINSTALL),
    0x80041322: Meaning("Task Scheduler's service was not to be reached", _SERVICE),
    0x80041323: Meaning("Task Scheduler was too busy", _AGAIN),
    0x80041324: Meaning("one of the entry's conditions kept it from starting", _REINSTALL),
    0x41325: Meaning("it is queued", _AGAIN),
    0x80041326: Meaning("it is disabled", _REINSTALL),
    0x80041327: Meaning("it was written for a later Windows", _REINSTALL),
    0x80041328: Meaning("it may not be started by hand", _REINSTALL),
    6200: Meaning("Task Scheduler's service does not run as SYSTEM", "set it back to Local System in services.msc"),
}

# winerror.h and ntstatus.h: why Windows could not start it, and how it ended there.
_WINDOWS = {
    0x0: Meaning("all was well"),
    0x80070002: Meaning("the program was not found: the virtual environment has moved or is gone", _REINSTALL),
    0x80070003: Meaning("the program's folder was not found", _REINSTALL),
    0x80070005: Meaning("access was denied: the account may not read the program", "as administrator: {harden}"),
    0x8007000E: Meaning("there was not enough memory", "close what fills it, or restart the PC"),
    0x80070020: Meaning("the program was held by another one", _AGAIN),
    0x800700C1: Meaning("the program is none for this Windows", _ENVIRONMENT),
    0x8007010B: Meaning("the working folder is wrong: it is not there, or stands in quotes", _REINSTALL),
    0x800702E4: Meaning("the program asks for administrator's rights", "install with --highest, or mend the program"),
    0x8007045B: Meaning("Windows was shutting down", _AGAIN),
    0x800704C7: Meaning("a person cancelled it", _AGAIN),
    0x800704DD: Meaning("the account was not logged on", "log it on, or install with --logon password"),
    0x80070522: Meaning("the account lacks a right that it needs", _REINSTALL),
    0x8007052E: Meaning("the account's password has changed", _REINSTALL),
    0x8007052F: Meaning(
        "Windows lets no account without a password be logged on so", "give it one, or install with --logon interactive"
    ),
    0x80070530: Meaning("the account may not be logged on at this hour", "net user NAME /times:all"),
    0x80070531: Meaning("the account may not be logged on at this PC", "allow it where the account is kept"),
    0x80070532: Meaning("the account's password has expired", "set a new one, then install again"),
    0x80070533: Meaning("the account is disabled", "enable it in lusrmgr.msc"),
    0x80070534: Meaning("its account does not exist (any more)", "install again with --account NAME of one that does"),
    0x80070569: Meaning("the account has no right to be logged on without a person", _RIGHT),
    0x800705AA: Meaning("Windows had no resources left", "restart the PC"),
    0x800706BA: Meaning("a service of Windows did not answer", "restart the PC"),
    0x80070701: Meaning("the account has expired", "net user NAME /expires:never"),
    0x80070773: Meaning("the account's password must be changed first", "log it on once, then install again"),
    0x80070775: Meaning("the account is locked after wrong passwords", "unlock it in lusrmgr.msc, then install again"),
    0x800710E0: Meaning("a condition did not hold: battery, nobody logged on, or an instance was there", _REINSTALL),
    0xC0000005: Meaning("its Python crashed (access violation)", _ENVIRONMENT),
    0xC0000017: Meaning("there was not enough memory", "close what fills it, or restart the PC"),
    0xC000001D: Meaning("a package is made for a newer processor than this PC's", "install an older version of Python"),
    0xC000013A: Meaning("it was ended with its console, or by Ctrl+C", _AGAIN),
    0xC0000135: Meaning(
        "a DLL is missing: its Python is damaged or gone", "install Python again, then the virtual environment"
    ),
    0xC0000142: Meaning("Windows was shutting down", _AGAIN),
    0xC0000409: Meaning("its Python crashed, or gave itself up", _ENVIRONMENT),
    0x40010004: Meaning("the account was logged off while it ran", _AGAIN),
}

# The launcher that stands as pythonw.exe in a virtual environment (PC/venvlauncher.c and PC/launcher.c of CPython).
_LAUNCHER = {
    100: Meaning("the environment's launcher got no handles from Windows", _AGAIN),
    101: Meaning(
        "the environment's Python could not be started: damaged, or the account may not read it", _ENVIRONMENT
    ),
    102: Meaning("the environment's launcher does not find its own folder", _ENVIRONMENT),
    103: Meaning("the Python that the virtual environment was made with is gone, or another one now", _ENVIRONMENT),
    104: Meaning("the environment's launcher got no memory", "close what fills it, or restart the PC"),
    105: Meaning("the environment's launcher found no script", _ENVIRONMENT),
    106: Meaning("the virtual environment has lost its pyvenv.cfg", _ENVIRONMENT),
    107: Meaning("the virtual environment's pyvenv.cfg is damaged", _ENVIRONMENT),
    108: Meaning("the environment's launcher got no command", _REINSTALL),
    109: Meaning("the environment's launcher failed", _ENVIRONMENT),
}

_RUNNER: dict[int, Meaning] = {
    ExitCode.TASK_FAILED: Meaning("a task failed", _LOGS),
    ExitCode.USAGE: Meaning("no task is configured for this user", _REINSTALL),
    ExitCode.CONFIG: Meaning("the configuration is unusable in part or whole", _LOGS),
    ExitCode.ALREADY_RUNNING: Meaning("the task that it was to run was running already", _AGAIN),
    ExitCode.NOT_RECORDED: Meaning("a log or record could not be written", _LOGS),
    ExitCode.INTERRUPTED: Meaning("it was interrupted", _AGAIN),
    ExitCode.TERMINATED: Meaning("it was terminated", _AGAIN),
}

_UNKNOWN = Meaning("an exit code that nobody listed", _LOGS)
MEANINGS: dict[int, Meaning] = {**_SCHEDULER, **_WINDOWS, **_LAUNCHER, **_RUNNER}


class Said(NamedTuple):
    """A :class:`Meaning` for one entry, yet to be said in the reader's language; ``cure`` is ``None`` for none."""

    told: Phrase
    cure: Phrase | None


def meaning_of(result: int, user: str, again: str) -> Said:
    """Return what a last result means, signed or not, and the cure for that user's entry.

    ``again`` is the command that installs the entry as it was.

    >>> str(meaning_of(-2147024629, "operator", "install").told)
    'the working folder is wrong: it is not there, or stands in quotes'
    """
    meaning = MEANINGS.get(result & 0xFFFFFFFF, _UNKNOWN)
    values = {"user": user, "again": again, "harden": pvz("install --harden"), "commands": venv_commands()}
    return Said(Phrase(meaning.told), Phrase(meaning.cure, **values) if meaning.cure else None)
