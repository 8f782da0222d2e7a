"""What updating needs to know of the point."""

from dataclasses import dataclass
from datetime import tzinfo

from config.base_config import Point, config_path, load_point, read_ini
from scheduler_runner.errors import ConfigError
from scheduler_runner.plans.clock import parse_hours, zone_named
from scheduler_runner.tasks.system_updates.config.system_updates_config import WORKING_HOURS

_SECTION, _KEY = "cameras", "working_hours"


@dataclass(frozen=True, slots=True)
class UpdateSettings:
    """Working hours are minutes of the day, on the wall of ``zone``."""

    point: Point
    working_hours: tuple[int, int]
    zone: tzinfo


def load_update_settings(path: str | None = None) -> UpdateSettings:
    """Return the settings as the INI has them now. Raises ``ConfigError``: file, key, value, what would be right."""
    path = path or config_path()
    point = load_point(path)
    text = read_ini(path).get(_SECTION, _KEY, fallback="").strip() or WORKING_HOURS
    hours = parse_hours(text)
    if hours is None:
        right = "hours such as 09:00-21:00"
        raise ConfigError(f"{path}: [{_SECTION}] {_KEY} = {text!r} is wrong: {right} would be right", key=_KEY)
    return UpdateSettings(point, hours, zone_named(point.timezone))
