import os
from datetime import date

import pytest

from config import base_config
from config.base_config import load_point, point
from config.hours import Hours
from config.ini import read_ini
from scheduler_runner.errors import ConfigError, ExitCode
from tests.conftest import INI


def test_facts_are_read_from_the_ini_that_the_variable_names(ini):
    ini("[DEFAULT]\nPVZ_ID = 77\nENV_MODE = production\n")
    assert (base_config.PVZ_ID, base_config.ENV_MODE) == ("77", "production")


def test_file_is_read_once(ini):
    path = ini()
    assert point().pvz_id == "182"
    path.write_text("[DEFAULT]\nPVZ_ID = 9\nENV_MODE = test\n")
    assert point().pvz_id == "182"


CAMERAS = "[camera a]\nkind = unv\nuid = a\narea = клиентская зона\nplace = над ресепшн\n"


@pytest.mark.parametrize("more", ["", CAMERAS])
@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        (
            "cp866",
            "it seems to be saved as cp866 (the console's code page), so that names cannot be read: UTF-8 would be",
        ),
        ("koi8-r", "it seems to be saved as koi8-r"),
        ("utf-16-le", "it seems to be saved as UTF-16 without its mark: UTF-8 would be right"),
        ("utf-16-be", "it seems to be saved as UTF-16 without its mark: UTF-8 would be right"),
    ],
)
def test_ini_whose_names_would_be_unreadable_is_refused_with_how_it_was_saved(ini, encoding, told, more):
    path = ini(f"; ПВЗ\n[DEFAULT]\nPVZ_ID = СОСНОВКА_10\nENV_MODE = test\n{more}".encode(encoding))
    with pytest.raises(ConfigError) as caught:
        point()
    assert str(caught.value).startswith(f"{path}: {told}")


@pytest.mark.parametrize("name", ["сейф", "МБ", "Цех", "Щит", "Ёж", "ПВЗ № 3 «Юг»", "сейф СЕЙФ Сейф"])
def test_rare_words_in_cp1251_are_read(ini, name):
    ini(f"[DEFAULT]\nPVZ_ID = 1\nENV_MODE = test\n[telegram]\nchat_id = {name}\n".encode("cp1251"))
    assert point().telegram["chat_id"] == name


@pytest.mark.parametrize(
    ("zone", "right"),
    [
        ("MSK", "Europe/Moscow"),
        ("мск", "Europe/Moscow"),
        ("UTC+3", "Europe/Moscow"),
        ("GMT+03:00", "Europe/Moscow"),
        ("MSK+2", "Asia/Yekaterinburg"),
        ("UTC +10", "Asia/Vladivostok"),
        ("Moscow", "Europe/Moscow"),
        ("Europe/Moskow", "Europe/Moscow"),
        ("Ekaterinburg", "Asia/Yekaterinburg"),
        ("UTC+20", "an IANA name such as Europe/Moscow"),
        ("по Москве", "an IANA name such as Europe/Moscow"),
    ],
)
def test_zone_that_is_none_is_told_with_the_one_that_was_meant(ini, zone, right):
    path = ini(f"[DEFAULT]\nPVZ_ID = 1\nENV_MODE = test\n[scheduler]\ntimezone = {zone}\n")
    with pytest.raises(ConfigError) as caught:
        point()
    assert str(caught.value) == f"{path}: [scheduler] timezone = {zone!r} is wrong: {right} would be right"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
def test_name_in_cyrillic_letters_is_read_however_notepad_saved_it(ini, encoding):
    ini("; ПВЗ\n[DEFAULT]\nPVZ_ID = СОСНОВКА_10\nENV_MODE = test\n".encode(encoding))
    assert base_config.PVZ_ID == "СОСНОВКА_10"


def test_keys_are_read_whatever_their_case_and_values_with_percent_signs(ini):
    path = ini("[DEFAULT]\npvz_id = a%b\nEnv_Mode = TEST\n")
    assert (load_point(str(path)).pvz_id, load_point(str(path)).env_mode) == ("a%b", "test")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[DEFAULT]\nENV_MODE = test\n", "PVZ_ID is missing in [DEFAULT]"),
        ("[DEFAULT]\nPVZ_ID = 1\n", "ENV_MODE is missing in [DEFAULT]: production or test would be right"),
        ("[DEFAULT]\nPVZ_ID =\nENV_MODE = test\n", "PVZ_ID is missing"),
        ("[DEFAULT]\nPVZ_ID = a/b\nENV_MODE = test\n", "PVZ_ID = 'a/b' is wrong"),
        ("[DEFAULT]\nPVZ_ID = ..\nENV_MODE = test\n", "PVZ_ID = '..' is wrong"),
        ("[DEFAULT]\nPVZ_ID = nul\nENV_MODE = test\n", "PVZ_ID = 'nul' is wrong"),
        ("[DEFAULT]\nPVZ_ID = 1\nENV_MODE = prod\n", "ENV_MODE = 'prod' is wrong: production or test would be right"),
        (
            "[DEFAULT]\nPVZ_ID = 1\nENV_MODE = test\n[scheduler]\ntimezone = Moscow\n",
            "[scheduler] timezone = 'Moscow' is wrong",
        ),
        ("[DEFAULT]\nPVZ_ID = 1\nENV_MODE = test\n[scheduler]\ntick_minutes = 0\n", "from 1 to 60 would be right"),
        ("[DEFAULT]\nPVZ_ID = 1\nENV_MODE = test\n[scheduler]\ntime_zone = x\n", "[scheduler] time_zone is unknown"),
        ("[DEFAULT]\nPVZ_ID = 1\nENV_MODE = test\n[Scheduler]\n", "section [Scheduler] is unknown"),
        ("[DEFAULT]\nPVZ_ID = 1\nENV_MODE = test\n[scheduler]\nmax_log_mb = ٣\n", "max_log_mb = '٣' is wrong"),
        ("[DEFAULT]\nPVZID = 1\nENV_MODE = test\n", "[DEFAULT] pvzid is unknown: PVZ_ID would be right"),
        ("[DEFAULT]\nPVZ_ID = 1\nENV_MODE = test\narea = hall\n", "area is unknown: one of PVZ_ID, ENV_MODE"),
        ("[DEFAULT]\nPVZ_ID = 1\nENV_MODE = test\n[scheduler]\npvz_id = 2\n", "[scheduler] pvz_id is unknown"),
        (f"[DEFAULT]\nPVZ_ID = 1\nENV_MODE = test\n[scheduler]\ntick_minutes = {'9' * 5000}\n", "from 1 to 60"),
        ("[DEFAULT]\nPVZ_ID = 1\nENV_MODE = test\n[scheduler]\nworking_hours = 9\n", "[scheduler] working_hours = '9'"),
        ("[default]\nPVZ_ID = 1\nENV_MODE = test\n", "section [default] is unknown: [DEFAULT] would be right"),
        ("PVZ_ID = 1\n", "line 1 stands in no section: [DEFAULT] above it would be right"),
        ("[DEFAULT]\n\nPVZ_ID\n", "line 3 cannot be read: `key = value`, or a [section], would be right"),
        (
            "[DEFAULT]\nPVZ_ID = 1\nENV_MODE = test\n[a]\n[a]\n",
            "line 5: section [a] is there twice: once would be right",
        ),
        ("[DEFAULT]\nPVZ_ID = 1\nPVZ_ID = 2\nENV_MODE = test\n", "line 3: [DEFAULT] pvz_id is there twice: once"),
    ],
)
def test_wrong_ini_is_told_in_one_sentence_with_file_and_key(ini, content, told):
    path = ini(content)
    with pytest.raises(ConfigError) as caught:
        point()
    assert told in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code is ExitCode.CONFIG


def test_missing_ini_is_told_with_its_path(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read_ini(str(tmp_path / "none.ini"))


def test_base_environment_is_what_the_design_lists(ini):
    ini()
    environment = base_config.base_environment()
    assert set(environment) == {
        *("BASE_DIR", "SCHEDULER_ROOT", "LOGS_ROOT", "TASKS_ROOT", "PVZ_ID", "ENV_MODE", "LOG_LEVEL", "TASK_RUNNER")
    }
    assert all(isinstance(value, str) for value in environment.values())
    assert os.path.isdir(environment["TASKS_ROOT"])


def test_module_has_no_other_attributes():
    with pytest.raises(AttributeError):
        base_config.PVZ_NAME  # noqa: B018


def test_sections_of_notices_are_taken_as_they_stand_without_the_defaults(ini):
    ini(INI + "[telegram]\nchat_id = -100\nproxy = http://h:1 ; here\n[healthchecks]\nping_url =\n")
    assert point().telegram == {"chat_id": "-100", "proxy": "http://h:1"}
    assert point().healthchecks == {"ping_url": ""}


def test_address_in_a_line_that_cannot_be_read_is_not_shown(ini):
    ini("ping_url = https://hc-ping.com/uuid\n" + INI)
    with pytest.raises(ConfigError, match="would be right") as caught:
        point()
    assert "uuid" not in str(caught.value)


PRODUCTION = "[DEFAULT]\nPVZ_ID = 182\nENV_MODE = production\n"


@pytest.mark.parametrize("section", ["scheduler", "cameras"])
def test_hours_of_the_point_stand_in_either_section(ini, section):
    ini(f"{PRODUCTION}[{section}]\nworking_hours = 10:00-20:00\nclosed_days = 01.01\n")
    assert point().hours.of(date(2027, 1, 2)) == (600, 1200)
    assert point().hours.of(date(2027, 1, 1)) is None


def test_hours_hold_by_default_and_where_the_section_says_nothing_of_them(ini):
    for more in ("", "[scheduler]\nworking_hours =\n", "[cameras]\nclosed_days =\n"):
        assert load_point(str(ini(PRODUCTION + more))).hours == Hours(((540, 1260),) * 7)


def test_hours_in_both_sections_are_refused(ini):
    ini(PRODUCTION + "[scheduler]\nworking_hours = 10:00-20:00\n[cameras]\nclosed_days = 01.01\n")
    with pytest.raises(
        ConfigError, match=r"\[scheduler\] and \[cameras\] both say when the point is open .* one of them"
    ):
        point()


def test_wrong_hours_of_the_cameras_section_are_left_to_who_asks_for_them(ini):
    ini(PRODUCTION + "[cameras]\nworking_hours = late\n")
    with pytest.raises(ConfigError, match=r"\[cameras\] working_hours = 'late' is wrong"):
        _ = point().hours


@pytest.mark.parametrize(
    ("section", "told"),
    [
        (
            "[sheduler]\ntick_minutes = 3\n",
            "section [sheduler] is unknown and read by nobody: scheduler would be right",
        ),
        ("[telegramm]\n", "section [telegramm] is unknown and read by nobody: telegram would be right"),
        ("[касса]\n", "section [касса] is unknown and read by nobody: one of DEFAULT, scheduler, cameras"),
    ],
)
def test_unknown_section_is_a_remark_and_no_error(ini, section, told):
    path = ini(PRODUCTION + section)
    (remark,) = point().remarks
    assert str(remark).startswith(f"{path}: {told}")


def test_sections_that_somebody_reads_are_no_remark(ini):
    ini(PRODUCTION + "[cameras]\n[camera a]\n[telegram]\n[healthchecks]\n[scheduler]\n[system_updates]\n")
    assert point().remarks == ()


def test_example_is_refused_as_a_real_point(ini):
    for name in ("TEST", "test"):
        path = ini(f"[DEFAULT]\nPVZ_ID = {name}\nENV_MODE = production\n")
        with pytest.raises(
            ConfigError,
            match=f"PVZ_ID = '{name}' is wrong: the point's own number or name in the place of the example's",
        ):
            load_point(str(path))
    assert load_point(str(ini("[DEFAULT]\nPVZ_ID = TEST\nENV_MODE = test\n"))).pvz_id == "TEST"
