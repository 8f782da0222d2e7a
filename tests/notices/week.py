"""A made-up week at a point, by a seed alone: what goes wrong when, when ticks come, and what has happened so far."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timezone

from scheduler_runner.notices.brakes import MUTE, PAUSE, Brake
from scheduler_runner.notices.news import Notice
from scheduler_runner.outcome import Outcome
from tests.conftest import python_task

MINUTE, HOUR, DAY = 60, 3600, 86400
MONDAY = int(datetime(2026, 11, 23, tzinfo=timezone.utc).timestamp())
DAYS = 7
CAMERAS = ("yard", "hall")
AWAY, AWAY_TEXT = "network_root_away", "The-cloud is away"
EVERY = {"Hourly": HOUR, "Often": 15 * MINUTE, "Daily": DAY, "Watch": HOUR, "Near": HOUR, "Far": HOUR}
PLANS = {
    "Often": {"schedule": "cron", "cron": "*/15 * * * *", "misfire_grace_time": "next"},
    "Daily": {"schedule": "daily", "time": "12:00", "misfire_grace_time": "next"},
}
TASKS = [python_task("", name=name, plan=PLANS.get(name)) for name in EVERY]
LEVELS = (
    *(f"task demo_{name}" for name in EVERY), *(f"subject demo_Watch/{camera}" for camera in CAMERAS), f"cause {AWAY}"
)  # fmt: skip
_OUTCOMES = {
    "work": Outcome.SUCCEEDED, "fail": Outcome.FAILED, "skip": Outcome.SKIPPED, "copying": Outcome.SKIPPED,
    "outside_hours": Outcome.SKIPPED, "kill": Outcome.INTERRUPTED,
}  # fmt: skip


@dataclass(frozen=True)
class Run:
    """One attempt, as the world has seen it."""

    at: float
    end: str
    waits: str = ""
    cause: str = ""
    cameras: "tuple[tuple[str, bool], ...]" = ()
    """Each camera that it looked at, and whether that one failed."""
    number: int = 0
    """Of the tick."""


@dataclass
class Week:
    """What is going to happen, by the seed alone, and what has happened so far."""

    seed: int
    now: float = MONDAY
    ticks: "list[float]" = field(default_factory=list)
    runs: "dict[tuple[str, int], list[Run]]" = field(default_factory=lambda: defaultdict(list))
    delivered: "list[tuple[float, str]]" = field(default_factory=list)
    pinged: "list[tuple[float, str, str]]" = field(default_factory=list)
    told: "list[Notice]" = field(default_factory=list)
    """Notices, as the book wrote them."""
    lost: "tuple[float, float] | None" = None
    """Since when the chat could not be reached, and when that was last tried."""
    begun: "dict[str, float]" = field(default_factory=dict)
    """When what is wrong now was first seen to be."""
    changes: "dict[str, list[float]]" = field(default_factory=lambda: defaultdict(list))
    messages_before: "dict[str, int]" = field(default_factory=dict)
    """How many messages had come when what is wrong now, and not muted, was first seen to be."""
    loud: "dict[str, int]" = field(default_factory=dict)
    """In how many ticks what is wrong could have been told."""
    has_steps: bool = False

    def __post_init__(self) -> None:
        dice = random.Random(self.seed)
        self.is_calm = self.seed % 5 == 0
        self.modes = {name: [] if self.is_calm else self._spans(dice, self._modes_of(name)) for name in EVERY}
        self.silent = {name: [] if self.is_calm else self._spans(dice, ["silent"]) for name in CAMERAS}
        self.root_away = [] if self.is_calm else self._spans(dice, ["away"])
        self.no_network = self._spans(dice, ["away"], most=2)
        first = dice.randrange(DAYS)
        self.closed = {MONDAY // DAY + first + number for number in range(dice.choice([0, 0, 1, 2, 5]))}
        self.brakes = [] if self.is_calm else [*self._brakes(dice)]
        self.moments = [*self._moments(dice)]
        if self.has_steps:
            for _ in range(3):
                first, step = (
                    dice.randrange(len(self.moments)),
                    dice.choice([-DAY - HOUR, -3 * HOUR, -HOUR, 2 * HOUR, 9 * DAY]),
                )
                self.moments[first:] = [moment + step for moment in self.moments[first:]]

    @staticmethod
    def _modes_of(name: str) -> "list[str]":
        return ["locked", "skip"] if name == "Watch" else ["fail", "skip", "copying", "outside_hours", "kill", "locked"]

    @staticmethod
    def _spans(dice: random.Random, values: "list[str]", most: int = 4) -> "list[tuple[float, float, str]]":
        spans = []
        for _ in range(dice.randrange(most + 1)):
            start = MONDAY + dice.randrange(DAYS * DAY)
            spans.append(
                (start, start + dice.choice([HOUR, 3 * HOUR, 9 * HOUR, 2 * DAY, 5 * DAY]), dice.choice(values))
            )
        return spans

    @staticmethod
    def _brakes(dice: random.Random) -> "list[Brake]":
        for _ in range(dice.randrange(3)):
            since = MONDAY + dice.randrange(5 * DAY)
            until = since + dice.choice([5 * HOUR, DAY, 3 * DAY])
            if dice.random() < 0.5:
                name = dice.choice([*EVERY])
                yield Brake(PAUSE, name, (f"demo_{name}",), since, until)
            else:
                level = dice.choice(LEVELS)
                yield Brake(MUTE, level, (level,), since, until)

    def _moments(self, dice: random.Random) -> "list[float]":
        """Yield when ticks come: by day, mostly, with holes, and on a closed day only where somebody came in."""
        for day in range(DAYS):
            if dice.random() < 0.15 or (MONDAY // DAY + day in self.closed and dice.random() < 0.8):
                continue
            at, end = (
                MONDAY + day * DAY + dice.choice([7, 8, 11]) * HOUR,
                MONDAY + day * DAY + dice.choice([15, 22]) * HOUR,
            )
            step = dice.choice([15, 30, 60]) * MINUTE
            while at < end:
                yield at + dice.randrange(50)
                at += step if dice.random() < 0.97 else 4 * HOUR

    def mode(self, name: str) -> str:
        return self.now_in(self.modes[name]) or "work"

    def now_in(self, spans: "list[tuple[float, float, str]]") -> str:
        return next((value for first, last, value in spans if first <= self.now < last), "")

    @property
    def known_brakes(self) -> "tuple[Brake, ...]":
        return tuple(brake for brake in self.brakes if brake.since <= self.now)

    @property
    def can_hear(self) -> bool:
        """Whether somebody could be told now, also of what is no beginning."""
        return not self.now_in(self.no_network) and 8 <= self.now % DAY / HOUR < 22

    def is_muted(self, key: str) -> bool:
        return any(brake.silences(key, self.now) for brake in self.known_brakes)

    def run(self, name: str) -> Run:
        """Return what becomes of a run now."""
        mode = self.mode(name)
        if name == "Watch" and mode == "work":
            seen = tuple((camera, bool(self.now_in(self.silent[camera]))) for camera in CAMERAS)
            return self._run("failed" if any(fails for _, fails in seen) else "succeeded", cameras=seen)
        if name in ("Near", "Far") and mode == "work" and self.now_in(self.root_away):
            return self._run("failed", cause=AWAY)
        return self._run(_OUTCOMES[mode].value, waits=mode if mode in ("copying", "outside_hours") else "")

    def _run(self, end: str, **values) -> Run:
        return Run(self.now, end, number=len(self.ticks), **values)
