"""The book of levels as the ledger calls it: made late, and what fails in it is undone alone."""

import logging
from collections.abc import Callable, Mapping, Sequence

from scheduler_runner.errors import ConfigError
from scheduler_runner.plans.clock import PC_ZONE, day_of
from scheduler_runner.records.ledger_file import attempted
from scheduler_runner.run_site import RunSite
from scheduler_runner.task import Task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from config.hours import Hours
    from scheduler_runner.notices.book import LevelBook
    from scheduler_runner.notices.brakes import Brake
    from scheduler_runner.notices.settings import NoticeSettings
    from scheduler_runner.outcome import RunResult
    from scheduler_runner.records.ledger_file import Connection

_DAY_SECONDS = 86400.0


class SafeBook:
    """Gives to the book of levels what becomes of slots, in the ledger's transaction; a defect there is undone alone.

    The book is made when it is first needed: most ticks decide no slot. It is kept also where nobody is told.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        site: RunSite,
        settings: "NoticeSettings | None",
        logger: logging.Logger,
        *,
        hours: "Callable[[], Hours] | None" = None,
        brakes: "Sequence[Brake]" = (),
    ) -> None:
        self._tasks = tasks
        self._zone = site.zone or PC_ZONE
        self._settings = settings
        self._logger = logger
        self._hours = hours
        self.brakes = brakes
        self._book: LevelBook | None = None
        self.held: frozenset[str] = frozenset()
        """Tasks that are not started now for a reason that is told by itself."""

    @property
    def pauses(self) -> Mapping[str, Sequence[tuple[float, float]]]:
        """By task from when to when it is, or was, paused."""
        if not self.brakes:
            return {}
        from scheduler_runner.notices.brakes import pauses_of

        return pauses_of(self.brakes)

    def slot_settled(self, connection: "Connection", task: str, slot: int, state: str, at: float) -> None:
        """Note that a slot will see no further attempt."""
        self.note(connection, lambda book: book.slot_settled(connection, task, slot, state, at))

    def slots_missed(self, connection: "Connection", task: str, slots: Sequence[int], at: float) -> None:
        """Note that slots passed without a run."""
        self.note(connection, lambda book: book.slots_missed(connection, task, slots, at))

    def note(self, connection: "Connection", work: "Callable[[LevelBook], None]") -> None:
        """Let something be noted in the book, within the transaction under way."""
        failed = attempted(connection, lambda: work(self.open()))
        if failed is not None:
            self._logger.error("notices failed", exc_info=failed)

    def open(self) -> "LevelBook":
        """Return the book itself."""
        if self._book is None:
            from scheduler_runner.notices.book import LevelBook
            from scheduler_runner.notices.settings import NoticeSettings

            settings = self._settings or NoticeSettings()
            self._book = LevelBook(
                self._tasks,
                self._zone,
                settings.remind_seconds,
                is_on=settings.is_on,
                hours=self._opening_hours(),
                brakes=self.brakes,
            )
        self._book.held = self.held
        return self._book

    def said_of(self, result: "RunResult") -> str:
        """Return what a run comes to where no level can be kept of it: its task by its title, and its own sentence."""
        shown = next((task.shown for task in self._tasks if task.id == result.task_id), result.task_id)
        return ": ".join(filter(None, (shown, result.summary)))

    def closed_seconds(self, since: float, until: float) -> float:
        """Return how much of a span lies in whole days on which the point is closed."""
        hours = self._opening_hours()
        if hours is None:
            return 0.0
        from datetime import date, timedelta

        first = date(1970, 1, 1)
        days = range(day_of(int(since), self._zone) + 1, day_of(int(until), self._zone))
        return sum(_DAY_SECONDS for day in days if hours.of(first + timedelta(day)) is None)

    def _opening_hours(self) -> "Hours | None":
        try:
            return self._hours() if self._hours is not None else None
        except ConfigError:  # told where the section is checked
            return None
