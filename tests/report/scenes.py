"""Points that have lived two weeks, with things planted that the page has to show. For tests, pictures and benchmarks."""

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from scheduler_runner.records.ledger import Ledger, boot_number
from scheduler_runner.records.levels import LevelRow, save_level
from scheduler_runner.schedule_config import load_schedule
from scheduler_runner.system.clock import read_clock
from scheduler_runner.system.layout import Layout
from scheduler_runner.tasks.cameras.notes_file import _SCHEMA

ZONE = ZoneInfo("Europe/Moscow")
OPEN, CLOSE = 9, 21
PLACES = ("склад, над стеллажами", "клиентская зона, над ресепшн", "вход", "коридор", "примерочная 1", "касса",
          "задняя дверь", "парковка", "примерочная 2", "стойка возврата")  # fmt: skip
TICK_SECONDS = 300
_GIBIBYTE = 1024**3
_ON_FROM, _ON_TO = 8.5, 22.0


@dataclass
class Scene:
    """What is planted; days are counted back from today, 0."""

    now: datetime
    cameras: int = 3
    days: int = 14
    closed: tuple[int, ...] = ()
    off: tuple[int, ...] = ()
    """Days on which the PC was off."""
    off_from: dict[int, float] = field(default_factory=dict)
    """Days on which it was switched off early, at an hour."""
    gaps: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    """By camera: day, from hour, to hour."""
    not_copied: dict[int, int] = field(default_factory=dict)
    """By camera: the day."""
    dead: dict[int, int] = field(default_factory=dict)
    """By camera: since which day it is silent."""
    failures: dict[str, tuple[int, str]] = field(default_factory=dict)
    """By task: the day, and what its runs of that day said."""
    paused: dict[str, int] = field(default_factory=dict)
    place: Callable[[int], str] = lambda number: PLACES[number % len(PLACES)]

    def day(self, ago: int) -> date:
        return (self.now - timedelta(days=ago)).date()

    def at(self, ago: int, hour: float) -> float:
        midnight = datetime.combine(self.day(ago), datetime.min.time(), ZONE)
        return midnight.timestamp() + hour * 3600

    def was_on(self, moment: float) -> bool:
        ago = (self.now.date() - datetime.fromtimestamp(moment, ZONE).date()).days
        hour = (moment - self.at(ago, 0)) / 3600
        return ago not in self.off and _ON_FROM <= hour < self.off_from.get(ago, _ON_TO)


def write_ini(path: Path, folder: Path, scene: Scene, more: str = "", pvz_id: str = "182") -> None:
    """Write the INI of a point whose roots lie in a folder."""
    for root in ("D_camera", "O_cameras"):
        (folder / root / (pvz_id if root[0] == "O" else "")).mkdir(parents=True, exist_ok=True)
    closed = ", ".join(f"{scene.day(ago):%d.%m.%Y}" for ago in scene.closed)
    lines = [
        f"[DEFAULT]\nPVZ_ID = {pvz_id}\nENV_MODE = production",
        "[scheduler]\ntimezone = Europe/Moscow\nlanguage = ru",
        f"[cameras]\nlocal_roots = {folder / 'D_camera'}\nnetwork_root = {folder / 'O_cameras'}/{{PVZ_ID}}",
        f"min_free_gb = 0\nnetwork_min_free_gb = 0\nclosed_days = {closed}",
        "[notices]\nchannels = off",
        *(
            f"[camera unv_{number + 1:03d}]\nkind = unv\nuid = cam{number}\nplace = {scene.place(number)}"
            for number in range(scene.cameras)
        ),
        more,
    ]
    path.write_text("\n".join(lines) + "\n", "utf-8")


def live(logs: Path, scene: Scene) -> None:
    """Write ledgers and notes as they would be there."""
    layout = Layout(str(logs))
    for user in ("operator", "system"):
        own = layout.user(user)
        os.makedirs(own.folder, exist_ok=True)
        ledger = Ledger(own.ledger)
        ledger.begin_tick(scene.now.timestamp(), 1, read_clock())
        ledger.file.write(lambda connection, user=user: _write_past(connection, scene, user))
        ledger.close()
    if scene.cameras and scene.days:
        with closing(sqlite3.connect(os.path.join(layout.user("operator").folder, "copies.sqlite3"))) as notes:
            notes.executescript(_SCHEMA)
            _write_counts(notes, scene)
            notes.commit()


def _write_past(connection: sqlite3.Connection, scene: Scene, user: str) -> None:
    now, clock = scene.now.timestamp(), read_clock()
    connection.execute("DELETE FROM ticks")
    connection.execute("DELETE FROM tick_clocks")
    boot, number, was_on = 1, 0, False
    begins = scene.at(scene.days, 0) if scene.days else now
    moment = begins
    while moment <= now:
        is_on = scene.was_on(moment)
        boot += is_on and not was_on
        since = (moment - begins) if is_on else 0
        if is_on:
            number += 1
            connection.execute("INSERT INTO ticks VALUES (?, ?, ?, 1, 0)", (number, moment, moment + 1))
            connection.execute("INSERT INTO tick_clocks VALUES (?, ?, ?, ?)", (number, boot, since, since))
        was_on = is_on
        moment += TICK_SECONDS
    # The newest tick is of this PC's own start, so that the time since then is no gap.
    if number:
        values = (boot_number(clock), clock.since_boot, clock.awake, number)
        connection.execute("UPDATE tick_clocks SET boot = ?, since_boot = ?, awake = ? WHERE tick = ?", values)
    for task in load_schedule().tasks if scene.days else ():
        if task.user == user:
            _write_task(connection, scene, task, int(begins), int(now))
            day, said = scene.failures.get(task.name, (-1, ""))
            facts = {"title": task.shown, "summary": said, "advice": task.advice} if day == 0 else {}
            _write_level(connection, "task", task.id, now, facts)
    for camera, ago in scene.dead.items() if user == "operator" else ():
        text = f"unv_{camera + 1:03d}: нет записей с {scene.day(ago):%d.%m} {CLOSE}:00 — {scene.place(camera)}"
        facts = {
            "text": text,
            "title": "Проверка камер",
            "advice": "Проверьте питание и кабель камеры, перезагрузите её",
        }
        _write_level(connection, "subject", f"cameras_VideoMonitorLocal/unv_{camera + 1:03d}", now, facts)


def _write_level(connection, kind: str, name: str, now: float, facts: dict) -> None:
    state, since = ("fails" if facts else "works"), now - 5 * 3600
    row = LevelRow(kind, name, state, since, now - 300, 5 if facts else 0, state if facts else "", since if facts else 0.0, 0, 0.0, "[]", json.dumps(facts), None)  # fmt: skip
    save_level(connection, row)


def _write_task(connection, scene, task, begins: int, now: int) -> None:
    plan = (task.id, task.plan.text, begins, now)
    connection.execute("INSERT OR REPLACE INTO tasks (task, plan, first_seen, decided_until) VALUES (?, ?, ?, ?)", plan)
    failing_day, said = scene.failures.get(task.name, (-1, ""))
    for slot in task.plan.slots(begins, now - 60, ZONE):
        ago = (scene.now.date() - datetime.fromtimestamp(slot, ZONE).date()).days
        hour = (slot - scene.at(ago, 0)) / 3600
        if not task.plan.rule.is_periodic and not scene.was_on(slot):
            _slot(connection, task, slot, "missed")
        elif scene.was_on(slot):
            if scene.paused.get(task.name) == ago:
                _slot(connection, task, slot, "paused")
            elif ago in scene.closed or not OPEN <= hour < CLOSE + 1:
                _run(connection, task, slot, "skipped", 3, "закрыто")
            elif ago == failing_day:
                _run(connection, task, slot, "failed", 40, said)
            else:
                _run(connection, task, slot, "succeeded", _seconds(task), "всё в порядке", _metrics(task, slot, now))


def _slot(connection, task, slot: int, state: str) -> None:
    connection.execute("INSERT OR REPLACE INTO slots VALUES (?, ?, ?, ?)", (task.id, slot, state, slot + 60))


def _run(connection, task, slot, outcome, seconds, summary, metrics="{}") -> None:
    _slot(connection, task, slot, outcome)
    connection.execute(
        "INSERT OR REPLACE INTO runs (run, task, slot, attempt, started_at, ended_at, outcome, summary, metrics) VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?)",
        (f"{task.id}-{slot}", task.id, slot, slot + 20, slot + 20 + seconds, outcome, summary, metrics),
    )


def _seconds(task) -> float:
    return {"CopyScript": 3300, "CleanupLocal": 400, "CleanupNetwork": 1500, "UpdateOS": 2400}.get(task.name, 25)


def _metrics(task, slot: int, now: int) -> str:
    age = (now - slot) / 86400
    if task.name == "CopyScript":
        return f'{{"copied": 4000, "copied_bytes": {int((3 + slot % 7) * _GIBIBYTE)}}}'
    if task.name == "CloudMonitorScript":
        return f'{{"free_bytes": {int((300 + 14 * age) * _GIBIBYTE)}}}'
    if task.domain == "point":
        near, far = 60 + 40 * (slot // 86400 % 3) - slot % 86400 / 2500, 300 + 14 * age
        return json.dumps({"free": {"D:/camera": int(near * _GIBIBYTE), "O:/cameras/182": int(far * _GIBIBYTE)}})
    return "{}"


def _write_counts(notes: sqlite3.Connection, scene: Scene) -> None:
    destination = "o:/cameras"
    counted_at = scene.now.timestamp() - 1200
    notes.execute("INSERT OR REPLACE INTO roots VALUES (?, 'id', ?, ?)", (destination, f"{scene.day(0)}", counted_at))
    for camera in range(scene.cameras):
        gap_day, gap_from, gap_to = scene.gaps.get(camera, (-1, 0, 0))
        for ago in range(scene.days):
            for hour in range(OPEN, CLOSE):
                moment = scene.at(ago, hour)
                is_gap = ago == gap_day and gap_from <= hour < gap_to
                is_silent = ago in scene.closed or ago < scene.dead.get(camera, 0) or is_gap
                if is_silent or not scene.was_on(moment + 1800) or moment + 3600 > counted_at:
                    continue
                count = 40 + (hour * 7 + camera * 3 + ago) % 20
                far = 0 if scene.not_copied.get(camera) == ago else count
                here = count if ago < 8 else 0
                day = f"{scene.day(ago):%Y%m%d}"
                row = (
                    destination,
                    f"unv_camera/cam{camera}/{day}/{hour:02d}",
                    day,
                    f"{hour:02d}",
                    "unv",
                    f"cam{camera}",
                    here,
                    far,
                    "{}",
                )
                notes.execute("INSERT OR REPLACE INTO groups VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def busy_point(now: datetime, cameras: int = 3) -> Scene:
    """Return a point where each thing that the page has to show is planted once."""
    return Scene(
        now,
        cameras,
        closed=(6,),
        off_from={5: 20.0},
        gaps={1: (3, 13, 16)},
        not_copied={2: 2},
        failures={
            "VideoMonitorLocal": (4, "unv_002: нет записей с 14:00"),
            "CloudMonitorScript": (1, "O: No space left on device"),
        },
        paused={"CleanupNetwork": 2},
    )
