"""A module started by start.py is what ``python -m`` makes of it, but for the current folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from scheduler_runner.start import module_argv

LOOK = """
import json, sys
spec = __spec__.name
names = sorted(name for name in globals() if not name.startswith("__"))
print(json.dumps([__name__, __package__, spec, sys.argv[1:], names, sys.modules["__main__"].__dict__ is globals()]))
sys.exit(int(sys.argv[1]))
"""


def run(argv, folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([*argv, *arguments], cwd=folder, capture_output=True, text=True, timeout=60)


@pytest.fixture
def folders(tmp_path):
    """A package that can be imported, and a folder in which somebody has put modules of the same names."""
    good, evil = tmp_path / "good", tmp_path / "evil"
    for folder in (good / "demo", evil / "demo"):
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
    (good / "demo" / "look.py").write_text(LOOK)
    (good / "demo" / "broken.py").write_text("def work():\n    1 / 0\n\nwork()\n")
    for name in ("demo/look.py", "json.py", "runpy.py", "scheduler_runner.py", "sitecustomize.py"):
        (evil / name).write_text("print('evil')")
    return good, evil


@pytest.fixture
def good_path(folders, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(folders[0]))


def test_module_sees_what_it_sees_under_dash_m(folders, good_path):
    good, _ = folders
    plain = run((sys.executable, "-m", "demo.look"), good, "7", "a b")
    ours = run(module_argv("demo.look"), good, "7", "a b")
    assert (ours.returncode, ours.stdout, ours.stderr) == (plain.returncode, plain.stdout, plain.stderr)
    assert ours.returncode == 7


def test_nothing_of_the_current_folder_is_imported(folders, good_path):
    _, evil = folders
    ended = run(module_argv("demo.look"), evil, "0")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "evil" not in ended.stdout


def test_product_is_found_first_from_any_folder(folders):
    _, evil = folders
    ended = run(module_argv("scheduler_runner.runner"), evil, "--help")
    assert ended.returncode == 0
    assert "Run what is due" in ended.stdout


def test_traceback_ends_as_under_dash_m(folders, good_path):
    good, _ = folders
    plain = run((sys.executable, "-m", "demo.broken"), good)
    ours = run(module_argv("demo.broken"), good)
    assert ours.returncode == plain.returncode == 1
    assert ours.stderr.endswith(plain.stderr.partition("\n")[2])


def test_missing_module_is_one_sentence(folders):
    ended = run(module_argv("no.such"), folders[0])
    assert ended.returncode == 1
    assert "No module named 'no'" in ended.stderr
    assert "Traceback" not in ended.stderr
