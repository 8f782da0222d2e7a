"""The check of who could change what a privileged runner executes."""

import os
import stat
from collections.abc import Iterator

from config.launcher import pvz
from config.secrets_file import read_secrets
from scheduler_runner.doctor.patient import Finding, Patient
from scheduler_runner.errors import ConfigError
from scheduler_runner.logbook.masking import short_secrets
from scheduler_runner.phrases import Phrase
from scheduler_runner.rights.accounts import ROOT, is_privileged, name_of, sid_of
from scheduler_runner.rights.exposure import Premises, Tree, exposures, task_trees
from scheduler_runner.rights.file_rights import readers
from scheduler_runner.rights.hardening import lies_in, link_on
from scheduler_runner.setup.here import secrets_files, token_file
from scheduler_runner.setup.task_entry import Logon
from scheduler_runner.system.folders import is_trusted
from scheduler_runner.system.layout import Layout

_MOST = 10
_CURE = Phrase("as administrator: {command}", command=pvz("install --harden"))

_MOVE = Phrase(
    "move the project, or Python, to a folder below ones that only administrators can change, "
    "such as C:\\PVZ or C:\\Program Files, and install again"
)
_MOVE_TASK = Phrase(
    "give the task a program and a working_dir that only administrators can change, or an ordinary user"
)


def check_exposure(patient: Patient) -> Iterator[Finding]:
    """Could an ordinary account make a privileged runner execute its code? Looked at where there is such a runner."""
    entries = [entry for entry, _ in (patient.entries or {}).values()]
    users = {entry.user.lower() for entry in entries if entry.is_highest or entry.logon is Logon.SYSTEM}
    if not entries and is_privileged():  # no Task Scheduler: root's crontab starts those who have no account here
        users = {user for user in patient.users if sid_of(user) in ("", ROOT)}
    elif not users:
        return
    found = exposures(_premises(patient, users))
    for exposure in found[:_MOST]:
        is_ours = any(lies_in(exposure.path, place) for place in (patient.project_root, patient.logs_root))
        if exposure.is_above and not is_ours:
            told = "{exposure}, and with it the code of a privileged runner that lies in it"
            yield Finding(Phrase(told, exposure=exposure.said), _MOVE)
        else:
            told = "{exposure}, and a privileged runner executes it or writes there"
            yield Finding(Phrase(told, exposure=exposure.said), _CURE)
    if len(found) > _MOST:
        told = "{number} further places can be changed by ordinary accounts"
        yield Finding(Phrase(told, number=len(found) - _MOST), _CURE)
    yield from _exposed_tasks(patient, users, {exposure.path for exposure in found})
    yield from _no_locks(patient)


def _premises(patient: Patient, users: set[str]) -> list[Tree]:
    """Return what the runners of these users execute, and their logs."""
    logs = [Layout(patient.logs_root).user(user).folder for user in sorted(users)]
    own = patient.point.tasks_dirs if patient.point else ()
    places = [Premises(patient.project_root, patient.config_path, log, own) for log in logs or [""]]
    return [tree for place in places for tree in place.trees()]


def _exposed_tasks(patient: Patient, users: set[str], known: set[str]) -> Iterator[Finding]:
    """Yield programs and working folders of privileged tasks that others could change: no ``--harden`` mends them."""
    for task in patient.schedule.tasks:
        if task.user.lower() not in users:
            continue
        for exposure in exposures(task_trees(task.argv, os.path.join(patient.project_root, task.working_dir or ""))):
            if exposure.path not in known:
                told = "{task} runs with an administrator's rights, and {exposure}"
                yield Finding(Phrase(told, task=task.id, exposure=exposure.said), _MOVE_TASK)


def _no_locks(patient: Patient) -> Iterator[Finding]:
    """Yield what other accounts have put among the locks that all share: it decides nothing, and somebody tried it."""
    folder = Layout(patient.logs_root).locks
    try:
        with os.scandir(folder) as entries:
            found = [(entry, entry.stat(follow_symlinks=False)) for entry in entries]
    except OSError:
        return
    strange = [
        (entry.path, name_of(str(status.st_uid)))
        for entry, status in found
        if not is_trusted(status) and not (stat.S_ISREG(status.st_mode) and entry.name.endswith(".lock"))
    ]
    for path, account in sorted(strange)[:_MOST]:
        told = "{path} is no lock, and {account} has put it among those that all accounts share"
        yield Finding(Phrase(told, path=path, account=account), Phrase("nothing heeds it: ask why, and remove it"))


def check_token_file(patient: Patient) -> Iterator[Finding]:
    """Can others read the bot's token than the accounts that send notices, or an account's secrets?"""
    yield from _open_secrets(patient)
    path = token_file()
    link = link_on(path) if path else ""
    if link:
        yield Finding(
            Phrase("{link}, by which token_file leads to the bot's token, is a link", link=link),
            Phrase("name the real file there"),
        )
        return
    senders = {name_of(entry.account) for entry, _ in (patient.entries or {}).values()}
    others = sorted(readers(path) - senders) if path else []
    if others:
        yield Finding(
            Phrase("{path}, which holds the bot's token, can be read by {names}", path=path, names=", ".join(others)),
            _CURE,
        )


def _open_secrets(patient: Patient) -> Iterator[Finding]:
    for user, path in secrets_files(patient.users).items():
        yield from _unusable(path, user)
        owners = {name_of(entry.account) for entry, _ in patient.entries_of(user)}
        others = sorted(readers(path) - owners)
        if link_on(path):
            told = "{link}, by which secrets_file leads to the secrets of {user}, is a link"
            yield Finding(Phrase(told, link=link_on(path), user=user), Phrase("name the real file there"))
        elif others:
            told = "{path}, which holds the secrets of {user}, can be read by {names}"
            yield Finding(Phrase(told, path=path, user=user, names=", ".join(others)), _CURE)
    yield from _open_ini(patient)
    for name in sorted(short_secrets(os.environ)):
        told = "{name} is a secret of fewer than six letters: it is not masked in logs and messages"
        yield Finding(Phrase(told, name=name), Phrase("choose a longer one"), is_drift=False)


def _unusable(path: str, user: str) -> Iterator[Finding]:
    """Yield why a file of secrets is of no use: to its account where it is wrong, to this one where it is closed."""
    try:
        read_secrets(path)
    except ConfigError as error:
        is_wrong = "number" in error.values  # a line of it
        cure = Phrase("ask as administrator, or as the account of {user}", user=user)
        yield Finding(error, Phrase("mend {file}", file=path) if is_wrong else cure, is_drift=is_wrong)


def _open_ini(patient: Patient) -> Iterator[Finding]:
    """Yield what of the INI's values is a secret, where others can read it."""
    address = patient.point.healthchecks.get("ping_url", "") if patient.point else ""
    others = sorted(readers(patient.config_path)) if address else []
    if others:
        told = "{path} holds ping_url, by which anybody could tell that this point is well, and can be read by {names}"
        yield Finding(
            Phrase(told, path=patient.config_path, names=", ".join(others)),
            Phrase("let only administrators and the accounts that send read the INI; change an address that leaked"),
            is_drift=False,
        )
    proxy = patient.point.telegram.get("proxy", "") if patient.point else ""
    others = sorted(readers(patient.config_path)) if "@" in proxy else []
    if others:
        told = "{path} holds the password of a proxy and can be read by {names}"
        yield Finding(
            Phrase(told, path=patient.config_path, names=", ".join(others)),
            Phrase("write it into HTTPS_PROXY of the account's environment, and the INI without it"),
        )
