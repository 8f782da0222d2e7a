"""The tick's command: arguments -> due tasks -> runs -> summary -> exit code.

Started by Task Scheduler as ``pythonw -m scheduler_runner.runner --user NAME``; exit codes in README.md.
"""

import argparse
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from config.base_config import PATH_CONFIG, Point, base_environment, config_path, point
from scheduler_runner.errors import ConfigError, ExitCode, SchedulerError, UsageError, heaviest
from scheduler_runner.logbook.masking import Masker, secret_values
from scheduler_runner.notices.gate import notice_secrets, read_settings
from scheduler_runner.notices.safe_book import SafeBook
from scheduler_runner.notices.teller import Teller, tell_directly
from scheduler_runner.plans.clock import PC_ZONE, zone_named
from scheduler_runner.reading import LIMIT_SECONDS, TooLong, within_limit
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.run_site import RunSite, StopSwitch
from scheduler_runner.schedule_config import Problem, Schedule, load_schedule
from scheduler_runner.section_checks import SectionWatch
from scheduler_runner.system.error_boxes import suppress_error_boxes
from scheduler_runner.system.folders import is_folder_name
from scheduler_runner.system.layout import Layout
from scheduler_runner.system.streams import ensure_streams
from scheduler_runner.system.watchdog import Watchdog
from scheduler_runner.task import Outcome, RunResult, Task
from scheduler_runner.tick import RunThread, Tick
from scheduler_runner.utils.logging import (
    close_logger,
    configure_logger,
    descriptor_of,
    ensure_plain_folder,
    lost_lines,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from scheduler_runner.notices.brakes import Brake
    from scheduler_runner.notices.settings import NoticeSettings

_MEBIBYTE = 1024 * 1024


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one tick and return its exit code; never raises what a user could meet.

    Without ``argv`` the command line is read.

    >>> main(["--user", "nobody/at all", "--dry-run"])  # one sentence on standard error, and no traceback
    2
    """
    ensure_streams()
    suppress_error_boxes()
    argv = sys.argv[1:] if argv is None else argv
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as ended:
        if ended.code:
            _log_refusal(_user_in(argv), f"wrong command line: {' '.join(argv)}", None)
        return int(ended.code or 0)
    if arguments.config:
        os.environ["PVZ_CONFIG_PATH"] = arguments.config  # tasks read it, too
    try:
        if not is_folder_name(arguments.user):
            raise UsageError(f"user {arguments.user!r} cannot be an account's name: --user operator would be right")
        return int(_dry_run(arguments) if arguments.dry_run else _tick(arguments))
    except BrokenPipeError:  # who reads the dry run has seen enough
        return int(ExitCode.OK)
    except Exception as error:  # noqa: BLE001 - under pythonw nobody would ever hear of it
        return _refuse(arguments, error)


def _help_formatter(prog: str) -> argparse.HelpFormatter:
    """Return one that does not ask for the console's width, which imports a good deal in every tick."""
    return argparse.HelpFormatter(prog, width=100)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scheduler_runner.runner",
        formatter_class=_help_formatter,
        description="Run what is due for one user, once; Task Scheduler starts this every few minutes.",
        allow_abbrev=False,
    )
    parser.add_argument("--user", required=True, help="whose tasks to look at")
    parser.add_argument("--task", help="run this task now, whatever its schedule: NAME or domain_NAME")
    parser.add_argument("--config", metavar="INI", help="the point's INI, in the place of PVZ_CONFIG_PATH")
    parser.add_argument("--detailed_logs", "--detailed-logs", action="store_true", help="write DEBUG lines, too")
    parser.add_argument("--console", action="store_true", help="show the log on the console, too")
    parser.add_argument("--dry-run", "--dry_run", action="store_true", help="tell what would run, start nothing")
    parser.add_argument("--protected", action="store_true", help="run nothing that ordinary accounts could change")
    return parser


def _tick(arguments: argparse.Namespace) -> ExitCode:
    if arguments.protected:
        _refuse_exposed(arguments.user)  # before any of it is read, let alone executed
    # Before anything of others is read: what hangs or ends the process has a line in the log at least.
    logger = _open_log(arguments)
    logger.info("tick started user=%s pid=%d", arguments.user.lower(), os.getpid())
    watchdog = Watchdog(descriptor_of(logger))
    watchdog.arm()
    try:
        return _read_and_run(arguments, watchdog)
    finally:
        watchdog.close()


def _read_and_run(arguments: argparse.Namespace, watchdog: Watchdog) -> ExitCode:
    # Before anything that could hold a secret is read and logged: what is in here is masked from now on.
    try:
        within_limit(lambda: _take_secrets(arguments.user))
    except TooLong:
        told = f"{config_path()}, or the secrets_file that it names, cannot be read within {LIMIT_SECONDS:g} s"
        raise ConfigError(f"{told}: a drive of this PC would be right") from None
    schedule = load_schedule()
    if arguments.protected:
        schedule = _without_exposed(schedule, arguments.user)
    tasks = tasks_of(schedule, arguments.user)
    chosen = None if arguments.task is None else find_task(tasks, arguments.task, schedule)
    settings = point()
    site = make_site(arguments.user, settings)
    loggers = _Loggers(arguments, site)
    try:
        problems = [problem for problem in schedule.problems if concerns(problem, arguments.user)]
        telling, trouble = read_settings(settings)
        if trouble:
            problems.append(Problem(settings.path, trouble))
        for remark in settings.remarks:
            loggers.runner.warning("configuration remark %s", remark)
        brakes, trouble = _read_brakes(site)
        if trouble:
            problems.append(Problem(site.own.brakes, trouble, user=arguments.user))
        book = SafeBook(tasks, site, telling, loggers.runner, hours=lambda: settings.hours, brakes=brakes)
        codes = _run(
            tasks, chosen, problems, site, loggers, telling, book, is_protected=arguments.protected, watchdog=watchdog
        )
        code = heaviest(codes)
    finally:
        loggers.close()
    return code


def _open_log(arguments: argparse.Namespace) -> logging.Logger:
    """Return the runner's log by what the command line says; the INI's settings are put in later."""
    return configure_logger(
        arguments.user,
        detailed=arguments.detailed_logs,
        console=arguments.console,
        logs_dir=PATH_CONFIG["LOGS_ROOT"],
        masker=Masker(secret_values(os.environ)),
    )


def _refuse_exposed(user: str) -> None:
    from scheduler_runner.rights.exposure import Premises, refuse_exposed

    own = Layout(PATH_CONFIG["LOGS_ROOT"]).user(user)
    refuse_exposed(Premises(PATH_CONFIG["BASE_DIR"], config_path(), own.folder))


def _take_secrets(user: str) -> None:
    named = point().secrets_file
    if named:
        from config.secrets_file import take_secrets

        take_secrets(user, os.environ, point())


def _without_exposed(schedule: Schedule, user: str) -> Schedule:
    """Return the schedule without the user's tasks whose programs or folders ordinary accounts could change."""
    from scheduler_runner.rights.exposure import exposed, task_trees

    tasks, problems = [], list(schedule.problems)
    for task in schedule.tasks:
        folder = os.path.join(PATH_CONFIG["BASE_DIR"], task.working_dir or "")
        told = exposed(task_trees(task.argv, folder)) if task.user.lower() == user.lower() else ""
        if told:
            message = f"it is not run with an administrator's rights: {told}: another place for it would be right"
            problems.append(Problem(task.source, message, entry=task.name, key="command", user=task.user))
        else:
            tasks.append(task)
    return Schedule(tuple(tasks), tuple(problems))


def _run(
    tasks: Sequence[Task],
    chosen: Task | None,
    problems: Sequence[Problem],
    site: RunSite,
    loggers: "_Loggers",
    telling: "NoticeSettings | None",
    book: SafeBook,
    *,
    is_protected: bool,
    watchdog: Watchdog,
) -> set[ExitCode]:
    logger = loggers.runner
    logger.debug("configuration read tasks=%d", len(tasks))
    for problem in problems:
        logger.error("configuration problem %s", problem)
    _make_folder(site.own.folder, logger)
    ledger = Ledger(site.own.ledger, book=book)
    teller = Teller(telling, site, ledger, book, logger, is_scheduled=chosen is None)
    sections = SectionWatch(config_path(), PATH_CONFIG["TASKS_ROOT"], site.user, logger)
    tick = Tick(
        tasks=tasks,
        site=site,
        ledger=ledger,
        logger=logger,
        task_logger=loggers.of,
        teller=teller,
        are_all_known=not problems,
        is_protected=is_protected,
        pauses=book.pauses,
        watchdog=watchdog,
        sections=sections,
    )
    caught = _catch_signals(site.stop)
    try:
        teller.tick_begun()
        if chosen is None:
            tick.run_due()
        else:
            tick.run_by_hand(chosen)
        problems = [*problems, *sections.problems]
        if tick.is_first_of_day and chosen is None:
            _look_at_packages(teller, logger)
        end = tick.end(heaviest(_exit_codes(tick, chosen, caught, problems, loggers)), len(problems))
        teller.tick_ended(end, problems)
        if end.is_first_of_day and not problems:  # a task in a broken file only looks as if it were gone
            _clean_logs(site, tasks, logger)
        if chosen is not None and sys.stdout.isatty():
            _show_result(tick.results, site, chosen)
        # Once more: ledger and log may have been full for the end itself.
        return _exit_codes(tick, chosen, caught, problems, loggers)
    finally:
        tick.ledger.close()


def _show_result(results: Sequence[RunResult], site: RunSite, task: Task) -> None:
    """Say on a console in one line what became of a task that somebody has started by hand."""
    for result in results:
        said = result.summary or result.reason
        print(  # noqa: T201
            f"{result.task_id}: {result.outcome.value}, {result.duration_seconds:.1f} s{f', {said}' if said else ''}; "
            f"log: {site.own.log(task.id)}"
        )


def _clean_logs(site: RunSite, tasks: Sequence[Task], logger: logging.Logger) -> None:
    from scheduler_runner.logbook.log_folder import clean_logs_of_gone_tasks

    today = f"{datetime.fromtimestamp(site.clock(), site.zone):%Y-%m-%d}"
    try:
        clean_logs_of_gone_tasks(site.own, [task.id for task in tasks], today)
    except OSError as error:
        logger.warning("cannot clean the logs of tasks that are gone: %s", error)


def _look_at_packages(teller: Teller, logger: logging.Logger) -> None:
    """Note once a day whether every package is there that the program needs."""
    from scheduler_runner.doctor.packages import package_problem, runtime_requirements

    try:
        with open(os.path.join(PATH_CONFIG["BASE_DIR"], "requirements.txt"), encoding="utf-8") as file:
            found = map(package_problem, runtime_requirements(file.read()))
            problems = [str(problem) for problem in found if problem]
    except OSError as error:
        logger.debug("packages cannot be looked at: %s", error)
        return
    for problem in problems:
        logger.warning("%s", problem)
    teller.observe("packages", "", bool(problems), {"reason": "; ".join(problems)})


def _read_brakes(site: RunSite) -> "tuple[Sequence[Brake], str]":
    """Return what is muted or paused, and what is wrong with the file, or ``""``."""
    if not os.path.lexists(site.own.brakes):
        return (), ""
    from scheduler_runner.notices.brakes import BrokenBrakes, read_brakes

    try:
        return read_brakes(site.own.brakes), ""
    except BrokenBrakes as error:
        return (), str(error)


def _exit_codes(
    tick: Tick, chosen: Task | None, caught: set[ExitCode], problems: Sequence[Problem], loggers: "_Loggers"
) -> set[ExitCode]:
    """Return all that is to be said of a tick so far; :func:`heaviest` picks what Task Scheduler gets."""
    codes = tick.exit_codes() | caught
    if problems:
        codes.add(ExitCode.CONFIG)
    if chosen is not None and any(each.outcome is Outcome.ALREADY_RUNNING for each in tick.results):
        codes.add(ExitCode.ALREADY_RUNNING)
    if loggers.lost_lines():
        codes.add(ExitCode.NOT_RECORDED)
    return codes


def tasks_of(schedule: Schedule, user: str) -> list[Task]:
    """Return the user's tasks, in the order of the files.

    Raises ``UsageError`` with the nearest names for an unknown user, unless the configuration is broken: then the
    user may stand in what could not be read.

    >>> [task.name for task in tasks_of(load_schedule(), "SYSTEM")]
    ['UpdateOS']
    >>> tasks_of(load_schedule(), "oprator")
    Traceback (most recent call last):
    scheduler_runner.errors.UsageError: unknown user 'oprator'; known: operator
    """
    tasks = [task for task in schedule.tasks if task.user.lower() == user.lower()]
    if tasks or any(concerns(problem, user) for problem in schedule.problems):
        return tasks
    raise UsageError(_unknown("user", user, sorted({task.user.lower() for task in schedule.tasks})))


def find_task(tasks: Sequence[Task], name: str, schedule: Schedule) -> Task:
    """Return the task that ``--task`` means: ``NAME`` or ``domain_NAME``, whatever the case.

    Raises ``UsageError`` with the nearest names; ``ConfigError`` where a broken configuration may hide the task.

    >>> schedule = load_schedule()
    >>> find_task(schedule.tasks, "cameras_copyscript", schedule).id
    'cameras_CopyScript'
    """
    for task in tasks:
        if task.is_called(name):
            return task
    message = _unknown("task", name, [task.name for task in tasks])
    if schedule.problems:
        raise ConfigError(f"{message}; the configuration is broken: {schedule.problems[0]}")
    raise UsageError(message)


def concerns(problem: Problem, user: str) -> bool:
    """Return whether a configuration problem counts for this user: of a broken file nobody knows whose it is.

    >>> concerns(Problem("a_config.py", "it is no Python"), "operator")
    True
    >>> concerns(Problem("a_config.py", "time is wrong", entry="Job", user="system"), "operator")
    False
    """
    return problem.user is None or problem.user.lower() == user.lower()


def make_site(user: str, settings: Point) -> RunSite:
    """Return where and with what this user's runs are carried out. Raises ``ConfigError`` where the INI is wrong.

    >>> make_site("Operator", point()).user
    'operator'
    """
    return RunSite(
        logs_dir=PATH_CONFIG["LOGS_ROOT"],
        user=user.lower(),
        project_root=PATH_CONFIG["BASE_DIR"],
        base_env=base_environment(),
        secrets=(*secret_values(os.environ), *notice_secrets(settings)),
        zone=zone_named(settings.timezone),
        clock=time.time,
        stop=StopSwitch(),
        max_log_bytes=settings.max_log_mb * _MEBIBYTE,
        tick_seconds=settings.tick_minutes * 60,
    )


class _Loggers:
    """The runner's log and the tasks' logs of one tick."""

    def __init__(self, arguments: argparse.Namespace, site: RunSite) -> None:
        self._arguments = arguments
        self._site = site
        self._masker = Masker(site.secrets)
        self.runner = self._configure(None, arguments.detailed_logs)
        self._all = [self.runner]

    def of(self, task: Task) -> logging.Logger:
        logger = self._configure(task.id, task.detailed_logs or self._arguments.detailed_logs)
        self._all.append(logger)
        return logger

    def lost_lines(self) -> int:
        return sum(lost_lines(logger) for logger in set(self._all))

    def close(self) -> None:
        for logger in set(self._all):
            close_logger(logger)

    def _configure(self, task_name: str | None, is_detailed: bool) -> logging.Logger:
        return configure_logger(
            self._site.user,
            task_name,
            detailed=is_detailed,
            console=self._arguments.console,
            logs_dir=self._site.logs_dir,
            masker=self._masker,
            zone=self._site.zone,
            max_log_bytes=self._site.max_log_bytes,
        )


def _catch_signals(stop: StopSwitch) -> set[ExitCode]:
    """Let Ctrl+C and SIGTERM end the children first; the answer fills when one comes."""
    caught: set[ExitCode] = set()

    def catcher(code: ExitCode) -> Callable[[int, object], None]:
        def catch(number: int, frame: object) -> None:
            caught.add(code)
            stop.throw()

        return catch

    signal.signal(signal.SIGINT, catcher(ExitCode.INTERRUPTED))
    signal.signal(signal.SIGTERM, catcher(ExitCode.TERMINATED))
    if sys.platform == "win32":
        signal.signal(signal.SIGBREAK, catcher(ExitCode.INTERRUPTED))
    else:
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup means it
            signal.signal(signal.SIGHUP, catcher(ExitCode.TERMINATED))  # the terminal was closed
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # where it is ignored, nobody's exit code can be read
    return caught


def _dry_run(arguments: argparse.Namespace) -> ExitCode:
    from scheduler_runner.dry_run import describe_tick

    schedule = load_schedule()
    tasks = tasks_of(schedule, arguments.user)
    if arguments.task is not None:
        tasks = [find_task(tasks, arguments.task, schedule)]
    settings = point()
    site = make_site(arguments.user, settings)
    now, zone = int(site.clock()), site.zone or PC_ZONE
    for line in describe_tick(tasks, now, zone, site.own.ledger, settings.tick_minutes):
        print(line)  # noqa: T201 - what was asked for
    problems = [problem for problem in schedule.problems if concerns(problem, arguments.user)]
    _, trouble = read_settings(settings)
    if trouble:
        problems.append(Problem(settings.path, trouble))
    masker = Masker(site.secrets)
    for remark in settings.remarks:
        print(masker.text(f"configuration remark: {remark}"))  # noqa: T201
    for problem in problems:
        print(masker.text(f"configuration problem: {problem}"))  # noqa: T201
    return ExitCode.CONFIG if problems else ExitCode.OK


def _refuse(arguments: argparse.Namespace, error: Exception) -> int:
    """Say in one sentence what is wrong: on the console, in the log, and to people, for nobody may be watching.

    A defect of the program, which is no ``SchedulerError``, is logged with its traceback.
    """
    is_expected = isinstance(error, SchedulerError)
    told = str(error) if is_expected else f"defect in the runner: {type(error).__name__}: {error}"
    masker = Masker(secret_values(os.environ))
    print(masker.text(f"error: {told}"), file=sys.stderr)  # noqa: T201
    if not (isinstance(error, UsageError) and arguments.dry_run):
        logger = _log_refusal(arguments.user, told, None if is_expected else error)
        if not arguments.task and not arguments.dry_run and not isinstance(error, UsageError):
            _notify(arguments.user, error, masker.text(told), logger)
        close_logger(logger)
    return int(error.exit_code if isinstance(error, SchedulerError) else ExitCode.TASK_FAILED)


def _log_refusal(user: str, told: str, defect: Exception | None) -> logging.Logger:
    """Write into the log why nothing was done: under pythonw nobody sees a console. Return the log."""
    masker = Masker(secret_values(os.environ))
    name = user if is_folder_name(user) else "unknown"
    logger = configure_logger(name, logs_dir=PATH_CONFIG["LOGS_ROOT"], masker=masker)
    logger.error("%s", told, exc_info=defect)
    return logger


def _user_in(argv: Sequence[str]) -> str:
    """Return the user that a wrong command line names, ``""`` for none."""
    words = " ".join(argv).replace("=", " ").split()
    return words[words.index("--user") + 1] if "--user" in words[:-1] else ""


def _notify(user: str, error: Exception, told: str, logger: logging.Logger) -> None:
    """Notify past the ledger, unless ordinary accounts could have changed the address to which the notice would go."""
    from scheduler_runner.rights.exposure import Exposed

    if isinstance(error, Exposed) and error.is_ini:
        return
    is_expected = isinstance(error, SchedulerError)
    kind = "exposed" if isinstance(error, Exposed) else "config" if is_expected else "defect"
    tell_directly(user, logger, kind, {"problems": [told], "reason": told})


def _unknown(what: str, name: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    folded = {each.lower(): each for each in known}
    nearest = [folded[match] for match in get_close_matches(name.lower(), folded, n=3, cutoff=0.4)] or list(known)[:5]
    return f"unknown {what} {name!r}; known: {', '.join(nearest) or 'none'}"


def _make_folder(path: str, logger: logging.Logger) -> None:
    try:
        ensure_plain_folder(path)
    except OSError as error:
        logger.error("cannot make the folder %s: %s", path, error)


def _end(code: int) -> None:
    """End the process at once: all is closed, and taking the interpreter apart is an eighth of an idle tick.

    A run that is left, as after a defect, is waited for; a thread that a configuration file began is not.
    """
    for thread in threading.enumerate():
        if isinstance(thread, RunThread):
            thread.join()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass  # a console that was closed, or taken away
    os._exit(code)


if __name__ == "__main__":
    _end(main())
