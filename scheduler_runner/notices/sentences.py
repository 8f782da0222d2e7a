"""Every text that staff read in a notice of one kind, in Russian: the news, what to do, then small print. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, tzinfo
from typing import NamedTuple

from scheduler_runner.notices.digest_text import digest_text
from scheduler_runner.notices.news import Kind, Notice
from scheduler_runner.notices.phrases import (
    LINE,
    WRONG,
    Facts,
    advice,
    failures,
    lowered,
    number,
    phrase,
    shown,
    title,
    unchecked_since,
)
from scheduler_runner.russian import counted, date_and_time, duration, listed
from scheduler_runner.version import VERSION

_OUTCOMES = {
    "failed": "Программа завершилась с ошибкой",
    "timed_out": "Не уложилась в отведённое время",
    "not_started": "Программа не запустилась",
    "interrupted": "Прервана, и не первый раз подряд",
}
_WHY_IDLE = {
    "skipped": "Каждый раз откладывается",
    "missed": "Время проходит, а запуска нет: занята ею самой или соседней задачей",
    "interrupted": "Каждый раз прерывается",
}


class Text(NamedTuple):
    """What a notice says: the headline, and lines below it."""

    headline: str
    details: tuple[str, ...] = ()


def text_of(notice: Notice, zone: tzinfo) -> Text:
    """Return what a notice says; of one whose facts are not as they should be, at least that it is there."""
    try:
        headline, *details = (" ".join(line.split()) for line in _TEXTS[notice.kind](_known(notice), zone) if line)
    except Exception:  # noqa: BLE001 - one record among many, and it must hold up no other
        return Text(f"событие, которое не читается {notice.task}".rstrip(), ("Подробности в журнале runner",))
    return Text(headline, tuple(details))


def _known(notice: Notice) -> Facts:
    """Return a notice's facts with what every text may ask for; one of an older version names its task alone."""
    return {"level": "task", "state": "fails", "title": notice.task, **notice.facts, "at": notice.at}


def _failing(facts: Facts, zone: tzinfo) -> Iterator[str]:
    kind = str(facts["level"])
    news = phrase(kind, str(facts["state"]), facts)
    yield news
    yield from _why(facts, news)
    yield advice(kind, facts)
    if kind != "cause":
        yield _small_print(facts, zone)


def _idle(facts: Facts, zone: tzinfo) -> Iterator[str]:
    since = f" с {date_and_time(number(facts, 'idle_since'), zone)}" if facts.get("idle_since") else ""
    yield f"{phrase('task', 'idle', facts)}{since}"
    why = _WHY_IDLE.get(str(facts.get("outcome")), "")
    yield ": ".join(filter(None, (why, lowered(shown(facts, "summary")))))
    yield advice("task", facts)


def _unstable(facts: Facts, zone: tzinfo) -> Iterator[str]:
    yield f"с перебоями: {_what(facts)}"
    yield f"Сейчас {'работает' if facts['state'] == 'works' else 'не работает'}, состояние то и дело меняется"
    yield advice(str(facts["level"]), facts)
    yield "Об отдельных переменах больше не сообщается, пока сутки не пройдут без них"


def _reminder(facts: Facts, zone: tzinfo) -> Iterator[str]:
    yield f"всё ещё {'с перебоями: ' * (facts['state'] == 'works')}{_what(facts)}"
    yield ", ".join(filter(None, (
        f"с {date_and_time(number(facts, 'idle_since') or number(facts, 'since'), zone)}",
        failures(number(facts, "failures")) if number(facts, "failures") > 1 else "",
        _unchecked(facts, zone),
    )))  # fmt: skip
    yield _time_left(facts, zone)
    yield advice(str(facts["level"]), facts)
    yield from _problems(facts)


def _recovered(facts: Facts, zone: tzinfo) -> Iterator[str]:
    kind, seconds = str(facts["level"]), number(facts, "seconds")
    if facts.get("since") and facts.get("ended_at"):
        seconds = number(facts, "ended_at") - number(facts, "since")
    if kind == "undelivered":
        yield f"уведомления снова доходят: {shown(facts, 'name')}"
    elif kind == "task":
        yield f"снова работает: {title(facts)}"
    elif shown(facts, "works"):
        yield f"снова {lowered(shown(facts, 'works', LINE))}"
    else:
        yield f"прошло: {_what(facts)}"
    times = number(facts, "failures")
    yield f"Длилось {duration(max(0, seconds))}" + (f", {failures(times)}" if times > 1 else "")


def _missed(facts: Facts, zone: tzinfo) -> Iterator[str]:
    count, last = number(facts, "count"), date_and_time(number(facts, "last"), zone)
    times = counted(count, "раз", "раза", "раз")
    yield f"не запускалось вовремя: {title(facts)}"
    yield f"По плану {last}" if count == 1 else f"{times}, последний {last}"
    yield "Компьютер был выключен или занят"


def _interrupted(facts: Facts, zone: tzinfo) -> Iterator[str]:
    yield f"прервано и не доделано: {title(facts)}"
    yield f"По плану {date_and_time(number(facts, 'slot'), zone)}"
    yield "Компьютер выключили или перезагрузили посреди работы"


def _stopped(facts: Facts, zone: tzinfo) -> Iterator[str]:
    yield f"остановлено вручную: {title(facts)}"
    yield f"По плану {date_and_time(number(facts, 'slot'), zone)}"


def _defect(facts: Facts, zone: tzinfo) -> Iterator[str]:
    yield f"{WRONG['defect']} {title(facts)}".rstrip()
    yield advice("defect", facts)
    yield shown(facts, "reason")


def _config(facts: Facts, zone: tzinfo) -> Iterator[str]:
    yield WRONG["config"]
    yield from _problems(facts)


def _problems(facts: Facts) -> Iterable[str]:
    """Return what is wrong in the configuration: of one notice, or of several that came together."""
    problems = facts.get("problems")
    return map(str, problems if isinstance(problems, list) else [facts.get("problem") or ""])


def _clock_back(facts: Facts, zone: tzinfo) -> Iterator[str]:
    now, newest = (date_and_time(number(facts, key), zone, with_year=True) for key in ("now", "newest"))
    yield WRONG["clock_back"]
    yield f"Сейчас {now}, а последний запуск {newest}"
    yield advice("clock_back", facts)


def _clock_ahead(facts: Facts, zone: tzinfo) -> Iterator[str]:
    days = counted((number(facts, "now") - number(facts, "last")) // 86400, "день", "дня", "дней")
    yield f"{days} без запусков: часы ушли вперёд или компьютер был выключен"
    yield f"Прошлый раз {date_and_time(number(facts, 'last'), zone, with_year=True)}"
    yield advice("clock_ahead", facts)


def _ledger_damaged(facts: Facts, zone: tzinfo) -> Iterator[str]:
    yield WRONG["ledger_damaged"]
    yield advice("ledger_damaged", facts)
    yield shown(facts, "reason")


def _ledger_away(facts: Facts, zone: tzinfo) -> Iterator[str]:
    failed, problems = (value if isinstance(value := facts.get(key), list) else [] for key in ("failed", "problems"))
    yield "журнал учёта не записывается"
    yield from (f"сбой: {name}" for name in failed)
    yield from (f"{WRONG['config']}: {problem}" for problem in problems)
    yield "Проверьте, есть ли место на диске; задачи пока выполняются без журнала"
    yield shown(facts, "reason")


def _exposed(facts: Facts, zone: tzinfo) -> Iterator[str]:
    yield WRONG["exposed"]
    yield "Обычный пользователь может подменить то, что запускается с правами администратора"
    yield advice("exposed", facts)
    yield shown(facts, "reason")


def _packages(facts: Facts, zone: tzinfo) -> Iterator[str]:
    yield WRONG["packages"]
    yield advice("packages", facts)
    yield shown(facts, "reason")


def _undelivered(facts: Facts, zone: tzinfo) -> Iterator[str]:
    since = f" с {date_and_time(number(facts, 'failing_since'), zone)}" if facts.get("failing_since") else ""
    yield f"{WRONG['undelivered']}{since}: {shown(facts, 'name')}"
    yield advice("undelivered", facts)
    yield shown(facts, "reason")


def _brake_ends(facts: Facts, zone: tzinfo) -> Iterator[str]:
    what = "пауза" if facts.get("what") == "pause" else "тишина"
    yield f"последний день: {what}, {shown(facts, 'asked')}"
    yield f"Кончается {date_and_time(number(facts, 'until'), zone)}"
    yield shown(facts, "why")


def _digest(facts: Facts, zone: tzinfo) -> Iterable[str]:
    return digest_text(facts, zone)


def _test(facts: Facts, zone: tzinfo) -> Iterator[str]:
    yield "проверка уведомлений"
    yield "Если вы это читаете, они доходят"


def _unreadable(facts: Facts, zone: tzinfo) -> Iterator[str]:
    raise ValueError("it is of another version")


def _what(facts: Facts) -> str:
    """Return what is wrong, as it goes on after a colon."""
    state = "fails" if facts["state"] == "works" else str(facts["state"])
    return lowered(phrase(str(facts["level"]), state, facts))


def _why(facts: Facts, news: str) -> Iterator[str]:
    """Yield the script's own sentence where the headline is not all of it, else what the outcome means."""
    if facts["level"] == "cause":
        titles = facts.get("titles")
        yield f"Ждут: {listed([str(each) for each in titles])}" if isinstance(titles, list) and titles else ""
    elif facts["level"] == "task":
        whole = shown(facts, "summary")
        yield whole if whole != news else ""
        if not whole:
            yield _OUTCOMES.get(str(facts.get("outcome")), "")
            last_words = shown(facts, "tail")
            yield f"Последние слова программы: {last_words}" if last_words else ""
            yield shown(facts, "reason") if facts.get("outcome") == "not_started" else ""


def _small_print(facts: Facts, zone: tzinfo) -> str:
    attempt = number(facts, "attempt")
    return " · ".join(filter(None, (
        title(facts),
        f"по плану {date_and_time(number(facts, 'slot'), zone)}" if facts.get("slot") else "",
        f"попытка {attempt}" if attempt > 1 else "",
        f"версия {VERSION}",
    )))  # fmt: skip


def _unchecked(facts: Facts, zone: tzinfo) -> str:
    state = "fails" if facts["state"] == "works" else str(facts["state"])  # what is unstable works now and then
    since = unchecked_since(str(facts["level"]), state, number(facts, "looked_at"), number(facts, "at"))
    return f"не проверялось с {date_and_time(since, zone)}" if since else ""


def _time_left(facts: Facts, zone: tzinfo) -> str:
    full_at = number(facts, "full_at")
    return f"Диск заполнится примерно {datetime.fromtimestamp(full_at, zone):%d.%m}" if full_at else ""


_TEXTS: "Mapping[Kind, Callable[[Facts, tzinfo], Iterable[str]]]" = {
    Kind.FAILING: _failing,
    Kind.IDLE: _idle,
    Kind.UNSTABLE: _unstable,
    Kind.REMINDER: _reminder,
    Kind.RECOVERED: _recovered,
    Kind.MISSED: _missed,
    Kind.INTERRUPTED: _interrupted,
    Kind.STOPPED: _stopped,
    Kind.BRAKE_ENDS: _brake_ends,
    Kind.DEFECT: _defect,
    Kind.CONFIG: _config,
    Kind.CLOCK_BACK: _clock_back,
    Kind.CLOCK_AHEAD: _clock_ahead,
    Kind.LEDGER_DAMAGED: _ledger_damaged,
    Kind.LEDGER_AWAY: _ledger_away,
    Kind.EXPOSED: _exposed,
    Kind.PACKAGES: _packages,
    Kind.UNDELIVERED: _undelivered,
    Kind.DIGEST: _digest,
    Kind.TEST: _test,
    Kind.UNREADABLE: _unreadable,
}
