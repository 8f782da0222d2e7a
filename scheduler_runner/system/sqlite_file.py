"""What the product's SQLite files have in common: one transaction, what damage is, and which file it is."""

import os
import sqlite3
from collections.abc import Callable
from sqlite3 import Connection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Answer = TypeVar("Answer")

_DAMAGE_TEXTS = ("malformed", "not a database")


def in_transaction(connection: Connection, work: "Callable[[Connection], Answer]") -> "Answer":
    """Answer ``work(connection)`` in one transaction, which is undone as a whole where anything is raised.

    >>> connection = sqlite3.connect(":memory:", isolation_level=None)
    >>> in_transaction(connection, lambda each: each.execute("SELECT 5").fetchone())
    (5,)
    >>> connection.close()
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        answer = work(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return answer


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether SQLite says that the file is damaged: anything else is only "not now"."""
    # Python 3.10 has no error codes; the texts of these two never change.
    return any(text in str(error) for text in _DAMAGE_TEXTS)


def identity_of(path: str) -> tuple[int, int] | None:
    """Return what tells a file from another that took its place; ``None`` where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
