"""The rules of an update run: what is chosen, installed, told, and when a restart may be."""

from datetime import datetime

import pytest

from config.hours import Hours
from scheduler_runner.errors import ConfigError
from scheduler_runner.plans.clock import PC_ZONE
from scheduler_runner.tasks.system_updates.config import system_updates_config
from scheduler_runner.tasks.system_updates.restarting import LastOffer, WaitingSince, restart_hindrance
from scheduler_runner.tasks.system_updates.settings import load_update_settings
from scheduler_runner.tasks.system_updates.update_report import (
    exit_code,
    found_text,
    installed_text,
    offered_text,
    restart_text,
    summary,
)
from scheduler_runner.tasks.system_updates.update_values import (
    Found,
    Installed,
    Kind,
    Options,
    Restart,
    Trouble,
    Update,
    UpdateCount,
    chosen,
)
from scheduler_runner.tasks.system_updates.updating import install_all

PRODUCTION = "[DEFAULT]\nPVZ_ID = 182\nENV_MODE = production\n"
NO_RESTART = Restart()
NOTHING = Found(())


def update(name: str, **values) -> Update:
    return Update(**{"id": name.lower(), "name": name, "title": name, "is_important": True, **values})


A, B, C = update("KB1"), update("KB2"), update("KB3")


@pytest.mark.parametrize(
    ("offered", "options", "names"),
    [
        ([A, update("KB9", is_important=False)], Options(), ["KB1"]),
        ([A, update("KB9", is_important=False)], Options(is_everything=True), ["KB1", "KB9"]),
        ([A, B, C], Options(excluded=frozenset({"KB2"})), ["KB1", "KB3"]),
        ([update("curl")], Options(excluded=frozenset({"CURL"})), []),
        ([update("KB9", by_hand="a new version of Windows takes hours")], Options(is_everything=True), []),
        ([], Options(is_everything=True), []),
    ],
)
def test_choice_follows_importance_exclusion_and_what_needs_a_person(offered, options, names):
    assert [each.name for each in chosen(offered, options)] == names


class Machine:
    """A system that installs at once; ``minutes``: what each stage takes on its own clock; ``troubles`` by name."""

    download_folder = "/nowhere"

    def __init__(self, minutes: int = 0, **troubles: Trouble) -> None:
        self.now = 0.0
        self.minutes = minutes
        self.troubles = troubles
        self.begun: list[str] = []
        self.answer = Installed()

    def needed_bytes(self, update: Update) -> int:
        return 1 << 60

    def download(self, update: Update, timeout_seconds: float) -> None:
        self.now += self.minutes * 60

    def install(self, update: Update) -> Installed:
        self.begun.append(update.name)
        self.now += self.minutes * 60
        if update.name in self.troubles:
            raise self.troubles[update.name]
        return self.answer

    def run(self, minutes: float = 180) -> UpdateCount:
        return install_all(self, [A, B, C], minutes * 60, lambda: self.now)


def trouble(kind: Kind) -> Trouble:
    return Trouble(kind, "for the log", "для людей")


def test_every_update_is_installed_while_there_is_time():
    count = Machine(minutes=10).run()
    assert (count.installed, count.left, count.failed) == ([A, B, C], [], [])
    assert (count.download_seconds, count.install_seconds) == (1800, 1800)


@pytest.mark.parametrize(
    ("limit_minutes", "begun"),
    [(0, []), (20, []), (21, [A]), (60, [A]), (61, [A, B]), (80, [A, B]), (81, [A, B]), (101, [A, B, C])],
)
def test_no_update_is_begun_once_time_is_over_not_even_one_that_is_downloaded(limit_minutes, begun):
    count = Machine(minutes=20).run(limit_minutes)
    assert count.installed == begun
    assert count.left == [A, B, C][len(begun) :]
    assert not count.failed


def test_update_that_fails_leaves_the_others_alone():
    machine = Machine(KB1=trouble(Kind.FAILED))
    count = machine.run()
    assert count.installed == [B, C]
    assert count.failed == [(A, "для людей")]
    assert exit_code(count, NO_RESTART, NOTHING) == 1


@pytest.mark.parametrize("kind", [Kind.HOPELESS, Kind.BUSY, Kind.RESTART_FIRST])
def test_trouble_that_would_meet_every_update_ends_the_run(kind):
    machine = Machine(KB1=trouble(kind))
    count = machine.run()
    assert machine.begun == ["KB1"]
    assert not count.installed
    assert [each.name for each, _ in count.failed] == (["KB1"] if kind is Kind.HOPELESS else [])
    assert count.left == ([B, C] if kind is Kind.HOPELESS else [A, B, C])
    assert count.needs_restart == (kind is Kind.RESTART_FIRST)


def test_installation_with_errors_that_needs_a_restart_is_remembered():
    machine = Machine()
    machine.answer = Installed(needs_restart=True, has_errors=True)
    count = machine.run()
    assert count.needs_restart
    assert count.with_errors == [A, B, C]
    assert exit_code(count, NO_RESTART, NOTHING) == 10


@pytest.mark.parametrize(
    ("count", "restart", "code", "text"),
    [
        (UpdateCount(), NO_RESTART, 0, "Обновлений нет."),
        (UpdateCount(), Restart(is_needed=True), 10, "Обновлений нет. Нужна перезагрузка."),
        (
            UpdateCount(installed=[A, B, C]),
            Restart(is_needed=True),
            10,
            "Установлено обновлений: 3 (KB1, KB2, KB3). Нужна перезагрузка.",
        ),
        (
            UpdateCount(installed=[A] * 7),
            Restart(is_needed=True, is_ordered=True),
            10,
            "Установлено обновлений: 7 (KB1, KB1, KB1, KB1, KB1, ...). Компьютер перезагрузится через 5 минут.",
        ),
        (
            UpdateCount(installed=[A], left=[B], ended_by=Trouble(Kind.OUT_OF_TIME, "", "вышло время")),
            NO_RESTART,
            10,
            "Установлено обновлений: 1 (KB1). Осталось на следующий раз: 1 (KB2): вышло время.",
        ),
        (
            UpdateCount(failed=[(A, "нет места на диске")]),
            Restart(is_needed=True, hindrance="рабочие часы"),
            1,
            "Не установлено: 1 (KB1): нет места на диске. Нужна перезагрузка, отложена: рабочие часы.",
        ),
        (
            UpdateCount(left=[A], ended_by=Trouble(Kind.BUSY, "", "идёт другая установка обновлений")),
            NO_RESTART,
            75,
            "Осталось на следующий раз: 1 (KB1): идёт другая установка обновлений.",
        ),
        (
            UpdateCount(installed=[A], left=[B], ended_by=Trouble(Kind.BUSY, "", "занято")),
            NO_RESTART,
            10,
            "Установлено обновлений: 1 (KB1). Осталось на следующий раз: 1 (KB2): занято.",
        ),
        (
            UpdateCount(installed=[A], with_errors=[A]),
            NO_RESTART,
            10,
            "Установлено обновлений: 1 (KB1). Из них с ошибками: 1 (KB1).",
        ),
    ],
)
def test_run_is_told_in_russian_and_by_its_exit_code(count, restart, code, text):
    assert summary(installed_text(count), restart_text(restart)) == text
    assert exit_code(count, restart, NOTHING) == code


@pytest.mark.parametrize(
    ("found", "code", "text"),
    [
        (Found((), is_complete=False), 10, "Часть источников обновлений не ответила."),
        (Found((), is_complete=False, doubt="Подпись не проверяется."), 10, "Подпись не проверяется."),
        (Found((), waiting=("KB7 (удержан вручную)",)), 10, "Ждут человека: KB7 (удержан вручную)."),
        (Found((update("KB8", by_hand="it may ask questions"),)), 10, "Ждут человека: KB8."),
        (Found((update("KB8", is_important=False, by_hand="it may ask questions"),)), 0, ""),
        (Found((), broken=("a",)), 1, "Установлено не до конца: a: нужна команда dpkg --configure -a."),
    ],
)
def test_what_a_search_brought_to_light_is_told(found, code, text):
    assert exit_code(UpdateCount(), NO_RESTART, found) == code
    assert found_text(found) == text


def test_update_that_waits_for_days_is_a_failure(tmp_path):
    day = 86400.0
    since = WaitingSince(str(tmp_path / "logs"))
    assert not since.is_overdue(["curl"], 10 * day)
    assert not since.is_overdue(["curl", "bash"], 12 * day)
    assert since.is_overdue(["curl", "bash"], 13.5 * day)
    assert not since.is_overdue(["bash"], 13.5 * day)
    assert not since.is_overdue(["curl"], 5 * day)
    assert exit_code(UpdateCount(), NO_RESTART, NOTHING, is_overdue=True) == 1


def test_update_for_which_there_is_nothing_to_do_is_no_failure():
    count = Machine(KB1=trouble(Kind.NOT_NEEDED)).run()
    assert (count.installed, count.failed, count.left) == ([B, C], [], [])


def test_offer_names_the_important_ones_and_what_would_be_installed():
    found = Found((A, update("KB9", is_important=False)))
    assert offered_text(found, found.updates[:1]) == (
        "Доступно обновлений: 2, важных: 1 (KB1). Было бы установлено: 1 (KB1)."
    )


@pytest.mark.parametrize(
    ("clock", "may"),
    [
        ("08:34", True),
        ("08:35", True),
        ("08:36", False),
        ("09:00", False),
        ("20:59", False),
        ("21:00", True),
        ("23:50", True),
        ("03:00", True),
    ],
)
def test_restart_is_over_before_working_hours_and_begins_after_them(clock, may):
    now = datetime.strptime(clock, "%H:%M")
    assert (restart_hindrance(now, Hours(((540, 1260),) * 7)) == "") == may


def test_hours_that_begin_at_midnight_hinder_a_restart_just_before():
    assert restart_hindrance(datetime(2026, 11, 23, 23, 50), Hours(((0, 60),) * 7)) == "рабочие часы"


def test_nothing_hinders_a_restart_on_a_closed_day_but_the_opening_of_the_next():
    hours = Hours(((0, 1440), None, *[(540, 1260)] * 5))
    tuesday = datetime(2026, 11, 24)
    assert restart_hindrance(tuesday.replace(hour=12), hours) == ""
    assert restart_hindrance(tuesday.replace(hour=23, minute=59), hours) == ""
    assert restart_hindrance(datetime(2026, 11, 22, 23, 50), hours) == "рабочие часы"


def test_working_hours_are_the_points(ini):
    settings = load_update_settings(str(ini(PRODUCTION + "[cameras]\nworking_hours = 10:00-20:00\n")))
    assert settings.hours == settings.point.hours == Hours(((600, 1200),) * 7)
    assert settings.zone is PC_ZONE


@pytest.mark.parametrize("hours", ["9-21", "21:00-09:00", "09:00", "весь день"])
def test_wrong_working_hours_are_told_in_one_sentence(ini, hours):
    path = ini(f"{PRODUCTION}[cameras]\nworking_hours = {hours}\n")
    with pytest.raises(ConfigError) as caught:
        load_update_settings(str(path))
    assert str(caught.value).startswith(f"{path}: [cameras] working_hours = {hours!r} is wrong: ")
    assert "09:00-21:00" in str(caught.value)


def test_last_update_of_a_run_ends_before_the_tasks_timeout():
    (task,) = system_updates_config.SCHEDULE
    assert task["timeout"] == 4 * 3600
    assert task["timeout"] - system_updates_config.MAX_MINUTES * 60 >= 3600


def test_system_that_offers_nothing_for_weeks_is_noticed(tmp_path):
    day = 86400.0
    offers = LastOffer(str(tmp_path / "logs"))
    assert [offers.silent_days(False, at * day) for at in (100, 130, 161)] == [0, 30, 61]
    assert offers.silent_days(True, 162 * day) == 0
    assert offers.silent_days(False, 10 * day) == 0
