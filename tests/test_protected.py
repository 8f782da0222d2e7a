"""``--protected``, from the entry to the refusal: an administrator's runner runs nothing that others could change."""

import os
import sys

import pytest

from config.base_config import GENERAL_KEYS, SCHEDULER_KEYS
from scheduler_runner.doctor.checks_rights import check_exposure
from scheduler_runner.doctor.patient import Patient
from scheduler_runner.rights import exposure
from scheduler_runner.schedule_config import Schedule
from scheduler_runner.setup.crontab import crontab_line
from scheduler_runner.setup.task_entry import Logon, Wish
from tests.bot_api import TOKEN, BotApi
from tests.conftest import INI, entry

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform == "win32" or os.geteuid() != 0, reason="only root has an ordinary account beside it"
    ),
]
OTHER = 54321
RAN = "open('ran', 'w')"


@pytest.fixture
def point(project, tmp_path):
    """A point whose code is root's alone, with the line that ``install`` prints for it."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.name.startswith(("pytest-", "popen-", "test_")):
            folder.chmod(0o755)
    project.root.chmod(0o755)
    (tmp_path / "work").mkdir()
    (tmp_path / "camera").mkdir()
    os.chown(tmp_path / "camera", OTHER, OTHER)
    project.schedule(
        entry("Job", RAN, user="system", working_dir=str(tmp_path / "work")),
        entry("Camera", RAN, user="system", working_dir=str(tmp_path / "camera")),
    )
    assert "--protected" in crontab_line(Wish("system", "", Logon.SYSTEM), sys.executable, str(project.root)).split()
    return project


@pytest.fixture(autouse=True)
def _python_is_left_out(monkeypatch):
    """Python's own folders have ten thousand files, which tests of rights look at."""
    monkeypatch.setattr(exposure, "python_folders", list)


TICK = """
import sys
from scheduler_runner.rights import exposure
exposure.python_folders = list
from scheduler_runner.runner import main
sys.exit(main(sys.argv[1:]))
"""


def found(point) -> str:
    """Return what the doctor says of the same point."""
    patient = Patient(str(point.root), str(point.logs), str(point.root / "pvz_config.ini"), 0.0, ("system",),
                      Schedule((), ()), None)  # fmt: skip
    return " ".join(str(finding.what) for finding in check_exposure(patient))


def tick(point, *arguments: str):
    process = point.start(TICK, "--user", "system", *arguments, program="-c")
    _, told = process.communicate(timeout=100)
    return process.returncode, told


def test_sound_point_runs_and_only_the_task_in_anothers_folder_is_left_out(point, tmp_path):
    assert (tick(point, "--protected")[0], found(point)) == (3, "")
    assert (tmp_path / "work" / "ran").exists()
    assert not (tmp_path / "camera" / "ran").exists()
    assert "it is not run with an administrator's rights" in point.log(user="system")
    assert tick(point, "--task", "Camera")[0] == 0, "an entry without it only warns"


@pytest.mark.parametrize(
    "opened",
    [
        ".",
        "pvz_config.ini",
        "scheduler_runner/runner.py",
        "scheduler_runner/tasks/demo/config/demo_config.py",
        "logs/system",
    ],
)
def test_whatever_others_could_change_ends_the_tick_and_the_doctor_sees_it(point, tmp_path, opened):
    place = point.root / opened
    place.mkdir(parents=True, exist_ok=True) if opened == "logs/system" else None
    os.chown(place, OTHER, OTHER)
    code, told = tick(point, "--protected")
    assert code == 3, told
    assert not (tmp_path / "work" / "ran").exists()
    told += point.log(user="system") if opened != "logs/system" else ""
    assert "nothing is run" in told
    assert str(place.resolve()) in told
    assert str(place.resolve()) in found(point)


@pytest.mark.parametrize(("opened", "is_told"), [("logs/system", True), (".", False), ("pvz_config.ini", False)])
def test_refusal_is_told_directly_unless_the_address_may_be_anothers(point, opened, is_told):
    with BotApi() as api:
        ini = point.root / "pvz_config.ini"
        ini.write_text(f"{INI}[telegram]\nchat_id = -100\napi_url = {api.url}\nquiet_hours = off\n", "utf-8")
        point.environ.update(TELEGRAM_BOT_TOKEN=TOKEN, NO_PROXY="127.0.0.1")
        place = point.root / opened
        place.mkdir(parents=True, exist_ok=True) if opened == "logs/system" else None
        os.chown(place, OTHER, OTHER)
        for _ in range(2):  # once in hours
            assert tick(point, "--protected")[0] == 3
        assert len(api.delivered) == is_told


def test_no_key_of_an_ini_switches_the_refusal_off():
    """It may be the very file that others can write."""
    assert [key for key in (*GENERAL_KEYS, *SCHEDULER_KEYS) if "protect" in key or "harden" in key] == []
