"""Ratios of things measured in turn, so that whatever else the machine does hits both alike."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
INI = "[DEFAULT]\nPVZ_ID = 182\nENV_MODE = test\n"


def in_turn(candidates: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each, after one round that does not count."""
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for round_number in range(rounds + 1):
        for name, work in candidates.items():
            started = time.perf_counter()
            work()
            if round_number:
                times[name].append(time.perf_counter() - started)
    return {name: statistics.median(values) for name, values in times.items()}


def own_environ() -> dict[str, str]:
    """Return this process's environment, in which Python keeps what it compiled, as at a point."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def command(
    argv: Sequence[str], env: Mapping[str, str] | None = None, codes: Sequence[int] = (0,)
) -> Callable[[], None]:
    """Return a function that runs a command to its end; it must end with one of these codes."""

    def run() -> None:
        code = subprocess.run(argv, env=env, cwd=PROJECT, check=False, stdout=subprocess.DEVNULL).returncode
        if code not in codes:
            raise subprocess.CalledProcessError(code, argv)

    return run


@contextmanager
def scratch():
    """Yield an empty folder, on a memory file system where there is one."""
    shm = "/dev/shm"  # noqa: S108 - as a file system, not as a name
    with tempfile.TemporaryDirectory(dir=shm if os.path.isdir(shm) else None) as folder:
        yield Path(folder)


def verdict(name: str, value: float, limit: float, *, is_least: bool = False) -> bool:
    """Print a measured ratio with its aim; return whether it was reached."""
    reached = value >= limit if is_least else value <= limit
    sign = ">=" if is_least else "<="
    print(f"{name:<58} {value:8.2f}  aim {sign} {limit:g}  {'reached' if reached else 'MISSED'}")
    return reached


def python(*arguments: str) -> list[str]:
    """Return a command of this interpreter."""
    return [sys.executable, *arguments]
