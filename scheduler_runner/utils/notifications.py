"""The door of ``notices/``: tell people something now, past the outbox, or find out whether they can be reached."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from scheduler_runner.notices.settings import NoticeSettings
from scheduler_runner.notices.telegram import Delivery, TelegramChannel, why_not_open


def send_now(settings: NoticeSettings, parts: Sequence[str]) -> dict[str, Delivery]:
    """Send a message to every chat, past the outbox; return what became of it by chat, within the time limit.

    ``parts`` are sent one after the other. Nothing is raised: see :class:`Delivery`.

    >>> send_now(NoticeSettings(chats=()), ["all is well"])
    {}
    """

    def sending(part: str) -> "Callable[[TelegramChannel, str], Awaitable[Delivery]]":
        return lambda channel, chat: channel.send(chat, part)

    return _ask_now(settings, [sending(part) for part in parts])


def knock_now(settings: NoticeSettings) -> dict[str, Delivery]:
    """Find out whether every chat can be reached, without a message; return what became of it by chat.

    >>> knock_now(NoticeSettings(chats=()))
    {}
    """
    return _ask_now(settings, [lambda channel, chat: channel.knock(chat)])


def _ask_now(
    settings: NoticeSettings, requests: "Sequence[Callable[[TelegramChannel, str], Awaitable[Delivery]]]"
) -> dict[str, Delivery]:
    answers = {chat: Delivery(False, "not reached") for chat in settings.chats}

    async def ask_all() -> None:
        async with TelegramChannel(settings) as channel:
            for chat in settings.chats:
                for request in requests:
                    answers[chat] = await request(channel, chat)
                    moved_to = answers[chat].moved_to
                    if moved_to:
                        answers[chat] = (await request(channel, moved_to))._replace(moved_to=moved_to)

    try:
        asyncio.run(asyncio.wait_for(ask_all(), settings.send_seconds))
    except asyncio.TimeoutError:
        late = Delivery(False, f"no answer within send_seconds = {settings.send_seconds}")
        answers = {chat: answer if answer.is_sent else late for chat, answer in answers.items()}
    except Exception as error:  # noqa: BLE001 - a broken package may raise anything
        answers = dict.fromkeys(settings.chats, Delivery(False, why_not_open(error)))
    return answers
