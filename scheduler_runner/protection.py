"""``--protected``: an administrator's tick runs nothing that ordinary accounts could change. Loaded only then."""

import os

from config.base_config import PATH_CONFIG, config_path, tasks_roots
from config.launcher import pvz
from scheduler_runner.errors import ConfigError
from scheduler_runner.rights.exposure import Premises, Tree, exposed, refuse_exposed, task_trees
from scheduler_runner.schedule_config import Problem, Schedule
from scheduler_runner.system.layout import Layout


def refuse_where_exposed(user: str) -> None:
    """Raise ``Exposed`` where ordinary accounts could change the program, its INI or the user's records."""
    own = Layout(PATH_CONFIG["LOGS_ROOT"]).user(user)
    refuse_exposed(Premises(PATH_CONFIG["BASE_DIR"], config_path(), own.folder))


def protected_roots() -> tuple[list[str], list[Problem]]:
    """Return the folders of domains that ordinary accounts cannot change, and of the others what is to be told."""
    roots, problems = tasks_roots(), []
    for folder in roots[1:]:  # the first is the program's own
        told = exposed([Tree(folder)])
        if told is not None:
            roots.remove(folder)
            error = ConfigError(
                "it is not read with an administrator's rights: {told}: as administrator, {command} mends it",
                told=told,
                command=pvz("install --harden"),
            )
            problems.append(Problem(folder, error))
    return roots, problems


def without_exposed(schedule: Schedule, user: str) -> Schedule:
    """Return the schedule without the user's tasks whose programs or folders ordinary accounts could change."""
    tasks, problems = [], list(schedule.problems)
    for task in schedule.tasks:
        folder = os.path.join(PATH_CONFIG["BASE_DIR"], task.working_dir or "")
        told = exposed(task_trees(task.argv, folder)) if task.user.lower() == user.lower() else None
        if told is not None:
            error = ConfigError(
                "it is not run with an administrator's rights: {told}: another place for it would be right", told=told
            )
            problems.append(Problem(task.source, error, entry=task.name, key="command", user=task.user))
        else:
            tasks.append(task)
    return schedule._replace(tasks=tuple(tasks), problems=tuple(problems))
