"""Checks of what people write: the INI's sections, the tasks' entries, and what must be chosen and is not.

``check`` asks these alone, also for an INI that is yet to come. What is absent counts as not chosen: a point that tells
nobody, lists no camera or is left in test mode would look well for ever.
"""

import os
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise

from config.base_config import Point, load_point
from config.ini import read_ini
from config.launcher import pvz
from scheduler_runner.doctor.patient import Finding, Patient, own_users
from scheduler_runner.errors import ConfigError
from scheduler_runner.notices.settings import notice_settings
from scheduler_runner.phrases import Phrase
from scheduler_runner.plans.clock import zone_named
from scheduler_runner.section_checks import section_problems
from scheduler_runner.task import Task

_DEFAULT_TICK_MINUTES = 5

TYPE_CHECKING = False
if TYPE_CHECKING:
    from scheduler_runner.tasks.cameras.settings import CameraSettings


def check_configuration(patient: Patient) -> Iterator[Finding]:
    """Are all sections of the INI, and all configuration files, sound?"""
    mend = Phrase("mend {file}", file=patient.config_path)
    try:
        point = load_point(patient.config_path)
    except ConfigError as error:
        yield Finding(error, mend)
    else:
        for remark in point.remarks:
            yield Finding(remark, mend)
        try:
            notice_settings(point)
        except ConfigError as error:
            told = error if point.path in str(error) else Phrase("{path}: {error}", path=point.path, error=error)
            yield Finding(told, mend)
        for problem in section_problems(patient.config_path, patient.schedule.domains):
            yield Finding(problem.said, mend)
    for problem in patient.schedule.problems:
        yield Finding(problem.said, Phrase("mend {file}", file=problem.file))


def check_choices(patient: Patient) -> Iterator[Finding]:
    """Is chosen what no default can choose: the real mode, who is told, which cameras there are?"""
    point = patient.point
    if point is None:
        return
    if point.env_mode == "test":
        yield Finding(
            Phrase("the point is in test mode: no recording of it is copied"),
            Phrase("ENV_MODE = production in {file}, unless it is the test point", file=patient.config_path),
        )
    yield from _nobody_is_told(patient, point)
    is_cameras = any(task.domain == "cameras" and task.enabled for task in patient.schedule.tasks)
    try:
        settings = _load_cameras(point) if is_cameras else None
    except ConfigError:
        return  # told by check_configuration
    if settings is not None and not settings.cameras:
        yield Finding(
            Phrase("no camera is listed: one that falls silent is forgotten"),
            Phrase("{command} shows the sections that the INI lacks", command=pvz("cameras")),
        )


def check_tasks(patient: Patient) -> Iterator[Finding]:
    """Is there what the tasks need, and can ticks meet their schedules?"""
    tick_minutes = patient.point.tick_minutes if patient.point else _DEFAULT_TICK_MINUTES
    own = set(own_users(patient))
    for task in patient.schedule.tasks:
        if not task.enabled:
            continue
        mend = Phrase("mend {file}", file=task.source)
        if not task.plan.meets_ticks(tick_minutes):
            told = "{task}: ticks of every {minutes} minutes do not meet all of its times ({plan})"
            yield Finding(
                Phrase(told, task=task.id, minutes=tick_minutes, plan=task.plan.text),
                Phrase('in {file}: misfire_grace_time = "next" would be right', file=task.source),
            )
        folder = os.path.join(patient.project_root, task.working_dir or "")
        if not os.path.isdir(folder):
            yield Finding(Phrase("{task}: its folder {folder} is not there", task=task.id, folder=folder), mend)
        if not _is_program(task.argv[0], folder):
            told = "{task}: the program {program} is not there"
            yield Finding(Phrase(told, task=task.id, program=task.argv[0]), mend)
        # Of another account's variables this one knows nothing.
        lacking = [name for name in task.secrets if name not in os.environ] if task.user.lower() in own else []
        if lacking:
            told = "{task}: the secrets {names} are not in this account's environment"
            yield Finding(
                Phrase(told, task=task.id, names=", ".join(lacking)),
                Phrase("docs/own-tasks.md says where secrets are kept"),
                is_drift=False,
            )


def check_collisions(patient: Patient) -> Iterator[Finding]:
    """Remark which tasks wait for each other every day, and which may miss their own next slot under a long run."""
    zone = zone_named(patient.point.timezone if patient.point else "")
    midnight = datetime.fromtimestamp(patient.now, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    begin, end = int(midnight.timestamp()), int((midnight + timedelta(days=1)).timestamp())
    taken: dict[tuple[str, int], Task] = {}
    for task in patient.schedule.tasks:
        slots = list(_slots(task, begin, end, zone)) if task.enabled else []
        for slot in slots if task.group else ():
            other = taken.setdefault((str(task.group), slot), task)
            if other is not task:
                told = "{task} and {other} of the group {group} are both due at {time}: one of them waits"
                time = f"{datetime.fromtimestamp(slot, zone):%H:%M}"
                yield _remark(Phrase(told, task=task.id, other=other.id, group=task.group, time=time), task)
                break
        shortest = min((after - before for before, after in pairwise(slots)), default=0)
        grace = task.plan.grace_seconds  # with "next" a slot waits for a run's end, or a later one takes its place
        if shortest and grace is not None and shortest + grace < task.timeout_seconds:
            told = "{task}: its timeout of {timeout} s is longer than the {gap} s until a slot that would be missed"
            yield _remark(Phrase(told, task=task.id, timeout=round(task.timeout_seconds), gap=shortest), task)


def _remark(told: Phrase, task: Task) -> Finding:
    return Finding(told, Phrase("nothing, where that is meant; else mend {file}", file=task.source), is_drift=False)


def _slots(task: Task, begin: int, end: int, zone: tzinfo) -> Iterator[int]:
    slot = task.plan.next(begin - 1, zone)
    while slot is not None and slot < end:
        yield slot
        slot = task.plan.next(slot, zone)


def _nobody_is_told(patient: Patient, point: Point) -> Iterator[Finding]:
    try:
        settings = notice_settings(point)
        is_meant = read_ini(patient.config_path).own("notices").get("channels", "").lower() == "off"
    except ConfigError:
        return  # told by check_configuration
    if is_meant:
        return
    if not settings.is_on:
        yield Finding(
            Phrase("nobody is told of failures: there is {missing}", missing=settings.missing),
            Phrase("see docs/notices.md; or, where nobody is meant to be told, channels = off in [notices]"),
        )
    remark = settings.remark_on_user(patient.users)
    if remark is not None:
        right = "notify_user = {users} in {file} would be right"
        yield Finding(remark, Phrase(right, users=" / ".join(patient.users), file=patient.config_path))


def _is_program(program: str, folder: str) -> bool:
    """Return whether a command's program is there: by its path, or found as the system finds it."""
    if os.path.dirname(program):
        return os.path.isfile(os.path.join(folder, program)) or shutil.which(program, path=folder) is not None
    return shutil.which(program) is not None or shutil.which(program, path=folder) is not None


def _load_cameras(point: Point) -> "CameraSettings | None":
    try:
        from scheduler_runner.tasks.cameras.settings import load_camera_settings
    except ImportError:
        return None
    return load_camera_settings(point.path)
