"""``install`` without options: a person answers, a real server plays Telegram, the INI that comes out is sound."""

import io
import os
import sys

import pytest

from config.base_config import load_point
from scheduler_runner.__main__ import main
from scheduler_runner.cli.chat_finder import wait_for_chat
from scheduler_runner.cli.set_up import set_up
from scheduler_runner.errors import SchedulerError, UsageError
from scheduler_runner.rights.accounts import current_account
from scheduler_runner.screens.screen import Screen
from scheduler_runner.tasks.cameras.settings import load_camera_settings
from tests.bot_api import CONFLICT, TOKEN, UNAUTHORIZED, BotApi
from tests.tasks.conftest import lay_out

NO_ENTRY = pytest.mark.skipif(
    sys.platform == "win32", reason="its last step would put an entry into the Task Scheduler of whoever runs the tests"
)
NOTHING = {"ok": True, "result": []}


def message(update: int, chat: int, **more) -> dict:
    return {"ok": True, "result": [{"update_id": update, "message": {"chat": {"id": chat, **more}}}]}


@pytest.fixture
def telegram(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("TELEGRAM_BOT_TOKEN", raising=False)
    with BotApi() as api:
        monkeypatch.setenv("TELEGRAM_API_URL", api.url)
        yield api


@pytest.fixture
def answers(monkeypatch):
    """Return a function that gives the lines which a person types."""

    def give(*lines: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))

    return give


@NO_ENTRY
def test_questions_make_a_sound_ini_with_the_chat_and_the_cameras_that_are_found(
    ini, answers, telegram, tmp_path, monkeypatch, capsys
):
    ini()
    root = tmp_path / "camera"
    lay_out(root, "2026-11-23 14:05", uid="zal")
    path = tmp_path / "new" / "pvz.ini"
    telegram.answers.extend([NOTHING, message(7, -100500, title="Пункты")])
    answers(str(path), "TEST", "СОСНОВКА_10", str(root), str(tmp_path / "O"), "9-21", "", TOKEN, "зал", "над кассой")
    monkeypatch.setenv("PVZ_CONFIG_PATH", "")
    assert main(["install"]) == 0
    shown = capsys.readouterr().out
    point, settings = load_point(str(path)), load_camera_settings(str(path))
    assert (point.pvz_id, point.env_mode) == ("СОСНОВКА_10", "production")
    assert point.telegram["chat_id"] == "-100500"
    assert (path.parent / point.telegram["token_file"]).read_text("ascii") == f"{TOKEN}\n"
    assert [(camera.uid, camera.title) for camera in settings.cameras] == [("zal", "unv_001 (зал, над кассой)")]
    assert "Пункты" in shown and TOKEN not in shown
    assert "Nothing is left to choose." in shown
    assert f"export PVZ_CONFIG_PATH={path}" in shown  # else the commands that follow would go by the example's INI


@NO_ENTRY
def test_what_is_neither_yes_nor_no_does_not_replace_an_ini(ini, answers, capsys):
    path = ini()
    before = path.read_bytes()
    answers("", "182", "да")
    assert main(["install"]) == 0
    assert path.read_bytes() == before
    assert "yes or no would be right" in capsys.readouterr().out


@NO_ENTRY
def test_number_of_the_point_is_no_place_for_its_ini(ini, answers, capsys):
    ini()
    answers("182", "", "")
    assert main(["install"]) == 0
    assert "a whole path that ends with .ini, such as " in capsys.readouterr().out
    assert not os.path.exists("182")


@NO_ENTRY
def test_sound_ini_stays_as_it_is_when_a_person_agrees(ini, answers, capsys):
    path = ini()
    before = path.read_bytes()
    answers("", "")
    assert main(["install"]) == 0
    assert path.read_bytes() == before
    assert "Left to do:" in capsys.readouterr().out


def test_without_a_person_it_is_one_sentence(ini, answers, capsys):
    ini()
    answers()
    assert main(["install"]) == 2
    assert "answer it on a console" in capsys.readouterr().err


def test_chat_is_that_of_the_next_message_not_of_an_old_one(telegram):
    telegram.answers.extend(
        [message(3, 1, first_name="Old"), NOTHING, message(4, 42, first_name="Анна", last_name="К.")]
    )
    assert wait_for_chat(TOKEN, telegram.url, 60) == ("42", "Анна К.")
    assert all(each.path == f"/bot{TOKEN}/getUpdates" for each in telegram.messages)


def test_nobody_who_writes_is_no_chat(telegram):
    telegram.always = NOTHING
    assert wait_for_chat(TOKEN, telegram.url, 0.05) is None


@pytest.mark.parametrize(
    ("answer", "told"), [(UNAUTHORIZED, "does not know this token"), (CONFLICT, "another program asks")]
)
def test_refusal_is_a_sentence_without_the_token(telegram, answer, told):
    telegram.answers.append(answer)
    with pytest.raises(SchedulerError, match=told) as caught:
        wait_for_chat(TOKEN, telegram.url, 5)
    assert TOKEN not in str(caught.value)


def test_server_that_is_not_there_is_a_sentence(free_port=9):
    with pytest.raises(SchedulerError, match="cannot be reached") as caught:
        wait_for_chat(TOKEN, f"http://127.0.0.1:{free_port}", 5)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(("every", "code"), [("7", 2), ("10", 0)])
def test_ticks_come_at_the_same_minutes_of_every_hour(ini, capsys, every, code):
    ini()
    account = ["--account", current_account()] if sys.platform == "win32" else []
    assert main(["install", "--user", "operator", *account, "--every", every, "--dry-run"]) == code
    assert ("one of 1, 2, 3, 4, 5, 6, 10" in capsys.readouterr().err) is (code == 2)


def test_uninstall_of_nobody_names_the_nearest(ini, capsys):
    ini()
    assert main(["uninstall", "--user", "oprator"]) == 2
    assert "operator would be right" in capsys.readouterr().err


def test_account_of_another_name_is_told_with_the_whole_command(tmp_path, ini, answers, capsys):
    path = ini()
    answers("", "")

    def install(words: list[str]) -> int:
        raise UsageError("account {name!r} is not known here", name="operator")

    assert set_up(Screen(sys.stdout, language="en", width=300), ["operator"], install) == 2
    assert f"install --user operator --config {path} --account NAME" in capsys.readouterr().out
