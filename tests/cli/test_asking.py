"""Commands that answer questions, on a point that has lived a little: real ticks, a ledger of a test's own."""

import json
import os
import sys
import time
from contextlib import closing
from datetime import date, datetime, timezone

import pytest

from scheduler_runner import schedule_config
from scheduler_runner.__main__ import main
from scheduler_runner.cli.asking import Here, day_of, span_of
from scheduler_runner.cli.log import following
from scheduler_runner.cli.why import story
from scheduler_runner.errors import UsageError
from scheduler_runner.reasons import Cause, Fate, Reason
from scheduler_runner.records.run_rows import FinishedRun
from scheduler_runner.screens.screen import Screen
from scheduler_runner.system.layout import Layout
from tests.conftest import ZONE


def shown(capsys, *arguments: str, code: int = 0) -> str:
    assert main(arguments) == code, capsys.readouterr()
    return capsys.readouterr().out


def row(text: str, name: str) -> str:
    (found,) = [line for line in text.splitlines() if line.startswith(name)]
    return found


@pytest.mark.slow
def test_list_tells_schedule_next_and_how_the_last_run_ended(lived, capsys):
    text = shown(capsys, "list")
    assert row(text, "Copy").split()[1:4] == ["hourly", "at", f":{lived.minute:02d}"]
    assert "succeeded" in row(text, "Copy")
    assert "failed" in row(text, "Broken")
    assert row(text, "Off").split()[-2:] == ["disabled", "never"]
    assert max(map(len, text.splitlines())) < 80
    told = {each["task"]: each for each in json.loads(shown(capsys, "list", "--json"))}
    assert told["demo_Copy"]["last"]["outcome"] == "succeeded"
    assert told["demo_Copy"]["next"] % 3600 == lived.minute * 60


@pytest.mark.slow
def test_history_shows_runs_and_one_with_its_part_of_the_log(lived, capsys):
    assert [each["task"] for each in json.loads(shown(capsys, "history", "--failed", "--json"))] == ["demo_Broken"]
    (run,) = json.loads(shown(capsys, "history", "Copy", "--json"))
    assert run["run"][-8:] in shown(capsys, "history", "copy")
    text = shown(capsys, "history", run["run"][-8:])
    assert "copied 3 files" in text
    assert "no disk" not in text
    assert "no runs in this time" in shown(capsys, "history", "Off")
    lines = shown(capsys, "history", "--count", "1").splitlines()
    assert [line[-45:] for line in lines if line.startswith("and ")] == [
        "and 1 more: --count 50 shows more, --json all"
    ]
    assert max(map(len, lines)) < 80


@pytest.mark.slow
def test_log_shows_today_and_one_run(lived, capsys):
    assert "no disk" in shown(capsys, "log", "Broken")
    assert "tick finished" in shown(capsys, "log", "runner")  # it began in this PC's zone, and ends in the point's
    (run,) = json.loads(shown(capsys, "history", "Copy", "--json"))
    assert "copied 3 files" in shown(capsys, "log", "Copy", "--run", run["run"])
    assert "nothing is in" in shown(capsys, "log", "Off")


@pytest.mark.slow
def test_why_tells_each_slot_of_a_task_and_only_what_is_unusual_without_one(lived, capsys):
    today = shown(capsys, "why", "Broken", "--date", f"{datetime.now(ZONE):%d.%m.%Y}")
    unusual = shown(capsys, "why")
    for text in (today, unusual):
        assert "Broken: failed at" in text
        assert "exit code 3" in text or "no disk" in text
    assert "Copy" not in unusual
    assert shown(capsys, "why", "Off").startswith("nothing was planned since")


@pytest.mark.slow
def test_pause_and_mute_are_shown_and_the_plan_knows_them(lived, capsys):
    until = time.time() + 90 * 60
    end = datetime.fromtimestamp(until, ZONE)
    shown(capsys, "pause", "Copy", "--until", "90m", "--why", "no disk")
    shown(capsys, "mute", "Broken", "--until", "90m")
    text = shown(capsys, "list")
    assert f"Copy is paused until {end:%H:%M}\n  why: no disk\n" in text
    assert f"Broken is muted until {end:%H:%M}\n" in text
    told = {each["task"]: each for each in json.loads(shown(capsys, "list", "--json"))}
    assert told["demo_Copy"]["next"] >= told["demo_Copy"]["paused_until"] > told["demo_Broken"]["next"]
    planned = shown(capsys, "simulate", "--days", "2")
    assert [line for line in planned.splitlines() if "Copy" in line and "is paused" in line]
    assert not [line for line in planned.splitlines() if "Broken" in line and "is paused" in line]


@pytest.mark.slow
def test_file_of_pauses_that_is_broken_is_told(lived, capsys):
    (lived.logs / "operator" / "brakes.json").write_text("[{]")
    for command in ("list", "simulate"):
        assert "pvz resume all writes it anew" in " ".join(shown(capsys, command).split())


TEN = int(datetime(2026, 11, 26, 10, tzinfo=timezone.utc).timestamp())


def attempt(minute: int, outcome: str, number: int = 1) -> FinishedRun:
    at = TEN + minute * 60
    return FinishedRun(f"r{number}", "demo_Job", TEN, number, at, at + 5, outcome, reason="exit code 3")


@pytest.mark.parametrize(
    ("fate", "cause", "runs", "told"),
    [
        (Fate.RAN, None, [attempt(1, "succeeded")], "ran at 10:01"),
        (Fate.RAN, Cause.FAILED_BEFORE, [attempt(1, "failed"), attempt(6, "succeeded", 2)],
         "ran at 10:06, attempt 2: failed at 10:01: exit code 3"),
        (Fate.FAILED, Cause.FAILED_BEFORE, [attempt(1, "interrupted"), attempt(6, "failed", 2)],
         "failed at 10:06, attempt 2: exit code 3"),
        (Fate.RAN, Cause.OFF, [attempt(40, "failed"), attempt(50, "succeeded", 2)],
         "ran at 10:50, attempt 2, 40 min late: the PC was off from 10:00 to 10:39"),
        (Fate.WAITS, None, [attempt(1, "failed")], "waits for a further attempt: failed at 10:01: exit code 3"),
        (Fate.MISSED, Cause.ASLEEP, [], "did not run: the PC slept, or was shut down with fast startup, from 10:00 to 10:39"),
        (Fate.MISSED, Cause.REFUSED, [], "did not run: ticks came and refused: the configuration was wrong, or others could change the program"),
        (Fate.PAUSED, None, [], "paused"),
    ],
)  # fmt: skip
def test_sentence_on_a_slot_says_what_became_of_it_and_why(fate, cause, runs, told):
    place = Here((), timezone.utc, TEN + 4000.0, 300.0, Layout("logs"))
    span = (TEN + 1.0, TEN + 39 * 60.0) if cause in (Cause.OFF, Cause.ASLEEP) else (0.0, 0.0)
    reason = Reason("demo_Job", TEN, fate, cause, *span, tuple(runs))
    assert Screen(sys.stdout, language="en").words(story(reason, place, {})) == told


def test_simulate_asks_the_ticks_own_functions(lived, capsys):
    text = shown(capsys, "simulate", "Copy", "--off", f"09:{lived.minute:02d}-10:{lived.minute:02d}")
    assert "would be missed: " in text
    assert text.count("runs for") == 23


BAD_INPUT = [
    (["why", "Kopy"], "there is no task Kopy: Copy would be right"),
    (["why", "--date", "32.13"], "32.13 is no date: 24.11 or 24.11.2026 would be right"),
    (["history", "--last", "soon"], "soon is no length of time: 7d, 12h or 30m would be right"),
    (["simulate", "--off", "night"], "--off night: 13:00-15:00 would be right"),
    (["simulate", "--days", "0"], "--days 0: 1 to 31 would be right"),
    (["log", "Copy", "--run", "nothing"], "there is no one run nothing: pvz history shows their names"),
]


def test_bad_input_is_one_sentence(new_point, capsys):
    (new_point.logs / "operator").mkdir(parents=True)
    with closing(new_point.ledger()) as ledger:
        ledger.begin_tick(1.0, 1)
    for arguments, told in BAD_INPUT:
        assert main(arguments) == 2
        assert capsys.readouterr().err == f"error: {told}\n"


@pytest.mark.parametrize("damage", ["none", "nonsense", "folder"])
def test_without_a_sound_ledger_there_is_a_sentence(new_point, capsys, damage):
    folder = new_point.logs / "operator"
    folder.mkdir(parents=True)
    if damage == "nonsense":
        (folder / "ledger.sqlite3").write_bytes(b"nonsense" * 1000)
    elif damage == "folder":
        (folder / "ledger.sqlite3").mkdir()
    before = sorted(os.listdir(folder))
    for command in ("list", "why", "history", "simulate"):
        text = shown(capsys, command)
        assert command == "simulate" or "ledger" in text
    assert sorted(os.listdir(folder)) == before


def test_following_a_log_goes_on_into_the_next_file_and_past_midnight(tmp_path):
    def write(name: str, text: str) -> None:
        with open(tmp_path / name, "ab") as file:  # as a log is written, with a line feed alone
            file.write(text.encode())

    write("2026-11-25.log", "yesterday\n")
    write("2026-11-26.log", "first\nsec")
    steps = iter([
        lambda: write("2026-11-26.log", "ond\n"),
        lambda: (write("2026-11-26.log", "last of it\n"), write("2026-11-26.1.log", "next file\n")),
        lambda: write("2026-11-27.log", "next day\n"),
        lambda: write("2026-11-27_detailed.log", "in detail\n"),
    ])  # fmt: skip
    lines = []

    class Enough(Exception):
        pass

    def wait() -> None:
        step = next(steps, None)
        if step is None:
            raise Enough
        step()

    with pytest.raises(Enough):
        for line in following(str(tmp_path), "2026-11-26", wait):
            lines.append(line)
    assert lines == ["first", "second", "last of it", "next file", "next day"]


def test_days_and_spans_as_people_write_them():
    today = date(2026, 1, 5)
    assert (day_of("31.12", today), day_of("05.01", today)) == (date(2025, 12, 31), today)
    assert day_of("2026-01-04", today) == date(2026, 1, 4)
    assert (span_of("7d"), span_of("12h"), span_of("30m")) == (7 * 86400, 12 * 3600, 1800)
    with pytest.raises(UsageError):
        span_of("-1d")


def test_time_since_the_last_tick_is_explained(lived, capsys):
    ledger = lived.ledger()
    long_ago = time.time() - 5 * 3600
    ledger.file.write(
        lambda connection: connection.execute("UPDATE ticks SET started_at = ?, ended_at = ?", (long_ago, long_ago))
    )
    ledger.file.write(lambda connection: connection.execute("UPDATE tasks SET first_seen = ?", (int(long_ago),)))
    ledger.close()
    assert schedule_config.load_schedule().tasks
    assert "the clock was set" in shown(capsys, "why") or "nothing started the scheduler" in shown(capsys, "why")
