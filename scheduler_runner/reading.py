"""Run what others wrote, a configuration file, so that it neither holds up the process nor leaves it changed."""

import logging
import os
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

from scheduler_runner.errors import SchedulerError

Answer = TypeVar("Answer")

LIMIT_SECONDS = 20.0
"""So long a configuration file may take: a drive that does not answer, a server that is asked, a loop."""


class TooLong(SchedulerError):
    """What was called did not come back in time; its thread is left to itself."""


def within_limit(work: Callable[[], Answer], seconds: float = LIMIT_SECONDS) -> Answer:
    """Answer ``work()``, carried out in a thread of its own; raise what it raises, :class:`TooLong` after the limit."""
    answers: list[Answer] = []
    errors: list[BaseException] = []

    def carry_out() -> None:
        try:
            answers.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again, where it is waited for
            errors.append(error)

    thread = threading.Thread(target=carry_out, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not answers:
        raise TooLong("it did not come back in time")
    return answers[0]


class Untouched:
    """Gives the process back as it was: where it searches and works, its environment, streams and logging."""

    def __enter__(self) -> None:
        self._path, self._environ, self._values = list(sys.path), os.environ, dict(os.environ)
        self._streams = sys.stdin, sys.stdout, sys.stderr
        self._folder, self._recursion = os.getcwd(), sys.getrecursionlimit()
        self._umask = os.umask(0o022)
        os.umask(self._umask)
        self._logger_class, self._disabled = logging.getLoggerClass(), logging.root.manager.disable

    def __exit__(self, *_: object) -> None:
        sys.path[:] = self._path
        os.environ = self._environ  # noqa: B003 - the very object, where a file put another in its place
        if os.environ != self._values:
            os.environ.clear()
            os.environ.update(self._values)
        sys.stdin, sys.stdout, sys.stderr = self._streams
        sys.setrecursionlimit(self._recursion)
        os.umask(self._umask)
        logging.setLoggerClass(self._logger_class)
        logging.disable(self._disabled)
        try:
            os.chdir(self._folder)
        except OSError:
            pass  # it is gone; children get a whole path
