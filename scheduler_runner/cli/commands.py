"""Which commands there are, and how one is carried out: only its own file is imported."""

import argparse
import os
from collections.abc import Sequence
from importlib import import_module

from config.base_config import config_path
from config.ini import nearest, read_ini
from scheduler_runner.errors import ConfigError, UsageError
from scheduler_runner.phrases import Phrase
from scheduler_runner.screens.chosen import screen
from scheduler_runner.screens.screen import Screen
from scheduler_runner.version import VERSION

PROGRAM = "pvz"
COMMANDS = {
    "status": "how this point is: what is wrong now, what runs, what comes next",
    "list": "the tasks: when, what comes next, how the last run ended, how long it takes",
    "why": "why a slot ran, ran late or did not; without a task everything unusual since yesterday",
    "run": "run one task now, whatever its schedule and hours",
    "stop": "end what runs for a task, with everything that it started; no further attempt follows",
    "history": "the runs of the last days; of one run everything, with its part of the log",
    "log": "a task's log of today; --follow shows what is added",
    "simulate": "the plan of a day: what would run when, and what would be missed",
    "recordings": "the recordings of a camera at a time: where they are; --to-folder copies them",
    "check": "whether the configuration is sound: every section of the INI, every task",
    "mute": "silence what is known of a camera, a cause or a task until then; it is looked at as ever",
    "pause": "stop a task, or all, until then; none of its times is made up for",
    "resume": "end a mute or a pause before its time",
    "cameras": "the cameras of this point: what they wrote lately, copied or not; what the INI lacks",
    "doctor": "what is not as it should be at this point, each with its cure",
    "install": "set the point up by questions, or put up the entry that starts one user's runner; --harden: rights",
    "uninstall": "take out the entry that starts a user's runner",
    "notify": "send a test message, or say what is missing",
    "report": "the page of this point, status.json beside it; --index FOLDER: one page over all points",
    "support": "one zip for the phone call: doctor, status, INI, logs of three days, the ledger; masked",
    "demo": "lay out made-up recordings in sandbox/, run the runner on them, show what happened",
}
"""By how often they are needed; each is a file here with ``add_arguments(parser)`` and ``run(arguments) -> int``."""

_SPEAK_OF_SECRETS = frozenset({"status", "check", "doctor", "support"})
"""What they say of tokens, and what they mask, is right only with the secrets that lie in files."""
_HELP = ("-h", "--help", "help")
_VERSION = ("--version", "version")


def carry_out(given: Sequence[str]) -> int:
    """Carry out the command that a command line names; return its exit code.

    Raises ``UsageError`` for a command that does not exist, and what the command raises.
    """
    if not given:
        given = ["status"]
    if given[0] in _HELP:
        _show_commands(screen())
        return 0
    if given[0] in _VERSION:
        screen().copy(f"{PROGRAM} {VERSION}")
        return 0
    name, *rest = given
    if name not in COMMANDS:
        right = nearest(name, COMMANDS)
        raise UsageError("unknown command {name}: {right} would be right", name=name, right=right)
    if name in _SPEAK_OF_SECRETS:
        _take_secrets()
    command = import_module(f"scheduler_runner.cli.{name}")
    parser = argparse.ArgumentParser(
        prog=f"{PROGRAM} {name}", description=screen().words(Phrase(COMMANDS[name])), allow_abbrev=False
    )
    command.add_arguments(parser)
    try:
        arguments = parser.parse_args(rest)
    except SystemExit as ended:
        return int(ended.code or 0)
    return int(command.run(arguments))


def _take_secrets() -> None:
    try:
        is_named = "secrets_file" in read_ini(config_path()).own("scheduler")
    except ConfigError:
        return
    if is_named:
        import getpass

        from config.secrets_file import take_known_secrets

        take_known_secrets(os.environ, getpass.getuser())  # which cannot be read, the doctor tells


def _show_commands(shown: Screen) -> None:
    shown.say("Commands:", look="strong")
    shown.table((), [(f"  {name}", Phrase(told)) for name, told in COMMANDS.items()])
    shown.say("{command} --help says more", command=f"{PROGRAM} doctor")
