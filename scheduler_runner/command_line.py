"""What the runner's command line asks for. Nearly every tick has the one that ``install`` registers."""

from collections.abc import Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


class Arguments:
    """What one tick is asked for; what was not given is as here."""

    user: str = ""
    task: "str | None" = None
    config: "str | None" = None
    detailed_logs: bool = False
    console: bool = False
    dry_run: bool = False
    protected: bool = False


def read_arguments(argv: Sequence[str]) -> Arguments:
    """Return what a command line asks for. Raises ``SystemExit`` as argparse does.

    >>> read_arguments(["--user", "operator"]).user
    'operator'
    """
    plain = _read_registered(argv)
    return _parser().parse_args(argv, namespace=Arguments()) if plain is None else plain


def _read_registered(argv: Sequence[str]) -> "Arguments | None":
    """Read what :func:`scheduler_runner.setup.task_entry.runner_words` makes; ``None``: it is something else.

    To import argparse and to build a parser is a twentieth of an idle tick.
    """
    found, words = Arguments(), list(argv)
    while words:
        word = words.pop(0)
        if word == "--protected":
            found.protected = True
        elif word in ("--user", "--config") and words and not words[0].startswith("-"):
            setattr(found, word[2:], words.pop(0))
        else:
            return None
    return found if found.user else None


def _parser() -> "argparse.ArgumentParser":
    import argparse

    parser = argparse.ArgumentParser(
        prog="python -m scheduler_runner.runner",
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
