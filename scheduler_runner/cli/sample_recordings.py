"""Made-up recordings, each a small real video or picture, under the names and times that cameras give theirs."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler_runner.system.filesystem import delete_file, list_folder
from scheduler_runner.tasks.cameras.layouts import Layout, layout_of
from scheduler_runner.tasks.cameras.recording_root import RecordingRoot

_SAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "samples")
PICTURE = os.path.join(_SAMPLES, "sample.jpg")
VIDEO = os.path.join(_SAMPLES, "sample.mp4")


@dataclass(frozen=True, slots=True)
class SampleRecording:
    """One recording that began at ``moment``, local time; a Xiaomi video lasts a minute."""

    kind: str
    uid: str
    moment: datetime
    layout: Layout | None = None
    """``None``: the usual one of its kind."""

    @property
    def path(self) -> str:
        """Where it stands, relative to its root."""
        return (self.layout or layout_of(self.kind)).path(self.uid, self.moment)

    def lay_out(self, root: str) -> str:
        """Write it below ``root``, last modified when it ended; return its path. Raises ``OSError``."""
        path = os.path.join(root, self.path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        is_picture = path.endswith(".jpg")
        shutil.copyfile(PICTURE if is_picture else VIDEO, path)
        ended = self.moment + timedelta(seconds=0 if is_picture else 60)
        os.utime(path, (ended.timestamp(), ended.timestamp()))
        return path


def recordings_before(now: datetime, cameras: list[tuple[str, str]], days: int = 3) -> Iterator[SampleRecording]:
    """Yield a dozen recordings a day for each camera (kind, uid), all of them older than an hour."""
    for day in range(days, 0, -1):
        for kind, uid in cameras:
            for number in range(12):
                at_nine = (now - timedelta(days=day)).replace(hour=9, minute=4, second=22, microsecond=0)
                yield SampleRecording(kind, uid, at_nine + timedelta(minutes=number * 50))


def remove_samples(root: str) -> int:
    """Delete what was laid out below ``root``, and nothing else; return how many files."""
    contents = {_content(PICTURE), _content(VIDEO)}
    sizes = {len(content) for content in contents}
    removed = 0
    recordings = RecordingRoot(root)
    for group in list(recordings.groups()):
        for entry in list(list_folder(recordings.folder(group))):
            if entry.stat().st_size in sizes and _content(entry.path) in contents:
                delete_file(root, entry.path)
                removed += 1
    return removed


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
