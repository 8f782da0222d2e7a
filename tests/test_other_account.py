"""Who starts a user's runner: another account than the one whose logs they are is told so, and leaves nothing."""

import os
import sys

import pytest

from scheduler_runner import other_account
from scheduler_runner.errors import UsageError
from tests.conftest import entry, just_now

ROOT_ONLY = pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can be two accounts")
STRANGER = 54321


@pytest.fixture
def point(project):
    project.schedule(entry("Job", "print('ran')", **just_now()))
    (project.logs / "operator").mkdir(parents=True)
    os.chown(project.logs / "operator", STRANGER, STRANGER)
    return project


@ROOT_ONLY
def test_run_by_hand_is_refused_with_the_right_command_and_leaves_nothing(point):
    ended = point.run("--user", "operator", "--task", "Job")
    assert ended.returncode == 2
    assert f"belongs to {STRANGER}, and this is root: sudo -u {STRANGER}" in ended.stderr
    assert list((point.logs / "operator").iterdir()) == []


@ROOT_ONLY
def test_tick_of_a_folder_that_a_stranger_made_goes_on(point):
    """Else whoever may write into logs/ could stop an administrator's updates."""
    assert point.run("--user", "operator").returncode in (0, 5)


@ROOT_ONLY
def test_tick_is_refused_where_the_owner_is_called_as_the_user_is(tmp_path, monkeypatch):
    monkeypatch.setitem(other_account.PATH_CONFIG, "LOGS_ROOT", str(tmp_path))
    import pwd

    account = next(each for each in pwd.getpwall() if each.pw_uid)
    (tmp_path / account.pw_name).mkdir()
    os.chown(tmp_path / account.pw_name, account.pw_uid, -1)
    with pytest.raises(UsageError, match=f"sudo -u {account.pw_name} .*runner.* --user"):
        other_account.refuse_other_account(account.pw_name.upper(), None)


def test_own_folder_roots_and_none_are_no_hindrance(tmp_path, monkeypatch):
    monkeypatch.setitem(other_account.PATH_CONFIG, "LOGS_ROOT", str(tmp_path))
    (tmp_path / "operator").mkdir()
    other_account.refuse_other_account("operator", "Job")
    other_account.refuse_other_account("nobody yet", "Job")


@pytest.mark.skipif(sys.platform != "win32", reason="elsewhere it is refused")
@pytest.mark.parametrize(("meant", "told"), [("S-1-5-21-1", True), ("S-1-5-21-2", False), ("", False)])
def test_administrator_who_runs_anothers_task_by_hand_is_told_what_is_not_there(monkeypatch, meant, told):
    monkeypatch.setattr(other_account, "user_sid", lambda name: meant)
    monkeypatch.setattr(other_account, "sid_of", lambda name: "S-1-5-21-2")
    assert ("its network drives" in other_account.remark_on_account("operator")) is told
