"""Rights: code, configuration and Python for administrators alone; logs for the accounts that write them.

A plan is a list of programs to run, ``icacls`` on Windows, ``chown`` and ``chmod`` elsewhere: what is shown first is
what is done.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scheduler_runner.errors import SchedulerError
from scheduler_runner.rights.exposure import Tree, exposures, python_folders
from scheduler_runner.system.filesystem import is_drive_root
from scheduler_runner.system.folders import ensure_plain_folder, is_link
from scheduler_runner.system.layout import Layout
from scheduler_runner.system.programs import run_program

_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class Estate:
    """What is to be protected. ``accounts`` are those of the runners, by user: SIDs, on POSIX names.

    ``token_file`` is ``""`` where there is none.
    """

    project_root: str
    config_path: str
    logs_root: str
    accounts: Mapping[str, str]
    token_file: str = ""
    python_folders: tuple[str, ...] = ()

    def code_folders(self) -> list[str]:
        """Return the folders to protect; one that lies within another is protected with it."""
        folders: list[str] = []
        for folder in (self.project_root, *(self.python_folders or python_folders())):
            if not any(_lies_in(folder, other) for other in folders):
                folders.append(folder)
        return folders

    def config_places(self) -> list[str]:
        """Return the INI, where it lies outside the code, after its folder where that holds nothing else."""
        if any(_lies_in(self.config_path, folder) for folder in self.code_folders()):
            return []
        folder = os.path.dirname(self.config_path)
        known = {os.path.normcase(each) for each in (self.config_path, self.token_file) if each}
        beside = {os.path.normcase(os.path.join(folder, name)) for name in os.listdir(folder)}
        return [folder, self.config_path] if beside <= known else [self.config_path]


def hardening_plan(estate: Estate) -> list[list[str]]:
    """Return the programs to run, in order. Raises ``SchedulerError`` for what must not be touched."""
    _refuse_dangers(estate)
    layout = Layout(estate.logs_root)
    steps = [_compilation(estate)]
    for folder in estate.code_folders():
        if folder == estate.project_root or _is_exposed(folder):
            steps += _protect(folder, is_folder=True)
    if not any(_lies_in(estate.logs_root, folder) for folder in estate.code_folders()):
        steps += _protect(estate.logs_root, is_folder=True)
    for place in estate.config_places():
        steps += _protect(place, is_folder=os.path.isdir(place))
    for user, account in estate.accounts.items():
        steps += _give(layout.user(user).folder, [account])
    steps += _share(layout.locks, list(estate.accounts.values()))
    if estate.token_file:
        steps += _restrict(estate.token_file, list(estate.accounts.values()))
    return steps


def carry_out(estate: Estate, steps: Sequence[Sequence[str]]) -> Iterator[str]:
    """Run the plan; yield a sentence for each step that failed. What failed stops nothing else."""
    layout = Layout(estate.logs_root)
    for folder in (*(layout.user(user).folder for user in estate.accounts), layout.locks):
        ensure_plain_folder(folder, below=estate.logs_root, is_anyones=True)
    for step in steps:
        finished = run_program(step, timeout_seconds=_SECONDS)
        if finished.exit_code:
            wrote = " ".join(f"{finished.out} {finished.err}".split())[-300:]
            yield f"failed ({finished.exit_code}): {subprocess.list2cmdline(step)}: {wrote}"


def _refuse_dangers(estate: Estate) -> None:
    """Refuse a whole drive, and links within: their targets would be given other rights, wherever they are."""
    for folder in estate.code_folders():
        if is_drive_root(folder):
            raise SchedulerError(f"{folder} is a whole drive: move the project, or Python, into a folder of its own")
        link = next(_links_below(folder), None)
        if link is not None:
            raise SchedulerError(f"{link} is a link: its target would be given other rights; remove it, then try again")


def _is_exposed(folder: str) -> bool:
    """Return whether there is anything to do: the system's own Python is left as it is."""
    return any(not exposure.is_above for exposure in exposures([Tree(folder)]))


def _compilation(estate: Estate) -> list[str]:
    """Return the step that compiles what accounts without rights could not: else each tick would do it anew."""
    folders = [os.path.join(estate.project_root, name) for name in ("config", "scheduler_runner")]
    return [sys.executable, "-m", "compileall", "-q", *folders]


def _lies_in(path: str, folder: str) -> bool:
    inner, outer = (os.path.normcase(os.path.abspath(each)).rstrip(os.sep) + os.sep for each in (path, folder))
    return inner.startswith(outer)


if sys.platform == "win32":
    _ADMINISTRATORS, _SYSTEM, _USERS = "*S-1-5-32-544", "*S-1-5-18", "*S-1-5-32-545"

    def _links_below(folder: str) -> Iterator[str]:
        for parent, folders, files in os.walk(folder):
            yield from (path for name in (*folders, *files) if is_link(path := os.path.join(parent, name)))

    def _protect(path: str, *, is_folder: bool) -> list[list[str]]:
        """Return the steps after which administrators may change, everybody may read and execute.

        The owner goes first, who could always give himself rights; then all below inherits, then nothing of above.
        """
        below = ["/T", "/L", "/C", "/Q"] if is_folder else ["/Q"]
        heirs = "(OI)(CI)" if is_folder else ""
        grants = [f"{_ADMINISTRATORS}:{heirs}F", f"{_SYSTEM}:{heirs}F", f"{_USERS}:{heirs}RX"]
        return [
            ["icacls", path, "/setowner", _ADMINISTRATORS, *below],
            ["icacls", path, "/reset", *below],
            ["icacls", path, "/inheritance:r", "/grant:r", *grants, "/Q"],
        ]

    def _give(folder: str, accounts: Sequence[str]) -> list[list[str]]:
        grants = [f"*{account}:(OI)(CI)M" for account in accounts]
        return [["icacls", folder, "/grant:r", *grants, "/Q"]] if grants else []

    _share = _give

    def _restrict(path: str, accounts: Sequence[str]) -> list[list[str]]:
        grants = [f"{_ADMINISTRATORS}:F", f"{_SYSTEM}:F", *(f"*{account}:R" for account in accounts)]
        return [
            ["icacls", path, "/setowner", _ADMINISTRATORS, "/Q"],
            ["icacls", path, "/inheritance:r", "/grant:r", *grants, "/Q"],
        ]

else:

    def _links_below(folder: str) -> Iterator[str]:
        """Yield none: ``chown -h`` and ``chmod -R`` leave the targets of links alone."""
        yield from ()

    def _protect(path: str, *, is_folder: bool) -> list[list[str]]:
        return [["chown", "-R", "-h", "0:0", path], ["chmod", "-R", "go-w", path]]

    def _give(folder: str, accounts: Sequence[str]) -> list[list[str]]:
        return [["chown", "-R", "-h", account, folder] for account in accounts]

    def _share(folder: str, accounts: Sequence[str]) -> list[list[str]]:
        return [["chmod", "1777", folder]]

    def _restrict(path: str, accounts: Sequence[str]) -> list[list[str]]:
        # Mode bits know one owner: the first account's. Root reads it anyway.
        return [["chown", accounts[0] if accounts else "0:0", path], ["chmod", "600", path]]
