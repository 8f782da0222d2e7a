"""Domains of one's own, outside the program's folder: found, checked, run and protected as the bundled ones are."""

import json
import os
import sys

import pytest

from config.base_config import PATH_CONFIG, load_point
from scheduler_runner.rights.exposure import Premises
from scheduler_runner.rights.hardening import Estate
from scheduler_runner.schedule_config import load_schedule
from tests.conftest import INI, entry, half_an_hour_ago

MODULE = """
import os
from scheduler_runner.tasks.common.script import __name__ as bundled
from scheduler_runner.tasks.report.names import NAME

with open(os.path.join(os.environ["BASE_DIR"], "ran"), "w") as file:
    file.write(f"{NAME} {bundled}")
"""
CONFIG = """
from scheduler_runner.tasks.report.names import NAME
SCHEDULE = [{"name": NAME, "user": "operator", "schedule": "hourly", "minute": MINUTE}]
"""
SETTINGS = """
from config.ini import read_ini

def check(ini_path):
    return [f"{ini_path}: [report] is odd"] if read_ini(ini_path).own("report").get("odd") else []
"""


def make_domain(folder, name="report", config=CONFIG):
    (folder / name / "config").mkdir(parents=True)
    (folder / name / "config" / f"{name}_config.py").write_text(config.replace("MINUTE", str(half_an_hour_ago())))
    (folder / name / "names.py").write_text("NAME = 'SendReport'\n")
    (folder / name / "SendReport.py").write_text(MODULE)
    (folder / name / "settings.py").write_text(SETTINGS)


@pytest.fixture
def own(project, tmp_path):
    """A point whose INI names a folder of domains beside it."""
    folder = tmp_path / "свои задачи"
    make_domain(folder)
    say(project, folder)
    return project, folder


def say(project, *folders, more=""):
    lines = "".join(f"\n  {folder}" for folder in folders)
    (project.root / "pvz_config.ini").write_text(f"{INI}tasks_dirs ={lines}\n{more}", "utf-8")


@pytest.mark.slow
def test_domain_outside_the_program_runs_by_its_modules_name(own):
    project, _ = own
    assert project.run("--user", "operator").returncode == 0, project.log()
    assert (project.root / "ran").read_text() == "SendReport scheduler_runner.tasks.common.script"
    assert "outcome=succeeded" in project.log()


@pytest.mark.slow
def test_its_section_of_the_ini_is_its_own_and_checked_by_it(own):
    project, folder = own
    say(project, folder, more="[report]\nodd = 1\n[reprot]\n")
    assert project.run("--user", "operator").returncode == 3
    assert "[report] is odd" in project.log()
    assert "section [reprot] is unknown" in project.log()
    assert "section [report] is unknown" not in project.log()
    assert not (project.root / "ran").exists()


@pytest.mark.slow
def test_check_and_list_know_it(own):
    project, folder = own
    listed = project.run("list", module="scheduler_runner")
    assert "SendReport" in listed.stdout
    make_domain(folder, "wrong", "SCHEDULE = [{}]")
    checked = project.run("check", "--json", module="scheduler_runner")
    assert checked.returncode == 3
    assert "wrong_config.py" in json.dumps(json.loads(checked.stdout))


@pytest.mark.slow
def test_folder_that_is_not_there_is_one_problem_and_the_others_run(own):
    project, folder = own
    say(project, folder, folder / "gone")
    assert project.run("--user", "operator").returncode == 3
    assert "gone: it cannot be read" in project.log()
    assert (project.root / "ran").exists()


def test_name_of_a_domain_is_given_once(tmp_path, monkeypatch):
    roots = [tmp_path / name for name in ("bundled", "mine", "theirs")]
    (roots[0] / "common").mkdir(parents=True)
    for root, name in ((roots[1], "report"), (roots[1], "common"), (roots[2], "Report")):
        make_domain(root, name, CONFIG.replace("report", name))
    monkeypatch.setitem(PATH_CONFIG, "TASKS_ROOT", str(roots[0]))
    schedule = load_schedule([str(root) for root in roots])
    assert [task.id for task in schedule.tasks] == ["report_SendReport"]
    assert [os.path.basename(problem.file) for problem in schedule.problems] == ["common", "Report"]
    assert schedule.domains == {"report": str(roots[1] / "report")}


def test_folders_are_named_one_a_line_relative_to_the_ini(ini, tmp_path):
    path = ini(INI + "tasks_dirs = mine\n  mine\n  /srv/tasks\n")
    elsewhere = os.path.normpath(os.path.join(tmp_path, "/srv/tasks"))
    assert load_point(str(path)).tasks_dirs == (str(tmp_path / "mine"), elsewhere)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root is privileged here")
@pytest.mark.slow
def test_folder_that_another_account_may_write_is_not_read_by_a_privileged_runner(own, tmp_path):
    project, folder = own
    project.schedule(entry("Sound", "pass", user="system"))
    for path in folder.rglob("*.py"):
        path.write_text(path.read_text().replace("operator", "system"))
    config = folder / "report" / "config" / "report_config.py"
    config.write_text(config.read_text() + f"open({str(tmp_path / 'executed')!r}, 'w')\n")
    config.chmod(0o666)
    assert project.run("--user", "system", "--protected").returncode == 3, project.log(user="system")
    assert not (tmp_path / "executed").exists()
    assert "it is not read with an administrator's rights" in project.log(user="system")
    assert "task=demo_Sound outcome=succeeded" in project.log(user="system")
    config.chmod(0o644)
    assert project.run("--user", "system", "--protected").returncode == 0, project.log(user="system")
    assert "task=report_SendReport outcome=succeeded" in project.log(user="system")


def test_harden_and_the_doctors_look_include_it(tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    premises = Premises(str(tmp_path / "pvz"), str(tmp_path / "pvz.ini"), tasks_dirs=(str(mine),))
    assert str(mine) in [tree.path for tree in premises.trees()]
    estate = Estate(
        str(tmp_path / "pvz"), str(tmp_path / "pvz.ini"), str(tmp_path / "logs"), {}, tasks_dirs=(str(mine),)
    )
    assert str(mine) in estate.code_folders()
