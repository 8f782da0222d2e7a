"""The tick's side of notices: what concerns no single run goes into the book, and the sender is started when due.

Nothing that fails here changes an outcome, an exit code or another task. Where nobody is told, nothing is imported.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from config.base_config import PATH_CONFIG
from scheduler_runner.errors import LedgerUnavailable
from scheduler_runner.notices.safe_book import SafeBook
from scheduler_runner.phrases import Phrase
from scheduler_runner.plans.clock import PC_ZONE
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.run_site import RunSite

TYPE_CHECKING = False
if TYPE_CHECKING:
    from scheduler_runner.notices.book import LevelBook
    from scheduler_runner.notices.sender_process import SenderProcess
    from scheduler_runner.notices.settings import NoticeSettings
    from scheduler_runner.outcome import RunResult
    from scheduler_runner.records.ledger_file import Connection
    from scheduler_runner.schedule_config import Problem

_NO_SETTINGS = "neither [telegram] nor [vk] nor TELEGRAM_BOT_TOKEN"
_BOOK_VERSION = "1"
"""Another number in the ledger: a version that knew less looked last. What is found then comes in one message."""
_DAY_SECONDS = 86400.0
_BOOK, _BRAKES, _PROBLEMS, _NOBODY, _DIGEST = "levels", "brakes", "problems", "nobody_told", "digest_at"
_PACKAGES = "packages"


class TickEnd(NamedTuple):
    """What of a tick's end concerns people."""

    unrecorded: str = ""
    """Why the ledger could not be written; ``""``: it was."""
    failed: "tuple[RunResult, ...]" = ()
    """The runs that failed in this tick."""
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
        book: SafeBook,
        logger: logging.Logger,
        *,
        is_scheduled: bool,
    ) -> None:
        self._settings = settings
        self._site = site
        self._ledger = ledger
        self._book = book
        self._logger = logger
        self._is_scheduled = is_scheduled
        self._guard = Guard(logger)
        self._sender: SenderProcess | None = None
        self._known: dict[str, str] = {}
        self.is_update = False
        """Whether a version that knew less looked last: then all is looked at that is else seen once a day."""

    @property
    def is_on(self) -> bool:
        """Whether somebody is told."""
        return self._settings is not None and self._settings.is_on

    @property
    def lacked_packages(self) -> bool:
        """Whether a package was missing when this tick began, as far as was known: then each tick looks again."""
        return bool(self._known.get(_PACKAGES))

    def tick_begun(self) -> None:
        """Tell what waits, before anything else is done: the sender is a process of its own and costs this one nothing.

        A task that takes its runner down would otherwise keep for ever what earlier ticks had to tell.
        """
        with self._guard:
            if not self._is_scheduled:
                return
            now, brakes = self._site.clock(), repr(self._book.brakes)
            seen = self._ledger.glance(now, _BOOK, _BRAKES, _PROBLEMS, _NOBODY, _DIGEST, _PACKAGES)
            self._known = seen.known
            if seen.known.get(_BOOK) != _BOOK_VERSION:
                self._begin_book(now)
            are_new = seen.known.get(_BRAKES, "()") != brakes
            if are_new or (seen.has_due_levels and self.is_on):
                self._write(lambda book, connection: book.remind(connection, now, are_all=are_new))
                if are_new:
                    self._ledger.remember_once(_BRAKES, brakes)
            self._announce_ends(now)
            # What a new version sees for the first time comes in one message, at this tick's end.
            if not self.is_update and self._is_outbox_due():
                self._start_sender()

    def _announce_ends(self, now: float) -> None:
        """Tell the last day of each mute and pause, once; of one that was meant for a day at most, nothing."""
        for brake in self._book.brakes:
            is_last_day = brake.holds(now) and brake.until - now <= _DAY_SECONDS < brake.until - brake.since
            if is_last_day and self.is_on:
                facts = {"what": brake.what, "asked": brake.asked, "until": brake.until, "why": brake.why}
                key = f"announced {brake.what} {brake.asked}"
                self._ledger.remember_once(key, str(brake.until), self._adder("brake_ends", now, facts))

    def _adder(self, kind: str, at: float, facts: Mapping[str, object]) -> "Callable[[Connection], None]":
        from scheduler_runner.notices.news import Kind, Notice
        from scheduler_runner.notices.outbox import add_notice

        return lambda connection: add_notice(connection, Notice(Kind(kind), at, facts=facts))

    def observe(self, kind: str, name: str, is_wrong: bool, facts: Mapping[str, object], *, lasts: bool = True) -> None:
        """Note how something is that is no task; what ``lasts`` not is over a day after it was last seen."""
        with self._guard:
            self._ledger.file.write(self.observation(kind, name, is_wrong, facts, lasts=lasts), is_durable=True)

    def observation(
        self, kind: str, name: str, is_wrong: bool, facts: Mapping[str, object], *, lasts: bool = True
    ) -> "Callable[[Connection], None]":
        """Return what notes the same within a transaction, as together with that it is known from now on.

        Phrases among the facts are noted as people read them.
        """
        from scheduler_runner.logbook.masking import Masker

        now = self._site.clock()
        expiry = {} if lasts else {"expires_at": now + _DAY_SECONDS}
        masked = Masker(self._site.secrets).values({**_in_russian(facts), **expiry})

        def note(connection: "Connection") -> None:
            self._book.note(connection, lambda book: book.observe(connection, kind, name, is_wrong, now, masked))  # type: ignore[arg-type]

        return note

    def note_packages(self, problem: "Phrase | None") -> None:
        """Note which packages are missing, so that the next tick looks again; ``None``: all are there."""
        self.observe(_PACKAGES, "", problem is not None, {"reason": problem or ""})
        with self._guard:
            self._ledger.remember_once(_PACKAGES, str(problem or ""))

    def hold(self, tasks: Collection[str]) -> None:
        """Tell nothing of what these tasks miss: why they are not started is told by itself."""
        self._book.held = frozenset(tasks)

    def closed_seconds(self, since: float, until: float) -> float:
        """Return how much of a span lies in whole days on which the point is closed."""
        return self._book.closed_seconds(since, until)

    def run_ended(self, result: "RunResult") -> None:
        """Send at once what this run's end made due; called by the run's own thread."""
        with self._guard:
            if not self._is_scheduled or not self.is_on:
                return
            if self._is_outbox_due():
                self._start_sender()
            elif not result.is_recorded and result.outcome.is_failure:
                self._tell_directly([self._book.said_of(result)], result.reason)

    def tick_ended(self, tick: TickEnd, problems: "Sequence[Problem]") -> None:
        """Tell what concerns the whole tick, start the sender if need be, and wait for it as long as is allowed.

        ``problems`` are the configuration's.
        """
        with self._guard:
            if not self._is_scheduled:
                return
            end_at = time.monotonic() + (self._settings.send_seconds if self._settings else 0)
            if tick.unrecorded:
                failed = map(self._book.said_of, tick.failed)
                self._tell_directly(failed, tick.unrecorded, problems)
            else:
                self._look_after(tick, problems, end_at)
            if self._sender is not None:
                self._sender.wait(end_at)

    def _begin_book(self, now: float) -> None:
        self._write(lambda book, connection: book.begin(connection, now))
        self._ledger.remember_once(_BOOK, _BOOK_VERSION)
        self.is_update = self._book.open().is_update

    def _look_after(self, tick: TickEnd, problems: "Sequence[Problem]", end_at: float) -> None:
        if self._settings is not None or tick.is_first_of_day:
            self._note_who_is_told(self._known.get(_NOBODY, ""))
        self._note_problems(problems, "[]" if self.is_update else self._known.get(_PROBLEMS, "[]"))
        if tick.is_first_of_day and not problems:  # of a file that cannot be read nobody knows which tasks are gone
            self._write(lambda book, connection: book.sweep(connection, self._site.clock()))
        if self._settings is None:
            return
        if self._sender is not None:
            self._sender.wait(end_at)
        if self._is_sender_needed(self._settings, int(float(self._known.get(_DIGEST) or 0))):
            self._start_sender()

    def _note_who_is_told(self, known: str) -> None:
        missing = _NO_SETTINGS if self._settings is None else str(self._settings.missing)
        if missing != known and self._ledger.remember_once(_NOBODY, missing) and missing:
            who = "not everybody" if self.is_on else "nobody"
            self._logger.warning("%s is told of failures: there is %s; see docs/notices.md", who, missing)

    def _note_problems(self, problems: "Sequence[Problem]", known: str) -> None:
        """Note each problem as a level; one of a whole file concerns every user, and one runner tells it."""
        if not problems and known == "[]":
            return
        import json

        from scheduler_runner.logbook.masking import Masker

        masker, now = Masker(self._site.secrets), self._site.clock()
        concern_us = [problem for problem in problems if problem.user is not None or self._tells_for_all()]
        # By its English sentence, which is what the log says, too; half a letter can neither be stored nor sent.
        ours = {masker.text(str(each)).encode("utf-8", "replace").decode(): each for each in concern_us}
        text = json.dumps([*ours], ensure_ascii=False)
        if text == known:
            return

        def note(book: "LevelBook", connection: "Connection") -> None:
            for name in dict.fromkeys([*json.loads(known), *ours]):
                facts = {"problem": self._in_russian(ours[name])} if name in ours else {}
                book.observe(connection, "config", name, name in ours, now, facts)

        self._write(note)
        self._ledger.remember_once(_PROBLEMS, text)

    def _in_russian(self, problem: "Problem") -> str:
        """Return a problem as people read it, without secrets."""
        from scheduler_runner.logbook.masking import Masker
        from scheduler_runner.russian_errors import in_russian

        return str(Masker(self._site.secrets).text(in_russian(problem.said)))

    def _write(self, work: "Callable[[LevelBook, Connection], None]") -> None:
        self._ledger.file.write(
            lambda connection: self._book.note(connection, lambda book: work(book, connection)), is_durable=True
        )

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
        names = [recipient.key for recipient in settings.recipients]
        return Outbox(self._ledger.file).waiting().is_due(names, now, is_quiet=is_quiet)

    def _tell_directly(self, failed: Iterable[str], reason: str, problems: "Sequence[Problem]" = ()) -> None:
        from scheduler_runner.notices.direct_mark import is_direct_due

        if self.is_on and is_direct_due(self._site.own, self._site.clock()):
            facts = {"failed": list(failed), "problems": [*map(self._in_russian, problems)], "reason": reason}
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


def _in_russian(facts: Mapping[str, object]) -> dict[str, object]:
    if not any(isinstance(value, Phrase) for value in facts.values()):
        return dict(facts)
    from scheduler_runner.russian_errors import in_russian

    return {name: in_russian(value) if isinstance(value, Phrase) else value for name, value in facts.items()}
