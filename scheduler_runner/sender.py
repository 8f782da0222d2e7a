"""Tell people what waits in the outbox, and ping: a short process of its own, which the tick starts and never needs.

So a network that hangs, or a library that breaks, can neither delay nor end anything else. ``--direct`` tells the
notices on standard input past the outbox, where there is no ledger or no sound INI.
"""

import argparse
import faulthandler
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import tzinfo

from config.base_config import PATH_CONFIG, Point, point
from scheduler_runner.errors import ConfigError, LedgerUnavailable
from scheduler_runner.logbook.masking import Masker, secret_values
from scheduler_runner.notices.book import LevelBook
from scheduler_runner.notices.digest import PointState
from scheduler_runner.notices.digest_text import ping_text
from scheduler_runner.notices.direct_mark import direct_lock
from scheduler_runner.notices.news import Kind, Notice
from scheduler_runner.notices.outbox import Outbox, add_notice
from scheduler_runner.notices.settings import NoticeSettings, bare_point, secrets_of, usable_settings
from scheduler_runner.notices.texts import messages, point_name
from scheduler_runner.plans.clock import PC_ZONE, zone_named
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.records.ledger_file import Connection
from scheduler_runner.records.levels import read_levels
from scheduler_runner.russian_errors import in_russian
from scheduler_runner.schedule_config import load_schedule
from scheduler_runner.system.error_boxes import suppress_error_boxes
from scheduler_runner.system.folders import ensure_plain_folder
from scheduler_runner.system.layout import Layout
from scheduler_runner.system.locks import FileLock, read_mark, try_lock
from scheduler_runner.system.streams import ensure_streams
from scheduler_runner.utils.logging import close_logger, configure_logger

TYPE_CHECKING = False
if TYPE_CHECKING:
    from scheduler_runner.notices.delivery import Reached

HARD_LIMIT_SECONDS = 300
"""Whatever hangs in the system's own code is ended by then; what can be timed has ended long before."""
_DAY_SECONDS = 86400
_UNREACHED_SECONDS = 3600.0
"""Somebody who cannot be told for so long is a matter for whoever can."""
_WEEK_SECONDS = 7 * _DAY_SECONDS


def main(argv: Sequence[str] | None = None, hard_limit_seconds: float = HARD_LIMIT_SECONDS) -> int:
    """Send what is due; return 0 also where nobody could be reached: the log and the outbox know."""
    ensure_streams()
    suppress_error_boxes()
    faulthandler.dump_traceback_later(hard_limit_seconds, exit=True, file=open(os.devnull, "w"))  # noqa: SIM115
    parser = argparse.ArgumentParser(prog="python -m scheduler_runner.sender")
    parser.add_argument("--user", required=True, help="whose outbox")
    parser.add_argument("--direct", action="store_true", help="tell the notices on standard input, as JSON")
    arguments = parser.parse_args(argv)
    here = _here()
    if here is not None and here.secrets_file:
        from config.secrets_file import take_secrets

        with suppress(ConfigError):  # the tick tells it
            take_secrets(arguments.user, os.environ, here)
    masker = Masker([*secret_values(os.environ), *secrets_of(here or bare_point())])
    zone = zone_named(here.timezone) if here else None
    logger = configure_logger(arguments.user, logs_dir=PATH_CONFIG["LOGS_ROOT"], masker=masker, zone=zone)
    try:
        if arguments.direct:
            _send_directly(arguments.user.lower(), here, masker, logger)
        elif here is not None:
            _send(arguments.user.lower(), here, masker, logger)
    except LedgerUnavailable as error:
        logger.warning("notices have to wait: %s", error)
    except Exception:
        logger.exception("notices cannot be sent")
    finally:
        close_logger(logger)
        faulthandler.cancel_dump_traceback_later()
    return 0


def _send(user: str, here: Point, masker: Masker, logger: logging.Logger) -> None:
    """Send under the sender's lock: another process that holds it does the same."""
    own = Layout(PATH_CONFIG["LOGS_ROOT"]).user(user)
    try:
        ensure_plain_folder(own.locks, below=own.top)
        lock = try_lock(own.sender_lock)
    except OSError as error:  # no rights, a full disk: nor could be noted what was told
        logger.warning("notices have to wait: cannot lock %s: %s", own.sender_lock, error)
        return
    if lock is None:
        return
    settings, _ = usable_settings(here)
    with lock:
        Sending(user, here, settings, masker, logger, lock).send()


class Sending:
    """What one sender does for one user, under its lock, whose mark tells when the last ping arrived."""

    def __init__(
        self,
        user: str,
        here: Point,
        settings: NoticeSettings,
        masker: Masker,
        logger: logging.Logger,
        lock: FileLock,
    ) -> None:
        self._user = user
        self._settings = settings
        self._masker = masker
        self._logger = logger
        self._lock = lock
        self._zone: tzinfo = zone_named(here.timezone)
        self._name = point_name(here.pvz_id, here.env_mode)
        self._ledger = Ledger(Layout(PATH_CONFIG["LOGS_ROOT"]).user(user).ledger)

    def send(self) -> None:
        """Ping beside the rest, note the digest, bring every notice that waits."""
        ping = None
        try:
            try:
                ping = self._look_at_point(time.time())
            except LedgerUnavailable:
                raise
            except Exception:
                # Digest and ping are two things among many: what waits is told all the same.
                self._logger.exception("the point's state cannot be put together")
            if self._settings.is_on:
                self._deliver()
        finally:
            self._tell_incidents()
            self._ledger.close()
            if ping is not None:
                ping.join(self._settings.send_seconds)

    def _tell_incidents(self) -> None:
        """Tell that the ledger was found damaged here: in the new one, for the next sender."""
        for incident in self._ledger.incidents:
            self._logger.error("%s", incident)
            self._observe("ledger_damaged", "", True, {"reason": incident, "expires_at": time.time() + _DAY_SECONDS})

    def _observe(self, kind: str, name: str, is_wrong: bool, facts: Mapping[str, object]) -> None:
        """Note how something is that is no task."""
        self._note(lambda book, connection: book.observe(connection, kind, name, is_wrong, time.time(), facts))

    def _note(self, work: "Callable[[LevelBook, Connection], None]") -> None:
        """Note something in the book. Here it knows no tasks: they are the tick's."""
        book = LevelBook([], self._zone, self._settings.remind_seconds, is_on=self._settings.is_on)
        self._ledger.file.write(lambda connection: work(book, connection), is_durable=True)

    def _look_at_point(self, now: float) -> threading.Thread | None:
        """Note the digest and begin to ping, where they are due."""
        last, moment = float(self._ledger.remembered("digest_at").get("digest_at") or 0), int(now)
        is_digest_due = self._settings.is_digest_due(self._user, moment, self._zone, int(last))
        is_ping_due = self._settings.is_ping_due(self._user, moment, read_mark(self._lock.path))
        if not is_digest_due and not is_ping_due:
            return None
        state = PointState(PATH_CONFIG["LOGS_ROOT"], load_schedule().tasks, now)
        if is_digest_due:
            self._note_digest(state, now, last)
        return self._start_ping(state, moment) if is_ping_due else None

    def _note_digest(self, state: PointState, now: float, last: float) -> None:
        since = last if now - _WEEK_SECONDS <= last < now else now - _DAY_SECONDS
        try:
            facts = state.digest(since, now, self._zone).facts
            if not self._settings.has_day_line:
                facts["day"] = None
            digest = Notice(Kind.DIGEST, now, facts=facts)
        except Exception as error:
            self._logger.exception("the digest cannot be put together")
            digest = Notice(Kind.DEFECT, now, facts={"reason": f"{type(error).__name__}: {error}"})
        self._ledger.remember_once("digest_at", str(now), lambda connection: add_notice(connection, digest))

    def _start_ping(self, state: PointState, now: int) -> threading.Thread:
        body = ping_text(self._name, state.facts, self._zone)
        # A daemon: asking for a name's address knows no time limit.
        thread = threading.Thread(target=self._ping, args=(body, state.is_well, now), daemon=True)
        thread.start()
        return thread

    def _ping(self, body: str, is_well: bool, now: int) -> None:
        from scheduler_runner.notices.pings import FAIL, WELL, ping

        seconds = float(self._settings.send_seconds)
        trouble = ping(self._settings.ping_url, WELL if is_well else FAIL, body=body, timeout_seconds=seconds)
        if trouble:
            self._logger.warning("ping not sent reason=%s", trouble)
        else:
            self._lock.mark(now)
            self._logger.info("ping sent well=%s", is_well)

    def _deliver(self) -> None:
        from scheduler_runner.notices.delivery import Courier

        outbox = Outbox(self._ledger.file)
        courier = Courier(
            outbox, self._settings, point=self._name, zone=self._zone, logger=self._logger, judge=self._judged
        )
        given_up = courier.deliver()
        if given_up:
            self._note(lambda book, connection: book.untell(connection, given_up))
        self._note_who_is_reached(courier.reached)

    def _judged(self, notice: Notice) -> Notice:
        """Return a digest with what is wrong now, in the place of what was when it was noted."""
        if notice.kind is not Kind.DIGEST:
            return notice
        now = time.time()
        try:
            state = PointState(PATH_CONFIG["LOGS_ROOT"], load_schedule().tasks, now)
        except Exception:  # what was noted says more than nothing
            self._logger.exception("the point's state cannot be put together")
            return notice
        return notice._replace(facts={**notice.facts, **state.facts, "judged_at": now})

    def _note_who_is_reached(self, reached: "Sequence[Reached]") -> None:
        """Note as a level whom notices do not reach: the ping tells it, and whoever can be told."""
        now = time.time()
        for key, since, reason in reached:
            if since is None or now - since >= _UNREACHED_SECONDS:
                facts = {"reason": self._masker.text(in_russian(reason)), "failing_since": since}
                self._observe("undelivered", key, since is not None, facts)
        known = {recipient.key for recipient in self._settings.recipients}
        for row in self._ledger.file.read(lambda connection: read_levels(connection, "undelivered")):
            if row.name not in known:
                self._observe("undelivered", row.name, False, {})


def _send_directly(user: str, here: Point | None, masker: Masker, logger: logging.Logger) -> None:
    """Tell at most one message every few hours."""
    told = masker.values(json.loads(sys.stdin.buffer.read().decode()))
    notices = [Notice(Kind(kind), at, facts=facts) for kind, at, facts in told]  # type: ignore[attr-defined]
    settings, _ = usable_settings(here or bare_point())
    lock = direct_lock(Layout(PATH_CONFIG["LOGS_ROOT"]).user(user), time.time())
    if lock is None or not settings.is_on:
        return
    from scheduler_runner.utils.notifications import send_now

    with lock:
        zone = zone_named(here.timezone) if here else PC_ZONE
        for chat, answer in send_now(settings, messages(_name(here), notices, zone)).items():
            if answer.is_sent:
                lock.mark(int(time.time()))
                logger.info("notice sent directly chat=%s", chat)
            else:
                logger.warning("notice not sent directly chat=%s reason=%s", chat, answer.reason)


def _here() -> Point | None:
    try:
        return point()
    except ConfigError:
        return None


def _name(here: Point | None) -> str:
    if here is not None:
        return point_name(here.pvz_id, here.env_mode)
    import platform

    return os.environ.get("PVZ_ID") or f"ПК {platform.node() or '?'}"


if __name__ == "__main__":
    sys.exit(main())
