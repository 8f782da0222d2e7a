"""Ticks over days and weeks, on a real ledger. Programs are not started where only their slots matter."""

import os
import random
import sys
from collections import Counter
from contextlib import contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from scheduler_runner.errors import ExitCode, LedgerUnavailable
from scheduler_runner.outcome import Outcome
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.run_site import RunSite
from scheduler_runner.runs import attempt as attempt_module
from scheduler_runner.runs import journal
from scheduler_runner.runs.execution import End, Execution
from scheduler_runner.runs.program import Ended
from scheduler_runner.system.clock import Moment, read_clock
from scheduler_runner.system.locks import try_lock
from scheduler_runner.tick import Tick
from scheduler_runner.utils.logging import configure_logger
from tests.conftest import python_task

MOSCOW = ZoneInfo("Europe/Moscow")
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def outcomes(monkeypatch):
    """Replace programs by outcomes, one after the other, then successes: thousands of real ones would take hours."""
    planned = []

    @contextmanager
    def supervised(program, held, holder, **_):
        outcome = planned.pop(0) if planned else Outcome.SUCCEEDED
        yield Ended(outcome, Execution(End.EXITED, exit_code=0))
        held.release()

    monkeypatch.setattr(attempt_module, "supervised", supervised)
    return planned


@pytest.fixture
def tick(tmp_path, ledger):
    """Return a function that carries out one tick at a moment."""

    def carry_out(tasks, now: datetime, *, max_runs: int = 20, by_hand=None, clock=None, **values) -> Tick:
        site = RunSite(
            *(str(tmp_path / "logs"), "operator", str(tmp_path)),
            zone=now.tzinfo,
            clock=now.timestamp,
            max_runs=max_runs,
            read_clock=(lambda: clock) if clock else read_clock,
            refuge_dir=str(tmp_path / "refuge"),
        )
        logger = configure_logger("operator", logs_dir=site.logs_dir)
        one = Tick(
            tasks,
            site,
            ledger,
            logger,
            lambda task: configure_logger("operator", task.id, logs_dir=site.logs_dir),
            **values,
        )
        if by_hand is None:
            one.run_due()
        else:
            one.run_by_hand(by_hand)
        one.end(0)
        return one

    return carry_out


def started(ledger: Ledger, task: str) -> list[datetime]:
    """Return the slots for which a task was started, oldest first."""
    runs = ledger.last_runs(task, 100_000)
    return sorted(datetime.fromtimestamp(run.slot, MOSCOW) for run in runs)


def irregular_moments(start: datetime, days: int, seed: int):
    """Yield ticks of every five minutes from three past the hour, late by up to a minute, one in twelve missing."""
    chance = random.Random(seed)
    for number in range(days * 288):
        if chance.random() > 1 / 12:
            yield start + timedelta(minutes=3 + 5 * number, seconds=chance.randrange(60))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_each_slot_runs_exactly_once_over_irregular_days(tick, ledger, outcomes, seed):
    strict_at = "09:23"
    tasks = [
        python_task("", name="Hourly", plan={"schedule": "hourly", "minute": 7}),
        python_task("", name="Interval", plan={"schedule": "interval", "interval": 1800}),
        python_task("", name="Daily", plan={"schedule": "daily", "time": "21:10", "misfire_grace_time": 7200}),
        python_task("", name="Strict", plan={"schedule": "daily", "time": strict_at}),
    ]
    start = datetime(2026, 11, 2, tzinfo=MOSCOW)
    days = 1 if sys.platform == "win32" else 4  # under Wine a tick takes a tenth of a second
    moments = list(irregular_moments(start, days, seed))
    for now in moments:
        assert tick(tasks, now).exit_codes() == set()
    for name, expected in (("Hourly", days * 24), ("Interval", days * 48), ("Daily", days)):
        slots = started(ledger, f"demo_{name}")
        assert max(Counter(slots).values()) == 1
        # The very first slot is one from before the first tick.
        assert expected - 1 <= len([slot for slot in slots if slot >= start]) <= expected
        gaps = {later - earlier for earlier, later in zip(slots, slots[1:])}
        assert len(gaps) == min(1, len(slots) - 1), gaps
    met = [now for now in moments if f"{now:%H:%M}" == strict_at]
    assert len(started(ledger, "demo_Strict")) == len(met) > 0


def test_tick_that_comes_twice_runs_nothing_twice(tick, ledger, outcomes):
    task = python_task("")
    now = datetime(2026, 11, 23, 9, 3, tzinfo=MOSCOW)
    assert len(tick([task], now).results) == 1
    assert tick([task], now).results == []
    assert tick([task], now + timedelta(minutes=5)).results == []


def test_slot_whose_lock_is_held_runs_at_the_next_tick(tick, ledger, outcomes, site):
    task = python_task("", group="disk")
    now = datetime(2026, 11, 23, 9, 3, tzinfo=MOSCOW)
    os.makedirs(site.own.locks)
    with try_lock(site.own.task_lock(task.id)):
        assert [result.outcome for result in tick([task], now).results] == [Outcome.ALREADY_RUNNING]
    assert [result.outcome for result in tick([task], now + timedelta(minutes=5)).results] == [Outcome.SUCCEEDED]
    assert started(ledger, task.id) == [now.replace(minute=0)]


def test_clock_set_back_repeats_no_slot(tick, ledger, outcomes):
    task = python_task("")
    now = datetime(2026, 11, 23, 9, 3, tzinfo=MOSCOW)
    for hours in (0, 1, 2, -1, 0, 1, 2, 3):
        tick([task], now + timedelta(hours=hours))
    slots = started(ledger, "demo_Job")
    assert [slot.hour for slot in slots] == [8, 9, 10, 11, 12]


def test_hour_that_comes_twice_has_two_hourly_slots_and_one_daily(tick, ledger, outcomes):
    tasks = [
        python_task("", name="Hourly"),
        python_task("", name="Daily", plan={"schedule": "daily", "time": "02:30", "misfire_grace_time": 7200}),
    ]
    now = datetime(2026, 10, 25, 0, 0, tzinfo=BERLIN).astimezone(ZoneInfo("UTC"))
    for minutes in range(0, 300, 5):
        tick(tasks, (now + timedelta(minutes=minutes)).astimezone(BERLIN))
    assert len(started(ledger, "demo_Hourly")) == 5
    assert len([slot for slot in started(ledger, "demo_Daily") if slot.day == 25]) == 1


def test_missed_slot_is_told_and_on_record(tick, ledger, outcomes, read_log):
    task = python_task("", plan={"schedule": "daily", "time": "09:10"})
    start = datetime(2026, 11, 23, 9, 0, tzinfo=MOSCOW)
    tick([task], start)
    tick([task], start + timedelta(minutes=30))
    assert "slots missed task=demo_Job count=1 last=2026-11-23T09:10+03:00" in read_log("runner")
    tick([task], start + timedelta(minutes=35))
    assert read_log("runner").count("slots missed") == 1


def test_slots_before_one_that_was_claimed_while_the_ledger_was_away_are_missed(tick, ledger, outcomes, site):
    task = python_task("", plan={"schedule": "hourly", "minute": 7})
    now = datetime(2026, 11, 23, 9, 10, tzinfo=MOSCOW)
    tick([task], now)
    claimed = now.replace(hour=13, minute=7)
    journal.leave(site, journal.Begun("r", task.id, int(claimed.timestamp()), 1, claimed.timestamp() + 60))
    tick([task], now.replace(hour=14))
    states = ledger.slot_states(task.id, int(now.timestamp()))
    assert [*states.values()] == ["missed", "missed", "missed", "interrupted", "succeeded"]


def test_failed_attempt_is_repeated_by_a_later_tick(tick, ledger, outcomes):
    outcomes.extend([Outcome.FAILED, Outcome.FAILED])
    task = python_task("", retries=2, retry_delay_seconds=600)
    start = datetime(2026, 11, 23, 9, 0, tzinfo=MOSCOW)
    ticks = [tick([task], start + timedelta(minutes=minutes)) for minutes in range(0, 60, 5)]
    assert [len(one.results) for one in ticks] == [1, 0, 1, 0, 1] + [0] * 7
    assert [one.exit_codes() for one in ticks[:5:2]] == [{ExitCode.TASK_FAILED}, {ExitCode.TASK_FAILED}, set()]
    assert ledger.slot_state("demo_Job", int(start.timestamp())) == "succeeded"


def test_task_with_nothing_to_do_asks_again_and_is_skipped_in_the_end(tick, ledger, outcomes):
    outcomes.extend([Outcome.SKIPPED] * 50)
    task = python_task("", plan={"schedule": "daily", "time": "09:00", "misfire_grace_time": 1800})
    start = datetime(2026, 11, 23, 9, 0, tzinfo=MOSCOW)
    ticks = [tick([task], start + timedelta(minutes=minutes)) for minutes in range(0, 60, 5)]
    assert sum(len(one.results) for one in ticks) == 6
    assert all(one.exit_codes() == set() for one in ticks)
    assert ledger.slot_state("demo_Job", int(start.timestamp())) == "skipped"


def test_clock_that_jumped_is_told(tick, outcomes, read_log):
    task = python_task("")
    now = datetime(2026, 11, 23, 9, 0, tzinfo=MOSCOW)
    tick([task], now)
    tick([task], now + timedelta(days=9))
    assert "clock jumped ahead, or no tick came" in read_log("runner")
    for minutes in (0, 5):
        tick([task], now + timedelta(minutes=minutes))
    assert read_log("runner").count("clock jumped back") == 1


def test_every_outcome_is_counted_in_the_statistics_line(tick, outcomes, read_log):
    outcomes.extend([Outcome.SUCCEEDED, Outcome.WARNED, Outcome.TIMED_OUT, Outcome.SKIPPED])
    tasks = [python_task("", name=name) for name in "ABCD"]
    tick(tasks, datetime(2026, 11, 23, 9, 0, tzinfo=MOSCOW))
    assert "tick finished succeeded=2 failed=1 skipped=1 running=0" in read_log("runner")


def test_defect_in_the_runner_costs_one_task_and_is_told_with_its_traceback(tick, ledger, monkeypatch, read_log):
    @contextmanager
    def supervised(program, held, holder, **_):
        held.release()
        if holder.task_id == "demo_A":
            raise RuntimeError("defect")
        yield Ended(Outcome.SUCCEEDED, Execution(End.EXITED, exit_code=0))

    monkeypatch.setattr(attempt_module, "supervised", supervised)
    one = tick([python_task("", name="A"), python_task("", name="B")], datetime(2026, 11, 23, 9, 0, tzinfo=MOSCOW))
    assert sorted(result.outcome.value for result in one.results) == ["failed", "succeeded"]
    assert "Traceback" in read_log("runner")
    assert "RuntimeError: defect" in read_log("runner")


def test_defect_before_the_start_costs_one_task_too(tick, ledger, outcomes, monkeypatch, read_log):
    begin = attempt_module.begin_attempt

    def begin_attempt(task, **values):
        if task.name == "A":
            raise RuntimeError("defect")
        return begin(task, **values)

    monkeypatch.setattr(attempt_module, "begin_attempt", begin_attempt)
    one = tick([python_task("", name="A"), python_task("", name="B")], datetime(2026, 11, 23, 9, 0, tzinfo=MOSCOW))
    assert [result.task_id for result in one.results] == ["demo_B"]
    assert one.exit_codes() == {ExitCode.TASK_FAILED}
    assert "RuntimeError: defect" in read_log("runner")


def test_clock_set_back_under_a_ledger_that_takes_nothing_stops_no_task(tick, ledger, outcomes, monkeypatch):
    task = python_task("", name="A")
    tick([task], datetime(2026, 11, 23, 9, 0, tzinfo=MOSCOW))

    def refuse(work, *, is_durable=False):
        raise LedgerUnavailable("no room")

    monkeypatch.setattr(ledger.file, "write", refuse)
    one = tick([task], datetime(2026, 11, 20, 9, 0, tzinfo=MOSCOW))
    assert ExitCode.NOT_RECORDED in one.exit_codes()


def test_slot_of_a_task_that_was_taken_away_is_closed_unless_the_task_may_only_be_unreadable(tick, ledger, outcomes):
    outcomes.append(Outcome.FAILED)
    now = datetime(2026, 11, 23, 9, 0, tzinfo=MOSCOW)
    tick([python_task("", retries=3)], now)
    tick([], now + timedelta(minutes=5), are_all_known=False)
    assert ledger.slot_state("demo_Job", int(now.timestamp())) == "open"
    tick([], now + timedelta(minutes=10))
    assert ledger.slot_state("demo_Job", int(now.timestamp())) == "failed"


def test_deciding_moment_is_read_after_the_ledger(tick, ledger, outcomes, monkeypatch, tmp_path):
    """A run of another tick may end between this one's begin and its look into the ledger: its pause is kept."""
    outcomes.append(Outcome.FAILED)
    task = python_task("", retries=3, retry_delay_seconds=600)
    now = datetime(2026, 11, 23, 9, 0, tzinfo=MOSCOW)
    tick([task], now)
    ended = ledger.open_slots
    moments = [now - timedelta(minutes=2)]  # when the tick began

    def open_slots():
        moments.append(now + timedelta(seconds=5))
        return ended()

    monkeypatch.setattr(ledger, "open_slots", open_slots)
    site = RunSite(
        str(tmp_path / "logs"), "operator", str(tmp_path), zone=MOSCOW, clock=lambda: moments[-1].timestamp()
    )
    logger = configure_logger("operator", logs_dir=site.logs_dir)
    one = Tick([task], site, ledger, logger, lambda task: logger)
    one.run_due()
    assert one.results == []


def test_no_more_runs_begin_than_may_go_on_side_by_side_and_the_others_follow(tick, ledger, outcomes, read_log):
    hourly = [python_task("pass", name=f"H{number}") for number in range(3)]
    strict = python_task("pass", name="Strict", plan={"schedule": "daily", "time": "12:00"})
    now = datetime(2026, 11, 24, 12, 0, 20, tzinfo=MOSCOW)
    first = tick([*hourly, strict], now, max_runs=2)
    assert {each.task_id for each in first.results} == {"demo_Strict", "demo_H0"}
    assert read_log("runner").count("task left for a later tick") == 2
    second = tick([*hourly, strict], now + timedelta(minutes=5), max_runs=2)
    assert {each.task_id for each in second.results} == {"demo_H1", "demo_H2"}
    assert not tick([*hourly, strict], now + timedelta(minutes=10), max_runs=2).results


def test_runs_of_earlier_ticks_count_among_them_and_a_run_by_hand_needs_no_room(tick, ledger, outcomes, site):
    task, long = python_task("pass", name="One"), python_task("pass", name="Long")
    now = datetime(2026, 11, 24, 12, 0, 20, tzinfo=MOSCOW)
    os.makedirs(site.own.locks)
    begun = int(now.timestamp()) - 20
    ledger.claim(run="a", task=long.id, slot=begun, attempt=1, started_at=begun)
    with try_lock(site.own.task_lock(long.id)):
        assert tick([task, long], now, max_runs=1).results == []
        assert [each.outcome for each in tick([task], now, max_runs=1, by_hand=task).results] == [Outcome.SUCCEEDED]


@pytest.mark.parametrize("boot", ["a", "b"])
def test_task_first_seen_by_a_clock_in_the_past_missed_nothing_in_all_the_years(tick, ledger, outcomes, boot):
    task = python_task("pass", plan={"schedule": "daily", "time": "21:10"})
    wrong, right = datetime(2020, 1, 1, 0, 1, tzinfo=MOSCOW), datetime(2026, 11, 24, 9, 5, tzinfo=MOSCOW)
    tick([task], wrong, clock=Moment(wrong.timestamp(), 60, 60, boot))
    for minutes in (0, 5):
        now = right + timedelta(minutes=minutes)
        tick([task], now, clock=Moment(now.timestamp(), 300 + minutes * 60, 300, "a"))
    assert "missed" not in ledger.slot_states(task.id, 0).values()
    evening = right.replace(hour=21, minute=20)  # from now on it is known
    tick([task], evening, clock=Moment(evening.timestamp(), 50_000, 300, "a"))
    assert list(ledger.slot_states(task.id, 0).values()).count("missed") == 1


def test_clock_that_is_days_ahead_for_one_tick_forgets_nothing_that_was_missed(tick, ledger, outcomes):
    task = python_task("pass", plan={"schedule": "daily", "time": "12:00"})
    noon = datetime(2026, 11, 24, 12, 0, tzinfo=MOSCOW)
    for now, since_boot in (
        (noon - timedelta(hours=1), 100),
        (noon + timedelta(days=9, hours=5), 6 * 3600),
        (noon + timedelta(hours=5, minutes=30), 6.5 * 3600),
    ):
        tick([task], now, clock=Moment(now.timestamp(), since_boot, since_boot, "a"))
    assert ledger.slot_states(task.id, 0)[int(noon.timestamp())] == "missed"


def test_what_ran_before_the_battery_died_is_no_news_and_what_did_not_run_since_is(tick, ledger, outcomes):
    task = python_task("pass", plan={"schedule": "daily", "time": "21:10"})
    evening = datetime(2026, 11, 22, 21, 10, 20, tzinfo=MOSCOW)
    assert tick([task], evening, clock=Moment(evening.timestamp(), 5000, 5000, "b")).results
    for now, since_boot in (
        (datetime(2020, 1, 1, 0, 1, tzinfo=MOSCOW), 60),
        (datetime(2026, 11, 24, 9, 5, tzinfo=MOSCOW), 300),
    ):
        tick([task], now, clock=Moment(now.timestamp(), since_boot, since_boot, "a"))
    assert sorted(ledger.slot_states(task.id, 0).values()) == ["missed", "succeeded"]
