import subprocess
import sys
import time

import pytest

from scheduler_runner.system.clock import awake_seconds
from scheduler_runner.system.error_boxes import suppress_error_boxes
from scheduler_runner.system.power import kept_awake

ON_WINDOWS = pytest.mark.skipif(sys.platform != "win32", reason="a matter of Windows alone")
ERROR_MODE = "import ctypes; print(ctypes.windll.kernel32.GetErrorMode())"
NO_BOXES = 0x8003
SYSTEM_REQUIRED, CONTINUOUS = 0x80000001, 0x80000000


def test_seconds_awake_pass_as_the_clocks_do_while_nothing_sleeps():
    before, began = time.monotonic(), awake_seconds()
    time.sleep(0.05)
    awake, after = awake_seconds() - began, time.monotonic()
    assert 0.03 <= awake <= after - before + 0.05  # Windows' clocks have grains of 16 ms


@ON_WINDOWS
def test_pc_is_kept_awake_within_and_not_afterwards():
    import ctypes

    def last_state() -> int:
        """Ask what this thread demanded of Windows, which answers the state before."""
        return ctypes.windll.kernel32.SetThreadExecutionState(ctypes.c_uint(CONTINUOUS)) & 0xFFFFFFFF

    last_state()
    with kept_awake():
        assert last_state() == SYSTEM_REQUIRED
    with kept_awake():
        pass
    assert last_state() == CONTINUOUS


@ON_WINDOWS
def test_no_box_waits_for_a_click_in_this_process_nor_in_those_that_it_starts():
    import msvcrt

    before = msvcrt.GetErrorMode()
    try:
        suppress_error_boxes()
        assert msvcrt.GetErrorMode() & NO_BOXES == NO_BOXES
        shown = subprocess.run([sys.executable, "-c", ERROR_MODE], capture_output=True, text=True, check=True).stdout
    finally:
        msvcrt.SetErrorMode(before)
    if int(shown) == 0:
        pytest.skip("Wine: a process does not inherit the error mode")
    assert int(shown) & NO_BOXES == NO_BOXES


@ON_WINDOWS
@pytest.mark.parametrize("program", ["runner", "sender", "__main__"])
def test_every_program_of_ours_begins_without_boxes(program):
    code = (
        f"import msvcrt; from scheduler_runner.{program} import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\nprint(msvcrt.GetErrorMode())"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stdout
    assert int(shown.split()[-1]) & NO_BOXES == NO_BOXES
