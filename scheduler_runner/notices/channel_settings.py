"""How the channels are set up, by the INI's sections [telegram] and [vk], and whom they reach.

Pure but for the file that holds a token.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from config.ini import Section
from config.values import WrongValue, address
from scheduler_runner.errors import ConfigError
from scheduler_runner.notices.news import ADMIN, EVERYBODY, STAFF
from scheduler_runner.phrases import Phrase, joined
from scheduler_runner.system.own_files import read_own

_SUFFIXES = {"production": ("_PROD", ""), "test": ("_TEST", ""), "": ("", "_PROD", "_TEST")}
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
    missing: Phrase | str = ""
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


class Shape(NamedTuple):
    """What tells one channel's section from another's: the names of its keys and variables, and what a token is."""

    name: str
    keys: Mapping[str, object]
    chat_key: str
    admin_key: str
    chat_variable: str
    token_variables: tuple[str, ...]
    is_token: Callable[[str], bool]
    is_chat: Callable[[str], bool]
    right: tuple[str, str]
    """What a token and a chat are, as the end of a sentence."""
    none: tuple[Phrase, Phrase]
    """What it is called that there is no token, and no chat."""
    api_url: str
    api_variable: str = ""

    def read(self, section: Section, around: Surroundings) -> ChannelSettings:
        """Return how the channel is set up. Raises ``ConfigError``."""
        token = _token(self, section, around)
        chats = _chats(self, section, self.chat_key, around.variable(self.chat_variable))
        variable, key = self.token_variables[0], self.chat_key
        no_token, no_chat = (
            Phrase("{what} (variable {variable}, or token_file in [{section}])",
                   what=self.none[0], variable=variable, section=self.name),
            Phrase("{what} ({key} in [{section}], or variable {variable})",
                   what=self.none[1], key=key, section=self.name, variable=self.chat_variable),
        )  # fmt: skip
        lacks = [phrase for phrase, is_there in ((no_token, token), (no_chat, chats)) if not is_there]
        own_api = around.environ.get(self.api_variable, "").strip() if self.api_variable else ""
        return ChannelSettings(
            self.name,
            token,
            chats,
            _chats(self, section, self.admin_key),
            api_url=section.read("api_url", _api_url) or own_api or self.api_url,
            proxy=section.read("proxy", _proxy) if "proxy" in self.keys else "",
            missing=joined("{first} and {rest}", lacks) if lacks else "",
        )


def all_missing(channels: Iterable[ChannelSettings]) -> Phrase | str:
    """Return what is missing for all of them to be used; ``""`` for nothing."""
    told = [channel.missing for channel in channels if isinstance(channel.missing, Phrase)]
    return joined("{first}; {rest}", told) if told else ""


def recipients_of(groups: Sequence[Sequence[ChannelSettings]]) -> list[list[tuple[Recipient, ...]]]:
    """Return whom each channel of each group reaches, as the groups stand."""
    has_admin = any(channel.admins and not channel.missing for group in groups for channel in group)
    return [[channel.recipients(has_admin=has_admin) for channel in group] for group in groups]


def read_token(path: str, folder: str) -> str:
    """Return the token in a file, relative to ``folder``; PowerShell saves UTF-16. Raises ``OSError``."""
    # Any account's, as several may share one; but no link, and no pipe that would be waited for.
    content = read_own(os.path.join(folder, path), _MOST_TOKEN_BYTES, is_anyones=True)
    is_utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    return content.decode("utf-16" if is_utf16 else "utf-8-sig", "replace").strip()


def _token(shape: Shape, section: Section, around: Surroundings) -> str:
    token, path = around.variable(*shape.token_variables), section.text("token_file")
    where = Phrase("the variable {name}", name=shape.token_variables[0])
    if not token and path:
        where = Phrase("the token in {path}", path=path)
        try:
            token = read_token(path, around.folder)
        except (OSError, ValueError) as error:
            why = (error.strerror or error) if isinstance(error, OSError) else Phrase("no file can be called so")
            right = Phrase("a file with the token alone that can be read ({why})", why=why)
            raise section.wrong("token_file", right, path) from error
        if not token:
            raise section.wrong("token_file", "a file with the token alone (this one is empty)", path)
    if token and not shape.is_token(token):
        right = Phrase(shape.right[0])
        told = "[{section}] {where} is wrong: {right} would be right"
        raise ConfigError(told, section=section.name, where=where, right=right, key="token_file")
    return token


def _telegram_token(token: str) -> bool:
    bot, _, key = token.partition(":")
    return bot.isdecimal() and key.replace("-", "").replace("_", "").isalnum() and token.isascii()


def _vk_token(token: str) -> bool:
    is_word = token.isascii() and token.replace(".", "").replace("-", "").replace("_", "").isalnum()
    return is_word and len(token) >= _LEAST_VK_TOKEN


def _listed(value: str) -> Sequence[str]:
    return tuple(dict.fromkeys(each.strip() for each in value.split(",") if each.strip()))


def _chats(shape: Shape, section: Section, key: str, variable: str = "") -> tuple[str, ...]:
    chats = tuple(_listed(section.text(key) or variable))
    for chat in chats:
        if not shape.is_chat(chat):
            raise section.wrong(key, shape.right[1], chat)
    return chats


def _telegram_chat(chat: str) -> bool:
    name, _, topic = chat.partition(":")
    is_name = name[:1] == "@" and name[1:].replace("_", "").isalnum()
    return (_is_number(name) or is_name) and (":" not in chat or (topic.isascii() and topic.isdecimal()))


def _is_number(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdecimal()


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


SHAPES: Mapping[str, Shape] = {
    shape.name: shape
    for shape in (
        Shape(
            "telegram",
            {"chat_id": "", "admin_chat": "", "token_file": "", "api_url": "", "proxy": ""},
            chat_key="chat_id",
            admin_key="admin_chat",
            chat_variable="TELEGRAM_CHAT_ID",
            # The second name is the one that these users' earlier scheduler read.
            token_variables=("TELEGRAM_BOT_TOKEN", "TELEGRAM_TOKEN"),
            is_token=_telegram_token,
            is_chat=_telegram_chat,
            right=(
                "123456789:AA... as BotFather gives it",
                "-1001234567890, with a topic -1001234567890:17, or several with commas",
            ),
            none=(Phrase("no bot's token"), Phrase("no chat")),
            api_url="https://api.telegram.org",
            api_variable="TELEGRAM_API_URL",
        ),
        Shape(
            "vk",
            {"peer_id": "", "admin_peer_id": "", "token_file": "", "api_url": ""},
            chat_key="peer_id",
            admin_key="admin_peer_id",
            chat_variable="VK_PEER_ID",
            token_variables=("VK_TOKEN",),
            is_token=_vk_token,
            is_chat=_is_number,
            right=(
                "vk1.a.... as VK gives it",
                "2000000001 (a conversation), 123456 (a person), or several with commas",
            ),
            none=(Phrase("no community's token"), Phrase("no peer")),
            api_url="https://api.vk.com",
        ),
    )
}
"""The channels, by the name of their section."""
