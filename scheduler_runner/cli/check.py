"""Check the configuration as a whole: the INI with every section, all tasks; for a new INI before it is rolled out."""

import argparse
import os

from config.launcher import pvz
from scheduler_runner.cli.doctor import report
from scheduler_runner.doctor.checks import CONFIGURATION_CHECKS, look
from scheduler_runner.doctor.patient import patient
from scheduler_runner.errors import ExitCode
from scheduler_runner.screens.chosen import screen
from scheduler_runner.setup.here import CONFIG_VARIABLE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which INI, and how to tell."""
    parser.add_argument("--config", metavar="INI", help="another INI than this point's, say the one to come")
    parser.add_argument("--json", action="store_true", help="for programs")


def run(arguments: argparse.Namespace) -> int:
    """Check and tell; return 0 where all is sound, 3 where something would not run as it is meant."""
    if arguments.config:
        os.environ[CONFIG_VARIABLE] = os.path.abspath(arguments.config)
    here = patient()
    shown = screen()
    checks = list(CONFIGURATION_CHECKS)
    if not arguments.json:
        shown.say("checked: {path}, {tasks} tasks", path=here.config_path, tasks=len(here.schedule.tasks))
    code = report(shown, checks, list(look(here, checks)), is_json=arguments.json)
    if not arguments.json and not code:
        shown.say("what it cannot see, this does: {command}", command=pvz("doctor"))
    return int(ExitCode.CONFIG if code else ExitCode.OK)
