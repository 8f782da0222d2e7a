"""Made-up recordings, each a small real video or picture, under the names and times that cameras give theirs."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from scheduler_runner.system.filesystem import delete_file, list_folder
from scheduler_runner.tasks.cameras.layouts import Layout, layout_of
from scheduler_runner.tasks.cameras.recording_root import RecordingRoot

_SAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "samples")
PICTURE = os.path.join(_SAMPLES, "sample.jpg")
VIDEO = os.path.join(_SAMPLES, "sample.mp4")
_LABEL = b"sample recording "
_MOST_BYTES = 64 * 1024


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
        with open(path, "wb") as file:
            file.write(self._content(is_picture))
        ended = self.moment + timedelta(seconds=0 if is_picture else 60)
        os.utime(path, (ended.timestamp(), ended.timestamp()))
        return path

    def _content(self, is_picture: bool) -> bytes:
        """Return a picture or video that no other recording is equal to, as no two of a camera are."""
        label = _LABEL + hashlib.sha256(self.path.encode()).hexdigest()[:16].encode()
        if is_picture:
            # A comment after the first mark: FFFE, its length with these two bytes, its text.
            picture = _sample(PICTURE)
            return picture[:2] + b"\xff\xfe" + (len(label) + 2).to_bytes(2, "big") + label + picture[2:]
        return _sample(VIDEO) + (len(label) + 8).to_bytes(4, "big") + b"free" + label  # a box that says nothing


def day_of_recordings(day: datetime, cameras: Sequence[tuple[str, str]]) -> Iterator[SampleRecording]:
    """Yield a dozen recordings of each camera (kind, uid) on one date, from nine in the morning on."""
    at_nine = day.replace(hour=9, minute=4, second=22, microsecond=0)
    for kind, uid in cameras:
        for number in range(12):
            yield SampleRecording(kind, uid, at_nine + timedelta(minutes=number * 50))


def remove_samples(root: str) -> int:
    """Delete what was laid out below ``root``, and nothing else; return how many files."""
    removed = 0
    recordings = RecordingRoot(root)
    for group in list(recordings.groups()):
        for entry in list(list_folder(recordings.folder(group))):
            if entry.stat().st_size < _MOST_BYTES and _is_sample(entry.path):
                delete_file(root, entry.path)
                removed += 1
    return removed


def _is_sample(path: str) -> bool:
    with open(path, "rb") as file:
        content = file.read()
    video = _sample(VIDEO)
    is_picture = content[6:].startswith(_LABEL) and content.endswith(_sample(PICTURE)[2:])
    return is_picture or (content.startswith(video) and content[len(video) + 8 :].startswith(_LABEL))


@cache
def _sample(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
