"""Who holds a lock: a readable record beside the lock file, for people and for finding orphans.

Only the OS lock decides who lives; the record may be missing (full disk) or older than the lock's holder.
"""

import json
import os
from dataclasses import asdict, dataclass

from scheduler_runner.system.filesystem import replace_file
from scheduler_runner.system.process_identity import is_alive


@dataclass(frozen=True, slots=True)
class Holder:
    """The runner that took a lock, and the program that it started; 0 and ``""`` before the start."""

    run_id: str
    task_id: str
    user: str
    since: str
    """Local time with offset, ISO 8601."""
    runner_pid: int
    runner_birth: str
    child_pid: int = 0
    child_birth: str = ""

    @property
    def has_living_runner(self) -> bool:
        """Whether that very runner still lives."""
        return is_alive(self.runner_pid, self.runner_birth)

    def describe(self) -> str:
        """Return who it is, for a log line."""
        return f"run={self.run_id} task={self.task_id} user={self.user} pid={self.runner_pid} since={self.since}"


def record_path(lock_path: str) -> str:
    """Return where the record of a lock's holder stands: ``X.lock`` has ``X.json``."""
    return os.path.splitext(lock_path)[0] + ".json"


def write_holder(lock_path: str, holder: Holder) -> None:
    """Write the record, whole or not at all. Raises ``OSError``."""
    path = record_path(lock_path)
    partial = f"{path}.tmp"  # one name: who writes here holds the lock, and a kill leaves no second file
    try:
        with open(partial, "w", encoding="utf-8") as file:
            json.dump(asdict(holder), file, ensure_ascii=False)
        replace_file(partial, path)
    except OSError:
        _remove(partial)
        raise


def read_holder(lock_path: str) -> Holder | None:
    """Return the record; ``None`` where there is none or it cannot be read."""
    try:
        with open(record_path(lock_path), encoding="utf-8") as file:
            return Holder(**json.load(file))
    except (OSError, ValueError, TypeError, RecursionError):
        return None


def remove_holder(lock_path: str) -> None:
    """Remove the record before the lock is freed."""
    _remove(record_path(lock_path))


def _remove(path: str) -> None:
    try:
        os.remove(path)
    except OSError:
        pass
