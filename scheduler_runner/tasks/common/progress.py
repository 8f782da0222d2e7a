"""How far a long job is: a bar on a console, a line a minute in the log."""

import logging
import sys
import threading
from collections.abc import Callable

from scheduler_runner.tasks.common.script import is_under_runner

LOG_SECONDS = 60.0
_CONSOLE_SECONDS = 0.5

logger = logging.getLogger(__name__)


class Progress:
    """Tells ``describe()`` now and then, as long as the ``with`` block lasts.

    On a console it is beside a bar: ``done()`` of ``count_total()`` files. The total is asked for there alone, once,
    and may take its time. Elsewhere it is a line in the log every ``log_seconds``.
    """

    def __init__(
        self,
        describe: Callable[[], str],
        done: Callable[[], int],
        count_total: "Callable[[], int] | None" = None,
        *,
        log_seconds: float = LOG_SECONDS,
    ) -> None:
        self._describe = describe
        self._done = done
        self._count_total = count_total
        self._log_seconds = log_seconds
        self._total: int | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._tell, daemon=True)

    def __enter__(self) -> "Progress":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _tell(self) -> None:
        if not is_under_runner() and sys.stderr is not None and sys.stderr.isatty():
            self._tell_console()
            return
        while not self._ended.wait(self._log_seconds):
            logger.info("progress: %s", self._describe())

    def _tell_console(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        if self._count_total is not None:
            threading.Thread(target=self._look_up_total, daemon=True).start()
        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
        with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=None)
            while not self._ended.wait(_CONSOLE_SECONDS):
                bar.update(task, completed=self._done(), total=self._total, description=self._describe())

    def _look_up_total(self) -> None:
        try:
            self._total = self._count_total() if self._count_total is not None else None
        except OSError as error:
            logger.debug("the total is unknown: %s", error)
