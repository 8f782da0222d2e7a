"""How many recordings there are on either side, by camera and hour, as the last copies and clean-ups counted them."""

import os
import sqlite3
from typing import NamedTuple


class HourCount(NamedTuple):
    """How many recordings of one camera and hour there are on either side; several of its folders may have some."""

    kind: str
    uid: str
    day: str
    hour: str
    local: int
    network: int


class Counts(NamedTuple):
    """What the last looks at both sides counted, and when the last of them ended, as a Unix time; ``None``: never."""

    counted_at: float | None
    hours: list[HourCount]


def read_counts(path: str) -> Counts:
    """Return what was counted, from a file of notes; nothing where there is none.

    Raises ``sqlite3.Error`` where it cannot be read.
    """
    if not os.path.isfile(path):
        return Counts(None, [])
    connection = sqlite3.connect(path, timeout=1)
    try:
        (counted_at,) = connection.execute("SELECT max(counted_at) FROM roots").fetchone()
        select = "SELECT kind, uid, day, hour, sum(local), sum(network) FROM groups GROUP BY kind, uid, day, hour"
        return Counts(counted_at, [HourCount(*row) for row in connection.execute(select)])
    finally:
        connection.close()
