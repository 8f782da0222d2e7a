"""Another account's ledger, as an administrator's digest or doctor reads it."""

import os
import shutil
import sqlite3
import sys
from contextlib import closing
from itertools import count
from pathlib import Path
from threading import Thread

import pytest

from scheduler_runner.errors import LedgerUnavailable
from scheduler_runner.records import private_copy as copying
from scheduler_runner.records.ledger import Ledger
from scheduler_runner.records.ledger_file import LedgerFile
from scheduler_runner.records.private_copy import private_copy
from scheduler_runner.system.folders import NotOurs

OTHER = 12345
MOST = 1024 * 1024
root_only = pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root may give files away")


def give_away(folder: Path) -> None:
    for path in (folder, *folder.iterdir()):
        os.chown(path, OTHER, OTHER)


def contents(folder: Path) -> dict:
    return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir() if path.is_file()}


def read_within(seconds: float, path: str) -> "list[object]":
    """Return what a ledger says of its ticks, or why it says nothing; fail where it is still waited for."""
    answers: list[object] = []

    def read() -> None:
        file = LedgerFile(path, is_read_only=True)
        try:
            answers.append(file.read(lambda connection: connection.execute("SELECT count(*) FROM ticks").fetchone()[0]))
        except LedgerUnavailable as error:
            answers.append(error)
        finally:
            file.close()

    thread = Thread(target=read, daemon=True)
    thread.start()
    thread.join(seconds)
    assert answers, "it is still waited for"
    return answers


@root_only
def test_another_accounts_ledger_is_read_with_its_log_and_nothing_is_made_beside_it(ledger, tmp_path):
    ledger.note_idle_tick(1.0, 2.0, 1, 0)
    folder = tmp_path / "others"
    folder.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(f"{ledger.file.path}{suffix}", folder)
    give_away(folder)
    before = contents(folder)
    # The memory that all share who have it open, -shm, is not among it: its owner could cut it off under the reader.
    assert read_within(30, str(folder / "ledger.sqlite3")) == [1]
    assert contents(folder) == before


@root_only
@pytest.mark.parametrize("pipe", ["-journal", "-wal", "-shm", ""])
def test_pipe_beside_another_accounts_ledger_or_in_its_place_is_not_waited_for(ledger, pipe):
    ledger.note_idle_tick(1.0, 2.0, 1, 0)
    path = ledger.file.path
    ledger.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    Path(f"{path}-wal").touch()
    Path(f"{path}{pipe}").unlink(missing_ok=True)
    os.mkfifo(f"{path}{pipe}")
    give_away(Path(path).parent)
    (answer,) = read_within(30, path)
    assert answer == 1 if pipe in ("-journal", "-shm") else "is no plain file" in str(answer)


@root_only
def test_folder_decides_whose_a_ledger_is_as_its_owner_may_have_put_another_file_there(ledger):
    ledger.note_idle_tick(1.0, 2.0, 1, 0)
    ledger.close()
    os.chown(os.path.dirname(ledger.file.path), OTHER, OTHER)
    Path(f"{ledger.file.path}-wal").touch()
    before = contents(Path(ledger.file.path).parent)
    assert read_within(30, ledger.file.path) == [1]
    assert contents(Path(ledger.file.path).parent) == before


def test_what_is_written_all_the_time_is_left_for_another_time(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"a")
    changes = count()
    monkeypatch.setattr(copying, "_states", lambda path: [(next(changes), 0, 0)])
    monkeypatch.setattr(copying, "_PAUSE_SECONDS", 0.0)
    with pytest.raises(BlockingIOError), private_copy(str(tmp_path / "a"), MOST):
        pass


def test_what_changes_while_it_is_copied_is_copied_again(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    (tmp_path / "a-wal").write_bytes(b"old log")
    copied = copying._copy

    def copy_and_change(source: str, *rest) -> None:
        copied(source, *rest)
        if source == str(path) and path.read_bytes() == b"old":
            path.write_bytes(b"newer")
            (tmp_path / "a-wal").unlink()

    monkeypatch.setattr(copying, "_copy", copy_and_change)
    monkeypatch.setattr(copying, "_PAUSE_SECONDS", 0.0)
    with private_copy(str(path), MOST) as copy:
        assert Path(copy).read_bytes() == b"newer"
        assert not os.path.exists(f"{copy}-wal")
    assert not os.path.exists(os.path.dirname(copy))


def test_more_than_any_ledger_holds_is_not_copied(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * (MOST + 1))
    with pytest.raises(NotOurs, match="larger than"), private_copy(str(tmp_path / "a"), MOST):
        pass


def test_own_ledger_is_read_where_it_is(ledger, mocker):
    copied = mocker.patch.object(copying, "private_copy")
    ledger.note_idle_tick(1.0, 2.0, 1, 0)
    reader = Ledger(ledger.file.path, is_read_only=True)
    assert reader.newest_times()[1] == 1.0
    reader.close()
    assert not copied.called
