"""How this point is at this moment, as ``status`` and ``report`` show it.

Asked are the levels, of which notices, digest and pings tell, and those of the doctor's checks that need no time.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import NamedTuple

from config.base_config import PATH_CONFIG, Point, config_path, point
from scheduler_runner.cli.asking import DAY_SECONDS, Here, at_work, here, history_of, tick_now
from scheduler_runner.cli.doctor import Found
from scheduler_runner.cli.log import last_words
from scheduler_runner.doctor.checks import CHECKS, look
from scheduler_runner.doctor.checks_work import findings_of
from scheduler_runner.doctor.patient import Patient
from scheduler_runner.errors import ConfigError, LedgerUnavailable
from scheduler_runner.notices.digest import PointState
from scheduler_runner.notices.numbers import Day
from scheduler_runner.reasons import Gap, gaps
from scheduler_runner.records.history import TickSeen
from scheduler_runner.schedule_config import Schedule, load_schedule
from scheduler_runner.system.clock import read_clock

_NEXT_RUNS = 5
_HOURS_DAYS = 7
# What can be looked at at once, without Task Scheduler, rights or servers: the doctor has the rest.
_QUICK = ("packages", "configuration", "choices", "space", "ticks")


class Picture(NamedTuple):
    """How the point is at this moment."""

    place: Here
    settings: Point
    state: PointState
    found: Found
    ticks: Mapping[str, float]
    """When the last tick of each user came, 0 for never; of those whose ledger can be read."""
    quiet: tuple[Gap, ...]
    """When no tick came at all since yesterday."""
    today: Day | None
    waiting: tuple[float, ...]
    """Of when the notices are that wait to be sent."""

    @property
    def is_wrong(self) -> bool:
        """Whether somebody has to do something."""
        return any(finding.is_drift for _, finding in self.found)

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong, and something was seen to work."""
        return not self.is_wrong and self.state.worked_at is not None


def take_picture(place: Here | None = None) -> Picture:
    """Look at everything that can be seen at once, now or at a ``place``'s moment. Raises ``ConfigError``."""
    place, settings = place or here(), point()
    schedule = load_schedule()
    state = PointState(PATH_CONFIG["LOGS_ROOT"], schedule.tasks, place.now)
    work = next(check for check in CHECKS if check.name == "work")
    found = [(work, finding) for finding in findings_of(state, place.now, place.zone)]
    found += look(_patient(place.now, settings, schedule), [check for check in CHECKS if check.name in _QUICK])
    seen = _ticks(place)
    return Picture(
        place,
        settings,
        state,
        found,
        ticks={user: max((tick.started_at for tick in ticks), default=0.0) for user, ticks in seen.items()},
        quiet=_quiet(place, seen),
        today=state.day(place.midnight(place.today()), place.now + 1, place.now + 1, place.zone),
        waiting=tuple(state.waiting()),
    )


def findings_without_ini() -> Found:
    """Return what can be seen at once where the INI cannot be read: that, and whatever else is wrong."""
    patient = _patient(read_clock().wall, None, load_schedule())
    return list(look(patient, [check for check in CHECKS if check.name in ("work", *_QUICK)]))


def _patient(now: float, settings: Point | None, schedule: Schedule) -> Patient:
    return Patient(
        project_root=PATH_CONFIG["BASE_DIR"],
        logs_root=PATH_CONFIG["LOGS_ROOT"],
        config_path=config_path() if settings is None else settings.path,
        now=now,
        users=tuple(sorted({task.user.lower() for task in schedule.tasks if task.enabled})),
        schedule=schedule,
        point=settings,
    )


def _ticks(place: Here) -> dict[str, list[TickSeen]]:
    """Return the ticks since yesterday, and the one before, by user; whose ledger cannot be read, a check has told."""
    found = {}
    for user in place.users():
        try:
            with history_of(place, user) as history:
                found[user] = history.ticks(_yesterday(place), place.now + DAY_SECONDS)
        except LedgerUnavailable:
            continue
    return found


def _quiet(place: Here, seen: Mapping[str, list[TickSeen]]) -> tuple[Gap, ...]:
    """Return the times since yesterday's midnight at which nobody's ticks came."""
    merged = sorted((tick for ticks in seen.values() for tick in ticks), key=lambda tick: tick.started_at)
    if not merged:
        return ()
    found = gaps([*merged, tick_at(place)], place.tick_seconds)
    return tuple(gap for gap in found if gap.until > _yesterday(place))


def _yesterday(place: Here) -> int:
    return place.midnight(place.today() - timedelta(days=1))


def tick_at(place: Here) -> TickSeen:
    """Return the moment of asking as if a tick came then."""
    return tick_now()._replace(started_at=place.now, ended_at=place.now)


def running(place: Here) -> Iterator[tuple[str, str, str]]:
    """Yield what runs: its title, since when, and its last line in the log, which tells how far it is."""
    for task in place.tasks:
        own = place.layout.user(task.user)
        holder = at_work(own.task_lock(task.id))
        if holder is not None:
            yield task.shown, holder.since[11:16], last_words(own.log(task.id), f"{place.today():%Y-%m-%d}")


def coming(place: Here) -> list[tuple[int, str]]:
    """Return the next runs: slot and title."""
    slots = ((task.plan.next(int(place.now), place.zone), task.shown) for task in place.tasks if task.enabled)
    return sorted((slot, title) for slot, title in slots if slot is not None)[:_NEXT_RUNS]


def hours_ahead(place: Here, settings: Point) -> str:
    """Return the hours of the next days, each as ``27.11 09:00-21:00``; of a closed one ``27.11 -``."""
    try:
        hours = settings.hours
    except ConfigError:
        return ""  # told among the findings
    told = []
    for ahead in range(_HOURS_DAYS):
        day = place.today() + timedelta(days=ahead)
        open_at = hours.of(day)
        shown = "-" if open_at is None else "-".join(f"{minute // 60:02d}:{minute % 60:02d}" for minute in open_at)
        told.append(f"{day:%d.%m}\u00a0{shown}")
    return ", ".join(told)
