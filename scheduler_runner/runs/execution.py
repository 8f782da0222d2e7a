"""Carry out one program: start its tree, take its output as it comes, end it in time, leave nothing behind."""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from scheduler_runner.run_site import StopSwitch
from scheduler_runner.runs.output import OutputLog, OutputStream
from scheduler_runner.system.clock import awake_seconds
from scheduler_runner.system.power import kept_awake
from scheduler_runner.system.process_tree import ProcessTree

_CHUNK_BYTES = 64 * 1024
_POLITE_SECONDS = 5.0
_STRAGGLER_SECONDS = 2.0
_LOOK_SECONDS = 0.05
_WAIT_SECONDS = 1.0
_SHOW_SECONDS = 1.0


class End(Enum):
    """Why a program is over."""

    EXITED = "exited"
    TIMED_OUT = "timed out"
    INTERRUPTED = "interrupted"
    """The runner itself was asked to end."""
    STOPPED = "stopped"
    """This program alone was, by hand."""
    NOT_STARTED = "not started"


@dataclass(frozen=True, slots=True)
class Launch:
    """All that starting a program needs."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    working_dir: str
    timeout_seconds: float
    mark: str
    """``NAME=value`` in the environment, of this run alone."""
    inherited_descriptors: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Execution:
    """How a program ended. ``exit_code`` is ``None`` where it never started, could not be ended, or is not known."""

    end: End
    is_over: bool = True
    """``False`` for a program that not even the system can end: it waits inside a driver or a network drive."""
    exit_code: int | None = None
    cpu_seconds: float | None = None
    peak_memory_bytes: int | None = None
    reason: str = ""


def execute(
    launch: Launch,
    output: OutputLog,
    logger: logging.Logger,
    *,
    stop: StopSwitch | None = None,
    on_start: Callable[[int], None] = lambda pid: None,
    is_stop_asked: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = awake_seconds,
) -> Execution:
    """Run the program to its end and return how it ended; a failure to start is an answer too, no exception.

    Blocks for at most the timeout, in seconds of ``clock``, and about ten seconds. Its output goes into ``output`` as
    it comes; ``on_start`` hears the process number right after the start. ``is_stop_asked`` is looked at every second.
    """
    try:
        tree = ProcessTree(
            launch.argv,
            env=launch.env,
            working_dir=launch.working_dir,
            mark=launch.mark,
            inherited_descriptors=launch.inherited_descriptors,
        )
    except (OSError, ValueError) as error:
        return Execution(End.NOT_STARTED, reason=f"cannot start {launch.argv[0]}: {error}")
    readers: list[threading.Thread] = []
    has_ended = threading.Event()
    try:
        _start_readers(tree, output, readers)
        # A thread of its own: a log on a drive that hangs must not keep the one that watches the time.
        threading.Thread(target=_show_begun_lines, args=(output, has_ended), daemon=True).start()
        on_start(tree.pid)
        limit = _Limit(launch.timeout_seconds, clock, stop or StopSwitch(), is_stop_asked)
        end, is_over = _supervise(tree, limit, logger)
        if not is_over:
            return Execution(end, is_over=False, reason=f"{end.value}, and process {tree.pid} cannot be ended")
        _end_stragglers(tree, readers, logger)
    except BaseException:
        if tree.kill():
            tree.close()
            _close_output(tree, readers, logger)
        raise
    finally:
        has_ended.set()
    exit_code = tree.close()
    _close_output(tree, readers, logger)
    return Execution(end, True, exit_code, tree.cpu_seconds, tree.peak_memory_bytes)


def _start_readers(tree: ProcessTree, output: OutputLog, started: list[threading.Thread]) -> None:
    """Add each reader to ``started`` once it runs: where the second cannot be started, the first one has its pipe."""
    for descriptor, level in zip(tree.output_descriptors, (logging.INFO, logging.WARNING)):
        reader = threading.Thread(target=_pump, args=(descriptor, output.stream(level)), daemon=True)
        reader.start()
        started.append(reader)


def _pump(descriptor: int, stream: OutputStream) -> None:
    """Read to the end in chunks: lines are the log's business."""
    while True:
        try:
            chunk = os.read(descriptor, _CHUNK_BYTES)
        except OSError:
            break
        if not chunk:
            break
        stream.feed(chunk)
    stream.end()


def _show_begun_lines(output: OutputLog, has_ended: threading.Event) -> None:
    while not has_ended.wait(_SHOW_SECONDS):
        output.show_begun_lines()


@dataclass(slots=True)
class _Limit:
    """What may end a program before it ends itself."""

    timeout_seconds: float
    clock: Callable[[], float]
    stop: StopSwitch
    is_stop_asked: Callable[[], bool]

    def wait(self, wake: threading.Event) -> End:
        """Wait until ``wake`` is set, or it is time to end the program; return which of them it was, as it seems.

        In pieces: one long wait would go on through the sleep of a PC, which the clock does not count.
        """
        end_at = self.clock() + self.timeout_seconds
        while not wake.is_set() and (left := end_at - self.clock()) > 0 and not self.is_stop_asked():
            wake.wait(min(left, _WAIT_SECONDS))
        # Also of one that has ended: who asked may have ended it himself.
        if self.is_stop_asked():
            return End.STOPPED
        if self.stop.is_on:
            return End.INTERRUPTED
        return End.EXITED if wake.is_set() else End.TIMED_OUT


def _supervise(tree: ProcessTree, limit: _Limit, logger: logging.Logger) -> tuple[End, bool]:
    """Wait for the program, not for its output's end, and end the tree when its time is over.

    Answers how it ended, and whether it did.
    """
    wake, exited = threading.Event(), threading.Event()

    def wait_for_exit() -> None:
        tree.wait()
        exited.set()
        wake.set()

    threading.Thread(target=wait_for_exit, daemon=True).start()
    limit.stop.wakes(wake)
    try:
        with kept_awake():
            end = limit.wait(wake)
    finally:
        limit.stop.forget(wake)
    # Asked once more: a runner that was held up longer than that finds the time over, and the program long ended.
    if end is not End.STOPPED and (exited.is_set() or tree.has_exited()):
        return End.EXITED, True
    logger.warning("ending the process tree reason=%s pid=%d", end.value.replace(" ", "_"), tree.pid)
    return end, _end_tree(tree, exited)


def _end_tree(tree: ProcessTree, exited: threading.Event) -> bool:
    if tree.ends_on_request:
        tree.ask_to_end()
        give_up_at = awake_seconds() + _POLITE_SECONDS
        exited.wait(_POLITE_SECONDS)
        while tree.has_survivors() and awake_seconds() < give_up_at:
            time.sleep(_LOOK_SECONDS)
    tree.kill()
    return exited.wait(_POLITE_SECONDS)


def _end_stragglers(tree: ProcessTree, readers: list[threading.Thread], logger: logging.Logger) -> None:
    """Give what the program left behind two seconds, then end it."""
    give_up_at = awake_seconds() + _STRAGGLER_SECONDS
    for reader in readers:
        reader.join(max(0.0, give_up_at - awake_seconds()))
    while tree.has_survivors():
        if awake_seconds() >= give_up_at:
            break
        time.sleep(_LOOK_SECONDS)
    else:
        if not any(reader.is_alive() for reader in readers):
            return
    is_gone = tree.kill()
    logger.warning("ended what the program had left running pid=%d complete=%s", tree.pid, is_gone)


def _close_output(tree: ProcessTree, readers: list[threading.Thread], logger: logging.Logger) -> None:
    """Close the pipes, unless a process that is out of reach still holds one: its reader is left to wait."""
    for reader in readers:
        reader.join(_STRAGGLER_SECONDS)
    if any(reader.is_alive() for reader in readers):
        logger.warning("the output is still held by a process outside the tree, no longer read pid=%d", tree.pid)
    else:
        tree.close_output()
