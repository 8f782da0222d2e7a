"""Bring what waits in the outbox to every chat, within a time limit, and keep how far each has been told."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import tzinfo

from scheduler_runner.utils.notice_settings import NoticeSettings
from scheduler_runner.utils.notice_texts import messages, moved
from scheduler_runner.utils.notices import is_due
from scheduler_runner.utils.notifications import Delivery, TelegramChannel
from scheduler_runner.utils.outbox import Chat, Outbox

_PACE_SECONDS = 1.05
"""Telegram takes one message a second for a chat."""


class Courier:
    """Tells all chats what waits for them. ``point`` begins each message; ``clock`` gives seconds since 1970."""

    def __init__(
        self,
        outbox: Outbox,
        settings: NoticeSettings,
        *,
        point: str,
        zone: tzinfo,
        logger: logging.Logger,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._outbox = outbox
        self._settings = settings
        self._point = point
        self._zone = zone
        self._logger = logger
        self._clock = clock
        self._give_up_at = 0.0

    def deliver(self) -> None:
        """Send what can be sent now, drop what everybody has, give up what is too old. Raises ``LedgerUnavailable``."""
        asyncio.run(self._deliver())
        self._outbox.sweep(self._settings.chats)
        for notice in self._outbox.give_up(self._clock() - self._settings.keep_seconds):
            self._logger.error(
                "notice given up kind=%s task=%s: nobody could be told within %d days",
                notice.kind.value,
                notice.task or "none",
                self._settings.keep_seconds // 86400,
            )

    async def _deliver(self) -> None:
        due = [chat for chat in map(self._outbox.chat, self._settings.chats) if self._is_due(chat)]
        if not due:
            return
        channel = TelegramChannel(self._settings)
        try:
            await channel.__aenter__()
        except Exception as error:  # noqa: BLE001 - a broken package may raise anything
            for chat in due:
                self._put_off(chat, Delivery(False, _why_not_open(error)))
            return
        self._give_up_at = time.monotonic() + self._settings.send_seconds
        try:
            results = await asyncio.gather(*(self._tell(channel, chat) for chat in due), return_exceptions=True)
        finally:
            await channel.__aexit__(None, None, None)
        for result in results:
            if result is not None:
                raise result

    def _is_due(self, chat: Chat) -> bool:
        return is_due(chat.next_at, self._clock()) and bool(self._parts(chat)[0])

    async def _tell(self, channel: TelegramChannel, chat: Chat) -> None:
        """Send part after part, each noted before the next, as long as there is time."""
        parts, until = self._parts(chat)
        while parts and time.monotonic() < self._give_up_at:
            chat, delivery = await self._send(channel, chat, parts[0])
            if not delivery.is_sent:
                self._put_off(chat, delivery)
                return
            chat = chat.after_part(parts[1:], until)
            self._outbox.save(chat)
            self._logger.info("notice sent chat=%s until=%d parts_left=%d", chat.chat, until, len(chat.rest))
            parts, until = self._parts(chat)
            if parts:
                await asyncio.sleep(_PACE_SECONDS)

    async def _send(self, channel: TelegramChannel, chat: Chat, text: str) -> tuple[Chat, Delivery]:
        """Send one part, after the chat where it has moved."""
        delivery = await self._send_in_time(channel, chat.moved_to or chat.chat, text)
        if not delivery.moved_to:
            return chat, delivery
        chat = chat._replace(moved_to=delivery.moved_to)
        self._outbox.save(chat)
        self._logger.warning("chat %s has moved: chat_id = %s would be right", chat.chat, chat.moved_to)
        return chat, await self._send_in_time(channel, chat.moved_to, f"{text}\n{moved(chat.moved_to)}")

    async def _send_in_time(self, channel: TelegramChannel, chat: str, text: str) -> Delivery:
        try:
            return await asyncio.wait_for(channel.send(chat, text), max(0.0, self._give_up_at - time.monotonic()))
        except asyncio.TimeoutError:
            return Delivery(False, f"no answer within send_seconds = {self._settings.send_seconds}")

    def _parts(self, chat: Chat) -> tuple[list[str], int]:
        """Return what the chat is to be told now, and up to which notice that is."""
        if chat.rest:
            return list(chat.rest), chat.rest_until
        notices = self._outbox.notices_after(chat.delivered_until)
        if not notices or (self._is_quiet() and all(notice.kind.can_wait for notice in notices)):
            return [], 0
        return messages(self._point, notices, self._zone), notices[-1].id

    def _is_quiet(self) -> bool:
        return self._settings.is_quiet(int(self._clock()), self._zone)

    def _put_off(self, chat: Chat, delivery: Delivery) -> None:
        now = self._clock()
        chat = chat.after_failure(now, delivery.retry_after)
        self._outbox.save(chat)
        self._logger.warning(
            "notice not sent chat=%s try_again_in=%.0fs reason=%s", chat.chat, chat.next_at - now, delivery.reason
        )


def send_now(settings: NoticeSettings, parts: Sequence[str]) -> dict[str, Delivery]:
    """Send a message to every chat, past the outbox; return what became of it by chat, within the time limit."""

    def sending(part: str) -> "Callable[[TelegramChannel, str], Awaitable[Delivery]]":
        return lambda channel, chat: channel.send(chat, part)

    return _ask_now(settings, [sending(part) for part in parts])


def knock_now(settings: NoticeSettings) -> dict[str, Delivery]:
    """Find out whether every chat can be reached, without a message; return what became of it by chat."""
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
        answers = dict.fromkeys(settings.chats, Delivery(False, _why_not_open(error)))
    return answers


def _why_not_open(error: Exception) -> str:
    if isinstance(error, ImportError):
        return f"python-telegram-bot cannot be imported ({error}): pip install -r requirements.txt"
    return f"Telegram cannot be used ({type(error).__name__}: {error}): look at proxy and api_url in [telegram]"
