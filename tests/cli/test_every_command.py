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
from scheduler_runner.cli.commands import COMMANDS
from scheduler_runner.errors import ExitCode
from tests.conftest import INI, PROJECT

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
"""It has an INI and ledgers of its own, and its own test."""
ASKS_LEDGER = {"list", "why", "history"}
DEFINED = {int(code) for code in ExitCode} - {int(ExitCode.INTERRUPTED), int(ExitCode.TERMINATED)}
CAMERAS = PROJECT / "scheduler_runner" / "tasks" / "cameras"
OTHER = 54321
NO_LEDGER = b"no database, whatever its name says" * 100


def test_every_command_is_asked_here():
    assert CALLS.keys() | ON_ITS_OWN == COMMANDS.keys()


def spoken(capsys, code: int) -> str:
    """Return what a command said, which is a sentence, with an exit code that docs name."""
    said = capsys.readouterr()
    assert code in DEFINED
    assert "Traceback" not in said.out + said.err
    assert said.out + said.err != ""
    return said.out + said.err


@pytest.mark.slow
@pytest.mark.parametrize("command", CALLS)
def test_command_speaks_where_something_is_missing(new_point, capsys, monkeypatch, command):
    monkeypatch.chdir(new_point.root)
    call = [command, *CALLS[command]]
    spoken(capsys, main(call))  # no ledger
    folder = new_point.logs / "operator"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ledger.sqlite3").write_bytes(NO_LEDGER)
    told = spoken(capsys, main(call))
    if command in ASKS_LEDGER:
        assert "ledger" in told
    if command != "run":  # a tick sets it aside
        assert (folder / "ledger.sqlite3").read_bytes() == NO_LEDGER
    monkeypatch.setenv("PVZ_CONFIG_PATH", str(new_point.root / "none.ini"))
    base_config.point.cache_clear()
    assert "none.ini" in spoken(capsys, main(call)) or command in ("support", "resume", "install", "uninstall")
    with closed_pipe(monkeypatch):
        assert main(call) in DEFINED
    assert "Traceback" not in capsys.readouterr().err


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
    without_zone = INI.replace("timezone = Europe/Moscow\n", "")  # on Windows a zone is a package, too
    (lived.root / "pvz_config.ini").write_text(without_zone, "utf-8")
    standard_library_alone = "-S"
    command = [sys.executable, standard_library_alone, "-c", ASK_ALL, json.dumps(CALLS), str(lived.root)]
    environ = {**lived.environ, "PYTHONPATH": str(lived.root)}
    asked = subprocess.run(command, cwd=lived.root, env=environ, capture_output=True, encoding="utf-8", check=False)
    assert asked.returncode == 0, asked.stderr
    answers = json.loads(asked.stdout.splitlines()[-1])
    for name, (code, said) in answers.items():
        assert code in DEFINED, (name, code, said)
        assert said and "Traceback" not in said, (name, said)
    for name in ("status", "doctor"):
        assert "package psutil is missing" in answers[name][1]
    assert "182: something is wrong" in answers["status"][1]
    assert "task cannot run, a package is missing" in answers["run"][1] and "Traceback" not in lived.log()
    assert os.path.isfile(lived.root / "support.zip")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can be two accounts")
def test_every_command_speaks_where_the_ledger_is_another_accounts(new_point, tmp_path):
    """What lies in ``logs`` is root's, whose tick it was, and closed to the one who asks."""
    shutil.copytree(CAMERAS, new_point.root / "scheduler_runner" / "tasks" / "cameras", dirs_exist_ok=True)
    assert new_point.run("--user", "operator").returncode == 1
    new_point.root.chmod(0o755)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.name.startswith(("pytest-", "popen-", "test_")):
            folder.chmod(0o755)
    (new_point.logs / "operator").chmod(0o700)
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, OTHER, OTHER)
    packages = os.path.dirname(os.path.dirname(psutil.__file__))
    environ = {**new_point.environ, "HOME": str(home), "PYTHONPATH": os.pathsep.join([str(new_point.root), packages])}

    def ask(code: str) -> subprocess.CompletedProcess:
        # Python of the system: the one of a virtual environment may lie where nobody but root comes.
        command = ["/usr/bin/python3", "-c", code, json.dumps(CALLS), str(home)]
        return subprocess.run(command, cwd=new_point.root, env=environ, user=OTHER, group=OTHER, extra_groups=[],
                              capture_output=True, text=True, check=False, timeout=300)  # fmt: skip

    if ask("import cronsim, psutil, scheduler_runner.__main__").returncode:
        pytest.skip("no Python here that another account may start")
    asked = ask(ASK_ALL)
    assert asked.returncode == 0, asked.stderr
    answers = json.loads(asked.stdout.splitlines()[-1])
    for name, (code, said) in answers.items():
        assert code in DEFINED, (name, code, said)
        assert said and "Traceback" not in said, (name, said)
    for name in ASKS_LEDGER:
        assert "ledger" in answers[name][1]
    for name in ("run", "stop", "pause", "mute"):
        assert answers[name][0] != 0, (name, answers[name])
        assert "operator" in answers[name][1], (name, answers[name])
