"""Send one message now, and say what is missing if that cannot be done."""

import argparse
import os

from config.base_config import Point, point
from config.secrets_file import take_known_secrets
from scheduler_runner.errors import ConfigError, ExitCode
from scheduler_runner.logbook.masking import Masker
from scheduler_runner.notices.channel import Delivery
from scheduler_runner.notices.gate import remarks_on
from scheduler_runner.notices.news import Kind, Notice
from scheduler_runner.notices.settings import NoticeSettings, notice_settings, secrets_of
from scheduler_runner.notices.texts import messages, point_name
from scheduler_runner.plans.clock import PC_ZONE, zone_named
from scheduler_runner.schedule_config import load_schedule
from scheduler_runner.screens.chosen import screen
from scheduler_runner.screens.screen import Screen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the one thing that this command does so far."""
    parser.add_argument("--test", action="store_true", required=True, help="send a message to every chat, and ping")


def run(arguments: argparse.Namespace) -> int:
    """Send, tell what became of it, and return 0 where everybody was reached, 1 where not, 3 where none is set up."""
    here = point()
    settings = _settings(here)
    unread = take_known_secrets(os.environ, settings.notify_user) if here.secrets_file else []
    settings = _settings(here)
    if unread and settings.is_meant and not settings.is_on:
        raise unread[0]
    if not settings.is_on:
        if not settings.is_meant:
            raise ConfigError("{path}: nobody is meant to be told: channels = off in [notices]", path=here.path)
        raise ConfigError(
            "{path}: nobody can be told: there is {missing}; see docs/notices.md",
            path=here.path,
            missing=settings.missing,
        )
    masker = Masker([*settings.tokens, *secrets_of(here)])
    name = point_name(here.pvz_id, here.env_mode)
    failed = [*_send(settings, name, here.timezone, masker), *_ping(settings, name, masker)]
    for remark in remarks_on(here, settings, load_schedule()):  # that a message arrives says nothing of the next one
        screen().say("{path}: {error}", path=here.path, error=remark, look="odd")
    return int(ExitCode.TASK_FAILED if failed else ExitCode.OK)


def _settings(here: Point) -> NoticeSettings:
    try:
        return notice_settings(here)
    except ConfigError as error:
        raise ConfigError("{path}: {error}", path=here.path, error=error) from error


def _send(settings: NoticeSettings, name: str, timezone: str, masker: Masker) -> list[str]:
    """Send the test message; return the chats that it did not reach."""
    from scheduler_runner.utils.notifications import send_now

    parts = messages(name, [Notice(Kind.TEST, 0.0)], zone_named(timezone))
    answers = send_now(settings, parts)
    shown = screen()
    for chat, answer in answers.items():
        say_delivery(shown, chat, answer, masker)
        if answer.moved_to:
            shown.say("chat {chat} has moved: chat_id = {moved_to} would be right", chat=chat, moved_to=answer.moved_to)
    return [chat for chat, answer in answers.items() if not answer.is_sent]


def say_delivery(shown: Screen, chat: str, answer: Delivery, masker: Masker) -> None:
    """Say whether a message has reached a chat, and why not."""
    if answer.is_sent:
        shown.say("chat {chat}: sent", chat=chat, look="good")
    else:
        shown.say("chat {chat}: not sent: {reason}", chat=chat, reason=answer.reason.mapped(masker.text), look="bad")


def _ping(settings: NoticeSettings, name: str, masker: Masker) -> list[str]:
    """Ping where that is set up, without changing what the watcher thinks; return why it did not arrive."""
    from scheduler_runner.notices.digest_text import ping_text
    from scheduler_runner.notices.pings import LOG, ping

    if not settings.ping_url:
        screen().say("ping: none is set up (ping_url in [healthchecks]): nobody hears when this PC is dead", look="odd")
        return []
    body = ping_text(name, {}, PC_ZONE)
    trouble = ping(settings.ping_url, LOG, body=body, timeout_seconds=float(settings.send_seconds))
    if trouble:
        screen().say("ping: not sent: {reason}", reason=masker.text(trouble), look="bad")
    else:
        screen().say("ping: sent", look="good")
    return [trouble] if trouble else []
