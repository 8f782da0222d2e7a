"""Run what others wrote, a configuration file, so that it neither holds up the process nor leaves it changed."""

import logging
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from scheduler_runner.errors import SchedulerError
from scheduler_runner.system.own_files import open_own, read_own

Item = TypeVar("Item")
Answer = TypeVar("Answer")

LIMIT_SECONDS = 20.0
"""So long a configuration file may take: a drive that does not answer, a server that is asked, a loop."""

READ_EXIT_CODE = 86
"""Of a trial that came to its end: one that a file ends may have any code, 0 above all."""
_SEPARATOR = "\0"
_MOST_BYTES = 64 * 1024
_LOOK_AGAIN_SECONDS = 0.3
_LOOKS = 10


class TooLong(SchedulerError):
    """What was called did not come back in time; its thread is left to itself."""


class _Series:
    """One piece of work after another, which who waits for it may let be. ``items`` grows by what follows from each."""

    def __init__(
        self, work: Callable[[Any], Any], items: list[Any], following: Callable[[Any, Any], Iterable[Any]]
    ) -> None:
        self._work, self._items, self._following = work, items, following
        self.answers: list[Any] = []
        self.error: BaseException | None = None
        self._is_left, self._step = False, threading.Lock()

    def carry_out(self) -> None:
        """Do as much of it as there is, up to the first error, or until it is let be."""
        try:
            for item in self._items:
                answer = self._work(item)
                with self._step:
                    if self._is_left:
                        return
                    self._items += self._following(item, answer)
                    self.answers.append(answer)
        except BaseException as error:  # noqa: BLE001 - raised again, where it is waited for
            self.error = error

    def leave(self, unless_beyond: float = math.inf) -> bool:
        """Let it be, unless more of it than this many pieces is done meanwhile; return whether it is let be."""
        with self._step:
            self._is_left = len(self.answers) <= unless_beyond
            return self._is_left


class _Worker:
    """One thread that carries out one series after another: all that a tick reads costs one start of a thread."""

    def __init__(self) -> None:
        self._asked, self._answered = threading.Lock(), threading.Lock()
        self._asked.acquire()
        self._answered.acquire()
        self._series: _Series
        threading.Thread(target=self._carry_out, name="reading", daemon=True).start()

    def carry_out(self, series: _Series, seconds: float) -> bool:
        """Return whether the series came to its end; where not, a piece of it hangs, and this worker is of no use.

        Counted in looks at it, as no clock tells on every system how long the PC was asleep meanwhile.
        """
        self._series = series
        self._asked.release()
        done = looks = 0
        while not self._answered.acquire(timeout=seconds / _LOOKS):
            looks += 1
            if len(series.answers) > done:
                done, looks = len(series.answers), 0
            elif looks >= _LOOKS and series.leave(unless_beyond=done):
                return False
        return True

    def _carry_out(self) -> None:
        while True:
            self._asked.acquire()
            self._series.carry_out()
            self._answered.release()


_idle: list[_Worker] = []


def within_limit(work: Callable[[], Answer], seconds: float = LIMIT_SECONDS) -> Answer:
    """Answer ``work()``, carried out in another thread; raise what it raises, :class:`TooLong` after the limit."""
    ((_, answer),) = each_within_limit(lambda _: work(), (None,), seconds)
    if isinstance(answer, TooLong):
        raise answer
    return answer


def each_within_limit(
    work: Callable[[Item], Answer],
    items: Iterable[Item],
    seconds: float = LIMIT_SECONDS,
    following: Callable[[Item, Answer], Iterable[Item]] = lambda item, answer: (),
) -> "Iterator[tuple[Item, Answer | TooLong]]":
    """Yield each item with ``work(item)``, carried out in another thread, or with :class:`TooLong`; raise its error.

    Each has the limit for itself, and a tenth more where others came before it. ``following(item, answer)`` says, in
    that thread, which items come after all there are. So all go over to it in one go: there and back for each of the
    twenty files of a tick took 4 % of it, for each level of folders another 1 %.
    """
    rest = list(items)
    while rest:
        series, worker = _Series(work, rest, following), _idle.pop() if _idle else _Worker()
        is_done = False
        try:
            is_done = worker.carry_out(series, seconds)
        finally:
            if not is_done:  # what hangs there may go on for ever: nobody asks that thread again
                series.leave()
        if is_done:
            _idle.append(worker)
        done = len(series.answers)
        yield from zip(rest[:done], series.answers)
        if series.error is not None:
            raise series.error
        rest = rest[done:]
        if not is_done:
            yield rest.pop(0), TooLong("it did not come back in time")


class ReadingMark:
    """What is being read stands in a file meanwhile: where that ends or holds up the process, the next one knows.

    ``path`` is that file, ``""``: none is written. What stands there already, or among ``suspects``, is read in a
    process of its own first; where that does not come back, it stays a suspect. So a file that was accused wrongly, as
    a kill or a power cut came while it was read, costs one start of a process.
    """

    def __init__(self, path: str = "", suspects: Collection[str] = ()) -> None:
        self._suspects = set(suspects)
        self._lost: set[str] = set()
        self._descriptor: int | None = None
        self._size = 0
        if path:
            self._suspects |= marked_in(path)
            try:
                self._descriptor = open_own(path, os.O_RDWR | os.O_CREAT, 0o600)
                self._size = os.fstat(self._descriptor).st_size
            except OSError:
                pass  # the files are read all the same

    @property
    def has_suspects(self) -> bool:
        """Whether a file is to be tried, if it is still among those to be read, before any of them is."""
        return bool(self._suspects)

    def lost_among(self, files: Sequence[str]) -> set[str]:
        """Return which of these must not be read; each suspect is tried for it. To be asked before any is begun."""
        tried = self._suspects.intersection(files)
        self._lost |= {file for file in sorted(tried) if not _outlives(file)}
        self._suspects -= tried
        return self._lost.intersection(files)

    def begin(self, file: str) -> None:
        """Say that ``file`` is being read from now on."""
        self._write({*self._suspects, *self._lost, file})

    def accuse(self, file: str) -> None:
        """Let the next tick look at ``file`` in another process first: a thread of this one still hangs there."""
        self._lost.add(file)

    def close(self) -> None:
        """Say that nothing is being read any more. What was lost stays; a suspect that is gone does not."""
        if self._descriptor is not None:
            self._write(self._lost, is_last=True)
            os.close(self._descriptor)
            self._descriptor = None

    def _write(self, files: Collection[str], *, is_last: bool = False) -> None:
        """Write over what stands there; the file is cut to its size once, at the end.

        Not durable, and not whole or nothing: it has to outlive this process alone, and who misreads it, tries.
        """
        if self._descriptor is None:
            return
        content = _SEPARATOR.join(sorted(files)).encode("utf-8", "surrogateescape")
        try:
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.write(self._descriptor, content.ljust(self._size, _SEPARATOR.encode()))
            self._size = max(self._size, len(content))
            if is_last:
                os.ftruncate(self._descriptor, len(content))
        except OSError:
            pass


def marked_in(path: str) -> set[str]:
    """Return what a mark names that stays: where another process reads just now, it is at another file soon."""
    found = _named_in(path)
    if found:
        time.sleep(_LOOK_AGAIN_SECONDS)
        found &= _named_in(path)
    return found


def _named_in(path: str) -> set[str]:
    try:
        content = read_own(path, _MOST_BYTES).decode("utf-8", "surrogateescape")
    except (OSError, UnicodeError):
        return set()
    return set(filter(None, content.split(_SEPARATOR)))


def _outlives(file: str) -> bool:
    """Read a file in a process of its own; return whether that comes to its end."""
    from subprocess import TimeoutExpired

    from scheduler_runner.start import module_argv
    from scheduler_runner.system.programs import run_program

    try:
        finished = run_program([*module_argv("scheduler_runner.reading_trial"), file], timeout_seconds=LIMIT_SECONDS)
    except (OSError, TimeoutExpired):
        return False
    return finished.exit_code == READ_EXIT_CODE


class Untouched:
    """Gives the process back as it was: where it searches and works, its environment, streams and logging."""

    def __enter__(self) -> "Untouched":
        self._path, self._environ, self._values = list(sys.path), os.environ, dict(os.environ)
        self._stored = _stored(os.environ)
        self._is_over = False
        self._streams = sys.stdin, sys.stdout, sys.stderr
        self._folder, self._recursion = os.getcwd(), sys.getrecursionlimit()
        self._umask = os.umask(0o022)
        os.umask(self._umask)
        self._logger_class, self._disabled = logging.getLoggerClass(), logging.root.manager.disable
        return self

    def __exit__(self, *_: object) -> None:
        self.restore()
        self._is_over = True

    def restore(self) -> None:
        """Give it back now, and go on. Nothing once it is over: a thread that hung may come back later."""
        if self._is_over:
            return
        sys.path[:] = self._path
        os.environ = self._environ  # noqa: B003 - the very object, where a file put another in its place
        if _stored(os.environ) != self._stored:
            os.environ.clear()
            os.environ.update(self._values)
        sys.stdin, sys.stdout, sys.stderr = self._streams
        sys.setrecursionlimit(self._recursion)
        os.umask(self._umask)
        logging.setLoggerClass(self._logger_class)
        if logging.root.manager.disable != self._disabled:  # to set it looks through all loggers
            logging.disable(self._disabled)
        try:
            os.chdir(self._folder)
        except OSError:
            pass  # it is gone; children get a whole path


def _stored(environ: Mapping[str, str]) -> "dict[str, object]":
    """Return the variables as ``os.environ`` keeps them: to compare these, twice a file, needs no decoding."""
    stored = getattr(environ, "_data", None)
    return dict(environ if stored is None else stored)
