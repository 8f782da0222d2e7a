"""Whether a slot may see a further attempt, and when: pure."""

from collections.abc import Sequence

from scheduler_runner.task import Outcome, Task

_COUNTED = (Outcome.FAILED, Outcome.TIMED_OUT, Outcome.NOT_STARTED)


def may_follow(outcomes: Sequence[Outcome], retries: int) -> bool:
    """Return whether another attempt may follow those that ended so, time aside.

    A failure allows ``retries`` of them; an interruption one, not counted; exit code 75 as many as there is time.

    >>> may_follow([Outcome.FAILED], retries=0), may_follow([Outcome.INTERRUPTED], retries=0)
    (False, True)
    """
    last = outcomes[-1]
    if last is Outcome.INTERRUPTED:
        return outcomes.count(Outcome.INTERRUPTED) == 1
    if last in _COUNTED:
        return sum(outcome in _COUNTED for outcome in outcomes) <= retries
    return last is Outcome.SKIPPED


def is_time_to_follow(task: Task, last: Outcome, ended_at: float, now: float) -> bool:
    """Return whether the pause after an attempt is over; times in seconds since 1970.

    After an interruption there is none. A clock that was set back since ends the pause, or it could last for years.
    """
    return last is Outcome.INTERRUPTED or not 0 <= now - ended_at < task.retry_delay_seconds
