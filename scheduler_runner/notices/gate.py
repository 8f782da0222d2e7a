"""The gate before settings and brakes of notices: where there are none, nothing of theirs is imported."""

import os

from config.base_config import Point

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scheduler_runner.errors import ConfigError
    from scheduler_runner.notices.brakes import Brake, BrokenBrakes
    from scheduler_runner.notices.settings import NoticeSettings
    from scheduler_runner.phrases import Phrase
    from scheduler_runner.schedule_config import Schedule


def has_notice_settings(point: Point) -> bool:
    """Return whether there is anything to read, which a point that tells nobody need not import."""
    sections = (point.notices, point.telegram, point.vk, point.healthchecks)
    return any(any(section.values()) for section in sections) or any(
        name.startswith(("TELEGRAM_", "VK_")) for name in os.environ
    )


def notice_secrets(point: Point) -> tuple[str, ...]:
    """Return what of the notices' settings must never be written."""
    has_account = any("@" in value for name, value in os.environ.items() if name.lower().endswith("_proxy"))
    if not has_account and not has_notice_settings(point):
        return ()
    from scheduler_runner.notices.settings import secrets_of

    return secrets_of(point)


def read_settings(point: Point) -> "tuple[NoticeSettings | None, ConfigError | None]":
    """Return the settings, ``None`` where there are none, as far as they are sound; and what is wrong, if anything."""
    if not has_notice_settings(point):
        return None, None
    from scheduler_runner.notices.settings import usable_settings

    return usable_settings(point)


def remarks_on(point: Point, settings: "NoticeSettings | None", schedule: "Schedule") -> "Iterator[Phrase]":
    """Yield what is odd in the INI and stops nothing. Of a user in a file that cannot be read nobody knows."""
    yield from point.remarks
    if settings is not None and (settings.is_on or settings.ping_url) and not schedule.problems:
        remark = settings.remark_on_user({task.user.lower() for task in schedule.tasks if task.enabled})
        if remark is not None:
            yield remark


def usable_brakes(path: str) -> "tuple[Sequence[Brake], BrokenBrakes | None]":
    """Return what is muted or paused, and what is wrong with the file, if anything."""
    if not os.path.lexists(path):
        return (), None
    from scheduler_runner.notices.brakes import BrokenBrakes, read_brakes

    try:
        return read_brakes(path), None
    except BrokenBrakes as error:
        return (), error
