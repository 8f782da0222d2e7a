"""``status.json``: how a point is, for programs. Its shape is in ``status.schema.json`` and only ever grows. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from config.hours import Hours
from scheduler_runner.notices.digest import Braked, Concern
from scheduler_runner.notices.numbers import Day
from scheduler_runner.notices.phrases import advice, phrase
from scheduler_runner.reasons import Gap
from scheduler_runner.report.heat import FULL, LOW, CameraRow

SCHEMA = 1
FRESH_SECONDS = 2 * 3600
"""While a point is open, its ``status.json`` is never older than this."""
_AHEAD_DAYS = 60


class Told(NamedTuple):
    """One finding, in English for programs and in Russian for people."""

    check: str
    what: str
    cure: str
    is_drift: bool
    words: str = ""
    cure_words: str = ""


class PointFacts(NamedTuple):
    """What the ledgers, notes and checks of a point say now; times in seconds since 1970."""

    point: str
    mode: str
    version: str
    at: float
    expected_by: float
    """By then there should be a newer one."""
    worked_at: float | None
    """When a task was last seen to work; ``None``: there is no evidence that anything does."""
    findings: Sequence[Told] = ()
    """What is wrong, the worst first, what is muted or paused, what could not be looked at."""
    concerns: Sequence[Concern] = ()
    brakes: Sequence[Braked] = ()
    today: Day | None = None
    last_ticks: Mapping[str, float] = {}
    away: Sequence[Gap] = ()
    """When no tick came since yesterday."""
    waiting: Sequence[float] = ()
    """Of when the notices are that wait to be sent."""
    running: Sequence[Mapping[str, object]] = ()
    coming: Sequence[Mapping[str, object]] = ()
    free_bytes: Mapping[str, int | None] = {}
    network_root: str = ""
    """``""``: there is none as far as anybody knows."""
    is_away: bool = False
    """Whether the network root did not answer."""
    cameras: Sequence[CameraRow] = ()
    counted_at: float | None = None

    @property
    def is_wrong(self) -> bool:
        """Whether somebody has to do something."""
        return any(each.is_drift for each in self.findings)

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong, and something was seen to work."""
        return not self.is_wrong and self.worked_at is not None

    @property
    def headline(self) -> str:
        """How the point is in one line: what is wrong, the worst first, or that all is well."""
        wrong = [each.words for each in self.findings if each.is_drift]
        if wrong:
            return wrong[0] + (f" и ещё {len(wrong) - 1}" if len(wrong) > 1 else "")
        return "всё в порядке" if self.is_well else "пока ничего не известно"


def document(facts: PointFacts, zone: tzinfo) -> dict[str, object]:
    """Return ``status.json`` as JSON can hold it; texts for people are in Russian."""
    return {
        "schema": SCHEMA,
        "point": facts.point,
        "mode": facts.mode,
        "version": facts.version,
        "at": facts.at,
        "expected_by": facts.expected_by,
        "ok": facts.is_well,
        "headline": facts.headline,
        "worked_at": facts.worked_at,
        "concerns": [_concern(each) for each in facts.concerns],
        "brakes": [asdict(each) for each in facts.brakes],
        "findings": [
            {"check": each.check, "what": each.what, "cure": each.cure, "is_drift": each.is_drift}
            for each in facts.findings
        ],
        "today": asdict(facts.today) if facts.today is not None else None,
        "last_ticks": dict(facts.last_ticks),
        "away": [{"cause": gap.cause.value, "since": gap.since, "until": gap.until} for gap in facts.away],
        "waiting": list(facts.waiting),
        "running": [dict(each) for each in facts.running],
        "next": [dict(each) for each in facts.coming],
        "free_bytes": dict(facts.free_bytes),
        "network_root": {"folder": facts.network_root, "is_away": facts.is_away} if facts.network_root else None,
        "cameras": [
            {"id": each.id, "title": each.title, "last_hour": last_hour(each, facts, zone), "behind": each.behind}
            for each in facts.cameras
        ],
        "counted_at": facts.counted_at,
    }


def sentence(concern: Concern) -> str:
    """Return what is wrong in the notices' own words."""
    state = "fails" if concern.state == "works" else concern.state
    told = phrase(concern.kind, state, concern.facts)
    if concern.state == "unchecked":
        return f"не проверялось: {told}"
    return f"с перебоями: {told}" if concern.is_unstable else told


def expected_by(at: float, seconds: float, hours: Hours | None, zone: tzinfo) -> float:
    """Return until when something newer should be there that is made every so many seconds while the point is open.

    At night and on closed days the PC is off: then as long after the next opening.

    >>> from datetime import timezone
    >>> expected_by(1000.0, 7200.0, None, timezone.utc)
    8200.0
    """
    moment = datetime.fromtimestamp(at + seconds, zone)
    if hours is None or not any(hours.week):
        return at + seconds
    for ahead in range(_AHEAD_DAYS):
        day = moment.date() + timedelta(days=ahead)
        span = hours.of(day)
        if span is None:
            continue
        opens, closes = (
            datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() + minute * 60 for minute in span
        )
        if opens + FRESH_SECONDS <= at + seconds < closes:
            return at + seconds
        if at + seconds < opens + FRESH_SECONDS:
            return opens + FRESH_SECONDS
    return at + seconds


def last_hour(camera: CameraRow, facts: PointFacts, zone: tzinfo) -> str | None:
    """Return the newest hour of a camera's recordings within the days shown, ``2026-11-24T20``; ``None``: none."""
    today = datetime.fromtimestamp(facts.at, zone).date()
    for ago, day in enumerate(reversed(camera.days)):
        for hour in range(23, -1, -1):
            if {day.local[hour], day.network[hour]} & {FULL, LOW}:
                return f"{today - timedelta(days=ago):%Y-%m-%d}T{hour:02d}"
    return None


def _concern(concern: Concern) -> dict[str, object]:
    return {
        "kind": concern.kind,
        "name": concern.name,
        "state": concern.state,
        "since": concern.since,
        "looked_at": concern.looked_at,
        "failures": concern.failures,
        "is_unstable": concern.is_unstable,
        "text": sentence(concern),
        "advice": advice(concern.kind, concern.facts),
        "muted_until": concern.muted_until,
        "is_wrong": concern.is_wrong,
    }
