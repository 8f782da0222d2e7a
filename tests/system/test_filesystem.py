import os
import sys
import threading
import time

import pytest

from scheduler_runner.system.filesystem import (
    SourceChanged,
    copy_file,
    delete_file,
    delete_files,
    delete_folder_if_empty,
    is_drive_root,
    is_held,
    is_partial,
    list_folder,
    long_path,
    partial_name,
)
from tests.conftest import fill
from tests.linking import link_folder

POSIX_ONLY = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX facility")


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"recording" * 100_000)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return path


def names(folder) -> "list[str]":
    return sorted(os.listdir(folder))


@pytest.mark.parametrize("is_verified", [False, True])
def test_copy_is_whole_and_has_the_sources_time(source, tmp_path, is_verified):
    target = tmp_path / "to" / "a.mp4"
    target.parent.mkdir()
    assert copy_file(str(source), str(target), is_verified=is_verified).st_size == 900_000
    assert target.read_bytes() == source.read_bytes()
    assert int(target.stat().st_mtime) == 1_700_000_000
    assert names(target.parent) == ["a.mp4"]


def test_shorter_copy_is_replaced_also_a_read_only_one(source, tmp_path):
    target = tmp_path / "b.mp4"
    target.write_bytes(b"short")
    target.chmod(0o444)
    copy_file(str(source), str(target))
    assert target.stat().st_size == 900_000


def test_source_that_changes_meanwhile_leaves_the_target_as_it_was(source, tmp_path):
    def grow(size: int) -> None:
        with open(source, "ab") as file:
            file.write(b"more")

    target = tmp_path / "b.mp4"
    target.write_bytes(b"before")
    with pytest.raises(SourceChanged):
        copy_file(str(source), str(target), throttle=grow)
    assert target.read_bytes() == b"before"
    assert names(tmp_path) == ["a.mp4", "b.mp4"]


def test_full_disk_leaves_neither_target_nor_temporary_file(source, small_disk):
    with pytest.raises(OSError):
        copy_file(str(source), str(small_disk / "a.mp4"))
    assert names(small_disk) == []
    fill(small_disk)
    with pytest.raises(OSError):
        copy_file(str(source), str(small_disk / "a.mp4"))
    assert names(small_disk) == ["filler"]


def test_unfinished_copy_is_told_by_its_name_which_names_host_and_process():
    name = partial_name("04M22S_1751868262.mp4")
    assert is_partial(name)
    assert str(os.getpid()) in name
    assert not is_partial("04M22S_1751868262.mp4")
    assert not is_partial(name, host="another-pc")


@pytest.mark.skipif(sys.platform != "win32", reason="POSIX renames over an open file")
def test_reader_of_the_target_is_waited_for(source, tmp_path):
    target = tmp_path / "b.mp4"
    target.write_bytes(b"short")
    reader = open(target, "rb")
    threading.Timer(0.3, reader.close).start()
    copy_file(str(source), str(target))
    assert target.stat().st_size == 900_000


@pytest.mark.skipif(sys.platform != "win32", reason="POSIX has no such limit")
def test_path_longer_than_260_characters_is_copied(source, tmp_path):
    folder = long_path(str(tmp_path / ("x" * 100) / ("y" * 100) / ("z" * 100)))
    os.makedirs(folder)
    copy_file(str(source), os.path.join(folder, "a.mp4"))
    assert os.path.getsize(os.path.join(folder, "a.mp4")) == 900_000


def test_file_below_the_root_is_deleted_also_a_read_only_one(tmp_path):
    path = tmp_path / "x" / "a.jpg"
    path.parent.mkdir()
    path.write_bytes(b"")
    path.chmod(0o444)
    delete_file(str(tmp_path), str(path))
    assert not path.exists()


@pytest.mark.skipif(sys.platform != "win32", reason="POSIX deletes what is open")
def test_reader_of_a_file_is_waited_for_before_it_is_deleted_but_not_once_for_each_of_thousands(tmp_path):
    paths = [tmp_path / f"{number}.jpg" for number in range(40)]
    for path in paths:
        path.write_bytes(b"")
    reader = open(paths[0], "rb")
    threading.Timer(0.3, reader.close).start()
    assert delete_files(str(tmp_path), str(tmp_path), [paths[0].name]) == []
    readers = [open(path, "rb") for path in paths[1:]]
    started = time.monotonic()
    failed = delete_files(str(tmp_path), str(tmp_path), [path.name for path in paths[1:]])
    assert time.monotonic() - started < 10
    for reader in readers:
        reader.close()
    assert [name for name, _ in failed] == [path.name for path in paths[1:]]
    assert all(is_held(error) for _, error in failed)


@pytest.mark.parametrize("where", ["../outside.jpg", "x/../../outside.jpg", "."])
def test_nothing_outside_the_root_is_deleted(tmp_path, where):
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside.jpg").write_bytes(b"")
    with pytest.raises(ValueError, match="is not below"):
        delete_file(str(root), os.path.join(str(root), where))
    assert (tmp_path / "outside.jpg").exists()


def test_nothing_is_deleted_below_the_root_of_a_drive(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"")
    root = os.path.splitdrive(os.path.abspath(os.sep))[0] + os.sep
    assert is_drive_root(root)
    with pytest.raises(ValueError, match="is not below"):
        delete_file(root, str(path))
    assert path.exists()


def test_nothing_is_deleted_through_a_link(tmp_path):
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    root.mkdir()
    elsewhere.mkdir()
    (elsewhere / "a.jpg").write_bytes(b"")
    link_folder(root / "link", elsewhere)
    with pytest.raises(ValueError, match="is a link"):
        delete_file(str(root), str(root / "link" / "a.jpg"))
    assert (elsewhere / "a.jpg").exists()
    assert list(list_folder(str(root))) == []


def test_only_an_empty_folder_is_deleted(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    assert not delete_folder_if_empty(str(tmp_path), str(tmp_path / "full"))
    assert delete_folder_if_empty(str(tmp_path), str(tmp_path / "empty"))
    with pytest.raises(ValueError):
        delete_folder_if_empty(str(tmp_path), str(tmp_path))
