"""What fails or does nothing, by the levels: what doctor and status say of it, and that it is what notices say."""

import os
from datetime import timezone

import pytest

from scheduler_runner.doctor import checks_work
from scheduler_runner.doctor.checks_work import findings_of
from scheduler_runner.notices.brakes import MUTE, PAUSE, Brake, write_brakes
from scheduler_runner.notices.digest import PointState
from scheduler_runner.notices.phrases import WRONG
from scheduler_runner.notices.safe_book import SafeBook
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.records.run_rows import FinishedRun
from scheduler_runner.run_site import RunSite
from scheduler_runner.russian import date_and_time
from scheduler_runner.screens.rows import ROWS
from scheduler_runner.screens.screen import Screen
from tests.conftest import python_task

SLOT = 1_790_000_000 // 3600 * 3600
HOUR = 3600.0
TASK = python_task("", name="Copy", title="Копирование", advice="проверьте диск O:")


class Point:
    """A user's ledger and folder, and what is found there."""

    def __init__(self, root, logger) -> None:
        self.site = RunSite(str(root), "operator", str(root), zone=timezone.utc)
        os.makedirs(self.site.own.folder, exist_ok=True)
        self.book = SafeBook([TASK], self.site, None, logger)
        self.ledger = Ledger(self.site.own.ledger, book=self.book)

    def ends(self, number: int, outcome: str, **values) -> None:
        slot = SLOT + number * 3600
        self.ledger.claim(run=f"r{number}", task=TASK.id, slot=slot, attempt=1, started_at=slot)
        made = FinishedRun(f"r{number}", TASK.id, slot, 1, slot, slot + 60, outcome, **values)
        self.ledger.finish(made, slot_state=outcome)

    def fails_and_is_tried_again(self, summary: str) -> None:
        self.ledger.claim(run="first", task=TASK.id, slot=SLOT, attempt=1, started_at=SLOT)
        made = FinishedRun("first", TASK.id, SLOT, 1, SLOT, SLOT + 60, "failed", summary=summary)
        self.ledger.finish(made, slot_state=None)

    def found(self, now: float, language: str = "en") -> "list[tuple[str, str, bool]]":
        state = PointState(self.site.logs_dir, [TASK], now)
        screen = Screen(None, language=language)
        return [
            (screen.words(each.what), screen.words(each.cure), each.is_drift)
            for each in findings_of(state, now, timezone.utc)
        ]


@pytest.fixture
def point(tmp_path, logger):
    made = Point(tmp_path / "logs", logger)
    yield made
    made.ledger.close()


def moment(number: float) -> str:
    return date_and_time(SLOT + number * HOUR, timezone.utc)


def test_task_that_fails_is_a_drift_with_its_words_its_advice_and_the_way_to_why(point):
    point.ends(0, "failed", summary="Облако недоступно")
    ((what, cure, is_drift),) = [each for each in point.found(SLOT + HOUR) if "fails" in each[0]]
    assert what.startswith("Копирование fails since ") and what.endswith(": Облако недоступно")
    assert cure.startswith("проверьте диск O:\n") and "why demo_Copy" in cure
    assert is_drift


def test_attempt_that_failed_is_told_while_a_further_one_follows_and_is_no_drift(point):
    point.fails_and_is_tried_again("Облако недоступно")
    ((what, cure, is_drift),) = [each for each in point.found(SLOT + HOUR) if "attempt" in each[0]]
    assert what == f"Копирование: the attempt of {moment(0)} failed, a further one follows: Облако недоступно"
    assert cure.endswith("why shows why")
    assert not is_drift
    assert not [each for each in point.found(SLOT + 30 * HOUR) if "attempt" in each[0]]  # nothing follows any more


def test_task_that_is_put_off_for_ever_does_nothing_and_that_is_a_drift(point):
    for number in range(4):
        point.ends(number, "skipped", summary="Идёт другая копия")
    ((what, _, is_drift),) = [each for each in point.found(SLOT + 5 * HOUR) if "does nothing" in each[0]]
    assert what == f"does nothing since {moment(0)}: Копирование (Идёт другая копия)"
    assert is_drift


def test_what_was_not_looked_at_for_hours_says_so(point):
    point.ends(0, "failed", summary="нет записей")
    ((what, *_),) = [each for each in point.found(SLOT + 20 * HOUR) if "fails" in each[0]]
    assert ", not looked at since " in what


def test_muted_and_paused_are_told_with_their_end_and_are_no_drift(point):
    point.ends(0, "failed", summary="нет записей")
    until = SLOT + 9 * HOUR
    brakes = [
        Brake(MUTE, "Copy", (f"task {TASK.id}",), SLOT, until, "ремонт"),
        Brake(PAUSE, "CleanupLocal", ("demo_Cleanup",), SLOT, until),
    ]
    write_brakes(point.site.own.brakes, brakes)
    told = point.found(SLOT + HOUR)
    assert not any(is_drift for *_, is_drift in told)
    texts = [what for what, *_ in told]
    assert texts[0].startswith(f"muted until {moment(9)}: Копирование fails since ")
    assert f"muted until {moment(9)}: Copy (ремонт)" in texts
    assert f"paused until {moment(9)}: CleanupLocal" in texts
    assert any("resume CleanupLocal" in cure for _, cure, _ in told)


def test_point_on_which_nothing_was_seen_to_work_is_not_known_to_be_well(point):
    unknown = "no task has been seen to do its work yet"
    assert [what for what, *_ in point.found(SLOT)] == [unknown]
    point.ends(0, "succeeded")
    assert point.found(SLOT + HOUR) == []
    point.ledger.file.write(
        lambda connection: connection.execute("DELETE FROM levels")
    )  # as the version before left it
    assert point.found(SLOT + HOUR) == []
    assert [what for what, *_ in point.found(SLOT + 100 * HOUR)] == [unknown]


def test_what_is_no_task_is_told_with_its_reason(point):
    observed = point.ledger.file
    for kind, facts in (("config", {"problems": ["a is wrong"]}), ("undelivered", {"reason": "chat not found"})):
        observed.write(lambda c, kind=kind, facts=facts: point.book.open().observe(c, kind, "", True, SLOT, facts))
    texts = [what for what, _, is_drift in point.found(SLOT + 60, "ru") if is_drift]
    assert texts == [
        f"{WRONG['config']}, с {moment(0)}: a is wrong",
        f"{WRONG['undelivered']}, с {moment(0)}: chat not found",
    ]


def test_each_kind_of_trouble_is_told_as_notices_tell_it():
    assert {kind: ROWS[phrase.template] for kind, phrase in checks_work._WRONG.items()} == WRONG
