"""Who could change what a privileged runner executes; and rights that are set."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scheduler_runner.doctor.checks_rights import check_exposure, check_token_file
from scheduler_runner.errors import SchedulerError
from scheduler_runner.rights import exposure
from scheduler_runner.rights.exposure import Tree, exposed_code, exposures
from scheduler_runner.rights.file_rights import changers, changers_in, readers, readers_in
from scheduler_runner.rights.hardening import Estate, carry_out, hardening_plan
from scheduler_runner.setup.task_entry import Logon
from scheduler_runner.system.folders import is_link
from scheduler_runner.tick import Tick
from tests.setup.conftest import on_posix, on_windows, own_xml, texts

OPERATOR = "S-1-5-21-1-2-3-1001"
ROOT_ONLY = pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root may give files away")


@pytest.mark.parametrize(
    ("sddl", "expected"),
    [
        ("O:BAG:BAD:PAI(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;BU)", set()),
        ("O:SYG:SYD:AI(A;ID;FA;;;SY)(A;ID;0x1301bf;;;AU)", {"AU"}),
        ("O:BAG:BAD:(A;;FW;;;WD)(A;;FRFX;;;BU)", {"WD"}),
        ("O:BAG:BAD:(A;;GA;;;BU)", {"BU"}),
        ("O:BAG:BAD:(A;;SDGXGWGR;;;AU)", {"AU"}),
        ("O:BAG:BAD:(A;OICIIO;SDGXGWGR;;;AU)(A;;LC;;;S-1-5-80-1)", {"S-1-5-80-1"}),
        (f"O:{OPERATOR}G:BAD:(A;;FA;;;BA)", {OPERATOR}),
        (f"O:BAG:BAD:(D;;FA;;;{OPERATOR})(A;;0x120089;;;{OPERATOR})", set()),
        ("O:BAG:BAD:NO_ACCESS_CONTROL", {"WD"}),
        ("O:BAG:BA", {"WD"}),
        ("O:BAG:BAD:(XA;;FA;;;BU;(Member_of {SID(BA)}))", {"BU"}),
        ("O:S-1-5-21-9-9-9-500G:BAD:(A;;FA;;;S-1-5-21-9-9-9-512)", set()),
        ("O:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464D:P(A;;FA;;;CO)", set()),
        ("O:BAG:BAD:(A;;0x40000;;;BU)", {"BU"}),
        ("O:BAG:BAD:(A;;0x100116;;;BU)S:(ML;;NW;;;HI)", {"BU"}),
    ],
)
def test_security_descriptor_tells_who_could_change(sddl, expected):
    assert changers_in(sddl) == expected


@pytest.mark.parametrize(
    ("rights", "is_found"), [("FR", True), ("GA", True), ("FA", True), ("WD", True), ("WP", False)]
)
def test_security_descriptor_tells_who_could_read(rights, is_found):
    assert readers_in(f"O:BAG:BAD:PAI(A;;FA;;;BA)(A;;{rights};;;BU)") == ({"BU"} if is_found else set())


@pytest.mark.parametrize(
    ("rights", "is_found"),
    [("LC", False), ("DCLC", False), ("0x1301bf", True), ("DT", True), ("FA", True), ("FR", False)],
)
def test_of_a_folder_further_up_only_what_takes_the_next_one_away_counts(rights, is_found):
    assert bool(changers_in(f"O:BAG:BAD:(A;;{rights};;;AU)", is_ancestor=True)) is is_found


@on_posix
@pytest.mark.parametrize(("mode", "expected"), [(0o755, set()), (0o777, {"everyone"}), (0o1777, {"everyone"})])
def test_mode_bits_tell_who_could_change(tmp_path, mode, expected):
    tmp_path.chmod(mode)
    own = set() if os.geteuid() == 0 else changers("/proc/self")
    assert changers(str(tmp_path)) - own == expected
    assert not changers(str(tmp_path / "none"))


@on_posix
def test_sticky_folder_further_up_lets_nobody_take_what_is_another_s(tmp_path):
    tmp_path.chmod(0o1777)
    assert "everyone" not in changers(str(tmp_path), is_ancestor=True)
    tmp_path.chmod(0o777)
    assert "everyone" in changers(str(tmp_path), is_ancestor=True)


@on_windows
def test_file_that_everyone_may_change_is_found(tmp_path):
    import ctypes

    path = tmp_path / "код.py"
    path.write_text("")
    descriptor = ctypes.c_void_p()
    convert = ctypes.windll.advapi32.ConvertStringSecurityDescriptorToSecurityDescriptorW
    assert convert("D:PAI(A;;FA;;;BA)(A;;FA;;;WD)", 1, ctypes.byref(descriptor), None)
    assert ctypes.windll.advapi32.SetFileSecurityW(str(path), 4, descriptor)
    assert "everyone" in changers(str(path))
    assert convert("D:PAI(A;;FA;;;BA)(A;;FR;;;WD)", 1, ctypes.byref(descriptor), None)
    assert ctypes.windll.advapi32.SetFileSecurityW(str(path), 4, descriptor)
    assert "everyone" not in changers(str(path))
    assert "everyone" in readers(str(path))


@pytest.fixture
def code(tmp_path) -> Path:
    """Make a project with an unsafe file, an unsafe folder with two files, and logs that matter to nobody."""
    root = tmp_path / "проект"
    for name in ("config", "scheduler_runner/tasks/demo", "logs/operator", ".venv/lib"):
        (root / name).mkdir(parents=True)
    for name in ("config/a.py", "scheduler_runner/tasks/demo/b.py", "scheduler_runner/tasks/demo/c.py", "logs/x.log"):
        (root / name).write_text("")
    (root / ".venv" / "pyvenv.cfg").write_text("")
    return root


def loosen(*paths: Path) -> None:
    for path in paths:
        path.chmod(0o777)


@ROOT_ONLY
def test_topmost_place_is_named_with_the_number_of_those_below(code):
    demo = code / "scheduler_runner" / "tasks" / "demo"
    loosen(demo, demo / "b.py", demo / "c.py", code / "config" / "a.py", code / "logs", code / ".venv" / "lib")
    found = [each for each in exposures([Tree(str(code))]) if not each.is_above]
    assert [(each.path, each.accounts, each.more) for each in found if each.path.startswith(str(demo))] == [
        (str(demo), ("everyone",), 2)
    ]
    assert {each.path for each in found} == {str(demo), str(code / "config" / "a.py")}


@ROOT_ONLY
def test_folder_further_up_is_named_as_one(code):
    loosen(code.parent)
    (found,) = [each for each in exposures([Tree(str(code))]) if str(code.parent) == each.path]
    assert found.is_above


@ROOT_ONLY
def test_quick_look_leaves_files_and_deep_folders_of_python_out(code):
    deep = code / "a" / "b" / "c" / "d"
    deep.mkdir(parents=True)
    loosen(deep, code / "a" / "b", code / "config" / "a.py")
    found = {each.path for each in exposures([Tree(str(code), is_quick=True)]) if not each.is_above}
    assert found == {str(code / "a" / "b")}


@ROOT_ONLY
def test_doctor_names_the_place_where_a_runner_is_privileged(patient):
    point = patient()
    loosen(Path(point.project_root, "scheduler_runner", "runner.py"))
    ordinary = patient(own_xml(point))
    assert texts(check_exposure(ordinary)) == []
    for wish in ({"logon": Logon.SYSTEM}, {"is_highest": True}):
        found = [text for text in texts(check_exposure(patient(own_xml(point, **wish)))) if "runner.py" in text]
        assert len(found) == 1
        assert "can be changed by everyone, and a privileged runner executes it" in found[0]
        assert found[0].endswith("install --harden")


@ROOT_ONLY
def test_privileged_runner_warns_once(site, ledger, logger, read_log, tmp_path):
    from datetime import datetime, timedelta, timezone

    path = tmp_path / "scheduler_runner" / "runner.py"
    path.parent.mkdir()
    path.write_text("")
    loosen(path)
    now = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
    for day in range(3):
        moment = now + timedelta(days=day)
        site.clock = moment.timestamp
        tick = Tick([], site, ledger, logger, lambda task: logger)
        tick.run_due()
        tick.end(0)
    assert read_log().count(f"{path} can be changed by everyone") == 1


def test_ordinary_runner_looks_at_nothing(tmp_path, mocker):
    mocker.patch.object(exposure, "is_privileged", return_value=False)
    looked = mocker.patch.object(exposure, "exposures")
    assert exposed_code(str(tmp_path)) == ""
    assert not looked.called


@pytest.fixture
def estate(code, tmp_path) -> Estate:
    """Make what is protected: the project, an INI alone in its folder, a token's file beside it, two runners."""
    folder = tmp_path / "программные данные"
    folder.mkdir()
    (folder / "pvz.ini").write_text("")
    (folder / "token.txt").write_text("123")
    account = "1234" if sys.platform != "win32" else OPERATOR
    return Estate(
        project_root=str(code),
        config_path=str(folder / "pvz.ini"),
        logs_root=str(code / "logs"),
        accounts={"Operator": account, "system": "S-1-5-18" if sys.platform == "win32" else "0"},
        token_file=str(folder / "token.txt"),
        python_folders=(str(code / ".venv"),),
    )


@ROOT_ONLY
def test_hardened_code_is_open_to_nobody_and_logs_to_their_account(estate, code):
    folder = Path(estate.config_path).parent
    everything = [*code.rglob("*"), code, *folder.iterdir(), folder]
    for path in everything:
        path.chmod(0o777)
        os.chown(path, 1234, 1234)
    trees = [Tree(str(code)), Tree(estate.config_path)]
    assert [each for each in exposures(trees) if not each.is_above]
    assert list(carry_out(estate, hardening_plan(estate))) == []
    assert [each for each in exposures(trees) if not each.is_above] == []
    assert Path(estate.logs_root, "operator").stat().st_uid == 1234
    assert Path(estate.logs_root, "locks").stat().st_mode & 0o7777 == 0o1777
    token = Path(estate.token_file).stat()
    assert (token.st_uid, token.st_mode & 0o777) == (1234, 0o600)
    assert list(code.rglob("__pycache__/*.pyc"))


@ROOT_ONLY
def test_step_that_fails_is_told_and_stops_nothing(estate):
    plan = [["chmod", "755", str(Path(estate.project_root, "none"))], ["chmod", "700", estate.project_root]]
    (failure,) = carry_out(estate, plan)
    assert failure.startswith("failed (1): chmod 755")
    assert Path(estate.project_root).stat().st_mode & 0o777 == 0o700


@on_windows
def test_plan_for_windows_names_groups_by_their_sids(estate):
    plan = [subprocess.list2cmdline(step) for step in hardening_plan(estate)]
    root, ini = estate.project_root, estate.config_path
    grants = "*S-1-5-32-544:{0}F *S-1-5-18:{0}F *S-1-5-32-545:{0}RX /Q"
    folder = grants.format("(OI)(CI)")
    assert f"icacls {root} /setowner *S-1-5-32-544 /T /L /C /Q" in plan
    assert plan.index(f"icacls {root} /reset /T /L /C /Q") < plan.index(
        f"icacls {root} /inheritance:r /grant:r {folder}"
    )
    assert f'icacls "{os.path.dirname(ini)}" /inheritance:r /grant:r {folder}' in plan
    assert f'icacls "{ini}" /inheritance:r /grant:r {grants.format("")}' in plan
    assert f"icacls {root}\\logs\\operator /grant:r *{OPERATOR}:(OI)(CI)M /Q" in plan
    assert f"icacls {root}\\logs\\locks /grant:r *{OPERATOR}:(OI)(CI)M *S-1-5-18:(OI)(CI)M /Q" in plan
    assert plan[-1].endswith(f"/inheritance:r /grant:r *S-1-5-32-544:F *S-1-5-18:F *{OPERATOR}:R *S-1-5-18:R /Q")


def test_folder_that_the_ini_shares_with_others_is_left_alone(estate):
    assert estate.config_places() == [os.path.dirname(estate.config_path), estate.config_path]
    Path(estate.config_path).with_name("письмо.txt").write_text("")
    assert estate.config_places() == [estate.config_path]


def test_ini_within_the_project_is_protected_with_it(estate, code):
    inside = Estate(str(code), str(code / "pvz_config.ini"), str(code / "logs"), {})
    assert inside.config_places() == []


def test_whole_drive_is_refused():
    drive = os.path.abspath(os.sep)
    with pytest.raises(SchedulerError, match="is a whole drive"):
        hardening_plan(Estate(drive, drive + "x.ini", drive + "logs", {}))


@on_windows
def test_link_within_the_project_is_refused(estate, code, tmp_path):
    try:
        os.symlink(tmp_path, code / "config" / "link", target_is_directory=True)
    except OSError:
        pytest.skip("this Windows lets nobody make links")
    if not is_link(str(code / "config" / "link")):
        pytest.skip("Wine shows its links as plain folders")
    with pytest.raises(SchedulerError, match="is a link: its target would be given other rights"):
        hardening_plan(estate)


@on_posix
def test_token_that_others_may_read_is_found(patient, ini):
    point = patient()
    path = ini("[DEFAULT]\nPVZ_ID = 1\nENV_MODE = test\n[telegram]\ntoken_file = token.txt\n")
    assert texts(check_token_file(point)) == []
    token = path.with_name("token.txt")
    token.write_text("123")
    token.chmod(0o644)
    (found,) = texts(check_token_file(point))
    assert f"{token}, which holds the bot's token, can be read by everyone" in found
    token.chmod(0o600)
    assert texts(check_token_file(point)) == []
