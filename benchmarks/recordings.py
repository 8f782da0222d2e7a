"""``pvz recordings`` on an archive of 120 days and 10 cameras on a near disk: two seconds beyond Python's start.

Seven cameras keep a folder for each hour, three one for all; a file for every five minutes. An hour in the middle of
the archive is asked for, of a camera of each layout.
"""

import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.measure import INI, command, in_turn, own_environ, python, scratch, verdict
from scheduler_runner.tasks.cameras.layouts import Layout, Uniview, XiaomiHours, XiaomiShare

_DAYS = 120
_AIM_SECONDS = 2.0
_NEWEST = datetime(2026, 11, 24)
_STEP_MINUTES = 5
_CAMERAS: dict[str, Layout] = {
    **{f"unv_{number:03d}": Uniview() for number in range(4)},
    **{f"xiaomi_{number:03d}": XiaomiHours() for number in range(4, 7)},
    **{f"xiaomi_{number:03d}": XiaomiShare() for number in range(7, 10)},
}


def main() -> int:
    """Measure and tell; return 0 where the aim is reached."""
    with scratch() as folder:
        root, ini = folder / "camera", folder / "pvz.ini"
        count = sum(lay_out(root, uid_of(name), layout) for name, layout in _CAMERAS.items())
        print(f"  {count} recordings of {len(_CAMERAS)} cameras, {_DAYS} days")
        (folder / "network").mkdir()
        roots = f"local_roots = {root}\nnetwork_root = {folder / 'network'}\n"
        text = f"{INI.replace('test', 'production')}[cameras]\n{roots}"
        for name, layout in _CAMERAS.items():
            text += f"[camera {name}]\nkind = {layout.kind}\nuid = {uid_of(name)}\narea = зал\n"
        ini.write_text(text, "utf-8")
        environ = {**own_environ(), "PVZ_CONFIG_PATH": str(ini), "LOGS_ROOT": str(folder / "logs")}
        day = f"{_NEWEST - timedelta(days=_DAYS // 2):%d.%m}"
        ask = ("-m", "scheduler_runner", "recordings")
        asked = {
            f"pvz recordings, {type(layout).__name__}": python(*ask, name, "--from", f"{day} 18:00")
            for name, layout in _CAMERAS.items()
        }
        times = in_turn({"pass": command(python("-c", "pass"), environ),
                         **{told: command(argv, environ) for told, argv in asked.items()}}, 5)  # fmt: skip
    reached = [verdict(f"{told}, s", times[told] - times["pass"], _AIM_SECONDS) for told in asked]
    return 0 if all(reached) else 1


def uid_of(camera: str) -> str:
    """Return what a camera's folders are called after."""
    return f"78DF72A1B{camera[-3:]}"


def lay_out(root: Path, uid: str, layout: Layout) -> int:
    """Make a camera's recordings; return how many."""
    made: set[str] = set()
    count = 0
    for minute in range(0, _DAYS * 1440, _STEP_MINUTES):
        moment = _NEWEST - timedelta(minutes=minute)
        path = str(root / layout.path(uid, moment))
        folder = os.path.dirname(path)
        if folder not in made:
            os.makedirs(folder, exist_ok=True)
            made.add(folder)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
        os.utime(path, (moment.timestamp(),) * 2)
        count += 1
    return count


if __name__ == "__main__":
    sys.exit(main())
