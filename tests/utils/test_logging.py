import logging
import multiprocessing
import os
import shutil
import subprocess
import sys
import threading
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from scheduler_runner.logbook import log_files
from scheduler_runner.logbook.masking import Masker
from scheduler_runner.utils.logging import close_logger, configure_logger, lost_lines
from tests.linking import link_file, link_folder

POSIX_ONLY = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX facility")
TODAY = date(2026, 11, 23)


class Noon(datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=tz)


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch):
    """Else a day may end between a line and the look for its file."""
    monkeypatch.setattr(log_files, "datetime", Noon)


@pytest.fixture
def logs(tmp_path) -> Path:
    return tmp_path / "logs"


def files(logs: Path, name: str = "runner", user: str = "operator") -> list[str]:
    return sorted(path.name for path in (logs / user / name).iterdir())


def text(logs: Path, name: str = "runner") -> str:
    return "".join(path.read_text("utf-8") for path in sorted((logs / "operator" / name).iterdir()))


def test_runner_and_task_have_files_named_by_the_date(logs):
    configure_logger("Operator", logs_dir=str(logs)).info("tick")
    configure_logger("Operator", "cameras_CopyScript", logs_dir=str(logs)).info("run")
    today = f"{TODAY}.log"
    assert files(logs) == [today]
    assert files(logs, "cameras_CopyScript") == [today]
    assert " INFO     tick\n" in text(logs)


def test_nothing_is_opened_before_the_first_line(logs):
    configure_logger("operator", logs_dir=str(logs), detailed=True)
    assert not logs.exists()


def test_called_again_it_is_the_same_logger_without_a_second_handler(logs):
    first = configure_logger("operator", logs_dir=str(logs))
    second = configure_logger("operator", logs_dir=str(logs))
    second.info("once")
    assert first is second
    assert text(logs).count("once") == 1


def test_changed_detail_is_honoured_both_ways(logs):
    logger = configure_logger("operator", logs_dir=str(logs))
    logger.debug("hidden")
    configure_logger("operator", logs_dir=str(logs), detailed=True).debug("shown")
    configure_logger("operator", logs_dir=str(logs)).debug("hidden again")
    logger.info("told")
    detailed = (logs / "operator" / "runner" / f"{TODAY}_detailed.log").read_text("utf-8")
    plain = (logs / "operator" / "runner" / f"{TODAY}.log").read_text("utf-8")
    assert "shown" in detailed
    assert "hidden" not in detailed
    assert "told" in plain
    assert "shown" not in plain


def test_every_line_of_a_record_bears_time_and_level_also_those_of_a_traceback(logs):
    logger = configure_logger("operator", logs_dir=str(logs))
    try:
        raise ValueError("два\nслова")
    except ValueError:
        logger.exception("it broke")
    lines = text(logs).splitlines()
    assert len(lines) >= 5
    assert all(" ERROR    " in line and line.startswith(str(TODAY.year)) for line in lines)
    assert lines[-1].endswith("слова")


def test_bad_format_string_loses_no_line(logs):
    configure_logger("operator", logs_dir=str(logs)).info("%d files", "many")
    assert "'%d files' ('many',)" in text(logs)


def test_secrets_are_masked_in_text_and_traceback(logs):
    logger = configure_logger("operator", logs_dir=str(logs), masker=Masker(["swordfish"]))
    try:
        raise ValueError("no swordfish here")
    except ValueError:
        logger.exception("swordfish and 1234567890:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw")
    assert "swordfish" not in text(logs)
    assert "AAHdqTcv" not in text(logs)
    assert "***" in text(logs)


def test_full_file_is_followed_by_the_next_and_none_is_renamed(logs):
    logger = configure_logger("operator", "demo_Job", logs_dir=str(logs), max_bytes=300)
    for number in range(12):
        logger.info("line %d %s", number, "x" * 40)
    names = files(logs, "demo_Job")
    assert names == [f"{TODAY}.1.log", f"{TODAY}.2.log", f"{TODAY}.log"]
    first = (logs / "operator" / "demo_Job" / f"{TODAY}.log").read_text()
    assert "line 0 " in first
    assert text(logs, "demo_Job").count("line ") == 12


def test_next_process_goes_on_in_the_last_file(logs):
    for _ in range(2):
        logger = configure_logger("operator", "demo_Job", logs_dir=str(logs), max_bytes=100)
        logger.info("%s", "x" * 90)
        close_logger(logger)
    logger = configure_logger("operator", "demo_Job", logs_dir=str(logs), max_bytes=100)
    logger.info("third")
    assert files(logs, "demo_Job") == [f"{TODAY}.1.log", f"{TODAY}.2.log", f"{TODAY}.log"]


def _old_files(folder: Path, days: "list[int]") -> None:
    folder.mkdir(parents=True)
    for ago in days:
        day = TODAY - timedelta(days=ago)
        for name in (f"{day}.log", f"{day}.1.log", f"{day}_detailed.log"):
            (folder / name).write_text("old\n")


def test_old_dates_go_when_as_many_later_ones_exist(logs):
    _old_files(logs / "operator" / "runner", [1, 2, 3, 4, 5, 6])
    (logs / "operator" / "runner" / "notes.txt").write_text("keep")
    (logs / "operator" / "runner" / "2001-01-01-my.log").write_text("keep")
    configure_logger("operator", logs_dir=str(logs), backup_count=3).info("today")
    left = files(logs)
    dates = {name[:10] for name in left if name[:4] != "2001" and name != "notes.txt"}
    assert dates == {str(TODAY - timedelta(days=ago)) for ago in (0, 1, 2, 3)}
    assert {"notes.txt", "2001-01-01-my.log"} <= set(left)


@pytest.mark.parametrize(
    "name",
    ["2020-13-45.log", "2020-02-30.1.log", "0000-01-01.log", "2020-01-01.log.gz", "2020-1-1.log", "x2020-01-01.log"],
)
def test_what_is_no_log_by_name_and_calendar_stays(logs, name):
    _old_files(logs / "operator" / "runner", [50, 51, 52, 53])
    (logs / "operator" / "runner" / name).write_text("keep")
    configure_logger("operator", logs_dir=str(logs), backup_count=2).info("today")
    assert name in files(logs)
    assert {name[:10] for name in files(logs)} - {name[:10]} == {str(TODAY - timedelta(days=ago)) for ago in (0, 50)}


def test_point_that_was_closed_for_long_keeps_its_newest_dates(logs):
    _old_files(logs / "operator" / "runner", [100, 101, 102, 103])
    configure_logger("operator", logs_dir=str(logs), backup_count=3).info("today")
    kept = {name[:10] for name in files(logs)}
    assert kept == {str(TODAY - timedelta(days=ago)) for ago in (0, 100, 101)}


def test_many_threads_lose_and_mix_no_line(logs):
    logger = configure_logger("operator", logs_dir=str(logs), max_bytes=20_000)

    def write(name: int) -> None:
        for number in range(200):
            logger.info("thread %d line %03d end", name, number)

    threads = [threading.Thread(target=write, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = text(logs).splitlines()
    assert len(lines) == 1600
    assert all(line.endswith(" end") for line in lines)


def test_change_of_settings_while_others_write_loses_no_line(logs):
    logger = configure_logger("operator", logs_dir=str(logs), max_bytes=20_000)
    begun = threading.Barrier(9)

    def write(name: int) -> None:
        begun.wait()
        for number in range(300):
            logger.info("thread %d line %03d end", name, number)

    threads = [threading.Thread(target=write, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    begun.wait()
    while any(thread.is_alive() for thread in threads):
        configure_logger("operator", logs_dir=str(logs), max_bytes=20_000)
    lines = text(logs).splitlines()
    assert len({line[24:] for line in lines}) == len(lines) == 2400
    assert all(line.endswith(" end") for line in lines)
    assert lost_lines(logger) == 0


@POSIX_ONLY
def test_log_folder_that_was_deleted_is_made_anew(logs):
    """Lines that go to a file without a name are lost, and nobody counts them."""
    logger = configure_logger("operator", "demo_Job", logs_dir=str(logs))
    logger.info("before")
    shutil.rmtree(logs / "operator")
    logger.info("after")
    assert text(logs, "demo_Job").endswith("after\n")


def write_lines(logs: str, name: int) -> None:
    logger = configure_logger("operator", logs_dir=logs, max_bytes=30_000)
    for number in range(150):
        logger.info("writer %d line %03d %s end", name, number, "x" * (number % 50))
    close_logger(logger)


@pytest.mark.slow
def test_several_processes_lose_and_mix_no_line(logs):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_lines, args=(str(logs), name)) for name in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    lines = text(logs).splitlines()
    assert len(lines) == 600
    assert all(line.endswith(" end") and line.count("writer") == 1 for line in lines)


@pytest.mark.parametrize("level", ["logs", "operator", "runner"])
def test_folder_that_is_a_link_is_refused_and_lines_counted(logs, tmp_path, level):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    parts = ["logs", "operator", "runner"]
    path = tmp_path.joinpath(*parts[: parts.index(level) + 1])
    path.parent.mkdir(parents=True, exist_ok=True)
    link_folder(path, elsewhere)
    logger = configure_logger("operator", logs_dir=str(logs))
    logger.info("line")
    if level == "logs":  # the administrator's own choice
        assert lost_lines(logger) == 0
    else:
        assert lost_lines(logger) == 1
        assert not list(elsewhere.iterdir())


def test_file_that_is_a_link_is_refused(logs, tmp_path):
    (logs / "operator" / "runner").mkdir(parents=True)
    link_file(logs / "operator" / "runner" / f"{TODAY}.log", tmp_path / "target")
    logger = configure_logger("operator", logs_dir=str(logs))
    logger.info("line")
    assert lost_lines(logger) == 1
    assert not (tmp_path / "target").exists()


def test_folder_that_cannot_be_made_costs_counted_lines_and_no_crash(logs):
    logs.parent.mkdir(exist_ok=True)
    logs.write_text("a file in the folder's place")
    logger = configure_logger("operator", logs_dir=str(logs))
    logger.info("one")
    logger.info("two\nthree")
    assert lost_lines(logger) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full, a disk that is always full, is Linux's")
def test_full_disk_costs_counted_lines_and_no_crash(logs, monkeypatch):
    logger = configure_logger("operator", logs_dir=str(logs))
    logger.info("before")
    (handler,) = logger.handlers
    full = os.open("/dev/full", os.O_WRONLY | os.O_APPEND)
    os.dup2(full, handler.series._descriptor)
    os.close(full)
    logger.info("lost")
    assert lost_lines(logger) == 1
    logger.info("after")
    assert lost_lines(logger) == 1
    assert "after" in text(logs)


def test_lost_lines_are_counted_on_over_a_change_of_settings(logs):
    logs.write_text("")
    logger = configure_logger("operator", logs_dir=str(logs))
    logger.info("one")
    configure_logger("operator", logs_dir=str(logs), detailed=True)
    assert lost_lines(logger) == 1


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b", "c:x"])
def test_name_that_is_no_folders_is_refused(logs, name):
    with pytest.raises(ValueError, match="cannot be the name of a log folder"):
        configure_logger("operator", name or "/", logs_dir=str(logs))


def test_logs_root_of_the_environment_is_the_default(logs, monkeypatch):
    monkeypatch.setenv("LOGS_ROOT", str(logs))
    configure_logger("operator").info("here")
    assert "here" in text(logs)


@pytest.mark.parametrize("encoding", ["cp866", "cp1251", "ascii"])
def test_console_gets_letters_that_it_has(logs, encoding):
    code = (
        "import sys; from scheduler_runner.utils.logging import configure_logger;"
        f"configure_logger('operator', logs_dir={str(logs)!r}, console=True).info('склад € \\U0001f4f7')"
    )
    environ = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environ, check=True)
    shown = run.stderr.decode(encoding)
    assert "\\U0001f4f7" in shown
    assert ("склад" in shown) == (encoding != "ascii")


def test_no_console_is_no_failure(logs, monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    configure_logger("operator", logs_dir=str(logs), console=True).info("line")
    assert "line" in text(logs)


def test_closed_console_is_no_failure(logs, monkeypatch):
    class Closed:
        def write(self, _):
            raise OSError("closed")

    monkeypatch.setattr(sys, "stderr", Closed())
    configure_logger("operator", logs_dir=str(logs), console=True).info("line")
    assert "line" in text(logs)


def test_record_does_not_reach_the_root_logger(logs, capsys, monkeypatch):
    monkeypatch.setattr(logging.root, "handlers", [logging.StreamHandler(sys.stderr)])
    configure_logger("operator", logs_dir=str(logs)).error("line")
    assert capsys.readouterr().err == ""


def test_log_goes_on_when_somebody_has_removed_the_days_first_file(tmp_path):
    folder = tmp_path / "operator" / "demo_Job"
    folder.mkdir(parents=True)
    (folder / f"{TODAY}.1.log").write_text("old\n")
    logger = configure_logger("operator", "demo_Job", logs_dir=str(tmp_path))
    logger.info("new")
    assert lost_lines(logger) == 0
    assert "new" in (folder / f"{TODAY}.1.log").read_text()


def test_record_with_a_bad_format_is_masked_too(tmp_path):
    logger = configure_logger("operator", logs_dir=str(tmp_path), masker=Masker(["swordfish"]))
    logger.info("%d", "swordfish")
    (log,) = tmp_path.rglob("*.log")
    assert "'%d' ('***',)" in log.read_text()


def test_names_that_differ_by_a_dot_have_logs_of_their_own(tmp_path):
    first = configure_logger("operator", "demo_a.b", logs_dir=str(tmp_path))
    assert configure_logger("operator", "demo_a_b", logs_dir=str(tmp_path)) is not first
    assert configure_logger("operator", "demo_a", logs_dir=str(tmp_path)) is not first.parent
