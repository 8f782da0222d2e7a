import os
import subprocess
import sys

import pytest

from scheduler_runner.errors import ConfigError
from scheduler_runner.system.shell_scripts import own_program
from tests.conftest import entry

SHELL_SCRIPT = "clean.cmd" if sys.platform == "win32" else "clean.sh"


@pytest.mark.parametrize("name", ["clean.cmd", "Clean.BAT", "clean.sh", "tool.exe"])
def test_program_beside_the_task_is_named_by_its_whole_path(tmp_path, name):
    (tmp_path / name).write_text("")
    assert own_program([name, "a b", "1"], str(tmp_path)) == [str(tmp_path / name), "a b", "1"]


@pytest.mark.parametrize("command", [["robocopy", "a"], ["sub/clean.cmd"], [sys.executable, "-c", "pass"], ["7z.exe"]])
def test_other_command_stays_as_it_is(tmp_path, command):
    assert own_program(command, str(tmp_path)) == command


@pytest.mark.parametrize("name", ["clean.cmd", "clean.bat", "clean.ps1", "clean.sh"])
def test_script_that_is_not_there_is_told_with_the_place_where_it_was_looked_for(tmp_path, name):
    with pytest.raises(ConfigError) as caught:
        own_program([name], str(tmp_path))
    beside = os.path.join(str(tmp_path), name)
    assert str(caught.value) == (
        f"command {name!r} does not exist at {beside}: a file there, or the whole path, would be right"
    )


def test_script_on_the_path_is_found_there(tmp_path, monkeypatch):
    script = tmp_path / "bin" / SHELL_SCRIPT
    script.parent.mkdir()
    script.write_text("")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(script.parent))
    assert own_program([SHELL_SCRIPT], str(tmp_path)) == [SHELL_SCRIPT]


def test_powershell_script_is_started_by_powershell_or_one_sentence_says_why_not(tmp_path, monkeypatch):
    (tmp_path / "clean.ps1").write_text("")
    if sys.platform != "win32":
        monkeypatch.setenv("PATH", "")
        with pytest.raises(ConfigError, match=r"command 'clean.ps1' needs PowerShell, and there is no pwsh here"):
            own_program(["clean.ps1"], str(tmp_path))
        return
    command = own_program(["clean.ps1", "-Days", "30"], str(tmp_path))
    assert command[0].lower().endswith(r"\system32\windowspowershell\v1.0\powershell.exe")
    assert command[-4:] == ["-File", str(tmp_path / "clean.ps1"), "-Days", "30"]


@pytest.mark.slow
def test_shell_script_beside_the_task_runs_with_its_arguments_and_exit_code(project):
    project.schedule(entry("Clean", "", command=[SHELL_SCRIPT, "D: и O:"], ok_codes=[7]))
    script = project.root / "scheduler_runner" / "tasks" / "demo" / SHELL_SCRIPT
    if sys.platform == "win32":
        script.write_text("@echo cleaning %1\r\n@exit /b 7\r\n")
    else:
        script.write_text('#!/bin/sh\necho "cleaning $1"\nexit 7\n')
        script.chmod(0o755)
    assert project.run("--user", "operator").returncode == 0, project.log()
    assert "cleaning " in project.log("demo_Clean")
    assert "D: и O:" in project.log("demo_Clean")


def test_powershell_script_beside_the_task_runs_with_its_arguments_and_exit_code(project):
    powershell = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"
    answers = os.path.exists(powershell) and subprocess.run([powershell, "-Command", "exit 7"], check=False).returncode
    if answers != 7:
        pytest.skip("no PowerShell that answers")  # Wine has a program of that name that does nothing
    project.schedule(entry("Clean", "", command=["clean.ps1", "-Days", "30"], ok_codes=[7]))
    script = project.root / "scheduler_runner" / "tasks" / "demo" / "clean.ps1"
    script.write_text('param($Days)\r\nWrite-Output "keeping $Days days"\r\nexit 7\r\n')
    assert project.run("--user", "operator").returncode == 0, project.log()
    assert "keeping 30 days" in project.log("demo_Clean")
