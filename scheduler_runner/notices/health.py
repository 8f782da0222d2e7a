"""Each task's health, and what of it is news, written within the very transaction that decides a slot."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo

from scheduler_runner.notices.news import Health, Kind, Notice, after_missed, after_slot
from scheduler_runner.notices.outbox import add_notice
from scheduler_runner.plans.plan import Plan
from scheduler_runner.records.ledger_file import Connection

_HEALTH = "SELECT failing_since, failures, told_at, missed_in_row FROM health WHERE task = ?"
_LAST_RUN = """
    SELECT outcome, summary, reason, attempt FROM runs WHERE task = ? AND slot = ? ORDER BY attempt DESC LIMIT 1
"""
# Only the newest ticks are looked at, a week of them: there is no index on their times.
_TICK_CAME = """
    SELECT 1 FROM ticks WHERE id > (SELECT max(id) FROM ticks) - 2000 AND started_at >= ? AND started_at < ? LIMIT 1
"""
_MAX_TEXT = 2000


class NoticeBook:
    """What a ledger calls when a slot is decided. ``plans`` are the user's, by task; ``is_on``: somebody is told."""

    def __init__(self, plans: Mapping[str, Plan], zone: tzinfo, remind_seconds: float, *, is_on: bool) -> None:
        self._plans = plans
        self._zone = zone
        self._remind_seconds = remind_seconds
        self._is_on = is_on

    def slot_settled(self, connection: Connection, task: str, slot: int, state: str, at: float) -> None:
        """Note that a slot will see no further attempt; ``state`` is its last outcome."""
        before = _health(connection, task)
        after, news = after_slot(before, state, at, self._remind_seconds)
        _save_health(connection, task, before, after)
        if news is Kind.RECOVERED:
            seconds = max(0.0, at - (before.failing_since or at))
            self._add(connection, news, task, at, {"seconds": seconds, "failures": before.failures})
        elif news is not None:
            facts = {"slot": slot, "since": after.failing_since, "failures": after.failures}
            self._add(connection, news, task, at, {**facts, **_last_run(connection, task, slot)})

    def slots_missed(self, connection: Connection, task: str, slots: Sequence[int], at: float) -> None:
        """Note that slots passed without a run."""
        plan = self._plans[task]
        is_periodic = plan.rule.is_periodic
        before = _health(connection, task)
        came = [not is_periodic or self._tick_came(connection, plan, slot) for slot in slots]
        after, is_news = after_missed(before, came, is_periodic=is_periodic)
        _save_health(connection, task, before, after)
        if is_news:
            count = after.missed_in_row if is_periodic else len(slots)
            self._add(connection, Kind.MISSED, task, at, {"count": count, "last": slots[-1]})

    def _tick_came(self, connection: Connection, plan: Plan, slot: int) -> bool:
        window = (slot, plan.deadline(slot, self._zone))
        return connection.execute(_TICK_CAME, window).fetchone() is not None

    def _add(self, connection: Connection, kind: Kind, task: str, at: float, facts: Mapping[str, object]) -> None:
        if self._is_on:
            add_notice(connection, Notice(kind, at, task, facts))


def failing_tasks(connection: Connection) -> Iterable[tuple[str, Health]]:
    """Return the tasks that fail at present, longest first."""
    query = (
        "SELECT task, failing_since, failures, told_at, missed_in_row FROM health "
        "WHERE failing_since IS NOT NULL ORDER BY failing_since"
    )
    return [(task, Health(*values)) for task, *values in connection.execute(query)]


def _health(connection: Connection, task: str) -> Health:
    row = connection.execute(_HEALTH, (task,)).fetchone()
    return Health() if row is None else Health(*row)


def _save_health(connection: Connection, task: str, before: Health, after: Health) -> None:
    if after != before:
        connection.execute("INSERT OR REPLACE INTO health VALUES (?, ?, ?, ?, ?)", (task, *after))


def _last_run(connection: Connection, task: str, slot: int) -> dict[str, object]:
    row = connection.execute(_LAST_RUN, (task, slot)).fetchone()
    if row is None:
        return {}
    outcome, summary, reason, attempt = row
    return {
        "outcome": outcome,
        "summary": summary[:_MAX_TEXT],
        "reason": reason[:_MAX_TEXT],
        "attempt": attempt,
    }
