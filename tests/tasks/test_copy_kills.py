"""CopyScript killed at random moments, in every fifth round two of them: what is under a final name is whole.

``KILLS=1000 pytest tests/tasks/test_copy_kills.py`` for more of it; ``SEED`` repeats a run.
"""

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.tasks.conftest import files_of

KILLS = int(os.environ.get("KILLS", "12"))
SEED = int(os.environ.get("SEED", str(random.randrange(10**6))))
FRESH_AFTER = 3


@pytest.mark.slow
@pytest.mark.timeout(60 + 2 * KILLS)
def test_copy_killed_at_random_moments_leaves_only_whole_files_and_the_next_run_completes_them(ini, roots, tmp_path):
    chance = random.Random(SEED)
    lay_out_large(roots[0], chance)
    environ = {**os.environ, "PVZ_CONFIG_PATH": str(ini()), "LOGS_ROOT": str(tmp_path / "logs")}
    argv = [sys.executable, "-m", "scheduler_runner.tasks.cameras.CopyScript", "--bandwidth-limit", "60"]
    argv += ["--source_dir", str(roots[0]), "--dest_dir", str(roots[1])]
    source, unfinished, killed = files_of(roots[0]), 0, 0
    for number in range(KILLS):
        if number % FRESH_AFTER == 0:
            shutil.rmtree(roots[1], ignore_errors=True)
        copies = [start(argv, environ) for _ in range(2 if number % 5 == 0 else 1)]
        if number % 2:  # half of them surely in the middle of a file
            wait_for_unfinished(roots[1], copies[0])
        time.sleep(chance.uniform(0, 0.05 if number % 2 else 0.4))
        killed += sum(copy.poll() is None for copy in copies)
        for copy in copies:
            copy.kill()
            copy.wait()
        copied = files_of(roots[1]) if roots[1].exists() else {}  # nobody writes there any more
        unfinished += sum(name.endswith(".partial") for name in copied)
        broken = [name for name, content in copied.items() if name in source and content != source[name]]
        assert not broken, f"SEED={SEED}, kill {number}"
    assert killed, f"SEED={SEED}"
    assert unfinished, f"SEED={SEED}"
    # The root was emptied above, which the first run that comes to its end may have to remark, once.
    assert start(argv[:3] + argv[5:], environ).wait() in (0, 10)
    assert start(argv[:3] + argv[5:], environ).wait() == 0
    assert files_of(roots[1]) == source


def lay_out_large(root: Path, chance: random.Random) -> None:
    """Lay out 96 recordings of random content and length, up to 400 kB."""
    for uid in ("a", "b", "c"):
        for hour in range(9, 13):
            folder = root / "unv_camera" / uid / "20260101" / f"{hour:02d}"
            folder.mkdir(parents=True)
            for minute in range(8):
                path = folder / f"{hour:02d}-{minute:02d}-00.mp4"
                path.write_bytes(chance.randbytes(chance.randrange(1, 400_000)))
                os.utime(path, (1_700_000_000, 1_700_000_000))


def start(argv: "list[str]", environ: "dict[str, str]") -> "subprocess.Popen[bytes]":
    return subprocess.Popen(argv, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait_for_unfinished(root: Path, copy: "subprocess.Popen[bytes]") -> None:
    while copy.poll() is None and not any(name.endswith(".partial") for _, _, names in os.walk(root) for name in names):
        time.sleep(0.005)
