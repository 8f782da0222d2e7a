"""Checks of the point: packages, INI, configuration, write rights, space, clock, network root, ticks."""

import os
import tempfile
import threading
from collections.abc import Iterator
from datetime import datetime

from config.launcher import pip_command, pvz, runner_command
from scheduler_runner.doctor.checks_entries import network_root_of
from scheduler_runner.doctor.packages import package_problem, runtime_requirements
from scheduler_runner.doctor.patient import Finding, Patient, own_users
from scheduler_runner.errors import ConfigError, LedgerUnavailable
from scheduler_runner.phrases import Phrase
from scheduler_runner.plans.clock import PC_ZONE, offset, zone_named
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.rights.accounts import current_account, is_privileged
from scheduler_runner.setup.cures import LET_WRITE, SET_CLOCK, SET_ZONE, WAIT_FOR_TICK, reach_network_root
from scheduler_runner.system.filesystem import free_bytes
from scheduler_runner.system.layout import Layout
from scheduler_runner.system.own_files import open_own

_GIBIBYTE = 1024**3
_MIN_FREE_LOGS = _GIBIBYTE
_DAY_SECONDS = 86400
_MISSED_TICKS = 3
ANSWER_SECONDS = 10.0


def check_packages(patient: Patient) -> Iterator[Finding]:
    """Is every package there, and new enough?"""
    path = os.path.join(patient.project_root, "requirements.txt")
    try:
        with open(path, encoding="utf-8") as file:
            requirements = list(runtime_requirements(file.read()))
    except OSError as error:
        yield Finding(
            Phrase("{path} cannot be read ({reason})", path=path, reason=error.strerror),
            Phrase("fetch the project again"),
        )
        return
    for requirement in requirements:
        problem = package_problem(requirement)
        if problem:
            yield Finding(problem, Phrase("{command}", command=pip_command()))


def check_write_rights(patient: Patient) -> Iterator[Finding]:
    """May this account write where the runners of its entries do? Tried with a file."""
    layout = Layout(patient.logs_root)
    folders = [layout.locks]
    for user in own_users(patient):
        own = layout.user(user)
        folders += [own.folder, own.locks, own.log()]
    for folder in [*folders, *_recording_roots(patient)]:
        problem = _write_problem(folder)
        if problem:
            yield Finding(
                Phrase(
                    "{folder}: {account} cannot write there ({problem})",
                    folder=folder,
                    account=current_account(),
                    problem=problem,
                ),
                _write_cure(patient, folder),
            )


def check_space(patient: Patient) -> Iterator[Finding]:
    """Is there room for logs and recordings?"""
    wanted = [(_existing(patient.logs_root), _MIN_FREE_LOGS, Phrase("move or delete what fills the disk"))]
    settings = _camera_settings(patient)
    if settings is not None and settings.point.env_mode != "test":
        cure = Phrase("{command}, or keep recordings for fewer days", command=pvz("run CleanupLocal"))
        wanted += [(root, settings.min_free_gb * _GIBIBYTE, cure) for root in settings.local_roots]
    for folder, least, cure in wanted:
        free = free_bytes(folder)
        if free is not None and free < least:
            told = "{folder}: {free:.1f} GiB are free, {least:g} are needed"
            yield Finding(Phrase(told, folder=folder, free=free / _GIBIBYTE, least=least / _GIBIBYTE), cure)


def check_clock(patient: Patient) -> Iterator[Finding]:
    """Is it as late as it must be, and does the PC's zone agree with the INI's?"""
    for user in patient.users:
        newest = max(_newest_times(patient, user))
        if newest > patient.now + _DAY_SECONDS:
            told = "the clock shows {now}, and the newest record of user {user} is of {moment}"
            yield Finding(Phrase(told, now=_moment(patient.now), user=user, moment=_moment(newest)), SET_CLOCK)
    program = os.path.join(patient.project_root, "scheduler_runner", "runner.py")
    if os.path.getmtime(program) > patient.now + _DAY_SECONDS:
        told = "the clock shows {now}, and the program is of {moment}"
        yield Finding(Phrase(told, now=_moment(patient.now), moment=_moment(os.path.getmtime(program))), SET_CLOCK)
    if patient.point is not None and patient.point.timezone:
        now = int(patient.now)
        ours, pc = offset(now, zone_named(patient.point.timezone)), offset(now, PC_ZONE)
        if ours != pc:
            yield Finding(
                Phrase(
                    "the PC's clock is {pc} from UTC, the INI's timezone {timezone} {ours}",
                    pc=_hours(pc),
                    timezone=patient.point.timezone,
                    ours=_hours(ours),
                ),
                SET_ZONE,
            )


def check_recording_roots(patient: Patient) -> Iterator[Finding]:
    """Are the folders there to which the cameras write?"""
    for root in _recording_roots(patient):
        if not os.path.isdir(root):
            cure = Phrase("connect its disk, let the cameras write to it, or mend local_roots in [cameras]")
            yield Finding(Phrase("recording root {root} is not there", root=root), cure)


def check_network_root(patient: Patient, answer_seconds: float = ANSWER_SECONDS) -> Iterator[Finding]:
    """Does the cameras' network root answer?"""
    if patient.point is None or patient.point.env_mode == "test":
        return  # in the sandbox, which the first copy makes
    root = network_root_of(patient)
    if root and not _answers(root, answer_seconds):
        yield Finding(
            Phrase(
                "network root {root} is not reachable for {account}",
                root=root,
                account=current_account(),
            ),
            reach_network_root(is_privileged()),
        )


def check_ticks(patient: Patient) -> Iterator[Finding]:
    """Did the last tick come a short while ago?"""
    minutes = patient.point.tick_minutes if patient.point else 5
    for user in patient.users:
        try:
            last = _times_on_record(patient, user)[1]
        except LedgerUnavailable as error:
            yield _unread(patient, user, error)
            continue
        if not last:
            yield _no_tick(user)
        elif patient.now - last > _MISSED_TICKS * minutes * 60:
            told = "user {user}: the last tick was at {moment}, {minutes:.0f} minutes ago"
            yield Finding(
                Phrase(told, user=user, moment=_moment(last), minutes=(patient.now - last) / 60),
                Phrase("{command} shows why", command=runner_command(user)),
            )


def _camera_settings(patient: Patient):  # type: ignore[no-untyped-def]  # a domain that may be absent
    try:
        from scheduler_runner.tasks.cameras.settings import load_camera_settings

        return load_camera_settings(patient.config_path)
    except (ImportError, ConfigError):
        return None


def _recording_roots(patient: Patient) -> list[str]:
    """Return the local roots, where this account runs the cameras' tasks. A test point makes its own."""
    settings = _camera_settings(patient)
    if settings is None or settings.point.env_mode == "test":
        return []
    own = set(own_users(patient))
    is_own = any(task.domain == "cameras" and task.user.lower() in own for task in patient.schedule.tasks)
    return list(settings.local_roots) if is_own else []


def _existing(folder: str) -> str:
    """Return the folder, or the nearest one above it that is there."""
    while not os.path.isdir(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return folder


def _write_problem(folder: str) -> "Phrase | str":
    """Return why nothing can be written to ``folder``, or made where it is missing; ``""`` where it can."""
    if not os.path.isdir(folder) and os.path.lexists(folder):
        return Phrase("it is no folder")
    try:
        with tempfile.TemporaryFile(dir=_existing(folder), prefix=".doctor-"):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def _write_cure(patient: Patient, folder: str) -> Phrase:
    if os.path.normcase(folder).startswith(os.path.normcase(patient.logs_root)):
        return Phrase("as administrator: {command} gives each account its logs", command=pvz("install --harden"))
    return LET_WRITE


def _unread(patient: Patient, user: str, error: LedgerUnavailable) -> Finding:
    """Return why a ledger tells nothing: no fault where it is merely for another account's eyes."""
    told = Phrase("user {user}: its ledger cannot be read", user=user)
    try:
        os.close(open_own(Layout(patient.logs_root).user(user).ledger, is_anyones=True))
    except FileNotFoundError:
        return _no_tick(user)
    except PermissionError:
        return Finding(told, Phrase("ask as administrator, or as its account"), is_drift=False)
    except OSError:
        pass  # a pipe, say: what cannot be a ledger
    return Finding(
        Phrase("{what}: {why}", what=told, why=error), Phrase("{command} shows why", command=runner_command(user))
    )


def _no_tick(user: str) -> Finding:
    return Finding(Phrase("user {user}: no tick is on record", user=user), WAIT_FOR_TICK)


def _newest_times(patient: Patient, user: str) -> tuple[float, float]:
    try:
        return _times_on_record(patient, user)
    except LedgerUnavailable:
        return 0.0, 0.0


def _times_on_record(patient: Patient, user: str) -> tuple[float, float]:
    ledger = Ledger(Layout(patient.logs_root).user(user).ledger, is_read_only=True)
    try:
        return ledger.newest_times()
    finally:
        ledger.close()


def _answers(folder: str, seconds: float) -> bool:
    """Return whether a folder is there; one on a dead server keeps who asks waiting, so a thread does."""
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(os.path.isdir(folder)), daemon=True)
    thread.start()
    thread.join(seconds)
    return bool(answers and answers[0])


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds):%d.%m.%Y %H:%M}"


def _hours(seconds: int) -> str:
    return f"{seconds / 3600:+g} h"
