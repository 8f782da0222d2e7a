"""What the administrator's pages tell to paste works as pasted, and the example of a task of one's own runs."""

import json
import os
import re
import subprocess
import sys

import pytest

from scheduler_runner.outcome import Outcome
from scheduler_runner.russian_errors import ROWS as ERRORS
from scheduler_runner.schedule_config import load_schedule
from scheduler_runner.screens.rows import ROWS
from scheduler_runner.system.own_files import private_folder_path
from tests.conftest import INI, PROJECT

PAGES = [
    f"{name}{language}.md"
    for name in ("windows-task-scheduler", "upgrade", "own-tasks", "fleet")
    for language in ("", ".ru")
]
# What Windows PowerShell 5.1 and cmd read differently, or what works in one folder alone.
UNPASTABLE = re.compile(r"&&|\bcd /d\b|(?<![\w.])sc (start|stop|query)\b|^\s+python3? ", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_commands_of_a_page_are_read_alike_by_cmd_and_powershell(page):
    text = (PROJECT / "docs" / page).read_text("utf-8")
    commands = [line for line in text.splitlines() if re.match(r" {4,}[\w.]", line)]
    assert commands
    assert [line for line in commands if UNPASTABLE.search(line)] == []


@pytest.mark.parametrize("page", sorted((PROJECT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_commands_for_the_administrator_work_from_every_folder(page):
    if page.name not in ("architecture.md", "README.ru.md"):  # for developers, in the project's folder
        assert re.findall(r"(?<![\w\\/])python3? -m scheduler_runner.*", page.read_text("utf-8")) == []


def test_no_screen_and_no_error_tells_what_one_console_alone_understands():
    assert [template for template in {**ROWS, **ERRORS} if UNPASTABLE.search(template)] == []


@pytest.mark.parametrize("page", ["README.md", "docs/README.ru.md"])
def test_pictures_of_a_page_are_there(page):
    text = (PROJECT / page).read_text("utf-8")
    named = re.findall(r'(?:src|srcset)="([^"]+)"', text)
    assert named
    assert [name for name in named if not ((PROJECT / page).parent / name).is_file()] == []


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_files_that_a_page_for_developers_names_are_there(page):
    rooms = ("config", "docs", "scheduler_runner", "tests")
    files = [f"/{path.relative_to(PROJECT).as_posix()}" for room in rooms for path in (PROJECT / room).rglob("*.py")]
    named = set(re.findall(r"(?<![\w*])[A-Za-z][\w/]*\.py\b", (PROJECT / page).read_text("utf-8")))
    assert named
    assert [name for name in sorted(named) if not any(path.endswith(f"/{name}") for path in files)] == []


@pytest.mark.parametrize("page", ["fleet.md", "fleet.ru.md"])
def test_morning_page_of_all_points_is_a_sound_task(tmp_path, page):
    config = re.findall(r"```python\n(SCHEDULE.*?)```", (PROJECT / "docs" / page).read_text("utf-8"), re.DOTALL)[0]
    folder = tmp_path / "fleet" / "config"
    folder.mkdir(parents=True)
    (folder / "fleet_config.py").write_text(config, "utf-8")
    schedule = load_schedule([str(tmp_path)])
    assert schedule.problems == ()
    assert [task.argv[-5:] for task in schedule.tasks] == [
        ("scheduler_runner", "report", "--index", "O:/cameras", "--send")
    ]


def test_script_for_the_textfile_collector_reads_what_a_point_writes(tmp_path):
    script = re.findall(
        r"```python\n(import json.*?)```", (PROJECT / "docs" / "fleet.md").read_text("utf-8"), re.DOTALL
    )[0]
    (tmp_path / "182" / "_report").mkdir(parents=True)
    status = {"point": "182", "ok": True, "expected_by": 7.5, "cameras": [{"behind": 3}, {"behind": 4}]}
    (tmp_path / "182" / "_report" / "status.json").write_text(json.dumps(status), "utf-8")
    ran = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == [
        'pvz_ok{point="182"} 1',
        'pvz_expected_by_seconds{point="182"} 7.5',
        'pvz_recordings_behind{point="182"} 7',
    ]


@pytest.fixture
def example(project):
    """Lay out the domain of docs/own-tasks.md as the page says: in a folder that the INI names."""
    config, script = re.findall(
        r"```python\n(.*?)```", (PROJECT / "docs" / "own-tasks.md").read_text("utf-8"), re.DOTALL
    )
    folder = project.root.parent / "PVZ-tasks" / "report"
    (folder / "config").mkdir(parents=True)
    (folder / "config" / "report_config.py").write_text(config, "utf-8")
    (folder / "send_report.py").write_text(script, "utf-8")
    (folder / "copy.cmd").touch()
    (project.root / "pvz_config.ini").write_text(f"{INI}tasks_dirs = {folder.parent}\n", "utf-8")
    return project


def test_example_of_a_task_of_ones_own_is_sound(example):
    schedule = load_schedule([str(example.root.parent / "PVZ-tasks")])
    assert schedule.problems == ()
    assert [task.id for task in schedule.tasks] == [
        "report_SendReport",
        "report_CopyTills",
        "report_Rename",
        "report_SwitchOff",
    ]


def test_example_runs_and_says_its_sentence(example):
    ran = example.run("--user", "operator", "--task", "SendReport")
    assert ran.returncode == 0, ran
    log = example.log("report_SendReport")
    assert "отчёт за 7 дней отправлен" in log and "report of 7 days" in log


@pytest.mark.parametrize("page", ["README.md", "docs/README.ru.md"])
def test_page_where_an_administrator_looks_names_each_outcome_and_the_refuge(page):
    text = (PROJECT / page).read_text("utf-8")
    assert [outcome.value for outcome in Outcome if f"`{outcome.value}`" not in text] == []
    assert os.path.basename(private_folder_path()).rstrip("0123456789") in text
