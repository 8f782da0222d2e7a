"""The door of ``runs/``: a program under a lock, with a clean environment, its output in the log, and an end in time.

A task with its records is carried out by :mod:`scheduler_runner.runs.attempt`.
"""

import logging
import os
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from scheduler_runner.logbook.masking import Masker, secret_values
from scheduler_runner.run_site import StopSwitch
from scheduler_runner.runs.attempt import new_run_id
from scheduler_runner.runs.environment import child_environment
from scheduler_runner.runs.execution import Launch
from scheduler_runner.runs.supervision import Judgement, let_go, log_end, secrets_of, supervise
from scheduler_runner.runs.task_lock import Busy, HeldLocks, holder_now, run_mark, take_locks
from scheduler_runner.start import module_argv

_PROJECT_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def run_subprocess(
    script_name: str | Sequence[str],
    args: Sequence[object] | None,
    env: Mapping[str, str | None] | None,
    logger: logging.Logger,
    timeout: float = 60,
    working_dir: str | None = None,
    lock_path: str | None = None,
    *,
    secrets: Collection[str] = (),
    ok_codes: Collection[int] = frozenset({0}),
    warn_codes: Collection[int] = frozenset(),
    stop: StopSwitch | None = None,
) -> bool:
    """Run a program to its end; return whether it did what it is for.

    ``script_name`` is a Python file (``clean.py``), a module (``package.module``) or a whole command as a list.
    ``env`` is added to the runner's environment, less every secret that ``secrets`` does not name; ``None``
    removes a variable. ``timeout`` is in seconds, for the whole process tree. ``working_dir`` is the project's
    root by default. ``lock_path`` names a lock file: while another process holds it, nothing is started and the
    answer is ``False``. What happened is in the log; nothing is raised.

    >>> run_subprocess([sys.executable, "-c", "pass"], [], {}, logging.getLogger("example"))
    True
    """
    run_id = new_run_id()
    argv = _command(script_name, args or ())
    if not argv:
        logger.error("not started: a command needs at least a program's name")
        return False
    held = _take_lock(lock_path, logger)
    if held is None:
        return False
    own = {**(env or {}), "SCHEDULER_RUN_ID": run_id}
    launch = Launch(
        argv=argv,
        env=child_environment(os.environ, own, secrets=secrets, project_root=_PROJECT_ROOT),
        working_dir=os.path.abspath(os.path.join(_PROJECT_ROOT, working_dir or "")),
        timeout_seconds=timeout,
        mark=run_mark(run_id),
        inherited_descriptors=held.descriptors,
    )
    started = time.monotonic()
    ended = supervise(
        launch,
        held,
        holder_now(run_id, launch.argv[0], "", datetime.now().astimezone().isoformat(timespec="seconds")),
        Judgement(ok_codes, warn_codes),
        own_environ=os.environ,
        logger=logger,
        masker=Masker([*secret_values(os.environ), *secrets_of(env or {})]),
        stop=stop or StopSwitch(),
        context=f"run={run_id}",
    )
    log_end(logger, ended, time.monotonic() - started)
    let_go(held, ended.execution)
    return ended.outcome.is_success


def _take_lock(lock_path: str | None, logger: logging.Logger) -> HeldLocks | None:
    """Return what is held, be it nothing; ``None`` where another process holds the lock."""
    if lock_path is None:
        return HeldLocks([])
    try:
        held = take_locks(lock_path, None, logger)
    except Busy as busy:
        logger.warning("not started, already running: %s", busy)
        return None
    if held.problem:
        logger.error("running without a lock: %s", held.problem)
    return held


def _command(script_name: str | Sequence[str], args: Sequence[object]) -> tuple[str, ...]:
    rest = tuple(str(argument) for argument in args)
    if not isinstance(script_name, str):
        return (*map(str, script_name), *rest)
    if script_name.lower().endswith((".py", ".pyw")):
        return (sys.executable, script_name, *rest)
    return (*module_argv(script_name), *rest)
