"""The tree of exceptions, and one row in Russian for each template of an error."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

from scheduler_runner.errors import ConfigError, SchedulerError
from scheduler_runner.russian_errors import ROWS, in_russian

PROJECT = Path(__file__).resolve().parent.parent


# What of these rooms goes wrong, commands show: finished sentences, too, have a row.
SHOWN = (
    "config/",
    "scheduler_runner/cli/",
    "scheduler_runner/setup/",
    "scheduler_runner/rights/",
    "scheduler_runner/plans/",
    "scheduler_runner/notices/",
)


def _trees():
    for folder in ("config", "scheduler_runner"):
        for path in sorted((PROJECT / folder).rglob("*.py")):
            yield path, ast.parse(path.read_text("utf-8"))


def _exception_classes() -> dict[str, set[str]]:
    """Return the bases of every class, by name, that looks like an exception."""
    found = {}
    for _, tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                found[node.name] = {base.id for base in node.bases if isinstance(base, ast.Name)}
    builtin = {"Exception", "BaseException", "OSError", "ValueError", "RuntimeError", "TypeError", "LookupError"}
    is_error: set[str] = set(builtin)
    while more := {name for name, bases in found.items() if name not in is_error and bases & is_error}:
        is_error |= more
    return {name: bases for name, bases in found.items() if name in is_error}


def _templates():
    """Yield file, line, template and the names of its values, wherever an error of ours is made with a plain text."""
    ours = set(_exception_classes())
    for path, tree in _trees():
        for node in ast.walk(tree):
            is_ours = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ours
            if is_ours and node.args and isinstance(node.args[0], ast.Constant):
                values = {keyword.arg for keyword in node.keywords} - {"key"}
                yield f"{path.relative_to(PROJECT)}:{node.lineno}", node.args[0].value, values


def _fields(template: str) -> set[str]:
    return {re.split(r"[.\[]", name)[0] for _, name, _, _ in Formatter().parse(template) if name}


@pytest.mark.slow
def test_every_exception_of_ours_hangs_on_the_tree():
    classes = _exception_classes()
    on_tree = {"SchedulerError"}
    while more := {name for name, bases in classes.items() if name not in on_tree and bases & on_tree}:
        on_tree |= more
    assert set(classes) <= on_tree
    drawing = ast.get_docstring(ast.parse((PROJECT / "scheduler_runner" / "errors.py").read_text("utf-8")))
    assert not [name for name in classes if name not in drawing]


@pytest.mark.slow
def test_every_template_has_its_values_and_a_row_in_russian_with_the_same():
    wrong = []
    for place, template, values in _templates():
        is_shown = place.replace("\\", "/").startswith(SHOWN) and "{" not in template.replace("{PVZ_ID}", "")
        if (values or is_shown) and template not in ROWS:
            wrong.append(f"{place}: no row in russian_errors.py for {template!r}")
        if values and _fields(template) - values:
            wrong.append(f"{place}: no value for {_fields(template) - values}")
        if not values and re.search(r"\{\w+\}", template):
            wrong.append(f"{place}: a template without values is a plain text: {template!r}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("template", ROWS)
def test_row_uses_no_value_that_its_template_lacks(template):
    assert _fields(ROWS[template]) <= _fields(template)


def test_finished_sentence_may_hold_braces():
    error = ConfigError("a dict such as {'name': ...} would be right", key="args")
    assert str(error) == in_russian(error) == "a dict such as {'name': ...} would be right"
    assert error.key == "args"


def test_error_among_the_values_is_said_in_russian_too(monkeypatch):
    monkeypatch.setitem(ROWS, "{file}: {why}", "{file} не читается: {why}")
    why = SchedulerError("{path}: modified just now", path="a.mp4")
    error = SchedulerError("{file}: {why}", file="b", why=why)
    assert str(error) == "b: a.mp4: modified just now"
    assert in_russian(error) == "b не читается: a.mp4: файл только что изменён"


def test_what_is_no_error_of_ours_is_told_as_it_is():
    assert in_russian(OSError(28, "No space left on device")) == "[Errno 28] No space left on device"
