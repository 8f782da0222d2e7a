"""Take a task's lock and its group's, without waiting; end what a dead runner left behind."""

import json
import logging
import os
import time
from dataclasses import asdict, dataclass, field, replace
from typing import NamedTuple

from scheduler_runner.errors import SchedulerError
from scheduler_runner.system.folders import ensure_plain_folder
from scheduler_runner.system.locks import FileLock, try_lock
from scheduler_runner.system.own_files import read_own, remove_quietly, write_whole
from scheduler_runner.system.process_identity import is_alive, process_birth
from scheduler_runner.system.process_tree import end_orphans

_FREED_WITHIN_SECONDS = 2.0
_LOOK_SECONDS = 0.05
_MOST_BYTES = 16 * 1024
_MOST_SAID = 300


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


class Place(NamedTuple):
    """Where a lock lies, and the record of who holds it.

    A group's lock is shared by all accounts, and so is its folder: the record is in each account's own, as what it
    names may be ended. ``others`` are the records of the other accounts, which are shown and nothing else.
    """

    lock: str
    record: str
    is_shared: bool = False
    others: tuple[str, ...] = ()


def record_path(lock_path: str) -> str:
    """Return where the record of a lock's holder stands: ``X.lock`` has ``X.json``."""
    return os.path.splitext(lock_path)[0] + ".json"


def write_holder(lock_path: str, holder: Holder) -> None:
    """Write the record, whole or not at all. Raises ``OSError``."""
    write_whole(record_path(lock_path), json.dumps(asdict(holder), ensure_ascii=False).encode())


def read_holder(lock_path: str, *, is_anyones: bool = False) -> Holder | None:
    """Return the record; ``None`` where there is none, or none that this account, or root, can have written.

    ``is_anyones``: another account's as well. What it says may be shown, and never decides.
    """
    try:
        return _checked(json.loads(read_own(record_path(lock_path), _MOST_BYTES, is_anyones=is_anyones)))
    except (OSError, ValueError, TypeError, RecursionError):
        return None


def remove_holder(lock_path: str) -> None:
    """Remove the record before the lock is freed."""
    remove_quietly(record_path(lock_path))


def _checked(values: dict[str, object]) -> Holder:
    """Raise ``ValueError`` or ``TypeError`` for a record in which a number or a text is something else."""
    holder = Holder(**values)  # type: ignore[arg-type]
    numbers = (holder.runner_pid, holder.child_pid)
    texts = (holder.run_id, holder.task_id, holder.user, holder.since, holder.runner_birth, holder.child_birth)
    # Without a run's id the mark would be that of every run.
    if not holder.run_id or {type(each) for each in numbers} != {int} or {type(each) for each in texts} != {str}:
        raise ValueError("the record of a lock's holder is damaged")
    return holder


class Busy(SchedulerError):
    """The lock is held; the text says by whom."""


@dataclass(slots=True)
class HeldLocks:
    """The locks of one attempt, in the order in which they were taken; none where none could be made."""

    locks: list[FileLock]
    records: list[str] = field(default_factory=list)
    """Where the holder of each is written down."""
    problem: str = ""
    """Why the attempt goes on without a lock, or without a record of it."""

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What a child on POSIX inherits, so that the locks are held while it lives."""
        return tuple(lock.fileno() for lock in self.locks)

    def record(self, holder: Holder) -> None:
        """Write down who holds the locks; a failure is kept in :attr:`problem`."""
        for record in self.records:
            try:
                ensure_plain_folder(os.path.dirname(record))
                write_holder(record, holder)
            except OSError as error:
                self.problem = self.problem or f"cannot record who holds a lock in {record}: {error}"

    def release(self) -> None:
        """Free all, last one first."""
        for lock, record in zip(reversed(self.locks), reversed(self.records)):
            remove_holder(record)
            lock.release()
        self.locks.clear()

    def leave_to_child(self) -> None:
        """Keep the records, and on POSIX the locks, for a program that could not be ended."""
        for lock in self.locks:
            lock.leave_to_child()
        self.locks.clear()


def take_locks(task_lock: str, group: Place | None, logger: logging.Logger, below: str | None = None) -> HeldLocks:
    """Take the task's lock, then its group's. Raises :class:`Busy` where one is held.

    Where a lock cannot be made (no rights, full disk, a link among the folders ``below`` that one), the answer
    lacks it and says so.
    """
    held = HeldLocks([])
    for place in filter(None, (_own_place(task_lock), group)):
        try:
            held.locks.append(_take(place, logger, below))
            held.records.append(place.record)
        except OSError as error:
            held.problem = held.problem or f"cannot lock {place.lock}: {error}"
        except Busy:
            held.release()
            raise
    return held


def take_lock(path: str, logger: logging.Logger, below: str | None = None) -> FileLock:
    """Take a task's lock, if need be from what outlived its runner. Raises :class:`Busy` and ``OSError``."""
    return _take(_own_place(path), logger, below)


def _own_place(lock_path: str) -> Place:
    return Place(lock_path, record_path(lock_path))


def _take(place: Place, logger: logging.Logger, below: str | None) -> FileLock:
    ensure_plain_folder(os.path.dirname(place.lock), below=below, is_anyones=place.is_shared)
    lock = try_lock(place.lock, is_shared_by_users=place.is_shared)
    holder = read_holder(place.record)
    if lock is not None and holder is None:
        return lock
    if holder is None:
        raise Busy(_said_by_others(place) or "held by a process that left no record")
    if lock is None and holder.has_living_runner:
        raise Busy(holder.describe())
    # A record that was left means an unclean end, also where the lock is free: a program's helpers need not inherit it.
    # Nobody reads them or times them any more.
    logger.warning("ending what a dead runner left %s", holder.describe())
    is_gone = end_orphans(run_mark(holder.run_id))
    lock = lock or _retry(place)
    if lock is None or not is_gone or is_alive(holder.child_pid, holder.child_birth):
        if lock is not None:
            lock.release()
        raise Busy(f"cannot end what a dead runner left: {holder.describe()}")
    return lock


def run_mark(run_id: str) -> str:
    """Return what stands in the environment of every process of a run."""
    return f"SCHEDULER_RUN_ID={run_id}"


def holder_now(run_id: str, task_id: str, user: str, since: str) -> Holder:
    """Return the record of this process as holder."""
    pid = os.getpid()
    return Holder(run_id, task_id, user, since, pid, process_birth(pid))


def with_child(holder: Holder, pid: int) -> Holder:
    """Return the record with the program that was started."""
    return replace(holder, child_pid=pid, child_birth=process_birth(pid))


def _said_by_others(place: Place) -> str:
    """Return what other accounts' records say of who holds a lock, for people; ``""``: nothing."""
    holders = filter(None, (read_holder(record, is_anyones=True) for record in place.others))
    return "; ".join(" ".join(holder.describe().split())[:_MOST_SAID] for holder in holders)


def _retry(place: Place) -> FileLock | None:
    give_up_at = time.monotonic() + _FREED_WITHIN_SECONDS
    while time.monotonic() < give_up_at:
        lock = try_lock(place.lock, is_shared_by_users=place.is_shared)
        if lock is not None:
            return lock
        time.sleep(_LOOK_SECONDS)
    return None
