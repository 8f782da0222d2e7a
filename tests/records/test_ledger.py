import os
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from scheduler_runner.errors import LedgerUnavailable
from scheduler_runner.records.ledger import COALESCED, MISSED, OPEN, Ledger, TaskState
from scheduler_runner.records.ledger_file import SCHEMA_VERSION, LedgerFile
from scheduler_runner.records.run_rows import FinishedRun
from tests.conftest import fill

SLOT = 1_764_000_000
DAY = 86400


def finished(run: str = "r1", slot: "int | None" = SLOT, attempt: int = 1, **values) -> FinishedRun:
    values = {"outcome": "succeeded", "started_at": SLOT + 1.5, "ended_at": SLOT + 2.5, **values}
    return FinishedRun(run, "demo_Job", slot, attempt, **values)


def claim(ledger: Ledger, run: str = "r1", slot: int = SLOT, attempt: int = 1, **values) -> bool:
    return ledger.claim(run=run, task="demo_Job", slot=slot, attempt=attempt, started_at=SLOT + 1.5, **values)


def test_slot_is_claimed_once_for_ever(ledger):
    assert claim(ledger)
    assert not claim(ledger, "r2")
    ledger.finish(finished(), slot_state="succeeded")
    assert not claim(ledger, "r3")
    assert not claim(ledger, "r4", attempt=2)
    assert ledger.slot_state("demo_Job", SLOT) == "succeeded"


def test_further_attempt_needs_an_open_slot_and_is_unique(ledger):
    assert not claim(ledger, "r0", attempt=2)
    claim(ledger)
    ledger.finish(finished(outcome="failed"), slot_state=OPEN)
    assert claim(ledger, "r2", attempt=2)
    assert not claim(ledger, "r3", attempt=2)
    assert [attempt.outcome for attempt in ledger.attempts("demo_Job", SLOT)] == ["failed", None]


def test_slot_that_was_missed_under_a_clock_that_was_ahead_is_claimed_once(ledger):
    ledger.decide("demo_Job", TaskState("hourly", SLOT - 9000, SLOT + 9000), [SLOT], SLOT + 9000)
    assert not claim(ledger, "r0", attempt=2)
    assert claim(ledger)
    assert not claim(ledger, "r2")
    assert list(ledger.open_slots()["demo_Job"]) == [SLOT]


def test_coalesced_and_missed_slots_are_on_record(ledger):
    ledger.decide("demo_Job", TaskState("hourly", SLOT - 9000, SLOT - 3601), [SLOT - 7200], SLOT)
    claim(ledger, coalesced=[SLOT - 3600])
    assert ledger.slot_state("demo_Job", SLOT - 7200) == MISSED
    assert ledger.slot_state("demo_Job", SLOT - 3600) == COALESCED
    assert ledger.task_states()["demo_Job"] == TaskState("hourly", SLOT - 9000, SLOT)
    assert list(ledger.open_slots()["demo_Job"]) == [SLOT]


def test_run_by_hand_belongs_to_no_slot(ledger):
    ledger.start_by_hand(run="r1", task="demo_Job", started_at=SLOT)
    assert [run.run for run in ledger.open_runs()] == ["r1"]
    ledger.finish(finished(slot=None), slot_state=None)
    assert ledger.open_runs() == []
    assert ledger.open_slots() == {}


def test_records_come_back_after_the_file_was_closed(ledger):
    claim(ledger)
    run = finished(exit_code=3, cpu_seconds=0.5, peak_memory_bytes=7, summary="готово", metrics='{"a": 1}', reason="x")
    ledger.finish(run, slot_state="failed")
    ledger.close()
    assert ledger.last_runs("demo_Job", 5) == [run]


def test_twenty_claims_at_once_have_one_winner(ledger, site):
    won = []

    def try_it(number: int) -> None:
        own = Ledger(site.own.ledger)
        if claim(own, f"r{number}"):
            won.append(number)
        own.close()

    threads = [threading.Thread(target=try_it, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_outcome_survives_a_ledger_made_anew_meanwhile(ledger):
    ledger.finish(finished(), slot_state="succeeded")
    assert ledger.slot_state("demo_Job", SLOT) == "succeeded"


@pytest.mark.parametrize("damage", ["text", "header", "middle"])
def test_damaged_ledger_is_set_aside_and_begun_anew(ledger, site, damage):
    for number in range(300):
        claim(ledger, f"r{number}", SLOT + number)
    ledger.close()
    size = os.path.getsize(site.own.ledger)
    with open(site.own.ledger, "r+b") as file:
        if damage == "text":
            file.write(b"this is no database at all" * 10)
        elif damage == "header":
            file.write(b"\0" * 100)
        else:
            file.seek(4096)
            file.write(os.urandom(size - 4096))
    assert claim(ledger, "new", SLOT + 9999)
    assert ledger.remade_at() >= time.time() - 60
    (incident,) = ledger.incidents
    (kept,) = [name for name in os.listdir(site.own.folder) if "damaged" in name and name.endswith(".sqlite3")]
    assert kept in incident
    assert os.path.getsize(os.path.join(site.own.folder, kept)) == size


def test_ledger_that_another_process_set_aside_is_opened_anew(ledger, site):
    claim(ledger)
    other = Ledger(site.own.ledger)
    if os.name == "nt":
        ledger.close()  # Windows renames no open file
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(site.own.ledger + suffix):
            os.rename(site.own.ledger + suffix, site.own.ledger + ".aside" + suffix)
    assert claim(other, "r2")
    other.close()
    assert [run.run for run in ledger.open_runs()] == ["r2"]


def test_a_new_ledger_has_the_version_that_needs_no_look_at_the_schema(ledger, site):
    claim(ledger)
    ledger.close()
    with closing(sqlite3.connect(site.own.ledger)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION


def test_ledger_of_a_newer_version_is_left_alone(ledger, site):
    claim(ledger)
    ledger.close()
    with sqlite3.connect(site.own.ledger) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LedgerUnavailable, match="newer version of this program"):
        claim(ledger, "r2", SLOT + 60)
    assert [name for name in os.listdir(site.own.folder) if "damaged" in name] == []


def test_folder_in_the_ledgers_place_is_not_writable_now(ledger, site):
    os.makedirs(site.own.ledger)
    with pytest.raises(LedgerUnavailable, match="cannot be used now"):
        claim(ledger)


def test_busy_ledger_is_not_writable_now(site, ledger):
    claim(ledger)
    ledger = Ledger(site.own.ledger, busy_seconds=0.2)
    holder = sqlite3.connect(site.own.ledger, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerUnavailable, match="locked"):
        claim(ledger, "r2", SLOT + 60)
    holder.execute("ROLLBACK")
    holder.close()
    assert claim(ledger, "r2", SLOT + 60)
    ledger.close()


def test_full_disk_is_not_writable_now_and_no_damage(small_disk):
    ledger = Ledger(str(small_disk / "ledger.sqlite3"))
    claim(ledger)
    fill(small_disk)
    with pytest.raises(LedgerUnavailable):
        for number in range(500):
            claim(ledger, f"r{number}x", SLOT + 60 * number)
    (small_disk / "filler").unlink()
    assert claim(ledger, "after", SLOT - 60)
    assert ledger.incidents == []
    ledger.close()


def test_read_only_ledger_makes_and_changes_nothing(site, ledger):
    looking = Ledger(site.own.ledger, is_read_only=True)
    with pytest.raises(LedgerUnavailable, match="no ledger"):
        looking.task_states()
    assert not os.path.exists(site.own.ledger)
    claim(ledger)
    assert [run.run for run in looking.open_runs()] == ["r1"]
    with pytest.raises(LedgerUnavailable):
        claim(looking, "r2", SLOT + 60)
    looking.close()


def test_old_records_go_but_a_clock_far_ahead_empties_nothing(ledger):
    def tick(day: int) -> None:
        ledger.note_idle_tick(SLOT + day * DAY, SLOT + day * DAY + 1, 1, 0)
        ledger.finish(finished(f"r{day}", SLOT + day * DAY, started_at=SLOT + day * DAY), slot_state="succeeded")

    for day in range(10):
        tick(day)
    ledger.prune(SLOT + 10_000 * DAY, kept_dates=5)
    assert [ledger.slot_state("demo_Job", SLOT + day * DAY) is not None for day in range(10)] == [False] * 5 + [
        True
    ] * 5
    ledger.prune(SLOT + 10 * DAY, kept_dates=8)
    assert ledger.slot_state("demo_Job", SLOT + 5 * DAY) is not None


def test_open_runs_and_slots_are_never_pruned(ledger):
    claim(ledger)
    for day in range(1, 9):
        ledger.note_idle_tick(SLOT + day * DAY, SLOT + day * DAY, 1, 0)
    ledger.prune(SLOT + 100 * DAY, kept_dates=3)
    assert list(ledger.open_slots()["demo_Job"]) == [SLOT]
    assert len(ledger.open_runs()) == 1


def test_value_is_remembered_once(ledger):
    assert [ledger.remember_once("clock", value) for value in ("a", "a", "b")] == [True, False, True]


@pytest.mark.slow
def test_ledger_that_stays_busy_is_waited_for_once(tmp_path):
    path = tmp_path / "ledger.sqlite3"
    ledger = Ledger(str(path), busy_seconds=1.0)
    ledger.task_states()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waits = []
    for _ in range(3):
        started = time.monotonic()
        with pytest.raises(LedgerUnavailable):
            ledger.begin_tick(1.0, 1)
        waits.append(time.monotonic() - started)
    assert waits[0] > 0.9
    assert min(waits[1:]) < waits[0] / 2
    other.execute("ROLLBACK")
    assert ledger.begin_tick(1.0, 1)
    other.close()
    ledger.close()


def test_half_a_letter_is_put_on_record_as_well_as_can_be(ledger):
    ledger.start_by_hand(run="r", task="demo_Job", started_at=1.0)
    ledger.finish(FinishedRun("r", "demo_Job", None, 1, 1.0, 2.0, "succeeded", summary="a\ud83d"), slot_state=None)
    assert ledger.last_runs("demo_Job", 1)[0].summary == "a?"


def test_patience_comes_back_a_minute_after_a_wait_in_vain(tmp_path):
    """A run of two hours may have begun on a ledger that was busy: its outcome is worth the full wait."""
    now = [0.0]
    file = LedgerFile(str(tmp_path / "ledger.sqlite3"), busy_seconds=0.3, clock=lambda: now[0])

    def patience() -> int:
        return file.read(lambda connection: connection.execute("PRAGMA busy_timeout").fetchone()[0])

    assert patience() == 300
    holder = sqlite3.connect(file.path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerUnavailable):
        file.write(lambda connection: None)
    assert patience() == 200
    now[0] = 61.0
    assert patience() == 300
    holder.close()
    file.close()


def test_damage_on_a_full_disk_is_not_writable_now_and_remembered_once_there_is_room(small_disk):
    path = small_disk / "ledger.sqlite3"
    ledger = Ledger(str(path))
    claim(ledger)
    ledger.close()
    path.write_bytes(b"no database" * 1000)
    fill(small_disk)
    with pytest.raises(LedgerUnavailable):
        claim(ledger, "r2")
    os.remove(small_disk / "filler")
    assert claim(ledger, "r2")
    assert ledger.remade_at() >= time.time() - 60
    ledger.close()


@pytest.mark.parametrize(
    "definition",
    [
        "DROP TABLE runs; CREATE VIEW runs AS SELECT 'x' AS task",
        "DROP TABLE runs; CREATE TABLE runs (run TEXT, summary TEXT AS (hex(zeroblob(1000000))))",
    ],
)
def test_ledger_with_something_else_in_the_place_of_our_tables_is_not_read(tmp_path, definition):
    path = str(tmp_path / "ledger.sqlite3")
    ledger = Ledger(path)
    ledger.begin_tick(0.0, 1)
    ledger.close()
    with closing(Ledger(path, is_read_only=True)) as looking:
        looking.open_runs()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(definition)
    with (
        closing(Ledger(path, is_read_only=True)) as looking,
        pytest.raises(LedgerUnavailable, match="none of this pro"),
    ):
        looking.open_runs()


def as_schema_3(ledger: Ledger) -> None:
    """Make a ledger one of the version before levels."""

    def write(connection) -> None:
        for table in ("levels", "doings", "findings", "late", "undelivered"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("PRAGMA user_version = 3")

    ledger.file.write(write)
    ledger.close()


def test_ledger_is_kept_as_it_was_before_its_schema_changes(ledger, site):
    claim(ledger)
    as_schema_3(ledger)
    assert [run.run for run in ledger.open_runs()] == ["r1"]
    kept = Path(site.own.folder, "ledger.before-3.sqlite3")
    with closing(sqlite3.connect(kept)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (3,)
        assert connection.execute("SELECT run FROM runs").fetchall() == [("r1",)]
    assert {path.name for path in kept.parent.iterdir() if "before" in path.name} == {kept.name}


def test_new_ledger_keeps_nothing_aside(ledger, site):
    claim(ledger)
    assert not [name for name in os.listdir(site.own.folder) if "before" in name]


def test_ledger_that_cannot_be_kept_is_left_as_it_is(ledger, site):
    claim(ledger)
    as_schema_3(ledger)
    os.mkdir(os.path.join(site.own.folder, "ledger.before-3.sqlite3"))
    with pytest.raises(LedgerUnavailable, match="cannot be kept as"):
        ledger.open_runs()
    with closing(sqlite3.connect(site.own.ledger)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (3,)


def test_what_a_run_found_stays_beside_it_and_goes_with_it(ledger):
    claim(ledger)
    ledger.finish(finished(findings='{"waits": "copying"}'), slot_state="skipped")

    def found(connection):
        return connection.execute("SELECT run, findings FROM findings").fetchall()

    assert ledger.file.read(found) == [("r1", '{"waits": "copying"}')]
    for day in range(3):
        ledger.note_idle_tick(SLOT + (10 + day) * 86400, SLOT, 1, 0)
    ledger.prune(SLOT + 40 * 86400, kept_dates=2)
    assert ledger.file.read(found) == []
