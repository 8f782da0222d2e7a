"""The runs of one tick: locks and slots in order, then side by side. An idle tick needs none of it."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from scheduler_runner.deciding import Due
from scheduler_runner.outcome import Outcome, RunResult
from scheduler_runner.plans.clock import PC_ZONE
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.run_site import RunSite, RunThread
from scheduler_runner.system.watchdog import Watchdog
from scheduler_runner.task import Task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from scheduler_runner.runs.attempt import BegunAttempt

_JOIN_SECONDS = 0.5


class TickRuns:
    """The runs that a tick begins, and what became of them, in ``results``.

    ``running`` says of each task that an earlier runner still has in hand who that is. ``on_end`` is called with each
    result, ``on_defect`` with a task that broke the runner, within the exception's handler.
    """

    def __init__(
        self,
        site: RunSite,
        ledger: Ledger,
        logger: logging.Logger,
        task_logger: Callable[[Task], logging.Logger],
        running: Mapping[str, str],
        *,
        on_end: Callable[[RunResult], None] | None,
        on_defect: Callable[[Task], None],
    ) -> None:
        self.results: list[RunResult] = []
        self._site = site
        self._ledger = ledger
        self._logger = logger
        self._task_logger = task_logger
        self._running = running
        self._on_end = on_end
        self._on_defect = on_defect

    @property
    def is_any_elsewhere(self) -> bool:
        """Whether one was not begun because it runs already."""
        return any(each.outcome is Outcome.ALREADY_RUNNING for each in self.results)

    def run_all(self, planned: Sequence[tuple[Task, Due | None]], watchdog: Watchdog) -> None:
        """Take locks and slots in order, here; then let the attempts run side by side. Without ``Due``: by hand."""
        threads: list[RunThread] = []
        room = self._site.max_runs - len(self._running)
        for task, due in planned:
            if self._site.stop.is_on:
                break
            if due is not None and len(threads) >= room:  # as after a night off; the slot waits
                self._logger.warning("task left for a later tick task=%s reason=max_runs are under way", task.id)
                continue
            try:
                begun = self._begin(task, due)
                if begun is not None:
                    watchdog.disarm()  # a run has its own limit, which may be hours
                    thread = RunThread(target=self._carry_out, args=(begun,), name=task.id)
                    thread.start()
                    threads.append(thread)
            except Exception:  # noqa: BLE001 - logged with its traceback
                self._on_defect(task)
        for thread in threads:
            while thread.is_alive():
                thread.join(_JOIN_SECONDS)  # in pieces: on Windows nothing wakes a join without end
        watchdog.arm()

    def _begin(self, task: Task, due: Due | None) -> "BegunAttempt | None":
        from scheduler_runner.runs.attempt import begin_attempt  # here: a package that it needs may be missing

        attempt = due.attempt if due else 1
        slot = self._moment(due.slot) if due else None
        self._logger.info(
            "task due task=%s slot=%s attempt=%d",
            task.id,
            "none (by hand)" if slot is None else slot.isoformat(timespec="minutes"),
            attempt,
        )
        begun = begin_attempt(
            task,
            slot=slot,
            attempt=attempt,
            ledger=self._ledger,
            logger=self._task_logger(task),
            site=self._site,
            coalesced=[self._moment(older) for older in due.coalesced] if due else (),
            busy=self._running.get(task.id, ""),
        )
        if isinstance(begun, RunResult):
            self._keep_result(begun)
            return None
        return begun

    def _carry_out(self, begun: "BegunAttempt") -> None:
        try:
            result = begun.carry_out()
        except Exception as error:  # noqa: BLE001 - logged with its traceback
            self._on_defect(begun.task)
            result = begun.result(Outcome.FAILED, reason=f"defect in the runner: {error}")._replace(is_recorded=False)
        self._keep_result(result)
        if self._on_end is not None:
            self._on_end(result)

    def _keep_result(self, result: RunResult) -> None:
        self.results.append(result)
        level = logging.ERROR if result.outcome.is_failure else logging.INFO
        self._logger.log(
            level,
            "task ended task=%s outcome=%s exit_code=%s seconds=%.1f%s",
            result.task_id,
            result.outcome.value,
            result.exit_code,
            result.duration_seconds,
            f" reason={result.reason}" if result.reason else "",
        )

    def _moment(self, seconds: float) -> datetime:
        return datetime.fromtimestamp(seconds, self._site.zone or PC_ZONE)


def counts(results: Sequence[RunResult]) -> tuple[int, int, int, int]:
    """Return how many succeeded, failed, were skipped, and run still from an earlier tick."""
    return (
        sum(result.outcome.is_success for result in results),
        sum(result.outcome.is_failure for result in results),
        sum(result.outcome is Outcome.SKIPPED for result in results),
        sum(result.outcome is Outcome.ALREADY_RUNNING for result in results),
    )
