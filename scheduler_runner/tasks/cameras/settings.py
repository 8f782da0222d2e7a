"""The point's camera settings: the INI's section ``[cameras]`` and its ``[camera ID]`` sections, over the defaults."""

import ntpath
import os
from collections.abc import Mapping
from configparser import ConfigParser
from dataclasses import dataclass
from datetime import datetime, tzinfo
from difflib import get_close_matches

from config.base_config import PATH_CONFIG, Point, config_path, load_point, read_ini
from scheduler_runner.errors import ConfigError
from scheduler_runner.plans.clock import parse_hours, zone_named
from scheduler_runner.system.folders import is_folder_name
from scheduler_runner.tasks.cameras.config.cameras_config import DEFAULTS
from scheduler_runner.tasks.cameras.layouts import FOLDERS, camera_key

_SECTION = "cameras"
_CAMERA = "camera "
_CAMERA_KEYS = ("kind", "uid", "area", "place")
_MAX_DAYS = 3650
_MAX_HOURS = 240
_MAX_FILES = 100_000


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera as the INI lists it."""

    id: str
    kind: str
    uid: str
    area: str = ""
    place: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """By what it is found among :func:`.recordings.days_by_camera`."""
        return camera_key(self.kind, self.uid)

    @property
    def title(self) -> str:
        """The camera for staff: ``unv_002 (клиентская зона, над ресепшн)``."""
        where = ", ".join(part for part in (self.area, self.place) if part)
        return f"{self.id} ({where})" if where else self.id


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """What the scripts need to know of the point. Roots are absolute paths; working hours minutes of the day."""

    point: Point
    local_roots: tuple[str, ...]
    network_root: str
    retention_local_days: int
    retention_network_days: int
    working_hours: tuple[int, int]
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


def load_camera_settings(path: str | None = None) -> CameraSettings:
    """Return the settings as the INI has them now. Raises ``ConfigError``: file, key, value, what would be right."""
    path = path or config_path()
    ini = _Section(path, read_ini(path))
    ini.reject_unknown()
    point = load_point(path)
    local, network = ini.days("retention_local_days"), ini.days("retention_network_days")
    if local >= network:
        raise ini.wrong("retention_local_days", str(local), f"fewer days than retention_network_days ({network})")
    local_roots, network_root = _roots(ini, point)
    return CameraSettings(
        point=point,
        local_roots=local_roots,
        network_root=network_root,
        retention_local_days=local,
        retention_network_days=network,
        working_hours=ini.hours("working_hours"),
        min_free_gb=ini.number("min_free_gb"),
        network_min_free_gb=ini.number("network_min_free_gb"),
        bandwidth_limit_mb=ini.number("bandwidth_limit_mb"),
        lookback_hours={
            where: ini.whole(f"lookback_{where}_hours", _MAX_HOURS, " of hours") for where in ("local", "network")
        },
        min_files=ini.whole("min_files", _MAX_FILES, ""),
        min_recording_kb=ini.number("min_recording_kb"),
        cameras=_cameras(ini),
    )


def _roots(ini: "_Section", point: Point) -> tuple[tuple[str, ...], str]:
    """Return local roots and network root; those of the test point lie in the sandbox, whatever the INI says."""
    local = tuple(line.strip() for line in ini.value("local_roots").splitlines() if line.strip())
    written = ini.value("network_root")
    network = written.replace("{PVZ_ID}", point.pvz_id)
    if set("{}%<>") & set(written.replace("{PVZ_ID}", "")):
        raise ini.wrong("network_root", written, "{PVZ_ID} for the point's name, and no other braces or marks,")
    for key, roots in (("local_roots", local), ("network_root", (network,))):
        if not roots or not all(map(_is_whole, roots)):
            raise ini.wrong(
                key, "; ".join(roots), "whole paths such as D:/camera, each on a line of its own, indented,"
            )
        if any(not ntpath.splitdrive(ntpath.normpath(root))[1].strip("/\\") for root in roots):
            raise ini.wrong(key, "; ".join(roots), "a folder, not a whole drive")
    for number, root in enumerate(local):
        if any(_lies_in(root, other) or _lies_in(other, root) for other in local[:number]):
            raise ini.wrong("local_roots", root, "a folder apart from the others")
        if _lies_in(network, root) or _lies_in(root, network):
            raise ini.wrong("network_root", network, f"a folder apart from local_roots ({root})")
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


def _cameras(ini: "_Section") -> tuple[Camera, ...]:
    cameras: list[Camera] = []
    for section in ini.parser.sections():
        if not section.startswith(_CAMERA):
            continue
        camera = Camera(
            id=section[len(_CAMERA) :].strip(),
            kind=ini.text(section, "kind"),
            uid=ini.text(section, "uid"),
            area=" ".join(ini.text(section, "area").split()),
            place=" ".join(ini.text(section, "place").split()),
        )
        if camera.kind not in FOLDERS:
            raise ini.wrong("kind", camera.kind, " or ".join(FOLDERS), section)
        if not camera.id:
            raise ConfigError(f"{ini.path}: section [{section}] has no ID: [camera unv_001] would be right")
        if not is_folder_name(camera.uid):
            raise ini.wrong("uid", camera.uid, "the name of the camera's folder", section)
        if any(other.key == camera.key for other in cameras):
            raise ini.wrong("uid", camera.uid, "a folder that no other camera has", section)
        if any(other.id.lower() == camera.id.lower() for other in cameras):
            raise ConfigError(f"{ini.path}: [{section}] is there twice: a name of its own would be right", key="id")
        cameras.append(camera)
    return tuple(cameras)


@dataclass(frozen=True, slots=True)
class _Section:
    """Reads ``[cameras]``, key by key."""

    path: str
    parser: ConfigParser

    def value(self, key: str) -> str:
        return self.text(_SECTION, key) or str(DEFAULTS[key])

    def text(self, section: str, key: str) -> str:
        return self.parser.get(section, key, fallback="").strip()

    def reject_unknown(self) -> None:
        """Raise for what is spelled wrong: the default in its place could delete too much."""
        for section in self.parser.sections():
            is_camera = section.startswith(_CAMERA)
            if section != _SECTION and not is_camera:
                is_meant = section.strip().lower().startswith(_CAMERA[:3]) or "uid" in self.parser[section]
                if is_meant or get_close_matches(section.lower(), [_SECTION], cutoff=0.8):
                    right = "[cameras], or [camera ID] for one of them,"
                    raise ConfigError(f"{self.path}: section [{section}] is unknown: {right} would be right")
                continue
            known = _CAMERA_KEYS if is_camera else tuple(DEFAULTS)
            for key in self.parser[section].keys() - self.parser.defaults().keys() - set(known):
                if len(key) == 1:  # E:/camera is read as a key "e" and its value
                    raise ConfigError(
                        f"{self.path}: [{section}] {key}: further roots belong on indented lines", key=key
                    )
                nearest = get_close_matches(key, known, n=1) or [", ".join(known)]
                raise ConfigError(f"{self.path}: [{section}] {key} is unknown: {nearest[0]} would be right", key=key)

    def whole(self, key: str, most: int, unit: str) -> int:
        value = self.value(key)
        if not value.isascii() or not value.isdecimal() or not 1 <= int(value) <= most:
            raise self.wrong(key, value, f"a whole number{unit} from 1 to {most}")
        return int(value)

    def days(self, key: str) -> int:
        return self.whole(key, _MAX_DAYS, " of days")

    def number(self, key: str) -> float:
        value = self.value(key)
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if not 0 <= number < 1e6:
            raise self.wrong(key, value, "a number from 0 on")
        return number

    def hours(self, key: str) -> tuple[int, int]:
        value = self.value(key)
        hours = parse_hours(value)
        if hours is None:
            raise self.wrong(key, value, "hours of one day such as 09:00-21:00, at most 00:00-23:59,")
        return hours

    def wrong(self, key: str, value: str, right: str, section: str = _SECTION) -> ConfigError:
        return ConfigError(f"{self.path}: [{section}] {key} = {value!r} is wrong: {right} would be right", key=key)
