"""How the channels are set up, by the INI's sections [telegram] and [vk], and whom they reach.

Pure but for the file that holds a token.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from config.ini import Section
from config.values import WrongValue, address
from scheduler_runner.errors import ConfigError
from scheduler_runner.notices.news import ADMIN, EVERYBODY, STAFF
from scheduler_runner.system.own_files import read_own

API_URL = "https://api.telegram.org"
VK_URL = "https://api.vk.com"
TELEGRAM_KEYS = {"chat_id": "", "admin_chat": "", "token_file": "", "api_url": "", "proxy": ""}
VK_KEYS = {"peer_id": "", "admin_peer_id": "", "token_file": "", "api_url": ""}

_SUFFIXES = {"production": ("_PROD", ""), "test": ("_TEST", ""), "": ("", "_PROD", "_TEST")}
# The second name is the one that these users' earlier scheduler read.
_TELEGRAM_TOKENS = ("TELEGRAM_BOT_TOKEN", "TELEGRAM_TOKEN")
_VK_TOKENS = ("VK_TOKEN",)
_CHAT, _PEER = "TELEGRAM_CHAT_ID", "VK_PEER_ID"
_HTTP = ("http://", "https://")
_PROXIES = (*_HTTP, "socks5://", "socks5h://")
_NEAR_ENDINGS = (".local", ".lan", ".home", ".internal", ".localdomain")
_NEAR_NETWORKS = ("127.", "10.", "192.168.", "169.254.", *(f"172.{number}." for number in range(16, 32)))
_LEAST_VK_TOKEN = 40
_MOST_TOKEN_BYTES = 4096
_NO_BOT = "the server's address without /bot at its end"
_ENCRYPTED = "an address that begins with https:// (http:// only within one's own network)"
_NO_MTPROTO = "http://host:port or socks5://host:port (a link of Telegram's own kind of proxy, MTProto, serves no bots)"
_CODED = "a user and password with # written as %23, / as %2F, ? as %3F"


class ChannelSettings(NamedTuple):
    """How a channel is set up."""

    name: str
    token: str = ""
    chats: tuple[str, ...] = ()
    admins: tuple[str, ...] = ()
    """Who is told what is for the administrator alone, where anybody is."""
    api_url: str = ""
    proxy: str = ""
    missing: str = ""
    """What is missing for it to be used, as a part of a sentence; ``""``: nothing."""

    def recipients(self, *, has_admin: bool) -> "tuple[Recipient, ...]":
        """Return whom it reaches; ``has_admin``: on some channel there is somebody for the administrator's matters."""
        if self.missing:
            return ()
        chats = [Recipient(self.name, chat, STAFF if has_admin else EVERYBODY) for chat in self.chats]
        admins = [Recipient(self.name, chat, EVERYBODY if chat in self.chats else ADMIN) for chat in self.admins]
        met = {recipient.key: recipient for recipient in (*chats, *admins)}
        return tuple(met.values())


class Recipient(NamedTuple):
    """A chat of a channel, and what it is told."""

    channel: str
    chat: str
    audience: str = EVERYBODY

    @property
    def key(self) -> str:
        """Its name in the outbox and in the log: Telegram's chats are as they were before there was another channel."""
        return self.chat if self.channel == "telegram" else f"{self.channel}:{self.chat}"


class Surroundings(NamedTuple):
    """Where settings are read: the mode, which may be unknown, ``""``; the environment; the INI's folder."""

    env_mode: str
    environ: Mapping[str, str]
    folder: str

    def variable(self, *names: str) -> str:
        """Return the first of these variables that is set, the mode's own before the plain one."""
        found = (self.environ.get(name + suffix, "").strip() for suffix in _SUFFIXES[self.env_mode] for name in names)
        return next((value for value in found if value), "")


def telegram(section: Section, around: Surroundings) -> ChannelSettings:
    """Return how Telegram is set up. Raises ``ConfigError``."""
    token = _token(section, around.variable(*_TELEGRAM_TOKENS), _TELEGRAM_TOKENS[0], around.folder, _telegram_token)
    chats = _chats(section, "chat_id", section.text("chat_id") or around.variable(_CHAT))
    lacks = [
        *([] if token else [f"no bot's token (variable {_TELEGRAM_TOKENS[0]}, or token_file in [telegram])"]),
        *([] if chats else [f"no chat (chat_id in [telegram], or variable {_CHAT})"]),
    ]
    return ChannelSettings(
        "telegram",
        token,
        chats,
        _chats(section, "admin_chat", section.text("admin_chat")),
        api_url=section.read("api_url", _api_url) or around.environ.get("TELEGRAM_API_URL", "").strip() or API_URL,
        proxy=section.read("proxy", _proxy),
        missing=" and ".join(lacks),
    )


def vk(section: Section, around: Surroundings) -> ChannelSettings:
    """Return how VK is set up. Raises ``ConfigError``."""
    token = _token(section, around.variable(*_VK_TOKENS), _VK_TOKENS[0], around.folder, _vk_token)
    peers = _peers(section, "peer_id", section.text("peer_id") or around.variable(_PEER))
    lacks = [
        *([] if token else [f"no community's token (variable {_VK_TOKENS[0]}, or token_file in [vk])"]),
        *([] if peers else [f"no peer (peer_id in [vk], or variable {_PEER})"]),
    ]
    return ChannelSettings(
        "vk",
        token,
        peers,
        _peers(section, "admin_peer_id", section.text("admin_peer_id")),
        api_url=section.read("api_url", _api_url) or VK_URL,
        missing=" and ".join(lacks),
    )


def recipients_of(groups: Sequence[Sequence[ChannelSettings]]) -> list[list[tuple[Recipient, ...]]]:
    """Return whom each channel of each group reaches, as the groups stand."""
    has_admin = any(channel.admins and not channel.missing for group in groups for channel in group)
    return [[channel.recipients(has_admin=has_admin) for channel in group] for group in groups]


READERS: Mapping[str, tuple[Mapping[str, object], Callable[[Section, Surroundings], ChannelSettings]]] = {
    "telegram": (TELEGRAM_KEYS, telegram),
    "vk": (VK_KEYS, vk),
}
"""The channels: the keys of a section of that name, and who reads it."""


def read_token(path: str, folder: str) -> str:
    """Return the token in a file, relative to ``folder``; PowerShell saves UTF-16. Raises ``OSError``."""
    # Any account's, as several may share one; but no link, and no pipe that would be waited for.
    content = read_own(os.path.join(folder, path), _MOST_TOKEN_BYTES, is_anyones=True)
    is_utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    return content.decode("utf-16" if is_utf16 else "utf-8-sig", "replace").strip()


def _token(section: Section, variable: str, name: str, folder: str, check: "Callable[[str], bool]") -> str:
    token, where, path = variable, f"the variable {name}", section.text("token_file")
    if not token and path:
        where = f"the token in {path}"
        try:
            token = read_token(path, folder)
        except (OSError, ValueError) as error:
            right = f"a file with the token alone that can be read ({getattr(error, 'strerror', error)})"
            raise section.wrong("token_file", right, path) from error
        if not token:
            raise section.wrong("token_file", "a file with the token alone (this one is empty)", path)
    if token and not check(token):
        right = "123456789:AA... as BotFather gives it" if section.name == "telegram" else "vk1.a.... as VK gives it"
        raise ConfigError(f"[{section.name}] {where} is wrong: {right} would be right", key="token_file")
    return token


def _telegram_token(token: str) -> bool:
    bot, _, key = token.partition(":")
    return bot.isdecimal() and key.replace("-", "").replace("_", "").isalnum() and token.isascii()


def _vk_token(token: str) -> bool:
    is_word = token.isascii() and token.replace(".", "").replace("-", "").replace("_", "").isalnum()
    return is_word and len(token) >= _LEAST_VK_TOKEN


def _listed(value: str) -> Sequence[str]:
    return tuple(dict.fromkeys(each.strip() for each in value.split(",") if each.strip()))


def _chats(section: Section, key: str, value: str) -> tuple[str, ...]:
    chats = tuple(_listed(value))
    for chat in chats:
        name, _, topic = chat.partition(":")
        number = name[1:] if name[0] == "-" else name
        is_chat = number.isascii() and number.isdecimal()
        is_name = name[0] == "@" and name[1:].replace("_", "").isalnum()
        if not (is_chat or is_name) or (":" in chat and not (topic.isascii() and topic.isdecimal())):
            right = "-1001234567890, with a topic -1001234567890:17, or several with commas"
            raise section.wrong(key, right, chat)
    return chats


def _peers(section: Section, key: str, value: str) -> tuple[str, ...]:
    peers = tuple(_listed(value))
    for peer in peers:
        number = peer[1:] if peer[0] == "-" else peer
        if not (number.isascii() and number.isdecimal()):
            raise section.wrong(key, "2000000001 (a conversation), 123456 (a person), or several with commas", peer)
    return peers


def _api_url(text: str) -> str:
    """Return the address of an API; a token travels in it, so beyond one's own network only encrypted."""
    url = address(*_HTTP)(text).rstrip("/")
    if url.lower().endswith("/bot"):
        raise WrongValue(_NO_BOT, is_secret=True)
    if url.lower().startswith("http://") and not _is_near(url):
        raise WrongValue(_ENCRYPTED, is_secret=True)
    return url


def _is_near(url: str) -> bool:
    host = url.partition("//")[2].partition("/")[0].rpartition("@")[2].lower()
    if host.startswith("["):
        return host.startswith("[::1]")
    host = host.partition(":")[0]
    is_number = not host.replace(".", "").strip("0123456789")
    return "." not in host or host.endswith(_NEAR_ENDINGS) or (is_number and host.startswith(_NEAR_NETWORKS))


def _proxy(text: str) -> str:
    folded = text.lower()
    if folded.startswith(("tg:", "https://t.me/", "http://t.me/", "https://telegram.me/", "http://telegram.me/")):
        raise WrongValue(_NO_MTPROTO, is_secret=True)
    proxy = address(*_PROXIES)(text)
    account, at, _ = proxy.partition("//")[2].rpartition("@")
    if at and set("#/?") & set(account):
        raise WrongValue(_CODED, is_secret=True)
    return proxy
