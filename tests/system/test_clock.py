import sys
import time

from scheduler_runner.system.clock import Moment, clock_was_set_by, read_clock


def test_moments_of_one_start_have_its_name_and_go_forward():
    earlier = read_clock()
    time.sleep(0.02)
    later = read_clock()
    assert earlier.boot == later.boot != ""
    assert later.since_boot >= earlier.since_boot >= earlier.awake - 1
    assert abs(clock_was_set_by(earlier, later)) < 5


def test_clock_that_is_set_is_told_from_sleep():
    before = Moment(wall=1000.0, since_boot=50.0, awake=50.0, boot="a")
    slept = Moment(wall=4600.0, since_boot=3650.0, awake=51.0, boot="a")
    assert clock_was_set_by(before, slept) == 0
    assert clock_was_set_by(before, slept._replace(wall=4600.0 + 86400)) == 86400
    assert clock_was_set_by(before, slept._replace(wall=600.0)) == -4000


def test_nothing_is_said_of_a_clock_across_a_restart_or_without_a_name():
    before = Moment(wall=1000.0, since_boot=50.0, awake=50.0, boot="a")
    assert clock_was_set_by(before, before._replace(boot="b")) is None
    assert clock_was_set_by(before, before._replace(since_boot=49.0)) is None
    assert clock_was_set_by(before._replace(boot=""), before._replace(boot="")) is None


def test_name_of_this_run_of_the_system_is_read_once(monkeypatch):
    name = read_clock().boot

    def refuse(*_: object, **__: object) -> None:
        raise OSError("asked again")

    monkeypatch.setattr("winreg.OpenKey" if sys.platform == "win32" else "builtins.open", refuse)
    assert read_clock().boot == name
