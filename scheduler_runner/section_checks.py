"""The INI's sections of the domains: each is checked by its domain, ``tasks/<domain>/settings.py: check(ini_path)``.

Only when it matters, for it costs an import: when one of the domain's tasks is due, when the INI was changed, and once
a day. A domain without such a function has nothing to check.
"""

import logging
import os
from collections.abc import Collection, Mapping

from scheduler_runner.phrases import Kept
from scheduler_runner.reading import within_limit
from scheduler_runner.schedule_config import Problem

STAMP, KNOWN = "ini_stamp", "section_problems"
"""What the ledger remembers: which INI was looked at, and what was wrong then.

The latter is JSON: by domain, sentences, each in English and in Russian, as no domain is to be asked for them again.
"""


def stamp_of(ini_path: str) -> str:
    """Return what changes when the INI does; ``""`` where it cannot be found."""
    try:
        status = os.stat(ini_path)
    except OSError:
        return ""
    return f"{ini_path} {status.st_mtime_ns} {status.st_size}"


class SectionWatch:
    """What the domains say to their sections, in one tick: what is known, and what is looked at anew.

    ``folders`` are the domains' own, by their names.
    """

    def __init__(self, ini_path: str, folders: Mapping[str, str], user: str, logger: logging.Logger) -> None:
        self._ini_path = ini_path
        self._folders = folders
        self._user = user
        self._logger = logger
        self._looked_at: set[str] = set()
        self._wrong: dict[str, list[Kept]] = {}
        self.stamp = stamp_of(ini_path)

    def begin(self, known: Mapping[str, str], domains: Collection[str], *, is_first_of_day: bool) -> None:
        """Take over what is known; look at all domains where the INI was changed, and once a day."""
        if known.get(KNOWN, "{}") != "{}":
            import json

            found = json.loads(known[KNOWN])
            self._wrong = {name: [*map(_kept, told)] for name, told in found.items() if name in domains}
        if is_first_of_day or known.get(STAMP, "") != self.stamp:
            self.look_at(domains)

    def look_at(self, domains: Collection[str]) -> None:
        """Ask domains what they say to their sections, each once a tick."""
        for domain in sorted({*domains} - self._looked_at):
            self._looked_at.add(domain)
            told = _check(domain, self._folders.get(domain, ""), self._ini_path, self._logger)
            self._wrong.pop(domain, None)
            if told:
                self._wrong[domain] = told

    def is_wrong(self, domain: str) -> bool:
        """Return whether a domain's tasks cannot be started for its section."""
        return domain in self._wrong

    @property
    def known(self) -> str:
        """What is wrong, as the ledger remembers it."""
        if not self._wrong:
            return "{}"
        import json

        told = {name: [(str(each), each.russian) for each in wrong] for name, wrong in self._wrong.items()}
        return json.dumps(told, ensure_ascii=False)

    @property
    def problems(self) -> list[Problem]:
        """What is wrong, each sentence once, however many domains it keeps from their work."""
        told = {str(each): each for sentences in self._wrong.values() for each in sentences}
        return [Problem(self._ini_path, each, user=self._user) for each in told.values()]


def section_problems(ini_path: str, folders: Mapping[str, str]) -> list[Problem]:
    """Return what all domains say to their sections now, for who looks and keeps no log; ``folders`` by their names."""
    silent = logging.Logger(__name__)
    silent.addHandler(logging.NullHandler())
    watch = SectionWatch(ini_path, folders, "", silent)
    watch.look_at(folders)
    return watch.problems


def _kept(value: object) -> Kept:
    """Return a sentence as it was kept; an older version kept the English one alone."""
    english, russian = value if isinstance(value, (list, tuple)) else (value, value)
    return Kept(str(english), str(russian))


def _check(domain: str, folder: str, ini_path: str, logger: logging.Logger) -> list[Kept]:
    if not os.path.isfile(os.path.join(folder, "settings.py")):
        return []
    from importlib import import_module

    from scheduler_runner.start import find_domains_in

    find_domains_in(os.path.dirname(folder))

    def ask() -> list[Kept]:
        check = getattr(import_module(f"scheduler_runner.tasks.{domain}.settings"), "check", None)
        return [_said(problem, f"{ini_path}: ") for problem in check(ini_path)] if check is not None else []

    try:
        return within_limit(ask)
    except Exception:
        # A domain's own code: its tasks run, and say themselves what they miss.
        logger.exception("the section of a domain cannot be checked domain=%s", domain)
        return []


def _said(problem: object, place: str) -> Kept:
    """Return what a domain says, in both languages and without the file, which a problem names by itself."""
    from scheduler_runner.russian_errors import in_russian

    return Kept(str(problem).removeprefix(place), in_russian(problem).removeprefix(place))
