"""Which zone was meant by a name that is none. Imported only where one is wrong: it looks through all zones."""

import zoneinfo
from difflib import get_close_matches

_OF_RUSSIA = {
    2: "Europe/Kaliningrad",
    3: "Europe/Moscow",
    4: "Europe/Samara",
    5: "Asia/Yekaterinburg",
    6: "Asia/Omsk",
    7: "Asia/Krasnoyarsk",
    8: "Asia/Irkutsk",
    9: "Asia/Yakutsk",
    10: "Asia/Vladivostok",
    11: "Asia/Magadan",
    12: "Asia/Kamchatka",
}
_MOSCOW = 3
# What a distance is counted from, and how far that is ahead of UTC itself.
_BASES = (("UTC", 0), ("GMT", 0), ("MSK", _MOSCOW), ("МСК", _MOSCOW), ("", 0))


def right_zone(name: str) -> str:
    """Return what would be right in the place of a name, as the end of a sentence.

    >>> right_zone("MSK"), right_zone("UTC+5"), right_zone("МСК+4"), right_zone("Moscow")
    ('Europe/Moscow', 'Asia/Yekaterinburg', 'Asia/Krasnoyarsk', 'Europe/Moscow')
    """
    known = zoneinfo.available_timezones()
    if not known:
        return "an IANA name such as Europe/Moscow, with the package tzdata installed,"
    hours = _hours_ahead(name.upper().replace(" ", ""))
    if hours in _OF_RUSSIA:
        return _OF_RUSSIA[hours]
    by_city = {zone.rpartition("/")[2].lower(): zone for zone in sorted(known)}
    found = get_close_matches(name.rpartition("/")[2].lower(), by_city, n=1, cutoff=0.75)
    return by_city[found[0]] if found else "an IANA name such as Europe/Moscow"


def _hours_ahead(name: str) -> int | None:
    base, ahead = next((base, ahead) for base, ahead in _BASES if name.startswith(base))
    hours = name.removeprefix(base).removesuffix(":00") or "0"
    try:
        return ahead + int(hours)
    except ValueError:
        return None
