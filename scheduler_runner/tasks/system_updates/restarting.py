"""Restart the PC, when nobody needs it and nothing would be broken off."""

import glob
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from config.hours import Hours
from scheduler_runner.runs.task_lock import Holder, read_holder
from scheduler_runner.system.clock import awake_seconds, read_clock
from scheduler_runner.system.folders import is_folder_name
from scheduler_runner.system.layout import Layout
from scheduler_runner.system.own_files import read_own, write_whole
from scheduler_runner.system.process_identity import is_alive, runs_for_owner_of
from scheduler_runner.system.programs import run_program, system_program
from scheduler_runner.tasks.system_updates.update_values import Restart

WARNING_MINUTES = 5
"""So long the user at the PC can cancel the restart."""
_RESTART_MINUTES = 20
"""So long a PC may need to come back, with updates to finish."""
_LOOK_SECONDS = 30.0
_ALREADY_ORDERED = 1190
_MOST_BYTES = 64 * 1024
_OVERDUE_SECONDS = 3 * 86400

logger = logging.getLogger(__name__)


def restart_hindrance(now: datetime, hours: Hours) -> str:
    """Return, in Russian, why a restart may not be ordered now; ``""``: it may.

    The PC has to be back before the point opens. ``now`` is the point's local time, as ``hours`` are.
    """
    away = (now + timedelta(minutes=minute) for minute in range(WARNING_MINUTES + _RESTART_MINUTES))
    return "рабочие часы" if any(map(hours.is_open, away)) else ""


def running_tasks(logs_root: str, own_run: str) -> list[str]:
    """Return the tasks of every user that run now, by the records that stand beside their locks.

    A lock is not tried: that would keep a task from starting. ``own_run`` is the run that asks. Another account's
    record counts where what it names lives as that account: it could as well go on running a program of its own.
    """
    folders = [own.locks for own in Layout(logs_root).users()]
    records = [path for folder in folders for path in glob.glob(os.path.join(glob.escape(folder), "*.json"))]
    holders = ((path, read_holder(path, is_anyones=True)) for path in records)
    return sorted(
        holder.task_id
        for path, holder in holders
        if holder and holder.run_id != own_run and is_folder_name(holder.task_id) and _lives(holder, path)
    )


def wait_for_tasks(
    look: Callable[[], Sequence[str]], until: float, look_seconds: float = _LOOK_SECONDS
) -> Sequence[str]:
    """Wait until ``look`` finds no task, at most until that moment of ``awake_seconds``; return who is left."""
    while running := look():
        left = until - awake_seconds()
        if left <= 0:
            break
        logger.info("the restart waits for %s", ", ".join(running))
        time.sleep(min(look_seconds, left))
    return running


class OrderedRestart:
    """Remembers for what the last restart was ordered, so that a reason that outlives it restarts the PC once only."""

    def __init__(self, logs_root: str) -> None:
        self._path = os.path.join(logs_root, "restart_ordered.txt")

    def was_in_vain(self, reasons: Iterable[str]) -> bool:
        """Return whether the PC has started anew since the order, and for the same ``reasons`` at most."""
        now = read_clock()  # time.monotonic() leaves out sleep on some systems: the start would seem later than it was
        booted_at = now.wall - now.since_boot
        try:
            ordered_for = read_own(self._path, _MOST_BYTES).decode("utf-8", "replace").splitlines()
            return booted_at > os.lstat(self._path).st_mtime and set(reasons) <= set(ordered_for)
        except OSError:
            return False

    def note(self, reasons: Iterable[str]) -> None:
        """Note an order; without ``reasons``, that nothing waits any more."""
        try:
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            write_whole(self._path, "\n".join(reasons).encode("utf-8", "replace"))
        except OSError as error:
            logger.warning("cannot note for what the restart is: %s", error)


class LastOffer:
    """Remembers when updates were last offered: an agent that is paused, or cut off, finds nothing and says so."""

    def __init__(self, logs_root: str) -> None:
        self._path = os.path.join(logs_root, "updates_offered.json")

    def silent_days(self, is_offered: bool, now: float) -> int:
        """Note a search, and return for how many days none has found anything; times in seconds since 1970."""
        try:
            last = float(json.loads(read_own(self._path, _MOST_BYTES)))
        except (OSError, ValueError, TypeError):
            last = now
        last = now if is_offered or last > now else last
        try:
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            write_whole(self._path, json.dumps(last).encode())
        except OSError as error:
            logger.warning("cannot note when updates were offered: %s", error)
        return int((now - last) // 86400)


class WaitingSince:
    """Remembers since when important updates wait for a person: for some days that is a remark, then a failure."""

    def __init__(self, logs_root: str) -> None:
        self._path = os.path.join(logs_root, "updates_waiting.json")

    def is_overdue(self, waiting: Iterable[str], now: float) -> bool:
        """Note what waits now, and return whether any of it has waited too long. Times in seconds since 1970."""
        try:
            known = json.loads(read_own(self._path, _MOST_BYTES))
        except (OSError, ValueError):
            known = {}
        known = known if isinstance(known, dict) else {}
        since = {name: known.get(name, now) for name in waiting}
        # One by a clock that was ahead counts from now on.
        since = {name: at if isinstance(at, (int, float)) and at <= now else now for name, at in since.items()}
        try:
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            write_whole(self._path, json.dumps(since).encode())
        except OSError as error:
            logger.warning("cannot note what waits: %s", error)
        return any(now - at > _OVERDUE_SECONDS for at in since.values())


def order_restart(command: Sequence[str] | None = None) -> Restart:
    """Order the restart; the user at the PC can cancel it."""
    argv = command or _restart_command()
    try:
        finished = run_program(argv)
    except OSError as error:
        logger.error("the restart cannot be ordered: %s", error)
        return Restart(is_needed=True, hindrance="команда shutdown не запускается")
    if finished.exit_code not in (0, _ALREADY_ORDERED):
        logger.error("the restart was refused exit_code=%d %s", finished.exit_code, finished.err.strip())
        return Restart(is_needed=True, hindrance="система отказала в перезагрузке")
    logger.warning("the PC restarts in %d minutes", WARNING_MINUTES)
    return Restart(is_needed=True, is_ordered=True)


def _lives(holder: Holder, path: str) -> bool:
    processes = ((holder.runner_pid, holder.runner_birth), (holder.child_pid, holder.child_birth))
    return any(is_alive(*process) and runs_for_owner_of(path, process[0]) for process in processes)


if sys.platform == "win32":

    def _restart_command() -> list[str]:
        text = (
            f"Компьютер перезагрузится через {WARNING_MINUTES} минут: установлены обновления. Сохраните работу. "
            "Отменить перезагрузку: Win+R, shutdown /a"
        )
        return [system_program("shutdown"), "/r", "/t", str(WARNING_MINUTES * 60), "/c", text]

else:

    def _restart_command() -> list[str]:
        text = "Компьютер перезагрузится: установлены обновления. Отменить: shutdown -c"
        return [system_program("shutdown"), "-r", f"+{WARNING_MINUTES}", text]
