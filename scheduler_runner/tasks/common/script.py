"""What every script shares: logging to standard error with marks, a result file, exit codes for everything.

Started by the runner, a script's lines bear ``<N>`` marks and its result goes into a file; started by hand, both
are for the console.
"""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from scheduler_runner.errors import EXIT_NOTHING_TO_DO, SchedulerError
from scheduler_runner.runs.result_file import (
    COPYING,
    OUTSIDE_HOURS,
    RESULT_VARIABLE,
    TOO_EARLY,
    ScriptResult,
    Subject,
    write_result,
)
from scheduler_runner.system.ctrl_c import interrupt_again
from scheduler_runner.system.streams import console_for_people, ensure_streams, forget_output

OK = 0
FAILED = 1
WARNED = 10
NOTHING_TO_DO = EXIT_NOTHING_TO_DO
SLOT_VARIABLE = "SCHEDULER_SLOT"
"""The runner sets it for planned runs alone."""
WAITS = (OUTSIDE_HOURS, TOO_EARLY, COPYING)
_INTERRUPTED = 130
_SYSLOG = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6), (0, 7))


@dataclass(frozen=True, slots=True)
class Report:
    """What a script did. ``summary`` is for staff, in Russian; ``metrics`` are numbers for the ledger."""

    exit_code: int
    summary: str
    metrics: Mapping[str, object] = field(default_factory=dict)
    rows: Sequence[Sequence[str]] = ()
    """A table for people, the names of its columns first; none: the metrics."""
    subjects: Mapping[str, Subject] = field(default_factory=dict)
    """What was looked at, by name: cameras, drives."""
    waits: str = ""
    """Why there was nothing to do: one of ``WAITS``; ``""``: no reason that excuses it."""
    cause: str = ""
    """What is wrong, where other tasks will meet it, too: a name that they share."""
    cause_text: str = ""
    """The cause for staff, in Russian."""

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for what nobody could read rightly: a programming error."""
        if self.waits and (self.waits not in WAITS or self.exit_code != NOTHING_TO_DO):
            raise ValueError(f"waits={self.waits!r}: one of {', '.join(WAITS)} would be right, with exit code 75")
        if bool(self.cause) != bool(self.cause_text):
            raise ValueError("a cause needs its text for staff, and a text its cause")


def run_script(
    work: Callable[[argparse.Namespace], Report], parser: argparse.ArgumentParser, argv: Sequence[str] | None
) -> int:
    """Parse, work, report; return the exit code. An unexpected error is logged with its traceback."""
    ensure_streams()
    parser.add_argument("--detailed_logs", "--detailed-logs", action="store_true", help="tell more, for a search")
    try:
        arguments = parser.parse_args(argv)
    except SystemExit as ended:
        return int(ended.code or 0)
    logger = configure_script_logging(is_detailed=arguments.detailed_logs)
    try:
        interrupt_again()
        report = work(arguments)
    except KeyboardInterrupt:
        report = Report(_INTERRUPTED, "Прервано")
    except SchedulerError as error:
        if is_under_runner():
            logger.error("%s", error)
        report = Report(int(error.exit_code), str(error))
    except Exception as error:
        logger.exception("unexpected error")
        report = Report(FAILED, f"Ошибка программы: {type(error).__name__}: {error}")
    _deliver(report, logger)
    return report.exit_code


def is_under_runner() -> bool:
    """Return whether the runner started this process."""
    return RESULT_VARIABLE in os.environ


def is_planned() -> bool:
    """Return whether the plan made this run start; by hand, also through the runner, it is for whoever asked."""
    return bool(os.environ.get(SLOT_VARIABLE))


def configure_script_logging(*, is_detailed: bool = False) -> logging.Logger:
    """Send this package's log lines to standard error, with marks under the runner; detailed: DEBUG ones, too."""
    logger = logging.getLogger("scheduler_runner")
    for old in list(logger.handlers):
        logger.removeHandler(old)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_MarkFormatter() if is_under_runner() else logging.Formatter("%(levelname)-8s %(message)s"))
    logger.addHandler(handler)
    level = "DEBUG" if is_detailed else os.environ.get("LOG_LEVEL", "").upper()
    logger.setLevel(level if level in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL") else "INFO")
    logger.propagate = False
    return logger


class _MarkFormatter(logging.Formatter):
    """Begins every line with its priority: a traceback's lines, too."""

    def format(self, record: logging.LogRecord) -> str:
        number = next(syslog for level, syslog in _SYSLOG if record.levelno >= level)
        return "\n".join(f"<{number}>{line}" for line in super().format(record).split("\n"))


def _deliver(report: Report, logger: logging.Logger) -> None:
    path = os.environ.get(RESULT_VARIABLE)
    if not path:
        try:
            print(report.summary)  # noqa: T201 - by hand, this is the answer
            _print_table(report)
            sys.stdout.flush()
        except (OSError, SystemExit):  # nobody reads it: rich would end the process
            forget_output()
        return
    for row in report.rows:
        logger.info("%s", " | ".join(row))
    result = ScriptResult(
        summary=report.summary,
        metrics=report.metrics,
        exit_code=report.exit_code,
        subjects=report.subjects,
        waits=report.waits,
        cause=report.cause,
        cause_text=report.cause_text,
    )
    try:
        write_result(path, result)
    except OSError as error:
        logger.error("the result cannot be written to %s: %s; summary: %s", path, error, report.summary)


def _print_table(report: Report) -> None:
    from rich.table import Table

    rows = report.rows or [("", ""), *((name, str(value)) for name, value in report.metrics.items())]
    table = Table(*rows[0], show_header=bool(report.rows))
    for row in rows[1:]:
        table.add_row(*row)
    if len(rows) > 1:
        console_for_people().print(table)
