"""Who hears from a ledger what becomes of slots."""

from typing import Protocol

from scheduler_runner.records.ledger_file import Connection


class SlotBook(Protocol):
    """Hears it in the transaction that decides; raises SQLite's errors alone."""

    def slot_settled(self, connection: Connection, task: str, slot: int, state: str, at: float) -> None:
        """Hear that a slot will see no further attempt."""

    def slots_missed(self, connection: Connection, task: str, slots: list[int], at: float) -> None:
        """Hear that slots passed without a run."""
