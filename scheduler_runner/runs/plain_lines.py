"""What a program prints, made plain before anything else looks at it: lines, UTF-8, no codes for a terminal.

On Windows a pipe is a mixture: PowerShell, ``wmic`` and ``cmd /u`` write UTF-16, other programs the console's code
page, one after the other into the same pipe. So each line is looked at for itself. Secrets are looked for afterwards:
nobody would find one in UTF-16, or with a colour in its middle.
"""

import re

_MOST_HELD_BYTES = 64 * 1024
_TERMINAL_CODE = re.compile(
    rb"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, movements of the cursor
    rb"|\x1b[\]PX^_][^\x07\x1b\r\n]*(?:\x07|\x1b\\)"  # titles, links
    rb"|\x1b(?:[ -/]*[0-~])?"
    rb"|[\x07\x08]"  # the bell; the step back of things that turn
)
_RETURN_AT_BEGINNING = re.compile(rb"\n\r+(?!\n)")
_LINE_END = re.compile(rb"\r+\n?")
_STATE = re.compile(rb"[^\r]*\r+(?=[^\r\n\0])")
# What may go on in the next bytes: a letter of UTF-8, a code for a terminal.
_BEGUN = re.compile(
    rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2}"
    rb"|\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b\r\n]{0,200}\x1b?|[ -/]*))\Z"
)
_LONGEST_BEGUN = 256
_BYTE_ORDER_MARK, _UTF8_MARK = b"\xff\xfe", b"\xef\xbb\xbf"
# The upper bytes of Latin, Greek and Cyrillic letters, of signs, arrows, boxes, and of both halves of an emoji: no
# text of one byte a letter has these, mostly control characters, in every second place.
_UPPER_BYTES = bytes((*range(0x06), 0x1E, *range(0x20, 0x28), *range(0x2A, 0x2D), *range(0xD8, 0xE0)))


class PlainLines:
    """One pipe. Fed with bytes as they come, it gives lines that end in a line feed, a return alone being an end, too.

    A program that draws its progress with returns has each state on a line of its own. A line is held back until its
    end is there; :meth:`begun` gives what there is of it.
    """

    def __init__(self) -> None:
        self._raw = b""  # of the line whose end is still to come, as the program wrote it
        self._tail = b""  # of what was given out: a return or a code that may be half of something
        self._mark = _UTF8_MARK
        self._is_line_begun = False

    @property
    def has_begun_line(self) -> bool:
        """Whether there is a line whose end is still to come."""
        return bool(self._raw)

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes; return the lines that are complete now, and of an endless one what there is."""
        lines, self._raw = _divided(self._raw + chunk if self._raw else chunk)
        plain = self._plain(lines) if lines else b""
        return plain + self.begun() if len(self._raw) > _MOST_HELD_BYTES else plain

    def begun(self) -> bytes:
        """Return what there is of a line without an end, as far as it can be understood; it counts as given out."""
        text, self._raw = _begun_text(self._raw)
        return self._plain(text)

    def end(self) -> bytes:
        """Return the rest; its last line may lack an end."""
        text, odd = _begun_text(self._raw)
        self._raw = b""
        return self._plain(text + odd, is_last=True)

    def _plain(self, text: bytes, is_last: bool = False) -> bytes:
        text, self._tail = self._tail + text, b""
        text, self._mark = text.removeprefix(self._mark), b""
        begun = None if is_last or text.endswith(b"\n") else _BEGUN.search(text, max(0, len(text) - _LONGEST_BEGUN))
        if begun:
            text, self._tail = text[: begun.start()], begun[0]
        if b"\x1b" in text or b"\x07" in text or b"\x08" in text:
            text = _TERMINAL_CODE.sub(b"", text)
        if b"\r" in text:
            text = self._without_returns(text, is_last)
        if text:
            self._is_line_begun = not text.endswith(b"\n")
        return text

    def _without_returns(self, text: bytes, is_last: bool) -> bytes:
        if text.endswith(b"\r") and not is_last:  # a line feed may be on its way
            text, self._tail = text.rstrip(b"\r"), b"\r" + self._tail
        text = text.replace(b"\r\n", b"\n")
        if b"\r" not in text:
            return text
        # A return at a line's beginning, as progress is mostly drawn, ends nothing: an empty line would come of it.
        before = b"" if self._is_line_begun else b"\n"
        text = _RETURN_AT_BEGINNING.sub(b"\n", before + text)[len(before) :]
        return _LINE_END.sub(b"\n", text)


def _divided(block: bytes) -> tuple[bytes, bytes]:
    """Divide raw bytes into complete lines, UTF-16 no longer among them, and the rest, as it is."""
    if b"\0" not in block:
        # Returns at the end are left: a line feed may be on its way.
        end = max(block.rfind(b"\n"), block.rstrip(b"\r").rfind(b"\r")) + 1
        last = max(block.rfind(b"\n", 0, -1), block.rfind(b"\r", 0, -1)) + 1
        if end == len(block) and _wide_text(block[last:-1]) is not None:
            end = last  # Cyrillic letters alone, and the line feed's second byte is still to come
        return block[:end], block[end:]
    lines, start = [], 0
    while start < len(block):
        end = block.find(b"\n", start)
        line = block[start:end] if end >= 0 else block[start:]
        text = _wide_text(line)
        if text is not None and end + 1 in (0, len(block)):
            break  # the line feed, or its second byte, is still to come
        if text is not None and not block[end + 1]:
            lines.append(text + b"\n")
            start = end + 2
        elif state := _STATE.match(line):
            lines.append(state[0])
            start += state.end()
        elif end < 0:
            break
        else:
            lines.append(line + b"\n")
            start = end + 1
    return b"".join(lines), block[start:]


def _begun_text(raw: bytes) -> tuple[bytes, bytes]:
    """Return what is meant by the beginning of a line, and the half letter at its end."""
    if b"\0" not in raw:
        return raw, b""
    for whole in (raw, raw[:-1]):
        text = _wide_text(whole)
        if text is not None:
            return text, raw[len(whole) :]
    return raw, b""


def _wide_text(line: bytes) -> bytes | None:
    """Return in UTF-8 a line that is UTF-16, its end left out; ``None`` for any other."""
    has_mark = line.startswith(_BYTE_ORDER_MARK)
    if len(line) % 2 and line.startswith(b"\0"):
        line = line[1:]  # the second byte of the line feed before
    upper = line[1::2]
    if not upper or len(line) % 2:
        return None
    if not has_mark and len(upper.translate(None, _UPPER_BYTES)) * 4 > len(upper):
        return None
    line = line.removeprefix(_BYTE_ORDER_MARK)
    text = line.decode("utf-16-le", "replace")
    return None if "\0" in text else text.encode("utf-8")
