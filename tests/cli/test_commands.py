"""Which commands there are, what a mistyped one says, and in which language."""

import ast
import re
import signal
import sys
from collections import defaultdict

import pytest

from scheduler_runner.__main__ import main
from scheduler_runner.cli.commands import COMMANDS
from scheduler_runner.errors import ConfigError
from scheduler_runner.russian_errors import ROWS as ERRORS
from scheduler_runner.screens.rows import ROWS
from scheduler_runner.setup.task_entry import SETTINGS
from tests.conftest import INI, PROJECT

SAYING = {"say", "words", "Phrase", "Check", "_differs", "answer", "agrees"}


def test_mistyped_command_names_the_nearest(ini, capsys):
    ini()
    assert main(["docter"]) == 2
    assert capsys.readouterr().err == "error: unknown command docter: doctor would be right\n"


def test_with_help_all_are_shown_in_eighty_columns(ini, capsys):
    ini()
    for given in (["--help"], ["help"]):
        assert main(given) == 0
        shown = capsys.readouterr().out
        assert [name for name in COMMANDS if f"  {name} " not in shown] == []
        assert max(map(len, shown.splitlines())) < 80


def test_russian_where_the_ini_says_so(ini, capsys):
    ini(INI.replace("language = en", "language = ru"))
    assert main(["docter"]) == 2
    assert capsys.readouterr().err == "ошибка: неизвестная команда docter: верно было бы doctor\n"


def test_broken_ini_keeps_no_command_from_speaking(ini, capsys, monkeypatch):
    monkeypatch.setenv("LC_ALL", "C")
    ini("[DEFAULT\nnonsense")
    assert main(["docter"]) == 2
    assert "docter" in capsys.readouterr().err


def test_language_that_there_is_not_is_told(ini):
    from config.base_config import load_point

    path = ini(INI.replace("language = en", "language = de"))
    with pytest.raises(ConfigError, match="language = 'de' is wrong: ru or en would be right"):
        load_point(str(path))


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_ends_well(ini, capsys, command):
    ini()
    assert main([command, "--help"]) == 0
    assert f"pvz {command}" in capsys.readouterr().out


LONG_COMMAND = """
import sys, time
from scheduler_runner.__main__ import main
from scheduler_runner.cli import doctor
doctor.run = lambda arguments: (print("looking", flush=True), time.sleep(60))
sys.exit(main(["doctor"]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no other program can press Ctrl+C there without a console")
def test_ctrl_c_is_one_line_and_130(project):
    process = project.start(LONG_COMMAND, program="-c")
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "interrupted\n")


def templates():
    """Yield place and template of everything that the commands say, and of the doctor's phrases, wherever made.

    A template that is given by a name is looked for among the texts that the same module gives that name.
    """
    for path in sorted((PROJECT / "scheduler_runner").rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        named = defaultdict(list)
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                named[node.targets[0].id] += [node.value]
        for node in ast.walk(tree):
            name = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
            if name not in SAYING or not node.args:
                continue
            given = node.args[1 if name == "Check" else 0]
            for value in named[given.id] if isinstance(given, ast.Name) else [given]:
                if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value:
                    yield f"{path.name}:{node.lineno}", value.value
    for name, told in COMMANDS.items():
        yield f"COMMANDS[{name}]", told
    for name, setting in SETTINGS.items():
        yield f"SETTINGS[{name}]", setting.why


@pytest.mark.slow
def test_everything_that_is_said_has_its_row_in_russian_with_no_value_too_many():
    rows = {**ERRORS, **ROWS}
    lacking = [f"{place}: {template}" for place, template in templates() if template not in rows]
    assert lacking == []
    fields = {template: set(re.findall(r"\{(\w+)", template)) for template in rows}
    assert [
        template for template, row in rows.items() if not set(re.findall(r"\{(\w+)", row)) <= fields[template]
    ] == []


def test_page_of_commands_names_each():
    page = (PROJECT / "docs" / "commands.ru.md").read_text("utf-8")
    assert [
        name for name in COMMANDS if f"`pvz {name}" not in page and f"pvz {name} " not in page and name != "status"
    ] == []
