"""Where and with what one user's runs are carried out: folders, environment, clock, and the switch that ends all."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from datetime import tzinfo


class StopSwitch:
    """A request to end everything that runs, which wakes whoever waits. Safe to throw from a signal handler."""

    def __init__(self) -> None:
        self.is_on = False
        self._waiting: set[threading.Event] = set()

    def throw(self) -> None:
        """Ask every execution to end its tree now."""
        self.is_on = True
        for event in list(self._waiting):
            event.set()

    def wakes(self, event: threading.Event) -> None:
        """Set ``event`` when the switch is thrown, or now where it was."""
        self._waiting.add(event)
        if self.is_on:
            event.set()

    def forget(self, event: threading.Event) -> None:
        """Set ``event`` no more."""
        self._waiting.discard(event)


class RunSite:
    """What all runs of one tick share.

    ``base_env`` is added to every child's environment before the task's own; ``environ`` is the runner's, by default
    as it is now. ``secrets`` are masked whoever prints them. ``zone`` is for the times that people read, ``None`` the
    PC's own; ``clock`` gives the time to record, in seconds since 1970.
    """

    def __init__(
        self,
        logs_dir: str,
        user: str,
        project_root: str,
        base_env: Mapping[str, str] | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        secrets: tuple[str, ...] = (),
        zone: tzinfo | None = None,
        clock: Callable[[], float] = time.time,
        stop: StopSwitch | None = None,
        max_log_bytes: int | None = None,
    ) -> None:
        self.logs_dir = logs_dir
        self.user = user
        self.project_root = project_root
        self.base_env = base_env or {}
        self.environ = dict(os.environ) if environ is None else environ
        self.secrets = secrets
        self.zone = zone
        self.clock = clock
        self.stop = stop or StopSwitch()
        self.max_log_bytes = max_log_bytes

    @property
    def user_dir(self) -> str:
        """``logs/{user}``."""
        return os.path.join(self.logs_dir, self.user.lower())

    @property
    def ledger_path(self) -> str:
        """``logs/{user}/ledger.sqlite3``."""
        return os.path.join(self.user_dir, "ledger.sqlite3")

    @property
    def results_dir(self) -> str:
        """Where scripts leave their results."""
        return os.path.join(self.user_dir, "results")

    @property
    def sender_lock(self) -> str:
        """The lock of the one process that sends this user's notices; its mark is when the last ping arrived."""
        return os.path.join(self.user_dir, "locks", "sender.lock")

    def task_lock(self, task_id: str) -> str:
        """Return the path of a task's lock. Task names differ by more than case."""
        return os.path.join(self.user_dir, "locks", f"{task_id.lower()}.lock")

    def group_lock(self, group: str) -> str:
        """Return the path of a group's lock, which all users share."""
        return os.path.join(self.logs_dir, "locks", f"{group.lower()}.lock")
