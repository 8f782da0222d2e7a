"""Take a task's lock and its group's, without waiting; end what a dead runner left behind."""

import json
import logging
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import NamedTuple

from scheduler_runner.errors import SchedulerError
from scheduler_runner.run_site import RunSite
from scheduler_runner.system.folders import ensure_plain_folder, ensure_shared_folder
from scheduler_runner.system.locks import FileLock, try_lock
from scheduler_runner.system.own_files import private_folder, read_own, remove_quietly, write_whole
from scheduler_runner.system.process_identity import is_alive, process_birth

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
    ``top`` is the folder below which no folder may be a link. ``is_refuge``: below the account's private folder.
    """

    lock: str
    record: str
    top: str | None = None
    is_shared: bool = False
    others: tuple[str, ...] = ()
    is_refuge: bool = False


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
    records: list[tuple[Place, ...]] = field(default_factory=list)
    """Where the holder of each may be written down: in the first of these places that takes it."""
    problem: str = ""
    """Why the attempt goes on without a lock, with one in the refuge, or without a record of it."""

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What a child on POSIX inherits, so that the locks are held while it lives."""
        return tuple(lock.fileno() for lock in self.locks)

    def record(self, holder: Holder) -> None:
        """Write down who holds the locks; a failure is kept in :attr:`problem`."""
        for places in self.records:
            for place in places:
                try:
                    ensure_plain_folder(os.path.dirname(place.record), below=place.top)
                    write_holder(place.record, holder)
                    break
                except OSError as error:
                    self.problem = self.problem or f"cannot record who holds a lock in {place.record}: {error}"

    def release(self) -> None:
        """Free all, last one first."""
        for lock, places in zip(reversed(self.locks), reversed(self.records)):
            for place in places:
                remove_holder(place.record)
            lock.release()
        self.locks.clear()

    def leave_to_child(self) -> None:
        """Keep the records, and on POSIX the locks, for a program that could not be ended."""
        for lock in self.locks:
            lock.leave_to_child()
        self.locks.clear()


def task_places(site: RunSite, task_id: str) -> tuple[Place, ...]:
    """Return where a task's lock may lie: in the logs folder, else in the refuge."""
    first, second = site.own.task_lock(task_id), site.own_refuge.task_lock(task_id)
    return (
        Place(first, record_path(first), site.logs_dir),
        Place(second, record_path(second), is_refuge=True),
    )  # fmt: skip


def group_places(site: RunSite, group: str) -> tuple[Place, ...]:
    """Return where a group's lock may lie: in the shared folder, else in the refuge, where it guards this account."""
    record = site.own.group_record(group)
    others = tuple(other for other in site.layout.group_records(group) if other != record)
    return (
        Place(site.layout.group_lock(group), record, site.logs_dir, is_shared=True, others=others),
        Place(site.refuge.group_lock(group), site.own_refuge.group_record(group), is_refuge=True),
    )


def take_locks(wanted: Sequence[Sequence[Place]], logger: logging.Logger) -> HeldLocks:
    """Take the task's lock, then its group's. Raises :class:`Busy` where one is held.

    Of each, ``wanted`` has the places where it may lie, the best one first: the next one is for where it cannot be
    made (no rights, full disk, a link among the folders). Where none takes it, the answer lacks it and says so.
    """
    held = HeldLocks([])
    for places in wanted:
        try:
            _take_first(places, held, logger)
        except Busy:
            held.release()
            raise
    return held


def _take_first(places: Sequence[Place], held: HeldLocks, logger: logging.Logger) -> None:
    for place in places:
        try:
            lock = _take(place, [each.record for each in places], logger)
        except OSError as error:
            held.problem = held.problem or f"cannot lock {place.lock}: {error}"
        else:
            held.locks.append(lock)
            held.records.append(tuple(places))
            return


def _take(place: Place, records: Sequence[str], logger: logging.Logger) -> FileLock:
    if place.is_refuge:
        private_folder()
    make_folder = ensure_shared_folder if place.is_shared else ensure_plain_folder
    make_folder(os.path.dirname(place.lock), below=place.top)
    lock = try_lock(place.lock, is_shared_by_users=place.is_shared)
    holder = next(filter(None, map(read_holder, records)), None)
    if lock is not None and holder is None:
        return lock
    if holder is None:
        raise Busy(_said_by_others(place) or "held by a process that left no record")
    if lock is None and holder.has_living_runner:
        raise Busy(holder.describe())
    # A record that was left means an unclean end, also where the lock is free: a program's helpers need not inherit it.
    # Nobody reads them or times them any more.
    logger.warning("ending what a dead runner left %s", holder.describe())
    from scheduler_runner.system.process_tree import end_orphans  # needs a package, and status asks for holders, too

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
    return "; ".join(_in_plain_letters(holder.describe())[:_MOST_SAID] for holder in holders)


def _in_plain_letters(text: str) -> str:
    """Return a text as one line that steers no console: it goes into this account's own log."""
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))


def _retry(place: Place) -> FileLock | None:
    give_up_at = time.monotonic() + _FREED_WITHIN_SECONDS
    while time.monotonic() < give_up_at:
        lock = try_lock(place.lock, is_shared_by_users=place.is_shared)
        if lock is not None:
            return lock
        time.sleep(_LOOK_SECONDS)
    return None
