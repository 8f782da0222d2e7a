"""Logs of the runner and of tasks: ``logs/{user}/{task}/YYYY-MM-DD.log``, written by chunks and by records alike.

A log that cannot be written costs lines, which are counted, never a run.
"""

import logging
import os
import sys
import threading
from collections.abc import Callable
from datetime import datetime, tzinfo

from scheduler_runner.system.folders import ensure_plain_folder
from scheduler_runner.utils.log_files import LogSeries
from scheduler_runner.utils.masking import Masker

__all__ = ["LogFileHandler", "close_logger", "configure_logger", "ensure_plain_folder", "lost_lines"]

DEFAULT_MAX_BYTES = 10 * 1024 * 1024
_RUNNER = "runner"
_FORMAT = "%(message)s"
_guard = threading.Lock()


class MaskingFormatter(logging.Formatter):
    """Formats a record's text with its traceback, and masks the whole."""

    def __init__(self, masker: Masker) -> None:
        super().__init__(_FORMAT)
        self._masker = masker

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's text, without time and level, masked."""
        return self._masker.text(super().format(record))


class LogFileHandler(logging.Handler):
    """Writes records, and blocks of a child's output, into one series of files."""

    def __init__(self, level: int, series: LogSeries, max_log_bytes: int | None) -> None:
        super().__init__(level)
        self.series = series
        self._max_log_bytes = max_log_bytes

    @property
    def lost_lines(self) -> int:
        """How many lines could not be written so far."""
        return self.series.lost_lines

    @property
    def is_full(self) -> bool:
        """Whether the day's files hold as much as a task's output may fill."""
        return self._max_log_bytes is not None and self.series.day_bytes >= self._max_log_bytes

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; every line of its text bears time and level."""
        try:
            text = self.format(record)
        except (TypeError, ValueError, LookupError, AttributeError):  # a bad format string
            text = self.format(logging.makeLogRecord({"msg": f"{record.msg!r} {record.args!r}"}))
        self._write(record.levelno, text.encode("utf-8", "backslashreplace").rstrip(b"\n") + b"\n")

    def write_block(self, level: int, block: bytes) -> None:
        """Write complete lines of output, each ending in a line feed, with one time and level for all."""
        if level >= self.level:
            with self.lock or _guard:
                self._write(level, block)

    def close(self) -> None:
        """Close the file."""
        with self.lock or _guard:
            self.series.close()
        super().close()

    def _write(self, level: int, lines: bytes) -> None:
        now = self.series.now()
        prefix = _prefix(now, level)
        self.series.write(prefix + lines[:-1].replace(b"\n", b"\n" + prefix) + b"\n", now)


class ConsoleHandler(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to standard error what a console can show; where there is none, nowhere."""

    def format(self, record: logging.LogRecord) -> str:
        """Return time, level and text, in letters that the console has."""
        text = f"{datetime.now():%H:%M:%S} {record.levelname:<8} {super().format(record)}"
        encoding = getattr(self.stream, "encoding", None) or "utf-8"
        return text.encode(encoding, "backslashreplace").decode(encoding)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, or nothing where that fails: a closed console is no reason to stop."""
        try:
            self.stream.write(self.format(record) + "\n")
            self.stream.flush()
        except (OSError, ValueError, AttributeError, LookupError):
            pass


def configure_logger(
    user: str,
    task_name: str | None = None,
    detailed: bool = False,
    console: bool = False,
    logs_dir: str | None = None,
    max_bytes: int = DEFAULT_MAX_BYTES,
    backup_count: int = 30,
    *,
    masker: Masker | None = None,
    zone: tzinfo | None = None,
    max_log_bytes: int | None = None,
) -> logging.Logger:
    """Return the logger of a user's runner, or with ``task_name`` (``domain_Task``) of that task.

    ``detailed``: DEBUG lines, too, in a second file. ``logs_dir``: ``None`` is ``LOGS_ROOT`` of the environment,
    else ``logs`` of the project. A file is followed by a next one at ``max_bytes``; ``backup_count`` dates are
    kept. ``zone``: of the times and dates, ``None`` the PC's own. ``max_log_bytes``: how much output of a child
    goes into one day's files. Files are opened by the first line. Called again it answers the same logger with
    the settings of the last call. Raises ``ValueError`` for a name that is no folder's.
    """
    folder = os.path.join(_logs_root(logs_dir), _safe(user.lower()), _safe(task_name or _RUNNER))
    # A dot would make one logger the other's parent; a slash stands in no name.
    own_name = f"{user.lower()}/{task_name or _RUNNER}".replace(".", "//")
    logger = logging.getLogger(f"scheduler_runner.logs.{own_name}")
    masker = masker or Masker()

    def handler(level: int, suffix: str) -> LogFileHandler:
        series = LogSeries(
            folder,
            suffix,
            top=_logs_root(logs_dir),
            max_bytes=max_bytes,
            backup_count=backup_count,
            is_shared=task_name is None,
            zone=zone,
        )
        return LogFileHandler(level, series, max_log_bytes)

    with _guard:
        _replace_handlers(logger, _handlers(handler, detailed, console), masker)
        logger.setLevel(logging.DEBUG if detailed else logging.INFO)
        logger.propagate = False
    return logger


def lost_lines(logger: logging.Logger) -> int:
    """Return how many lines of this logger could not be written so far."""
    return sum(handler.lost_lines for handler in logger.handlers if isinstance(handler, LogFileHandler))


def close_logger(logger: logging.Logger) -> None:
    """Close the logger's files and take its handlers off."""
    with _guard:
        _replace_handlers(logger, [], Masker())


def _handlers(
    handler: "Callable[[int, str], LogFileHandler]", is_detailed: bool, with_console: bool
) -> list[logging.Handler]:
    handlers: list[logging.Handler] = [handler(logging.INFO, "")]
    if is_detailed:
        handlers.append(handler(logging.DEBUG, "_detailed"))
    if with_console and sys.stderr is not None:
        handlers.append(ConsoleHandler(sys.stderr))
    return handlers


def _replace_handlers(logger: logging.Logger, handlers: list[logging.Handler], masker: Masker) -> None:
    for old in [each for each in logger.handlers if isinstance(each, (LogFileHandler, ConsoleHandler))]:
        _carry_over(old, handlers)
        logger.removeHandler(old)
        old.close()
    for new in handlers:
        new.setFormatter(MaskingFormatter(masker))
        logger.addHandler(new)


def _carry_over(old: logging.Handler, handlers: list[logging.Handler]) -> None:
    """Keep the count of lost lines over a change of settings."""
    for new in handlers:
        if isinstance(old, LogFileHandler) and isinstance(new, LogFileHandler) and new.level == old.level:
            new.series.lost_lines += old.series.lost_lines


def _prefix(now: datetime, level: int) -> bytes:
    stamp = f"{now:%Y-%m-%d %H:%M:%S}.{now.microsecond // 1000:03d} {logging.getLevelName(level):<8} "
    return stamp.encode("ascii", "replace")


def _logs_root(logs_dir: str | None) -> str:
    if logs_dir is not None:
        return os.fspath(logs_dir)
    project = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return os.environ.get("LOGS_ROOT") or os.path.join(project, "logs")


def _safe(name: str) -> str:
    if not name or name in (".", "..") or any(letter in name for letter in "/\\:\0"):
        raise ValueError(f"{name!r} cannot be the name of a log folder: letters, digits, - and _ would be right")
    return name
