"""What a tick puts into the outbox beside its runs, on a real ledger."""

import logging
import os
from datetime import datetime, timedelta

import pytest

from config.hours import Hours, read_other_days, read_week
from scheduler_runner.notices.brakes import MUTE, PAUSE, Brake
from scheduler_runner.notices.channel_settings import ChannelSettings
from scheduler_runner.notices.levels import Level
from scheduler_runner.notices.outbox import Outbox
from scheduler_runner.notices.safe_book import SafeBook
from scheduler_runner.notices.settings import NoticeSettings
from scheduler_runner.notices.teller import Teller
from scheduler_runner.outcome import Outcome, RunResult
from scheduler_runner.phrases import Phrase, joined
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.records.levels import read_levels
from scheduler_runner.run_site import RunSite
from scheduler_runner.runs import attempt as attempt_module
from scheduler_runner.system.locks import try_lock
from scheduler_runner.tick import Tick
from scheduler_runner.utils.logging import configure_logger
from tests.conftest import python_task
from tests.test_tick import MOSCOW, outcomes  # noqa: F401 - a fixture

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=MOSCOW)
ON = NoticeSettings(((ChannelSettings("telegram", "1:x", ("1",)),),))


@pytest.fixture
def tick(tmp_path, ledger):
    """Return a function that carries out one tick, as by hand: nothing is sent."""

    def carry_out(tasks, now: datetime, *, is_scheduled: bool = False, **values) -> Tick:
        site = RunSite(str(tmp_path / "logs"), "operator", str(tmp_path), zone=MOSCOW, clock=now.timestamp)
        logger = configure_logger("operator", logs_dir=site.logs_dir)
        book = SafeBook(tasks, site, ON, logger, **values)
        told = Ledger(site.own.ledger, book=book)
        teller = Teller(ON, site, told, book, logger, is_scheduled=is_scheduled)
        one = Tick(
            tasks, site, told, logger,
            lambda task: configure_logger("operator", task.id, logs_dir=site.logs_dir), teller,
        )  # fmt: skip
        teller.tick_begun()
        one.run_due()
        teller.tick_ended(one.end(0), [])
        told.close()
        return one

    return carry_out


def waiting(ledger) -> "list[tuple[str, str]]":
    return [(notice.kind.value, notice.task) for notice in Outbox(ledger.file).notices_after(0)]


def test_interrupted_and_not_made_good_is_told_and_made_good_is_not(tick, ledger, outcomes):  # noqa: F811
    outcomes.extend([Outcome.INTERRUPTED, Outcome.SUCCEEDED, Outcome.INTERRUPTED, Outcome.INTERRUPTED])
    task = python_task("")
    for minutes in (0, 5, 60, 65):
        tick([task], NOW + timedelta(minutes=minutes))
    assert waiting(ledger) == [("interrupted", "demo_Job")]


def test_failure_whose_further_attempt_never_came_is_told_when_its_time_is_over(tick, ledger, outcomes):  # noqa: F811
    outcomes.append(Outcome.FAILED)
    task = python_task(
        "", retries=3, retry_delay_seconds=300, plan={"schedule": "daily", "time": "09:00", "misfire_grace_time": 600}
    )
    tick([task], NOW)
    assert waiting(ledger) == []
    tick([task], NOW + timedelta(hours=2))
    assert waiting(ledger) == [("failing", "demo_Job")]


def test_clock_that_jumped_is_told_once_each_way(tick, ledger, outcomes):  # noqa: F811
    task = python_task("", plan={"schedule": "hourly", "between": ["08:00", "22:00"]})
    for days in (0, 9, 9, 0, 0):
        tick([task], NOW + timedelta(days=days))
    assert waiting(ledger) == [("clock_ahead", ""), ("clock_back", "")]


def test_clock_that_jumped_while_nothing_could_be_noted_is_told_by_the_next_tick(tick, ledger, outcomes):  # noqa: F811
    task = python_task("")
    tick([task], NOW + timedelta(days=9))
    ledger.file.write(lambda connection: connection.execute("ALTER TABLE outbox RENAME TO elsewhere"))
    assert tick([task], NOW).unrecorded
    ledger.file.write(lambda connection: connection.execute("ALTER TABLE elsewhere RENAME TO outbox"))
    tick([task], NOW + timedelta(minutes=5))
    assert waiting(ledger) == [("clock_back", "")]


HOLIDAYS = Hours(read_week("09:00-21:00"), read_other_days("01.01-09.01"))


@pytest.mark.parametrize(("days", "told"), [(11, []), (17, [("clock_ahead", "")])])
def test_week_without_ticks_that_the_holidays_explain_is_no_news(tick, ledger, outcomes, days, told):  # noqa: F811
    task = python_task("")
    for moment in (datetime(2026, 12, 31, 20, 0, tzinfo=MOSCOW), datetime(2026, 12, 31, 9, 0, tzinfo=MOSCOW)):
        tick([task], moment, hours=lambda: HOLIDAYS)
    tick([task], datetime(2026, 12, 31, 10, 0, tzinfo=MOSCOW) + timedelta(days=days), hours=lambda: HOLIDAYS)
    assert waiting(ledger) == told


@pytest.fixture
def nothing_is_sent(monkeypatch):
    monkeypatch.setattr(Teller, "_start_sender", lambda self, notices=(): None)


@pytest.mark.slow
@pytest.mark.parametrize("what", [MUTE, PAUSE])
def test_last_day_of_a_mute_or_pause_is_told_once_each_time_it_is_set(tick, ledger, outcomes, nothing_is_sent, what):  # noqa: F811
    def last_days(*hours: int, until: datetime) -> "list[tuple[str, str]]":
        names = ("task demo_Job",) if what == MUTE else ("demo_Job",)
        brake = Brake(what, "Отчёт", names, NOW.timestamp(), until.timestamp(), "ремонт")
        for hour in hours:
            tick([python_task("")], NOW + timedelta(hours=hour), is_scheduled=True, brakes=(brake,))
        found = [notice for notice in Outbox(ledger.file).notices_after(0) if notice.kind.value == "brake_ends"]
        return [(notice.facts["asked"], datetime.fromtimestamp(notice.facts["until"], MOSCOW)) for notice in found]

    end, later = NOW + timedelta(days=3), NOW + timedelta(days=6)
    assert last_days(0, 30, 47, until=end) == []
    assert last_days(49, 50, 71, 73, until=end) == [("Отчёт", end)]
    assert last_days(74, 140, until=later) == [("Отчёт", end), ("Отчёт", later)]


def test_what_was_meant_for_a_day_has_no_last_day(tick, ledger, outcomes, nothing_is_sent):  # noqa: F811
    brake = Brake(MUTE, "Отчёт", ("task demo_Job",), NOW.timestamp(), NOW.timestamp() + 86400)
    for hour in (0, 12, 23):
        tick([python_task("")], NOW + timedelta(hours=hour), is_scheduled=True, brakes=(brake,))
    assert waiting(ledger) == []


def test_missed_daily_slot_is_told(tick, ledger, outcomes):  # noqa: F811
    task = python_task("", plan={"schedule": "daily", "time": "09:10"})
    for minutes in (0, 30, 35):
        tick([task], NOW + timedelta(minutes=minutes))
    assert waiting(ledger) == [("missed", "demo_Job")]


def test_hours_missed_while_the_pc_was_off_are_no_news(tick, ledger, outcomes):  # noqa: F811
    task = python_task("")
    tick([task], NOW)
    tick([task], NOW + timedelta(hours=11))
    assert waiting(ledger) == []


def test_hours_that_pass_under_a_lock_that_nobody_frees_are_told_after_three(tick, site, ledger, outcomes):  # noqa: F811
    task = python_task("")
    ledger.claim(
        run="long", task=task.id, slot=int(NOW.timestamp()) - 3600, attempt=1, started_at=NOW.timestamp() - 3600
    )
    os.makedirs(os.path.dirname(site.own.task_lock(task.id)), exist_ok=True)
    with try_lock(site.own.task_lock(task.id)):
        for minutes in range(0, 5 * 60, 30):
            tick([task], NOW + timedelta(minutes=minutes))
    assert waiting(ledger) == [("idle", "demo_Job")]


def test_defect_of_the_runner_is_told_once_and_reminded_of_while_it_lasts(tick, ledger, monkeypatch):
    monkeypatch.setattr(attempt_module, "begin_attempt", lambda task, **values: 1 / 0)
    for minutes in (0, 5, 10):
        tick([python_task("")], NOW + timedelta(minutes=minutes))
    assert waiting(ledger) == [("defect", "")]
    tick([python_task("")], NOW + timedelta(days=1))
    assert waiting(ledger) == [("defect", ""), ("reminder", "")]


def test_failure_past_the_ledger_is_told_by_title_and_with_what_the_script_said(site):
    book = SafeBook([python_task("", title="Проверка камер")], site, ON, logging.getLogger("test"))
    result = RunResult("demo_Job", "r", None, 1, Outcome.FAILED, NOW, NOW, summary="Нет записей: склад")
    assert book.said_of(result) == "Проверка камер: Нет записей: склад"
    assert book.said_of(result._replace(task_id="demo_Gone", summary="")) == "demo_Gone"


def test_what_a_tick_observes_is_noted_in_russian(site, ledger, logger):
    book = SafeBook([], site, ON, logger)
    found = [Phrase("package {name} is missing", name=name) for name in ("psutil", "rich")]
    teller = Teller(ON, site, ledger, book, logger, is_scheduled=False)
    teller.observe("packages", "", True, {"reason": joined("{first}; {rest}", found)})
    assert [Level.of(row).facts["reason"] for row in ledger.file.read(read_levels)] == [
        "нет пакета psutil; нет пакета rich"
    ]


def test_package_that_is_missing_is_no_defect_of_the_program(tick, ledger, monkeypatch, read_log):
    def lacking(*arguments, **values):
        raise ModuleNotFoundError("No module named 'psutil'", name="psutil")

    monkeypatch.setattr(attempt_module, "begin_attempt", lacking)
    tick([python_task("")], NOW)
    assert waiting(ledger) == [("packages", "")]
    assert "task cannot run, a package is missing" in read_log("runner") and "Traceback" not in read_log("runner")
