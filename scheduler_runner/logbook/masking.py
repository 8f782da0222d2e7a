"""Which variables are secret, and the masking of whatever is written.

Masked are the values of secret variables and the passwords in addresses (six characters or more), of several lines
each line, also as JSON, Python, HTML, percent-coding and UTF-16 write them, and always what is shaped like a Telegram
bot token. Base64 and the like are not recognised.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping

MASK = "***"

_MASK_BYTES = MASK.encode()
# Searched without a pattern: to compile one costs every tick a millisecond.
_IN_SECRET_NAMES = (
    "TOKEN", "PASSWORD", "SECRET", "APIKEY", "API_KEY", "CREDENTIAL",
    "_PASS_", "_PASSWD_", "_PWD_", "_PASSPHRASE_", "_PRIVATEKEY_", "_PRIVATE_KEY_", "_ACCESSKEY_", "_ACCESS_KEY_",
)  # fmt: skip
"""The short ones as whole words alone: PASS is in COMPASS and BYPASS."""
_WORKING_FOLDER = "_PWD_"
# To the last @: who writes # or / into a password, and not %23, means it all the same.
_ACCOUNT = r"://([^\s/@:]*:(\S+))@"
_PARTS = r"[#/?@:]+"
_MIN_LENGTH = 6
# Searched by its colon, which is quick; the digits before it are looked at afterwards.
# Compiled when the first colon comes: most ticks see none.
_TOKEN_END = rb":[A-Za-z0-9_-]{20,}"
_TOKEN_DIGITS = rb"[0-9]{6,}\Z"
_TOKEN_BEGUN = rb"[0-9]+(?::[A-Za-z0-9_-]{0,19})?\Z"
_TOKEN_BEGUN_BYTES = 64
_CODE_PAGES = ("oem", "mbcs") if sys.platform == "win32" else ("cp866", "cp1251")
_TOKEN_LETTERS = rb"[A-Za-z0-9_-]*"


def is_secret_name(name: str) -> bool:
    """Return whether a variable of this name holds a secret.

    >>> is_secret_name("telegram_bot_token"), is_secret_name("PATH")
    (True, False)
    """
    folded = f"_{name.upper().replace('-', '_')}_"
    return folded != _WORKING_FOLDER and any(part in folded for part in _IN_SECRET_NAMES)


def secrets_in(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the secret variables whose values are long enough to be masked."""
    return {name: value for name, value in environment.items() if len(value) >= _MIN_LENGTH and is_secret_name(name)}


def short_secrets(environment: Mapping[str, str]) -> list[str]:
    """Return the names of secret variables whose values are too short to be masked without spoiling every text."""
    return [name for name, value in environment.items() if 0 < len(value) < _MIN_LENGTH and is_secret_name(name)]


def secret_values(environment: Mapping[str, str]) -> list[str]:
    """Return what is to be masked of an environment: the secret variables' values, and passwords in any address."""
    passwords = [secret for value in environment.values() if "@" in value for secret in address_secrets(value)]
    return [*secrets_in(environment).values(), *passwords]


def address_secrets(address: str) -> list[str]:
    """Return the passwords in an address, with their parts: of one with a ``#`` in it a library may show the beginning.

    >>> address_secrets("http://shop:swordfish#1@proxy:3128")
    ['swordfish#1', 'swordfish', '1']
    """
    found = []
    for match in re.finditer(_ACCOUNT, address):
        found += [match[2], *(part for part in re.split(_PARTS, match[2]) if part != match[2])]
    return found


class Masker:
    """Replaces secrets by ``***``.

    >>> Masker(["swordfish"]).text("the word is swordfish")
    'the word is ***'
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        spellings = {
            spelling
            for secret in secrets
            for part in {
                secret,
                secret.strip(),
                *secret.splitlines(),
            }  # a key of many lines may be printed with other line ends
            if len(part) >= _MIN_LENGTH
            for spelling in _spellings(part)
        }
        self._secrets = sorted(spellings, key=len, reverse=True)

    def text(self, text: str) -> str:
        """Return ``text`` without secrets."""
        if not self._secrets and ":" not in text:
            return text
        encoded = text.encode("utf-8", "surrogateescape" if text.isascii() else "surrogatepass")
        masked = self.raw(encoded)
        return text if masked is encoded else masked.decode("utf-8", "surrogatepass")

    def values(self, values: object) -> object:
        """Return what JSON can hold, without secrets in its texts and names; a number is no secret's text."""
        if isinstance(values, str):
            return self.text(values)
        if isinstance(values, Mapping):
            return {self.text(str(name)): self.values(value) for name, value in values.items()}
        return [self.values(value) for value in values] if isinstance(values, (list, tuple)) else values

    def raw(self, block: bytes) -> bytes:
        """Return ``block``, which is complete, without secrets; the very object where there is none."""
        spans = self._spans(block)
        return _masked(block, spans) if spans else block

    def rest(self, block: bytes, told: int) -> bytes:
        """Return the end of a text without secrets; ``told`` as in :meth:`split`."""
        return _masked(block, _merged([*([(0, told)] if told else []), *self._spans(block)]), told)

    def stream(self) -> "StreamMasker":
        """Return a masker for a text that comes in pieces."""
        return StreamMasker(self)

    def split(self, block: bytes, told: int) -> tuple[bytes, bytes, int, bool]:
        """Divide an unfinished text: what may be written, masked, and its end that may begin a secret.

        ``told`` bytes at the beginning stand for a secret that is masked already. The further answers are how much of
        the end does so, and whether it ends within a token, whose rest is still to come.
        """
        spans = _merged([*([(0, told)] if told else []), *self._spans(block)])
        cut = self._safe_length(block)
        told_of_end = max(
            (end - cut for start, end in spans if cut < end and (start < cut or (told and start == 0))), default=0
        )
        is_in_secret = bool(spans) and spans[-1][1] == len(block)
        is_in_token = is_in_secret and any(end == len(block) for _, end in _tokens(block))
        return _masked(block[:cut], spans, told), block[cut:], told_of_end, is_in_token

    def _spans(self, block: bytes) -> list[tuple[int, int]]:
        spans = [
            (start, start + len(secret))
            for secret in self._secrets
            if secret in block
            for start in _occurrences(block, secret)
        ]
        if b":" in block:
            spans.extend(_tokens(block))
        return _merged(spans) if spans else spans

    def _safe_length(self, block: bytes) -> int:
        """Return how much of ``block`` cannot be part of a secret that goes on after it."""
        safe = len(block)
        for secret in self._secrets:
            tail = block[-(len(secret) - 1) :]
            held = next((size for size in range(len(tail), 0, -1) if secret.startswith(tail[-size:])), 0)
            safe = min(safe, len(block) - held)
        tail = block[-_TOKEN_BEGUN_BYTES:]
        begun = re.search(_TOKEN_BEGUN, tail)
        return min(safe, len(block) - len(tail) + begun.start()) if begun else safe


class StreamMasker:
    """Masks a text that comes in pieces: a secret that is split over two is held back until it is whole."""

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._held = b""
        self._told = 0
        """How much of what is held stands for a secret that is masked already: another one may begin within it."""
        self._is_in_token = False

    def feed(self, chunk: bytes) -> bytes:
        """Take the next piece; return what can be written now."""
        begun = 0
        if self._is_in_token:
            letters = re.match(_TOKEN_LETTERS, chunk)
            begun = letters.end() if letters else 0
            self._told = len(self._held) + begun
        block = self._held + chunk if self._held else chunk
        safe, self._held, self._told, is_in_token = self._masker.split(block, self._told)
        self._is_in_token = is_in_token or (self._is_in_token and begun == len(chunk))
        return safe

    def end(self) -> bytes:
        """Return the rest."""
        held, told, self._held, self._told = self._held, self._told, b"", 0
        return self._masker.rest(held, told)


def _spellings(secret: str) -> Iterator[bytes]:
    """Yield a secret as programs may write it: its encodings, and the escapes of what prints it.

    Without the libraries for these: a tick builds this each time.
    """
    yield secret.encode("utf-8", "surrogateescape")
    yield secret.encode("utf-16-le", "surrogatepass")
    raw = secret.encode("utf-8", "surrogatepass")
    for escaped in {
        *(_as_percent(raw, plain, case) for plain in (_UNRESERVED, _UNRESERVED + b"/") for case in ("02X", "02x")),
        repr(raw)[2:-1],
        repr(secret)[1:-1],
        _as_json(secret),
        secret.replace("\\", "\\\\").replace('"', '\\"'),
        _as_html(secret, "&#x27;"),
        _as_html(secret, "&#39;"),
    }:
        yield escaped.encode("utf-8", "surrogatepass")
    for code_page in () if secret.isascii() else _CODE_PAGES:
        try:
            yield secret.encode(code_page)
        except UnicodeEncodeError:
            continue


_UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~"


def _as_percent(raw: bytes, plain: bytes, case: str) -> str:
    return "".join(chr(byte) if byte in plain else f"%{byte:{case}}" for byte in raw)


def _as_json(secret: str) -> str:
    """Return a text as JSON writes it in ASCII, letters beyond 0xFFFF as two halves."""
    halves = secret.encode("utf-16-be", "surrogatepass")
    letters = [chr(halves[at] << 8 | halves[at + 1]) for at in range(0, len(halves), 2)]
    return "".join(map(_json_letter, letters))


def _json_letter(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    return letter if " " <= letter <= "~" else f"\\u{ord(letter):04x}"


def _as_html(secret: str, apostrophe: str) -> str:
    told = secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return told.replace('"', "&quot;").replace("'", apostrophe)


def _occurrences(block: bytes, secret: bytes) -> Iterable[int]:
    start = block.find(secret)
    while start >= 0:
        yield start
        start = block.find(secret, start + 1)


def _tokens(block: bytes) -> list[tuple[int, int]]:
    found = []
    for end in re.finditer(_TOKEN_END, block):
        colon = end.start()
        before = block[max(0, colon - 32) : colon]
        digits = re.search(_TOKEN_DIGITS, before)
        if digits:
            found.append((colon - len(before) + digits.start(), end.end()))
    return found


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _masked(block: bytes, spans: list[tuple[int, int]], told: int = 0) -> bytes:
    """Return a text with a mask for each span, but for the first one where ``told`` bytes of it have theirs."""
    if not spans:
        return block
    pieces, position = [], 0
    for start, end in spans:
        if start >= len(block):
            break
        pieces += [block[position:start], _MASK_BYTES if start or not told else b""]
        position = end
    return b"".join([*pieces, block[position:]])
