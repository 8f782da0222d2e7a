"""Look at what is registered and at what is around it; name each drift with its cure."""

import argparse
import json
from dataclasses import asdict

from scheduler_runner.doctor.checks import CHECKS, look
from scheduler_runner.doctor.patient import patient
from scheduler_runner.errors import ExitCode
from scheduler_runner.system.streams import console_for_people


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how to tell, and whether servers may be asked."""
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--online", action="store_true", help="ask servers, too")


def run(arguments: argparse.Namespace) -> int:
    """Look and tell, a line each; return 0 where all is well, 1 for a drift."""
    found = list(look(patient(), is_online=arguments.online))
    is_well = not any(finding.is_drift for _, finding in found)
    console = console_for_people()
    if arguments.json:
        findings = [{"check": check.name, **asdict(finding)} for check, finding in found]
        console.print(json.dumps({"ok": is_well, "findings": findings}, ensure_ascii=False, indent=2))
    else:
        for _, finding in found:
            console.print(f"{'drift' if finding.is_drift else 'note '}  {finding.what} -> {finding.cure}")
        looked = sum(arguments.online or not check.is_online for check in CHECKS)
        console.print(f"{looked} checks, {sum(finding.is_drift for _, finding in found)} drifts")
    return int(ExitCode.OK if is_well else ExitCode.TASK_FAILED)
