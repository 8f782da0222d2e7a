"""The INI's sections [telegram] and [healthchecks], checked; pure but for the file that holds the token."""

import os
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import NamedTuple

from config.base_config import Point, config_path
from config.ini import Section, read_ini
from config.values import address, clock, hours, or_off, whole
from scheduler_runner.errors import ConfigError
from scheduler_runner.logbook.masking import address_secrets
from scheduler_runner.plans.clock import day_of, lies_in, minute_of
from scheduler_runner.system.own_files import read_own

API_URL = "https://api.telegram.org"
_TOKEN = "TELEGRAM_BOT_TOKEN"  # noqa: S105 - a variable's name
_CHAT = "TELEGRAM_CHAT_ID"
_SUFFIXES = {"production": ("_PROD", ""), "test": ("_TEST", ""), "": ("", "_PROD", "_TEST")}
TELEGRAM_KEYS = {
    "chat_id": "", "token_file": "", "api_url": "", "proxy": "", "notify_user": "operator", "remind_hours": 4,
    "digest_time": "09:30", "quiet_hours": "off", "send_seconds": 10, "keep_days": 7,
}  # fmt: skip
HEALTHCHECKS_KEYS = {"ping_url": "", "ping_minutes": 15}
_HTTP = ("http://", "https://")
_PROXIES = (*_HTTP, "socks5://", "socks5h://")
_PROXY_VARIABLES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
_ADDRESS_KEYS = ("chat_id", "token_file", "api_url", "proxy")
_MOST_TOKEN_BYTES = 4096
_NOTHING: Mapping[str, str] = {}


class NoticeSettings(NamedTuple):
    """Whom to tell, how, and how often. Minutes are those of the day; ``None``: never."""

    token: str = ""
    chats: tuple[str, ...] = ()
    api_url: str = API_URL
    proxy: str = ""
    notify_user: str = "operator"
    """Whose runner sends what concerns the whole point: the digest, the pings, a broken file."""
    remind_seconds: int = 4 * 3600
    digest_minute: int | None = 9 * 60 + 30
    quiet: tuple[int, int] | None = None
    send_seconds: int = 10
    keep_seconds: int = 7 * 86400
    ping_url: str = ""
    ping_seconds: int = 15 * 60

    @property
    def is_on(self) -> bool:
        """Whether anybody is told."""
        return bool(self.token and self.chats)

    @property
    def missing(self) -> str:
        """What is missing for somebody to be told, in one sentence; ``""`` for nothing."""
        lacks = []
        if not self.token:
            lacks.append(f"no bot's token (variable {_TOKEN}, or token_file in [telegram])")
        if not self.chats:
            lacks.append(f"no chat (chat_id in [telegram], or variable {_CHAT})")
        return " and ".join(lacks)

    def is_quiet(self, now: int, zone: tzinfo) -> bool:
        """Return whether what can wait has to."""
        return self.quiet is not None and lies_in(minute_of(now, zone), self.quiet)

    def is_digest_due(self, user: str, now: int, zone: tzinfo, last: int) -> bool:
        """Return whether this user's runner has to send today's digest; ``last`` is when it sent one."""
        if not self.is_on or user != self.notify_user or self.digest_minute is None:
            return False
        return minute_of(now, zone) >= self.digest_minute and day_of(now, zone) != day_of(last, zone)

    def is_ping_due(self, user: str, now: int, last: int) -> bool:
        """Return whether this user's runner has to ping; ``last`` is when it did, and may lie ahead of the clock."""
        return bool(self.ping_url) and user == self.notify_user and not 0 <= now - last < self.ping_seconds


def parse_notice_settings(
    telegram: Mapping[str, str], healthchecks: Mapping[str, str], env_mode: str, environ: Mapping[str, str], folder: str
) -> NoticeSettings:
    """Return the settings; ``folder`` is the INI's, for a relative ``token_file``; ``env_mode`` may be unknown, ``""``.

    Raises ``ConfigError``: section, key, value unless it may hold a secret, what would be right.
    """
    section = Section("telegram", telegram, TELEGRAM_KEYS)
    pings = Section("healthchecks", healthchecks, HEALTHCHECKS_KEYS)
    section.reject_unknown()
    pings.reject_unknown()
    return NoticeSettings(
        token=_token(section, env_mode, environ, folder),
        chats=_chats(section, section.text("chat_id") or _variable(_CHAT, env_mode, environ)),
        api_url=section.read("api_url", address(*_HTTP)) or environ.get("TELEGRAM_API_URL", "").strip() or API_URL,
        proxy=section.read("proxy", address(*_PROXIES)),
        notify_user=section.text("notify_user").lower(),
        remind_seconds=section.read("remind_hours", whole(1, 168)) * 3600,
        digest_minute=section.read("digest_time", or_off(clock)),
        quiet=section.read("quiet_hours", or_off(hours)),
        send_seconds=section.read("send_seconds", whole(1, 60)),
        keep_seconds=section.read("keep_days", whole(1, 365)) * 86400,
        ping_url=pings.read("ping_url", address(*_HTTP)),
        ping_seconds=pings.read("ping_minutes", whole(1, 1440)) * 60,
    )


def read_token(path: str, folder: str) -> str:
    """Return the token in a file, relative to ``folder``. Raises ``OSError``."""
    # Any account's, as several may share one; but no link, and no pipe that would be waited for.
    content = read_own(os.path.join(folder, path), _MOST_TOKEN_BYTES, is_anyones=True)
    is_utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))  # as PowerShell's > writes it
    return content.decode("utf-16" if is_utf16 else "utf-8-sig", "replace").strip()


def _token(section: Section, env_mode: str, environ: Mapping[str, str], folder: str) -> str:
    token, path = _variable(_TOKEN, env_mode, environ), section.text("token_file")
    if token or not path:
        return _checked_token(token, f"the variable {_TOKEN}") if token else ""
    try:
        token = read_token(path, folder)
    except (OSError, ValueError) as error:
        right = f"a file with the bot's token that can be read ({getattr(error, 'strerror', error)})"
        raise section.wrong("token_file", right, path) from error
    return _checked_token(token, f"the token in {path}")


def _checked_token(token: str, where: str) -> str:
    bot, _, key = token.partition(":")
    if not (bot.isdecimal() and key.replace("-", "").replace("_", "").isalnum() and token.isascii()):
        raise ConfigError(f"[telegram] {where} is wrong: 123456789:AA... as BotFather gives it would be right")
    return token


def _variable(name: str, env_mode: str, environ: Mapping[str, str]) -> str:
    found = (environ.get(name + suffix, "").strip() for suffix in _SUFFIXES[env_mode])
    return next((value for value in found if value), "")


def _chats(section: Section, value: str) -> tuple[str, ...]:
    chats = tuple(dict.fromkeys(chat.strip() for chat in value.split(",") if chat.strip()))
    for chat in chats:
        number = chat[1:] if chat[0] == "-" else chat
        is_name = chat[0] == "@" and chat[1:].replace("_", "").isalnum()
        if not is_name and not (number.isascii() and number.isdecimal()):
            raise section.wrong("chat_id", "-1001234567890, or several with commas", chat)
    return chats


def notice_settings(point: Point) -> NoticeSettings:
    """Return the settings. Raises ``ConfigError``: section, key, what would be right."""
    folder = os.path.dirname(point.path)
    return parse_notice_settings(point.telegram, point.healthchecks, point.env_mode, os.environ, folder)


def usable_settings(point: Point) -> tuple[NoticeSettings, str]:
    """Return the settings, else as much of them as is sound and serves to tell; and what is wrong, or ``""``."""
    try:
        return notice_settings(point), ""
    except ConfigError as error:
        return _salvaged(point), str(error)


def bare_point() -> Point:
    """Return a point of unknown name and mode, with the two sections where the INI can be read at all."""
    path = config_path()
    try:
        ini = read_ini(path)
    except ConfigError:
        return Point("", "", path=path)
    return Point("", "", path=path, telegram=ini.own("telegram"), healthchecks=ini.own("healthchecks"))


def secrets_of(point: Point) -> tuple[str, ...]:
    """Return what must never be written, sound or not: the token, the proxy's account, the ping's address."""
    proxies = (point.telegram.get("proxy", ""), *(os.environ.get(name, "") for name in _PROXY_VARIABLES))
    found = [_token_in_file(point)] if point.telegram.get("token_file") else []
    for proxy in proxies:
        account = proxy.rpartition("@")[0].partition("://")[2]
        found += [account, *address_secrets(proxy)]
    address = point.healthchecks.get("ping_url", "")
    found += [address, address.partition("//")[2].partition("/")[2]]
    return tuple(filter(None, found))


def _token_in_file(point: Point) -> str:
    try:
        return read_token(point.telegram["token_file"], os.path.dirname(point.path))
    except (OSError, ValueError):  # no file's name at all, with a zero in it
        return ""


def _salvaged(point: Point) -> NoticeSettings:
    addresses = {key: value for key, value in point.telegram.items() if key in _ADDRESS_KEYS}
    for telegram, healthchecks in _fewer_and_fewer(addresses, point.healthchecks):
        try:
            return notice_settings(point._replace(telegram=telegram, healthchecks=healthchecks))
        except ConfigError:
            continue
    return NoticeSettings()


def _fewer_and_fewer(
    addresses: Mapping[str, str], healthchecks: Mapping[str, str]
) -> Iterator[tuple[Mapping[str, str], Mapping[str, str]]]:
    yield addresses, healthchecks
    yield addresses, _NOTHING
    yield _NOTHING, healthchecks
    yield _NOTHING, _NOTHING
