"""Telegram: its Bot API as a channel. The library is imported when the channel is opened, and only then."""

import logging
import os
from collections.abc import Awaitable
from html import escape
from types import TracebackType
from typing import NamedTuple

from scheduler_runner.notices.channel import SENT, Delivery
from scheduler_runner.notices.channel_settings import ChannelSettings
from scheduler_runner.phrases import Phrase

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl

    from telegram import Bot
    from telegram.request import HTTPXRequest

_CONNECT_SECONDS = 5.0
_SPARE_SECONDS = 0.5
# At INFO and DEBUG these write addresses, and an address of the Bot API holds the token.
_TALKATIVE = ("httpx", "httpx2", "httpcore", "telegram")
_UNREADABLE = "markup not accepted: {told}"
_NO_TOPIC = "the topic is gone: {told}"
# What Telegram says of a chat; whatever else it refuses is a matter of the text.
_ABOUT_THE_CHAT = (
    *("chat not found", "chat_id", "peer_id", "topic", "rights", "write_forbidden", "deactivated", "restricted"),
    *("kicked", "not a member", "administrator", "upgraded"),
)


class TelegramChannel:
    """The Telegram Bot API. Opening it raises ``ImportError`` where the package is missing or broken."""

    def __init__(self, settings: ChannelSettings) -> None:
        self._settings = settings
        self._request: HTTPXRequest | None = None
        self._bot: Bot | None = None

    async def __aenter__(self) -> "TelegramChannel":
        os.environ.setdefault("PTB_TIMEDELTA", "true")  # else the library warns of its own attribute
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)
        from telegram import Bot
        from telegram.request import HTTPXRequest

        self._request = HTTPXRequest(
            connection_pool_size=max(1, len(self._settings.chats) + len(self._settings.admins)),
            proxy=self._settings.proxy or None,
            httpx_kwargs={"verify": _certificates()},
        )
        await self._request.initialize()
        base_url = self._settings.api_url.rstrip("/") + "/bot"
        # Not entered itself: that would ask who it is, once more over the network, and put the token into an error.
        self._bot = Bot(
            self._settings.token, base_url=base_url, request=self._request, get_updates_request=self._request
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._request is not None:
            await self._request.shutdown()

    async def send(self, chat: str, text: str, seconds: float) -> Delivery:
        """Send one message, its first line in bold.

        As plain text where Telegram cannot read the marks, and without its topic where that is gone.
        """
        delivery = await self._send(chat, _html(text), "HTML", seconds)
        if _is(delivery, _UNREADABLE):
            delivery = await self._send(chat, text, None, seconds)
        if _is(delivery, _NO_TOPIC):
            delivery = await self._send(chat.partition(":")[0], _html(text), "HTML", seconds)
        return delivery

    async def knock(self, chat: str, seconds: float) -> Delivery:
        """Find out whether the token is valid and the bot may write to a chat, by the sign that somebody is typing."""
        assert self._bot is not None  # noqa: S101 - for mypy
        name, topic = _parted(chat)
        limits = _Limits.within(seconds)
        return await _told(
            self._bot.send_chat_action(
                chat_id=name,
                action="typing",
                message_thread_id=topic,
                connect_timeout=limits.connect,
                pool_timeout=limits.connect,
                write_timeout=limits.write,
                read_timeout=limits.read,
            )
        )

    async def _send(self, chat: str, text: str, parse_mode: "str | None", seconds: float) -> Delivery:
        assert self._bot is not None  # noqa: S101 - for mypy
        name, topic = _parted(chat)
        limits = _Limits.within(seconds)
        return await _told(
            self._bot.send_message(
                chat_id=name,
                text=text,
                parse_mode=parse_mode,
                message_thread_id=topic,
                connect_timeout=limits.connect,
                pool_timeout=limits.connect,
                write_timeout=limits.write,
                read_timeout=limits.read,
            )
        )


async def _told(request: "Awaitable[object]") -> Delivery:
    """Carry out a request, and tell apart what may come: in this order, as some errors are kinds of others."""
    from telegram import error

    try:
        await request
    except error.RetryAfter as problem:
        return Delivery(False, Phrase("too many messages"), retry_after=_seconds(problem.retry_after))
    except error.ChatMigrated as problem:
        return Delivery(False, Phrase("the group became a supergroup"), moved_to=str(problem.new_chat_id))
    except error.Forbidden as problem:
        forbidden = "forbidden: {told}; add the bot to the chat, or let it write there"
        return Delivery(False, Phrase(forbidden, told=str(problem)))
    except error.InvalidToken:
        # A server that does not know the address says so, too.
        wrong = "the bot's token is not accepted: take the one that BotFather shows; is api_url right?"
        return Delivery(False, Phrase(wrong))
    except error.BadRequest as problem:
        return _bad_request(str(problem))
    except error.TimedOut as problem:
        # Only who waited for the answer knows that the message went out.
        return Delivery(False, Phrase("no answer in time"), is_late=type(problem.__cause__).__name__ == "ReadTimeout")
    except error.NetworkError as problem:
        return Delivery(False, _network(problem))
    except error.TelegramError as problem:
        return Delivery(False, Phrase("refused: {told}", told=str(problem)))
    except OSError as problem:
        return Delivery(False, _network(problem))
    return SENT


class _Limits(NamedTuple):
    """Seconds for each phase of a request."""

    connect: float
    write: float
    read: float

    @classmethod
    def within(cls, seconds: float) -> "_Limits":
        """Return limits that together stay within ``seconds``: an end from outside could not tell what went out."""
        connect = min(_CONNECT_SECONDS, seconds / 3)
        rest = max(_SPARE_SECONDS, seconds - connect - _SPARE_SECONDS)
        return cls(connect, rest / 4, rest * 3 / 4)


def _certificates() -> "ssl.SSLContext":
    """Return what is trusted: the system's store, where a scanner's root stands, too, and the package's list.

    Windows fetches roots when its own programs meet them: on a new PC its store alone would be too little.
    """
    import ssl

    context = ssl.create_default_context()
    try:
        import certifi

        context.load_verify_locations(cafile=certifi.where())
    except (ImportError, OSError):
        pass  # the system's store will do
    return context


def _parted(chat: str) -> "tuple[str, int | None]":
    name, _, topic = chat.partition(":")
    return name, int(topic) if topic else None


def _is(delivery: Delivery, template: str) -> bool:
    return delivery.reason.template == template


def _bad_request(told: str) -> Delivery:
    folded = told.lower()
    if "parse entities" in folded:
        return Delivery(False, Phrase(_UNREADABLE, told=told))
    if "thread not found" in folded or "topic_deleted" in folded:
        return Delivery(False, Phrase(_NO_TOPIC, told=told))
    if "topic_closed" in folded:
        closed = "bad request: {told}; the topic is closed, chat_id = -1001234567890:17 names another one"
        return Delivery(False, Phrase(closed, told=told))
    if any(words in folded for words in _ABOUT_THE_CHAT):
        unknown = "bad request: {told}; is chat_id right, and has the bot been added to that chat?"
        return Delivery(False, Phrase(unknown, told=told))
    return Delivery(False, Phrase("bad request: {told}", told=told), is_text_refused=True)


def _network(problem: Exception) -> Phrase:
    if "CERTIFICATE_VERIFY_FAILED" in str(problem):
        told = "network: {told}; is the clock right, and does a virus scanner look into the traffic?"
        return Phrase(told, told=str(problem))
    return Phrase("network: {told}", told=str(problem))


def _html(text: str) -> str:
    first, line_end, rest = text.partition("\n")
    return f"<b>{escape(first, quote=False)}</b>{line_end}{escape(rest, quote=False)}"


def _seconds(value: object) -> float:
    """Return a length of time, which newer versions of the library give as a timedelta."""
    total = getattr(value, "total_seconds", None)
    return float(total() if total is not None else value)  # type: ignore[arg-type]
