"""What the scripts' tests share: roots of a test's own, recordings in them, a script run as the runner would."""

import json
import os
import time
from collections.abc import Callable
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path

import pytest

from config.base_config import PATH_CONFIG
from scheduler_runner.cli.sample_recordings import SampleRecording
from scheduler_runner.system.clock import Moment, read_clock
from scheduler_runner.system.filesystem import plain_path
from scheduler_runner.tasks.cameras.copy_notes import CopyNotes
from scheduler_runner.tasks.cameras.layouts import Layout
from scheduler_runner.tasks.cameras.root_owners import OWNERS
from scheduler_runner.tasks.cameras.settings import CameraSettings

ScriptRun = Callable[..., "tuple[int, dict]"]


@pytest.fixture
def roots(tmp_path) -> "tuple[Path, Path]":
    """Make a local root and a network root."""
    local, network = tmp_path / "D_camera", tmp_path / "O_cameras"
    local.mkdir()
    network.mkdir()
    return local, network


@pytest.fixture
def run_script(tmp_path, monkeypatch) -> ScriptRun:
    """Return a function that runs a script's ``main`` in this process; it returns code and result."""
    path = tmp_path / "result.json"
    monkeypatch.setenv("SCHEDULER_RESULT_FILE", str(path))
    monkeypatch.setitem(PATH_CONFIG, "LOGS_ROOT", str(tmp_path / "logs"))

    def run(main, *arguments: str) -> "tuple[int, dict]":
        path.unlink(missing_ok=True)
        code = main(list(arguments))
        return code, json.loads(path.read_text("utf-8")) if path.exists() else {}

    return run


@pytest.fixture
def planned(monkeypatch):
    """Let scripts run as the plan starts them, not by hand."""
    monkeypatch.setenv("SCHEDULER_SLOT", "2026-11-23T15:00:00+03:00")


@pytest.fixture
def point(ini, roots, at):
    """Return a function that writes the INI of a real point with these roots and more lines in [cameras]."""

    def write(more: str = "") -> Path:
        return ini(
            f"[DEFAULT]\nPVZ_ID = 182\nENV_MODE = production\n[scheduler]\nlanguage = en\n"
            f"[cameras]\nlocal_roots = {roots[0]}\nnetwork_root = {roots[1]}\n{more}\n"
        )

    return write


@pytest.fixture
def at(monkeypatch):
    """Return a function that sets the point's clock; it stands at 15:00 of 23 November 2026."""

    def set_clock(text: str) -> None:
        monkeypatch.setattr(CameraSettings, "now", lambda self: datetime.fromisoformat(text))

    set_clock("2026-11-23 15:00")
    return set_clock


def lay_out(
    root: Path, *moments: str, kind: str = "unv", uid: str = "sklad", layout: "Layout | None" = None
) -> "list[Path]":
    """Lay out a recording for each moment (``2026-11-23 14:05``); return their paths."""
    samples = [SampleRecording(kind, uid, datetime.fromisoformat(moment), layout) for moment in moments]
    return [Path(sample.lay_out(str(root))) for sample in samples]


class Clock:
    """A clock that tests set: the wall clock and the time since the start of the PC, apart."""

    def __init__(self) -> None:
        self.wall, self.up, self.boot = time.time(), 1e6, "first start"

    def __call__(self) -> Moment:
        return Moment(self.wall, self.up, self.up, self.boot)

    def go_on(self, hours: float) -> None:
        self.wall += hours * 3600
        self.up += hours * 3600

    def start_anew(self, off_hours: float) -> None:
        self.wall += off_hours * 3600
        self.up, self.boot = 60.0, "next start"


_open_notes: "list[CopyNotes]" = []


def open_notes(destination: str, path: str, clock: "Callable[[], Moment]" = read_clock) -> CopyNotes:
    """Return notes on copies that are closed when the test ends, at the latest."""
    _open_notes.append(CopyNotes(destination, path, clock))
    return _open_notes[-1]


@pytest.fixture(autouse=True)
def _notes_closed():
    """On Windows an open file keeps its folder from being removed; newer Pythons warn of a database left open."""
    yield
    while _open_notes:
        _open_notes.pop().close()


def notes_on(root: Path, clock: "Callable[[], Moment]" = read_clock) -> CopyNotes:
    """Return the notes on copies to a root, which lie beside it."""
    return open_notes(str(root), str(root.parent / "logs" / "operator" / "copies.sqlite3"), clock)


def files_of(root: Path) -> "dict[str, bytes]":
    """Return the files below a root with their contents, by relative path; the list of who writes there left out."""
    paths = [path for path in root.rglob("*") if path.is_file() and path.name != OWNERS]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def set_written(path: Path, text: str) -> None:
    """Set when a recording was written, by the clock of the point."""
    os.utime(path, (datetime.fromisoformat(text).timestamp(),) * 2)


def refuse_to_read(monkeypatch, pattern: Path) -> str:
    """Let folders be unreadable as on a damaged disk; return their path."""
    real = os.scandir

    def scandir(path="."):
        if fnmatch(plain_path(str(path)), str(pattern)):
            raise OSError(5, "the folder is corrupted", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    return str(pattern)


def lose_drive(monkeypatch, root: Path, after: str) -> "list[str]":
    """Let a drive be away once a folder of the name ``after`` was listed; return what is listed on it."""
    asked: list[str] = []
    scandir = os.scandir

    def list_or_fail(path="."):
        if plain_path(str(path)).startswith(str(root)):
            asked.append(str(path))
            if any(each.endswith(after) for each in asked[:-1]):
                root.rename(root.with_name("away")) if root.exists() else None
                raise FileNotFoundError(2, "the network path was not found", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", list_or_fail)
    return asked
