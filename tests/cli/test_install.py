"""Entries put into Task Scheduler, updated, looked at and taken out; elsewhere the crontab's line."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from config.launcher import pvz
from scheduler_runner.__main__ import main
from scheduler_runner.cli import install
from scheduler_runner.rights.accounts import current_account, is_privileged, sid_of
from scheduler_runner.setup import schtasks
from scheduler_runner.setup.task_entry import SETTINGS, Logon, Wish, entry_path, wanted_entry
from scheduler_runner.setup.task_service import registered
from scheduler_runner.setup.task_xml import from_xml, seconds_of
from tests.conftest import INI, ZONE, entry
from tests.setup.conftest import on_posix, on_windows

USER = f"pvz-test-{os.getpid()}"
# An administrator has to say whose entry it is, where no account is called as the user is.
ACCOUNT = ("--account", current_account())
# What Wine's Task Scheduler forgets of what it was given; Windows keeps all.
FORGOTTEN = ("MultipleInstancesPolicy", "IdleSettings/StopOnIdleEnd")


@pytest.fixture
def point(project):
    """Return the project, at a path with a blank and Cyrillic letters, with one task."""
    project.schedule(entry("Job", "pass", user=USER, timeout=7200))
    for name in ("PUBLIC", "USERPROFILE", "LOCALAPPDATA", "APPDATA"):
        project.environ.pop(name, None)  # so that the Python which runs this may lie anywhere
    return project


def run(project, *arguments: str) -> "tuple[int, str]":
    """Run a command; through a file: services that it starts on Windows would hold a pipe open."""
    path = project.root / "out.txt"
    with open(path, "wb") as file:
        command = [sys.executable, "-m", "scheduler_runner", *arguments]
        ran = subprocess.run(
            command,
            cwd=project.root,
            env=project.environ,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            check=False,
        )
    return ran.returncode, path.read_text("utf-8")


@on_posix
def test_crontab_line_is_printed_with_the_ini(point):
    ini = point.root / "свой pvz.ini"
    ini.write_text(INI, "utf-8")
    code, shown = run(point, "install", "--user", USER, "--every", "10", "--config", str(ini))
    assert code == 0, shown
    line = shown.splitlines()[1]
    assert line.startswith(f"*/10 * * * * cd '{point.root}' && ")
    assert line.endswith(f"-m scheduler_runner.runner --user {USER} --config '{ini}'")
    assert run(point, "uninstall", "--user", USER)[1].startswith("remove the line with this")


@pytest.mark.slow
@on_posix
def test_printed_line_runs_the_tasks_with_that_ini(point):
    ini = point.root / "свой pvz.ini"
    ini.write_text(INI.replace("182", "999"), "utf-8")
    point.schedule(entry("Job", "import os; print(os.environ['PVZ_ID'], os.environ['PVZ_CONFIG_PATH'])", user=USER))
    line = run(point, "install", "--user", USER, "--config", str(ini))[1].splitlines()[1]
    ran = subprocess.run(["sh", "-c", line.split(" ", 5)[5] + " --task Job"], env=point.environ, check=False)
    assert ran.returncode == 0
    assert f"999 {ini}" in point.log("demo_Job", USER)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ([], 2, "answer it on a console, or name --user operator"),
        (["--user", "a/b"], 2, "cannot be an account's name"),
        (["--user", "nobody"], 2, "user 'nobody' has no task: pvz-test-"),
        (["--user", "{USER}", "--every", "61"], 2, "one of 1, 2, 3"),
        (
            ["--user", "{USER}", "--account", "no such account"],
            2,
            "account 'no such account' is not known here, or is none of a person",
        ),
        (["--user", "{USER}", "--config", "none.ini"], 3, "none.ini: cannot be read"),
        (["--user", "{USER}", "--logon", "magic"], 2, "invalid choice"),
        (["--user", "{USER}", *ACCOUNT, "--xml", "no/such/folder/x.xml"], 3, "another --xml FILE would be right"),
    ],
)
def test_wrong_wish_is_told_in_one_sentence(point, arguments, code, told):
    answer, shown = run(point, "install", *(USER if argument == "{USER}" else argument for argument in arguments))
    assert answer == code, shown
    assert told in shown


@pytest.mark.parametrize("logon", list(Logon))
def test_xml_is_written_and_nothing_registered(point, logon):
    path = point.root / "запись.xml"
    wish = ["--logon", logon.value, *ACCOUNT, "--xml", str(path)]
    assert "would write" in run(point, "install", "--user", USER, *wish, "--dry-run")[1]
    assert not path.exists()
    code, shown = run(point, "install", "--user", USER, *wish)
    assert code == 0, shown
    assert " ".join(logon.consequence.split()[:5]) in " ".join(shown.split())
    written = from_xml(path.read_bytes())
    account = sid_of(current_account())
    assert written.working_dir == str(point.root)
    assert (written.user, written.logon, written.every_minutes) == (USER, logon, 5)
    assert written.settings["ExecutionTimeLimit"] == "PT180M"
    assert written.account == ("S-1-5-18" if logon is Logon.SYSTEM else account)
    assert os.path.isabs(written.command) and os.path.isfile(written.command)
    if sys.platform == "win32":
        assert Path(written.command).name == "pythonw.exe"
        assert registered(entry_path(USER)) is None


def test_tick_minutes_of_the_ini_is_the_interval(point):
    (point.root / "pvz_config.ini").write_text(INI + "tick_minutes = 12\n", "utf-8")
    run(point, "install", "--user", USER, *ACCOUNT, "--xml", "x.xml")
    assert from_xml((point.root / "x.xml").read_bytes()).every_minutes == 12


@pytest.mark.slow
def test_harden_shows_its_plan_and_changes_nothing(point):
    before = {path: path.stat().st_mode for path in point.root.rglob("*")}
    code, shown = run(point, "install", "--harden", "--dry-run")
    assert code == 0, shown
    assert f"  {subprocess.list2cmdline([sys.executable])} -I -m compileall" in shown
    assert ("icacls" if sys.platform == "win32" else "chown") in shown
    assert all(path.stat().st_mode == mode for path, mode in before.items())
    assert not (point.root / "logs").exists()


@pytest.mark.slow
def test_who_lacks_rights_gets_one_sentence_with_the_command(ini, mocker, capsys):
    ini()
    mocker.patch.object(install, "is_privileged", return_value=False)
    assert main(["install", "--harden"]) == 1
    told, command = capsys.readouterr().err.splitlines()
    assert told.startswith("error: administrator's rights are needed: ")
    assert command.endswith(pvz("install --harden"))


def test_refusal_of_schtasks_is_a_matter_of_rights_or_told_in_its_words(mocker, tmp_path):
    wish = Wish("operator", "S-1-5-18", Logon.S4U, 5)
    failing = mocker.patch.object(schtasks, "run_program")
    failing.return_value.exit_code, failing.return_value.out, failing.return_value.err = 1, "", "ОШИБКА: нет\r\nтакого"
    mocker.patch.object(schtasks, "is_privileged", return_value=False)
    target = wanted_entry(wish, "pythonw", str(tmp_path))
    with pytest.raises(schtasks.SchedulerError, match=r"(?s)rights are needed.*install --user operator --logon s4u"):
        schtasks.register(target, wish.command())
    schtasks.is_privileged.return_value = True
    with pytest.raises(schtasks.SchedulerError, match="schtasks refused \\(exit code 1\\): ОШИБКА: нет такого"):
        schtasks.register(target, wish.command())


@on_windows
@pytest.mark.parametrize("name", [os.environ.get("COMPUTERNAME", "PC"), "S-1-5-32-545", "S-1-1-0", "S-1-5-21-1-2-3-9"])
def test_what_is_no_persons_account_is_refused(point, name):
    code, shown = run(point, "install", "--user", USER, "--account", name, "--xml", "x.xml")
    assert code == 2
    assert f"account {name!r} is not known here, or is none of a person" in shown
    assert not (point.root / "x.xml").exists()


@on_windows
def test_administrator_has_to_say_whose_entry_it_is(point):
    if not is_privileged():
        pytest.skip("this process has no administrator's rights")
    code, shown = run(point, "install", "--user", USER, "--xml", "x.xml")
    assert code == 2
    assert f"account {USER!r} is not known here" in shown and "--account" in shown


@pytest.mark.slow
@on_posix
def test_account_that_is_taken_as_none_has_the_users_name_is_told(point):
    assert f"note: no account is called {USER}" in run(point, "install", "--user", USER, "--xml", "x.xml")[1]


@on_windows
def test_ordinary_account_is_refused_before_windows_does(mocker, capsys):
    mocker.patch.object(install, "is_privileged", return_value=False)
    assert main(["install", "--user", "system"]) == 1
    assert capsys.readouterr().err.endswith("\n" + pvz("install --user system") + "\n")


def test_password_is_asked_for_by_schtasks_itself(tmp_path):
    target = wanted_entry(Wish("operator", sid_of(current_account()), Logon.PASSWORD), "pythonw", str(tmp_path))
    assert schtasks.create_command(target, "x.xml")[-4:] == ["/RU", current_account(), "/RP", "*"]


@on_windows
def test_entry_is_registered_read_back_updated_and_removed(point):
    """Wine's Task Scheduler keeps settings alone: what it forgets is compared where it is kept."""
    path = entry_path(USER)
    assert registered(path) is None
    try:
        for every in ("5", "10"):
            code, shown = run(point, "install", "--user", USER, *ACCOUNT, "--every", every)
            assert code == 0, shown
            assert f"registered {path}" in shown
        there = registered(path)
        assert there is not None
        read = from_xml(there.xml, there.path)
        assert read.path == path
        wanted = {name: setting.wanted for name, setting in SETTINGS.items() if name not in FORGOTTEN}
        wanted["ExecutionTimeLimit"] = read.settings["ExecutionTimeLimit"]
        assert seconds_of(wanted["ExecutionTimeLimit"]) == 7200 + 3600
        assert {name: read.settings[name] for name in wanted} == wanted
        if read.command:
            code, shown = run(point, "install", "--user", USER, *ACCOUNT, "--every", "10", "--xml", "x.xml")
            assert read == replace(from_xml((point.root / "x.xml").read_bytes()), path=path, settings=read.settings)
        code, shown = run(point, "doctor", "--json")
        assert code == 1
        told = json.loads(shown)
        assert any(finding["check"] == "entries" and path in finding["what"] for finding in told["findings"])
        assert not any("no entry starts its runner" in finding["what"] for finding in told["findings"])
        assert run(point, "uninstall", "--user", USER, "--dry-run") == (0, f"would remove the entry {path}\n")
        assert registered(path) is not None
    finally:
        code, shown = run(point, "uninstall", "--user", USER)
    assert code == 0, shown
    assert registered(path) is None
    assert "there is no entry" in run(point, "uninstall", "--user", USER)[1]


@on_windows
def test_written_command_line_starts_the_runner_with_its_ini(point):
    """Start what the entry says as Windows does: one command line, in its folder."""
    ini = point.root / "свой пункт" / "pvz.ini"
    ini.parent.mkdir()
    ini.write_text(INI.replace("182", "999"), "utf-8")
    point.schedule(entry("Job", "import os; print(os.environ['PVZ_ID'])", user=USER))
    assert run(point, "install", "--user", USER, *ACCOUNT, "--config", str(ini), "--xml", "x.xml")[0] == 0
    written = from_xml((point.root / "x.xml").read_bytes())
    line = f'"{written.command}" {written.arguments} --task Job'
    assert subprocess.run(line, cwd=written.working_dir, env=point.environ, check=False).returncode == 0
    assert "999" in point.log("demo_Job", USER)


@on_windows
def test_changed_setting_of_a_registered_entry_is_found(point):
    path = entry_path(USER)
    try:
        assert run(point, "install", "--user", USER, *ACCOUNT, "--xml", "x.xml")[0] == 0
        text = (point.root / "x.xml").read_bytes().decode("utf-16")
        changed = text.replace("<ExecutionTimeLimit>PT180M", "<ExecutionTimeLimit>PT72H")
        (point.root / "x.xml").write_bytes(b"\xff\xfe" + changed.encode("utf-16-le"))
        created = schtasks.run_program(["schtasks", "/Create", "/TN", path, "/XML", str(point.root / "x.xml"), "/F"])
        assert created.exit_code == 0
        assert "ExecutionTimeLimit is PT72H, not PT180M" in " ".join(run(point, "doctor")[1].split())
    finally:
        run(point, "uninstall", "--user", USER)


@pytest.mark.slow
def test_doctor_tells_in_lines_and_in_json_and_by_its_exit_code(point):
    code, shown = run(point, "doctor")
    assert code == 1
    assert f"drift: user {USER}: no tick is on record" in shown
    assert shown.splitlines()[-1].endswith("drifts")
    code, shown = run(point, "doctor", "--json")
    told = json.loads(shown)
    assert (code, told["ok"]) == (1, False)
    assert {"check", "what", "cure", "is_drift"} == set(told["findings"][0])


@pytest.mark.slow
@on_posix
def test_doctor_is_content_with_a_point_that_is_well(point, tmp_path):
    """Set up as the commands say: the crontab's line, a tick."""
    (point.root / "requirements.txt").write_text("psutil>=6\n")
    line = run(point, "install", "--user", USER)[1].splitlines()[1]
    program = tmp_path / "bin" / "crontab"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{line}\nEND\n")
    program.chmod(0o755)
    chosen = "[notices]\nchannels = off\n"
    ini = INI.replace(f"timezone = {ZONE.key}", "").replace("= test", "= production") + chosen
    (point.root / "pvz_config.ini").write_text(ini, "utf-8")
    point.environ["PATH"] = f"{program.parent}{os.pathsep}{point.environ['PATH']}"
    assert point.run("--user", USER).returncode == 0
    code, shown = run(point, "doctor")
    assert code == 0 and shown.splitlines()[-1].endswith(" checks, 0 drifts"), shown
