"""Links as tests make them; where the system makes none, the test is skipped: by what happened, not by its name."""

import os
import sys
from pathlib import Path

import pytest

from scheduler_runner.system.folders import is_link


def link_file(link: Path, target: Path) -> None:
    """Make ``link`` lead to the file ``target``, which need not be there; on Windows that takes a privilege."""
    try:
        os.symlink(target, link)
    except OSError as error:
        pytest.skip(f"no link to a file can be made here: {error}")
    _require_link(link)


def link_folder(link: Path, target: Path) -> None:
    """Make ``link`` lead to the folder ``target``; on Windows by a junction, which needs no privilege."""
    if sys.platform != "win32":
        os.symlink(target, link)
        return
    import _winapi

    try:
        _winapi.CreateJunction(str(target), str(link))
    except OSError as error:
        pytest.skip(f"no junction can be made here: {error}")
    _require_link(link)


def _require_link(link: Path) -> None:
    if not is_link(str(link)):
        pytest.skip("the link that was made is shown as a plain file or folder")  # as Wine does
