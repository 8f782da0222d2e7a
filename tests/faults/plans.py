"""The tasks of a round, and when they are planned: by an arithmetic of its own, in a zone without summer time."""

from dataclasses import dataclass, field
from datetime import datetime

from tests.conftest import ZONE

DAY = 86400
OFFSET = int(datetime.now(ZONE).utcoffset().total_seconds())
STRICT = 60


@dataclass(frozen=True)
class Planned:
    """A task: its slots are so many seconds after each midnight; ``once`` is the only one of a task that has none."""

    name: str
    plan: dict
    seconds: "tuple[int, ...]" = ()
    grace: "int | None" = None
    """``None``: until the next slot."""
    values: dict = field(default_factory=dict)
    once: "int | None" = None

    @property
    def is_periodic(self) -> bool:
        return self.plan["schedule"] in ("hourly", "interval")

    def entry(self, probe: "list[str]", seed: int) -> dict:
        group = [self.values["group"]] if "group" in self.values else []
        command = [*probe, self.name, str(seed), *group]
        return {"name": self.name, "user": "operator", **self.plan, **self.values, "command": command}

    def slots(self, first: float, last: float) -> "list[int]":
        """Return the slots from one moment to another."""
        midnights = range(int((first + OFFSET) // DAY) * DAY - OFFSET, int(last) + DAY, DAY)
        every = [self.once] if self.once else [midnight + each for midnight in midnights for each in self.seconds]
        return [slot for slot in every if first <= slot <= last]

    def deadline(self, slot: int) -> float:
        """Return when a slot can start no more."""
        return slot + self.grace if self.grace else self.slots(slot + 1, slot + 2 * DAY)[0]


def tasks_of_a_point(begin: float) -> "list[Planned]":
    """Return one task of each kind that a fault may strike."""
    at = int(begin) // 60 * 60 + 2 * DAY
    quick = {"retry_delay": 300, "timeout": 20}
    return [
        Planned("Often", {"schedule": "interval", "interval": 900}, every(900)),
        Planned("Disk", {"schedule": "interval", "interval": 1800}, every(1800), values={"group": "disk"}),
        Planned("Cloud", {"schedule": "hourly", "minute": 10}, every(3600, 600), values={"group": "disk"}),
        Planned("Again", {"schedule": "hourly", "minute": 30}, every(3600, 1800), values={"retries": 1, **quick}),
        Planned("Waits", {"schedule": "hourly", "minute": 45}, every(3600, 2700), values=quick),
        Planned("Hangs", {"schedule": "interval", "interval": 7200}, every(7200), values={"timeout": 1}),
        daily("Twice", ["09:00", "21:00"], misfire_grace_time="next"),
        daily("Leaves", ["15:00"], misfire_grace_time="next"),
        Planned("Noon", {"schedule": "cron", "cron": "0 12 * * *"}, (12 * 3600,), STRICT),
        Planned(
            "First",
            {"schedule": "once", "at": f"{datetime.fromtimestamp(at, ZONE):%Y-%m-%d %H:%M}"},
            grace=7 * DAY,
            once=at,
        ),
    ]


def every(seconds: int, first: int = 0) -> "tuple[int, ...]":
    return tuple(range(first, DAY, seconds))


def daily(name: str, times: "list[str]", **values) -> Planned:
    seconds = tuple(int(each[:2]) * 3600 + int(each[3:]) * 60 for each in times)
    return Planned(name, {"schedule": "daily", "time": times, **values}, seconds)


def shown(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, ZONE):%d.%m %H:%M}"
