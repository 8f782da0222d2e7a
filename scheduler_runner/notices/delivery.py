"""Bring what waits in the outbox to every chat, within a time limit, and keep how far each has been told."""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import tzinfo

from scheduler_runner.notices.news import is_due
from scheduler_runner.notices.outbox import Chat, Outbox
from scheduler_runner.notices.settings import NoticeSettings
from scheduler_runner.notices.telegram import Delivery, TelegramChannel, why_not_open
from scheduler_runner.notices.texts import messages, moved

PACE_SECONDS = 1.05
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
        pace_seconds: float = PACE_SECONDS,
    ) -> None:
        self._outbox = outbox
        self._settings = settings
        self._point = point
        self._zone = zone
        self._logger = logger
        self._clock = clock
        self._pace_seconds = pace_seconds
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
                self._put_off(chat, Delivery(False, why_not_open(error)))
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
                await asyncio.sleep(self._pace_seconds)

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
