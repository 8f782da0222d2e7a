"""What may go wrong. Blows strike while runners run, damage is done between ticks, states last for several of them.

Each takes the point and answers whether it could be had here: not every system, and not every account, lets one.
"""

import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.bot_api import BROKEN, FORBIDDEN, OK
from tests.faults.driver import Point, command_of

HOUR, DAY = 3600, 86400
IS_POSIX = sys.platform != "win32"


# Blows: what strikes while runners run.


def kill_a_runner(point: Point) -> bool:
    return _each(_runners(point)[:1], "kill")


def kill_a_program(point: Point) -> bool:
    return _each(_programs(point)[:1], "kill")


def kill_everything(point: Point) -> bool:
    """The power is cut."""
    return _each([*_runners(point), *_programs(point)], "kill")


def ask_a_runner_to_end(point: Point) -> bool:
    if not IS_POSIX:
        return False
    number = point.chance.choice([signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
    for runner in _runners(point)[:1]:
        runner.send_signal(number)
    return True


def suspend_a_runner(point: Point) -> bool:
    """The runner stands still, for hours by the clock, while another tick comes."""
    return _suspended(point, _runners(point)[:1], point.chance.choice([0, 300, 8 * HOUR]))


def suspend_a_program(point: Point) -> bool:
    return _suspended(point, _programs(point)[:1], 0)


def _suspended(point: Point, processes: "list[psutil.Process]", hours: float) -> bool:
    if not _each(processes, "suspend"):
        return False
    point.pass_time(hours)
    point.start_runners()
    time.sleep(point.chance.uniform(0.1, 1.0))
    return _each(processes, "resume")


def _runners(point: Point) -> "list[psutil.Process]":
    return _shuffled(point, lambda command: "scheduler_runner.runner" in command.split())


def _programs(point: Point) -> "list[psutil.Process]":
    """Return what runs besides the runners: tasks, what they left, senders."""
    return _shuffled(point, lambda command: "scheduler_runner.runner" not in command.split())


def _shuffled(point: Point, is_meant: "Callable[[str], bool]") -> "list[psutil.Process]":
    commands = ((process, command_of(process)) for process in point.living())
    found = [process for process, command in commands if command and is_meant(command)]
    point.chance.shuffle(found)
    return found


def _each(processes: "list[psutil.Process]", what: str) -> bool:
    for process in processes:
        try:
            getattr(process, what)()
        except psutil.Error:  # it has ended meanwhile
            continue
    return bool(processes)


# Damage: what happens between ticks.


def damage_the_ledger(point: Point) -> bool:
    path = point.own / "ledger.sqlite3"
    if not path.exists() or point.living():
        return False
    size = path.stat().st_size
    for log in ("-wal", "-shm"):  # it would mend what is damaged here
        Path(f"{path}{log}").unlink(missing_ok=True)
    with open(path, "r+b") as file:
        how = point.chance.choice(["head", "all", "half"])
        if how == "half":
            file.truncate(size // 2)
        else:
            file.write(random.Random(point.seed).randbytes(100 if how == "head" else size))
    return True


def damage_the_locks(point: Point) -> bool:
    """Records that no holder wrote, in the place of those that are there, and lock files with content.

    Without its record nobody can tell what a dead runner left from a run that goes on: it is let be, and told.
    """
    if point.living() or not (point.own / "locks").is_dir():
        return False
    for path in (point.own / "locks").glob("*"):
        if path.suffix == ".lock":
            with open(path, "ab") as file:
                file.write(b"\x00" * 10)
            os.utime(path, (path.stat().st_atime, path.stat().st_mtime // 1))
    content = point.chance.choice(["{", "[]", '{"run_id": 5}', "\x00" * 5000])
    names = point.chance.sample([f"demo_{task.name.lower()}" for task in point.tasks], 3)
    for name in names:
        path = point.own / "locks" / f"{name}.json"
        path.write_text(content, "utf-8")
        point.planted[path] = content
    return True


def damage_the_results(point: Point) -> bool:
    folder = point.own / "results"
    folder.mkdir(exist_ok=True)
    for number, content in enumerate(["{", "[1]", '{"outcome": "succeeded"}', '{"run": 1, "outcome": null}']):
        (folder / f"20200101T000000-0000000{number}.record.json").write_text(content, "utf-8")
    (folder / "20200101T000000-00000009.json").mkdir(exist_ok=True)
    for path in folder.iterdir():
        os.utime(path, (1.5e9, 1.5e9))
    return True


def take_away_the_locks(point: Point) -> bool:
    """Somebody tidies up."""
    if point.living():
        return False
    shutil.rmtree(point.own / "locks", ignore_errors=True)
    return True


def set_the_clock_back(point: Point) -> bool:
    seconds = point.chance.choice([120, HOUR, 30 * HOUR, 60 * HOUR])
    if point.now - seconds < point.memory.looks[0] + DAY:
        return False
    point.set_clock(point.now - seconds)
    return True


def set_the_clock_ahead(point: Point) -> bool:
    """Ahead for a tick, and right again."""
    seconds = point.chance.choice([HOUR, 2 * DAY, 9 * DAY])
    point.set_clock(point.now + seconds)
    point.tick()
    point.set_clock(point.now - seconds)
    return True


# States: what lasts.


def fill_the_disk(point: Point) -> "Callable[[], None] | None":
    return _with_room(point, point.chance.choice([0, 2000]))


def leave_little_room(point: Point) -> "Callable[[], None] | None":
    """Enough for some records, not for the logs."""
    return _with_room(point, 30_000)


def _with_room(point: Point, most_bytes: int) -> "Callable[[], None] | None":
    if not IS_POSIX or "FAULTS_ROOM" in point.environ:
        return None
    point.environ["FAULTS_ROOM"] = str(most_bytes)
    return lambda: point.environ.pop("FAULTS_ROOM")


def take_away_rights(point: Point) -> "Callable[[], None] | None":
    """Nothing below the logs can be written; root is no exception."""
    if not IS_POSIX:
        return None
    point.environ["FAULTS_NO_RIGHTS"] = "1"
    modes = {path: path.stat().st_mode & 0o777 for path in [point.own, *point.own.rglob("*")] if not path.is_symlink()}
    only = point.chance.choice(["folders", "everything"])
    for path, mode in modes.items():
        if path.is_dir() or only == "everything":
            path.chmod(mode & ~0o222)

    def give_back() -> None:
        point.environ.pop("FAULTS_NO_RIGHTS")
        for path, mode in modes.items():
            if path.exists():
                path.chmod(mode)

    return give_back


def cut_the_network(point: Point) -> "Callable[[], None] | None":
    point.api.always = point.chance.choice([BROKEN, FORBIDDEN])
    return lambda: setattr(point.api, "always", OK)


def break_a_configuration(point: Point) -> "Callable[[], None] | None":
    text = point.chance.choice(
        ["SCHEDULE = [\n", "import os\nos._exit(0)\n", "SCHEDULE = [{'name': 'X'}]\n", "1 / 0\n"]
    )
    path = point.project.configure(text, domain="broken", name="broken")
    return path.unlink


BLOWS = (kill_a_runner, kill_a_program, kill_everything, ask_a_runner_to_end, suspend_a_runner, suspend_a_program)
DAMAGE = (
    damage_the_ledger,
    damage_the_locks,
    damage_the_results,
    take_away_the_locks,
    set_the_clock_back,
    set_the_clock_ahead,
)
STATES = (fill_the_disk, leave_little_room, take_away_rights, cut_the_network, break_a_configuration)
