"""Commands about recordings need what the scripts' tests need; those that answer questions a point that has lived."""

import pytest

from config import base_config
from tests.conftest import entry
from tests.tasks.conftest import at, point, roots

__all__ = ["at", "point", "roots"]

PRINT = "print('copied 3 files')"


@pytest.fixture
def new_point(project, monkeypatch):
    """Return a project with three tasks, before its first tick; commands of this process look at it."""
    project.schedule(
        entry("Copy", PRINT),
        entry("Broken", "import sys; print('no disk'); sys.exit(3)"),
        entry("Off", PRINT, enabled=False),
    )
    monkeypatch.setenv("PVZ_CONFIG_PATH", str(project.root / "pvz_config.ini"))
    monkeypatch.setitem(base_config.PATH_CONFIG, "LOGS_ROOT", str(project.logs))
    monkeypatch.setitem(base_config.PATH_CONFIG, "TASKS_ROOT", str(project.root / "scheduler_runner" / "tasks"))
    base_config.point.cache_clear()
    yield project
    base_config.point.cache_clear()


@pytest.fixture
def lived(new_point):
    """Return it after one tick."""
    assert new_point.run("--user", "operator").returncode == 1
    return new_point
