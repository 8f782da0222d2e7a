"""What a look at the cameras comes to: one sentence, an exit code, a row a camera. A table of answers. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from config.hours import Hours
from scheduler_runner.runs.result_file import COPYING, FAILS, OUTSIDE_HOURS, TOO_EARLY, WORKS, Subject
from scheduler_runner.russian import listed, moment
from scheduler_runner.system.filesystem import plain_path
from scheduler_runner.tasks.cameras.monitor_rules import (
    FIRST_HOURS,
    VERDICTS,
    Judgement,
    Seen,
    Sighting,
    Verdict,
    Window,
    verdict_on,
    wrote,
)
from scheduler_runner.tasks.common.script import FAILED, NOTHING_TO_DO, OK, WARNED, Report


@dataclass(frozen=True)
class Picture:
    """All that a look showed, and what it says of each camera."""

    seen: Seen
    window: Window
    away: str = "Диск с записями недоступен"
    """What to say of a root that is not there."""
    cause_away: str = ""
    """The name of that cause."""
    is_copying: bool = False

    @cached_property
    def judged(self) -> list[tuple[Sighting, Verdict]]:
        """Every camera with its verdict."""
        return [(each, verdict_on(each, self.window)) for each in self.seen.sightings]

    def titles(self, judgement: Judgement) -> list[str]:
        """Return the cameras of which this is said, as staff know them."""
        return [each.camera.title for each, verdict in self.judged if verdict.judgement is judgement]

    @cached_property
    def complaints(self) -> list[str]:
        """One text for each thing that is wrong, all its cameras in it."""
        found = lacks(self.seen, self.away)
        for verdict in VERDICTS:
            of_these = [each for each, its in self.judged if its is verdict]
            if of_these and verdict.judgement is Judgement.FAILS:
                found.append(_complaint(verdict, of_these, self.window.now))
        return found if found or self.judged else ["Нет записей ни одной камеры"]

    @cached_property
    def remarks(self) -> list[str]:
        """What is no failure, and had better be known."""
        clocks = [
            f"{each.camera.title} показывает {each.clock:%d.%m.%Y %H:%M}"
            for each in self.seen.sightings
            if each.clock is not None
        ]
        named = (
            ("Неверные часы камеры", clocks),
            ("Не описаны в настройках", [f"{kind} {uid}" for kind, uid in self.seen.unlisted]),
        )
        told = [f"{heading}: {', '.join(names)}" for heading, names in named if names]
        return [*told, *self.seen.passed_over.remarks()]

    @property
    def is_only_lacking(self) -> bool:
        """Whether nothing is damaged or unreadable, so that a copy under way may bring all that is missing."""
        failing = [verdict for _, verdict in self.judged if verdict.judgement is Judgement.FAILS]
        return all(verdict.may_come for verdict in failing) and not self.seen.lost and not self.seen.unreadable

    @property
    def has_begun(self) -> bool:
        """Whether anything came since opening; of copies, within the lookback."""
        return any(wrote(each, self.window.begins_at) for each in self.seen.sightings)

    @property
    def is_early(self) -> bool:
        """Whether these are the first hours of work, and the PC may have been off for days."""
        is_all_known = self.seen.newest is not None and not self.seen.lost and not self.seen.unreadable
        return is_all_known and self.window.open_for < min(FIRST_HOURS, self.window.lookback)


@dataclass(frozen=True, slots=True)
class Answer:
    """One way in which a look may end."""

    exit_code: int
    holds: Callable[[Picture], object]
    text: Callable[[Picture], list[str]]
    waits: str = ""


def _fine(picture: Picture) -> str:
    quiet = picture.titles(Judgement.QUIET)
    if not quiet:
        return f"Все камеры пишут: {len(picture.judged)}"
    writing = len(picture.judged) - len(quiet)
    return f"Пишут: {writing} из {len(picture.judged)}, с открытия ещё нет записей: {listed(quiet)}"


ANSWERS = (
    Answer(
        NOTHING_TO_DO,
        lambda picture: picture.is_copying and picture.complaints and picture.is_only_lacking,
        lambda picture: [f"Копирование ещё идёт, судить рано: {'; '.join(picture.complaints)}"],
        COPYING,
    ),
    Answer(
        NOTHING_TO_DO,
        lambda picture: (
            picture.is_early and not picture.has_begun and (picture.complaints or not picture.titles(Judgement.AWAITED))
        ),
        lambda picture: ["Рано судить: с открытия ещё ничего не записано"],
        TOO_EARLY,
    ),
    Answer(FAILED, lambda picture: picture.complaints, lambda picture: [*picture.complaints, *picture.remarks]),
    Answer(
        NOTHING_TO_DO,
        lambda picture: [each for each, verdict in picture.judged if each.is_awaited and each.clock is None],
        lambda picture: [
            f"Рано судить, сегодняшние записи ещё не скопированы: {listed(picture.titles(Judgement.AWAITED))}",
            *picture.remarks,
        ],
        TOO_EARLY,
    ),
    Answer(
        NOTHING_TO_DO,
        lambda picture: picture.titles(Judgement.UNKNOWN),
        lambda picture: [
            f"Рано судить, камеры пишут ещё недолго: {listed(picture.titles(Judgement.UNKNOWN))}",
            *picture.remarks,
        ],
        TOO_EARLY,
    ),
    Answer(
        NOTHING_TO_DO,
        lambda picture: not picture.has_begun,
        lambda picture: ["С открытия ещё ничего не записано", *picture.remarks],
        TOO_EARLY,
    ),
    Answer(WARNED, lambda picture: picture.remarks, lambda picture: [_fine(picture), *picture.remarks]),
    Answer(OK, lambda picture: True, lambda picture: [_fine(picture)]),
)
"""How a look may end: the first that holds counts."""


def report(picture: Picture) -> Report:
    """Return what to tell of the cameras."""
    answer = next(answer for answer in ANSWERS if answer.holds(picture))
    told = {Judgement.WORKS} if answer.exit_code != FAILED else {Judgement.WORKS, Judgement.FAILS}
    is_away = bool(picture.seen.lost) and answer.exit_code == FAILED
    return Report(
        answer.exit_code,
        "; ".join(answer.text(picture)),
        metrics={
            "cameras": len(picture.judged),
            "wrong": len(picture.titles(Judgement.FAILS)),
            "unlisted": len(picture.seen.unlisted),
            "recent": sum(each.recent for each in picture.seen.sightings),
        },
        rows=[("камера", "последняя запись", "записей", "состояние"), *(_row(*each) for each in picture.judged)],
        subjects={
            each.camera.id: _subject(each, verdict, picture.window)
            for each, verdict in picture.judged
            if verdict.judgement in told
        },
        waits=answer.waits,
        cause=picture.cause_away if is_away else "",
        cause_text=picture.away if is_away and picture.cause_away else "",
    )


def lacks(seen: Seen, away: str) -> list[str]:
    """Return one text, for staff, for the roots that are away and one for the folders that cannot be read."""
    return [
        f"{heading}: {listed([plain_path(path) for path in paths])}"
        for heading, paths in ((away, seen.lost), ("Не читается", seen.unreadable))
        if paths
    ]


def closed_report(hours: Hours, now: datetime, what: str) -> Report:
    """Return what to tell outside the working hours."""
    span = hours.of(now.date())
    if span is None:
        told = "Сегодня закрыто"
    else:
        opening, closing = (f"{minute // 60:02d}:{minute % 60:02d}" for minute in span)
        told = f"Вне рабочих часов ({opening}-{closing})"
    return Report(NOTHING_TO_DO, f"{told}: {what}", waits=OUTSIDE_HOURS)


def at_closing(told: Report, window: Window) -> Report:
    """Say for which hours it was judged: by hand it is looked at any hour."""
    return replace(told, summary=f"Судя по рабочему времени до {moment(window.judged_at, window.now)}: {told.summary}")


def _complaint(verdict: Verdict, sightings: Sequence[Sighting], now: datetime) -> str:
    since = [_since(verdict, each, now) for each in sightings]
    if len(set(since)) == 1:  # they fell silent together
        return f"{verdict.heading}{since[0]}: {', '.join(_named(verdict, each) for each in sightings)}"
    return f"{verdict.heading}: {', '.join(_named(verdict, each) + text for each, text in zip(sightings, since))}"


def _since(verdict: Verdict, sighting: Sighting, now: datetime) -> str:
    return f" с {moment(sighting.newest, now)}" if verdict.is_dated else ""


def _named(verdict: Verdict, sighting: Sighting) -> str:
    detail = verdict.detail(sighting)
    return f"{sighting.camera.title}: {detail}" if detail else sighting.camera.title


def _subject(sighting: Sighting, verdict: Verdict, window: Window) -> Subject:
    """Return one camera's state as it stands alone in a notice: ``нет записей с 14:00 — клиентская зона``."""
    where = f" — {sighting.camera.where}" if sighting.camera.where else ""
    if verdict.judgement is Judgement.WORKS:
        return Subject(WORKS, f"{'пишет' if window.is_prompt else 'копируется'}{where}")
    detail = verdict.detail(sighting)
    told = verdict.heading[:1].lower() + verdict.heading[1:] + _since(verdict, sighting, window.now)
    told = f"{told}: {detail}" if detail else told
    return Subject(FAILS, f"{told if window.is_prompt else f'в облаке: {told}'}{where}")


def _row(sighting: Sighting, verdict: Verdict) -> tuple[str, ...]:
    newest = "-" if sighting.newest is None else f"{sighting.newest:%d.%m.%Y %H:%M:%S}"
    return sighting.camera.title, newest, str(sighting.recent), verdict.state
