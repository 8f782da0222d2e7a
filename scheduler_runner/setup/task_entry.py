r"""An entry of Task Scheduler as a value: what ``install`` writes, and what is read back.

The runner's INI is an argument of the entry (``--config``), not a variable of the account: it needs no logon anew, it
cannot be changed by who may change the account's environment, and two projects on one PC stay apart.
"""

import math
import ntpath
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from config.launcher import pvz

FOLDER = "\\PVZ scheduler"
RUNNER = "scheduler_runner.runner"
SYSTEM_SID = "S-1-5-18"
DEFAULT_EVERY_MINUTES = 5
_HANGS_SECONDS = 3600


class Logon(Enum):
    """With what the entry's account is logged on: the option's word; its name in the XML is ``xml_name``."""

    INTERACTIVE = "interactive"
    PASSWORD = "password"  # noqa: S105 - a kind of logon
    S4U = "s4u"
    SYSTEM = "system"

    @property
    def xml_name(self) -> str:
        """Its name in the XML; ``""`` where the element is left out."""
        return _XML_NAMES[self]

    @property
    def consequence(self) -> str:
        """What the administrator has to know about it."""
        return _CONSEQUENCES[self]


_XML_NAMES = {
    Logon.INTERACTIVE: "InteractiveToken",
    Logon.PASSWORD: "Password",
    Logon.S4U: "S4U",
    Logon.SYSTEM: "",
}
_CONSEQUENCES = {
    Logon.INTERACTIVE: "runs only while the account is logged on, with its mapped drives",
    Logon.PASSWORD: (
        "runs whether the account is logged on or not; Windows keeps the password: after a change install again; "
        "mapped drives are missing, so name network folders as \\\\server\\share"
    ),
    Logon.S4U: (
        "runs whether the account is logged on or not, without a password, and so without network folders: "
        "copies to a NAS or a mapped drive will fail"
    ),
    Logon.SYSTEM: "runs with every right on this PC and without mapped drives; protect its code with --harden",
}


class Setting(NamedTuple):
    """One setting of an entry: ours, Task Scheduler's own where none is given, and why not that."""

    wanted: str
    default: str
    why: str


SETTINGS: Mapping[str, Setting] = {
    "MultipleInstancesPolicy": Setting("Parallel", "IgnoreNew", "a long copy would keep all other tasks from starting"),
    "DisallowStartIfOnBatteries": Setting("false", "true", "on a UPS or a laptop nothing would start"),
    "StopIfGoingOnBatteries": Setting("false", "true", "a power cut would break copies off in the middle"),
    "AllowHardTerminate": Setting("true", "true", "a runner that hangs could not be ended"),
    "StartWhenAvailable": Setting("true", "false", "a start missed while the PC slept would not be made good"),
    "RunOnlyIfNetworkAvailable": Setting("false", "false", "without network the disk would not be cleaned up"),
    "IdleSettings/StopOnIdleEnd": Setting("false", "true", "a hand on the mouse would end a run"),
    "AllowStartOnDemand": Setting("true", "true", "it could not be started by hand"),
    "Enabled": Setting("true", "true", "nothing runs"),
    "Hidden": Setting("true", "false", "staff would see it in the list, and could switch it off"),
    "RunOnlyIfIdle": Setting("false", "false", "at a busy point nothing would run"),
    "WakeToRun": Setting("false", "false", "the PC would wake up every few minutes"),
    # An hour, and the longest timeout of the user's tasks before it: wanted_entry adds that.
    "ExecutionTimeLimit": Setting(
        "PT60M", "PT72H", "a runner that hangs is to end an hour after the longest timeout, and no run before its own"
    ),
    "Priority": Setting("5", "7", "below normal, copies crawl"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of Task Scheduler that starts a runner.

    ``account`` is a SID or a name. ``every_minutes`` is ``None`` where it does not repeat without end. ``starts`` are
    the kinds of its other triggers (``LogonTrigger``, ``BootTrigger``). ``logon`` is ``None`` where it is none of ours.
    """

    path: str
    account: str
    logon: Logon | None
    is_highest: bool
    command: str
    arguments: str
    working_dir: str
    every_minutes: float | None
    starts: tuple[str, ...]
    settings: Mapping[str, str]

    @property
    def user(self) -> str:
        """The user whose runner it starts, or by its name should start; ``""`` for another's entry."""
        if RUNNER in split_arguments(self.arguments):
            return option_in(self.arguments, "--user")
        folder, _, name = self.path.rpartition("\\")
        return name if folder.lower() == FOLDER.lower() else ""

    @property
    def config(self) -> str:
        """The INI that it names; ``""`` for none."""
        return option_in(self.arguments, "--config")


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for. ``account`` is a SID or a name, ``config`` a whole path or ``""``."""

    user: str
    account: str
    logon: Logon = Logon.INTERACTIVE
    every_minutes: float = DEFAULT_EVERY_MINUTES
    config: str = ""
    is_highest: bool = False
    is_protected: bool = True
    """Whether a privileged runner is to refuse what ordinary accounts could change."""
    longest_timeout_seconds: float = 0.0
    """Of the user's tasks."""

    @property
    def is_privileged(self) -> bool:
        """Whether its runner has more rights than an ordinary account."""
        return self.logon is Logon.SYSTEM or self.is_highest

    def command(self) -> str:
        """Return the command that asks for this again, for people."""
        words = ["install", "--user", self.user]
        if self.logon is not default_logon(self.user):
            words += ["--logon", self.logon.value]
        if self.logon is not Logon.SYSTEM and self.account:
            words += ["--account", self.account]
        if self.every_minutes != DEFAULT_EVERY_MINUTES:
            words += ["--every", f"{self.every_minutes:g}"]
        words += ["--highest"] if self.is_highest and self.logon is not Logon.SYSTEM else []
        words += ["--config", self.config] if self.config else []
        return pvz(subprocess.list2cmdline(words))


def default_logon(user: str) -> Logon:
    """Return the kind of logon where none is asked for: ``system`` is the account of that name."""
    return Logon.SYSTEM if user.lower() == "system" else Logon.INTERACTIVE


def entry_path(user: str) -> str:
    r"""Return the entry's name in Task Scheduler.

    >>> entry_path("Operator")
    '\\PVZ scheduler\\operator'
    """
    return f"{FOLDER}\\{user.lower()}"


def wanted_entry(wish: Wish, pythonw: str, project_root: str) -> Entry:
    """Return the entry that fulfils a wish."""
    is_system = wish.logon is Logon.SYSTEM
    return Entry(
        path=entry_path(wish.user),
        account=SYSTEM_SID if is_system else wish.account,
        logon=wish.logon,
        is_highest=is_system or wish.is_highest,
        command=pythonw,
        arguments=runner_arguments(wish.user, wish.config, is_protected=wish.is_privileged and wish.is_protected),
        working_dir=project_root,
        every_minutes=wish.every_minutes,
        starts=("LogonTrigger",) if wish.logon is Logon.INTERACTIVE else ("BootTrigger",),
        settings={
            **{name: setting.wanted for name, setting in SETTINGS.items()},
            "ExecutionTimeLimit": f"PT{math.ceil((wish.longest_timeout_seconds + _HANGS_SECONDS) / 60)}M",
        },
    )


def runner_arguments(user: str, config: str = "", *, is_protected: bool = False) -> str:
    r"""Return the runner's arguments as one text, as Windows wants them; see :func:`runner_words`.

    >>> runner_arguments("operator", "C:\\мой пункт\\pvz.ini")
    '-m scheduler_runner.runner --user operator --config "C:\\мой пункт\\pvz.ini"'
    """
    return subprocess.list2cmdline(runner_words(user, config, is_protected=is_protected))


def runner_words(user: str, config: str = "", *, is_protected: bool = False) -> list[str]:
    """Return the runner's arguments; ``is_protected``: it refuses what ordinary accounts could change."""
    protected, ini = ["--protected"] if is_protected else [], ["--config", config] if config else []
    return ["-m", RUNNER, "--user", user, *protected, *ini]


def option_in(arguments: str, option: str) -> str:
    """Return an option's value in a command line; ``""`` where it is not there."""
    words = split_arguments(arguments)
    for word, following in zip(words, [*words[1:], ""]):
        if word == option:
            return following
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
    return ""


def split_arguments(arguments: str) -> list[str]:
    r"""Return the words of a command line, as Windows programs divide it: the reverse of ``list2cmdline``.

    >>> split_arguments('-m a "C:\\мой пункт\\" \\"x')
    ['-m', 'a', 'C:\\мой пункт" "x']
    """
    words: list[str] = []
    word, is_quoted, is_begun = "", False, False
    for backslashes, quote, blank, letter in re.findall(r'(\\*)(?:(")|([ \t])|([^\\])|$)', arguments):
        word += "\\" * (len(backslashes) // 2 if quote else len(backslashes))
        is_begun = is_begun or bool(backslashes or quote or letter)
        if quote and len(backslashes) % 2:
            word += quote
        elif quote:
            is_quoted = not is_quoted
        elif blank and not is_quoted:
            words += [word] if is_begun else []
            word, is_begun = "", False
        else:
            word += blank + letter
    return [*words, word] if is_begun else words


def is_same_path(one: str, other: str) -> bool:
    r"""Return whether two Windows paths are the same by their names.

    >>> is_same_path("C:/PVZ", "c:\\pvz")
    True
    """
    return _normal(one) == _normal(other)


def _normal(path: str) -> str:
    return ntpath.normcase(ntpath.normpath(path)).rstrip("\\")
