"""The line of a crontab that starts a runner, where there is no Task Scheduler. Pure."""

import shlex

from scheduler_runner.setup.task_entry import RUNNER


def crontab_line(user: str, every_minutes: int, python: str, project_root: str, config: str = "") -> str:
    """Return the line; cron ends a command at a percent sign, so that is escaped.

    >>> crontab_line("operator", 5, "/opt/p v z/.venv/bin/python", "/opt/p v z")
    "*/5 * * * * cd '/opt/p v z' && '/opt/p v z/.venv/bin/python' -m scheduler_runner.runner --user operator"
    """
    words = [python, "-m", RUNNER, "--user", user, *(["--config", config] if config else [])]
    minutes = {1: "*", 60: "0"}.get(every_minutes, f"*/{every_minutes}")
    return f"{minutes} * * * * cd {shlex.quote(project_root)} && {shlex.join(words)}".replace("%", "\\%")
