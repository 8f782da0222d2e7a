"""How tests wait: for what happens, not for a time that a loaded machine would need longer for."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import psutil

Answer = TypeVar("Answer")

PATIENCE_SECONDS = 60
"""After so long a test is given up: whatever is waited for hangs. No test waits so long for what works."""

UNTIL_GO = (
    "import os, time\n"
    f"for _ in range({PATIENCE_SECONDS * 50}):\n"
    "    if os.path.exists('go'): break\n"
    "    time.sleep(0.02)\n"
)
"""Code that goes on once a file ``go`` stands in its working folder."""


def wait_until(condition: Callable[[], Answer]) -> Answer:
    """Wait until an answer is true, and return it."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up_at:
        if answer := condition():
            return answer
        time.sleep(0.02)
    raise AssertionError("it never came to that")


def content_of(path: Path) -> str:
    """Wait until a file has been written, and return its text."""
    return wait_until(lambda: path.exists() and path.read_text("utf-8"))


def wait_for_environment(pid: int) -> None:
    """Wait until a process shows its environment: who starts it goes on a moment before the system has laid it out.

    On Windows nobody looks for it there.
    """
    if sys.platform != "win32":
        wait_until(lambda: psutil.Process(pid).environ())
