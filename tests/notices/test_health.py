"""Events reach the outbox in the very transaction that decides a slot, each once."""

import logging
from collections import Counter
from datetime import timezone

import pytest

from scheduler_runner.errors import LedgerUnavailable
from scheduler_runner.notices.outbox import Outbox
from scheduler_runner.notices.settings import NoticeSettings
from scheduler_runner.notices.teller import SafeBook
from scheduler_runner.records.ledger import OPEN, Ledger, TaskState
from tests.conftest import python_task
from tests.records.test_ledger import finished

TASK = "demo_Job"
SLOT = 1_790_000_000 // 3600 * 3600
HOUR = 3600
ON = NoticeSettings(token="1:x", chats=("1",))


@pytest.fixture
def book_of(site):
    def make(task=None, settings=ON) -> SafeBook:
        site.zone = timezone.utc
        return SafeBook([task or python_task("")], site, settings, logging.getLogger("test"))

    return make


@pytest.fixture
def told_ledger(site, ledger, book_of):
    """Return a ledger with a book, and what waits in its outbox."""
    made = Ledger(site.own.ledger, book=book_of())
    yield made
    made.close()


def waiting(ledger) -> "list[tuple[str, str]]":
    return [(notice.kind.value, notice.task) for notice in Outbox(ledger.file).notices_after(0)]


def end(ledger, slot: int, outcome: str, state=None, **values) -> None:
    run = f"{slot}-{outcome}"
    ledger.claim(run=run, task=TASK, slot=slot, attempt=1, started_at=slot)
    ledger.finish(finished(run, slot, outcome=outcome, ended_at=slot + 60, **values), slot_state=state or outcome)


def test_failure_waits_in_the_outbox_with_what_the_run_said(told_ledger):
    end(told_ledger, SLOT, "failed", summary="Облако недоступно", reason="exit code 1")
    (notice,) = Outbox(told_ledger.file).notices_after(0)
    assert (notice.kind.value, notice.task, notice.at) == ("failing", TASK, SLOT + 60)
    assert notice.facts == {
        "slot": SLOT, "since": SLOT + 60, "failures": 1, "outcome": "failed", "summary": "Облако недоступно",
        "reason": "exit code 1", "attempt": 1,
    }  # fmt: skip


def test_failure_that_may_be_tried_again_is_no_news(told_ledger):
    end(told_ledger, SLOT, "failed", state=OPEN)
    assert waiting(told_ledger) == []
    told_ledger.settle(TASK, SLOT, "failed", SLOT + HOUR)
    assert waiting(told_ledger) == [("failing", TASK)]


def test_slot_that_two_ticks_close_is_news_once(told_ledger):
    end(told_ledger, SLOT, "failed", state=OPEN)
    for _ in range(2):
        told_ledger.settle(TASK, SLOT, "failed", SLOT + HOUR)
    end(told_ledger, SLOT + HOUR, "succeeded")
    recovered = Outbox(told_ledger.file).notices_after(0)[-1]
    assert (recovered.kind.value, recovered.facts["failures"]) == ("recovered", 1)


def test_run_by_hand_changes_nothing(told_ledger):
    end(told_ledger, SLOT, "failed")
    told_ledger.start_by_hand(run="hand", task=TASK, started_at=SLOT)
    told_ledger.finish(finished("hand", None, outcome="succeeded"), slot_state=None)
    told_ledger.start_by_hand(run="hand2", task="demo_Other", started_at=SLOT)
    told_ledger.finish(finished("hand2", None, outcome="failed"), slot_state=None)
    assert waiting(told_ledger) == [("failing", TASK)]


def test_outcome_and_notice_are_committed_together_or_not_at_all(told_ledger, monkeypatch):
    told_ledger.claim(run="r", task=TASK, slot=SLOT, attempt=1, started_at=SLOT)
    told_ledger.file.read(lambda connection: connection.execute("PRAGMA max_page_count = 1"))
    big = finished("r", SLOT, outcome="failed", summary="x" * 100_000)
    with pytest.raises(LedgerUnavailable):
        told_ledger.finish(big, slot_state="failed")
    told_ledger.file.read(lambda connection: connection.execute("PRAGMA max_page_count = 100000"))
    assert waiting(told_ledger) == []
    assert [run.run for run in told_ledger.open_runs()] == ["r"]
    told_ledger.finish(big, slot_state="failed")
    assert waiting(told_ledger) == [("failing", TASK)]


@pytest.mark.parametrize(
    ("function", "defect"),
    [
        ("after_slot", lambda *_: 1 / 0),
        ("_save_health", lambda connection, *_: connection.execute("SELECT ?", (object(),))),
        ("add_notice", lambda connection, _: connection.execute("INSERT INTO health VALUES ('a', 1, NULL, 1, 1)")),
    ],
)
def test_defect_of_the_notices_costs_the_notice_alone(told_ledger, monkeypatch, function, defect):
    monkeypatch.setattr(f"scheduler_runner.notices.health.{function}", defect)
    end(told_ledger, SLOT, "failed")
    assert told_ledger.slot_state(TASK, SLOT) == "failed"
    assert told_ledger.last_runs(TASK, 1)[0].outcome == "failed"
    assert waiting(told_ledger) == []


def test_where_nobody_is_told_health_is_kept_all_the_same(site, ledger, book_of):
    silent = Ledger(site.own.ledger, book=book_of(settings=None))
    end(silent, SLOT, "failed")
    silent.close()
    told = Ledger(site.own.ledger, book=book_of())
    end(told, SLOT + HOUR, "succeeded")
    assert waiting(told) == [("recovered", TASK)]
    told.close()


@pytest.mark.parametrize(
    "plan",
    [
        {"schedule": "daily", "time": "09:10"},
        {"schedule": "cron", "cron": "10 9 * * *"},
        {"schedule": "once", "at": "2026-01-01 09:10"},
    ],
)
def test_missed_slots_of_a_planned_time_are_told_once_in_one_notice(site, ledger, book_of, plan):
    told = Ledger(site.own.ledger, book=book_of(python_task("", plan=plan)))
    for _ in range(2):
        told.decide(TASK, TaskState("daily 09:10", 0, SLOT), [SLOT - 86400, SLOT], SLOT + 100)
    (notice,) = Outbox(told.file).notices_after(0)
    assert (notice.kind.value, notice.facts) == ("missed", {"count": 2, "last": SLOT})
    told.close()


def test_slot_that_ran_already_is_not_told_as_missed_after_a_clock_was_set_back(site, ledger, book_of):
    told = Ledger(site.own.ledger, book=book_of(python_task("", plan={"schedule": "daily", "time": "09:10"})))
    end(told, SLOT, "succeeded")
    told.decide(TASK, TaskState("daily 09:10", 0, SLOT), [SLOT], SLOT + 100)
    assert waiting(told) == []
    told.close()


@pytest.mark.parametrize(("ticks_at", "expected"), [((), 0), ((0, 1), 0), ((0, 1, 2), 1), ((0, 1, 2, 3, 4), 1)])
def test_missed_hours_are_told_when_ticks_came_in_three_of_them(told_ledger, ticks_at, expected):
    slots = [SLOT + number * HOUR for number in range(5)]
    for number in ticks_at:
        told_ledger.note_idle_tick(slots[number] + 300, slots[number] + 301, 1, 0)
    told_ledger.decide(TASK, TaskState("hourly at :00", 0, slots[-1]), slots, SLOT + 5 * HOUR)
    assert Counter(kind for kind, _ in waiting(told_ledger)) == ({"missed": 1} if expected else {})


def test_missed_hours_add_up_over_several_ticks_and_a_run_ends_the_row(told_ledger):
    def miss(number: int) -> None:
        slot = SLOT + number * HOUR
        told_ledger.note_idle_tick(slot + 300, slot + 301, 1, 0)
        told_ledger.decide(TASK, TaskState("hourly at :00", 0, slot), [slot], slot + HOUR)

    miss(0)
    miss(1)
    end(told_ledger, SLOT + 2 * HOUR, "succeeded")
    miss(3)
    miss(4)
    assert waiting(told_ledger) == []
    miss(5)
    miss(6)
    assert waiting(told_ledger) == [("missed", TASK)]
