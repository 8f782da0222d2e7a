"""What the ledgers of all users say of the last days. They are read once, and left as they are."""

import os
from collections.abc import Iterable
from typing import NamedTuple

from scheduler_runner.errors import LedgerUnavailable
from scheduler_runner.records.history import History, SlotSeen, TickSeen
from scheduler_runner.records.run_rows import FinishedRun
from scheduler_runner.system.layout import Layout

Owner = tuple[str, str]
"""A user in lower case and a task's id."""


class Past(NamedTuple):
    """The last days, of all users; runs and slots are the oldest first."""

    runs: dict[Owner, list[FinishedRun]]
    slots: dict[Owner, list[SlotSeen]]
    ticks: list[TickSeen]
    """Of all users, as they came: it is one PC."""
    last_ticks: dict[str, float]
    """By user; of one without any there is none."""
    unread: tuple[str, ...]
    """Users whose ledgers are there and cannot be read."""


def read_past(layout: Layout, users: Iterable[str], since: float, until: float) -> Past:
    """Return what happened from ``since`` to ``until``, seconds since 1970."""
    past = Past({}, {}, [], {}, ())
    unread = []
    for user in users:
        path = layout.user(user).ledger
        if not os.path.isfile(path):
            continue  # no tick has come yet
        history = History(path)
        try:
            runs, slots = history.runs(since, until), history.slots(int(since), int(until))
            ticks = history.ticks(since, until)
        except LedgerUnavailable:
            unread.append(user)
            continue
        finally:
            history.close()
        for run in reversed(runs):
            past.runs.setdefault((user, run.task), []).append(run)
        for slot in slots:
            past.slots.setdefault((user, slot.task), []).append(slot)
        past.ticks.extend(ticks)
        past.last_ticks[user] = max((tick.started_at for tick in ticks), default=0.0)
    past.ticks.sort(key=lambda tick: tick.started_at)
    return past._replace(unread=tuple(unread))
