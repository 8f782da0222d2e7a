import subprocess
import sys
import threading

import pytest

from scheduler_runner.reading import ReadingMark, TooLong, each_within_limit, marked_in, within_limit
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


def test_each_has_a_limit_of_its_own_and_what_hangs_is_named():
    never, begun = threading.Event(), []

    def work(name):
        begun.append(name)
        if name.startswith("hangs"):
            never.wait()
        return name.upper()

    names = ["a", "hangs_1", "b", "hangs_2", "c"]
    answers = dict(each_within_limit(work, names, seconds=0.2))
    assert begun == names  # one after another, each once
    assert {name: answers[name] for name in "abc"} == {"a": "A", "b": "B", "c": "C"}
    assert all(isinstance(answers[name], TooLong) for name in ("hangs_1", "hangs_2"))
    never.set()


def test_many_that_take_longer_together_than_one_may_are_all_done():
    pause = threading.Event()
    answers = dict(each_within_limit(lambda _: pause.wait(0.05), range(12), seconds=0.5))
    assert set(answers.values()) == {False}


def test_what_follows_from_an_answer_comes_after_all_there_is_and_has_a_limit_of_its_own():
    never, begun = threading.Event(), []

    def work(path):
        begun.append(path)
        if path.endswith("hangs"):
            never.wait()
        return path

    def below(path, answer):
        return [f"{answer}/{name}" for name in ("x", "hangs")] if "/" not in path else ()

    found = dict(each_within_limit(work, ["a", "b"], seconds=0.2, following=below))
    assert begun == ["a", "b", "a/x", "a/hangs", "b/x", "b/hangs"]
    assert [path for path, answer in found.items() if isinstance(answer, TooLong)] == ["a/hangs", "b/hangs"]
    never.set()


def test_what_came_back_late_goes_on_with_nothing_else():
    late, come_back = threading.Event(), threading.Event()
    begun = []

    def work(name):
        begun.append(name)
        if name == "late":
            come_back.wait()
            late.set()

    def following(name, _):
        return [] if "after" in name else [f"after {name}"]

    found = [name for name, _ in each_within_limit(work, ["late", "next"], seconds=0.1, following=following)]
    assert found == ["late", "next", "after next"]
    come_back.set()
    late.wait()
    assert within_limit(lambda: "the next thread", seconds=20) == "the next thread"
    assert begun == ["late", "next", "after next"]


def test_an_error_ends_the_rest_and_leaves_the_thread_of_use():
    begun = []

    def work(number):
        begun.append(number)
        return 1 / number

    with pytest.raises(ZeroDivisionError):
        list(each_within_limit(work, [1, 0, 2]))
    assert begun == [1, 0]
    assert within_limit(threading.get_ident) == within_limit(threading.get_ident)


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
    names = [str(tmp_path / f"{name}_config.py") for name in "bc"]
    assert reading.lost_among(names) == {names[0]}
    reading.begin(names[1])
    reading.close()
    assert marked_in(str(mark)) == {str(tmp_path / "b_config.py")}
    monkeypatch.setattr("scheduler_runner.reading._outlives", lambda file: True)
    reading = ReadingMark(str(mark))
    assert reading.lost_among(names) == set()
    reading.begin(names[0])
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
