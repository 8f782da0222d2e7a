"""What rounds have found that takes a real runner to show; what a smaller test shows stands beside its subject."""

import pytest

from tests.bot_api import BotApi
from tests.conftest import entry
from tests.notices.test_notices import RAN, tell, texts


@pytest.mark.slow
def test_what_is_wrong_in_the_configuration_is_told_where_the_ledger_cannot_be_written(project):
    with BotApi() as api:
        point = tell(project, api.url)
        point.schedule(entry("Job", RAN))
        (point.logs / "operator" / "ledger.sqlite3").mkdir(parents=True)
        point.configure("SCHEDULE = [\n", domain="broken")
        assert point.run("--user", "operator").returncode in (3, 5)
        (text,) = texts(api)
    assert "ошибка в настройках: scheduler_runner/tasks/broken/config/demo_config.py: это не Python" in text
