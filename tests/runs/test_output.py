import logging
import os
import sys
import tracemalloc

import pytest
from freezegun import freeze_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler_runner.logbook.masking import Masker
from scheduler_runner.runs.output import KEPT_BYTES, MAX_LINE_BYTES, OutputLog
from scheduler_runner.utils.logging import close_logger, configure_logger

MIB = 1024 * 1024


@pytest.fixture
def open_log(tmp_path):
    """Return a function that opens a task's log, and one that reads it as (level, text) lines."""
    loggers = []

    def open_it(**values):
        logger = configure_logger("operator", "demo_Job", logs_dir=str(tmp_path), **values)
        loggers.append(logger)
        return logger

    yield open_it
    for logger in loggers:
        close_logger(logger)


@pytest.fixture
def lines(tmp_path):
    def read() -> list[tuple[str, str]]:
        folder = tmp_path / "operator" / "demo_Job"
        paths = sorted(folder.iterdir(), key=lambda path: (len(path.name), path.name)) if folder.is_dir() else []
        joined = "".join(path.read_text("utf-8") for path in paths)
        return [(line[24:33].strip(), line[33:]) for line in joined.split("\n")[:-1]]

    return read


def fed(logger, *chunks: bytes, masker: Masker | None = None, level: int = logging.INFO) -> OutputLog:
    output = OutputLog(logger, masker or Masker())
    stream = output.stream(level)
    for chunk in chunks:
        stream.feed(chunk)
    stream.end()
    output.close()
    return output


def test_lines_get_the_streams_level(open_log, lines):
    fed(open_log(), b"one\ntwo\n")
    fed(open_log(), b"three", level=logging.WARNING)
    assert lines() == [("INFO", "one"), ("INFO", "two"), ("WARNING", "three")]


def test_mark_is_taken_off_and_sets_the_level(open_log, lines):
    marked = b"".join(b"<%d>line %d\n" % (number, number) for number in range(8))
    fed(open_log(detailed=True), marked + b"<8>x\n<a>y\n plain <3>z\n")
    plain = [line for line in lines() if line[1].startswith("line")]
    assert [level for level, _ in plain if level != "DEBUG"][:6] == ["CRITICAL"] * 3 + ["ERROR", "WARNING", "INFO"]
    assert ("INFO", "<8>x") in lines()
    assert ("INFO", " plain <3>z") in lines()


def test_debug_line_stays_out_of_a_log_that_is_not_detailed(open_log, lines):
    fed(open_log(), b"<7>hidden\n<6>shown\n")
    assert lines() == [("INFO", "shown")]


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_log_is_the_same_however_the_output_is_cut_into_chunks(tmp_path_factory, data):
    pieces = [b"a", b"\n", b"<3>", b"<7>", "ж".encode(), b"\xff", b"\r\n", b"swordfish", b"sword", b"\0", b"x" * 70_000]
    pieces += [b"\r", b"\x1b[31m", b"\x1b", b"["]
    text = b"".join(data.draw(st.lists(st.sampled_from(pieces), max_size=30)))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    chunks = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)])]
    answers = []
    for given_chunks in ([text], chunks):
        folder = tmp_path_factory.mktemp("log")
        logger = configure_logger("operator", "demo_Job", logs_dir=str(folder), detailed=True)
        fed(logger, *given_chunks, masker=Masker(["swordfish"]))
        close_logger(logger)
        found = sorted(folder.rglob("*_detailed.log"))
        answers.append([line[24:] for path in found for line in path.read_bytes().split(b"\n")])
    assert answers[0] == answers[1]


def test_long_line_is_continued_on_the_next_with_its_level(open_log, lines):
    fed(open_log(), b"<4>" + b"x" * (2 * MAX_LINE_BYTES + 5) + b"\nend\n")
    found = lines()
    assert [(level, len(text)) for level, text in found[:-1]] == [
        ("WARNING", MAX_LINE_BYTES - 3),
        ("WARNING", MAX_LINE_BYTES),
        ("WARNING", 8),
    ] or [len(text) for _, text in found[:-1]] == [MAX_LINE_BYTES, MAX_LINE_BYTES, 5]
    assert found[-1] == ("INFO", "end")


def test_long_line_is_not_cut_within_a_letter(open_log, lines):
    fed(open_log(), b"x" + "ж".encode() * MAX_LINE_BYTES + b"\n")
    assert "".join(text for _, text in lines()) == "x" + "ж" * MAX_LINE_BYTES


def test_line_that_is_no_utf8_is_read_by_the_console_code_page_and_others_stay(open_log, lines):
    fed(open_log(), "склад\n".encode() + "склад\n".encode("cp866"))
    (_, first), (_, second) = lines()
    assert first == "склад"
    assert (second == "склад") if sys.platform == "win32" else ("\N{REPLACEMENT CHARACTER}" in second or second)


def test_secret_is_masked_across_chunks_and_in_marked_lines(open_log, lines):
    fed(open_log(), b"<3>sword", b"fish and sword", b"fis", b"h\n", masker=Masker(["swordfish"]))
    assert lines() == [("ERROR", "*** and ***")]


def test_tail_is_the_last_three_lines(open_log):
    output = fed(open_log(), b"".join(b"line %d\n" % number for number in range(50)))
    assert output.tail() == "line 47 / line 48 / line 49"


def test_output_beyond_the_days_room_keeps_the_end_and_tells_what_was_cut(open_log, lines):
    line = b"%07d " + b"x" * 91 + b"\n"
    chunks = [b"".join(line % (block * 100 + number) for number in range(100)) for block in range(400)]
    output = fed(open_log(max_log_bytes=MIB), *chunks)
    found = [text for _, text in lines()]
    assert output.byte_count == 4_000_000
    told = next(text for text in found if text.startswith("output cut here"))
    kept = [text for text in found if text != told]
    assert kept[-1].startswith("0039999 ")
    assert kept[0].startswith("0000000 ")
    cut_lines = 40_000 - len(kept)
    assert f"{cut_lines * 100} bytes in {cut_lines} lines left out" in told
    assert KEPT_BYTES <= sum(len(text) + 1 for text in found[found.index(told) + 1 :]) <= KEPT_BYTES + 20_000


def test_what_was_kept_is_written_when_a_new_day_gives_room(open_log, lines):
    with freeze_time("2026-11-23 23:59:50") as clock:
        output = OutputLog(open_log(max_log_bytes=1000), Masker())
        stream = output.stream(logging.INFO)
        stream.feed(b"x" * 1000 + b"\n")
        stream.feed(b"kept\n")
        clock.move_to("2026-11-24 00:00:10")
        stream.feed(b"next day\n")
        assert [text for _, text in lines()][1:] == ["kept", "next day"]
        output.close()


def test_memory_stays_flat_for_one_line_without_end(open_log):
    logger = open_log()
    output = OutputLog(logger, Masker(["swordfish"]))
    stream = output.stream(logging.INFO)
    chunk = b"x" * 65_536
    tracemalloc.start()
    for _ in range(400):
        stream.feed(chunk)
    stream.end()
    output.close()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert output.byte_count >= 400 * 65_536
    assert peak < 4 * MIB


def test_other_handlers_get_each_line_as_a_record():
    records = []

    class Collector(logging.Handler):
        def emit(self, record):
            records.append((record.levelname, record.getMessage()))

    logger = logging.Logger("plain", logging.INFO)
    logger.addHandler(Collector())
    fed(logger, b"one\n<3>two\n")
    assert records == [("INFO", "one"), ("ERROR", "two")]


def test_console_gets_output_beside_the_file(open_log, lines, capsys):
    fed(open_log(console=True), b"shown\n")
    assert capsys.readouterr().err.rstrip().endswith("INFO     shown")
    assert lines() == [("INFO", "shown")]


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full, a disk that is always full, is Linux's")
def test_full_disk_costs_counted_lines(open_log):
    logger = open_log()
    logger.info("open")
    series = logger.handlers[0].series
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, series._descriptor)
    os.close(full)
    fed(logger, b"one\ntwo\n")
    assert series.lost_lines == 2


@pytest.mark.slow
def test_each_file_of_a_full_log_keeps_its_own_end(tmp_path):
    logger = configure_logger("operator", "demo_Job", detailed=True, logs_dir=str(tmp_path), max_log_bytes=1000)
    output = OutputLog(logger, Masker())
    stream = output.stream(logging.INFO)
    stream.feed(b"x" * 1000 + b"\n" + b"<7>debug\n" * 400_000 + b"the last line\n" + b"<7>debug\n" * 400_000)
    stream.end()
    output.close()
    plain, detailed = sorted(tmp_path.rglob("*.log"), key=lambda path: "_detailed" in path.name)
    assert "the last line" in plain.read_text()
    assert "output cut here" not in plain.read_text()
    assert "output cut here" in detailed.read_text()


@pytest.mark.parametrize("length", [MAX_LINE_BYTES - 1, MAX_LINE_BYTES, MAX_LINE_BYTES + 1])
def test_mark_is_no_part_of_a_long_lines_length(tmp_path, length):
    logs = []
    for chunk_size in (1000, 10**6):
        logger = configure_logger("operator", f"demo_{chunk_size}", logs_dir=str(tmp_path))
        output = OutputLog(logger, Masker())
        stream = output.stream(logging.INFO)
        line = b"<3>" + b"x" * length + b"\n"
        for start in range(0, len(line), chunk_size):
            stream.feed(line[start : start + chunk_size])
        stream.end()
        (log,) = (tmp_path / "operator" / f"demo_{chunk_size}").iterdir()
        logs.append([text[24:] for text in log.read_text().splitlines()])
    assert logs[0] == logs[1]
    assert len(logs[0]) == (1 if length <= MAX_LINE_BYTES else 2)


def test_words_alone_reach_log_and_notice(open_log, lines):
    output = fed(open_log(), b"\x1b[1;31m<3>disk\x1b[0m is gone\x07\n\x1b[33mask for help\x1b[0m")
    assert lines() == [("ERROR", "disk is gone"), ("INFO", "ask for help")]
    assert output.tail() == "disk is gone / ask for help"


def test_secret_is_masked_in_utf16_and_with_a_colour_in_its_middle(open_log, lines):
    told = "<4>пароль swordfish\r\n".encode("utf-16") + b"sword\x1b[1mfi\x1b[0msh\n"
    fed(open_log(), told[:30], told[30:-5], told[-5:], masker=Masker(["swordfish"]))
    assert lines() == [("WARNING", "пароль ***"), ("INFO", "***")]


def test_begun_line_is_shown_when_it_has_waited_and_goes_on_in_the_next_with_its_level(open_log, lines):
    output = OutputLog(open_log(), Masker(["swordfish"]))
    stream = output.stream(logging.INFO)
    stream.feed(b"done\n<4>copy it to D:? sword")
    output.show_begun_lines()
    assert lines() == [("INFO", "done")]
    output.show_begun_lines()
    output.show_begun_lines()
    assert lines() == [("INFO", "done"), ("WARNING", "copy it to D:? ")]
    stream.feed(b"fish")
    stream.feed(b"\nnext\n")
    stream.end()
    output.close()
    assert lines()[2:] == [("WARNING", "***"), ("INFO", "next")]


def test_end_of_a_shown_line_is_no_line(open_log, lines):
    output = OutputLog(open_log(), Masker())
    stream = output.stream(logging.INFO)
    for chunk in (b"<3>copying 1%", b"\r<4>copying 2%", b"\r\n", b"<", b"4", b">end"):
        stream.feed(chunk)
        output.show_begun_lines()
        output.show_begun_lines()
    stream.end()
    output.close()
    assert lines() == [("ERROR", "copying 1%"), ("WARNING", "copying 2%"), ("WARNING", "end")]


def test_line_that_is_only_just_coming_is_not_cut(open_log, lines):
    output = OutputLog(open_log(), Masker())
    stream = output.stream(logging.INFO)
    for _ in range(3):
        stream.feed(b"one half, ")
        output.show_begun_lines()
        stream.feed(b"the other\nand one half, ")
        output.show_begun_lines()
        stream.feed(b"the other\n")
    assert {text for _, text in lines()} == {"one half, the other", "and one half, the other"}
