"""The commands that answer questions, on a ledger of a year: half a second beyond Python's start.

100,000 runs of the bundled tasks and 115,000 ticks, the newest of them now; seconds are those of the whole process.
"""

import os
import sys
import time

from benchmarks.measure import INI, command, in_turn, own_environ, python, scratch, verdict
from scheduler_runner.plans.clock import PC_ZONE
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.schedule_config import load_schedule
from scheduler_runner.system.clock import read_clock
from scheduler_runner.system.layout import Layout

_YEAR_SECONDS = 365 * 86400
_TICK_SECONDS = 275
_RUNS = 100_000
_AIM_SECONDS = 0.5
_COMMANDS = ("status", "list", "history", "history --failed", "why", "why CopyScript", "log CopyScript", "simulate")


def main() -> int:
    """Measure and tell; return 0 where the aims are reached."""
    with scratch() as folder:
        ini = folder / "pvz.ini"
        ini.write_text(INI, "utf-8")
        live_a_year(Layout(str(folder / "logs")), time.time())
        environ = {**own_environ(), "PVZ_CONFIG_PATH": str(ini), "LOGS_ROOT": str(folder / "logs")}
        # Status answers 1: nobody is told of failures there.
        candidates = {
            each: command(python("-m", "scheduler_runner", *each.split()), environ, codes=(0, 1)) for each in _COMMANDS
        }
        times = in_turn({"pass": command(python("-c", "pass"), environ), **candidates}, 5)
    reached = [verdict(f"pvz {each}, s", times[each] - times["pass"], _AIM_SECONDS) for each in _COMMANDS]
    return 0 if all(reached) else 1


def live_a_year(layout: Layout, now: float) -> None:
    """Write the ledger of an operator who has lived a year under the bundled tasks."""
    tasks = [task for task in load_schedule().tasks if task.user == "operator"]
    own = layout.user("operator")
    os.makedirs(own.folder)
    ledger = Ledger(own.ledger)
    ledger.begin_tick(now, 1, read_clock())
    first = int(now) - _YEAR_SECONDS
    slots = [(task, slot) for task in tasks for slot in task.plan.slots(first, int(now), PC_ZONE)]
    slots = [slots[number % len(slots)] for number in range(_RUNS)] if len(slots) > _RUNS else slots
    clock = read_clock()

    def write(connection) -> None:
        connection.execute("DELETE FROM ticks")
        ticks = [(at, at + 1, 1, 0) for at in range(first, int(now), _TICK_SECONDS)]
        connection.executemany("INSERT INTO ticks (started_at, ended_at, pid, exit_code) VALUES (?, ?, ?, ?)", ticks)
        connection.execute("DELETE FROM tick_clocks")
        booted_at = now - clock.since_boot
        connection.execute(
            "INSERT INTO tick_clocks SELECT id, 7, started_at - ?, started_at - ? FROM ticks", (booted_at, booted_at)
        )
        connection.executemany(
            "INSERT INTO tasks (task, plan, first_seen, decided_until) VALUES (?, ?, ?, ?)",
            [(task.id, task.plan.text, first, int(now)) for task in tasks],
        )
        connection.executemany(
            "INSERT OR IGNORE INTO slots (task, slot, state, decided_at) VALUES (?, ?, 'succeeded', ?)",
            [(task.id, slot, slot + 60) for task, slot in slots],
        )
        runs = [(f"{number:08d}", task.id, slot, slot + 30, slot + 60) for number, (task, slot) in enumerate(slots)]
        by_hand = range(first, first + 300 * (_RUNS - len(slots)), 300)
        runs += [(f"hand{at}", tasks[0].id, None, at, at + 9) for at in by_hand]
        connection.executemany(
            "INSERT OR IGNORE INTO runs (run, task, slot, started_at, ended_at, attempt, outcome) "
            "VALUES (?, ?, ?, ?, ?, 1, 'succeeded')",
            runs,
        )

    ledger.file.write(write)
    ledger.close()


if __name__ == "__main__":
    sys.exit(main())
