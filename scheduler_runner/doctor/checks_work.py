"""What fails or does nothing now, by the very levels of which notices, digest and pings tell; what is silenced."""

from collections.abc import Iterator
from datetime import tzinfo

from config.launcher import pip_command, pvz
from scheduler_runner.doctor.patient import Finding, Patient, Said
from scheduler_runner.notices.brakes import PAUSE
from scheduler_runner.notices.digest import Concern, PointState
from scheduler_runner.notices.news import CAUSE, SUBJECT, TASK
from scheduler_runner.notices.phrases import advice, cut, shown, title
from scheduler_runner.phrases import Phrase
from scheduler_runner.plans.clock import zone_named
from scheduler_runner.russian import date_and_time
from scheduler_runner.setup.cures import LOOK_AT_STARTS

_FRESH_SECONDS = 2 * 3600
_TICK_SECONDS = 900
"""What a tick looks at may have been mended since the last one."""
_TEXT = 300
# Each stands in Russian in ``screens/russian/work.py`` as notices have it.
_WRONG = {
    "config": Phrase("the configuration is wrong"),
    "clock_back": Phrase("the clock was set back"),
    "clock_ahead": Phrase("no tick came for long"),
    "ledger_damaged": Phrase("the ledger was damaged"),
    "defect": Phrase("an error in the program itself"),
    "exposed": Phrase("the program is not protected"),
    "packages": Phrase("parts of the program are missing"),
    "undelivered": Phrase("notices do not arrive"),
}


def check_work(patient: Patient) -> Iterator[Finding]:
    """Does something fail or do nothing now, as far as the ledgers know?"""
    state = PointState(patient.logs_root, patient.schedule.tasks, patient.now)
    yield from findings_of(state, patient.now, zone_named(patient.point.timezone if patient.point else ""))


def findings_of(state: PointState, now: float, zone: tzinfo) -> Iterator[Finding]:
    """Yield what is not known to be well, the worst first, what is muted or paused, whether all is unknown."""
    for concern in state.concerns:
        yield Finding(_told(concern, now, zone), _cure(concern), is_drift=concern.is_wrong)
    for again in state.retried:
        told = "{name}: the attempt of {moment} failed, a further one follows: {why}"
        at = date_and_time(again.failed_at, zone)
        what = Phrase(told, name=again.title, moment=at, why=cut(again.said, _TEXT))
        yield Finding(what, Phrase("{command} shows why", command=pvz("why")), is_drift=False)
    for brake in state.brakes:
        asked = f"{brake.asked} ({brake.why})" if brake.why else brake.asked
        what = Phrase("muted until {until}: {asked}", until=date_and_time(brake.until, zone), asked=asked)
        if brake.what == PAUSE:
            what = Phrase("paused until {until}: {asked}", **what.values)
        yield Finding(what, Phrase("{command} ends it", command=pvz(f"resume {brake.asked}")), is_drift=False)
    if state.worked_at is None:
        cure = Phrase("wait for the first one, or start it: {command}", command=pvz("run TASK"))
        yield Finding(Phrase("no task has been seen to do its work yet"), cure, is_drift=False)


def _told(concern: Concern, now: float, zone: tzinfo) -> Phrase:
    if concern.state == "unchecked":
        since = date_and_time(concern.looked_at, zone)
        return Phrase("not looked at since {since}: {name}", since=since, name=title(concern.facts))
    what = _what(concern, date_and_time(_since(concern), zone))
    fresh_seconds = _FRESH_SECONDS if concern.kind in (TASK, SUBJECT, CAUSE) else _TICK_SECONDS
    if concern.state == "fails" and now - concern.looked_at > fresh_seconds:
        what = Phrase("{what}, not looked at since {since}", what=what, since=date_and_time(concern.looked_at, zone))
    if concern.is_unstable:
        what = Phrase("comes and goes: {what}", what=what)
    if concern.muted_until is not None:
        what = Phrase("muted until {until}: {asked}", until=date_and_time(concern.muted_until, zone), asked=what)
    return what


def _what(concern: Concern, since: str) -> Phrase:
    name = title(concern.facts)
    said = _words(concern)
    if concern.state == "idle":
        what = Phrase("does nothing since {since}: {name}", since=since, name=name)
        return Phrase("{what} ({why})", what=what, why=said) if said else what
    if concern.kind in (SUBJECT, CAUSE):
        return Phrase("{what}, since {since}", what=said or name, since=since)
    if concern.kind == TASK:
        what = Phrase("{name} fails since {since}", name=name, since=since)
    else:
        what = Phrase("{what}, since {since}", what=_WRONG.get(concern.kind, concern.kind), since=since)
    return Phrase("{what}: {why}", what=what, why=said) if said else what


def _words(concern: Concern) -> str:
    """Return what the task, or whoever looked, said of it; ``""`` for nothing."""
    problems = concern.facts.get("problems")
    if isinstance(problems, list):
        return cut("; ".join(map(str, problems)), _TEXT)
    keys = ("text", "subject") if concern.kind in (SUBJECT, CAUSE) else ("summary", "tail", "problem", "reason")
    return next(filter(None, (shown(concern.facts, key, _TEXT) for key in keys)), "")


def _since(concern: Concern) -> float:
    began_at = concern.facts.get("idle_since") or concern.facts.get("failing_since")
    return began_at if isinstance(began_at, (int, float)) else concern.since


def _cure(concern: Concern) -> Said:
    cures = {
        "config": Phrase("{command} says where", command=pvz("check")),
        "clock_back": Phrase("look at date, time and time zone"),
        "clock_ahead": LOOK_AT_STARTS,
        "ledger_damaged": Phrase("a new one was begun, the old one is kept beside it: look at the disk"),
        "defect": Phrase("send the runner's log to whoever develops this: {command}", command=pvz("support")),
        "exposed": Phrase("as administrator: {command}", command=pvz("install --harden")),
        "packages": Phrase("{command}", command=pip_command()),
        "undelivered": Phrase("{command} says what is missing", command=pvz("notify --test")),
    }
    if concern.kind in cures:
        return cures[concern.kind]
    said = advice(concern.kind, concern.facts)
    if concern.kind == CAUSE:
        return said or Phrase("{command} shows why", command=pvz("why"))
    why = Phrase("{command} shows why", command=pvz(f"why {concern.name.partition('/')[0]}"))
    return Phrase("{advice}\n{why}", advice=said, why=why) if said else why
