"""The doctor's table: each check yields findings, each with its cure. One more check is one more row."""

from collections.abc import Iterable, Iterator

from config.launcher import pip_command
from scheduler_runner.doctor.checks_configuration import (
    check_choices,
    check_collisions,
    check_configuration,
    check_tasks,
)
from scheduler_runner.doctor.checks_entries import check_config_variable, check_entries, check_history, check_results
from scheduler_runner.doctor.checks_online import check_clock_online, check_telegram
from scheduler_runner.doctor.checks_point import (
    check_clock,
    check_network_root,
    check_packages,
    check_recording_roots,
    check_space,
    check_ticks,
    check_write_rights,
)
from scheduler_runner.doctor.checks_rights import check_exposure, check_token_file
from scheduler_runner.doctor.checks_windows import check_protected_folders
from scheduler_runner.doctor.checks_work import check_work
from scheduler_runner.doctor.patient import Check, Finding, Patient
from scheduler_runner.phrases import Phrase

CHECKS = (
    Check("packages", "packages", check_packages),
    Check("configuration", "configuration", check_configuration, is_of_configuration=True),
    Check("tasks", "tasks", check_tasks, is_of_configuration=True),
    Check("choices", "what must be chosen", check_choices, is_of_configuration=True, needs_ini=True),
    Check("work", "what fails or does nothing", check_work),
    Check("entries", "entries", check_entries),
    Check("results", "last results", check_results),
    Check("history", "history of starts", check_history),
    Check("variable", "PVZ_CONFIG_PATH", check_config_variable),
    Check("rights", "rights", check_exposure),
    Check("token file", "the token's file", check_token_file),
    Check("writing", "writing", check_write_rights),
    Check("protected folders", "protected folders", check_protected_folders),
    Check("space", "free space", check_space, needs_ini=True),
    Check("clock", "clock", check_clock),
    Check("recordings", "recording roots", check_recording_roots, needs_ini=True),
    Check("network", "network root", check_network_root, needs_ini=True),
    Check("ticks", "ticks", check_ticks),
    Check("clock online", "clock by a server", check_clock_online, is_online=True),
    Check("telegram", "Telegram", check_telegram, is_online=True, needs_ini=True),
)

CONFIGURATION_CHECKS = (
    *(check for check in CHECKS if check.is_of_configuration),
    Check("collisions", "collisions", check_collisions),
)
"""What ``check`` asks: also for remarks, which a point that is well has, too."""


def look(patient: Patient, checks: Iterable[Check]) -> Iterator[tuple[Check, Finding]]:
    """Yield what checks find, in their order. One that breaks is a finding itself: the others speak all the same."""
    for check in checks:
        try:
            for finding in check.look(patient):
                yield check, finding
        except ImportError as error:  # packages are missing: told by their own check
            told = Phrase("{name} could not be looked at: {error}", name=Phrase(check.title), error=error)
            yield check, Finding(told, Phrase("{command}", command=pip_command()), is_drift=False)
