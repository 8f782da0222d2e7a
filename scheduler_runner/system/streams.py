"""Standard streams that can be written to, whoever started the process."""

import errno
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rich.console import Console

_WIDE = 240


def ensure_streams() -> None:
    """Give ``pythonw``, which has no standard streams, ones that lead nowhere; let others show any letter."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for the life of the process
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")  # a cp866 console lacks many letters


def forget_output() -> None:
    """Let standard output lead nowhere, as its reader left or its disk is full: Python's end would tell of it again."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for the life of the process


if sys.platform == "win32":

    def is_reader_gone(error: Exception) -> bool:
        """Return whether who reads the output has left; Windows' C library may call that an invalid argument.

        https://github.com/python/cpython/issues/79935
        """
        is_told_so = isinstance(error, OSError) and error.errno == errno.EINVAL and error.filename is None
        return is_told_so or isinstance(error, BrokenPipeError)

else:

    def is_reader_gone(error: Exception) -> bool:
        """Return whether who reads the output has left."""
        return isinstance(error, BrokenPipeError)


def console_for_people() -> "Console":
    """Return a console on standard output; where that is a file or a pipe, lines are as long as they need to be."""
    from rich.console import Console

    console = Console(highlight=False, markup=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = _WIDE
    return console
