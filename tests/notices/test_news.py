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


def test_mistakes_of_the_configuration_become_one_notice_also_beside_a_reminder_of_them():
    notices = [
        Notice(Kind.CONFIG, 1, facts={"level": "config", "name": "x", "problem": "x"}),
        Notice(Kind.CONFIG, 2, facts={"problems": ["y", "x"]}),
        Notice(Kind.REMINDER, 3, facts={"level": "config", "name": "z", "problem": "z"}),
    ]
    (kept,) = condensed(notices)
    assert (kept.kind, kept.at, kept.facts["problems"]) == (Kind.CONFIG, 3, ["x", "y", "z"])
    (kept,) = condensed(notices[2:])
    assert (kept.kind, kept.facts["problems"]) == (Kind.REMINDER, ["z"])


def test_interruption_before_a_failure_of_the_same_task_says_nothing_more():
    interrupted = [Notice(Kind.INTERRUPTED, at, task) for at, task in ((1, "a"), (2, "a"), (3, "b"))]
    kept = condensed([*interrupted, of_task(Kind.FAILING, 4, "a")])
    assert [(notice.kind.value, notice.task, notice.at) for notice in kept] == [
        ("interrupted", "b", 3),
        ("failing", "a", 4),
    ]


def test_of_an_older_versions_notices_the_last_word_is_kept_too():
    kept = condensed([Notice(Kind.FAILING, 1, "a"), Notice(Kind.FAILING, 2, "b"), Notice(Kind.RECOVERED, 3, "a")])
    assert [(notice.kind.value, notice.task) for notice in kept] == [("failing", "b"), ("recovered", "a")]


def test_of_digests_the_last_one_is_told():
    assert [notice.at for notice in condensed([Notice(Kind.DIGEST, at) for at in (1, 2, 3)])] == [3]


def test_pauses_grow_to_a_quarter_of_an_hour():
    assert [pause_seconds(failures) / 60 for failures in (1, 2, 3, 4, 5, 6)] == [1, 2, 4, 8, 15, 15]


def test_moment_far_ahead_comes_from_a_clock_that_was_set_back_and_is_due():
    assert [is_due(at, 1000.0) for at in (999.0, 1000.0, 1001.0, 1900.0, 1901.0)] == [
        True, True, False, False, True,
    ]  # fmt: skip


def test_a_beginning_does_not_wait_for_the_end_of_quiet_hours():
    waiting = {kind.value for kind in Kind if kind.can_wait}
    assert waiting == {
        "reminder", "recovered", "unstable", "missed", "interrupted", "stopped", "brake_ends", "digest",
    }  # fmt: skip
