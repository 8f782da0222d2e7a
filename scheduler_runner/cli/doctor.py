"""Look at what is registered and at what is around it; name each drift with its cure, and what is well."""

import argparse
import json
import sys

from scheduler_runner.doctor.checks import CHECKS, look
from scheduler_runner.doctor.patient import Check, Finding, patient
from scheduler_runner.errors import ExitCode
from scheduler_runner.phrases import Phrase
from scheduler_runner.screens.chosen import screen
from scheduler_runner.screens.screen import Screen

Found = list[tuple[Check, Finding]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how to tell, and whether servers may be asked."""
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--online", action="store_true", help="ask servers, too")


def run(arguments: argparse.Namespace) -> int:
    """Look and tell; return 0 where all is well, 1 for a drift."""
    checks = [check for check in CHECKS if arguments.online or not check.is_online]
    found = list(look(patient(), checks))
    return report(screen(), checks, found, is_json=arguments.json)


def report(shown: Screen, checks: list[Check], found: Found, *, is_json: bool) -> int:
    """Show what checks found, for people or programs; return the exit code that says the same."""
    is_well = not any(finding.is_drift for _, finding in found)
    if is_json:
        findings = [
            {"check": check.name, "what": str(finding.what), "cure": str(finding.cure), "is_drift": finding.is_drift}
            for check, finding in found
        ]
        json.dump({"ok": is_well, "findings": findings}, sys.stdout, ensure_ascii=False, indent=2)
        print()
    else:
        show_findings(shown, found)
        show_summary(shown, checks, found)
    return int(ExitCode.OK if is_well else ExitCode.TASK_FAILED)


def show_findings(shown: Screen, found: Found) -> None:
    """Show each finding, and below it what to do: a command stands on a line of its own, to be copied."""
    for _, finding in sorted(found, key=lambda each: not each[1].is_drift):
        if finding.is_drift:
            shown.say("drift: {what}", what=finding.what, look="bad")
        else:
            shown.say("note: {what}", what=finding.what, look="odd")
        shown.say(finding.cure, indent=2)


def show_summary(shown: Screen, checks: list[Check], found: Found) -> None:
    """Show which checks found nothing, and how many drifts there are."""
    told = {check.name for check, _ in found}
    if any(check.name == "configuration" and finding.is_drift for check, finding in found):
        told |= {check.name for check in checks if check.needs_ini}
    well = [shown.words(Phrase(check.title)) for check in checks if check.name not in told]
    drifts = sum(finding.is_drift for _, finding in found)
    if well:
        shown.say("all is well: {names}", names=", ".join(well), look="good")
    template = "{checks} checks, {drifts} drifts"
    shown.say(template, checks=len(checks), drifts=drifts, look="bad" if drifts else "good")
