from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from scheduler_runner.deciding import Past, decide, hold_back, oldest_question
from scheduler_runner.records.ledger import TaskState
from scheduler_runner.records.run_rows import Attempt
from tests.conftest import python_task

MOSCOW = ZoneInfo("Europe/Moscow")
DAILY = {"schedule": "daily", "time": "21:10", "misfire_grace_time": "next"}
STRICT = {"schedule": "daily", "time": "21:10"}
HOURLY = {"schedule": "hourly"}


def at(text: str) -> int:
    return int(datetime.fromisoformat(f"2026-{text}").replace(tzinfo=MOSCOW).timestamp())


def shown(slot: int) -> str:
    return f"{datetime.fromtimestamp(slot, MOSCOW):%m-%d %H:%M}"


def past(
    plan: dict, *, seen: str, until: str = "", open_slots=(), attempts=(), state: str = "", decided=("11-23 21:10",)
) -> Past:
    text = python_task("", plan=plan).plan.text
    known = TaskState(text, at(seen), at(until) if until else 0)
    opened = {at(slot): list(attempts) for slot in open_slots}
    return Past(known, opened, {at(slot): state for slot in decided} if state else {})


def attempt(outcome: "str | None", ended: str, number: int = 1, slot: str = "11-23 21:10") -> Attempt:
    return Attempt("r", "demo_Job", at(slot), number, at(ended) - 5, at(ended) if outcome else None, outcome)


def test_new_task_is_no_special_case():
    decision = decide(python_task("", plan=DAILY), at("11-24 08:35"), MOSCOW, Past())
    assert shown(decision.due.slot) == "11-23 21:10"
    assert decision.due.attempt == 1
    assert decision.missed == ()


def test_slot_that_is_decided_is_not_due_again():
    known = past(DAILY, seen="11-01 00:00", until="11-23 21:10")
    assert decide(python_task("", plan=DAILY), at("11-23 22:00"), MOSCOW, known).due is None


def test_latest_of_several_due_slots_runs_and_the_older_are_coalesced():
    plan = {**HOURLY, "misfire_grace_time": 3 * 3600}
    known = past(plan, seen="11-23 00:00", until="11-23 09:00")
    decision = decide(python_task("", plan=plan), at("11-23 12:20"), MOSCOW, known)
    assert shown(decision.due.slot) == "11-23 12:00"
    assert [shown(slot) for slot in decision.due.coalesced] == ["11-23 10:00", "11-23 11:00"]
    assert decision.missed == ()


def test_passed_slot_is_missed_once():
    known = past(STRICT, seen="11-20 00:00", until="11-21 21:10")
    decision = decide(python_task("", plan=STRICT), at("11-23 22:00"), MOSCOW, known)
    assert decision.due is None
    assert [shown(slot) for slot in decision.missed] == ["11-22 21:10", "11-23 21:10"]
    assert decision.state.decided_until == at("11-23 22:00")


def test_slots_before_the_task_was_seen_are_not_missed():
    known = past(STRICT, seen="11-23 00:00")
    decision = decide(python_task("", plan=STRICT), at("11-23 22:00"), MOSCOW, known)
    assert [shown(slot) for slot in decision.missed] == ["11-23 21:10"]


def test_no_more_than_two_weeks_are_looked_back():
    known = past(STRICT, seen="01-01 00:00", until="01-02 00:00")
    decision = decide(python_task("", plan=STRICT), at("11-23 22:00"), MOSCOW, known)
    assert len(decision.missed) == 14


def test_changed_schedule_begins_anew():
    known = past(HOURLY, seen="01-01 00:00", until="11-22 00:00")
    decision = decide(python_task("", plan=STRICT), at("11-23 22:00"), MOSCOW, known)
    assert decision.missed == ()
    assert decision.state.first_seen == at("11-23 22:00")


def test_disabled_task_is_never_due_and_misses_nothing_when_it_is_back():
    task = python_task("", plan=STRICT, enabled=False)
    decision = decide(task, at("11-23 21:10"), MOSCOW, past(STRICT, seen="11-01 00:00"))
    assert (decision.due, str(decision.reason)) == (None, "disabled")
    back = Past(decision.state)
    assert decide(python_task("", plan=STRICT), at("11-30 22:00"), MOSCOW, back).missed == ()


def test_clock_that_was_set_back_looks_every_slot_up():
    ahead = past(STRICT, seen="11-01 00:00", until="11-30 21:10", state="succeeded")
    decision = decide(python_task("", plan=STRICT), at("11-23 21:10"), MOSCOW, ahead)
    assert decision.due is None
    assert "is decided: succeeded" in str(decision.reason)
    fresh = past(STRICT, seen="11-01 00:00", until="11-30 21:10", state="")
    assert decide(python_task("", plan=STRICT), at("11-23 21:10"), MOSCOW, fresh).due is not None


@pytest.mark.parametrize(
    ("attempts", "now", "number"),
    [
        ([attempt(None, "11-23 21:15")], "11-23 21:20", None),
        ([attempt("failed", "11-23 21:15")], "11-23 21:19", None),
        ([attempt("failed", "11-23 21:15")], "11-23 21:20", 2),
        ([attempt("failed", "11-23 21:15"), attempt("failed", "11-23 21:25", 2)], "11-23 21:40", None),
        ([attempt("interrupted", "11-23 21:15")], "11-23 21:16", 2),
        ([attempt("interrupted", "11-23 21:15"), attempt("interrupted", "11-23 21:20", 2)], "11-23 21:50", None),
        ([attempt("skipped", "11-23 21:15")], "11-23 21:25", 2),
        ([attempt("succeeded", "11-23 21:15")], "11-23 21:25", None),
    ],
)
def test_further_attempt_of_an_open_slot(attempts, now, number):
    task = python_task("", plan=DAILY, retries=1, retry_delay_seconds=300)
    known = past(
        DAILY, seen="11-01 00:00", until="11-23 21:10", open_slots=["11-23 21:10"], attempts=attempts, state="open"
    )
    due = decide(task, at(now), MOSCOW, known).due
    assert (due.attempt if due else None) == number


def test_open_slot_is_settled_when_its_time_is_over():
    plan = {**STRICT, "misfire_grace_time": 3600}
    known = past(plan, seen="11-01 00:00", until="11-23 21:10", open_slots=["11-23 21:10"],
                 attempts=[attempt("skipped", "11-23 21:15")], state="open")  # fmt: skip
    task = python_task("", plan=plan, retry_delay_seconds=300)
    assert decide(task, at("11-23 21:30"), MOSCOW, known).settled == ()
    assert decide(task, at("11-23 22:10"), MOSCOW, known).settled == ((at("11-23 21:10"), "skipped"),)


def test_open_slot_gives_way_to_a_newer_one():
    known = past(HOURLY, seen="11-01 00:00", until="11-23 21:00", open_slots=["11-23 21:00"],
                 attempts=[attempt("interrupted", "11-23 21:15", slot="11-23 21:00")],
                 state="open", decided=["11-23 21:00"])  # fmt: skip
    decision = decide(python_task("", plan=HOURLY), at("11-23 22:05"), MOSCOW, known)
    assert shown(decision.due.slot) == "11-23 22:00"
    assert decision.settled == ((at("11-23 21:00"), "interrupted"),)


def test_clock_set_back_tells_no_slot_as_missed_that_ran():
    task, now = python_task(""), 1_800_003_600
    state = TaskState(task.plan.text, now - 20 * 86400, now + 600)
    ran = Past(state, slot_states=dict.fromkeys(range(now - 20 * 86400, now + 3600, 3600), "succeeded"))
    assert decide(task, now, ZoneInfo("UTC"), ran).missed == ()
    assert len(decide(task, now, ZoneInfo("UTC"), Past(state)).missed) == 14 * 24 - 1  # and one is due


def test_slot_that_is_due_is_not_decided_before_it_is_claimed():
    task = python_task("", plan={"schedule": "daily", "time": "09:00", "misfire_grace_time": 7200})
    first = decide(task, at("11-23 09:03"), MOSCOW, Past())
    again = decide(task, at("11-23 09:08"), MOSCOW, Past(first.state))
    assert (again.due.slot, again.missed) == (first.due.slot, ())


@pytest.mark.parametrize(
    ("known", "now", "oldest"),
    [
        (past(STRICT, seen="11-20 00:00", until="11-22 21:10"), "11-23 21:00", None),
        (past(STRICT, seen="11-20 00:00", until="11-22 21:10"), "11-23 21:10", "11-23 21:10"),
        (past(STRICT, seen="11-20 00:00", until="11-21 21:10"), "11-23 22:00", "11-22 21:10"),
        (
            past(STRICT, seen="11-20 00:00", until="11-22 21:10", open_slots=["11-20 21:10"]),
            "11-23 21:00",
            "11-20 21:10",
        ),
        (past(STRICT, seen="11-20 00:00", until="11-30 21:10"), "11-23 22:00", "11-20 21:10"),
    ],
)
def test_ledger_is_asked_about_single_slots_only_where_one_is_new(known, now, oldest):
    question = oldest_question(python_task("", plan=STRICT), at(now), MOSCOW, known)
    assert (None if question is None else shown(question)) == oldest


def test_task_first_seen_under_a_clock_that_was_ahead_begins_anew():
    ahead = Past(TaskState(python_task("", plan=STRICT).plan.text, at("12-31 00:00"), 0))
    corrected = decide(python_task("", plan=STRICT), at("11-23 10:00"), MOSCOW, ahead)
    assert corrected.state.first_seen == at("11-23 10:00")
    later = decide(python_task("", plan=STRICT), at("11-23 22:00"), MOSCOW, Past(corrected.state))
    assert [shown(slot) for slot in later.missed] == ["11-23 21:10"]


def test_slot_that_was_due_at_first_sight_and_never_found_its_lock_free_is_missed():
    task = python_task("", plan=HOURLY)
    first = decide(task, at("11-23 10:02"), MOSCOW, Past())
    assert shown(first.due.slot) == "11-23 10:00"
    later = decide(task, at("11-23 12:02"), MOSCOW, Past(first.state))
    assert [shown(slot) for slot in later.missed] == ["11-23 10:00", "11-23 11:00"]


@pytest.mark.parametrize(("now", "is_due"), [("11-23 21:12", True), ("11-24 21:00", True), ("11-24 21:10", False)])
def test_slot_that_a_clock_ahead_passed_over_runs_when_its_time_really_comes(now, is_due):
    known = past(DAILY, seen="11-20 00:00", until="12-02 21:10", state="missed")
    due = decide(python_task("", plan=DAILY), at(now), MOSCOW, known).due
    assert (due is not None and shown(due.slot) == "11-23 21:10") == is_due


WAITS = {"seen": "11-01 00:00", "open_slots": ["11-23 21:10"], "state": "open"}


@pytest.mark.parametrize(
    ("attempts", "settled"),
    [([attempt("failed", "11-23 21:15")], [("11-23 21:10", "failed")]), ([attempt(None, "11-23 21:15")], [])],
)
def test_slot_that_waits_for_a_retry_is_settled_when_its_task_is_disabled(attempts, settled):
    known = past(DAILY, attempts=attempts, **WAITS)
    task = python_task("", plan=DAILY, retries=3, enabled=False)
    decision = decide(task, at("11-23 21:20"), MOSCOW, known)
    assert [(shown(slot), state) for slot, state in decision.settled] == settled


def test_slot_that_waits_for_a_retry_is_settled_when_its_schedule_became_one_without_slots():
    known = past(DAILY, attempts=[attempt("failed", "11-23 21:15")], **WAITS)
    task = python_task("", plan={"schedule": "once", "at": "2027-01-01 00:00", "misfire_grace_time": 600}, retries=3)
    assert decide(task, at("11-23 22:00"), MOSCOW, known).settled == ((at("11-23 21:10"), "failed"),)


ONCE = {"schedule": "once", "at": "2025-12-01 10:00"}


@pytest.mark.parametrize(
    ("known", "count"),
    [
        (Past(knows_since=0), 1),
        (Past(), 0),  # no ledger answers: nobody knows
        (Past(knows_since=at("11-01 00:00")), 0),  # it was made anew since
        (Past(TaskState("daily 21:10", at("10-01 00:00"), 0), knows_since=0), 1),
        (Past(TaskState("once 2025-12-01 10:00", at("11-01 00:00"), at("11-02 00:00"))), 0),
    ],
)
def test_task_whose_only_time_is_over_when_it_is_first_seen_is_missed_once(known, count):
    decision = decide(python_task("", plan=ONCE), at("11-23 10:00"), MOSCOW, known)
    assert len(decision.missed) == count


def test_only_time_of_a_task_that_ran_is_not_missed_when_it_is_seen_anew():
    task = python_task("", plan=ONCE)
    slot = int(datetime(2025, 12, 1, 10, tzinfo=MOSCOW).timestamp())
    disabled = TaskState("disabled", at("11-01 00:00"), 0)
    assert decide(task, at("11-23 10:00"), MOSCOW, Past(disabled, {}, {slot: "succeeded"}, 0)).missed == ()


def paused(spans: "list[tuple[str, str]]", now: str, plan=DAILY, retries=0, **known):
    """Return the decision about a task that is paused from when to when, written as 11-23 09:10."""
    moment = at(now)
    decision = decide(python_task("", plan=plan, retries=retries), moment, MOSCOW, past(plan, **known))
    return hold_back(decision, [(at(first), at(last)) for first, last in spans], moment)


def test_slot_that_is_due_while_its_task_is_paused_is_decided_so():
    decision = paused([("11-23 20:00", "11-24 20:00")], "11-23 21:14", seen="11-20 00:00", until="11-23 21:00")
    assert (decision.due, str(decision.reason)) == (None, "paused")
    assert [(shown(slot), state) for slot, state in decision.settled] == [("11-23 21:10", "paused")]


def test_slot_of_a_pause_is_not_made_up_for_afterwards():
    decision = paused([("11-20 20:00", "11-23 09:00")], "11-23 09:05", seen="11-20 00:00", until="11-20 21:00")
    assert (decision.due, decision.missed) == (None, ())
    assert {(shown(slot), state) for slot, state in decision.settled} == {
        ("11-20 21:10", "paused"), ("11-21 21:10", "paused"), ("11-22 21:10", "paused"),
    }  # fmt: skip


def test_failure_before_a_pause_stays_one_and_is_tried_again_only_after_it():
    pause = [("11-23 21:12", "11-23 21:40")]
    failed = {"retries": 1, "seen": "11-20 00:00", "until": "11-23 21:10", "open_slots": ["11-23 21:10"], "state": "open",
              "attempts": [attempt("failed", "11-23 21:11")]}  # fmt: skip
    plan = {**DAILY, "misfire_grace_time": 3600}
    held = paused(pause, "11-23 21:30", plan, **failed)
    assert (held.due, str(held.reason), held.settled) == (None, "paused", ())
    assert paused(pause, "11-23 21:45", plan, **failed).due.attempt == 2
    assert paused([("11-23 21:12", "11-24 09:00")], "11-23 22:10", plan, **failed).settled == (
        (at("11-23 21:10"), "failed"),
    )


def test_pause_that_is_over_or_has_not_begun_holds_nothing_back():
    for span in (("11-20 00:00", "11-21 00:00"), ("11-24 00:00", "11-25 00:00")):
        decision = paused([span], "11-23 21:14", seen="11-20 00:00", until="11-23 21:00")
        assert shown(decision.due.slot) == "11-23 21:10"
