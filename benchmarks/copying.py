"""CopyScript beside ``cp``, ``rsync`` and ``rclone``: on a near disk, and with ``--far FOLDER`` on a far one, too.

Whole processes, in turn. A far folder is one in which each operation takes 20 ms or more, such as a mapped drive.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from statistics import median

from benchmarks.measure import INI, PROJECT, own_environ, python, scratch, verdict

_OLD = 1_700_000_000
_SCRIPT = python("-m", "scheduler_runner.tasks.cameras.CopyScript")
_RCLONE = ["rclone", "copy", "--config", "/dev/null"]


def main() -> int:
    """Measure and tell; return 0 where the aims are reached, 2 where a peer is not installed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--far", type=Path, help="an empty folder far away")
    arguments = parser.parse_args()
    peers = ["cp", *(["rsync", "rclone"] if arguments.far else [])]
    lacking = [peer for peer in peers if not shutil.which(peer)]
    if lacking:
        print(f"not installed: {', '.join(lacking)}")
        return 2
    with scratch() as folder:
        results = [*_near(folder), *(_far(folder, arguments.far) if arguments.far else [])]
    return 0 if all(results) else 1


def _near(folder: Path) -> list[bool]:
    big, small = folder / "big", folder / "small"
    _lay_out(big, folders=20, files=40, sizes=[1_300_000])
    fresh = _in_turn({"cp -a": ["cp", "-a", f"{big}/.", "{}"], "ours": _ours(folder, big)}, folder / "to", rounds=7)
    shutil.rmtree(big)
    shutil.rmtree(folder / "to")
    _lay_out(small, folders=2500, files=40, sizes=[100])
    target = folder / "to"
    shutil.copytree(small, target)
    second = _in_turn(
        {"cp -au": ["cp", "-au", f"{small}/.", "{}"], "ours": _ours(folder, small)}, target, rounds=5, is_fresh=False
    )
    shutil.rmtree(small)
    shutil.rmtree(target)
    return [
        verdict("near, fresh, 800 files of 1.3 MB / cp -a", fresh["ours"] / fresh["cp -a"], 1.0),
        verdict("near, second, 100,000 files / cp -au", second["ours"] / second["cp -au"], 0.6),
    ]


def _far(folder: Path, far: Path) -> list[bool]:
    few, many = folder / "few", folder / "many"
    sizes = [kib * 1024 for kib in (64, 128, 256, 512)]
    _lay_out(few, folders=24, files=5, sizes=sizes)
    _lay_out(many, folders=24, files=42, sizes=sizes)
    target = far / "copies"
    fresh = _in_turn({**_rclones(few), "ours": _ours(folder, few)}, target, rounds=3)
    fresh |= _in_turn({"rsync -a": ["rsync", "-a", f"{few}/", "{}"]}, target, rounds=1)
    _run(["cp", "-a", f"{many}/.", str(target)])
    second = _in_turn({**_rclones(many), "ours": _ours(folder, many)}, target, rounds=5, is_fresh=False)
    _run(["rm", "-rf", str(target)])
    best = min(fresh["rclone"], fresh["rclone, 16 transfers"])
    best_second = min(second["rclone"], second["rclone, 16 transfers"])
    return [
        verdict("far, fresh, 120 files / best rclone", fresh["ours"] / best, 0.75),
        verdict("far, fresh, 120 files / rsync -a", fresh["ours"] / fresh["rsync -a"], 0.1),
        verdict("far, second, 1,008 files / best rclone", second["ours"] / best_second, 1.0),
    ]


def _rclones(source: Path) -> dict[str, list[str]]:
    many = ["--transfers", "16", "--checkers", "32"]
    return {
        "rclone": [*_RCLONE, str(source), "{}"],
        "rclone, 16 transfers": [*_RCLONE, *many, str(source), "{}"],
    }


def _ours(folder: Path, source: Path) -> list[str]:
    (folder / "pvz.ini").write_text(INI)
    # As under the runner: without a table for people.
    environ = [
        f"PVZ_CONFIG_PATH={folder / 'pvz.ini'}",
        f"LOGS_ROOT={folder / 'logs'}",
        f"SCHEDULER_RESULT_FILE={folder / 'result.json'}",
    ]
    return ["env", *environ, *_SCRIPT, "--source_dir", str(source), "--dest_dir", "{}"]


def _in_turn(commands: dict[str, list[str]], target: Path, *, rounds: int, is_fresh: bool = True) -> dict[str, float]:
    """Return the median seconds of each command, ``{}`` in it being the target, which is emptied before where fresh."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, argv in commands.items():
            if is_fresh:
                notes = [part.removeprefix("LOGS_ROOT=") for part in argv if part.startswith("LOGS_ROOT=")]
                _run(["rm", "-rf", str(target), *notes])  # with its notes: an emptied folder is told, as a warning
                target.mkdir()
            times[name].append(_timed(lambda argv=argv: _run([part.replace("{}", str(target)) for part in argv])))
            if name == "ours":
                _require_all(target, argv)
    for name, values in times.items():
        print(f"  {name}: {median(values):.2f} s")
    return {name: median(values) for name, values in times.items()}


def _require_all(target: Path, argv: list[str]) -> None:
    """Raise unless the run dealt with every file: what is left out costs nothing."""
    variable = "SCHEDULER_RESULT_FILE="
    (path,) = [part.removeprefix(variable) for part in argv if part.startswith(variable)]
    metrics = json.loads(Path(path).read_text("utf-8"))["metrics"]
    files = sum(name.endswith(".jpg") for _, _, names in os.walk(target) for name in names)  # not who writes there
    if metrics["copied"] + metrics["present"] != files or not files:
        raise RuntimeError(f"{files} files are there, the run tells {metrics}")


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _run(argv: list[str]) -> None:
    quiet = subprocess.DEVNULL
    subprocess.run(argv, cwd=PROJECT, env=own_environ(), check=True, stdout=quiet, stderr=quiet)


def _lay_out(root: Path, *, folders: int, files: int, sizes: list[int]) -> None:
    """Make recordings of one camera, so many in each of so many hours, last modified long ago."""
    noise = os.urandom(max(sizes))
    for number in range(folders):
        day = date(2026, 1, 1) + timedelta(days=number // 24)
        hour = root / "unv_camera" / "sklad" / f"{day:%Y%m%d}" / f"{number % 24:02d}"
        hour.mkdir(parents=True)
        for index in range(files):
            path = hour / f"{number % 24:02d}-{index // 60:02d}-{index % 60:02d}.jpg"
            path.write_bytes(noise[: sizes[index % len(sizes)]])
            os.utime(path, (_OLD, _OLD))


if __name__ == "__main__":
    sys.exit(main())
