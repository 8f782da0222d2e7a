"""When two files are the same recording: a name is no evidence, and neither is a size or a time alone.

A uid is the name of a place and snapshots fall on the same seconds, so two points, two disks, or a camera that begins
its day anew bear the same names and often the same sizes. What was noted when it was copied tells without reading
(:mod:`.copy_notes`); else the contents do, no more of them than it takes to know.
"""

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from enum import Enum
from typing import BinaryIO, NamedTuple

_CHUNK_BYTES = 1024 * 1024
_PAGE_BYTES = 4096
_ENDS_BYTES = 4096
_HOUR_SECONDS = 3600
_SLACK_SECONDS = 2  # FAT keeps every second second
_BESIDE = re.compile(r"(?P<stem>.+)~(?P<hash>[0-9a-f]{8})(?P<suffix>\.[^.]*)?", re.ASCII)


class Note(NamedTuple):
    """What was noted of a recording on a local disk. Times are whole seconds since 1970."""

    size: int
    written: int
    """Size and time of writing of the recording, as it was copied."""
    copied: int = 0
    """When; 0: it was not copied by us."""
    beside: str = ""
    """The copy's name, where its own name is another recording's."""
    is_doubted: bool = False
    """A clean-up found that the copy is another file, or broken: the next copy compares all of it."""


class Likeness(Enum):
    """What the contents of a copy say of its source."""

    SAME = "same"
    COPY_CUT = "copy cut"
    """The copy is the beginning of its source: an earlier copy that was broken off."""
    SOURCE_CUT = "source cut"
    """The source is the beginning of its copy: it was cut by a power failure after it had been copied."""
    UNFINISHED = "unfinished"
    """No longer than its source, and where it differs it has zeros: room that was filled later, or never written."""
    DIFFERENT = "different"


class Look(Enum):
    """How much of the contents has to be read to know."""

    NOTHING = "nothing"
    ENDS = "ends"
    """The first and last 4 KiB of each."""
    WHOLE = "whole"


class Action(Enum):
    """What a copy run does with a recording of whose name there is a file already."""

    LEAVE = "leave"
    REPLACE = "replace"
    BESIDE = "beside"


def look_before_copying(size: int, written: float, copy_size: int, note: "Note | None", is_verified: bool) -> Look:
    """Return what a copy run has to read of a recording (its ``size`` and time of writing) and of its copy.

    Without a note an equal size is believed here, so that a run after an upgrade does no more than a usual one: before
    the recording is deleted :func:`look_before_deleting` asks for more. Nor do times that moved by whole hours, as
    they do on a drive of FAT when the clock is changed, cause anything to be read or copied.
    """
    if is_verified or copy_size != size or (note is not None and note.is_doubted):
        return Look.WHOLE
    if note is None or not note.copied or note.size != size or _is_same_hour(note.written, written):
        return Look.NOTHING
    return Look.ENDS  # a recorder that reserves a file's full size has filled it since


def look_before_deleting(size: int, written: float, copy_size: int, note: "Note | None") -> Look:
    """Return what a clean-up has to read before a recording counts as saved by a copy that is no shorter."""
    if copy_size != size:
        return Look.WHOLE
    return Look.NOTHING if note is not None and is_noted(size, written, note) else Look.ENDS


def is_noted(size: int, written: float, note: Note) -> bool:
    """Return whether a note is of this very recording, unchanged since it was copied."""
    is_copied = note.copied > 0 and not note.is_doubted
    return is_copied and note.size == size and abs(note.written - written) <= _SLACK_SECONDS


def what_to_do(likeness: Likeness, look: Look, note: "Note | None") -> Action:
    """Return what to do with a copy that was read, as far as ``look`` says.

    Overwritten is only the beginning of the source, and what the note says that we wrote ourselves and that is no
    more than an unfinished state of it. Whatever else stands there is another recording, and both stay.
    """
    is_ours = note is not None and note.copied > 0
    if likeness is Likeness.COPY_CUT or (likeness is Likeness.UNFINISHED and is_ours):
        return Action.REPLACE
    if likeness is Likeness.SAME and look is Look.ENDS:
        return Action.REPLACE  # written since: what lies between the ends may differ
    return Action.LEAVE if likeness in (Likeness.SAME, Likeness.SOURCE_CUT) else Action.BESIDE


def compare(source: str, copy: str, look: Look = Look.WHOLE, beat: Callable[[], None] = lambda: None) -> Likeness:
    """Read a recording and its copy, and return what the copy is; ``beat`` is called as it goes on.

    Of different lengths the shorter one is compared with the beginning of the longer. Raises ``OSError``.
    """
    with open(source, "rb", buffering=0) as original, open(copy, "rb", buffering=0) as other:
        size, copy_size = (os.fstat(file.fileno()).st_size for file in (original, other))
        is_equal = True
        for start, length in _parts(min(size, copy_size), look):
            beat()
            ours, theirs = _read(original, start, length), _read(other, start, length)
            if ours != theirs:
                is_equal = False
                if not _differs_by_zeros(ours, theirs):
                    return Likeness.DIFFERENT
    if not is_equal:
        return Likeness.UNFINISHED if copy_size <= size else Likeness.DIFFERENT
    if copy_size == size:
        return Likeness.SAME
    return Likeness.COPY_CUT if copy_size < size else Likeness.SOURCE_CUT


def beside_name(source: str, beat: Callable[[], None] = lambda: None) -> str:
    """Return the name of a copy beside one that is another recording: ``STEM~8hex.EXT``. Raises ``OSError``.

    The eight digits begin the SHA-256 of the recording, so that a later run finds its own copy again.
    """
    digest = hashlib.sha256()
    with open(source, "rb", buffering=0) as file:
        while chunk := file.read(_CHUNK_BYTES):
            beat()
            digest.update(chunk)
    stem, suffix = os.path.splitext(os.path.basename(source))
    return f"{stem}~{digest.hexdigest()[:8]}{suffix}"


def own_name(name: str) -> str:
    """Return the recording's name for the name of a copy, which may stand beside another recording.

    >>> own_name("14-05-59~1a2b3c4d.jpg"), own_name("14-05-59.jpg")
    ('14-05-59.jpg', '14-05-59.jpg')
    """
    match = _BESIDE.fullmatch(name) if "~" in name else None
    return f"{match['stem']}{match['suffix'] or ''}" if match is not None else name


def _is_same_hour(written: float, other: float) -> bool:
    """Return whether two times are the same but for whole hours."""
    apart = abs(written - other) % _HOUR_SECONDS
    return min(apart, _HOUR_SECONDS - apart) <= _SLACK_SECONDS


def _parts(size: int, look: Look) -> Iterator[tuple[int, int]]:
    """Yield start and length of what is read of ``size`` bytes."""
    if look is Look.ENDS and size > 2 * _ENDS_BYTES:
        yield 0, _ENDS_BYTES
        yield size - _ENDS_BYTES, _ENDS_BYTES
        return
    for start in range(0, size, _CHUNK_BYTES):
        yield start, min(_CHUNK_BYTES, size - start)


def _read(file: "BinaryIO", start: int, length: int) -> bytes:
    """Read so many bytes from a place on; fewer only where the file has ended."""
    file.seek(start)
    content = b""
    while len(content) < length and (chunk := file.read(length - len(content))):
        content += chunk
    return content


def _differs_by_zeros(ours: bytes, theirs: bytes) -> bool:
    """Return whether the copy's part has zeros wherever it is not as its source's; a page at a time, for speed."""
    if len(ours) != len(theirs):
        return False
    zeros = bytes(_PAGE_BYTES)
    for start in range(0, len(ours), _PAGE_BYTES):
        page, other = ours[start : start + _PAGE_BYTES], theirs[start : start + _PAGE_BYTES]
        if page == other or other == zeros[: len(other)]:
            continue
        if any(byte and byte != own for own, byte in zip(page, other, strict=True)):
            return False
    return True
