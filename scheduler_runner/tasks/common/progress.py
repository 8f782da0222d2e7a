"""How far a long job is: a line that keeps changing on a console, a line a minute in the log."""

import logging
import sys
import threading
from collections.abc import Callable

from scheduler_runner.tasks.common.script import is_under_runner

_LOG_SECONDS = 60.0
_CONSOLE_SECONDS = 0.5

logger = logging.getLogger(__name__)


class Progress:
    """Tells ``describe()`` now and then, as long as the ``with`` block lasts."""

    def __init__(self, describe: Callable[[], str]) -> None:
        self._describe = describe
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
        while not self._ended.wait(_LOG_SECONDS):
            logger.info("progress: %s", self._describe())

    def _tell_console(self) -> None:
        from rich.console import Console

        with Console(stderr=True).status("") as status:
            while not self._ended.wait(_CONSOLE_SECONDS):
                status.update(self._describe())
