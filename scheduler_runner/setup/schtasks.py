"""Registers and removes entries through ``schtasks``, which asks for a password where one is needed."""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Sequence

from scheduler_runner.errors import SchedulerError
from scheduler_runner.rights.accounts import is_privileged, name_of
from scheduler_runner.setup.elevation import refusal
from scheduler_runner.setup.task_entry import FOLDER, Entry, Logon
from scheduler_runner.setup.task_xml import to_xml
from scheduler_runner.system.programs import run_program, system_program

_SECONDS = 60.0


def register(entry: Entry, again: str) -> None:
    """Register an entry, or update the one of that name. ``again`` is the command that does it, for people.

    Raises ``NeedsAdministrator``, or ``SchedulerError`` with what ``schtasks`` wrote.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "entry.xml")
        with open(path, "wb") as file:
            file.write(to_xml(entry))
        command = create_command(entry, path)
        if entry.logon is Logon.PASSWORD:
            # It asks for the password on the console, and tells there what is wrong.
            _judge(subprocess.run(command, check=False).returncode, "", again)
        else:
            _run(command, again)


def remove(path: str, again: str) -> None:
    """Remove an entry that is there. Raises as :func:`register` does."""
    _run([system_program("schtasks"), "/Delete", "/TN", path, "/F"], again)


def remove_folder() -> None:
    """Remove the entries' folder where it is empty; where that cannot be done it stays, and harms nobody."""
    powershell = os.path.join(
        os.environ.get("SYSTEMROOT", "C:\\Windows"), "System32", "WindowsPowerShell", "v1.0", "powershell.exe"
    )
    script = (
        "$service = New-Object -ComObject Schedule.Service; $service.Connect(); "
        f"$service.GetFolder('\\').DeleteFolder('{FOLDER.lstrip(chr(92))}', 0)"  # refused while an entry is in it
    )
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        run_program([powershell, "-NoProfile", "-NonInteractive", "-Command", script], timeout_seconds=_SECONDS)


def create_command(entry: Entry, xml_path: str) -> list[str]:
    """Return the command that registers an entry, or updates it (``/F``)."""
    command = [system_program("schtasks"), "/Create", "/TN", entry.path, "/XML", xml_path, "/F"]
    return [*command, "/RU", name_of(entry.account), "/RP", "*"] if entry.logon is Logon.PASSWORD else command


def _run(command: Sequence[str], again: str) -> None:
    try:
        finished = run_program(command, timeout_seconds=_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SchedulerError("schtasks, a part of Windows, gave no answer: {error}", error=error) from error
    _judge(finished.exit_code, f"{finished.out} {finished.err}", again)


def _judge(exit_code: int, wrote: str, again: str) -> None:
    """Raise for a failure; why it refused it says in Windows' language only, so the rights are looked at here."""
    if exit_code and not is_privileged():
        raise refusal(again)
    if exit_code:
        raise SchedulerError(
            "schtasks refused (exit code {exit_code}): {wrote}",
            exit_code=exit_code,
            wrote=" ".join(wrote.split()) or "-",
        )
