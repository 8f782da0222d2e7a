"""The last picture of each camera, where ``[report] frames = on``: it shows customers and staff."""

import base64
from collections.abc import Iterator
from datetime import datetime, timedelta

from config.base_config import Point
from scheduler_runner.errors import ConfigError
from scheduler_runner.report.page import Frame
from scheduler_runner.tasks.cameras.layouts import camera_key
from scheduler_runner.tasks.cameras.recording_root import RecordingRoot
from scheduler_runner.tasks.cameras.settings import load_camera_settings

_MOST_BYTES = 400 * 1024
_MOST_BYTES_OF_ALL = 1_200_000
"""In Base64 a third more, and the page stays below 2 MB."""
_DAYS = 2
_PICTURES = (".jpg", ".jpeg")


def frames_of(settings: Point) -> list[Frame]:
    """Return the newest picture of each listed camera, as many as there is room for; videos have none."""
    try:
        cameras = load_camera_settings(settings.path)
    except ConfigError:
        return []
    titles = {camera.key: camera.title for camera in cameras.cameras}
    newest: dict[tuple[str, str], tuple[float, str]] = {}
    first = f"{cameras.now() - timedelta(days=_DAYS):%Y%m%d}"
    for root in cameras.local_roots:
        for key, at, path in _pictures(root, first):
            if key in titles and at > newest.get(key, (0.0, ""))[0]:
                newest[key] = (at, path)
    frames, left = [], _MOST_BYTES_OF_ALL
    for key, title in titles.items():
        at, path = newest.get(key, (0.0, ""))
        content = _read(path) if path else b""
        if content and len(content) <= left:
            left -= len(content)
            moment = datetime.fromtimestamp(at, cameras.zone)
            frames.append(Frame(title, f"{moment:%d.%m %H:%M}", base64.b64encode(content).decode()))
    return frames


def _pictures(path: str, first_day: str) -> Iterator[tuple[tuple[str, str], float, str]]:
    """Yield the newest picture of each group of the newest days: camera, when it was written, path."""
    root = RecordingRoot(path, lambda folder, error: None)
    try:
        days = [day for day in root.days() if day.day >= first_day]
    except OSError:
        return
    for day in days:
        try:
            for group in root.groups_of(day)[-1:]:
                pictures = [each for each in root.recordings(group) if each.name.lower().endswith(_PICTURES)]
                for last in sorted(pictures, key=lambda each: each.name)[-1:]:
                    yield camera_key(group.kind, group.uid), last.stat().st_mtime, last.path
        except OSError:
            continue


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError:
        return b""
    return content if content[:2] == b"\xff\xd8" and len(content) <= _MOST_BYTES else b""
