"""Every text that staff read in a notice, in Russian, and how notices become messages. Pure.

A message begins with the point's id; its first line is what a phone's lock screen shows.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import NamedTuple

from scheduler_runner.notices.news import Kind, Notice, condensed
from scheduler_runner.russian import counted, duration, files, size

PART_UNITS = 3500
"""A message's length, in UTF-16 units as Telegram counts: below its 4096, for the tags that are added."""

_MERGED_DETAIL = 200
_DETAIL = 600
_TOO_MUCH = 2**63
_OUTCOMES = {
    "failed": "завершилась с ошибкой",
    "timed_out": "не уложилась в отведённое время",
    "not_started": "не запустилась",
    "interrupted": "прервана",
}


class Text(NamedTuple):
    """What a notice says: the headline, and lines below it."""

    headline: str
    details: tuple[str, ...] = ()


def messages(point: str, notices: Sequence[Notice], zone: tzinfo) -> list[str]:
    """Return the notices as one message, in several parts where it is too long; each begins with ``point``."""
    if len(notices) == 1:
        text = text_of(notices[0], zone)
        whole = "\n".join((f"{point}: {text.headline}", *text.details))
    else:
        whole = "\n".join((f"{point}: {_headline(notices, zone)}", *_merged(condensed(notices), zone)))
    return split(whole, point)


def text_of(notice: Notice, zone: tzinfo) -> Text:
    """Return what a notice says; of one whose facts are not as they should be, at least that it is there."""
    try:
        return _TEXTS[notice.kind](notice.task, notice.facts, zone)
    except Exception:  # noqa: BLE001 - one record among many, and it must hold up no other
        return _unreadable(notice.task, notice.facts, zone)


def split(text: str, point: str, limit: int = PART_UNITS) -> list[str]:
    """Return a text in parts that are no longer than ``limit`` UTF-16 units, cut at line ends where there are any."""
    if _units(text) <= limit:
        return [text]
    parts: list[str] = []
    for line in _short_lines(text, limit - _units(point) - 20):
        if parts and _units(parts[-1]) + 1 + _units(line) <= limit:
            parts[-1] += f"\n{line}"
        else:
            parts.append(f"{point} ({len(parts) + 1}): {line}" if parts else line)
    return parts


def point_name(pvz_id: str, env_mode: str) -> str:
    """Return how a message begins.

    >>> point_name("182", "test"), point_name("182", "production")
    ('182 test', '182')
    """
    return f"{pvz_id} {env_mode}" if env_mode == "test" else pvz_id


def ping_text(point: str, failing: Sequence[str], unreadable: Sequence[str], problems: int) -> str:
    """Return the short text that goes with a ping.

    >>> ping_text("182", ["cameras_CopyScript"], [], 0), ping_text("182", [], [], 0)
    ('182: сбой cameras_CopyScript', '182: всё в порядке')
    """
    wrong = [*(f"сбой {task}" for task in failing), *(f"журнал учёта {user} не читается" for user in unreadable)]
    if problems:
        wrong.append(f"ошибок в настройках: {problems}")
    return f"{point}: {'; '.join(wrong) or 'всё в порядке'}"


def moved(chat: str) -> str:
    """Return what is added to a message for a group that has a new id."""
    return f"Группа стала супергруппой: впишите в настройки chat_id = {chat}"


def _headline(notices: Sequence[Notice], zone: tzinfo) -> str:
    news = counted(len(notices), "событие", "события", "событий")
    urgent = [text_of(notice, zone).headline for notice in notices if not notice.kind.can_wait]
    last = f", последнее срочное: {urgent[-1]}" if urgent else ""
    return f"{news} с {_moment(notices[0].at, zone)}{last}"


def _merged(notices: Sequence[Notice], zone: tzinfo) -> Iterator[str]:
    for notice in notices:
        text = text_of(notice, zone)
        yield f"{_moment(notice.at, zone)} {text.headline}"
        if notice.kind is Kind.DIGEST:
            yield from text.details
        elif text.details:
            yield f"   {_cut('; '.join(text.details), _MERGED_DETAIL)}"


def _failing(task: str, facts: Mapping[str, object], zone: tzinfo) -> Text:
    attempt = _number(facts, "attempt")
    again = f"попытка {attempt}, " if attempt > 1 else ""
    planned = f"{again}по плану {_moment(_number(facts, 'slot'), zone)}" if facts.get("slot") else ""
    return Text(f"сбой {task}", tuple(filter(None, (_cause(facts), planned))))


def _reminder(task: str, facts: Mapping[str, object], zone: tzinfo) -> Text:
    failures = counted(_number(facts, "failures"), "неудача", "неудачи", "неудач")
    return Text(f"всё ещё сбой {task}", (f"{failures} с {_moment(_number(facts, 'since'), zone)}", _cause(facts)))


def _missed(task: str, facts: Mapping[str, object], zone: tzinfo) -> Text:
    count, last = _number(facts, "count"), _moment(_number(facts, "last"), zone)
    times = counted(count, "раз", "раза", "раз")
    return Text(f"не запускалась {task}", (f"по плану {last}" if count == 1 else f"{times}, последний {last}",))


def _interrupted(task: str, facts: Mapping[str, object], zone: tzinfo) -> Text:
    return Text(f"прервана и не доделана {task}", (f"по плану {_moment(_number(facts, 'slot'), zone)}",))


def _defect(task: str, facts: Mapping[str, object], zone: tzinfo) -> Text:
    return Text(f"ошибка в самой программе {task}".rstrip(), (_shown(facts, "reason"), "Подробности в журнале runner"))


def _config(task: str, facts: Mapping[str, object], zone: tzinfo) -> Text:
    problems = facts.get("problems")
    return Text("ошибка в настройках", tuple(map(str, problems)) if isinstance(problems, list) else ())


def _clock_back(task: str, facts: Mapping[str, object], zone: tzinfo) -> Text:
    newest = f"сейчас {_moment(_number(facts, 'now'), zone, True)}, а последний запуск"
    return Text("часы переведены назад", (f"{newest} {_moment(_number(facts, 'newest'), zone, True)}",))


def _clock_ahead(task: str, facts: Mapping[str, object], zone: tzinfo) -> Text:
    days = counted(int((_number(facts, "now") - _number(facts, "last")) // 86400), "день", "дня", "дней")
    seen = f"прошлый раз {_moment(_number(facts, 'last'), zone, True)}"
    return Text(f"{days} без запусков: часы ушли вперёд или компьютер был выключен", (seen,))


def _ledger_damaged(task: str, facts: Mapping[str, object], zone: tzinfo) -> Text:
    return Text("журнал учёта был повреждён", ("Начат новый, старый сохранён рядом", _shown(facts, "reason")))


def _ledger_away(task: str, facts: Mapping[str, object], zone: tzinfo) -> Text:
    failed = facts.get("failed")
    lines = [f"сбой {name}" for name in failed] if isinstance(failed, list) else []
    return Text("журнал учёта не записывается", (*lines, _shown(facts, "reason")))


def _exposed(task: str, facts: Mapping[str, object], zone: tzinfo) -> Text:
    lines = ("Обычный пользователь может подменить программу", "install --harden исправит", _shown(facts, "reason"))
    return Text("программа не защищена", lines)


def _test(task: str, facts: Mapping[str, object], zone: tzinfo) -> Text:
    return Text("проверка уведомлений", ("Если вы это читаете, они доходят",))


def _unreadable(task: str, facts: Mapping[str, object], zone: tzinfo) -> Text:
    return Text(f"событие, которое не читается {task}".rstrip(), ("Подробности в журнале runner",))


def _recovered(task: str, facts: Mapping[str, object], zone: tzinfo) -> Text:
    failures = counted(_number(facts, "failures"), "неудача", "неудачи", "неудач")
    return Text(f"снова работает {task}", (f"сбой длился {duration(_number(facts, 'seconds'))}, {failures}",))


def _digest(task: str, facts: Mapping[str, object], zone: tzinfo) -> Text:
    wrong = tuple(_wrong(facts, zone))
    numbers = ", ".join(_numbers(facts)) or "запусков не было"
    return Text("за сутки есть неполадки", (*wrong, numbers)) if wrong else Text(f"всё в порядке: {numbers}")


def _wrong(facts: Mapping[str, object], zone: tzinfo) -> Iterator[str]:
    for each in _rows(facts, "failing"):
        yield _cut(f"сбой {each['task']} с {_moment(_number(each, 'since'), zone)}: {_cause(each)}", _MERGED_DETAIL)
    for each in _rows(facts, "remarks"):
        yield _cut(f"замечание {each['task']}: {_cause(each)}", _MERGED_DETAIL)
    for each in _rows(facts, "missed"):
        yield f"не запускалась {each['task']}: {counted(_number(each, 'count'), 'раз', 'раза', 'раз')}"
    if _number(facts, "failed"):
        yield f"неудачных запусков: {_number(facts, 'failed')}"
    if _number(facts, "problems"):
        yield f"ошибок в настройках: {_number(facts, 'problems')}"
    for user in _rows(facts, "unreadable"):
        yield f"журнал учёта {user['user']} не читается"


def _numbers(facts: Mapping[str, object]) -> Iterator[str]:
    runs = _number(facts, "runs")
    if runs:
        yield counted(runs, "запуск", "запуска", "запусков")
    if facts.get("copied") is not None:
        yield f"скопировано {files(_number(facts, 'copied'))}, {size(_number(facts, 'copied_bytes'))}"
    for each in _rows(facts, "free"):
        yield f"свободно {each['where']} {size(_number(each, 'bytes'))}"
    if facts.get("cameras") is not None:
        yield counted(_number(facts, "cameras"), "камера", "камеры", "камер")


def _cause(facts: Mapping[str, object]) -> str:
    """Return why: the script's own sentence, else what the outcome means and the program's last words."""
    if facts.get("summary"):
        return _shown(facts, "summary")
    outcome = _OUTCOMES.get(str(facts.get("outcome")), "неудача")
    reason = _shown(facts, "reason")
    return f"{outcome}: {reason}" if reason else outcome


def _shown(facts: Mapping[str, object], key: str) -> str:
    return _cut(" ".join(str(facts.get(key) or "").split()), _DETAIL)


def _rows(facts: Mapping[str, object], key: str) -> list[dict[str, object]]:
    rows = facts.get(key)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _number(facts: Mapping[str, object], key: str) -> int:
    value = facts.get(key)
    return int(value) if isinstance(value, (int, float)) and abs(value) < _TOO_MUCH else 0  # NaN is not, either


def _moment(seconds: float, zone: tzinfo, with_year: bool = False) -> str:
    return f"{datetime.fromtimestamp(seconds, zone):{'%d.%m.%Y %H:%M' if with_year else '%d.%m %H:%M'}}"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _units(text: str) -> int:
    return len(text) + sum(letter > "\uffff" for letter in text)


def _short_lines(text: str, limit: int) -> Iterator[str]:
    """Yield the lines; one that is too long in pieces of at most ``limit`` units, whatever its letters."""
    for line in text.split("\n"):
        step = limit if _units(line) == len(line) else limit // 2
        yield from (line[start : start + step] for start in range(0, max(len(line), 1), step))


_TEXTS: "dict[Kind, Callable[[str, Mapping[str, object], tzinfo], Text]]" = {
    Kind.FAILING: _failing,
    Kind.REMINDER: _reminder,
    Kind.RECOVERED: _recovered,
    Kind.MISSED: _missed,
    Kind.INTERRUPTED: _interrupted,
    Kind.DEFECT: _defect,
    Kind.CONFIG: _config,
    Kind.CLOCK_BACK: _clock_back,
    Kind.CLOCK_AHEAD: _clock_ahead,
    Kind.LEDGER_DAMAGED: _ledger_damaged,
    Kind.LEDGER_AWAY: _ledger_away,
    Kind.EXPOSED: _exposed,
    Kind.DIGEST: _digest,
    Kind.TEST: _test,
    Kind.UNREADABLE: _unreadable,
}
