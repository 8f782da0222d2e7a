import os
import subprocess
import sys
import threading
import time

import pytest

from scheduler_runner.run_site import StopSwitch
from scheduler_runner.system.locks import try_lock
from scheduler_runner.utils.subprocess import run_subprocess


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_answer_is_whether_the_program_did_what_it_is_for(logger):
    assert run_subprocess(python("pass"), [], {}, logger) is True
    assert run_subprocess(python("raise SystemExit(3)"), [], {}, logger) is False
    assert run_subprocess(python("raise SystemExit(3)"), [], {}, logger, ok_codes={3}) is True
    assert run_subprocess(python("raise SystemExit(3)"), [], {}, logger, warn_codes={3}) is True
    assert run_subprocess(python("raise SystemExit(75)"), [], {}, logger) is False
    assert run_subprocess(["no-such-program"], [], {}, logger) is False


def test_file_module_and_command_can_be_run(logger, tmp_path, read_log):
    script = tmp_path / "скрипт один.py"
    script.write_text("import sys; print('script', sys.argv[1:])", "utf-8")
    assert run_subprocess(str(script), ["a b", 5], {}, logger)
    assert run_subprocess("json.tool", ["--help"], {}, logger)
    assert run_subprocess(python("import sys; print('command', sys.argv[1:])"), ["x"], {}, logger)
    text = read_log()
    assert "script ['a b', '5']" in text
    assert "json.tool" in text
    assert "command ['x']" in text


def test_environment_is_clean_and_values_stay_out_of_the_log(logger, read_log, monkeypatch):
    monkeypatch.setenv("BOT_TOKEN", "swordfish-1")
    monkeypatch.setenv("OTHER_SECRET", "swordfish-2")
    monkeypatch.setenv("PLAIN", "plain-value")
    code = "import os; print(sorted(n for n in os.environ if n in ('BOT_TOKEN', 'OTHER_SECRET', 'MINE', 'PLAIN')))"
    run_subprocess(python(code), [], {"MINE": "value-of-mine", "PLAIN": None}, logger, secrets=["BOT_TOKEN"])
    text = read_log()
    assert "['BOT_TOKEN', 'MINE']" in text
    assert "env_added=MINE" in text
    assert "OTHER_SECRET" in text.partition("env_removed=")[2].partition("\n")[0]
    assert "swordfish" not in text
    assert "value-of-mine" not in text


def test_secret_is_masked_whoever_prints_it(logger, read_log, monkeypatch):
    monkeypatch.setenv("BOT_TOKEN", "swordfish-1")
    run_subprocess(python("import os; print(os.environ['BOT_TOKEN'])"), [], {}, logger, secrets=["BOT_TOKEN"])
    run_subprocess(python("print('own-secret')"), [], {"MY_PASSWORD": "own-secret"}, logger)
    run_subprocess(python("print('1234567890:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw')"), [], {}, logger)
    assert "swordfish" not in read_log()
    assert "own-secret" not in read_log()
    assert "AAHdqTcvCH" not in read_log()


def test_start_and_end_are_told_with_their_facts(logger, read_log, tmp_path):
    run_subprocess(python("raise SystemExit(2)"), [], {}, logger, timeout=33, working_dir=str(tmp_path))
    start, end = read_log().splitlines()
    assert " INFO     task started run=" in start
    assert f"folder={tmp_path} timeout=33s" in start
    run = start.partition("run=")[2].split()[0]
    assert f" ERROR    task finished run={run} outcome=failed exit_code=2 seconds=" in end
    assert end.endswith("reason=exit code 2")


def test_busy_lock_starts_nothing_and_a_free_one_is_freed_again(logger, read_log, tmp_path):
    path = str(tmp_path / "locks" / "job.lock")
    os.makedirs(os.path.dirname(path))
    with try_lock(path):
        assert run_subprocess(python("print('ran')"), [], {}, logger, lock_path=path) is False
    assert "already running" in read_log()
    assert "ran\n" not in read_log()
    assert run_subprocess(python("print('ran')"), [], {}, logger, lock_path=path) is True
    assert try_lock(path) is not None


def test_lock_that_cannot_be_made_does_not_stop_the_program(logger, read_log, tmp_path):
    (tmp_path / "file").write_text("")
    assert run_subprocess(python("print('ran')"), [], {}, logger, lock_path=str(tmp_path / "file" / "x.lock"))
    assert "the lock is not as it should be: cannot lock" in read_log()


def test_missing_folder_is_told_and_raises_nothing(logger, read_log, tmp_path):
    assert not run_subprocess(python("pass"), [], {}, logger, working_dir=str(tmp_path / "none"))
    assert "outcome=not_started" in read_log()


def test_timeout_is_a_failure(logger, read_log):
    started = time.monotonic()
    assert not run_subprocess(python("import time; time.sleep(60)"), [], {}, logger, timeout=1)
    assert time.monotonic() - started < 30
    assert "outcome=timed_out" in read_log()


def test_stop_is_an_interruption(logger, read_log):
    stop = StopSwitch()
    threading.Timer(0.5, stop.throw).start()
    assert not run_subprocess(python("import time; time.sleep(60)"), [], {}, logger, stop=stop)
    assert "outcome=interrupted" in read_log()


@pytest.mark.skipif(sys.platform != "win32", reason="windows belong to Windows")
def test_child_has_no_console_window(logger, read_log):
    run_subprocess(python("import ctypes; print(ctypes.windll.kernel32.GetConsoleWindow())"), [], {}, logger)
    assert "INFO     0" in read_log()


@pytest.mark.skipif(sys.platform == "win32", reason="a signal of POSIX")
def test_process_that_ignores_its_children_gets_an_answer_at_once():
    code = (
        "import logging, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "from scheduler_runner.utils.subprocess import run_subprocess\n"
        "print(run_subprocess([sys.executable, '-c', 'pass'], [], {}, logging.getLogger()))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout == "False\n"
    assert "Traceback" not in run.stderr
    assert "its exit code is not known" in run.stderr


@pytest.mark.parametrize(
    "given",
    [
        {"timeout": None},
        {"timeout": 0},
        {"timeout": -1},
        {"timeout": float("nan")},
        {"timeout": "60"},
        {"args": 5},
        {"args": "abc"},
        {"env": "A=1"},
        {"env": {"A=B": "1"}},
        {"env": {"A": "x\0"}},
        {"script_name": None},
        {"script_name": ""},
        {"script_name": []},
        {"script_name": ["x\0y"]},
        {"working_dir": 7},
        {"secrets": 5},
    ],
    ids=repr,
)
def test_whatever_is_given_the_answer_is_false_and_one_sentence_is_in_the_log(logger, read_log, given):
    assert run_subprocess(**{"script_name": python("pass"), "args": [], "env": {}, "logger": logger, **given}) is False
    assert " ERROR " in read_log()


@pytest.mark.parametrize(
    "given", [{"timeout": float("inf")}, {"timeout": 1e10}, {"args": None}, {"env": None}, {"ok_codes": [0]}]
)
def test_what_has_a_meaning_is_taken(logger, given):
    assert run_subprocess(**{"script_name": python("pass"), "args": [], "env": {}, "logger": logger, **given}) is True


def test_every_value_of_the_environment_becomes_a_text(logger, read_log):
    code = "import os; print([os.environ[n] for n in ('NUM', 'PIN_TOKEN', '5')])"
    assert run_subprocess(python(code), [], {"NUM": 5, "PIN_TOKEN": True, 5: 1.5}, logger)
    assert "['5', 'True', '1.5']" in read_log()


def test_run_within_a_run_is_found_by_the_mark_of_both(logger, read_log, monkeypatch):
    monkeypatch.setenv("SCHEDULER_RUN_ID", "outer")
    run_subprocess(python("import os; print(os.environ['SCHEDULER_RUN_ID'])"), [], {}, logger)
    assert " INFO     outer+" in read_log()
