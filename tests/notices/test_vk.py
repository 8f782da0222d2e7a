"""The VK channel against a real server."""

import asyncio

import pytest

from scheduler_runner.notices.channel import Delivery
from scheduler_runner.notices.channel_settings import ChannelSettings
from scheduler_runner.notices.vk import VkChannel
from tests.bot_api import BREAK, HANG, PORTAL, VK_TOKEN, BotApi, free_port, vk_refusal


@pytest.fixture
def api(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with BotApi() as api:
        yield api


def send(url: str, *texts: str, chat: str = "2000000001", seconds: float = 60) -> "list[Delivery]":
    async def send_all():
        async with VkChannel(ChannelSettings("vk", VK_TOKEN, (chat,), api_url=url)) as channel:
            return [await channel.send(chat, text, seconds) for text in texts]

    return asyncio.run(send_all())


def test_message_is_one_request_with_its_token_in_the_body_alone(api):
    assert send(api.url, "182: нет записей <b>\nс 14:00") == [Delivery(True)]
    (message,) = api.messages
    assert message.path == "/method/messages.send"
    assert (message.chat, message.text) == ("2000000001", "182: нет записей <b>\nс 14:00")


def test_repeated_message_is_shown_once_and_another_one_by_itself(api):
    send(api.url, "182: a", "182: a", "182: b")
    assert len(api.messages) == 3
    assert [message.text for message in api.shown] == ["182: a", "182: b"]
    send(api.url, "182: a", chat="7")
    assert len(api.shown) == 3


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (vk_refusal(5, "User authorization failed"), "the token is not accepted"),
        (vk_refusal(901, "Can't send messages for users without permission"), "is peer_id right"),
        (vk_refusal(10, "Internal server error"), "refused: 10"),
        (BREAK, "network: |what answered is not VK"),  # some systems show a broken connection as an empty answer
        (PORTAL, "refused: what answered is not VK"),
        ({"error_code": 500}, "refused with HTTP status 500"),
        ({}, "refused: VK answers neither yes nor no"),
    ],
)
def test_refusals_are_told_apart_and_name_no_token(api, answer, told):
    api.answers.append(answer)
    (delivery,) = send(api.url, "182: x")
    assert (delivery.is_sent, delivery.is_late, delivery.is_text_refused) == (False, False, False)
    assert any(each in str(delivery.reason) for each in told.split("|"))
    assert VK_TOKEN not in str(delivery.reason)


def test_answer_that_does_not_come_may_mean_that_it_arrived(api):
    api.answers.append(HANG)
    (delivery,) = send(api.url, "182: x", seconds=1)
    assert (delivery.is_sent, delivery.is_late) == (False, True)


def test_network_that_is_down_is_not_taken_for_a_late_answer():
    (delivery,) = send(f"http://127.0.0.1:{free_port()}", "182: x")
    assert str(delivery.reason).startswith("network: ")
    assert not delivery.is_late


def test_too_many_messages_are_waited_for(api):
    api.answers.append(vk_refusal(9, "Flood control"))
    assert send(api.url, "182: x")[0].retry_after == 60


def test_text_that_is_refused_is_told_from_a_chat_that_is_wrong(api):
    api.answers.append(vk_refusal(914, "Message is too long"))
    assert send(api.url, "182: x")[0].is_text_refused


def test_whether_the_community_may_write_is_asked_without_a_message(api):
    async def knock():
        async with VkChannel(ChannelSettings("vk", VK_TOKEN, ("7",), api_url=api.url)) as channel:
            return await channel.knock("7", 60)

    assert asyncio.run(knock()) == Delivery(True)
    assert api.messages[0].path == "/method/messages.setActivity"
