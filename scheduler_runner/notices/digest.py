"""How the whole point does, from the ledgers of all its users, which are only read: for the digest and the pings."""

import os
import shutil
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import datetime, tzinfo
from math import fsum
from typing import NamedTuple, TypeVar

from scheduler_runner.errors import LedgerUnavailable
from scheduler_runner.notices.brakes import MUTE, PAUSE, Brake, BrokenBrakes, read_brakes
from scheduler_runner.notices.levels import Level, State, Told
from scheduler_runner.notices.news import CAUSE, SUBJECT, TASK
from scheduler_runner.notices.numbers import Day, Metrics, added, day_of_runs, metrics_of, newest, whole
from scheduler_runner.outcome import Outcome
from scheduler_runner.plans.clock import day_of, instant
from scheduler_runner.records.ledger import MISSED
from scheduler_runner.records.ledger_file import Connection, LedgerFile
from scheduler_runner.records.levels import read_levels
from scheduler_runner.records.spans import (
    PastRun,
    retried_since,
    runs_between,
    slots_between,
    ticks_between,
    waiting_since,
    worked_since,
)
from scheduler_runner.system.layout import Layout, UserLayout
from scheduler_runner.task import Task

_T = TypeVar("_T")
_EVIDENCE_SECONDS = 3 * 86400.0
_RETRIED_SECONDS = 86400.0
_FAILED = {outcome.value for outcome in Outcome if outcome.is_failure}


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that is not known to be well. ``facts`` are its level's; times are in seconds since 1970."""

    kind: str
    name: str
    state: str
    since: float
    looked_at: float
    failures: int
    facts: Mapping[str, object]
    is_unstable: bool = False
    muted_until: float | None = None

    @property
    def is_wrong(self) -> bool:
        """Whether somebody has to do something about it now."""
        return (State(self.state).is_wrong or self.is_unstable) and self.muted_until is None


class Retried(NamedTuple):
    """A task whose last attempt failed while a further one follows: not told yet, and no evidence that all is well."""

    title: str
    failed_at: float
    said: str


@dataclass(frozen=True, slots=True)
class Braked:
    """A mute or pause that is in force."""

    what: str
    asked: str
    until: float
    why: str


@dataclass(frozen=True, slots=True)
class Digest:
    """What a day was like; lists hold what the texts need of each."""

    since: float
    until: float
    concerns: tuple[Concern, ...] = ()
    brakes: tuple[Braked, ...] = ()
    unreadable: tuple[str, ...] = ()
    runs: int = 0
    failed: int = 0
    missed: Mapping[str, int] = field(default_factory=dict)
    """By title."""
    remarks: Mapping[str, str] = field(default_factory=dict)
    """What a task remarked on that did its work, by title."""
    copied: int | None = None
    copied_bytes: int = 0
    cameras: int | None = None
    free: Mapping[str, int] = field(default_factory=dict)
    """Bytes by place."""
    day: Day | None = None

    @property
    def facts(self) -> dict[str, object]:
        """The digest as a notice has it, which is what JSON can hold."""
        return asdict(self)


class PointState:
    """What all users' ledgers say, of the tasks that are configured and enabled; gathered when it is made."""

    def __init__(self, logs_dir: str, tasks: Iterable[Task], now: float) -> None:
        self._logs_dir = logs_dir
        self._tasks = {(task.user.lower(), task.id): task for task in tasks}
        self.unreadable: list[str] = []
        self.brakes: list[Braked] = []
        self.concerns: list[Concern] = []
        """What is not known to be well, the worst first."""
        self.retried: list[Retried] = []
        """What failed and is to be tried again, and is no concern before."""
        self.worked_at: float | None = None
        """When one of the tasks was last seen to work; ``None``: there is no evidence that anything does."""
        for own, file in self._ledgers():
            brakes = self._read_brakes(own, now)
            levels = self._read(own, file, _levels) or []
            self.concerns += self._concerns(own.name, levels, brakes, now)
            told = {level.name for level in levels if level.kind == TASK and level.is_wrong}
            retried = self._read(own, file, lambda connection: retried_since(connection, now - _RETRIED_SECONDS))
            self.retried += self._retried(own.name, retried or (), told)
            worked = [level.looked_at for level in levels if self._does_work(own.name, level)]
            # An older version kept no levels of what works.
            worked += self._read(own, file, lambda connection: worked_since(connection, now - _EVIDENCE_SECONDS)) or ()
            self.worked_at = max([*worked, self.worked_at or 0.0]) or None
        self.concerns.sort(key=lambda concern: (not concern.is_wrong, _rank(concern), concern.since))

    @property
    def is_well(self) -> bool:
        """Whether nothing is known to be wrong."""
        return not self.unreadable and not any(concern.is_wrong for concern in self.concerns)

    @property
    def facts(self) -> dict[str, object]:
        """What a ping tells, which is what a digest says of the present."""
        return {
            "concerns": [asdict(concern) for concern in self.concerns],
            "brakes": [asdict(brake) for brake in self.brakes],
            "unreadable": self.unreadable,
        }

    def digest(self, since: float, until: float, zone: tzinfo) -> Digest:
        """Return what happened from ``since`` to ``until``, in seconds since 1970."""
        runs: list[tuple[str, PastRun]] = []
        slots: dict[tuple[str, str, str], int] = {}
        for own, file in self._ledgers():
            for past in self._read(own, file, lambda connection: runs_between(connection, since, until)) or ():
                runs.append((own.name, past))
            decided = self._read(own, file, lambda connection: slots_between(connection, since, until)) or {}
            slots.update({(own.name, task, state): count for (task, state), count in decided.items()})
        metrics = [(past, metrics_of(past)) for _, past in runs]
        return Digest(
            since,
            until,
            concerns=tuple(self.concerns),
            brakes=tuple(self.brakes),
            unreadable=tuple(self.unreadable),
            runs=len(runs),
            failed=sum(count for (_, _, state), count in slots.items() if state in _FAILED),
            missed=self._missed(slots),
            remarks=self._remarks(runs),
            copied=added(metrics, "copied"),
            copied_bytes=added(metrics, "copied_bytes") or 0,
            cameras=newest(metrics, "cameras"),
            free={**self._free(metrics), **_own_disk(self._logs_dir)},
            day=self._last_day(until, zone),
        )

    def day(self, first: float, last: float, seen_until: float, zone: tzinfo) -> Day | None:
        """Return what the day was like that began at ``first`` and ended at ``last``; ``None`` where no tick came.

        Runs until ``seen_until`` may know of it: the first copy of the next day, too, counts what was recorded.
        """
        ticks: list[tuple[float, float]] = []
        runs: list[PastRun] = []
        for own, file in self._ledgers():
            seen = self._read(own, file, lambda connection: ticks_between(connection, first, last))
            ticks += [seen] if seen else []
            runs += self._read(own, file, lambda connection: runs_between(connection, first, seen_until)) or ()
        if not ticks:
            return None
        name = f"{datetime.fromtimestamp(first, zone):%Y%m%d}"
        return day_of_runs(name, ticks, [(past, metrics_of(past)) for past in runs], last)

    def waiting(self) -> list[float]:
        """Return of when the notices are that wait to be sent, oldest first."""
        return sorted(moment for own, file in self._ledgers() for moment in self._read(own, file, waiting_since) or ())

    def _concerns(self, user: str, levels: Sequence[Level], brakes: Sequence[Brake], now: float) -> Iterator[Concern]:
        for level in levels:
            is_told_by_another = level.is_explained and level.state is not State.UNCHECKED
            if not (level.is_wrong or level.state is State.UNCHECKED) or is_told_by_another:
                continue
            if not self._is_configured(user, level):
                continue
            if level.expires_at is not None and level.expires_at <= now:
                continue
            muted = [brake.until for brake in brakes if brake.silences(level.key, now)]
            yield Concern(
                level.kind,
                level.name,
                level.state.value,
                since=level.told_since or level.since,
                looked_at=level.looked_at,
                failures=level.failures,
                facts=level.facts,
                is_unstable=level.told is Told.UNSTABLE,
                muted_until=max(muted, default=None),
            )

    def _retried(self, user: str, runs: Iterable[PastRun], told: Container[str]) -> Iterator[Retried]:
        for last in runs:
            task = self._tasks.get((user, last.task))
            if last.outcome in _FAILED and last.task not in told and task is not None and task.enabled:
                yield Retried(task.shown, last.started_at, last.summary or last.reason)

    def _does_work(self, user: str, level: Level) -> bool:
        return level.kind == TASK and level.state is State.WORKS and self._is_configured(user, level)

    def _is_configured(self, user: str, level: Level) -> bool:
        named = [level.name.partition("/")[0]] if level.kind in (TASK, SUBJECT) else level.facts.get("tasks")
        if level.kind not in (TASK, SUBJECT, CAUSE) or not isinstance(named, list):
            return True
        return any(task.enabled for name in named if (task := self._tasks.get((user, name))))

    def _missed(self, slots: Mapping[tuple[str, str, str], int]) -> dict[str, int]:
        """Return how often which task missed a planned time; not of what comes often, the PC may have been off."""
        missed = {}
        for (user, name, state), count in slots.items():
            task = self._tasks.get((user, name))
            if state == MISSED and task is not None and not task.plan.comes_often:
                missed[task.shown] = count
        return missed

    def _remarks(self, runs: Sequence[tuple[str, PastRun]]) -> dict[str, str]:
        last = {(user, past.task): past for user, past in runs if past.outcome != Outcome.SKIPPED.value}
        return {
            self._tasks[key].shown: past.summary or past.reason
            for key, past in last.items()
            if past.outcome == Outcome.WARNED.value and key in self._tasks and self._tasks[key].enabled
        }

    def _free(self, metrics: Metrics) -> dict[str, int]:
        """Return the newest free room that each task told of, by the place that it names, else by its title."""
        free = {}
        for past, values in metrics:
            if whole(values.get("free_bytes")):
                titles = [task.shown for (_, name), task in self._tasks.items() if name == past.task]
                free[str(values.get("free_where") or next(iter(titles), past.task))] = whole(values["free_bytes"])
        return free

    def _last_day(self, until: float, zone: tzinfo) -> Day | None:
        today = day_of(int(until), zone)
        first, last = (float(instant(day * 86400, zone)) for day in (today - 1, today))
        return self.day(first, last, until, zone)

    def _read_brakes(self, own: UserLayout, now: float) -> Sequence[Brake]:
        try:
            brakes = read_brakes(own.brakes, is_anyones=True)
        except BrokenBrakes:  # that user's runner tells it
            return ()
        for brake in brakes:
            if brake.holds(now) and brake.what in (MUTE, PAUSE):
                self.brakes.append(Braked(brake.what, brake.asked, brake.until, brake.why))
        return brakes

    def _read(self, own: UserLayout, file: LedgerFile, work: Callable[[Connection], _T]) -> "_T | None":
        try:
            return file.read(work)
        except (LedgerUnavailable, ValueError, TypeError, RecursionError):  # another account's may hold anything
            if own.name not in self.unreadable:
                self.unreadable.append(own.name)
            return None

    def _ledgers(self) -> Iterator[tuple[UserLayout, LedgerFile]]:
        """Yield each user's ledger, opened once for all that is asked of it: another account's is copied for that."""
        for own in Layout(self._logs_dir).users():
            if os.path.isfile(own.ledger):
                with closing(LedgerFile(own.ledger, is_read_only=True)) as file:
                    yield own, file


def _levels(connection: Connection) -> list[Level]:
    """Return a ledger's levels. Raises ``ValueError`` or ``TypeError`` where it holds something else."""
    levels = [Level.of(row) for row in read_levels(connection)]
    for level in levels:
        fsum((level.since, level.told_since, level.looked_at, level.failures))  # of texts there is no sum
    return levels


def _rank(concern: Concern) -> int:
    """Return how near the top something belongs: what a person has to see to comes before what the program meets."""
    order = (CAUSE, SUBJECT, TASK)
    return order.index(concern.kind) if concern.kind in order else len(order)


def _own_disk(folder: str) -> dict[str, int]:
    drive = os.path.splitdrive(os.path.abspath(folder))[0] or "/"
    return {drive: shutil.disk_usage(folder).free}
