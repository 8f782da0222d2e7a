"""When the PC was on, and when ticks came: pure, over the ticks of all users."""

from collections.abc import Sequence
from typing import NamedTuple

from scheduler_runner.reasons import Cause, Gap, gaps
from scheduler_runner.records.history import TickSeen

WORDS = {
    Cause.OFF: "компьютер был выключен",
    Cause.ASLEEP: "компьютер спал или был выключен",
    Cause.NO_TICKS: "компьютер был включён, планировщик не запускался",
    Cause.CLOCK_SET: "часы были переведены",
    Cause.AWAY: "планировщик не запускался",
}


class Presence(NamedTuple):
    """When ticks came; in seconds since 1970."""

    begins_at: float
    """The first tick that is known; nothing is said of the time before it."""
    on: tuple[tuple[float, float], ...]
    quiet: tuple[Gap, ...]
    """The times without ticks, and why none came."""

    def was_on(self, since: float, until: float) -> bool:
        """Return whether a tick's time lies within a span."""
        return any(begin < until and end > since for begin, end in self.on)

    def why_not(self, since: float, until: float) -> str:
        """Return for people why nothing ran in a span; ``""`` where ticks came."""
        found = [gap for gap in self.quiet if gap.since < until and gap.until > since]
        return WORDS.get(found[0].cause, "") if found else ""


def presence(ticks: Sequence[TickSeen], latest: TickSeen, tick_seconds: float) -> Presence:
    """Return when the PC was on; ``latest`` is the moment at which is asked, as if a tick came then."""
    seen = [*ticks, latest]
    quiet = tuple(gap for gap in gaps(seen, tick_seconds) if gap.cause is not Cause.CLOCK_SET)
    spans, begin = [], seen[0].started_at
    for gap in quiet:
        if gap.since > begin:
            spans.append((begin, gap.since))
        begin = max(begin, gap.until)
    spans.append((begin, latest.started_at))
    return Presence(seen[0].started_at if ticks else latest.started_at, tuple(spans), quiet)
