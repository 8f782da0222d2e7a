"""The page of a point on a ledger of a year with ten cameras: five seconds and 2 MB; a root that hangs, ten more.

100,000 runs, 115,000 ticks, recordings of 120 days in the network root and of 8 with their notes on the disk.
"""

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import datetime, timedelta

from benchmarks.answers import live_a_year
from benchmarks.measure import PROJECT, own_environ, python, scratch, verdict
from scheduler_runner.system.layout import Layout
from scheduler_runner.tasks.cameras.notes_file import _SCHEMA

_CAMERAS = 10
_AIM_SECONDS, _AIM_MB, _AIM_FAR_SECONDS = 5.0, 2.0, 10.0
# A drive on a dead server keeps whoever asks waiting: at the first question, or at the first file.
_HANGS = {
    "looked at": "import os, scheduler_runner.cli.report_facts as it; is_far = os.path.isdir; it.os.path.isdir = "
    "lambda path: time.sleep(600) if str(path).endswith('far') else is_far(path)",
    "written to": "import scheduler_runner.report.placing as it; near = it.put; it.put = "
    "lambda folder, files: time.sleep(600) if 'far' in folder else near(folder, files)",
}
_RUN = "import sys, time; {patch}; from scheduler_runner.__main__ import main; sys.exit(main(['report']))"


def main() -> int:
    """Measure and tell; return 0 where the aims are reached."""
    with scratch() as folder:
        layout = Layout(str(folder / "logs"))
        live_a_year(layout, time.time())
        _record(layout, folder)
        environ = {**own_environ(), "PVZ_CONFIG_PATH": str(folder / "pvz.ini"), "LOGS_ROOT": layout.folder}
        _report(environ, "pass")  # compiles what is imported
        before = os.times()
        near = min(_report(environ, "pass") for _ in range(3))
        after = os.times()
        page = os.path.getsize(folder / "far" / "_report" / "report.html")
        # Of the processor alone, which a busy machine does not stretch; Windows does not tell it of children.
        busy = (after.children_user + after.children_system - before.children_user - before.children_system) / 3
        print(f"of the processor {busy:.2f} s")
        reached = [verdict("pvz report, s", near, _AIM_SECONDS), verdict("its page, MB", page / 1e6, _AIM_MB)]
        for when, patch in _HANGS.items():
            more = _report(environ, patch) - near
            reached.append(verdict(f"a network root that hangs when it is {when}, s more", more, _AIM_FAR_SECONDS))
    return 0 if all(reached) else 1


def _report(environ: dict[str, str], patch: str) -> float:
    started = time.perf_counter()
    subprocess.run(
        python("-c", _RUN.format(patch=patch)), cwd=PROJECT, env=environ, check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - started


def _record(layout: Layout, folder) -> None:
    """Write the INI, and what was counted and noted of recordings; most runs told how much room there was."""
    for root in ("near", "far"):
        os.makedirs(folder / root)
    cameras = "".join(f"[camera unv_{number:03d}]\nkind = unv\nuid = cam{number}\n" for number in range(_CAMERAS))
    roots = f"local_roots = {folder / 'near'}\nnetwork_root = {folder / 'far'}\n"
    (folder / "pvz.ini").write_text(f"[DEFAULT]\nPVZ_ID = 182\nENV_MODE = production\n[cameras]\n{roots}{cameras}")
    own = layout.user("operator")
    metrics = json.dumps({"copied": 4000, "copied_bytes": 2**33, "free_bytes": 2**38, "free": {"D:": 2**37}})
    with closing(sqlite3.connect(own.ledger)) as ledger:
        ledger.execute("UPDATE runs SET metrics = ?", (metrics,))
        ledger.commit()
    now = datetime.now()
    notes = {f"{number:02d}-04-22.jpg": [300_000, 1.7e18, 1.7e9] for number in range(60)}
    noted = json.dumps({"d:/camera": notes})
    with closing(sqlite3.connect(os.path.join(own.folder, "copies.sqlite3"))) as file:
        file.executescript(_SCHEMA)
        file.execute("INSERT INTO roots VALUES ('o', 'id', '', ?)", (now.timestamp() - 600,))
        for camera in range(_CAMERAS):
            for age in range(120):
                day = f"{now - timedelta(days=age):%Y%m%d}"
                is_near = age < 8
                file.executemany(
                    "INSERT INTO groups VALUES ('o', ?, ?, ?, 'unv', ?, ?, 60, ?)",
                    [
                        (f"cam{camera}/{day}/{hour:02d}", day, f"{hour:02d}", f"cam{camera}", 60 * is_near,
                         noted if is_near else "{}")
                        for hour in range(9, 21)
                    ],
                )  # fmt: skip
        file.commit()


if __name__ == "__main__":
    sys.exit(main())
