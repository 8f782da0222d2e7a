"""Read one configuration file, which a tick did not outlive, in a process of its own: see ``reading.py``."""

import os
import sys

from scheduler_runner.reading import READ_EXIT_CODE
from scheduler_runner.schedule_config import read_alone
from scheduler_runner.system.streams import ensure_streams

if __name__ == "__main__":
    ensure_streams()
    read_alone(sys.argv[1])
    os._exit(READ_EXIT_CODE)  # without waiting for threads that the file began
