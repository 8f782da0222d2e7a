import os

import pytest

from config import base_config
from config.base_config import load_point, point, read_ini
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
        ("[DEFAULT]\nPVZ_ID = 1\nENV_MODE = test\n[scheduler]\ntimezone = Moscow\n", "timezone 'Moscow' is unknown"),
        ("[DEFAULT]\nPVZ_ID = 1\nENV_MODE = test\n[scheduler]\ntick_minutes = 0\n", "from 1 to 60 would be right"),
        ("[DEFAULT]\nPVZ_ID = 1\nENV_MODE = test\n[scheduler]\ntime_zone = x\n", "[scheduler] time_zone is unknown"),
        ("[DEFAULT]\nPVZ_ID = 1\nENV_MODE = test\n[Scheduler]\n", "section [Scheduler] is unknown"),
        ("[DEFAULT]\nPVZ_ID = 1\nENV_MODE = test\n[scheduler]\nmax_log_mb = ٣\n", "max_log_mb = '٣' is wrong"),
        ("PVZ_ID = 1\n", "lines such as `key = value` would be right"),
        ("[DEFAULT]\nPVZ_ID = 1\nPVZ_ID = 2\nENV_MODE = test\n", "pvz_id"),
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
