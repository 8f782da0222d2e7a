"""Bring what waits in the outbox to everybody, within a time limit, and keep how far each has been told."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import NamedTuple

from scheduler_runner.notices.channel import Channel, Delivery
from scheduler_runner.notices.channel_settings import ChannelSettings, Recipient, recipients_of
from scheduler_runner.notices.channels import open_channel, why_not_open
from scheduler_runner.notices.news import Notice, is_due
from scheduler_runner.notices.outbox import LATE_PAUSES, Chat, Outbox
from scheduler_runner.notices.settings import NoticeSettings
from scheduler_runner.notices.texts import messages, moved, refused
from scheduler_runner.phrases import Phrase

PACE_SECONDS = 1.05
"""Telegram takes one message a second for a chat; VK takes more."""
_LEAST_SECONDS = 1.0
"""With less time left than this, no message is begun: it would only be one that may have arrived."""
_MORE_SECONDS = 1.0


class Reached(NamedTuple):
    """Whether somebody can be told: ``since`` when not, ``None`` where they can, and why not."""

    key: str
    since: float | None
    reason: Phrase = Phrase("")


class Courier:
    """Tells everybody what waits for them. ``point`` begins each message; ``clock`` gives seconds since 1970.

    ``judge`` returns a notice as things are now: a digest that waited must not call well what fails since.
    """

    def __init__(
        self,
        outbox: Outbox,
        settings: NoticeSettings,
        *,
        point: str,
        zone: tzinfo,
        logger: logging.Logger,
        judge: Callable[[Notice], Notice] = lambda notice: notice,
        clock: Callable[[], float] = time.time,
        pace_seconds: float = PACE_SECONDS,
    ) -> None:
        self._outbox = outbox
        self._settings = settings
        self._point = point
        self._zone = zone
        self._logger = logger
        self._judge = judge
        self._clock = clock
        self._pace_seconds = pace_seconds
        self._give_up_at = 0.0
        self.reached: list[Reached] = []
        """Whom it tried to tell, and whether that was possible."""

    def deliver(self) -> list[Notice]:
        """Send what can be sent now, drop what everybody has, give up what is too old; return what was given up.

        Raises ``LedgerUnavailable``.
        """
        asyncio.run(self._deliver())
        self._outbox.sweep([recipient.key for recipient in self._settings.recipients])
        given_up = self._outbox.give_up(self._clock() - self._settings.keep_seconds)
        for notice in given_up:
            self._logger.error(
                "notice given up kind=%s task=%s: nobody could be told within %d days",
                notice.kind.value,
                notice.task or "none",
                self._settings.keep_seconds // 86400,
            )
        return given_up

    async def _deliver(self) -> None:
        groups = zip(self._settings.groups, recipients_of(self._settings.groups))
        results = await asyncio.gather(*(self._tell_group(*group) for group in groups), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _tell_group(
        self, channels: Sequence[ChannelSettings], recipients: Sequence[tuple[Recipient, ...]]
    ) -> None:
        """Tell by the first channel; by the next one only where that cannot, and then both count as told."""
        for settings, chosen in zip(channels, recipients):
            if await self._tell_by(settings, chosen):
                for others in recipients:
                    self._count_as_told(chosen, others)
                return

    async def _tell_by(self, settings: ChannelSettings, recipients: Sequence[Recipient]) -> bool:
        """Tell everybody whom a channel reaches; return whether nothing is left to tell."""
        if not recipients:
            return False
        self._pass_over(recipients)
        due = [recipient for recipient in recipients if self._has_to_be_told(recipient)]
        if due:
            channel = open_channel(settings)
            try:
                await channel.__aenter__()
            except Exception as error:  # noqa: BLE001 - a broken package may raise anything
                for recipient in due:
                    self._put_off(self._outbox.chat(recipient.key), Delivery(False, why_not_open(settings, error)))
                return False
            try:
                # The time counts from here: on a weak PC the library alone takes longer to import than is allowed.
                self._give_up_at = max(self._give_up_at, time.monotonic() + self._settings.send_seconds)
                await self._tell_all(channel, due)
            finally:
                await channel.__aexit__(None, None, None)
        return not any(self._parts(recipient, self._outbox.chat(recipient.key))[0] for recipient in recipients)

    async def _tell_all(self, channel: Channel, recipients: Sequence[Recipient]) -> None:
        telling = (self._tell(channel, recipient) for recipient in recipients)
        for result in await asyncio.gather(*telling, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result

    def _pass_over(self, recipients: Sequence[Recipient]) -> None:
        """Count as told what is for others alone: it would wait here for ever, and be asked for in every tick."""
        for recipient in recipients:
            chat = self._outbox.chat(recipient.key)
            waiting = self._outbox.notices_after(chat.delivered_until)
            if waiting and not chat.rest and not any(notice.is_for(recipient.audience) for notice in waiting):
                self._outbox.save(chat._replace(delivered_until=waiting[-1].id))

    def _has_to_be_told(self, recipient: Recipient) -> bool:
        chat, now = self._outbox.chat(recipient.key), self._clock()
        is_repeated = any(is_due(late.next_at, now, LATE_PAUSES[-1]) for late in self._outbox.late(recipient.key))
        return is_due(chat.next_at, now) and (is_repeated or bool(self._parts(recipient, chat)[0]))

    async def _tell(self, channel: Channel, recipient: Recipient) -> None:
        """Send part after part, each noted before the next, as long as there is time; then what may have arrived."""
        chat = self._outbox.chat(recipient.key)
        parts, until = self._parts(recipient, chat)
        is_single = bool(chat.rest)
        while parts and self._has_time():
            chat, delivery = await self._send(channel, recipient, chat, parts[0])
            if delivery.is_text_refused and parts[0] != refused(self._point):
                self._logger.warning("text refused chat=%s reason=%s text=%s", chat.chat, delivery.reason, parts[0])
                # All of it by itself first, so that one bad text holds up no other; then that one is replaced.
                parts = [refused(self._point), *parts[1:]] if is_single else self._one_by_one(recipient, chat)
                is_single = True
                continue
            if not delivery.is_sent and not delivery.is_late:
                self._put_off(chat, delivery)
                return
            if delivery.is_late:
                self._outbox.note_late(chat.chat, parts[0], self._clock())
            chat = self._note_told(chat, parts[1:], until, delivery)
            if delivery.is_late:
                return
            is_single = is_single and bool(chat.rest)
            parts, until = ([*chat.rest], until) if chat.rest else self._parts(recipient, chat)
            await asyncio.sleep(self._pace_seconds if parts else 0)
        await self._repeat(channel, recipient, chat)

    async def _repeat(self, channel: Channel, recipient: Recipient, chat: Chat) -> None:
        """Send once more what may have arrived: three times at most, with hours between."""
        for late in self._outbox.late(recipient.key):
            if not is_due(late.next_at, self._clock(), LATE_PAUSES[-1]) or not self._has_time():
                continue
            chat, delivery = await self._send(channel, recipient, chat, late.part)
            now = self._clock()
            copies = late.copies + (delivery.is_sent or delivery.is_late)
            is_over = delivery.is_sent or copies > len(LATE_PAUSES) or now - late.first_at > self._settings.keep_seconds
            pause = LATE_PAUSES[min(copies, len(LATE_PAUSES)) - 1]
            self._outbox.note_copy(late, copies, None if is_over else now + pause)
            self._logger.info("notice repeated chat=%s copies=%d reason=%s", chat.chat, copies, delivery.reason)

    async def _send(self, channel: Channel, recipient: Recipient, chat: Chat, text: str) -> tuple[Chat, Delivery]:
        """Send one part, after the chat where it has moved. Raises ``LedgerUnavailable`` rather than send it."""
        # What cannot be noted as sent would be sent by every tick: whether it can is found out first.
        self._outbox.save(chat)
        delivery = await self._send_in_time(channel, chat.moved_to or recipient.chat, text)
        if not delivery.moved_to:
            return chat, delivery
        chat = chat._replace(moved_to=delivery.moved_to)
        self._outbox.save(chat)
        self._logger.warning("chat %s has moved: chat_id = %s would be right", chat.chat, chat.moved_to)
        return chat, await self._send_in_time(channel, chat.moved_to, f"{text}\n{moved(chat.moved_to)}")

    async def _send_in_time(self, channel: Channel, chat: str, text: str) -> Delivery:
        seconds = max(_LEAST_SECONDS, self._give_up_at - time.monotonic())
        try:
            # The channel ends by itself, and knows whether the message went out; this is for one that does not.
            return await asyncio.wait_for(channel.send(chat, text, seconds), seconds + _MORE_SECONDS)
        except asyncio.TimeoutError:
            late = "no answer within send_seconds = {seconds}"
            return Delivery(False, Phrase(late, seconds=self._settings.send_seconds))

    def _has_time(self) -> bool:
        return self._give_up_at - time.monotonic() >= min(_LEAST_SECONDS, self._settings.send_seconds / 2)

    def _parts(self, recipient: Recipient, chat: Chat) -> tuple[list[str], int]:
        """Return what somebody is to be told now, and up to which notice that is."""
        if chat.rest:
            return list(chat.rest), chat.rest_until
        waiting = self._outbox.notices_after(chat.delivered_until)
        notices = [notice for notice in waiting if notice.is_for(recipient.audience)]
        if not notices or (self._is_quiet() and all(notice.kind.can_wait for notice in notices)):
            return [], 0
        return self._messages(recipient, notices), waiting[-1].id

    def _one_by_one(self, recipient: Recipient, chat: Chat) -> list[str]:
        notices = (each for each in self._outbox.notices_after(chat.delivered_until) if each.is_for(recipient.audience))
        return [part for notice in notices for part in self._messages(recipient, [notice])]

    def _messages(self, recipient: Recipient, notices: Sequence[Notice]) -> list[str]:
        return messages(self._point, [*map(self._judge, notices)], self._zone, recipient.audience)

    def _is_quiet(self) -> bool:
        return self._settings.is_quiet(int(self._clock()), self._zone)

    def _note_told(self, chat: Chat, rest: Sequence[str], until: int, delivery: Delivery) -> Chat:
        chat = chat.after_part(rest, until)
        self._outbox.save(chat)
        sent = "may have arrived" if delivery.is_late else "sent"
        self._logger.info("notice %s chat=%s until=%d parts_left=%d", sent, chat.chat, until, len(chat.rest))
        if delivery.is_sent:
            self._outbox.since_undelivered(chat.chat, self._clock(), is_failing=False)
            self.reached.append(Reached(chat.chat, None))
        return chat

    def _put_off(self, chat: Chat, delivery: Delivery) -> None:
        now = self._clock()
        chat = chat.after_failure(now, delivery.retry_after)
        self._outbox.save(chat)
        since = self._outbox.since_undelivered(chat.chat, now, is_failing=True)
        self.reached.append(Reached(chat.chat, since, delivery.reason))
        self._logger.warning(
            "notice not sent chat=%s try_again_in=%.0fs reason=%s", chat.chat, chat.next_at - now, delivery.reason
        )

    def _count_as_told(self, told: Sequence[Recipient], others: Sequence[Recipient]) -> None:
        """Let what one channel told count for the others of its group: they stand in for each other."""
        until = max(self._outbox.chat(recipient.key).delivered_until for recipient in told)
        for recipient in others:
            chat = self._outbox.chat(recipient.key)
            if recipient not in told and chat.delivered_until < until:
                self._outbox.save(chat._replace(delivered_until=until, rest=()))
