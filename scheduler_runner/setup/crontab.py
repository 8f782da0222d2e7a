"""The line of a crontab that starts a runner, where there is no Task Scheduler. Pure."""

import shlex

from scheduler_runner.setup.task_entry import Wish, runner_words


def crontab_line(wish: Wish, python: str, project_root: str) -> str:
    """Return the line; cron ends a command at a percent sign, so that is escaped.

    >>> crontab_line(Wish("operator", ""), "/opt/p v z/.venv/bin/python", "/opt/p v z")
    "*/5 * * * * cd '/opt/p v z' && '/opt/p v z/.venv/bin/python' -m scheduler_runner.runner --user operator"
    """
    every = int(wish.every_minutes)
    words = [python, *runner_words(wish.user, wish.config, is_protected=wish.is_privileged and wish.is_protected)]
    minutes = {1: "*", 60: "0"}.get(every, f"*/{every}")
    return f"{minutes} * * * * cd {shlex.quote(project_root)} && {shlex.join(words)}".replace("%", "\\%")
