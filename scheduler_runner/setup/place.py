"""Where an entry's Python and project may lie. Pure, as Windows writes paths."""

import ntpath
from collections.abc import Iterator, Mapping

from scheduler_runner.errors import SchedulerError


def require_place(base_python: str, written: tuple[str, ...], environ: Mapping[str, str]) -> None:
    r"""Raise ``SchedulerError`` where an entry would be registered that cannot start, or not for long.

    ``base_python`` is the folder of the Python that the virtual environment was made with: where it is gone or out of
    the account's reach, the environment's launcher opens a box at every start, and nobody is told. ``written`` are the
    paths that stand in the entry.

    >>> require_place("C:\\Program Files\\Python313", ("C:\\PVZ",), {})
    """
    for path in written:
        if "%" in path:
            raise SchedulerError(
                "Task Scheduler takes what stands between percent signs for a variable: a folder without % would be "
                "right in the place of {path}",
                path=path,
            )
    whole = _folder(base_python)
    if "\\windowsapps\\" in whole or any(whole.startswith(profiles) for profiles in _profiles(environ)):
        raise SchedulerError(
            "the virtual environment was made with the Python in {path}, which belongs to one account and is not "
            "there for others: install Python for all users, then make the environment anew with it",
            path=base_python,
        )


def _profiles(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the folders that hold accounts' profiles; a profile may have been moved away from the others."""
    for name in ("PUBLIC", "USERPROFILE"):
        if environ.get(name):
            yield _folder(ntpath.dirname(environ[name]))
    for name in ("USERPROFILE", "LOCALAPPDATA", "APPDATA"):
        if environ.get(name):
            yield _folder(environ[name])


def _folder(path: str) -> str:
    return ntpath.normcase(ntpath.normpath(path)).rstrip("\\") + "\\"
