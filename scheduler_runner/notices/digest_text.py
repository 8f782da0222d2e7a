"""The digest and the pings in words, in Russian. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo

from scheduler_runner.notices.news import CAUSE, EVERYBODY, STAFF, SUBJECT, TASK
from scheduler_runner.notices.phrases import Facts, cut, lowered, number, phrase, short, shown, unchecked_since
from scheduler_runner.russian import counted, date_and_time, files, listed, size

_DETAIL = 200


def digest_text(facts: Facts, zone: tzinfo) -> Iterator[str]:
    """Yield the lines of a digest: what is wrong, or that all is well, comes first, and how the day was with it."""
    everything = _rows(facts, "concerns")
    concerns = [each for each in everything if _is_for(str(facts.get("audience") or EVERYBODY), str(each["kind"]))]
    wrong = [each for each in concerns if each["state"] != "unchecked" and not each.get("muted_until")]
    day, numbers = _day(facts, zone), ", ".join(_numbers(facts))
    # How things are is looked at when it is sent, which may be long after the span that it tells of.
    now = number(facts, "judged_at") or number(facts, "until")
    lines = [*_concerns(concerns, now, zone), *_others(facts, zone)]
    if wrong or facts.get("unreadable"):
        names = [short(str(each["kind"]), _facts_of(each)) for each in wrong] or ["журнал учёта"]
        yield f"неполадки: {listed(names, most=2)}"
        yield from (*lines, day, numbers)
        return
    if not number(facts, "runs"):
        yield "за сутки ничего не выполнялось"
        yield from (*lines, day)
        return
    fine = "всё в порядке" if not lines and concerns == everything else "новых неполадок нет"
    yield f"{fine}: {day or numbers}"
    yield from (*lines, numbers if day else "")


def _is_for(audience: str, kind: str) -> bool:
    return audience == EVERYBODY or (kind in (TASK, SUBJECT, CAUSE)) == (audience == STAFF)


def ping_text(point: str, facts: Facts, zone: tzinfo) -> str:
    """Return the short text that goes with a ping; ``facts`` are the present part of a digest's.

    >>> from datetime import timezone
    >>> ping_text("182", {}, timezone.utc)
    '182: всё в порядке'
    """
    unreadable = facts.get("unreadable")
    told = [
        *(_concern_in_short(each, zone) for each in _rows(facts, "concerns")),
        *(f"журнал учёта {user} не читается" for user in (unreadable if isinstance(unreadable, (list, tuple)) else ())),
        *(_braked(each, zone) for each in _rows(facts, "brakes") if each["what"] == "pause"),
    ]
    return f"{point}: {'; '.join(told) or 'всё в порядке'}"


def _concern_in_short(concern: Mapping[str, object], zone: tzinfo) -> str:
    facts, kind = _facts_of(concern), str(concern["kind"])
    if concern["state"] == "unchecked":
        return f"не проверялось с {date_and_time(number(concern, 'looked_at'), zone)}: {short(kind, facts)}"
    muted = "заглушено: " if concern.get("muted_until") else ""
    unstable = "с перебоями: " if concern.get("is_unstable") else ""
    state = "fails" if concern["state"] == "works" else str(concern["state"])
    since = f" с {date_and_time(number(facts, 'failing_since'), zone)}" if facts.get("failing_since") else ""
    return muted + unstable + lowered(phrase(kind, state, facts)) + since


def _concerns(concerns: list[dict[str, object]], now: int, zone: tzinfo) -> Iterator[str]:
    for each in concerns:
        told = [_concern_in_short(each, zone)]
        if each["state"] != "unchecked":
            began_at = number(_facts_of(each), "idle_since") or number(each, "since")
            told.append(f"с {date_and_time(began_at, zone)}")
            since = unchecked_since(str(each["kind"]), str(each["state"]), number(each, "looked_at"), now)
            told += [f"не проверялось с {date_and_time(since, zone)}"] if since else []
        problem = shown(_facts_of(each), "problem")
        yield cut(", ".join(told) + (f": {problem}" if problem else ""), _DETAIL)


def _others(facts: Facts, zone: tzinfo) -> Iterator[str]:
    for name, told in _pairs(facts, "remarks"):
        yield cut(f"замечание, {name}: {lowered(str(told))}", _DETAIL)
    for name, count in _pairs(facts, "missed"):
        yield f"не запускалось вовремя, {name}: {counted(int(str(count)), 'раз', 'раза', 'раз')}"
    if number(facts, "failed"):
        yield f"неудачных запусков за сутки: {number(facts, 'failed')}"
    unreadable = facts.get("unreadable")
    for user in unreadable if isinstance(unreadable, (list, tuple)) else ():
        yield f"журнал учёта {user} не читается"
    for brake in _rows(facts, "brakes"):
        yield _braked(brake, zone)


def _braked(brake: Mapping[str, object], zone: tzinfo) -> str:
    what = "на паузе" if brake["what"] == "pause" else "заглушено"
    why = f" ({brake['why']})" if brake.get("why") else ""
    return f"{what} до {date_and_time(number(brake, 'until'), zone)}: {brake['asked']}{why}"


def _day(facts: Facts, zone: tzinfo) -> str:
    """Return what the last day was like, in one line; ``""`` where that is not known."""
    day = facts.get("day")
    if not isinstance(day, dict):
        return ""
    opened, closed = (datetime.fromtimestamp(number(day, key), zone) for key in ("opened_at", "closed_at"))
    copies = []
    if day.get("recorded") is not None:
        copies.append(f"записано {files(number(day, 'recorded'))}")
    if day.get("copied") is not None:
        copies.append(_copied(day))
    return "; ".join(filter(None, [f"открыт в {opened:%H:%M}, закрыт в {closed:%H:%M}", ", ".join(copies)]))


def _copied(day: Facts) -> str:
    """Return how much was copied, and whether that is all, which is said only where somebody counted what is left."""
    told, left = f"скопировано {files(number(day, 'copied'))}", number(day, "left")
    if day.get("left") is None:
        return told
    if left:
        return f"{told}, осталось {files(left)}"
    return "скопировано всё" if day.get("recorded") else f"{told}, все"


def _numbers(facts: Facts) -> Iterator[str]:
    runs = number(facts, "runs")
    if runs:
        yield counted(runs, "запуск", "запуска", "запусков")
    if facts.get("copied") is not None:
        yield f"скопировано {files(number(facts, 'copied'))}, {size(number(facts, 'copied_bytes'))}"
    for where, amount in _pairs(facts, "free"):
        yield f"свободно {where} {size(int(str(amount)))}"
    if facts.get("cameras") is not None:
        yield counted(number(facts, "cameras"), "камера", "камеры", "камер")


def _facts_of(concern: Mapping[str, object]) -> Facts:
    facts = concern.get("facts")
    return facts if isinstance(facts, Mapping) else {}


def _rows(facts: Facts, key: str) -> list[dict[str, object]]:
    rows = facts.get(key)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, (list, tuple)) else []


def _pairs(facts: Facts, key: str) -> list[tuple[str, object]]:
    pairs = facts.get(key)
    return [*pairs.items()] if isinstance(pairs, dict) else []
