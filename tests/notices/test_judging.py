"""A digest that waited tells how things are when it is sent."""

from scheduler_runner.notices.delivery import Courier
from scheduler_runner.notices.news import Kind
from tests.notices.test_delivery import MOSCOW, START, Point, _direct, api  # noqa: F401 - fixtures


def test_digest_that_quiet_hours_held_calls_nothing_well_that_fails_since(ledger, api):  # noqa: F811
    point = Point(ledger, api.url, quiet=(0, 12 * 60))
    point.happens(Kind.DIGEST, "", level=None, runs=3, until=START)
    point.deliver()
    assert api.delivered == []
    now = START + 4 * 3600
    wrong = [{"kind": "task", "state": "fails", "since": START + 60, "looked_at": START + 60, "name": "", "facts": {}}]
    Courier(
        point.outbox,
        point.settings,
        point="182",
        zone=MOSCOW,
        logger=point.logger,
        judge=lambda notice: notice._replace(facts={**notice.facts, "concerns": wrong, "judged_at": now}),
        clock=lambda: now,
        pace_seconds=0,
    ).deliver()
    (message,) = api.delivered
    assert "всё в порядке" not in message.text
    assert "не проверялось с 23.11 09:01" in message.text
