"""The INI's sections on notices, checked: [notices], one for each channel, [healthchecks].

Pure but for the files that hold tokens.
"""

import os
from collections.abc import Collection, Iterator, Mapping
from datetime import tzinfo
from typing import NamedTuple

from config.base_config import Point, config_path
from config.ini import Section, read_ini
from config.values import WrongValue, address, clock, hours, or_off, switch, whole
from scheduler_runner.errors import ConfigError
from scheduler_runner.logbook.masking import address_secrets
from scheduler_runner.notices.channel_settings import (
    SHAPES,
    ChannelSettings,
    Recipient,
    Surroundings,
    all_missing,
    read_token,
    recipients_of,
)
from scheduler_runner.phrases import Phrase
from scheduler_runner.plans.clock import day_of, lies_in, minute_of

Sections = Mapping[str, Mapping[str, str]]
"""The sections as they stand, by name."""

GENERAL_KEYS = {
    "notify_user": "operator", "remind_hours": 4, "digest_time": "09:30", "quiet_hours": "22:00-08:00",
    "send_seconds": 10, "keep_days": 7,
}  # fmt: skip
"""They stand in [notices], and as ever in [telegram]."""
NOTICES_KEYS = {"channels": "", "day_line": "on", **GENERAL_KEYS}
TELEGRAM_KEYS = {**SHAPES["telegram"].keys, **GENERAL_KEYS}
HEALTHCHECKS_KEYS = {"ping_url": "", "ping_minutes": 15}
_OFF = "off"


class NoticeSettings(NamedTuple):
    """Whom to tell, how, and how often. Minutes are those of the day; ``None``: never."""

    groups: tuple[tuple[ChannelSettings, ...], ...] = ()
    """Each of them is told; within one, a channel only where those before it cannot be reached."""
    is_meant: bool = True
    """``False``: nobody is meant to be told."""
    notify_user: str = "operator"
    """Whose runner sends what concerns the whole point: the digest, the pings, a broken file."""
    remind_seconds: int = 4 * 3600
    digest_minute: int | None = 9 * 60 + 30
    has_day_line: bool = True
    quiet: tuple[int, int] | None = (22 * 60, 8 * 60)
    send_seconds: int = 10
    keep_seconds: int = 7 * 86400
    ping_url: str = ""
    ping_seconds: int = 15 * 60

    @property
    def is_on(self) -> bool:
        """Whether anybody is told."""
        return any(recipients for group in recipients_of(self.groups) for recipients in group)

    @property
    def recipients(self) -> list[Recipient]:
        """Everybody who may be told."""
        return [each for group in recipients_of(self.groups) for recipients in group for each in recipients]

    @property
    def missing(self) -> Phrase | str:
        """What is missing for all to be told who are meant to be, in one sentence; ``""`` for nothing."""
        return all_missing(channel for group in self.groups for channel in group)

    @property
    def tokens(self) -> tuple[str, ...]:
        """The channels' tokens: secrets."""
        return tuple(channel.token for group in self.groups for channel in group if channel.token)

    def remark_on_user(self, users: Collection[str]) -> Phrase | None:
        """Return what is odd where none of the users that have tasks, in small letters, is ``notify_user``."""
        if self.notify_user in users:
            return None
        told = "notify_user = {user} has no tasks: nobody sends the digest, the pings and what concerns the whole point"
        return Phrase(told, user=self.notify_user)

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
    sections: Sections,
    env_mode: str,
    environ: Mapping[str, str],
    folder: str,
    left_out: Collection[str] = (),
) -> NoticeSettings:
    """Return the settings; ``folder`` is the INI's, for a relative ``token_file``; ``env_mode`` may be unknown, ``""``.

    ``left_out``: channels that are not to be looked at. Raises ``ConfigError``: section, key, value unless it may hold
    a secret, what would be right.
    """
    notices = Section("notices", sections.get("notices", {}), NOTICES_KEYS)
    pings = Section("healthchecks", sections.get("healthchecks", {}), HEALTHCHECKS_KEYS)
    notices.reject_unknown()
    pings.reject_unknown()
    around = Surroundings(env_mode, environ, folder)
    channels = {name: _channel(name, sections.get(name, {}), around) for name in SHAPES if name not in left_out}
    telegram = Section("telegram", sections.get("telegram", {}), TELEGRAM_KEYS)
    _reject_doubles(notices, telegram)

    def general(key: str) -> Section:
        return telegram if telegram.values.get(key) else notices

    is_meant = notices.text("channels").lower() != _OFF
    return NoticeSettings(
        groups=_groups(notices, channels, sections, environ) if is_meant else (),
        is_meant=is_meant,
        notify_user=general("notify_user").text("notify_user").lower(),
        remind_seconds=general("remind_hours").read("remind_hours", whole(1, 168)) * 3600,
        digest_minute=general("digest_time").read("digest_time", or_off(clock)),
        has_day_line=notices.read("day_line", switch),
        quiet=general("quiet_hours").read("quiet_hours", or_off(hours)),
        send_seconds=general("send_seconds").read("send_seconds", whole(1, 60)),
        keep_seconds=general("keep_days").read("keep_days", whole(1, 365)) * 86400,
        ping_url=pings.read("ping_url", address("http://", "https://")),
        ping_seconds=pings.read("ping_minutes", whole(1, 1440)) * 60,
    )


def _channel(name: str, values: Mapping[str, str], around: Surroundings) -> ChannelSettings:
    shape = SHAPES[name]
    section = Section(name, values, {**shape.keys, **(GENERAL_KEYS if name == "telegram" else {})})
    section.reject_unknown()
    return shape.read(section, around)


def _reject_doubles(notices: Section, telegram: Section) -> None:
    """Raise for a general key that stands in both sections: nobody could say which one is meant."""
    for key in GENERAL_KEYS:
        if notices.values.get(key) and telegram.values.get(key):
            told = "{field} stands in [notices] and in [telegram]: one of them would be right"
            raise ConfigError(told, field=key, key=key)


def _groups(
    notices: Section, channels: Mapping[str, ChannelSettings], sections: Sections, environ: Mapping[str, str]
) -> tuple[tuple[ChannelSettings, ...], ...]:
    """Return the channels in the order of their use: those that are named, else those of which something is set."""
    if notices.text("channels"):
        groups = notices.read("channels", _names)
        there = (tuple(channels[name] for name in group if name in channels) for group in groups)
        return tuple(group for group in there if group)
    begun = [
        name
        for name, channel in channels.items()
        if channel.token or channel.chats or any(sections.get(name, {}).get(key) for key in SHAPES[name].keys)
    ]
    return tuple((channels[name],) for name in begun or [*channels][:1])


def _names(text: str) -> list[list[str]]:
    """Return ``telegram, vk | other`` as groups of names."""
    groups = [[name.strip().lower() for name in group.split("|")] for group in text.split(",")]
    names = [name for group in groups for name in group]
    if not set(names) <= set(SHAPES) or len(names) != len(set(names)):
        raise WrongValue(
            "`{all}` (all are told), `{either}` (the next where the first cannot), or off,",
            all=", ".join(SHAPES),
            either=" | ".join(SHAPES),
        )
    return groups


def sections_of(point: Point) -> Sections:
    """Return what the INI says of notices."""
    return {
        "notices": point.notices, "telegram": point.telegram, "vk": point.vk, "healthchecks": point.healthchecks,
    }  # fmt: skip


def notice_settings(point: Point) -> NoticeSettings:
    """Return the settings. Raises ``ConfigError``: section, key, what would be right."""
    return parse_notice_settings(sections_of(point), point.env_mode, os.environ, os.path.dirname(point.path))


def usable_settings(point: Point) -> tuple[NoticeSettings, ConfigError | None]:
    """Return the settings, else as much of them as is sound and serves to tell; and what is wrong, if anything."""
    try:
        return notice_settings(point), None
    except ConfigError as error:
        return _salvaged(point), error


def bare_point() -> Point:
    """Return a point of unknown name and mode, with its sections on notices where the INI can be read at all."""
    path = config_path()
    try:
        ini = read_ini(path)
    except ConfigError:
        return Point("", "", path=path)
    return Point(
        "",
        "",
        path=path,
        notices=ini.own("notices"),
        telegram=ini.own("telegram"),
        vk=ini.own("vk"),
        healthchecks=ini.own("healthchecks"),
    )


def secrets_of(point: Point) -> tuple[str, ...]:
    """Return what must never be written, sound or not: tokens, the proxy's account, the ping's address."""
    found = [_token_in_file(point, name) for name in SHAPES]
    proxies = (point.telegram.get("proxy", ""), *(os.environ.get(name, "") for name in _proxy_variables()))
    for proxy in proxies:
        account = proxy.rpartition("@")[0].partition("://")[2]
        found += [account, *address_secrets(proxy)]
    address = point.healthchecks.get("ping_url", "")
    found += [address, address.partition("//")[2].partition("/")[2]]
    return tuple(filter(None, found))


def _proxy_variables() -> list[str]:
    return [name for name in os.environ if name.lower() in ("https_proxy", "http_proxy", "all_proxy")]


def _token_in_file(point: Point, channel: str) -> str:
    path = sections_of(point)[channel].get("token_file")
    if not path:
        return ""
    try:
        return read_token(path, os.path.dirname(point.path))
    except (OSError, ValueError):  # no file's name at all, with a zero in it
        return ""


def _salvaged(point: Point) -> NoticeSettings:
    """Return the settings of as many sections as are sound together, so that what is wrong can be told."""
    folder = os.path.dirname(point.path)
    for sections in _fewer_and_fewer(sections_of(point)):
        left_out = SHAPES.keys() - sections
        try:
            return parse_notice_settings(sections, point.env_mode, os.environ, folder, left_out)
        except ConfigError:
            continue
    return NoticeSettings()


def _fewer_and_fewer(sections: Sections) -> Iterator[Sections]:
    """Yield the sections with more and more of them left out, in part or whole; first what loses least."""
    from itertools import product

    choices: list[list[dict[str, Mapping[str, str]]]] = []
    for name, values in sections.items():
        own = {"channels", *(SHAPES[name].keys if name in SHAPES else ())}
        kept = {key: value for key, value in values.items() if key in own}
        choices.append([{name: values}, {name: kept}, {}])
    found = product(*(enumerate(choice) for choice in choices))
    for chosen in sorted(found, key=lambda each: sum(loss for loss, _ in each)):
        yield {name: values for _, section in chosen for name, values in section.items()}
