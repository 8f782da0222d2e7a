"""The administrator's commands: ``python -m scheduler_runner COMMAND``; one file each in ``cli/``."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from scheduler_runner.errors import SchedulerError
from scheduler_runner.system.error_boxes import suppress_error_boxes
from scheduler_runner.system.streams import ensure_streams, forget_output

COMMANDS = {
    "cameras": "the cameras of this point: what they wrote lately, copied or not; what the INI lacks",
    "demo": "lay out made-up recordings in sandbox/, run the runner on them, show what happened",
    "doctor": "name what is not as it should be at this point, each with its cure",
    "install": "put a user's runner into Task Scheduler, or update it there; --harden: set the rights",
    "uninstall": "take a user's runner out of Task Scheduler",
    "notify": "send a test message to the chats of [telegram], or say what is missing",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command and return its exit code."""
    ensure_streams()
    suppress_error_boxes()
    given = list(sys.argv[1:] if argv is None else argv)
    try:
        arguments = _parser(given[0] if given else "").parse_args(given)
    except SystemExit as ended:
        return int(ended.code or 0)
    try:
        code = int(import_module(f"scheduler_runner.cli.{arguments.command}").run(arguments))
        sys.stdout.flush()
        return code
    except SchedulerError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - the one sentence that people get
        return int(error.exit_code)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # who reads it has seen enough
        forget_output()
        return 0
    except OSError as error:  # a full disk under the output, say
        forget_output()
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 1


def _parser(chosen: str) -> argparse.ArgumentParser:
    """Return the parser; only the chosen command's own file is imported."""
    parser = argparse.ArgumentParser(prog="python -m scheduler_runner", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, told in COMMANDS.items():
        command = commands.add_parser(name, help=told, description=told, allow_abbrev=False)
        if name == chosen:
            import_module(f"scheduler_runner.cli.{name}").add_arguments(command)
    return parser


if __name__ == "__main__":
    sys.exit(main())
