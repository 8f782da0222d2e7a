"""Each thing that the doctor looks at, made wrong and found."""

import os
import subprocess
import sys
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from config.base_config import Point, load_point
from config.launcher import pvz, runner_command
from scheduler_runner.doctor import checks_entries, checks_point
from scheduler_runner.doctor.checks import CHECKS, look
from scheduler_runner.doctor.checks_configuration import (
    check_choices,
    check_collisions,
    check_configuration,
    check_tasks,
)
from scheduler_runner.doctor.checks_entries import (
    check_config_variable,
    check_entries,
    check_history,
    check_results,
    environment_findings,
)
from scheduler_runner.doctor.checks_online import check_clock_online, check_telegram
from scheduler_runner.doctor.checks_point import (
    check_clock,
    check_network_root,
    check_packages,
    check_recording_roots,
    check_space,
    check_ticks,
    check_write_rights,
)
from scheduler_runner.doctor.patient import Check, Finding
from scheduler_runner.errors import SchedulerError
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.schedule_config import Problem, Schedule, load_schedule
from scheduler_runner.setup.task_entry import Logon
from scheduler_runner.setup.task_xml import from_xml
from tests.bot_api import FORBIDDEN, TOKEN, BotApi
from tests.conftest import PROJECT, python_task
from tests.setup.conftest import on_posix, on_windows, own_xml, texts

CAMERAS = (python_task("pass")._replace(domain="cameras"),)


@pytest.fixture
def crontab(tmp_path, monkeypatch):
    """Return a function that gives this account a crontab, through a program of that name."""

    def write(*lines: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        program = folder / "crontab"
        program.write_text("#!/bin/sh\ncat <<'END'\n" + "\n".join(lines) + "\nEND\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)

    return write


def camera_ini(ini, root, network_root: str, more: str = "") -> Path:
    return ini(
        f"[DEFAULT]\nPVZ_ID = 182\nENV_MODE = production\n[cameras]\nlocal_roots = {root}\n"
        f"network_root = {network_root}\n{more}\n"
    )


def note_tick(patient, started_at: float) -> None:
    folder = Path(patient.logs_root, "operator")
    folder.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(str(folder / "ledger.sqlite3"))
    ledger.note_idle_tick(started_at, started_at, 1, 0)
    ledger.close()


@on_windows
def test_user_without_an_entry_and_user_with_two_are_found(patient):
    assert any("no entry starts its runner" in text for text in texts(check_entries(patient())))
    right = own_xml(patient())
    second = right.replace(r"\PVZ scheduler\operator</URI>", r"\камеры</URI>")
    found = [text for text in texts(check_entries(patient(right, second))) if "two entries" in text]
    (found,) = found
    assert r"schtasks /Delete /TN \камеры /F" in found


@on_windows
def test_entry_that_an_ordinary_account_may_not_see_is_no_drift(patient, mocker):
    mocker.patch.object(checks_entries, "is_privileged", return_value=False)
    (found,) = check_entries(patient())
    assert (str(found.cure), found.is_drift) == ("ask as administrator", False)


@on_posix
def test_crontab_without_a_line_with_another_and_with_two_is_found(patient, crontab):
    from scheduler_runner.setup.crontab import crontab_line
    from scheduler_runner.setup.task_entry import Wish

    root = patient().project_root
    right = crontab_line(Wish("operator", ""), os.path.abspath(sys.executable), root)
    crontab("# " + right)
    assert "no line of this account's crontab" in texts(check_entries(patient()))[0]
    crontab(right)
    assert texts(check_entries(patient())) == []
    crontab(right.replace("*/5", "*/9"))
    assert "is not the one that install prints: */9" in texts(check_entries(patient()))[0]
    crontab(right, right)
    assert "2 lines of the crontab" in texts(check_entries(patient()))[0]


def test_entry_of_a_user_without_tasks_is_found(patient):
    stray = own_xml(patient()).replace("operator", "nobody")
    found = texts(check_entries(patient(stray)))
    assert any("has no enabled task -> " + pvz("uninstall --user nobody") in text for text in found)


def test_task_scheduler_that_does_not_answer_is_told_and_is_a_drift(patient):
    (found,) = check_entries(patient(entries=None, silence=SchedulerError("ask as administrator")))
    assert (str(found.what), str(found.cure), found.is_drift) == (
        "no entries could be looked at",
        "ask as administrator",
        True,
    )
    (found, *_) = check_entries(patient(silence=SchedulerError("ask as administrator")))
    assert (str(found.what), found.is_drift) == ("not all entries could be looked at", False)


def test_drift_of_an_entry_is_told_by_the_check(patient):
    point = patient()
    assert not [text for text in texts(check_entries(patient(own_xml(point)))) if "entry \\PVZ" in text]
    (found,) = [
        text
        for text in texts(check_entries(patient(own_xml(point).replace("Parallel", "Queue"))))
        if "entry \\PVZ" in text
    ]
    assert "MultipleInstancesPolicy is Queue" in found


def test_interval_is_compared_with_the_ini(patient):
    slow = patient(own_xml(patient(), every_minutes=5), point=Point("182", "production", tick_minutes=10))
    assert any("every 5 minutes, the INI's tick_minutes is 10" in text for text in texts(check_entries(slow)))


@pytest.mark.slow
def test_virtual_environment_that_moved_is_found(patient, tmp_path):
    old, new = tmp_path / "старая .venv", tmp_path / "new .venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(old)], check=True)
    names = (("bin", "python"), ("Scripts", "pythonw.exe"), ("Scripts", "python.exe"))
    python = next((path for name in names if (path := old.joinpath(*name)).exists()), None)
    if python is None:
        pytest.skip("the Python that runs under Wine has no launcher to make a virtual environment with")
    entry = from_xml(own_xml(patient()).replace(_command(patient), str(python)))
    assert texts(environment_findings(entry)) == []
    old.rename(new)
    (found,) = texts(environment_findings(entry))
    assert "has moved or is gone -> make it anew" in found


def test_base_python_that_is_gone_is_found(patient, tmp_path):
    python = tmp_path / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("")
    gone = tmp_path / "Python 3.9"
    (tmp_path / "venv" / "pyvenv.cfg").write_text(f"home = {gone}\n", "utf-8")
    entry = from_xml(own_xml(patient()).replace(_command(patient), str(python)))
    (found,) = texts(environment_findings(entry))
    assert f"the Python in {gone}, which its virtual environment needs, is gone" in found


def _command(patient) -> str:
    return from_xml(own_xml(patient())).command


@pytest.mark.parametrize(
    ("logon", "network_root", "told"),
    [
        (Logon.INTERACTIVE, "O:/cameras", ""),
        (Logon.PASSWORD, r"\\nas\cameras", ""),
        (Logon.PASSWORD, "O:/cameras", "mapped drives need a person"),
        (Logon.S4U, r"\\nas\cameras", "that kind of logon has no network"),
        (Logon.SYSTEM, "O:/cameras", "mapped drives need a person"),
    ],
)
def test_logon_that_cannot_reach_the_network_root_is_found(
    patient, ini, tmp_path, monkeypatch, logon, network_root, told
):
    monkeypatch.setattr(checks_entries, "network_root_of", lambda patient: network_root)
    point = patient(own_xml(patient(), logon=logon), schedule=Schedule(CAMERAS, ()))
    found = [text for text in texts(check_entries(point)) if "cannot reach" in text]
    assert len(found) == bool(told)
    assert all(told in text and network_root in text for text in found)


def test_variable_that_names_another_ini_than_the_entry_is_found(patient, monkeypatch):
    point = patient(own_xml(patient(), config=r"C:\ProgramData\pvz\pvz.ini"))
    monkeypatch.setenv("PVZ_CONFIG_PATH", r"c:\programdata\PVZ\pvz.ini")
    assert texts(check_config_variable(point)) == []
    monkeypatch.setenv("PVZ_CONFIG_PATH", r"D:\pvz.ini")
    (found,) = texts(check_config_variable(point))
    assert 'setx PVZ_CONFIG_PATH "C:\\ProgramData\\pvz\\pvz.ini"' in found


@pytest.mark.parametrize(
    ("result", "told", "is_drift"),
    [
        (0, "", False),
        (0x41301, "", False),
        (None, "its last result is unknown", False),
        (0x41303, "0x41303: it has never run", False),
        (1, "last result 1: a task failed", True),
        (0x80070002, "0x80070002: the program was not found", True),
    ],
)
def test_last_result_is_told(patient, result, told, is_drift):
    found = list(check_results(patient(own_xml(patient()), last_result=result)))
    assert len(found) == bool(told)
    assert all(told in str(finding.what) and finding.is_drift is is_drift for finding in found)


@on_windows
def test_history_switched_off_is_found(patient, monkeypatch):
    import winreg

    monkeypatch.setattr(checks_entries, "HISTORY_KEY", r"SOFTWARE\pvz test")
    try:
        with winreg.CreateKeyEx(
            winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\pvz test", 0, winreg.KEY_WRITE | winreg.KEY_WOW64_64KEY
        ) as key:
            winreg.SetValueEx(key, "Enabled", 0, winreg.REG_DWORD, 1)
            assert texts(check_history(patient())) == []
            winreg.SetValueEx(key, "Enabled", 0, winreg.REG_DWORD, 0)
            assert "wevtutil set-log" in texts(check_history(patient()))[0]
    finally:
        winreg.DeleteKeyEx(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\pvz test", winreg.KEY_WOW64_64KEY, 0)
    assert "wevtutil set-log" in texts(check_history(patient()))[0]


def test_missing_and_old_packages_are_found(patient):
    point = patient()
    Path(point.project_root, "requirements.txt").write_text(
        "# why\npsutil>=6,<8\nno-such-package[x]>=1\nrich<1\nother-system; sys_platform == 'plan9'\n\n# Tests\nnone-at-all\n"
    )
    missing, old = texts(check_packages(point))
    assert "package no-such-package is missing -> " in missing and "pip install -r" in missing
    assert "package rich is" in old and "<1 is needed" in old
    Path(point.project_root, "requirements.txt").unlink()
    assert "cannot be read" in texts(check_packages(point))[0]


def test_project_s_own_requirements_are_fulfilled(patient):
    project = str(Path(__file__).resolve().parent.parent.parent)
    assert texts(check_packages(patient(project_root=project))) == []


def test_broken_ini_camera_section_and_configuration_file_are_found(patient, ini):
    assert texts(check_configuration(patient())) == []
    problem = Problem("tasks/demo_config.py", "name is missing", "#1")
    (found,) = texts(check_configuration(patient(schedule=Schedule((), (problem,)))))
    assert found == "tasks/demo_config.py, entry #1: name is missing -> mend tasks/demo_config.py"
    path = ini("[DEFAULT]\nPVZ_ID = 182\nENV_MODE = real\n")
    (found,) = texts(check_configuration(patient(config_path=str(path))))
    assert "ENV_MODE = 'real' is wrong" in found and f"mend {path}" in found
    path = ini("[DEFAULT]\nPVZ_ID = 182\nENV_MODE = test\n[cameras]\nmin_free = 3\n")
    (found,) = texts(check_configuration(patient(config_path=str(path))))
    assert "min_free is unknown" in found


def test_folder_that_cannot_be_written_to_is_found(patient):
    point = patient()
    assert texts(check_write_rights(point)) == []
    Path(point.logs_root).mkdir()
    Path(point.logs_root, "locks").write_text("")
    (found,) = texts(check_write_rights(point))
    assert "cannot write there (it is no folder) -> as administrator: " + pvz("install --harden") in found


@pytest.mark.skipif(
    sys.platform == "win32" or not hasattr(os, "geteuid") or os.geteuid() != 0,
    reason="needs root to become another account",
)
def test_account_without_rights_to_logs_and_recordings_is_found(patient, ini, tmp_path):
    camera = tmp_path / "D_camera"
    camera.mkdir()
    path = camera_ini(ini, camera, str(tmp_path / "O"))
    logs = Path(patient().logs_root, "operator")
    logs.mkdir(parents=True)
    script = (
        "import os, sys\nfrom scheduler_runner.doctor.checks_point import _write_problem\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "print([_write_problem(folder) for folder in sys.argv[1:]])"
    )
    tmp_path.chmod(0o755)
    for folder in (tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    ran = subprocess.run(
        [sys.executable, "-c", script, str(logs), str(camera)], capture_output=True, text=True, check=False
    )
    assert ran.stdout.strip() == "['Permission denied', 'Permission denied']", ran.stderr
    assert texts(check_write_rights(patient(config_path=str(path), schedule=Schedule(CAMERAS, ())))) == []


def test_only_the_own_accounts_logs_are_tried(patient):
    point = patient(own_xml(patient()))  # another account's entry
    Path(point.logs_root).mkdir()
    Path(point.logs_root, "operator").write_text("")
    assert texts(check_write_rights(point)) == []


def test_full_disk_is_found(patient, ini, tmp_path, monkeypatch):
    assert texts(check_space(patient())) == []
    monkeypatch.setattr(checks_point, "free_bytes", lambda folder: 1024**3 // 2)
    (found,) = texts(check_space(patient()))
    assert "0.5 GiB are free, 1 are needed" in found
    path = camera_ini(ini, tmp_path, str(tmp_path.parent / "O"))
    found = texts(check_space(patient(config_path=str(path))))
    assert any("20 are needed -> " + pvz("run CleanupLocal") in text for text in found)


def test_clock_behind_the_records_or_the_program_is_found(patient):
    point = patient()
    note_tick(point, point.now)
    assert texts(check_clock(point)) == []
    behind = patient(now=point.now - 10 * 86400)
    records, program = texts(check_clock(behind))
    assert "the newest record of user operator is of" in records
    assert "the program is of" in program


def test_zone_that_is_not_the_pc_s_is_found(patient):
    far = "Pacific/Kiritimati" if time.localtime().tm_gmtoff < 0 else "Pacific/Pago_Pago"
    (found,) = texts(check_clock(patient(point=Point("182", "production", timezone=far))))
    assert f"timezone {far}" in found and "mend timezone" in found


def test_network_root_that_is_away_or_hangs_is_found(patient, ini, tmp_path, monkeypatch):
    pytest.importorskip("scheduler_runner.tasks.cameras.settings")
    network = tmp_path / "O"
    path = str(camera_ini(ini, tmp_path / "D", str(network)))
    assert f"network root {network} is not reachable" in texts(check_network_root(patient(config_path=path)))[0]
    network.mkdir()
    assert texts(check_network_root(patient(config_path=path))) == []
    is_over = Event()
    monkeypatch.setattr(os.path, "isdir", lambda folder: is_over.wait())
    assert len(texts(check_network_root(patient(config_path=path), answer_seconds=0.1))) == 1
    is_over.set()


def test_recording_root_that_is_missing_is_found(patient, ini, tmp_path):
    root = tmp_path / "D"
    point = patient(config_path=str(camera_ini(ini, root, str(tmp_path / "O"))), schedule=Schedule(CAMERAS, ()))
    assert texts(check_recording_roots(point))[0].startswith(f"recording root {root} is not there -> connect its disk")
    root.mkdir()
    assert texts(check_recording_roots(point)) == []


def test_ledger_that_is_damaged_is_a_drift_and_another_accounts_is_none(patient, monkeypatch):
    point = patient()
    Path(point.logs_root, "operator").mkdir(parents=True)
    Path(point.logs_root, "operator", "ledger.sqlite3").write_text("no ledger " * 1000)
    (damaged,) = check_ticks(point)
    assert str(damaged.what).startswith("user operator: its ledger cannot be read: the ledger ")
    assert damaged.is_drift

    def refuse(*_: object, **__: object) -> None:  # root, who may run this, is refused by nobody
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(checks_point, "open_own", refuse)
    (others,) = check_ticks(point)
    assert str(others.what) == "user operator: its ledger cannot be read"
    assert not others.is_drift


@on_posix
def test_pipe_in_the_place_of_a_ledger_is_a_drift_and_not_waited_for(patient):
    point = patient()
    Path(point.logs_root, "operator").mkdir(parents=True)
    os.mkfifo(Path(point.logs_root, "operator", "ledger.sqlite3"))
    found: list = []
    thread = Thread(target=lambda: found.extend(check_ticks(point)), daemon=True)
    thread.start()
    thread.join(30)
    assert [each.is_drift for each in found] == [True]
    assert "is no plain file" in str(found[0].what)


def test_missing_and_old_ticks_are_found(patient):
    point = patient()
    assert "no tick is on record" in texts(check_ticks(point))[0]
    note_tick(point, point.now - 3600)
    assert "60 minutes ago -> " + runner_command("operator") in texts(check_ticks(point))[0]
    note_tick(point, point.now - 60)
    assert texts(check_ticks(point)) == []


@pytest.fixture
def server():
    """Return a function that starts a server whose clock is off by so many seconds; it answers its address."""
    servers = []

    def start(off_seconds: float, status: int = 200) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self):
                self.send_response(status)
                self.end_headers()

            def date_time_string(self, timestamp=None):
                return formatdate(time.time() + off_seconds, usegmt=True)

            def log_message(self, *_):
                pass

        servers.append(HTTPServer(("127.0.0.1", 0), Handler))
        Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}/"

    yield start
    for each in servers:
        each.shutdown()
        each.server_close()


@pytest.mark.parametrize(
    ("off_seconds", "status", "told"),
    [(0, 200, ""), (0, 404, ""), (3600, 200, "60 minutes slow"), (-3600, 404, "60 minutes fast")],
)
def test_clock_that_differs_from_a_server_s_is_found(patient, server, off_seconds, status, told):
    found = texts(check_clock_online(patient(), server(off_seconds, status)))
    assert len(found) == bool(told)
    assert all(told in text and "set the clock: " in text for text in found)


def test_server_that_does_not_answer_is_found(patient, free_port=9):
    (found,) = texts(check_clock_online(patient(), f"http://127.0.0.1:{free_port}/"))
    assert "does not answer" in found and "check the network" in found


def test_checks_that_ask_servers_are_known_as_such():
    assert [check.name for check in CHECKS if check.is_online] == ["clock online", "telegram"]


def test_check_that_lacks_a_package_is_a_note_and_the_others_speak(patient):
    def lacking(_):
        raise ImportError("No module named 'cronsim'")

    checks = [Check("a", "tasks", lacking), Check("b", "clock", lambda _: [Finding("late", "wait")])]
    first, second = (finding for _, finding in look(patient(), checks))
    assert "cronsim" in str(first.what) and "pip install" in str(first.cure) and not first.is_drift
    assert str(second.what) == "late"


def test_telegram_is_asked_whether_every_chat_can_be_reached(patient, monkeypatch):
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with BotApi() as api:
        telegram = {"chat_id": "-100, 42", "api_url": api.url, "send_seconds": "60"}
        point = Point("182", "production", path="pvz.ini", telegram=telegram)
        assert list(check_telegram(patient(point=point))) == []
        assert all(message.path.endswith("/sendChatAction") for message in api.messages)
        api.answers.append(FORBIDDEN)
        (found,) = check_telegram(patient(point=point))
        assert str(found.what).startswith("chat -100 is not reached: forbidden")
        assert TOKEN not in str(found)


def test_point_that_tells_nobody_is_in_test_mode_or_lists_no_camera_is_a_drift(patient, ini):
    ini_path = str(ini("[DEFAULT]\nPVZ_ID = 182\nENV_MODE = test\n"))
    here = patient(point=load_point(ini_path), config_path=ini_path, users=("operator",))
    mode, told = check_choices(here)
    assert mode.is_drift and "test mode" in str(mode.what)
    assert told.is_drift and "nobody is told of failures" in str(told.what)


def test_point_where_nobody_is_meant_to_be_told_says_so(patient, ini):
    ini_path = str(ini("[DEFAULT]\nPVZ_ID = 182\nENV_MODE = production\n[notices]\nchannels = off\n"))
    assert texts(check_choices(patient(point=load_point(ini_path), config_path=ini_path))) == []


def test_digest_that_nobody_would_send_is_a_drift(patient, ini, monkeypatch):
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    section = "[telegram]\nchat_id = -100\nnotify_user = oprator\n"
    ini_path = str(ini(f"[DEFAULT]\nPVZ_ID = 182\nENV_MODE = production\n{section}"))
    here = patient(point=load_point(ini_path), config_path=ini_path, users=("operator", "system"))
    (found,) = texts(check_choices(here))
    assert "notify_user = oprator has no tasks" in found and "notify_user = operator / system" in found


def test_misspelt_sections_and_errors_of_every_section_are_found_without_asking_a_server(patient, ini):
    telegram = "[telegramm]\n[telegram]\nchat_id = мой чат\n"
    ini_path = str(ini(f"[DEFAULT]\nPVZ_ID = 182\nENV_MODE = production\n{telegram}"))
    found = texts(check_configuration(patient(config_path=ini_path)))
    assert any("[telegramm] is unknown" in each and "telegram would be right" in each for each in found)
    assert any("chat_id = 'мой чат' is wrong" in each for each in found)


def test_what_tasks_need_and_lack_is_found(patient, monkeypatch):
    monkeypatch.delenv("REPORT_TOKEN", raising=False)
    task = python_task(
        "", plan={"schedule": "cron", "cron": "13 21 * * *"}, working_dir="no such folder", secrets=("REPORT_TOKEN",)
    )._replace(argv=("C:/tools/report.exe",))
    found = list(check_tasks(patient(schedule=Schedule((task,), ()), users=("operator",))))
    told = " | ".join(map(str, found))
    assert "do not meet all of its times" in told and "no such folder" in told and "report.exe is not there" in told
    assert [finding.is_drift for finding in found if "REPORT_TOKEN" in str(finding)] == [False]


def test_tasks_of_one_group_that_collide_and_a_timeout_that_misses_the_next_slot_are_remarks(patient):
    daily = {"schedule": "daily", "time": "21:10", "misfire_grace_time": "next"}
    one, other = (python_task("", name=name, plan=daily, group="disk") for name in ("One", "Other"))
    strict = {"schedule": "daily", "time": ["09:00", "10:00"], "misfire_grace_time": 1800}
    long = python_task("", name="Long", plan=strict, timeout_seconds=7200.0)
    found = list(check_collisions(patient(schedule=Schedule((one, other, long), ()))))
    assert [finding.is_drift for finding in found] == [False, False]
    assert "both due at 21:10" in str(found[0]) and "timeout of 7200 s" in str(found[1])


def test_timeout_past_a_slot_that_waits_is_meant(patient):
    """As CopyScript's: what comes due under its run runs after it, or a later slot takes its place."""
    times = {"schedule": "daily", "time": ["09:00", "10:00"]}
    plans = [{**times, "misfire_grace_time": "next"}, {"schedule": "hourly"}, {**times, "misfire_grace_time": 3600}]
    tasks = [
        python_task("", name=f"Long{number}", plan=plan, timeout_seconds=7200.0) for number, plan in enumerate(plans)
    ]
    assert texts(check_collisions(patient(schedule=Schedule(tuple(tasks), ())))) == []


def test_bundled_tasks_need_no_remark(patient):
    schedule = load_schedule([str(PROJECT / "scheduler_runner" / "tasks")])
    assert texts(check_collisions(patient(schedule=schedule))) == []
