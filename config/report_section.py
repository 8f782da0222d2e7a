"""The INI's section ``[report]``: where the point's page goes, and whether pictures go with it."""

import ntpath
from typing import NamedTuple

from config.base_config import config_path
from config.ini import read_ini
from config.values import WrongValue, switch

SECTION = "report"
KEYS = {"folder": "", "frames": "off"}
_OFF = "off"


class ReportSettings(NamedTuple):
    """``folder`` is ``""`` for the usual place, ``_report`` in the network root; ``None``: on this PC alone."""

    folder: str | None = ""
    has_frames: bool = False
    """Whether the last picture of each camera is on the page: it shows customers and staff."""


def report_settings(path: str | None = None, pvz_id: str = "") -> ReportSettings:
    """Return the settings as the INI has them now. Raises ``ConfigError``."""
    section = read_ini(path or config_path()).section(SECTION, KEYS)
    folder = section.read("folder", _folder).replace("{PVZ_ID}", pvz_id)
    return ReportSettings(None if folder == _OFF else folder, section.read("frames", switch))


def _folder(text: str) -> str:
    if text.lower() == _OFF:
        return _OFF
    is_whole = bool(ntpath.splitdrive(text)[0]) or text.startswith("/")
    if text and (not is_whole or set("{}%<>") & set(text.replace("{PVZ_ID}", ""))):
        raise WrongValue("a whole path such as O:/reports/182, or off,")
    return text
