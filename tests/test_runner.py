"""The command as Task Scheduler starts it: real processes in a project of their own."""

import os
import re
import signal
import subprocess
import sys
from contextlib import closing
from datetime import datetime

import pytest

from scheduler_runner.records.levels import read_levels
from scheduler_runner.runner import main
from tests.conftest import INI, ZONE, entry, just_now
from tests.linking import link_folder
from tests.waiting import content_of, wait_until

POSIX_ONLY = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX facility")
RAN = "import os; open(os.path.join(os.environ['BASE_DIR'], 'ran'), 'a').write('x')"
SLEEP = "import time; time.sleep(60)"
OFFSET = f"{datetime.now(ZONE):%z}"


@pytest.mark.slow
def test_due_task_runs_once_and_everything_is_told(project):
    project.schedule(entry("Job", RAN + "; print('готово')"))
    first = project.run("--user", "OPERATOR")
    assert (first.returncode, first.stdout, first.stderr) == (0, "", "")
    assert project.run("--user", "operator").returncode == 0
    assert (project.root / "ran").read_text() == "x"
    ticks = project.log()
    assert re.search(r"INFO     tick started user=operator pid=\d+", ticks)
    assert re.search(r"INFO     task due task=demo_Job slot=\S+ attempt=1", ticks)
    assert re.search(r"INFO     task ended task=demo_Job outcome=succeeded exit_code=0 seconds=\d", ticks)
    assert "succeeded=1 failed=0 skipped=0 running=0" in ticks
    assert "succeeded=0 failed=0 skipped=0 running=0" in ticks
    assert " INFO     готово\n" in project.log("demo_Job")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "values", "expected"),
    [
        ("raise SystemExit(3)", {}, 1),
        ("raise SystemExit(75)", {}, 0),
        ("raise SystemExit(10)", {"warn_codes": [10]}, 0),
        (SLEEP, {"timeout": 1}, 1),
        ("pass", {"working_dir": "no/such/folder"}, 1),
        ("pass", {"enabled": False}, 0),
        ("pass", {"schedule": "once", "at": "2020-01-01 00:00"}, 0),
    ],
)
def test_exit_code_tells_what_became_of_the_tasks(project, code, values, expected):
    project.schedule(entry("Job", code, **values))
    assert project.run("--user", "operator").returncode == expected


@pytest.mark.slow
def test_broken_configuration_beside_a_good_one_is_exit_code_3_and_the_good_one_runs(project):
    project.schedule(entry("Job", RAN))
    project.configure("SCHEDULE = [", domain="other")
    run = project.run("--user", "operator")
    assert run.returncode == 3
    assert (project.root / "ran").exists()
    assert "configuration problem scheduler_runner/tasks/other/config/demo_config.py: it is no Python" in project.log()


@pytest.mark.slow
def test_broken_entry_counts_for_its_user_alone(project):
    project.schedule(entry("Job", RAN), entry("Other", "pass", user="system", timeout=0))
    assert project.run("--user", "operator").returncode == 0
    assert project.run("--user", "system").returncode == 3


@pytest.mark.slow
def test_unknown_section_of_the_ini_is_told_and_stops_no_task(project):
    project.schedule(entry("Job", RAN))
    (project.root / "pvz_config.ini").write_text(
        f"{INI}[telegramm]\nchat_id = -100\n[demo]\nkey = of the domain's own\n"
    )
    told = "pvz_config.ini: section [telegramm] is unknown and read by nobody: telegram would be right"
    run = project.run("--user", "operator", "--dry-run", COLUMNS="500")
    assert (run.returncode, run.stdout.count("configuration remark")) == (0, 1)
    assert told in run.stdout
    assert project.run("--user", "operator").returncode == 0
    assert told in project.log()
    assert (project.root / "ran").exists()


@pytest.mark.slow
def test_wrong_section_of_notices_is_told_by_the_dry_run_as_by_the_tick(project):
    project.schedule(entry("Job", RAN))
    (project.root / "pvz_config.ini").write_text(f"{INI}[telegram]\nremind_hours = often\n")
    told = "pvz_config.ini: [telegram] remind_hours = 'often' is wrong: a whole number from 1 to 168 would be right"
    run = project.run("--user", "operator", "--dry-run", COLUMNS="500")
    assert (run.returncode, run.stdout.count(told)) == (3, 1)
    assert project.run("--user", "operator").returncode == 3
    assert told in project.log()


def test_notify_user_that_nobody_runs_for_is_told_by_the_dry_run_and_in_the_log(project):
    project.schedule(entry("Job", RAN))
    ini = f"{INI}[notices]\nnotify_user = oprator\n[healthchecks]\nping_url = http://127.0.0.1:1/\n"
    (project.root / "pvz_config.ini").write_text(ini)
    told = "configuration remark{} notify_user = oprator has no tasks"
    run = project.run("--user", "operator", "--dry-run", COLUMNS="500")
    assert (run.returncode, run.stdout.count(told.format(":"))) == (0, 1)
    assert project.run("--user", "operator").returncode == 0
    assert told.format("") in project.log()


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "cannot be read"), ("[DEFAULT]\nPVZ_ID = 1\n", "ENV_MODE is missing"), ("x", "would be right")],
)
def test_unusable_ini_is_exit_code_3_with_one_sentence_on_console_and_in_the_log(project, content, told):
    project.schedule(entry("Job", RAN))
    ini = project.root / "pvz_config.ini"
    ini.unlink() if content is None else ini.write_text(content)
    run = project.run("--user", "operator")
    assert run.returncode == 3
    assert told in run.stderr
    assert run.stderr.count("\n") == 1
    assert told in project.log()
    assert not (project.root / "ran").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "--user"),
        (("--user", "operater"), "unknown user 'operater'; known: operator"),
        (("--user", "operator", "--task", "Jbo"), "unknown task 'Jbo'; known: Job"),
        (("--user", "operator", "--taks", "Job"), "unrecognized arguments"),
        (("--user", "../operator"), "cannot be an account's name"),
    ],
)
def test_wrong_command_line_is_exit_code_2_with_the_nearest_names(project, arguments, told):
    project.schedule(entry("Job", RAN))
    run = project.run(*arguments)
    assert run.returncode == 2
    assert told in run.stderr
    assert "Traceback" not in run.stderr
    assert not (project.root / "ran").exists()
    logs = "".join(path.read_text("utf-8") for path in project.logs.rglob("*.log"))
    assert " ERROR " in logs  # under pythonw nobody sees a console


HARMFUL = {
    "a thread that never ends": "import threading\nthreading.Thread(target=threading.Event().wait).start()",
    "logging switched off": "import logging\nlogging.disable(logging.CRITICAL)",
    "a logger class that fails": "import logging\nlogging.setLoggerClass(type('L', (logging.Logger,), {'__init__': None}))",
    "no streams": "import sys\nsys.stdout = sys.stderr = None",
    "another folder": "import os\nos.chdir('/')",
    "no rights": "import os\nos.umask(0o777)",
    "loggers disabled": "from logging.config import dictConfig\ndictConfig({'version': 1})",
}


@pytest.mark.slow
@pytest.mark.parametrize("harm", HARMFUL)
def test_configuration_file_that_changes_the_process_harms_no_tick(project, harm):
    project.configure(HARMFUL[harm] + "\nSCHEDULE = []\n", domain="a_harmful")
    project.schedule(entry("Job", RAN))
    run = project.run("--user", "operator")
    assert run.returncode == 0
    assert (project.root / "ran").exists()
    assert "tick finished succeeded=1" in project.log()


@pytest.mark.slow
def test_interrupt_raised_by_a_configuration_file_is_its_own_problem(project):
    project.configure("raise KeyboardInterrupt", domain="a_harmful")
    project.schedule(entry("Job", RAN))
    assert project.run("--user", "operator").returncode == 3
    assert (project.root / "ran").exists()


def test_unknown_user_under_a_broken_configuration_is_no_mistake_of_the_command_line(project):
    project.configure("raise OSError('gone')\n")
    assert project.run("--user", "operator").returncode == 3
    run = project.run("--user", "operator", "--task", "Job")
    assert run.returncode == 3
    assert "the configuration is broken" in run.stderr


@pytest.mark.parametrize("name", ["Job", "JOB", "demo_Job", "DEMO_JOB"])
def test_task_by_hand_runs_at_once_whatever_the_schedule(project, name):
    project.schedule(entry("Job", RAN, schedule="once", at="2020-01-01 00:00"), entry("Other", RAN))
    assert project.run("--user", "operator", "--task", name).returncode == 0
    assert (project.root / "ran").read_text() == "x"
    assert "slot=none (by hand)" in project.log()


@pytest.mark.slow
def test_task_by_hand_that_runs_already_is_exit_code_4(project):
    project.schedule(entry("Job", f"open('begun', 'w').close(); {SLEEP}"))
    first = project.start("--user", "operator", "--task", "Job")
    wait_until((project.root / "begun").exists)
    second = project.run("--user", "operator", "--task", "Job")
    assert second.returncode == 4
    tick = project.run("--user", "operator")
    assert tick.returncode == 0
    assert "running=1" in project.log()
    _end(first)


def test_due_tasks_run_side_by_side(project):
    meet = "import os, time; open('{0}', 'w').close(); t = time.time()\nwhile not os.path.exists('{1}') and time.time() - t < 60: time.sleep(0.02)\nraise SystemExit(not os.path.exists('{1}'))"
    project.schedule(entry("A", meet.format("a", "b")), entry("B", meet.format("b", "a")))
    assert project.run("--user", "operator").returncode == 0


@pytest.mark.slow
def test_console_shows_the_log_and_detail_has_a_file_of_its_own(project):
    project.schedule(entry("Job", "print('<7>finely', flush=True); print('coarsely')"))
    run = project.run("--user", "operator", "--console", "--detailed-logs")
    assert "coarsely" in run.stderr
    assert "finely" in run.stderr
    (detailed,) = (project.logs / "operator" / "demo_Job").glob("*_detailed.log")
    assert "DEBUG    finely" in detailed.read_text("utf-8")
    assert "    finely" not in project.log("demo_Job")
    assert "reason=no new slot" not in project.log()
    assert project.run("--user", "operator", "--detailed_logs").returncode == 0


@pytest.mark.slow
def test_dry_run_starts_and_writes_nothing_and_tells_why_and_when(project):
    project.schedule(
        entry("Due", RAN),
        entry("Later", RAN, schedule="once", at="2099-01-01 12:00"),
        entry("Off", RAN, enabled=False),
        entry("Unmet", RAN, schedule="daily", time="09:03"),
    )
    run = project.run("--user", "operator", "--dry-run", COLUMNS="500")
    assert run.returncode == 0
    minute = f"{project.minute:02d}"
    due = rf"would run  demo_Due    for \d\d.\d\d.\d{{4}} \d\d:{minute} \({re.escape(OFFSET)}\) \(hourly at :{minute}\)"
    assert re.search(due, run.stdout)
    assert f"waits      demo_Later  no new slot, next 01.01.2099 12:00 ({OFFSET}) (" in run.stdout
    assert f"disabled   demo_Off    (hourly at :{minute})" in run.stdout
    unmet = "ticks of every 5 minutes from :00 on do not meet all of its times, each within its own minute"
    assert f"warning    demo_Unmet  {unmet}" in run.stdout
    assert not (project.root / "ran").exists()
    assert not project.logs.exists()
    project.run("--user", "operator")
    again = project.run("--user", "operator", "--dry-run", "--task", "Due", COLUMNS="500")
    assert "waits  demo_Due" in again.stdout
    assert "demo_Off" not in again.stdout


@pytest.mark.slow
def test_dry_run_ends_well_where_its_reader_has_left(project):
    project.schedule(entry("Job", RAN))
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-u", "-m", "scheduler_runner.runner", "--user", "operator", "--dry-run"]
    run = subprocess.run(command, cwd=project.root, env=project.environ, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert (run.returncode, run.stderr) == (0, b"")


@pytest.mark.slow
def test_dry_run_speaks_russian_in_eighty_columns_and_so_does_what_keeps_it_from_its_work(project):
    (project.root / "pvz_config.ini").write_text(INI.replace("language = en", "language = ru"), "utf-8")
    project.schedule(
        entry("Due", RAN),
        entry("Later", RAN, schedule="once", at="2099-01-01 12:00"),
        entry("Unmet", RAN, schedule="daily", time=["09:03", "09:04"]),
        entry("Failed", "raise SystemExit(1)", schedule="daily", time="00:00", misfire_grace_time="next", retries=2),
    )
    assert project.run("--user", "operator", "--task", "Due").returncode == 0
    project.run("--user", "operator")
    shown = project.run("--user", "operator", "--dry-run").stdout
    told = " ".join(shown.split())
    assert f"ждёт demo_Later новое время не наступило, следующее 01.01.2099 12:00 ({OFFSET})" in told
    assert re.search(r"ждёт demo_Due за \d\d\.\d\d \d\d:00 уже решено: успешно|ждёт demo_Due новое время не наст", told)
    assert "внимание demo_Unmet запуски планировщика каждые 5 мин" in told
    assert max(map(len, shown.splitlines())) < 80
    wrong = project.run("--user", "operator", "--dry-run", "--task", "Lter")
    assert (wrong.returncode, wrong.stderr) == (2, "ошибка: неизвестная задача 'Lter'; известны: Later, Failed\n")


def test_dry_run_tells_configuration_problems(project):
    project.schedule(entry("Job", RAN), entry("Bad", RAN, timeout=0))
    run = project.run("--user", "operator", "--dry-run", COLUMNS="500")
    assert run.returncode == 3
    assert "entry Bad: timeout 0 is wrong" in run.stdout


def test_log_folder_that_cannot_be_written_is_exit_code_5_and_the_task_runs(project):
    project.schedule(entry("Job", RAN, **just_now()))
    project.logs.write_text("a file in the folder's place")
    assert project.run("--user", "operator").returncode == 5
    assert (project.root / "ran").exists()


@pytest.mark.slow
def test_damaged_ledger_is_set_aside_told_and_the_tick_goes_on(project):
    project.schedule(entry("Job", RAN))
    project.run("--user", "operator")
    path = project.logs / "operator" / "ledger.sqlite3"
    path.write_bytes(b"damaged" * 1000)
    assert project.run("--user", "operator").returncode == 0
    assert "ledger damaged (file is not a database): set aside as" in project.log()
    assert (project.root / "ran").read_text() == "xx"


@pytest.mark.slow
def test_runner_needs_no_standard_streams(project):
    project.schedule(entry("Job", RAN + "; print('heard')"))
    code = (
        "import sys; sys.stdin = sys.stdout = sys.stderr = None;"
        "from scheduler_runner.runner import main; sys.exit(main(['--user', 'operator', '--console']))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=project.root, env=project.environ, check=False)
    assert run.returncode == 0
    assert "heard" in project.log("demo_Job")


@pytest.mark.slow
def test_relative_config_path_and_another_working_folder(project, tmp_path):
    project.schedule(entry("Job", "import os; print(os.getcwd(), os.environ['PVZ_ID'])"))
    (project.root / "own.ini").write_text(INI.replace("182", "77"))
    code = "import sys; from scheduler_runner.runner import main; sys.exit(main(['--user', 'operator']))"
    environ = {**project.environ, "PVZ_CONFIG_PATH": "own.ini", "PYTHONPATH": str(project.root)}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environ, check=True)
    assert f"{project.root} 77" in project.log("demo_Job")


def test_help_is_exit_code_0(capsys):
    assert main(["--help"]) == 0
    assert "--dry-run" in capsys.readouterr().out


@pytest.mark.slow
@POSIX_ONLY
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_ends_the_children_records_them_and_frees_the_locks(project, number, code):
    project.schedule(entry("Job", f"import os; open('begun', 'w').write(str(os.getpid())); {SLEEP}"))
    runner = project.start("--user", "operator")
    pid = int(content_of(project.root / "begun"))
    runner.send_signal(number)
    runner.communicate(timeout=20)
    assert runner.returncode == code
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    ledger = project.ledger()
    (run,) = ledger.last_runs("demo_Job", 5)
    assert run.outcome == "interrupted"
    assert ledger.open_runs() == []
    ledger.close()
    project.schedule(entry("Job", RAN))
    assert project.run("--user", "operator").returncode == 0
    assert (project.root / "ran").exists()
    assert "attempt=2" in project.log()


@POSIX_ONLY
@pytest.mark.parametrize("where", ["config/values.py", "scheduler_runner/tasks/demo/config/demo_config.py"])
def test_ctrl_c_before_anything_runs_ends_a_tick_without_a_traceback(project, where):
    project.schedule(entry("Job", RAN))
    path = project.root / where
    path.write_text(f"import os; os.kill(os.getpid(), 2)\n{path.read_text('utf-8')}", "utf-8")
    run = project.run("--user", "operator")
    assert (run.returncode, run.stderr) == (-signal.SIGINT, "")
    assert not (project.root / "ran").exists()


@pytest.mark.slow
def test_idle_tick_imports_no_third_party_no_asyncio_and_no_http(project):
    project.schedule(entry("Job", "pass", schedule="once", at="2020-01-01 00:00"))
    project.run("--user", "operator")
    code = (
        "import sys; before = set(sys.modules); from scheduler_runner.runner import main; main(['--user', 'operator']);"
        "new = set(sys.modules) - before;"
        "import os; site = [sys.modules[n].__file__ for n in new if 'site-packages' in (getattr(sys.modules[n], '__file__', '') or '')];"
        "print(site, [n for n in new if n.split('.')[0] in ('asyncio', 'http', 'urllib', 'ssl', 'socket', 'subprocess', 'psutil')])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=project.root, env=project.environ, capture_output=True, text=True
    )
    assert run.stdout.strip() == "[] []"


def packages_level(project) -> "list[str]":
    with closing(project.ledger()) as ledger:
        return [row.state for row in ledger.file.read(read_levels) if row.kind == "packages"]


@pytest.mark.slow
def test_package_that_is_installed_again_is_well_with_the_next_tick(project):
    project.schedule(entry("Job", RAN))
    requirements = project.root / "requirements.txt"
    requirements.write_text("no-such-package>=1\n")
    project.run("--user", "operator")
    assert packages_level(project) == ["fails"]
    requirements.write_text("psutil>=1\n")
    project.run("--user", "operator")
    assert packages_level(project) == ["works"]


@pytest.mark.slow
def test_package_that_a_task_lacks_is_not_called_well_as_it_is_installed(project):
    project.schedule(entry("Job", RAN))
    (project.root / "requirements.txt").write_text("psutil>=1\n")
    (project.root / "psutil.py").write_text("raise ModuleNotFoundError('broken', name='psutil')")
    assert project.run("--user", "operator").returncode == 1
    assert packages_level(project) == ["fails"]


def test_defect_of_the_runner_is_one_sentence_here_and_a_traceback_in_the_log(project):
    code = (
        "import scheduler_runner.runner as runner; runner.load_schedule = lambda **_: 1 / 0;"
        "raise SystemExit(runner.main(['--user', 'operator']))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=project.root, env=project.environ, capture_output=True, text=True
    )
    assert (run.returncode, run.stderr) == (1, "error: defect in the runner: ZeroDivisionError: division by zero\n")
    assert "Traceback" in project.log()


@pytest.mark.slow
def test_secret_in_a_configuration_problem_reaches_neither_console_nor_log(project):
    project.schedule(entry("Job", RAN, schedule="swordfish"))
    secret = {"DB_PASSWORD": "swordfish"}
    dry = project.run("--user", "operator", "--dry-run", COLUMNS="500", **secret)
    run = project.run("--user", "operator", **secret)
    assert (dry.returncode, run.returncode) == (3, 3)
    assert "***" in dry.stdout
    assert "***" in project.log()
    assert "swordfish" not in dry.stdout + dry.stderr + run.stdout + run.stderr + project.log()


def _end(process) -> None:
    process.terminate()  # on Windows that is the end of the Job, too
    process.communicate(timeout=60)


def leave(result: str) -> str:
    """Return a program that leaves a text as its result."""
    return f"import os; open(os.environ['SCHEDULER_RESULT_FILE'], 'w').write({result!r})"


@pytest.mark.slow
def test_half_a_letter_in_a_summary_does_not_stop_every_later_tick(project):
    project.schedule(entry("Job", leave('{"summary": "\\ud83d", "metrics": {"a": "\\ud83d"}}')))
    assert project.run("--user", "operator").returncode == 0
    project.schedule(entry("Other", RAN))
    assert project.run("--user", "operator").returncode == 0
    assert (project.root / "ran").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "broken",
    [
        "class E:\n  def __repr__(self): raise RuntimeError\nSCHEDULE = [{'name': E()}]",
        "SCHEDULE = [{'name': 'B', 'retries': -10**5000}]",
        "SCHEDULE = [{'name': 'B', 'user': 'operator', 'schedule': 'hourly', 'module': 'package_that_ends.job'}]",
        "SCHEDULE = [{'name': 'B', 'user': 'operator', 'schedule': 'once', 'at': '9999-12-31 07:30', 'command': ['x']}]",
        "SCHEDULE = [{'name': 'B\\ud800', 'user': 'operator', 'schedule': 'hourly', 'command': ['x']}]",
        "def __getattr__(name): raise RuntimeError",
        "import os\nos.environ['PVZ_CONFIG_PATH'] = 'nowhere.ini'\nos.environ['PATH'] = ''\nSCHEDULE = [{}]",
    ],
)
def test_entry_that_breaks_whoever_looks_at_it_stops_nothing_else(project, broken):
    package = project.root / "package_that_ends"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit(0)")
    project.configure(broken, domain="a_broken")
    project.schedule(entry("Job", RAN))
    assert project.run("--user", "operator").returncode == 3
    assert (project.root / "ran").exists()


@POSIX_ONLY
def test_configuration_folder_that_cannot_be_listed_is_told_and_stops_nothing_else(project):
    project.schedule(entry("Job", RAN))
    domain = project.root / "scheduler_runner" / "tasks" / "a_broken"
    domain.mkdir()
    (domain / "config").symlink_to("config")
    assert project.run("--user", "operator").returncode == 3
    assert (project.root / "ran").exists()
    assert "a_broken/config: it cannot be read" in project.log()


def test_empty_task_is_no_task(project):
    project.schedule(entry("Job", RAN))
    assert project.run("--user", "operator", "--task", "").returncode == 2
    assert not (project.root / "ran").exists()


@pytest.mark.slow
def test_dry_run_tells_that_the_ledger_cannot_be_read(project):
    project.schedule(entry("Job", RAN))
    project.run("--user", "operator")
    (project.logs / "operator" / "ledger.sqlite3").write_bytes(b"no database, whatever its name says" * 100)
    assert "what ran before is not known" in project.run("--user", "operator", "--dry-run", COLUMNS="500").stdout


def test_user_folder_that_is_a_link_gets_neither_ledger_nor_lock(project, tmp_path):
    project.schedule(entry("Job", RAN, **just_now()))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    project.logs.mkdir()
    link_folder(project.logs / "operator", elsewhere)
    assert project.run("--user", "operator").returncode == 5
    assert (project.root / "ran").exists()
    assert list(elsewhere.rglob("*")) == []


@pytest.mark.slow
def test_ini_of_the_command_line_holds_for_the_tick_and_its_tasks(project):
    path = project.root / "свой pvz.ini"
    path.write_text(INI.replace("182", "999"), "utf-8")
    project.schedule(entry("Job", "import os; print(os.environ['PVZ_ID'], os.environ['PVZ_CONFIG_PATH'])"))
    assert project.run("--user", "operator", "--config", str(path), PVZ_CONFIG_PATH="none.ini").returncode == 0
    assert f"999 {path}" in project.log("demo_Job")
    assert project.run("--user", "operator", "--config", "none.ini").returncode == 3
