"""Where the page and ``status.json`` go: beside the ledger always, and into a folder that may be far, or away."""

import hashlib
import json
import os
from collections.abc import Mapping
from typing import NamedTuple

from scheduler_runner.errors import SchedulerError
from scheduler_runner.reading import TooLong, within_limit
from scheduler_runner.system.own_files import read_own, write_whole

DAY_SECONDS = 86400.0
_MEMORY = "written.json"
_MOST_BYTES = 4096
_VOLATILE = frozenset(
    {"at", "expected_by", "worked_at", "today", "last_ticks", "away", "running", "next", "free_bytes"}
)
"""What changes although nothing happened."""
_VOLATILE_OF_A_CONCERN = frozenset({"looked_at", "failures"})


class Away(SchedulerError):
    """A folder is not there now, or does not answer in time."""


class Memory(NamedTuple):
    """Which page was written last: a digest of what it said, when (seconds since 1970), where."""

    state: str = ""
    at: float = 0.0
    folder: str = ""


def state_of(document: Mapping[str, object]) -> str:
    """Return a digest of what matters in a ``status.json``: the same while nothing happened.

    >>> state_of({"at": 1, "ok": True}) == state_of({"at": 2, "ok": True})
    True
    """
    kept = {name: value for name, value in document.items() if name not in _VOLATILE}
    concerns = document.get("concerns")
    if isinstance(concerns, list):
        kept["concerns"] = [
            {name: value for name, value in each.items() if name not in _VOLATILE_OF_A_CONCERN} for each in concerns
        ]
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:16]


def is_due(memory: Memory, state: str, folder: str, now: float) -> bool:
    """Return whether the page is to be written anew: what it says has changed, or a day has passed.

    >>> is_due(Memory("a", 100.0, "O:/x"), "a", "O:/x", 200.0), is_due(Memory("a", 100.0, "O:/x"), "b", "O:/x", 200.0)
    (False, True)
    """
    is_same = (memory.state, memory.folder) == (state, folder)
    return not (is_same and 0 <= now - memory.at < DAY_SECONDS)


def read_memory(folder: str) -> Memory:
    """Return what was written last; nothing where that is not known."""
    try:
        values = json.loads(read_own(os.path.join(folder, _MEMORY), _MOST_BYTES))
        return Memory(str(values["state"]), float(values["at"]), str(values["folder"]))
    except (OSError, ValueError, TypeError, KeyError):
        return Memory()


def write_memory(folder: str, memory: Memory) -> None:
    """Remember what was written. Raises ``OSError``."""
    write_whole(os.path.join(folder, _MEMORY), json.dumps(memory._asdict()).encode())


def put(folder: str, files: Mapping[str, bytes]) -> None:
    """Write files into a folder, each whole; it is made where only its own name is missing. Raises ``OSError``.

    Nothing above it is made: a drive that is away must not be made anew on the PC's own disk.
    """
    if not os.path.isdir(folder):
        os.mkdir(folder)
    for name, content in files.items():
        write_whole(os.path.join(folder, name), content)


def put_far(folder: str, files: Mapping[str, bytes], seconds: float) -> None:
    """Write files as :func:`put` does, where that can be done within so many seconds. Raises :class:`Away`."""
    try:
        within_limit(lambda: put(folder, files), seconds)
    except TooLong:
        raise Away("{folder} did not answer within {seconds:.0f} s", folder=folder, seconds=seconds) from None
    except OSError as error:
        raise Away("{folder} cannot be written: {reason}", folder=folder, reason=error.strerror or error) from error
