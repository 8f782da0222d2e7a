"""mute, pause and resume, on a point that has lived a little; what they do is done by real ticks."""

import os
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from scheduler_runner.__main__ import main
from scheduler_runner.cli.asking import Here
from scheduler_runner.cli.braking import end_of
from scheduler_runner.errors import UsageError
from scheduler_runner.notices.brakes import read_brakes
from scheduler_runner.system.layout import Layout
from tests.cli.test_asking import shown
from tests.conftest import entry, just_now

OTHER = 12345
MOSCOW = ZoneInfo("Europe/Moscow")
THURSDAY = datetime(2026, 11, 26, 12, 0, tzinfo=MOSCOW)
PLACE = Here((), MOSCOW, THURSDAY.timestamp(), 300.0, Layout("logs"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("пн 09:00", "2026-11-30 09:00"),
        ("Mon  9:00", "2026-11-30 09:00"),
        ("чт 13:00", "2026-11-26 13:00"),
        ("чт 11:00", "2026-12-03 11:00"),
        ("18:00", "2026-11-26 18:00"),
        ("11:00", "2026-11-27 11:00"),
        ("01.12 09:00", "2026-12-01 09:00"),
        ("01.12.2026 09:00", "2026-12-01 09:00"),
        ("3d", "2026-11-29 12:00"),
        ("2ч", "2026-11-26 14:00"),
    ],
)
def test_end_is_read_as_people_write_it(text, expected):
    assert f"{datetime.fromtimestamp(end_of(text, PLACE), MOSCOW):%Y-%m-%d %H:%M}" == expected


@pytest.mark.parametrize("text", ["", "tomorrow", "99:00", "15d", "24.11 09:00", "31.02 09:00", "01.11.2026 10:00"])
def test_what_is_no_end_within_two_weeks_is_one_sentence(text):
    with pytest.raises(UsageError, match="is no end|within the next 14 days"):
        end_of(text, PLACE)


def brakes(lived) -> list:
    return [(brake.what, brake.names, brake.why) for brake in read_brakes(str(lived.logs / "operator" / "brakes.json"))]


def test_paused_task_is_not_started_and_resumed_it_is(lived, capsys):
    # A task of which no tick has seen anything yet: at a full hour the other ones are done.
    lived.schedule(entry("Fresh", "pass", **just_now()))
    shown(capsys, "pause", "Fresh", "--until", "3d", "--why", "ремонт")
    assert brakes(lived) == [("pause", ("demo_Fresh",), "ремонт")]
    before = lived.log().count("task due task=demo_Fresh")
    assert lived.run("--user", "operator").returncode == 0
    assert lived.log().count("task due task=demo_Fresh") == before
    ledger = lived.ledger()
    assert "paused" in ledger.slot_states("demo_Fresh", 0).values()
    ledger.close()
    shown(capsys, "resume", "fresh")
    (ended,) = read_brakes(str(lived.logs / "operator" / "brakes.json"))
    assert not ended.holds(ended.until)


def test_muted_task_is_looked_at_and_what_is_known_of_it_is_not_told(lived, capsys):
    shown(capsys, "mute", "Broken", "--until", "пн 09:00")
    assert brakes(lived) == [("mute", ("task demo_Broken",), "")]
    shown(capsys, "resume", "Broken")
    assert brakes(lived) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("mute", "Brokn", "--until", "3d"), "nothing is called Brokn: Broken would be right"),
        (("pause", "Cpy", "--until", "3d"), "there is no task Cpy: Copy would be right"),
        (("resume", "Copy"), "Copy is neither muted nor paused"),
        (("pause", "Copy", "--until", "later"), "later is no end"),
    ],
)
def test_what_is_not_there_is_one_sentence_with_what_would_be_right(lived, capsys, arguments, told):
    assert main(arguments) == 2
    assert told in capsys.readouterr().err


def test_file_that_nobody_can_read_is_told_and_written_anew_by_resuming_all(lived, capsys):
    (lived.logs / "operator" / "brakes.json").write_text("{")
    assert lived.run("--user", "operator").returncode in (1, 3)
    assert "nothing is muted or paused" in lived.log()
    shown(capsys, "resume", "all")
    assert brakes(lived) == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can be two accounts")
def test_administrator_and_account_see_and_change_each_others_pauses(lived, capsys):
    own = lived.logs / "operator"
    shown(capsys, "pause", "Copy", "--until", "3d")  # as administrator: what it leaves is root's
    assert (own / "locks" / "brakes.lock").stat().st_mode & 0o777 == 0o666
    for path in (own / "brakes.json", own / "locks" / "brakes.lock"):
        os.chown(path, OTHER, OTHER)  # as if the account had been the first
    main(["status"])
    assert "paused" in capsys.readouterr().out
    shown(capsys, "pause", "Off", "--until", "3d")
    assert {name for _, names, _ in brakes(lived) for name in names} == {"demo_Copy", "demo_Off"}
    os.chown(own / "brakes.json", OTHER, OTHER)
    shown(capsys, "resume", "Copy")
    assert main(["resume", "Copy"]) == 2
