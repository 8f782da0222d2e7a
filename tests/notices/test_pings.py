import pytest

from scheduler_runner.notices.pings import FAIL, LOG, WELL, ping
from tests.bot_api import BotApi, free_port


@pytest.fixture
def api(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with BotApi() as api:
        yield api


def send(url: str, said: str, body: str = "182: всё в порядке", seconds: float = 2.0) -> str:
    return ping(url, said, body=body, timeout_seconds=seconds)


@pytest.mark.parametrize(("said", "path"), [(WELL, "/p/u"), (FAIL, "/p/u/fail"), (LOG, "/p/u/log")])
def test_ping_says_so_at_the_end_of_its_address(api, said, path):
    assert send(f"{api.url}/p/u", said) == ""
    assert api.pings == [(path, "182: всё в порядке")]


def test_slug_with_a_question_keeps_it(api):
    assert send(f"{api.url}/key/point?create=1", FAIL) == ""
    assert api.pings[0][0] == "/key/point/fail?create=1"


def test_long_body_is_cut(api):
    send(f"{api.url}/p/u", WELL, "x" * 50_000)
    assert len(api.pings[0][1]) == 10_000


def test_refusal_is_told_without_the_address(api):
    trouble = send(f"{api.url}/gone/uuid", WELL)
    assert trouble == "refused with HTTP status 404: is ping_url in [healthchecks] right?"


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/uuid", "http://[uuid", "http://127.0.0.1:x/uuid"])
def test_network_that_is_down_and_address_that_is_none_are_told_without_it(url, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    trouble = send(url.format(port=free_port()), WELL)
    assert trouble
    assert "/uuid" not in trouble
