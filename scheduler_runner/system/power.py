"""Sleep: at a closed point nobody touches the mouse, and the PC would fall asleep in the middle of a copy."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

if sys.platform == "win32":
    import ctypes

    _CONTINUOUS = 0x80000000
    _SYSTEM_REQUIRED = 0x00000001

    @contextmanager
    def kept_awake() -> Iterator[None]:
        """Keep the PC from falling asleep by itself within; the screen may go dark, and people can send it to sleep.

        It holds for this thread: two of them do not end each other's.
        """
        state = ctypes.windll.kernel32.SetThreadExecutionState
        state(ctypes.c_uint(_CONTINUOUS | _SYSTEM_REQUIRED))
        try:
            yield
        finally:
            state(ctypes.c_uint(_CONTINUOUS))

else:

    @contextmanager
    def kept_awake() -> Iterator[None]:
        """Do nothing: a PC that is no desktop does not fall asleep by itself."""
        yield
