import pytest

from tests.bot_api import FORBIDDEN, HANG, TOKEN, BotApi
from tests.conftest import INI, entry


@pytest.fixture
def api():
    with BotApi() as api:
        yield api


def notify(project, more: str = "", *arguments: str, **environ):
    (project.root / "pvz_config.ini").write_text(INI + more, "utf-8")
    return project.run(
        "notify", *(arguments or ("--test",)), module="scheduler_runner", NO_PROXY="127.0.0.1", **environ
    )


def telegram(api, send_seconds: int = 60) -> str:
    return f"[telegram]\nchat_id = -100, 42\napi_url = {api.url}\nsend_seconds = {send_seconds}\n"


@pytest.mark.slow
def test_test_message_reaches_every_chat_and_the_ping_changes_nothing(project, api):
    project.schedule(entry("Copy", ""))
    run = notify(project, f"{telegram(api)}[healthchecks]\nping_url = {api.url}/u\n", TELEGRAM_BOT_TOKEN_TEST=TOKEN)
    assert (run.returncode, run.stdout) == (0, "chat -100: sent\nchat 42: sent\nping: sent\n")
    assert api.delivered[0].text == "<b>182 test: проверка уведомлений</b>\nЕсли вы это читаете, они доходят"
    assert [path for path, _ in api.pings] == ["/u/log"]


@pytest.mark.slow
def test_message_that_arrives_hides_no_notify_user_that_is_misspelt(project, api):
    project.schedule(entry("Copy", ""))
    run = notify(project, f"{telegram(api)}notify_user = oprator\n", TELEGRAM_BOT_TOKEN_TEST=TOKEN)
    assert "chat 42: sent" in run.stdout
    assert "pvz_config.ini: notify_user = oprator has no tasks" in run.stdout


@pytest.mark.slow
def test_token_of_the_secrets_file_is_used(project, api):
    folder = project.root / "secrets"
    folder.mkdir()
    (folder / "operator.env").write_text(f"TELEGRAM_BOT_TOKEN_TEST={TOKEN}\n")
    (folder / "system.env").write_text("TELEGRAM_BOT_TOKEN_TEST=123456789:another\n")
    run = notify(project, f"secrets_file = secrets/{{user}}.env\n{telegram(api)}")
    assert (run.returncode, run.stdout.splitlines()[:2]) == (0, ["chat -100: sent", "chat 42: sent"]), run.stderr
    (folder / "operator.env").write_text("no secret at all\n")
    (folder / "system.env").unlink()
    run = notify(project, f"secrets_file = secrets/{{user}}.env\n{telegram(api)}")
    assert (run.returncode, "operator.env, line 1: NAME=value would be right" in run.stderr) == (3, True)


def test_what_is_missing_is_said(project):
    run = notify(project)
    assert run.returncode == 3
    assert "nobody can be told: there is no bot's token (variable TELEGRAM_BOT_TOKEN," in run.stderr
    assert "no chat (chat_id in [telegram]," in run.stderr
    assert run.stderr.count("\n") == 1


def test_wrong_setting_is_said(project):
    run = notify(project, "[telegram]\nchat_id = Chat\n")
    assert run.returncode == 3
    assert "pvz_config.ini: [telegram] chat_id = 'Chat' is wrong" in run.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "told"),
    [(FORBIDDEN, "chat -100: not sent: forbidden: "), (HANG, "not sent: no answer")],
)
def test_chat_that_cannot_be_reached_is_said_without_the_token(project, api, answer, told):
    api.answers.append(answer)
    run = notify(project, telegram(api, 3 if answer == HANG else 60), TELEGRAM_BOT_TOKEN=TOKEN)
    assert run.returncode == 1
    assert told in run.stdout
    assert "ping: none is set up (ping_url in [healthchecks])" in run.stdout
    assert TOKEN not in run.stdout + run.stderr


def test_bare_command_says_how_to_use_it(project):
    assert notify(project, "", "--tset").returncode == 2
