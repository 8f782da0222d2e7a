"""The door of ``runs/``: a program under a lock, with a clean environment, its output in the log, and an end in time.

It is carried out as a task of the schedule is, without a ledger: see :mod:`scheduler_runner.runs.program`.
"""

import logging
import os
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from scheduler_runner.errors import UsageError
from scheduler_runner.logbook.masking import secret_values
from scheduler_runner.run_site import RunSite, StopSwitch
from scheduler_runner.runs.attempt import new_run_id
from scheduler_runner.runs.program import RUN_VARIABLE, Program, RunLog, log_end, masker_of, supervised
from scheduler_runner.runs.task_lock import Busy, Place, holder_now, record_path, take_locks
from scheduler_runner.start import module_argv
from scheduler_runner.system.process_tree import NESTED

_PROJECT_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def run_subprocess(
    script_name: str | Sequence[str],
    args: Sequence[object] | None,
    env: Mapping[str, object] | None,
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
    ``env`` is added to the runner's environment, less every secret that ``secrets`` does not name; each value becomes
    a text, ``None`` removes a variable. ``timeout`` is in seconds, for the whole process tree. ``working_dir`` is the
    project's root by default. ``lock_path`` names a lock file: while another process holds it, nothing is started and
    the answer is ``False``. What happened is in the log; nothing is raised, whatever is given.

    >>> run_subprocess([sys.executable, "-c", "pass"], [], {}, logging.getLogger("example"))
    True
    """
    try:
        program = Program(
            argv=_command(script_name, args),
            timeout_seconds=_limit(timeout),
            env=_texts(env),
            secrets=secrets,
            working_dir=working_dir,
            ok_codes=ok_codes,
            warn_codes=warn_codes,
        )
        return _run(program, lock_path, logger, stop)
    except UsageError as error:
        logger.error("not started: %s", error)
    except Busy as busy:
        logger.warning("not started, already running: %s", busy)
    except Exception:
        logger.exception("not carried out")
    return False


def _run(program: Program, lock_path: str | None, logger: logging.Logger, stop: StopSwitch | None) -> bool:
    logs_dir = os.environ.get("LOGS_ROOT") or os.path.join(_PROJECT_ROOT, "logs")
    site = RunSite(logs_dir, "", _PROJECT_ROOT, secrets=tuple(secret_values(os.environ)), stop=stop)
    masker = masker_of(site, program.env)
    # Within a run of its own, so that who ends that one finds this one, too.
    run_id = NESTED.join(filter(None, (os.environ.get(RUN_VARIABLE), new_run_id())))
    since = datetime.now().astimezone().isoformat(timespec="seconds")
    holder = holder_now(run_id, program.argv[0], "", since)
    started, log = time.monotonic(), RunLog(logger, f"run={run_id}")
    wanted = [] if lock_path is None else [(Place(lock_path, record_path(lock_path)),)]
    held = take_locks(wanted, logger)
    held.record(holder)
    if held.problem:
        logger.error("the lock is not as it should be: %s", held.problem)
    with supervised(program, held, holder, site=site, log=log, masker=masker) as ended:
        log_end(log, ended, time.monotonic() - started)
    return ended.outcome.is_success


def _command(script_name: object, args: object) -> tuple[str, ...]:
    if isinstance(args, (str, bytes)) or not isinstance(args, (Sequence, type(None))):
        raise UsageError(f"args {args!r} is wrong: a list of texts or numbers would be right")
    rest = tuple(str(argument) for argument in args or ())
    if isinstance(script_name, (list, tuple)) and script_name:
        return (*map(str, script_name), *rest)
    if not isinstance(script_name, str) or not script_name:
        right = "a Python file, a module or a list with a program's name first"
        raise UsageError(f"script_name {script_name!r} is wrong: {right} would be right")
    if script_name.lower().endswith((".py", ".pyw")):
        return (sys.executable, script_name, *rest)
    return (*module_argv(script_name), *rest)


def _limit(timeout: object) -> float:
    if isinstance(timeout, (int, float)) and not isinstance(timeout, bool) and timeout > 0:
        return timeout
    raise UsageError(f"timeout {timeout!r} is wrong: seconds above 0 would be right")


def _texts(env: object) -> dict[str, str | None]:
    if not isinstance(env, (Mapping, type(None))):
        raise UsageError(f"env is a {type(env).__name__}: names and values would be right")
    return {str(name): None if value is None else str(value) for name, value in (env or {}).items()}
