"""Who writes to a network root: a short list in the root itself, ``.pvz-owner.json``.

Nobody is locked out by it, for a PC may have been replaced or installed anew. But while another PC writes there, its
recordings are nobody's to delete; and a root that was emptied, swapped or put back to an older state is told.
"""

import json
import logging
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from scheduler_runner.system.filesystem import host_name, is_partial, partial_name, plain_path, replace_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from scheduler_runner.tasks.cameras.copy_notes import CopyNotes as RootNotes

OWNERS = ".pvz-owner.json"
_RECENT_DAYS = 2
_FORGOTTEN_DAYS = 400
_MOST_BYTES = 64 * 1024

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Writer:
    """A PC that writes to a root: a hash of its machine's id, its point, the last day (ISO)."""

    pc: str
    point: str
    day: str

    def is_same(self, other: "Writer") -> bool:
        """Return whether it is the same PC; of one that was cloned with its id, the point tells the clones apart."""
        return (self.pc, self.point) == (other.pc, other.point)


@dataclass(frozen=True, slots=True)
class Owners:
    """What a root says of itself; an empty id: nothing."""

    root_id: str = ""
    writers: tuple[Writer, ...] = ()
    is_damaged: bool = False
    """It says something that makes no sense: no evidence of anything."""

    def others(self, own: Writer) -> list[Writer]:
        """Return the other PCs that have written within two days of ``own``'s; a clock may be ahead."""
        recent_from = (date.fromisoformat(own.day) - timedelta(days=_RECENT_DAYS)).isoformat()
        return [writer for writer in self.writers if not writer.is_same(own) and writer.day >= recent_from]

    def last_day_of(self, own: Writer) -> str:
        """Return the last day on which a PC has written; ``""``: never."""
        return max((writer.day for writer in self.writers if writer.is_same(own)), default="")

    def with_writer(self, own: Writer) -> "Owners":
        """Return them with ``own`` in the place of what was known of that PC, and without those of long ago."""
        known_from = (date.fromisoformat(own.day) - timedelta(days=_FORGOTTEN_DAYS)).isoformat()
        kept = [writer for writer in self.writers if not writer.is_same(own) and writer.day >= known_from]
        return Owners(self.root_id or os.urandom(8).hex(), (*kept, own))


@dataclass(frozen=True, slots=True)
class Greeting:
    """What is to be told of a root before it is copied to; texts in Russian, ``""``: nothing."""

    strange: str = ""
    """It is not as it was left."""
    others: str = ""
    """Another PC writes to it."""
    sibling: str = ""
    """There may be an older archive of this point beside it."""

    @property
    def remarks(self) -> list[str]:
        """All that there is to tell."""
        return [*filter(None, (self.others, self.strange, self.sibling))]


class Doorkeeper:
    """Looks at who writes to a root, once a run: on a new day at once, else before something is copied.

    So a run in which nothing changed asks a far drive no question for it. Safe for threads.
    """

    def __init__(self, root: str, own: Writer, notes: "RootNotes") -> None:
        self.greeting: Greeting | None = None
        """``None``: it was not looked at."""
        self._root = root
        self._own = own
        self._notes = notes
        self._guard = threading.Lock()

    def open(self) -> None:
        """Look, if it is a new day: as yet, nothing is there but what was."""
        if self._notes.root()[1] != self._own.day:
            self.before_copying()

    def before_copying(self) -> None:
        """Look, if that was not done yet."""
        with self._guard:
            if self.greeting is None:
                self.greeting = greet_root(self._root, self._own, self._notes)


def greet_root(root: str, own: Writer, notes: "RootNotes") -> Greeting:
    """Look at who writes to a root, and enter ``own`` in its list, once a day; a failure is for the log.

    ``notes`` remember the root. Belongs under the root's lock.
    """
    try:
        owners = read_owners(root)
        root_id, written_day = notes.root()
        greeting = Greeting(
            strange=strange_root(owners, own, root_id, written_day),
            others=told_others(root, owners.others(own)),
            sibling="" if root_id or owners.root_id or _has_anything(root) else told_sibling(root),
        )
        if owners.last_day_of(own) != own.day:
            owners = owners.with_writer(own)
            write_owners(root, owners)
        if (root_id, written_day) != (owners.root_id, own.day):
            notes.note_root(owners.root_id, own.day)
    except OSError as error:
        logger.warning("who writes to %s cannot be told: %s", root, error)
        return Greeting()
    for remark in greeting.remarks:
        logger.warning("%s", remark)
    return greeting


def told_others(root: str, others: "Sequence[Writer]") -> str:
    """Return in Russian that other PCs write to a root, with the cure; ``""`` where there are none."""
    if not others:
        return ""
    points = ", ".join(sorted({other.point for other in others}))
    return (
        f"В {plain_path(root)} пишет ещё один компьютер, пункт {points}: "
        "проверьте PVZ_ID и network_root в INI обоих; копии там пока не удаляются"
    )


def told_sibling(root: str) -> str:
    """Return in Russian that there may be an older archive of the point; ``""``: there is none. Raises ``OSError``."""
    sibling = sibling_archive(root)
    if not sibling:
        return ""
    return (
        f"Рядом есть папка {sibling}: если это прежний архив пункта, переименуйте её "
        f"в {os.path.basename(plain_path(root))}, иначе он останется отдельно"
    )


def read_owners(root: str) -> Owners:
    """Return what a root says of itself: nothing where it says nothing that makes sense.

    Raises ``OSError`` where it cannot be read.
    """
    try:
        with open(os.path.join(root, OWNERS), "rb") as file:
            content = file.read(_MOST_BYTES)
    except FileNotFoundError:
        return Owners()
    try:
        listed = json.loads(content)
        writers = tuple(Writer(str(each["pc"]), str(each["point"]), _day(each["day"])) for each in listed["writers"])
        return Owners(str(listed["root"]), writers)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        logger.warning("%s in %s is damaged, it is written anew: %s", OWNERS, root, error)
        return Owners(is_damaged=True)


def write_owners(root: str, owners: Owners) -> None:
    """Write the list, whole or not at all. Raises ``OSError``."""
    writers = [{"pc": writer.pc, "point": writer.point, "day": writer.day} for writer in owners.writers]
    content = json.dumps({"root": owners.root_id, "writers": writers}, ensure_ascii=False, indent=1)
    partial = os.path.join(root, partial_name(OWNERS))
    _remove_unfinished(root)
    try:
        with open(partial, "wb") as file:
            file.write(content.encode())
            file.flush()
            os.fsync(file.fileno())
        replace_file(partial, os.path.join(root, OWNERS))
    except OSError:
        _remove_quietly(partial)
        raise


def _remove_unfinished(root: str) -> None:
    """Remove what a killed run of this PC left of its list: under the root's lock nobody goes on with it."""
    with os.scandir(root) as entries:
        left = [entry.path for entry in entries if entry.name.startswith(f".{OWNERS}.")]
    for path in left:
        if is_partial(os.path.basename(path), host_name()):
            _remove_quietly(path)


def strange_root(owners: Owners, own: Writer, root_id: str, written_day: str) -> str:
    """Return in Russian what is strange about a root, by what was noted when it was last written to; ``""``: nothing.

    >>> own = Writer("a1", "182", "2026-11-26")
    >>> strange_root(Owners("r1", (own,)), own, "r1", "2026-11-26")
    ''
    """
    if not root_id or owners.is_damaged:
        return ""
    if not owners.root_id:
        return f"это не та папка, куда копировали до {_russian(written_day)}, или её очистили"
    if owners.root_id != root_id:
        return f"это другая папка, не та, куда копировали до {_russian(written_day)}"
    if owners.last_day_of(own) < written_day:
        return f"папку вернули в прежнее состояние, не позже {_russian(owners.last_day_of(own) or written_day)}"
    return ""


def sibling_archive(root: str) -> str:
    """Return the name of a folder beside a root that is called as the root is, in Latin letters; ``""``: none.

    These users' older archive wrote names so. Raises ``OSError``.
    """
    folder, own = os.path.split(os.path.normpath(root))
    if own.isascii():
        return ""
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.is_dir()]
    return min((name for name in names if name.isascii() and _plain(name) == _plain(own)), default="")


_LATIN = {
    **dict(zip("абвгдеёжзийклмнопрстуфх", "abvgdeeqziiklmnoprstufh", strict=True)),
    "ц": "c", "ч": "ch", "ш": "sh", "щ": "sh", "ъ": "", "ы": "i", "ь": "", "э": "e", "ю": "u", "я": "a",
}  # fmt: skip
_SAME_SOUND = (
    ("shch", "sh"), ("sch", "sh"), ("zh", "q"), ("kh", "h"), ("tc", "c"), ("ts", "c"), ("yo", "e"), ("jo", "e"),
    ("io", "e"), ("ye", "e"), ("je", "e"), ("yu", "u"), ("ju", "u"), ("iu", "u"), ("ya", "a"), ("ja", "a"),
    ("ia", "a"), ("y", "i"), ("j", "i"), ("w", "v"), ("x", "h"),
)  # fmt: skip


def _plain(name: str) -> str:
    """Return what all ways of writing a Russian name in Latin letters have in common.

    >>> _plain("СОСНОВКА_10") == _plain("sosnovka-10"), _plain("Жуковский") == _plain("ZHUKOVSKIJ")
    (True, True)
    """
    small = "".join(_LATIN.get(letter, letter) for letter in name.lower())
    for written, sound in _SAME_SOUND:
        small = small.replace(written, sound)
    return "".join(letter for letter in small if letter.isalnum()).replace("ii", "i")


def _has_anything(root: str) -> bool:
    with os.scandir(root) as entries:
        return any(not entry.name.startswith(".") for entry in entries)


def _day(text: object) -> str:
    return date.fromisoformat(str(text)).isoformat()


def _russian(day: str) -> str:
    return f"{date.fromisoformat(day):%d.%m.%Y}"


def _remove_quietly(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass
