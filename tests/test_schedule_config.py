import os
import sys
import threading
from functools import partial
from pathlib import Path

import pytest

from config.base_config import PATH_CONFIG
from scheduler_runner import schedule_config
from scheduler_runner.errors import ConfigError
from scheduler_runner.reading import each_within_limit
from scheduler_runner.schedule_config import get_task_env, get_tasks_by_user, load_schedule, reload_schedule
from scheduler_runner.start import module_argv

GOOD = "SCHEDULE = [{'name': 'Good', 'user': 'operator', 'schedule': 'hourly', 'command': ['x']}]\n"


@pytest.fixture
def tasks_root(tmp_path, monkeypatch):
    """Return a function that writes a configuration file below a tasks root of this test."""
    root = tmp_path / "tasks"
    monkeypatch.setitem(PATH_CONFIG, "TASKS_ROOT", str(root))
    monkeypatch.setattr(schedule_config, "_current", None)

    def write(text: "str | bytes", name: str = "demo", domain: str = "demo"):
        folder = root / domain / "config"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}_config.py"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def one(**values) -> str:
    entry = {"name": "Job", "user": "operator", "schedule": "hourly", "command": ["x"], **values}
    return f"SCHEDULE = [{entry!r}]\n"


def test_tasks_are_found_in_the_order_of_files_and_entries(tasks_root):
    two = one(name="A")[:-2] + ", " + one(name="B")[12:]
    tasks_root(two, domain="cameras")
    tasks_root(GOOD.replace("SCHEDULE", "TASK_SCHEDULE"), domain="system_updates")
    assert [task.id for task in load_schedule().tasks] == ["cameras_A", "cameras_B", "system_updates_Good"]


def test_file_is_imported_by_its_real_package_name_and_can_import_its_neighbours(tasks_root, tmp_path):
    tasks_root(
        "from scheduler_runner.tasks.demo.names import NAME\nSCHEDULE = [{'name': NAME, 'user': __name__.split('.')[-1], 'schedule': 'hourly', 'command': ['x']}]\n"
    )
    (tmp_path / "tasks" / "demo" / "names.py").write_text("NAME = 'Named'\n")
    (task,) = load_schedule().tasks
    assert (task.name, task.user) == ("Named", "demo_config")


def test_domain_whose_folder_does_not_answer_is_told_and_the_others_are_read(tasks_root, monkeypatch):
    tasks_root(GOOD, domain="cameras")
    tasks_root(GOOD, domain="far")
    never, listing = threading.Event(), schedule_config._listing

    def list_folder(folder: str):
        if f"{os.sep}far{os.sep}" in folder:
            never.wait()
        return listing(folder)

    monkeypatch.setattr(schedule_config, "_listing", list_folder)  # a drive that does not answer cannot be made here
    monkeypatch.setattr(schedule_config, "each_within_limit", partial(each_within_limit, seconds=0.3))
    schedule = load_schedule()
    never.set()
    assert [task.id for task in schedule.tasks] == ["cameras_Good"]
    (problem,) = schedule.problems
    assert "far" in problem.file and "to be listed" in str(problem.error)


BROKEN = {
    "syntax": ("SCHEDULE = [\n", "it is no Python"),
    "raises": ("raise RuntimeError('no\\ndisk')\n", "RuntimeError: no disk, line 1"),
    "exits": ("import sys\nsys.exit(0)\n", "it ends the program when it is read (exit code 0)"),
    "missing": ("import no_such_module\nSCHEDULE = []\n", "No module named 'no_such_module'"),
    "nothing": ("TASKS = []\n", "neither TASK_SCHEDULE nor SCHEDULE is defined"),
    "both": ("SCHEDULE = []\nTASK_SCHEDULE = []\n", "both of TASK_SCHEDULE and SCHEDULE are defined"),
    "dict": ("SCHEDULE = {}\n", "SCHEDULE is a dict: a list of dicts would be right"),
    "bytes": (b"SCHEDULE = '\xff\xfe'\n", "it is no Python"),
    "nul": (b"SCHEDULE = []\0\n", "null bytes"),
    "text": (one().replace("[{", "['x', {"), "entry #1: it is a str: a dict such as"),
}


def test_ten_kinds_of_broken_files_beside_a_good_one(tasks_root):
    tasks_root(GOOD)
    for name, (text, _) in BROKEN.items():
        tasks_root(text, name=name, domain="broken")
    schedule = load_schedule()
    assert [task.name for task in schedule.tasks] == ["Job", "Good"]
    assert len(schedule.problems) == len(BROKEN)
    for problem in schedule.problems:
        name = os.path.basename(problem.file).removesuffix("_config.py")
        assert BROKEN[name][1] in str(problem)
        assert "\n" not in str(problem)
        assert Path(problem.file).parts[-3:] == ("broken", "config", f"{name}_config.py")


def test_file_that_a_folder_stands_in_for_is_told(tasks_root, tmp_path):
    tasks_root(GOOD)
    (tmp_path / "tasks" / "demo" / "config" / "odd_config.py").mkdir()
    (problem,) = load_schedule().problems
    assert "it cannot be read" in problem.message


@pytest.mark.parametrize(
    ("values", "key", "told"),
    [
        ({"shedule": 1}, "shedule", "perhaps 'schedule' was meant"),
        ({"timout": 3}, "timout", "perhaps 'timeout' was meant"),
        ({"zzz": 3}, "zzz", "would be right"),
        ({"time_window": "09-21"}, "time_window", 'another scheduler\'s: between: ["09:00", "21:00"] would be right'),
        ({"no_timeout_control": True}, "no_timeout_control", "timeout, up to 604800 seconds"),
        ({"command": None, "script": "x.sh"}, "script", 'any other program stands in command: ["program"'),
        ({"name": "a/b"}, "name", "part of a folder's name on Windows"),
        ({"name": "con"}, "name", "part of a folder's name on Windows"),
        ({"name": "x."}, "name", "part of a folder's name on Windows"),
        ({"name": "runner"}, "name", "a folder of the runner's own"),
        ({"name": 5}, "name", "name 5 is wrong"),
        ({"user": "locks"}, "user", "a folder of the runner's own"),
        ({"timeout": 0}, "timeout", "seconds above 0, at most 604800"),
        ({"timeout": True}, "timeout", "seconds above 0"),
        ({"timeout": "60"}, "timeout", "seconds above 0"),
        ({"timeout": float("inf")}, "timeout", "seconds above 0"),
        ({"retries": -1}, "retries", "a whole number from 0 on"),
        ({"retries": 1.0}, "retries", "a whole number from 0 on"),
        ({"enabled": "no"}, "enabled", "True or False"),
        ({"args": "x y"}, "args", "a list of texts or numbers"),
        ({"args": [None]}, "args", "a list of texts or numbers"),
        ({"env": ["A"]}, "env", "a dict of names and values"),
        ({"env": {"A=B": "1"}}, "env", "env has the name 'A=B'"),
        ({"env": {"A": ["x"]}}, "env", "env has a list for A"),
        ({"secrets": "TOKEN"}, "secrets", "a list of variables' names"),
        ({"working_dir": ""}, "working_dir", "a text would be right"),
        ({"ok_codes": [0, 75]}, "ok_codes", "75 not among them"),
        ({"ok_codes": 0}, "ok_codes", "a list of exit codes"),
        ({"warn_codes": [0]}, "warn_codes", "stand in ok_codes and in warn_codes"),
        ({"command": []}, "command", "a list such as"),
        ({"command": "robocopy"}, "command", "a list such as"),
        ({"module": "a.b"}, "command", "module and command stand side by side"),
        ({"command": None, "module": "no such"}, "module", "a name such as package.module"),
        ({"command": None, "module": "no_such.module"}, "module", "does not exist"),
        ({"command": None, "script": "gone.py"}, "script", "does not exist"),
        ({"command": None, "script": "../x.py"}, "script", "a Python file below tasks/demo"),
        ({"command": None}, "module", "it is what the task's name says"),
        ({"retries": 1, "schedule": "daily", "time": "09:00"}, "misfire_grace_time", "no time for a retry"),
        ({"group": "disk", "schedule": "daily", "time": "09:00"}, "misfire_grace_time", "wait for another one"),
        ({"schedule": "daily", "time": "9:00"}, "time", "9:00"),
        ({"schedule": "dayly"}, "schedule", "perhaps 'daily' was meant"),
    ],
)
def test_wrong_entry_is_told_with_its_key_and_what_would_be_right(tasks_root, values, key, told):
    tasks_root(one(**values).replace(": inf", ": float('inf')"))
    schedule = load_schedule()
    assert not schedule.tasks
    assert any(problem.key == key and told in problem.message for problem in schedule.problems), schedule.problems


DEEP = "value = {}\nfor _ in range(100_000): value = {'x': value}\n"
ENDING = "class Ending:\n    def __repr__(self): raise SystemExit\nvalue = Ending()\n"


@pytest.mark.parametrize("text", [DEEP, ENDING])
def test_value_that_cannot_be_shown_is_the_problem_of_its_entry_alone(tasks_root, text):
    tasks_root(f"{text}SCHEDULE = [{{'name': 'Odd', 'user': 'operator', 'schedule': 'hourly', 'args': value}}]\n")
    tasks_root(GOOD, domain="sound")
    schedule = load_schedule()
    assert [task.name for task in schedule.tasks] == ["Good"]
    (problem,) = schedule.problems
    assert "it cannot be checked" in str(problem)


def test_every_wrong_key_of_an_entry_is_told_at_once(tasks_root):
    tasks_root(one(timeout=0, retries=-1, zzz=1, schedule="daily"))
    assert {problem.key for problem in load_schedule().problems} == {"timeout", "retries", "zzz", "time"}


def test_name_is_unique_for_a_user_whatever_the_case(tasks_root):
    tasks_root(one(name="Copy") + "SCHEDULE.append({**SCHEDULE[0], 'name': 'COPY'})\n")
    tasks_root(one(name="copy", user="system"), domain="other")
    schedule = load_schedule()
    assert [(task.user, task.name) for task in schedule.tasks] == [("operator", "Copy"), ("system", "copy")]
    assert "name 'COPY' is taken by demo_Copy in" in schedule.problems[0].message


def test_problem_of_an_entry_names_its_user_and_that_of_a_file_nobody(tasks_root):
    tasks_root(one(timeout=0))
    tasks_root("raise OSError", name="z")
    assert [problem.user for problem in load_schedule().problems] == ["operator", None]


def test_argument_that_holds_a_secret_is_refused_without_telling_it(tasks_root, monkeypatch):
    monkeypatch.setenv("CAMERA_PASSWORD", "swordfish")
    tasks_root(one(args=["--password=swordfish"]))
    (problem,) = load_schedule().problems
    assert "secrets = ['CAMERA_PASSWORD']" in problem.message
    assert "swordfish" not in problem.message


def test_secret_of_the_tasks_own_environment_is_no_argument_either(tasks_root):
    tasks_root(one(env={"API_TOKEN": "swordfish"}, args=["--token=swordfish"]))
    (problem,) = load_schedule().problems
    assert problem.key == "args"
    assert "swordfish" not in problem.message


def test_schedule_that_never_meets_its_hours_is_told(tasks_root):
    hours = {"between": ["09:00", "21:00"]}
    for text in (
        one(name="A", schedule="cron", cron="0 3 * * *", **hours),
        one(name="B", schedule="interval", interval=86400, **hours),
        one(name="C", schedule="cron", cron="0 3,9 * * *", **hours),
        one(name="D", schedule="interval", interval=36000, **hours),
    ):
        tasks_root(text, name=text[22])
    schedule = load_schedule()
    assert [task.name for task in schedule.tasks] == ["C", "D"]
    assert all("it would never run" in problem.message for problem in schedule.problems)


def test_script_beside_the_domain_and_module_are_found(tasks_root, tmp_path):
    tasks_root(one(command=None, script="clean.py", args=[1, "a"]))
    (tmp_path / "tasks" / "demo" / "clean.py").write_text("")
    (task,) = load_schedule().tasks
    assert task.argv == (sys.executable, str(tmp_path / "tasks" / "demo" / "clean.py"), "1", "a")
    tasks_root(one(command=None, module="json.tool"))
    (task,) = load_schedule().tasks
    assert task.argv == (*module_argv("json.tool"),)


def test_reload_sees_an_edit_within_the_same_second(tasks_root):
    path = tasks_root(one(name="One"))
    reload_schedule()
    stamp = path.stat().st_mtime_ns
    tasks_root(one(name="Two"))
    os.utime(path, ns=(stamp, stamp))
    assert [task.name for task in reload_schedule().tasks] == ["Two"]
    assert [task.name for task in schedule_config.SCHEDULE] == ["Two"]


def test_reload_leaves_nothing_behind(tasks_root, tmp_path):
    tasks_root("import sys\nimport scheduler_runner.tasks.demo.names\nsys.path.insert(0, 'x')\n" + GOOD)
    (tmp_path / "tasks" / "demo" / "names.py").write_text("")
    modules, path = dict(sys.modules), list(sys.path)
    reload_schedule()
    assert sys.path == path
    assert {name for name in sys.modules if "demo" in name} == {name for name in modules if "demo" in name}
    assert all(sys.modules[name] is module for name, module in modules.items())
    assert not list((tmp_path / "tasks" / "demo" / "config").glob("__pycache__"))


def test_reload_of_nothing_sound_raises_and_changes_nothing(tasks_root):
    tasks_root(GOOD)
    reload_schedule()
    tasks_root("SCHEDULE = 5\n")
    with pytest.raises(ConfigError, match="SCHEDULE is a int"):
        reload_schedule()
    assert [task.name for task in schedule_config.SCHEDULE] == ["Good"]


def test_tasks_of_a_user_are_found_whatever_the_case(tasks_root):
    tasks_root(GOOD)
    assert [task.name for task in get_tasks_by_user("OPERATOR")] == ["Good"]
    assert get_tasks_by_user("nobody") == ()


def test_task_env_is_the_base_then_the_tasks_own_all_texts_and_no_none(tasks_root, ini):
    ini()
    tasks_root(one(env={"A": 5, "ENV_MODE": None, "PVZ_ID": "x"}, detailed_logs=True))
    environment = get_task_env(load_schedule().tasks[0])
    assert (environment["A"], environment["PVZ_ID"], environment["LOG_LEVEL"]) == ("5", "x", "DEBUG")
    assert "ENV_MODE" not in environment


def test_bundled_configuration_is_sound():
    schedule = load_schedule()
    assert schedule.problems == ()
    assert {task.user for task in schedule.tasks} <= {"operator", "system"}
