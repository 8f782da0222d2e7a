"""A program and all that it starts: its output, its end, and what is left of it."""

import os
import sys
import threading
import time

import psutil
import pytest

from scheduler_runner.logbook.masking import Masker
from scheduler_runner.run_site import StopSwitch
from scheduler_runner.runs.execution import End, Launch, execute
from scheduler_runner.runs.output import OutputLog
from tests.waiting import wait_until

POSIX_ONLY = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX facility")
SLEEP = "import time; time.sleep(60)"
START_GRANDCHILD = (
    "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'] {options});"
    "print(p.pid, flush=True); "
)
READY = "open('ready', 'w').close(); "
# What has a minute left and is ended is over long before; but a machine under load takes its time.
SOON_SECONDS = 30


@pytest.fixture
def run(logger, tmp_path):
    """Return a function that runs a text as Python to its end, in the test's folder."""

    def run_it(code: "str | list[str]", timeout: float = 60, stop: StopSwitch | None = None, **options):
        argv = (sys.executable, "-c", code) if isinstance(code, str) else tuple(code)
        # A whole path: what bears a run's mark is killed, and the same suite may run beside this one.
        environ = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1", "RUN_MARK": str(tmp_path)}
        launch = Launch(argv, environ, str(tmp_path), timeout, f"RUN_MARK={tmp_path}")
        output = OutputLog(logger, Masker())
        started = time.monotonic()
        execution = execute(launch, output, logger, stop=stop, **options)
        output.close()
        return execution, time.monotonic() - started

    return run_it


@pytest.fixture
def run_until_ready(run, tmp_path):
    """Return a function that runs a text as Python and ends it, as a timeout would, once a file ``ready`` is there."""

    def run_it(code: str):
        stop = StopSwitch()

        def throw() -> None:
            wait_until((tmp_path / "ready").exists)
            stop.throw()

        thrower = threading.Thread(target=throw)
        thrower.start()
        execution, seconds = run(code, stop=stop)
        thrower.join()
        assert execution.end is End.INTERRUPTED
        return execution, seconds

    return run_it


def has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def printed_pid(text: str) -> int:
    return next(int(line.split()[-1]) for line in text.splitlines() if line.split()[-1].isdigit())


@pytest.mark.parametrize("code", [0, 3, 255])
def test_exit_code_comes_back(run, code):
    execution, _ = run(f"raise SystemExit({code})")
    assert (execution.end, execution.exit_code, execution.is_over) == (End.EXITED, code, True)


def test_windows_exit_code_is_unsigned_and_a_signal_negative(run):
    if sys.platform == "win32":
        execution, _ = run("import ctypes; ctypes.windll.kernel32.ExitProcess(0xC0000005)")
        assert execution.exit_code == 0xC0000005
    else:
        execution, _ = run("import os; os.kill(os.getpid(), 9)")
        assert execution.exit_code == -9


def test_both_streams_reach_the_log_to_their_last_byte(run, read_log):
    run("import sys; print('out'); sys.stderr.write('err'); sys.stdout.write('no line end')")
    text = read_log()
    assert " INFO     out\n" in text
    assert " WARNING  err\n" in text
    assert " INFO     no line end\n" in text


def test_child_has_no_standard_input(run, read_log):
    run("import sys; print(repr(sys.stdin.read()))", timeout=10)
    assert "INFO     ''" in read_log()


def test_cpu_time_and_memory_of_the_run_are_known(run):
    execution, _ = run("x = bytearray(50_000_000); sum(range(2_000_000))")
    if sys.platform == "win32" and not execution.cpu_seconds:
        pytest.skip("Wine keeps no accounts of a job")
    assert execution.cpu_seconds > 0.01
    assert execution.peak_memory_bytes > 50_000_000


@pytest.mark.parametrize("argv", [["no-such-program-anywhere"], [""], [sys.executable + "\0"], [os.curdir]])
def test_program_that_cannot_be_started_is_an_answer_and_no_exception(run, argv):
    execution, _ = run(argv)
    assert execution.end is End.NOT_STARTED
    assert "cannot start" in execution.reason


def test_end_is_noticed_without_polling(run):
    run("pass")
    bare = min(run("pass")[1] for _ in range(5))
    assert bare < 1.0


def test_timeout_ends_the_program(run):
    execution, seconds = run(SLEEP, timeout=0.5)
    assert execution.end is End.TIMED_OUT
    assert seconds < SOON_SECONDS


def test_what_a_program_printed_before_it_was_ended_is_kept(run_until_ready, read_log):
    run_until_ready("print('begun', flush=True); " + READY + SLEEP)
    assert "begun" in read_log()


@POSIX_ONLY
@pytest.mark.slow
def test_program_that_ignores_polite_requests_is_ended_after_five_seconds(run_until_ready):
    code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    execution, seconds = run_until_ready(code + READY + SLEEP)
    assert execution.exit_code == -9
    assert 5 < seconds < SOON_SECONDS


@POSIX_ONLY
def test_program_is_asked_first_and_may_clean_up(run_until_ready, tmp_path):
    code = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: (open('cleaned', 'w').close(), sys.exit(4))); "
    execution, _ = run_until_ready(code + READY + SLEEP)
    assert (tmp_path / "cleaned").exists()
    assert execution.exit_code == 4


@POSIX_ONLY
def test_stopped_program_is_ended_too(run):
    execution, seconds = run("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", timeout=1)
    assert execution.end is End.TIMED_OUT
    assert seconds < SOON_SECONDS


def test_grandchild_is_ended_with_the_tree(run_until_ready, read_log):
    _, seconds = run_until_ready(START_GRANDCHILD.format(options="") + READY + SLEEP)
    assert seconds < SOON_SECONDS
    wait_until(lambda: has_ended(printed_pid(read_log())))


@pytest.mark.slow
def test_grandchild_that_holds_the_pipe_is_ended_two_seconds_after_the_program(run, read_log):
    execution, seconds = run(START_GRANDCHILD.format(options=""))
    assert (execution.end, execution.exit_code) == (End.EXITED, 0)
    assert 1.5 < seconds < SOON_SECONDS
    assert "ended what the program had left running" in read_log()
    wait_until(lambda: has_ended(printed_pid(read_log())))


@pytest.mark.slow
def test_grandchild_without_the_pipe_is_ended_too(run, read_log):
    options = ", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL"
    execution, seconds = run(START_GRANDCHILD.format(options=options))
    assert execution.end is End.EXITED
    assert seconds < SOON_SECONDS
    wait_until(lambda: has_ended(printed_pid(read_log())))


@pytest.mark.slow
@POSIX_ONLY
def test_grandchild_in_a_session_of_its_own_is_found_by_its_mark(run, read_log):
    options = ", start_new_session=True"
    _, seconds = run(START_GRANDCHILD.format(options=options))
    assert seconds < SOON_SECONDS
    wait_until(lambda: has_ended(printed_pid(read_log())))


@pytest.mark.slow
@POSIX_ONLY
def test_daemon_that_left_session_and_pipes_is_ended_two_seconds_after_the_program(run, read_log):
    options = ", start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL"
    execution, seconds = run(START_GRANDCHILD.format(options=options))
    assert (execution.end, execution.exit_code) == (End.EXITED, 0)
    assert 1.8 < seconds < SOON_SECONDS
    wait_until(lambda: has_ended(printed_pid(read_log())))
    assert "left running" in read_log()


def test_short_straggler_may_end_by_itself_and_its_output_is_kept(run, read_log):
    # It is up before the program ends, and then lives for a tenth of its two seconds.
    straggler = (
        "import os, time; open('up', 'w').close()\n"
        "while os.path.exists('leader'): time.sleep(0.02)\n"
        "time.sleep(0.2); print('late', flush=True)"
    )
    leader = (
        "import os, subprocess, sys, time; open('leader', 'w').close()\n"
        f"subprocess.Popen([sys.executable, '-c', {straggler!r}])\n"
        "while not os.path.exists('up'): time.sleep(0.02)\n"
        "os.remove('leader')"
    )
    run(leader)
    assert "late" in read_log()
    assert "left running" not in read_log()


@pytest.mark.slow
def test_program_that_closes_its_output_runs_on_and_is_timed(run):
    closed = "import os, time; os.close(1); os.close(2); "
    execution, _ = run(closed + "time.sleep(0.5); raise SystemExit(7)")
    assert (execution.end, execution.exit_code) == (End.EXITED, 7)
    execution, seconds = run(closed + SLEEP, timeout=1)
    assert execution.end is End.TIMED_OUT
    assert seconds < SOON_SECONDS


def test_stop_switch_ends_what_runs_and_what_starts_later(run):
    stop = StopSwitch()
    execution, seconds = run(SLEEP, stop=stop, on_start=lambda pid: threading.Timer(0.2, stop.throw).start())
    assert execution.end is End.INTERRUPTED
    assert seconds < SOON_SECONDS
    execution, _ = run(SLEEP, stop=stop)
    assert execution.end is End.INTERRUPTED


def test_failure_in_between_leaves_nothing_behind(run):
    pids = []

    def fail(pid: int) -> None:
        pids.append(pid)
        raise RuntimeError("defect")

    with pytest.raises(RuntimeError):
        run(SLEEP, on_start=fail)
    wait_until(lambda: has_ended(pids[0]))


@pytest.mark.slow
def test_line_of_200_mb_is_kept_whole_in_little_memory(run, site):
    process = psutil.Process()
    before = process.memory_info().rss
    peak = [before]
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            peak[0] = max(peak[0], process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = "import sys\nfor _ in range(3200): sys.stdout.write('x' * 65536)"
    execution, _ = run(code, timeout=100)
    ended.set()
    watcher.join()
    assert execution.exit_code == 0
    written = sum(entry.stat().st_size for entry in os.scandir(os.path.join(site.own.folder, "demo_Job")))
    assert written > 3200 * 65536
    assert peak[0] - before < 60 * 2**20


def test_time_that_the_pc_slept_is_not_counted_against_a_limit(run):
    """A clock that stands still is that of a PC that sleeps."""
    execution, _ = run("import time; time.sleep(0.6)", timeout=0.1, clock=lambda: 0.0)
    assert execution.end is End.EXITED


def test_limit_beyond_all_that_a_wait_can_take_is_a_limit_too(run):
    execution, _ = run("pass", timeout=1e12)
    assert execution.end is End.EXITED


def test_logger_gets_no_record_for_a_quiet_success(run, read_log):
    run("pass")
    assert read_log() == ""


@pytest.mark.parametrize("after", [0, 1, 2])
def test_program_is_ended_where_no_thread_can_be_started_for_it(run, monkeypatch, after):
    """And a reader that was started has its pipe until it ends: its number might be another task's pipe by then."""
    started, failed = [], []
    start = threading.Thread.start

    def refuse(self):
        if len(started) >= after:
            raise RuntimeError("can't start new thread")
        started.append(self)
        start(self)

    before = set(psutil.Process().children())
    monkeypatch.setattr(threading.Thread, "start", refuse)
    monkeypatch.setattr(threading, "excepthook", failed.append)
    with pytest.raises(RuntimeError):
        run(SLEEP)
    assert [child for child in psutil.Process().children() if child not in before and not has_ended(child.pid)] == []
    assert not any(thread.is_alive() for thread in started)
    assert failed == []


def test_program_that_ended_in_time_is_not_timed_out_by_a_runner_that_was_held_up(run):
    """As by SIGSTOP, swapping or a full processor: the time is over when it is asked for, and the program long ended."""
    pids = []

    def clock() -> float:
        if not pids:
            return 0.0
        wait_until(lambda: has_ended(pids[0]))
        return 1000.0

    execution, _ = run("pass", on_start=pids.append, clock=clock)
    assert (execution.end, execution.exit_code) == (End.EXITED, 0)


@POSIX_ONLY
def test_helper_with_a_clean_environment_is_found_by_its_session(run_until_ready, read_log):
    """Its parent is gone, and it has no mark."""
    helper = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], env={}).pid"
    between = f"import subprocess, sys; print({helper}, flush=True)"
    run_until_ready(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {between!r}]); " + READY + SLEEP)
    wait_until(lambda: has_ended(printed_pid(read_log())))


@pytest.mark.slow
def test_progress_and_a_question_are_in_the_log_while_the_program_waits(run, read_log, tmp_path):
    code = (
        "import os, sys, time\n"
        "for n in range(4): sys.stdout.write(f'\\rcopying {n}%')\n"
        "sys.stdout.write('\\rgo on? [y/n] '); sys.stdout.flush()\n"
        "while not os.path.exists('seen'): time.sleep(0.05)"
    )

    def answer_when_it_is_read() -> None:
        while "go on? [y/n]" not in read_log():
            time.sleep(0.05)
        (tmp_path / "seen").touch()

    threading.Thread(target=answer_when_it_is_read, daemon=True).start()
    execution, _ = run(code)
    assert (execution.end, execution.exit_code) == (End.EXITED, 0)
    assert [line[33:].strip() for line in read_log().splitlines()] == [
        *(f"copying {n}%" for n in range(4)),
        "go on? [y/n]",
    ]


@POSIX_ONLY
def test_service_that_an_update_restarts_lives_on(run, tmp_path):
    """As ``service`` starts it: without the run's mark, in a session of its own, no longer anybody's child."""
    service = (
        "import os, time; open('pid.new', 'w').write(str(os.getpid())); os.rename('pid.new', 'pid'); time.sleep(60)"
    )
    start = (
        "import os, subprocess, sys, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        f"    subprocess.Popen([sys.executable, '-c', {service!r}], env={{}}, start_new_session=True,\n"
        "                     stdin=-3, stdout=-3, stderr=-3)\n"
        "    os._exit(0)\n"
        "os.wait()\n"
        "while not os.path.exists('pid'): time.sleep(0.02)\n"
    )
    execution, _ = run(start)
    pid = int((tmp_path / "pid").read_text())
    try:
        assert execution.exit_code == 0
        assert not has_ended(pid)
    finally:
        os.kill(pid, 9)
