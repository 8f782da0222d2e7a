"""What every channel has in common: how it is opened, and what becomes of a message.

A channel is one class with ``async with``, ``send`` and ``knock`` (:class:`Channel`), a row in
``channel_settings.py`` that says what its section holds, and one in ``channels.py``.
"""

from types import TracebackType
from typing import NamedTuple, Protocol

from scheduler_runner.phrases import Phrase


class Delivery(NamedTuple):
    """What became of a message. Where it was not sent, ``reason`` says why, and when to try again."""

    is_sent: bool
    reason: Phrase = Phrase("")
    retry_after: float = 0.0
    """Seconds that the other side asked for; 0: none."""
    moved_to: str = ""
    """The chat's new id, where it has one."""
    is_late: bool = False
    """The message went out, and no answer came in time: it may have arrived."""
    is_text_refused: bool = False
    """It is this text that is not taken, for good; another one may be."""


SENT = Delivery(True)


class Channel(Protocol):
    """A way to people."""

    async def __aenter__(self) -> "Channel":
        """Open it; raises whatever a broken package may raise. What takes long to import is imported here."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""

    async def send(self, chat: str, text: str, seconds: float) -> Delivery:
        """Send one message within so many seconds; its first line is the news."""

    async def knock(self, chat: str, seconds: float) -> Delivery:
        """Find out whether a chat can be written to, without a message that anybody would see."""
