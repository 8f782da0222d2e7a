"""What the first tick of a day looks after beside its tasks. Loaded only then, and where a package is missing."""

import logging
import os
from collections.abc import Sequence
from datetime import datetime

from config.base_config import PATH_CONFIG
from scheduler_runner.doctor.packages import packages_problem
from scheduler_runner.logbook.log_folder import clean_logs_of_gone_tasks
from scheduler_runner.notices.teller import Teller
from scheduler_runner.run_site import RunSite
from scheduler_runner.task import Task


def clean_logs(site: RunSite, tasks: Sequence[Task], logger: logging.Logger) -> None:
    """Remove the logs of tasks that are gone, as they grow old."""
    today = f"{datetime.fromtimestamp(site.clock(), site.zone):%Y-%m-%d}"
    try:
        clean_logs_of_gone_tasks(site.own, [task.id for task in tasks], today)
    except OSError as error:
        logger.warning("cannot clean the logs of tasks that are gone: %s", error)


def look_at_packages(teller: Teller, logger: logging.Logger) -> None:
    """Note whether every package is there that the program needs."""
    try:
        with open(os.path.join(PATH_CONFIG["BASE_DIR"], "requirements.txt"), encoding="utf-8") as file:
            problem = packages_problem(file.read())
    except OSError as error:
        logger.debug("packages cannot be looked at: %s", error)
        return
    if problem is not None:
        logger.warning("%s", problem)
    teller.note_packages(problem)
