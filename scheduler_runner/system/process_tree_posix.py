"""Process trees on POSIX: a session for each, descendants found through living parents and by their environment."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from subprocess import DEVNULL, PIPE, Popen

import psutil

_KILL_ROUNDS = 40
_KILL_PAUSE_SECONDS = 0.05


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
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)

    def has_survivors(self) -> bool:
        """Return whether something of the session, or with the run's mark, lives on besides the program itself."""
        found = (*_session_members(self.pid), *_marked_pids(self._mark))
        return any(pid != self.pid and _is_running(pid) for pid in found)

    def ask_to_end(self) -> None:
        """Send SIGTERM to the whole tree, and wake what is stopped, so that it can hear it."""
        for process in self._members():
            _send(process, signal.SIGTERM)
            _send(process, signal.SIGCONT)

    def kill(self) -> bool:
        """End the whole tree now; return whether nothing of it is left."""
        return _kill_all(self._members)

    def close(self) -> int:
        """Collect the ended program and free the pipes; return its exit code, negative for a signal's number."""
        _, status, usage = os.wait4(self.pid, 0)
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
        """Return each process once: a second SIGTERM would end one that is just cleaning up."""
        found = (*_descendants(self.pid), *_processes(_session_members(self.pid)), *_marked(self._mark))
        return list(dict.fromkeys(found))


def end_orphans(pid: int, mark: str) -> bool:
    """End what lives of a tree whose runner died; return whether nothing of it is left.

    ``pid`` is the program's own, 0 where the runner died before it could write it down. It proves nothing: numbers
    are given away again, a record may be old. Ended is what bears ``mark`` in its environment and belongs to this
    account, with what such a process has started.
    """

    def members() -> list[psutil.Process]:
        marked = [process for process in _marked(mark.encode()) if _is_ours(process)]
        found = dict.fromkeys(marked)
        if any(_session(process.pid) == pid for process in marked):
            found.update(dict.fromkeys(_processes(_session_members(pid))))
        for process in marked:
            found.update(dict.fromkeys(_descendants(process.pid)))
        return list(filter(_is_ours, found))

    return _kill_all(members)


def _is_ours(process: psutil.Process) -> bool:
    try:
        return bool(process.uids().effective == os.geteuid())
    except psutil.Error:
        return False


def _kill_all(members: Callable[[], list[psutil.Process]]) -> bool:
    """Kill again and again: a tree may grow while it is being ended."""
    for _ in range(_KILL_ROUNDS):
        living = [process for process in members() if _is_running(process.pid)]
        if not living:
            return True
        for process in living:
            _send(process, signal.SIGKILL)
        time.sleep(_KILL_PAUSE_SECONDS)
    return False


def _session_members(session: int) -> Iterator[int]:
    return (pid for pid in psutil.pids() if _session(pid) == session)


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return -1


def _is_running(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD))
    except psutil.Error:
        return False


def _processes(pids: Iterator[int]) -> Iterator[psutil.Process]:
    for pid in pids:
        try:
            yield psutil.Process(pid)
        except psutil.Error:
            continue


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return list(psutil.Process(pid).children(recursive=True))
    except psutil.Error:
        return []


def _marked(mark: bytes) -> list[psutil.Process]:
    return list(_processes(_marked_pids(mark)))


def _marked_pids(mark: bytes) -> Iterator[int]:
    return (pid for pid in psutil.pids() if mark in _environment(pid).split(b"\0"))


if sys.platform == "linux":

    def _environment(pid: int) -> bytes:
        """Read it directly: psutil takes ten times as long, and this is done at the end of every run."""
        try:
            with open(f"/proc/{pid}/environ", "rb", buffering=0) as file:
                return file.read()
        except OSError:
            return b""

else:

    def _environment(pid: int) -> bytes:
        try:
            return "\0".join("=".join(each) for each in psutil.Process(pid).environ().items()).encode()
        except (psutil.Error, OSError):
            return b""


def _send(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except (psutil.Error, OSError):
        pass
