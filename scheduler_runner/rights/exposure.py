"""What a privileged runner executes or writes to, and an ordinary account could change: configuration is code."""

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from scheduler_runner.errors import ConfigError
from scheduler_runner.phrases import Phrase, joined
from scheduler_runner.rights.accounts import is_privileged
from scheduler_runner.rights.file_rights import ancestors, changers
from scheduler_runner.system.folders import is_link

_NOT_EXECUTED = frozenset({"logs", "sandbox", ".git", ".hypothesis", ".pytest_cache", ".mypy_cache", ".ruff_cache"})
_QUICK_DEPTH = 3
_SCRIPTS = frozenset({".py", ".pyw", ".cmd", ".bat", ".ps1", ".vbs", ".js", ".sh", ".exe", ".com", ".jar", ".pl"})


class Tree(NamedTuple):
    """A folder, or a single file, that a runner executes, reads or writes to.

    ``depth`` is how many floors of folders below it are looked into, without their files; ``None``: everything.
    """

    path: str
    depth: int | None = None


class Exposure(NamedTuple):
    """One place that ordinary accounts could change; ``more`` are places below it that they could change as well."""

    path: str
    accounts: tuple[str, ...]
    more: int = 0
    is_above: bool = False
    """Whether it is a folder further up: what lies in it could be taken away and replaced."""

    @property
    def said(self) -> Phrase:
        """The sentence, for who says it in another language."""
        accounts = joined("{first}, {rest}", [Phrase(account) for account in self.accounts])
        if self.more:
            told = "{path} (and {more} more below it) can be changed by {accounts}"
            return Phrase(told, path=self.path, more=self.more, accounts=accounts)
        return Phrase("{path} can be changed by {accounts}", path=self.path, accounts=accounts)

    def __str__(self) -> str:
        return str(self.said)


class Premises(NamedTuple):
    """Where one privileged runner lives. ``user_dir`` is its ``logs/{user}``, ``""`` where it is not known.

    ``tasks_dirs`` are folders of domains outside the project.
    """

    project_root: str
    config_path: str
    user_dir: str = ""
    tasks_dirs: tuple[str, ...] = ()

    def doors(self) -> list[Tree]:
        """Return what its entry names, the INI and its logs, without what lies in them: quick enough for every tick."""
        paths = (self.project_root, self.config_path, *python_folders(), self.user_dir)
        return _there(Tree(path, 0) for path in paths)

    def trees(self, *, is_quick: bool = False) -> list[Tree]:
        """Return all that it executes, and its logs' folders. ``is_quick``: of Python only the upper folders."""
        code = [Tree(self.project_root), Tree(self.config_path), *map(Tree, self.tasks_dirs)]
        code += [Tree(folder, _QUICK_DEPTH if is_quick else None) for folder in python_folders()]
        return _there([*code, Tree(python_program(), 0), Tree(self.user_dir, 1)])


class Exposed(ConfigError):
    """Ordinary accounts could change what a privileged runner executes: nothing is run."""

    is_ini = False
    """Whether the INI is among it, and with it the address to which a notice would go."""


def refuse_exposed(premises: Premises) -> None:
    """Raise :class:`Exposed` where ordinary accounts could change a door; without privileges never."""
    if not is_privileged():
        return
    found = exposures(premises.doors())
    if found:
        error = Exposed(
            "nothing is run: {exposed}: as administrator, install --harden would mend it",
            exposed=_together(found),
        )
        error.is_ini = any(_lies_at(premises.config_path, exposure.path) for exposure in found)
        raise error


def exposed(trees: list[Tree]) -> Phrase | None:
    """Return what ordinary accounts could change there, as one sentence; ``None``: nothing, or without privileges."""
    found = exposures(trees) if is_privileged() else []
    return _together(found) if found else None


def task_trees(argv: Sequence[str], folder: str) -> list[Tree]:
    """Return what a task's command runs, the scripts among its arguments, and the folder in which it works.

    A program without a folder is looked for where the system does; of a folder that comes earlier there, others could
    make it theirs.
    """
    return _there([*_program_trees(argv[0], folder), *_script_trees(argv[1:], folder), Tree(folder, 0)])


def python_folders() -> list[str]:
    """Return the virtual environment and the base Python's folder, on POSIX of the latter its library; real paths."""
    base = os.path.realpath(sys.base_prefix if sys.platform == "win32" else os.path.dirname(os.__file__))
    return [base] if sys.prefix == sys.base_prefix else [os.path.realpath(sys.prefix), base]


def python_program() -> str:
    """Return the interpreter itself: in a virtual environment on POSIX it is a link to one elsewhere."""
    return os.path.realpath(sys.executable)


def exposures(trees: list[Tree]) -> list[Exposure]:
    """Return every place that ordinary accounts could change, in the trees' order.

    Of a folder and what lies below it the folder stands alone, where the same accounts could change both.
    """
    above: dict[str, Exposure] = {}
    found: dict[str, Exposure] = {}
    for tree in trees:
        for folder in ancestors(tree.path):
            accounts = changers(folder, is_ancestor=True)
            if accounts:
                above.setdefault(folder, Exposure(folder, tuple(sorted(accounts)), is_above=True))
        for path in _places(tree):
            _note(found, path, changers(path))
    return [*(exposure for path, exposure in above.items() if path not in found), *found.values()]


def _together(found: list[Exposure]) -> Phrase:
    return joined("{first}; {rest}", [exposure.said for exposure in found])


def _lies_at(path: str, place: str) -> bool:
    whole, outer = os.path.realpath(path), os.path.realpath(place).rstrip(os.sep)
    return whole == outer or whole.startswith(outer + os.sep)


def _note(found: dict[str, Exposure], path: str, accounts: set[str]) -> None:
    if not accounts or path in found:
        return
    covering = next((found[folder] for folder in ancestors(path) if folder in found), None)
    if covering is not None and accounts <= set(covering.accounts):
        found[covering.path] = covering._replace(more=covering.more + 1)
    else:
        found[path] = Exposure(path, tuple(sorted(accounts)))


def _there(trees: Iterable[Tree]) -> list[Tree]:
    """Return what is there, once each; of a link, or behind one, what it leads to as well."""
    found: dict[Tree, None] = {}
    for tree in trees:
        if tree.path and os.path.lexists(tree.path):
            found[tree] = None
            found[tree._replace(path=os.path.realpath(tree.path))] = None
    return list(found)


def _program_trees(program: str, folder: str) -> Iterator[Tree]:
    if os.path.dirname(program):
        path = os.path.normpath(os.path.join(folder, program))
        yield Tree(path, 0)
        if sys.platform == "win32":
            yield Tree(os.path.dirname(path), 0)  # it looks for its libraries there first
        return
    found = shutil.which(program) or ""
    if not found:
        return
    for place in os.get_exec_path():
        yield Tree(place, 0)
        if os.path.normcase(os.path.abspath(place)) == os.path.normcase(os.path.dirname(os.path.abspath(found))):
            break
    yield Tree(os.path.realpath(found), 0)


def _script_trees(arguments: Sequence[str], folder: str) -> Iterator[Tree]:
    for argument in arguments:
        path = os.path.join(folder, argument)
        if os.path.splitext(argument)[1].lower() in _SCRIPTS and os.path.isfile(path):
            yield Tree(os.path.normpath(path), 0)


def _places(tree: Tree) -> Iterator[str]:
    yield tree.path
    if tree.depth == 0:
        return
    top = tree.path.rstrip(os.sep).count(os.sep)
    for folder, folders, files in os.walk(tree.path):
        folders[:] = [name for name in folders if _is_executed(tree, folder, name)]
        if tree.depth is not None and folder.count(os.sep) - top >= tree.depth:
            folders.clear()
        yield from (os.path.join(folder, name) for name in folders)
        if tree.depth is None:
            yield from (os.path.join(folder, name) for name in files)


def _is_executed(tree: Tree, folder: str, name: str) -> bool:
    """Return whether a folder is looked into: a virtual environment within the project is a tree of its own."""
    path = os.path.join(folder, name)
    if folder == tree.path and name in _NOT_EXECUTED:
        return False
    return not is_link(path) and not os.path.exists(os.path.join(path, "pyvenv.cfg"))
