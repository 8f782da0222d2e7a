"""What holds after a round, whatever happened in it. Each of these yields a sentence for what does not."""

import re
from collections import defaultdict
from collections.abc import Iterator

from scheduler_runner.system.locks import try_lock
from tests.faults.driver import Point, command_of
from tests.faults.plans import DAY, shown
from tests.faults.told import at_work, what_was_told

KILLS = ("kill_a_runner", "kill_a_program", "kill_everything", "ask_a_runner_to_end", "suspend_a_runner")
RUNNER_DIED = ("kill_a_runner", "kill_everything", "ask_a_runner_to_end", "suspend_a_runner")
NOT_WRITABLE = ("fill_the_disk", "leave_little_room", "take_away_rights", "damage_the_ledger", "take_away_the_locks")
LOCKS = ("take_away_the_locks", "damage_the_locks")
CLOCKS = ("set_the_clock_back", "set_the_clock_ahead")
MAY_FOLLOW = ("failed", "timed_out", "not_started", "interrupted", "skipped")
LOOK_BACK_SECONDS = 14 * 86400


def broken_promises(point: Point) -> "list[str]":
    """Return every promise that this round broke."""
    checks = (
        one_fate,
        no_chance_missed,
        again_only_if_unknown,
        truth,
        no_overlap,
        nothing_left,
        no_defect,
        clean_end,
        what_was_told,
    )
    return [f"{check.__name__}: {broken}" for check in checks for broken in check(point)]


def one_fate(point: Point) -> Iterator[str]:
    """Every planned slot whose time is over has an end on record, unless the ledger that knew it was lost."""
    memory, last = point.memory, point.memory.ticks[-1].at
    lost = [(_last_look(point, step), memory.looks.get(step, _next_look(point, step))) for step in memory.losses]
    for task in point.tasks:
        for slot in task.slots(max(memory.looks[0], last - LOOK_BACK_SECONDS), last):
            state, deadline = memory.slots.get((task.name, slot)), task.deadline(slot)
            if deadline > last or any(before <= deadline <= after for before, after in lost):
                continue
            if state in (None, "open"):
                yield f"{task.name} {shown(slot)} is {state}"


def no_chance_missed(point: Point) -> Iterator[str]:
    """No slot is lost in whose time a tick came with nothing in its way."""
    memory = point.memory
    for tick in memory.ticks:
        around = [name for step in (tick.step - 1, tick.step) for name in memory.blows.get(step, ())]
        if tick.code not in (0, 1) or {*around} - {"set_the_clock_back", "set_the_clock_ahead", "cut_the_network"}:
            continue
        for task in point.tasks:
            due = [slot for slot in task.slots(tick.at - 7 * DAY, tick.at) if tick.at + 2 < task.deadline(slot)][-1:]
            for slot in due:
                is_free = "group" not in task.values and not at_work(memory, task.name, slot, tick.at)
                # One that waited for its next attempt when its ledger was lost has had its chance.
                has_run = any(run["task"] == task.name and run["slot"] == slot for run in memory.runs.values())
                if is_free and not has_run and memory.slots.get((task.name, slot)) == "missed":
                    yield f"{task.name} {shown(slot)} is missed, though a tick came at {shown(tick.at)}"


def again_only_if_unknown(point: Point) -> Iterator[str]:
    """A slot runs again only after a failure that allows it, after exit code 75, or if its end was not known."""
    by_slot = defaultdict(list)
    for note in point.notes():
        if note["what"] == "begin" and note["slot"]:
            by_slot[note["task"], note["slot"]].append(note)
    for (task, slot), starts in by_slot.items():
        outcomes = [_outcome(point, each["run"]) for each in starts]
        for earlier, outcome, later in zip(starts, outcomes, starts[1:]):
            is_lost = any(earlier["step"] <= step <= later["step"] for step in point.memory.losses)
            between = range(earlier["step"], later["step"] + 1)
            # Nothing could be written of it, and its mark is gone, or its runner, which alone knew how it ended.
            is_unknown = outcome is None and (
                any(point.memory.did(step, *LOCKS) for step in between)
                or point.memory.did(earlier["step"], *RUNNER_DIED)
            )
            # A clock went back, and marks were all there was.
            is_marked_alone = any(point.memory.did(step, *CLOCKS) for step in between) and any(
                point.memory.did(each["step"], *NOT_WRITABLE) for each in (earlier, later)
            )
            if outcome not in MAY_FOLLOW and not (is_lost or is_unknown or is_marked_alone):
                yield f"{task} {slot} began again in step {later['step']} after {outcomes}"
        retries = next(each for each in point.tasks if each.name == task).values.get("retries", 0)
        failures = sum(each in ("failed", "timed_out", "not_started") for each in outcomes)
        if failures > retries + 1 + len(point.memory.losses) or outcomes.count("interrupted") > 2 + len(
            point.memory.losses
        ):
            yield f"{task} {slot} began too often: {outcomes}"


def truth(point: Point) -> Iterator[str]:
    """What is on record of a run is what became of it; and every run that began is on record."""
    ends = {note["run"]: note for note in point.notes() if note["what"] == "end"}
    for note in point.notes():
        if note["what"] != "begin":
            continue
        run = point.memory.runs.get(note["run"])
        after = range(note["step"], point.step + 1)
        if run is None:
            if not any(point.memory.did(step, *NOT_WRITABLE) for step in after[:2]):
                yield f"{note['task']} {note['slot']} of step {note['step']} is not on record"
            continue
        outcome, end = run["outcome"], ends.get(note["run"])
        was_struck = point.memory.did(note["step"], *KILLS)
        if outcome is None:
            # Of one that was open when its ledger was lost, no record is left to be closed.
            if not any(note["step"] <= step for step in point.memory.losses):
                yield f"{note['task']} {note['slot']} of step {note['step']} is open still"
        elif not was_struck and end is not None:
            expected = {0: ("succeeded", "warned"), 3: ("failed",), 75: ("skipped",)}[end["code"]]
            if outcome not in expected and outcome != "timed_out":  # on a slow machine the start alone takes as long
                yield f"{note['task']} {note['slot']} of step {note['step']} is {outcome}, its code was {end['code']}"
        elif not was_struck and outcome not in ("timed_out", "failed", "interrupted"):
            yield f"{note['task']} {note['slot']} of step {note['step']} is {outcome}, though it never ended"


def no_overlap(point: Point) -> Iterator[str]:
    for note in point.notes():
        if note["what"] == "overlap":
            yield f"{note['task']} in step {note['step']} beside another of {note['with_']}"


def nothing_left(point: Point) -> Iterator[str]:
    """No process, no record of a holder, no result, no partial file, no lock that is held.

    Where a runner dies while nothing can be written, nobody ever knows what it left.
    """
    memory = point.memory
    is_unknown = any(memory.did(step, *RUNNER_DIED) and memory.did(step, *NOT_WRITABLE) for step in memory.blows)
    for process in () if is_unknown else point.living():
        yield f"process {process.pid} {command_of(process)[-80:]}"
    kept = re.compile(r"ledger(\.damaged-.*)?\.sqlite3(-wal|-shm)?|.*\.log|.*\.lock|README\.md")
    for path in point.project.logs.rglob("*"):
        is_planted = path in point.planted and path.read_text("utf-8") == point.planted[path]
        # Of a run of which nothing else could be written this says more than nothing; it goes after two weeks.
        is_all_there_is = path.parent.name == "results" and path.stem not in point.memory.runs
        is_right = kept.fullmatch(path.name) or is_planted or is_all_there_is
        if path.is_file() and not is_right and not (path.name == "reading" and path.stat().st_size == 0):
            yield f"file {path.relative_to(point.project.logs)}"
        if path.suffix == ".lock":
            lock = try_lock(str(path))
            if lock is not None:
                lock.release()
            elif not is_unknown:
                yield f"lock {path.name} is held"


def no_defect(point: Point) -> Iterator[str]:
    for tick in point.memory.ticks:
        # One that is struck before its first line can do nothing about Python's own words.
        is_ours = str(point.project.root) in tick.err and "    import signal\n" not in tick.err
        if "Traceback" in tick.err and is_ours:
            yield f"step {tick.step}: {tick.err[-600:]}"
    # A record that nobody wrote is put away with its traceback, a broken configuration named with its own.
    log = re.sub(r"cannot take in what a run left.*\n(.*ERROR    .*\n)+", "", point.project.log())
    for found in list(re.finditer(r"Traceback|defect|notices failed", log))[:2]:
        yield f"in the log: {log[max(0, found.start() - 200) : found.start() + 1500]}"


def clean_end(point: Point) -> Iterator[str]:
    """The last tick finds nothing that is left to do, or to say."""
    last = point.memory.ticks[-1]
    bad = {run["started_at"] for run in point.memory.runs.values() if run["outcome"] in MAY_FOLLOW[:4]}
    if last.code != 0 and not any(at >= last.at - 1 for at in bad):
        yield f"the last tick ended with {last.code}"


def _outcome(point: Point, run: str) -> "str | None":
    return point.memory.runs.get(run, {}).get("outcome")


def _last_look(point: Point, step: int) -> float:
    """Return when the newest tick before a step came: by a clock that was set back, maybe before one that is older."""
    return next((at for each, at in sorted(point.memory.looks.items(), reverse=True) if each < step), 0.0)


def _next_look(point: Point, step: int) -> float:
    return min((at for each, at in point.memory.looks.items() if each >= step), default=point.now)
