"""What staff are told of a run, in Russian, and the exit code that goes with it."""

from collections.abc import Sequence

from scheduler_runner.russian import listed
from scheduler_runner.tasks.common.script import FAILED, NOTHING_TO_DO, OK, WARNED
from scheduler_runner.tasks.system_updates.restarting import WARNING_MINUTES
from scheduler_runner.tasks.system_updates.update_values import Found, Kind, Restart, Update, UpdateCount

_NAMED = 5


def installed_text(count: UpdateCount) -> str:
    """Return what was installed and what was not.

    >>> installed_text(UpdateCount())
    'Обновлений нет.'
    """
    sentences = []
    if count.installed:
        sentences.append(f"Установлено обновлений: {_named(count.installed)}.")
    if count.with_errors:
        sentences.append(f"Из них с ошибками: {_named(count.with_errors)}.")
    if count.failed:
        sentences.append(f"Не установлено: {_named([update for update, _ in count.failed])}: {count.failed[0][1]}.")
    if count.left:
        told = count.ended_by.told if count.ended_by is not None else ""
        sentences.append(f"Осталось на следующий раз: {_named(count.left)}{f': {told}' if told else ''}.")
    return " ".join(sentences) or "Обновлений нет."


def offered_text(found: Found, picked: Sequence[Update]) -> str:
    """Return what there is and what would be installed.

    >>> offered_text(Found(()), ())
    'Обновлений нет.'
    """
    if not found.updates:
        return "Обновлений нет."
    important = [update for update in found.updates if update.is_important]
    sentences = [f"Доступно обновлений: {len(found.updates)}, важных: {_named(important)}."]
    if picked:
        sentences.append(f"Было бы установлено: {_named(picked)}.")
    return " ".join(sentences)


def restart_text(restart: Restart) -> str:
    """Return the sentence on the restart; ``""`` where none is needed.

    >>> restart_text(Restart(is_needed=True, hindrance="рабочие часы"))
    'Нужна перезагрузка, отложена: рабочие часы.'
    """
    if not restart.is_needed:
        return ""
    if restart.is_ordered:
        return f"Компьютер перезагрузится через {WARNING_MINUTES} минут."
    return f"Нужна перезагрузка, отложена: {restart.hindrance}." if restart.hindrance else "Нужна перезагрузка."


def found_text(found: Found) -> str:
    """Return what a search brought to light beside updates: what needs a person, and what is doubtful.

    >>> found_text(Found((), broken=("pvz-a",)))
    'Установлено не до конца: pvz-a: нужна команда dpkg --configure -a.'
    """
    sentences = []
    if found.broken:
        sentences.append(f"Установлено не до конца: {listed(found.broken)}: нужна команда dpkg --configure -a.")
    if found.for_people:
        sentences.append(f"Ждут человека: {listed(found.for_people)}.")
    if not found.is_complete:
        sentences.append(found.doubt or "Часть источников обновлений не ответила.")
    sentences += [found.remark] if found.remark else []
    return " ".join(sentences)


def needs_person(found: Found) -> bool:
    """Return whether something important is there that no run installs."""
    return bool(found.for_people or found.remark)


def summary(*sentences: str) -> str:
    """Join what there is to tell."""
    return " ".join(filter(None, sentences))


def exit_code(count: UpdateCount, restart: Restart, found: Found, *, is_overdue: bool = False) -> int:
    """Return 1 where something failed, 75 where somebody else is installing, 10 with a remark, else 0.

    ``is_overdue``: an important update has waited for days.
    """
    if count.failed or found.broken or is_overdue:
        return FAILED
    if count.ended_by is not None and count.ended_by.kind is Kind.BUSY and not count.installed:
        return NOTHING_TO_DO
    has_remark = count.left or count.with_errors or restart.is_needed or not found.is_complete or needs_person(found)
    return WARNED if has_remark else OK


def _named(updates: Sequence[Update]) -> str:
    names = [update.name for update in updates[:_NAMED]] + ["..."] * (len(updates) > _NAMED)
    return f"{len(updates)} ({', '.join(names)})" if updates else "0"
