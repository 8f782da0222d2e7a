"""What a privileged runner executes and an ordinary account could change: configuration is code."""

import os
import sys
from collections.abc import Iterator
from typing import NamedTuple

from scheduler_runner.rights.accounts import is_privileged
from scheduler_runner.rights.file_rights import ancestors, changers
from scheduler_runner.system.folders import is_link

_NOT_EXECUTED = frozenset({"logs", "sandbox", ".git", ".hypothesis", ".pytest_cache", ".mypy_cache", ".ruff_cache"})
_QUICK_DEPTH = 3


class Tree(NamedTuple):
    """A folder, or a single file, that a runner executes or reads. ``is_quick``: only its upper folders matter now."""

    path: str
    is_quick: bool = False


class Exposure(NamedTuple):
    """One place that ordinary accounts could change; ``more`` are places below it that they could change as well."""

    path: str
    accounts: tuple[str, ...]
    more: int = 0
    is_above: bool = False
    """Whether it is a folder further up: what lies in it could be taken away and replaced."""

    def __str__(self) -> str:
        below = f" (and {self.more} more below it)" if self.more else ""
        return f"{self.path}{below} can be changed by {', '.join(self.accounts)}"


def code_trees(project_root: str, config_path: str, *, is_quick: bool) -> list[Tree]:
    """Return what this interpreter's runner executes: project, INI, virtual environment, base Python."""
    places = [Tree(project_root), Tree(config_path)]
    places += [Tree(folder, is_quick) for folder in python_folders()]
    return [place for place in places if os.path.lexists(place.path)]


def exposed_code(project_root: str, config_path: str = "") -> str:
    """Return what ordinary accounts could make this runner execute, as one text; ``""`` for nothing, or no privileges.

    ``config_path`` is the INI's, relative to the project. Of Python only the upper folders are looked at: a tick asks.
    """
    if not is_privileged():
        return ""
    trees = code_trees(project_root, os.path.join(project_root, config_path or "pvz_config.ini"), is_quick=True)
    return "; ".join(str(exposure) for exposure in exposures(trees))


def python_folders() -> list[str]:
    """Return the virtual environment and the base Python's folder; on POSIX of the latter its library."""
    base = sys.base_prefix if sys.platform == "win32" else os.path.dirname(os.path.realpath(os.__file__))
    return [base] if sys.prefix == sys.base_prefix else [sys.prefix, base]


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


def _note(found: dict[str, Exposure], path: str, accounts: set[str]) -> None:
    if not accounts or path in found:
        return
    covering = next((found[folder] for folder in ancestors(path) if folder in found), None)
    if covering is not None and accounts <= set(covering.accounts):
        found[covering.path] = covering._replace(more=covering.more + 1)
    else:
        found[path] = Exposure(path, tuple(sorted(accounts)))


def _places(tree: Tree) -> Iterator[str]:
    yield tree.path
    top = tree.path.rstrip(os.sep).count(os.sep)
    for folder, folders, files in os.walk(tree.path):
        folders[:] = [name for name in folders if _is_executed(tree, folder, name)]
        if tree.is_quick and folder.count(os.sep) - top >= _QUICK_DEPTH - 1:
            folders.clear()
        yield from (os.path.join(folder, name) for name in folders)
        if not tree.is_quick:
            yield from (os.path.join(folder, name) for name in files)


def _is_executed(tree: Tree, folder: str, name: str) -> bool:
    """Return whether a folder is looked into: a virtual environment within the project is a tree of its own."""
    path = os.path.join(folder, name)
    if folder == tree.path and name in _NOT_EXECUTED:
        return False
    return not is_link(path) and not os.path.exists(os.path.join(path, "pyvenv.cfg"))
