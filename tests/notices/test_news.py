"""What of many notices is said when they come together, and what can wait."""

from scheduler_runner.notices.news import Kind, Notice, condensed, is_due, pause_seconds


def of_task(kind: Kind, at: float, task: str) -> Notice:
    return Notice(kind, at, task, {"level": "task", "name": task})


def test_of_each_thing_the_last_word_is_kept_where_it_was_said():
    kinds = [Kind.FAILING, Kind.REMINDER, Kind.REMINDER, Kind.RECOVERED, Kind.FAILING, Kind.RECOVERED]
    notices = [of_task(kind, number, "a") for number, kind in enumerate(kinds)]
    kept = condensed([*notices[:3], of_task(Kind.FAILING, 2.5, "b"), *notices[3:]])
    assert [(notice.task, notice.kind.value, notice.at) for notice in kept] == [
        ("b", "failing", 2.5),
        ("a", "recovered", 5),
    ]


def test_what_happened_at_one_moment_is_kept_each_time():
    notices = [Notice(Kind.MISSED, at, "a", {}) for at in (1, 2)]
    assert condensed(notices) == notices


def test_mistakes_of_the_configuration_become_one_notice():
    notices = [
        Notice(Kind.CONFIG, 1, facts={"level": "config", "name": "x", "problem": "x"}),
        Notice(Kind.CONFIG, 2, facts={"problems": ["y", "x"]}),
    ]
    (kept,) = condensed(notices)
    assert (kept.at, kept.facts) == (2, {"problems": ["x", "y"]})


def test_pauses_grow_to_a_quarter_of_an_hour():
    assert [pause_seconds(failures) / 60 for failures in (1, 2, 3, 4, 5, 6)] == [1, 2, 4, 8, 15, 15]


def test_moment_far_ahead_comes_from_a_clock_that_was_set_back_and_is_due():
    assert [is_due(at, 1000.0) for at in (999.0, 1000.0, 1001.0, 1000.0 + 86399, 1000.0 + 86400)] == [
        True, True, False, False, True,
    ]  # fmt: skip


def test_a_beginning_does_not_wait_for_the_end_of_quiet_hours():
    waiting = {kind.value for kind in Kind if kind.can_wait}
    assert waiting == {
        "reminder", "recovered", "unstable", "missed", "interrupted", "stopped", "brake_ends", "digest",
    }  # fmt: skip
