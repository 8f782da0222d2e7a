"""The exception tree and the exit codes of the runner.

Every exception of ours hangs on this tree, wherever its class stands; its name says what became of the promise::

    SchedulerError             exit code 1; whoever catches it can tell it in one sentence
        ConfigError            3: a value in a file is wrong; a ValueError, too
            Exposed            ordinary accounts could change what a privileged runner executes: nothing is run
            WrongValue         the key's value is not one of those that would be right
        UsageError             2: the command line asks for what does not exist
        LedgerUnavailable      5: the ledger cannot be written now; tasks run all the same
        NotOurs                what stands in a file's place is no plain file of this account's; an OSError, too
        BrokenBrakes           the file of mutes and pauses is none; nothing is muted or paused by it
        SourceChanged          a file grew or shrank while it was copied
        TargetDiffers          what was copied cannot be read back as it was; an OSError, too
        Busy                   a lock is held
        TooLong                what others wrote did not come back in time
        NeedsAdministrator     a command changes what belongs to all accounts
        ServiceUnavailable     Task Scheduler's service refuses or is not there
        NotNoted, TimeIsOver, Stuck, ProbeFailed    of the cameras' scripts
        Away                   the folder for the point's page is not there now
        Trouble                a stage of the updates could not be carried out

What is expected is a return value; only a broken promise is raised. An error carries a template and its values in the
place of a finished sentence, so that screens and notices can say it in Russian (``russian_errors.py``)::

    raise ConfigError("{path}: {name} is missing: {right} would be right", path=path, name="PVZ_ID", right=right)

A finished sentence works as well: a template without values is taken as it stands, braces and all.
"""

from enum import IntEnum

EXIT_NOTHING_TO_DO = 75
"""A task's exit code for "nothing to do now, ask again later" (``EX_TEMPFAIL`` of sysexits.h)."""


class ExitCode(IntEnum):
    """Exit codes of the runner and of the administrator's commands; the table is in README.md.

    They stay clear of 0x41300-0x413FF and of everything from 0x80000000 on, which Task Scheduler uses itself.
    """

    OK = 0
    TASK_FAILED = 1
    USAGE = 2
    CONFIG = 3
    ALREADY_RUNNING = 4
    NOT_RECORDED = 5
    INTERRUPTED = 130
    TERMINATED = 143


_BY_WEIGHT = (
    ExitCode.INTERRUPTED,
    ExitCode.TERMINATED,
    ExitCode.USAGE,
    ExitCode.ALREADY_RUNNING,
    ExitCode.TASK_FAILED,
    ExitCode.CONFIG,
    ExitCode.NOT_RECORDED,
    ExitCode.OK,
)


def heaviest(codes: "set[ExitCode]") -> ExitCode:
    """Choose the one exit code to end with where several hold; ``OK`` where none does.

    >>> heaviest({ExitCode.CONFIG, ExitCode.TASK_FAILED}).name
    'TASK_FAILED'
    """
    return next((code for code in _BY_WEIGHT if code in codes), ExitCode.OK)


class SchedulerError(Exception):
    """The base of every error that this product raises on purpose; as a text, its sentence in English.

    >>> str(SchedulerError("{path} is larger than {most} bytes", path="a.json", most=4096))
    'a.json is larger than 4096 bytes'
    """

    exit_code = ExitCode.TASK_FAILED

    def __init__(self, template: str, /, **values: object) -> None:
        super().__init__(template)
        self.template = template
        self.values = values

    def __str__(self) -> str:
        return self.template.format_map(self.values) if self.values else self.template


class ConfigError(SchedulerError, ValueError):
    """A configuration value is wrong; the message says what, where, and what would be right.

    ``key`` names the entry's or section's key where there is one, so that a caller can add file and entry. It is no
    value of the template's: a template that shows it takes it as a value of another name.
    """

    exit_code = ExitCode.CONFIG

    def __init__(self, template: str, /, *, key: str | None = None, **values: object) -> None:
        super().__init__(template, **values)
        self.key = key


class UsageError(SchedulerError):
    """The command line asks for something that does not exist."""

    exit_code = ExitCode.USAGE


class LedgerUnavailable(SchedulerError):
    """The ledger cannot be written now (busy, no rights, full disk, newer version); tasks run all the same."""

    exit_code = ExitCode.NOT_RECORDED
