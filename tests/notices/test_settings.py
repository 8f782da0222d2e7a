from zoneinfo import ZoneInfo

import pytest

from scheduler_runner.errors import ConfigError
from scheduler_runner.notices.settings import NoticeSettings, parse_notice_settings
from tests.bot_api import TOKEN

UTC = ZoneInfo("UTC")
DAY = 86400


def parse(telegram=None, healthchecks=None, env_mode="production", environ=None, folder="") -> NoticeSettings:
    return parse_notice_settings(telegram or {}, healthchecks or {}, env_mode, environ or {}, str(folder))


def test_everything_is_off_by_default_and_it_is_said_what_is_missing():
    settings = parse()
    assert settings == NoticeSettings()
    assert not settings.is_on
    assert settings.missing == (
        "no bot's token (variable TELEGRAM_BOT_TOKEN, or token_file in [telegram]) and "
        "no chat (chat_id in [telegram], or variable TELEGRAM_CHAT_ID)"
    )


def test_all_keys():
    settings = parse(
        {
            "chat_id": "-1001, 42, @point, 42", "api_url": "http://127.0.0.1:81/", "proxy": "socks5://u:p@h:1",
            "notify_user": "Admin", "remind_hours": "6", "digest_time": "21:00", "quiet_hours": "22:00-08:00",
            "send_seconds": "5", "keep_days": "3",
        },
        {"ping_url": "https://hc-ping.com/uuid", "ping_minutes": "30"},
        environ={"TELEGRAM_BOT_TOKEN": TOKEN},
    )  # fmt: skip
    assert settings == NoticeSettings(
        TOKEN, ("-1001", "42", "@point"), "http://127.0.0.1:81/", "socks5://u:p@h:1", "admin", 6 * 3600,
        21 * 60, (22 * 60, 8 * 60), 5, 3 * DAY, "https://hc-ping.com/uuid", 1800,
    )  # fmt: skip
    assert settings.is_on
    assert settings.missing == ""


@pytest.mark.parametrize(
    ("env_mode", "names", "chosen"),
    [
        ("production", ["TELEGRAM_BOT_TOKEN", "TELEGRAM_BOT_TOKEN_PROD"], "TELEGRAM_BOT_TOKEN_PROD"),
        ("test", ["TELEGRAM_BOT_TOKEN", "TELEGRAM_BOT_TOKEN_TEST"], "TELEGRAM_BOT_TOKEN_TEST"),
        ("test", ["TELEGRAM_BOT_TOKEN", "TELEGRAM_BOT_TOKEN_PROD"], "TELEGRAM_BOT_TOKEN"),
        ("production", ["TELEGRAM_BOT_TOKEN_TEST"], None),
        ("", ["TELEGRAM_BOT_TOKEN_PROD"], "TELEGRAM_BOT_TOKEN_PROD"),
    ],
)
def test_token_comes_from_the_variable_of_the_mode(env_mode, names, chosen):
    tokens = {name: f"{number}11111:{name}" for number, name in enumerate(names, 1)}
    assert parse(env_mode=env_mode, environ=tokens).token == tokens.get(chosen, "")


def test_chat_may_come_from_the_environment_and_the_ini_wins():
    environ = {"TELEGRAM_CHAT_ID": "1", "TELEGRAM_CHAT_ID_TEST": "2"}
    assert parse(env_mode="test", environ=environ).chats == ("2",)
    assert parse({"chat_id": "3"}, env_mode="test", environ=environ).chats == ("3",)


def test_token_may_stand_in_a_file_beside_the_ini(tmp_path):
    (tmp_path / "token.txt").write_text(f"\ufeff{TOKEN}\r\n", "utf-8")
    assert parse({"token_file": "token.txt"}, folder=tmp_path).token == TOKEN
    assert parse({"token_file": str(tmp_path / "token.txt")}).token == TOKEN


@pytest.mark.parametrize(
    ("telegram", "told"),
    [
        ({"remind_hours": "0"}, "[telegram] remind_hours = '0' is wrong: a whole number from 1 to 168 would be right"),
        ({"send_seconds": "x"}, "[telegram] send_seconds = 'x' is wrong: a whole number from 1 to 60"),
        ({"keep_days": "-1"}, "keep_days"),
        ({"digest_time": "24:00"}, "a time of the day from 00:00 to 23:59, such as 09:30, or off, would be right"),
        ({"quiet_hours": "22:00"}, "hours such as 22:00-08:00"),
        ({"quiet_hours": "22:00-22:00"}, "hours such as 22:00-08:00"),
        ({"chat_id": "-100, Chat"}, "chat_id = 'Chat' is wrong"),
        ({"chatid": "1"}, "[telegram] chatid is unknown: chat_id would be right"),
        ({"x-y": "1"}, "[telegram] x-y is unknown: one of chat_id, token_file,"),
        ({"token_file": "no\0file"}, "a file with the bot's token that can be read"),
        (
            {"token_file": "no/such"},
            "token_file = 'no/such' is wrong: a file with the bot's token that can be read (No such",
        ),
    ],
)
def test_wrong_value_is_one_sentence(telegram, told):
    with pytest.raises(ConfigError) as caught:
        parse(telegram)
    assert told in str(caught.value)
    assert "would be right" in str(caught.value)


@pytest.mark.parametrize(
    ("telegram", "healthchecks"),
    [
        ({"proxy": "user:swordfish@host"}, {}),
        ({"api_url": "swordfish"}, {}),
        ({}, {"ping_url": "hc-ping.com/swordfish"}),
    ],
)
def test_wrong_address_is_told_without_its_value(telegram, healthchecks):
    with pytest.raises(ConfigError, match="an address that begins with http") as caught:
        parse(telegram, healthchecks)
    assert "swordfish" not in str(caught.value)


@pytest.mark.parametrize("token", ["swordfish", "1234:sword fish", "bot123:swordfish", "Ω1:swordfish"])
def test_wrong_token_is_told_without_its_value(token, tmp_path):
    (tmp_path / "t").write_text(token, "utf-8")
    for telegram, environ in (({}, {"TELEGRAM_BOT_TOKEN": token}), ({"token_file": "t"}, {})):
        with pytest.raises(ConfigError, match="as BotFather gives it would be right") as caught:
            parse(telegram, environ=environ, folder=tmp_path)
        assert "fish" not in str(caught.value)


def test_digest_is_due_once_a_day_from_its_time_on_for_one_user():
    settings = parse({"chat_id": "1"}, environ={"TELEGRAM_BOT_TOKEN": TOKEN})
    at = 20 * DAY + 9 * 3600 + 1800
    assert settings.is_digest_due("operator", at, UTC, 0)
    assert not settings.is_digest_due("operator", at - 60, UTC, 0)
    assert not settings.is_digest_due("system", at, UTC, 0)
    assert not settings.is_digest_due("operator", at + 3600, UTC, at)
    assert settings.is_digest_due("operator", at + DAY, UTC, at)
    assert not settings._replace(digest_minute=None).is_digest_due("operator", at, UTC, 0)
    assert not settings._replace(token="").is_digest_due("operator", at, UTC, 0)


def test_ping_is_due_every_so_often_also_after_a_clock_was_set_back():
    settings = parse(healthchecks={"ping_url": "https://h/u"})
    assert [settings.is_ping_due("operator", now, 1000) for now in (1000, 1899, 1900, 999)] == [
        False,
        False,
        True,
        True,
    ]
    assert not settings.is_ping_due("system", 9999, 0)
    assert not parse().is_ping_due("operator", 9999, 0)


def test_times_may_have_one_digit_and_be_off():
    settings = parse({"digest_time": "9:05", "quiet_hours": "22:00-8:00"})
    assert (settings.digest_minute, settings.quiet) == (545, (1320, 480))
    settings = parse({"digest_time": "OFF", "quiet_hours": "off"})
    assert (settings.digest_minute, settings.quiet) == (None, None)


def test_quiet_hours_may_pass_midnight():
    settings = parse({"quiet_hours": "22:00-08:00"})
    assert [settings.is_quiet(hour * 3600, UTC) for hour in (21, 22, 23, 0, 7, 8)] == [
        False,
        True,
        True,
        True,
        True,
        False,
    ]
    assert not parse().is_quiet(0, UTC)
