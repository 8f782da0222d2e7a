"""1,000,000 lines of output (104 MB) into a task's log, beside ``svlogd -tt``: at least three times as fast."""

import os
import resource
import shutil
import subprocess
import sys
import time
from statistics import median

from benchmarks.measure import python, scratch, verdict

_LINES = (
    "import sys\nline = 'x' * 96\n"
    "for block in range(1000): sys.stdout.write(''.join(f'{block * 1000 + n:07d} {line}\\n' for n in range(1000)))"
)
_LONG_LINE = "import sys\nfor _ in range(3200): sys.stdout.write('x' * 65536)"
_OURS = """
import logging, os, resource, sys
from scheduler_runner.runs.execution import Launch, execute
from scheduler_runner.utils.logging import configure_logger
from scheduler_runner.logbook.masking import Masker
from scheduler_runner.runs.output import OutputLog
logger = configure_logger("operator", "demo_Job", logs_dir=sys.argv[1])
output = OutputLog(logger, Masker(["a-secret-of-the-point", "another one"]))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
execute(Launch(tuple(sys.argv[2:]), dict(os.environ), sys.argv[1], 600, "A=b"), output, logger)
output.close()
print(output.byte_count, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


def main() -> int:
    """Measure and tell; return 0 where the aims are reached."""
    if not shutil.which("svlogd"):
        print("svlogd (package runit) is not installed: no peer to measure beside")
        return 2
    with scratch() as folder:
        lines = folder / "lines"
        with open(lines, "wb") as file:
            subprocess.run(python("-c", _LINES), stdout=file, check=True)
        ours, peer, growth = [], [], []
        for number in range(9):
            seconds, more = _ours(folder / f"ours{number}", ["cat", str(lines)])
            ours.append(seconds)
            growth.append(more)
            peer.append(_svlogd(folder / f"svlogd{number}", lines))
        _, long_growth = _ours(folder / "long", python("-c", _LONG_LINE))
        size = os.path.getsize(lines) / 2**20
    print(f"ours {size / median(ours):.0f} MiB/s, svlogd -tt {size / median(peer):.0f} MiB/s")
    results = [
        verdict("ours / svlogd -tt", median(peer) / median(ours), 3.0, is_least=True),
        verdict("memory growth, 1,000,000 lines, MiB", max(growth), 60),
        verdict("memory growth, a line of 200 MB, MiB", long_growth, 60),
    ]
    return 0 if all(results) else 1


def _ours(folder, argv: list[str]) -> tuple[float, float]:
    folder.mkdir()
    started = time.perf_counter()
    run = subprocess.run(python("-c", _OURS, str(folder), *argv), capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - started
    count, growth = run.stdout.split()
    assert int(count) > 100_000_000, "output was lost"
    shutil.rmtree(folder)
    return seconds, float(growth)


def _svlogd(folder, lines) -> float:
    folder.mkdir()
    (folder / "config").write_text("s10485760\nn30\n")
    started = time.perf_counter()
    with open(lines, "rb") as file:
        subprocess.run(["svlogd", "-tt", str(folder)], stdin=file, check=True, stderr=subprocess.DEVNULL)
    seconds = time.perf_counter() - started
    shutil.rmtree(folder)
    return seconds


if __name__ == "__main__":
    print(f"peak so far {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    sys.exit(main())
