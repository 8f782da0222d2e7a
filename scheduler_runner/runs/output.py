"""A child's output on its way into the log: bytes in chunks, lines out in blocks, in bounded memory."""

import locale
import logging
import os
import re
import threading
from collections import deque
from collections.abc import Iterator

from scheduler_runner.logbook.log_files import LogFileHandler
from scheduler_runner.logbook.masking import Masker
from scheduler_runner.runs.plain_lines import PlainLines

MAX_LINE_BYTES = 64 * 1024
KEPT_BYTES = 1024 * 1024
_TAIL_LINES = 3
_TAIL_LETTERS = 300
_MARK = re.compile(rb"<([0-7])>")
_MARK_ALONE = re.compile(rb"<(?:[0-7]>?)?")
_LEVELS = (
    logging.CRITICAL,
    logging.CRITICAL,
    logging.CRITICAL,
    logging.ERROR,
    logging.WARNING,
    logging.INFO,
    logging.INFO,
    logging.DEBUG,
)


class OutputLog:
    """Where one run's output goes: the log's files in blocks, any other handler of the logger line by line."""

    def __init__(self, logger: logging.Logger, masker: Masker) -> None:
        self.byte_count = 0
        self._logger = logger
        self._masker = masker
        handlers = [handler for handler in logger.handlers if isinstance(handler, LogFileHandler)]
        self._files = [_CappedFile(handler) for handler in handlers]
        self._has_others = not self._files or len(self._files) < len(logger.handlers) or logger.propagate
        self._streams: list[OutputStream] = []
        self._guard = threading.Lock()
        self._last = b""
        self._is_closed = False

    def stream(self, default_level: int) -> "OutputStream":
        """Return the way in for one pipe; lines without a mark get ``default_level``."""
        stream = OutputStream(self, self._masker, default_level)
        self._streams.append(stream)
        return stream

    def show_begun_lines(self) -> None:
        """Write what has waited for its line's end since the last call: a progress, a question that nobody answers."""
        for stream in self._streams:
            stream.show_begun_line()

    def write(self, level: int, block: bytes) -> None:
        """Take complete lines of one level; from any thread."""
        with self._guard:
            if self._is_closed:
                return  # a reader that nobody waits for any more
            self.byte_count += len(block)
            if level >= logging.INFO:
                self._last = (self._last + block[-2 * _TAIL_LETTERS :])[-2 * _TAIL_LETTERS :]
            self._pass_on(level, block)

    def close(self) -> None:
        """Write what was kept beyond the cap, and take nothing any more."""
        with self._guard:
            self._is_closed = True
            for file in self._files:
                file.release()

    def tail(self) -> str:
        """Return the last few lines, for a notice."""
        lines = [line.strip() for line in self._last.decode("utf-8", "replace").splitlines() if line.strip()]
        return " / ".join(lines[-_TAIL_LINES:])[-_TAIL_LETTERS:]

    def _pass_on(self, level: int, block: bytes) -> None:
        for file in self._files:
            file.write(level, block)
        if self._has_others:
            self._tell_others(level, block)

    def _tell_others(self, level: int, block: bytes) -> None:
        if not self._logger.isEnabledFor(level):
            return
        for line in block.decode("utf-8", "replace").rstrip("\n").split("\n"):
            record = self._logger.makeRecord(self._logger.name, level, "(output)", 0, line, (), None)
            if not self._files:
                self._logger.handle(record)
                continue
            for handler in self._logger.handlers:
                if not isinstance(handler, LogFileHandler) and level >= handler.level:
                    handler.handle(record)


class _CappedFile:
    """One of the log's files. When the day has no more room in it, the end of the output is kept."""

    def __init__(self, handler: LogFileHandler) -> None:
        self._handler = handler
        self._held: deque[tuple[int, bytes]] = deque()
        self._held_bytes = 0
        self._cut_bytes = 0
        self._cut_lines = 0

    def write(self, level: int, block: bytes) -> None:
        if level < self._handler.level:
            return
        if self._handler.is_full:
            self._hold(level, block)
            return
        self.release()  # midnight has passed: each day has its own room
        self._handler.write_block(level, block)

    def release(self) -> None:
        """Write what was kept, and how much was not."""
        told = f"output cut here: the day's log is full, {self._cut_bytes} bytes in {self._cut_lines} lines left out\n"
        if self._cut_bytes:
            self._handler.write_block(logging.WARNING, told.encode())
        for level, block in self._held:
            self._handler.write_block(level, block)
        self._held.clear()
        self._held_bytes = self._cut_bytes = self._cut_lines = 0

    def _hold(self, level: int, block: bytes) -> None:
        self._held.append((level, block))
        self._held_bytes += len(block)
        while self._held_bytes - len(self._held[0][1]) >= KEPT_BYTES:
            _, cut = self._held.popleft()
            self._held_bytes -= len(cut)
            self._cut_bytes += len(cut)
            self._cut_lines += cut.count(b"\n")


class OutputStream:
    """One pipe: makes plain, masks, splits into lines, reads marks. Fed by one thread, while another looks."""

    def __init__(self, log: OutputLog, masker: Masker, default_level: int) -> None:
        self._log = log
        self._lines = PlainLines()
        self._masker = masker.stream()
        self._default_level = default_level
        self._guard = threading.Lock()
        self._has_waited = False
        self._partial = b""
        self._continued_level: int | None = None

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        with self._guard:
            lines = self._lines.feed(chunk)
            if lines:
                self._has_waited = False
                self._take(self._masker.feed(lines))

    def show_begun_line(self) -> None:
        """Write a line without an end, where it was there at the last call already; what follows goes on the next."""
        with self._guard:
            if self._has_waited:
                self._take(self._masker.feed(self._lines.begun()))
                self._write_begun()
            self._has_waited = self._lines.has_begun_line

    def end(self) -> None:
        """Write what is left, a line without its end included."""
        with self._guard:
            self._take(self._masker.feed(self._lines.end()))
            self._take(self._masker.end())
            if self._partial:
                partial, self._partial = self._partial, b""
                self._write_lines(partial + b"\n")

    def _take(self, block: bytes) -> None:
        if self._partial:
            block = self._partial + block
        end = block.rfind(b"\n") + 1
        if end:
            self._write_lines(block[:end])
        self._partial = block[end:]
        while len(self._partial) > MAX_LINE_BYTES and self._continue_line():
            pass

    def _continue_line(self) -> bool:
        """Write the beginning of a very long line whose end is still to come; its mark is no part of its length."""
        level, text = self._marked(self._partial)
        if len(text) <= MAX_LINE_BYTES:
            return False
        cut = _cut(text)
        self._continued_level, self._partial = level, text[cut:]
        self._log.write(level, _text(text[:cut] + b"\n"))
        return True

    def _write_begun(self) -> None:
        if self._partial and not _MARK_ALONE.fullmatch(self._partial):
            self._continued_level, text = self._marked(self._partial)
            self._partial = b""
            self._log.write(self._continued_level, _text(text + b"\n"))

    def _write_lines(self, lines: bytes) -> None:
        """Write complete lines, all those of one level at once."""
        is_marked = b"<" in lines and (lines.startswith(b"<") or b"\n<" in lines)
        if not is_marked and self._continued_level is None and _are_short(lines):
            self._log.write(self._default_level, _text(lines))
            return
        level, block = self._default_level, bytearray()
        for line in lines[:-1].split(b"\n"):
            its_level, text = self._marked(line)
            is_rest = self._continued_level is not None
            self._continued_level = None
            if is_rest and not text:
                continue  # the end alone of a line that is written
            if its_level != level and block:
                self._log.write(level, _text(bytes(block)))
                block.clear()
            level = its_level
            for piece in _pieces(text):
                block += piece + b"\n"
        if block:
            self._log.write(level, _text(bytes(block)))

    def _marked(self, line: bytes) -> tuple[int, bytes]:
        """Return a line's level, and the line without its mark."""
        if self._continued_level is not None:
            return self._continued_level, line
        mark = _MARK.match(line)
        return (_LEVELS[int(mark[1])], line[mark.end() :]) if mark else (self._default_level, line)


def _are_short(lines: bytes) -> bool:
    """Return whether no line is longer than the limit, without looking at each."""
    start = 0
    while len(lines) - start > MAX_LINE_BYTES:
        start = lines.rfind(b"\n", start, start + MAX_LINE_BYTES + 1) + 1
        if not start:
            return False
    return True


def _pieces(line: bytes) -> Iterator[bytes]:
    while len(line) > MAX_LINE_BYTES:
        cut = _cut(line)
        yield line[:cut]
        line = line[cut:]
    yield line


def _cut(line: bytes) -> int:
    """Return where to divide a long line: at the limit, or up to three bytes before it, where a letter ends."""
    cut = MAX_LINE_BYTES
    while cut > MAX_LINE_BYTES - 3 and line[cut] & 0b1100_0000 == 0b1000_0000:
        cut -= 1
    return cut


def _text(block: bytes) -> bytes:
    """Return lines as UTF-8; each line that is none is decoded by the console's code page."""
    if block.isascii():
        return block
    try:
        block.decode("utf-8")
        return block
    except UnicodeDecodeError:
        return b"\n".join(_line_text(line) for line in block.split(b"\n"))


def _line_text(line: bytes) -> bytes:
    try:
        line.decode("utf-8")
        return line
    except UnicodeDecodeError:
        return line.decode(_console_encoding(), "replace").encode("utf-8", "replace")


def _console_encoding() -> str:
    """Return the code page of console programs; on POSIX the locale's, which leaves replacement characters."""
    return "oem" if os.name == "nt" else locale.getpreferredencoding(False)
