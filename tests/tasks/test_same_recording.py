"""When two files are the same recording: what has to be read, what the contents say, what is done."""

import io
import os

import pytest

from scheduler_runner.tasks.cameras.same_recording import (
    Action,
    Likeness,
    Look,
    Note,
    _read,
    beside_name,
    compare,
    is_noted,
    look_before_copying,
    look_before_deleting,
    own_name,
    what_to_do,
)

WRITTEN = 1_794_000_000
OURS = Note(1000, WRITTEN, copied=WRITTEN + 60)
DOUBTED = OURS._replace(is_doubted=True)
NOT_OURS = Note(1000, WRITTEN, is_doubted=True)
HEAD, TAIL = b"\xff\xd8" + bytes(range(256)) * 20, bytes(reversed(range(256))) * 20
LONG = HEAD + os.urandom(3_000_000) + TAIL


@pytest.mark.parametrize(
    ("size", "written", "copy_size", "note", "copying", "deleting"),
    [
        # nothing noted: believed for copying, looked at before it is deleted
        (1000, WRITTEN, 1000, None, Look.NOTHING, Look.ENDS),
        (1000, WRITTEN, 999, None, Look.WHOLE, Look.WHOLE),
        (1000, WRITTEN, 1001, None, Look.WHOLE, Look.WHOLE),
        # this very recording, unchanged
        (1000, WRITTEN, 1000, OURS, Look.NOTHING, Look.NOTHING),
        (1000, WRITTEN + 2, 1000, OURS, Look.NOTHING, Look.NOTHING),
        (1000, WRITTEN - 1.5, 1000, OURS, Look.NOTHING, Look.NOTHING),
        (1000, WRITTEN, 999, OURS, Look.WHOLE, Look.WHOLE),
        (1000, WRITTEN, 1001, OURS, Look.WHOLE, Look.WHOLE),
        # written since it was copied
        (1000, WRITTEN + 3, 1000, OURS, Look.ENDS, Look.ENDS),
        (1000, WRITTEN - 3, 1000, OURS, Look.ENDS, Look.ENDS),
        (1000, WRITTEN + 1800, 1000, OURS, Look.ENDS, Look.ENDS),
        # times that moved by whole hours: nothing is copied for it, but no time is evidence
        (1000, WRITTEN + 3600, 1000, OURS, Look.NOTHING, Look.ENDS),
        (1000, WRITTEN - 5 * 3600 + 2, 1000, OURS, Look.NOTHING, Look.ENDS),
        (1000, WRITTEN + 3603, 1000, OURS, Look.ENDS, Look.ENDS),
        # a note of another size, of doubts
        (2000, WRITTEN + 1800, 2000, OURS, Look.NOTHING, Look.ENDS),
        (1000, WRITTEN, 1000, DOUBTED, Look.WHOLE, Look.ENDS),
        (1000, WRITTEN, 1000, NOT_OURS, Look.WHOLE, Look.ENDS),
        (1000, WRITTEN + 1800, 1000, Note(1000, WRITTEN), Look.NOTHING, Look.ENDS),
    ],
)
def test_no_more_is_read_than_it_takes_to_know(size, written, copy_size, note, copying, deleting):
    assert look_before_copying(size, written, copy_size, note, is_verified=False) is copying
    assert look_before_copying(size, written, copy_size, note, is_verified=True) is Look.WHOLE
    assert look_before_deleting(size, written, copy_size, note) is deleting


@pytest.mark.parametrize(
    ("size", "written", "note", "noted"),
    [
        (1000, WRITTEN, OURS, True),
        (1000, WRITTEN + 2, OURS, True),
        (1000, WRITTEN + 2.1, OURS, False),
        (1000, WRITTEN - 2.1, OURS, False),
        (1001, WRITTEN, OURS, False),
        (1000, WRITTEN, DOUBTED, False),
        (1000, WRITTEN, Note(1000, WRITTEN, copied=1), True),
        (1000, WRITTEN, Note(1000, WRITTEN), False),
    ],
)
def test_note_is_of_the_very_recording_unchanged_since_it_was_copied(size, written, note, noted):
    assert is_noted(size, written, note) is noted


@pytest.mark.parametrize(
    ("source", "copy", "likeness"),
    [
        (LONG, LONG, Likeness.SAME),
        (b"", b"", Likeness.SAME),
        (LONG, LONG[:-1], Likeness.COPY_CUT),
        (LONG, LONG[:2_000_000], Likeness.COPY_CUT),
        (LONG, b"", Likeness.COPY_CUT),
        (LONG[:-1], LONG, Likeness.SOURCE_CUT),
        (b"", LONG, Likeness.SOURCE_CUT),
        (LONG, bytes(len(LONG)), Likeness.UNFINISHED),
        (LONG, LONG[:4096] + bytes(len(LONG) - 4096), Likeness.UNFINISHED),
        (LONG, LONG[:5000] + bytes(len(LONG) - 5000), Likeness.UNFINISHED),
        (LONG, LONG[:4096] + bytes(len(LONG) - 8192), Likeness.UNFINISHED),
        (LONG[:5000], LONG[:4096] + bytes(2000), Likeness.DIFFERENT),  # longer, and not the beginning
        (LONG, LONG[:-1] + bytes([LONG[-1] ^ 1]), Likeness.DIFFERENT),
        (LONG, bytes([LONG[0] ^ 1]) + LONG[1:], Likeness.DIFFERENT),
        (LONG, b"x" + LONG[1:2_000_000], Likeness.DIFFERENT),
        (LONG, LONG[:500_000] + bytes([LONG[500_000] ^ 255]) + LONG[500_001:], Likeness.DIFFERENT),
        (b"GATE 1" * 500, b"GATE 2" * 500, Likeness.DIFFERENT),
        (bytes(3000), b"x" * 3000, Likeness.DIFFERENT),
    ],
)
def test_contents_say_what_a_copy_is(tmp_path, source, copy, likeness):
    paths = tmp_path / "source", tmp_path / "copy"
    for path, content in zip(paths, (source, copy), strict=True):
        path.write_bytes(content)
    beats = []
    assert compare(*map(str, paths), beat=lambda: beats.append(1)) is likeness
    assert len(beats) <= 5


@pytest.mark.parametrize(
    ("copy", "likeness"),
    [
        (LONG, Likeness.SAME),
        (LONG[:4096] + b"other" + LONG[4101:], Likeness.SAME),  # the ends alone are read
        (LONG[:-4101] + b"other" + LONG[-4096:], Likeness.SAME),
        (LONG[:4096] + bytes(len(LONG) - 4096), Likeness.UNFINISHED),
        (bytes(len(LONG)), Likeness.UNFINISHED),
        (b"x" + LONG[1:], Likeness.DIFFERENT),
        (LONG[:4095] + bytes([LONG[4095] ^ 1]) + LONG[4096:], Likeness.DIFFERENT),
        (LONG[:-4096] + bytes([LONG[-4096] ^ 1]) + LONG[-4095:], Likeness.DIFFERENT),
        (LONG[:-1] + b"\x7f", Likeness.DIFFERENT),
    ],
)
def test_ends_are_the_first_and_last_four_kibibytes(tmp_path, copy, likeness):
    (tmp_path / "source").write_bytes(LONG)
    (tmp_path / "copy").write_bytes(copy)
    beats = []
    paths = str(tmp_path / "source"), str(tmp_path / "copy")
    assert compare(*paths, Look.ENDS, lambda: beats.append(1)) is likeness
    assert len(beats) <= 2


def test_short_file_is_all_ends(tmp_path):
    (tmp_path / "source").write_bytes(LONG[:8192])
    (tmp_path / "copy").write_bytes(LONG[:4096] + b"x" + LONG[4097:8192])
    assert compare(str(tmp_path / "source"), str(tmp_path / "copy"), Look.ENDS) is Likeness.DIFFERENT
    (tmp_path / "copy").write_bytes(LONG[:3000])
    assert compare(str(tmp_path / "source"), str(tmp_path / "copy"), Look.ENDS) is Likeness.COPY_CUT


def test_no_more_than_the_ends_is_read_from_the_first_byte_on_that_is_in_neither(tmp_path):
    (tmp_path / "source").write_bytes(LONG[:8193])
    (tmp_path / "copy").write_bytes(LONG[:4096] + bytes([LONG[4096] ^ 1]) + LONG[4097:8193])
    assert compare(str(tmp_path / "source"), str(tmp_path / "copy"), Look.ENDS) is Likeness.SAME


class _Slow(io.BytesIO):
    """A file of a drive that gives three bytes at a time."""

    def read(self, size: "int | None" = -1) -> bytes:
        return super().read(min(size, 3))


def test_drive_that_gives_less_than_asked_for_is_asked_again():
    assert _read(_Slow(b"0123456789"), 2, 5) == b"23456"
    assert _read(_Slow(b"0123456789"), 8, 5) == b"89"


def test_copy_that_is_truncated_while_it_is_read_is_another(tmp_path):
    source, copy = tmp_path / "source", tmp_path / "copy"
    source.write_bytes(LONG)
    copy.write_bytes(LONG)
    assert compare(str(source), str(copy), beat=lambda: os.truncate(copy, 100)) is Likeness.DIFFERENT


@pytest.mark.parametrize(
    ("likeness", "look", "note", "action"),
    [
        (Likeness.SAME, Look.WHOLE, None, Action.LEAVE),
        (Likeness.SAME, Look.WHOLE, DOUBTED, Action.LEAVE),
        (Likeness.SAME, Look.ENDS, OURS, Action.REPLACE),  # written since: what lies between the ends may differ
        (Likeness.SOURCE_CUT, Look.WHOLE, None, Action.LEAVE),
        (Likeness.COPY_CUT, Look.WHOLE, None, Action.REPLACE),
        (Likeness.COPY_CUT, Look.WHOLE, OURS, Action.REPLACE),
        (Likeness.UNFINISHED, Look.WHOLE, OURS, Action.REPLACE),
        (Likeness.UNFINISHED, Look.WHOLE, Note(1000, WRITTEN, copied=1), Action.REPLACE),
        (Likeness.UNFINISHED, Look.ENDS, OURS, Action.REPLACE),
        (Likeness.UNFINISHED, Look.WHOLE, None, Action.BESIDE),
        (Likeness.UNFINISHED, Look.WHOLE, NOT_OURS, Action.BESIDE),
        (Likeness.DIFFERENT, Look.WHOLE, None, Action.BESIDE),
        (Likeness.DIFFERENT, Look.WHOLE, OURS, Action.BESIDE),
        (Likeness.DIFFERENT, Look.ENDS, OURS, Action.BESIDE),
    ],
)
def test_only_what_was_broken_off_or_is_ours_and_unfinished_is_overwritten(likeness, look, note, action):
    assert what_to_do(likeness, look, note) is action


def test_copy_beside_is_named_by_its_content(tmp_path):
    path = tmp_path / "14-05-59.jpg"
    path.write_bytes(b"recording")
    assert beside_name(str(path)) == "14-05-59~3ebb153f.jpg"
    path.write_bytes(b"recordinG")
    assert beside_name(str(path)) != "14-05-59~3ebb153f.jpg"


def test_reading_for_a_name_tells_that_it_goes_on(tmp_path):
    (tmp_path / "14-05-59.mp4").write_bytes(LONG)
    beats = []
    beside_name(str(tmp_path / "14-05-59.mp4"), lambda: beats.append(1))
    assert len(beats) == 3  # once a megabyte


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("14-05-59~1a2b3c4d.jpg", "14-05-59.jpg"),
        ("14-05-59~1A2B3C4D.jpg", "14-05-59~1A2B3C4D.jpg"),
        ("14-05-59~1a2b3c4.jpg", "14-05-59~1a2b3c4.jpg"),
        ("14-05-59~1a2b3c4d5.jpg", "14-05-59~1a2b3c4d5.jpg"),
        ("~1a2b3c4d.jpg", "~1a2b3c4d.jpg"),
        ("a~1a2b3c4d~1a2b3c4d.jpg", "a~1a2b3c4d.jpg"),
        ("a~1a2b3c4d", "a"),
    ],
)
def test_copy_beside_tells_whose_it_is(name, own):
    assert own_name(name) == own
