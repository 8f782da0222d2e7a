"""Keep the operating system up to date without surprising anybody; see docs/system-updates.md for the rules.

By hand: ``python -m scheduler_runner.tasks.system_updates.UpdateOS --help``.
"""

from scheduler_runner.system.ctrl_c import end_at_once

if __name__ == "__main__":
    end_at_once()  # while the rest is loaded: run_script answers it from then on

import argparse
import logging
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from config.base_config import PATH_CONFIG
from scheduler_runner.errors import UsageError
from scheduler_runner.system.clock import awake_seconds
from scheduler_runner.tasks.common.script import FAILED, NOTHING_TO_DO, Report, run_script
from scheduler_runner.tasks.system_updates.config.system_updates_config import MAX_MINUTES, USER
from scheduler_runner.tasks.system_updates.pending_restart import restart_reasons
from scheduler_runner.tasks.system_updates.restarting import (
    LastOffer,
    OrderedRestart,
    WaitingSince,
    order_restart,
    restart_hindrance,
    running_tasks,
    wait_for_tasks,
)
from scheduler_runner.tasks.system_updates.settings import UpdateSettings, load_update_settings
from scheduler_runner.tasks.system_updates.update_report import (
    exit_code,
    found_text,
    installed_text,
    needs_person,
    offered_text,
    restart_text,
    summary,
)
from scheduler_runner.tasks.system_updates.update_values import (
    Found,
    Kind,
    Options,
    Restart,
    Trouble,
    Update,
    UpdateCount,
    UpdateSystem,
    chosen,
)
from scheduler_runner.tasks.system_updates.updating import install_all, require_space

_SILENT_DAYS = 60
_NUMBER = re.compile(r"(?:KB)?(\d{6,8})")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.:-]+", re.IGNORECASE)
_NO_RIGHTS = (
    f'no administrator\'s rights: in Task Scheduler the entry that starts "--user {USER}" needs '
    '"Run with highest privileges" (on Linux: root)'
)
_NO_RIGHTS_TOLD = (
    f"Нет прав администратора: в Планировщике заданий у записи, которая запускает «--user {USER}», включите "
    "«Выполнить с наивысшими правами»"
)

logger = logging.getLogger(__name__)


def system_here() -> UpdateSystem | None:
    """Return what installs updates on this PC; ``None`` where nothing that is known does."""
    if sys.platform == "win32":
        from scheduler_runner.tasks.system_updates.windows_updates import WindowsUpdates

        return WindowsUpdates()
    if shutil.which("apt-get"):
        from scheduler_runner.tasks.system_updates.apt_updates import AptUpdates

        return AptUpdates()
    return None


def main(argv: Sequence[str] | None = None, find_system: "Callable[[], UpdateSystem | None]" = system_here) -> int:
    """Update, report, and return the exit code: 0, 1 failed, 3 wrong configuration, 10 with a remark, 75 busy."""
    return run_script(partial(_update, find_system=find_system), _parser(), argv)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scheduler_runner.tasks.system_updates.UpdateOS",
        description="Install the operating system's security and critical updates.",
        allow_abbrev=False,
    )
    parser.add_argument("--check", action="store_true", help="only tell what there is, and whether a restart is due")
    parser.add_argument("--dry-run", action="store_true", help="do everything but download, install and restart")
    parser.add_argument("--all", action="store_true", help="install the other updates, too")
    parser.add_argument("--exclude", nargs="+", default=[], metavar="KB", help="leave these out: KB5034441, a package")
    parser.add_argument(
        "--max-minutes", type=int, default=MAX_MINUTES, metavar="N", help="begin no update later than that"
    )
    parser.add_argument(
        "--reboot",
        choices=("never", "if-needed"),
        default="never",
        help="restart outside working hours; default: never",
    )
    return parser


def _update(arguments: argparse.Namespace, *, find_system: "Callable[[], UpdateSystem | None]") -> Report:
    started = awake_seconds()
    options = Options(arguments.all, _excluded(arguments.exclude))
    until = started + _minutes(arguments.max_minutes) * 60
    settings = load_update_settings()
    system = find_system()
    if system is None:
        logger.error(
            "updates of %s are not known here: Windows, or a system with apt-get, would be right", sys.platform
        )
        return Report(FAILED, f"Обновления этой системы ({sys.platform}) не поддерживаются, ничего не сделано")
    is_test = settings.point.env_mode == "test"
    is_told_only = arguments.check or arguments.dry_run or is_test
    if not is_told_only and not system.is_privileged():
        logger.error("%s", _NO_RIGHTS)
        return Report(FAILED, _NO_RIGHTS_TOLD)
    try:
        found = system.search()
    except Trouble as trouble:
        return _search_failed(trouble)
    picked = chosen(found.updates, options)
    silent_days = LastOffer(PATH_CONFIG["LOGS_ROOT"]).silent_days(bool(found.updates), time.time())
    if sys.platform == "win32" and silent_days >= _SILENT_DAYS and not found.remark:
        told = f"За {silent_days} дней не предложено ни одного обновления: не приостановлены ли они?"
        found = replace(found, remark=told)
    _log_found(found, picked, awake_seconds() - started)
    if is_told_only:
        mode = "Тестовый режим, ничего не ставится." if is_test else ""
        return _told(mode, system, found, () if arguments.check else picked)
    count = install_all(system, picked, until)
    restart = _restart(count, arguments.reboot, settings, until)
    return _report(found, count, restart, started)


def _search_failed(trouble: Trouble) -> Report:
    told = f"Поиск обновлений не удался: {trouble.told}"
    restart = restart_text(Restart(bool(restart_reasons())))
    is_busy = trouble.kind is Kind.BUSY
    logger.log(logging.WARNING if is_busy else logging.ERROR, "%s", trouble)
    code = NOTHING_TO_DO if is_busy else FAILED
    return Report(code, summary(f"{told}.", restart), cause=trouble.cause, cause_text=trouble.cause_text)


def _log_found(found: Found, picked: Sequence[Update], seconds: float) -> None:
    logger.info("found updates=%d chosen=%d seconds=%.1f", len(found.updates), len(picked), seconds)
    for update in found.updates:
        choice = f"left to a person, {update.by_hand}:" if update.by_hand else "left out"
        facts = f'{update.name} title="{update.title}" important={update.is_important} most_bytes={update.size_bytes}'
        logger.info("%s %s", "chosen" if update in picked else choice, facts)


def _told(mode: str, system: UpdateSystem, found: Found, picked: Sequence[Update]) -> Report:
    """Report what there is and what would be installed, were it not for the mode."""
    restart = Restart(bool(restart_reasons()))
    sentences = [mode, offered_text(found, picked), restart_text(restart)]
    metrics = {"found": len(found.updates), "chosen": len(picked), "restart_pending": restart.is_needed}
    try:
        for update in picked:
            require_space(system, update)
    except Trouble as trouble:
        logger.error("%s", trouble)
        return Report(FAILED, summary(*sentences, f"Не удалось бы: {trouble.told}."), metrics)
    code = exit_code(UpdateCount(), restart, found)
    return Report(code, summary(*sentences, found_text(found)), metrics)


def _restart(count: UpdateCount, policy: str, settings: UpdateSettings, until: float) -> Restart:
    reasons = restart_reasons()
    last = OrderedRestart(PATH_CONFIG["LOGS_ROOT"])
    if not reasons and not count.needs_restart:
        last.note(())
        return Restart()
    logger.warning("a restart is due: %s", ", ".join(reasons) or "an update asked for it")
    if policy == "never":
        return Restart(is_needed=True)
    if not count.needs_restart and last.was_in_vain(reasons):
        return Restart(is_needed=True, hindrance="перезагрузка по этой причине уже была и не помогла")
    hindrance = _hindrance(count, settings, until)
    if hindrance:
        return Restart(is_needed=True, hindrance=hindrance)
    last.note(reasons)
    return order_restart()


def _hindrance(count: UpdateCount, settings: UpdateSettings, until: float) -> str:
    """Return, in Russian, why the PC must not restart; waits for running tasks as long as the run may last."""
    if count.ended_by is not None and count.ended_by.kind is Kind.BUSY:
        return count.ended_by.told
    look = partial(running_tasks, PATH_CONFIG["LOGS_ROOT"], os.environ.get("SCHEDULER_RUN_ID", ""))
    hindrance = restart_hindrance(datetime.now(settings.zone), settings.hours)
    if not hindrance and (running := wait_for_tasks(look, until)):
        return f"выполняется {', '.join(running)}"
    # While it waited, working hours may have begun.
    return hindrance or restart_hindrance(datetime.now(settings.zone), settings.hours)


def _report(found: Found, count: UpdateCount, restart: Restart, started: float) -> Report:
    metrics = {
        "found": len(found.updates),
        "installed": len(count.installed),
        "failed": len(count.failed),
        "left": len(count.left),
        "download_seconds": round(count.download_seconds, 1),
        "install_seconds": round(count.install_seconds, 1),
        "seconds": round(awake_seconds() - started, 1),
        "restart_pending": restart.is_needed,
    }
    is_overdue = WaitingSince(PATH_CONFIG["LOGS_ROOT"]).is_overdue(found.for_people, time.time())
    has_news = count.installed or count.failed or count.left or not (found.broken or needs_person(found))
    text = summary(installed_text(count) if has_news else "", found_text(found), restart_text(restart))
    code, ended_by = exit_code(count, restart, found, is_overdue=is_overdue), count.ended_by
    if ended_by is None or code not in (FAILED, NOTHING_TO_DO):
        return Report(code, text, metrics)
    return Report(code, text, metrics, cause=ended_by.cause, cause_text=ended_by.cause_text)


def _minutes(minutes: int) -> int:
    if not 1 <= minutes <= MAX_MINUTES:
        raise UsageError(
            f"--max-minutes {minutes} is wrong: a whole number from 1 to {MAX_MINUTES} would be right, "
            "so that the last update ends before the task's timeout"
        )
    return minutes


def _excluded(names: Sequence[str]) -> frozenset[str]:
    """Return the names in upper case, numbers as ``KB5034441``."""
    excluded = set()
    for name in names:
        number = _NUMBER.fullmatch(name.upper())
        if number is None and not _PACKAGE.fullmatch(name):
            raise UsageError(f"--exclude {name!r} is wrong: KB5034441, or the name of a package, would be right")
        excluded.add(f"KB{number[1]}" if number else name.upper())
    return frozenset(excluded)


if __name__ == "__main__":
    sys.exit(main())
