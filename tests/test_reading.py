import subprocess
import sys
import threading

import pytest

from scheduler_runner.reading import TooLong, within_limit
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
