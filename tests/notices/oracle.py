"""What is wrong at a moment of a week, by the words of what a level is: slow, and without a level.

It looks through all that has happened so far, again and again.
"""

from scheduler_runner.notices.brakes import PAUSE
from tests.notices.week import AWAY, DAY, EVERY, HOUR, Run, Week


class Fate:
    """What became of a slot, and when that was known."""

    def __init__(self, slot: int, at: float, last: "Run | None") -> None:
        self.slot, self.at, self.last = slot, at, last
        self.end = last.end if last else "missed"


def fates(week: Week, name: str) -> "list[Fate]":
    """Return the slots of which it is known what became of them, oldest first, but for those that count for nothing."""
    every, found = EVERY[name], []
    base = 12 * HOUR if name == "Daily" else 0
    first = int((week.ticks[0] - base) // every * every + base)
    for slot in range(first, int(week.now) + 1, every):
        runs, over = week.runs.get((name, slot), []), slot + every
        later = [tick for tick in week.ticks if tick >= over]
        met = [tick for tick in week.ticks if slot <= tick < over]
        if runs and (runs[-1].end in ("succeeded", "failed") or [run.end for run in runs].count("interrupted") > 1):
            found.append(Fate(slot, runs[-1].at, runs[-1]))
        elif runs and later:
            found.append(Fate(slot, later[0], runs[-1]))
        elif not runs and later:
            pauses = [brake for brake in week.brakes if brake.what == PAUSE and f"demo_{name}" in brake.names]
            is_paused = any(brake.since <= each < brake.until for brake in pauses for each in (slot, *met))
            is_excused = slot // DAY in week.closed or (name != "Daily" and not met)
            if not is_paused and not is_excused:
                found.append(Fate(slot, later[0], None))
    return sorted(found, key=lambda fate: (fate.at, fate.slot))


def idle_at(name: str, since: "list[Fate]") -> "float | None":
    """Return when a task that neither worked nor failed in these slots began to do nothing; ``None``: it does not."""
    excused = [fate.at for fate in since if fate.end == "skipped" and fate.last.waits == "copying"]
    empty: list[Fate] = []
    for fate in since:
        waits = fate.last.waits if fate.last and fate.end == "skipped" else ""
        if waits == "outside_hours" or (waits == "copying" and fate.at - excused[0] < 3 * DAY):
            continue
        empty.append(fate)
        if name == "Daily" and len({each.slot // DAY for each in empty}) >= 3:
            return fate.at
        if name != "Daily" and len(empty) >= 3 and fate.at - empty[0].slot >= HOUR:
            return fate.at
    return None


def is_killed(since: "list[Fate]") -> bool:
    """Return whether two in a row were interrupted, those left out that were put off for a reason."""
    ends = [fate.end for fate in since if not (fate.last and fate.last.waits)]
    return any(pair == ("interrupted", "interrupted") for pair in zip(ends, ends[1:]))


def wrong(week: Week) -> "tuple[set[str], set[str]]":
    """Return what is wrong now, by the words of what a level is, and what may be called so as well."""
    found, may = set(), set()
    all_fates = {name: fates(week, name) for name in EVERY}
    events = sorted(
        ((fate.at, fate.slot, name, fate) for name in EVERY for fate in all_fates[name]), key=lambda e: e[:3]
    )
    named: set[str] = set()
    unchecked: set[str] = set()
    cameras: dict[str, bool] = {}
    for _, _, name, fate in events:
        if fate.last is not None and fate.end in ("succeeded", "failed"):
            unchecked.discard(name)
            cameras.update(dict(fate.last.cameras))
            if fate.last.cause:
                named.add(name)
            elif fate.end == "succeeded" and name in named:
                unchecked |= {other for other in named - {name} if _cause_of(all_fates[other], fate) == AWAY}
                named = set()
    found |= {f"cause {AWAY}"} if named else set()
    found |= {"undelivered 1"} if week.lost and week.lost[1] - week.lost[0] >= HOUR else set()
    found |= {f"subject demo_Watch/{camera}" for camera, fails in cameras.items() if fails}
    for name, known in all_fates.items():
        told = [number for number, fate in enumerate(known) if fate.end in ("succeeded", "failed")]
        last = known[told[-1]] if told else None
        since = known[told[-1] + 1 :] if told else known
        is_explained = last is not None and (bool(last.last.cause) or any(fails for _, fails in last.last.cameras))
        key = f"task demo_{name}"
        if is_killed(since):
            found.add(key)
        elif last is not None and last.end == "failed" and name not in unchecked:
            found |= set() if is_explained else {key}
        elif idle_at(name, since) is not None:
            (may if name in unchecked else found).add(key)
    return found, may


def _cause_of(known: "list[Fate]", now: Fate) -> str:
    """Return the cause that a task's last failure named before another one ended; ``""`` where it works or names none."""
    before = [fate for fate in known if fate.at <= now.at and fate.end in ("succeeded", "failed")]
    return before[-1].last.cause if before else ""
