"""What a tick would do: the lines for people, without a process."""

from datetime import timezone

from scheduler_runner.dry_run import describe_tick
from tests.conftest import python_task

NOW = 1_790_000_000 // 3600 * 3600


def lines(tmp_path, pauses) -> str:
    tasks = [python_task(""), python_task("", name="Other")]
    rows = describe_tick(tasks, NOW + 60, timezone.utc, str(tmp_path / "no.sqlite3"), 5, pauses)
    return "\n".join(" ".join(map(str, row)) for row in rows)


def test_paused_task_would_not_run_as_in_the_tick_itself(tmp_path):
    told = lines(tmp_path, {"demo_Job": [(NOW, NOW + 7200)]})
    assert "waits demo_Job paused, next" in told
    assert "would run demo_Other" in told


def test_pause_that_is_over_holds_nothing(tmp_path):
    assert "would run demo_Job" in lines(tmp_path, {"demo_Job": [(NOW - 7200, NOW - 60)]})
