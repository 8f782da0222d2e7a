"""Install one update after the other, as long as there is time for another one."""

import logging
from collections.abc import Callable, Sequence

from scheduler_runner.russian import size
from scheduler_runner.system.clock import awake_seconds
from scheduler_runner.system.filesystem import free_bytes
from scheduler_runner.tasks.system_updates.update_values import (
    Installed,
    Kind,
    Trouble,
    Update,
    UpdateCount,
    UpdateSystem,
)

logger = logging.getLogger(__name__)


def install_all(
    system: UpdateSystem, updates: Sequence[Update], until: float, clock: Callable[[], float] = awake_seconds
) -> UpdateCount:
    """Download and install each update; return what came of them.

    ``until``, a moment of ``clock``: nothing is begun from then on. One that fails does not keep the rest from being
    installed, unless they would fail alike.
    """
    count = UpdateCount()
    for place, update in enumerate(updates):
        try:
            _note_installed(count, update, _install(system, update, until, clock, count))
        except Trouble as trouble:
            _note_trouble(count, update, trouble)
            if trouble.kind not in (Kind.FAILED, Kind.NOT_NEEDED):
                count.ended_by = trouble
                count.needs_restart = count.needs_restart or trouble.kind is Kind.RESTART_FIRST
                count.left.extend(updates[place + 1 :])
                break
    return count


def require_space(system: UpdateSystem, update: Update) -> None:
    """Raise :class:`Trouble` where an update might fill the disk."""
    needed, free = system.needed_bytes(update), free_bytes(system.download_folder)
    if free is not None and free < needed:
        text = f"{update.name}: {free} bytes are free in {system.download_folder}, {needed} are needed"
        raise Trouble(Kind.HOPELESS, text, f"мало места на диске: свободно {size(free)}, нужно {size(needed)}")


def _install(
    system: UpdateSystem, update: Update, until: float, clock: Callable[[], float], count: UpdateCount
) -> Installed:
    _require_time(until, clock)
    require_space(system, update)
    started = clock()
    system.download(update, until - started)
    downloaded = clock()
    count.download_seconds += downloaded - started
    logger.info("downloaded %s seconds=%.1f", update.name, downloaded - started)
    _require_time(until, clock)
    logger.info("installing %s, which is not broken off", update.name)
    installed = system.install(update)
    count.install_seconds += clock() - downloaded
    logger.info("installed %s seconds=%.1f", update.name, clock() - downloaded)
    return installed


def _require_time(until: float, clock: Callable[[], float]) -> None:
    if clock() >= until:
        raise Trouble(Kind.OUT_OF_TIME, "no time is left to begin another update", "вышло время")


def _note_installed(count: UpdateCount, update: Update, installed: Installed) -> None:
    count.installed.append(update)
    count.needs_restart = count.needs_restart or installed.needs_restart
    if installed.has_errors:
        logger.warning("installed with errors %s", update.name)
        count.with_errors.append(update)


def _note_trouble(count: UpdateCount, update: Update, trouble: Trouble) -> None:
    if trouble.kind is Kind.NOT_NEEDED:
        logger.info("nothing to do for %s: %s", update.name, trouble)
    elif trouble.kind in (Kind.FAILED, Kind.HOPELESS):
        logger.error("not installed %s: %s", update.name, trouble)
        count.failed.append((update, trouble.told))
    else:
        logger.warning("left for a later run %s: %s", update.name, trouble)
        count.left.append(update)
