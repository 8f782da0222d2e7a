"""What becomes of slots reaches levels and outbox in the very transaction that decides it, each once."""

import json
import logging
from collections.abc import Iterator
from datetime import timezone

import pytest

from config.hours import Hours, read_other_days, read_week
from scheduler_runner.errors import LedgerUnavailable
from scheduler_runner.notices.brakes import MUTE, Brake
from scheduler_runner.notices.channel_settings import ChannelSettings
from scheduler_runner.notices.levels import Level
from scheduler_runner.notices.news import Notice
from scheduler_runner.notices.outbox import Outbox
from scheduler_runner.notices.safe_book import SafeBook
from scheduler_runner.notices.settings import NoticeSettings
from scheduler_runner.records.ledger import OPEN, Ledger, TaskState
from scheduler_runner.records.levels import read_levels
from scheduler_runner.records.run_rows import FinishedRun
from scheduler_runner.runs import journal
from tests.conftest import python_task

TASK = "demo_Job"
SLOT = 1_790_000_000 // 86400 * 86400
HOUR, DAY = 3600, 86400
ON = NoticeSettings(((ChannelSettings("telegram", "1:x", ("1",)),),))
DAILY = {"schedule": "daily", "time": "00:00"}


class Point:
    """A ledger with a book, and what it tells."""

    def __init__(self, site, *tasks, settings=ON, **values) -> None:
        site.zone = timezone.utc
        self.safe = SafeBook(tasks or [python_task("")], site, settings, logging.getLogger("test"), **values)
        self.ledger = Ledger(site.own.ledger, book=self.safe)

    def end(self, slot: int, outcome: str, *, task: str = TASK, state=None, **found) -> "Point":
        """Let a slot's run end so a minute later; ``found`` goes into its record, or is what it found."""
        values = {name: found.pop(name) for name in ("summary", "reason", "metrics") if name in found}
        run = f"{task}-{slot}-{outcome}"
        self.ledger.claim(run=run, task=task, slot=slot, attempt=1, started_at=slot)
        record = FinishedRun(run, task, slot, 1, slot, slot + 60, outcome, findings=json.dumps(found), **values)
        self.ledger.finish(record, slot_state=state or outcome)
        return self

    def miss(self, *slots: int, task: str = TASK, with_ticks: bool = True, at: "int | None" = None) -> "Point":
        for slot in slots if with_ticks else ():
            self.ledger.note_idle_tick(slot + 300, slot + 301, 1, 0)
        self.ledger.decide(task, TaskState("as it is", 0, slots[-1]), slots, at or slots[-1] + HOUR)
        return self

    def remind(self, at: float) -> "Point":
        book = self.safe.open()
        self.ledger.file.write(lambda connection: book.remind(connection, at))
        return self

    @property
    def notices(self) -> "list[Notice]":
        return Outbox(self.ledger.file).notices_after(0)

    @property
    def told(self) -> "list[tuple[str, str]]":
        """Kind and what it is about, of each notice."""
        return [(notice.kind.value, str(notice.facts.get("name") or notice.task)) for notice in self.notices]

    @property
    def levels(self) -> "dict[str, str]":
        found = self.ledger.file.read(read_levels)
        return {level.key: level.state.value for level in map(Level.of, found)}


@pytest.fixture
def make(site, ledger) -> "Iterator":
    """Return a function that makes a point; the same ledger each time."""
    made = []

    def make_point(*tasks, **values) -> Point:
        made.append(Point(site, *tasks, **values))
        return made[-1]

    yield make_point
    for point in made:
        point.ledger.close()


@pytest.fixture
def point(make) -> Point:
    return make()


def test_failure_waits_in_the_outbox_with_what_the_run_said(point):
    point.end(SLOT, "failed", summary="Облако недоступно", reason="exit code 1")
    (notice,) = point.notices
    assert (notice.kind.value, notice.task, notice.at) == ("failing", TASK, SLOT + 60)
    said = {
        name: notice.facts[name] for name in ("slot", "since", "failures", "outcome", "summary", "attempt", "title")
    }
    assert said == {
        "slot": SLOT, "since": SLOT + 60, "failures": 1, "outcome": "failed", "summary": "Облако недоступно",
        "attempt": 1, "title": "Job",
    }  # fmt: skip


def test_title_and_advice_of_a_task_go_with_its_notice(make):
    point = make(python_task("", title="Отчёт", advice="Позвоните")).end(SLOT, "failed")
    assert (point.notices[0].facts["title"], point.notices[0].facts["advice"]) == ("Отчёт", "Позвоните")


def test_failure_that_may_be_tried_again_is_no_news(point):
    point.end(SLOT, "failed", state=OPEN)
    assert point.told == []
    point.ledger.settle(TASK, SLOT, "failed", SLOT + HOUR)
    assert point.told == [("failing", TASK)]


def test_slot_that_two_ticks_close_is_news_once(point):
    point.end(SLOT, "failed", state=OPEN)
    for _ in range(2):
        point.ledger.settle(TASK, SLOT, "failed", SLOT + HOUR)
    point.end(SLOT + HOUR, "succeeded")
    recovered = point.notices[-1]
    assert (recovered.kind.value, recovered.facts["failures"]) == ("recovered", 1)


def test_run_by_hand_changes_nothing(point):
    point.end(SLOT, "failed")
    for run, task, outcome in (("hand", TASK, "succeeded"), ("hand2", "demo_Other", "failed")):
        point.ledger.start_by_hand(run=run, task=task, started_at=SLOT)
        point.ledger.finish(FinishedRun(run, task, None, 1, SLOT, SLOT + 60, outcome), slot_state=None)
    assert point.told == [("failing", TASK)]


def test_outcome_and_notice_are_committed_together_or_not_at_all(point):
    ledger = point.ledger
    ledger.claim(run="r", task=TASK, slot=SLOT, attempt=1, started_at=SLOT)
    ledger.file.read(lambda connection: connection.execute("PRAGMA max_page_count = 1"))
    big = FinishedRun("r", TASK, SLOT, 1, SLOT, SLOT + 60, "failed", summary="x" * 100_000)
    with pytest.raises(LedgerUnavailable):
        ledger.finish(big, slot_state="failed")
    ledger.file.read(lambda connection: connection.execute("PRAGMA max_page_count = 100000"))
    assert point.told == []
    assert [run.run for run in ledger.open_runs()] == ["r"]
    ledger.finish(big, slot_state="failed")
    assert point.told == [("failing", TASK)]


def test_defect_of_the_book_costs_the_notice_alone(point, caplog):
    point.safe.open()._tasks = None  # whatever: it breaks where nobody expects it
    point.end(SLOT, "failed", summary="x")
    assert point.ledger.slot_state(TASK, SLOT) == "failed"
    assert point.ledger.last_runs(TASK, 1)[0].outcome == "failed"
    assert point.told == []
    assert point.levels == {}


def test_where_nobody_is_told_levels_are_kept_and_told_when_somebody_can_be(make):
    silent = make(settings=None).end(SLOT, "failed", summary="Облако недоступно")
    assert (silent.told, silent.levels) == ([], {f"task {TASK}": "fails"})
    silent.ledger.close()
    point = make().remind(SLOT + 2 * HOUR)
    (notice,) = point.notices
    assert (notice.kind.value, notice.facts["summary"], notice.facts["since"]) == (
        "failing",
        "Облако недоступно",
        SLOT + 60,
    )


@pytest.mark.parametrize(
    "plan",
    [
        {"schedule": "daily", "time": "09:10"},
        {"schedule": "cron", "cron": "10 9 * * *"},
        {"schedule": "once", "at": "2026-01-01 09:10"},
    ],
)
def test_missed_slots_of_a_planned_time_are_told_once_in_one_notice(make, plan):
    point = make(python_task("", plan=plan))
    for _ in range(2):
        point.miss(SLOT - DAY, SLOT, with_ticks=False)
    (notice,) = point.notices
    assert (notice.kind.value, notice.facts) == ("missed", {"count": 2, "last": SLOT, "title": "Job"})


def test_slot_that_ran_already_is_not_told_as_missed_after_a_clock_was_set_back(make):
    point = make(python_task("", plan=DAILY)).end(SLOT, "succeeded").miss(SLOT)
    assert point.told == []


@pytest.mark.parametrize(("ticks_in", "expected"), [(0, []), (2, []), (3, ["idle"]), (5, ["idle"])])
def test_hours_that_pass_without_a_run_count_when_ticks_came_in_three_of_them(point, ticks_in, expected):
    slots = [SLOT + number * HOUR for number in range(5)]
    for slot in slots[:ticks_in]:
        point.ledger.note_idle_tick(slot + 300, slot + 301, 1, 0)
    point.miss(*slots, with_ticks=False)
    assert [kind for kind, _ in point.told] == expected


def test_task_that_cannot_run_is_as_bad_as_one_that_fails_until_it_runs(point):
    point.miss(SLOT).miss(SLOT + HOUR).end(SLOT + 2 * HOUR, "succeeded").miss(SLOT + 3 * HOUR).miss(SLOT + 4 * HOUR)
    assert point.told == []
    point.miss(SLOT + 5 * HOUR)
    assert point.told == [("idle", TASK)]
    point.remind(SLOT + 11 * HOUR).end(SLOT + 12 * HOUR, "succeeded")
    assert [kind for kind, _ in point.told] == ["idle", "reminder", "recovered"]


def test_code_75_for_ever_is_told_after_three_days_of_a_daily_task(make):
    point = make(python_task("", plan=DAILY))
    for day in range(4):
        point.end(SLOT + day * DAY, "skipped", summary="Идёт другая установка")
    notice = point.notices[0]
    assert (notice.kind.value, notice.at) == ("idle", SLOT + 2 * DAY + 60)
    assert (notice.facts["summary"], notice.facts["idle_since"]) == ("Идёт другая установка", SLOT)


def test_code_75_outside_hours_is_right_for_ever(point):
    for hour in range(40):
        point.end(SLOT + hour * HOUR, "skipped", waits="outside_hours")
    assert (point.told, point.levels) == ([], {})


def test_hours_that_pass_while_a_run_of_its_own_goes_on_are_no_news(make):
    point = make(
        python_task("", timeout_seconds=86400), python_task("", name="Daily", plan=DAILY, timeout_seconds=86400)
    )
    for task in (TASK, "demo_Daily"):
        point.ledger.claim(run=task, task=task, slot=SLOT, attempt=1, started_at=SLOT)
        point.miss(*(SLOT + number * HOUR for number in range(1, 9)), task=task)
    assert point.told == []


def test_run_that_should_have_ended_long_ago_excuses_nothing(point):
    point.ledger.claim(run="lost", task=TASK, slot=SLOT, attempt=1, started_at=SLOT)
    point.miss(*(SLOT + number * HOUR for number in range(1, 9)))
    assert point.told == [("idle", TASK)]


def test_days_on_which_the_point_is_closed_are_no_news(make):
    hours = Hours(read_week("09:00-21:00"), read_other_days("21.09.2026-27.09.2026"))  # SLOT is the 21st
    point = make(python_task("", plan=DAILY), hours=lambda: hours)
    point.miss(*(SLOT + day * DAY for day in range(7)), with_ticks=False)
    assert (point.told, point.levels) == ([], {})
    point.miss(SLOT + 7 * DAY, with_ticks=False)
    assert point.told == [("missed", TASK)]


def test_interrupted_once_is_told_and_the_second_in_a_row_is_a_failure(point):
    point.end(SLOT, "interrupted")
    assert point.told == [("interrupted", TASK)]
    for number in range(1, 20):
        point.end(SLOT + number * HOUR, "interrupted")
    assert [kind for kind, _ in point.told] == ["interrupted", "failing", "reminder", "reminder"]
    assert point.levels == {f"task {TASK}": "fails"}


def test_interrupted_while_it_fails_is_one_failure_more(point):
    point.end(SLOT, "failed").end(SLOT + HOUR, "interrupted").end(SLOT + 2 * HOUR, "succeeded")
    assert [kind for kind, _ in point.told] == ["failing", "recovered"]
    assert point.notices[-1].facts["failures"] == 2


def test_interrupted_while_it_fails_for_a_cause_still_waits_for_that_cause(make):
    point = make(python_task("", name="A"), python_task("", name="B"))
    for task in ("demo_A", "demo_B"):
        point.end(SLOT, "failed", task=task, **AWAY)
    point.end(SLOT + HOUR, "interrupted", task="demo_A")
    assert point.told == [("failing", "root_away")]
    point.end(SLOT + 2 * HOUR, "succeeded", task="demo_B")
    assert point.levels["task demo_A"] == "unchecked"


def test_stopped_by_hand_is_told_once_and_is_no_failure(point):
    point.end(SLOT, "stopped")
    assert point.told == [("stopped", TASK)]
    assert point.levels == {}


def cameras(**states: str) -> dict:
    return {name: {"state": state, "text": f"{name} {state}"} for name, state in states.items()}


def test_second_camera_that_falls_silent_is_news_while_the_first_one_is_dead(point):
    point.end(SLOT, "failed", summary="Молчит", subjects=cameras(a="fails", b="works"))
    point.end(SLOT + HOUR, "failed", summary="Молчит", subjects=cameras(a="fails", b="fails"))
    point.end(SLOT + 2 * HOUR, "failed", summary="Молчит", subjects=cameras(a="works", b="fails"))
    point.end(SLOT + 3 * HOUR, "succeeded", subjects=cameras(a="works", b="works"))
    assert point.told == [
        ("failing", f"{TASK}/a"), ("failing", f"{TASK}/b"), ("recovered", f"{TASK}/a"), ("recovered", f"{TASK}/b"),
    ]  # fmt: skip
    assert [notice.facts["text"] for notice in point.notices[:2]] == ["a fails", "b fails"]
    assert point.notices[2].facts["works"] == "a works"


def test_camera_that_was_not_looked_at_stays_as_it_was(point):
    point.end(SLOT, "failed", subjects=cameras(a="fails", b="works")).end(SLOT + HOUR, "succeeded")
    assert point.levels == {f"subject {TASK}/a": "fails", f"subject {TASK}/b": "works", f"task {TASK}": "works"}


def test_camera_that_is_no_longer_named_is_forgotten_when_its_task_worked_for_a_day(point):
    point.end(SLOT, "failed", subjects=cameras(a="fails")).end(SLOT + 26 * HOUR, "succeeded")
    point.ledger.file.write(lambda connection: point.safe.open().sweep(connection, SLOT + 27 * HOUR))
    assert point.levels == {f"task {TASK}": "works"}


def test_task_that_was_taken_away_is_neither_remembered_nor_reminded_of(make):
    make().end(SLOT, "failed", subjects=cameras(a="fails")).ledger.close()
    other = make(python_task("", name="Other"))
    before = len(other.told)
    other.remind(SLOT + 9 * HOUR)
    assert len(other.told) == before
    other.ledger.file.write(lambda connection: other.safe.open().sweep(connection, SLOT + 9 * HOUR))
    assert other.levels == {}


AWAY = {"cause": "root_away", "cause_text": "Облако недоступно"}


def tasks(*names: str) -> list:
    return [python_task("", name=name, title=f"Задача {name}") for name in names]


def test_one_cause_of_many_failures_is_one_notice_and_ends_with_the_first_success(make):
    point = make(*tasks("A", "B", "C"))
    for number, name in enumerate("ABC"):
        point.end(SLOT + number, "failed", task=f"demo_{name}", **AWAY)
    assert point.told == [("failing", "root_away")]
    assert point.notices[0].facts["text"] == "Облако недоступно"
    point.remind(SLOT + 5 * HOUR)
    assert point.notices[1].facts["titles"] == ["Задача A", "Задача B", "Задача C"]
    point.end(SLOT + 6 * HOUR, "succeeded", task="demo_B")
    assert point.told[2:] == [("recovered", "root_away")]
    assert point.levels == {
        "cause root_away": "works", "task demo_A": "unchecked", "task demo_B": "works", "task demo_C": "unchecked",
    }  # fmt: skip
    point.remind(SLOT + 5 * DAY).end(SLOT + 5 * DAY, "succeeded", task="demo_A")
    assert point.told[3:] == []


def test_success_of_a_task_that_never_named_the_cause_ends_nothing(make):
    point = make(*tasks("A", "B")).end(SLOT, "failed", task="demo_A", **AWAY).end(SLOT + 1, "succeeded", task="demo_B")
    assert point.levels["cause root_away"] == "fails"


def test_other_cause_or_none_in_a_task_that_fails_already_is_news(point):
    point.end(SLOT, "failed", **AWAY).end(SLOT + HOUR, "failed", cause="full", cause_text="Нет места")
    point.end(SLOT + 2 * HOUR, "failed", summary="Сломалось")
    assert point.told == [("failing", "root_away"), ("failing", "full"), ("failing", TASK)]


def test_cause_of_code_75_neither_begins_nor_ends_anything(point):
    point.end(SLOT, "skipped", **AWAY)
    assert (point.told, point.levels) == ([], {})


def mute(*names: str, until: float) -> Brake:
    return Brake(MUTE, names[0], names, SLOT, until)


def test_mute_silences_what_it_names_and_nothing_else(make):
    point = make(brakes=[mute(f"subject {TASK}/a", until=SLOT + DAY)])
    point.end(SLOT, "failed", subjects=cameras(a="fails")).remind(SLOT + 20 * HOUR)
    assert point.told == []
    point.end(SLOT + 21 * HOUR, "failed", subjects=cameras(a="fails", b="fails"))
    assert point.told == [("failing", f"{TASK}/b")]
    point.remind(SLOT + DAY)
    assert point.told[1:] == [("failing", f"{TASK}/a")]


def test_what_recovered_while_it_was_muted_is_told_with_its_true_length_afterwards(make):
    make().end(SLOT, "failed").ledger.close()
    point = make(brakes=[mute(f"task {TASK}", until=SLOT + DAY)]).end(SLOT + 3 * HOUR, "succeeded")
    assert [kind for kind, _ in point.told] == ["failing"]
    point.remind(SLOT + DAY)
    recovered = point.notices[-1]
    assert (recovered.kind.value, recovered.facts["ended_at"] - recovered.facts["since"]) == ("recovered", 3 * HOUR)


def test_nothing_is_told_of_tasks_that_are_held_back_for_a_reason_of_its_own(point):
    point.safe.held = frozenset({TASK})
    point.miss(*(SLOT + number * HOUR for number in range(9)))
    assert (point.told, point.levels) == ([], {})


def test_what_is_no_task_is_told_when_it_begins_and_gone_when_it_is_gone(point):
    book = point.safe.open()

    def observe(is_wrong: bool, at: float) -> None:
        point.ledger.file.write(
            lambda connection: book.observe(connection, "exposed", "", is_wrong, at, {"reason": "x"})
        )

    for day in range(3):
        observe(True, SLOT + day * DAY)
    observe(False, SLOT + 3 * DAY)
    assert [kind for kind, _ in point.told] == ["exposed", "reminder", "reminder"]
    observe(True, SLOT + 4 * DAY)
    assert [kind for kind, _ in point.told][3:] == ["exposed"]


def test_what_happened_at_one_moment_is_over_a_day_later(point):
    book = point.safe.open()
    facts = {"expires_at": float(SLOT + DAY)}
    point.ledger.file.write(lambda connection: book.observe(connection, "clock_ahead", "", True, SLOT, facts))
    assert point.levels == {"clock_ahead ": "fails"}
    assert point.remind(SLOT + DAY).levels == {}


def test_notice_that_was_given_up_is_news_again(point):
    point.end(SLOT, "failed")
    (notice,) = point.notices
    point.ledger.file.write(lambda connection: point.safe.open().untell(connection, [notice]))
    point.remind(SLOT + 8 * DAY)
    assert [kind for kind, _ in point.told] == ["failing", "failing"]
    assert point.notices[-1].facts["since"] == SLOT + 60


def begin(point: Point, at: float) -> Point:
    book = point.safe.open()
    point.ledger.file.write(lambda connection: book.begin(connection, at))
    return point


def old_health(point: Point, since: "float | None", missed: int = 0) -> None:
    row = (TASK, since, 4, SLOT, missed)
    point.ledger.file.write(lambda connection: connection.execute("INSERT INTO health VALUES (?, ?, ?, ?, ?)", row))


def test_who_failed_before_an_update_fails_still_was_told_and_recovers_once(make):
    make(settings=None).end(SLOT, "failed", summary="Облако недоступно").ledger.close()
    point = make()
    point.ledger.file.write(lambda connection: connection.execute("DELETE FROM levels"))
    old_health(point, SLOT - DAY)
    begin(point, SLOT + HOUR)
    assert (point.told, point.levels) == ([], {f"task {TASK}": "fails"})
    point.end(SLOT + 2 * HOUR, "succeeded")
    (recovered,) = point.notices
    assert (recovered.facts["since"], recovered.facts["failures"]) == (SLOT - DAY, 4)


def test_who_worked_before_an_update_recovers_from_nothing(point):
    old_health(point, None)
    begin(point, SLOT).end(SLOT, "succeeded")
    assert point.told == []


def test_what_a_new_version_sees_for_the_first_time_says_so(point):
    for number in range(5):
        point.ledger.note_idle_tick(SLOT + number * HOUR + 300, SLOT, 1, 0)
        point.ledger.file.write(
            lambda connection, number=number: connection.execute(
                "INSERT INTO slots VALUES (?, ?, 'missed', ?)", (TASK, SLOT + number * HOUR, SLOT + (number + 1) * HOUR)
            )
        )
    begin(point, SLOT + 6 * HOUR)
    (notice,) = point.notices
    assert (notice.kind.value, notice.facts["after_update"], notice.facts["idle_since"]) == ("idle", True, SLOT)


def test_what_was_put_off_before_an_update_says_nothing_for_nobody_knows_why(point):
    for number in range(50):
        point.ledger.file.write(
            lambda connection, number=number: connection.execute(
                "INSERT INTO slots VALUES (?, ?, 'skipped', ?)",
                (TASK, SLOT + number * HOUR, SLOT + (number + 1) * HOUR),
            )
        )
    assert begin(point, SLOT + 60 * HOUR).told == []


def test_failure_says_when_the_disk_will_be_full_if_its_room_goes_on_shrinking(make):
    point = make(*tasks("A", "B"))
    for hour, free in ((0, 100e9), (12, 80e9)):
        metrics = json.dumps({"free_bytes": free})
        point.end(SLOT + hour * HOUR, "succeeded", task="demo_A", metrics=metrics)
    point.end(SLOT + 13 * HOUR, "failed", task="demo_B")
    # 20 GB in half a day: 80 GB last for two days more.
    assert round((point.notices[-1].facts["full_at"] - SLOT) / HOUR) == 60


def test_room_that_does_not_shrink_threatens_nobody(make):
    point = make(*tasks("A", "B"))
    for hour, free in ((0, 80e9), (12, 100e9)):
        point.end(SLOT + hour * HOUR, "succeeded", task="demo_A", metrics=json.dumps({"free_bytes": free}))
    point.end(SLOT + 13 * HOUR, "failed", task="demo_B")
    assert point.notices[-1].facts["full_at"] is None


OFTEN = {"schedule": "cron", "cron": "*/5 * * * *"}


def test_cron_of_every_five_minutes_is_measured_as_an_interval(make):
    point = make(python_task("", plan=OFTEN))
    for number in range(12):
        point.end(SLOT + number * 300, "skipped")
    assert point.told == []
    point.end(SLOT + 12 * 300, "skipped")
    assert point.told == [("idle", TASK)]


def test_minutes_that_the_pc_was_off_are_no_news_of_a_cron_that_comes_often(make):
    point = make(python_task("", plan=OFTEN)).miss(*range(SLOT, SLOT + 8 * HOUR, 300), with_ticks=False)
    assert (point.told, point.levels) == ([], {})


def test_minutes_that_no_tick_can_meet_are_told_as_doing_nothing(make):
    point = make(python_task("", plan={"schedule": "cron", "cron": "2-59/10 * * * *"}))
    for tick in range(SLOT, SLOT + 2 * HOUR, 300):
        point.ledger.note_idle_tick(tick, tick + 1, 1, 0)
    for slot in range(SLOT + 120, SLOT + 2 * HOUR, 600):
        point.miss(slot, with_ticks=False, at=slot + 180)
    assert point.told == [("idle", TASK)]


def test_what_a_run_saw_is_not_lost_where_the_ledger_refused_its_outcome(make, site, logger):
    point = make()
    point.ledger.claim(run="r", task=TASK, slot=SLOT, attempt=1, started_at=SLOT)
    found = {
        "subjects": {"unv_002": {"state": "fails", "text": "нет записей"}},
        "cause": "away",
        "cause_text": "Облако",
    }
    journal.leave(site, FinishedRun("r", TASK, SLOT, 1, SLOT, SLOT + 60, "failed", findings=json.dumps(found)))
    journal.take_in(site, point.ledger, logger, lambda run: run.outcome)
    assert point.told == [("failing", f"{TASK}/unv_002"), ("failing", "away")]
