"""Run another program to its end and keep what it wrote."""

import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from scheduler_runner.system.clock import awake_seconds

_CREATE_NO_WINDOW = 0x08000000
_WAIT_SECONDS = 1.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Finished:
    """A program that ended by itself."""

    exit_code: int
    out: str
    err: str
    seconds: float


def system_program(name: str) -> str:
    """Return the whole path of one of the system's own programs.

    By its bare name Windows looks into the current folder before its own, and cron's PATH lacks half of them.
    """
    return _system_program(name)


def run_program(
    argv: Sequence[str],
    environ: Mapping[str, str] | None = None,
    *,
    timeout_seconds: float | None = None,
    is_protected: bool = False,
) -> Finished:
    """Run a program without input and window; return what it left.

    ``environ`` is added to this process's own. ``is_protected``: neither Ctrl+C nor an error here ends it. Raises
    ``OSError`` where it cannot be started, ``subprocess.TimeoutExpired`` where it had to be ended.
    """
    started = time.monotonic()
    # Files, not pipes: a service that the program starts inherits them, and a pipe would stay open as long as it lives.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env={**os.environ, **(environ or {})},
            creationflags=_CREATE_NO_WINDOW if sys.platform == "win32" else 0,
            start_new_session=is_protected,
        )
        _wait(process, timeout_seconds, is_protected)
        return Finished(process.returncode, _content(out), _content(err), time.monotonic() - started)


def _wait(process: "subprocess.Popen[bytes]", timeout_seconds: float | None, is_protected: bool) -> None:
    try:
        _wait_awake(process, timeout_seconds)
    except BaseException:
        if is_protected:
            logger.warning("an installation is not broken off: waiting for its end")
        else:
            process.kill()
        process.wait()
        raise


def _wait_awake(process: "subprocess.Popen[bytes]", timeout_seconds: float | None) -> None:
    """Wait for its end. In pieces: one long wait would go on through the sleep of a PC, which does not count."""
    if timeout_seconds is None:
        process.wait()
        return
    end_at = awake_seconds() + timeout_seconds
    while True:
        left = end_at - awake_seconds()
        try:
            process.wait(max(0.0, min(left, _WAIT_SECONDS)))
            return
        except subprocess.TimeoutExpired:
            if left <= 0:
                raise subprocess.TimeoutExpired(process.args, timeout_seconds) from None


def _content(file: IO[bytes]) -> str:
    file.seek(0)
    content = file.read()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("oem" if sys.platform == "win32" else "latin-1", "replace")


if sys.platform == "win32":

    def _system_program(name: str) -> str:
        return os.path.join(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", f"{name}.exe")

else:
    _SYSTEM_FOLDERS = ("/usr/sbin", "/usr/bin", "/sbin", "/bin")

    def _system_program(name: str) -> str:
        folders = [*filter(os.path.isabs, os.environ.get("PATH", "").split(os.pathsep)), *_SYSTEM_FOLDERS]
        return shutil.which(name, path=os.pathsep.join(folders)) or name
