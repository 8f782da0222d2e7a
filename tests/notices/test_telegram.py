"""The Telegram channel against a real server."""

import asyncio
import logging
import socket
from html import unescape

import pytest

from scheduler_runner.logbook.masking import Masker
from scheduler_runner.notices.channel import Delivery
from scheduler_runner.notices.channel_settings import ChannelSettings
from scheduler_runner.notices.telegram import TelegramChannel
from scheduler_runner.notices.texts import split
from tests.bot_api import (
    BREAK,
    BROKEN,
    CONFLICT,
    FORBIDDEN,
    HANG,
    MIGRATED,
    NO_CHAT,
    NO_MARKUP,
    OK,
    PORTAL,
    TOKEN,
    TOO_MANY,
    UNAUTHORIZED,
    BotApi,
    free_port,
    refusal,
)


@pytest.fixture
def api(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with BotApi() as api:
        yield api


def send(url: str, *texts: str, chat: str = "-100", seconds: float = 60, **values) -> "list[Delivery]":
    async def send_all():
        async with TelegramChannel(ChannelSettings("telegram", TOKEN, (chat,), api_url=url, **values)) as channel:
            return [await channel.send(chat, text, seconds) for text in texts]

    return asyncio.run(send_all())


def test_message_arrives_escaped_with_its_first_line_in_bold(api):
    assert send(api.url, '182: сбой <b> & "x"\nвторая > строка') == [Delivery(True)]
    (message,) = api.messages
    assert message.path == f"/bot{TOKEN}/sendMessage"
    assert (message.chat, message.parse_mode) == ("-100", "HTML")
    assert message.text == '<b>182: сбой &lt;b&gt; &amp; "x"</b>\nвторая &gt; строка'


def test_several_messages_ask_for_nothing_but_to_be_sent(api):
    assert all(answer.is_sent for answer in send(api.url, "a", "b", "c"))
    assert [message.text for message in api.messages] == ["<b>a</b>", "<b>b</b>", "<b>c</b>"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (FORBIDDEN, "forbidden: "),
        (NO_CHAT, "bad request: "),
        (UNAUTHORIZED, "the bot's token is not accepted"),
        (CONFLICT, "refused: "),
        (BROKEN, "network: "),
        (BREAK, "network: "),
        (HANG, "no answer in time"),
        (PORTAL, "refused: "),
    ],
)
def test_refusals_are_told_apart_and_name_no_token(api, answer, told):
    api.answers.append(answer)
    (delivery,) = send(api.url, "182: x", seconds=3 if answer == HANG else 60)
    assert not delivery.is_sent
    assert str(delivery.reason).startswith(told)
    assert TOKEN not in str(delivery.reason)
    assert delivery.retry_after == 0.0
    assert not delivery.is_text_refused
    assert delivery.is_late == (answer == HANG)
    assert len(api.messages) == 1


def test_too_many_messages_say_when_to_come_again(api):
    api.answers.append(TOO_MANY)
    (delivery,) = send(api.url, "182: x")
    assert str(delivery.reason) == "too many messages"
    assert delivery == Delivery(False, delivery.reason, retry_after=7.0)


def test_group_that_became_a_supergroup_says_its_new_id(api):
    api.answers.append(MIGRATED)
    assert send(api.url, "182: x")[0].moved_to == "-1009"


def test_refused_connection_is_a_network_that_is_down():
    (delivery,) = send(f"http://127.0.0.1:{free_port()}", "182: x")
    assert str(delivery.reason).startswith("network: ")


def test_markup_that_telegram_cannot_read_goes_as_plain_text(api):
    api.answers.append(NO_MARKUP)
    assert send(api.url, "182: <x>") == [Delivery(True)]
    assert (api.delivered[0].text, api.delivered[0].parse_mode) == ("182: <x>", "")


def test_text_that_is_refused_for_good_is_told_from_a_chat_that_is_wrong(api):
    api.answers.append(refusal(400, "Bad Request: strings must be encoded in UTF-8"))
    assert send(api.url, "182: x")[0].is_text_refused


def test_topic_of_a_group_is_written_to(api):
    assert send(api.url, "182: x", chat="-1001:17") == [Delivery(True)]
    assert (api.messages[0].chat, api.messages[0].topic) == ("-1001", "17")


@pytest.mark.slow
def test_topic_that_is_gone_is_left_out_and_a_closed_one_is_named(api):
    api.answers.append(refusal(400, "Bad Request: message thread not found"))
    assert send(api.url, "182: x", chat="-1001:17") == [Delivery(True)]
    assert [message.topic for message in api.messages] == ["17", ""]
    api.answers.append(refusal(400, "Bad Request: TOPIC_CLOSED"))
    (closed,) = send(api.url, "182: x", chat="-1001")
    assert "the topic is closed" in str(closed.reason)
    assert not closed.is_text_refused


@pytest.mark.slow
def test_connection_that_never_comes_about_is_not_taken_for_a_late_answer():
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        filler = socket.create_connection(deaf.getsockname())  # its queue is full: nobody else is let in
        try:
            (delivery,) = send(f"http://127.0.0.1:{deaf.getsockname()[1]}", "182: x", seconds=3)
        finally:
            filler.close()
    assert not delivery.is_sent


def test_long_text_with_markup_and_cyrillic_arrives_whole_and_in_order(api):
    lines = [f'{number:04d} <съёмка> & "запись" 🎥 {"щ" * 30}' for number in range(400)]
    text = "\n".join(["182: начало", *lines])
    assert len(text) > 20_000
    parts = split(text, "182")
    assert all(answer.is_sent for answer in send(api.url, *parts))
    arrived = [unescape(message.text.replace("<b>", "").replace("</b>", "")) for message in api.delivered]
    assert all(len(part.encode("utf-16-le")) // 2 <= 4096 for part in arrived)
    assert all(part.startswith("182") for part in arrived)
    found = [
        line.partition("): ")[2] if line.startswith("182 (") else line for part in arrived for line in part.split("\n")
    ]
    assert found == text.split("\n")


def test_proxy_of_the_settings_carries_the_message(api):
    answers = send("http://bot-api.invalid", "182: x", proxy=api.url)
    assert answers == [Delivery(True)]
    assert api.messages[0].path == f"http://bot-api.invalid/bot{TOKEN}/sendMessage"


def test_proxy_of_the_environment_carries_the_message(api, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", api.url)
    assert send("http://bot-api.invalid", "182: x") == [Delivery(True)]


@pytest.mark.slow
@pytest.mark.parametrize("answer", [OK, UNAUTHORIZED, BROKEN, HANG, PORTAL])
def test_token_reaches_no_log_whatever_its_level(api, answer, caplog_at_debug):
    api.answers.append(answer)
    send(api.url, "182: x", seconds=3 if answer == HANG else 60)
    assert TOKEN not in caplog_at_debug()


@pytest.fixture
def caplog_at_debug():
    """Return a function that tells what every library wrote, DEBUG included."""
    written = []

    class Handler(logging.Handler):
        def emit(self, record):
            written.append(self.format(record))

    handler, root = Handler(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lambda: "\n".join(written)
    root.removeHandler(handler)
    root.setLevel(level)


def test_token_is_masked_by_its_shape_whoever_prints_it():
    assert TOKEN not in Masker().text(f"The token `{TOKEN}` was rejected by the server.")
