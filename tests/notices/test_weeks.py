"""Random weeks, told by the real tick, book, teller, sender and courier under a made-up clock, against a slow oracle.

No program is started and no socket opened; the ledger is real. The oracle knows nothing of levels: it looks through all
that has happened so far, again and again, by the words of what a level is. ``WEEKS=500`` looks at more of them.
"""

import json
import logging
import os
from collections import defaultdict
from datetime import date, datetime, timedelta, timezone
from types import SimpleNamespace

import pytest

from config.base_config import PATH_CONFIG
from config.hours import Hours, OtherDays, read_week
from scheduler_runner import sender
from scheduler_runner.logbook.masking import Masker
from scheduler_runner.notices import book as book_module
from scheduler_runner.notices import delivery, pings
from scheduler_runner.notices.brakes import write_brakes
from scheduler_runner.notices.channel import SENT, Delivery
from scheduler_runner.notices.channel_settings import ChannelSettings
from scheduler_runner.notices.digest import PointState
from scheduler_runner.notices.news import Kind
from scheduler_runner.notices.safe_book import SafeBook
from scheduler_runner.notices.settings import NoticeSettings
from scheduler_runner.notices.teller import Teller
from scheduler_runner.outcome import Outcome, RunResult
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.records.run_rows import FinishedRun
from scheduler_runner.run_site import RunSite
from scheduler_runner.runs import attempt as attempt_module
from scheduler_runner.schedule_config import Schedule
from scheduler_runner.system.locks import try_lock
from scheduler_runner.tick import Tick
from tests.notices.oracle import wrong
from tests.notices.week import AWAY_TEXT, DAY, HOUR, TASKS, Week

WEEKS = int(os.environ.get("WEEKS", "5"))
SETTINGS = NoticeSettings(
    ((ChannelSettings("telegram", "1:x", ("1",)),),), ping_url="https://watcher.example/x", ping_seconds=3 * HOUR
)


class Phone:
    """The chat."""

    def __init__(self, week: Week) -> None:
        self._week = week

    async def __aenter__(self) -> "Phone":
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def send(self, chat: str, text: str, seconds: float) -> Delivery:
        week = self._week
        if week.now_in(week.no_network):
            week.lost = (week.lost[0] if week.lost else week.now, week.now)
            return Delivery(False, "no network")
        week.lost = None
        week.delivered.append((week.now, text))
        return SENT


@pytest.fixture
def live(tmp_path, monkeypatch):
    """Return a function that lets a week pass, and calls what looks at it after each tick."""

    def pass_week(week: Week, look) -> "list[str]":
        logs = str(tmp_path / f"logs{week.seed}")
        site = RunSite(logs, "operator", str(tmp_path), zone=timezone.utc, clock=lambda: week.now)
        os.makedirs(site.own.locks)
        lines: list[str] = []
        logger = logging.Logger("week")
        logger.addHandler(_Lines(lines))
        monkeypatch.setitem(PATH_CONFIG, "LOGS_ROOT", logs)
        monkeypatch.setattr(attempt_module, "begin_attempt", _begin(week))
        monkeypatch.setattr(sender, "time", SimpleNamespace(time=lambda: week.now))
        monkeypatch.setattr(sender, "load_schedule", lambda: Schedule(tuple(TASKS), ()))
        monkeypatch.setitem(delivery.Courier.__init__.__kwdefaults__, "clock", lambda: week.now)
        monkeypatch.setitem(delivery.Courier.__init__.__kwdefaults__, "pace_seconds", 0)
        monkeypatch.setattr(delivery, "open_channel", lambda settings: Phone(week))
        monkeypatch.setattr(pings, "ping", _ping(week))
        monkeypatch.setattr(Tick, "_watch_rights", lambda tick: None)
        add = book_module.add_notice

        def noted(connection, notice) -> None:
            week.told.append(notice)
            add(connection, notice)

        monkeypatch.setattr(book_module, "add_notice", noted)
        for moment in week.moments:
            week.now = moment
            week.ticks.append(moment)
            _tick(week, site, logger, monkeypatch)
            look(week, PointState(logs, TASKS, moment))
        return [line for line in lines if not line.startswith(("task ended", "notice given up"))]

    return pass_week


def _tick(week: Week, site: RunSite, logger: logging.Logger, monkeypatch) -> None:
    brakes = week.known_brakes
    write_brakes(site.own.brakes, brakes)
    hours = Hours(read_week("09:00-21:00"), tuple(_closed_day(day) for day in week.closed))
    book = SafeBook(TASKS, site, SETTINGS, logger, hours=lambda: hours, brakes=brakes)
    ledger = Ledger(site.own.ledger, book=book)
    wanted: list[bool] = []
    monkeypatch.setattr(Teller, "_start_sender", lambda teller, notices=(): wanted.append(True))
    teller = Teller(SETTINGS, site, ledger, book, logger, is_scheduled=True)
    tick = Tick(TASKS, site, ledger, logger, lambda task: logger, teller, pauses=book.pauses)
    teller.tick_begun()
    tick.run_due()
    teller.tick_ended(tick.end(0), [])
    ledger.close()
    if wanted:
        here = SimpleNamespace(timezone="UTC", pvz_id="182", env_mode="production")
        with try_lock(site.own.sender_lock) as lock:
            sender.Sending("operator", here, SETTINGS, Masker(()), logger, lock).send()


def _closed_day(day: int) -> OtherDays:
    closed = date(1970, 1, 1) + timedelta(day)
    return OtherDays(closed, closed, is_yearly=False)


def _begin(week: Week):
    def begin_attempt(task, *, slot, attempt, ledger, site, **_) -> RunResult:
        moment = datetime.fromtimestamp(week.now, timezone.utc)
        result = RunResult(
            task.id, f"{task.id}-{len(week.ticks)}", slot, attempt, Outcome.ALREADY_RUNNING, moment, moment
        )
        if week.mode(task.name) == "locked":
            return result
        run, start = week.run(task.name), int(slot.timestamp())
        assert ledger.claim(run=result.run_id, task=task.id, slot=start, attempt=attempt, started_at=week.now)
        found = {"waits": run.waits, "cause": run.cause, "cause_text": AWAY_TEXT if run.cause else ""}
        found["subjects"] = {
            name: {"state": "fails" if fails else "works", "text": f"camera-{name}"} for name, fails in run.cameras
        }
        kept = {name: value for name, value in found.items() if value}
        finished = FinishedRun(
            result.run_id, task.id, start, attempt, week.now, week.now, run.end, summary=f"{task.name}: said", findings=json.dumps(kept)
        )  # fmt: skip
        ledger.finish(finished, slot_state=attempt_module.slot_state(ledger, task, finished))
        week.runs[task.name, start].append(run)
        return result._replace(outcome=Outcome(run.end))

    return begin_attempt


def _ping(week: Week):
    def ping(url: str, said: str, *, body: str, timeout_seconds: float) -> str:
        if week.now_in(week.no_network):
            return "no network"
        week.pinged.append((week.now, said, body))
        return ""

    return ping


class _Lines(logging.Handler):
    def __init__(self, lines: "list[str]") -> None:
        super().__init__()
        self._lines = lines
        self._formatter = logging.Formatter()

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR:
            self._lines.append(self._formatter.format(record))


WORDS = {"cause": AWAY_TEXT, "subject": "camera-{}", "task": "{}", "undelivered": "уведомления не доходят"}


def words_of(key: str) -> str:
    """Return what a message that tells of it holds."""
    kind, _, name = key.partition(" ")
    return WORDS[kind].format(name.rpartition("/")[2].removeprefix("demo_")).lower()


def place_of(week: Week) -> str:
    return f"seed={week.seed} at {datetime.fromtimestamp(week.now, timezone.utc):%a %d %H:%M}"


def look_at_all(week: Week, state: PointState) -> None:
    """What is wrong, and nothing else, is known, and those who are to know of it have been told, often enough."""
    must, may = wrong(week)
    shown = {f"{each.kind} {each.name}" for each in state.concerns if each.state in ("fails", "idle")}
    assert must - shown == set(), f"{place_of(week)}: not among the concerns"
    assert shown - must - may == set(), f"{place_of(week)}: among the concerns"
    unmuted = {key for key in must if not week.is_muted(key)}
    look_at_words(week, unmuted)
    for key in must ^ week.begun.keys():
        week.changes[key].append(week.now)
    week.begun = {key: week.begun.get(key, week.now) for key in must}
    for key in unmuted - {"undelivered 1"}:
        look_at_telling(week, key)


def look_at_words(week: Week, unmuted: "set[str]") -> None:
    """Digest and ping of this very moment: never well beside what is wrong, and nothing is left out of a ping."""
    for text in (text for at, text in week.delivered[-3:] if at == week.now):
        assert "всё в порядке" not in text or not unmuted, f"{place_of(week)}: {text}"
    for at, said, body in week.pinged[-1:]:
        if at == week.now:
            # A ping waits for no delivery: it still tells that nothing arrives while the first message does again.
            known = unmuted | (week.begun.keys() & {"undelivered 1"})
            assert (said == pings.FAIL) == bool(known), f"{place_of(week)}: {body}"
            assert all(words_of(key) in body.lower() for key in unmuted), f"{place_of(week)}: {body}"


def look_at_telling(week: Week, key: str) -> None:
    """A beginning, a reminder after four hours, and then one a day, where they can be told.

    One that would follow other news of it within two hours is left out.
    """
    lately = week.ticks[-3:]
    is_reached = week.lost is None and not any(
        first <= at < last for first, last, _ in week.no_network for at in lately
    )
    is_unstable = len([at for at in week.changes[key] if week.now - at <= 2 * DAY]) > 3
    if not is_reached or is_unstable or not 8 <= week.now % DAY / HOUR < 22:
        return
    begun, told = week.begun[key], [at for at, text in week.delivered if words_of(key) in text.lower()]
    last, off = max(told, default=0.0), week.now - week.ticks[-2] if len(week.ticks) > 1 else 0.0
    assert last >= begun, f"{place_of(week)}: nobody was told of {key}"
    assert last >= begun + 2 * HOUR or week.now - begun < 4 * HOUR, f"{place_of(week)}: no first reminder of {key}"
    assert week.now - last <= DAY + 2 * HOUR + off, f"{place_of(week)}: no daily reminder of {key}"


def look_at_brakes(week: Week) -> None:
    """Nobody was told more often than that, nor of what is muted."""
    levels = defaultdict(list)
    for notice in week.told:
        if notice.facts.get("level"):
            levels[f"{notice.facts['level']} {notice.facts['name']}"].append(notice)
    for key, notices in levels.items():
        for before, notice in zip(notices, notices[1:]):
            is_spaced = notice.at - before.at >= 2 * HOUR  # half of remind_hours
            assert notice.kind is not Kind.REMINDER or is_spaced, f"seed={week.seed}: {key} {before} {notice}"
        for first in notices:
            day = [each.kind for each in notices if 0 <= each.at - first.at < DAY]
            assert day.count(Kind.UNSTABLE) <= 1, f"seed={week.seed}: {key} {day}"
            # The first one is met as it is; of those that follow four are told, and that it fails all the same.
            assert len([kind for kind in day if kind not in (Kind.UNSTABLE, Kind.REMINDER)]) <= 6, f"{key} {day}"
        silenced = [
            each for each in notices for mute in week.brakes if mute.since <= each.at and mute.silences(key, each.at)
        ]
        assert silenced == [], f"seed={week.seed}: {key}"


def look_at_calm(week: Week) -> None:
    """Where all goes well, nobody hears of the nights, of closed days, and of what the PC slept through."""
    heard = {(each.kind, each.task) for each in week.told if each.facts.get("level") != "undelivered"}
    assert heard <= {(Kind.MISSED, "demo_Daily")}, f"seed={week.seed}"
    lost = [int(each.facts["last"]) // DAY for each in week.told if each.kind is Kind.MISSED]
    assert not week.closed & {*lost}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [*range(WEEKS), 3005])  # there a ping meets the first message after two days away
def test_what_does_not_do_its_work_is_known_and_told_and_nothing_else(live, seed):
    week = Week(seed)
    assert live(week, look_at_all) == []
    look_at_brakes(week)
    if week.is_calm:
        look_at_calm(week)


def look_through_steps(week: Week, state: PointState) -> None:
    """Whatever the clock does: what failed last is known to fail and told, what worked last is not called failing."""
    runs = sorted((run.number, name, run) for (name, _), each in week.runs.items() for run in each)
    last = {name: run for _, name, run in runs if run.end != "skipped"}
    failing = {
        f"task demo_{name}" for name, run in last.items() if run.end == "failed" and not run.cause and not run.cameras
    }
    cameras = {camera: fails for _, _, run in runs for camera, fails in run.cameras}
    failing |= {f"subject demo_Watch/{camera}" for camera, fails in cameras.items() if fails}
    working = {f"task demo_{name}" for name, run in last.items() if run.end == "succeeded"}
    working |= {f"subject demo_Watch/{camera}" for camera, fails in cameras.items() if not fails}
    shown = {f"{each.kind} {each.name}" for each in state.concerns if each.is_wrong or each.muted_until}
    assert failing <= shown, place_of(week)
    assert not working & {f"{each.kind} {each.name}" for each in state.concerns if each.state == "fails"}
    unmuted = {key for key in failing if not week.is_muted(key)}
    look_at_words_beside(week, unmuted)
    for key in unmuted ^ week.messages_before.keys():
        week.changes[key].append(week.now)
    # The message that tells of it may have come in this very tick.
    week.messages_before = {key: week.messages_before.get(key, max(0, len(week.delivered) - 1)) for key in unmuted}
    week.loud = {key: week.loud.get(key, 0) + week.can_hear for key in unmuted}
    for key in unmuted:
        was_told = any(words_of(key) in text.lower() for _, text in week.delivered[week.messages_before[key] :])
        assert was_told or week.loud[key] < 12 or len(week.changes[key]) > 3, f"{place_of(week)}: {key}"


def look_at_words_beside(week: Week, unmuted: "set[str]") -> None:
    for at, text in week.delivered[-1:]:
        assert at != week.now or "всё в порядке" not in text or not unmuted, f"{place_of(week)}: {text}"
    for at, said, body in week.pinged[-1:]:
        assert at != week.now or not unmuted or said == pings.FAIL, f"{place_of(week)}: {body}"
        assert at != week.now or all(words_of(key) in body.lower() for key in unmuted), f"{place_of(week)}: {body}"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1000 + max(2, WEEKS // 3)))
def test_clock_that_steps_hides_nothing_that_failed_last(live, seed):
    assert live(Week(seed, has_steps=True), look_through_steps) == []
