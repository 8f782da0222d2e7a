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


class _Worker:
    """One thread that carries out one thing after another: twenty files of a tick cost one start of a thread."""

    def __init__(self) -> None:
        self._asked, self._answered = threading.Lock(), threading.Lock()
        self._asked.acquire()
        self._answered.acquire()
        self._work: Callable[[], object] = object
        self._answer: object = None
        self._error: BaseException | None = None
        threading.Thread(target=self._carry_out, name="reading", daemon=True).start()

    def carry_out(self, work: Callable[[], Answer], seconds: float) -> Answer:
        """Answer ``work()``; raise what it raises, and :class:`TooLong`, after which this worker is of no use."""
        self._work, self._error = work, None
        self._asked.release()
        if not self._answered.acquire(timeout=seconds):
            raise TooLong("it did not come back in time")
        if self._error is not None:
            raise self._error
        return self._answer  # type: ignore[return-value]

    def _carry_out(self) -> None:
        while True:
            self._asked.acquire()
            try:
                self._answer = self._work()
            except BaseException as error:  # noqa: BLE001 - raised again, where it is waited for
                self._error = error
            self._answered.release()


_idle: list[_Worker] = []


def within_limit(work: Callable[[], Answer], seconds: float = LIMIT_SECONDS) -> Answer:
    """Answer ``work()``, carried out in another thread; raise what it raises, :class:`TooLong` after the limit."""
    worker = _idle.pop() if _idle else _Worker()
    try:
        answer = worker.carry_out(work, seconds)
    except TooLong:
        raise  # what hangs there may go on for ever: nobody asks that thread again
    except BaseException:
        _idle.append(worker)
        raise
    _idle.append(worker)
    return answer


class Untouched:
    """Gives the process back as it was: where it searches and works, its environment, streams and logging."""

    def __enter__(self) -> "Untouched":
        self._path, self._environ, self._values = list(sys.path), os.environ, dict(os.environ)
        self._streams = sys.stdin, sys.stdout, sys.stderr
        self._folder, self._recursion = os.getcwd(), sys.getrecursionlimit()
        self._umask = os.umask(0o022)
        os.umask(self._umask)
        self._logger_class, self._disabled = logging.getLoggerClass(), logging.root.manager.disable
        return self

    def __exit__(self, *_: object) -> None:
        self.restore()

    def restore(self) -> None:
        """Give it back now, and go on."""
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
