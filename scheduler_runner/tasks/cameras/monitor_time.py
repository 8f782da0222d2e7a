"""Time in which a point is open: how far back to look, and how long cameras had to write. Pure; naive local times."""

from datetime import datetime, timedelta

from config.hours import Hours

_DAY = timedelta(days=1)
_MOST_DAYS = 400
"""So far back an open day is looked for: further than any that is closed for a season."""


def last_open(hours: Hours, now: datetime) -> datetime:
    """Return ``now`` while the point is open, else when it closed last; ``now`` where it never opens."""
    if hours.is_open(now):
        return now
    for age in range(_MOST_DAYS):
        span = _span(hours, now - age * _DAY)
        if span is not None and span[1] <= now:
            return span[1]
    return now


def opened_at(hours: Hours, moment: datetime) -> datetime:
    """Return when the point opened last before a moment; hours that pass midnight are one opening."""
    opened = _midnight(moment)
    for age in range(_MOST_DAYS):
        span = _span(hours, moment - age * _DAY)
        if span is not None and span[0] <= moment:
            opened = span[0]
            before = _span(hours, opened - _DAY)
            if before is None or before[1] < opened:
                break
    return opened


def open_between(hours: Hours, start: datetime, end: datetime) -> timedelta:
    """Return for how long the point was open between two moments."""
    total = timedelta()
    day = start
    for _ in range(_MOST_DAYS):
        if _midnight(day) > end:
            break
        span = _span(hours, day)
        if span is not None:
            total += max(timedelta(), min(end, span[1]) - max(start, span[0]))
        day += _DAY
    return total


def look_from(hours: Hours, moment: datetime, lookback: timedelta) -> datetime:
    """Return since when something should have been recorded: so long back, closed days and the last night left out.

    >>> week = Hours(((540, 1260),) * 6 + (None,))
    >>> look_from(week, datetime(2026, 11, 23, 9, 30), timedelta(hours=2)).isoformat(" ")  # a Monday
    '2026-11-21 19:30:00'
    """
    start = moment - lookback
    day = moment - _DAY
    while day.date() >= start.date() and moment - day < _MOST_DAYS * _DAY:
        if hours.of(day.date()) is None:
            start -= _DAY
        day -= _DAY
    span = _span(hours, start)
    if span is not None and span[0] <= start < span[1]:
        return start
    # It fell into a night: what lies in that is looked at before the closing.
    opening, closing = _next_opening(hours, start), last_open(hours, start)
    closed_days = max(0, (opening.date() - start.date()).days - 1)  # none between is open, else it would open earlier
    night = opening - start - closed_days * _DAY
    earliest = _span(hours, closing - timedelta(minutes=1))
    return max(closing - night, earliest[0]) if earliest is not None else start


def _next_opening(hours: Hours, moment: datetime) -> datetime:
    for age in range(_MOST_DAYS):
        span = _span(hours, moment + age * _DAY)
        if span is not None and span[0] > moment:
            return span[0]
    return moment


def _span(hours: Hours, moment: datetime) -> "tuple[datetime, datetime] | None":
    """Return opening and closing of a moment's date."""
    span = hours.of(moment.date())
    if span is None:
        return None
    midnight = _midnight(moment)
    return midnight + timedelta(minutes=span[0]), midnight + timedelta(minutes=span[1])


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
