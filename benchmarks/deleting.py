"""A sweep over 100,000 recordings in 2,500 folders, half of them old, beside ``find -delete``: at most 1.4.

``find`` passes twice, the second time for the folders left empty. Copies are not asked for here. Then: how many
folders a sweep with nothing to delete looks into, and the memory of copying, cleaning and watching 1,000,000 files.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks.measure import python, scratch, verdict
from scheduler_runner.tasks.cameras.clean_run import CleanRun
from scheduler_runner.tasks.cameras.clean_values import CleanOptions
from scheduler_runner.tasks.cameras.recording_root import Day, RecordingRoot

_TODAY = date(2026, 11, 23)
_NEW = _TODAY - timedelta(days=12)
"""The oldest date that stays; for ``find``, which goes by the files' times, too."""
_OLD_TIME = 1_700_000_000
_CAMERAS = 10
_HOURS = 10
_DATES = 25
_MEMORY = """
import resource, sys
from datetime import date, datetime, timedelta
from pathlib import Path
from config.hours import Hours
from scheduler_runner.tasks.cameras.clean_run import CleanRun
from scheduler_runner.tasks.cameras.clean_values import CleanOptions
from scheduler_runner.tasks.cameras.copy_notes import CopyNotes
from scheduler_runner.tasks.cameras.copy_values import CopyOptions
from scheduler_runner.tasks.cameras.copy_run import CopyRun
from scheduler_runner.tasks.cameras.monitor_look import LOCAL_DISK, look
from scheduler_runner.tasks.cameras.monitor_rules import Window
local, network = sys.argv[1:]
notes = CopyNotes(network, local + ".sqlite3")
print(CopyRun([local], network, CopyOptions(), notes).run().copied)
window = Window(datetime(2026, 11, 24), Hours(((0, 1440),) * 7), timedelta(days=60))
print(sum(each.recent for each in look(LOCAL_DISK, [local], (), window).sightings))
options = CleanOptions(12, date(2026, 11, 23), network_root=network, notes=notes, workers=16)
notes.fresh = dict  # half a day later
print(CleanRun(local, options).run().deleted)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def main() -> int:
    """Measure and tell; return 0 where the aims are reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--memory", action="store_true", help="1,000,000 files, too: minutes, and 10 GiB of memory disk"
    )
    arguments = parser.parse_args()
    with scratch() as folder:
        results = [_beside_find(folder), _idle(folder / "idle")]
        if arguments.memory:
            results.append(_memory(folder / "million"))
    return 0 if all(results) else 1


def _beside_find(folder: Path) -> bool:
    times: dict[str, list[float]] = {"find": [], "ours": []}
    for number in range(7):
        for name, work in (("find", _find), ("ours", _ours)):
            root = folder / f"{name}{number}"
            lay_out(root, files=40)
            started = time.perf_counter()
            work(root)
            times[name].append(time.perf_counter() - started)
            left = sum(1 for path in root.rglob("*.jpg"))
            assert left == 52_000, left
            shutil.rmtree(root)
    print(f"  find -delete {median(times['find']):.2f} s, ours {median(times['ours']):.2f} s")
    return verdict("sweep / find -delete", median(times["ours"]) / median(times["find"]), 1.4)


def _ours(root: Path) -> None:
    CleanRun(str(root), CleanOptions(12, _TODAY)).run()


def _find(root: Path) -> None:
    subprocess.run(["find", root, "-type", "f", "-not", "-newermt", f"{_NEW}", "-delete"], check=True)
    subprocess.run(["find", root, "-mindepth", "1", "-type", "d", "-empty", "-delete"], check=True)


def _idle(root: Path) -> bool:
    """Count the folders that are looked into where no date may go."""
    lay_out(root, files=1, dates=14)
    looked = 0
    look = RecordingRoot.first_recording

    def count(self: RecordingRoot, day: Day) -> "os.DirEntry[str] | None":
        nonlocal looked
        looked += 1
        return look(self, day)

    RecordingRoot.first_recording = count  # type: ignore[method-assign]
    CleanRun(str(root), CleanOptions(14, _TODAY + timedelta(days=60))).run()  # the point was closed
    RecordingRoot.first_recording = look  # type: ignore[method-assign]
    shutil.rmtree(root)
    return verdict("folders looked into, nothing to delete / dates", looked / 14, _CAMERAS)


def _memory(root: Path) -> bool:
    lay_out(root / "local", files=400)
    (root / "network").mkdir()
    run = subprocess.run(
        python("-c", _MEMORY, str(root / "local"), str(root / "network")), check=True, capture_output=True, text=True
    )
    copied, watched, deleted, mebibytes = run.stdout.split()
    print(f"  copied {copied}, watched {watched}, deleted {deleted}")
    return verdict("memory, 1,000,000 recordings, MiB", float(mebibytes), 150)


def lay_out(root: Path, *, files: int, dates: int = _DATES) -> None:
    """Make recordings of ten cameras, ten hours a day."""
    content = b"\xff\xd8\xff"
    for age in range(dates):
        for camera in range(_CAMERAS):
            for hour in range(_HOURS):
                day = _TODAY - timedelta(days=age)
                folder = root / "unv_camera" / f"cam{camera}" / f"{day:%Y%m%d}" / f"{hour + 9:02d}"
                folder.mkdir(parents=True)
                for number in range(files):
                    path = folder / f"{hour + 9:02d}-{number // 60:02d}-{number % 60:02d}.jpg"
                    path.write_bytes(content)
                    if day < _NEW:
                        os.utime(path, (_OLD_TIME, _OLD_TIME))


if __name__ == "__main__":
    print(f"{datetime.now():%H:%M}, {resource.getpagesize()}-byte pages")
    sys.exit(main())
