"""Take one slot, once: in the ledger, and where that cannot be written, by the mark of the task's lock.

The mark is the lock file's modification time, which needs no room on a disk: the newest slot that was claimed. It lies
in the logs folder, and in the refuge where that one refuses; found in either place it counts.

=====================  ==============================  ========================================================
the ledger             the mark                        the slot
=====================  ==============================  ========================================================
has the slot           any                             is as the ledger says
lacks it               this slot, or a later one that  was claimed while the ledger was away: "unrecorded"
                       the ledger lacks as well
lacks it               older, none, or from before     is ours: claimed in the ledger, then marked
                       the ledger was made anew
is away                this slot, or a later one       was claimed before
is away                older                           is ours: marked, then left to the journal
is away                none in the logs folder, or     is ours only if it is younger than a tick: it may have run
                       it can be set nowhere           already, or the next tick could not know that it has
=====================  ==============================  ========================================================

A mark that lies more than a week ahead comes from a wrong clock, and counts as none.
"""

import os
from dataclasses import dataclass, field
from typing import NamedTuple

from scheduler_runner.errors import LedgerUnavailable
from scheduler_runner.outcome import Outcome
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.run_site import RunSite
from scheduler_runner.runs.journal import Begun, leave
from scheduler_runner.system.locks import FileLock, mark_file, read_mark
from scheduler_runner.system.own_files import private_folder

_WEEK_SECONDS = 7 * 86400
UNRECORDED = "unrecorded"


class Refusal(NamedTuple):
    """Why a slot is not ours to take, and what the attempt comes to."""

    outcome: Outcome
    reason: str


_TAKEN = Refusal(Outcome.ALREADY_RUNNING, "this slot was taken before")
_UNRECORDED = Refusal(Outcome.ALREADY_RUNNING, "this slot was claimed while the ledger could not be written")
_UNKNOWN = Refusal(Outcome.SKIPPED, "nobody can tell whether this slot has run")


@dataclass(slots=True)
class Claim:
    """One attempt's claim, made under the task's lock. ``begun.slot`` is ``None`` for a run by hand: it takes none.

    ``lock`` is the one that is held, ``None`` where none could be made. ``problems`` fill with what could not be put
    on record.
    """

    begun: Begun
    site: RunSite
    ledger: Ledger
    lock: FileLock | None
    coalesced: tuple[int, ...] = ()
    problems: list[str] = field(default_factory=list)

    def refusal(self) -> Refusal | None:
        """Take the slot and return ``None``, or why it is not ours to take."""
        try:
            return self._claim_in_ledger()
        except LedgerUnavailable as error:
            self.problems.append(f"running without a ledger: {error}")
            return self._claim_without_ledger()

    def _claim_in_ledger(self) -> Refusal | None:
        run, task, slot, attempt, started_at = self.begun
        if slot is None:
            self.ledger.start_by_hand(run=run, task=task, started_at=started_at)
            return None
        if attempt == 1 and self._was_claimed_without_ledger(slot):
            self.ledger.settle(task, slot, UNRECORDED, started_at)
            return _UNRECORDED
        is_ours = self.ledger.claim(
            run=run, task=task, slot=slot, attempt=attempt, started_at=started_at, coalesced=self.coalesced
        )
        if not is_ours:
            return _TAKEN
        # After the claim: a mark without one would lose the slot.
        if not self._mark(slot):
            self.problems.append("cannot mark the lock with the slot")
        return None

    def _claim_without_ledger(self) -> Refusal | None:
        slot, marks = self.begun.slot, self._marks()
        if slot is not None and max(marks) >= slot:
            return _TAKEN
        # Here the mark is the claim, so it comes first. By hand no slot is taken, and somebody is watching.
        is_marked = slot is None or self._mark(slot)
        # The refuge alone tells nothing of claims that were marked in a logs folder which cannot be read now.
        is_safe = bool(marks[0]) and is_marked
        if slot is not None and not is_safe and self.begun.started_at >= slot + self.site.tick_seconds:
            return _UNKNOWN
        try:
            leave(self.site, self.begun)
        except OSError as error:
            self.problems.append(f"the start is not on record: {error}")
        return None

    def _was_claimed_without_ledger(self, slot: int) -> bool:
        mark = max(self._marks())
        return (
            mark >= slot
            and mark > self.ledger.remade_at()
            and self.ledger.slot_state(self.begun.task, mark) is None
        )  # fmt: skip

    def _marks(self) -> tuple[int, int]:
        """Return the marks in the logs folder and in the refuge, 0 for none."""
        newest = self.begun.started_at + _WEEK_SECONDS
        first, second = map(read_mark, self._places())
        return (first if first <= newest else 0), (second if second <= newest else 0)

    def _places(self) -> tuple[str, str]:
        return self.site.own.task_lock(self.begun.task), self.site.own_refuge.task_lock(self.begun.task)

    def _mark(self, slot: int) -> bool:
        """Set the mark at the lock that is held, else in the refuge; return whether it is set."""
        try:
            if self.lock is not None:
                self.lock.mark(slot)
                return True
        except OSError:
            pass  # of a disk that became read-only the lock can be taken, and not be marked
        path = self._places()[1]
        try:
            private_folder()
            os.makedirs(os.path.dirname(path), exist_ok=True)
            mark_file(path, slot)
        except OSError:
            return False
        return True
