"""One series of log files: ``YYYY-MM-DD.log``, then ``YYYY-MM-DD.1.log`` and so on.

No open file is ever renamed. What cannot be written is counted as lost, and the next write tries again.
"""

import logging
import os
import sys
import threading
from datetime import datetime, tzinfo

from scheduler_runner.logbook.masking import Masker
from scheduler_runner.system.folders import ensure_plain_folder
from scheduler_runner.system.own_files import open_own

_MAX_INDEX = 100_000
_FORMAT = "%(message)s"
_guard = threading.Lock()


class LogSeries:
    """The files of one log. Not safe for threads: the handler above it locks.

    ``suffix`` is ``""`` or ``"_detailed"``. ``is_shared``: several processes may write at the same time.
    ``top`` is the folder below which no folder may be a link.
    """

    def __init__(
        self,
        folder: str,
        suffix: str,
        *,
        top: str,
        max_bytes: int,
        backup_count: int,
        is_shared: bool,
        zone: tzinfo | None,
    ) -> None:
        self.folder = folder
        self.lost_lines = 0
        self._suffix = suffix
        self._top = top
        self._max_bytes = max_bytes
        self._backup_count = backup_count
        self._is_shared = is_shared
        self._zone = zone
        self._descriptor = -1
        self._date = ""
        self._index = 0
        self._size = 0
        self._earlier_bytes = 0
        self._is_torn = False

    @property
    def day_bytes(self) -> int:
        """How much the files of today hold, as far as was written here."""
        return self._earlier_bytes + self._size if self._date == f"{self.now():%Y-%m-%d}" else 0

    def now(self) -> datetime:
        """Return the time for a line, in the log's zone."""
        return datetime.now(self._zone)

    def write(self, lines: bytes, moment: datetime) -> None:
        """Append complete lines; a line is never divided between two files."""
        try:
            self._prepare(f"{moment:%Y-%m-%d}")
            written = self._append(lines)
        except OSError:
            self.close()
            written = 0
        if written < len(lines):
            self.lost_lines += lines.count(b"\n", written)

    def duplicate(self) -> int | None:
        """Return another descriptor of the file that is open, for the caller to close; ``None`` where none is."""
        return os.dup(self._descriptor) if self._descriptor >= 0 else None

    def close(self) -> None:
        """Close the file; the next write opens it again."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)

    def _append(self, lines: bytes) -> int:
        """Write as one piece, so that several writers' lines do not mix; return how much could be written."""
        begun = b"\n" if self._is_torn else b""
        write = _append_locked if self._is_shared else os.write
        written = write(self._descriptor, begun + lines)
        self._size += written
        self._is_torn = 0 < written < len(begun + lines)  # a full disk takes a part, and the next call raises
        return max(0, written - len(begun))

    def _prepare(self, today: str) -> None:
        """Have the right file open: today's, and one that has room."""
        status = os.fstat(self._descriptor) if self._descriptor >= 0 else None
        # Without a name the file was deleted, its folder perhaps as well: what is written to it nobody can read.
        if status is None or status.st_nlink == 0 or today != self._date:
            self.close()
            self._open_day(today)
        elif self._is_shared:
            self._size = status.st_size
        while self._size >= self._max_bytes and self._index < _MAX_INDEX:
            self.close()
            self._earlier_bytes += self._size
            self._open(today, self._index + 1)

    def _open_day(self, today: str) -> None:
        ensure_plain_folder(self.folder, below=self._top)
        index, earlier = 0, 0
        while os.path.exists(self._path(today, index + 1)):
            earlier += _size(self._path(today, index))
            index += 1
        is_new = index == 0 and not os.path.exists(self._path(today, 0))
        self._open(today, index)
        self._earlier_bytes = earlier
        if is_new:
            from scheduler_runner.logbook.log_folder import remove_old_logs  # late: one tick a day needs it

            remove_old_logs(self.folder, today, self._backup_count)

    def _open(self, today: str, index: int) -> None:
        path = self._path(today, index)
        self._descriptor = open_own(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        self._date, self._index = today, index
        self._size = os.fstat(self._descriptor).st_size

    def _path(self, day: str, index: int) -> str:
        number = f".{index}" if index else ""
        return os.path.join(self.folder, f"{day}{self._suffix}{number}.log")


class MaskingFormatter(logging.Formatter):
    """Formats a record's text with its traceback, and masks the whole."""

    def __init__(self, masker: Masker) -> None:
        super().__init__(_FORMAT)
        self._masker = masker

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's text, without time and level, masked."""
        return self._masker.text(super().format(record))


class LogFileHandler(logging.Handler):
    """Writes records, and blocks of a child's output, into one series of files."""

    def __init__(self, level: int, series: LogSeries, max_log_bytes: int | None) -> None:
        super().__init__(level)
        self.series = series
        self._max_log_bytes = max_log_bytes
        self._successor: LogFileHandler | None = None

    @property
    def lost_lines(self) -> int:
        """How many lines could not be written so far."""
        return self.series.lost_lines

    @property
    def is_full(self) -> bool:
        """Whether the day's files hold as much as a task's output may fill."""
        return self._max_log_bytes is not None and self.series.day_bytes >= self._max_log_bytes

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; every line of its text bears time and level."""
        try:
            text = self.format(record)
        except (TypeError, ValueError, LookupError, AttributeError):  # a bad format string
            text = self.format(logging.makeLogRecord({"msg": f"{record.msg!r} {record.args!r}"}))
        self.write_block(record.levelno, text.encode("utf-8", "backslashreplace").rstrip(b"\n") + b"\n")

    def write_block(self, level: int, block: bytes) -> None:
        """Write complete lines of output, each ending in a line feed, with one time and level for all."""
        if level < self.level:
            return
        handler = self
        while True:
            with handler.lock or _guard:
                if handler._successor is None:
                    handler._append(level, block)
                    return
                handler = handler._successor

    def close(self) -> None:
        """Close the file."""
        with self.lock or _guard:
            self.series.close()
        super().close()

    def give_way(self, successor: "LogFileHandler") -> None:
        """Close, and hand on to ``successor`` what a thread that has this handler in hand still writes."""
        with self.lock or _guard:
            successor.series.lost_lines += self.series.lost_lines
            self._successor = successor
        self.close()

    def _append(self, level: int, lines: bytes) -> None:
        now = self.series.now()
        prefix = _prefix(now, level)
        self.series.write(prefix + lines[:-1].replace(b"\n", b"\n" + prefix) + b"\n", now)


class ConsoleHandler(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to standard error what a console can show; where there is none, nowhere."""

    def format(self, record: logging.LogRecord) -> str:
        """Return time, level and text, in letters that the console has."""
        text = f"{datetime.now():%H:%M:%S} {record.levelname:<8} {super().format(record)}"
        encoding = getattr(self.stream, "encoding", None) or "utf-8"
        return text.encode(encoding, "backslashreplace").decode(encoding)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, or nothing where that fails: a closed console is no reason to stop."""
        try:
            self.stream.write(self.format(record) + "\n")
            self.stream.flush()
        except (OSError, ValueError, AttributeError, LookupError):
            pass


def _prefix(now: datetime, level: int) -> bytes:
    stamp = f"{now:%Y-%m-%d %H:%M:%S}.{now.microsecond // 1000:03d} {logging.getLevelName(level):<8} "
    return stamp.encode("ascii", "replace")


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except FileNotFoundError:  # somebody has taken the day's earlier part away
        return 0


if sys.platform == "win32":
    import msvcrt
    import time

    # Far behind any log's end: a lock there keeps no reader away.
    _LOCK_POSITION = 0x7FFF_0000
    _LOCK_SECONDS = 2.0

    def _append_locked(descriptor: int, lines: bytes) -> int:
        """Append under a lock: on Windows an append is a seek and a write, with room for others in between."""
        is_locked = _lock(descriptor)
        try:
            os.lseek(descriptor, 0, os.SEEK_END)
            return os.write(descriptor, lines)
        finally:
            if is_locked:
                os.lseek(descriptor, _LOCK_POSITION, os.SEEK_SET)
                msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

    def _lock(descriptor: int) -> bool:
        give_up_at = time.monotonic() + _LOCK_SECONDS
        while True:
            os.lseek(descriptor, _LOCK_POSITION, os.SEEK_SET)
            try:
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
                return True
            except OSError:
                if time.monotonic() > give_up_at:
                    return False  # a suspended writer must not stop all others
                time.sleep(0.005)

else:

    def _append_locked(descriptor: int, lines: bytes) -> int:
        """Append in one call, which POSIX makes one piece in a local file opened to append."""
        return os.write(descriptor, lines)
