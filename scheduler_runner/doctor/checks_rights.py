"""The check of who could change what a privileged runner executes."""

from collections.abc import Iterator

from scheduler_runner.doctor.patient import Finding, Patient
from scheduler_runner.rights.accounts import is_privileged, name_of
from scheduler_runner.rights.exposure import code_trees, exposures
from scheduler_runner.rights.file_rights import readers
from scheduler_runner.setup.here import token_file
from scheduler_runner.setup.task_entry import Logon

_MOST = 10
_CURE = "as administrator: python -m scheduler_runner install --harden"

_MOVE = (
    "move the project, or Python, to a folder below ones that only administrators can change, "
    "such as C:\\PVZ or C:\\Program Files, and install again"
)


def check_exposure(patient: Patient) -> Iterator[Finding]:
    """Could an ordinary account make a privileged runner execute its code? Looked at where there is such a runner."""
    entries = [entry for entry, _ in (patient.entries or {}).values()]
    is_there = any(entry.is_highest or entry.logon is Logon.SYSTEM for entry in entries)
    if not is_there and (entries or not is_privileged()):
        return
    found = exposures(code_trees(patient.project_root, patient.config_path, is_quick=False))
    for exposure in found[:_MOST]:
        if exposure.is_above:
            yield Finding(f"{exposure}, and with it the code of a privileged runner that lies in it", _MOVE)
        else:
            yield Finding(f"{exposure}, and a privileged runner executes it", _CURE)
    if len(found) > _MOST:
        yield Finding(f"{len(found) - _MOST} further places can be changed by ordinary accounts", _CURE)


def check_token_file(patient: Patient) -> Iterator[Finding]:
    """Can others than the accounts that send notices read the bot's token?"""
    path = token_file()
    senders = {name_of(entry.account) for entry, _ in (patient.entries or {}).values()}
    others = sorted(readers(path) - senders) if path else []
    if others:
        yield Finding(f"{path}, which holds the bot's token, can be read by {', '.join(others)}", _CURE)
