"""``run_task`` around ``python -c pass`` with its records, beside Popen and wait of the same child: at most 1.5."""

import logging
import subprocess
import sys
from datetime import datetime, timedelta, timezone

from benchmarks.measure import in_turn, python, scratch, verdict
from scheduler_runner.plans.plan import parse_plan
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.run_site import RunSite
from scheduler_runner.runs.attempt import run_task
from scheduler_runner.task import Task
from scheduler_runner.utils.logging import configure_logger


def main() -> int:
    """Measure and tell; return 0 where the aim is reached."""
    argv = tuple(python("-c", "pass"))
    with scratch() as folder:
        site = RunSite(str(folder), "operator", str(folder))
        task = Task("Job", "demo", "operator", parse_plan({"schedule": "hourly"}), argv)
        logger = configure_logger("operator", task.id, logs_dir=site.logs_dir)
        (folder / "operator").mkdir(exist_ok=True)
        ledger = Ledger(site.own.ledger)
        slots = iter(range(1_000_000))

        def recorded() -> None:
            slot = datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(hours=next(slots))
            site.clock = slot.timestamp
            run_task(task, slot=slot, attempt=1, ledger=ledger, logger=logger, site=site)

        times = in_turn({"bare": lambda: subprocess.Popen(argv).wait(), "run_task": recorded}, 41)
        ledger.close()
        logging.shutdown()
    print(f"Popen and wait {times['bare'] * 1000:.1f} ms, run_task {times['run_task'] * 1000:.1f} ms")
    return 0 if verdict("run_task / Popen and wait", times["run_task"] / times["bare"], 1.5) else 1


if __name__ == "__main__":
    sys.exit(main())
