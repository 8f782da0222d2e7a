import argparse
import json
import logging
import os
import subprocess
import sys

import pytest

from scheduler_runner.errors import ConfigError
from scheduler_runner.runs.result_file import Subject
from scheduler_runner.tasks.common.script import Report, run_script

LOGGER = logging.getLogger("scheduler_runner.tests")


@pytest.fixture
def script(tmp_path, monkeypatch):
    """Return a function that runs some work as a script under the runner; it returns code and result."""
    path = tmp_path / "result.json"
    monkeypatch.setenv("SCHEDULER_RESULT_FILE", str(path))

    def run(work, *arguments: str) -> "tuple[int, dict]":
        code = run_script(work, argparse.ArgumentParser(), arguments)
        return code, json.loads(path.read_text("utf-8"))

    return run


def test_report_becomes_exit_code_and_result(script):
    code, result = script(lambda arguments: Report(10, "готово", {"files": 3}))
    assert code == 10
    assert result == {"summary": "готово", "metrics": {"files": 3}, "exit_code": 10}


def test_report_tells_what_was_looked_at_why_it_waits_and_what_is_the_cause(script):
    subjects = {"unv_001": Subject("works"), "unv_002": Subject("fails", "нет записей с 14:00")}
    _, result = script(
        lambda arguments: Report(1, "", subjects=subjects, cause="root_away", cause_text="Облако пропало")
    )
    assert result["subjects"] == {
        "unv_001": {"state": "works", "text": ""},
        "unv_002": {"state": "fails", "text": "нет записей с 14:00"},
    }
    assert (result["cause"], result["cause_text"]) == ("root_away", "Облако пропало")
    assert script(lambda arguments: Report(75, "", waits="copying"))[1]["waits"] == "copying"


@pytest.mark.parametrize(
    ("code", "values"), [(75, {"waits": "asleep"}), (1, {"waits": "copying"}), (1, {"cause": "root_away"})]
)
def test_report_that_nobody_could_read_rightly_is_refused(code, values):
    with pytest.raises(ValueError):
        Report(code, "", **values)


def test_detailed_logs_are_accepted_by_every_script(script, monkeypatch, capsys):
    monkeypatch.setenv("LOG_LEVEL", "INFO")

    def work(arguments):
        LOGGER.debug("a detail")
        return Report(0, "")

    script(work)
    assert "a detail" not in capsys.readouterr().err
    script(work, "--detailed_logs")
    assert "<7>a detail" in capsys.readouterr().err


def test_expected_error_is_one_sentence_and_its_exit_code(script, capsys):
    def fail(arguments):
        raise ConfigError("the value is wrong")

    code, result = script(fail)
    assert (code, result["summary"]) == (3, "the value is wrong")
    assert capsys.readouterr().err == "<3>the value is wrong\n"


def test_expected_error_is_told_once_by_hand(monkeypatch, capsys):
    monkeypatch.delenv("SCHEDULER_RESULT_FILE", raising=False)

    def fail(arguments):
        raise ConfigError("the value is wrong")

    assert run_script(fail, argparse.ArgumentParser(), []) == 3
    told = capsys.readouterr()
    assert told.out + told.err == "the value is wrong\n"


def test_unexpected_error_is_logged_with_its_traceback_every_line_marked(script, capsys):
    code, result = script(lambda arguments: 1 / 0)
    assert code == 1
    assert result["summary"] == "Ошибка программы: ZeroDivisionError: division by zero"
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) > 3
    assert all(line.startswith("<3>") for line in lines)


def test_levels_are_marked(script, capsys):
    def work(arguments):
        for level in (logging.CRITICAL, logging.ERROR, logging.WARNING, logging.INFO):
            LOGGER.log(level, "line")
        return Report(0, "")

    script(work)
    assert capsys.readouterr().err.split() == ["<2>line", "<3>line", "<4>line", "<6>line"]


def test_result_that_cannot_be_written_is_told_and_changes_no_exit_code(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("SCHEDULER_RESULT_FILE", str(tmp_path / "none" / "result.json"))
    assert run_script(lambda arguments: Report(0, "готово"), argparse.ArgumentParser(), []) == 0
    assert "summary: готово" in capsys.readouterr().err


def test_long_job_tells_how_far_it_is(tmp_path):
    code = (
        "import time\n"
        "from scheduler_runner.tasks.common.progress import Progress\n"
        "from scheduler_runner.tasks.common.script import configure_script_logging\n"
        "told = []\n"
        "configure_script_logging()\n"
        "with Progress(lambda: told.append('') or 'half way', lambda: 1, log_seconds=0.02):\n"
        "    while len(told) < 3: time.sleep(0.02)\n"
    )
    environ = {**os.environ, "SCHEDULER_RESULT_FILE": str(tmp_path / "x")}
    run = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    assert run.stderr.count("<6>progress: half way") >= 2
