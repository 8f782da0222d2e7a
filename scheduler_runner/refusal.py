"""What is said where a tick cannot begin: on the console, in the log and to people. Loaded only then."""

import logging
import os
import sys
from collections.abc import Sequence

from config.base_config import PATH_CONFIG
from scheduler_runner.command_line import Arguments
from scheduler_runner.errors import ExitCode, SchedulerError, UsageError
from scheduler_runner.logbook.masking import Masker, secret_values
from scheduler_runner.notices.teller import tell_directly
from scheduler_runner.phrases import Phrase
from scheduler_runner.russian_errors import in_russian
from scheduler_runner.screens.chosen import error_screen
from scheduler_runner.system.folders import is_folder_name
from scheduler_runner.utils.logging import close_logger, configure_logger


def refuse(arguments: Arguments, error: Exception) -> int:
    """Say in one sentence what is wrong: on the console, in the log, and to people, for nobody may be watching.

    A defect of the program, which is no ``SchedulerError``, is logged with its traceback.
    """
    is_expected = isinstance(error, SchedulerError)
    said: Exception | Phrase = error
    if not is_expected:
        said = Phrase("defect in the runner: {kind}: {error}", kind=type(error).__name__, error=error)
    told = str(said)
    masker = Masker(secret_values(os.environ))
    if arguments.dry_run or arguments.console:  # somebody asked for it
        on = error_screen()
        on.say(masker.text(on.words("error: {error}", error=said)), look="bad")
    else:  # not by the INI's language: to read that once more may be what hangs
        print(masker.text(f"error: {told}"), file=sys.stderr)  # noqa: T201
    if not (isinstance(error, UsageError) and arguments.dry_run):
        logger = log_refusal(arguments.user, told, None if is_expected else error)
        if not arguments.task and not arguments.dry_run and not isinstance(error, UsageError):
            _notify(arguments.user, error, masker.text(in_russian(error) if is_expected else told), logger)
        close_logger(logger)
    return int(error.exit_code if isinstance(error, SchedulerError) else ExitCode.TASK_FAILED)


def log_refusal(user: str, told: str, defect: Exception | None) -> logging.Logger:
    """Write into the log why nothing was done: under pythonw nobody sees a console. Return the log."""
    masker = Masker(secret_values(os.environ))
    name = user if is_folder_name(user) else "unknown"
    logger = configure_logger(name, logs_dir=PATH_CONFIG["LOGS_ROOT"], masker=masker)
    logger.error("%s", told, exc_info=defect)
    return logger


def user_in(argv: Sequence[str]) -> str:
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
