"""Notices that wait to be told, in the ledger's file, and how far each chat has been told.

A notice stays until every chat has it or it is given up. Where a message of several parts was cut short, the parts
that are left stay with the chat, so that none is sent twice.
"""

import json
from collections.abc import Sequence
from typing import NamedTuple

from scheduler_runner.notices.news import LONGEST_SECONDS, Kind, Notice, is_due, pause_seconds
from scheduler_runner.records.ledger_file import Connection, LedgerFile

LATE_PAUSES = (3600.0, 6 * 3600.0)
"""How long until a message that may have arrived is sent once more, and again: three copies at most."""
_ADD = "INSERT INTO outbox (kind, at, task, facts, can_wait) VALUES (?, ?, ?, ?, ?)"
_SAVE_CHAT = "INSERT OR REPLACE INTO chats VALUES (?, ?, ?, ?, ?, ?, ?)"


class Chat(NamedTuple):
    """How far a chat has been told: ``rest`` are the parts that are left of the notices up to ``rest_until``."""

    chat: str
    delivered_until: int = 0
    rest: tuple[str, ...] = ()
    rest_until: int = 0
    next_at: float = 0.0
    failures: int = 0
    moved_to: str = ""

    def after_part(self, rest: Sequence[str], until: int) -> "Chat":
        """Return it after a part was sent, of notices up to ``until``, with ``rest`` still to come."""
        told = self.delivered_until if rest else until
        return self._replace(delivered_until=told, rest=tuple(rest), rest_until=until, next_at=0.0, failures=0)

    def after_failure(self, now: float, retry_after: float = 0.0) -> "Chat":
        """Return it after a part could not be sent: let be for a while that grows, or as it asked for."""
        failures = self.failures + 1
        # To ask sooner than a chat wished costs a refusal; a longer pause could not be told from a clock set back.
        pause = min(retry_after, LONGEST_SECONDS) or pause_seconds(failures)
        return self._replace(next_at=now + pause, failures=failures)


class Late(NamedTuple):
    """A message of which nobody knows whether it arrived: the answer came too late."""

    id: int
    chat: str
    part: str
    copies: int
    """How often it went out."""
    first_at: float
    next_at: float


class Waiting(NamedTuple):
    """What waits: the newest notice's number, 0 for none; whether any of them cannot wait; the chats met so far."""

    newest: int = 0
    is_urgent: bool = False
    chats: tuple[Chat, ...] = ()
    late: tuple[tuple[str, float], ...] = ()
    """Chats that are to get a message once more, and when."""

    def is_due(self, chats: Sequence[str], now: float, *, is_quiet: bool) -> bool:
        """Return whether one of these chats is to be told something now."""
        if any(name in chats and is_due(at, now, LATE_PAUSES[-1]) for name, at in self.late):
            return True
        if not self.newest or (is_quiet and not self.is_urgent):
            return False
        met = {chat.chat: chat for chat in self.chats}
        known = (met.get(name, Chat(name)) for name in chats)
        return any(chat.delivered_until < self.newest and is_due(chat.next_at, now) for chat in known)


def add_notice(connection: Connection, notice: Notice) -> None:
    """Put a notice into the outbox, within the transaction under way. Its texts must be masked."""
    # Half a letter, which a file's name may hold, can neither be stored nor sent.
    facts = json.dumps(dict(notice.facts), ensure_ascii=False).encode("utf-8", "replace").decode()
    connection.execute(_ADD, (notice.kind.value, notice.at, notice.task, facts, notice.kind.can_wait))


class Outbox:
    """The outbox of one user's ledger. Methods raise ``LedgerUnavailable``."""

    def __init__(self, file: LedgerFile) -> None:
        self._file = file

    def waiting(self) -> Waiting:
        """Return what waits; cheap where nothing does."""

        def read(connection: Connection) -> Waiting:
            newest, can_wait = connection.execute("SELECT max(id), min(can_wait) FROM outbox").fetchone()
            late = tuple(connection.execute("SELECT chat, next_at FROM late").fetchall())
            if newest is None:
                return Waiting(late=late)
            return Waiting(newest, not can_wait, tuple(map(_chat, connection.execute("SELECT * FROM chats"))), late)

        return self._file.read(read)

    def notices_after(self, number: int) -> list[Notice]:
        """Return the notices with a greater number, oldest first."""
        query = "SELECT kind, at, task, facts, id FROM outbox WHERE id > ? ORDER BY id"
        return self._file.read(lambda connection: [_notice(*row) for row in connection.execute(query, (number,))])

    def chat(self, name: str) -> Chat:
        """Return how far a chat has been told."""

        def read(connection: Connection) -> Chat:
            row = connection.execute("SELECT * FROM chats WHERE chat = ?", (name,)).fetchone()
            return Chat(name) if row is None else _chat(row)

        return self._file.read(read)

    def save(self, chat: Chat) -> None:
        """Keep how far a chat has been told. Durable: what was told must not be told again."""
        row = chat._replace(rest=json.dumps(chat.rest, ensure_ascii=False))  # type: ignore[arg-type]
        self._file.write(lambda connection: connection.execute(_SAVE_CHAT, row), is_durable=True)

    def note_late(self, chat: str, part: str, now: float) -> None:
        """Keep a message that may have arrived, to be sent once more after a good while."""
        values = (chat, part, 1, now, now + LATE_PAUSES[0])
        query = "INSERT INTO late (chat, part, copies, first_at, next_at) VALUES (?, ?, ?, ?, ?)"
        self._file.write(lambda connection: connection.execute(query, values), is_durable=True)

    def late(self, chat: str) -> list[Late]:
        """Return the messages to a chat that may have arrived, oldest first."""
        query = "SELECT * FROM late WHERE chat = ? ORDER BY id"
        return self._file.read(lambda connection: [Late(*row) for row in connection.execute(query, (chat,))])

    def note_copy(self, late: Late, copies: int, next_at: float | None) -> None:
        """Keep how often a message went out, and when to send it again; ``None``: it is done with."""

        def write(connection: Connection) -> None:
            if next_at is None:
                connection.execute("DELETE FROM late WHERE id = ?", (late.id,))
            else:
                connection.execute("UPDATE late SET copies = ?, next_at = ? WHERE id = ?", (copies, next_at, late.id))

        self._file.write(write, is_durable=True)

    def since_undelivered(self, chat: str, now: float, *, is_failing: bool) -> float | None:
        """Note whether a chat cannot be reached; return since when, ``None`` where it can."""

        def write(connection: Connection) -> float | None:
            if not is_failing:
                connection.execute("DELETE FROM undelivered WHERE chat = ?", (chat,))
                return None
            connection.execute("INSERT OR IGNORE INTO undelivered VALUES (?, ?)", (chat, now))
            return float(connection.execute("SELECT since FROM undelivered WHERE chat = ?", (chat,)).fetchone()[0])

        return self._file.write(write)

    def sweep(self, chats: Sequence[str]) -> None:
        """Drop the notices that all of these chats have, and what is known of other chats."""

        def write(connection: Connection) -> None:
            met = {chat.chat: chat for chat in map(_chat, connection.execute("SELECT * FROM chats").fetchall())}
            for name in met.keys() - set(chats):
                for table in ("chats", "late", "undelivered"):
                    connection.execute(f"DELETE FROM {table} WHERE chat = ?", (name,))  # noqa: S608 - our own tables
            until = min((met.get(name, Chat(name)).delivered_until for name in chats), default=0)
            connection.execute("DELETE FROM outbox WHERE id <= ?", (until,))

        self._file.write(write)

    def give_up(self, before: float) -> list[Notice]:
        """Drop the notices from before a moment, with what is left of their messages; return them."""
        given_up = [notice for notice in self.notices_after(0) if notice.at < before]

        def write(connection: Connection) -> None:
            connection.executemany("DELETE FROM outbox WHERE id = ?", [(notice.id,) for notice in given_up])
            connection.execute("UPDATE chats SET rest = '[]' WHERE rest_until < (SELECT min(id) FROM outbox)")
            connection.execute("UPDATE chats SET rest = '[]' WHERE NOT EXISTS (SELECT 1 FROM outbox)")

        if given_up:
            self._file.write(write)
        return given_up


def _notice(kind: str, at: float, task: str, facts: str, number: int) -> Notice:
    """Return a row as a notice; one that cannot be read, as another version's may be, still says that it is there."""
    try:
        return Notice(Kind(kind), at, task, json.loads(facts), number)
    except ValueError:
        return Notice(Kind.UNREADABLE, at, task, {"kind": kind}, number)


def _chat(row: Sequence[object]) -> Chat:
    chat = Chat(*row)  # type: ignore[arg-type]
    return chat._replace(rest=tuple(json.loads(str(chat.rest))))
