"""The script from end to end, with recorded answers of Windows Update."""

import json
import os
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

from config.base_config import PATH_CONFIG
from scheduler_runner.system.process_identity import process_birth
from scheduler_runner.tasks.system_updates import UpdateOS, pending_restart, windows_updates
from scheduler_runner.tasks.system_updates.update_values import Restart
from scheduler_runner.tasks.system_updates.windows_updates import WindowsUpdates
from tests.tasks.system_updates.conftest import record_of

REPLAY = """
import pathlib, sys
folder, stage = pathlib.Path(sys.argv[1]), sys.argv[sys.argv.index("-Stage") + 1]
with open(folder / "asked", "a") as file:
    print(*sys.argv[2:], file=file)
print((folder / f"{stage}.json").read_text("ascii"))
"""
SEARCH = """{"hresult":0,"result_code":2,"updates":[
{"revision":200,"id":"a1","kb":["5034441"],"asks":false,"severity":"Important","size":86512190000,
 "title":"2024-01 \\u041e\\u0431\\u043d\\u043e\\u0432\\u043b\\u0435\\u043d\\u0438\\u0435 (KB5034441)",
 "categories":["0FA1201D-4330-4FA8-8AE9-B877473B6441"]},
{"revision":1,"id":"b2","kb":["890830"],"asks":false,"severity":"","size":31480000,"title":"MSRT (KB890830)",
 "categories":["28bc880e-0592-4cbf-8f95-c79b17911d5f"]}]}""".replace("\n", "")
ASKING = """{"hresult":0,"result_code":2,"updates":[
{"revision":1,"id":"c3","kb":["7"],"asks":true,"severity":"Critical","size":1,"title":"asks","categories":[]}]}""".replace(
    "\n", ""
)
DONE = '{"hresult":0,"result_code":2}'
HOURS_NOW, OTHER_HOURS = "00:00-23:59", "03:00-04:00" if datetime.now().hour >= 12 else "20:00-21:00"


class Windows:
    """A stand-in for PowerShell that gives recorded answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "replay.py").write_text(REPLAY)
        self.record(search=SEARCH, download=DONE, install=DONE)

    def record(self, **answers: str) -> None:
        for stage, text in answers.items():
            (self.folder / f"{stage}.json").write_text(text, "ascii")

    @property
    def updates(self) -> WindowsUpdates:
        return WindowsUpdates((sys.executable, str(self.folder / "replay.py"), str(self.folder)))

    @property
    def asked(self) -> "list[str]":
        path = self.folder / "asked"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def windows(tmp_path, monkeypatch) -> Windows:
    windows = Windows(tmp_path)
    monkeypatch.setattr(WindowsUpdates, "is_privileged", lambda self: True)
    # Which Windows these tests run on is none of their business: its end of support would be a remark of its own.
    monkeypatch.setattr(windows_updates, "end_of_support", lambda *_: "")
    return windows


@pytest.fixture
def nothing_pending(tmp_path, monkeypatch):
    """Look for what waits for a restart in a place of this test; return the folder (Linux)."""
    place = tmp_path / "run"
    place.mkdir()
    monkeypatch.setattr(pending_restart, "PLACE", r"SOFTWARE\none" if sys.platform == "win32" else str(place))
    return place


@pytest.fixture
def script(ini, tmp_path, monkeypatch, nothing_pending, windows):
    """Return a function that runs the script in this process, as the runner would; it returns code and result."""
    (tmp_path / "logs").mkdir()
    result = tmp_path / "result.json"
    monkeypatch.setenv("SCHEDULER_RESULT_FILE", str(result))
    monkeypatch.setitem(PATH_CONFIG, "LOGS_ROOT", str(tmp_path / "logs"))

    def run(*arguments: str, mode="production", hours="09:00-21:00", system=windows.updates) -> "tuple[int, dict]":
        ini(f"[DEFAULT]\nPVZ_ID = 182\nENV_MODE = {mode}\n[cameras]\nworking_hours = {hours}\n")
        code = UpdateOS.main(arguments, lambda: system)
        return code, json.loads(result.read_text("utf-8"))

    return run


@pytest.fixture
def no_restart(monkeypatch) -> "list[str]":
    """Keep this machine from being restarted; return what was ordered."""
    ordered: list[str] = []

    def order() -> Restart:
        ordered.append("restart")
        return Restart(is_needed=True, is_ordered=True)

    monkeypatch.setattr(UpdateOS, "order_restart", order)
    return ordered


def test_important_updates_are_downloaded_and_installed_one_by_one(script, windows):
    code, result = script()
    assert (code, result["summary"]) == (0, "Установлено обновлений: 1 (KB5034441).")
    assert result["metrics"]["installed"] == 1
    assert windows.asked == [
        "-Stage search",
        "-Stage download -Id a1 -Revision 200",
        "-Stage install -Id a1 -Revision 200",
    ]


@pytest.mark.slow
def test_all_is_everything_and_an_excluded_number_is_left_out(script, windows):
    assert script("--all")[1]["summary"] == "Установлено обновлений: 2 (KB5034441, KB890830)."
    assert script("--all", "--exclude", "kb5034441")[1]["summary"] == "Установлено обновлений: 1 (KB890830)."
    assert script("--all", "--exclude", "5034441", "KB890830")[1]["summary"] == "Обновлений нет."


@pytest.mark.parametrize(
    ("arguments", "mode", "told"),
    [
        (["--check"], "production", "Доступно обновлений: 2, важных: 1 (KB5034441)."),
        (["--dry-run"], "production", "Было бы установлено: 1 (KB5034441)."),
        ([], "test", "Тестовый режим, ничего не ставится. Доступно обновлений: 2"),
        (["--reboot", "if-needed"], "test", "Тестовый режим"),
    ],
)
def test_telling_installs_nothing(script, windows, no_restart, arguments, mode, told):
    windows.record(search=SEARCH)
    code, result = script(*arguments, mode=mode)
    assert code == 0
    assert told in result["summary"]
    assert windows.asked == ["-Stage search"]
    assert not no_restart


def test_without_rights_nothing_is_asked_and_the_entry_is_named(script, windows, monkeypatch, capsys):
    monkeypatch.setattr(WindowsUpdates, "is_privileged", lambda self: False)
    code, result = script()
    assert code == 1
    assert "«--user system»" in result["summary"]
    assert "«Выполнить с наивысшими правами»" in result["summary"]
    assert '"Run with highest privileges"' in capsys.readouterr().err
    assert windows.asked == []
    assert script("--check")[0] == 0


def test_system_without_updates_is_told_and_nothing_is_done(script):
    code, result = script(system=None)
    assert code == 1
    assert "не поддерживаются, ничего не сделано" in result["summary"]


def test_busy_agent_is_asked_again_later(script, windows):
    windows.record(install='{"is_busy":true}')
    code, result = script()
    assert (code, result["cause"], result["cause_text"]) == (75, "updates_busy", "Идёт другая установка обновлений")
    windows.record(search='{"hresult":-2145124343,"message":"WU_E_OPERATIONINPROGRESS"}')
    code, result = script()
    assert (code, result["summary"]) == (75, "Поиск обновлений не удался: идёт другая установка обновлений.")
    assert result["cause"] == "updates_busy"


def test_search_without_network_fails_with_its_reason(script, windows):
    windows.record(search='{"hresult":-2147012867,"message":"cannot connect"}')
    code, result = script()
    assert (code, result["summary"]) == (1, "Поиск обновлений не удался: нет связи с сервером обновлений.")
    assert (result["cause"], result["cause_text"]) == ("updates_server_away", "Нет связи с сервером обновлений")


def test_important_update_that_asks_questions_is_a_remark_and_after_days_a_failure(script, windows, monkeypatch):
    windows.record(search=ASKING)
    code, result = script()
    assert (code, result["summary"]) == (10, "Ждут человека: KB7.")
    later = time.time() + 3.5 * 86400
    monkeypatch.setattr(UpdateOS.time, "time", lambda: later)
    assert script()[0] == 1


def test_restart_that_the_agent_wants_first_is_a_remark(script, windows):
    windows.record(install='{"restart_first":true}')
    code, result = script()
    assert code == 10
    assert result["summary"] == (
        "Осталось на следующий раз: 1 (KB5034441): сначала нужна перезагрузка. Нужна перезагрузка."
    )


NEEDS_RESTART = '{"hresult":0,"needs_restart":true,"result_code":2}'


def test_needed_restart_is_never_ordered_by_default(script, windows, no_restart):
    windows.record(install=NEEDS_RESTART)
    code, result = script(hours=OTHER_HOURS)
    assert (code, result["summary"]) == (10, "Установлено обновлений: 1 (KB5034441). Нужна перезагрузка.")
    assert not no_restart


def test_needed_restart_is_ordered_outside_working_hours_only(script, windows, no_restart):
    windows.record(install=NEEDS_RESTART)
    code, result = script("--reboot", "if-needed", hours=HOURS_NOW)
    assert code == 10
    assert result["summary"].endswith("Нужна перезагрузка, отложена: рабочие часы.")
    assert not no_restart
    assert script("--reboot", "if-needed", hours=OTHER_HOURS)[1]["summary"].endswith("перезагрузится через 5 минут.")
    assert no_restart == ["restart"]


@pytest.mark.slow
def test_reason_that_outlives_a_restart_restarts_the_pc_only_once(script, windows, no_restart, monkeypatch, tmp_path):
    reasons = ["RebootPending"]
    monkeypatch.setattr(UpdateOS, "restart_reasons", lambda: reasons)
    order = tmp_path / "logs" / "restart_ordered.txt"
    for _ in range(2):  # not restarted meanwhile: somebody cancelled it
        script("--reboot", "if-needed", hours=OTHER_HOURS)
    assert no_restart == ["restart"] * 2
    os.utime(order, (1_700_000_000, 1_700_000_000))  # before this machine started
    result = script("--reboot", "if-needed", hours=OTHER_HOURS)[1]
    assert result["summary"].endswith("отложена: перезагрузка по этой причине уже была и не помогла.")
    assert no_restart == ["restart"] * 2
    reasons.append("RebootRequired")
    script("--reboot", "if-needed", hours=OTHER_HOURS)
    assert no_restart == ["restart"] * 3
    os.utime(order, (1_700_000_000, 1_700_000_000))
    reasons.clear()
    script("--reboot", "if-needed", hours=OTHER_HOURS)
    reasons.append("RebootPending")
    script("--reboot", "if-needed", hours=OTHER_HOURS)
    assert no_restart == ["restart"] * 4


def test_nothing_restarts_while_somebody_else_installs(script, windows, no_restart, monkeypatch):
    monkeypatch.setattr(UpdateOS, "restart_reasons", lambda: ["RebootRequired"])
    windows.record(install='{"is_busy":true}')
    code, result = script("--reboot", "if-needed", hours=OTHER_HOURS)
    assert code == 75
    assert result["summary"].endswith("Нужна перезагрузка, отложена: идёт другая установка обновлений.")
    assert not no_restart


@pytest.mark.parametrize(
    "arguments",
    [["--max-minutes", "0"], ["--max-minutes", "181"], ["--exclude", "a b"], ["--exclude", "KB5034441;"]],
)
def test_wrong_argument_is_one_sentence_and_exit_code_2(script, windows, arguments, capsys):
    code, result = script(*arguments)
    assert code == 2
    assert "would be right" in result["summary"]
    assert windows.asked == []


def test_wrong_working_hours_end_the_script_before_anything_is_done(script, windows):
    code, result = script(hours="9-21")
    assert code == 3
    assert "hours of one day such as 09:00-21:00, within 00:00-24:00, would be right" in result["summary"]
    assert windows.asked == []


def test_working_hours_that_begin_while_a_task_is_waited_for_hinder_the_restart(
    script, windows, no_restart, monkeypatch
):
    answers = iter(["", "рабочие часы"])
    monkeypatch.setattr(UpdateOS, "restart_hindrance", lambda now, hours: next(answers))
    windows.record(install=NEEDS_RESTART)
    assert script("--reboot", "if-needed")[1]["summary"].endswith("Нужна перезагрузка, отложена: рабочие часы.")
    assert not no_restart


def test_restart_is_put_off_by_a_task_that_runs_on(script, windows, no_restart, tmp_path, sleeper, monkeypatch):
    record_of(tmp_path / "logs" / "operator" / "locks", "cameras_CopyScript", sleeper.pid, process_birth(sleeper.pid))
    windows.record(install=NEEDS_RESTART)
    monkeypatch.setattr(UpdateOS, "wait_for_tasks", lambda look, until: look())  # not for an hour
    result = script("--reboot", "if-needed", hours=OTHER_HOURS)[1]
    assert result["summary"].endswith("Нужна перезагрузка, отложена: выполняется cameras_CopyScript.")
    assert not no_restart


@pytest.mark.skipif(sys.platform != "win32", reason="Windows only")
def test_registry_key_is_a_remark_and_told_again_while_it_lasts(script, windows, registry, monkeypatch):
    windows.record(search='{"hresult":0,"result_code":2,"updates":[]}')
    monkeypatch.setattr(pending_restart, "PLACE", registry(r"WindowsUpdate\Auto Update\RebootRequired"))
    for _ in range(2):
        code, result = script()
        assert (code, result["summary"]) == (10, "Обновлений нет. Нужна перезагрузка.")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")
def test_flag_is_a_remark_and_told_again_while_it_lasts(script, windows, nothing_pending):
    windows.record(search='{"hresult":0,"result_code":2,"updates":[]}')
    (nothing_pending / "reboot-required").touch()
    for arguments in ([], [], ["--check"]):
        code, result = script(*arguments)
        assert (code, result["summary"]) == (10, "Обновлений нет. Нужна перезагрузка.")
    (nothing_pending / "reboot-required").unlink()
    assert script()[0] == 0
