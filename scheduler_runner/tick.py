"""One tick: what is due, in which order, side by side, and what became of it."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from scheduler_runner.deciding import Decision, Due, Past, decide, past_of
from scheduler_runner.errors import ExitCode, LedgerUnavailable
from scheduler_runner.notices.teller import Teller, TickEnd
from scheduler_runner.plans.clock import PC_ZONE
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.run_site import RunSite
from scheduler_runner.task import Outcome, RunResult, Task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from scheduler_runner.runs.attempt import BegunAttempt

_JOIN_SECONDS = 0.5
_DAY_SECONDS = 86400
_WEEK_SECONDS = 7 * _DAY_SECONDS


class Tick:
    """One tick of one user's runner. ``now`` is its deciding moment, read once; aware.

    ``task_logger`` gives a task's own log, opened when something is written. ``results`` are the runs of this tick,
    ``closed`` those whose runner had died; ``unrecorded`` says why the ledger was not written, if so.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        now: datetime,
        site: RunSite,
        ledger: Ledger,
        logger: logging.Logger,
        task_logger: Callable[[Task], logging.Logger],
        teller: Teller | None = None,
    ) -> None:
        self.tasks = tasks
        self.now = now
        self.site = site
        self.ledger = ledger
        self.logger = logger
        self.task_logger = task_logger
        self.results: list[RunResult] = []
        self.closed: list[RunResult] = []
        self.unrecorded = ""
        self.is_first_of_day = False
        self.has_defect = False
        self._number: int | None = None
        self._teller = teller

    def run_due(self) -> None:
        """Do what is due by schedule: close what died, decide, run, record."""
        self._check_clock()
        self._close_abandoned()
        due = self._decide_all()
        if due:
            self._note_begin()
            self._run_all([(task_due.task, task_due) for task_due in sorted(due, key=lambda each: each.slot)])

    def run_by_hand(self, task: Task) -> None:
        """Run one task now, whatever its schedule; it decides no slot."""
        self._close_abandoned()
        self._note_begin()
        self._run_all([(task, None)])

    def exit_codes(self) -> set[ExitCode]:
        """Return what this tick has to say to Task Scheduler."""
        codes = set()
        if self.has_defect or any(result.outcome.is_failure for result in [*self.results, *self.closed]):
            codes.add(ExitCode.TASK_FAILED)
        if self.unrecorded or not all(result.is_recorded for result in self.results):
            codes.add(ExitCode.NOT_RECORDED)
        return codes

    def for_people(self) -> TickEnd:
        """Return what of this tick people may have to hear."""
        failed = tuple(each.task_id for each in [*self.results, *self.closed] if each.outcome.is_failure)
        return TickEnd(self.unrecorded, failed, self.is_first_of_day)

    def end(self, exit_code: int) -> None:
        """Log the statistics and note the tick's end."""
        ended_at = self.site.clock()
        started_at = self.now.timestamp()
        count = _counts(self.results)
        self.logger.info(
            "tick finished succeeded=%d failed=%d skipped=%d running=%d seconds=%.1f exit_code=%d", *count,
            max(0.0, ended_at - started_at), exit_code,
        )  # fmt: skip
        import os

        if self._number is None:
            self._keep(lambda: self.ledger.note_idle_tick(started_at, ended_at, os.getpid(), exit_code))
        else:
            number = self._number
            self._keep(lambda: self.ledger.end_tick(number, ended_at, exit_code))
        self._tell_incidents()

    def _check_clock(self) -> None:
        """Tell a clock that jumped, once; keep the ledger to its dates, once a day."""
        try:
            newest_run, last_tick = self.ledger.newest_times()
            now = self.now.timestamp()
            facts = {"now": now, "newest": newest_run, "last": last_tick}
            if newest_run > now + _DAY_SECONDS and self._is_news("clock_back", str(newest_run), facts):
                self.logger.warning("clock jumped back: the newest run started at %s", self._local(newest_run))
            if last_tick and now > last_tick + _WEEK_SECONDS and self._is_news("clock_ahead", str(last_tick), facts):
                self.logger.warning(
                    "clock jumped ahead, or no tick came: the last one was at %s", self._local(last_tick)
                )
        except LedgerUnavailable as error:
            self._unrecorded(error)
            return
        self.is_first_of_day = int(last_tick // _DAY_SECONDS) != int(now // _DAY_SECONDS)
        if self.is_first_of_day:
            self._keep(lambda: self.ledger.prune(now))
            self._tell_exposure()

    def _tell_exposure(self) -> None:
        """Warn of what ordinary accounts could make this privileged runner execute: looked for daily, told once."""
        from scheduler_runner.rights.exposure import exposed_code

        try:
            told = exposed_code(self.site.project_root, self.site.environ.get("PVZ_CONFIG_PATH", ""))
            # A test point lies where anybody may write: a line in its log is enough.
            is_told = bool(told) and self.site.base_env.get("ENV_MODE") == "production"
            facts = {"reason": told}
            is_news = self._is_news("exposed", told, facts) if is_told else self.ledger.remember_once("exposed", told)
            if is_news and told:
                self.logger.warning("code of a privileged runner is not protected, install --harden does it: %s", told)
        except LedgerUnavailable as error:
            self._unrecorded(error)
        except Exception:
            self.logger.exception("cannot look who may change this program")

    def _close_abandoned(self) -> None:
        try:
            if not self.ledger.open_runs():
                return
            from scheduler_runner.runs.recovery import close_abandoned_runs

            tasks = {task.id: task for task in self.tasks}
            self.closed = close_abandoned_runs(self.ledger, tasks, self.site, self.logger, self.task_logger)
        except LedgerUnavailable as error:
            self._unrecorded(error)

    def _decide_all(self) -> list[Due]:
        pasts = self._pasts()
        moment, zone = int(self.now.timestamp()), self.now.tzinfo or PC_ZONE
        due = []
        for task in self.tasks:
            try:
                decision = decide(task, moment, zone, pasts[task.id])
                self._keep_decision(task, decision)
            except LedgerUnavailable as error:
                self._unrecorded(error)
                decision = decide(task, moment, zone, Past())
            except Exception:  # noqa: BLE001 - logged with its traceback
                self._tell_defect(task)
                continue
            if decision.due is None:
                self.logger.debug("task not started task=%s reason=%s", task.id, decision.reason)
            else:
                due.append(decision.due)
        return due

    def _pasts(self) -> Mapping[str, Past]:
        try:
            states, open_slots = self.ledger.task_states(), self.ledger.open_slots()
        except LedgerUnavailable as error:
            self._unrecorded(error)
            return {task.id: Past() for task in self.tasks}
        return {task.id: past_of(self.ledger, task.id, states, open_slots) for task in self.tasks}

    def _keep_decision(self, task: Task, decision: Decision) -> None:
        now = self.now.timestamp()
        if decision.missed:
            self.logger.warning(
                "slots missed task=%s count=%d last=%s", task.id, len(decision.missed), self._local(decision.missed[-1])
            )
        for slot, state in decision.settled:
            self.ledger.settle(task.id, slot, state, now)
        if decision.state is not None:
            self.ledger.decide(task.id, decision.state, decision.missed, now)

    def _run_all(self, planned: Sequence[tuple[Task, Due | None]]) -> None:
        """Take locks and slots in order, here; then let the attempts run side by side."""
        threads = []
        for task, due in planned:
            if self.site.stop.is_on:
                break
            try:
                begun = self._begin(task, due)
                if begun is not None:
                    thread = threading.Thread(target=self._carry_out, args=(begun,), name=task.id)
                    thread.start()
                    threads.append(thread)
            except Exception:  # noqa: BLE001 - logged with its traceback
                self._tell_defect(task)
        for thread in threads:
            while thread.is_alive():
                thread.join(_JOIN_SECONDS)  # in pieces: on Windows nothing wakes a join without end

    def _begin(self, task: Task, due: Due | None) -> "BegunAttempt | None":
        from scheduler_runner.runs.attempt import begin_attempt

        attempt = due.attempt if due else 1
        slot = self._moment(due.slot) if due else None
        self.logger.info(
            "task due task=%s slot=%s attempt=%d",
            task.id,
            "none (by hand)" if slot is None else slot.isoformat(timespec="minutes"),
            attempt,
        )
        begun = begin_attempt(
            task,
            slot=slot,
            attempt=attempt,
            ledger=self.ledger,
            logger=self.task_logger(task),
            site=self.site,
            coalesced=[self._moment(older) for older in due.coalesced] if due else (),
        )
        if isinstance(begun, RunResult):
            self._tell(begun)
            return None
        return begun

    def _carry_out(self, begun: "BegunAttempt") -> None:
        try:
            result = begun.carry_out()
        except Exception as error:  # noqa: BLE001 - logged with its traceback
            self._tell_defect(begun.task)
            result = begun.result(Outcome.FAILED, reason=f"defect in the runner: {error}")._replace(is_recorded=False)
        self._tell(result)
        if self._teller is not None:
            self._teller.run_ended(result)

    def _tell_defect(self, task: Task) -> None:
        """Tell an error that nobody foresaw, with its traceback; the other tasks go on."""
        self.has_defect = True
        self.logger.exception("task broke the runner task=%s", task.id)
        self._keep(lambda: self._is_news(f"defect {task.id}", self._today(), {"task": task.id}, "defect"))

    def _tell(self, result: RunResult) -> None:
        self.results.append(result)
        level = logging.ERROR if result.outcome.is_failure else logging.INFO
        self.logger.log(
            level,
            "task ended task=%s outcome=%s exit_code=%s seconds=%.1f%s",
            result.task_id,
            result.outcome.value,
            result.exit_code,
            result.duration_seconds,
            f" reason={result.reason}" if result.reason else "",
        )

    def _note_begin(self) -> None:
        import os

        try:
            self._number = self.ledger.begin_tick(self.now.timestamp(), os.getpid())
        except LedgerUnavailable as error:
            self._unrecorded(error)

    def _is_news(self, key: str, value: str, facts: Mapping[str, object], kind: str = "") -> bool:
        """Remember ``value`` under ``key``; where it was another one, tell people and answer ``True``."""
        if self._teller is None:
            return self.ledger.remember_once(key, value)
        return self._teller.remember(key, value, kind or key, facts)

    def _keep(self, write: Callable[[], object]) -> None:
        try:
            write()
        except LedgerUnavailable as error:
            self._unrecorded(error)

    def _unrecorded(self, error: LedgerUnavailable) -> None:
        if not self.unrecorded:
            self.logger.error("%s", error)
        self.unrecorded = self.unrecorded or str(error)

    def _tell_incidents(self) -> None:
        for incident in self.ledger.incidents:
            self.logger.error("%s", incident)
            self._keep(lambda: self._is_news("ledger_damaged", incident, {"reason": incident}))  # noqa: B023 - called now

    def _moment(self, seconds: float) -> datetime:
        return datetime.fromtimestamp(seconds, self.now.tzinfo)

    def _today(self) -> str:
        return f"{self.now:%Y-%m-%d}"

    def _local(self, seconds: float) -> str:
        return self._moment(seconds).isoformat(timespec="minutes")


def _counts(results: Sequence[RunResult]) -> tuple[int, int, int, int]:
    """Return how many succeeded, failed, were skipped, and run still from an earlier tick."""
    return (
        sum(result.outcome.is_success for result in results),
        sum(result.outcome.is_failure for result in results),
        sum(result.outcome is Outcome.SKIPPED for result in results),
        sum(result.outcome is Outcome.ALREADY_RUNNING for result in results),
    )
