"""How notices become messages: one by itself, or many merged, the state as it is now first. Pure.

A message begins with the point's id; its first line is what a phone's lock screen shows.
"""

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from scheduler_runner.notices.news import EVERYBODY, Kind, Notice, condensed
from scheduler_runner.notices.phrases import cut, lowered, short
from scheduler_runner.notices.sentences import text_of
from scheduler_runner.russian import date_and_time

PART_UNITS = 3500
"""A message's length, in UTF-16 units as Telegram counts: below its 4096, for the tags that are added."""

_MERGED_DETAIL = 200
_GROUPS = (
    ("сбой", (Kind.FAILING, Kind.REMINDER)),
    ("не выполняется", (Kind.IDLE,)),
    ("с перебоями", (Kind.UNSTABLE,)),
    ("снова работает", (Kind.RECOVERED,)),
)
"""How a merged message's first line goes: what of it is wrong now, the worst first, then what no longer is."""


def messages(point: str, notices: Sequence[Notice], zone: tzinfo, audience: str = EVERYBODY) -> list[str]:
    """Return the notices as one message, in several parts where it is too long; each begins with ``point``.

    ``audience``: who reads it; of how the day was each is told what is theirs.
    """
    notices = [notice._replace(facts={**notice.facts, "audience": audience}) for notice in notices]
    after = "после обновления: " if all(notice.facts.get("after_update") for notice in notices) else ""
    kept = condensed(notices)
    if len(kept) == 1:
        text = text_of(kept[0], zone)
        whole = "\n".join((f"{point}: {after}{text.headline}", *text.details))
    else:
        whole = "\n".join((f"{point}: {after}{_headline(kept, zone)}", *_merged(kept, zone)))
    return split(whole, point)


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


def refused(point: str) -> str:
    """Return what is told in the place of a text that was refused for good, without a word of it."""
    return f"{point}: одно сообщение не принято, оно в журнале runner"


def moved(chat: str) -> str:
    """Return what is added to a message for a group that has a new id."""
    return f"Группа стала супергруппой: впишите в настройки chat_id = {chat}"


def _headline(notices: Sequence[Notice], zone: tzinfo) -> str:
    """Return how things stand now: of each kind of news the last one by its name, and how many more there are."""
    told = []
    for heading, kinds in _GROUPS:
        group = [notice for notice in notices if notice.kind in kinds]
        told += [f"{heading}: {_named(group)}"] if group else []
    grouped = {kind for _, kinds in _GROUPS for kind in kinds}
    others = [notice for notice in notices if notice.kind not in grouped and notice.kind is not Kind.DIGEST]
    if not others and not any(notice.kind in grouped and notice.kind is not Kind.RECOVERED for notice in notices):
        others = [notice for notice in notices if notice.kind is Kind.DIGEST]
    # A beginning before what could wait; of these the last is the newest.
    others.sort(key=lambda notice: notice.kind.can_wait)
    told += [text_of(others[0], zone).headline + _more(others)] if others else []
    return " · ".join(told)


def _named(group: Sequence[Notice]) -> str:
    newest = group[-1]
    name = short(str(newest.facts.get("level") or "task"), {"title": newest.task, **newest.facts})
    return lowered(name) + _more(group)


def _more(group: Sequence[Notice]) -> str:
    return f" и ещё {len(group) - 1}" if len(group) > 1 else ""


def _merged(notices: Sequence[Notice], zone: tzinfo) -> Iterator[str]:
    order = [kind for _, kinds in _GROUPS[:-1] for kind in kinds]
    for notice in sorted(notices, key=lambda notice: (notice.kind not in order, notice.at)):
        text = text_of(notice, zone)
        yield f"{date_and_time(notice.at, zone)} {text.headline}"
        if notice.kind in (Kind.DIGEST, Kind.CONFIG) or notice.facts.get("level") == "config":
            yield from text.details
        elif text.details:
            yield f"   {cut('; '.join(text.details), _MERGED_DETAIL)}"


def _units(text: str) -> int:
    return len(text) + sum(letter > "\uffff" for letter in text)


def _short_lines(text: str, limit: int) -> Iterator[str]:
    """Yield the lines; one that is too long in pieces of at most ``limit`` units, whatever its letters."""
    for line in text.split("\n"):
        step = limit if _units(line) == len(line) else limit // 2
        yield from (line[start : start + step] for start in range(0, max(len(line), 1), step))
