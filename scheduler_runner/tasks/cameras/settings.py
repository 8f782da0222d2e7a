"""The point's camera settings: the INI's section ``[cameras]`` and its ``[camera ID]`` sections, over the defaults."""

import ntpath
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from difflib import get_close_matches

from config.base_config import OPENING_KEYS, PATH_CONFIG, Point, config_path, load_point
from config.hours import Hours
from config.ini import DEFAULT, Ini, Section, read_ini
from config.values import WrongValue, clock, number, or_off, whole
from scheduler_runner.errors import ConfigError
from scheduler_runner.plans.clock import zone_named
from scheduler_runner.system.folders import is_folder_name
from scheduler_runner.tasks.cameras.config.cameras_config import DEFAULTS
from scheduler_runner.tasks.cameras.layouts import camera_key, kinds

NETWORK_ROOT_AWAY, LOCAL_ROOT_AWAY = "network_root_away", "local_root_away"
"""Causes that several scripts meet: one notice for all of them."""
_SECTION = "cameras"
_CAMERA = "camera "
_CAMERA_KEYS = {
    **dict.fromkeys(("kind", "uid", "area", "place"), ""),
    # Of its own, where it differs from the point's cameras, as one does that writes on motion only.
    **dict.fromkeys(("lookback_local_hours", "lookback_network_hours", "min_files"), ""),
}
_MAC_DIGITS = 12
_DAYS = whole(1, 3650, "days")
_HOURS = whole(1, 240, "hours")
_FILES = whole(1, 100_000)
_AMOUNT = number(0, 999_999)


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera as the INI lists it."""

    id: str
    kind: str
    uid: str
    area: str = ""
    place: str = ""
    lookback_local_hours: int | None = None
    """``None``, as of those below: as the point's cameras have it."""
    lookback_network_hours: int | None = None
    min_files: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        """By what it is found among :func:`.recording_root.days_by_camera`."""
        return camera_key(self.kind, self.uid)

    @property
    def title(self) -> str:
        """The camera for staff: ``unv_002 (клиентская зона, над ресепшн)``."""
        return f"{self.id} ({self.where})" if self.where else self.id

    @property
    def where(self) -> str:
        """Where it hangs, for staff: ``клиентская зона, над ресепшн``; ``""``: nobody said."""
        return ", ".join(part for part in (self.area, self.place) if part)


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """What the scripts need to know of the point. Roots are absolute paths."""

    point: Point
    local_roots: tuple[str, ...]
    network_root: str
    retention_local_days: int
    retention_network_days: int
    hours: Hours
    copy_until: int | None
    """The minute of the day at which a planned copy stops in order; ``None``: when it is done."""
    min_free_gb: float
    network_min_free_gb: float
    bandwidth_limit_mb: float
    lookback_hours: Mapping[str, int]
    """How far back the monitors look, by ``local`` and ``network``."""
    min_files: int
    min_recording_kb: float
    cameras: tuple[Camera, ...]

    def now(self) -> datetime:
        """Return what the clock of the point shows, naive: recordings are named by it."""
        return datetime.now(self.zone).replace(tzinfo=None)

    @property
    def zone(self) -> tzinfo:
        """The zone of the point's clocks."""
        return zone_named(self.point.timezone)


def check(ini_path: str) -> list[ConfigError]:
    """Return what is wrong in the cameras' sections: asked before any of their tasks is started."""
    try:
        load_camera_settings(ini_path)
    except ConfigError as error:
        return [error]
    return []


def load_camera_settings(path: str | None = None) -> CameraSettings:
    """Return the settings as the INI has them now. Raises ``ConfigError``: file, key, value, what would be right."""
    ini = read_ini(path or config_path())
    _reject_strangers(ini)
    section = ini.section(_SECTION, {**DEFAULTS, **OPENING_KEYS})
    point = load_point(ini.path)
    local_roots, network_root = _roots(section, point)
    return CameraSettings(
        point=point,
        local_roots=local_roots,
        network_root=network_root,
        retention_local_days=section.read("retention_local_days", _DAYS),
        retention_network_days=section.read("retention_network_days", _DAYS),
        hours=point.hours,
        copy_until=section.read("copy_until", or_off(clock)),
        min_free_gb=section.read("min_free_gb", _AMOUNT),
        network_min_free_gb=section.read("network_min_free_gb", _AMOUNT),
        bandwidth_limit_mb=section.read("bandwidth_limit_mb", _AMOUNT),
        lookback_hours={where: section.read(f"lookback_{where}_hours", _HOURS) for where in ("local", "network")},
        min_files=section.read("min_files", _FILES),
        min_recording_kb=section.read("min_recording_kb", _AMOUNT),
        cameras=_cameras(ini),
    )


def recording_roots(settings: CameraSettings) -> tuple[str, ...]:
    """Return the local roots; a test point's, which lies in the sandbox, is made. Raises ``OSError``."""
    if settings.point.env_mode == "test":
        for root in settings.local_roots:
            os.makedirs(root, exist_ok=True)
    return settings.local_roots


def _roots(section: Section, point: Point) -> tuple[tuple[str, ...], str]:
    """Return local roots and network root; those of the test point lie in the sandbox, whatever the INI says."""
    local = tuple(line.strip() for line in section.text("local_roots").splitlines() if line.strip())
    written = section.text("network_root")
    network = written.replace("{PVZ_ID}", point.pvz_id)
    if set("{}%<>") & set(written.replace("{PVZ_ID}", "")):
        raise section.wrong("network_root", "{PVZ_ID} for the point's name, and no other braces or marks,", written)
    for key, roots in (("local_roots", local), ("network_root", (network,))):
        if not roots or not all(map(_is_whole, roots)):
            right = "whole paths such as D:/camera, each on a line of its own, indented,"
            raise section.wrong(key, right, "; ".join(roots))
        if any(not ntpath.splitdrive(ntpath.normpath(root))[1].strip("/\\") for root in roots):
            raise section.wrong(key, "a folder, not a whole drive", "; ".join(roots))
    for index, root in enumerate(local):
        if any(_lies_in(root, other) or _lies_in(other, root) for other in local[:index]):
            raise section.wrong("local_roots", "a folder apart from the others", root)
        if _lies_in(network, root) or _lies_in(root, network):
            raise section.wrong(
                "network_root", WrongValue("a folder apart from local_roots ({root})", root=root), network
            )
    if point.env_mode == "test":
        sandbox = os.path.join(PATH_CONFIG["BASE_DIR"], "sandbox")
        return (os.path.join(sandbox, "D_camera"),), os.path.join(sandbox, "O_cameras", point.pvz_id)
    return local, network


def _lies_in(root: str, other: str) -> bool:
    """Return whether a folder is another one or lies below it, by their names."""
    inner, outer = (ntpath.normcase(ntpath.normpath(each)).rstrip("\\") + "\\" for each in (root, other))
    return inner.startswith(outer)


def _is_whole(root: str) -> bool:
    """Return whether it is a whole path; one of Windows is sound on every system, for the example's are."""
    if not root.isprintable():
        return False
    drive, rest = ntpath.splitdrive(root)
    return (bool(drive) and rest[:1] in ("/", "\\") and not set('<>:"|?*') & set(rest)) or (
        os.name != "nt" and root.startswith("/")
    )


def _reject_strangers(ini: Ini) -> None:
    """Raise for a section that may mean the cameras: what is spelled wrong there could delete too much."""
    for name in ini.sections:
        if name in (DEFAULT, _SECTION) or name.startswith(_CAMERA):
            continue
        is_meant = name.strip().lower().startswith(_CAMERA[:3]) or "uid" in ini.own(name)
        if is_meant or get_close_matches(name.lower(), [_SECTION], cutoff=0.8):
            told = "{path}: section [{name}] is unknown: [cameras], or [camera ID] for one of them, would be right"
            raise ConfigError(told, path=ini.path, name=name)


def _cameras(ini: Ini) -> tuple[Camera, ...]:
    cameras: list[Camera] = []
    for name in ini.sections:
        if not name.startswith(_CAMERA):
            continue
        section = ini.section(name, _CAMERA_KEYS)
        camera = Camera(
            id=name[len(_CAMERA) :].strip(),
            kind=section.read("kind", _kind),
            uid=section.read("uid", _uid),
            area=" ".join(section.text("area").split()),
            place=" ".join(section.text("place").split()),
            lookback_local_hours=section.read("lookback_local_hours", _own(_HOURS)),
            lookback_network_hours=section.read("lookback_network_hours", _own(_HOURS)),
            min_files=section.read("min_files", _own(_FILES)),
        )
        if not camera.id:
            raise ConfigError(
                "{path}: section [{name}] has no ID: [camera unv_001] would be right", path=ini.path, name=name
            )
        if any(other.key == camera.key for other in cameras):
            raise section.wrong("uid", "a folder that no other camera has", camera.uid)
        if any(other.id.lower() == camera.id.lower() for other in cameras):
            raise ConfigError(
                "{path}: [{name}] is there twice: a name of its own would be right", path=ini.path, name=name, key="id"
            )
        cameras.append(camera)
    return tuple(cameras)


def _own(read: Callable[[str], int]) -> Callable[[str], "int | None"]:
    """Return a reader of what a camera need not have of its own."""
    return lambda text: read(text) if text else None


def _kind(text: str) -> str:
    if text not in kinds():
        raise WrongValue("one of {names}", names=", ".join(kinds()))
    return text


def _uid(text: str) -> str:
    if not is_folder_name(text):
        bare = text.replace(":", "")
        # So a MAC stands on the camera and in its app; its folder is named without the colons.
        is_mac = len(bare) == _MAC_DIGITS and not set(bare.upper()) - set("0123456789ABCDEF")
        raise WrongValue(bare.upper()) if is_mac else WrongValue("the name of the camera's folder")
    return text
