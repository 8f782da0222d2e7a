"""What a point installs: all that runs, nothing else, each file by its hash."""

import re

from scheduler_runner.doctor.packages import runtime_requirements, satisfies
from tests.conftest import PROJECT

POINT = (PROJECT / "requirements-point.txt").read_text("utf-8")
PINNED = re.findall(r"^([\w.-]+)==([\w.]+)([^\\\n]*)", POINT, re.MULTILINE)


def test_every_package_of_a_point_has_its_hash_and_no_server_is_named():
    for part in re.split(r"\n(?=\w)", POINT.partition("\nanyio")[2]):
        assert "--hash=sha256:" in part, part
    assert "://" not in POINT


def test_what_runs_is_pinned_within_its_bounds():
    wanted = list(runtime_requirements((PROJECT / "requirements.txt").read_text("utf-8")))
    for requirement in wanted:
        name, bounds = re.match(r"([\w.-]+)\s*([^;]*)", requirement).groups()
        versions = [version for pinned, version, _ in PINNED if pinned.lower() == name.lower()]
        assert versions, name
        assert all(satisfies(version, bounds) for version in versions)


def test_nothing_for_tests_is_installed_at_a_point():
    assert not {name for name, *_ in PINNED} & {"pytest", "mypy", "ruff", "hypothesis", "freezegun"}
