"""The tick's command: arguments -> due tasks -> runs -> summary -> exit code.

Started by Task Scheduler as ``pythonw -m scheduler_runner.runner --user NAME``; exit codes in README.md.
"""

import gc
import signal

if __name__ == "__main__":
    gc.disable()  # an idle tick ends before there is anything to collect; one that runs something enables it again
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Until a tick has something to end, Ctrl+C ends it at once, as SIGTERM does: no traceback out of an import.
        signal.signal(signal.SIGINT, signal.SIG_DFL)

import logging
import os
import sys
import threading
from collections.abc import Callable, Sequence

from config.base_config import PATH_CONFIG, config_path, point
from scheduler_runner.command_line import Arguments, read_arguments
from scheduler_runner.errors import ConfigError, ExitCode, UsageError, heaviest
from scheduler_runner.logbook.masking import Masker, secret_values
from scheduler_runner.notices.gate import read_settings, remarks_on, usable_brakes
from scheduler_runner.notices.safe_book import SafeBook
from scheduler_runner.notices.teller import Teller
from scheduler_runner.point_site import TickLoggers, make_site
from scheduler_runner.reading import LIMIT_SECONDS, ReadingMark, TooLong, within_limit
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.run_site import RunSite, RunThread, StopSwitch
from scheduler_runner.schedule_config import Problem, Schedule, load_schedule
from scheduler_runner.section_checks import SectionWatch
from scheduler_runner.selection import concerns, find_task, tasks_of
from scheduler_runner.system.error_boxes import suppress_error_boxes
from scheduler_runner.system.folders import is_folder_name, is_strangers
from scheduler_runner.system.layout import Layout
from scheduler_runner.system.streams import ensure_streams, is_reader_gone
from scheduler_runner.system.watchdog import Watchdog
from scheduler_runner.task import Task
from scheduler_runner.tick import Tick
from scheduler_runner.utils.logging import configure_logger, descriptor_of, ensure_plain_folder


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
        arguments = read_arguments(argv)
    except SystemExit as ended:
        if ended.code:
            from scheduler_runner.refusal import log_refusal, user_in

            log_refusal(user_in(argv), f"wrong command line: {' '.join(argv)}", None)
        return int(ended.code or 0)
    if arguments.config:
        os.environ["PVZ_CONFIG_PATH"] = arguments.config  # tasks read it, too
    try:
        if not is_folder_name(arguments.user):
            told = "user {user!r} cannot be an account's name: --user operator would be right"
            raise UsageError(told, user=arguments.user)
        if arguments.dry_run:
            from scheduler_runner.dry_run import dry_run

            return int(dry_run(arguments))
        return int(_tick(arguments))
    except Exception as error:  # noqa: BLE001 - under pythonw nobody would ever hear of it
        if arguments.dry_run and is_reader_gone(error):  # who has seen enough
            return int(ExitCode.OK)
        from scheduler_runner.refusal import refuse

        return refuse(arguments, error)


def _tick(arguments: Arguments) -> ExitCode:
    if arguments.protected:
        from scheduler_runner.protection import refuse_where_exposed

        refuse_where_exposed(arguments.user)  # before any of it is read, let alone executed
    remark = _remark_on_account(arguments)
    # Before anything of others is read: what hangs or ends the process has a line in the log at least.
    logger = _open_log(arguments)
    logger.info("tick started user=%s pid=%d", arguments.user.lower(), os.getpid())
    if remark:
        logger.warning("%s", remark)
    watchdog = Watchdog(descriptor_of(logger))
    watchdog.arm()
    try:
        return _read_and_run(arguments, watchdog)
    finally:
        watchdog.close()


def _remark_on_account(arguments: Arguments) -> str:
    """Return what is odd about the account that started this. Raises ``UsageError`` where it must not go on."""
    if not arguments.task and not is_strangers(Layout(PATH_CONFIG["LOGS_ROOT"]).user(arguments.user).folder):
        return ""
    from scheduler_runner.other_account import refuse_other_account, remark_on_account

    refuse_other_account(arguments.user, arguments.task)
    return remark_on_account(arguments.user)


def _read_and_run(arguments: Arguments, watchdog: Watchdog) -> ExitCode:
    # Before anything that could hold a secret is read and logged: what is in here is masked from now on.
    try:
        within_limit(lambda: _take_secrets(arguments.user))
    except TooLong:
        told = f"{config_path()}, or the secrets_file that it names, cannot be read within {LIMIT_SECONDS:g} s"
        raise ConfigError(f"{told}: a drive of this PC would be right") from None
    schedule = _read_schedule(arguments)
    tasks = tasks_of(schedule, arguments.user)
    chosen = None if arguments.task is None else find_task(tasks, arguments.task, schedule)
    site = make_site(arguments.user, point(), schedule.tasks_dirs)
    loggers = TickLoggers(arguments, site)
    try:
        return heaviest(_run(arguments, schedule, tasks, chosen, site, loggers, watchdog))
    finally:
        loggers.close()


def _read_schedule(arguments: Arguments) -> Schedule:
    """Return what the configuration files say; what others could change is not even read by a protected runner."""
    own = Layout(PATH_CONFIG["LOGS_ROOT"]).user(arguments.user)
    try:
        ensure_plain_folder(own.locks, below=PATH_CONFIG["LOGS_ROOT"])
        mark = ReadingMark(own.reading)
    except OSError:
        mark = ReadingMark()
    if not arguments.protected:
        return load_schedule(mark=mark)
    from scheduler_runner.protection import protected_roots, without_exposed

    roots, problems = protected_roots()
    schedule = load_schedule(roots, mark)
    return without_exposed(schedule._replace(problems=(*problems, *schedule.problems)), arguments.user)


def _open_log(arguments: Arguments) -> logging.Logger:
    """Return the runner's log by what the command line says; the INI's settings are put in later."""
    return configure_logger(
        arguments.user,
        detailed=arguments.detailed_logs,
        console=arguments.console,
        logs_dir=PATH_CONFIG["LOGS_ROOT"],
        masker=Masker(secret_values(os.environ)),
    )


def _take_secrets(user: str) -> None:
    named = point().secrets_file
    if named:
        from config.secrets_file import take_secrets

        take_secrets(user, os.environ, point())


def _run(
    arguments: Arguments,
    schedule: Schedule,
    tasks: Sequence[Task],
    chosen: Task | None,
    site: RunSite,
    loggers: TickLoggers,
    watchdog: Watchdog,
) -> set[ExitCode]:
    """Say what is wrong with the configuration, and carry out the tick with the rest of it."""
    settings, logger = point(), loggers.runner
    problems = [problem for problem in schedule.problems if concerns(problem, site.user)]
    telling, trouble = read_settings(settings)
    if trouble is not None:
        problems.append(Problem(settings.path, trouble))
    brakes, broken = usable_brakes(site.own.brakes)
    if broken is not None:
        problems.append(Problem(site.own.brakes, broken, user=site.user))
    for remark in remarks_on(settings, telling, schedule):
        logger.warning("configuration remark %s", remark)
    logger.debug("configuration read tasks=%d", len(tasks))
    for problem in problems:
        logger.error("configuration problem %s", problem)
    _make_folder(site.own.folder, logger)
    book = SafeBook(tasks, site, telling, logger, hours=lambda: settings.hours, brakes=brakes)
    ledger = Ledger(site.own.ledger, book=book)
    teller = Teller(telling, site, ledger, book, logger, is_scheduled=chosen is None)
    sections = SectionWatch(config_path(), schedule.domains, site.user, logger)
    tick = Tick(
        tasks, site, ledger, logger, loggers.of, teller, are_all_known=not problems, is_protected=arguments.protected,
        pauses=book.pauses, watchdog=watchdog, sections=sections,
    )  # fmt: skip
    try:
        codes = _carry_out(tick, teller, sections, chosen, problems, loggers)
    finally:
        tick.ledger.close()
    if chosen is not None and not arguments.console and sys.stdout.isatty():
        _show_result(tick, chosen)
    return codes


def _carry_out(
    tick: Tick,
    teller: Teller,
    sections: SectionWatch,
    chosen: Task | None,
    problems: Sequence[Problem],
    loggers: TickLoggers,
) -> set[ExitCode]:
    caught = _catch_signals(tick.site.stop)
    teller.tick_begun()
    if chosen is None:
        tick.run_due()
    else:
        tick.run_by_hand(chosen)
    for problem in sections.problems:
        loggers.runner.error("configuration problem %s", problem)
    problems = [*problems, *sections.problems]
    # Not once a day alone: what is installed again is well with the next tick.
    if chosen is None and (tick.is_first_of_day or teller.lacked_packages) and not tick.lacks_package:
        from scheduler_runner.once_a_day import look_at_packages

        look_at_packages(teller, loggers.runner)
    end = tick.end(heaviest(_exit_codes(tick, caught, problems, loggers)), len(problems))
    teller.tick_ended(end, problems)
    if end.is_first_of_day and not problems:  # a task in a broken file only looks as if it were gone
        from scheduler_runner.once_a_day import clean_logs

        clean_logs(tick.site, tick.tasks, loggers.runner)
    # Once more: ledger and log may have been full for the end itself.
    return _exit_codes(tick, caught, problems, loggers)


def _show_result(tick: Tick, task: Task) -> None:
    """Say on a console what became of a task that somebody has started by hand."""
    from scheduler_runner.phrases import Phrase
    from scheduler_runner.screens.chosen import screen

    shown = screen()
    for result in tick.results:
        outcome, seconds = Phrase(result.outcome.value), result.duration_seconds
        shown.say("{task}: {outcome}, {seconds:.1f} s", task=result.task_id, outcome=outcome, seconds=seconds)
        if result.summary or result.reason:
            shown.say(result.summary or result.reason, indent=2)
        shown.say("log: {path}", path=tick.site.own.log(task.id), indent=2, look="faint")


def _exit_codes(tick: Tick, caught: set[ExitCode], problems: Sequence[Problem], loggers: TickLoggers) -> set[ExitCode]:
    """Return all that is to be said of a tick so far; :func:`heaviest` picks what Task Scheduler gets."""
    codes = tick.exit_codes() | caught
    if problems:
        codes.add(ExitCode.CONFIG)
    if loggers.lost_lines():
        codes.add(ExitCode.NOT_RECORDED)
    return codes


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
