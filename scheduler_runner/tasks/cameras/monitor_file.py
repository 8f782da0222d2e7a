"""Is a recording whole, as far as a few reads can tell? Damage by a power cut, and a picture that never changes."""

import hashlib
import os
from collections.abc import Sequence

_HEAD_BYTES = 189
_TAIL_BYTES = 4096
_MARK_BYTES = 64
"""So near its end a picture has its last mark: some cameras write a few bytes after it."""
_MOST_BOXES = 1000
_MOST_PICTURE_BYTES = 32 * 1024 * 1024
_PICTURES = (".jpg", ".jpeg")


def flaw_of(path: str, least_bytes: int, *, is_near: bool = True) -> str:
    """Return what is wrong with a recording, for staff; ``""`` where nothing can be seen to be.

    Of a far one only the beginning is looked at: a cloud drive may fetch all of a file for its end.
    """
    name = os.path.basename(path)
    try:
        size = os.path.getsize(path)
        if size < max(1, least_bytes):
            return f"слишком мал {name}: {size} Б" if size else f"пустой файл {name}"
        with open(path, "rb", buffering=0) as file:
            head = file.read(_HEAD_BYTES)
            if not _begins_as_it_says(name, head):
                return f"повреждён {name}"
            is_whole = not is_near or _has_all(name, file.fileno(), size)
    except FileNotFoundError:
        return ""  # the clean-up took it
    except OSError as error:
        return f"не читается {name}: {error.strerror or error}"
    return "" if is_whole else f"обрезан {name}"


def is_frozen(paths: Sequence[str]) -> bool:
    """Return whether pictures are equal to the byte: no live sensor gives two that are.

    Sizes are compared first, so that of a camera that works hardly any is read.
    """
    try:
        if any(not path.lower().endswith(_PICTURES) for path in paths):
            return False
        sizes = {os.path.getsize(path) for path in paths}
        if len(sizes) != 1 or not 0 < sizes.pop() <= _MOST_PICTURE_BYTES:
            return False
        return len({_digest(path) for path in paths}) == 1
    except OSError:
        return False  # gone, or told by its flaw


def _digest(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:
        return hashlib.sha256(file.read()).digest()


def _begins_as_it_says(name: str, head: bytes) -> bool:
    suffix = os.path.splitext(name)[1].lower()
    if suffix in _PICTURES:
        return head.startswith(b"\xff\xd8\xff")
    if suffix == ".ts":  # transport stream: packets of 188 bytes, each begins with "G"
        return head[:1] == b"G" and head[188:] == b"G"
    return head[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide")


def _has_all(name: str, descriptor: int, size: int) -> bool:
    suffix = os.path.splitext(name)[1].lower()
    if suffix in _PICTURES:
        os.lseek(descriptor, max(0, size - _TAIL_BYTES), os.SEEK_SET)
        tail = os.read(descriptor, _TAIL_BYTES).rstrip(b"\0")  # some recorders fill the last block
        return b"\xff\xd9" in tail[-_MARK_BYTES:]
    return suffix != ".mp4" or _has_index(descriptor, size)


def _has_index(descriptor: int, size: int) -> bool:
    """Return whether a video has its index, the box ``moov``, whole: mostly written last, and lost in a power cut.

    A box begins with its length, its own head included, and its name (ISO 14496-12): length 1 means that the true one
    follows in eight bytes, 0 that the box goes on to the end.
    """
    start = 0
    for _ in range(_MOST_BOXES):
        os.lseek(descriptor, start, os.SEEK_SET)
        head = os.read(descriptor, 16)
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        if length == 1:
            length = int.from_bytes(head[8:], "big")
        end = start + length if length else size
        if kind == b"moov":
            return start < end <= size
        if len(head) < 8 or end <= start or end >= size:
            return False
        start = end
    return False
