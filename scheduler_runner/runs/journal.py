"""What the ledger could not take of a run, in a file of the run's own beside its script's result: one journal.

It begins with the claim and ends with the whole outcome. Any later tick that can write the ledger takes it in, whoever
left it; so an outcome is lost only where no file can be written either.
"""

import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from scheduler_runner.errors import LedgerUnavailable
from scheduler_runner.outcome import Outcome
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.records.run_rows import FinishedRun
from scheduler_runner.run_site import RunSite
from scheduler_runner.system.folders import ensure_plain_folder
from scheduler_runner.system.own_files import private_folder, read_own, remove_quietly, write_whole

_SUFFIX = ".record.json"
_MOST_BYTES = 1024 * 1024
_WEEK_SECONDS = 7 * 86400


class Begun(NamedTuple):
    """A claim; ``slot`` is ``None`` for a run by hand."""

    run: str
    task: str
    slot: int | None
    attempt: int
    started_at: float


def leave(site: RunSite, entry: "Begun | FinishedRun") -> None:
    """Write down what the ledger does not take, in the place of what this run left before. Raises ``OSError``."""
    content = json.dumps(entry._asdict()).encode()  # escaped: a file's name may hold what is no letter
    try:
        ensure_plain_folder(site.own.results, below=site.logs_dir)
        write_whole(_path(site.own.results, entry.run), content)
    except OSError:
        private_folder()
        ensure_plain_folder(site.own_refuge.results)
        write_whole(_path(site.own_refuge.results, entry.run), content)


def forget(site: RunSite, run_id: str) -> None:
    """Remove what a run left, once all of it is on record."""
    for folder in _folders(site):
        remove_quietly(_path(folder, run_id))


def take_in(
    site: RunSite, ledger: Ledger, logger: logging.Logger, state_of_slot: "Callable[[FinishedRun], str | None]"
) -> None:
    """Put on record what earlier runs left, and remove what no run needs any more. Raises ``LedgerUnavailable``.

    ``state_of_slot`` says what a run makes of its slot. Costs an idle tick a look into a folder that is empty.
    """
    for folder in _folders(site):
        for name in _names(folder):
            path = os.path.join(folder, name)
            try:
                if name.endswith(_SUFFIX):
                    _take_in_one(path, ledger, logger, state_of_slot)
                else:
                    _remove_if_left_over(path, ledger, site.clock())
            except LedgerUnavailable:
                raise
            except Exception:
                # One record must not keep the others from the ledger, nor come again at every tick.
                logger.exception("cannot take in what a run left path=%s", path)
                remove_quietly(path)


def _take_in_one(
    path: str, ledger: Ledger, logger: logging.Logger, state_of_slot: "Callable[[FinishedRun], str | None]"
) -> None:
    entry = _read(path)
    if isinstance(entry, Begun) and entry.slot is None:
        ledger.start_by_hand(run=entry.run, task=entry.task, started_at=entry.started_at)
    elif isinstance(entry, Begun):
        # Refused where the run's own end was on record first: then there is nothing left to say.
        ledger.claim(**{**entry._asdict(), "slot": int(entry.slot or 0)}, is_decided=False)
    else:
        ledger.finish(entry, slot_state=state_of_slot(entry))
    remove_quietly(path)
    outcome = entry.outcome if isinstance(entry, FinishedRun) else "still open"
    logger.info("taken into the ledger task=%s run=%s outcome=%s", entry.task, entry.run, outcome)


def _read(path: str) -> "Begun | FinishedRun":
    """Return what stands in a file; raise ``ValueError`` or ``TypeError`` for what the ledger would choke on."""
    values = json.loads(read_own(path, _MOST_BYTES))
    kind = FinishedRun if "outcome" in values else Begun
    known = {name: values[name] for name in kind._fields if name in values}
    is_plain = all(isinstance(value, (str, int, float, type(None))) for value in known.values())
    if not is_plain or None in (known.get(name) for name in ("run", "task", "attempt", "started_at")):
        raise ValueError("it is no record of a run")
    if kind is FinishedRun:
        Outcome(known["outcome"])
        float(known["ended_at"])
    return kind(**known)


def _remove_if_left_over(path: str, ledger: Ledger, now: float) -> None:
    """Remove what a script left for a runner that was killed right after it had put it on record.

    What lies there for more than a week nobody waits for any more, as no run takes so long; by the file's own time.
    """
    run_id = os.path.basename(path).partition(".")[0]
    is_old = os.lstat(path).st_mtime < now - 2 * _WEEK_SECONDS
    if is_old or ledger.is_finished(run_id):
        if os.path.isdir(path) and not os.path.islink(path):
            import shutil

            shutil.rmtree(path)  # a script made one in the place of its file
        else:
            os.remove(path)


def _folders(site: RunSite) -> Sequence[str]:
    return (site.own.results, site.own_refuge.results)


def _names(folder: str) -> Iterator[str]:
    try:
        yield from os.listdir(folder)
    except OSError:
        return


def _path(folder: str, run_id: str) -> str:
    return os.path.join(folder, run_id + _SUFFIX)
