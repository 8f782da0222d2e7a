import os
import subprocess
import sys

from scheduler_runner.runs.environment import changed_variables, child_environment


def test_secrets_stay_behind_unless_the_task_lists_them():
    own = {"PATH": "/bin", "BOT_TOKEN": "a", "Db_Password": "b", "MY_SECRET": "c", "API_KEY": "d", "APIKEY": "e"}
    child = child_environment(own, {}, secrets=["API_KEY"])
    assert {name for name in child if name in own} == {"PATH", "API_KEY"}


def test_none_removes_a_variable_and_all_others_are_texts():
    child = child_environment({"A": "1", "B": "2"}, {"A": None, "C": "3"})
    assert "A" not in child
    assert (child["B"], child["C"]) == ("2", "3")
    assert all(isinstance(value, str) for value in child.values())


def test_task_may_bring_a_secret_of_its_own():
    assert child_environment({}, {"CAMERA_PASSWORD": "x"})["CAMERA_PASSWORD"] == "x"


def test_names_are_compared_as_the_system_does():
    child = child_environment({"Path": "1"}, {"PATH": "2"})
    assert (len([name for name in child if name.upper() == "PATH"]) == 1) == (os.name == "nt")


def test_python_child_speaks_utf8_unbuffered_and_finds_this_package(tmp_path):
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    child = child_environment(os.environ, {}, project_root=root)
    code = "import sys, scheduler_runner; print(sys.stdout.encoding, sys.stdout.write_through)"
    run = subprocess.run([sys.executable, "-c", code], env=child, cwd=tmp_path, capture_output=True, text=True)
    assert run.stdout.split() == ["utf-8", "True"]


def test_python_looks_into_no_folder_that_depends_on_where_the_task_works(tmp_path):
    own = {"PYTHONPATH": os.pathsep.join(["", str(tmp_path), ".", "lib"])}
    child = child_environment(own, {}, project_root="/project")
    assert child["PYTHONPATH"] == os.pathsep.join(["/project", str(tmp_path)])


def test_changes_are_named_without_values():
    assert changed_variables({"A": "1", "B": "2", "C": "3"}, {"A": "1", "B": "9", "D": "4"}) == (["B", "D"], ["C"])
