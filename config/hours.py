"""When a point is open: its week, and the days that are not as usual. Pure.

``пн-пт 09:00-21:00, сб 10:00-18:00, вс закрыто`` says the week, ``09:00-21:00`` the same of each day;
``01.01-08.01, 12.03.2027-20.03.2027, 31.12 09:00-18:00`` the other days, each year or once, closed or with their hours.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from config.ini import Section
from config.values import WrongValue, hours_of_one_day

Span = tuple[int, int]
"""First minute of the day and the one after the last, at most 1440."""

_DAYS = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")
_NUMBERS = {name: day for names in (_DAYS, ("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
            for day, name in enumerate(names)}  # fmt: skip
_CLOSED = ("закрыто", "closed")
_LEAP_YEAR = 2000


@dataclass(frozen=True, slots=True)
class Hours:
    """When a point is open, on its own wall clock. No hours pass midnight."""

    week: tuple[Span | None, ...]
    """Monday first; ``None``: closed."""
    other_days: tuple["OtherDays", ...] = ()

    def of(self, day: date) -> Span | None:
        """Return the hours of a date; ``None``: closed all day."""
        # The last one counts, so that "30.12-08.01, 31.12 09:00-18:00" reads as it is meant.
        for other in reversed(self.other_days):
            if other.include(day):
                return other.span
        return self.week[day.weekday()]

    def is_open(self, moment: datetime) -> bool:
        """Return whether the point is open at a local time; at the minute of closing it is not."""
        span = self.of(moment.date())
        return span is not None and span[0] <= moment.hour * 60 + moment.minute < span[1]


@dataclass(frozen=True, slots=True)
class OtherDays:
    """Days that are not as usual, ends included; each year, and maybe past its end, where ``is_yearly``."""

    first: date
    last: date
    is_yearly: bool
    span: Span | None = None

    def include(self, day: date) -> bool:
        """Return whether these are the hours of that date."""
        if not self.is_yearly:
            return self.first <= day <= self.last
        first, last, asked = ((each.month, each.day) for each in (self.first, self.last, day))
        return first <= asked <= last if first <= last else asked >= first or asked <= last


def hours_in(section: Section) -> Hours:
    """Return the hours that a section of the INI says. Raises ``ConfigError``."""
    return Hours(section.read("working_hours", read_week), section.read("closed_days", read_other_days))


def read_week(text: str) -> tuple[Span | None, ...]:
    """Return the hours of each day of the week, Monday first. Raises ``WrongValue``.

    >>> read_week("mon-sat 9:00-21:00, sun closed")[5:]
    ((540, 1260), None)
    """
    if not any(character.isalpha() for character in text):
        return (hours_of_one_day(text),) * len(_DAYS)
    week: dict[int, Span | None] = {}
    for part in _parts(text):
        names, _, hours = part.partition(" ")
        for day in _days_of_week(names.rstrip(":")):
            if day in week:
                raise WrongValue("each day once, {days} too,", days=_DAYS[day])
            week[day] = _span(names, hours.strip())
    if missing := [name for day, name in enumerate(_DAYS) if day not in week]:
        raise WrongValue(
            "each day of the week, so {missing} with its hours, or `{missing} закрыто`, as well", missing=missing[0]
        )
    return tuple(week[day] for day in range(len(_DAYS)))


def read_other_days(text: str) -> tuple[OtherDays, ...]:
    """Return the days that are not as usual. Raises ``WrongValue``.

    >>> read_other_days("31.12 09:00-18:00")[0].span
    (540, 1080)
    """
    return tuple(map(_other_days, _parts(text)))


def _parts(text: str) -> Iterator[str]:
    """Yield what commas and ends of lines separate, in lower case, with one space between words and none at a dash."""
    for part in text.lower().replace("–", "-").replace("—", "-").replace("\n", ",").split(","):
        if words := part.split():
            yield " ".join(words).replace(" -", "-").replace("- ", "-")


def _days_of_week(names: str) -> Iterator[int]:
    first, dash, last = names.partition("-")
    if first not in _NUMBERS or (dash and last not in _NUMBERS):
        raise WrongValue(
            "09:00-21:00, or by day пн-пт 09:00-21:00, сб 10:00-18:00, вс закрыто (also mon to sun, closed),"
        )
    day, end = _NUMBERS[first], _NUMBERS[last if dash else first]
    yield day
    while day != end:
        day = (day + 1) % len(_DAYS)  # сб-пн passes the end of the week
        yield day


def _span(whose: str, hours: str) -> Span | None:
    if hours in _CLOSED:
        return None
    try:
        return hours_of_one_day(hours)
    except WrongValue:
        raise WrongValue(
            "`{whose} 09:00-21:00`, within 00:00-24:00, or `{whose} {closed}`", whose=whose, closed=_CLOSED[0]
        ) from None


def _other_days(part: str) -> OtherDays:
    dates, _, hours = part.partition(" ")
    first, dash, last = dates.partition("-")
    ends = [_date(first), _date(last if dash else first)]
    years = {year for year, _ in ends}
    days = [day for _, day in ends]
    if (None in years and len(years) > 1) or (None not in years and days[0] > days[1]):
        raise WrongValue("31.12-08.01 for each year, or 31.12.2026-08.01.2027 for once, the first day first,")
    return OtherDays(days[0], days[1], is_yearly=None in years, span=_span(dates, hours.strip()) if hours else None)


def _date(text: str) -> tuple[int | None, date]:
    """Return the year that is named, if any, and the date."""
    try:
        day, month, *years = text.split(".")
        if not all(number.isascii() and number.isdecimal() for number in (day, month, *years)):
            raise ValueError
        if not years:
            return None, date(_LEAP_YEAR, int(month), int(day))  # 29.02 is a date of each year, too
        (year,) = years
        return int(year), date(int(year), int(month), int(day))
    except ValueError:
        raise WrongValue("a date such as 31.12, or 31.12.2026 for once, in the place of `{text}`", text=text) from None
