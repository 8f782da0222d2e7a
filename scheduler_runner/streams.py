"""Standard streams that can be written to, whoever started the process."""

import os
import sys


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
