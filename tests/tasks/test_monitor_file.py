"""Recordings as cameras and power cuts leave them: whole, cut, empty, of another kind, the same picture for ever."""

import sys

import pytest

from scheduler_runner.cli.sample_recordings import PICTURE, VIDEO
from scheduler_runner.tasks.cameras.monitor_file import flaw_of, is_frozen


def box(kind: bytes, content: bytes = b"", *, is_long: bool = False, length: "int | None" = None) -> bytes:
    """Return a box of an MP4; ``length`` in the place of its true one."""
    size = len(content) + (16 if is_long else 8) if length is None else length
    return (b"\0\0\0\1" + kind + size.to_bytes(8, "big") if is_long else size.to_bytes(4, "big") + kind) + content


FTYP, MDAT, MOOV = box(b"ftyp", b"isom"), box(b"mdat", b"x" * 2000), box(b"moov", b"index" * 10)
JPG = b"\xff\xd8\xff" + b"x" * 2000


@pytest.mark.parametrize(
    ("name", "content", "flaw"),
    [
        ("a.jpg", JPG + b"\xff\xd9", ""),
        ("a.JPEG", JPG + b"\xff\xd9", ""),
        ("a.jpg", JPG + b"\xff\xd9 camera 7", ""),
        ("a.jpg", JPG + b"\xff\xd9" + b"\0" * 3000, ""),
        ("a.jpg", JPG, "обрезан a.jpg"),
        ("a.jpg", JPG + b"\0" * 3000, "обрезан a.jpg"),
        ("a.jpg", b"\xff\xd8\xff" + b"\0" * 9000, "обрезан a.jpg"),
        ("a.jpg", b"\0" * 2000, "повреждён a.jpg"),
        ("a.mp4", FTYP + MDAT + MOOV, ""),
        ("a.mp4", FTYP + MOOV + MDAT, ""),
        ("a.mp4", FTYP + box(b"mdat", b"x" * 2000, is_long=True) + MOOV, ""),
        ("a.mp4", FTYP + MOOV + box(b"mdat", b"x" * 2000, length=0), ""),
        ("a.mp4", FTYP + MOOV + box(b"moof", b"x" * 900) + MDAT, ""),
        ("a.mp4", FTYP + MDAT, "обрезан a.mp4"),
        ("a.mp4", FTYP + box(b"mdat", b"x" * 2000, length=0), "обрезан a.mp4"),
        ("a.mp4", FTYP + box(b"mdat", b"x" * 2000, length=9000), "обрезан a.mp4"),
        ("a.mp4", FTYP + MDAT + MOOV[:-1], "обрезан a.mp4"),
        ("a.mp4", FTYP + MDAT + b"rubbish" * 10, "обрезан a.mp4"),
        ("a.mp4", FTYP + MDAT + b"\0\0\0\1", "обрезан a.mp4"),
        ("a.mp4", FTYP + b"\0\0\0\3skip" + b"x" * 2000, "обрезан a.mp4"),
        ("a.mp4", b"\0" * 2000, "повреждён a.mp4"),
        ("a.ts", (b"G" + b"x" * 187) * 20, ""),
        ("a.ts", b"G" + b"\0" * 2000, "повреждён a.ts"),
        ("a.jpg", b"", "пустой файл a.jpg"),
        ("a.jpg", b"\xff\xd8\xff", "слишком мал a.jpg: 3 Б"),
    ],
)
def test_file_is_judged_by_its_size_its_beginning_and_its_end(tmp_path, name, content, flaw):
    path = tmp_path / name
    path.write_bytes(content)
    assert flaw_of(str(path), 1024) == flaw


@pytest.mark.parametrize("content", [JPG, FTYP + MDAT])
def test_end_of_a_far_file_is_not_asked_for(tmp_path, content):
    path = tmp_path / ("a.jpg" if content is JPG else "a.mp4")
    path.write_bytes(content)
    assert flaw_of(str(path), 1024, is_near=False) == ""


@pytest.mark.parametrize("path", [PICTURE, VIDEO])
def test_real_ones_are_whole(path):
    assert flaw_of(path, 1024) == ""


def test_file_that_cannot_be_read_is_told_and_one_that_is_gone_is_not(tmp_path):
    (tmp_path / "a.jpg").mkdir()  # whose size is 0 on Windows, which is looked at first
    told = "пустой файл a.jpg" if sys.platform == "win32" else "не читается a.jpg: "
    assert flaw_of(str(tmp_path / "a.jpg"), 1).startswith(told)
    assert flaw_of(str(tmp_path / "b.jpg"), 1) == ""


@pytest.mark.parametrize(
    ("contents", "frozen"),
    [
        ([b"one picture"] * 3, True),
        ([b"one picture", b"one picture", b"two picture"], False),
        ([b"one", b"one", b"longer"], False),
        ([b""] * 3, False),
    ],
)
def test_pictures_that_are_equal_to_the_byte_are_a_frozen_camera(tmp_path, contents, frozen):
    paths = [tmp_path / f"{number}.jpg" for number in range(3)]
    for path, content in zip(paths, contents):
        path.write_bytes(content)
    assert is_frozen([str(path) for path in paths]) is frozen
    assert not is_frozen([str(tmp_path / "gone.jpg")])
    videos = [path.rename(path.with_suffix(".mp4")) for path in paths]
    assert not is_frozen([str(path) for path in videos])


def test_sizes_that_differ_are_enough_to_know_that_a_picture_changes(tmp_path, monkeypatch):
    paths = [tmp_path / f"{number}.jpg" for number in range(3)]
    for number, path in enumerate(paths):
        path.write_bytes(b"x" * (100 + number))
    monkeypatch.setattr("builtins.open", lambda *_, **__: pytest.fail("nothing need be read"))
    assert not is_frozen([str(path) for path in paths])
