"""How the whole point does, from the ledgers of all its users, which are only read: for the digest and the pings."""

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence

from scheduler_runner.errors import LedgerUnavailable
from scheduler_runner.notices.health import failing_tasks
from scheduler_runner.records.ledger_file import Connection, LedgerFile
from scheduler_runner.system.layout import Layout
from scheduler_runner.task import Task

_TOO_MUCH = 2**63
_RUNS = """
    SELECT task, outcome, summary, reason, metrics FROM runs
    WHERE started_at >= ? AND started_at < ? AND outcome IS NOT NULL ORDER BY started_at
"""
_FAILED = """
    SELECT count(*) FROM slots
    WHERE decided_at >= ? AND decided_at < ? AND state IN ('failed', 'timed_out', 'not_started', 'interrupted')
"""
# Hourly and interval tasks miss their slots while a PC is off, which is no news.
_MISSED = """
    SELECT slots.task, count(*) FROM slots JOIN tasks USING (task)
    WHERE state = 'missed' AND decided_at >= ? AND decided_at < ?
    AND (plan LIKE 'daily%' OR plan LIKE 'cron%' OR plan LIKE 'once%') GROUP BY slots.task
"""
_LAST_RUN = (
    "SELECT outcome, summary, reason FROM runs WHERE task = ? AND outcome IS NOT NULL ORDER BY started_at DESC LIMIT 1"
)


class PointState:
    """What all users' ledgers say, of the tasks that are configured and enabled; gathered when it is made."""

    def __init__(self, logs_dir: str, tasks: Iterable[Task]) -> None:
        self._logs_dir = logs_dir
        self._ids = {(task.user.lower(), task.id) for task in tasks if task.enabled}
        self.failing: list[dict[str, object]] = []
        self.unreadable: list[str] = []
        for user, file in self._ledgers():
            self.failing += self._read(user, file, lambda connection, user=user: self._failing(connection, user)) or []

    @property
    def failing_tasks(self) -> list[str]:
        """The names of the tasks that fail."""
        return [str(each["task"]) for each in self.failing]

    def digest(self, since: float, until: float) -> dict[str, object]:
        """Return the facts of a digest about runs that began in that time, in seconds since 1970."""
        facts: dict[str, object] = {"since": since, "until": until, "failing": self.failing, "runs": 0, "failed": 0}
        facts.update(missed=[], remarks=[], free=[])
        for user, file in self._ledgers():
            self._read(user, file, lambda connection, user=user: self._add(facts, connection, user, (since, until)))
        _list_of(facts, "free").append(_own_disk(self._logs_dir))
        facts["unreadable"] = [{"user": user} for user in self.unreadable]
        return facts

    def _add(self, facts: dict[str, object], connection: Connection, user: str, span: tuple[float, float]) -> None:
        runs = connection.execute(_RUNS, span).fetchall()
        facts["runs"] = _whole(facts["runs"]) + len(runs)
        facts["failed"] = _whole(facts["failed"]) + connection.execute(_FAILED, span).fetchone()[0]
        missed = connection.execute(_MISSED, span).fetchall()
        _list_of(facts, "missed").extend({"task": task, "count": count} for task, count in missed)
        last = {task: (outcome, summary, reason) for task, outcome, summary, reason, _ in runs if outcome != "skipped"}
        _list_of(facts, "remarks").extend(
            {"task": task, "outcome": outcome, "summary": summary, "reason": reason}
            for task, (outcome, summary, reason) in last.items()
            if outcome == "warned" and (user, task) in self._ids
        )
        _add_metrics(facts, [(task, _metrics(metrics)) for task, _, _, _, metrics in runs])

    def _failing(self, connection: Connection, user: str) -> list[dict[str, object]]:
        found = []
        for task, health in failing_tasks(connection):
            if (user, task) in self._ids:
                outcome, summary, reason = connection.execute(_LAST_RUN, (task,)).fetchone() or ("", "", "")
                found.append(
                    {"task": task, "since": health.failing_since, "failures": health.failures}
                    | {"outcome": outcome, "summary": summary[:300], "reason": reason[:300]}
                )
        return found

    def _read(self, user: str, file: LedgerFile, work: object) -> "list[dict[str, object]] | None":
        try:
            return file.read(work)  # type: ignore[arg-type]
        except LedgerUnavailable:
            if user not in self.unreadable:
                self.unreadable.append(user)
            return None
        finally:
            file.close()

    def _ledgers(self) -> Iterator[tuple[str, LedgerFile]]:
        for own in Layout(self._logs_dir).users():
            if os.path.isfile(own.ledger):
                yield own.name, LedgerFile(own.ledger, is_read_only=True)


def _add_metrics(facts: dict[str, object], runs: Sequence[tuple[str, Mapping[str, object]]]) -> None:
    """Add what scripts count under names that all share: copied files and bytes, free bytes, cameras."""
    free: dict[str, object] = {}
    for task, metrics in runs:
        for name in ("copied", "copied_bytes"):
            if name in metrics:
                facts[name] = _whole(facts.get(name)) + _whole(metrics[name])
        if "cameras" in metrics:
            facts["cameras"] = _whole(metrics["cameras"])
        if _whole(metrics.get("free_bytes")):
            free[task] = metrics["free_bytes"]
    _list_of(facts, "free").extend({"where": f"({task})", "bytes": _whole(amount)} for task, amount in free.items())


def _own_disk(folder: str) -> dict[str, object]:
    drive = os.path.splitdrive(os.path.abspath(folder))[0] or "/"
    return {"where": drive, "bytes": shutil.disk_usage(folder).free}


def _metrics(text: str) -> Mapping[str, object]:
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    return values if isinstance(values, dict) else {}


def _whole(value: object) -> int:
    """Return a number as far as it can be added up: an older version kept what a script wrote, NaN as well."""
    return int(value) if isinstance(value, (int, float)) and abs(value) < _TOO_MUCH else 0


def _list_of(facts: Mapping[str, object], key: str) -> "list[dict[str, object]]":
    return facts[key]  # type: ignore[return-value]
