"""Who could change what a privileged runner executes; and rights that are set."""

import io
import os
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from config.base_config import Point
from config.secrets_file import take_known_secrets
from scheduler_runner.doctor import checks_rights
from scheduler_runner.doctor.checks_rights import check_exposure, check_token_file
from scheduler_runner.errors import SchedulerError
from scheduler_runner.rights import exposure
from scheduler_runner.rights.exposure import Exposed, Premises, Tree, exposed, exposures, refuse_exposed, task_trees
from scheduler_runner.rights.file_rights import changers, changers_in, readers, readers_in
from scheduler_runner.rights.hardening import Estate, Step, carry_out, hardening_plan
from scheduler_runner.russian_errors import in_russian
from scheduler_runner.screens.screen import Screen
from scheduler_runner.setup.task_entry import Logon
from scheduler_runner.tick import Tick
from scheduler_runner.watch import exposure_news
from tests.linking import link_folder
from tests.setup.conftest import on_posix, on_windows, own_xml, texts

if sys.platform != "win32":
    from scheduler_runner.rights import handing_over
    from scheduler_runner.rights.handing_over import give_tree, restrict

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
        ("O:BAG:BAD:(A;OICIIO;SDGXGWGR;;;AU)(A;;LC;;;S-1-5-21-1-2-3-4)", {"S-1-5-21-1-2-3-4"}),
        ("O:S-1-5-80-1-2-3-4-5G:BAD:(A;;FA;;;S-1-5-80-9)(A;;FA;;;LS)(A;;FA;;;S-1-5-20)", set()),
        ("O:BAG:BAD:(A;;FA;;;AC)(A;;FA;;;S-1-15-3-1024-1)(A;;FA;;;S-1-5-19)(A;;FA;;;SU)", set()),
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
    found = {each.path for each in exposures([Tree(str(code), 2)]) if not each.is_above}
    assert found == {str(code / "a" / "b")}


@pytest.mark.slow
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
        shown = Screen(io.StringIO(), language="ru")
        told = [shown.words(each.what) for each in check_exposure(patient(own_xml(point, **wish)))]
        assert any("может изменить не только администратор (все), и это выполняется" in text for text in told)
        assert found[0].endswith("install --harden")


@pytest.mark.slow
@ROOT_ONLY
def test_doctor_names_what_another_account_has_put_among_the_shared_locks(patient):
    point = patient()
    locks = Path(point.logs_root, "locks")
    locks.mkdir(parents=True)
    locks.chmod(0o1777)
    for name in ("disk.lock", "disk.json", "own.json", "link.lock"):
        (locks / name).symlink_to("elsewhere") if name.startswith("link") else (locks / name).write_text("")
        os.chown(locks / name, 0 if name.startswith("own") else 54321, 0, follow_symlinks=False)
    os.mkfifo(locks / "pipe.lock")
    os.chown(locks / "pipe.lock", 54321, 0)
    found = [
        text for text in texts(check_exposure(patient(own_xml(point, logon=Logon.SYSTEM)))) if "is no lock" in text
    ]
    assert [text.partition(" is no lock, and 54321 has put it")[0] for text in found] == [
        str(locks / name) for name in ("disk.json", "link.lock", "pipe.lock")
    ]


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


@ROOT_ONLY
def test_what_others_could_change_is_said_in_russian_to_people_and_in_english_in_the_log(code):
    loosen(code / "config" / "a.py", code / "scheduler_runner" / "tasks")
    found = exposed([Tree(str(code))])
    news = exposure_news(found, "production")
    assert news.line.count("can be changed by everyone") == 2
    told = in_russian(
        Exposed("nothing is run: {exposed}: as administrator, install --harden would mend it", exposed=found)
    )
    for text in (in_russian(news.facts["reason"]), told):
        assert text.count("может изменить не только администратор (") == 2
        assert "changed" not in text


def test_thousands_of_places_are_refused_like_one(mocker):
    """Whoever makes so many must not get the check to break, which refuses nothing then."""
    places = [exposure.Exposure(f"C:/PVZ/{number}", ("everyone",)) for number in range(3000)]
    mocker.patch.object(exposure, "is_privileged", return_value=True)
    mocker.patch.object(exposure, "exposures", return_value=places)
    assert str(exposed([])).count("can be changed by everyone") == 3000


def test_ordinary_runner_looks_at_nothing(tmp_path, mocker):
    mocker.patch.object(exposure, "is_privileged", return_value=False)
    looked = mocker.patch.object(exposure, "exposures")
    assert exposed([Tree(str(tmp_path))]) is None
    refuse_exposed(Premises(str(tmp_path), str(tmp_path)))
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


@pytest.mark.slow
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
    commands = [["chmod", "755", str(Path(estate.project_root, "none"))], ["chmod", "700", estate.project_root]]
    (failure,) = carry_out(estate, [Step(estate.project_root, argv) for argv in commands])
    assert failure.startswith("failed (1): chmod 755")
    assert Path(estate.project_root).stat().st_mode & 0o777 == 0o700


@on_windows
def test_plan_for_windows_names_groups_by_their_sids(estate):
    plan = [subprocess.list2cmdline(step.argv) for step in hardening_plan(estate)]
    icacls = os.path.join(os.environ["SYSTEMROOT"], "System32", "icacls.exe")
    assert [line for line in plan[:-1] if not line.startswith(icacls)] == []
    plan = [line.replace(icacls, "icacls") for line in plan]
    root, ini = estate.project_root, estate.config_path
    grants = "*S-1-5-32-544:{0}F *S-1-5-18:{0}F *S-1-5-32-545:{0}RX /L /Q"
    folder = grants.format("(OI)(CI)")
    assert f"icacls {root} /setowner *S-1-5-32-544 /T /L /C /Q" in plan
    assert plan.index(f"icacls {root} /reset /T /L /C /Q") < plan.index(
        f"icacls {root} /inheritance:r /grant:r {folder}"
    )
    assert f'icacls "{os.path.dirname(ini)}" /inheritance:r /grant:r {folder}' in plan
    assert f'icacls "{ini}" /inheritance:r /grant:r {grants.format("")}' in plan
    assert f"icacls {root}\\logs\\operator /grant:r *{OPERATOR}:(OI)(CI)M /L /Q" in plan
    assert f"icacls {root}\\logs\\locks /grant:r *{OPERATOR}:(OI)(CI)M *S-1-5-18:(OI)(CI)M /L /Q" in plan
    assert plan[-2].endswith(f"/inheritance:r /grant:r *S-1-5-32-544:F *S-1-5-18:F *{OPERATOR}:R *S-1-5-18:R /L /Q")
    assert "compileall" in plan[-1]


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
    link_folder(code / "config" / "link", tmp_path)
    with pytest.raises(SchedulerError, match="is a link: what it leads to .* would be given other rights"):
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


def test_secrets_that_are_short_open_or_unusable_are_found(patient, ini, monkeypatch):
    monkeypatch.setattr(checks_rights, "readers", lambda path: {"everyone"} if path.endswith("pvz.ini") else set())
    path = ini("[DEFAULT]\nPVZ_ID = 1\nENV_MODE = test\n[scheduler]\nsecrets_file = {user}.env\n")
    point = patient(point=Point("1", "test", path=str(path), healthchecks={"ping_url": "https://hc/x"}))
    path.with_name("operator.env").write_text("what is this\n")
    monkeypatch.setenv("NAS_PASSWORD", "12345")
    monkeypatch.setenv("DB_PASSWORD", "123456")
    found = {str(each.what): each.is_drift for each in check_token_file(point)}
    assert [text.split(" is a secret")[0] for text in found if "fewer than six" in text] == ["NAS_PASSWORD"]
    assert [text for text in found if "ping_url" in text and "can be read by everyone" in text]
    assert [text for text, is_drift in found.items() if "operator.env, line 1" in text and is_drift]


def test_command_masks_and_knows_by_the_secrets_that_its_account_may_read(tmp_path, ini):
    ini("[DEFAULT]\nPVZ_ID = 1\nENV_MODE = test\n[scheduler]\nsecrets_file = keys/{user}.env\n")
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "a.env").write_text("A_TOKEN=of a\nBOTH_TOKEN=of a\n")
    (tmp_path / "keys" / "b.env").write_text("BOTH_TOKEN=of b\n")
    (tmp_path / "keys" / "c.env").write_text("nonsense\n")
    environ: dict[str, str] = {"OTHER": "stays"}
    (error,) = take_known_secrets(environ, "b")
    assert "c.env, line 1" in str(error)
    assert environ == {"OTHER": "stays", "A_TOKEN": "of a", "BOTH_TOKEN": "of b"}


@ROOT_ONLY
def test_group_in_which_nobody_is_can_change_nothing(tmp_path):
    import grp
    import pwd

    used = {*(account.pw_gid for account in pwd.getpwall()), 0}
    empty = next(group for group in grp.getgrall() if group.gr_gid not in used and not group.gr_mem)
    other = next(account for account in pwd.getpwall() if account.pw_gid)
    tmp_path.chmod(0o775)
    os.chown(tmp_path, 0, empty.gr_gid)
    assert changers(str(tmp_path)) == set()
    os.chown(tmp_path, 0, other.pw_gid)
    assert changers(str(tmp_path)) == {f"group {grp.getgrgid(other.pw_gid).gr_name}"}


@ROOT_ONLY
def test_access_control_list_is_read_where_there_is_one(tmp_path):
    import struct

    path = tmp_path / "code.py"
    path.write_text("")
    # owner rw, account 12345 rw, group r, mask rw, others nothing
    entries = [(1, 6, -1), (2, 6, 12345), (4, 4, -1), (16, 6, -1), (32, 0, -1)]
    content = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
    try:
        os.setxattr(path, "system.posix_acl_access", content)
    except OSError:
        pytest.skip("this file system has no such lists")
    assert changers(str(path)) == {"12345"}
    assert readers(str(path)) == {"12345"}


@on_windows
def test_account_that_is_no_more_is_no_intruder_and_one_that_is_may_be():
    from scheduler_runner.rights.accounts import current_account, is_orphan, sid_of

    own = sid_of(current_account())
    assert not is_orphan(own)
    assert not is_orphan("S-1-5-32-545")
    assert is_orphan("S-1-5-21-111-222-333-4444")


@on_posix
@pytest.mark.parametrize("place", ["token_file", "config_path", "logs_root", "project_root"])
def test_link_in_the_place_of_anything_that_is_changed_is_refused_and_named(estate, tmp_path, place):
    real = Path(getattr(estate, place))
    moved = real.rename(tmp_path / "elsewhere")
    real.symlink_to(moved)
    with pytest.raises(SchedulerError, match="is a link: what it leads to .*elsewhere.* would be given") as caught:
        hardening_plan(estate)
    assert str(real) in str(caught.value)


@on_posix
def test_link_on_the_way_to_the_token_is_refused(estate, tmp_path):
    (tmp_path / "way").symlink_to(Path(estate.token_file).parent)
    with pytest.raises(SchedulerError, match="way is a link"):
        hardening_plan(replace(estate, token_file=str(tmp_path / "way" / "token.txt")))


@ROOT_ONLY
def test_link_that_is_put_there_after_the_plan_was_made_is_left_alone(estate, tmp_path):
    victim = tmp_path / "shadow"
    victim.write_text("secret")
    victim.chmod(0o600)
    plan = hardening_plan(estate)
    token = Path(estate.token_file)
    token.unlink()
    token.symlink_to(victim)
    assert f"left alone: {token} is a link" in list(carry_out(estate, plan))
    assert (victim.stat().st_uid, victim.stat().st_mode & 0o777) == (0, 0o600)


@ROOT_ONLY
def test_hardened_locks_and_logs_can_be_used_by_their_accounts_at_once(estate):
    logs = Path(estate.logs_root)
    (logs / "locks").mkdir()
    for path, owner in (("operator/ledger.sqlite3", 1234), ("operator/left_by_root.log", 0), ("locks/disk.lock", 1234)):
        (logs / path).write_text("")
        os.chown(logs / path, owner, owner)
    assert list(carry_out(estate, hardening_plan(estate))) == []
    assert {path.stat().st_uid for path in (logs / "operator").iterdir()} == {1234}
    assert (logs / "locks" / "disk.lock").stat().st_mode & 0o777 == 0o666
    assert (logs.stat().st_uid, logs.stat().st_mode & 0o022) == (0, 0)


def hand_down(folder: Path, uid: int) -> None:
    """Let an account change whatever is made in a folder later, as its owner may."""
    entries = [(1, 7, 2**32 - 1), (2, 7, uid), (4, 5, 2**32 - 1), (16, 7, 2**32 - 1), (32, 5, 2**32 - 1)]
    content = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *each) for each in entries)
    try:
        os.setxattr(folder, "system.posix_acl_default", content)
    except (OSError, AttributeError):
        pytest.skip("no such lists here")


@pytest.mark.slow
@ROOT_ONLY
def test_what_is_made_after_hardening_is_open_to_no_earlier_owner(estate, code):
    tasks = code / "scheduler_runner" / "tasks" / "demo"
    for folder in (tasks, code / "logs", Path(estate.config_path).parent):
        hand_down(folder, 1234)
        assert [each.accounts for each in exposures([Tree(str(folder), 0)]) if not each.is_above] == [("1234",)]
    assert list(carry_out(estate, hardening_plan(estate))) == []
    (code / "logs" / "system" / "runner").mkdir(parents=True, exist_ok=True)
    (Path(estate.config_path).parent / "new").mkdir()
    assert list(tasks.rglob("__pycache__"))
    trees = [Tree(str(code)), Tree(str(code / "logs" / "system")), Tree(str(Path(estate.config_path).parent), 1)]
    assert [each for each in exposures(trees) if not each.is_above] == []


@ROOT_ONLY
def test_folder_that_is_given_to_an_account_is_open_to_no_other(tmp_path):
    folder = tmp_path / "root"
    (folder / "locks").mkdir(parents=True)
    (folder / "ledger.sqlite3").write_text("")
    loosen(folder, folder / "locks", folder / "ledger.sqlite3")
    give_tree(str(folder), 0, 0)
    assert {path.stat().st_mode & 0o022 for path in (folder, *folder.iterdir())} == {0}


@ROOT_ONLY
def test_what_has_a_second_name_or_is_a_link_is_not_handed_over(tmp_path):
    folder = tmp_path / "logs" / "operator"
    folder.mkdir(parents=True)
    for name in ("shadow", "passwd"):
        (tmp_path / name).write_text(name)
    os.link(tmp_path / "shadow", folder / "second_name")
    (folder / "link").symlink_to(tmp_path / "passwd")
    os.mkfifo(folder / "pipe")
    (folder / "own.log").write_text("")
    give_tree(str(folder), 1234, 1234)
    assert [(tmp_path / name).stat().st_uid for name in ("shadow", "passwd")] == [0, 0]
    assert ((folder / "own.log").stat().st_uid, folder.stat().st_uid) == (1234, 1234)
    with pytest.raises(OSError, match="second name"):
        restrict(str(folder / "second_name"), 1234, 1234)
    with pytest.raises(OSError):
        restrict(str(folder / "link"), 1234, 1234)


@ROOT_ONLY
def test_folders_within_folders_without_end_keep_nobody_from_hardening(tmp_path):
    folder = tmp_path / "logs" / "operator"
    (folder / "locks").mkdir(parents=True)
    code = "import os\nfor _ in range(1200):\n    os.mkdir('d')\n    os.chdir('d')\n"
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)
    try:
        give_tree(str(folder), 1234, 1234)
        handing_over.disinherit(str(tmp_path / "logs"), 0, 0)
        assert {path.stat().st_uid for path in (folder, folder / "locks", folder / "d" / "d")} == {1234}
    finally:
        subprocess.run(["rm", "-rf", str(folder)], check=True)  # Python's own way of removing it may end as well


@ROOT_ONLY
def test_nothing_is_handed_over_behind_a_link_on_the_way(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "token.txt").write_text("1")
    (tmp_path / "way").symlink_to(tmp_path / "real")
    assert handing_over.main(["restrict", str(tmp_path / "way" / "token.txt"), "1234", "1234"]) == 1
    assert (tmp_path / "real" / "token.txt").stat().st_uid == 0


@on_posix
def test_plan_names_programs_by_their_whole_paths(estate):
    assert [step.argv[0] for step in hardening_plan(estate) if not os.path.isabs(step.argv[0])] == []


@ROOT_ONLY
def test_tick_refuses_a_door_that_others_could_open(code):
    doors = Premises(str(code), str(code / "config" / "a.py"), str(code / "logs" / "operator"))
    refuse_exposed(doors)
    for path in (code, code / "config" / "a.py", code / "logs" / "operator", code / "logs"):
        mode = path.stat().st_mode & 0o7777
        loosen(path)
        with pytest.raises(Exposed, match="nothing is run: .* can be changed by everyone") as caught:
            refuse_exposed(doors)
        assert caught.value.is_ini == (path in (code, code / "config" / "a.py"))
        path.chmod(mode)


@ROOT_ONLY
@pytest.mark.parametrize("how", ["program", "script", "folder", "path"])
def test_program_script_and_folder_of_a_task_are_looked_at(tmp_path, monkeypatch, how):
    folder = tmp_path / "work"
    folder.mkdir()
    for name in ("tool", "clean.sh"):
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    argv = {
        "program": ["./tool"],
        "script": ["/bin/sh", "clean.sh"],
        "folder": ["/bin/true"],
        "path": ["tool", "clean.sh"],
    }[how]
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    assert not own_exposures(task_trees(argv, str(folder)), tmp_path)
    loosen({"program": folder / "tool", "script": folder / "clean.sh"}.get(how, folder))
    assert own_exposures(task_trees(argv, str(folder)), tmp_path)


def own_exposures(trees: "list[Tree]", below: Path) -> "list[str]":
    return [each.path for each in exposures(trees) if each.path.startswith(str(below / "work"))]
