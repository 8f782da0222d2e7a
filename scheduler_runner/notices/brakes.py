"""What the administrator has silenced or stopped for a while: ``brakes.json`` in the user's folder.

Who may write there may do so. A pause stops tasks: their slots are decided as ``paused``. A mute goes on looking, and
silences what was known to be wrong when it was set, and what bears its name.
"""

import os
from collections.abc import Iterable
from typing import NamedTuple

from scheduler_runner.errors import SchedulerError

MUTE, PAUSE = "mute", "pause"
MOST_SECONDS = 14 * 86400.0
KEPT_SECONDS = 15 * 86400.0
"""So long a pause is kept after its end: a PC that was off for the rest of it must not make up for its slots."""
_MAX_BYTES = 256 * 1024


class BrokenBrakes(SchedulerError):
    """The file is no such file; nothing is muted or paused by it."""


class Brake(NamedTuple):
    """One mute or pause. ``names`` are the task ids that a pause stops, or the levels that a mute silences."""

    what: str
    asked: str
    """What was asked for, as people call it."""
    names: tuple[str, ...]
    since: float
    until: float
    why: str = ""

    def holds(self, now: float) -> bool:
        """Return whether it is in force; also under a clock that was set back since, which must not prolong it."""
        return now < self.until and self.until - now <= MOST_SECONDS

    def silences(self, level: str, now: float) -> bool:
        """Return whether nothing is to be told of a level now."""
        return self.what == MUTE and level in self.names and self.holds(now)


def read_brakes(path: str, *, is_anyones: bool = False) -> tuple[Brake, ...]:
    """Return what the file holds, nothing where there is none. Raises :class:`BrokenBrakes`, with one sentence.

    ``is_anyones``: an administrator looks at what another account has silenced of its own.
    """
    if not os.path.lexists(path):
        return ()
    import json

    from scheduler_runner.system.own_files import read_own

    try:
        values = json.loads(read_own(path, _MAX_BYTES, is_anyones=is_anyones).decode("utf-8-sig"))
        return tuple(map(_brake, values))
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise BrokenBrakes(
            "{path} cannot be read ({error}): nothing is muted or paused; pvz resume all writes it anew",
            path=path,
            error=error,
        ) from error


def write_brakes(path: str, brakes: Iterable[Brake]) -> None:
    """Write the file, whole or not at all. Raises ``OSError``."""
    import json

    from scheduler_runner.system.own_files import write_whole

    values = [brake._asdict() for brake in brakes]
    write_whole(path, json.dumps(values, ensure_ascii=False, indent=1).encode("utf-8", "replace"))


def pauses_of(brakes: Iterable[Brake]) -> dict[str, list[tuple[float, float]]]:
    """Return by task from when to when it is, or was, paused."""
    spans: dict[str, list[tuple[float, float]]] = {}
    for brake in brakes:
        for name in brake.names if brake.what == PAUSE else ():
            spans.setdefault(name, []).append((brake.since, brake.until))
    return spans


def _brake(value: object) -> Brake:
    if not isinstance(value, dict):
        raise TypeError("a mute or pause must be an object")
    names, since, until = value["names"], value["since"], value["until"]
    is_right = value["what"] in (MUTE, PAUSE) and isinstance(names, list) and all(isinstance(n, str) for n in names)
    if not is_right or not all(isinstance(moment, (int, float)) for moment in (since, until)):
        raise TypeError("a mute or pause needs what, names, since and until")
    return Brake(value["what"], str(value["asked"]), tuple(names), since, until, str(value.get("why", "")))
