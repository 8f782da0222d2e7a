from argparse import ArgumentTypeError

import pytest

from config.values import WrongValue, address, clock, hours, number, or_off, whole
from scheduler_runner.tasks.common.arguments import argument


@pytest.mark.parametrize(
    ("reader", "text", "value"),
    [
        (clock, "00:00", 0),
        (clock, "9:00", 540),
        (clock, "23:59", 1439),
        (hours, "22:00-08:00", (1320, 480)),
        (hours, "9:00 - 18:00", (540, 1080)),
        (hours, "22:00-24:00", (1320, 0)),
        (or_off(clock), "", None),
        (or_off(hours), "OFF", None),
        (whole(1, 60), "007", 7),
        (number(0, 5), "5", 5.0),
        (address("http://", "https://"), "HTTPS://host/path", "HTTPS://host/path"),
        (address("http://"), "", ""),
    ],
)
def test_value_is_read(reader, text, value):
    assert reader(text) == value


RANGE = "a time of the day from 00:00 to 23:59"


@pytest.mark.parametrize(
    ("reader", "text", "told"),
    [
        *[
            (clock, text, RANGE)
            for text in ("25:00", "24:00", "9", "9:0", "9:60", "009:00", "-9:00", "٩:00", "9:00:00", "")
        ],
        *[
            (hours, text, "each from 00:00 to 23:59")
            for text in ("22-8", "22:00", "08:00-08:00", "00:00-24:00", "22:00-25:00")
        ],
        *[
            (whole(1, 60), text, "a whole number from 1 to 60")
            for text in ("0", "61", "1.5", "+5", "1_0", "٣", "9" * 5000, "")
        ],
        *[(number(0, 1e6), text, "a number from 0 to 1000000") for text in ("nan", "inf", "-1", "1e7", "x", "")],
        (or_off(clock), "25:00", "23:59, such as 09:30, or off,"),
    ],
)
def test_what_is_no_such_value_is_told_with_what_would_be_right(reader, text, told):
    with pytest.raises(WrongValue) as caught:
        reader(text)
    assert told in str(caught.value)
    with pytest.raises(ArgumentTypeError) as caught:
        argument(reader)(text)
    assert str(caught.value).startswith(f"{text!r} is wrong: ")


@pytest.mark.parametrize("text", ["host", "ftp://host", "http://", "http:///"])
def test_address_that_is_wrong_is_not_to_be_shown(text):
    with pytest.raises(WrongValue) as caught:
        address("http://")(text)
    assert caught.value.is_secret
