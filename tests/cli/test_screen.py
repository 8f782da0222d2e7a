"""What a person sees of a command: width, language, signs, colours."""

import io

import pytest

from scheduler_runner.errors import SchedulerError
from scheduler_runner.phrases import Kept, Phrase
from scheduler_runner.screens.rows import ROWS
from scheduler_runner.screens.screen import Bytes, Screen, screen_for, shown_in


class Console(io.TextIOWrapper):
    """A console in an encoding of its own."""

    def __init__(self, encoding: str = "utf-8", *, is_console: bool = False) -> None:
        super().__init__(io.BytesIO(), encoding=encoding, write_through=True, newline="\n")
        self._is_console = is_console

    def isatty(self) -> bool:
        return self._is_console

    def shown(self) -> str:
        return self.buffer.getvalue().decode(self.encoding)


def screen(language: str = "en", width: int = 80, **values) -> "tuple[Screen, Console]":
    console = Console(**values)
    return Screen(console, language=language, width=width), console


def test_paragraph_is_broken_at_blanks_and_never_within_a_path():
    on, console = screen(width=40)
    on.say(
        "look into {path}, which is where it is", path="D:/точка выдачи/logs/operator/runner/2026-11-26.log", indent=2
    )
    lines = console.shown().splitlines()
    assert all(line.startswith("  ") for line in lines)
    assert "выдачи/logs/operator/runner/2026-11-26.log," in console.shown()


def test_sentence_that_was_kept_in_both_languages_is_said_in_the_readers():
    kept = Phrase("{file}: {error}", file="pvz.ini", error=Kept("no {such} key", "нет ключа {такого}"))
    said = [screen(language)[0].words(kept) for language in ("en", "ru")]
    assert said == ["pvz.ini: no {such} key", "pvz.ini: нет ключа {такого}"]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["1 drift", "2 drifts", "1 minute ago", "16.1 KB"]),
        ("ru", ["1 drifts", "2 drifts", "1 minutes ago", "16,1 КБ"]),
    ],
)
def test_numbers_and_amounts_agree_with_their_words_in_english_and_have_russian_units_in_russian_alone(language, said):
    on = screen(language)[0]
    told = [on.words("{drifts} drifts", drifts=number) for number in (1, 2)]
    told += [on.words("{minutes:.0f} minutes ago", minutes=1.2), on.words(Bytes(16_483))]
    assert told == said


def test_what_is_to_be_pasted_is_not_broken():
    on, console = screen(width=40)
    on.copy("C:/PVZ/pvz install --user operator --config C:/ProgramData/PVZ/pvz.ini")
    assert len(console.shown().splitlines()) == 1


def test_cell_that_is_too_wide_goes_on_in_its_column_and_no_line_is_wider_than_the_console():
    on, console = screen(width=48)
    on.table(("task", "runs"), [("Копирование записей", "a long story " * 6), ("x", 7)], right=[1])
    lines = console.shown().splitlines()
    assert max(map(len, lines)) <= 47
    assert lines[0].split() == ["task", "runs"]
    assert lines[-1].endswith("7")


def test_words_of_a_table_stay_whole_while_another_column_can_give_way():
    on, console = screen(width=50)
    on.table((), [("VideoMonitorNetwork", "a long story " * 3, "17 min")])
    assert "VideoMonitorNetwork" in console.shown()
    assert "17 min" in console.shown()


def test_signs_that_an_encoding_lacks_have_a_plain_form(monkeypatch):
    monkeypatch.setitem(ROWS, "all is well", "«всё» — в порядке…")
    on, console = screen("ru", encoding="cp866")
    on.say("all is well")
    assert console.shown() == '"всё" - в порядке...\n'
    assert shown_in("№ 5 — «готово»", "cp1251") == "№ 5 — «готово»"


def test_what_another_account_wrote_does_not_steer_the_console():
    stream = io.StringIO()
    said = Screen(stream, language="en")
    said.copy("a\x1b]0;title\x07b\tc\x9b2Jd")
    said.say("{name} ends", name="x\x1b[31m")
    assert stream.getvalue() == "a?]0;title?b\tc?2Jd\nx?[31m ends\n"


def test_error_among_the_values_is_said_in_the_readers_language():
    error = SchedulerError("{path} is no plain file: one is needed there", path="a.json")
    assert screen("ru")[0].words(Phrase("error: {error}", error=error)).startswith("ошибка: a.json — не обычный файл")
    assert screen("en")[0].words("error: {error}", error=error).startswith("error: a.json is no plain file")


@pytest.mark.parametrize(
    ("is_console", "no_color", "is_coloured"), [(True, "", True), (True, "1", False), (False, "", False)]
)
def test_colours_stand_on_a_console_alone(monkeypatch, is_console, no_color, is_coloured):
    monkeypatch.setattr("scheduler_runner.screens.screen._shows_colours", lambda: True)
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("TERM", "xterm")
    console = Console(is_console=is_console)
    screen_for(console, "en").say("all is well", look="good")
    assert ("\x1b[32m" in console.shown()) is is_coloured


def test_a_pipe_is_eighty_wide_unless_columns_says_otherwise(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert screen_for(Console(), "en").width == 80
    monkeypatch.setenv("COLUMNS", "120")
    assert screen_for(Console(), "en").width == 120


def test_command_that_is_to_be_pasted_is_never_broken():
    stream = io.StringIO()
    command = "/opt/pvz/.venv/bin/python -m pip install -r /opt/pvz/requirements-point.txt"
    why = Phrase("{command} shows why", command=command)
    Screen(stream, language="en", width=60).say("note: {what}", what=why, indent=2)
    assert stream.getvalue().splitlines() == ["  note:", f"  {command}", "  shows why"]


def test_measured_number_has_a_russian_comma_and_a_value_to_be_typed_keeps_its_point():
    on, _ = screen(language="ru")
    told = on.words("{folder}: {free:.1f} GiB are free, {least:g} are needed", folder="D:", free=63.4, least=0.5)
    assert "63,4 " in told
    assert "0.5" in told
