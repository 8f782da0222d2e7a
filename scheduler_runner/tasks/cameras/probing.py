"""Whether a folder can be used: a small file is written there, read back and deleted, each step timed."""

import logging
import os
import re
import time
from enum import Enum

from scheduler_runner.system.filesystem import delete_file, host_name, is_full, list_folder

_CONTENT = b"probe of the network root\n" * 40
_PROBE = re.compile(r"\.probe\.(?P<host>[\w-]+)\.\d+")
_OLD_SECONDS = 3600.0

logger = logging.getLogger(__name__)


class Step(Enum):
    """What is tried, in this order; the value says for staff what could not be done."""

    LOOK = "не открыть папку"
    WRITE = "не записать в"
    READ = "не прочитать записанное в"
    DELETE = "не удалить записанное в"


class ProbeFailed(Exception):
    """A step could not be done."""

    def __init__(self, step: Step, error: OSError) -> None:
        self.step = step
        self.reason = error.strerror or str(error)
        self.is_full = is_full(error)
        super().__init__(f"{step.name.lower()}: {self.reason}")


def probe(root: str) -> dict[str, float]:
    """Return the seconds that each step took, such as ``write_seconds``. Raises :class:`ProbeFailed`."""
    path = os.path.join(root, f".probe.{host_name()}.{os.getpid()}")
    seconds = {}
    for step, carry_out in ((Step.LOOK, _look), (Step.WRITE, _write), (Step.READ, _read), (Step.DELETE, _delete)):
        started = time.perf_counter()
        try:
            carry_out(root, path)
        except OSError as error:
            raise ProbeFailed(step, error) from error
        seconds[f"{step.name.lower()}_seconds"] = round(time.perf_counter() - started, 3)
    return seconds


def remove_old_probes(root: str) -> None:
    """Remove what a crash of this PC left; a failure is for the log."""
    try:
        for entry in list(list_folder(root)):
            match = _PROBE.fullmatch(entry.name)
            if match and match["host"] == host_name() and time.time() - entry.stat().st_mtime > _OLD_SECONDS:
                delete_file(root, entry.path)
    except OSError as error:
        logger.warning("an old probe cannot be removed from %s: %s", root, error)


def _look(root: str, path: str) -> None:
    with os.scandir(root) as entries:
        next(entries, None)


def _write(root: str, path: str) -> None:
    with open(path, "wb", buffering=0) as file:
        file.write(_CONTENT)
        os.fsync(file.fileno())


def _read(root: str, path: str) -> None:
    with open(path, "rb", buffering=0) as file:
        if file.read() != _CONTENT:
            raise OSError("прочитано не то, что записано")


def _delete(root: str, path: str) -> None:
    os.unlink(path)
