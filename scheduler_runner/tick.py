"""One tick: what died is closed, what is due is decided and run, and the end is on record."""

import gc
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType, TracebackType

from scheduler_runner.deciding import Decision, Due, Past, decide, hold_back, past_of
from scheduler_runner.errors import ExitCode, LedgerUnavailable
from scheduler_runner.notices.teller import Teller, TickEnd
from scheduler_runner.phrases import Phrase
from scheduler_runner.plans.clock import PC_ZONE
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.run_site import RunSite
from scheduler_runner.section_checks import KNOWN, STAMP, SectionWatch
from scheduler_runner.system.watchdog import Watchdog
from scheduler_runner.task import Task
from scheduler_runner.watch import News, clock_news, exposure_news, is_new_day

TYPE_CHECKING = False
if TYPE_CHECKING:
    from scheduler_runner.outcome import RunResult
    from scheduler_runner.records.run_rows import Attempt
    from scheduler_runner.tick_runs import TickRuns


class Recording:
    """Around what is written into the ledger: where that is refused, the tick goes on, and ``why`` says so once."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self.why = ""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, LedgerUnavailable):
            return False
        if not self.why:
            self._logger.error("%s", error)
            self.why = str(error)
        return True


class Tick:
    """One tick of one user's runner.

    ``task_logger`` gives a task's own log, opened when something is written. ``are_all_known``: every task of the
    user is among ``tasks``, none stands in a configuration that could not be read. ``is_protected``: nothing is run
    that ordinary accounts could change. ``pauses`` say by task from when to when it is stopped. ``closed`` are the runs
    whose runner had died; ``lacks_package``: a task was not run for a package that is missing.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        site: RunSite,
        ledger: Ledger,
        logger: logging.Logger,
        task_logger: Callable[[Task], logging.Logger],
        teller: Teller | None = None,
        *,
        are_all_known: bool = True,
        is_protected: bool = False,
        pauses: Mapping[str, Sequence[tuple[float, float]]] = MappingProxyType({}),
        watchdog: Watchdog | None = None,
        sections: SectionWatch | None = None,
    ) -> None:
        self.tasks = tasks
        self.started_at = site.clock()
        self._began = site.read_clock()
        self.site = site
        self.ledger = ledger
        self.logger = logger
        self.task_logger = task_logger
        self.closed: list[RunResult] = []
        self._are_all_known = are_all_known
        self._is_protected = is_protected
        self._is_refused = False
        self._watchdog = watchdog or Watchdog(None)
        self._running: Mapping[str, str] = {}
        self._runs: TickRuns | None = None
        self._is_by_hand = False
        self._pauses = pauses
        self._sections = sections
        self._is_first_of_day = False
        self._has_defect = False
        self.lacks_package = False
        self._number: int | None = None
        self._teller = teller
        self._recording = Recording(logger)

    @property
    def results(self) -> "list[RunResult]":
        """The runs of this tick."""
        return [] if self._runs is None else self._runs.results

    @property
    def is_first_of_day(self) -> bool:
        """Whether this tick looks at what is looked at once a day."""
        return self._is_first_of_day

    @property
    def unrecorded(self) -> str:
        """Why the ledger was not written as it should; ``""``: it was."""
        return self._recording.why

    def run_due(self) -> None:
        """Do what is due by schedule: look at the clock, close what died, decide, run, record."""
        self._watch()
        if self._is_refused:
            return
        # Before anything is decided: a run whose runner died holds its slot open until it is closed.
        self._close_abandoned()
        self._look_at_sections()
        due = self._not_held_back(self._decide_all())
        if due:
            # First those that have no later tick, then the oldest slots: there may not be room for all.
            ranked = sorted(due, key=lambda each: (not each.task.plan.is_strict, each.slot))
            self._run_all([(each.task, each) for each in ranked])

    def run_by_hand(self, task: Task) -> None:
        """Run one task now, whatever its schedule; it decides no slot."""
        self._is_by_hand = True
        self._close_abandoned()
        self._run_all([(task, None)])

    def exit_codes(self) -> set[ExitCode]:
        """Return what this tick has to say to Task Scheduler."""
        codes = set()
        if self._has_defect or any(result.outcome.is_failure for result in [*self.results, *self.closed]):
            codes.add(ExitCode.TASK_FAILED)
        if self._is_refused:
            codes.add(ExitCode.CONFIG)
        if self._is_by_hand and self._runs is not None and self._runs.is_any_elsewhere:
            codes.add(ExitCode.ALREADY_RUNNING)
        if self.unrecorded or not all(result.is_recorded for result in self.results):
            codes.add(ExitCode.NOT_RECORDED)
        return codes

    def end(self, exit_code: int, problem_count: int = 0) -> TickEnd:
        """Log the statistics, note the tick's end, and return what of it concerns people.

        The statistics say of each exit code where it comes from.
        """
        ended_at = self.site.clock()
        count = self._counts()
        self.logger.info(
            "tick finished succeeded=%d failed=%d skipped=%d running=%d seconds=%.1f exit_code=%d%s%s%s", *count,
            max(0.0, ended_at - self.started_at), exit_code,
            f" configuration_problems={problem_count}" if problem_count else "",
            " defect" if self._has_defect else "",
            " not_recorded" if ExitCode.NOT_RECORDED in self.exit_codes() else "",
        )  # fmt: skip
        with self._recording:
            if self._number is None:
                self.ledger.note_idle_tick(self.started_at, ended_at, os.getpid(), exit_code, self._began)
            else:
                self.ledger.end_tick(self._number, ended_at, exit_code)
        for incident in self.ledger.incidents:
            self.logger.error("%s", incident)
            if self._teller is not None:
                self._teller.observe("ledger_damaged", "", True, {"reason": incident}, lasts=False)
        failed = tuple(each for each in [*self.results, *self.closed] if each.outcome.is_failure)
        return TickEnd(self.unrecorded, failed, self._is_first_of_day)

    def _counts(self) -> tuple[int, int, int, int]:
        ended = [*self.results, *self.closed]
        if not ended:
            return 0, 0, 0, 0
        from scheduler_runner.tick_runs import counts

        return counts(ended)

    def _watch(self) -> None:
        """Tell a clock that jumped, once; once a day keep the ledger to its dates, and look who may change the code."""
        now = self.started_at
        is_exposed = False
        with self._recording:
            is_exposed = self._is_protected and bool(self.ledger.remembered("exposed").get("exposed"))
            newest_run, last_tick = self.ledger.newest_times()
            is_update = self._teller is not None and self._teller.is_update
            self._is_first_of_day = is_new_day(now, last_tick) or is_update
            closed = {} if self._teller is None else {"closed_seconds": self._teller.closed_seconds}
            for news in clock_news(now, newest_run, last_tick, self._shown, **closed):
                self._log_news(news)
        if self._is_first_of_day:
            with self._recording:
                self.ledger.prune(now)
        if self._is_first_of_day or (self._is_protected and is_exposed):
            self._watch_rights()

    def _watch_rights(self) -> None:
        """Look through everything that this runner executes; the runner looks at the doors alone, at each tick."""
        from scheduler_runner.rights.exposure import Premises, exposed, task_trees

        config_path = os.path.join(self.site.project_root, self.site.environ.get("PVZ_CONFIG_PATH") or "pvz_config.ini")
        premises = Premises(self.site.project_root, config_path, self.site.own.folder, self.site.tasks_dirs)
        try:
            trees = premises.trees(is_quick=not self._is_protected)
            for task in self.tasks:
                trees += task_trees(task.argv, self.site.folder_of(task.working_dir))
            told = exposed(trees)
        except Exception:
            self.logger.exception("cannot look who may change this program")
            return
        self._is_refused = self._is_protected and told is not None
        if self._is_refused:
            self.logger.error("nothing is run: %s", told)
        self._log_news(exposure_news(told, self.site.base_env.get("ENV_MODE", ""), is_refused=self._is_refused))

    def _close_abandoned(self) -> None:
        with self._recording:
            # Both are nearly always empty, and what closes runs need not be imported.
            if not self.ledger.open_runs() and not _has_files(self.site.own.results, self.site.own_refuge.results):
                return
            from scheduler_runner.runs.recovery import close_abandoned_runs

            tasks = {task.id: task for task in self.tasks}
            found = close_abandoned_runs(self.ledger, tasks, self.site, self.logger, self.task_logger)
            self.closed, self._running = found.closed, found.running

    def _look_at_sections(self) -> None:
        """Let the domains look at their sections of the INI, where it was changed and once a day."""
        if self._sections is None:
            return
        known: Mapping[str, str] = {}
        with self._recording:
            known = self.ledger.remembered(STAMP, KNOWN)
        self._sections.begin(known, {task.domain for task in self.tasks}, is_first_of_day=self._is_first_of_day)
        self._note_sections(known)

    def _not_held_back(self, due: list[Due]) -> list[Due]:
        """Leave out the tasks whose domain has a wrong section: their slots wait, as long as they have time."""
        if self._sections is None or not due:
            return due
        before = {KNOWN: self._sections.known, STAMP: self._sections.stamp}
        self._sections.look_at({each.task.domain for each in due})
        self._note_sections(before)
        for each in due:
            if self._sections.is_wrong(each.task.domain):
                self.logger.error("task not started, its section of the INI is wrong task=%s", each.task.id)
        return [each for each in due if not self._sections.is_wrong(each.task.domain)]

    def _note_sections(self, known: Mapping[str, str]) -> None:
        """Keep what is wrong, and let nobody be told besides that its tasks do not run."""
        assert self._sections is not None  # noqa: S101 - for mypy
        for key, value in ((STAMP, self._sections.stamp), (KNOWN, self._sections.known)):
            if known.get(key, "{}" if key == KNOWN else "") != value:
                with self._recording:
                    self.ledger.remember_once(key, value)
        if self._teller is not None:
            self._teller.hold({task.id for task in self.tasks if self._sections.is_wrong(task.domain)})

    def _decide_all(self) -> list[Due]:
        pasts: dict[str, Past] = {}
        opened: Mapping[str, Mapping[int, Sequence[Attempt]]] = {}
        with self._recording:
            opened = self.ledger.open_slots()
            states = self.ledger.task_states()
            pasts = {task.id: Past(states.get(task.id), opened.get(task.id, {})) for task in self.tasks}
        # The deciding moment, after the ledger: no run that it tells of ended later, and to wait for it takes time.
        now = int(self.site.clock())
        due = []
        for task in self.tasks:
            try:
                decision = self._decide(task, now, pasts.get(task.id))
            except Exception:  # noqa: BLE001 - logged with its traceback
                self._log_defect(task)
                continue
            if decision.due is None:
                self.logger.debug("task not started task=%s reason=%s", task.id, decision.reason)
            else:
                due.append(decision.due)
        if self._are_all_known:
            self._settle_strangers(opened, now)
        return due

    def _decide(self, task: Task, now: int, known: Past | None) -> Decision:
        """Decide about one task and put it on record.

        Where the ledger does not answer, nothing is known: what is within its time is due, and the mark of the task's
        lock says whether it was claimed.
        """
        zone, past = self.site.zone or PC_ZONE, Past()
        with self._recording:
            if known is not None:
                past = past_of(self.ledger, task, now, zone, known)
        decision = decide(task, now, zone, past)
        if task.id in self._pauses:
            decision = hold_back(decision, self._pauses[task.id], now)
        with self._recording:
            self._record(task, decision, now)
        return decision

    def _record(self, task: Task, decision: Decision, now: int) -> None:
        if decision.missed:
            self.logger.warning(
                "slots missed task=%s count=%d last=%s", task.id, len(decision.missed), self._shown(decision.missed[-1])
            )
        for slot, state in decision.settled:
            self.ledger.settle(task.id, slot, state, now)
        if decision.state is not None:
            self.ledger.decide(task.id, decision.state, decision.missed, now)

    def _settle_strangers(self, opened: "Mapping[str, Mapping[int, Sequence[Attempt]]]", now: int) -> None:
        """Close the slots of tasks that were taken away while a further attempt was to follow."""
        strangers = opened.keys() - {task.id for task in self.tasks}
        if not strangers:
            return
        from scheduler_runner.outcome import fates_of_open

        for task_id in strangers:
            for slot, state in fates_of_open(opened[task_id]):
                self.logger.info("slot closed, its task is gone task=%s slot=%s state=%s",
                                 task_id, self._shown(slot), state)  # fmt: skip
                with self._recording:
                    self.ledger.settle(task_id, slot, state, now)

    def _run_all(self, planned: Sequence[tuple[Task, Due | None]]) -> None:
        from scheduler_runner.tick_runs import TickRuns

        with self._recording:
            self._number = self.ledger.begin_tick(self.started_at, os.getpid(), self._began)
        gc.enable()  # a run may last for hours, and so may this process
        self._runs = TickRuns(
            self.site, self.ledger, self.logger, self.task_logger, self._running,
            on_end=None if self._teller is None else self._teller.run_ended, on_defect=self._log_defect,
        )  # fmt: skip
        self._runs.run_all(planned, self._watchdog)

    def _log_defect(self, task: Task) -> None:
        """Log an error that nobody foresaw, with its traceback, and notify people; the other tasks go on."""
        self._has_defect = True
        error = sys.exc_info()[1]
        if isinstance(error, ModuleNotFoundError):  # no defect of ours, and the cure is known
            self._tell_missing(task, error)
            return
        self.logger.exception("task broke the runner task=%s", task.id)
        if self._teller is not None:
            self._teller.observe("defect", task.id, True, {"task": task.id}, lasts=False)

    def _tell_missing(self, task: Task, error: ModuleNotFoundError) -> None:
        self.logger.error(
            "task cannot run, a package is missing task=%s reason=%s; pvz doctor has the cure", task.id, error
        )
        self.lacks_package = True
        if self._teller is not None:
            self._teller.note_packages(Phrase("package {name} is missing", name=error.name))

    def _log_news(self, news: News) -> None:
        """Log what is new, and let people hear of it; what lasts is looked at again each day."""
        teller = self._teller if news.kind else None
        seen = (news.kind, "", bool(news.line), news.facts)
        is_new = False
        with self._recording:
            # In one transaction: what is known, but could not be noted, would never be told.
            note = None if teller is None else teller.observation(*seen, lasts=news.lasts)
            is_new = self.ledger.remember_once(news.key, news.value, note)
        if is_new and news.line:
            self.logger.warning("%s", news.line)
        if teller is not None and not is_new and self._is_first_of_day:
            teller.observe(*seen, lasts=news.lasts)

    def _moment(self, seconds: float) -> datetime:
        return datetime.fromtimestamp(seconds, self.site.zone or PC_ZONE)

    def _shown(self, seconds: float) -> str:
        return self._moment(seconds).isoformat(timespec="minutes")


def _has_files(*folders: str) -> bool:
    for folder in folders:
        try:
            if os.listdir(folder):
                return True
        except OSError:
            continue
    return False
