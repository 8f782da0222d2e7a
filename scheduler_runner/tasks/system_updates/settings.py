"""What updating needs to know of the point."""

from dataclasses import dataclass
from datetime import tzinfo

from config.base_config import Point, load_point
from config.hours import Hours
from scheduler_runner.errors import ConfigError
from scheduler_runner.plans.clock import zone_named


@dataclass(frozen=True, slots=True)
class UpdateSettings:
    """Hours are on the wall of ``zone``."""

    point: Point
    hours: Hours
    zone: tzinfo


def check(ini_path: str) -> list[ConfigError]:
    """Return what is wrong with the hours in which nothing may restart the PC."""
    try:
        load_update_settings(ini_path)
    except ConfigError as error:
        return [error]
    return []


def load_update_settings(path: str | None = None) -> UpdateSettings:
    """Return the settings as the INI has them now. Raises ``ConfigError``: file, key, value, what would be right."""
    point = load_point(path)
    return UpdateSettings(point, point.hours, zone_named(point.timezone))
