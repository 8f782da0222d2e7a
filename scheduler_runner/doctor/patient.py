"""What the checks look at, and what they find."""

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from config.base_config import PATH_CONFIG, Point, config_path, load_point
from config.base_config import point as known_point
from scheduler_runner.errors import ConfigError, SchedulerError
from scheduler_runner.phrases import Phrase
from scheduler_runner.rights.accounts import current_account, sid_of
from scheduler_runner.schedule_config import Schedule, load_schedule
from scheduler_runner.setup.here import CONFIG_VARIABLE, registered_entries
from scheduler_runner.setup.task_entry import Entry
from scheduler_runner.setup.task_service import Registered

Said = Phrase | SchedulerError | str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be, and its cure: phrases, errors, or what other programs wrote.

    ``is_drift`` is false for what merely could not be looked at.
    """

    what: Said
    cure: Said
    is_drift: bool = True

    def __str__(self) -> str:
        return f"{self.what} -> {self.cure}"


@dataclass(frozen=True, slots=True)
class Patient:
    """What the checks look at. ``now`` in seconds since 1970.

    ``entries`` are the runner's entries in Task Scheduler by their paths; ``None``: it could not be asked, and
    ``silence`` says why. ``point`` is ``None`` where the INI is unusable.
    """

    project_root: str
    logs_root: str
    config_path: str
    now: float
    users: tuple[str, ...]
    schedule: Schedule
    point: Point | None
    entries: dict[str, tuple[Entry, Registered]] | None = field(default_factory=dict)
    silence: SchedulerError | None = None

    def entries_of(self, user: str) -> list[tuple[Entry, Registered]]:
        """Return the entries that start this user's runner."""
        every = (self.entries or {}).values()
        return [(entry, registered) for entry, registered in every if entry.user.lower() == user.lower()]


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the doctor's table. ``is_online``: it asks a server, and only when told to."""

    name: str
    title: str
    """What it looks at, for people: a row of the screens' table."""
    look: Callable[[Patient], Iterable[Finding]]
    is_online: bool = False
    is_of_configuration: bool = False
    """Whether it looks at what people write alone: ``check`` asks those, also for an INI that is yet to come."""
    needs_ini: bool = False
    """Whether it finds nothing where the INI is wrong, which says nothing then."""


def patient() -> Patient:
    """Return what a doctor looks at, as it is now. Where an entry names an INI and no variable does, that one holds."""
    schedule = load_schedule()
    entries, silence = registered_entries({task.user.lower() for task in schedule.tasks})
    named = {entry.config for entry, _ in (entries or {}).values() if entry.config}
    if named and not os.environ.get(CONFIG_VARIABLE):
        os.environ[CONFIG_VARIABLE] = sorted(named)[0]
        known_point.cache_clear()
        schedule = load_schedule()  # that one may name further folders of tasks
    users = {task.user.lower() for task in schedule.tasks if task.enabled}
    try:
        point = load_point()
    except ConfigError:
        point = None
    return Patient(
        project_root=PATH_CONFIG["BASE_DIR"],
        logs_root=PATH_CONFIG["LOGS_ROOT"],
        config_path=config_path(),
        now=time.time(),
        users=tuple(sorted(users)),
        schedule=schedule,
        point=point,
        entries=entries,
        silence=silence,
    )


def own_users(patient: Patient) -> list[str]:
    """Return the users whose runners this account runs; where no entry tells, every user."""
    mine = sid_of(current_account())
    accounts = {
        user: [entry.account if entry.account.startswith("S-1-") else sid_of(entry.account) for entry, _ in found]
        for user in patient.users
        if (found := patient.entries_of(user))
    }
    return [user for user in patient.users if user not in accounts or mine in accounts[user]]
