"""Whether a slot is due, microseconds a task: at most 5 for hourly, daily and interval; cron at most 1.2 cronsim's."""

import sys
import timeit
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from benchmarks.measure import in_turn, verdict
from scheduler_runner.plans.clock import PC_ZONE
from scheduler_runner.plans.plan import parse_plan

_NOW = 1_764_000_000
_PLANS = (
    {"schedule": "hourly", "minute": 7},
    {"schedule": "daily", "time": ["09:10", "14:00", "21:10"]},
    {"schedule": "interval", "interval": 1800},
)


def main() -> int:
    """Measure and tell; return 0 where the aims are reached."""
    reached = []
    for zone in (ZoneInfo("Europe/Moscow"), PC_ZONE):
        for entry in _PLANS:
            plan = parse_plan(entry)
            seconds = _best(lambda plan=plan, zone=zone: plan.due(_NOW, zone))
            reached.append(verdict(f"{entry['schedule']} in {zone!r}, microseconds"[:58], seconds * 1e6, 5))
    cron = parse_plan({"schedule": "cron", "cron": "10 9,21 * * 1-5"})
    zone = ZoneInfo("Europe/Moscow")
    times = in_turn(
        {
            "ours": lambda: timeit.timeit(lambda: cron.due(_NOW, zone), number=100),
            "cronsim": lambda: timeit.timeit(_cronsim, number=100),
        },
        51,
    )
    reached.append(verdict("cron / cronsim", times["ours"] / times["cronsim"], 1.2))
    return 0 if all(reached) else 1


def _best(work, number: int = 2000) -> float:
    return min(timeit.repeat(work, number=number, repeat=15)) / number


def _cronsim() -> datetime:
    from cronsim import CronSim

    now = datetime.fromtimestamp(_NOW, ZoneInfo("Europe/Moscow")).replace(tzinfo=None) + timedelta(seconds=1)
    return next(CronSim("10 9,21 * * 1-5", now, reverse=True))


if __name__ == "__main__":
    sys.exit(main())
