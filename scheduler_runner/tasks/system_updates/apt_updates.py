"""Updates of Debian and its kin, through apt-get. A package that asks about its configuration keeps the present one."""

import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from scheduler_runner.system.programs import Finished, run_program, system_program
from scheduler_runner.tasks.system_updates.apt_records import (
    STATES_FORMAT,
    PackageState,
    is_security,
    parsed_states,
    parsed_waiting,
)
from scheduler_runner.tasks.system_updates.update_values import NO_CONNECTION, Found, Installed, Kind, Trouble, Update

_ENVIRONMENT = {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive", "APT_LISTCHANGES_FRONTEND": "none"}
_UNATTENDED = (
    *("--yes", "--only-upgrade", "--no-remove"),
    *("-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"),
)
_LIST_SECONDS = 1800.0
_MEBIBYTE = 1024**2
_OWN_ARCHIVES = "pvz"
_UNPACKED = 4
"""A package unpacked is seldom larger than so many times its download."""

# Inst curl [7.88.1-10+deb12u14] (7.88.1-10+deb12u15 Debian:12.15/oldstable, Debian-Security:12/... [amd64])
_UPGRADE = re.compile(r"Inst (?P<name>\S+) \[(?P<old>\S+)\] \((?P<new>\S+) (?P<sources>.*) \[(?P<arch>\S+)\]\)")
# 'http://.../curl_7.88.1-10%2bdeb12u15_amd64.deb' curl_7.88.1-10+deb12u15_amd64.deb 315344 SHA256:...
_FILE = re.compile(r"'[^']*' (?P<name>[^_ ]+)_(?P<version>[^_ ]+)_(?P<arch>[^_. ]+)\.deb (?P<size>\d+)")

_UNSIGNED = "подпись источника обновлений не проверяется: её нет, она просрочена, или это подделка"
# Looked for in the lines that apt marks as errors alone: "Could not get lock" stands among its other words as well
# where it waited for the lock and got it.
_TROUBLES = (
    (
        r"Could not get lock|Unable to lock|Unable to acquire the dpkg frontend lock",
        Kind.BUSY,
        "идёт другая установка обновлений",
    ),
    (r"enough free space|No space left on device", Kind.HOPELESS, "нет места на диске"),
    (
        r"Could not (resolve|connect)|Unable to connect|Temporary failure resolving|Network is unreachable|timed out",
        Kind.HOPELESS,
        NO_CONNECTION,
    ),
    (
        r"dpkg was interrupted",
        Kind.HOPELESS,
        "прошлая установка была прервана, нужна команда dpkg --configure -a",
    ),
    (r"Permission denied|are you root", Kind.HOPELESS, "нет прав администратора"),
    (
        r"NO_PUBKEY|EXPKEYSIG|KEYEXPIRED|BADSIG|REVKEYSIG|is not signed|couldn't be verified|is expired|not valid yet",
        Kind.HOPELESS,
        _UNSIGNED,
    ),
    (r"Failed to fetch", Kind.FAILED, "не скачивается"),
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AptUpdates:
    """The packages of this system.

    ``lock_seconds``: how long another installation is waited for. ``least_free_bytes``: what stays free on the disk
    whatever is installed.
    """

    lock_seconds: int = 60
    least_free_bytes: int = 100 * _MEBIBYTE

    @property
    def download_folder(self) -> str:
        """Where apt keeps its downloads."""
        out = self._apt_config("shell", "FOLDER", "Dir::Cache::archives/d")
        return out.partition("=")[2].strip().strip("'") or "/"

    def needed_bytes(self, update: Update) -> int:
        """Return the free space without which the update is not begun."""
        return update.size_bytes * (1 + _UNPACKED) + self.least_free_bytes

    def is_privileged(self) -> bool:
        """Return whether this process is root's."""
        return sys.platform != "win32" and os.geteuid() == 0

    def search(self) -> Found:
        """Refresh the lists, where this process may, and return what an upgrade would install."""
        is_complete, doubt = self._refresh() if self.is_privileged() else (True, "")
        simulated = self._run("upgrade", "--with-new-pkgs", "--simulate")
        files = self._run("upgrade", "--with-new-pkgs", "--print-uris", "--yes", "-q", *self._own_archives())
        updates = tuple(parsed_upgrades(simulated.out, files.out))
        states = self._states()
        broken = tuple(sorted(name for name, state in states.items() if not state.is_whole))
        return Found(updates, is_complete, doubt, tuple(self._waiting(updates, states)), broken)

    def download(self, update: Update, timeout_seconds: float) -> None:
        """Download one package, with what it needs."""
        options = (*self._options, *self._own_archives(), "--download-only")
        self._run("install", *options, update.id, timeout_seconds=timeout_seconds)

    def install(self, update: Update) -> Installed:
        """Install one package, with what it needs; what was downloaded goes then, a disk fills in a year of kernels."""
        own = self._own_archives()
        finished = self._finished("install", *self._options, *own, update.id, timeout_seconds=None, is_protected=True)
        logger.debug("apt-get wrote package=%s %s", update.id, finished.out)
        if own:
            self._finished("clean", *own, timeout_seconds=_LIST_SECONDS)
        # dpkg knows: apt-get's own code is also that of a package which failed days ago.
        state = self._states().get(update.id)
        is_there = state is not None and state.version == update.version != ""
        if finished.exit_code != 0 and not (is_there and state is not None and state.is_whole):
            raise trouble_of(finished, "install")
        return Installed(has_errors=is_there and state is not None and not state.is_whole)

    @property
    def _options(self) -> tuple[str, ...]:
        return (*_UNATTENDED, "-o", f"DPkg::Lock::Timeout={self.lock_seconds}")

    def _own_archives(self) -> tuple[str, ...]:
        """Return the options by which downloads lie apart, so that nobody else's are cleaned; none without rights."""
        folder = os.path.join(self.download_folder, _OWN_ARCHIVES)
        try:
            os.makedirs(os.path.join(folder, "partial"), exist_ok=True)
        except OSError:
            return ()
        return ("-o", f"Dir::Cache::archives={folder}/")

    def _states(self) -> dict[str, PackageState]:
        """Return every package as dpkg has it; none where it does not tell."""
        status = self._apt_config("shell", "FILE", "Dir::State::status/f").partition("=")[2].strip().strip("'")
        folder = (f"--admindir={os.path.dirname(status)}",) if status else ()
        try:
            told = run_program((system_program("dpkg-query"), *folder, "-W", "-f", STATES_FORMAT), _ENVIRONMENT)
        except OSError:
            return {}
        return parsed_states(told.out)

    def _waiting(self, updates: Sequence[Update], states: Mapping[str, PackageState]) -> Iterator[str]:
        """Yield security updates that an upgrade leaves out, in Russian: held by a person, or kept back by others."""
        offered = {update.id for update in updates}
        names = [name for name, state in states.items() if name not in offered and state.version]
        try:
            cache = system_program("apt-cache")
            policy = run_program((cache, "policy"), _ENVIRONMENT)
            policies = run_program((cache, "policy", *names), _ENVIRONMENT)
        except OSError as error:
            logger.warning("what is kept back cannot be told: %s", error)
            return
        for waiting in parsed_waiting(policy.out, policies.out, states):
            if waiting.is_important:
                is_held = states[waiting.name].is_held
                yield f"{waiting.name} ({'удержан вручную' if is_held else 'не сходятся зависимости'})"

    def _refresh(self) -> tuple[bool, str]:
        """Fetch the lists; return whether every archive answered, and what else is doubtful, in Russian.

        Raises :class:`Trouble` where none did.
        """
        finished = self._finished("update", "-q", "-o", "APT::Update::Error-Mode=any", timeout_seconds=_LIST_SECONDS)
        if finished.exit_code == 0:
            return True, ""
        trouble = trouble_of(finished, "update")
        if re.search(r"^(Hit|Get):", finished.out, re.MULTILINE):
            logger.warning("some archives did not answer: %s", trouble)
            return False, f"{_UNSIGNED[0].upper()}{_UNSIGNED[1:]}." if trouble.told == _UNSIGNED else ""
        raise trouble

    def _run(
        self, *arguments: str, timeout_seconds: float | None = _LIST_SECONDS, is_protected: bool = False
    ) -> Finished:
        timeout_seconds = None if is_protected else timeout_seconds
        finished = self._finished(*arguments, timeout_seconds=timeout_seconds, is_protected=is_protected)
        if finished.exit_code != 0:
            raise trouble_of(finished, arguments[0])
        return finished

    def _finished(self, *arguments: str, timeout_seconds: float | None, is_protected: bool = False) -> Finished:
        argv = (system_program("apt-get"), *arguments)
        try:
            return run_program(argv, _ENVIRONMENT, timeout_seconds=timeout_seconds, is_protected=is_protected)
        except subprocess.TimeoutExpired:
            text = f"{' '.join(argv)} did not end within {timeout_seconds:.0f} s"
            raise Trouble(Kind.OUT_OF_TIME, text, "сервер обновлений отвечает слишком медленно") from None
        except OSError as error:
            raise Trouble(Kind.HOPELESS, f"apt-get cannot be started: {error}", "не запускается apt-get") from error

    def _apt_config(self, *arguments: str) -> str:
        try:
            return run_program((system_program("apt-config"), *arguments), _ENVIRONMENT).out
        except OSError:
            return ""


def parsed_upgrades(simulated: str, files: str) -> Iterator[Update]:
    """Yield what a simulated upgrade would install anew; what it would bring along comes with these.

    ``files`` is what ``--print-uris`` says of the same upgrade: what is downloaded already has size 0.
    """
    sizes = {(m["name"], unquote(m["version"]), m["arch"]): int(m["size"]) for m in _FILE.finditer(files)}
    for match in filter(None, map(_UPGRADE.match, simulated.splitlines())):
        package = match["name"].partition(":")[0]
        yield Update(
            id=match["name"],
            name=match["name"],
            title=f"{match['name']} {match['old']} -> {match['new']}",
            is_important=is_security(match["sources"]),
            version=match["new"],
            size_bytes=sizes.get((package, match["new"], match["arch"]), 0),
        )


def trouble_of(finished: Finished, stage: str) -> Trouble:
    """Return what apt-get's failure means; its own words go into the log."""
    wrote = f"{finished.out}\n{finished.err}"
    errors = [line.strip() for line in wrote.splitlines() if line.startswith(("E:", "W:", "Err:", "dpkg: error"))]
    text = f"apt-get {stage} failed (exit code {finished.exit_code}): {' '.join(errors)[:1000] or wrote.strip()[-500:]}"
    for pattern, kind, told in _TROUBLES:
        if re.search(pattern, "\n".join(errors), re.IGNORECASE):
            return Trouble(kind, text, told)
    return Trouble(Kind.FAILED, text, f"ошибка apt: {errors[-1][:200] if errors else finished.exit_code}")
