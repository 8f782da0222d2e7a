"""The screens of this process: in the language that the INI chooses, else in the system's."""

import os
import sys

from config.base_config import config_path
from config.ini import read_ini
from scheduler_runner.errors import ConfigError
from scheduler_runner.screens.screen import UNBROKEN, Screen, screen_for, system_language


def screen() -> Screen:
    """Return what is written on."""
    return screen_for(sys.stdout, language())


def error_screen() -> Screen:
    """Return where a command says what is wrong; in a pipe each sentence is one line."""
    if not sys.stderr.isatty():
        return Screen(sys.stderr, language=language() or system_language(os.environ), width=UNBROKEN)
    return screen_for(sys.stderr, language())


def language() -> str:
    """Return the language of the INI; ``""`` where it says none, or cannot be read: the system's holds."""
    try:
        chosen = read_ini(config_path()).own("scheduler").get("language", "").lower()
    except ConfigError:
        return ""
    return chosen if chosen in ("ru", "en") else ""
