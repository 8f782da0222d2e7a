"""A point that lives through weeks in seconds: real runners as real processes, a clock that the driver sets, a real server.

What happens is noted as it goes: ``Memory`` keeps what the ledger ever said, so that a lost ledger loses no evidence,
and what people were told, each with the step in which it came.
"""

import ast
import random
import struct
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from scheduler_runner.errors import LedgerUnavailable
from scheduler_runner.records.ledger_file import LedgerFile
from tests.bot_api import TOKEN, VK_TOKEN, BotApi
from tests.conftest import INI, Project
from tests.faults import plans
from tests.waiting import wait_until

HERE = Path(__file__).parent
USER = "operator"
PAST_SECONDS = 60 * 86400
"""So long ago a round begins: its days are over before today, so that no file is older than it was made."""
CHANNELS = ("[telegram]\nchat_id = -100\n", "[vk]\npeer_id = 100\n")
NOTICES = "api_url = {url}\n[notices]\nsend_seconds = 60\ndigest_time = off\nquiet_hours = off\n"


@dataclass(frozen=True)
class Tick:
    """One runner's end. ``code`` is ``None`` where it was killed or ended by a signal."""

    step: int
    at: float
    code: "int | None"
    err: str


@dataclass
class Memory:
    """All that was seen of a round."""

    slots: "dict[tuple[str, int], str]" = field(default_factory=dict)
    settled: "list[tuple[int, float, str, int, str]]" = field(default_factory=list)
    """Step, time, task, slot, state, in the order in which slots were seen settled."""
    runs: "dict[str, dict]" = field(default_factory=dict)
    told: "list[tuple[int, str]]" = field(default_factory=list)
    """Step and text of each message."""
    ticks: "list[Tick]" = field(default_factory=list)
    blows: "dict[int, list[str]]" = field(default_factory=dict)
    """By step, what was done to the point."""
    looks: "dict[int, float]" = field(default_factory=dict)
    """By step, when the last tick came that the ledger knows."""
    losses: "list[int]" = field(default_factory=list)
    """The steps in which a ledger was lost."""

    def did(self, step: int, *names: str) -> bool:
        """Return whether one of these was done to the point in a step."""
        return any(name in names for name in self.blows.get(step, ()))


class Point:
    """The point of one round."""

    def __init__(self, project: Project, api: BotApi, folder: Path, seed: int, user: str = USER) -> None:
        self.project, self.api, self.seed, self.user = project, api, seed, user
        self.chance = random.Random(seed)
        self.memory, self.step, self.runners = Memory(), 0, []
        self.states: dict[str, object] = {}
        """What lasts: each state's name, and what ends it."""
        self.planted: dict[Path, str] = {}
        """What a fault has put there: it lies until somebody looks at it."""
        self.evidence = folder / "evidence"
        self.evidence.mkdir()
        self._shift = folder / "shift"
        self._damaged = 0
        self._passed_seconds = 0.0
        self._of_this_ledger: dict[tuple[str, int], str] = {}
        self.set_clock(time.time() - PAST_SECONDS)
        ini = INI + CHANNELS[seed % 2] + NOTICES.format(url=api.url)
        (project.root / "pvz_config.ini").write_text(ini, "utf-8")
        self.environ = {
            **{name: value for name, value in project.environ.items() if not name.startswith("FAULTS_")},
            "PYTHONPATH": str(HERE / "shifted"),
            "FAULTS_SHIFT": str(self._shift),
            "FAULTS_EVIDENCE": str(self.evidence),
            **({"VK_TOKEN": VK_TOKEN} if seed % 2 else {"TELEGRAM_BOT_TOKEN": TOKEN}),
            "NO_PROXY": "127.0.0.1",
        }
        self.tasks = plans.tasks_of_a_point(self.now)
        probe = [sys.executable, str(HERE / "probe.py")]
        project.schedule(*(task.entry(probe, seed) for task in self.tasks))

    @property
    def own(self) -> Path:
        """The user's folder below the logs."""
        return self.project.logs / self.user

    @property
    def now(self) -> float:
        """What the point's clock says."""
        return time.time() + self._shift_seconds

    def set_clock(self, now: float) -> None:
        """Set the clock, while no time passes."""
        self._shift_seconds = now - time.time()
        with open(self._shift, "r+b" if self._shift.exists() else "wb") as file:  # in place: processes look at it
            file.write(struct.pack("dd", self._shift_seconds, self._passed_seconds))

    def pass_time(self, seconds: float) -> None:
        """Let so much time pass, by all clocks."""
        self._passed_seconds += seconds
        self.set_clock(self.now + seconds)

    def strike(self, name: str) -> None:
        """Note what is done to the point in this step."""
        self.memory.blows.setdefault(self.step, []).append(name)

    def start_runners(self, count: int = 1) -> None:
        environ = {**self.environ, "FAULTS_STEP": str(self.step)}
        for _ in range(count):
            argv = [sys.executable, "-m", "scheduler_runner.runner", "--user", self.user]
            quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
            runner = subprocess.Popen(argv, cwd=self.project.root, env=environ, **quiet, encoding="utf-8")
            self.runners.append((runner, self.now))

    def settle(self) -> None:
        """Wait until the runners, and the senders that they started, have ended; then look what came of it."""
        for runner, at in self.runners:
            _, err = runner.communicate(timeout=100)
            code = runner.returncode if runner.returncode >= 0 else None
            self.memory.ticks.append(Tick(self.step, at, code, err))
        self.runners.clear()
        wait_until(lambda: not [each for each in self.living() if "scheduler_runner.sender" in command_of(each)])
        self.look()

    def tick(self, count: int = 1) -> None:
        self.start_runners(count)
        self.settle()

    def close(self) -> None:
        """End what is left of a round that broke off."""
        for process in self.living():
            process.kill()
        for runner, _ in self.runners:
            runner.communicate()

    def living(self) -> "list[psutil.Process]":
        """Return the processes of this round, whoever started them."""
        found = []
        for process in psutil.process_iter():
            try:
                is_ours = process.environ().get("FAULTS_EVIDENCE") == str(self.evidence)
                if is_ours and process.status() != psutil.STATUS_ZOMBIE and process.cmdline():
                    found.append(process)
            except (psutil.Error, OSError):
                continue
        return found

    def look(self) -> None:
        """Take what the ledger says, and what people were told, into the memory."""
        texts, self.api.delivered[:] = [each.text for each in self.api.delivered], []
        self.memory.told += [(self.step, text) for text in texts]
        damaged = len(list(self.own.glob("ledger.damaged-*.sqlite3")))
        if damaged > self._damaged:
            self._damaged = damaged
            self.memory.losses.append(self.step)
            self._of_this_ledger.clear()
        file = LedgerFile(str(self.own / "ledger.sqlite3"), is_read_only=True)
        try:
            file.read(self._remember)
        except LedgerUnavailable:
            pass
        finally:
            file.close()

    def _remember(self, connection) -> None:
        settled = []
        for task, slot, state, at in connection.execute("SELECT task, slot, state, decided_at FROM slots"):
            key = (task.partition("_")[2], slot)
            if state != "open" and self._of_this_ledger.get(key) != state:
                settled.append((self.step, at, *key, state))
            self.memory.slots[key] = self._of_this_ledger[key] = state
        worked_at = self._worked_at(connection)
        self.memory.settled += sorted(settled, key=lambda each: (worked_at.get(each[2:4], 0.0), each[1]))
        names = ("run", "task", "slot", "attempt", "outcome", "started_at", "ended_at")
        for row in connection.execute(f"SELECT {', '.join(names)} FROM runs"):
            run = dict(zip(names, row))
            known = self.memory.runs.setdefault(run["run"], {"ticks_before": len(self.memory.ticks)})
            known.update(run, task=run["task"].partition("_")[2])
        tick = connection.execute("SELECT started_at FROM ticks ORDER BY id DESC LIMIT 1").fetchone()
        if tick is not None:
            self.memory.looks[self.step] = tick[0]

    def _worked_at(self, connection) -> "dict[tuple[str, int], float]":
        """Return when a slot's last run was at work by the clock of this machine, which nobody sets."""
        found: dict[tuple[str, int], float] = {}
        for task, slot, run in connection.execute("SELECT task, slot, run FROM runs WHERE slot IS NOT NULL"):
            path = self.evidence / run
            key = (task.partition("_")[2], slot)
            if path.exists():
                found[key] = max(found.get(key, 0.0), path.stat().st_mtime)
        return found

    def notes(self) -> "list[dict]":
        """Return the evidence of all runs, in the order in which it was given."""
        found = []
        for path in self.evidence.iterdir():
            if path.suffix != ".guard":
                found += [{**ast.literal_eval(line), "run": path.name} for line in path.read_text("utf-8").splitlines()]
        return sorted(found, key=lambda note: (note["step"], note["at"]))


def command_of(process: psutil.Process) -> str:
    """Return a process's command, nothing for one that has ended meanwhile."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
