"""What the runner's command line asks for."""

import argparse

import pytest

from scheduler_runner.command_line import Arguments, _parser, read_arguments
from scheduler_runner.setup.task_entry import runner_words

REGISTERED = [
    runner_words("operator")[2:],
    runner_words("система", "C:\\мой пункт\\pvz.ini", is_protected=True)[2:],
    ["--protected", "--user", "a", "--user", "b"],
]
OTHERS = [
    ["--user", "operator", "--task", "CopyScript", "--console", "--detailed_logs"],
    ["--user=operator", "--dry-run"],
    ["--user", "operator", "--dry_run", "--detailed-logs"],
]


@pytest.mark.parametrize("argv", [*REGISTERED, *OTHERS])
def test_a_registered_command_says_the_same_with_and_without_a_parser(argv):
    parsed = vars(_parser().parse_args(argv))
    found = read_arguments(argv)
    assert {name: getattr(found, name) for name in parsed} == parsed


@pytest.mark.parametrize("argv", REGISTERED)
def test_a_registered_command_needs_no_parser(argv, monkeypatch):
    monkeypatch.setattr(argparse, "ArgumentParser", None)
    assert isinstance(read_arguments(argv), Arguments)


@pytest.mark.parametrize(
    "argv", [[], ["--protected"], ["--user"], ["--user", "--task"], ["--user", "a", "x"], ["--us", "a"]]
)
def test_what_is_no_command_ends_as_argparse_ends_it(argv, capsys):
    with pytest.raises(SystemExit) as ended:
        read_arguments(argv)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err
