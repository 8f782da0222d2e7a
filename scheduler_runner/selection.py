"""Which tasks and which problems of the configuration concern one user, and the one task that ``--task`` means."""

from collections.abc import Sequence

from scheduler_runner.errors import ConfigError, UsageError
from scheduler_runner.phrases import Phrase
from scheduler_runner.schedule_config import Problem, Schedule
from scheduler_runner.task import Task


def tasks_of(schedule: Schedule, user: str) -> list[Task]:
    """Return the user's tasks, in the order of the files.

    Raises ``UsageError`` with the nearest names for an unknown user, unless the configuration is broken: then the
    user may stand in what could not be read.

    >>> from scheduler_runner.schedule_config import load_schedule
    >>> [task.name for task in tasks_of(load_schedule(), "SYSTEM")]
    ['UpdateOS']
    >>> tasks_of(load_schedule(), "oprator")
    Traceback (most recent call last):
    scheduler_runner.errors.UsageError: unknown user 'oprator'; known: operator
    """
    tasks = [task for task in schedule.tasks if task.user.lower() == user.lower()]
    if tasks or any(concerns(problem, user) for problem in schedule.problems):
        return tasks
    known = _nearest(user, sorted({task.user.lower() for task in schedule.tasks}))
    raise UsageError("unknown user {name!r}; known: {known}", name=user, known=known)


def find_task(tasks: Sequence[Task], name: str, schedule: Schedule) -> Task:
    """Return the task that ``--task`` means: ``NAME`` or ``domain_NAME``, whatever the case.

    Raises ``UsageError`` with the nearest names; ``ConfigError`` where a broken configuration may hide the task.

    >>> from scheduler_runner.schedule_config import load_schedule
    >>> schedule = load_schedule()
    >>> find_task(schedule.tasks, "cameras_copyscript", schedule).id
    'cameras_CopyScript'
    """
    for task in tasks:
        if task.is_called(name):
            return task
    known = _nearest(name, [task.name for task in tasks])
    unknown = UsageError("unknown task {name!r}; known: {known}", name=name, known=known)
    if schedule.problems:
        told = "{message}; the configuration is broken: {problem}"
        raise ConfigError(told, message=unknown, problem=schedule.problems[0].said)
    raise unknown


def concerns(problem: Problem, user: str) -> bool:
    """Return whether a configuration problem counts for this user: of a broken file nobody knows whose it is.

    >>> concerns(Problem("a_config.py", "it is no Python"), "operator")
    True
    >>> concerns(Problem("a_config.py", "time is wrong", entry="Job", user="system"), "operator")
    False
    """
    return problem.user is None or problem.user.lower() == user.lower()


def _nearest(name: str, known: Sequence[str]) -> "Phrase | str":
    from difflib import get_close_matches

    folded = {each.lower(): each for each in known}
    nearest = [folded[match] for match in get_close_matches(name.lower(), folded, n=3, cutoff=0.4)] or list(known)[:5]
    return ", ".join(nearest) or Phrase("none")
