"""Rights: code, configuration and Python for administrators alone; logs for the accounts that write them.

A plan is a list of programs to run, ``icacls`` on Windows, ``chown`` and ``chmod`` elsewhere: what is shown first is
what is done.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from scheduler_runner.errors import SchedulerError
from scheduler_runner.rights.accounts import ROOT
from scheduler_runner.rights.exposure import Tree, exposures, python_folders
from scheduler_runner.rights.file_rights import ancestors
from scheduler_runner.start import module_argv
from scheduler_runner.system.filesystem import is_drive_root
from scheduler_runner.system.folders import ensure_plain_folder, is_link
from scheduler_runner.system.layout import Layout
from scheduler_runner.system.programs import run_program, system_program

_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class Estate:
    """What is to be protected. ``accounts`` are those of the runners, by user: SIDs, on POSIX names.

    ``token_file`` is ``""`` where there is none; ``secrets_files`` are there, by user.
    """

    project_root: str
    config_path: str
    logs_root: str
    accounts: Mapping[str, str]
    token_file: str = ""
    secrets_files: Mapping[str, str] = field(default_factory=dict)
    python_folders: tuple[str, ...] = ()
    tasks_dirs: tuple[str, ...] = ()
    """Folders of domains outside the project, those that are there."""

    def code_folders(self) -> list[str]:
        """Return the folders to protect; one that lies within another is protected with it."""
        folders: list[str] = []
        for folder in (self.project_root, *self.tasks_dirs, *(self.python_folders or python_folders())):
            if not any(lies_in(folder, other) for other in folders):
                folders.append(folder)
        return folders

    def config_places(self) -> list[str]:
        """Return the INI, where it lies outside the code, after its folder where that holds nothing else."""
        if any(lies_in(self.config_path, folder) for folder in self.code_folders()):
            return []
        return [*self._own_folders([self.config_path]), self.config_path]

    def secret_folders(self) -> list[str]:
        """Return the folders of the secrets' files that hold nothing else."""
        return self._own_folders(list(self.secrets_files.values()))

    def secrets(self) -> list[tuple[str, list[str]]]:
        """Return each file that holds secrets, with the accounts that read it."""
        files = [(file, [self.accounts[user]]) for user, file in self.secrets_files.items() if user in self.accounts]
        return [*([(self.token_file, list(self.accounts.values()))] if self.token_file else []), *files]

    def places(self) -> list[str]:
        """Return everything that is changed."""
        files = [file for file, _ in self.secrets()]
        return [*self.code_folders(), self.logs_root, *self.config_places(), *self.secret_folders(), *files]

    def _own_folders(self, files: list[str]) -> list[str]:
        """Return the folders of some files, where these hold nothing but ours, and lie outside the code."""
        known = {os.path.normcase(each) for each in (self.config_path, self.token_file, *self.secrets_files.values())}
        folders = {os.path.dirname(file) for file in files}
        return [
            folder
            for folder in sorted(folders)
            if not any(lies_in(folder, code) for code in self.code_folders())
            and {os.path.normcase(os.path.join(folder, name)) for name in os.listdir(folder)} <= known
        ]


class Step(NamedTuple):
    """One program of the plan, and what it changes."""

    path: str
    argv: list[str]


def hardening_plan(estate: Estate) -> list[Step]:
    """Return the programs to run, in order. Raises ``SchedulerError`` for what must not be touched."""
    _refuse_dangers(estate)
    layout = Layout(estate.logs_root)
    steps = []
    for folder in estate.code_folders():
        if folder == estate.project_root or _is_exposed(folder):
            steps += [*_protect_tree(folder, estate.logs_root), *_disinherit(folder)]
    # From above to below: once a folder is safe, nobody can put a link into it.
    steps += _protect(estate.logs_root)
    steps += _protect_strangers([os.path.join(estate.logs_root, name) for name in _strangers(estate)])
    steps += _disinherit(estate.logs_root)
    for place in (*estate.config_places(), *estate.secret_folders()):
        steps += [*_protect(place), *(_disinherit(place) if os.path.isdir(place) else ())]
    for user, account in estate.accounts.items():
        steps += _give(layout.user(user).folder, account)
    steps += _share(layout.locks, list(estate.accounts.values()))
    for file, accounts in estate.secrets():
        steps += _restrict(file, accounts)
    return [*steps, _compilation(estate)]


def carry_out(estate: Estate, steps: Sequence[Step]) -> Iterator[str]:
    """Run the plan; yield a sentence for each step that failed. What failed stops nothing else."""
    layout = Layout(estate.logs_root)
    for folder in (*(layout.user(user).folder for user in estate.accounts), layout.locks):
        ensure_plain_folder(folder, below=estate.logs_root, is_anyones=True)
    for step in steps:
        link = link_on(step.path)  # once more: time has passed since the plan was made
        if link:
            yield f"left alone: {link} is a link"
            continue
        finished = run_program(step.argv, timeout_seconds=_SECONDS)
        if finished.exit_code:
            wrote = " ".join(f"{finished.out} {finished.err}".split())[-300:]
            yield f"failed ({finished.exit_code}): {subprocess.list2cmdline(step.argv)}: {wrote}"


def link_on(path: str) -> str:
    """Return the first link or junction on the way to a path, itself included; ``""``: there is none.

    Just below POSIX's root links are the system's own (``/var`` of macOS): nobody else can make one there.
    """
    folders = [path, *ancestors(path)]
    for place in reversed(folders):
        if is_link(place) and not (sys.platform != "win32" and os.path.dirname(place) == os.sep):
            return place
    return ""


def _refuse_dangers(estate: Estate) -> None:
    """Refuse a whole drive, and links: their targets would be given other rights, wherever they are."""
    for folder in estate.code_folders():
        if is_drive_root(folder):
            raise SchedulerError(
                "{folder} is a whole drive: move the project, or Python, into a folder of its own", folder=folder
            )
    for path in estate.places():
        link = link_on(path) or next(_links_below(path), "")
        if link:
            raise SchedulerError(
                "{link} is a link: what it leads to ({target}) would be given other rights: name the real place",
                link=link,
                target=os.path.realpath(link),
            )


def _is_exposed(folder: str) -> bool:
    """Return whether there is anything to do: the system's own Python is left as it is."""
    return any(not exposure.is_above for exposure in exposures([Tree(folder)]))


def _strangers(estate: Estate) -> list[str]:
    """Return what lies in the logs beside the folders of known accounts: nobody's who is known here."""
    layout = Layout(estate.logs_root)
    known = {layout.user(user).name for user in estate.accounts} | {os.path.basename(layout.locks)}
    try:
        return sorted(name for name in os.listdir(estate.logs_root) if name not in known)
    except FileNotFoundError:
        return []


def _compilation(estate: Estate) -> Step:
    """Return the step that compiles what accounts without rights cannot: else each tick would do it anew.

    All of it, and last: what was compiled before may have been anybody's, and is put into folders that are safe now.
    Isolated, as Python would look into the current folder first.
    """
    folders = [os.path.join(estate.project_root, name) for name in ("config", "scheduler_runner")]
    return Step(estate.project_root, [sys.executable, "-I", "-m", "compileall", "-q", "-f", *folders])


def lies_in(path: str, folder: str) -> bool:
    """Return whether a path is a folder's or lies below it, by their names."""
    inner, outer = (os.path.normcase(os.path.abspath(each)).rstrip(os.sep) + os.sep for each in (path, folder))
    return inner.startswith(outer)


if sys.platform == "win32":
    _ADMINISTRATORS, _SYSTEM, _USERS = "*S-1-5-32-544", "*S-1-5-18", "*S-1-5-32-545"
    _ICACLS = system_program("icacls")

    def _links_below(folder: str) -> Iterator[str]:
        for parent, folders, files in os.walk(folder):
            yield from (path for name in (*folders, *files) if is_link(path := os.path.join(parent, name)))

    def _protect_tree(path: str, logs_root: str) -> list[Step]:
        return _protect(path)

    def _protect_strangers(paths: Sequence[str]) -> list[Step]:
        """Leave it to the logs' folder, from which they have their rights."""
        return []

    def _protect(path: str) -> list[Step]:
        """Return the steps after which administrators may change, everybody may read and execute.

        The owner goes first, who could always give himself rights; then all below inherits, then nothing of above.
        """
        is_folder = not os.path.isfile(path)  # the logs' may be still to come
        below = ["/T", "/L", "/C", "/Q"] if is_folder else ["/L", "/Q"]
        heirs = "(OI)(CI)" if is_folder else ""
        grants = [f"{_ADMINISTRATORS}:{heirs}F", f"{_SYSTEM}:{heirs}F", f"{_USERS}:{heirs}RX"]
        return [
            Step(path, [_ICACLS, path, "/setowner", _ADMINISTRATORS, *below]),
            Step(path, [_ICACLS, path, "/reset", *below]),
            Step(path, [_ICACLS, path, "/inheritance:r", "/grant:r", *grants, "/L", "/Q"]),
        ]

    def _disinherit(folder: str) -> list[Step]:
        """Leave it to the folder's new rights: what it hands down has been reset with them."""
        return []

    def _give(folder: str, account: str) -> list[Step]:
        return _share(folder, [account])

    def _share(folder: str, accounts: Sequence[str]) -> list[Step]:
        grants = [f"*{account}:(OI)(CI)M" for account in accounts]
        return [Step(folder, [_ICACLS, folder, "/grant:r", *grants, "/L", "/Q"])] if grants else []

    def _restrict(path: str, accounts: Sequence[str]) -> list[Step]:
        grants = [f"{_ADMINISTRATORS}:F", f"{_SYSTEM}:F", *(f"*{account}:R" for account in accounts)]
        return [
            Step(path, [_ICACLS, path, "/setowner", _ADMINISTRATORS, "/L", "/Q"]),
            Step(path, [_ICACLS, path, "/inheritance:r", "/grant:r", *grants, "/L", "/Q"]),
        ]

else:
    import pwd

    _CHOWN, _CHMOD = system_program("chown"), system_program("chmod")

    def _links_below(folder: str) -> Iterator[str]:
        """Yield none: ``chown -h`` and ``chmod -R`` leave the targets of links alone."""
        yield from ()

    def _protect_tree(path: str, logs_root: str) -> list[Step]:
        """Return the steps for a folder with all that is in it, the logs left out: those belong to their accounts."""
        if not os.path.isdir(path):
            return _protect(path)
        inside = [os.path.join(path, name) for name in sorted(os.listdir(path))]
        inside = [each for each in inside if each != logs_root and not is_link(each)]
        if not inside:
            return _protect(path)
        chown, chmod = [_CHOWN, "-R", "-h", "0:0", *inside], [_CHMOD, "-R", "go-w", *inside]
        return [*_protect(path), Step(path, chown), Step(path, chmod)]

    def _protect_strangers(paths: Sequence[str]) -> list[Step]:
        return [step for path in paths for step in _protect_tree(path, "")]

    def _protect(path: str) -> list[Step]:
        return [Step(path, [_CHOWN, "-h", "0:0", path]), Step(path, [_CHMOD, "go-w", path])]

    def _disinherit(folder: str) -> list[Step]:
        """Return the step that takes away what a folder hands down; none where nothing of the kind is known."""
        return [_handing_over("disinherit", folder, ROOT)] if hasattr(os, "removexattr") else []

    def _give(folder: str, account: str) -> list[Step]:
        return [_handing_over("give", folder, account)]

    def _share(folder: str, accounts: Sequence[str]) -> list[Step]:
        return [_handing_over("share", folder, ROOT)]

    def _restrict(path: str, accounts: Sequence[str]) -> list[Step]:
        # Mode bits know one owner: the first account's. Root reads it anyway.
        return [_handing_over("restrict", path, accounts[0] if accounts else ROOT)]

    def _handing_over(what: str, path: str, account: str) -> Step:
        return Step(path, [*module_argv("scheduler_runner.rights.handing_over"), what, path, account, _group(account)])

    def _group(account: str) -> str:
        try:
            return str(pwd.getpwuid(int(account)).pw_gid)
        except KeyError:
            return account
