import pytest

from scheduler_runner.outcome import Outcome, is_time_to_follow, may_follow
from tests.conftest import python_task

FAILED, TIMED_OUT, INTERRUPTED, SKIPPED = Outcome.FAILED, Outcome.TIMED_OUT, Outcome.INTERRUPTED, Outcome.SKIPPED
NOT_STARTED, SUCCEEDED, WARNED = Outcome.NOT_STARTED, Outcome.SUCCEEDED, Outcome.WARNED


@pytest.mark.parametrize(
    ("outcomes", "retries", "may"),
    [
        ([SUCCEEDED], 3, False),
        ([WARNED], 3, False),
        ([FAILED], 0, False),
        ([FAILED], 1, True),
        ([FAILED, TIMED_OUT], 1, False),
        ([FAILED, TIMED_OUT], 2, True),
        ([NOT_STARTED], 1, True),
        ([INTERRUPTED], 0, True),
        ([INTERRUPTED, INTERRUPTED], 5, False),
        ([INTERRUPTED, FAILED], 0, False),
        ([INTERRUPTED, FAILED], 1, True),
        ([FAILED, INTERRUPTED], 1, True),
        ([SKIPPED] * 20, 0, True),
        ([SKIPPED, FAILED], 0, False),
    ],
)
def test_further_attempt_may_follow(outcomes, retries, may):
    assert may_follow(outcomes, retries) is may


@pytest.mark.parametrize(
    ("last", "seconds_later", "is_time"),
    [
        (FAILED, 299, False),
        (FAILED, 300, True),
        (SKIPPED, 10, False),
        (INTERRUPTED, 0, True),
        (FAILED, 0, False),
        (FAILED, -60, False),  # the tick began first, and read the ledger later
        (FAILED, -61, True),
    ],
)
def test_pause_lies_between_attempts(last, seconds_later, is_time):
    task = python_task("", retry_delay_seconds=300)
    for fraction in (0, 0.9):  # the moment is whole, an end is not
        assert is_time_to_follow(task, last, 1000 + fraction, 1000 + seconds_later) is is_time
