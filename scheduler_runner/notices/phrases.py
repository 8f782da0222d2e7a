"""What is wrong, in the words of those who read it: the first line of a notice, and what stands for it elsewhere.

Pure, Russian, and as short as a lock screen. ``facts`` are a level's or a notice's; none of them need be there.
"""

from collections.abc import Mapping

from scheduler_runner.notices.news import CAUSE, SUBJECT, TASK
from scheduler_runner.russian import counted, plain_words

Facts = Mapping[str, object]

LINE = 110
"""So many letters are a first line that a phone shows whole."""
_SHORT = 60
_FRESH_SECONDS = 2 * 3600
_TOO_MUCH = 2**63

WRONG = {
    "config": "ошибка в настройках",
    "clock_back": "часы переведены назад",
    "clock_ahead": "долго не было запусков",
    "ledger_damaged": "журнал учёта был повреждён",
    "defect": "ошибка в самой программе",
    "exposed": "программа не защищена",
    "packages": "не хватает частей программы",
    "undelivered": "уведомления не доходят",
}
"""What is wrong that is no task, by the level's kind."""

ADVICE = {
    "config": "Поправьте то, что названо ниже",
    "clock_back": "Проверьте дату, время и часовой пояс",
    "clock_ahead": "Если компьютер был включён, проверьте дату и Планировщик заданий",
    "ledger_damaged": "Начат новый, старый сохранён рядом; проверьте диск",
    "defect": "Пришлите журнал runner разработчику",
    "exposed": "Запустите от имени администратора: pvz install --harden",
    "packages": "Запустите: pip install -r requirements.txt",
    "undelivered": "Проверьте сеть, токен и чат: pvz notify --test",
}
"""What to do about it."""


def phrase(kind: str, state: str, facts: Facts) -> str:
    """Return what is wrong with something in one line.

    >>> phrase("task", "fails", {"title": "Копирование записей"})
    'сбой: Копирование записей'
    """
    if kind == TASK and state == "idle":
        return f"не выполняется: {title(facts)}"
    if kind == TASK:
        return cut(shown(facts, "summary"), LINE) or f"сбой: {title(facts)}"
    if kind in (SUBJECT, CAUSE):
        return cut(shown(facts, "text"), LINE) or f"сбой: {shown(facts, 'subject') or title(facts)}"
    return WRONG.get(kind, "событие")


def short(kind: str, facts: Facts) -> str:
    """Return what something is called where several stand in one line."""
    if kind == TASK:
        return title(facts)
    return cut(shown(facts, "text"), _SHORT) if kind in (SUBJECT, CAUSE) else WRONG.get(kind, "событие")


def advice(kind: str, facts: Facts) -> str:
    """Return what to do; ``""`` where nobody has said it."""
    return ADVICE.get(kind) or shown(facts, "advice")


def unchecked_since(kind: str, state: str, looked_at: int, now: int) -> int:
    """Return since when nobody has looked at what fails, where that is no longer fresh; else 0.

    The configuration is looked at in every tick, and noted only where it changes.
    """
    is_stale = state == "fails" and kind != "config" and looked_at and now - looked_at > _FRESH_SECONDS
    return looked_at if is_stale else 0


def title(facts: Facts) -> str:
    """Return what a task is called."""
    return shown(facts, "title") or shown(facts, "task")


def shown(facts: Facts, key: str, most: int = 600) -> str:
    """Return a text in one line, the system's usual errors in Russian; ``""`` where there is none."""
    return cut(plain_words(" ".join(str(facts.get(key) or "").split())), most)


def number(facts: Facts, key: str) -> int:
    """Return a whole number; 0 where there is none."""
    value = facts.get(key)
    return int(value) if isinstance(value, (int, float)) and abs(value) < _TOO_MUCH else 0  # NaN is not, either


def cut(text: str, most: int) -> str:
    """Return a text no longer than so many letters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def failures(count: int) -> str:
    """Return how often something failed."""
    return counted(count, "неудача", "неудачи", "неудач")


def lowered(text: str) -> str:
    """Return a text as it goes on after a colon, but for a name: in capitals, or in Latin letters.

    >>> lowered("Облако недоступно"), lowered("СОСНОВКА"), lowered("CopyScript")
    ('облако недоступно', 'СОСНОВКА', 'CopyScript')
    """
    is_word = text[1:2].islower() and not text[:1].isascii()
    return text[:1].lower() + text[1:] if is_word else text
