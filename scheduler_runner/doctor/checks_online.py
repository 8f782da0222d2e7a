"""Checks that ask a server: only with ``--online``."""

import time
from collections.abc import Iterator

from scheduler_runner.doctor.patient import Finding, Patient
from scheduler_runner.errors import ConfigError
from scheduler_runner.logbook.masking import Masker
from scheduler_runner.notices.settings import notice_settings, secrets_of
from scheduler_runner.phrases import Phrase
from scheduler_runner.setup.cures import SET_CLOCK

_URL = "https://api.telegram.org/"
_GUIDE = Phrase("see docs/notices.md")
_SECONDS = 10.0
_MOST_OFF_SECONDS = 120


def check_telegram(patient: Patient) -> Iterator[Finding]:
    """Is the bot's token valid, and may the bot write to every chat?"""
    if patient.point is None:
        return
    try:
        settings = notice_settings(patient.point)
    except ConfigError as error:
        # A drift by check_configuration already: here it only keeps "all is well" from being said.
        yield Finding(error, Phrase("mend it in {path}", path=patient.point.path), is_drift=False)
        return
    if not settings.is_on:
        return  # told by check_choices
    from scheduler_runner.utils.notifications import knock_now

    masker = Masker([*settings.tokens, *secrets_of(patient.point)])
    for chat, answer in knock_now(settings).items():
        if answer.moved_to:
            yield Finding(
                Phrase("chat {chat} has moved", chat=chat),
                Phrase("chat_id = {moved_to} in {path}", moved_to=answer.moved_to, path=patient.point.path),
            )
        elif not answer.is_sent:
            yield Finding(
                Phrase("chat {chat} is not reached: {reason}", chat=chat, reason=answer.reason.mapped(masker.text)),
                _GUIDE,
            )


def check_clock_online(patient: Patient, url: str = _URL) -> Iterator[Finding]:
    """Does the clock agree with the one of the server that notices go through, and does that server answer?"""
    # Here, and not above: status imports all checks, and asks no server.
    import ssl
    from email.utils import parsedate_to_datetime
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    try:
        request = Request(url, method="HEAD")  # noqa: S310 - https, or a test's own server
        with urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            date = answer.headers.get("Date", "")
    except HTTPError as error:
        with error:
            date = error.headers.get("Date", "")
    except (OSError, ValueError) as error:
        is_certificate = isinstance(getattr(error, "reason", error), ssl.SSLCertVerificationError)
        cure = Phrase("check the network, or name a proxy")
        if is_certificate:
            cure = Phrase("{cure}, or allow this address", cure=SET_CLOCK)
        yield Finding(Phrase("{url} does not answer ({error}): notices cannot be sent", url=url, error=error), cure)
        return
    try:
        seconds = parsedate_to_datetime(date).timestamp() - time.time()
    except ValueError:
        return  # no date: a proxy answered
    if abs(seconds) > _MOST_OFF_SECONDS:
        template = "the clock is {minutes:.0f} minutes fast by {url}"
        if seconds > 0:
            template = "the clock is {minutes:.0f} minutes slow by {url}"
        yield Finding(Phrase(template, minutes=abs(seconds) / 60, url=url), SET_CLOCK)
