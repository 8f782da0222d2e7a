"""Process trees on Windows: a Job Object for each, which the system ends with the runner."""

import ctypes
import sys
from collections.abc import Mapping, Sequence
from ctypes import wintypes
from subprocess import DEVNULL, PIPE, Popen
from typing import TypeVar

import psutil

if sys.platform != "win32":  # for mypy, which reads this file for every system
    raise ImportError("this module is for Windows")

NESTED = "+"
"""Between the marks of a run and of a run that it carries out itself."""
_CREATE_SUSPENDED = 0x00000004
_CREATE_NO_WINDOW = 0x08000000
_KILL_ON_JOB_CLOSE = 0x00002000
_DIE_ON_UNHANDLED_EXCEPTION = 0x00000400
_BASIC_ACCOUNTING = 1
_EXTENDED_LIMIT = 9
_ENDED_BY_US = 1
_TICKS_PER_SECOND = 10_000_000

_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_kernel32.CreateJobObjectW.restype = wintypes.HANDLE
_kernel32.CreateJobObjectW.argtypes = (wintypes.LPVOID, wintypes.LPCWSTR)
_kernel32.SetInformationJobObject.argtypes = (wintypes.HANDLE, ctypes.c_int, wintypes.LPVOID, wintypes.DWORD)
_kernel32.QueryInformationJobObject.argtypes = (
    wintypes.HANDLE,
    ctypes.c_int,
    wintypes.LPVOID,
    wintypes.DWORD,
    wintypes.LPDWORD,
)
_kernel32.AssignProcessToJobObject.argtypes = (wintypes.HANDLE, wintypes.HANDLE)
_kernel32.TerminateJobObject.argtypes = (wintypes.HANDLE, wintypes.UINT)
_kernel32.CloseHandle.argtypes = (wintypes.HANDLE,)


class _BasicLimits(ctypes.Structure):
    """JOBOBJECT_BASIC_LIMIT_INFORMATION."""

    _fields_ = (
        ("PerProcessUserTimeLimit", ctypes.c_int64),
        ("PerJobUserTimeLimit", ctypes.c_int64),
        ("LimitFlags", wintypes.DWORD),
        ("MinimumWorkingSetSize", ctypes.c_size_t),
        ("MaximumWorkingSetSize", ctypes.c_size_t),
        ("ActiveProcessLimit", wintypes.DWORD),
        ("Affinity", ctypes.c_size_t),
        ("PriorityClass", wintypes.DWORD),
        ("SchedulingClass", wintypes.DWORD),
    )


class _ExtendedLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

    _fields_ = (
        ("BasicLimitInformation", _BasicLimits),
        ("IoInfo", ctypes.c_uint64 * 6),
        ("ProcessMemoryLimit", ctypes.c_size_t),
        ("JobMemoryLimit", ctypes.c_size_t),
        ("PeakProcessMemoryUsed", ctypes.c_size_t),
        ("PeakJobMemoryUsed", ctypes.c_size_t),
    )


class _Accounting(ctypes.Structure):
    """JOBOBJECT_BASIC_ACCOUNTING_INFORMATION."""

    _fields_ = (
        ("TotalUserTime", ctypes.c_int64),
        ("TotalKernelTime", ctypes.c_int64),
        ("ThisPeriodTotalUserTime", ctypes.c_int64),
        ("ThisPeriodTotalKernelTime", ctypes.c_int64),
        ("TotalPageFaultCount", wintypes.DWORD),
        ("TotalProcesses", wintypes.DWORD),
        ("ActiveProcesses", wintypes.DWORD),
        ("TotalTerminatedProcesses", wintypes.DWORD),
    )


_Answer = TypeVar("_Answer", bound=ctypes.Structure)


class _Job:
    """A Job Object that ends its processes when the last handle to it goes, that is with this process."""

    def __init__(self) -> None:
        self._handle = _checked(_kernel32.CreateJobObjectW(None, None))
        limits = _ExtendedLimits()
        # The second: a program that crashes ends, and shows no box, also where it has set its own error mode.
        limits.BasicLimitInformation.LimitFlags = _KILL_ON_JOB_CLOSE | _DIE_ON_UNHANDLED_EXCEPTION
        try:
            _checked(
                _kernel32.SetInformationJobObject(
                    self._handle, _EXTENDED_LIMIT, ctypes.byref(limits), ctypes.sizeof(limits)
                )
            )
        except OSError:
            self.close()
            raise

    def add(self, process_handle: int) -> None:
        _checked(_kernel32.AssignProcessToJobObject(self._handle, process_handle))

    def accounting(self) -> _Accounting:
        return self._query(_BASIC_ACCOUNTING, _Accounting())

    def peak_memory_bytes(self) -> int:
        return int(self._query(_EXTENDED_LIMIT, _ExtendedLimits()).PeakJobMemoryUsed)

    def terminate(self) -> None:
        _checked(_kernel32.TerminateJobObject(self._handle, _ENDED_BY_US))

    def close(self) -> None:
        _kernel32.CloseHandle(self._handle)

    def _query(self, kind: int, answer: _Answer) -> _Answer:
        _checked(
            _kernel32.QueryInformationJobObject(self._handle, kind, ctypes.byref(answer), ctypes.sizeof(answer), None)
        )
        return answer


class _Program(Popen[bytes]):
    _handle: int
    """CPython's own: the process number alone could be another process's by the time that it is asked for."""


class ProcessTree:
    """A started program with all that it starts; see :mod:`scheduler_runner.system.process_tree`.

    ``mark`` and ``inherited_descriptors`` are POSIX's: the job needs neither.
    Raises ``OSError`` or ``ValueError`` where the program cannot be started.
    """

    ends_on_request = False
    """Whether :meth:`ask_to_end` can reach a program here: none without a console of its own hears anything."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        working_dir: str,
        mark: str,
        inherited_descriptors: Sequence[int] = (),
    ) -> None:
        self._job = _Job()
        try:
            # Suspended, so that it cannot start anything before it is in the job.
            self._popen = _Program(
                argv,
                env=env,
                cwd=working_dir,
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=PIPE,
                bufsize=0,
                creationflags=_CREATE_SUSPENDED | _CREATE_NO_WINDOW,
            )
        except BaseException:
            self._job.close()
            raise
        self.pid = self._popen.pid
        self.cpu_seconds: float | None = None
        self.peak_memory_bytes: int | None = None
        self._enter_job_and_run()

    def _enter_job_and_run(self) -> None:
        try:
            self._job.add(int(self._popen._handle))
            psutil.Process(self.pid).resume()
        except BaseException as error:
            self._popen.kill()
            self._popen.wait()
            self.close_output()
            self._job.close()
            if isinstance(error, psutil.Error):
                raise OSError(f"cannot resume process {self.pid}: {error}") from error
            raise

    @property
    def output_descriptors(self) -> tuple[int, int]:
        """The reading ends of standard output and standard error."""
        assert self._popen.stdout is not None  # noqa: S101 - for mypy: both are pipes
        assert self._popen.stderr is not None  # noqa: S101
        return self._popen.stdout.fileno(), self._popen.stderr.fileno()

    def wait(self) -> None:
        """Block until the program itself has ended."""
        self._popen.wait()

    def has_exited(self) -> bool:
        """Return whether the program itself has ended."""
        return self._popen.poll() is not None

    def has_survivors(self) -> bool:
        """Return whether something of the job lives on after the program itself."""
        return bool(self._job.accounting().ActiveProcesses > 0)

    def ask_to_end(self) -> None:
        """Do nothing: see :attr:`ends_on_request`."""

    def kill(self) -> bool:
        """End the whole job now; return whether nothing of it is left."""
        self._job.terminate()
        return True

    def close(self) -> int | None:
        """Take the tree's bill and close the job; return the program's exit code, 0 to 0xFFFFFFFF."""
        accounting = self._job.accounting()
        self.cpu_seconds = (accounting.TotalUserTime + accounting.TotalKernelTime) / _TICKS_PER_SECOND
        self.peak_memory_bytes = self._job.peak_memory_bytes() or None
        self._job.close()
        return self._popen.wait()

    def close_output(self) -> None:
        """Close the reading ends of the pipes; only when nobody reads them any more."""
        for pipe in (self._popen.stdout, self._popen.stderr):
            if pipe is not None:
                pipe.close()


def end_orphans(mark: str) -> bool:
    """Return ``True``: the job ended everything when its runner died."""
    return True


def has_marked(mark: str) -> bool:
    """Return ``False``: who asks has the run's lock, and here no lock can be taken away from a living run."""
    return False


def _checked(answer: int) -> int:
    if not answer:
        raise ctypes.WinError(ctypes.get_last_error())
    return answer
