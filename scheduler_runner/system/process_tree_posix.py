"""Process trees on POSIX: a session for each, descendants found through living parents and by their environment."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import repeat
from subprocess import DEVNULL, PIPE, Popen
from typing import NamedTuple

import psutil

if sys.platform == "win32":  # for mypy, which reads this file for every system
    raise ImportError("this module is for POSIX")

NESTED = "+"
"""Between the marks of a run and of a run that it carries out itself."""
_KILL_ROUNDS = 40
_KILL_PAUSE_SECONDS = 0.05
_EXEC_LOOKS = 200
_EXEC_PAUSE_SECONDS = 0.005


class ProcessTree:
    """A started program with all that it starts; see :mod:`scheduler_runner.system.process_tree`.

    ``mark`` is a ``NAME=value`` that stands in the environment of this tree alone.
    Raises ``OSError`` or ``ValueError`` where the program cannot be started.
    """

    ends_on_request = True
    """Whether :meth:`ask_to_end` can reach a program here."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        working_dir: str,
        mark: str,
        inherited_descriptors: Sequence[int] = (),
    ) -> None:
        self._mark = mark.encode()
        self._popen = Popen(
            argv,
            env=env,
            cwd=working_dir,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            bufsize=0,
            start_new_session=True,
            pass_fds=tuple(inherited_descriptors),
        )
        self.pid = self._popen.pid
        self.cpu_seconds: float | None = None
        self.peak_memory_bytes: int | None = None

    @property
    def output_descriptors(self) -> tuple[int, int]:
        """The reading ends of standard output and standard error."""
        assert self._popen.stdout is not None  # noqa: S101 - for mypy: both are pipes
        assert self._popen.stderr is not None  # noqa: S101
        return self._popen.stdout.fileno(), self._popen.stderr.fileno()

    def wait(self) -> None:
        """Block until the program itself has ended. It stays a zombie, so that its number is not given away yet."""
        try:
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        except ChildProcessError:
            pass  # it is over as well, where SIGCHLD is ignored: the system has buried it

    def has_exited(self) -> bool:
        """Return whether the program itself has ended."""
        try:
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None
        except ChildProcessError:
            return True

    def has_survivors(self) -> bool:
        """Return whether something of the tree lives on besides the program itself."""
        return any(process.pid != self.pid for process in self._members())

    def ask_to_end(self) -> None:
        """Send SIGTERM to the whole tree, each process once, and wake what is stopped, so that it can hear it."""
        for process in self._members():
            _send(process, signal.SIGTERM)
            _send(process, signal.SIGCONT)

    def kill(self) -> bool:
        """End the whole tree now; return whether nothing of it is left."""
        return _kill_all(self._members)

    def close(self) -> int | None:
        """Collect the ended program; return its exit code, negative for a signal's number, ``None``: nobody knows."""
        try:
            _, status, usage = os.wait4(self.pid, 0)
        except ChildProcessError:
            self._popen.returncode = 0  # so that Popen does not look for it
            return None
        self._popen.returncode = os.waitstatus_to_exitcode(status)
        self.cpu_seconds = usage.ru_utime + usage.ru_stime
        self.peak_memory_bytes = usage.ru_maxrss * (1 if os.uname().sysname == "Darwin" else 1024)
        return self._popen.returncode

    def close_output(self) -> None:
        """Close the reading ends of the pipes; only when nobody reads them any more."""
        for pipe in (self._popen.stdout, self._popen.stderr):
            if pipe is not None:
                pipe.close()

    def _members(self) -> list[psutil.Process]:
        return _tree(self._mark, self.pid)


def end_orphans(mark: str) -> bool:
    """End what lives of a run whose runner died; return whether nothing of it is left.

    Ended is what ``mark`` leads to and belongs to this account: it is asked for by a record, which may be old.
    """
    return _kill_all(lambda: list(filter(_is_ours, _tree(mark.encode()))))


def has_marked(mark: str) -> bool:
    """Return whether something lives of the run with this mark."""
    return bool(_tree(mark.encode()))


def _is_ours(process: psutil.Process) -> bool:
    try:
        return bool(process.uids().effective == os.geteuid())
    except psutil.Error:
        return False


def _kill_all(members: Callable[[], list[psutil.Process]]) -> bool:
    """Kill again and again: a tree may grow while it is being ended."""
    for _ in range(_KILL_ROUNDS):
        living = members()
        if not living:
            return True
        for process in living:
            _send(process, signal.SIGKILL)
        time.sleep(_KILL_PAUSE_SECONDS)
    return False


class _Seen(NamedTuple):
    """A living process as it was seen."""

    pid: int
    parent: int
    session: int
    is_marked: bool


def _tree(mark: bytes, session: int = 0) -> list[psutil.Process]:
    """Return what lives of a run: what bears its mark, what shares a session with that, and what descends from either.

    A run's program leads a session of its own, ``session`` where it is known, and whoever makes another one was in
    the tree already: so a session in which one process bears the mark belongs to the run as a whole. A number in a
    record proves nothing, as the system may have given it to a stranger; nor does a mark on another account's process.
    """
    seen = [process for process in map(_look_at, psutil.pids(), repeat(mark)) if process is not None]
    sessions = {process.session for process in seen if process.is_marked} | {session}
    sessions.discard(0)  # the kernel's own, and within a container whoever comes from outside
    found = {process.pid for process in seen if process.is_marked or process.session in sessions}
    is_growing = True
    while is_growing:
        children = {process.pid for process in seen if process.parent in found} - found
        found |= children
        is_growing = bool(children)
    return list(_processes(found - {os.getpid()}))


def _bears(mark: bytes, environ: bytes) -> bool:
    """Return whether an environment holds the mark: as it is, or that of a run within this one, which begins so."""
    begun = mark + NESTED.encode()
    return mark in environ and any(each == mark or each.startswith(begun) for each in environ.split(b"\0"))


if sys.platform == "linux":
    # Of what stands in /proc/PID/stat behind the name; proc(5) counts from 3 there.
    _FLAGS, _ENV_END = 9 - 3, 51 - 3
    _KERNEL_THREAD = 0x0020_0000
    _ENDED = (b"Z", b"X")

    def _look_at(pid: int, mark: bytes) -> _Seen | None:
        """Read it directly: psutil takes ten times as long, and this is done at the end of every run."""
        try:
            state, parent, _, session = _status(pid)[:4]
        except OSError:
            return None
        if state in _ENDED:
            return None
        try:
            is_marked = _bears(mark, _environ(pid)) and os.stat(f"/proc/{pid}").st_uid == os.geteuid()
        except OSError:
            is_marked = False
        return _Seen(pid, int(parent), int(session), is_marked)

    def _environ(pid: int) -> bytes:
        """Return a process's environment; of one that becomes another program just now, once that is laid out.

        Until then it reads as empty: what a program started as its last act was nobody's, and lived on.
        """
        for _ in range(_EXEC_LOOKS):
            environ = _content(pid, "environ")
            if environ or not _is_in_exec(_status(pid)):
                return environ
            time.sleep(_EXEC_PAUSE_SECONDS)
        return b""

    def _is_in_exec(status: Sequence[bytes]) -> bool:
        has_memory = status[0] not in _ENDED and not int(status[_FLAGS]) & _KERNEL_THREAD
        return has_memory and status[_ENV_END] == b"0"

    def _status(pid: int) -> list[bytes]:
        return _content(pid, "stat").rpartition(b")")[2].split()

    def _content(pid: int, name: str) -> bytes:
        with open(f"/proc/{pid}/{name}", "rb", buffering=0) as file:
            return file.read()

else:

    def _look_at(pid: int, mark: bytes) -> _Seen | None:
        try:
            process = psutil.Process(pid)
            if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
                return None
            parent, session = process.ppid(), os.getsid(pid)
        except (psutil.Error, OSError):
            return None
        try:
            environ = "\0".join("=".join(each) for each in process.environ().items()).encode()
            is_marked = _bears(mark, environ) and process.uids().effective == os.geteuid()
        except (psutil.Error, OSError):
            is_marked = False
        return _Seen(pid, parent, session, is_marked)


def _processes(pids: "set[int]") -> Iterator[psutil.Process]:
    for pid in pids:
        try:
            yield psutil.Process(pid)
        except psutil.Error:
            continue


def _send(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except (psutil.Error, OSError):
        pass
