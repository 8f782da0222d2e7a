"""The book of levels: what becomes of slots, and what is seen besides, written in the transaction that decides it."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta, tzinfo
from types import MappingProxyType

from scheduler_runner.notices.brakes import MUTE, Brake
from scheduler_runner.notices.doing import MISSED, Doing, Slot, after_slot
from scheduler_runner.notices.levels import (
    DAY_SECONDS,
    Level,
    State,
    Told,
    looked,
    news,
    next_moment,
)
from scheduler_runner.notices.news import CAUSE, SUBJECT, TASK, Kind, Notice
from scheduler_runner.notices.outbox import add_notice
from scheduler_runner.plans.clock import day_of
from scheduler_runner.records import levels as rows
from scheduler_runner.records.ledger_file import Connection
from scheduler_runner.records.spans import free_bytes_since
from scheduler_runner.task import Task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from config.hours import Hours

_OF_TASKS = (TASK, SUBJECT, CAUSE)
_RECOVER = (*_OF_TASKS, Kind.UNDELIVERED.value)
"""Kinds of level whose end is told."""
_WHY_IT_FAILS = ("is_explained", "cause", "cause_text")
_MAX_TEXT = 2000
_MOST_SUBJECTS = 200
_OVERDUE_SECONDS = 3600.0
_FORECAST_SECONDS = 3 * DAY_SECONDS
_LEAST_FORECAST_SECONDS = 6 * 3600.0
_TOO_MUCH = 2**63
_FIRST_DAY = date(1970, 1, 1)
_HISTORY_SECONDS = 14 * DAY_SECONDS
_MOST_HISTORY = 500


class LevelBook:
    """What a ledger calls when slots are decided, and a tick for what else it sees.

    ``is_on``: somebody is told. ``held``: tasks that are not started now for a reason that is told by itself.
    ``is_update``: a new version looks for the first time. The levels are kept also where nobody is told.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        zone: tzinfo,
        remind_seconds: float,
        *,
        is_on: bool,
        hours: "Hours | None" = None,
        brakes: Sequence[Brake] = (),
    ) -> None:
        self._tasks = {task.id: task for task in tasks}
        self._zone = zone
        self._remind_seconds = remind_seconds
        self._is_on = is_on
        self._hours = hours
        self._mutes = [brake for brake in brakes if brake.what == MUTE]
        self.held: frozenset[str] = frozenset()
        self.is_update = False

    def slot_settled(self, connection: Connection, task: str, slot: int, state: str, at: float) -> None:
        """Note that a slot will see no further attempt; ``state`` is its last outcome."""
        run = rows.last_run(connection, task, slot)
        found = {} if run is None else json.loads(run.findings)
        does_fail = self._look_at_subjects(connection, task, found.get("subjects", {}), at)
        waits = str(found.get("waits") or found.get("cause") or "")
        doing, verdict = self._doing(connection, task, self._slot(task, slot, state, waits), at)
        level = self._level(connection, TASK, task)
        why: Mapping[str, object] = {}
        if state == "interrupted" and verdict is not State.FAILS:
            if level.state is State.FAILS:  # one failure more, and why it fails is still what the last one said
                verdict = State.FAILS
                why = {name: level.facts[name] for name in _WHY_IT_FAILS if name in level.facts}
            else:
                self._add(connection, Kind.INTERRUPTED, task, at, {"slot": slot})
        if state == "stopped":
            self._add(connection, Kind.STOPPED, task, at, {"slot": slot})
        facts = {"slot": slot, **self._facts_of_run(run, found)}
        if verdict is State.IDLE:
            facts["idle_since"] = doing.since
        cause = str(found.get("cause") or "")
        if verdict is State.WORKS:
            self._end_causes(connection, task, cause, at)
        elif verdict is State.FAILS:
            facts["is_explained"] = bool(cause or does_fail)
            facts["full_at"] = self._full_at(connection, task, at)
            if cause:
                more = {"text": str(found.get("cause_text") or cause), "full_at": facts["full_at"]}
                self._begin_cause(connection, task, cause, more, at)
        self._look_at_task(connection, level, verdict, at, {**facts, **why})

    def slots_missed(self, connection: Connection, task: str, slots: Sequence[int], at: float) -> None:
        """Note that slots passed without a run."""
        if task in self.held:
            return
        lost = [slot for slot in slots if not self._is_excused(connection, self._tasks[task], slot, at)]
        if not lost:
            return
        if not self._tasks[task].plan.comes_often:
            self._add(connection, Kind.MISSED, task, at, {"count": len(lost), "last": lost[-1]})
        for slot in lost:
            doing, verdict = self._doing(connection, task, self._slot(task, slot, MISSED), at)
        facts = {"slot": lost[-1], "idle_since": doing.since, "outcome": MISSED}
        self._look_at_task(connection, self._level(connection, TASK, task), verdict, at, facts)

    def observe(
        self, connection: Connection, kind: str, name: str, is_wrong: bool, at: float, facts: Mapping[str, object]
    ) -> None:
        """Note how something is that is no task: the configuration, the clock, rights, packages."""
        level = self._level(connection, kind, name)
        if is_wrong or level.state is not State.WORKS:
            state = State.FAILS if is_wrong else State.WORKS
            self._save(connection, looked(level, state, at, facts), at, self._first_sight)

    def remind(self, connection: Connection, now: float, *, are_all: bool = False) -> None:
        """Tell what is due although nobody looked: reminders, and what began while nobody could be told.

        ``are_all``: ask of each level, as mutes have come or gone.
        """
        found = rows.read_levels(connection) if are_all else rows.due_levels(connection, now)
        for row in found:
            level = Level.of(row)
            if level.expires_at is not None and level.expires_at <= now:
                rows.drop_level(connection, level.kind, level.name)
            elif self._is_ours(level):
                self._save(connection, level, now)
            else:
                rows.save_level(connection, level.row(None))

    def untell(self, connection: Connection, given_up: Sequence[Notice]) -> None:
        """Forget what was told that nobody could be told: what these notices are about is news again."""
        for notice in given_up:
            level = self._level(connection, str(notice.facts.get("level") or ""), str(notice.facts.get("name") or ""))
            if not level.looked_at or notice.kind is Kind.REMINDER:
                continue
            told, since = Told.NOTHING, level.told_since
            if notice.kind is Kind.RECOVERED and level.told is Told.NOTHING:  # people think that it fails still
                told, since = Told.FAILS, float(str(notice.facts.get("since") or 0))
            self._save(connection, level._replace(told=told, told_since=since), notice.at, is_quiet=True)

    def begin(self, connection: Connection, now: float) -> None:
        """Begin the book from what an older version left: who fails has been told, who does nothing has not."""
        self.is_update = rows.has_past(connection)
        for row in rows.failing_before(connection):
            run = rows.newest_run(connection, row.name)
            level = Level.of(row)._replace(facts=self._facts(row.name, self._facts_of_run(run, {})))
            rows.save_level(connection, level.row(next_moment(level, now, self._remind_seconds)))
        for task in self._tasks.values():
            if task.enabled:
                self._read_history(connection, task, now)

    def sweep(self, connection: Connection, now: float) -> None:
        """Forget what is no longer there: tasks that were taken away, and cameras that nobody looks at any more."""
        for row in rows.read_levels(connection):
            level = Level.of(row)
            is_gone = not self._is_ours(level)
            if level.kind == SUBJECT and not is_gone:
                task = self._level(connection, TASK, level.name.partition("/")[0])
                is_gone = task.state is State.WORKS and task.looked_at > level.looked_at + DAY_SECONDS
            is_over = level.state is State.WORKS and level.told is Told.NOTHING and level.kind not in (TASK, SUBJECT)
            if is_gone or (is_over and now - level.since > DAY_SECONDS):
                rows.drop_level(connection, level.kind, level.name)

    def _doing(self, connection: Connection, task: str, slot: Slot, at: float) -> tuple[Doing, State | None]:
        """Take a slot into what is known of a task's work; return that, and in which state it shows the task."""
        before = Doing(*(rows.read_doing(connection, task) or ()))  # type: ignore[arg-type]
        after, verdict = after_slot(before, slot, at)
        if after != before:
            rows.save_doing(connection, task, after)
        return after, verdict

    def _slot(self, task: str, start: int, end: str, waits: str = "") -> Slot:
        comes_often = task in self._tasks and self._tasks[task].plan.comes_often
        return Slot(start, day_of(start, self._zone), end, waits, comes_often)

    def _is_excused(self, connection: Connection, task: Task, slot: int, at: float) -> bool:
        """Return whether a slot that passed is no news: the point was closed, the PC off, or the task at work."""
        plan, deadline = task.plan, min(task.plan.deadline(slot, self._zone), at)
        if self._hours is not None and self._hours.of(_FIRST_DAY + timedelta(day_of(slot, self._zone))) is None:
            return True
        if plan.comes_often:
            # Of a strict slot no tick may have met the very minute: the PC was on if one came before the next slot. It
            # may be this one, which is on record once it ends.
            following = max(deadline, plan.next(slot, self._zone) or deadline)
            if following <= at and not rows.tick_came(connection, slot, following):
                return True
        # A run that should have been ended long ago is not at work: its lock is held by nobody knows whom.
        return rows.ran_within(connection, task.id, slot, deadline, at - task.timeout_seconds - _OVERDUE_SECONDS)

    def _look_at_task(
        self, connection: Connection, level: Level, verdict: State | None, at: float, facts: Mapping[str, object]
    ) -> None:
        if verdict is None or (verdict is State.IDLE and level.state is State.FAILS):
            return  # what failed last is not better for doing nothing now
        self._save(connection, looked(level, verdict, at, self._facts(level.name, facts)), at)

    def _look_at_subjects(self, connection: Connection, task: str, subjects: Mapping[str, object], at: float) -> bool:
        """Take in what a run saw of single cameras or drives; return whether one of them fails."""
        states = set()
        for name, seen in [*subjects.items()][:_MOST_SUBJECTS]:
            state = State.FAILS if isinstance(seen, dict) and seen.get("state") == "fails" else State.WORKS
            states.add(state)
            text = str(seen.get("text", ""))[:_MAX_TEXT] if isinstance(seen, dict) else ""
            level = self._level(connection, SUBJECT, f"{task}/{name[:100]}")
            facts = self._facts(task, {"text": text, "subject": name})
            self._save(connection, looked(level, state, at, facts), at, {"works": text})
        return State.FAILS in states

    def _full_at(self, connection: Connection, task: str, at: float) -> float | None:
        """Return when the first disk of a task's domain will be full, if its room goes on shrinking as it did."""
        if task not in self._tasks:
            return None
        seen: dict[str, list[tuple[float, float]]] = {}
        for name, when, metrics in free_bytes_since(connection, self._tasks[task].domain, at - _FORECAST_SECONDS):
            free = json.loads(metrics).get("free_bytes")
            if isinstance(free, (int, float)) and 0 <= free < _TOO_MUCH:
                seen.setdefault(name, []).append((when, float(free)))
        moments = []
        for (first_at, first), *_, (last_at, last) in (each for each in seen.values() if len(each) > 1):
            if last_at - first_at >= _LEAST_FORECAST_SECONDS and first > last:
                moments.append(last_at + last * (last_at - first_at) / (first - last))
        return min(moments, default=None)

    def _begin_cause(
        self, connection: Connection, task: str, cause: str, more: Mapping[str, object], at: float
    ) -> None:
        level = self._level(connection, CAUSE, cause)
        named = level.facts.get("tasks") if level.state.is_wrong else None
        tasks = [*dict.fromkeys([*(named if isinstance(named, list) else []), task])]
        facts = {**self._facts(task, {**more, "tasks": tasks}), "titles": [*map(self._title, tasks)]}
        self._save(connection, looked(level, State.FAILS, at, facts), at)

    def _end_causes(self, connection: Connection, task: str, still: str, at: float) -> None:
        """End the causes that a task named which works now; of the others that named them nobody knows how they do."""
        for row in rows.read_levels(connection, CAUSE):
            level = Level.of(row)
            tasks = level.facts.get("tasks")
            if level.name == still or not level.state.is_wrong or not isinstance(tasks, list) or task not in tasks:
                continue
            self._save(connection, looked(level, State.WORKS, at), at)
            for other in {*tasks} - {task}:
                waiting = self._level(connection, TASK, other)
                if waiting.state is State.FAILS and waiting.facts.get("cause") == level.name:
                    self._save(connection, waiting._replace(state=State.UNCHECKED), at)

    def _read_history(self, connection: Connection, task: Task, now: float) -> None:
        """See whether a task does nothing, from what stands in the ledger; why it put slots off is not there."""
        passed: list[tuple[Slot, float]] = []
        for start, end, at in rows.newest_slots(connection, task.id, now - _HISTORY_SECONDS):
            slot = self._slot(task.id, start, end)
            if len(passed) == _MOST_HISTORY or after_slot(Doing(), slot, at)[1] in (State.WORKS, State.FAILS):
                break
            if end != "skipped" and not (end == MISSED and self._is_excused(connection, task, start, at)):
                passed.append((slot, at))
        doing, verdict = Doing(), None
        for slot, at in reversed(passed):
            doing, verdict = after_slot(doing, slot, at)
        rows.save_doing(connection, task.id, doing)
        level = self._level(connection, TASK, task.id)
        if verdict is State.IDLE and level.state is State.WORKS:
            last = passed[0][0]
            facts = {"slot": last.start, "idle_since": doing.since, "outcome": last.end}
            after = looked(level, State.IDLE, now, self._facts(task.id, facts))
            self._save(connection, after, now, self._first_sight)

    def _facts_of_run(self, run: rows.LastRun | None, found: Mapping[str, object]) -> dict[str, object]:
        if run is None:
            return {}
        facts = {
            "outcome": run.outcome,
            "summary": run.summary[:_MAX_TEXT],
            "reason": run.reason[:_MAX_TEXT],
            "attempt": run.attempt,
        }
        return {**facts, **{name: found[name] for name in ("tail", "cause", "cause_text", "waits") if name in found}}

    def _facts(self, task: str, facts: Mapping[str, object]) -> dict[str, object]:
        known = self._tasks.get(task)
        return {**facts, "title": self._title(task), "advice": known.advice if known else ""}

    def _title(self, task: str) -> str:
        known = self._tasks.get(task)
        return known.shown if known else task

    @property
    def _first_sight(self) -> Mapping[str, object]:
        """What goes with the news of what a new version may be the first to see."""
        return {"after_update": True} if self.is_update else {}

    def _is_ours(self, level: Level) -> bool:
        """Return whether a level is about what is configured, which a cause is where one of its tasks is."""
        if level.kind not in (TASK, SUBJECT, CAUSE):
            return True
        named = level.facts.get("tasks") if level.kind == CAUSE else [level.name.partition("/")[0]]
        tasks = [self._tasks.get(each) for each in named] if isinstance(named, list) else []
        return any(task is not None and task.enabled for task in tasks)

    def _level(self, connection: Connection, kind: str, name: str) -> Level:
        row = rows.read_level(connection, kind, name)
        return Level(kind, name) if row is None else Level.of(row)

    def _save(
        self,
        connection: Connection,
        level: Level,
        at: float,
        more: Mapping[str, object] = MappingProxyType({}),
        *,
        is_quiet: bool = False,
    ) -> None:
        """Keep a level, and tell what of it is news now; ``more`` are facts for that alone."""
        kind, before = None, level
        muted_until = max((mute.until for mute in self._mutes if mute.silences(level.key, at)), default=None)
        if self._is_on and not is_quiet and muted_until is None:
            level, kind = news(level, at, self._remind_seconds)
        next_at = next_moment(level, at, self._remind_seconds) if muted_until is None else muted_until
        rows.save_level(connection, level.row(next_at))
        if kind is Kind.RECOVERED and level.kind not in _RECOVER:
            return  # whoever mended it knows
        if kind in (Kind.FAILING, Kind.IDLE) and level.kind not in _OF_TASKS:
            kind = Kind(level.kind)
        if kind is not None:
            facts = {
                **level.facts,
                **more,
                "level": level.kind,
                "name": level.name,
                "state": level.state.value,
                "since": before.told_since if kind is Kind.RECOVERED else level.told_since,
                "ended_at": level.since,
                "looked_at": level.looked_at,
                "failures": level.failures,
            }
            self._add(connection, kind, level.name.partition("/")[0] if level.kind in _OF_TASKS else "", at, facts)

    def _add(self, connection: Connection, kind: Kind, task: str, at: float, facts: Mapping[str, object]) -> None:
        if self._is_on:
            title = {"title": self._title(task)} if task and "title" not in facts else {}
            add_notice(connection, Notice(kind, at, task, {**facts, **title}))
