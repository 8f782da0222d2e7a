"""What came of a copy run, for people: one sentence, a table, numbers for the ledger."""

from collections.abc import Sequence
from dataclasses import asdict

from scheduler_runner.runs.result_file import FAILS, WORKS, Subject
from scheduler_runner.russian import duration, files, listed, size
from scheduler_runner.system.filesystem import plain_path
from scheduler_runner.tasks.cameras.copy_values import AWAY, FULL, STUCK, UNTIL, CopyCount
from scheduler_runner.tasks.cameras.root_owners import Greeting
from scheduler_runner.tasks.common.script import FAILED, OK, WARNED, Report

NETWORK_ROOT = "network_root"
"""The network root as a subject of results."""
_ENDED = {
    FULL: "В облаке кончилось место",
    AWAY: "Облако пропало и не вернулось",
    STUCK: "Диск не отвечает час, копирование брошено",
}


def copy_report(count: CopyCount, missing: Sequence[str], greeting: Greeting | None, seconds: float) -> Report:
    """Return the report of a run; ``missing`` are recording roots that are not there.

    ``greeting`` is ``None`` where nobody looked at who writes to the root.
    """
    remarks = [*(greeting.remarks if greeting is not None else ()), *count.passed_over.remarks()]
    parts = [*filter(None, [_ENDED.get(count.ended_by, "")]), _copied(count, seconds), *_rest(count), *remarks]
    if missing:
        parts.append(f"нет папки записей: {', '.join(plain_path(root) for root in missing)}")
    # Where not all was listed, nobody knows how much there is.
    recorded = {day: number for day, number in count.recorded.items() if number and count.is_left_complete}
    metrics = {
        **asdict(count), "recorded": recorded, "passed_over": count.passed_over.files, "seconds": round(seconds, 1),
    }  # fmt: skip
    del metrics["problems"]
    subjects = {}
    if greeting is not None:
        subjects[NETWORK_ROOT] = Subject(FAILS, greeting.others) if greeting.others else Subject(WORKS)
    code = _exit_code(count, missing, remarks)
    return Report(code, "; ".join(parts), metrics, _rows(count, seconds), subjects=subjects)


def _copied(count: CopyCount, seconds: float) -> str:
    return f"Скопировано: {files(count.copied)}, {size(count.copied_bytes)} за {duration(seconds)}"


def _rest(count: CopyCount) -> list[str]:
    """Return what else there is to say of the recordings."""
    least = "" if count.is_left_complete else "не менее чем "
    told = {
        "остановлено по времени, сколько осталось, неизвестно": _is_left_unknown(count),
        f"осталось {least}{files(count.left)}, {size(count.left_bytes)}": count.left,
        f"ещё пишется: {files(count.waiting)}": count.waiting,
        f"имя занято другой записью, скопировано рядом: {files(count.beside)}": count.beside,
        f"не скопировано: {files(count.failed)} ({listed(count.problems, 1)})": count.failed,
    }
    return [text for text, number in told.items() if number]


def _rows(count: CopyCount, seconds: float) -> list[tuple[str, str]]:
    rows = [
        ("скопировано", f"{files(count.copied)}, {size(count.copied_bytes)}", True),
        ("скорость", f"{size(count.copied_bytes / max(seconds, 0.001))}/с", count.copied),
        ("из них рядом, имя занято другой записью", files(count.beside), count.beside),
        ("уже было", files(count.present), True),
        ("ещё пишется", files(count.waiting), count.waiting),
        ("не скопировано", files(count.failed), count.failed),
        ("осталось", f"{files(count.left)}, {size(count.left_bytes)}", count.left),
        ("время", duration(seconds), True),
    ]
    return [("записи", ""), *((name, value) for name, value, is_shown in rows if is_shown)]


def _is_left_unknown(count: CopyCount) -> bool:
    return count.ended_by == UNTIL and not count.is_left_complete and not count.left


def _exit_code(count: CopyCount, missing: Sequence[str], remarks: Sequence[str]) -> int:
    if count.failed or missing or count.ended_by in (FULL, AWAY, STUCK):
        return FAILED
    is_cut_short = count.ended_by == UNTIL and (count.left or not count.is_left_complete)
    return WARNED if count.beside or is_cut_short or remarks else OK
