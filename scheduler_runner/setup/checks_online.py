"""Checks that ask a server: only with ``--online``."""

import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from scheduler_runner.setup.finding import Finding, Patient

_URL = "https://api.telegram.org/"
_SECONDS = 10.0
_MOST_OFF_SECONDS = 120


def check_clock_online(patient: Patient, url: str = _URL) -> Iterator[Finding]:
    """Does the clock agree with the one of the server that notices go through, and does that server answer?"""
    set_clock = "set the clock: w32tm /resync, or the settings of date and time"
    try:
        request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - https, or a test's own server
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            date = answer.headers.get("Date", "")
    except urllib.error.HTTPError as error:
        with error:
            date = error.headers.get("Date", "")
    except (OSError, ValueError) as error:
        is_certificate = isinstance(getattr(error, "reason", error), ssl.SSLCertVerificationError)
        cure = f"{set_clock}, or allow this address" if is_certificate else "check the network, or name a proxy"
        yield Finding(f"{url} does not answer ({error}): notices cannot be sent", cure)
        return
    try:
        seconds = parsedate_to_datetime(date).timestamp() - time.time()
    except ValueError:
        return  # no date: a proxy answered
    if abs(seconds) > _MOST_OFF_SECONDS:
        told = "slow" if seconds > 0 else "fast"
        yield Finding(f"the clock is {abs(seconds) / 60:.0f} minutes {told} by {url}", set_clock)
