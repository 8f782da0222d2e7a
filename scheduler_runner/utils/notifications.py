"""The door of ``notices/``: tell people something now, past the outbox, or find out whether they can be reached."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from scheduler_runner.notices.channel import Channel, Delivery
from scheduler_runner.notices.channel_settings import ChannelSettings, Recipient, recipients_of
from scheduler_runner.notices.channels import open_channel, why_not_open
from scheduler_runner.notices.settings import NoticeSettings
from scheduler_runner.phrases import Phrase

_Request = Callable[[Channel, str, float], Awaitable[Delivery]]


def send_now(settings: NoticeSettings, parts: Sequence[str]) -> dict[str, Delivery]:
    """Send a message to everybody, past the outbox; return what became of it by chat, within the time limit.

    ``parts`` are sent one after the other. Where one channel stands in for another, it is used only where that
    reaches nobody. Nothing is raised: see :class:`Delivery`.

    >>> send_now(NoticeSettings(), ["all is well"])
    {}
    """

    def sending(part: str) -> _Request:
        return lambda channel, chat, seconds: channel.send(chat, part, seconds)

    answers: dict[str, Delivery] = {}
    for group, recipients in zip(settings.groups, recipients_of(settings.groups)):
        for channel, chosen in zip(group, recipients):
            told = _ask(channel, chosen, [sending(part) for part in parts], settings.send_seconds)
            answers.update(told)
            if told and all(answer.is_sent for answer in told.values()):
                break
    return answers


def knock_now(settings: NoticeSettings) -> dict[str, Delivery]:
    """Find out whether everybody can be reached, without a message; return what became of it by chat.

    >>> knock_now(NoticeSettings())
    {}
    """
    answers: dict[str, Delivery] = {}
    for group, recipients in zip(settings.groups, recipients_of(settings.groups)):
        for channel, chosen in zip(group, recipients):
            answers.update(_ask(channel, chosen, [_knocking], settings.send_seconds))
    return answers


def _knocking(channel: Channel, chat: str, seconds: float) -> Awaitable[Delivery]:
    return channel.knock(chat, seconds)


def _ask(
    settings: ChannelSettings, recipients: Sequence[Recipient], requests: Sequence[_Request], seconds: float
) -> dict[str, Delivery]:
    """Ask one channel about everybody whom it reaches, one after the other."""
    answers = {recipient.key: Delivery(False, Phrase("not reached")) for recipient in recipients}

    async def ask(channel: Channel, recipient: Recipient) -> None:
        for request in requests:
            answer = await request(channel, recipient.chat, seconds)
            if answer.moved_to:
                answer = (await request(channel, answer.moved_to, seconds))._replace(moved_to=answer.moved_to)
            answers[recipient.key] = answer
            if not answer.is_sent:
                return

    async def ask_all() -> None:
        # Opened outside every limit: on a weak PC the library alone takes longer to import.
        async with open_channel(settings) as channel:
            for recipient in recipients:
                await asyncio.wait_for(ask(channel, recipient), seconds * max(1, len(requests)) + 1)

    if not recipients:
        return {}
    try:
        asyncio.run(ask_all())
    except asyncio.TimeoutError:
        late = Delivery(False, Phrase("no answer within send_seconds = {seconds}", seconds=f"{seconds:g}"))
        answers = {key: answer if answer.is_sent else late for key, answer in answers.items()}
    except Exception as error:  # noqa: BLE001 - a broken package may raise anything
        answers = dict.fromkeys(answers, Delivery(False, why_not_open(settings, error)))
    return answers
