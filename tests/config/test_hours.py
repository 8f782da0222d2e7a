from datetime import date, datetime

import pytest

from config.hours import Hours, read_other_days, read_week
from config.values import WrongValue

MONDAY = date(2026, 11, 23)
USUAL = (540, 1260)


def hours(week: str = "09:00-21:00", other_days: str = "") -> Hours:
    return Hours(read_week(week), read_other_days(other_days))


@pytest.mark.parametrize(
    ("text", "week"),
    [
        ("09:00-21:00", [USUAL] * 7),
        ("9:00 - 21:00", [USUAL] * 7),
        ("09:00–21:00", [USUAL] * 7),
        ("00:00-24:00", [(0, 1440)] * 7),
        ("пн-пт 09:00-21:00, сб 10:00-18:00, вс закрыто", [*[USUAL] * 5, (600, 1080), None]),
        ("Пн–Пт: 9:00–21:00,\nСб 10:00 - 18:00,\nВс ЗАКРЫТО", [*[USUAL] * 5, (600, 1080), None]),
        ("mon-fri 09:00-21:00, sat 10:00-18:00, sun closed", [*[USUAL] * 5, (600, 1080), None]),
        ("вс закрыто, пн - сб 9:00-24:00,", [*[(540, 1440)] * 6, None]),
        ("сб-пн закрыто, вт-пт 09:00-21:00", [None, *[USUAL] * 4, None, None]),
        ("пн-вс 09:00-21:00", [USUAL] * 7),
    ],
)
def test_week(text, week):
    assert read_week(text) == tuple(week)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("9-21", "hours of one day such as 09:00-21:00, within 00:00-24:00,"),
        ("21:00-09:00", "within 00:00-24:00"),
        ("09:00-25:00", "within 00:00-24:00"),
        ("24:00-24:00", "within 00:00-24:00"),
        ("09:60-21:00", "within 00:00-24:00"),
        ("09:00", "within 00:00-24:00"),
        ("09:00-12:00-21:00", "within 00:00-24:00"),
        ("весь день", "by day пн-пт 09:00-21:00, сб 10:00-18:00, вс закрыто"),
        ("пн-пят 09:00-21:00", "by day пн-пт"),
        ("пн-пт 09:00-21:00", "each day of the week, so сб with its hours, or `сб закрыто`, as well"),
        ("пн-пт 09:00-21:00, сб, вс закрыто", "`сб 09:00-21:00`, within 00:00-24:00, or `сб закрыто`"),
        ("пн-пт 09:00-25:00, сб-вс закрыто", "`пн-пт 09:00-21:00`"),
        ("пн-пт 09:00-21:00, пт-вс закрыто", "each day once, пт too,"),
    ],
)
def test_what_is_no_week_is_told_with_what_would_be_right(text, told):
    with pytest.raises(WrongValue) as caught:
        read_week(text)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("other_days", "day", "span"),
    [
        ("", date(2027, 1, 1), USUAL),
        ("01.01-08.01", date(2027, 1, 1), None),
        ("1.1-8.1", date(2027, 1, 8), None),
        ("01.01 – 08.01", date(2031, 1, 8), None),
        ("01.01-08.01", date(2027, 1, 9), USUAL),
        ("30.12-02.01", date(2026, 12, 29), USUAL),
        ("30.12-02.01", date(2026, 12, 30), None),
        ("30.12-02.01", date(2027, 1, 2), None),
        ("30.12-02.01", date(2027, 1, 3), USUAL),
        ("12.03.2027-20.03.2027", date(2027, 3, 12), None),
        ("12.03.2027-20.03.2027", date(2027, 3, 20), None),
        ("12.03.2027-20.03.2027", date(2028, 3, 15), USUAL),
        ("30.12.2026-02.01.2027", date(2027, 1, 2), None),
        ("30.12.2026-02.01.2027", date(2027, 12, 31), USUAL),
        ("08.03", date(2027, 3, 8), None),
        ("08.03", date(2027, 3, 9), USUAL),
        ("08.03.2027", date(2028, 3, 8), USUAL),
        ("29.02", date(2028, 2, 29), None),
        ("31.12 09:00-18:00", date(2026, 12, 31), (540, 1080)),
        ("31.12 закрыто", date(2026, 12, 31), None),
        ("30.12-08.01, 31.12 9:00-18:00", date(2026, 12, 31), (540, 1080)),
        ("01.05\n09.05", date(2027, 5, 9), None),
        ("01.05, ", date(2027, 5, 1), None),
    ],
)
def test_other_days(other_days, day, span):
    assert hours(other_days=other_days).of(day) == span


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("31.04", "a date such as 31.12, or 31.12.2026 for once, in the place of `31.04`"),
        ("29.02.2027", "in the place of `29.02.2027`"),
        ("2027-01-01", "in the place of `2027`"),
        ("праздники", "in the place of `праздники`"),
        ("1.1.1.1", "in the place of `1.1.1.1`"),
        ("01.01-", "in the place of ``"),
        ("20.03.2027-12.03.2027", "the first day first"),
        ("30.12.2026-02.01", "31.12-08.01 for each year, or 31.12.2026-08.01.2027 for once"),
        ("31.12 до обеда", "`31.12 09:00-21:00`, within 00:00-24:00, or `31.12 закрыто`"),
    ],
)
def test_what_is_no_date_is_told_with_what_would_be_right(text, told):
    with pytest.raises(WrongValue) as caught:
        read_other_days(text)
    assert told in str(caught.value)


def test_week_holds_on_its_days():
    week = hours("пн-пт 09:00-21:00, сб 10:00-18:00, вс закрыто")
    assert [week.of(MONDAY.replace(day=23 + day)) for day in range(7)] == [*[USUAL] * 5, (600, 1080), None]


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (datetime(2026, 11, 23, 8, 59, 59), False),
        (datetime(2026, 11, 23, 9, 0), True),
        (datetime(2026, 11, 23, 20, 59, 59), True),
        (datetime(2026, 11, 23, 21, 0), False),
        (datetime(2026, 11, 28, 23, 59, 59), True),
        (datetime(2026, 11, 29, 0, 0), False),
    ],
)
def test_point_is_open_from_the_first_minute_until_the_last(moment, is_open):
    assert hours("пн-пт 09:00-21:00, сб 00:00-24:00, вс закрыто").is_open(moment) == is_open
