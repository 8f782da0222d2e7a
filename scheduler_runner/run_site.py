"""Where and with what one user's runs are carried out: folders, environment, clock, and the switch that ends all."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from datetime import tzinfo

from scheduler_runner.system.clock import Moment, read_clock
from scheduler_runner.system.layout import Layout
from scheduler_runner.system.own_files import name_among_installations, private_folder_path


class RunThread(threading.Thread):
    """A thread that has a run in hand: the process does not end before it."""


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
    PC's own; ``clock`` gives the time to record, in seconds since 1970, ``read_clock`` how long the PC was on
    and awake. ``layout`` says where things lie below the logs folder, ``own`` where those of this user do; ``refuge``
    and ``own_refuge`` where they lie, and are looked for as well, that the logs folder does not take.
    ``tick_seconds``: how often a tick comes; ``max_runs``: how many runs may go on side by side. ``tasks_dirs`` are
    folders of domains outside the project.
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
        read_clock: Callable[[], Moment] = read_clock,
        stop: StopSwitch | None = None,
        max_log_bytes: int | None = None,
        tick_seconds: int = 300,
        refuge_dir: str | None = None,
        max_runs: int = 20,
        tasks_dirs: tuple[str, ...] = (),
    ) -> None:
        self.layout = Layout(logs_dir)
        self.own = self.layout.user(user)
        # Below the account's private folder by default, apart from those of other installations.
        self.refuge = Layout(refuge_dir or os.path.join(private_folder_path(), name_among_installations(logs_dir)))
        self.own_refuge = self.refuge.user(user)
        self.user = user
        self.project_root = project_root
        self.base_env = base_env or {}
        self.environ = dict(os.environ) if environ is None else environ
        self.secrets = secrets
        self.zone = zone
        self.clock = clock
        self.read_clock = read_clock
        self.stop = stop or StopSwitch()
        self.max_log_bytes = max_log_bytes
        self.tick_seconds = tick_seconds
        self.max_runs = max_runs
        self.tasks_dirs = tasks_dirs

    def folder_of(self, working_dir: str | None) -> str:
        """Return the folder in which a task works, ``None`` for the project's."""
        return os.path.abspath(os.path.join(self.project_root, working_dir or ""))

    @property
    def logs_dir(self) -> str:
        """The logs folder, which all users share."""
        return self.layout.folder
