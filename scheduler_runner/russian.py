"""Numbers and times as staff read them."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

# How Windows and Linux call what staff meet most often. A Russian Windows says it in Russian by itself.
_SYSTEM_WORDS = {
    "No such file or directory": "файл или папка не найдены",
    "The system cannot find the file specified": "файл не найден",
    "The system cannot find the path specified": "папка не найдена",
    "The device is not ready": "диск не готов",
    "Permission denied": "нет доступа",
    "Access is denied": "нет доступа",
    "Operation not permitted": "нет доступа",
    "No space left on device": "на диске нет места",
    "There is not enough space on the disk": "на диске нет места",
    "Input/output error": "диск не читается или не пишется",
    "Read-only file system": "диск защищён от записи",
    "The network path was not found": "сетевой диск не найден",
    "The specified network name is no longer available": "сетевой диск пропал",
    "Transport endpoint is not connected": "сетевой диск отключён",
    "Stale file handle": "сетевой диск пропал",
    "Host is down": "сервер не отвечает",
    "No route to host": "сервер не отвечает",
    "Network is unreachable": "сети нет",
    "Connection refused": "сервер отказал в соединении",
    "Connection timed out": "сервер не отвечает",
    "Connection reset by peer": "соединение оборвалось",
    "Exec format error": "это не программа",
}

_UNITS = ("Б", "КБ", "МБ", "ГБ", "ТБ")


def counted(number: int, one: str, few: str, many: str) -> str:
    """Return a number with its noun in the right form.

    >>> counted(1, "файл", "файла", "файлов"), counted(412, "файл", "файла", "файлов")
    ('1 файл', '412 файлов')
    """
    if 11 <= number % 100 <= 14:
        form = many
    elif number % 10 == 1:
        form = one
    else:
        form = few if 2 <= number % 10 <= 4 else many
    return f"{grouped(number)} {form}"


def files(number: int) -> str:
    """Return a number of files.

    >>> files(3)
    '3 файла'
    """
    return counted(number, "файл", "файла", "файлов")


def grouped(number: int) -> str:
    """Return a number with blanks between thousands."""
    return f"{number:,}".replace(",", " ")


def size(number: float) -> str:
    """Return an amount of bytes.

    >>> size(3_328_599_654), size(512)
    ('3,1 ГБ', '512 Б')
    """
    unit = 0
    while number >= 1024 and unit < len(_UNITS) - 1:
        number /= 1024
        unit += 1
    return f"{number:.0f} {_UNITS[unit]}" if unit == 0 else f"{number:.1f} {_UNITS[unit]}".replace(".", ",")


def listed(names: Sequence[str], most: int = 3) -> str:
    """Return names in a row, no more than people read.

    >>> listed(["D:/a", "D:/b"]), listed(["a", "b", "c", "d", "e"])
    ('D:/a, D:/b', 'a, b, c и ещё 2')
    """
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" и ещё {rest}" if rest > 0 else "")


def date_text(day: str) -> str:
    """Return a date ``YYYYMMDD`` as it is written.

    >>> date_text("20261123")
    '23.11.2026'
    """
    return f"{day[6:]}.{day[4:6]}.{day[:4]}"


def duration(seconds: float) -> str:
    """Return a length of time.

    >>> duration(42), duration(3720)
    ('42 с', '1 ч 2 мин')
    """
    if seconds < 60:
        return f"{seconds:.0f} с"
    minutes = round(seconds / 60)
    return f"{minutes} мин" if minutes < 60 else f"{minutes // 60} ч {minutes % 60} мин"


def date_and_time(seconds: float, zone: tzinfo, *, with_year: bool = False) -> str:
    """Return an instant, in seconds since 1970, as it is written.

    >>> from datetime import timezone
    >>> date_and_time(1_790_000_000, timezone.utc)
    '21.09 14:13'
    """
    return f"{datetime.fromtimestamp(seconds, zone):{'%d.%m.%Y %H:%M' if with_year else '%d.%m %H:%M'}}"


def moment(when: "datetime | None", now: datetime) -> str:
    """Return a moment as short as it can be understood ``now``.

    >>> now = datetime(2026, 11, 23, 15, 0)
    >>> moment(datetime(2026, 11, 23, 14, 0), now), moment(datetime(2026, 11, 22, 14, 0), now), moment(None, now)
    ('14:00', '22.11 14:00', 'нет')
    """
    if when is None:
        return "нет"
    if when.date() == now.date():
        return f"{when:%H:%M}"
    return f"{when:%d.%m %H:%M}" if when.year == now.year else f"{when:%d.%m.%Y}"


def plain_words(text: str) -> str:
    """Return a text with the system's usual errors in Russian.

    >>> plain_words("O:/cameras: No space left on device")
    'O:/cameras: на диске нет места'
    """
    for words, russian in _SYSTEM_WORDS.items():
        text = text.replace(words, russian)
    return text
