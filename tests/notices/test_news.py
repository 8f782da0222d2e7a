"""What is news and what is not: the policy, without any effect."""

import pytest

from scheduler_runner.notices.news import (
    Health,
    Kind,
    Notice,
    after_missed,
    after_slot,
    condensed,
    is_due,
    pause_seconds,
)

HOUR = 3600.0
REMIND = 4 * HOUR


def told(*outcomes: str, every: float = HOUR) -> "list[str]":
    """Return what is told of slots that end so, one after the other."""
    health, news = Health(), []
    for number, outcome in enumerate(outcomes):
        health, kind = after_slot(health, outcome, number * every, REMIND)
        news.append(kind.value if kind else "")
    return news


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (["succeeded", "warned", "skipped"], ["", "", ""]),
        (["failed", "failed", "succeeded", "succeeded"], ["failing", "", "recovered", ""]),
        (["timed_out", "not_started", "warned"], ["failing", "", "recovered"]),
        (["failed"] * 10, ["failing", "", "", "", "reminder", "", "", "", "reminder", ""]),
        (["failed", "skipped", "failed"], ["failing", "", ""]),
        (["interrupted", "interrupted", "succeeded"], ["interrupted", "interrupted", ""]),
        (["failed", "interrupted", "succeeded"], ["failing", "", "recovered"]),
        (["interrupted", "failed"], ["interrupted", "failing"]),
        (["unrecorded", "coalesced"], ["", ""]),
    ],
)
def test_only_changes_and_reminders_are_news(outcomes, expected):
    assert told(*outcomes) == expected


def test_task_that_runs_less_often_than_reminders_is_told_each_time_it_fails_again():
    assert told("failed", "failed", "failed", every=24 * HOUR) == ["failing", "reminder", "reminder"]


def test_second_failure_of_the_same_second_is_no_news():
    assert told("failed", "failed", every=0) == ["failing", ""]


def test_recovery_knows_since_when_and_how_often_it_failed():
    health = Health()
    for at in (10.0, 20.0, 30.0):
        health, _ = after_slot(health, "failed", at, REMIND)
    assert (health.failing_since, health.failures) == (10.0, 3)
    assert after_slot(health, "succeeded", 40.0, REMIND) == (Health(), Kind.RECOVERED)


def test_clock_set_back_silences_no_reminder():
    health, _ = after_slot(Health(), "failed", 1000 * HOUR, REMIND)
    assert after_slot(health, "failed", 1 * HOUR, REMIND)[1] is Kind.REMINDER


@pytest.mark.parametrize("count", [1, 14])
def test_every_missed_slot_of_a_planned_time_is_news(count):
    assert after_missed(Health(), [True] * count, is_periodic=False) == (Health(), True)


@pytest.mark.parametrize(
    ("missed", "expected"),
    [
        ([[True], [True], [True], [True]], [False, False, True, False]),
        ([[True, True, True, True]], [True]),
        ([[False] * 20], [False]),
        ([[True, False], [False, True], [True]], [False, False, True]),
    ],
)
def test_periodic_slots_are_news_once_when_ticks_came_and_three_in_a_row_did_not_run(missed, expected):
    health, news = Health(), []
    for came in missed:
        health, is_news = after_missed(health, came, is_periodic=True)
        news.append(is_news)
    assert news == expected


@pytest.mark.parametrize("outcome", ["succeeded", "failed", "skipped", "interrupted"])
def test_a_run_begins_the_row_of_missed_slots_anew(outcome):
    health, _ = after_missed(Health(), [True, True], is_periodic=True)
    health, _ = after_slot(health, outcome, 1.0, REMIND)
    assert health.missed_in_row == 0


def test_of_many_reminders_the_last_one_of_each_failure_is_kept():
    kinds = [Kind.FAILING, Kind.REMINDER, Kind.REMINDER, Kind.RECOVERED, Kind.FAILING, Kind.REMINDER]
    notices = [Notice(kind, number, "a") for number, kind in enumerate(kinds)]
    other = Notice(Kind.REMINDER, 1, "b")
    kept = condensed([*notices, other])
    assert [(notice.task, notice.at) for notice in kept] == [("a", 0), ("a", 2), ("a", 3), ("a", 4), ("a", 5), ("b", 1)]


def test_pauses_grow_to_a_quarter_of_an_hour():
    assert [pause_seconds(failures) / 60 for failures in (1, 2, 3, 4, 5, 6)] == [1, 2, 4, 8, 15, 15]


def test_moment_far_ahead_comes_from_a_clock_that_was_set_back_and_is_due():
    assert [is_due(at, 1000.0) for at in (999.0, 1000.0, 1001.0, 1000.0 + 86399, 1000.0 + 86400)] == [
        True, True, False, False, True,
    ]  # fmt: skip


def test_what_needs_somebody_now_does_not_wait_for_the_end_of_quiet_hours():
    waiting = {kind.value for kind in Kind if kind.can_wait}
    assert waiting == {"reminder", "recovered", "missed", "interrupted", "digest"}
