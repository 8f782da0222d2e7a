"""A configuration file that ends its reader, or holds it up so that nothing else goes on: the next tick knows it."""

import pytest

from tests.conftest import entry
from tests.waiting import wait_until

RAN = "import os; open(os.path.join(os.environ['BASE_DIR'], 'ran'), 'a').write('x')"
LOST = "configuration problem scheduler_runner/tasks/bad/config/demo_config.py: whatever reads it ends"


@pytest.fixture
def point(project):
    project.schedule(entry("Job", RAN), domain="sound")
    return project


@pytest.fixture
def impatient(point):
    """A point whose files have two seconds, not twenty."""
    path = point.root / "scheduler_runner" / "reading.py"
    path.write_text(path.read_text("utf-8").replace("LIMIT_SECONDS = 20.0", "LIMIT_SECONDS = 2.0"), "utf-8")
    return point


def mark(point) -> str:
    path = point.logs / "operator" / "locks" / "reading"
    return path.read_text("utf-8") if path.exists() else ""


@pytest.mark.slow
def test_file_that_ends_the_tick_is_named_by_the_next_one_which_does_the_rest(point):
    bad = point.configure("import os; os._exit(0)", domain="bad")
    point.run("--user", "operator")
    assert not (point.root / "ran").exists()
    for _ in range(2):  # it stays known
        assert point.run("--user", "operator").returncode == 3
    assert (point.root / "ran").read_text() == "x"
    assert point.log().count(LOST) == 2
    bad.write_text("SCHEDULE = []")
    assert point.run("--user", "operator").returncode == 0
    assert mark(point) == ""


@pytest.mark.slow
def test_two_files_that_end_the_tick_are_both_known_in_the_end(point):
    for domain in ("bad", "worse"):
        point.configure("import os; os._exit(0)", domain=domain)
    for _ in range(2):
        point.run("--user", "operator")
    assert point.run("--user", "operator").returncode == 3
    assert (point.root / "ran").exists()


@pytest.mark.slow
def test_file_that_lets_no_other_thread_go_on_holds_up_one_tick_alone(impatient):
    impatient.configure("import itertools; sum(itertools.repeat(1))", domain="bad")
    hung = impatient.start("--user", "operator")
    wait_until(lambda: "bad" in mark(impatient))
    try:
        assert impatient.run("--user", "operator").returncode == 3  # while the first one hangs
        assert (impatient.root / "ran").exists()
        assert hung.poll() is None
    finally:
        hung.kill()
        hung.communicate()
    assert LOST in impatient.log()


@pytest.mark.slow
def test_file_that_was_accused_wrongly_is_read_again(point):
    point.run("--user", "operator")
    path = point.logs / "operator" / "locks" / "reading"
    path.write_text(str(point.root / "scheduler_runner" / "tasks" / "sound" / "config" / "demo_config.py"))
    assert point.run("--user", "operator").returncode == 0
    assert mark(point) == ""


@pytest.mark.slow
def test_a_command_names_it_too(point):
    point.configure("import os; os._exit(0)", domain="bad")
    point.run("--user", "operator")
    checked = point.run("check", "--json", module="scheduler_runner")
    assert checked.returncode == 3
    assert "whatever reads it ends" in checked.stdout
