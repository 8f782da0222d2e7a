"""The administrator's commands: ``pvz COMMAND``, or ``python -m scheduler_runner COMMAND``; see ``cli/``."""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


_INTERRUPTED = 130


def main(argv: "Sequence[str] | None" = None) -> int:
    """Carry out one command and return its exit code; Ctrl+C is one line and 130, also while modules load."""
    try:
        import signal  # here, where Ctrl+C has its answer: it brings other modules along

        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # by the launcher pvz, until somebody answers it: now
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return _main(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:
        _say_interrupted()
        return _INTERRUPTED


def _main(given: "list[str]") -> int:
    from scheduler_runner.cli import commands
    from scheduler_runner.errors import SchedulerError
    from scheduler_runner.screens.chosen import error_screen
    from scheduler_runner.system.error_boxes import suppress_error_boxes
    from scheduler_runner.system.streams import ensure_streams, forget_output, is_reader_gone

    ensure_streams()
    suppress_error_boxes()
    try:
        code = commands.carry_out(given)
        sys.stdout.flush()
        return code
    except SchedulerError as error:
        error_screen().say("error: {error}", error=error, look="bad")
        return int(error.exit_code)
    except ModuleNotFoundError as error:  # status, check, doctor and list speak all the same
        _say_missing(str(error.name).partition(".")[0])
        return 1
    except OSError as error:  # a full disk under the output, say
        forget_output()
        if is_reader_gone(error):  # who has seen enough
            return 0
        error_screen().say("error: {error}", error=error, look="bad")
        return 1


def _say_missing(name: str) -> None:
    from config.launcher import pip_command
    from scheduler_runner.phrases import Phrase
    from scheduler_runner.screens.chosen import error_screen

    shown = error_screen()
    shown.say("error: {error}", error=Phrase("package {name} is missing", name=name), look="bad")
    shown.say("{command}", command=pip_command(), indent=2)


def _say_interrupted() -> None:
    import signal

    # Whatever is not loaded yet stays so: a second Ctrl+C must not find a program that is still importing.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    screen = sys.modules.get("scheduler_runner.screens.chosen")
    try:
        if screen is not None and hasattr(screen, "error_screen"):
            screen.error_screen().say("interrupted")
        else:
            print("interrupted", file=sys.stderr)  # noqa: T201
    except (OSError, ValueError, AttributeError):
        pass  # a console that is closed


if __name__ == "__main__":
    sys.exit(main())
