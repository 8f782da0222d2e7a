import json

import pytest

from scheduler_runner.logbook.masking import Masker
from scheduler_runner.runs.result_file import ScriptResult, Subject, read_result, remove_result, write_result


@pytest.fixture
def path(tmp_path) -> str:
    return str(tmp_path / "run.json")


def test_result_comes_back_as_it_was_left(path):
    result = ScriptResult(
        "Скопировано: 3 файла",
        {"files": 3},
        10,
        subjects={"unv_001": Subject("works"), "unv_002": Subject("fails", "нет записей с 14:00")},
        waits="copying",
        cause="network_root_away",
        cause_text="Облако недоступно",
    )
    write_result(path, result)
    assert read_result(path, Masker()) == result
    remove_result(path)
    remove_result(path)
    assert read_result(path, Masker()) is None


def test_any_program_can_leave_one(path):
    with open(path, "wb") as file:
        file.write("\ufeff".encode() + json.dumps({"summary": "готово", "mood": "fine"}).encode())
    assert read_result(path, Masker()) == ScriptResult("готово")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"\xff\xff", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b'{"metrics": {"a": ' + b"[" * 5000 + b"]" * 5000 + b"}}", "no JSON"),
        (b"[]", "must hold an object"),
        (b'{"summary": 1}', "summary must be a text"),
        (b'{"metrics": []}', "metrics must be an object"),
        (b'{"waits": []}', "waits must be a text"),
        (b'{"cause": "no name"}', "cause must be a name"),
        (b'{"subjects": ["unv_001"]}', "subjects must be such as"),
        (b'{"subjects": {"unv_001": "fails"}}', "the state works or fails"),
        (b'{"subjects": {"unv_001": {"state": "broken"}}}', "the state works or fails"),
        (b'{"exit_code": true}', "exit_code must be a whole number"),
        (b" " * 300_000, "larger than"),
    ],
)
def test_what_is_no_result_is_told_in_one_sentence(path, content, told):
    with open(path, "wb") as file:
        file.write(content)
    with pytest.raises(ValueError, match=told):
        read_result(path, Masker())


def test_endless_summary_is_cut(path):
    write_result(path, ScriptResult("x" * 5000))
    assert len(read_result(path, Masker()).summary) == 2000


def test_secrets_are_masked_in_texts_and_a_number_stays_one(path):
    write_result(path, ScriptResult("token 123456", {"bytes": 1234567, "where": ["123456/x"], "123456": None}))
    result = read_result(path, Masker(["123456"]))
    assert result == ScriptResult("token ***", {"bytes": 1234567, "where": ["***/x"], "***": None})


def test_numbers_that_nobody_can_reckon_with_are_left_out_with_a_line(path, logger, read_log):
    with open(path, "w") as file:
        file.write(
            '{"summary": "a", "metrics": {"a": NaN, "b": [1, -Infinity], "c": 1e999, "d": 1'
            + "0" * 400
            + ', "e": 2.5}}'
        )
    assert read_result(path, Masker(), logger) == ScriptResult("a", {"e": 2.5})
    assert "metrics left out, nothing can be reckoned with them: a, b, c, d" in read_log()
