"""The doctor's table: each check yields findings, each with its cure. One more check is one more row."""

from collections.abc import Iterator

from scheduler_runner.doctor.checks_entries import check_config_variable, check_entries, check_history, check_results
from scheduler_runner.doctor.checks_online import check_clock_online, check_telegram
from scheduler_runner.doctor.checks_point import (
    check_clock,
    check_configuration,
    check_network_root,
    check_packages,
    check_recording_roots,
    check_space,
    check_ticks,
    check_write_rights,
)
from scheduler_runner.doctor.checks_rights import check_exposure, check_token_file
from scheduler_runner.doctor.patient import Check, Finding, Patient

CHECKS = (
    Check("entries", check_entries),
    Check("results", check_results),
    Check("history", check_history),
    Check("packages", check_packages),
    Check("configuration", check_configuration),
    Check("variable", check_config_variable),
    Check("rights", check_exposure),
    Check("token file", check_token_file),
    Check("writing", check_write_rights),
    Check("space", check_space),
    Check("clock", check_clock),
    Check("recordings", check_recording_roots),
    Check("network", check_network_root),
    Check("ticks", check_ticks),
    Check("clock online", check_clock_online, is_online=True),
    Check("telegram", check_telegram, is_online=True),
)


def look(patient: Patient, *, is_online: bool) -> Iterator[tuple[Check, Finding]]:
    """Yield what the checks find, in the table's order. ``is_online``: those that ask a server, too."""
    for check in CHECKS:
        if is_online or not check.is_online:
            for finding in check.look(patient):
                yield check, finding
