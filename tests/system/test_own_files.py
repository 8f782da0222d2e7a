import os
import sys

import pytest

from scheduler_runner.errors import SchedulerError
from scheduler_runner.system.folders import NotOurs
from scheduler_runner.system.own_files import (
    open_own,
    partial_path,
    private_folder,
    read_own,
    write_whole,
)
from tests.linking import link_file

MOST = 1024
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX's files")
root_only = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")


def test_what_is_written_whole_is_read_back(tmp_path):
    path = tmp_path / "a.json"
    write_whole(str(path), b"one")
    write_whole(str(path), b"two", is_durable=True)
    assert read_own(str(path), MOST) == b"two"
    assert os.listdir(tmp_path) == ["a.json"]


def test_what_a_kill_left_half_written_is_put_away(tmp_path):
    path = str(tmp_path / "a.json")
    (tmp_path / "a.json.tmp").write_bytes(b"ha")
    write_whole(path, b"whole")
    assert read_own(path, MOST) == b"whole"
    assert not os.path.exists(partial_path(path))


def test_file_larger_than_allowed_is_not_read(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b"x" * (MOST + 1))
    with pytest.raises(NotOurs, match="larger than 1024 bytes"):
        read_own(str(path), MOST)
    path.write_bytes(b"x" * MOST)
    assert len(read_own(str(path), MOST)) == MOST


def test_second_name_of_a_file_is_not_read(tmp_path):
    (tmp_path / "secret").write_bytes(b"secret")
    os.link(tmp_path / "secret", tmp_path / "a.json")
    with pytest.raises(NotOurs, match="second name"):
        read_own(str(tmp_path / "a.json"), MOST)


def test_missing_file_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_own(str(tmp_path / "a.json"), MOST)


def test_folder_in_a_files_place_is_neither_read_nor_replaced(tmp_path):
    (tmp_path / "a.json").mkdir()
    with pytest.raises(OSError):
        read_own(str(tmp_path / "a.json"), MOST)
    with pytest.raises(OSError):
        write_whole(str(tmp_path / "a.json"), b"x")
    assert os.listdir(tmp_path) == ["a.json"]


def test_refusal_is_an_error_of_the_system_and_of_ours():
    assert issubclass(NotOurs, OSError)
    assert issubclass(NotOurs, SchedulerError)


@pytest.mark.parametrize("is_anyones", [False, True])
def test_link_is_not_followed(tmp_path, is_anyones):
    (tmp_path / "victim").write_bytes(b"victim")
    link_file(tmp_path / "a.json", tmp_path / "victim")
    with pytest.raises(OSError):
        read_own(str(tmp_path / "a.json"), MOST, is_anyones=is_anyones)
    with pytest.raises(OSError):
        open_own(str(tmp_path / "a.json"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, is_anyones=is_anyones)
    write_whole(str(tmp_path / "a.json"), b"ours")
    assert (tmp_path / "victim").read_bytes() == b"victim"
    assert not (tmp_path / "a.json").is_symlink()


def test_nothing_is_written_through_the_temporary_name(tmp_path):
    (tmp_path / "victim").write_bytes(b"victim")
    link_file(tmp_path / "a.json.tmp", tmp_path / "victim")
    write_whole(str(tmp_path / "a.json"), b"ours")
    assert (tmp_path / "victim").read_bytes() == b"victim"
    assert (tmp_path / "a.json").read_bytes() == b"ours"


@posix
@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_WRONLY, os.O_RDWR])
def test_pipe_is_not_waited_for(tmp_path, flags):
    os.mkfifo(tmp_path / "a.json")
    with pytest.raises(OSError):
        open_own(str(tmp_path / "a.json"), flags)


@posix
def test_pipe_in_the_place_of_the_temporary_name_is_put_away(tmp_path):
    os.mkfifo(tmp_path / "a.json.tmp")
    write_whole(str(tmp_path / "a.json"), b"ours")
    assert os.listdir(tmp_path) == ["a.json"]


@root_only
def test_another_accounts_file_is_left_alone_unless_it_decides_nothing(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b"forged")
    os.chown(path, 12345, 12345)
    with pytest.raises(NotOurs, match="another account"):
        read_own(str(path), MOST)
    assert read_own(str(path), MOST, is_anyones=True) == b"forged"


def test_private_folder_is_there_and_takes_files():
    folder = private_folder()
    write_whole(os.path.join(folder, "test.txt"), b"x")
    assert read_own(os.path.join(folder, "test.txt"), MOST) == b"x"
    os.remove(os.path.join(folder, "test.txt"))
