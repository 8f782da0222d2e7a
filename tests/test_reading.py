import subprocess
import sys
import threading

import pytest

from scheduler_runner.reading import ReaderLost, ReadingMark, TooLong, marked_in, within_limit
from scheduler_runner.system.watchdog import Watchdog


def test_answer_and_error_of_what_is_called_come_back():
    assert within_limit(lambda: 5) == 5
    with pytest.raises(ZeroDivisionError):
        within_limit(lambda: 1 / 0)
    with pytest.raises(KeyboardInterrupt):
        within_limit(lambda: (_ for _ in ()).throw(KeyboardInterrupt))


def test_what_does_not_come_back_is_left_to_itself():
    never = threading.Event()
    with pytest.raises(TooLong):
        within_limit(never.wait, seconds=0.05)
    never.set()


def test_watchdog_without_a_log_to_write_to_does_nothing():
    watchdog = Watchdog(None)
    watchdog.arm()
    watchdog.close()


def test_tick_that_hangs_is_ended_and_says_where_it_stood(tmp_path):
    code = (
        "import os, threading; from scheduler_runner.system.watchdog import Watchdog;"
        f"Watchdog(os.open({str(tmp_path / 'log')!r}, os.O_RDWR | os.O_CREAT), seconds=0.2).arm();"
        "threading.Event().wait()"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 1
    assert "Timeout" in (tmp_path / "log").read_text()


@pytest.fixture
def mark(tmp_path):
    return tmp_path / "reading"


def test_a_mark_that_is_closed_names_nothing(mark):
    reading = ReadingMark(str(mark))
    reading.begin("a_config.py")
    assert mark.read_text() == "a_config.py"
    reading.begin("b_config.py")
    reading.close()
    assert mark.read_bytes() == b""
    assert marked_in(str(mark)) == set()


@pytest.mark.slow
def test_what_a_reader_did_not_outlive_is_named_until_another_one_does(mark, monkeypatch, tmp_path):
    (tmp_path / "a_config.py").write_text("SCHEDULE = []")
    for name in ("a_config.py", "b_config.py"):
        ReadingMark(str(mark)).begin(str(tmp_path / name))  # and there the process ends
    reading = ReadingMark(str(mark))
    monkeypatch.setattr("scheduler_runner.reading._outlives", lambda file: False)
    with pytest.raises(ReaderLost):
        reading.begin(str(tmp_path / "b_config.py"))
    reading.begin(str(tmp_path / "c_config.py"))
    reading.close()
    assert marked_in(str(mark)) == {str(tmp_path / "b_config.py")}
    monkeypatch.setattr("scheduler_runner.reading._outlives", lambda file: True)
    reading = ReadingMark(str(mark))
    reading.begin(str(tmp_path / "b_config.py"))
    reading.close()
    assert marked_in(str(mark)) == set()


def test_file_at_which_another_tick_is_just_now_is_no_suspect(mark, monkeypatch):
    other = ReadingMark(str(mark))
    other.begin("a_config.py")
    monkeypatch.setattr("scheduler_runner.reading.time.sleep", lambda seconds: other.begin("b_config.py"))
    assert marked_in(str(mark)) == set()


def test_mark_that_cannot_be_written_keeps_nobody_from_reading(tmp_path):
    reading = ReadingMark(str(tmp_path))  # a folder
    reading.begin("a_config.py")
    reading.close()
