"""What came of a clean-up, for people: one sentence, a table, numbers for the ledger."""

from dataclasses import dataclass, field, fields

from scheduler_runner.russian import counted, date_text, duration, listed, size
from scheduler_runner.system.filesystem import free_bytes, plain_path
from scheduler_runner.tasks.cameras.clean_values import CleanCount
from scheduler_runner.tasks.common.script import FAILED, OK, WARNED, Report

_NUMBERS = [each.name for each in fields(CleanCount) if each.type is int]


@dataclass(slots=True)
class Sweeps:
    """What became of all roots of one scenario."""

    is_dry_run: bool
    counts: dict[str, CleanCount] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    """Roots that could not be cleaned at all."""

    def total(self, name: str) -> int:
        """Return the sum of a number over all roots."""
        return sum(int(getattr(count, name)) for count in list(self.counts.values()))

    def short_of_room(self) -> list[str]:
        """Return the roots that lack room, though nothing more may go."""
        return [root for root, count in self.counts.items() if count.is_short_of_room]


def clean_report(sweeps: Sweeps, may_be_coming: bool, remarks: list[str], seconds: float) -> Report:
    """Return the report of a clean-up; ``may_be_coming``: a copy was under way."""
    n = {name: sweeps.total(name) for name in _NUMBERS}
    parts = [*_headlines(sweeps, n, may_be_coming), _told_deleted(sweeps, n), *_rest(sweeps, n), *remarks]
    is_unsafe = n["different"] or n["doubted"] or (n["unsaved"] and not may_be_coming)
    is_failed = is_unsafe or n["failed"] or sweeps.refused or sweeps.short_of_room()
    is_remarkable = n["early"] or n["misdated"] or n["unsaved"] or n["untold"] or _dates_ahead(sweeps)
    code = FAILED if is_failed else WARNED if is_remarkable else OK
    return Report(code, "; ".join(parts), {**n, "seconds": round(seconds, 1)}, _rows(sweeps, n, seconds))


def _headlines(sweeps: Sweeps, n: dict[str, int], may_be_coming: bool) -> list[str]:
    """Return what is most urgent, and stands before what was done."""
    told = []
    if sweeps.refused:
        told.append(f"Папка записей недоступна: {', '.join(sweeps.refused)}")
    for root in sweeps.short_of_room():
        more = "удалять пока больше нечего" if n["fresh"] or n["untold"] else "удалять больше нечего"
        told.append(f"Мало места на {root}: свободно {size(free_bytes(root) or 0)}, {more}")
        told += sweeps.counts[root].passed_over.remarks()
    if n["doubted"]:
        told.append(f"Копии повреждены, всё за эти дни оставлено: {_recordings(n['doubted'])}")
    if n["different"]:
        told.append(f"В облаке под тем же именем другая запись, оставлено: {_recordings(n['different'])}")
    if n["unsaved"]:
        missing = "Ещё не скопировано, копирование идёт" if may_be_coming else "Нет копии в облаке"
        told.append(f"{missing}, оставлено: {_recordings(n['unsaved'])}")
    return told


def _told_deleted(sweeps: Sweeps, n: dict[str, int]) -> str:
    if not n["deleted"]:
        return "Удалять нечего"
    what = "Было бы удалено" if sweeps.is_dry_run else "Удалено"
    amount = f", {size(n['deleted_bytes'])}" if n["deleted_bytes"] else ""
    return f"{what}: {_recordings(n['deleted'])}{amount}, {_told_dates(sweeps)}"


def _told_dates(sweeps: Sweeps) -> str:
    dates = sorted({date for count in sweeps.counts.values() for date in count.deleted_dates})
    first_and_last = dict.fromkeys(date_text(date) for date in (dates[0], dates[-1]))
    return "-".join(first_and_last)


def _rest(sweeps: Sweeps, n: dict[str, int]) -> list[str]:
    problems = [plain_path(problem) for count in sweeps.counts.values() for problem in count.problems]
    ahead = _dates_ahead(sweeps)
    told = {
        f"из них раньше срока, мало места на диске: {_recordings(n['early'])}": n["early"],
        f"Дата из будущего: {listed(ahead)}": ahead,
        f"оставлено, дата камеры неверна: {_recordings(n['misdated'])}": n["misdated"],
        f"скопировано только что, оставлено на полдня: {_recordings(n['fresh'])}": n["fresh"],
        f"камеры нового вида, через сутки начнётся удаление старых: {_recordings(n['untold'])}": n["untold"],
        f"оставлено, есть ещё на диске точки: {_recordings(n['still_local'])}": n["still_local"],
        f"не удалось удалить: {n['failed']} ({listed(problems, 1)})": n["failed"],
    }
    return [text for text, number in told.items() if number]


def _dates_ahead(sweeps: Sweeps) -> list[str]:
    last: dict[str, str] = {}
    for count in sweeps.counts.values():
        for uid, date in count.dates_ahead.items():
            last[uid] = max(date, last.get(uid, ""))
    return [f"{uid} {date_text(date)}" for uid, date in sorted(last.items())]


def _rows(sweeps: Sweeps, n: dict[str, int], seconds: float) -> list[tuple[str, str]]:
    deleted = "было бы удалено" if sweeps.is_dry_run else "удалено"
    reasons = {
        "раньше срока, мало места": "early",
        "оставлено, нет копии": "unsaved",
        "оставлено, под именем копии другая запись": "different",
        "оставлено, копии повреждены": "doubted",
        "оставлено, скопировано только что": "fresh",
        "оставлено на сутки, камеры нового вида": "untold",
        "оставлено, есть ещё на диске точки": "still_local",
        "оставлено, дата камеры неверна": "misdated",
        "оставлено, дата из будущего": "ahead",
        "оставлено, два последних дня камеры": "newest",
        "не удалось удалить": "failed",
    }
    rows = [(told, _recordings(n[name])) for told, name in reasons.items() if n[name]]
    amount = f"{_recordings(n['deleted'])}, {size(n['deleted_bytes'])}"
    return [("записи", ""), (deleted, amount), *rows, ("время", duration(seconds))]


def _recordings(number: int) -> str:
    return counted(number, "запись", "записи", "записей")
