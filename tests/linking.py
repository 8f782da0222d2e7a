"""Links to folders as tests make them: on Windows junctions, which need no privilege."""

import sys
from pathlib import Path

import pytest


def link_folder(link: Path, target: Path) -> None:
    """Make ``link`` lead to the folder ``target``; the test is skipped where the system can make no such link."""
    if sys.platform != "win32":
        link.symlink_to(target)
        return
    import _winapi

    try:
        _winapi.CreateJunction(str(target), str(link))
    except OSError as error:
        pytest.skip(f"no junction can be made here: {error}")
