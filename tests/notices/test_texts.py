from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from scheduler_runner.notices.digest_text import ping_text
from scheduler_runner.notices.news import Kind, Notice
from scheduler_runner.notices.sentences import text_of
from scheduler_runner.notices.texts import PART_UNITS, messages, point_name, split
from scheduler_runner.version import VERSION

MOSCOW = ZoneInfo("Europe/Moscow")
AT = datetime(2026, 11, 23, 21, 14, tzinfo=MOSCOW).timestamp()
TASK = "cameras_CopyScript"
LOCK_SCREEN = 115

TITLE = "Копирование записей"
MADE_BY = f" · версия {VERSION}"
SMALL = f"{TITLE} · по плану 23.11 21:14"
OF_TASK = {"level": "task", "name": TASK, "state": "fails", "title": TITLE, "advice": "Проверьте сетевой диск"}
CAMERA = {"level": "subject", "state": "fails", "title": "Проверка камер", "advice": "Проверьте питание камеры"}
SILENT = "нет записей с 14:00 — клиентская зона, над ресепшн"

FACTS = {
    Kind.FAILING: {
        **OF_TASK,
        "slot": AT,
        "since": AT,
        "outcome": "failed",
        "summary": "Облако недоступно",
        "attempt": 2,
    },
    Kind.IDLE: {**OF_TASK, "state": "idle", "idle_since": AT, "outcome": "skipped", "summary": "Идёт установка"},
    Kind.UNSTABLE: {**CAMERA, "text": SILENT},
    Kind.REMINDER: {**CAMERA, "text": SILENT, "since": AT - 7200, "looked_at": AT, "failures": 5},
    Kind.RECOVERED: {**OF_TASK, "since": AT - 10860, "ended_at": AT, "failures": 5},
    Kind.MISSED: {"count": 3, "last": AT, "title": TITLE},
    Kind.INTERRUPTED: {"slot": AT, "title": TITLE},
    Kind.STOPPED: {"slot": AT, "title": TITLE},
    Kind.BRAKE_ENDS: {"what": "pause", "asked": TITLE, "until": AT, "why": "ремонт"},
    Kind.DEFECT: {"reason": "ZeroDivisionError"},
    Kind.CONFIG: {"problems": ["a.py: entry X: wrong", "b.py: wrong"]},
    Kind.CLOCK_BACK: {"now": AT, "newest": AT + 9 * 86400},
    Kind.CLOCK_AHEAD: {"now": AT + 9 * 86400, "last": AT},
    Kind.LEDGER_DAMAGED: {"reason": "ledger damaged: set aside"},
    Kind.EXPOSED: {"reason": "C:/pvz: Users may write"},
    Kind.PACKAGES: {"reason": "psutil"},
    Kind.UNDELIVERED: {"level": "undelivered", "name": "-100", "reason": "forbidden"},
    Kind.LEDGER_AWAY: {"reason": "database is locked", "failed": [TASK]},
    Kind.DIGEST: {
        "runs": 36,
        "copied": 412,
        "copied_bytes": 3328599654,
        "free": {"C:": 2**37},
        "cameras": 6,
        "day": {"opened_at": AT - 12 * 3600, "closed_at": AT, "copied": 14210, "left": 0},
    },
    Kind.TEST: {},
    Kind.UNREADABLE: {},
}
EXPECTED = {
    Kind.FAILING: f"182: Облако недоступно\nПроверьте сетевой диск\n{SMALL} · попытка 2{MADE_BY}",
    Kind.IDLE: f"182: не выполняется: {TITLE} с 23.11 21:14\nКаждый раз откладывается: идёт установка\nПроверьте сетевой диск",
    Kind.REMINDER: f"182: всё ещё {SILENT}\nс 23.11 19:14, 5 неудач\nПроверьте питание камеры",
    Kind.RECOVERED: f"182: снова работает: {TITLE}\nДлилось 3 ч 1 мин, 5 неудач",
    Kind.MISSED: f"182: не запускалось вовремя: {TITLE}\n3 раза, последний 23.11 21:14\nКомпьютер был выключен или занят",
    Kind.CONFIG: "182: ошибка в настройках\na.py: entry X: wrong\nb.py: wrong",
    Kind.LEDGER_AWAY: "182: журнал учёта не записывается\nсбой: cameras_CopyScript\n"
    "Проверьте, есть ли место на диске; задачи пока выполняются без журнала\ndatabase is locked",
    Kind.DIGEST: "182: всё в порядке: открыт в 09:14, закрыт в 21:14; скопировано 14 210 файлов, все\n"
    "36 запусков, скопировано 412 файлов, 3,1 ГБ, свободно C: 128,0 ГБ, 6 камер",
    Kind.TEST: "182: проверка уведомлений\nЕсли вы это читаете, они доходят",
}


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ({"recorded": 14210, "copied": 14100, "left": 0}, "записано 14 210 файлов, скопировано всё"),
        ({"recorded": 14210, "copied": 14100, "left": 110}, "записано 14 210 файлов, скопировано 14 100 файлов, осталось 110 файлов"),
        ({"recorded": 14210, "copied": 14100}, "записано 14 210 файлов, скопировано 14 100 файлов"),
        ({"copied": 14100}, "скопировано 14 100 файлов"),
    ],
)  # fmt: skip
def test_all_is_called_copied_where_somebody_has_counted_what_is_left(day, told):
    facts = {**FACTS[Kind.DIGEST], "day": {"opened_at": AT - 12 * 3600, "closed_at": AT, **day}}
    assert first_line(Notice(Kind.DIGEST, AT, "", facts)).endswith(f"закрыт в 21:14; {told}")


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_text_whose_first_line_fits_a_lock_screen(kind):
    (message,) = messages("182", [Notice(kind, AT, TASK, FACTS[kind])], MOSCOW)
    assert message == EXPECTED.get(kind, message)
    first = message.split("\n")[0]
    assert first.startswith("182: ")
    assert len(first) <= LOCK_SCREEN
    assert any("а" <= letter <= "я" for letter in first)


def test_facts_that_are_missing_break_no_text():
    for kind in Kind:
        assert text_of(Notice(kind, AT), MOSCOW).headline


def first_line(*notices: Notice) -> str:
    return "\n".join(messages("182", notices, MOSCOW)).split("\n")[0]


def text(kind: Kind, **facts) -> str:
    (message,) = messages("182", [Notice(kind, AT, TASK, facts)], MOSCOW)
    return message


def test_first_line_is_what_happened_and_where():
    assert text(Kind.FAILING, **CAMERA, text=SILENT) == (
        f"182: {SILENT}\nПроверьте питание камеры\nПроверка камер{MADE_BY}"
    )


def test_task_without_a_sentence_is_told_by_its_title_and_last_words_in_small_print_without_codes():
    told = text(Kind.FAILING, **OF_TASK, outcome="failed", reason="exit code 3: no such host", tail="no such host")
    assert told.split("\n") == [
        f"182: сбой: {TITLE}",
        "Программа завершилась с ошибкой",
        "Последние слова программы: no such host",
        "Проверьте сетевой диск",
        f"{TITLE}{MADE_BY}",
    ]


def test_usual_errors_of_the_system_are_told_in_russian():
    told = text(Kind.FAILING, **OF_TASK, outcome="not_started", reason="x.exe: [Errno 2] No such file or directory")
    assert "файл или папка не найдены" in told
    assert "No such" not in told


def test_long_sentence_is_cut_in_the_first_line_alone():
    summary = "Мало места на D:: " + "очень " * 40 + "жаль"
    lines = text(Kind.FAILING, **OF_TASK, summary=summary).split("\n")
    assert len(lines[0]) <= LOCK_SCREEN + len("182: ")
    assert lines[1] == summary


def test_cause_names_who_waits_for_it():
    told = text(
        Kind.REMINDER,
        level="cause",
        state="fails",
        text="Облако недоступно",
        since=AT,
        titles=[TITLE, "Очистка облака"],
    )
    assert told.startswith("182: всё ещё облако недоступно\n")
    told = text(Kind.FAILING, level="cause", state="fails", text="Облако недоступно", titles=[TITLE, "Очистка облака"])
    assert told == f"182: Облако недоступно\nЖдут: {TITLE}, Очистка облака"


def test_state_that_nobody_has_looked_at_since_says_so():
    told = text(Kind.REMINDER, **CAMERA, text=SILENT, since=AT - 9 * 3600, looked_at=AT - 9 * 3600, failures=1)
    assert "с 23.11 12:14, не проверялось с 23.11 12:14" in told


def test_reminder_of_the_configuration_names_the_problem_and_is_always_fresh():
    told = text(
        Kind.REMINDER, level="config", state="fails", problem="x.py: а", since=AT - 9 * 3600, looked_at=AT - 9 * 3600
    )
    assert told.split("\n") == [
        "182: всё ещё ошибка в настройках", "с 23.11 12:14", "Поправьте то, что названо ниже", "x.py: а",
    ]  # fmt: skip
    concerns = [concern("config", facts={"problem": "x.py: а"}, since=AT - 9 * 3600, looked_at=AT - 9 * 3600)]
    assert "ошибка в настройках, с 23.11 12:14: x.py: а" in digest(concerns=concerns)


def test_reminder_says_when_the_disk_will_be_full():
    assert "Диск заполнится примерно 26.11" in text(
        Kind.REMINDER, **OF_TASK, summary="Нет сети", full_at=AT + 3 * 86400
    )


def of(kind: Kind, name: str, at: float = AT, **facts) -> Notice:
    return Notice(kind, at, name, {**OF_TASK, "name": name, "title": name, **facts})


@pytest.mark.parametrize(
    ("notices", "expected"),
    [
        ([of(Kind.FAILING, "а"), of(Kind.RECOVERED, "а", AT + 600)], "182: снова работает: а"),
        ([of(Kind.REMINDER, "а"), of(Kind.REMINDER, "б")], "182: сбой: б и ещё 1"),
        ([of(Kind.RECOVERED, "а"), of(Kind.RECOVERED, "б")], "182: снова работает: б и ещё 1"),
        (
            [of(Kind.RECOVERED, "а"), of(Kind.FAILING, "б"), of(Kind.FAILING, "в"), of(Kind.FAILING, "г")],
            "182: сбой: г и ещё 2 · снова работает: а",
        ),
        ([of(Kind.IDLE, "а", state="idle"), of(Kind.UNSTABLE, "б")], "182: не выполняется: а · с перебоями: б"),
        (
            [Notice(Kind.MISSED, AT, "a", {"title": "а"}), Notice(Kind.EXPOSED, AT), of(Kind.FAILING, "б")],
            "182: сбой: б · программа не защищена и ещё 1",
        ),
        ([of(Kind.FAILING, "Cam"), of(Kind.RECOVERED, "Облако")], "182: сбой: Cam · снова работает: облако"),
        ([of(Kind.FAILING, "а"), Notice(Kind.DIGEST, AT, "", {"runs": 3})], "182: сбой: а"),
        (
            [of(Kind.RECOVERED, "а"), Notice(Kind.DIGEST, AT, "", {"runs": 3})],
            "182: снова работает: а · всё в порядке: 3 запуска",
        ),
        ([Notice(Kind.CONFIG, AT), Notice(Kind.DIGEST, AT, "", {"runs": 3})], "182: ошибка в настройках"),
        (
            [of(Kind.FAILING, "А", after_update=True), of(Kind.IDLE, "б", state="idle", after_update=True)],
            "182: после обновления: сбой: А · не выполняется: б",
        ),
    ],
)
def test_of_several_the_state_now_comes_first_the_worst_before_the_rest(notices, expected):
    assert first_line(*notices) == expected


def test_many_notices_make_one_message_that_loses_nothing_that_still_holds():
    notices = [of(Kind.FAILING, f"Task{n}", AT + n) for n in range(20)]
    notices.append(of(Kind.RECOVERED, "Task3", AT + 99, since=AT, ended_at=AT + 99))
    (message,) = messages("182 test", notices, MOSCOW)
    assert message.startswith("182 test: сбой: Task19 и ещё 18 · снова работает: Task3\n")
    assert all(f"сбой: Task{n}\n" in message for n in range(20) if n != 3)
    assert "сбой: Task3\n" not in message
    assert message.rindex("снова работает: Task3") > message.rindex("сбой: Task19")


def concern(kind: str = "task", state: str = "fails", **values) -> dict:
    facts = {"title": TITLE, "summary": "Облако недоступно", **values.pop("facts", {})}
    return {"kind": kind, "name": TASK, "state": state, "since": AT, "looked_at": AT, "facts": facts, **values}


def digest(**facts) -> "list[str]":
    (message,) = messages("182", [Notice(Kind.DIGEST, AT, facts={**FACTS[Kind.DIGEST], "until": AT, **facts})], MOSCOW)
    return message.split("\n")


DAY_LINE = "открыт в 09:14, закрыт в 21:14; скопировано 14 210 файлов, все"
NUMBERS = "36 запусков, скопировано 412 файлов, 3,1 ГБ, свободно C: 128,0 ГБ, 6 камер"


def test_digest_tells_what_is_wrong_first():
    assert digest(
        concerns=[concern(), concern("subject", facts={"text": SILENT}, looked_at=AT - 86400)],
        remarks={"б": "Осталось 12 файлов"},
        missed={"в": 2},
        failed=3,
        unreadable=["system"],
        brakes=[{"what": "pause", "asked": "Отчёт", "until": AT + 86400, "why": "ремонт"}],
    ) == [
        f"182: неполадки: {TITLE}, нет записей с 14:00 — клиентская зона, над ресепшн",
        "облако недоступно, с 23.11 21:14",
        f"{SILENT}, с 23.11 21:14, не проверялось с 22.11 21:14",
        "замечание, б: осталось 12 файлов",
        "не запускалось вовремя, в: 2 раза",
        "неудачных запусков за сутки: 3",
        "журнал учёта system не читается",
        "на паузе до 24.11 21:14: Отчёт (ремонт)",
        DAY_LINE,
        NUMBERS,
    ]


def test_digest_calls_nothing_well_that_nobody_has_looked_at():
    assert digest(concerns=[concern(state="unchecked", looked_at=AT - 3600)])[:2] == [
        f"182: новых неполадок нет: {DAY_LINE}",
        f"не проверялось с 23.11 20:14: {TITLE}",
    ]
    assert digest(runs=0, day=None) == ["182: за сутки ничего не выполнялось"]


def test_digest_shows_what_is_muted_without_alarm():
    assert digest(concerns=[concern(muted_until=AT + 9)])[:2] == [
        f"182: новых неполадок нет: {DAY_LINE}",
        "заглушено: облако недоступно, с 23.11 21:14",
    ]


def test_without_the_day_the_numbers_stand_in_the_first_line():
    assert digest(day=None) == [f"182: всё в порядке: {NUMBERS}"]


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
    facts = {"concerns": [concern(), concern("config")], "unreadable": ["system"]}
    assert (
        ping_text("182", facts, MOSCOW)
        == "182: облако недоступно; ошибка в настройках; журнал учёта system не читается"
    )
    paused = [{"what": "pause", "asked": "Отчёт", "until": AT, "why": ""}]
    assert ping_text("182", {"brakes": paused}, MOSCOW) == "182: на паузе до 23.11 21:14: Отчёт"


def test_a_notice_that_cannot_be_read_holds_up_no_other():
    torn = Notice(Kind.CLOCK_BACK, AT, facts={"now": 2**62, "newest": AT})
    (text,) = messages("182", [torn, Notice(Kind.FAILING, AT, TASK, FACTS[Kind.FAILING])], MOSCOW)
    assert "событие, которое не читается" in text
    assert "Облако недоступно" in text
