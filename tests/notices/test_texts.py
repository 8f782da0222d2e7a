from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from scheduler_runner.notices.news import Kind, Notice
from scheduler_runner.notices.texts import PART_UNITS, messages, ping_text, point_name, split, text_of

MOSCOW = ZoneInfo("Europe/Moscow")
AT = datetime(2026, 11, 23, 21, 14, tzinfo=MOSCOW).timestamp()
TASK = "cameras_CopyScript"
LOCK_SCREEN = 110

FACTS = {
    Kind.FAILING: {
        "slot": AT,
        "since": AT,
        "failures": 1,
        "outcome": "failed",
        "summary": "Облако недоступно",
        "attempt": 2,
    },
    Kind.REMINDER: {"since": AT, "failures": 5, "outcome": "timed_out", "summary": "", "reason": "its time was over"},
    Kind.RECOVERED: {"seconds": 3 * 3600 + 60, "failures": 5},
    Kind.MISSED: {"count": 3, "last": AT},
    Kind.INTERRUPTED: {"slot": AT},
    Kind.DEFECT: {"reason": "ZeroDivisionError"},
    Kind.CONFIG: {"problems": ["a.py: entry X: wrong", "b.py: wrong"]},
    Kind.CLOCK_BACK: {"now": AT, "newest": AT + 9 * 86400},
    Kind.CLOCK_AHEAD: {"now": AT + 9 * 86400, "last": AT},
    Kind.LEDGER_DAMAGED: {"reason": "ledger damaged: set aside"},
    Kind.EXPOSED: {"reason": "C:/pvz: Users may write"},
    Kind.LEDGER_AWAY: {"reason": "database is locked", "failed": [TASK]},
    Kind.DIGEST: {
        "runs": 36,
        "copied": 412,
        "copied_bytes": 3328599654,
        "free": [{"where": "C:", "bytes": 2**37}],
        "cameras": 6,
    },
    Kind.TEST: {},
    Kind.UNREADABLE: {},
}
EXPECTED = {
    Kind.FAILING: "182: сбой cameras_CopyScript\nОблако недоступно\nпопытка 2, по плану 23.11 21:14",
    Kind.REMINDER: "182: всё ещё сбой cameras_CopyScript\n5 неудач с 23.11 21:14\nне уложилась в отведённое время: its time was over",
    Kind.RECOVERED: "182: снова работает cameras_CopyScript\nсбой длился 3 ч 1 мин, 5 неудач",
    Kind.MISSED: "182: не запускалась cameras_CopyScript\n3 раза, последний 23.11 21:14",
    Kind.INTERRUPTED: "182: прервана и не доделана cameras_CopyScript\nпо плану 23.11 21:14",
    Kind.CONFIG: "182: ошибка в настройках\na.py: entry X: wrong\nb.py: wrong",
    Kind.CLOCK_BACK: "182: часы переведены назад\nсейчас 23.11.2026 21:14, а последний запуск 02.12.2026 21:14",
    Kind.CLOCK_AHEAD: "182: 9 дней без запусков: часы ушли вперёд или компьютер был выключен\nпрошлый раз 23.11.2026 21:14",
    Kind.LEDGER_AWAY: "182: журнал учёта не записывается\nсбой cameras_CopyScript\ndatabase is locked",
    Kind.DIGEST: "182: всё в порядке: 36 запусков, скопировано 412 файлов, 3,1 ГБ, свободно C: 128,0 ГБ, 6 камер",
    Kind.TEST: "182: проверка уведомлений\nЕсли вы это читаете, они доходят",
}


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_text_whose_first_line_fits_a_lock_screen(kind):
    task = TASK if kind in (Kind.FAILING, Kind.REMINDER, Kind.RECOVERED, Kind.MISSED, Kind.INTERRUPTED) else ""
    (message,) = messages("182", [Notice(kind, AT, task, FACTS[kind])], MOSCOW)
    assert message == EXPECTED.get(kind, message)
    first = message.split("\n")[0]
    assert first.startswith("182: ")
    assert len(first) <= LOCK_SCREEN
    assert any("а" <= letter <= "я" for letter in first)


def test_facts_that_are_missing_break_no_text():
    for kind in Kind:
        assert text_of(Notice(kind, AT), MOSCOW).headline


def test_digest_tells_what_is_wrong_first():
    facts = {
        **FACTS[Kind.DIGEST],
        "failing": [{"task": TASK, "since": AT, "summary": "Облако недоступно"}],
        "remarks": [{"task": "b", "outcome": "warned", "summary": "осталось 12 файлов"}],
        "missed": [{"task": "c", "count": 2}],
        "failed": 3,
        "problems": 1,
        "unreadable": [{"user": "system"}],
    }
    (message,) = messages("182", [Notice(Kind.DIGEST, AT, facts=facts)], MOSCOW)
    assert message.split("\n") == [
        "182: за сутки есть неполадки",
        "сбой cameras_CopyScript с 23.11 21:14: Облако недоступно",
        "замечание b: осталось 12 файлов",
        "не запускалась c: 2 раза",
        "неудачных запусков: 3",
        "ошибок в настройках: 1",
        "журнал учёта system не читается",
        "36 запусков, скопировано 412 файлов, 3,1 ГБ, свободно C: 128,0 ГБ, 6 камер",
    ]


def test_many_notices_make_one_message_that_loses_none():
    notices = [Notice(Kind.FAILING, AT + n, f"demo_Task{n}", FACTS[Kind.FAILING]) for n in range(20)]
    notices.append(Notice(Kind.RECOVERED, AT + 99, "demo_Task3", FACTS[Kind.RECOVERED]))
    (message,) = messages("182 test", notices, MOSCOW)
    assert message.startswith("182 test: 21 событие с 23.11 21:14, последнее срочное: сбой demo_Task19\n")
    assert all(f"сбой demo_Task{n}" in message for n in range(20))
    assert "снова работает demo_Task3" in message


@pytest.mark.parametrize("letter", ["щ", "🎥", "<"])
def test_text_of_any_letters_is_split_below_the_limit_and_nothing_is_lost(letter):
    text = "\n".join(["182: x", letter * 9000, *(f"строка {number} {letter}" for number in range(500))])
    parts = split(text, "182")
    assert all(len(part.encode("utf-16-le")) // 2 <= PART_UNITS for part in parts)
    assert all(part.startswith("182") for part in parts)
    assert "".join(parts).count(letter) == 9500


def test_short_text_is_left_alone():
    assert split("182: x\ny", "182") == ["182: x\ny"]


def test_test_point_is_shown_as_such():
    assert (point_name("СОСНОВКА_10", "test"), point_name("182", "production")) == ("СОСНОВКА_10 test", "182")


def test_ping_says_what_is_wrong():
    assert (
        ping_text("182", ["a"], ["system"], 2) == "182: сбой a; журнал учёта system не читается; ошибок в настройках: 2"
    )


def test_a_notice_that_cannot_be_read_holds_up_no_other():
    torn = Notice(Kind.CLOCK_BACK, AT, facts={"now": 2**62, "newest": AT})
    (text,) = messages("182", [torn, Notice(Kind.FAILING, AT, TASK, FACTS[Kind.FAILING])], MOSCOW)
    assert "событие, которое не читается" in text
    assert "сбой cameras_CopyScript" in text
