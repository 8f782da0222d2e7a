"""The exception tree and the exit codes of the runner."""

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
    """The base of every error that this product raises on purpose."""

    exit_code = ExitCode.TASK_FAILED


class ConfigError(SchedulerError, ValueError):
    """A configuration value is wrong; the message says what, where, and what would be right.

    ``key`` names the entry's or section's key where there is one, so that a caller can add file and entry.
    """

    exit_code = ExitCode.CONFIG

    def __init__(self, message: str, *, key: str | None = None) -> None:
        super().__init__(message)
        self.key = key


class UsageError(SchedulerError):
    """The command line asks for something that does not exist."""

    exit_code = ExitCode.USAGE


class LedgerUnavailable(SchedulerError):
    """The ledger cannot be written now (busy, no rights, full disk, newer version); tasks run all the same."""

    exit_code = ExitCode.NOT_RECORDED
