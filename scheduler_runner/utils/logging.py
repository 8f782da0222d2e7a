"""The door of ``logbook/``: the logs of the runner and of tasks, ``logs/{user}/{task}/YYYY-MM-DD.log``.

A log that cannot be written costs lines, which are counted, never a run.
"""

import logging
import os
import sys
import threading
from collections.abc import Callable
from datetime import tzinfo

from scheduler_runner.logbook.log_files import ConsoleHandler, LogFileHandler, LogSeries, MaskingFormatter
from scheduler_runner.logbook.masking import Masker
from scheduler_runner.system.folders import ensure_plain_folder
from scheduler_runner.system.layout import RUNNER

__all__ = ["LogFileHandler", "close_logger", "configure_logger", "ensure_plain_folder", "lost_lines"]

DEFAULT_MAX_BYTES = 10 * 1024 * 1024
_guard = threading.Lock()


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

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as logs:
    ...     logger = configure_logger("Operator", "demo_Job", logs_dir=logs)
    ...     logger.info("copied %d files", 3)
    ...     close_logger(logger)
    ...     os.listdir(os.path.join(logs, "operator", "demo_Job"))  # doctest: +ELLIPSIS
    ['20...-...-....log']
    """
    folder = os.path.join(_logs_root(logs_dir), _safe(user.lower()), _safe(task_name or RUNNER))
    # A dot would make one logger the other's parent; a slash stands in no name.
    own_name = f"{user.lower()}/{task_name or RUNNER}".replace(".", "//")
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
        logger.disabled = False  # what a domain imports may set up logging for itself, and switch off all others
    return logger


def lost_lines(logger: logging.Logger) -> int:
    """Return how many lines of this logger could not be written so far.

    >>> lost_lines(configure_logger("operator", "demo_Job"))  # no file is opened before the first line
    0
    """
    return sum(handler.lost_lines for handler in logger.handlers if isinstance(handler, LogFileHandler))


def descriptor_of(logger: logging.Logger) -> int | None:
    """Return a descriptor of its own of the logger's file, for what cannot log; ``None`` where no file is open."""
    files = [handler.series for handler in logger.handlers if isinstance(handler, LogFileHandler)]
    return files[0].duplicate() if files else None


def close_logger(logger: logging.Logger) -> None:
    """Close the logger's files and take its handlers off; a later line of it goes nowhere.

    >>> logger = configure_logger("operator", "demo_Job")
    >>> close_logger(logger)
    >>> logger.handlers
    []
    """
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
    old = [each for each in logger.handlers if isinstance(each, (LogFileHandler, ConsoleHandler))]
    for new in handlers:
        new.setFormatter(MaskingFormatter(masker))
    # One assignment: other threads may be writing, and there is no moment in which a line finds no handler.
    logger.handlers = [each for each in logger.handlers if each not in old] + handlers
    files = {each.level: each for each in handlers if isinstance(each, LogFileHandler)}
    for each in old:
        if isinstance(each, LogFileHandler) and each.level in files:
            each.give_way(files[each.level])
        else:
            each.close()


def _logs_root(logs_dir: str | None) -> str:
    if logs_dir is not None:
        return os.fspath(logs_dir)
    project = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return os.environ.get("LOGS_ROOT") or os.path.join(project, "logs")


def _safe(name: str) -> str:
    if not name or name in (".", "..") or any(letter in name for letter in "/\\:\0"):
        raise ValueError(f"{name!r} cannot be the name of a log folder: letters, digits, - and _ would be right")
    return name
