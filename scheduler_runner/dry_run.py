"""What a tick would do now, and of what it would not: why, and when next. Starts nothing, writes nothing."""

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from types import MappingProxyType

from config.base_config import point
from scheduler_runner.command_line import Arguments
from scheduler_runner.deciding import Decision, Past, decide, hold_back, past_of
from scheduler_runner.errors import ExitCode, LedgerUnavailable
from scheduler_runner.logbook.masking import Masker
from scheduler_runner.notices.brakes import pauses_of
from scheduler_runner.notices.gate import read_settings, remarks_on, usable_brakes
from scheduler_runner.phrases import Phrase
from scheduler_runner.plans.clock import PC_ZONE, local, minute_of
from scheduler_runner.point_site import make_site
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.schedule_config import Problem, load_schedule
from scheduler_runner.screens.chosen import screen
from scheduler_runner.section_checks import section_problems
from scheduler_runner.selection import concerns, find_task, tasks_of
from scheduler_runner.task import Task

_TICKS_ASKED = 5


def dry_run(arguments: Arguments) -> ExitCode:
    """Show what the tick of these arguments would do. Raises ``UsageError`` and ``ConfigError``."""
    schedule = load_schedule()
    tasks = tasks_of(schedule, arguments.user)
    if arguments.task is not None:
        tasks = [find_task(tasks, arguments.task, schedule)]
    settings = point()
    site = make_site(arguments.user, settings)
    problems = [problem for problem in schedule.problems if concerns(problem, arguments.user)]
    telling, trouble = read_settings(settings)
    if trouble is not None:
        problems.append(Problem(settings.path, trouble))
    domains = {task.domain: schedule.domains[task.domain] for task in tasks}
    problems += section_problems(settings.path, domains)
    brakes, broken = usable_brakes(site.own.brakes)
    if broken is not None:
        problems.append(Problem(site.own.brakes, broken, user=arguments.user))
    now, zone = int(site.clock()), site.zone or PC_ZONE
    shown, masker = screen(), Masker(site.secrets)
    shown.say("{moment}, tasks: {count}", moment=_shown(now, zone), count=len(tasks), look="strong")
    shown.table((), [*describe_tick(tasks, now, zone, site.own.ledger, settings.tick_minutes, pauses_of(brakes))])
    for remark in remarks_on(settings, telling, schedule):
        shown.say(masker.text(shown.words("configuration remark: {remark}", remark=remark)), look="odd")
    for problem in problems:
        shown.say(masker.text(shown.words("configuration problem: {problem}", problem=problem.said)), look="bad")
    return ExitCode.CONFIG if problems else ExitCode.OK


_Row = tuple[Phrase, str, Phrase]
"""What would be, of which task, and more closely."""
_WARNING = Phrase("warning")


def describe_tick(
    tasks: Sequence[Task],
    now: int,
    zone: tzinfo,
    ledger_path: str,
    tick_minutes: int,
    pauses: Mapping[str, Sequence[tuple[float, float]]] = MappingProxyType({}),
) -> Iterator[_Row]:
    """Yield the rows for people; ``now`` in seconds since 1970. ``pauses``: by task, from when to when."""
    ledger = Ledger(ledger_path, is_read_only=True)
    pasts: dict[str, Past] = {}
    first_minute = 0
    try:
        states, opened = ledger.task_states(), ledger.open_slots()
        for task in tasks:
            known = Past(states.get(task.id), opened.get(task.id, {}))
            pasts[task.id] = past_of(ledger, task, now, zone, known)
        first_minute = _first_minute(ledger.last_ticks(_TICKS_ASKED), zone, tick_minutes)
    except LedgerUnavailable as error:
        if os.path.exists(ledger_path):
            yield _WARNING, "", Phrase("what ran before is not known: {error}", error=error)
    finally:
        ledger.close()
    for task in tasks:
        decision = hold_back(decide(task, now, zone, pasts.get(task.id, Past())), pauses.get(task.id, ()), now)
        yield _describe(task, now, zone, decision)
        yield from _warnings(task, zone, decision, tick_minutes, first_minute)


def _first_minute(ticks: Sequence[float], zone: tzinfo, tick_minutes: int) -> int:
    """Return from which minute on ticks come, where the last ones agree: else they are meant to begin with the hour."""
    found = {minute_of(int(tick), zone) % tick_minutes for tick in ticks}
    return found.pop() if len(found) == 1 else 0


def _describe(task: Task, now: int, zone: tzinfo, decision: Decision) -> _Row:
    plan = task.plan.words
    if decision.due is not None:
        what = Phrase("for {slot} ({plan})", slot=_shown(decision.due.slot, zone), plan=plan)
        if decision.due.attempt > 1:
            what = Phrase("attempt {attempt} {what}", attempt=decision.due.attempt, what=what)
        return Phrase("would run"), task.id, what
    if not task.enabled:
        return Phrase("disabled"), task.id, Phrase("({plan})", plan=plan)
    following = task.plan.next(now, zone)
    upcoming = Phrase("no further time") if following is None else Phrase("next {slot}", slot=_shown(following, zone))
    told = Phrase("{reason}, {upcoming} ({plan})", reason=decision.reason, upcoming=upcoming, plan=plan)
    return Phrase("waits"), task.id, told


def _warnings(task: Task, zone: tzinfo, decision: Decision, tick_minutes: int, first_minute: int) -> Iterator[_Row]:
    """Tell a time that no tick can meet, and slots that passed without a run."""
    if task.enabled and not task.plan.meets_ticks(tick_minutes, first_minute):
        told = (
            "ticks of every {minutes} minutes from :{first:02d} on do not meet all of its times, each within its own "
            'minute: misfire_grace_time = "next" would be right'
        )
        yield _WARNING, task.id, Phrase(told, minutes=tick_minutes, first=first_minute)
    if decision.missed:
        last = _shown(decision.missed[-1], zone)
        yield _WARNING, task.id, Phrase("missed: {count}, the last one {slot}", count=len(decision.missed), slot=last)


def _shown(seconds: int, zone: tzinfo) -> str:
    return f"{local(seconds, zone):%d.%m.%Y %H:%M (%z)}"
