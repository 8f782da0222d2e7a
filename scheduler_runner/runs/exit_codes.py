"""What a task's exit code means."""

import signal
from collections.abc import Collection

from scheduler_runner.errors import EXIT_NOTHING_TO_DO
from scheduler_runner.outcome import Outcome

_NTSTATUS_NAMES = {
    0xC0000005: "access violation",
    0xC000001D: "illegal instruction",
    0xC0000094: "division by zero",
    0xC00000FD: "stack overflow",
    0xC0000135: "a DLL was not found",
    0xC0000139: "an entry point was not found in a DLL",
    0xC000013A: "ended by Ctrl+C, or with its console or session",
    0xC0000142: "a DLL could not be initialised (no desktop?)",
    0xC0000374: "heap corruption",
    0xC0000409: "stack buffer overrun, or abort()",
    0x40010004: "ended by logoff or shutdown",
}


def outcome_of(
    exit_code: int, ok_codes: Collection[int] = frozenset({0}), warn_codes: Collection[int] = frozenset()
) -> Outcome:
    """Return what an exit code says of a program that ended by itself.

    >>> outcome_of(0).value, outcome_of(3).value, outcome_of(3, warn_codes={3}).value, outcome_of(75).value
    ('succeeded', 'failed', 'warned', 'skipped')
    """
    if exit_code == EXIT_NOTHING_TO_DO:
        return Outcome.SKIPPED
    if exit_code in ok_codes:
        return Outcome.SUCCEEDED
    return Outcome.WARNED if exit_code in warn_codes else Outcome.FAILED


def describe_exit_code(exit_code: int) -> str:
    """Return an exit code for people: decimal, with a signal's or an NTSTATUS's name where it is one.

    >>> describe_exit_code(3), describe_exit_code(0xC0000005)
    ('exit code 3', 'exit code 0xC0000005 (access violation)')
    """
    if exit_code < 0:
        return f"ended by signal {_signal_name(-exit_code)}"
    if exit_code in _NTSTATUS_NAMES:
        return f"exit code 0x{exit_code:08X} ({_NTSTATUS_NAMES[exit_code]})"
    return f"exit code 0x{exit_code:08X}" if exit_code >= 0x80000000 else f"exit code {exit_code}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
