"""What the INI says of runs and their logs: the site of a user's runs, and the loggers of one tick."""

import logging
import os
import time

from config.base_config import PATH_CONFIG, Point, base_environment
from scheduler_runner.command_line import Arguments
from scheduler_runner.logbook.masking import Masker, secret_values
from scheduler_runner.notices.gate import notice_secrets
from scheduler_runner.plans.clock import zone_named
from scheduler_runner.run_site import RunSite, StopSwitch
from scheduler_runner.task import Task
from scheduler_runner.utils.logging import close_logger, configure_logger, lost_lines

_MEBIBYTE = 1024 * 1024


def make_site(user: str, settings: Point, tasks_dirs: tuple[str, ...] = ()) -> RunSite:
    """Return where and with what this user's runs are carried out. Raises ``ConfigError`` where the INI is wrong.

    ``tasks_dirs`` are folders of domains outside the program's that were read.

    >>> from config.base_config import point
    >>> make_site("Operator", point()).user
    'operator'
    """
    return RunSite(
        logs_dir=PATH_CONFIG["LOGS_ROOT"],
        user=user.lower(),
        project_root=PATH_CONFIG["BASE_DIR"],
        base_env=base_environment(),
        secrets=(*secret_values(os.environ), *notice_secrets(settings)),
        zone=zone_named(settings.timezone),
        clock=time.time,
        stop=StopSwitch(),
        max_log_bytes=settings.max_log_mb * _MEBIBYTE,
        tick_seconds=settings.tick_minutes * 60,
        max_runs=settings.max_runs,
        tasks_dirs=tasks_dirs,
    )


class TickLoggers:
    """The runner's log and the tasks' logs of one tick."""

    def __init__(self, arguments: Arguments, site: RunSite) -> None:
        self._arguments = arguments
        self._site = site
        self._masker = Masker(site.secrets)
        self.runner = self._configure(None, arguments.detailed_logs)
        self._all = [self.runner]

    def of(self, task: Task) -> logging.Logger:
        """Return a task's own log, opened when something is written."""
        logger = self._configure(task.id, task.detailed_logs or self._arguments.detailed_logs)
        self._all.append(logger)
        return logger

    def lost_lines(self) -> int:
        """Return how many lines could not be written."""
        return sum(lost_lines(logger) for logger in set(self._all))

    def close(self) -> None:
        """Close them all."""
        for logger in set(self._all):
            close_logger(logger)

    def _configure(self, task_name: str | None, is_detailed: bool) -> logging.Logger:
        return configure_logger(
            self._site.user,
            task_name,
            detailed=is_detailed,
            console=self._arguments.console,
            logs_dir=self._site.logs_dir,
            masker=self._masker,
            zone=self._site.zone,
            max_log_bytes=self._site.max_log_bytes,
        )
