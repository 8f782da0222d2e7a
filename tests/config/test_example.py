import pytest

from config.base_config import EXAMPLE_ID, GENERAL_KEYS, SCHEDULER_KEYS, load_point
from config.ini import read_ini
from scheduler_runner.errors import ConfigError
from scheduler_runner.notices.channel_settings import SHAPES
from scheduler_runner.notices.settings import HEALTHCHECKS_KEYS, NOTICES_KEYS, TELEGRAM_KEYS, notice_settings
from scheduler_runner.tasks.cameras.config.cameras_config import DEFAULTS
from scheduler_runner.tasks.cameras.settings import load_camera_settings
from tests.conftest import PROJECT

EXAMPLE = PROJECT / "pvz_config.ini"


def test_example_shows_eight_keys_and_is_sound(monkeypatch):
    for name in ("TELEGRAM_BOT_TOKEN", "TELEGRAM_CHAT_ID", "TELEGRAM_API_URL"):
        monkeypatch.delenv(name, raising=False)
    ini = read_ini(str(EXAMPLE))
    assert sum(map(len, ini.sections.values())) == 8
    point = load_point(str(EXAMPLE))
    assert (point.pvz_id, point.env_mode, point.remarks) == (EXAMPLE_ID, "test", ())
    assert load_camera_settings(str(EXAMPLE)).cameras == ()
    assert not notice_settings(point).is_on


def test_example_that_was_made_a_real_point_without_a_name_is_refused(tmp_path):
    own = tmp_path / "pvz.ini"
    own.write_text(EXAMPLE.read_text("utf-8").replace("ENV_MODE = test", "ENV_MODE = production"), "utf-8")
    with pytest.raises(ConfigError, match="PVZ_ID = 'TEST' is wrong"):
        load_point(str(own))


def test_values_of_the_example_are_the_defaults():
    ini, tables = (
        read_ini(str(EXAMPLE)),
        {"scheduler": SCHEDULER_KEYS, "telegram": TELEGRAM_KEYS, "cameras": {**DEFAULTS, **SCHEDULER_KEYS}},
    )
    for section, table in tables.items():
        assert {key: str(table[key]) for key in ini.own(section)} == ini.own(section)


@pytest.mark.parametrize(
    "table",
    [GENERAL_KEYS, SCHEDULER_KEYS, TELEGRAM_KEYS, SHAPES["vk"].keys, NOTICES_KEYS, HEALTHCHECKS_KEYS, DEFAULTS],
    ids=lambda table: next(iter(table)),
)
def test_every_key_is_documented(table):
    text = "".join((PROJECT / "docs" / name).read_text("utf-8") for name in ("configuration.md", "cameras.md"))
    assert [key for key in table if f"`{key}`" not in text and f"\n{key} =" not in text] == []
