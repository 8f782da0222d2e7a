"""Telegram: its Bot API as one channel, a class with ``async with`` and ``send``.

The library is imported when the channel is opened, and only then.
"""

import logging
import os
from collections.abc import Awaitable
from html import escape
from types import TracebackType
from typing import NamedTuple

from scheduler_runner.notices.settings import NoticeSettings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from telegram import Bot
    from telegram.request import HTTPXRequest

_CONNECT_SECONDS = 5.0
# At INFO and DEBUG these write addresses, and an address of the Bot API holds the token.
_TALKATIVE = ("httpx", "httpx2", "httpcore", "telegram")
_UNREADABLE = "markup not accepted"


class Delivery(NamedTuple):
    """What became of a message. Where it was not sent, ``reason`` says why, and when to try again."""

    is_sent: bool
    reason: str = ""
    retry_after: float = 0.0
    """Seconds that the other side asked for; 0: none."""
    moved_to: str = ""
    """The chat's new id, where it has one."""


SENT = Delivery(True)


class TelegramChannel:
    """The Telegram Bot API. Opening it raises ``ImportError`` where the package is missing or broken."""

    def __init__(self, settings: NoticeSettings) -> None:
        self._settings = settings
        self._request: HTTPXRequest | None = None
        self._bot: Bot | None = None

    async def __aenter__(self) -> "TelegramChannel":
        os.environ.setdefault("PTB_TIMEDELTA", "true")  # else the library warns of its own attribute
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)
        from telegram import Bot
        from telegram.request import HTTPXRequest

        seconds = float(self._settings.send_seconds)
        self._request = HTTPXRequest(
            connection_pool_size=max(1, len(self._settings.chats)),
            connect_timeout=min(_CONNECT_SECONDS, seconds),
            read_timeout=seconds,
            write_timeout=seconds,
            pool_timeout=seconds,
            proxy=self._settings.proxy or None,
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

    async def send(self, chat: str, text: str) -> Delivery:
        """Send one message, its first line in bold; as plain text where Telegram cannot read the marks."""
        delivery = await self._send(chat, _html(text), "HTML")
        return await self._send(chat, text, None) if delivery.reason.startswith(_UNREADABLE) else delivery

    async def knock(self, chat: str) -> Delivery:
        """Find out whether the token is valid and the bot may write to a chat, by the sign that somebody is typing."""
        assert self._bot is not None  # noqa: S101 - for mypy
        return await self._told(self._bot.send_chat_action(chat_id=chat, action="typing"))

    async def _send(self, chat: str, text: str, parse_mode: "str | None") -> Delivery:
        assert self._bot is not None  # noqa: S101 - for mypy
        return await self._told(self._bot.send_message(chat_id=chat, text=text, parse_mode=parse_mode))

    async def _told(self, request: "Awaitable[object]") -> Delivery:
        """Carry out a request, and tell apart what may come: in this order, as some errors are kinds of others."""
        from telegram import error

        try:
            await request
        except error.RetryAfter as problem:
            return Delivery(False, "too many messages", retry_after=_seconds(problem.retry_after))
        except error.ChatMigrated as problem:
            return Delivery(False, "the group became a supergroup", moved_to=str(problem.new_chat_id))
        except error.Forbidden as problem:
            return Delivery(False, f"forbidden: {problem}; add the bot to the chat, or let it write there")
        except error.InvalidToken:
            return Delivery(False, "the bot's token is not accepted: take the one that BotFather shows")
        except error.BadRequest as problem:
            return Delivery(False, _bad_request(str(problem)))
        except error.TimedOut:
            return Delivery(False, "no answer in time")
        except error.NetworkError as problem:
            return Delivery(False, f"network: {problem}")
        except error.TelegramError as problem:
            return Delivery(False, f"refused: {problem}")
        except OSError as problem:
            return Delivery(False, f"network: {problem}")
        return SENT


def why_not_open(error: Exception) -> str:
    """Return why the channel could not be opened, and what to do."""
    if isinstance(error, ImportError):
        return f"python-telegram-bot cannot be imported ({error}): pip install -r requirements.txt"
    return f"Telegram cannot be used ({type(error).__name__}: {error}): look at proxy and api_url in [telegram]"


def _bad_request(told: str) -> str:
    if "parse entities" in told:
        return f"{_UNREADABLE}: {told}"
    return f"bad request: {told}; is chat_id right, and has the bot been added to that chat?"


def _html(text: str) -> str:
    first, line_end, rest = text.partition("\n")
    return f"<b>{escape(first, quote=False)}</b>{line_end}{escape(rest, quote=False)}"


def _seconds(value: object) -> float:
    """Return a length of time, which newer versions of the library give as a timedelta."""
    total = getattr(value, "total_seconds", None)
    return float(total() if total is not None else value)  # type: ignore[arg-type]
