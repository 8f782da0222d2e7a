"""Find a chat: ask Telegram which one writes to the bot. Plain HTTP of the standard library, at set-up alone."""

import json
import time
import urllib.error
import urllib.request
from typing import NamedTuple

from scheduler_runner.errors import SchedulerError

_LONG_POLL_SECONDS = 20
_ANSWER_SECONDS = 10
_MOST_BYTES = 1_000_000
_KINDS = ("message", "channel_post", "my_chat_member")


class Chat(NamedTuple):
    """A chat from which somebody wrote to the bot."""

    id: str
    title: str


def wait_for_chat(token: str, api_url: str, wait_seconds: float, poll_seconds: int = _LONG_POLL_SECONDS) -> Chat | None:
    """Return the chat of the next message to the bot; ``None`` where nobody wrote in time.

    What was written before is passed over: it may come from a chat that is not meant. Raises ``SchedulerError`` where
    Telegram refuses or cannot be reached.
    """
    seen = _updates(token, api_url, {"offset": -1, "timeout": 0})
    offset = max((update["update_id"] for update in seen), default=-1) + 1
    until = time.monotonic() + wait_seconds
    while (left := until - time.monotonic()) > 0:
        found = _updates(token, api_url, {"offset": offset, "timeout": int(min(poll_seconds, left))})
        for update in found:
            offset = update["update_id"] + 1
            for kind in _KINDS:
                if kind in update:
                    return _chat(update[kind]["chat"])
    return None


def _chat(chat: dict) -> Chat:  # type: ignore[type-arg]  # as Telegram sends it
    name = " ".join(filter(None, (chat.get("first_name"), chat.get("last_name"))))
    return Chat(str(chat["id"]), str(chat.get("title") or name or chat.get("username") or chat["id"]))


def _updates(token: str, api_url: str, values: dict[str, object]) -> list[dict]:  # type: ignore[type-arg]
    address = f"{api_url.rstrip('/')}/bot{token}/getUpdates"
    request = urllib.request.Request(  # noqa: S310 - the settings' reader lets only http addresses through
        address, json.dumps(values).encode(), {"Content-Type": "application/json"}
    )
    seconds = float(str(values["timeout"])) + _ANSWER_SECONDS
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:  # noqa: S310
            return list(json.loads(answer.read(_MOST_BYTES))["result"])
    except urllib.error.HTTPError as error:
        with error:
            raise SchedulerError(_REFUSALS.get(error.code, "Telegram refuses: {reason}"), reason=error.reason) from None
    except (OSError, ValueError, KeyError, TypeError) as error:  # no address with its token in the sentence
        reason = getattr(error, "reason", None) or type(error).__name__
        raise SchedulerError("Telegram cannot be reached: {reason}", reason=reason) from None


_REFUSALS = {
    401: "Telegram does not know this token: as BotFather gives it would be right",
    404: "Telegram does not know this token: as BotFather gives it would be right",
    409: "another program asks for this bot's messages: end it, or name the chat by its number",
}
