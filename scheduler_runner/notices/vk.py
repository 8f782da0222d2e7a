"""VK as a channel: one request of its API by urllib. Where Telegram is hard to reach, this one is not."""

import asyncio
import json
import zlib
from collections.abc import Mapping
from types import TracebackType

from scheduler_runner.notices.channel import SENT, Delivery
from scheduler_runner.notices.channel_settings import ChannelSettings
from scheduler_runner.phrases import Phrase

_VERSION = "5.199"
_MAX_ANSWER = 64 * 1024
_TOO_MANY = (6, 9, 29)
_TOKEN = (5, 15, 27, 28)
_CHAT = (7, 100, 901, 902, 912, 917, 925, 936, 945, 983)
_TEXT = (911, 914, 940)
_TOO_MANY_SECONDS = 60.0
_LEAST_ID = 1


class VkChannel:
    """VK's ``messages.send``. A repeated message bears the same ``random_id``, so that VK shows it once."""

    def __init__(self, settings: ChannelSettings) -> None:
        self._settings = settings

    async def __aenter__(self) -> "VkChannel":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """There is nothing to close."""

    async def send(self, chat: str, text: str, seconds: float) -> Delivery:
        """Send one message as plain text: VK knows no other."""
        same = zlib.crc32(f"{chat}\n{text}".encode("utf-8", "replace")) & 0x7FFFFFFF
        values = {"peer_id": chat, "message": text, "random_id": str(max(_LEAST_ID, same)), "dont_parse_links": "1"}
        return await asyncio.to_thread(self._ask, "messages.send", values, seconds)

    async def knock(self, chat: str, seconds: float) -> Delivery:
        """Find out whether the token is valid and the community may write, by the sign that somebody is typing."""
        values = {"peer_id": chat, "type": "typing"}
        return await asyncio.to_thread(self._ask, "messages.setActivity", values, seconds)

    def _ask(self, method: str, values: Mapping[str, str], seconds: float) -> Delivery:
        from http.client import HTTPException
        from urllib.error import HTTPError, URLError
        from urllib.parse import urlencode
        from urllib.request import Request, urlopen

        form = {**values, "access_token": self._settings.token, "v": _VERSION}
        # In the body alone: an address stands in proxies' logs. The settings allow http and https alone.
        request = Request(f"{self._settings.api_url.rstrip('/')}/method/{method}", urlencode(form).encode())  # noqa: S310
        try:
            with urlopen(request, timeout=seconds / 2) as answer:  # noqa: S310 - connecting and reading, a half each
                return _read(answer.read(_MAX_ANSWER))
        except HTTPError as error:
            error.close()
            refused = "refused with HTTP status {code}: is api_url in [vk] right?"
            return Delivery(False, Phrase(refused, code=error.code))
        except URLError as error:  # it was not even sent
            return Delivery(False, Phrase("network: {told}", told=str(error.reason)))
        except TimeoutError:
            return Delivery(False, Phrase("no answer in time"), is_late=True)
        except (OSError, HTTPException, ValueError) as error:
            return Delivery(False, Phrase("network: {told}", told=type(error).__name__))


def _read(content: bytes) -> Delivery:
    """Return what VK answers: a number, or an error with its own."""
    try:
        answer = json.loads(content)
        error = answer.get("error")
        code, told = (int(error["error_code"]), str(error.get("error_msg", ""))) if error else (0, "")
    except (ValueError, AttributeError, TypeError, KeyError):
        stranger = "refused: what answered is not VK (a page that asks for money, or a proxy?)"
        return Delivery(False, Phrase(stranger))
    if not error:
        return SENT if "response" in answer else Delivery(False, Phrase("refused: VK answers neither yes nor no"))
    if code in _TOO_MANY:
        return Delivery(False, Phrase("too many messages"), retry_after=_TOO_MANY_SECONDS)
    if code in _TOKEN:
        wrong = "the token is not accepted ({told}): take one of the community's, with the right to send messages"
        return Delivery(False, Phrase(wrong, told=f"{code} {told}"))
    if code in _TEXT:
        return Delivery(False, Phrase("bad request: {told}", told=f"{code} {told}"), is_text_refused=True)
    if code in _CHAT:
        unknown = "bad request: {told}; is peer_id right, and did that chat let the community write?"
        return Delivery(False, Phrase(unknown, told=f"{code} {told}"))
    return Delivery(False, Phrase("refused: {told}", told=f"{code} {told}"))
