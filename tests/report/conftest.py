"""A point that has lived, and what ``report`` gathers of it."""

from datetime import datetime

import pytest

from config import base_config
from scheduler_runner.cli.asking import here
from scheduler_runner.cli.report_facts import gather
from tests.report.scenes import ZONE, live, write_ini

NOW = datetime(2026, 11, 25, 19, 10, tzinfo=ZONE)


@pytest.fixture
def lay_out(tmp_path, monkeypatch):
    """Return a function that lays a scene out as this point, below ``tmp_path``."""

    def make(scene, more="", pvz_id="182"):
        write_ini(tmp_path / "pvz.ini", tmp_path, scene, more, pvz_id)
        live(tmp_path / "logs", scene)
        monkeypatch.setenv("PVZ_CONFIG_PATH", str(tmp_path / "pvz.ini"))
        monkeypatch.setitem(base_config.PATH_CONFIG, "LOGS_ROOT", str(tmp_path / "logs"))
        base_config.point.cache_clear()
        return tmp_path

    yield make
    base_config.point.cache_clear()


@pytest.fixture
def gathered(lay_out):
    """Return a function that lays a scene out and gathers what is to be told of it at its moment."""

    def gather_of(scene, more="", pvz_id="182"):
        lay_out(scene, more, pvz_id)
        return gather(here()._replace(now=scene.now.timestamp()))

    return gather_of
