"""One zip for the phone call: doctor, status, the INI, the logs of three days, the ledger; secrets masked."""

import argparse
import io
import os
import sqlite3
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, redirect_stdout
from typing import BinaryIO

from config.base_config import PATH_CONFIG, config_path, load_point
from scheduler_runner.cli import doctor, status
from scheduler_runner.errors import ConfigError, ExitCode, LedgerUnavailable, SchedulerError
from scheduler_runner.logbook.log_folder import open_log
from scheduler_runner.logbook.masking import Masker, secrets_in
from scheduler_runner.notices.settings import secrets_of
from scheduler_runner.records.ledger_file import LedgerFile
from scheduler_runner.screens.chosen import screen
from scheduler_runner.system.folders import is_link
from scheduler_runner.system.layout import Layout

_DAYS_SECONDS = 3 * 86400
_MOST_BYTES_OF_A_LOG = 5_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where to write it."""
    parser.add_argument("--out", metavar="FILE", help="the zip; pvz-support-DATE.zip in this folder")


def run(arguments: argparse.Namespace) -> int:
    """Pack, and say what is in it; what cannot be had is left out and named."""
    path = os.path.abspath(arguments.out or f"pvz-support-{time.strftime('%Y-%m-%d-%H%M')}.zip")
    masker = Masker(_secrets())
    shown = screen()
    try:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, text in _texts():
                packed.writestr(name, masker.text(text))
            for user, ledger in _ledgers():
                packed.write(ledger, f"ledger-{user}.sqlite3")
                os.unlink(ledger)
    except OSError as error:
        raise SchedulerError("{path} cannot be written: {reason}", path=path, reason=error.strerror or error) from error
    shown.say("written: {path}", path=path, look="good")
    shown.say("secrets that are known are masked in it; look through it before you send it")
    return int(ExitCode.OK)


def _secrets() -> list[str]:
    found = list(secrets_in(os.environ).values())
    try:
        return [*found, *secrets_of(load_point())]
    except ConfigError:
        return found


def _texts() -> Iterator[tuple[str, str]]:
    yield "status.txt", _said(lambda: status.run(argparse.Namespace(json=False)))
    yield "doctor.txt", _said(lambda: doctor.run(argparse.Namespace(json=False, online=False)))
    yield "pvz.ini", _read(config_path())
    newest = time.time() - _DAYS_SECONDS
    for path in _logs():
        if _written_at(path) >= newest:
            below = os.path.relpath(path, PATH_CONFIG["LOGS_ROOT"]).replace(os.sep, "/")
            yield f"logs/{below}", _read(path, open_log)


def _logs() -> Iterator[str]:
    """Yield every user's and task's logs: ``logs/{user}/{task}/*.log``, and nothing that lies elsewhere."""
    for own in Layout(PATH_CONFIG["LOGS_ROOT"]).users():
        for task in _names(own.folder):
            folder = own.log(task)
            if not is_link(folder):
                yield from (os.path.join(folder, name) for name in _names(folder) if name.endswith(".log"))


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _said(command: Callable[[], int]) -> str:
    """Return what a command shows; one that breaks says so in its own place."""
    out = io.StringIO()
    with redirect_stdout(out):
        try:
            command()
        except SchedulerError as error:
            print(error)
    return out.getvalue()


def _open_any(path: str) -> BinaryIO:
    """Open a file that the administrator's own INI names."""
    return open(path, "rb")


def _read(path: str, opened: Callable[[str], BinaryIO] = _open_any) -> str:
    """Return a text, of a long one its end."""
    try:
        with opened(path) as file:
            file.seek(max(0, os.path.getsize(path) - _MOST_BYTES_OF_A_LOG))
            return file.read().decode("utf-8", "replace")
    except OSError as error:
        return f"{path}: {error.strerror}"


def _written_at(path: str) -> float:
    try:
        return os.path.getmtime(path)
    except OSError:
        return 0.0


def _ledgers() -> Iterator[tuple[str, str]]:
    """Yield each user's ledger as a copy that nobody writes to, in a file to be removed."""
    for own in Layout(PATH_CONFIG["LOGS_ROOT"]).users():
        copy, path = tempfile.mkstemp(suffix=".sqlite3")
        os.close(copy)
        try:
            _back_up(own.ledger, path)
        except LedgerUnavailable:
            os.unlink(path)
        else:
            yield own.name, path


def _back_up(ledger: str, path: str) -> None:
    file = LedgerFile(ledger, is_read_only=True)
    try:
        with closing(sqlite3.connect(path)) as target:
            file.read(lambda source: source.backup(target))
    finally:
        file.close()
