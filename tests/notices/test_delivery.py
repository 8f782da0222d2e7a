"""The outbox on its way to the chats, against a real server, over made-up days.

Where a server is to hang, the time limit is one second; elsewhere it is far beyond what the slowest machine needs.
"""

import logging
import time
from contextlib import closing
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from scheduler_runner.errors import LedgerUnavailable
from scheduler_runner.notices.channel_settings import ChannelSettings
from scheduler_runner.notices.delivery import PACE_SECONDS, Courier
from scheduler_runner.notices.news import Kind, Notice
from scheduler_runner.notices.outbox import Outbox, add_notice
from scheduler_runner.notices.settings import NoticeSettings
from scheduler_runner.records.ledger_file import LedgerFile
from tests.bot_api import (
    BREAK,
    BROKEN,
    FORBIDDEN,
    HANG,
    HANG_SECONDS,
    MIGRATED,
    NO_CHAT,
    OK,
    TOKEN,
    TOO_MANY,
    VK_TOKEN,
    BotApi,
    free_port,
    refusal,
)

MOSCOW = ZoneInfo("Europe/Moscow")
START = datetime(2026, 11, 23, 9, 0, tzinfo=MOSCOW).timestamp()
MINUTE, HOUR, DAY = 60, 3600, 86400


@pytest.fixture(autouse=True)
def _direct(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def api():
    with BotApi() as api:
        yield api


def telegram(url: str, *chats: str, admins=(), proxy: str = "", **_) -> ChannelSettings:
    return ChannelSettings("telegram", TOKEN, chats, admins, api_url=url, proxy=proxy)


def vk(url: str, *peers: str, **values) -> ChannelSettings:
    return ChannelSettings("vk", VK_TOKEN, peers, api_url=url, **values)


class Point:
    """An outbox, a clock that a test sets, and a courier."""

    def __init__(self, ledger, url: str, pace_seconds: float = 0, **values) -> None:
        self.ledger = ledger
        self.outbox = Outbox(ledger.file)
        groups = values.pop("groups", None) or ((telegram(url, *values.pop("chats", ("-100",)), **values),),)
        general = {name: values[name] for name in ("send_seconds", "quiet") if name in values}
        self.settings = NoticeSettings(groups, **{"send_seconds": 60, "quiet": None, **general})
        self.pace_seconds = pace_seconds
        self.now = START
        self.log = []
        self.logger = logging.Logger("courier")
        self.logger.addHandler(_Kept(self.log))

    def happens(self, kind: Kind, task: str = "demo_Job", **facts) -> None:
        notice = Notice(kind, self.now, task, {"level": "task", "name": task, "state": "fails", **facts})
        self.ledger.file.write(lambda connection: add_notice(connection, notice))

    def deliver(self) -> Courier:
        courier = Courier(
            self.outbox,
            self.settings,
            point="182 test",
            zone=MOSCOW,
            logger=self.logger,
            clock=lambda: self.now,
            pace_seconds=self.pace_seconds,
        )
        courier.given_up = courier.deliver()
        return courier

    @property
    def is_due(self) -> bool:
        is_quiet = self.settings.is_quiet(int(self.now), MOSCOW)
        names = [recipient.key for recipient in self.settings.recipients]
        return self.outbox.waiting().is_due(names, self.now, is_quiet=is_quiet)


class _Kept(logging.Handler):
    def __init__(self, kept: list) -> None:
        super().__init__()
        self.kept = kept

    def emit(self, record) -> None:
        self.kept.append(record.getMessage())


@pytest.fixture
def point(ledger, api):
    return Point(ledger, api.url)


def test_notice_is_sent_once_and_leaves_nothing_behind(point, api):
    point.happens(Kind.FAILING, summary="Облако недоступно")
    assert point.is_due
    point.deliver()
    point.deliver()
    (message,) = api.delivered
    assert message.text.startswith("<b>182 test: Облако недоступно</b>\ndemo_Job")
    assert not point.is_due
    assert not point.ledger.has_notices()


@pytest.mark.slow
def test_nothing_is_sent_that_cannot_be_noted_as_sent(point, api):
    point.happens(Kind.FAILING)
    kept = point.outbox
    with closing(LedgerFile(point.ledger.file.path, is_read_only=True)) as unwritable:
        point.outbox = Outbox(unwritable)
        for _ in range(3):
            with pytest.raises(LedgerUnavailable):
                point.deliver()
    assert api.delivered == []
    point.outbox = kept
    point.deliver()
    assert len(api.delivered) == 1


def test_half_a_letter_neither_stops_a_notice_nor_its_text(point, api):
    point.happens(Kind.CONFIG, problems=["файл \udcff.py"])
    point.deliver()
    assert "файл ?.py" in api.delivered[0].text


def test_every_chat_is_told(ledger, api):
    point = Point(ledger, api.url, chats=("-100", "42", "@point"))
    point.happens(Kind.FAILING)
    point.deliver()
    assert sorted(message.chat for message in api.delivered) == ["-100", "42", "@point"]


def test_notices_that_waited_come_as_one_message(point, api):
    for number in range(5):
        point.happens(Kind.FAILING, f"demo_{number}")
    point.deliver()
    (message,) = api.delivered
    assert all(f"сбой: demo_{number}" in message.text for number in range(5))


@pytest.mark.slow
@pytest.mark.parametrize("answer", [BROKEN, BREAK, FORBIDDEN, NO_CHAT])
def test_what_could_not_be_sent_waits_and_comes_later_once(point, api, answer):
    api.answers.append(answer)
    point.happens(Kind.FAILING)
    point.deliver()
    assert api.delivered == []
    assert not point.is_due
    point.now += 59
    assert not point.is_due
    point.now += 1
    assert point.is_due
    point.deliver()
    assert len(api.delivered) == 1
    assert not point.ledger.has_notices()
    assert any("notice not sent chat=-100 try_again_in=60s reason=" in line for line in point.log)


def test_server_that_hangs_is_waited_for_within_the_limit(ledger, api):
    point = Point(ledger, api.url, chats=("-100", "42"), send_seconds=1)
    api.always = HANG
    point.happens(Kind.FAILING)
    started = time.monotonic()
    point.deliver()
    assert time.monotonic() - started < HANG_SECONDS / 2


def test_wait_that_telegram_asks_for_is_kept(point, api):
    api.answers.append(TOO_MANY)
    point.happens(Kind.FAILING)
    point.deliver()
    point.now += 6
    assert not point.is_due
    point.deliver()
    assert len(api.messages) == 1
    point.now += 1
    assert point.is_due
    point.deliver()
    assert len(api.delivered) == 1


def test_group_that_moved_is_followed_told_and_remembered(point, api):
    api.answers.append(MIGRATED)
    point.happens(Kind.FAILING)
    point.deliver()
    (message,) = api.delivered
    assert message.chat == "-1009"
    assert "впишите в настройки chat_id = -1009" in message.text
    point.happens(Kind.RECOVERED)
    point.deliver()
    assert [message.chat for message in api.messages] == ["-100", "-1009", "-1009"]
    assert "впишите" not in api.delivered[-1].text


def test_one_chat_that_refuses_holds_up_no_other(ledger, api):
    point = Point(ledger, api.url, chats=("1", "2"))
    api.answers.append(FORBIDDEN)
    point.happens(Kind.FAILING)
    point.deliver()
    (delivered,) = api.delivered
    point.now += 3600
    point.deliver()
    assert sorted(message.chat for message in api.delivered) == ["1", "2"]
    assert delivered.chat != api.delivered[-1].chat
    assert not ledger.has_notices()


@pytest.mark.slow
def test_network_down_for_half_a_day_then_one_message_per_chat_and_nothing_lost(ledger):
    """Ticks every five minutes, an event now and then; longer and longer pauses, up to a quarter of an hour."""
    port = free_port()
    point = Point(ledger, f"http://127.0.0.1:{port}", chats=("-100", "42"))
    attempts = 0
    for tick in range(DAY // 2 // 300):
        point.now = START + tick * 300
        if tick % 24 == 0:
            point.happens(Kind.FAILING, f"demo_Task{tick}", summary=f"причина {tick}")
        if tick % 24 == 12:
            point.happens(Kind.REMINDER, "demo_Long", failures=tick, since=START)
        if point.is_due:
            attempts += 1
            point.deliver()
    assert 48 <= attempts < 60  # four an hour, and some more in the first one
    with BotApi(port) as api:
        point.now += 900
        assert point.is_due
        point.deliver()
        assert sorted(message.chat for message in api.messages) == ["-100", "42"]
        for message in api.messages:
            assert all(f"причина {tick}" in message.text for tick in range(0, 144, 24))
            assert message.text.count("всё ещё сбой: demo_Long") == 1
            assert message.text.startswith("<b>182 test: сбой: demo_Long и ещё 6</b>")
    assert not ledger.has_notices()


def test_message_cut_short_goes_on_where_it_stopped(point, api):
    problems = [f"задача {number}: {'щ' * 200} <&>" for number in range(60)]
    point.happens(Kind.CONFIG, problems=problems)
    api.answers.extend([OK, BROKEN])
    point.deliver()
    point.now += 60
    point.happens(Kind.RECOVERED, "demo_Later")
    point.deliver()
    arrived = "\n".join(message.text for message in api.delivered)
    assert [arrived.count(f"задача {number}:") for number in range(60)] == [1] * 60
    assert arrived.count("снова работает: demo_Later") == 1
    assert not point.ledger.has_notices()


@pytest.mark.slow
def test_parts_of_one_message_keep_the_pace_that_telegram_allows(ledger, api):
    point = Point(ledger, api.url, pace_seconds=PACE_SECONDS)
    point.happens(Kind.CONFIG, problems=["щ" * 3000, "ы" * 3000])
    point.deliver()
    first, second = (message.at for message in api.delivered)
    assert second - first >= 1.0


def test_what_can_wait_waits_until_quiet_hours_are_over(ledger, api):
    point = Point(ledger, api.url, quiet=(22 * 60, 10 * 60))
    point.happens(Kind.RECOVERED)
    assert not point.is_due
    point.deliver()
    assert api.messages == []
    point.now += 3600
    assert point.is_due
    point.deliver()
    assert len(api.delivered) == 1


def test_what_cannot_wait_takes_the_rest_along(ledger, api):
    point = Point(ledger, api.url, quiet=(22 * 60, 10 * 60))
    point.happens(Kind.RECOVERED, "demo_A")
    point.happens(Kind.FAILING, "demo_B")
    assert point.is_due
    point.deliver()
    (message,) = api.delivered
    assert "снова работает: demo_A" in message.text
    assert "сбой: demo_B" in message.text


@pytest.mark.slow
def test_notice_is_given_up_after_its_days_with_a_log_line(point, api):
    api.always = FORBIDDEN
    point.happens(Kind.FAILING, "demo_Old")
    point.deliver()
    point.now += 8 * DAY
    point.happens(Kind.FAILING, "demo_New")
    point.deliver()
    assert "notice given up kind=failing task=demo_Old: nobody could be told within 7 days" in point.log
    api.always = OK
    point.now += 3600
    point.deliver()
    (message,) = api.delivered
    assert "demo_New" in message.text
    assert "demo_Old" not in message.text


def test_old_notice_is_sent_where_that_succeeds_at_last(point, api):
    """A clock that jumps ahead must not make it old before anybody tried."""
    point.happens(Kind.FAILING)
    point.now += 300 * DAY
    point.deliver()
    assert len(api.delivered) == 1


@pytest.mark.slow
def test_rest_of_a_message_is_given_up_with_its_notice(point, api):
    point.happens(Kind.CONFIG, problems=["щ" * 3000, "ы" * 3000, "ю" * 3000])
    api.answers.append(OK)
    api.always = FORBIDDEN
    point.deliver()
    point.now += 8 * DAY
    point.deliver()
    assert not point.ledger.has_notices()
    api.always = OK
    point.happens(Kind.FAILING, "demo_New")
    point.now += 3600
    point.deliver()
    assert [message.text.split("\n")[0] for message in api.delivered[1:]] == ["<b>182 test: сбой: demo_New</b>"]


def test_chat_that_is_new_in_the_settings_gets_what_waits_and_an_old_one_is_forgotten(point, api):
    api.answers.append(FORBIDDEN)
    point.happens(Kind.FAILING)
    point.deliver()
    point.settings = point.settings._replace(groups=((telegram(api.url, "7"),),))
    assert point.is_due
    point.deliver()
    assert [message.chat for message in api.delivered] == ["7"]
    assert not point.ledger.has_notices()
    assert [chat.chat for chat in _chats(point)] == ["7"]


def _chats(point):
    point.happens(Kind.TEST)
    return point.outbox.waiting().chats


def test_clock_set_back_by_a_year_silences_nobody(point, api):
    api.answers.append(BROKEN)
    point.happens(Kind.FAILING)
    point.deliver()
    point.now -= 365 * DAY
    assert point.is_due


def test_missing_or_broken_library_leaves_the_notice_waiting(point, api, monkeypatch):
    import sys

    point.happens(Kind.FAILING)
    with monkeypatch.context() as context:
        context.setitem(sys.modules, "telegram", None)
        point.deliver()
    assert api.messages == []
    assert "telegram: a package cannot be imported" in point.log[-1]
    point.now += 60
    point.deliver()
    assert len(api.delivered) == 1


def test_proxy_that_cannot_be_used_leaves_the_notice_waiting(ledger, api):
    point = Point(ledger, api.url, proxy="socks5://u:swordfish@127.0.0.1:1")
    point.happens(Kind.FAILING)
    point.deliver()
    assert ledger.has_notices()
    assert "notice not sent" in point.log[-1]


def test_notice_of_another_version_and_a_damaged_one_hold_up_no_other(point, api):
    def write(connection) -> None:
        for kind, facts in (("moonlight", "{}"), ("failing", "{")):
            connection.execute(
                "INSERT INTO outbox (kind, at, task, facts, can_wait) VALUES (?, ?, 'demo_A', ?, 0)",
                (kind, START, facts),
            )

    point.ledger.file.write(write)
    point.happens(Kind.FAILING, "demo_B")
    point.deliver()
    (message,) = api.delivered
    assert message.text.count("23.11 09:00 событие, которое не читается demo_A") == 2
    assert "сбой: demo_B" in message.text
    assert not point.ledger.has_notices()


@pytest.mark.slow
def test_answer_that_came_too_late_is_no_reason_to_send_again_at_once(ledger, api):
    """The server takes each message and never answers in time: a network that is throttled."""
    point = Point(ledger, api.url, send_seconds=1)
    api.always = HANG
    point.happens(Kind.FAILING, "demo_A")
    at = []
    for quarter in range(4 * 24):
        point.now = START + quarter * 900
        before = len(api.messages)
        if point.is_due:
            point.deliver()
        at += [quarter / 4] * (len(api.messages) - before)
    assert at == [0, 1, 7]
    assert not ledger.has_notices()


@pytest.mark.slow
def test_new_notice_does_not_wait_for_an_old_one_that_may_have_arrived(ledger, api):
    point = Point(ledger, api.url, send_seconds=1)
    api.answers.append(HANG)
    point.happens(Kind.FAILING, "demo_A")
    point.deliver()
    point.settings = point.settings._replace(send_seconds=60)
    point.happens(Kind.FAILING, "demo_B")
    assert point.is_due
    point.deliver()
    (message,) = api.delivered
    assert ("demo_B" in message.text, "demo_A" in message.text) == (True, False)
    point.now += 3600
    assert point.is_due
    point.deliver()
    assert "demo_A" in api.delivered[-1].text
    point.now += 86400
    assert not point.is_due


def refuses(word: str, api: BotApi) -> None:
    no = refusal(400, "Bad Request: strings must be encoded in UTF-8")
    api.refuses = lambda text: no if word in text else None


def test_text_that_is_refused_for_good_holds_up_no_other(point, api):
    refuses("яд", api)
    for name, summary in (("demo_A", "всё хорошо"), ("demo_B", "здесь яд"), ("demo_C", "диск полон")):
        point.happens(Kind.FAILING, name, summary=summary)
    point.deliver()
    arrived = "\n".join(message.text for message in api.delivered)
    assert "всё хорошо" in arrived
    assert "диск полон" in arrived
    assert arrived.count("одно сообщение не принято") == 1
    assert not point.ledger.has_notices()
    assert any("text refused chat=-100" in line and "яд" in line for line in point.log)
    refuses("всё", api)
    point.happens(Kind.FAILING, "demo_D", summary="ещё")
    point.deliver()
    assert "ещё" in api.delivered[-1].text


def test_chat_that_refuses_whatever_it_gets_is_let_be(point, api):
    refuses("", api)
    point.happens(Kind.FAILING)
    point.deliver()
    assert not point.is_due
    assert point.ledger.has_notices()
    assert len(api.messages) <= 3


def test_wait_of_days_is_kept_for_a_quarter_of_an_hour(point, api):
    api.answers.append(refusal(429, "Too Many Requests", retry_after=3 * DAY))
    point.happens(Kind.FAILING)
    point.deliver()
    point.now = START + 14 * MINUTE
    assert not point.is_due
    point.now = START + 15 * MINUTE
    assert point.is_due


def test_pause_made_by_a_clock_an_hour_ahead_ends_with_it(point, api):
    api.always = BROKEN
    point.now = START + HOUR
    point.happens(Kind.FAILING)
    point.deliver()
    assert not point.is_due
    point.now = START
    assert point.is_due


def test_all_channels_that_are_named_are_told(ledger, api):
    point = Point(ledger, api.url, groups=((telegram(api.url, "-100"),), (vk(api.url, "2000000001"),)))
    point.happens(Kind.FAILING)
    point.deliver()
    assert sorted(message.chat for message in api.delivered) == ["-100", "2000000001"]
    assert not ledger.has_notices()


@pytest.fixture
def either(ledger, api):
    """Return a point that is told by Telegram, and by VK where that cannot be reached."""
    with BotApi() as other:
        point = Point(ledger, api.url, groups=((telegram(api.url, "-100"), vk(other.url, "7")),))
        yield point, api, other


def test_next_channel_is_used_only_where_the_first_one_cannot_be_reached(either):
    point, first, second = either
    point.happens(Kind.FAILING, "demo_A")
    point.deliver()
    assert (len(first.delivered), second.messages) == (1, [])
    assert not point.ledger.has_notices()
    first.always = BROKEN
    point.happens(Kind.FAILING, "demo_B")
    point.deliver()
    assert ["demo_B" in message.text for message in second.delivered] == [True]
    assert not point.ledger.has_notices()
    # What the second one told is told: the first one has only what is new when it is there again.
    first.always = OK
    point.now += 60
    assert not point.is_due
    point.happens(Kind.FAILING, "demo_C")
    point.deliver()
    assert ["demo_C" in message.text for message in first.delivered[1:]] == [True]
    assert "demo_B" not in first.delivered[-1].text
    assert len(second.delivered) == 1


def test_while_the_first_channel_is_let_be_the_next_one_is_used_at_once(either):
    point, first, second = either
    first.always = BROKEN
    for name in ("demo_A", "demo_B"):
        point.happens(Kind.FAILING, name)
        point.deliver()
    assert len(first.messages) == 1
    assert len(second.delivered) == 2


def test_what_neither_channel_takes_waits_for_the_first_that_does(either):
    point, first, second = either
    first.always = second.always = BROKEN
    point.happens(Kind.FAILING)
    point.deliver()
    assert point.ledger.has_notices()
    second.always = OK
    point.now += 60
    assert point.is_due
    first.always = BROKEN
    point.deliver()
    assert len(second.delivered) == 1
    assert not point.ledger.has_notices()


def test_matters_of_the_administrator_go_to_his_chat_and_those_of_staff_to_theirs(ledger, api):
    point = Point(ledger, api.url, groups=((telegram(api.url, "-100", admins=("42",)),),))
    point.happens(Kind.FAILING, "demo_Job")
    point.happens(Kind.CONFIG, "", level="config", name="x", problem="x")
    point.happens(Kind.REMINDER, "", level="exposed", name="")
    point.deliver()
    told = {message.chat: message.text for message in api.delivered}
    assert told["-100"].startswith("<b>182 test: сбой: demo_Job</b>")
    assert "ошибка в настройках" in told["42"]
    assert "всё ещё программа не защищена" in told["42"]
    assert "demo_Job" not in told["42"]
    assert not ledger.has_notices()


def test_what_is_for_others_alone_does_not_wait_with_somebody_for_ever(ledger, api):
    point = Point(ledger, api.url, groups=((telegram(api.url, "-100", admins=("42",)),),))
    point.happens(Kind.CONFIG, "", level="config", name="x", problem="x")
    point.deliver()
    assert [message.chat for message in api.delivered] == ["42"]
    assert not point.is_due
    assert not ledger.has_notices()


def test_digest_tells_each_what_is_theirs(ledger, api):
    point = Point(ledger, api.url, groups=((telegram(api.url, "-100", admins=("42",)),),))
    concern = {"state": "fails", "since": START, "looked_at": START, "name": ""}
    concerns = [
        {**concern, "kind": "task", "facts": {"title": "Копирование"}},
        {**concern, "kind": "exposed", "facts": {}},
    ]
    point.happens(Kind.DIGEST, "", level=None, concerns=concerns, runs=3, until=START)
    point.deliver()
    told = {message.chat: message.text for message in api.delivered}
    assert told["-100"].startswith("<b>182 test: неполадки: Копирование</b>")
    assert told["42"].startswith("<b>182 test: неполадки: программа не защищена</b>")


def test_whom_it_cannot_reach_is_known_since_when(ledger, api):
    point = Point(ledger, api.url, chats=("1", "2"))
    api.answers.append(FORBIDDEN)
    point.happens(Kind.FAILING)
    reached = {each.key: each for each in point.deliver().reached}
    (lost,) = [each for each in reached.values() if each.since is not None]
    assert (lost.since, str(lost.reason).startswith("forbidden")) == (START, True)
    api.always = FORBIDDEN
    point.now += 3600
    assert [each.since for each in point.deliver().reached] == [START]
    api.always = OK
    point.now += 3600
    assert [each.since for each in point.deliver().reached] == [None]


def test_what_was_given_up_is_returned_so_that_it_can_be_told_anew(point, api):
    api.always = FORBIDDEN
    point.happens(Kind.FAILING, "demo_Old")
    point.deliver()
    point.now += 8 * DAY
    assert [notice.task for notice in point.deliver().given_up] == ["demo_Old"]
