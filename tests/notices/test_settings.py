import re
from zoneinfo import ZoneInfo

import pytest

from config import base_config
from scheduler_runner.errors import ConfigError
from scheduler_runner.notices.channel_settings import ChannelSettings
from scheduler_runner.notices.settings import NoticeSettings, parse_notice_settings, usable_settings
from scheduler_runner.russian import plain_words
from scheduler_runner.russian_errors import in_russian
from tests.bot_api import TOKEN, VK_TOKEN
from tests.conftest import INI

UTC = ZoneInfo("UTC")
DAY = 86400


def parse(
    telegram=None, healthchecks=None, env_mode="production", environ=None, folder="", **sections
) -> NoticeSettings:
    all_of_them = {"telegram": telegram or {}, "healthchecks": healthchecks or {}, **sections}
    return parse_notice_settings(all_of_them, env_mode, environ or {}, str(folder))


def say_in_russian(error: ConfigError) -> str:
    """Return an error's sentence in Russian; there must be no English left in it."""
    told = plain_words(in_russian(error))
    assert re.search("[а-я]", told)
    assert not re.findall(r"\b(?:is|the|with|would|or|and|of|right|in|be)\b", told)
    return told


def channel(settings: NoticeSettings, name: str = "telegram") -> ChannelSettings:
    return next(each for group in settings.groups for each in group if each.name == name)


def names(settings: NoticeSettings) -> "list[list[str]]":
    return [[each.name for each in group] for group in settings.groups]


def test_everything_is_off_by_default_and_it_is_said_what_is_missing():
    settings = parse()
    assert not settings.is_on
    assert settings.recipients == []
    assert str(settings.missing) == (
        "no bot's token (variable TELEGRAM_BOT_TOKEN, or token_file in [telegram]) and "
        "no chat (chat_id in [telegram], or variable TELEGRAM_CHAT_ID)"
    )


def test_all_keys():
    general = {
        "notify_user": "Admin", "remind_hours": "6", "digest_time": "21:00", "quiet_hours": "23:00-07:00",
        "send_seconds": "5", "keep_days": "3",
    }  # fmt: skip
    telegram = {
        "chat_id": "-1001, 42, @point, 42, -1001:17", "admin_chat": "77", "api_url": "http://127.0.0.1:81/",
        "proxy": "socks5://u:p@h:1",
    }  # fmt: skip
    pings = {"ping_url": "https://hc-ping.com/uuid", "ping_minutes": "30"}
    environ = {"TELEGRAM_BOT_TOKEN": TOKEN}
    # The general keys stand where they always did, or in a section of their own.
    as_ever = parse({**telegram, **general}, pings, environ=environ)
    settings = parse(telegram, pings, environ=environ, notices=general)
    assert as_ever == settings
    assert settings == NoticeSettings(
        ((ChannelSettings("telegram", TOKEN, ("-1001", "42", "@point", "-1001:17"), ("77",), "http://127.0.0.1:81",
                          "socks5://u:p@h:1"),),),
        True, "admin", 6 * 3600, 21 * 60, True, (23 * 60, 7 * 60), 5, 3 * DAY, "https://hc-ping.com/uuid", 1800,
    )  # fmt: skip
    assert settings.is_on
    assert settings.missing == ""


TELEGRAM, VK = {"chat_id": "-1"}, {"peer_id": "2000000001"}
BOTH = {"TELEGRAM_BOT_TOKEN": TOKEN, "VK_TOKEN": VK_TOKEN}


@pytest.mark.parametrize(
    ("channels", "expected"),
    [
        ("", [["telegram"], ["vk"]]),
        ("telegram", [["telegram"]]),
        ("vk", [["vk"]]),
        ("telegram, vk", [["telegram"], ["vk"]]),
        ("telegram | vk", [["telegram", "vk"]]),
        ("VK|Telegram", [["vk", "telegram"]]),
        ("off", []),
    ],
)
def test_channels_are_told_together_or_one_for_the_other(channels, expected):
    settings = parse(TELEGRAM, vk=VK, environ=BOTH, notices={"channels": channels})
    assert names(settings) == expected
    assert settings.is_on == bool(expected)
    assert settings.missing == ""
    assert settings.is_meant == (channels != "off")


def test_channel_that_is_named_and_not_set_up_is_missed_and_the_other_is_used():
    settings = parse(TELEGRAM, environ={"TELEGRAM_BOT_TOKEN": TOKEN}, notices={"channels": "telegram, vk"})
    assert settings.is_on
    assert "no community's token (variable VK_TOKEN" in str(settings.missing)


def test_vk_alone_will_do():
    settings = parse(vk={**VK, "admin_peer_id": "5"}, environ={"VK_TOKEN": VK_TOKEN})
    assert names(settings) == [["vk"]]
    assert [(each.key, each.audience) for each in settings.recipients] == [
        ("vk:2000000001", "staff"),
        ("vk:5", "admin"),
    ]


def test_somebody_for_the_administrators_matters_anywhere_leaves_staff_theirs_everywhere():
    settings = parse({**TELEGRAM, "admin_chat": "77"}, vk=VK, environ=BOTH)
    told = {each.key: each.audience for each in settings.recipients}
    assert told == {"-1": "staff", "77": "admin", "vk:2000000001": "staff"}
    alone = parse({"chat_id": "-1, 77", "admin_chat": "77"}, environ=BOTH)
    assert {each.key: each.audience for each in alone.recipients} == {"-1": "staff", "77": "everybody"}


@pytest.mark.parametrize(
    ("env_mode", "names", "chosen"),
    [
        ("production", ["TELEGRAM_BOT_TOKEN", "TELEGRAM_BOT_TOKEN_PROD"], "TELEGRAM_BOT_TOKEN_PROD"),
        ("test", ["TELEGRAM_BOT_TOKEN", "TELEGRAM_BOT_TOKEN_TEST"], "TELEGRAM_BOT_TOKEN_TEST"),
        ("test", ["TELEGRAM_BOT_TOKEN", "TELEGRAM_BOT_TOKEN_PROD"], "TELEGRAM_BOT_TOKEN"),
        ("production", ["TELEGRAM_BOT_TOKEN_TEST"], None),
        ("", ["TELEGRAM_BOT_TOKEN_PROD"], "TELEGRAM_BOT_TOKEN_PROD"),
        ("production", ["TELEGRAM_TOKEN_PROD", "TELEGRAM_TOKEN_TEST"], "TELEGRAM_TOKEN_PROD"),
        ("test", ["TELEGRAM_TOKEN_PROD", "TELEGRAM_TOKEN_TEST"], "TELEGRAM_TOKEN_TEST"),
        ("production", ["TELEGRAM_TOKEN_PROD", "TELEGRAM_BOT_TOKEN_PROD"], "TELEGRAM_BOT_TOKEN_PROD"),
    ],
)
def test_token_comes_from_the_variable_of_the_mode(env_mode, names, chosen):
    tokens = {name: f"{number}11111:{name}" for number, name in enumerate(names, 1)}
    assert channel(parse(env_mode=env_mode, environ=tokens)).token == tokens.get(chosen, "")


def test_chat_may_come_from_the_environment_and_the_ini_wins():
    environ = {"TELEGRAM_CHAT_ID": "1", "TELEGRAM_CHAT_ID_TEST": "2"}
    assert channel(parse(env_mode="test", environ=environ)).chats == ("2",)
    assert channel(parse({"chat_id": "3"}, env_mode="test", environ=environ)).chats == ("3",)


def test_token_may_stand_in_a_file_beside_the_ini(tmp_path):
    (tmp_path / "token.txt").write_text(f"\ufeff{TOKEN}\r\n", "utf-8")
    assert channel(parse({"token_file": "token.txt"}, folder=tmp_path)).token == TOKEN
    assert channel(parse({"token_file": str(tmp_path / "token.txt")})).token == TOKEN
    (tmp_path / "powershell.txt").write_bytes(f"{TOKEN}\r\n".encode("utf-16"))
    assert channel(parse({"token_file": "powershell.txt"}, folder=tmp_path)).token == TOKEN


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
        ({"x-y": "1"}, "[telegram] x-y is unknown: one of chat_id, admin_chat, token_file,"),
        ({"chat_id": "-100/17"}, "with a topic -1001234567890:17"),
        ({"admin_chat": "nobody"}, "admin_chat = 'nobody' is wrong"),
        ({"token_file": "no\0file"}, "a file with the token alone that can be read"),
        (
            {"token_file": "no/such"},
            "token_file = 'no/such' is wrong: a file with the token alone that can be read (No such",
        ),
    ],
)
def test_wrong_value_is_one_sentence(telegram, told):
    with pytest.raises(ConfigError) as caught:
        parse(telegram)
    assert told in str(caught.value)
    assert say_in_russian(caught.value)
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
    assert "swordfish" not in str(caught.value) + say_in_russian(caught.value)


@pytest.mark.parametrize("token", ["swordfish", "1234:sword fish", "bot123:swordfish", "Ω1:swordfish"])
def test_wrong_token_is_told_without_its_value(token, tmp_path):
    (tmp_path / "t").write_text(token, "utf-8")
    for telegram, environ in (({}, {"TELEGRAM_BOT_TOKEN": token}), ({"token_file": "t"}, {})):
        with pytest.raises(ConfigError, match="as BotFather gives it would be right") as caught:
            parse(telegram, environ=environ, folder=tmp_path)
        assert "fish" not in str(caught.value) + say_in_russian(caught.value)


@pytest.mark.parametrize(
    ("telegram", "told"),
    [
        (
            {"proxy": "https://t.me/proxy?server=proxy.example&port=443&secret=swordfish"},
            "http://host:port or socks5://",
        ),
        ({"proxy": "tg://proxy?server=h&secret=swordfish"}, "MTProto"),
        ({"proxy": "http://pvz:Zx9#swordfish@127.0.0.1:9"}, "# written as %23"),
        ({"api_url": "https://swordfish.example/bot"}, "without /bot at its end"),
        ({"api_url": "http://swordfish.example"}, "an address that begins with https://"),
        ({"api_url": "http://10.swordfish.example"}, "an address that begins with https://"),
    ],
)
def test_wrong_address_is_told_with_what_is_right(telegram, told):
    with pytest.raises(ConfigError) as caught:
        parse(telegram)
    assert told in str(caught.value)
    assert say_in_russian(caught.value)
    assert "would be right" in str(caught.value)
    assert "swordfish" not in str(caught.value) + say_in_russian(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8081",
        "http://10.0.0.5",
        "http://172.20.1.1/api",
        "http://bot-api:8081",
        "http://nas.local",
        "http://[::1]:5",
    ],
)
def test_plain_http_serves_within_ones_own_network(url):
    assert channel(parse({"api_url": url})).api_url == url


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        (
            {"notices": {"channels": "telegram, icq"}},
            "[notices] channels = 'telegram, icq' is wrong: `telegram, vk` (all are told)",
        ),
        ({"notices": {"channels": "vk, vk"}}, "channels = 'vk, vk' is wrong"),
        ({"notices": {"chanels": "vk"}}, "[notices] chanels is unknown: channels would be right"),
        ({"notices": {"day_line": "maybe"}}, "[notices] day_line = 'maybe' is wrong: on or off would be right"),
        (
            {"notices": {"remind_hours": "4"}, "telegram": {"remind_hours": "4"}},
            "remind_hours stands in [notices] and in [telegram]",
        ),
        ({"vk": {"peer_id": "club1"}}, "[vk] peer_id = 'club1' is wrong: 2000000001 (a conversation)"),
        ({"vk": {"token": "x"}}, "[vk] token is unknown: token_file would be right"),
    ],
)
def test_wrong_value_in_a_section_of_notices_is_one_sentence(sections, told):
    with pytest.raises(ConfigError) as caught:
        parse(sections.pop("telegram", None), **sections)
    assert told in str(caught.value)
    assert say_in_russian(caught.value)


def test_what_is_sound_serves_to_tell_what_is_not(ini, monkeypatch):
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    monkeypatch.setenv("VK_TOKEN", "swordfish")
    ini(
        INI
        + "[notices]\ndigest_time = often\nchannels = telegram\n[telegram]\nchat_id = -5\nremind_hours = x\n[vk]\npeer_id = ?\n"
    )
    settings, trouble = usable_settings(base_config.point())
    assert [recipient.chat for recipient in settings.recipients] == ["-5"]
    assert trouble


def test_digest_is_due_once_a_day_from_its_time_on_for_one_user():
    settings = parse({"chat_id": "1"}, environ={"TELEGRAM_BOT_TOKEN": TOKEN})
    at = 20 * DAY + 9 * 3600 + 1800
    assert settings.is_digest_due("operator", at, UTC, 0)
    assert not settings.is_digest_due("operator", at - 60, UTC, 0)
    assert not settings.is_digest_due("system", at, UTC, 0)
    assert not settings.is_digest_due("operator", at + 3600, UTC, at)
    assert settings.is_digest_due("operator", at + DAY, UTC, at)
    assert not settings._replace(digest_minute=None).is_digest_due("operator", at, UTC, 0)
    assert not settings._replace(groups=()).is_digest_due("operator", at, UTC, 0)


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


def test_nights_are_quiet_unless_that_is_switched_off():
    assert [parse().is_quiet(hour * 3600, UTC) for hour in (21, 22, 23, 0, 7, 8)] == [
        False, True, True, True, True, False,
    ]  # fmt: skip
    assert not parse({"quiet_hours": "off"}).is_quiet(0, UTC)
