"""The tick's side of notices: what concerns no single run goes into the outbox, and the sender is started when due.

Nothing that fails here changes an outcome, an exit code or another task. Where nobody is told, nothing is imported.
"""

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from sqlite3 import DatabaseError, OperationalError
from typing import NamedTuple

from config.base_config import PATH_CONFIG, Point
from scheduler_runner.errors import LedgerUnavailable
from scheduler_runner.plans.clock import PC_ZONE
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.run_site import RunSite
from scheduler_runner.task import RunResult, Task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from scheduler_runner.notices.health import NoticeBook
    from scheduler_runner.notices.sender_process import SenderProcess
    from scheduler_runner.notices.settings import NoticeSettings
    from scheduler_runner.records.ledger_file import Connection
    from scheduler_runner.schedule_config import Problem

_NO_SETTINGS = "there are neither [telegram] nor TELEGRAM_BOT_TOKEN"


class TickEnd(NamedTuple):
    """What of a tick's end concerns people."""

    unrecorded: str = ""
    """Why the ledger could not be written; ``""``: it was."""
    failed: tuple[str, ...] = ()
    """The tasks whose runs failed in this tick."""
    is_first_of_day: bool = False


class Teller:
    """What one tick tells. ``settings`` are ``None`` where there are none.

    ``is_scheduled``: not by hand, where somebody is watching and nothing is sent.
    """

    def __init__(
        self,
        settings: "NoticeSettings | None",
        site: RunSite,
        ledger: Ledger,
        logger: logging.Logger,
        *,
        is_scheduled: bool,
    ) -> None:
        self._settings = settings
        self._site = site
        self._ledger = ledger
        self._logger = logger
        self._is_scheduled = is_scheduled
        self._guard = Guard(logger)
        self._sender: SenderProcess | None = None

    @property
    def is_on(self) -> bool:
        """Whether somebody is told."""
        return self._settings is not None and self._settings.is_on

    def remember(self, key: str, value: str, kind: str, facts: Mapping[str, object]) -> bool:
        """Store ``value`` under ``key``; where it was another one before, tell it and answer ``True``.

        Raises ``LedgerUnavailable``.
        """
        add: Callable[[Connection], None] | None = None
        with self._guard:
            add = self._adder(kind, facts) if self.is_on else None
        return self._ledger.remember_once(key, value, add)

    def _adder(self, kind: str, facts: Mapping[str, object]) -> "Callable[[Connection], None]":
        from scheduler_runner.logbook.masking import Masker
        from scheduler_runner.notices.news import Kind, Notice
        from scheduler_runner.notices.outbox import add_notice

        masked = dict(Masker(self._site.secrets).values(facts))  # type: ignore[call-overload]
        notice = Notice(Kind(kind), self._site.clock(), str(facts.get("task", "")), masked)
        return lambda connection: add_notice(connection, notice)

    def tick_begun(self) -> None:
        """Send what waits from earlier ticks: the sender is a process of its own and costs this one nothing."""
        with self._guard:
            if self._is_scheduled and self._is_outbox_due():
                self._start_sender()

    def run_ended(self, result: RunResult) -> None:
        """Send at once what this run's end made due; called by the run's own thread."""
        with self._guard:
            if not self._is_scheduled or not self.is_on:
                return
            if self._is_outbox_due():
                self._start_sender()
            elif not result.is_recorded and result.outcome.is_failure:
                self._tell_directly([result.task_id], result.reason)

    def tick_ended(self, tick: TickEnd, problems: "Sequence[Problem]") -> None:
        """Tell what concerns the whole tick, start the sender if need be, and wait for it as long as is allowed.

        ``problems`` are the configuration's. Where there are no settings, a look a day will do.
        """
        with self._guard:
            if not self._is_scheduled:
                return
            end_at = time.monotonic() + (self._settings.send_seconds if self._settings else 0)
            if tick.unrecorded:
                self._tell_directly(tick.failed, tick.unrecorded)
            elif self._settings is not None or tick.is_first_of_day:
                self._look_after(problems, end_at)
            if self._sender is not None:
                self._sender.wait(end_at)

    def _look_after(self, problems: "Sequence[Problem]", end_at: float) -> None:
        known = self._ledger.remembered("problems", "nobody_told", "digest_at")
        missing = _NO_SETTINGS if self._settings is None else self._settings.missing
        if missing != known.get("nobody_told", "") and self._ledger.remember_once("nobody_told", missing) and missing:
            self._logger.warning("nobody is told of failures: %s; see docs/notices.md", missing)
        if problems or known.get("problems", "[]") != "[]":
            self._note_problems(problems, known.get("problems", "[]"))
        if self._settings is None:
            return
        if self._sender is not None:
            self._sender.wait(end_at)
        if self._is_sender_needed(self._settings, int(float(known.get("digest_at") or 0))):
            self._start_sender()

    def _note_problems(self, problems: "Sequence[Problem]", known: str) -> None:
        """Tell each problem once; one of a whole file concerns every user, and one runner tells it."""
        import json

        from scheduler_runner.logbook.masking import Masker

        masker = Masker(self._site.secrets)
        texts = [str(problem) for problem in problems if problem.user is not None or self._tells_for_all()]
        ours = [masker.text(text).encode("utf-8", "replace").decode() for text in texts]
        text = json.dumps(ours, ensure_ascii=False)
        new = [problem for problem in ours if problem not in json.loads(known)]
        if new:
            self.remember("problems", text, "config", {"problems": new})
        elif text != known:
            self._ledger.remember_once("problems", text)

    def _tells_for_all(self) -> bool:
        return self._settings is None or self._settings.notify_user == self._site.user

    def _is_sender_needed(self, settings: "NoticeSettings", digest_at: int) -> bool:
        from scheduler_runner.system.locks import read_mark

        now, zone, user = int(self._site.clock()), self._site.zone or PC_ZONE, self._site.user
        return (
            settings.is_digest_due(user, now, zone, digest_at)
            or settings.is_ping_due(user, now, read_mark(self._site.own.sender_lock))
            or self._is_outbox_due()
        )

    def _is_outbox_due(self) -> bool:
        settings = self._settings
        if settings is None or not settings.is_on or not self._ledger.has_notices():
            return False
        from scheduler_runner.notices.outbox import Outbox

        now = self._site.clock()
        is_quiet = settings.is_quiet(int(now), self._site.zone or PC_ZONE)
        return Outbox(self._ledger.file).waiting().is_due(settings.chats, now, is_quiet=is_quiet)

    def _tell_directly(self, failed: Sequence[str], reason: str) -> None:
        from scheduler_runner.notices.direct_mark import is_direct_due

        if self.is_on and is_direct_due(self._site.own, self._site.clock()):
            facts = {"failed": list(failed), "reason": reason}
            self._start_sender([("ledger_away", self._site.clock(), facts)])

    def _start_sender(self, notices: "Sequence[tuple[str, float, Mapping[str, object]]]" = ()) -> None:
        if self._sender is None:
            from scheduler_runner.notices.sender_process import SenderProcess

            self._sender = SenderProcess(self._site)
        self._sender.start(notices)


class Guard:
    """Logs whatever fails within it, and goes on. Only what ends the process as a whole passes."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        if isinstance(error, LedgerUnavailable):
            self._logger.warning("notices have to wait: %s", error)
        elif isinstance(error, Exception):
            self._logger.error("notices failed", exc_info=error)
        return isinstance(error, Exception)


def has_notice_settings(point: Point) -> bool:
    """Return whether there is anything to read, which a point without Telegram need not import."""
    values = (*point.telegram.values(), *point.healthchecks.values())
    return any(values) or any(name.startswith("TELEGRAM_") for name in os.environ)


def notice_secrets(point: Point) -> tuple[str, ...]:
    """Return what of the notices' settings must never be written."""
    has_account = any("@" in value for name, value in os.environ.items() if name.lower().endswith("_proxy"))
    if not has_account and not has_notice_settings(point):
        return ()
    from scheduler_runner.notices.settings import secrets_of

    return secrets_of(point)


def read_settings(point: Point) -> "tuple[NoticeSettings | None, str]":
    """Return the settings, ``None`` where there are none, as far as they are sound; and what is wrong, or ``""``."""
    if not has_notice_settings(point):
        return None, ""
    from scheduler_runner.notices.settings import usable_settings

    return usable_settings(point)


class SafeBook:
    """Tells the notice book what becomes of slots, in the ledger's transaction. What fails there is undone and logged.

    The book is made when it is first needed; most ticks decide no slot. It keeps the tasks' health also where nobody
    is told.
    """

    def __init__(
        self, tasks: Sequence[Task], site: RunSite, settings: "NoticeSettings | None", logger: logging.Logger
    ) -> None:
        self._tasks = tasks
        self._zone = site.zone or PC_ZONE
        self._settings = settings
        self._logger = logger

    def slot_settled(self, connection: "Connection", task: str, slot: int, state: str, at: float) -> None:
        """Note that a slot will see no further attempt."""
        self._safely(connection, lambda: self._book().slot_settled(connection, task, slot, state, at))

    def slots_missed(self, connection: "Connection", task: str, slots: Sequence[int], at: float) -> None:
        """Note that slots passed without a run."""
        self._safely(connection, lambda: self._book().slots_missed(connection, task, slots, at))

    def _safely(self, connection: "Connection", work: Callable[[], None]) -> None:
        connection.execute("SAVEPOINT notices")
        try:
            work()
        except Exception as error:
            if isinstance(error, OperationalError) or type(error) is DatabaseError:
                raise  # no room, busy, damaged: that concerns the outcome as well
            connection.execute("ROLLBACK TO notices")
            self._logger.exception("notices failed")
        connection.execute("RELEASE notices")

    def _book(self) -> "NoticeBook":
        from scheduler_runner.notices.health import NoticeBook

        plans = {task.id: task.plan for task in self._tasks}
        settings = self._settings
        is_on = settings is not None and settings.is_on
        return NoticeBook(plans, self._zone, settings.remind_seconds if settings else 0, is_on=is_on)


def tell_directly(user: str, logger: logging.Logger, kind: str, facts: Mapping[str, object]) -> None:
    """Tell what kept a tick from beginning at all, at most once every few hours, and wait for it.

    Token and chat come from the INI where it can be read, else from the environment.
    """
    with Guard(logger):
        from scheduler_runner.notices.direct_mark import is_direct_due
        from scheduler_runner.notices.sender_process import SenderProcess
        from scheduler_runner.notices.settings import bare_point, usable_settings

        settings, _ = usable_settings(bare_point())
        site = RunSite(PATH_CONFIG["LOGS_ROOT"], user.lower(), PATH_CONFIG["BASE_DIR"])
        if settings.is_on and is_direct_due(site.own, site.clock()):
            sender = SenderProcess(site)
            sender.start([(kind, site.clock(), facts)])
            sender.wait(time.monotonic() + settings.send_seconds)
