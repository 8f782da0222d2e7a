"""The point's own section of the INI is looked at before its task is started."""

from config.report_section import report_settings
from scheduler_runner.errors import ConfigError


def check(ini_path: str) -> list[ConfigError]:
    """Return what is wrong in ``[report]``."""
    try:
        report_settings(ini_path)
    except ConfigError as error:
        return [error]
    return []
