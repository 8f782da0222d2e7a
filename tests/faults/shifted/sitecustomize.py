"""What every Python that a round starts loads first of all: a clock, a disk and an account as the round has them.

``FAULTS_SHIFT`` names a file with two doubles: by how many seconds the clock differs, and how many have passed since the
system started that did not; it is looked at each time, so that the clock can be set under a process that runs. ``FAULTS_ROOM``: no file may become larger than so many bytes, as on a
full disk. ``FAULTS_NO_RIGHTS``: root has to keep to the rights of files as others do.
"""

import datetime
import mmap
import os
import struct
import sys
import time

_real_time, _real_time_ns = time.time, time.time_ns
_real_datetime = datetime.datetime


def _shift_clock(path: str) -> None:
    with open(path, "rb") as file:
        shown = mmap.mmap(file.fileno(), 16, access=mmap.ACCESS_READ)

    def shift() -> float:
        return struct.unpack("dd", shown)[0]

    def passed() -> float:
        return struct.unpack("dd", shown)[1]

    class Meta(type):
        def __instancecheck__(cls, value):
            return isinstance(value, _real_datetime)

    class ShiftedDatetime(_real_datetime, metaclass=Meta):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(time.time(), tz)

    time.time = lambda: _real_time() + shift()
    time.time_ns = lambda: _real_time_ns() + int(shift() * 1e9)
    for name in ("gmtime", "localtime", "ctime"):
        setattr(time, name, _of_now_by_default(getattr(time, name)))
    real_strftime = time.strftime
    time.strftime = lambda form, *moment: real_strftime(form, *(moment or (time.localtime(),)))
    datetime.datetime = ShiftedDatetime
    if hasattr(time, "CLOCK_BOOTTIME"):
        real_gettime = time.clock_gettime
        time.clock_gettime = lambda clock: real_gettime(clock) + (passed() if clock == time.CLOCK_BOOTTIME else 0)


def _of_now_by_default(convert):
    return lambda seconds=None: convert(time.time() if seconds is None else seconds)


def _leave_no_room(most_bytes: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def _give_up_roots_rights() -> None:
    """Take CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH from this process."""
    import ctypes

    libc, version, numbers = ctypes.CDLL(None), 0x20080522, ctypes.c_uint32
    header, sets = (numbers * 2)(version, 0), (numbers * 6)()
    libc.capget(header, sets)
    for each in (0, 1):  # effective, permitted
        sets[each] &= ~0b110
    libc.capset(header, sets)


if os.environ.get("FAULTS_SHIFT"):
    _shift_clock(os.environ["FAULTS_SHIFT"])
if os.environ.get("FAULTS_ROOM") and sys.platform != "win32":
    _leave_no_room(int(os.environ["FAULTS_ROOM"]))
if os.environ.get("FAULTS_NO_RIGHTS") and sys.platform == "linux":
    _give_up_roots_rights()
