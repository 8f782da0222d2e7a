"""What a tick watches beside its tasks: the clock, and who could change what a privileged account runs."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from scheduler_runner.phrases import Phrase

_DAY_SECONDS = 86400
_WEEK_SECONDS = 7 * _DAY_SECONDS


class News(NamedTuple):
    """Something to be remembered under ``key``, which is news where ``value`` is another one than before."""

    key: str
    value: str
    line: str
    """For the log; ``""``: it is over, and that is no news."""
    kind: str = ""
    """The notice's kind; ``""``: the log is enough."""
    facts: Mapping[str, object] = {}
    lasts: bool = True
    """``False``: it happened at one moment, and is over by itself."""


def clock_news(
    now: float,
    newest_run: float,
    last_tick: float,
    shown: Callable[[float], str],
    closed_seconds: Callable[[float, float], float] = lambda since, until: 0.0,
) -> Iterator[News]:
    """Yield what a clock did that jumped: times in seconds since 1970, 0.0 for none; ``shown`` writes one for people.

    ``closed_seconds`` says how much of a span lies in days on which the point is closed: a week without ticks that the
    holidays explain is for the log alone.

    >>> [news.line for news in clock_news(0, 2 * 86400, 0, str)]
    ['clock jumped back: the newest run started at 172800']
    """
    facts = {"now": now, "newest": newest_run, "last": last_tick}
    if newest_run > now + _DAY_SECONDS:
        line = f"clock jumped back: the newest run started at {shown(newest_run)}"
        yield News("clock_back", str(newest_run), line, "clock_back", facts, lasts=False)
    if last_tick and now > last_tick + _WEEK_SECONDS:
        line = f"clock jumped ahead, or no tick came: the last one was at {shown(last_tick)}"
        is_explained = now - closed_seconds(last_tick, now) <= last_tick + _WEEK_SECONDS
        yield News("clock_ahead", str(last_tick), line, "" if is_explained else "clock_ahead", facts, lasts=False)


def is_new_day(now: float, last_tick: float) -> bool:
    """Return whether the last tick came on another day (of UTC: it only spreads work over the days)."""
    return int(last_tick // _DAY_SECONDS) != int(now // _DAY_SECONDS)


def exposure_news(exposed: Phrase | None, env_mode: str, *, is_refused: bool = False) -> News:
    """Return what ordinary accounts could make a privileged runner execute; ``None``: nothing.

    A test point lies where anybody may write: a line in its log is enough, but for ``is_refused``, where nothing runs.

    >>> exposure_news(None, "production").line
    ''
    """
    if exposed is None:
        return News("exposed", "", "", "exposed", {"reason": ""})
    what = "nothing is run" if is_refused else "code of a privileged runner is not protected"
    line = f"{what}, install --harden mends it: {exposed}"
    kind = "exposed" if is_refused or env_mode == "production" else ""
    return News("exposed", str(exposed), line, kind, {"reason": exposed})
