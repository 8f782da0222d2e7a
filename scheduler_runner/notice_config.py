"""Whom this point tells, from its INI and the environment; what can be had of it where the INI is wrong."""

import os
from collections.abc import Iterator, Mapping

from config.base_config import Point, config_path, read_ini, section_of
from scheduler_runner.errors import ConfigError
from scheduler_runner.utils.notice_settings import NoticeSettings, parse_notice_settings, read_token

_PROXY_VARIABLES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
_ADDRESS_KEYS = ("chat_id", "token_file", "api_url", "proxy")
_NOTHING: Mapping[str, str] = {}


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
        parser = read_ini(path)
    except ConfigError:
        return Point("", "", path=path)
    telegram, healthchecks = section_of(parser, "telegram"), section_of(parser, "healthchecks")
    return Point("", "", path=path, telegram=telegram, healthchecks=healthchecks)


def secrets_of(point: Point) -> tuple[str, ...]:
    """Return what must never be written, sound or not: the token, the proxy's account, the ping's address."""
    proxies = (point.telegram.get("proxy", ""), *(os.environ.get(name, "") for name in _PROXY_VARIABLES))
    found = [_token_in_file(point)] if point.telegram.get("token_file") else []
    for account in (proxy.rpartition("@")[0].rpartition("//")[2] for proxy in proxies if "@" in proxy):
        found += [account, account.partition(":")[2]]
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
