"""What lasts, and when people hear of it: the rules, without any effect."""

import pytest

from scheduler_runner.notices.levels import Level, State, Told, looked, news, next_moment, reminder_seconds
from scheduler_runner.notices.news import Kind

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
REMIND = 4 * HOUR
START = 1_790_000_000.0
STATES = {"w": State.WORKS, "f": State.FAILS, "i": State.IDLE, "u": State.UNCHECKED}


class Watched:
    """A level, and what was told of it: by looks, and by asking when it said that it would have something to tell."""

    def __init__(self) -> None:
        self.level, self.now, self.told = Level("task", "a"), START, []

    def look(self, state: str, at: float, **facts) -> "Watched":
        self.wait_until(at)
        self.level = looked(self.level, STATES[state], START + at, facts)
        return self.ask(at)

    def wait_until(self, at: float) -> "Watched":
        while (moment := next_moment(self.level, self.now, REMIND)) is not None and moment <= START + at:
            before = len(self.told)
            self.now = max(self.now, moment)
            self.ask(self.now - START)
            assert len(self.told) > before, "it said that there would be something to tell"
        self.now = max(self.now, START + at)
        return self

    def ask(self, at: float) -> "Watched":
        self.now = START + at
        while True:
            self.level, kind = news(self.level, START + at, REMIND)
            if kind is None:
                return self
            self.told.append((round(at / HOUR, 2), kind.value))


def told(looks: str, every: float = HOUR) -> "list[str]":
    """Return what is told of looks that show such states, one after the other."""
    watched = Watched()
    for number, state in enumerate(looks):
        watched.look(state, number * every)
    return [kind for _, kind in watched.told]


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        ("www", []),
        ("wffw", ["failing", "recovered"]),
        ("iiw", ["idle", "recovered"]),
        ("if", ["idle", "failing"]),  # with what it says; it has been wrong all the while
        ("ifw", ["idle", "failing", "recovered"]),
        ("f", ["failing"]),
        ("fuw", ["failing", "recovered"]),
        ("uuw", []),
    ],
)
def test_beginnings_and_ends_are_news(looks, expected):
    assert told(looks) == expected


def test_reminders_come_at_growing_distances_and_then_daily_whether_or_not_somebody_looks():
    watched = Watched().look("f", 0).wait_until(3 * DAY + HOUR)
    assert watched.told == [
        (0, "failing"),
        (4, "reminder"),
        (8, "reminder"),
        (24, "reminder"),
        (48, "reminder"),
        (72, "reminder"),
    ]


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(1, [1, 2, 24, 48]), (12, [12, 24, 48, 72]), (24, [24, 48, 72, 96]), (168, [168, 336, 504, 672])],
)
def test_distances_grow_from_what_is_set(hours, expected):
    assert [reminder_seconds(number, hours * HOUR) / HOUR for number in range(4)] == expected


def test_of_reminders_that_came_due_while_the_pc_was_off_one_is_told():
    watched = Watched().look("f", 0)
    assert watched.ask(60 * HOUR).told == [(0, "failing"), (60, "reminder")]
    assert watched.wait_until(72 * HOUR).told[2:] == [(72, "reminder")]


def test_recovery_is_told_also_where_nobody_looked_for_long():
    watched = Watched().look("f", 0)
    assert watched.look("w", 50 * HOUR).told[-1] == (50, "recovered")
    assert next_moment(watched.level, watched.now, REMIND) is None


def test_what_began_while_nobody_could_be_told_is_told_when_somebody_can():
    level = looked(looked(Level("task", "a"), State.FAILS, START), State.FAILS, START + HOUR)
    assert next_moment(level, START + 9 * DAY, REMIND) == START + 9 * DAY
    level, kind = news(level, START + 9 * DAY, REMIND)
    assert (kind.value, level.told_since, level.failures) == ("failing", START, 2)


def test_what_began_and_ended_while_nobody_could_be_told_is_no_news():
    level = looked(looked(Level("task", "a"), State.FAILS, START), State.WORKS, START + HOUR)
    assert news(level, START + HOUR, REMIND)[1] is None
    assert next_moment(level, START + HOUR, REMIND) is None


def test_what_comes_and_goes_is_told_as_unstable_until_a_day_without_a_change():
    watched = Watched()
    for number in range(24):
        watched.look("fw"[number % 2], number * 5 * MINUTE)
    kinds = [kind for _, kind in watched.told]
    # The first look meets it as it is; then it changes 23 times.
    assert kinds == ["failing", "recovered", "failing", "recovered", "failing", "unstable"]
    watched.wait_until(3 * DAY)
    assert [kind for _, kind in watched.told[6:]] == ["reminder", "reminder", "reminder", "recovered"]
    assert watched.told[-1][0] == round((23 * 5 * MINUTE + DAY) / HOUR, 2)


def test_four_changes_a_day_are_no_unrest():
    assert told("wfwfw", every=5 * HOUR) == ["failing", "reminder", "recovered", "failing", "reminder", "recovered"]
    watched = Watched()
    for number in range(30):
        watched.look("wf"[number % 2], number * 7 * HOUR)
    assert "unstable" not in {kind for _, kind in watched.told}


def flickering(*, until: float) -> Watched:
    watched = Watched()
    for number in range(int(until / (5 * MINUTE))):
        watched.look("wf"[number % 2], number * 5 * MINUTE)
    return watched


def test_what_is_unstable_and_then_fails_for_an_hour_is_told_as_failing_once():
    watched = flickering(until=50 * MINUTE)
    assert watched.told[-1][1] == "unstable"
    watched.look("f", HOUR).wait_until(1.8 * HOUR)
    assert watched.told[-1][1] == "failing"
    watched.look("w", 2 * HOUR).look("f", 2.1 * HOUR).wait_until(3.5 * HOUR)
    assert [kind for _, kind in watched.told].count("failing") == 3  # two before it was unstable


def test_what_stays_wrong_after_its_unrest_is_told_as_failing_and_ends_like_everything():
    watched = flickering(until=50 * MINUTE).look("f", HOUR).wait_until(26 * HOUR)
    assert watched.level.told is Told.FAILS
    assert watched.look("w", 27 * HOUR).told[-1][1] == "recovered"


def test_clock_set_back_silences_nothing_until_it_has_caught_up():
    watched = Watched().look("f", 1000 * HOUR)
    watched.now = START
    watched.told.clear()
    assert watched.ask(0).wait_until(5 * HOUR).told == [(4, "reminder")]


def test_what_something_else_explains_is_not_told_by_itself():
    watched = Watched().look("f", 0, is_explained=True).wait_until(3 * DAY)
    assert watched.told == []
    assert watched.look("w", 3 * DAY).told == []
    # Another cause, or none, in what already fails is news, and begins then, with reminders of its own.
    watched = Watched().look("f", 0, is_explained=True).look("f", 118 * HOUR).wait_until(127 * HOUR)
    assert watched.told == [(118, "failing"), (122, "reminder"), (126, "reminder")]


def test_where_the_disk_fills_within_two_days_it_is_told_at_once_and_then_daily():
    watched = Watched().look("f", 0, full_at=START + 10 * DAY)
    watched.look("f", HOUR, full_at=START + 1.5 * DAY)
    assert watched.told == [(0, "failing"), (1, "reminder")]
    watched.look("f", 2 * HOUR, full_at=START + 1.5 * DAY)
    assert watched.wait_until(25 * HOUR).told[2:] == [(4, "reminder"), (8, "reminder"), (24, "reminder")]


def test_time_that_runs_out_is_told_when_it_comes_to_that():
    watched = Watched().look("f", 0, full_at=START + 2.5 * DAY).wait_until(13 * HOUR)
    assert watched.told == [(0, "failing"), (4, "reminder"), (8, "reminder"), (12, "reminder")]


def test_level_comes_back_from_the_ledger_as_it_was():
    watched = flickering(until=50 * MINUTE).look("f", HOUR, summary="Облако \udcff недоступно")
    row = watched.level.row(17.0)
    assert row.next_at == 17.0
    back = Level.of(row)
    assert back._replace(facts={}) == watched.level._replace(facts={})
    assert back.facts == {"summary": "Облако ? недоступно"}


def test_reminder_that_would_follow_other_news_at_once_is_left_out():
    level, kind = news(looked(Level("task", "a"), State.IDLE, 1000.0), 1000.0, 4 * HOUR)
    told = [kind]
    for hours, state in ((23.5, State.FAILS), (24.1, None), (47.9, None), (48.1, None)):
        now = 1000.0 + hours * HOUR
        level, kind = news(looked(level, state, now) if state else level, now, 4 * HOUR)
        told.append(kind)
    assert told == [Kind.IDLE, Kind.FAILING, None, None, Kind.REMINDER]


def test_failure_by_itself_after_one_for_a_cause_is_told_anew_and_braked():
    level, told = Level("task", "a"), []
    for hour in range(12):
        facts = {"is_explained": hour % 2 == 1}
        level, kind = news(looked(level, State.FAILS, 1000.0 + hour * HOUR, facts), 1000.0 + hour * HOUR, 4 * HOUR)
        told += [kind] if kind else []
    assert told[:5] == [Kind.FAILING] * 5
    assert told.count(Kind.UNSTABLE) == 1
    assert told.count(Kind.FAILING) <= 6


def test_failure_by_itself_after_a_cause_was_over_is_told_anew():
    level, _ = news(looked(Level("task", "a"), State.FAILS, 1000.0), 1000.0, 4 * HOUR)
    level = looked(level, State.FAILS, 2000.0, {"is_explained": True})._replace(state=State.UNCHECKED)
    level, kind = news(looked(level, State.FAILS, 3000.0), 3000.0, 4 * HOUR)
    assert (kind, level.told_since) == (Kind.FAILING, 3000.0)
