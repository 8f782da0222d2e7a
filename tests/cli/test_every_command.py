"""Every command where something is missing: a sentence and an exit code that is defined, never a traceback."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager, suppress

import psutil
import pytest

from config import base_config
from scheduler_runner.__main__ import main
from scheduler_runner.cli import doctor
from scheduler_runner.cli.commands import COMMANDS
from scheduler_runner.errors import ExitCode
from tests.conftest import INI, PROJECT, ZONE

CALLS = {
    "status": [],
    "list": [],
    "why": [],
    "run": ["Copy"],
    "stop": ["Copy"],
    "history": [],
    "log": ["Copy"],
    "simulate": [],
    "recordings": ["unv_001", "--from", "10:00"],
    "check": [],
    "mute": ["Copy", "--until", "1d"],
    "pause": ["Copy", "--until", "1d"],
    "resume": ["Copy"],
    "cameras": [],
    "doctor": [],
    "install": ["--user", "operator", "--dry-run"],
    "uninstall": ["--user", "operator", "--dry-run"],
    "notify": ["--test"],
    "report": ["--out", "report.html"],
    "support": ["--out", "support.zip"],
}
ON_ITS_OWN = {"demo"}
"""It has an INI and ledgers of its own, and its own tests (test_demo.py)."""
ASKS_LEDGER = {"list", "why", "history"}
DEFINED = {int(code) for code in ExitCode} - {int(ExitCode.INTERRUPTED), int(ExitCode.TERMINATED)}
CAMERAS = PROJECT / "scheduler_runner" / "tasks" / "cameras"
SEEN_ELSEWHERE = {"rights"}
"""To look through the whole of Python takes an administrator seconds; its processes below do it."""
OTHER = 54321
IS_ROOT = sys.platform != "win32" and os.geteuid() == 0
NO_LEDGER = b"no database, whatever its name says" * 100


def test_every_command_is_asked_here():
    assert CALLS.keys() | ON_ITS_OWN == COMMANDS.keys()


def spoken(capsys, code: int, command: str) -> str:
    """Return what a command said, which is a sentence, with an exit code that docs name."""
    said = capsys.readouterr()
    assert code in DEFINED, command
    assert "Traceback" not in said.out + said.err, command
    assert said.out + said.err != "", command
    return said.out + said.err


def no_ledger(point) -> None:
    shutil.rmtree(point.logs, ignore_errors=True)


def damaged_ledger(point) -> None:
    no_ledger(point)
    (point.logs / "operator").mkdir(parents=True)
    (point.logs / "operator" / "ledger.sqlite3").write_bytes(NO_LEDGER)


def file_in_the_place_of_logs(point) -> None:
    """Let nothing be written there: no rights are in the way of an administrator, nor of anybody under Wine."""
    no_ledger(point)
    point.logs.mkdir()
    (point.logs / "operator").write_text("no folder")


def no_ini(point) -> None:
    os.environ["PVZ_CONFIG_PATH"] = str(point.root / "none.ini")


CONDITIONS = (no_ledger, damaged_ledger, file_in_the_place_of_logs, no_ini)


@pytest.mark.slow
@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.__name__)
def test_every_command_speaks_where_something_is_missing(new_point, capsys, monkeypatch, condition):
    monkeypatch.chdir(new_point.root)
    monkeypatch.setattr(doctor, "CHECKS", [check for check in doctor.CHECKS if check.name not in SEEN_ELSEWHERE])
    for command, rest in CALLS.items():
        condition(new_point)
        base_config.point.cache_clear()
        told = spoken(capsys, main([command, *rest]), command)
        if condition is damaged_ledger:
            assert "ledger" in told or command not in ASKS_LEDGER, command
            kept = (new_point.logs / "operator" / "ledger.sqlite3").read_bytes()
            assert kept == NO_LEDGER or command == "run", command  # a tick sets it aside
        if condition is no_ini:
            assert "none.ini" in told or command in ("support", "resume", "install", "uninstall"), command


@pytest.mark.slow
def test_every_command_ends_well_where_its_reader_has_left(lived, capsys, monkeypatch):
    monkeypatch.chdir(lived.root)
    monkeypatch.setattr(doctor, "CHECKS", [check for check in doctor.CHECKS if check.name not in SEEN_ELSEWHERE])
    for command, rest in CALLS.items():
        with closed_pipe(monkeypatch):
            assert main([command, *rest]) in DEFINED, command
        assert "Traceback" not in capsys.readouterr().err, command


@contextmanager
def closed_pipe(monkeypatch):
    """Give standard output a reader who has left."""
    reader, writer = os.pipe()
    os.close(reader)
    pipe = open(writer, "w", encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", pipe)
        yield
        if sys.stdout is not pipe:
            sys.stdout.close()
    with suppress(OSError):
        pipe.close()


# In one process: nineteen starts of Python take longer than all that they do.
ASK_ALL = """
import contextlib, io, json, os, sys
from scheduler_runner.__main__ import main
calls = json.loads(sys.argv[1])
os.chdir(sys.argv[2])
answers = {}
for name, rest in calls.items():
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main([name, *rest])
        except BaseException as error:
            code = repr(error)
    answers[name] = [code, out.getvalue() + err.getvalue()]
print(json.dumps(answers))
"""


@pytest.mark.slow
def test_every_command_speaks_where_packages_are_missing(lived):
    shutil.copytree(CAMERAS, lived.root / "scheduler_runner" / "tasks" / "cameras", dirs_exist_ok=True)
    shutil.copy(PROJECT / "requirements.txt", lived.root)
    without_zone = INI.replace(f"timezone = {ZONE.key}\n", "")  # on Windows a zone is a package, too
    (lived.root / "pvz_config.ini").write_text(without_zone, "utf-8")
    standard_library_alone = "-S"
    command = [sys.executable, standard_library_alone, "-c", ASK_ALL, json.dumps(CALLS), str(lived.root)]
    environ = {**lived.environ, "PYTHONPATH": str(lived.root)}
    asked = subprocess.run(command, cwd=lived.root, env=environ, capture_output=True, encoding="utf-8", check=False)
    assert asked.returncode == 0, asked.stderr
    answers = answers_in(asked.stdout)
    for name in ("status", "doctor"):
        assert "package psutil is missing" in answers[name][1]
    assert "182: something is wrong" in answers["status"][1]
    assert "task cannot run, a package is missing" in answers["run"][1] and "Traceback" not in lived.log()
    assert os.path.isfile(lived.root / "support.zip")


@pytest.fixture
def ask_without_root(tmp_path):
    """Return a function that asks a point all commands as an account that may not everything: not as root."""
    if sys.platform == "win32":
        pytest.skip("POSIX's rights")
    home = tmp_path / "home"
    home.mkdir()
    python, account = sys.executable, {}
    if IS_ROOT:
        give(home)
        # Python of the system: the one of a virtual environment may lie where nobody but root comes.
        python, account = "/usr/bin/python3", {"user": OTHER, "group": OTHER, "extra_groups": []}
    packages = os.path.dirname(os.path.dirname(psutil.__file__))

    def ask(point) -> "dict[str, tuple[int, str]]":
        for folder in (point.root, tmp_path, *tmp_path.parents):
            if folder == point.root or folder.name.startswith(("pytest-", "popen-", "test_")):
                folder.chmod(0o755)
        environ = {**point.environ, "HOME": str(home), "PYTHONPATH": os.pathsep.join([str(point.root), packages])}

        def run(code: str) -> subprocess.CompletedProcess:
            command = [python, "-c", code, json.dumps(CALLS), str(home)]
            return subprocess.run(command, cwd=point.root, env=environ, capture_output=True, text=True, check=False,
                                  timeout=300, **account)  # fmt: skip

        if run("import cronsim, psutil, scheduler_runner.__main__").returncode:
            pytest.skip("no Python here that another account may start")
        asked = run(ASK_ALL)
        assert asked.returncode == 0, asked.stderr
        return answers_in(asked.stdout)

    return ask


def give(path) -> None:
    """Let it be the account's as which root's tests ask."""
    if IS_ROOT:
        os.chown(path, OTHER, OTHER)


def answers_in(out: str) -> "dict[str, tuple[int, str]]":
    """Return exit code and words of each command, which are defined and no traceback."""
    answers = json.loads(out.splitlines()[-1])
    for name, (code, said) in answers.items():
        assert code in DEFINED, (name, code, said)
        assert said and "Traceback" not in said, (name, said)
    return answers


@pytest.mark.slow
@pytest.mark.skipif(not IS_ROOT, reason="only root can be two accounts")
def test_every_command_speaks_where_the_ledger_is_another_accounts(new_point, ask_without_root):
    """What lies in ``logs`` is root's, whose tick it was, and closed to the one who asks."""
    shutil.copytree(CAMERAS, new_point.root / "scheduler_runner" / "tasks" / "cameras", dirs_exist_ok=True)
    assert new_point.run("--user", "operator").returncode == 1
    (new_point.logs / "operator").chmod(0o700)
    answers = ask_without_root(new_point)
    for name in ASKS_LEDGER:
        assert "ledger" in answers[name][1]
    for name in ("run", "stop", "pause", "mute"):
        assert answers[name][0] != 0, (name, answers[name])
        assert "operator" in answers[name][1], (name, answers[name])


@pytest.mark.slow
def test_every_command_speaks_where_its_accounts_logs_are_read_only(lived, ask_without_root):
    shutil.copytree(CAMERAS, lived.root / "scheduler_runner" / "tasks" / "cameras", dirs_exist_ok=True)
    for path in (lived.logs, *lived.logs.rglob("*")):
        give(path)
        path.chmod(path.stat().st_mode & ~0o222)
    before = {path: path.stat().st_mtime_ns for path in lived.logs.rglob("*")}
    answers = ask_without_root(lived)
    assert {path: path.stat().st_mtime_ns for path in lived.logs.rglob("*")} == before
    for name in ("run", "pause", "mute"):  # what had to be written there was not
        assert answers[name][0] != 0, (name, answers[name])
    assert "Copy: how this run ended is not on record" in answers["run"][1]  # and not how the one before ended
    for name in ASKS_LEDGER:  # it can be read
        assert answers[name][0] == 0, (name, answers[name])
